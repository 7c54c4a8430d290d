//! Delivery reports and lost answers of SMS. Reports only move a message forward, may come doubled, in any order, and before the
//! answer of the send they are about; those are kept for it. A message whose answer was lost waits two minutes for one.

use crate::change::Out;
use crate::engine::Inner;
use crate::events;
use crate::refusal::Refusal;
use flyt_channels::sms::{Fate, Report};
use flyt_core::contact;
use flyt_core::customer::Channel;
use flyt_core::event::EventKind;
use flyt_core::id::StepId;
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::reason::Reason;
use flyt_core::retry;
use flyt_store::reports::{self, ReportRow};
use flyt_store::steps::{self, AttemptRow, StepRow};
use flyt_store::{Tx, runs, suppressions};
use jiff::Timestamp;

const DELIVERED: &str = "delivered";
const FAILED: &str = "failed";
const TAKEN: &str = "taken";

/// Takes in a report of a gateway.
pub(crate) async fn take(tx: &mut Tx, out: &mut Out<'_>, report: &Report) -> Result<(), Refusal> {
    let no = out.business_no;
    let own: Option<StepId> = report.reference.as_deref().and_then(|r| r.parse().ok());
    alone(tx, no, own, report.provider_id.as_deref());
    let id = match (own, &report.provider_id) {
        (Some(id), _) => Some(id),
        (None, Some(name)) => reports::by_provider(&mut tx.tenant(no), name).await?,
        (None, None) => None,
    };
    let row = ReportRow {
        reference: own
            .map(StepId::message)
            .or_else(|| report.provider_id.clone())
            .unwrap_or_default(),
        fate: match report.fate {
            Fate::Taken => TAKEN,
            Fate::Delivered => DELIVERED,
            Fate::Failed => FAILED,
        }
        .to_owned(),
        code: report.code.clone(),
        bad_number: report.bad_number,
        opted_out: report.opted_out,
        at: to_ms(out.now),
    };
    let step = match id {
        Some(id) => steps::by_id(&mut tx.tenant(no), id).await?,
        None => None,
    };
    match step {
        Some(step) if step.channel.as_deref() != Some(Channel::Sms.word()) => Ok(()),
        Some(step) if matches!(step.state.as_str(), "sent" | "unknown") => turn(tx, out, step, &row).await,
        Some(step) if matches!(step.state.as_str(), "ready" | "claimed" | "sending" | "parked") => {
            Ok(reports::keep(&mut tx.tenant(no), &row)?)
        }
        // A name that is not known yet may be that of a send whose answer is on its way. A reference of ours is always known.
        None if own.is_none() && !row.reference.is_empty() => Ok(reports::keep(&mut tx.tenant(no), &row)?),
        // What is over stays as it is.
        Some(_) | None => Ok(()),
    }
}

/// Recording and reporting about one message do not pass each other by.
pub(crate) fn alone(tx: &mut Tx, no: i64, step: Option<StepId>, provider_id: Option<&str>) {
    if let Some(step) = step {
        tx.tenant(no).alone(&format!("report/{}", step.message()));
    }
    if let Some(name) = provider_id {
        tx.tenant(no).alone(&format!("report/{name}"));
    }
}

/// The report that came before the answer of a send.
pub(crate) async fn early(tx: &mut Tx, step: &StepRow) -> Result<Option<ReportRow>, Refusal> {
    let mut tenant = tx.tenant(step.business_no);
    if let Some(found) = reports::get(&mut tenant, &step.id.message()).await? {
        return Ok(Some(found));
    }
    Ok(match &step.provider_id {
        Some(name) => reports::get(&mut tenant, name).await?,
        None => None,
    })
}

/// Whether a report proves that the message was taken, whatever the answer of the send says.
pub(crate) fn is_proof(report: &ReportRow) -> bool {
    report.fate == DELIVERED
}

/// Moves a step that was sent, or may have been, to what a report says.
pub(crate) async fn turn(
    tx: &mut Tx,
    out: &mut Out<'_>,
    step: StepRow,
    report: &ReportRow,
) -> Result<(), Refusal> {
    let no = step.business_no;
    let to = match (step.state.as_str(), report.fate.as_str()) {
        (_, DELIVERED) => "delivered",
        (_, FAILED) => "failed",
        ("unknown", _) => "sent",
        _ => return Ok(()),
    };
    // Waiting for a report it was not over yet; held for a person it was.
    let was_open = step.state == "unknown" && step.reason.is_none();
    let sent_at = step.sent_at.or((to != "failed").then_some(step.updated_at));
    let reason = (to == "failed").then(|| Reason::PermanentFailure.word().to_owned());
    let moved = StepRow {
        state: to.to_owned(),
        reason,
        sent_at,
        updated_at: to_ms(out.now),
        ..step.clone()
    };
    if !steps::advance(&mut tx.tenant(no), (&step.state, step.attempt), &moved).await? {
        return Ok(());
    }
    if to == "failed" {
        let words = match &report.code {
            Some(code) => format!("reported as not delivered, code {code}"),
            None => "reported as not delivered".to_owned(),
        };
        let told = AttemptRow {
            attempt: step.attempt,
            at: to_ms(out.now),
            outcome: "undelivered".to_owned(),
            code: report.code.as_deref().and_then(|c| c.parse().ok()),
            answer: Some(words),
            revision: step.revision,
        };
        steps::put_attempt(&mut tx.tenant(no), step.id, &told)?;
        bar(tx, &step, report, out.now)?;
    }
    match to {
        "delivered" => events::message(tx, out, &moved, EventKind::MessageDelivered).await?,
        "failed" => events::message(tx, out, &moved, EventKind::MessageFailed).await?,
        _ => {}
    }
    if was_open {
        runs::step_ended(&mut tx.tenant(no), step.id.run)?;
    }
    Ok(())
}

/// Nothing more goes to a number that is no good, or whose owner has opted out.
fn bar(tx: &mut Tx, step: &StepRow, report: &ReportRow, now: Timestamp) -> Result<(), Refusal> {
    let Some(number) = step.recipient.as_deref().map(contact::folded) else {
        return Ok(());
    };
    let (channel, mut tenant) = (Channel::Sms.word(), tx.tenant(step.business_no));
    if report.opted_out {
        suppressions::stop(&mut tenant, channel, &number, to_ms(now))?;
    } else if report.bad_number {
        suppressions::add(&mut tenant, channel, &number, "bad_address", to_ms(now))?;
    }
    Ok(())
}

/// No report has come in time: the message is tried once more, or given up.
pub(crate) async fn decide(
    inner: &Inner,
    tx: &mut Tx,
    (no, id): (i64, StepId),
) -> Result<Vec<StepRow>, Refusal> {
    let now = inner.clock.now();
    let Some(step) = steps::by_id(&mut tx.tenant(no), id).await? else {
        return Ok(Vec::new());
    };
    if step.state != "unknown" || step.reason.is_some() || step.due_at > to_ms(now) {
        return Ok(Vec::new());
    }
    let mut out = Out::new(inner, no, now);
    let lost = reports::lost(&mut tx.tenant(no), id).await?;
    let again = retry::once_more(lost, now, step.expires_at.map(from_ms));
    let moved = StepRow {
        state: if again { "ready" } else { "failed" }.to_owned(),
        reason: (!again).then(|| Reason::AttemptsExhausted.word().to_owned()),
        due_at: to_ms(now),
        delayed: true,
        updated_at: to_ms(now),
        ..step.clone()
    };
    if steps::advance(&mut tx.tenant(no), (&step.state, step.attempt), &moved).await? && !again {
        runs::step_ended(&mut tx.tenant(no), id.run)?;
        events::message(tx, &mut out, &moved, EventKind::MessageFailed).await?;
    }
    Ok(out.dispatch)
}
