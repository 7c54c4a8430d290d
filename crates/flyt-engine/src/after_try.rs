//! Where the outcome of a try leads its step: to its end, to another try, or into doubt. Writing it down is `record`.

use flyt_channels::outcome::Outcome;
use flyt_core::action::{Act, OnUnknown};
use flyt_core::customer::Channel;
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::reason::Reason;
use flyt_core::retry::{self, Class, Next};
use flyt_store::steps::StepRow;
use jiff::Timestamp;

/// Puts the step where its outcome leads. True: it has come to its end.
pub(crate) fn settle(
    step: &mut StepRow,
    act: Option<&Act>,
    outcome: &Outcome,
    (began, now): (Timestamp, Timestamp),
    (lost_before, gated): (bool, bool),
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
        Outcome::OptedOut { .. } => fail(step, Reason::OptedOut),
        Outcome::Blocked { .. } => fail(step, Reason::BlockedAddress),
        Outcome::Temporary { retry_after_ms, .. } => {
            again(step, Class::Temporary, (*retry_after_ms, lost_before), now)
        }
        Outcome::Once { .. } if step.attempt > 1 => fail(step, Reason::PermanentFailure),
        Outcome::Once { after_ms, .. } => again(step, Class::Temporary, (*after_ms, lost_before), now),
        Outcome::Configuration { .. } if !gated => again(step, Class::Temporary, (None, lost_before), now),
        Outcome::Configuration { .. } => {
            // The account's circuit is open now: there it waits, and no message is to blame.
            "ready".clone_into(&mut step.state);
            step.due_at = to_ms(now);
            false
        }
        Outcome::Unknown { .. } => lost(step, act, lost_before, now),
    }
}

/// The answer was lost. An SMS waits for a report; the others bear an id that the other side knows again.
fn lost(step: &mut StepRow, act: Option<&Act>, lost_before: bool, now: Timestamp) -> bool {
    let hold = act
        .and_then(Act::delivery)
        .is_some_and(|d| d.on_unknown == OnUnknown::Hold);
    if hold {
        "unknown".clone_into(&mut step.state);
        step.reason = Some(Reason::UnknownOutcome.word().to_owned());
        return true;
    }
    if step.channel.as_deref() == Some(Channel::Sms.word()) {
        "unknown".clone_into(&mut step.state);
        step.due_at = to_ms(retry::report_due(now));
        return false;
    }
    again(step, Class::Unknown, (None, lost_before), now)
}

fn again(
    step: &mut StepRow,
    class: Class,
    (retry_after_ms, unknown_before): (Option<i64>, bool),
    now: Timestamp,
) -> bool {
    let channel = step
        .channel
        .as_deref()
        .and_then(Channel::from_word)
        .unwrap_or(Channel::Webhook);
    let tried = retry::Tried {
        channel,
        step: step.id,
        attempt: step.attempt,
        class,
        unknown_before,
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
