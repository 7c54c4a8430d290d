//! Recording what became of a try: attempt, state, content and what the run does next, in one transaction, by
//! compare-and-set on the attempt. The outcome of a try that is no longer ours is dropped.

use crate::after_try;
use crate::change::Out;
use crate::circuit;
use crate::endpoints;
use crate::engine::Inner;
use crate::events;
use crate::refusal::Refusal;
use crate::report;
use crate::road::{Gate, Key};
use crate::send::Sent;
use crate::starting;
use crate::tenant;
use crate::worker::{End, Seen, Tried};
use flyt_channels::outcome::{Answer, Outcome};
use flyt_core::action::{Act, Action};
use flyt_core::circuit::Signal;
use flyt_core::contact;
use flyt_core::customer::Channel;
use flyt_core::event::EventKind;
use flyt_core::id::EndpointId;
use flyt_core::instant::to_ms;
use flyt_core::reason::Reason;
use flyt_core::run;
use flyt_store::Tx;
use flyt_store::steps::{self, AttemptRow, StepRow};
use flyt_store::{runs, suppressions};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Suppressed by the owner of the address.
const STOP: &str = "stop";
/// The answer of an endpoint that wants nothing more.
const GONE: i64 = 410;

/// What is written of a try.
#[derive(Clone)]
struct Writing {
    step: StepRow,
    attempt: Option<AttemptRow>,
    content: Option<String>,
    /// Why nothing more goes to the address: `bad_address` or `stop`.
    suppress: Option<&'static str>,
    /// The account it waits for.
    paused: Option<Key>,
    /// What the try said about the account it went through.
    heard: Option<(Gate, Signal, String)>,
    /// When the try began.
    began: Timestamp,
    /// Values for later actions.
    stored: Option<(String, BTreeMap<String, Value>)>,
    /// The step has come to its end.
    over: bool,
    /// It carries its run on when it is over.
    barrier: bool,
}

impl Writing {
    /// Whether the other side was called.
    fn heard_of(&self) -> bool {
        let called = |a: &AttemptRow| !matches!(a.outcome.as_str(), "captured" | "render_error");
        self.attempt.as_ref().is_some_and(called)
    }
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
    let account = w.paused.as_ref().or(w.heard.as_ref().map(|(gate, ..)| &gate.key));
    let called = w.heard_of() && w.step.channel.as_deref() == Some(Channel::Sms.word());
    if called {
        report::alone(tx, no, Some(w.step.id), w.step.provider_id.as_deref());
    }
    if let Some(key) = account {
        circuit::alone(tx, key);
    }
    let mut row = w.step.clone();
    if let Some(key) = &w.paused {
        row = circuit::park(tx, out, key, row).await?;
    }
    let early = if called {
        report::early(tx, &row).await?
    } else {
        None
    };
    let proved = early.as_ref().is_some_and(report::is_proof) && matches!(&*row.state, "ready" | "unknown");
    if proved {
        row = StepRow {
            reason: None,
            sent_at: Some(to_ms(w.began)),
            ..ended_as(row, "sent")
        };
    }
    if !steps::advance(&mut tx.tenant(no), from, &row).await? {
        return Ok(false); // the lease was over and somebody else has it
    }
    keep(tx, out, w).await?;
    if let Some(early) = early.filter(|_| matches!(&*row.state, "sent" | "unknown")) {
        report::turn(tx, out, row, &early).await?;
    }
    let Some(seen) = seen.filter(|_| w.over || proved) else {
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

/// What a try leaves beside its step.
async fn keep(tx: &mut Tx, out: &Out<'_>, w: &Writing) -> Result<(), Refusal> {
    let no = w.step.business_no;
    if let Some(attempt) = &w.attempt {
        steps::put_attempt(&mut tx.tenant(no), w.step.id, attempt)?;
    }
    if let Some(content) = &w.content {
        steps::put_content(&mut tx.tenant(no), w.step.id, content)?;
    }
    if let (Some(reason), Some(channel), Some(address)) = (w.suppress, &w.step.channel, &w.step.recipient) {
        let (mut tenant, folded) = (tx.tenant(no), contact::folded(address));
        if reason == STOP {
            suppressions::stop(&mut tenant, channel, &folded, to_ms(out.now))?;
        } else {
            suppressions::add(&mut tenant, channel, &folded, reason, to_ms(out.now))?;
        }
    }
    if let Some((gate, signal, problem)) = &w.heard {
        circuit::heard(tx, out, gate, w.step.id, (*signal, problem)).await?;
    }
    Ok(())
}

/// A webhook with `store` is over: its values are kept and the run goes on past it.
async fn carry_on(tx: &mut Tx, out: &mut Out<'_>, w: &Writing, seen: &Seen) -> Result<(), Refusal> {
    let Some(mut run) = runs::by_id(&mut tx.tenant(w.step.business_no), w.step.id.run).await? else {
        return Ok(());
    };
    run.open -= 1;
    let mut vars: run::Vars = run
        .vars
        .as_deref()
        .map(tenant::parse)
        .transpose()?
        .unwrap_or_default();
    if let Some((name, values)) = &w.stored {
        vars.steps.insert(name.clone(), values.clone());
        run.vars = Some(tenant::document(&vars)?);
    }
    // One that is tried again by hand has been passed already: what comes after it was done then.
    if run.state == "running" && run.position == w.step.action {
        let facts = flyt_core::facts::Facts {
            steps: vars.steps,
            ..seen.facts.clone()
        };
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
            &facts,
            from,
            tried_before,
        )
        .await?;
    } else if run.state == "running" && run.finished && run.open == 0 {
        "done".clone_into(&mut run.state);
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
        suppress: None,
        paused: None,
        heard: None,
        began,
        stored: None,
        over,
        barrier,
    };
    Ok(match end {
        End::Ended(reason) => plain(ended(step, "ended", reason), true),
        End::Dependency => plain(ended(step, "ended", Reason::DependencyFailed), true),
        End::Later(at) => plain(later(step, at, None), false),
        End::Waits(at, reason) => plain(later(step, at, Some(reason)), false),
        End::Paused(key) => {
            let attempt = step.attempt - 1;
            let parked = StepRow {
                attempt,
                ..ended(step, "parked", Reason::ChannelPaused)
            };
            Writing {
                paused: Some(key),
                ..plain(parked, false)
            }
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
        End::Tried(end) => tried(plain(step, false), action, *end, now)?,
    })
}

/// It was not tried: the number is free again.
fn later(step: StepRow, at: Timestamp, reason: Option<Reason>) -> StepRow {
    StepRow {
        state: "ready".to_owned(),
        reason: reason.map(|r| r.word().to_owned()),
        due_at: to_ms(at),
        delayed: true,
        attempt: step.attempt - 1,
        ..step
    }
}

fn ended_as(step: StepRow, state: &str) -> StepRow {
    StepRow {
        state: state.to_owned(),
        ..step
    }
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

fn tried(mut w: Writing, action: Option<&Action>, end: Tried, now: Timestamp) -> Result<Writing, Refusal> {
    let Tried {
        kept,
        sent,
        gate,
        lost_before,
    } = end;
    let (step, began) = (&mut w.step, w.began);
    step.language = kept.letter.language.as_ref().map(|l| l.tag().to_owned());
    step.segments = kept.letter.segments;
    step.reason = None;
    w.content = Some(tenant::document(&kept)?);
    let outcome = match sent {
        Sent::Captured => {
            "captured".clone_into(&mut step.state);
            step.sent_at = Some(to_ms(began));
            w.attempt = Some(attempt(step, began, "captured", None, None));
            w.over = true;
            return Ok(w);
        }
        Sent::Called(outcome) => outcome,
    };
    let (word, answer) = told(&outcome);
    let text = Some(answer.text.clone()).filter(|t| !t.is_empty());
    w.attempt = Some(attempt(step, began, word, answer.code, text));
    w.stored = stored(action, &outcome);
    w.suppress = match &outcome {
        Outcome::PermanentRecipient { .. } => Some("bad_address"),
        Outcome::OptedOut { .. } => Some(STOP),
        Outcome::Accepted { .. }
        | Outcome::Temporary { .. }
        | Outcome::Once { .. }
        | Outcome::Permanent { .. }
        | Outcome::Configuration { .. }
        | Outcome::Blocked { .. }
        | Outcome::Unknown { .. } => None,
    };
    let gated = gate.is_some();
    w.heard = gate.and_then(|gate| {
        let signal = circuit::signal(&outcome)?;
        // What goes well where all is well is not written down.
        let news = signal != Signal::Good || gate.circuit.is_some();
        news.then(|| (gate, signal, answer.text.clone()))
    });
    let act = action.map(|a| &a.act);
    w.over = after_try::settle(step, act, &outcome, (began, now), (lost_before, gated));
    Ok(w)
}

fn told(outcome: &Outcome) -> (&'static str, &Answer) {
    match outcome {
        Outcome::Accepted { answer, .. } => ("sent", answer),
        Outcome::Temporary { answer, .. } | Outcome::Once { answer, .. } => ("temporary", answer),
        Outcome::PermanentRecipient { answer } => ("bad_address", answer),
        Outcome::OptedOut { answer } => ("opted_out", answer),
        Outcome::Permanent { answer } => ("permanent", answer),
        Outcome::Configuration { answer } => ("configuration", answer),
        Outcome::Blocked { answer } => ("blocked", answer),
        Outcome::Unknown { answer } => ("unknown", answer),
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
