//! A change plans itself: the change row, the runs its events start, and the timers of its booking, all in the transaction of
//! the write. Reading the request and writing the booking itself is `booking`; what happens to steps is `worker`.

use crate::delivery;
use crate::ending;
use crate::engine::Inner;
use crate::refusal::{Actor, Refusal};
use crate::starting::{self, Origin};
use crate::tenant::{self, Tenant};
use flyt_core::booking::Automations;
use flyt_core::change::{self, Change};
use flyt_core::due::Planner;
use flyt_core::facts::{BookingFacts, Facts};
use flyt_core::id::{BookingId, ChangeId, RunId, TimerId};
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::payment::Payment;
use flyt_core::plan::{self, Pending, TimerInput, TimerPlan, Verdict};
use flyt_core::reason::Reason;
use flyt_core::trigger::TriggerKind;
use flyt_core::workflow::Workflow;
use flyt_store::Tx;
use flyt_store::changes::{self, ChangeRow};
use flyt_store::timers::{self, TimerEnd, TimerRow};
use flyt_store::{runs, steps};
use jiff::Timestamp;
use std::sync::Arc;

/// Who and what caused a write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cause {
    pub(crate) actor: Actor,
    /// The run that wrote it, if one did.
    pub(crate) run: Option<RunId>,
    /// 0 from outside.
    pub(crate) depth: i64,
    /// What began the chain; a change from outside begins its own.
    pub(crate) chain: Option<i64>,
    /// Whether its events start runs.
    pub(crate) starts_runs: bool,
}
impl Cause {
    pub(crate) fn outside(actor: Actor) -> Self {
        Self {
            actor,
            run: None,
            depth: 0,
            chain: None,
            starts_runs: true,
        }
    }
}

/// What a write did: the facts before and after.
#[derive(Debug)]
pub(crate) struct Delta {
    /// The booking before, unless it is new.
    pub(crate) before: Option<BookingFacts>,
    /// Everything after.
    pub(crate) after: Facts,
    /// Whether the customer row is new.
    pub(crate) customer_created: bool,
    /// The payment that has just become completed.
    pub(crate) completed: Option<Payment>,
    /// True when the booking was deleted; `after` then holds none.
    pub(crate) deleted: Option<BookingId>,
}

/// Plans and writes everything that follows from a write. Steps that are due at once are written claimed and returned, to be
/// handed to delivery after the commit.
pub(crate) async fn commit(
    inner: &Inner,
    tx: &mut Tx,
    tenant: &Tenant,
    delta: Delta,
    cause: Cause,
) -> Result<Vec<steps::StepRow>, Refusal> {
    let now = inner.clock.now();
    let fields = tenant::differing(delta.before.as_ref(), delta.after.booking.as_ref());
    let change = Change {
        id: ChangeId(inner.ids.next(now)),
        at: now,
        kinds: kinds(&delta, &fields),
        fields,
        depth: cause.depth,
        chain: 0,
        starts_runs: cause.starts_runs
            && delta
                .after
                .booking
                .as_ref()
                .is_none_or(|b| b.booking.automations == Automations::On),
    };
    let change = Change {
        chain: cause.chain.unwrap_or(change.id.0),
        ..change
    };
    let mut facts = delta.after.clone();
    facts.previous = delta.before.as_ref().map(tenant::previous);
    facts.changes.clone_from(&change.fields);
    facts.payment.clone_from(&delta.completed);
    tenant::with_visits(
        tx,
        tenant.business.no,
        &mut facts,
        tenant.workflows.iter().map(|w| &w.definition),
    )
    .await?;

    let mut out = Out::new(inner, tenant.business.no, now);
    if !change.kinds.is_empty() {
        write_change(tx, tenant, &change, &facts, &cause)?;
        let (told, customer) = (change::bits(&change.kinds), facts.customer.as_ref().map(|c| c.id));
        delivery::announce(tx, &mut out, &tenant.endpoints, (change.id.0, told), customer)?;
        if let Some(before) = &delta.before {
            settle_waiting(tx, &mut out, tenant, before, &facts, &change, cause.run).await?;
        }
        start_runs(tx, &mut out, tenant, &change, &facts).await?;
    }
    plan_timers(tx, &mut out, tenant, &delta, &facts).await?;
    Ok(out.dispatch)
}

/// What a unit of work gathers while it writes.
pub(crate) struct Out<'i> {
    pub(crate) inner: &'i Inner,
    pub(crate) business_no: i64,
    pub(crate) now: Timestamp,
    /// Steps written claimed: for delivery after the commit.
    pub(crate) dispatch: Vec<steps::StepRow>,
}
impl<'i> Out<'i> {
    pub(crate) fn new(inner: &'i Inner, business_no: i64, now: Timestamp) -> Self {
        Self {
            inner,
            business_no,
            now,
            dispatch: Vec::new(),
        }
    }
}

fn kinds(delta: &Delta, fields: &[flyt_core::trigger::ChangedField]) -> Vec<TriggerKind> {
    let mut kinds = Vec::new();
    if delta.customer_created {
        kinds.push(TriggerKind::CustomerCreated);
    }
    if delta.after.booking.is_some() && delta.deleted.is_none() {
        let before = delta.before.as_ref().map(|b| &b.booking);
        let is_booking_write = before.is_some() || delta.completed.is_none();
        if is_booking_write {
            kinds.extend(change::booking_kinds(before, fields));
        }
    }
    if delta.completed.is_some() {
        kinds.push(TriggerKind::PaymentCompleted);
    }
    kinds
}

fn write_change(
    tx: &mut Tx,
    tenant: &Tenant,
    change: &Change,
    facts: &Facts,
    cause: &Cause,
) -> Result<(), Refusal> {
    let booking = facts.booking.as_ref().map(|b| &b.booking);
    let row = ChangeRow {
        id: change.id,
        booking_id: booking.map(|b| b.id),
        customer_id: facts.customer.as_ref().map(|c| c.id),
        payment_id: facts.payment.as_ref().map(|p| p.id),
        kinds: change::bits(&change.kinds),
        fields: tenant::words(&change.fields),
        at: to_ms(change.at),
        revision: booking.map_or(0, |b| b.revision),
        after: booking.map(tenant::document).transpose()?,
        before: facts.previous.as_ref().map(tenant::document).transpose()?,
        actor: cause.actor.to_string(),
        cause_run: cause.run.map(|r| r.0),
        depth: change.depth,
        chain: change.chain,
        starts_runs: change.starts_runs,
        problem: None,
    };
    Ok(changes::insert(&mut tx.tenant(tenant.business.no), &row)?)
}

async fn start_runs(
    tx: &mut Tx,
    out: &mut Out<'_>,
    tenant: &Tenant,
    change: &Change,
    facts: &Facts,
) -> Result<(), Refusal> {
    for workflow in &tenant.workflows {
        let mut triggers = workflow.definition.triggers.iter();
        let asked = triggers.position(|t| change.kinds.contains(&t.when.kind()));
        let Some(first) = asked.filter(|_| workflow.enabled) else {
            continue;
        };
        let starts = match facts.booking.as_ref().filter(|_| change.depth > 0) {
            Some(b) => {
                runs::starts(
                    &mut tx.tenant(out.business_no),
                    b.booking.id,
                    change.chain,
                    workflow.no,
                )
                .await?
            }
            None => 0,
        };
        match plan::on_change(workflow, change, facts, starts) {
            Some(Verdict::Start(trigger)) => {
                starting::start(tx, out, workflow, trigger, facts, &Origin::event(change)).await?;
            }
            Some(Verdict::Hold(trigger, until)) => {
                starting::hold(tx, out, (workflow, trigger), facts, &Origin::event(change), until).await?;
            }
            Some(Verdict::No(Reason::LoopGuard)) => {
                starting::spent(
                    tx,
                    out,
                    (workflow, first),
                    facts,
                    &Origin::event(change),
                    Reason::LoopGuard,
                )?;
            }
            Some(Verdict::No(_)) | None => {} // explain computes it anew from the stored change
        }
    }
    Ok(())
}

/// Runs that wait: leaving the counting kinds ends them (unless that status started them), an awaited event wakes them.
async fn settle_waiting(
    tx: &mut Tx,
    out: &mut Out<'_>,
    tenant: &Tenant,
    before: &BookingFacts,
    facts: &Facts,
    change: &Change,
    cause_run: Option<RunId>,
) -> Result<(), Refusal> {
    let Some(booking) = facts.booking.as_ref().map(|b| &b.booking) else {
        return Ok(());
    };
    let closing =
        plan::ends_waiting(booking.status_kind) && before.booking.status_kind != booking.status_kind;
    let paid = change.kinds.contains(&TriggerKind::PaymentCompleted);
    let status = change.kinds.contains(&TriggerKind::StatusChanged);
    if !closing && !paid && !status {
        return Ok(());
    }
    for mut run in runs::live(&mut tx.tenant(out.business_no), booking.id).await? {
        if run.state == "running" || Some(run.id) == cause_run {
            continue;
        }
        let named = tenant
            .workflows
            .iter()
            .find(|w| w.no == run.workflow_no)
            .is_some_and(|w| plan::names_status(w, &booking.status));
        if closing && !named && !ending::outlives(tx, out, &run, &booking.status).await? {
            starting::end_run(tx, out, &mut run, Reason::BookingNotActive).await?;
            continue;
        }
        let vars: flyt_core::run::Vars = run
            .vars
            .as_deref()
            .map(tenant::parse)
            .transpose()?
            .unwrap_or_default();
        let awaited = match vars.wake_on.as_deref() {
            Some(event) => (paid || status) && flyt_core::run::came(event, booking),
            None => false,
        };
        if awaited {
            starting::wake(tx, out, &run).await?;
        }
    }
    Ok(())
}

async fn plan_timers(
    tx: &mut Tx,
    out: &mut Out<'_>,
    tenant: &Tenant,
    delta: &Delta,
    facts: &Facts,
) -> Result<(), Refusal> {
    let timed = tenant
        .workflows
        .iter()
        .any(|w| w.definition.triggers.iter().any(|t| t.when.timed().is_some()));
    let id = delta
        .deleted
        .or_else(|| facts.booking.as_ref().map(|b| b.booking.id));
    let (true, Some(id)) = (timed || delta.before.is_some(), id) else {
        return Ok(());
    };
    let is_new = delta.before.is_none();
    let known = if is_new {
        Known::default()
    } else {
        known(tx, out.business_no, id).await?
    };
    let before = delta.before.as_ref().map(|b| Facts {
        booking: Some(b.clone()),
        ..facts.clone()
    });
    let input = TimerInput {
        workflows: &tenant.workflows,
        before: before.as_ref(),
        after: if delta.deleted.is_some() {
            None
        } else {
            Some(facts)
        },
        pending: &known.pending,
        fired: &known.fired,
        skipped: &known.skipped,
        why: if is_new { Planner::Created } else { Planner::Moved },
        now: out.now,
        anew: false,
    };
    let plan = plan::timers(&input);
    write_timers(tx, out, &tenant.workflows, facts, (id, &plan)).await
}

/// The timers of a booking, the occurrences that have fired, and what a person skipped.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) pending: Vec<Pending>,
    pub(crate) fired: Vec<(i64, Timestamp)>,
    pub(crate) skipped: Vec<(i64, i64, Timestamp)>,
}

pub(crate) async fn known(tx: &mut Tx, no: i64, id: BookingId) -> Result<Known, Refusal> {
    let mut tenant = tx.tenant(no);
    let timers = timers::of_booking(&mut tenant, id).await?;
    let fired = runs::fired(&mut tenant, id).await?;
    let skipped = timers::skipped(&mut tenant, id).await?;
    Ok(Known {
        pending: timers.iter().map(pending).collect(),
        fired: fired.into_iter().map(|(t, at)| (t, from_ms(at))).collect(),
        skipped: (skipped.into_iter())
            .map(|(t, group, at)| (t, group, from_ms(at)))
            .collect(),
    })
}

/// A timer as planning sees it.
pub(crate) fn pending(row: &TimerRow) -> Pending {
    Pending {
        trigger_no: row.id.trigger_no,
        group: row.id.group,
        anchor_at: from_ms(row.anchor_at),
        due_at: from_ms(row.due_at),
    }
}

/// Writes what the timers of a booking become. A timer that is planned again for the same instant leaves no trace of the old.
pub(crate) async fn write_timers(
    tx: &mut Tx,
    out: &mut Out<'_>,
    workflows: &[Arc<Workflow>],
    facts: &Facts,
    (id, plan): (BookingId, &TimerPlan),
) -> Result<(), Refusal> {
    for withdrawn in &plan.remove {
        let again = plan.add.iter().any(|a| a.timer == withdrawn.timer);
        if !again {
            timers::remove(&mut tx.tenant(out.business_no), timer_id(id, &withdrawn.timer))?;
            end_timer(tx, out, id, &withdrawn.timer, withdrawn.reason)?;
            ending::group_gone(tx, out, id, &withdrawn.timer).await?;
        }
    }
    for added in &plan.add {
        let row = TimerRow {
            business_no: out.business_no,
            id: timer_id(id, &added.timer),
            anchor_at: to_ms(added.timer.anchor_at),
            due_at: to_ms(added.timer.due_at),
            plan_no: added.plan_no,
            position: added.position,
            held: added.held,
        };
        timers::put(&mut tx.tenant(out.business_no), &row)?;
    }
    for skipped in &plan.skipped {
        end_timer(tx, out, id, &skipped.timer, skipped.reason)?;
    }
    for (w, t, due) in &plan.run_now {
        let Some(workflow) = workflows.get(*w) else {
            continue;
        };
        starting::run_now(tx, out, (workflow, *t), facts, due).await?;
    }
    Ok(())
}

fn timer_id(booking: BookingId, timer: &Pending) -> TimerId {
    TimerId {
        booking,
        trigger_no: timer.trigger_no,
        group: timer.group,
    }
}

/// Records how a timer ended without a run, in the words of `product.md` §6.
pub(crate) fn end_timer(
    tx: &mut Tx,
    out: &Out<'_>,
    booking: BookingId,
    timer: &Pending,
    reason: Reason,
) -> Result<(), Refusal> {
    let superseded = matches!(reason, Reason::Superseded | Reason::WorkflowDisabled);
    let cancelled = matches!(
        reason,
        Reason::BookingNotActive
            | Reason::FilterNoLongerMatches
            | Reason::BookingDeleted
            | Reason::AutomationsOff
            | Reason::CancelledByUser
    );
    let state = match (superseded, cancelled) {
        (true, _) => "superseded",
        (_, true) => "cancelled",
        _ => "skipped",
    };
    let row = TimerEnd {
        id: out.inner.ids.next(out.now),
        timer: timer_id(booking, timer),
        anchor_at: to_ms(timer.anchor_at),
        due_at: to_ms(timer.due_at),
        ended_at: to_ms(out.now),
        state: state.to_owned(),
        reason: reason.word().to_owned(),
    };
    Ok(timers::end(&mut tx.tenant(out.business_no), &row)?)
}
