//! The last gate before a call: the operator's limits of the business and what the sending account takes in a second. What has
//! gone is counted by the transaction that lets it go, so that no number of processes overdraws; without limits nothing is
//! written. A message counts once, a webhook at every try, and for the account every try counts.

use crate::engine::Inner;
use crate::refusal::Refusal;
use crate::road::{self, Road, Way};
use crate::worker::End;
use flyt_channels::sms::Owner;
use flyt_core::business::Settings;
use flyt_core::customer::Channel;
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::quota::{self, Limit, Window};
use flyt_core::reason::Reason;
use flyt_core::zone::Zone;
use flyt_store::steps::StepRow;
use flyt_store::{Tx, quotas};
use jiff::Timestamp;
use std::sync::Arc;

/// How many messages a second the operator's accounts take; `None`: as many as they are given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// The mail relay.
    pub email: Option<u32>,
    /// The SMS account.
    pub sms: Option<u32>,
}

/// One limit that a step must pass.
#[derive(Debug, Clone)]
struct Gate {
    limit: Limit,
    /// Who counts: the business, or the owner of the account.
    owner: i64,
    kind: String,
    amount: i64,
    reason: Reason,
}

/// Why the number of a message is out of reach for good, if it is.
pub(crate) fn refuses(settings: &Settings, step: &StepRow) -> Option<Reason> {
    let sms = step.channel.as_deref() == Some(Channel::Sms.word());
    let number = step.recipient.as_deref().filter(|_| sms)?;
    (!quota::allows_number(&settings.limits, number)).then_some(Reason::Quota)
}

/// Takes a place under every limit of the step. `None`: it may go.
pub(crate) async fn take(
    inner: &Inner,
    step: &StepRow,
    settings: &Settings,
    road: &Road,
    segments: Option<i64>,
) -> Result<Option<End>, Refusal> {
    let Some(channel) = step.channel.as_deref().and_then(Channel::from_word) else {
        return Ok(None);
    };
    let mut gates = Vec::new();
    if !matches!(road.way, Way::Captured | Way::Broken(_)) {
        gates.extend(of_business(settings, step, channel, segments));
        gates.extend(of_account(inner.rates, &road.way));
    }
    pass(inner, step, &settings.time_zone, gates).await
}

/// As `take`, for a call to an endpoint: it is a webhook.
pub(crate) async fn take_call(
    inner: &Inner,
    step: &StepRow,
    settings: &Settings,
) -> Result<Option<End>, Refusal> {
    let gate = of_business(settings, step, Channel::Webhook, None);
    pass(inner, step, &settings.time_zone, gate.into_iter().collect()).await
}

fn of_business(settings: &Settings, step: &StepRow, channel: Channel, segments: Option<i64>) -> Option<Gate> {
    let limit = quota::of_business(&settings.limits, channel)?;
    let counted_before = channel != Channel::Webhook && step.attempt > 1;
    (!counted_before).then(|| Gate {
        limit,
        owner: step.business_no,
        kind: format!("{}/{}", channel.word(), limit.window.word()),
        amount: segments.filter(|_| channel == Channel::Sms).unwrap_or(1),
        reason: Reason::Quota,
    })
}

fn of_account(rates: Rates, way: &Way) -> Option<Gate> {
    let (channel, most) = match way {
        Way::Relay => (Channel::Email, rates.email),
        Way::Gateway(_, Owner::Operator) => (Channel::Sms, rates.sms),
        Way::Gateway(_, Owner::Business) | Way::Captured | Way::Broken(_) | Way::Call => return None,
    };
    let window = Window::Second;
    most.map(|most| Gate {
        limit: Limit {
            window,
            most: i64::from(most.max(1)),
        },
        owner: road::OPERATOR,
        kind: format!("{}/{}", channel.word(), window.word()),
        amount: 1,
        reason: Reason::ProviderLimit,
    })
}

async fn pass(inner: &Inner, step: &StepRow, zone: &Zone, gates: Vec<Gate>) -> Result<Option<End>, Refusal> {
    if gates.is_empty() {
        return Ok(None);
    }
    let now = inner.clock.now();
    if gates.iter().any(|g| g.amount > g.limit.most) {
        return Ok(Some(End::Ended(Reason::Quota))); // no window will ever hold it
    }
    let (no, zone, gates) = (step.business_no, zone.clone(), Arc::new(gates));
    let waits = inner
        .write(async move |tx: &mut Tx| count(tx, no, &gates, (now, &zone)).await)
        .await?;
    Ok(waits.map(|(at, reason)| until(step, at, reason, now)))
}

/// Counts the step under all of its limits, or under none: then, where it waits.
async fn count(
    tx: &mut Tx,
    no: i64,
    gates: &[Gate],
    at: (Timestamp, &Zone),
) -> Result<Option<(Timestamp, Reason)>, Refusal> {
    for gate in gates {
        tx.tenant(gate.owner).alone(&format!("quota/{}", gate.kind));
    }
    let mut counted = Vec::new();
    for gate in gates {
        let (used, _) = quotas::get(&mut tx.tenant(gate.owner), &gate.kind).await?;
        if let Some(used) = gate.limit.take(used, gate.amount, at) {
            counted.push((gate, used));
            continue;
        }
        // Each business spreads its own over the windows to come: one with many does not push back the others.
        let (_, waiting) = quotas::get(&mut tx.tenant(no), &gate.kind).await?;
        let waiting = gate.limit.wait(waiting, gate.amount, at);
        quotas::wait(&mut tx.tenant(no), &gate.kind, waiting)?;
        return Ok(Some((from_ms(waiting.at), gate.reason)));
    }
    for (gate, used) in counted {
        quotas::spend(&mut tx.tenant(gate.owner), &gate.kind, used)?;
    }
    Ok(None)
}

/// It waits for its window; but no longer than it makes sense.
fn until(step: &StepRow, at: Timestamp, reason: Reason, now: Timestamp) -> End {
    match step.expires_at {
        Some(expiry) if expiry <= to_ms(now) => End::Ended(reason),
        Some(expiry) => End::Waits(at.min(from_ms(expiry)), reason),
        None => End::Waits(at, reason),
    }
}
