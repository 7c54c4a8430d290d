//! Commands on steps and timers by hand: skip, send now, try again, edit the instant or text of a future one.

use crate::audit;
use crate::barrier;
use crate::change::{self, Out};
use crate::due;
use crate::ending;
use crate::engine::Engine;
use crate::refusal::{Caller, Refusal};
use flyt_core::id::{StepId, TimerId};
use flyt_core::instant::to_ms;
use flyt_core::invalid::{Faults, Fields};
use flyt_core::reason::Reason;
use flyt_store::steps::{self, StepRow};
use flyt_store::timers::{self, TimerRow};
use flyt_store::{Tx, runs};
use jiff::Timestamp;
use serde_json::Value;

impl Engine {
    /// Tries a failed or undecided delivery again, now.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` (`not_failed`) for a step in another state.
    pub async fn retry_step(&self, caller: &Caller, id: StepId) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let step = find(tx, caller, id).await?;
                if !matches!(step.state.as_str(), "failed" | "unknown") {
                    return Err(Refusal::conflict(
                        "not_failed",
                        "only a failed delivery can be tried again",
                        None,
                    ));
                }
                let out = Out::new(&inner, caller.business_no, inner.clock.now());
                // A person decided: it may go though its time is over.
                let ready = StepRow {
                    state: "ready".to_owned(),
                    reason: None,
                    expires_at: None,
                    ..moved(&step, &out)
                };
                write(tx, &out, caller, &step, &ready, "step.retry").await?;
                if is_open(&step) {
                    return Ok(()); // it was not over: it waited for a report
                }
                runs::step_reopened(&mut tx.tenant(caller.business_no), id.run).map_err(Into::into)
            })
            .await
    }

    /// Skips a step that has not gone, or of which nobody knows whether it has.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` (`too_late`) once it is on its way or over.
    pub async fn skip_step(&self, caller: &Caller, id: StepId) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        let dispatch = self
            .0
            .command(async move |tx: &mut Tx| {
                let step = find(tx, caller, id).await?;
                if step.state != "unknown" {
                    still_waits(&step)?;
                }
                let mut out = Out::new(&inner, caller.business_no, inner.clock.now());
                let reason = Some(Reason::CancelledByUser.word().to_owned());
                let cancelled = StepRow {
                    state: "cancelled".to_owned(),
                    reason,
                    due_at: step.due_at,
                    ..moved(&step, &out)
                };
                write(tx, &out, caller, &step, &cancelled, "step.skip").await?;
                if step.state == "unknown" && !is_open(&step) {
                    return Ok(out.dispatch); // it was over: it waited for a person
                }
                if step.channel.is_none() {
                    ending::skipped(tx, &out, &step).await?;
                    return Ok(out.dispatch);
                }
                barrier::skipped(tx, &mut out, &step).await?;
                Ok(out.dispatch)
            })
            .await?;
        self.0.dispatch(dispatch);
        Ok(())
    }

    /// Sends a waiting step now.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` (`too_late`) once it is on its way or over.
    pub async fn send_now(&self, caller: &Caller, id: StepId) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let step = waiting(tx, caller, id).await?;
                let out = Out::new(&inner, caller.business_no, inner.clock.now());
                let ready = StepRow {
                    state: "ready".to_owned(),
                    reason: None,
                    ..moved(&step, &out)
                };
                write(tx, &out, caller, &step, &ready, "step.send_now").await
            })
            .await
    }

    /// Moves the instant of a waiting step (`due_at`).
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Conflict` (`too_late`).
    pub async fn edit_step(&self, caller: &Caller, id: StepId, body: Value) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        let mut fields = Fields::open(&body, "", &mut faults);
        let due_at = fields.required::<Timestamp>("due_at", &mut faults);
        fields.close(&mut faults);
        let due_at = faults.finish(due_at).map_err(Refusal::Invalid)?;
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let step = waiting(tx, caller, id).await?;
                let out = Out::new(&inner, caller.business_no, inner.clock.now());
                let later = StepRow {
                    due_at: to_ms(due_at.max(out.now)),
                    ..moved(&step, &out)
                };
                write(tx, &out, caller, &step, &later, "step.edit").await
            })
            .await
    }

    /// Withdraws a timer.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn skip_timer(&self, caller: &Caller, id: TimerId) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let timer = find_timer(tx, caller, id).await?;
                let out = Out::new(&inner, caller.business_no, inner.clock.now());
                timers::remove(&mut tx.tenant(caller.business_no), id)?;
                change::end_timer(
                    tx,
                    &out,
                    id.booking,
                    &change::pending(&timer),
                    Reason::CancelledByUser,
                )?;
                let gone = change::pending(&timer);
                ending::group_gone(tx, &out, id.booking, &gone).await?;
                audit::note(tx, &out, caller.actor, "timer.skip", &id.to_string())
            })
            .await
    }

    /// Fires a timer now.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn send_timer_now(&self, caller: &Caller, id: TimerId) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        let dispatch = self
            .0
            .command(async move |tx: &mut Tx| {
                let timer = find_timer(tx, caller, id).await?;
                let out = Out::new(&inner, caller.business_no, inner.clock.now());
                audit::note(tx, &out, caller.actor, "timer.send_now", &id.to_string())?;
                due::fire_now(&inner, tx, &timer).await
            })
            .await?;
        self.0.dispatch(dispatch);
        Ok(())
    }
}

async fn find(tx: &mut Tx, caller: Caller, id: StepId) -> Result<StepRow, Refusal> {
    steps::by_id(&mut tx.tenant(caller.business_no), id)
        .await?
        .filter(|s| s.channel.as_deref() != Some(crate::delivery::CHANNEL))
        .ok_or(Refusal::NotFound)
}

async fn waiting(tx: &mut Tx, caller: Caller, id: StepId) -> Result<StepRow, Refusal> {
    let step = find(tx, caller, id).await?;
    still_waits(&step)?;
    Ok(step)
}

/// Whether a lost answer still waits for a report. One that waits for a person has let its run go on.
fn is_open(step: &StepRow) -> bool {
    step.state == "unknown" && step.reason.is_none()
}

fn still_waits(step: &StepRow) -> Result<(), Refusal> {
    if matches!(step.state.as_str(), "ready" | "parked") {
        return Ok(());
    }
    Err(Refusal::conflict(
        "too_late",
        "this step is on its way or over",
        None,
    ))
}

async fn find_timer(tx: &mut Tx, caller: Caller, id: TimerId) -> Result<TimerRow, Refusal> {
    let all = timers::of_booking(&mut tx.tenant(caller.business_no), id.booking).await?;
    all.into_iter().find(|t| t.id == id).ok_or(Refusal::NotFound)
}

fn moved(step: &StepRow, out: &Out<'_>) -> StepRow {
    StepRow {
        due_at: to_ms(out.now),
        updated_at: to_ms(out.now),
        ..step.clone()
    }
}

async fn write(
    tx: &mut Tx,
    out: &Out<'_>,
    caller: Caller,
    from: &StepRow,
    to: &StepRow,
    action: &str,
) -> Result<(), Refusal> {
    let done = steps::advance(
        &mut tx.tenant(caller.business_no),
        (&from.state, from.attempt),
        to,
    )
    .await?;
    if !done {
        return Err(Refusal::conflict(
            "too_late",
            "this step has just moved: look again",
            None,
        ));
    }
    audit::note(tx, out, caller.actor, action, &from.id.to_string())
}
