//! Recording what became of a try: attempt, state, content and what the run does next, in one transaction, by
//! compare-and-set on the attempt. The outcome of a try that is no longer ours is dropped.

use crate::change::Out;
use crate::endpoints;
use crate::engine::Inner;
use crate::events;
use crate::refusal::Refusal;
use crate::send::Sent;
use crate::starting;
use crate::tenant;
use crate::worker::{End, Kept, Seen};
use flyt_channels::outcome::{Answer, Outcome};
use flyt_core::action::{Act, Action, OnUnknown};
use flyt_core::contact;
use flyt_core::customer::Channel;
use flyt_core::event::EventKind;
use flyt_core::id::EndpointId;
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::reason::Reason;
use flyt_core::retry::{self, Class, Next, Tried};
use flyt_core::run;
use flyt_store::Tx;
use flyt_store::steps::{self, AttemptRow, StepRow};
use flyt_store::{runs, suppressions};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The answer of an endpoint that wants nothing more.
const GONE: i64 = 410;

/// What is written of a try.
#[derive(Clone)]
struct Writing {
    step: StepRow,
    attempt: Option<AttemptRow>,
    content: Option<String>,
    /// The address does not exist: nothing more goes there.
    suppress: bool,
    /// Values for later actions.
    stored: Option<(String, BTreeMap<String, Value>)>,
    /// The step has come to its end.
    over: bool,
    /// It carries its run on when it is over.
    barrier: bool,
}

/// Records the end of a try and dispatches what it lets go.
pub(crate) async fn record(
    inner: &Arc<Inner>,
    step: StepRow,
    seen: Seen,
    end: End,
    began: Timestamp,
) -> Result<(), Refusal> {
    let now = inner.clock.now();
    let from = (step.state.clone(), step.attempt);
    let action = usize::try_from(step.action).ok();
    let action = action.and_then(|i| seen.workflow.definition.actions.get(i));
    let writing = write(step, action, end, began, now)?;
    inner.counts.tried(&writing.step, writing.attempt.as_ref());
    let (owner, seen) = (inner.clone(), Arc::new(seen));
    let dispatch = inner
        .write(async move |tx: &mut Tx| {
            let mut out = Out::new(&owner, writing.step.business_no, owner.clock.now());
            save(tx, &mut out, (&from.0, from.1), &writing, Some(&seen)).await?;
            Ok(out.dispatch)
        })
        .await?;
    inner.dispatch(dispatch);
    Ok(())
}

/// Records the end of a try to an endpoint, which belongs to no run. One that answers 410 is switched off.
pub(crate) async fn record_delivery(
    inner: &Arc<Inner>,
    step: StepRow,
    end: End,
    began: Timestamp,
    endpoint: EndpointId,
) -> Result<(), Refusal> {
    let from = (step.state.clone(), step.attempt);
    let writing = write(step, None, end, began, inner.clock.now())?;
    inner.counts.tried(&writing.step, writing.attempt.as_ref());
    let owner = inner.clone();
    inner
        .write(async move |tx: &mut Tx| {
            let mut out = Out::new(&owner, writing.step.business_no, owner.clock.now());
            let ours = save(tx, &mut out, (&from.0, from.1), &writing, None).await?;
            let is_gone = writing.attempt.as_ref().is_some_and(|a| a.code == Some(GONE));
            if ours && is_gone {
                endpoints::switch_off(tx, &out, endpoint).await?;
            }
            Ok(())
        })
        .await
}

async fn save(
    tx: &mut Tx,
    out: &mut Out<'_>,
    from: (&str, i64),
    w: &Writing,
    seen: Option<&Seen>,
) -> Result<bool, Refusal> {
    let no = w.step.business_no;
    if !steps::advance(&mut tx.tenant(no), from, &w.step).await? {
        return Ok(false); // the lease was over and somebody else has it
    }
    if let Some(attempt) = &w.attempt {
        steps::put_attempt(&mut tx.tenant(no), w.step.id, attempt)?;
    }
    if let Some(content) = &w.content {
        steps::put_content(&mut tx.tenant(no), w.step.id, content)?;
    }
    if let (true, Some(channel), Some(address)) = (w.suppress, &w.step.channel, &w.step.recipient) {
        suppressions::add(
            &mut tx.tenant(no),
            channel,
            &contact::folded(address),
            "bad_address",
            to_ms(out.now),
        )?;
    }
    let Some(seen) = seen.filter(|_| w.over) else {
        return Ok(true);
    };
    if w.step.state == "failed" {
        events::message(tx, out, &w.step, EventKind::MessageFailed).await?;
    }
    if w.barrier {
        carry_on(tx, out, w, seen).await?;
    } else {
        runs::step_ended(&mut tx.tenant(no), w.step.id.run)?;
    }
    Ok(true)
}

/// A webhook with `store` is over: its values are kept and the run goes on past it.
async fn carry_on(tx: &mut Tx, out: &mut Out<'_>, w: &Writing, seen: &Seen) -> Result<(), Refusal> {
    let Some(mut run) = runs::by_id(&mut tx.tenant(w.step.business_no), w.step.id.run).await? else {
        return Ok(());
    };
    run.open -= 1;
    if let Some((name, values)) = &w.stored {
        let mut vars: run::Vars = run
            .vars
            .as_deref()
            .map(tenant::parse)
            .transpose()?
            .unwrap_or_default();
        vars.steps.insert(name.clone(), values.clone());
        run.vars = Some(tenant::document(&vars)?);
    }
    if run.state == "running" {
        let position = usize::try_from(w.step.action + 1).unwrap_or(0);
        let from = run::From {
            position,
            only: None,
            continues: true,
            due_at: out.now,
        };
        let tried_before = w.step.attempt > 1 || w.step.delayed;
        let definition = &seen.workflow.definition;
        starting::advance(
            tx,
            out,
            &mut run,
            (definition, w.step.position),
            &seen.facts,
            from,
            tried_before,
        )
        .await?;
    }
    Ok(runs::update(&mut tx.tenant(w.step.business_no), &run)?)
}

fn write(
    step: StepRow,
    action: Option<&Action>,
    end: End,
    began: Timestamp,
    now: Timestamp,
) -> Result<Writing, Refusal> {
    let barrier = action.is_some_and(|a| a.act.is_barrier());
    let step = StepRow {
        boot: None,
        lease_until: None,
        updated_at: to_ms(now),
        ..step
    };
    let plain = |step: StepRow, over| Writing {
        step,
        attempt: None,
        content: None,
        suppress: false,
        stored: None,
        over,
        barrier,
    };
    Ok(match end {
        End::Ended(reason) => plain(ended(step, "ended", reason), true),
        End::Dependency => plain(ended(step, "ended", Reason::DependencyFailed), true),
        End::Later(at) => {
            // It was not tried: the number is free again.
            let later = StepRow {
                state: "ready".to_owned(),
                reason: None,
                due_at: to_ms(at),
                delayed: true,
                attempt: step.attempt - 1,
                ..step
            };
            plain(later, false)
        }
        End::Parked(reason) => {
            let attempt = step.attempt - 1;
            plain(
                StepRow {
                    attempt,
                    ..ended(step, "parked", reason)
                },
                false,
            )
        }
        End::Unwritable(problem) => {
            let tried = attempt(&step, began, "render_error", None, Some(problem));
            Writing {
                attempt: Some(tried),
                ..plain(ended(step, "failed", Reason::RenderError), true)
            }
        }
        End::Tried(kept, sent) => tried(step, action, &kept, sent, (began, now), barrier)?,
    })
}

fn ended(step: StepRow, state: &str, reason: Reason) -> StepRow {
    StepRow {
        state: state.to_owned(),
        reason: Some(reason.word().to_owned()),
        ..step
    }
}

fn attempt(
    step: &StepRow,
    at: Timestamp,
    outcome: &str,
    code: Option<i64>,
    answer: Option<String>,
) -> AttemptRow {
    AttemptRow {
        attempt: step.attempt,
        at: to_ms(at),
        outcome: outcome.to_owned(),
        code,
        answer,
        revision: step.revision,
    }
}

fn tried(
    mut step: StepRow,
    action: Option<&Action>,
    kept: &Kept,
    sent: Sent,
    (began, now): (Timestamp, Timestamp),
    barrier: bool,
) -> Result<Writing, Refusal> {
    step.language = kept.letter.language.as_ref().map(|l| l.tag().to_owned());
    step.segments = kept.letter.segments;
    step.reason = None;
    let content = Some(tenant::document(kept)?);
    let outcome = match sent {
        Sent::Captured => {
            "captured".clone_into(&mut step.state);
            step.sent_at = Some(to_ms(began));
            let tried = attempt(&step, began, "captured", None, None);
            return Ok(Writing {
                step,
                attempt: Some(tried),
                content,
                suppress: false,
                stored: None,
                over: true,
                barrier,
            });
        }
        Sent::Called(outcome) => outcome,
    };
    let (word, answer) = told(&outcome);
    let row = attempt(
        &step,
        began,
        word,
        answer.code,
        Some(answer.text.clone()).filter(|t| !t.is_empty()),
    );
    let stored = stored(action, &outcome);
    let suppress = matches!(outcome, Outcome::PermanentRecipient { .. });
    let over = settle(&mut step, action.map(|a| &a.act), &outcome, (began, now));
    Ok(Writing {
        step,
        attempt: Some(row),
        content,
        suppress,
        stored,
        over,
        barrier,
    })
}

/// The word of an outcome, and what the other side said.
pub(crate) fn told(outcome: &Outcome) -> (&'static str, &Answer) {
    match outcome {
        Outcome::Accepted { answer, .. } => ("sent", answer),
        Outcome::Temporary { answer, .. } => ("temporary", answer),
        Outcome::PermanentRecipient { answer } => ("bad_address", answer),
        Outcome::Permanent { answer } => ("permanent", answer),
        Outcome::Configuration { answer } => ("configuration", answer),
        Outcome::Blocked { answer } => ("blocked", answer),
        Outcome::Unknown { answer } => ("unknown", answer),
    }
}

/// Puts the step where its outcome leads. True: it has come to its end.
fn settle(
    step: &mut StepRow,
    act: Option<&Act>,
    outcome: &Outcome,
    (began, now): (Timestamp, Timestamp),
) -> bool {
    let fail = |step: &mut StepRow, reason: Reason| {
        "failed".clone_into(&mut step.state);
        step.reason = Some(reason.word().to_owned());
        true
    };
    match outcome {
        Outcome::Accepted { provider_id, .. } => {
            "sent".clone_into(&mut step.state);
            step.sent_at = Some(to_ms(began));
            step.provider_id.clone_from(provider_id);
            true
        }
        Outcome::Permanent { .. } | Outcome::PermanentRecipient { .. } => {
            fail(step, Reason::PermanentFailure)
        }
        Outcome::Blocked { .. } => fail(step, Reason::BlockedAddress),
        Outcome::Temporary { retry_after_ms, .. } => again(step, Class::Temporary, *retry_after_ms, now),
        // Until a circuit stands, a refused login is tried again like any passing fault; nothing is burnt at the other side.
        Outcome::Configuration { .. } => again(step, Class::Temporary, None, now),
        Outcome::Unknown { .. } => {
            if act
                .and_then(Act::delivery)
                .is_some_and(|d| d.on_unknown == OnUnknown::Hold)
            {
                "unknown".clone_into(&mut step.state);
                step.reason = Some(Reason::UnknownOutcome.word().to_owned());
                return true;
            }
            again(step, Class::Unknown, None, now)
        }
    }
}

fn again(step: &mut StepRow, class: Class, retry_after_ms: Option<i64>, now: Timestamp) -> bool {
    let channel = step
        .channel
        .as_deref()
        .and_then(Channel::from_word)
        .unwrap_or(Channel::Webhook);
    let tried = Tried {
        channel,
        step: step.id,
        attempt: step.attempt,
        class,
        unknown_before: step.reason.as_deref() == Some(Reason::UnknownOutcome.word()),
        retry_after_ms,
    };
    match retry::next(&tried, now, step.expires_at.map(from_ms)) {
        Next::At(at) => {
            "ready".clone_into(&mut step.state);
            step.due_at = to_ms(at);
            false
        }
        Next::Exhausted => {
            "failed".clone_into(&mut step.state);
            step.reason = Some(Reason::AttemptsExhausted.word().to_owned());
            true
        }
    }
}

/// The values an accepted webhook with `store` leaves for later actions: those that its answer has.
fn stored(action: Option<&Action>, outcome: &Outcome) -> Option<(String, BTreeMap<String, Value>)> {
    let action = action?;
    let (Act::Webhook { store, .. }, Outcome::Accepted { answer, .. }) = (&action.act, outcome) else {
        return None;
    };
    let body: Value = serde_json::from_slice(answer.body.as_deref()?).ok()?;
    let values = store
        .iter()
        .filter_map(|(name, pointer)| Some((name.clone(), body.pointer(pointer)?.clone())));
    Some((action.name.clone()?, values.collect()))
}
