//! Starting runs and moving them on: the run row, the steps up to the next barrier, and how runs end, wait and wake.
//! Which workflow starts is decided in `flyt_core::plan`; which steps come next in `flyt_core::run`.

use crate::change::Out;
use crate::refusal::Refusal;
use crate::tenant;
use flyt_core::action::{Act, Wait};
use flyt_core::change::Change;
use flyt_core::customer::Channel;
use flyt_core::due::{self, Due};
use flyt_core::facts::Facts;
use flyt_core::id::{ChangeId, RunId, StepId};
use flyt_core::instant::{from_ms, plus_ms, to_ms};
use flyt_core::plan;
use flyt_core::reason::Reason;
use flyt_core::run::{self, Vars};
use flyt_core::trigger::{MaxLateness, TriggerKind};
use flyt_core::workflow::{Definition, Workflow};
use flyt_store::Tx;
use flyt_store::runs::{self, RunRow};
use flyt_store::steps::{self, StepRow};
use jiff::Timestamp;

/// What a run starts from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) change: Option<ChangeId>,
    pub(crate) anchor: Option<Timestamp>,
    pub(crate) due_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) before: bool,
    pub(crate) depth: i64,
    pub(crate) chain: i64,
}
impl Origin {
    pub(crate) fn event(change: &Change) -> Self {
        Self {
            change: Some(change.id),
            anchor: None,
            due_at: change.at,
            expires_at: None,
            before: false,
            depth: change.depth,
            chain: change.chain,
        }
    }
    /// An occurrence of a timed trigger; its chain begins with the run itself.
    pub(crate) fn timer(due: &Due, due_at: Timestamp, expires_at: Option<Timestamp>, run: RunId) -> Self {
        Self {
            change: None,
            anchor: Some(due.anchor),
            due_at,
            expires_at,
            before: due.before,
            depth: 0,
            chain: run.0,
        }
    }
}

/// An e-mail or SMS of an event other than created and changed is not tried after this (`product.md` §5.5).
const EVENT_MS: i64 = 72 * 3_600_000;
/// A webhook of an event is not tried after this.
const WEBHOOK_MS: i64 = 76 * 3_600_000;
/// A timed step after a wait keeps this long, unless its trigger says otherwise.
const DAY_MS: i64 = 24 * 3_600_000;

/// A new run, with nothing written yet.
pub(crate) fn new_run(
    out: &Out<'_>,
    id: RunId,
    workflow: &Workflow,
    trigger: usize,
    facts: &Facts,
    origin: &Origin,
) -> RunRow {
    let trigger = workflow.definition.triggers.get(trigger);
    RunRow {
        id,
        workflow_no: workflow.no,
        version: workflow.version,
        trigger_no: trigger.map_or(0, |t| t.no),
        kind: trigger.map_or("", |t| t.when.kind().word()).to_owned(),
        booking_id: facts.booking.as_ref().map(|b| b.booking.id),
        customer_id: facts.customer.as_ref().map(|c| c.id),
        change_id: origin.change,
        anchor_at: origin.anchor.map(to_ms),
        due_at: to_ms(origin.due_at),
        expires_at: origin.expires_at.map(to_ms),
        before: origin.before,
        created_at: to_ms(out.now),
        state: "running".to_owned(),
        reason: None,
        position: 0,
        finished: false,
        open: 0,
        steps: 0,
        vars: None,
        depth: origin.depth,
        chain: origin.chain,
    }
}

/// Starts a run for an event.
pub(crate) async fn start(
    tx: &mut Tx,
    out: &mut Out<'_>,
    workflow: &Workflow,
    trigger: usize,
    facts: &Facts,
    origin: &Origin,
) -> Result<(), Refusal> {
    let id = RunId(out.inner.ids.next(out.now));
    let mut run = new_run(out, id, workflow, trigger, facts, origin);
    let from = run::From {
        position: 0,
        only: None,
        continues: true,
        due_at: out.now,
    };
    advance(
        tx,
        out,
        &mut run,
        (&workflow.definition, workflow.position),
        facts,
        from,
        false,
    )
    .await?;
    Ok(runs::insert(&mut tx.tenant(out.business_no), &run)?)
}

/// Starts a run that gathers changes until `until`; one that gathers already goes on gathering.
pub(crate) async fn hold(
    tx: &mut Tx,
    out: &mut Out<'_>,
    (workflow, trigger): (&Workflow, usize),
    facts: &Facts,
    origin: &Origin,
    until: Timestamp,
) -> Result<(), Refusal> {
    let booking = facts.booking.as_ref().map(|b| b.booking.id);
    if let Some(booking) = booking
        && runs::holding(&mut tx.tenant(out.business_no), booking, workflow.no)
            .await?
            .is_some()
    {
        return Ok(());
    }
    let mut run = new_run(
        out,
        RunId(out.inner.ids.next(out.now)),
        workflow,
        trigger,
        facts,
        origin,
    );
    "holding".clone_into(&mut run.state);
    let row = StepRow {
        kind: "hold".to_owned(),
        due_at: to_ms(until),
        ..step_row(out, &run, workflow.position, 0)
    };
    steps::insert(&mut tx.tenant(out.business_no), &row)?;
    (run.open, run.steps) = (1, 1);
    Ok(runs::insert(&mut tx.tenant(out.business_no), &run)?)
}

/// Records a run that did not happen, so that it never does, with the reason.
pub(crate) fn spent(
    tx: &mut Tx,
    out: &Out<'_>,
    (workflow, trigger): (&Workflow, usize),
    facts: &Facts,
    origin: &Origin,
    reason: Reason,
) -> Result<(), Refusal> {
    let mut run = new_run(
        out,
        RunId(out.inner.ids.next(out.now)),
        workflow,
        trigger,
        facts,
        origin,
    );
    "ended".clone_into(&mut run.state);
    run.reason = Some(reason.word().to_owned());
    run.finished = true;
    Ok(runs::insert(&mut tx.tenant(out.business_no), &run)?)
}

/// Starts an occurrence whose due instant had passed when it was planned (`late: send_now`).
pub(crate) async fn run_now(
    tx: &mut Tx,
    out: &mut Out<'_>,
    (workflow, trigger): (&Workflow, usize),
    facts: &Facts,
    due: &Due,
) -> Result<(), Refusal> {
    if let Some(reason) = plan::mismatch(workflow, facts, out.now) {
        let origin = Origin::timer(due, out.now, None, RunId(0));
        return spent(tx, out, (workflow, trigger), facts, &origin, reason);
    }
    let own = workflow.definition.triggers.get(trigger);
    let expires_at = own.and_then(|t| due::expiry(t, due, out.now));
    let id = RunId(out.inner.ids.next(out.now));
    let origin = Origin::timer(due, out.now, expires_at, id);
    let mut run = new_run(out, id, workflow, trigger, facts, &origin);
    let from = run::From {
        position: 0,
        only: None,
        continues: true,
        due_at: out.now,
    };
    advance(
        tx,
        out,
        &mut run,
        (&workflow.definition, workflow.position),
        facts,
        from,
        true,
    )
    .await?;
    Ok(runs::insert(&mut tx.tenant(out.business_no), &run)?)
}

/// Writes the steps from a position up to the next barrier and moves the run (in memory; the caller writes the row).
pub(crate) async fn advance(
    tx: &mut Tx,
    out: &mut Out<'_>,
    run: &mut RunRow,
    (definition, position): (&Definition, i64),
    facts: &Facts,
    from: run::From<'_>,
    delayed: bool,
) -> Result<(), Refusal> {
    let next = run::advance(&definition.actions, from, facts, out.now);
    let mut busy: Vec<Channel> = Vec::new();
    for new in next.steps {
        let Some(action) = definition.actions.get(new.action) else {
            continue;
        };
        let mut row = StepRow {
            action: i64::try_from(new.action).unwrap_or(0),
            to_no: i64::try_from(new.to).unwrap_or(0),
            kind: action.act.word().to_owned(),
            channel: new.channel.map(|c| c.word().to_owned()),
            recipient: new.recipient,
            due_at: to_ms(new.due_at),
            planned_at: to_ms(new.due_at),
            delayed,
            ..step_row(out, run, position, run.steps)
        };
        row.expires_at = expires(definition, run, facts, new.channel, &row);
        if let Some(channel) = new.channel.filter(|_| new.due_at <= out.now) {
            dispatch(tx, out, &mut row, channel, &mut busy).await?;
        }
        steps::insert(&mut tx.tenant(out.business_no), &row)?;
        if row.state == "claimed" {
            out.dispatch.push(row);
        }
        run.steps += 1;
        run.open += 1;
        waits(&action.act, run)?;
    }
    run.position = i64::try_from(next.position).unwrap_or(0);
    if from.continues {
        run.finished = next.position >= definition.actions.len();
    }
    if run.finished && run.open == 0 && run.state != "ended" {
        "done".clone_into(&mut run.state);
    }
    Ok(())
}

/// Writes deliveries that planning ended as steps with their reasons.
pub(crate) fn note_ended(
    tx: &mut Tx,
    out: &Out<'_>,
    run: &mut RunRow,
    (workflow, facts): (&Workflow, &Facts),
    ended: &[due::Ended],
) -> Result<(), Refusal> {
    for end in ended {
        let only = [(end.action, end.to)];
        let from = run::From {
            position: 0,
            only: Some(&only),
            continues: false,
            due_at: out.now,
        };
        for new in run::advance(&workflow.definition.actions, from, facts, out.now).steps {
            let row = StepRow {
                action: i64::try_from(new.action).unwrap_or(0),
                to_no: i64::try_from(new.to).unwrap_or(0),
                kind: new.channel.map_or("", Channel::word).to_owned(),
                channel: new.channel.map(|c| c.word().to_owned()),
                recipient: new.recipient,
                state: "ended".to_owned(),
                reason: Some(end.reason.word().to_owned()),
                ..step_row(out, run, workflow.position, run.steps)
            };
            steps::insert(&mut tx.tenant(out.business_no), &row)?;
            run.steps += 1;
        }
    }
    Ok(())
}

/// A step that is due now is written claimed by this boot, unless the booking has a message on the channel in flight.
async fn dispatch(
    tx: &mut Tx,
    out: &Out<'_>,
    row: &mut StepRow,
    channel: Channel,
    busy: &mut Vec<Channel>,
) -> Result<(), Refusal> {
    if busy.contains(&channel)
        || out.dispatch.iter().any(|d| d.channel == row.channel)
        || !out.inner.has_room(out.dispatch.len())
        || out.inner.turns.room(out.business_no) <= out.dispatch.len()
    {
        return Ok(());
    }
    if let Some(booking) = row.booking_id
        && steps::in_flight(&mut tx.tenant(out.business_no), booking, channel.word()).await?
    {
        busy.push(channel);
        return Ok(());
    }
    busy.push(channel);
    out.inner.hold(row, out.now);
    Ok(())
}

fn waits(act: &Act, run: &mut RunRow) -> Result<(), Refusal> {
    let Act::Wait { wait } = act else { return Ok(()) };
    "waiting".clone_into(&mut run.state);
    let mut vars: Vars = run
        .vars
        .as_deref()
        .map(tenant::parse)
        .transpose()?
        .unwrap_or_default();
    vars.wake_on = match wait {
        Wait::Event { event, .. } => Some(event.clone()),
        Wait::Duration { .. } | Wait::Until(_) => None,
    };
    run.vars = Some(tenant::document(&vars)?);
    Ok(())
}

/// A new step of a run, ready now, with nothing said of its action.
pub(crate) fn step_row(out: &Out<'_>, run: &RunRow, position: i64, no: i64) -> StepRow {
    StepRow {
        business_no: out.business_no,
        id: StepId { run: run.id, no },
        workflow_no: run.workflow_no,
        booking_id: run.booking_id,
        customer_id: run.customer_id,
        action: 0,
        to_no: 0,
        kind: String::new(),
        channel: None,
        recipient: None,
        state: "ready".to_owned(),
        reason: None,
        delayed: false,
        due_at: to_ms(out.now),
        planned_at: to_ms(out.now),
        expires_at: None,
        position,
        attempt: 0,
        boot: None,
        lease_until: None,
        revision: None,
        provider_id: None,
        language: None,
        segments: None,
        sent_at: None,
        created_at: to_ms(out.now),
        updated_at: to_ms(out.now),
    }
}

/// When a step stops making sense. Of a timed run before its first wait that is the run's own; after it, counted anew.
fn expires(
    definition: &Definition,
    run: &RunRow,
    facts: &Facts,
    channel: Option<Channel>,
    row: &StepRow,
) -> Option<i64> {
    let kind = TriggerKind::from_word(&run.kind)?;
    if kind.is_timed() {
        let trigger = definition.triggers.iter().find(|t| t.no == run.trigger_no)?;
        let own = match trigger.when.timed()?.max_lateness {
            MaxLateness::Default => Some(DAY_MS),
            MaxLateness::Unlimited => None,
            MaxLateness::Ms(ms) => Some(ms),
        };
        return if run.before || run.steps == 0 {
            run.expires_at
        } else {
            own.map(|ms| row.planned_at.saturating_add(ms))
        };
    }
    // After a wait the time is counted from its end, not from the event.
    let event = from_ms(run.due_at.max(row.planned_at));
    let until = match (channel?, kind) {
        (Channel::Webhook, _) => plus_ms(event, WEBHOOK_MS),
        (Channel::Email | Channel::Sms, TriggerKind::BookingCreated | TriggerKind::BookingChanged) => {
            let end = facts.booking.as_ref().map(|b| b.booking.end)?;
            if event <= end {
                end
            } else {
                plus_ms(event, EVENT_MS)
            }
        }
        (Channel::Email | Channel::Sms, _) => plus_ms(event, EVENT_MS),
    };
    Some(to_ms(until))
}

/// Ends a run: its steps that have not begun end with the reason; those in flight are looked at once more by themselves.
pub(crate) async fn end_run(
    tx: &mut Tx,
    out: &Out<'_>,
    run: &mut RunRow,
    reason: Reason,
) -> Result<(), Refusal> {
    for step in steps::of_run(&mut tx.tenant(out.business_no), run.id).await? {
        if step.state != "ready" && step.state != "parked" {
            continue;
        }
        let ended = StepRow {
            state: "ended".to_owned(),
            reason: Some(reason.word().to_owned()),
            updated_at: to_ms(out.now),
            ..step.clone()
        };
        if steps::advance(
            &mut tx.tenant(out.business_no),
            (&step.state, step.attempt),
            &ended,
        )
        .await?
        {
            run.open -= 1;
        }
    }
    "ended".clone_into(&mut run.state);
    run.reason = Some(reason.word().to_owned());
    run.finished = true;
    Ok(runs::update(&mut tx.tenant(out.business_no), run)?)
}

/// Wakes a run whose awaited event has come: its wait is due now.
pub(crate) async fn wake(tx: &mut Tx, out: &Out<'_>, run: &RunRow) -> Result<(), Refusal> {
    for step in steps::of_run(&mut tx.tenant(out.business_no), run.id).await? {
        if step.kind == "wait" && step.state == "ready" {
            let due = StepRow {
                due_at: to_ms(out.now),
                updated_at: to_ms(out.now),
                ..step.clone()
            };
            steps::advance(&mut tx.tenant(out.business_no), ("ready", step.attempt), &due).await?;
        }
    }
    Ok(())
}
