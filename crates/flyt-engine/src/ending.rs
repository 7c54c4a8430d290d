//! How runs end before their last action: stopped, switched off, deleted with their booking, skipped by a person. Starting
//! them and moving them on is `starting`.

use crate::change::Out;
use crate::refusal::Refusal;
use crate::tenant;
use flyt_core::booking::Booking;
use flyt_core::id::BookingId;
use flyt_core::instant::to_ms;
use flyt_core::plan::Pending;
use flyt_core::reason::Reason;
use flyt_core::trigger::TriggerKind;
use flyt_store::runs::{self, RunRow};
use flyt_store::steps::{self, StepRow};
use flyt_store::{Tx, changes, timers};

/// Ends a run at a barrier: nothing after it happens. What stands before it goes on by itself and has its own last look.
pub(crate) fn at_barrier(
    tx: &mut Tx,
    out: &Out<'_>,
    run: &mut RunRow,
    reason: Reason,
) -> Result<(), Refusal> {
    "ended".clone_into(&mut run.state);
    run.reason = Some(reason.word().to_owned());
    run.finished = true;
    Ok(runs::update(&mut tx.tenant(out.business_no), run)?)
}

/// Ends what a workflow has under way: it was switched off or deleted, and switching it on revives none of it.
pub(crate) fn of_workflow(tx: &mut Tx, out: &Out<'_>, workflow_no: i64) -> Result<(), Refusal> {
    let mut tenant = tx.tenant(out.business_no);
    steps::workflow_off(&mut tenant, workflow_no, to_ms(out.now))?;
    Ok(runs::workflow_off(&mut tenant, workflow_no)?)
}

/// Ends a run whose booking was deleted. Webhooks of an event report a committed fact and go all the same.
pub(crate) async fn after_delete(tx: &mut Tx, out: &Out<'_>, run: &mut RunRow) -> Result<(), Refusal> {
    let event = run.change_id.is_some();
    for step in steps::of_run(&mut tx.tenant(out.business_no), run.id).await? {
        let waits = matches!(step.state.as_str(), "ready" | "parked");
        let fact = event && step.channel.as_deref() == Some("webhook");
        if waits && !fact && end_step(tx, out, &step, "ended", Reason::BookingDeleted).await? {
            run.open -= 1;
        }
    }
    at_barrier(tx, out, run, Reason::BookingDeleted)
}

/// Ends a run at a wait or hold that a person skipped.
pub(crate) async fn skipped(tx: &mut Tx, out: &Out<'_>, step: &StepRow) -> Result<(), Refusal> {
    let Some(mut run) = runs::by_id(&mut tx.tenant(out.business_no), step.id.run).await? else {
        return Ok(());
    };
    run.open -= 1;
    at_barrier(tx, out, &mut run, Reason::CancelledByUser)
}

async fn end_step(
    tx: &mut Tx,
    out: &Out<'_>,
    step: &StepRow,
    state: &str,
    reason: Reason,
) -> Result<bool, Refusal> {
    let ended = StepRow {
        state: state.to_owned(),
        reason: Some(reason.word().to_owned()),
        updated_at: to_ms(out.now),
        ..step.clone()
    };
    let from = (step.state.as_str(), step.attempt);
    Ok(steps::advance(&mut tx.tenant(out.business_no), from, &ended).await?)
}

/// Whether a waiting run goes on though its booking now has a status that ends others: a payment or a new customer is never
/// stopped by status, nor is a run that this very status began.
pub(crate) async fn outlives(
    tx: &mut Tx,
    out: &Out<'_>,
    run: &RunRow,
    status: &str,
) -> Result<bool, Refusal> {
    match TriggerKind::from_word(&run.kind) {
        Some(TriggerKind::PaymentCompleted | TriggerKind::CustomerCreated) => Ok(true),
        Some(TriggerKind::StatusChanged) => {
            let Some(id) = run.change_id else { return Ok(false) };
            let change = changes::by_id(&mut tx.tenant(out.business_no), id).await?;
            let after = change.and_then(|c| c.after);
            let booking: Option<Booking> = after.as_deref().map(tenant::parse).transpose()?;
            Ok(booking.is_some_and(|b| b.status == status))
        }
        Some(
            TriggerKind::BookingCreated
            | TriggerKind::BookingChanged
            | TriggerKind::BookingStarts
            | TriggerKind::BookingEnds,
        )
        | None => Ok(false),
    }
}

/// A group of an occurrence will not fire any more: if its run waited only for that, it is done.
pub(crate) async fn group_gone(
    tx: &mut Tx,
    out: &Out<'_>,
    booking: BookingId,
    timer: &Pending,
) -> Result<(), Refusal> {
    let others = timers::of_booking(&mut tx.tenant(out.business_no), booking).await?;
    let same = |t: &timers::TimerRow| {
        t.id.trigger_no == timer.trigger_no
            && t.anchor_at == to_ms(timer.anchor_at)
            && t.id.group != timer.group
    };
    if others.iter().any(same) {
        return Ok(());
    }
    let run = runs::of_occurrence(
        &mut tx.tenant(out.business_no),
        booking,
        timer.trigger_no,
        to_ms(timer.anchor_at),
    )
    .await?;
    let Some(mut run) = run.filter(|r| r.state == "running" && r.open == 0) else {
        return Ok(());
    };
    run.finished = true;
    "done".clone_into(&mut run.state);
    Ok(runs::update(&mut tx.tenant(out.business_no), &run)?)
}
