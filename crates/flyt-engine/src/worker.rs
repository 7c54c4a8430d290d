//! Delivery of a claimed step: look at fresh facts, render, send, record. No transaction is open while sending; a step is
//! written only by the holder of its current attempt.

use crate::change::Out;
use crate::delivery;
use crate::engine::Inner;
use crate::quota;
use crate::record;
use crate::refusal::Refusal;
use crate::report;
use crate::road::{self, Gate, Key, Road};
use crate::send::{self, Sent};
use crate::tenant::{self, Tenant};
use crate::watch;
use flyt_core::action::{Act, Recipient};
use flyt_core::contact;
use flyt_core::customer::{Channel, Purpose};
use flyt_core::facts::Facts;
use flyt_core::guard::{self, Look, Verdict};
use flyt_core::id::event_id;
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::reason::Reason;
use flyt_core::render::{self, Letter, Meta, Setting};
use flyt_core::run::Vars;
use flyt_core::template::RenderProblem;
use flyt_core::trigger::TriggerKind;
use flyt_core::workflow::{Definition, Workflow};
use flyt_store::Tx;
use flyt_store::changes::ChangeRow;
use flyt_store::runs::{self, RunRow};
use flyt_store::steps::{self, StepRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A step that came due this long ago was held up, and is looked at as delayed.
const HELD_UP_MS: i64 = 60_000;

/// Everything that the last look and the text need, from one snapshot.
pub(crate) struct Seen {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) run: RunRow,
    pub(crate) vars: Vars,
    /// The workflow as it stands, with the definition that the run pinned.
    pub(crate) workflow: Workflow,
    pub(crate) action_on: bool,
    pub(crate) facts: Facts,
    pub(crate) change: Option<ChangeRow>,
    pub(crate) road: Road,
    /// What an earlier try froze.
    pub(crate) frozen: Option<Kept>,
}

/// What became of a try, to be recorded.
pub(crate) enum End {
    /// It was sent, captured, refused or lost.
    Tried(Box<Tried>),
    /// It ended without a try.
    Ended(Reason),
    /// It may go later.
    Later(Timestamp),
    /// It waits, without being late for a reason of its own: the storm guard, a limit.
    Waits(Timestamp, Reason),
    /// It waits for a release.
    Parked(Reason),
    /// It waits for an account that is in trouble.
    Paused(Key),
    /// Its text could not be made; the sentence says where.
    Unwritable(String),
    /// A step it needs did not succeed.
    Dependency,
}

/// A try that was made.
pub(crate) struct Tried {
    pub(crate) kept: Kept,
    pub(crate) sent: Sent,
    /// The account that it went through.
    pub(crate) gate: Option<Gate>,
    /// Whether an answer of the step was lost before.
    pub(crate) lost_before: bool,
}
impl From<(Kept, Sent)> for Tried {
    /// A try through no account.
    fn from((kept, sent): (Kept, Sent)) -> Self {
        Self {
            kept,
            sent,
            gate: None,
            lost_before: false,
        }
    }
}

/// Delivers one claimed step.
pub(crate) async fn deliver(inner: Arc<Inner>, step: StepRow) {
    inner.counts.late(&step, to_ms(inner.clock.now()));
    match attempt(&inner, &step).await {
        Ok(()) => {}
        Err(refusal @ (Refusal::Again(_) | Refusal::Unavailable(_))) => {
            tracing::warn!(step = %step.id, %refusal, "the store did not answer; the delivery is given back");
            watch::give_back(&inner, &step).await;
        }
        Err(refusal) => {
            tracing::error!(step = %step.id, %refusal, "a delivery could not be carried out; its lease will end");
        }
    }
}

async fn attempt(inner: &Arc<Inner>, step: &StepRow) -> Result<(), Refusal> {
    if step.channel.as_deref() == Some(delivery::CHANNEL) {
        return delivery::attempt(inner, step).await;
    }
    let began = inner.clock.now();
    let (reader, row) = (inner.clone(), step.clone());
    let seen = inner
        .glance(async move |tx: &mut Tx| see(&reader, tx, &row).await)
        .await?;
    let Some(seen) = seen else { return Ok(()) };
    match judge(inner, step.clone(), &seen, began).await? {
        Some((step, end)) => record::record(inner, step, seen, end, began).await,
        None => Ok(()),
    }
}

/// Loads what the last look needs. `None`: the step is no longer ours.
pub(crate) async fn see(inner: &Inner, tx: &mut Tx, row: &StepRow) -> Result<Option<Seen>, Refusal> {
    let no = row.business_no;
    let current = steps::by_id(&mut tx.tenant(no), row.id).await?;
    if current.is_none_or(|c| c.state != row.state || c.attempt != row.attempt) {
        return Ok(None);
    }
    let tenant = inner.cache.tenant(tx, no).await?;
    let run = runs::by_id(&mut tx.tenant(no), row.id.run).await?;
    let run = run.ok_or_else(|| Refusal::Bug("a step without its run".to_owned()))?;
    let definition = inner.cache.version(tx, no, run.workflow_no, run.version).await?;
    let vars: Vars = run
        .vars
        .as_deref()
        .map(tenant::parse)
        .transpose()?
        .unwrap_or_default();
    let mut facts = tenant::facts(tx, &tenant, run.booking_id, run.customer_id).await?;
    let change = tenant::with_change_id(tx, no, &mut facts, run.change_id).await?;
    tenant::with_visits(tx, no, &mut facts, [&*definition]).await?;
    facts.steps.clone_from(&vars.steps);
    if let Some(net) = &vars.changes {
        facts.changes.clone_from(net);
    }
    let frozen = if row.attempt > 1 {
        steps::content(&mut tx.tenant(no), row.id).await?
    } else {
        None
    };
    let action = usize::try_from(row.action)
        .ok()
        .and_then(|i| definition.actions.get(i));
    let purpose = action.and_then(|a| a.act.delivery()).map(|d| d.purpose);
    let road = road::look(inner, tx, &tenant, row, purpose.unwrap_or(Purpose::Service)).await?;
    let (workflow, action_on) = standing(&tenant, &run, &definition, row);
    let frozen = frozen.as_deref().map(tenant::parse).transpose()?;
    Ok(Some(Seen {
        tenant,
        run,
        vars,
        workflow,
        action_on,
        facts,
        change,
        road,
        frozen,
    }))
}

/// The workflow's on/off as it stands now over the definition that the run pinned.
fn standing(tenant: &Tenant, run: &RunRow, definition: &Definition, row: &StepRow) -> (Workflow, bool) {
    let live = tenant.workflows.iter().find(|w| w.no == run.workflow_no);
    let place = usize::try_from(row.action).unwrap_or(0);
    let newest = live.and_then(|w| w.definition.actions.get(place));
    let pinned = definition.actions.get(place);
    let same = newest
        .zip(pinned)
        .is_some_and(|(n, p)| n.act.word() == p.act.word());
    let workflow = Workflow {
        no: run.workflow_no,
        id: live.map_or(flyt_core::id::WorkflowId(0), |w| w.id),
        external_id: None,
        enabled: live.is_some_and(|w| w.enabled),
        position: row.position,
        version: run.version,
        plan_no: 0,
        definition: definition.clone(),
    };
    (workflow, !same || newest.is_none_or(|a| a.enabled))
}

/// The last look, the text, the call. `None`: somebody else has the step.
async fn judge(
    inner: &Inner,
    step: StepRow,
    seen: &Seen,
    now: Timestamp,
) -> Result<Option<(StepRow, End)>, Refusal> {
    let Some(action) = usize::try_from(step.action)
        .ok()
        .and_then(|i| seen.workflow.definition.actions.get(i))
    else {
        return Ok(Some((step, End::Ended(Reason::WorkflowDisabled))));
    };
    let (mut step, kept) = match ready(inner, step, &action.act, seen, now) {
        (step, Ok(kept)) => (step, kept),
        (step, Err(end)) => return Ok(Some((step, end))),
    };
    let gate = match &kept.letter.request {
        Some(request) => road::gate_of(inner, step.business_no, &request.url).await?,
        None => seen.road.gate.clone(),
    };
    if let Some(gate) = gate.as_ref().filter(|gate| gate.is_shut(&step)) {
        let end = End::Paused(gate.key.clone());
        return Ok(Some((step, end)));
    }
    let proved = seen.road.early.as_ref().is_some_and(report::is_proof);
    let settings = &seen.tenant.business.settings;
    if !proved
        && let Some(end) = quota::take(inner, &step, settings, &seen.road, kept.letter.segments).await?
    {
        return Ok(Some((step, end)));
    }
    if seen.road.way.is_keyless() && !begin(inner, &mut step, &kept).await? {
        return Ok(None);
    }
    let sent = if proved {
        send::proved(&step)
    } else {
        send::send(inner, &step, &action.act, seen, &kept, now).await
    };
    let tried = Tried {
        kept,
        sent,
        gate,
        lost_before: seen.road.lost > 0,
    };
    Ok(Some((step, End::Tried(Box::new(tried)))))
}

/// Writes down, durably, that the first byte is about to leave, with what it will say.
async fn begin(inner: &Inner, step: &mut StepRow, kept: &Kept) -> Result<bool, Refusal> {
    let sending = StepRow {
        state: "sending".to_owned(),
        ..step.clone()
    };
    let (row, body) = (sending.clone(), tenant::document(kept)?);
    let from = (step.state.clone(), step.attempt);
    *step = sending;
    inner
        .write(async move |tx: &mut Tx| {
            let mut tenant = tx.tenant(row.business_no);
            let ours = steps::advance(&mut tenant, (&from.0, from.1), &row).await?;
            if ours {
                steps::put_content(&mut tenant, row.id, &body)?;
            }
            Ok(ours)
        })
        .await
}

/// Whether the step may go now, and with which text.
fn ready(
    inner: &Inner,
    mut step: StepRow,
    act: &Act,
    seen: &Seen,
    now: Timestamp,
) -> (StepRow, Result<Kept, End>) {
    let links = inner.links(&seen.facts, act.channel(), now);
    let meta = meta(seen);
    let setting = Setting {
        facts: &seen.facts,
        links: &links,
        meta: &meta,
        now,
    };
    refresh_recipient(&mut step, act, &setting);
    step.revision = seen.facts.booking.as_ref().map(|b| b.booking.revision);
    let end = match guard::guard(&look(&step, seen, now), &seen.facts, now) {
        // What a used-up limit kept until it made no sense any more says so.
        Verdict::End(Reason::Expired) if waited_for_quota(&step) => Some(End::Ended(Reason::Quota)),
        Verdict::End(reason) => Some(End::Ended(reason)),
        Verdict::Later(at) => Some(End::Later(at)),
        Verdict::Park(reason) => Some(End::Parked(reason)),
        Verdict::Go => match quota::refuses(&seen.tenant.business.settings, &step) {
            Some(reason) => Some(End::Ended(reason)),
            None => seen.road.free_at.map(|at| End::Waits(at, Reason::RateGuard)),
        },
    };
    if let Some(end) = end {
        return (step, Err(end));
    }
    let needed = render::steps_needed(act);
    if needed.iter().any(|name| !seen.facts.steps.contains_key(name)) {
        return (step, Err(End::Dependency));
    }
    let kept = letter(&step, act, seen, &setting);
    (step, kept.map_err(|problem| End::Unwritable(problem.to_string())))
}

fn waited_for_quota(step: &StepRow) -> bool {
    step.reason.as_deref() == Some(Reason::Quota.word())
}

/// What the guard looks at.
pub(crate) fn look<'a>(step: &'a StepRow, seen: &'a Seen, now: Timestamp) -> Look<'a> {
    let held_up = to_ms(now).saturating_sub(step.planned_at) > HELD_UP_MS;
    Look {
        workflow: &seen.workflow,
        action: usize::try_from(step.action).unwrap_or(usize::MAX),
        action_on: seen.action_on,
        trigger: TriggerKind::from_word(&seen.run.kind).unwrap_or(TriggerKind::BookingCreated),
        before: seen.run.before,
        delayed: step.delayed || step.attempt > 1 || held_up,
        expires_at: step.expires_at.map(from_ms),
        event_status: event_status(seen),
        to: usize::try_from(step.to_no).unwrap_or(0),
        vars: &seen.vars,
        recipient: step.recipient.as_deref(),
        suppressed: seen.road.suppressed,
    }
}

/// The status that the run's change committed. It is kept in the change row, not in the booking as it is now.
fn event_status(seen: &Seen) -> Option<&str> {
    let after = seen.change.as_ref()?.after.as_deref()?;
    let at = after.find("\"status\":\"")? + "\"status\":\"".len();
    after.get(at..)?.split('"').next()
}

/// An address that a role stands for is looked up anew at every try; fixed ones, templates and administrators keep theirs.
fn refresh_recipient(step: &mut StepRow, act: &Act, setting: &Setting<'_>) {
    let place = usize::try_from(step.to_no).unwrap_or(usize::MAX);
    let roles = [Recipient::Customer, Recipient::Resource, Recipient::Location];
    if role(act, place).is_some_and(|r| roles.contains(r)) {
        let found = render::recipients(act, setting);
        if let Some((_, address)) = found.into_iter().find(|(at, _)| *at == place) {
            step.recipient = address;
        }
    }
}

/// Who stands at a place of a delivery's `to`.
pub(crate) fn role(act: &Act, place: usize) -> Option<&Recipient> {
    match act {
        Act::Email { to, .. } | Act::Sms { to, .. } => to.get(place),
        Act::Webhook { .. }
        | Act::SetStatus { .. }
        | Act::Wait { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => None,
    }
}

/// What a try sends, with what it was made from: kept as it went out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    #[serde(flatten)]
    pub(crate) letter: Letter,
    /// Revision of the booking it was made from.
    #[serde(default)]
    pub(crate) revision: Option<i64>,
    /// When it was first made.
    pub(crate) at: Timestamp,
}

/// The frozen bytes of an earlier try; a message to a person is made anew when the booking's revision has moved.
fn letter(step: &StepRow, act: &Act, seen: &Seen, setting: &Setting<'_>) -> Result<Kept, RenderProblem> {
    if let Some(frozen) = &seen.frozen {
        let person = act.channel() != Some(Channel::Webhook);
        let same = |to: &str| contact::folded(&frozen.letter.to) == contact::folded(to);
        let there = step.recipient.as_deref().is_some_and(same);
        if !person || (there && frozen.revision == step.revision) {
            return Ok(frozen.clone());
        }
    }
    let place = usize::try_from(step.to_no).unwrap_or(usize::MAX);
    let address = step.recipient.as_deref().unwrap_or("");
    let mut letter = render::letter(
        act,
        address,
        role(act, place).unwrap_or(&Recipient::Customer),
        setting,
    )?;
    let first = render::recipients(act, setting).into_iter().find_map(|(_, a)| a);
    if first.as_deref() == Some(address) {
        (letter.cc, letter.bcc) = render::copies(act, setting);
    }
    Ok(Kept {
        letter,
        revision: step.revision,
        at: setting.now,
    })
}

/// What the run says of itself in envelopes.
fn meta(seen: &Seen) -> Meta {
    let (event_id, event_at) = event(seen);
    Meta {
        event_id,
        event_word: seen.run.kind.clone(),
        event_at,
        workflow_id: seen.workflow.id.to_string(),
        workflow_name: seen.workflow.definition.name.clone(),
        run_id: seen.run.id.to_string(),
    }
}

/// The id and instant of what the run is about: its change's event, or the occurrence of its timer.
fn event(seen: &Seen) -> (String, Timestamp) {
    let ordinal = TriggerKind::ALL
        .iter()
        .position(|k| k.word() == seen.run.kind)
        .unwrap_or(0);
    let ordinal = i64::try_from(ordinal).unwrap_or(0);
    match seen.run.change_id {
        Some(id) => (event_id(id, ordinal), from_ms(seen.run.due_at)),
        None => (
            event_id(flyt_core::id::ChangeId(seen.run.id.0), ordinal),
            from_ms(seen.run.due_at),
        ),
    }
}

/// Claims steps that were read as ready. Returns those that are now ours.
pub(crate) async fn claim(inner: &Inner, tx: &mut Tx, rows: &[StepRow]) -> Result<Vec<StepRow>, Refusal> {
    let now = inner.clock.now();
    let mut ours: Vec<StepRow> = Vec::new();
    for row in rows {
        let same = |o: &StepRow| {
            o.booking_id.is_some() && o.booking_id == row.booking_id && o.channel == row.channel
        };
        if ours.iter().any(same) {
            continue;
        }
        if let (Some(booking), Some(channel)) = (row.booking_id, row.channel.as_deref())
            && steps::in_flight(&mut tx.tenant(row.business_no), booking, channel).await?
        {
            continue;
        }
        let mut claimed = row.clone();
        inner.hold(&mut claimed, now);
        if steps::advance(
            &mut tx.tenant(row.business_no),
            (&row.state, row.attempt),
            &claimed,
        )
        .await?
        {
            ours.push(claimed);
        }
    }
    Ok(ours)
}

/// A place to write what follows from a unit that is not a change.
pub(crate) fn out(inner: &Inner, business_no: i64) -> Out<'_> {
    Out::new(inner, business_no, inner.clock.now())
}
