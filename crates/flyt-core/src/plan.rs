//! Planning: what a committed change starts, and which timers a booking should have. Plans are data; the engine writes them.

use crate::change::{Change, counts};
use crate::due::{self, Due, LateVerdict, Planner};
use crate::facts::Facts;
use crate::limits;
use crate::reason::Reason;
use crate::status::StatusKind;
use crate::trigger::{ChangedField, Trigger, TriggerKind, When};
use crate::workflow::Workflow;
use jiff::Timestamp;

/// What a workflow makes of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It starts, named after this trigger (index).
    Start(usize),
    /// It waits for further changes until this instant, then starts.
    Hold(usize, Timestamp),
    /// It does not, because.
    No(Reason),
}

/// What `workflow` makes of `change`. `None`: it has no trigger of these kinds. `starts` is how often it has already started
/// for this booking in this chain of causes.
pub fn on_change(workflow: &Workflow, change: &Change, facts: &Facts, starts: i64) -> Option<Verdict> {
    let candidates = candidates(workflow, change);
    let (first, trigger) = *candidates.first()?;
    if let Some(reason) = refused(workflow, change, facts) {
        return Some(Verdict::No(reason));
    }
    let mut matching = candidates
        .iter()
        .filter(|(_, t)| settings_match(&t.when, workflow, change, facts));
    let Some((index, trigger)) = matching.next().copied() else {
        return Some(Verdict::No(no_match(&trigger.when, workflow, facts)));
    };
    if change.depth >= limits::CHAIN_DEPTH || starts >= limits::STARTS_PER_CHAIN {
        return Some(Verdict::No(Reason::LoopGuard));
    }
    if let Some(reason) = mismatch(workflow, facts, change.at) {
        return Some(Verdict::No(reason));
    }
    debug_assert!(
        first <= workflow.definition.triggers.len(),
        "an index of the list it came from"
    );
    Some(match &trigger.when {
        When::BookingChanged {
            hold_ms: Some(hold), ..
        } => Verdict::Hold(index, crate::instant::plus_ms(change.at, *hold)),
        When::BookingChanged { .. }
        | When::CustomerCreated
        | When::BookingCreated
        | When::StatusChanged { .. }
        | When::PaymentCompleted { .. }
        | When::BookingStarts(_)
        | When::BookingEnds(_) => Verdict::Start(index),
    })
}

/// The triggers of the change's kinds, in the order of its events.
pub(crate) fn candidates<'w>(workflow: &'w Workflow, change: &Change) -> Vec<(usize, &'w Trigger)> {
    let triggers = || workflow.definition.triggers.iter().enumerate();
    let of = |kind: &TriggerKind| {
        let kind = *kind;
        triggers().filter(move |(_, t)| t.when.kind() == kind)
    };
    change.kinds.iter().flat_map(of).collect()
}

fn refused(workflow: &Workflow, change: &Change, facts: &Facts) -> Option<Reason> {
    let off = facts
        .booking
        .as_ref()
        .is_some_and(|b| b.booking.automations == crate::booking::Automations::Off);
    if off || !change.starts_runs {
        return Some(Reason::AutomationsOff);
    }
    (!workflow.enabled).then_some(Reason::WorkflowDisabled)
}

/// Why none of the candidate triggers matched: the status, where that alone keeps a changed booking out, else its settings.
pub(crate) fn no_match(when: &When, workflow: &Workflow, facts: &Facts) -> Reason {
    let changed = matches!(when, When::BookingChanged { .. });
    if changed && !still_counts(workflow, facts) {
        Reason::BookingNotActive
    } else {
        Reason::FilterOther
    }
}

/// Whether the workflow's status `any_of` names the booking's status.
pub fn names_status(workflow: &Workflow, status: &str) -> bool {
    workflow
        .definition
        .filters
        .status
        .any_of
        .iter()
        .any(|s| s == status)
}

fn still_counts(workflow: &Workflow, facts: &Facts) -> bool {
    facts.booking.as_ref().is_none_or(|b| {
        counts(
            b.booking.status_kind,
            false,
            names_status(workflow, &b.booking.status),
        )
    })
}

pub(crate) fn settings_match(when: &When, workflow: &Workflow, change: &Change, facts: &Facts) -> bool {
    match when {
        When::CustomerCreated | When::BookingCreated | When::BookingStarts(_) | When::BookingEnds(_) => true,
        When::BookingChanged {
            fields, min_shift_ms, ..
        } => still_counts(workflow, facts) && changed_enough(fields, *min_shift_ms, &change.fields, facts),
        When::StatusChanged { from, to } => {
            let any = |keys: &[String], key: Option<&str>| {
                keys.is_empty() || key.is_some_and(|k| keys.iter().any(|x| x == k))
            };
            any(from, facts.previous.as_ref().map(|p| p.status.as_str()))
                && any(to, facts.booking.as_ref().map(|b| b.booking.status.as_str()))
        }
        When::PaymentCompleted { min_amount, in_full } => paid_enough(*min_amount, *in_full, facts),
    }
}

/// Whether what is left of held changes is still what the trigger asks for.
pub fn still_changed(when: &When, changed: &[ChangedField], facts: &Facts) -> bool {
    match when {
        When::BookingChanged {
            fields, min_shift_ms, ..
        } => changed_enough(fields, *min_shift_ms, changed, facts),
        When::CustomerCreated
        | When::BookingCreated
        | When::StatusChanged { .. }
        | When::PaymentCompleted { .. }
        | When::BookingStarts(_)
        | When::BookingEnds(_) => true,
    }
}

/// One of the wanted fields changed; where only start or end did, by at least `min_shift_ms` in either direction.
fn changed_enough(
    wanted: &[ChangedField],
    min_shift_ms: Option<i64>,
    changed: &[ChangedField],
    facts: &Facts,
) -> bool {
    let relevant =
        |f: &&ChangedField| **f != ChangedField::Status && (wanted.is_empty() || wanted.contains(f));
    let found: Vec<ChangedField> = changed.iter().filter(relevant).copied().collect();
    let only_time = found
        .iter()
        .all(|f| matches!(f, ChangedField::Start | ChangedField::End));
    let (Some(least), true, Some(before), Some(now)) =
        (min_shift_ms, only_time, &facts.previous, &facts.booking)
    else {
        return !found.is_empty();
    };
    let shift = |a: Timestamp, b: Timestamp| (a.as_millisecond() - b.as_millisecond()).abs();
    let far = |f: &ChangedField| match f {
        ChangedField::Start => shift(before.start, now.booking.start) >= least,
        ChangedField::End => shift(before.end, now.booking.end) >= least,
        ChangedField::Location
        | ChangedField::Service
        | ChangedField::Resource
        | ChangedField::Extras
        | ChangedField::Status => false,
    };
    found.iter().any(far)
}

/// `in_full`: only the payment that takes Σ completed − Σ refunded to the price or above; never without a price.
fn paid_enough(min_amount: Option<i64>, in_full: bool, facts: &Facts) -> bool {
    let Some(payment) = &facts.payment else {
        return false;
    };
    let amount = payment.money.amount;
    let reaches = |b: &crate::facts::BookingFacts| {
        b.booking
            .price
            .filter(|p| p.currency == payment.money.currency)
            .is_some_and(|p| b.booking.paid >= p.amount && b.booking.paid - amount < p.amount)
    };
    min_amount.is_none_or(|least| amount >= least)
        && (!in_full || facts.booking.as_ref().is_some_and(reaches))
}

/// The first filter or condition of the workflow that does not hold now.
pub fn mismatch(workflow: &Workflow, facts: &Facts, now: Timestamp) -> Option<Reason> {
    let filters = &workflow.definition.filters;
    let own = facts.booking.as_ref().and_then(|b| filters.own(b));
    let condition = || {
        let holds = workflow
            .definition
            .condition
            .as_ref()
            .is_none_or(|c| c.holds(facts, now));
        (!holds).then_some(Reason::ConditionFalse)
    };
    own.or_else(|| filters.rest(facts)).or_else(condition)
}

/// A timer that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Small number of its trigger.
    pub trigger_no: i64,
    /// Its group of actions.
    pub group: i64,
    /// The anchor it was computed from.
    pub anchor_at: Timestamp,
    /// When it comes due.
    pub due_at: Timestamp,
}
/// A timer to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// What it is.
    pub timer: Pending,
    /// The plan of its workflow.
    pub plan_no: i64,
    /// Place of its workflow.
    pub position: i64,
    /// Whether filters and condition held when it was planned.
    pub held: bool,
}
/// A timer that ends without a run, or was never made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn {
    /// What it was, or would have been.
    pub timer: Pending,
    /// Why.
    pub reason: Reason,
}
/// What the timers of one booking become.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimerPlan {
    /// Timers to add.
    pub add: Vec<Planned>,
    /// Existing timers to take away.
    pub remove: Vec<Withdrawn>,
    /// Timers that are not made, with the reason; nothing to take away.
    pub skipped: Vec<Withdrawn>,
    /// Occurrences that start at once (`late: send_now`): workflow index, trigger index, due.
    pub run_now: Vec<(usize, usize, Due)>,
}

/// What timer planning looks at for one booking.
#[derive(Debug, Clone, Copy)]
pub struct TimerInput<'a> {
    /// Workflows in position order; those that are off plan nothing.
    pub workflows: &'a [std::sync::Arc<Workflow>],
    /// The booking before the write, if it existed and workflows saw it.
    pub before: Option<&'a Facts>,
    /// The booking after the write; `None`: deleted.
    pub after: Option<&'a Facts>,
    /// Its timers.
    pub pending: &'a [Pending],
    /// Occurrences that have fired or were spent: trigger and anchor.
    pub fired: &'a [(i64, Timestamp)],
    /// What a person skipped: trigger, group and anchor. It does not come back.
    pub skipped: &'a [(i64, i64, Timestamp)],
    /// What plans.
    pub why: Planner,
    /// The instant of the write.
    pub now: Timestamp,
    /// True for the re-plan after a workflow was edited: every timer is computed anew, whatever the booking was before.
    pub anew: bool,
}

/// Plans the timers of one booking: only where the due instant, the anchor or the match of the booking's own filters differs.
pub fn timers(input: &TimerInput<'_>) -> TimerPlan {
    let mut plan = TimerPlan::default();
    for (w, workflow) in input.workflows.iter().enumerate() {
        for (t, trigger) in workflow
            .definition
            .triggers
            .iter()
            .enumerate()
            .filter(|(_, t)| t.when.timed().is_some())
        {
            one_trigger(input, (w, workflow), (t, trigger), &mut plan);
        }
    }
    plan
}

/// What a trigger wants of a booking.
enum Wanted {
    Timer(Due),
    Nothing(Reason),
}

fn wanted(workflow: &Workflow, trigger: &Trigger, facts: Option<&Facts>, now: Timestamp) -> Wanted {
    let Some((facts, booking)) = facts.and_then(|f| Some((f, f.booking.as_ref()?))) else {
        return Wanted::Nothing(Reason::BookingDeleted);
    };
    if booking.booking.automations == crate::booking::Automations::Off {
        return Wanted::Nothing(Reason::AutomationsOff);
    }
    let due = match due::due(trigger, &workflow.definition.actions, facts, now) {
        Ok(due) => due,
        Err(reason) => return Wanted::Nothing(reason),
    };
    let named = names_status(workflow, &booking.booking.status);
    if !counts(booking.booking.status_kind, due.before, named) {
        return Wanted::Nothing(Reason::BookingNotActive);
    }
    if workflow.definition.filters.own(booking).is_some() {
        return Wanted::Nothing(Reason::FilterNoLongerMatches);
    }
    Wanted::Timer(due)
}

fn one_trigger(
    input: &TimerInput<'_>,
    (w, workflow): (usize, &Workflow),
    (t, trigger): (usize, &Trigger),
    plan: &mut TimerPlan,
) {
    let pending = || {
        input
            .pending
            .iter()
            .filter(|p| p.trigger_no == trigger.no)
            .copied()
    };
    if !workflow.enabled {
        return;
    }
    let before = input
        .before
        .map(|f| wanted(workflow, trigger, Some(f), input.now));
    let due = match wanted(workflow, trigger, input.after, input.now) {
        Wanted::Nothing(reason) => {
            plan.remove
                .extend(pending().map(|timer| Withdrawn { timer, reason }));
            let new = !matches!(before, Some(Wanted::Nothing(r)) if r == reason);
            if reason == Reason::DueAfterAnchor && new && pending().next().is_none() {
                plan.skipped
                    .extend(never(input, trigger).map(|timer| Withdrawn { timer, reason }));
            }
            return;
        }
        Wanted::Timer(due) => due,
    };
    let same =
        matches!(&before, Some(Wanted::Timer(b)) if b.anchor == due.anchor && b.nominal == due.nominal);
    if same && !input.anew {
        return;
    }
    if input.anew && unmoved(input, trigger, &due, &pending().collect::<Vec<_>>()) {
        // The edit changes nothing for this booking: its timers join the new plan, overdue ones too.
        plan.add.extend(planned(input, (workflow, trigger), &due));
        return;
    }
    plan.remove.extend(pending().map(|timer| Withdrawn {
        timer,
        reason: Reason::Superseded,
    }));
    let all_skipped = !due.groups.is_empty() && groups(input, trigger, &due).next().is_none();
    if all_skipped || input.fired.contains(&(trigger.no, due.anchor)) {
        return;
    }
    add(input, (w, workflow), (t, trigger), due, plan);
}

/// A timer that cannot be made, for the record: its anchor stands for its due instant.
fn never(input: &TimerInput<'_>, trigger: &Trigger) -> impl Iterator<Item = Pending> {
    let booking = input.after.and_then(|f| f.booking.as_ref());
    let of_end = trigger.when.kind() == TriggerKind::BookingEnds;
    let anchor = booking.map(|b| if of_end { b.booking.end } else { b.booking.start });
    let no = trigger.no;
    anchor.into_iter().map(move |at| Pending {
        trigger_no: no,
        group: 0,
        anchor_at: at,
        due_at: at,
    })
}

/// The groups of a due instant with their numbers, without those that a person skipped.
fn groups<'d>(
    input: &TimerInput<'d>,
    trigger: &Trigger,
    due: &'d Due,
) -> impl Iterator<Item = (i64, &'d due::Group)> {
    let (no, anchor, skipped) = (trigger.no, due.anchor, input.skipped);
    (0..)
        .zip(&due.groups)
        .filter(move |(group, _)| !skipped.contains(&(no, *group, anchor)))
}

/// Whether the timers that are there are those that would be made.
fn unmoved(input: &TimerInput<'_>, trigger: &Trigger, due: &Due, pending: &[Pending]) -> bool {
    let kept = |(group, planned): (i64, &due::Group)| {
        let same = |p: &Pending| p.group == group && p.due_at == planned.at && p.anchor_at == due.anchor;
        pending.iter().any(same)
    };
    !pending.is_empty()
        && pending.len() == groups(input, trigger, due).count()
        && groups(input, trigger, due).all(kept)
}

fn add(
    input: &TimerInput<'_>,
    (w, workflow): (usize, &Workflow),
    (t, trigger): (usize, &Trigger),
    due: Due,
    plan: &mut TimerPlan,
) {
    let Some(timed) = trigger.when.timed() else {
        return;
    };
    let timer = Pending {
        trigger_no: trigger.no,
        group: 0,
        anchor_at: due.anchor,
        due_at: due.nominal,
    };
    match due::late_rule(&due, timed.late, input.why, input.now) {
        LateVerdict::Not(reason) => plan.skipped.push(Withdrawn { timer, reason }),
        LateVerdict::RunNow => plan.run_now.push((w, t, due)),
        LateVerdict::Plan => {
            if let Some(ended) = due.ended.first().filter(|_| due.groups.is_empty()) {
                let reason = ended.reason;
                plan.skipped.push(Withdrawn { timer, reason });
            }
            plan.add.extend(planned(input, (workflow, trigger), &due));
        }
    }
}

/// One timer for each group of actions with the same instant.
fn planned(input: &TimerInput<'_>, (workflow, trigger): (&Workflow, &Trigger), due: &Due) -> Vec<Planned> {
    let held = input
        .after
        .is_some_and(|f| mismatch(workflow, f, input.now).is_none());
    let timer = |(group, g): (i64, &due::Group)| Planned {
        timer: Pending {
            trigger_no: trigger.no,
            group,
            anchor_at: due.anchor,
            due_at: g.at,
        },
        plan_no: workflow.plan_no,
        position: workflow.position,
        held,
    };
    groups(input, trigger, due).map(timer).collect()
}

/// Whether a status kind ends what waits for the booking.
pub fn ends_waiting(kind: StatusKind) -> bool {
    kind == StatusKind::ClosedBad
}
