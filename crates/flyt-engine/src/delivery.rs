//! Deliveries to webhook endpoints. Each is a step without a run (ADR 10): written in the transaction of the change it tells
//! of, claimed by the beat, retried, fenced and taken over after a crash like every other step. What an event looks like is
//! `events`; endpoints themselves are `endpoints`.

use crate::change::Out;
use crate::engine::Inner;
use crate::events;
use crate::quota;
use crate::record;
use crate::refusal::Refusal;
use crate::road;
use crate::send::Sent;
use crate::tenant::{self, Tenant};
use crate::worker::{End, Kept, Tried};
use flyt_channels::outcome::{Answer, Outcome};
use flyt_channels::webhook::{SuccessCodes, WebhookCall};
use flyt_core::business::Mode;
use flyt_core::event;
use flyt_core::id::{CustomerId, EventId, RunId, StepId};
use flyt_core::instant::{plus_ms, to_ms};
use flyt_core::reason::Reason;
use flyt_core::render::{Letter, Request};
use flyt_store::Tx;
use flyt_store::deliveries::{self, DeliveryRow};
use flyt_store::endpoints::{self, EndpointRow};
use flyt_store::secrets;
use flyt_store::steps::{self, StepRow};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The channel of these steps. It is none of `flyt_core::customer::Channel`: they are no messages of a workflow.
pub(crate) const CHANNEL: &str = "endpoint";
/// A delivery is not tried by itself after this (`product.md` §5.5: webhooks).
const EXPIRY_MS: i64 = 76 * 3_600_000;

/// Writes a delivery for every endpoint that asks for one of the events of `source`. They leave after the commit.
pub(crate) fn announce(
    tx: &mut Tx,
    out: &mut Out<'_>,
    all: &[EndpointRow],
    (source, kinds): (i64, i64),
    customer: Option<CustomerId>,
) -> Result<(), Refusal> {
    for endpoint in all {
        for kind in event::from_bits(kinds & endpoint.events) {
            let delivery = DeliveryRow {
                id: RunId(out.inner.ids.next(out.now)),
                endpoint_id: endpoint.id,
                event: EventId {
                    source,
                    ordinal: kind.ordinal(),
                },
                last_no: 0,
                created_at: to_ms(out.now),
            };
            deliveries::insert(&mut tx.tenant(out.business_no), &delivery)?;
            begin(tx, out, &delivery, &endpoint.url, customer)?;
        }
    }
    Ok(())
}

/// Writes the step that carries a delivery, claimed by this boot if there is room.
pub(crate) fn begin(
    tx: &mut Tx,
    out: &mut Out<'_>,
    delivery: &DeliveryRow,
    url: &str,
    customer: Option<CustomerId>,
) -> Result<(), Refusal> {
    let now = to_ms(out.now);
    let mut row = StepRow {
        business_no: out.business_no,
        id: delivery.step(),
        workflow_no: 0,
        booking_id: None,
        customer_id: customer,
        action: 0,
        to_no: 0,
        kind: CHANNEL.to_owned(),
        channel: Some(CHANNEL.to_owned()),
        recipient: Some(url.to_owned()),
        state: "ready".to_owned(),
        reason: None,
        delayed: false,
        due_at: now,
        planned_at: now,
        expires_at: Some(to_ms(plus_ms(out.now, EXPIRY_MS))),
        position: i64::MAX, // what goes to people is claimed first
        attempt: 0,
        boot: None,
        lease_until: None,
        revision: None,
        provider_id: None,
        language: None,
        segments: None,
        sent_at: None,
        created_at: now,
        updated_at: now,
    };
    let beside = out.dispatch.iter().filter(|s| s.kind == CHANNEL).count();
    let same = out
        .dispatch
        .iter()
        .filter(|s| s.kind == CHANNEL && s.recipient == row.recipient)
        .count();
    let flights = &out.inner.flights;
    if out.inner.has_room(out.dispatch.len())
        && flights.endpoint_room() > beside
        && flights.room_to(url) > same
    {
        out.inner.hold(&mut row, out.now);
    }
    steps::insert(&mut tx.tenant(out.business_no), &row)?;
    if row.state == "claimed" {
        out.dispatch.push(row);
    }
    Ok(())
}

/// What a try needs, from one snapshot.
struct Seen {
    tenant: Arc<Tenant>,
    delivery: DeliveryRow,
    endpoint: Option<EndpointRow>,
    secrets: Vec<secrets::Secret>,
    /// The body: frozen by the first try.
    body: Option<String>,
}

/// One try of a claimed step.
pub(crate) async fn attempt(inner: &Arc<Inner>, step: &StepRow) -> Result<(), Refusal> {
    let began = inner.clock.now();
    let (reader, row) = (inner.clone(), step.clone());
    let seen = inner
        .glance(async move |tx: &mut Tx| see(&reader, tx, &row).await)
        .await?;
    let Some(seen) = seen else { return Ok(()) };
    let endpoint = seen.delivery.endpoint_id;
    let end = judge(inner, step, seen, began).await?;
    record::record_delivery(inner, step.clone(), end, began, endpoint).await
}

async fn see(inner: &Inner, tx: &mut Tx, row: &StepRow) -> Result<Option<Seen>, Refusal> {
    let no = row.business_no;
    let current = steps::by_id(&mut tx.tenant(no), row.id).await?;
    if current.is_none_or(|c| c.state != row.state || c.attempt != row.attempt) {
        return Ok(None);
    }
    let tenant = inner.cache.tenant(tx, no).await?;
    let delivery = deliveries::by_id(&mut tx.tenant(no), row.id.run).await?;
    let delivery =
        delivery.ok_or_else(|| Refusal::Bug("a step of an endpoint without its delivery".to_owned()))?;
    let endpoint = endpoints::by_id(&mut tx.tenant(no), delivery.endpoint_id).await?;
    let name = secret_name(&delivery);
    let secrets = secrets::versions(&mut tx.tenant(no), &name).await?;
    let body = match frozen(tx, no, &delivery).await? {
        Some(frozen) => Some(frozen),
        None => events::body(tx, &tenant, delivery.event)
            .await?
            .map(|v| v.to_string()),
    };
    Ok(Some(Seen {
        tenant,
        delivery,
        endpoint,
        secrets,
        body,
    }))
}

fn secret_name(delivery: &DeliveryRow) -> String {
    crate::endpoints::secret_name(delivery.endpoint_id)
}

/// The body as its last step, or the one before that, sent it.
async fn frozen(tx: &mut Tx, no: i64, delivery: &DeliveryRow) -> Result<Option<String>, Refusal> {
    for at in (0..=delivery.last_no).rev() {
        let step = StepId {
            run: delivery.id,
            no: at,
        };
        if let Some(kept) = steps::content(&mut tx.tenant(no), step).await? {
            let kept: Kept = tenant::parse(&kept)?;
            return Ok(kept.letter.request.map(|r| r.body));
        }
    }
    Ok(None)
}

/// The last look, and the call.
async fn judge(inner: &Inner, step: &StepRow, seen: Seen, now: Timestamp) -> Result<End, Refusal> {
    let Some(endpoint) = seen.endpoint.filter(|e| e.enabled) else {
        return Ok(End::Ended(Reason::EndpointDisabled));
    };
    if step.expires_at.is_some_and(|at| at < to_ms(now)) {
        return Ok(End::Ended(Reason::Expired));
    }
    let Some(body) = seen.body else {
        return Ok(End::Unwritable("the event is no longer kept".to_owned()));
    };
    if seen.tenant.business.settings.mode == Mode::Held {
        return Ok(End::Parked(Reason::Held));
    }
    let kept = Kept {
        letter: letter(&endpoint.url, body),
        revision: None,
        at: now,
    };
    if seen.tenant.business.settings.mode == Mode::Sandbox {
        return Ok(End::Tried(Box::new((kept, Sent::Captured).into())));
    }
    let gate = road::gate_of(inner, step.business_no, &endpoint.url).await?;
    if let Some(gate) = gate.as_ref().filter(|gate| gate.is_shut(step)) {
        return Ok(End::Paused(gate.key.clone()));
    }
    if let Some(end) = quota::take_call(inner, step, &seen.tenant.business.settings).await? {
        return Ok(end);
    }
    let outcome = match inner.live_secrets(step.business_no, &seen.secrets) {
        Ok(secrets) => call(inner, &seen.delivery, &kept.letter, secrets, now).await,
        Err(refusal) => Outcome::Temporary {
            answer: Answer::note(&refusal.to_string()),
            retry_after_ms: None,
        },
    };
    Ok(End::Tried(Box::new(Tried {
        kept,
        sent: Sent::Called(outcome),
        gate,
        lost_before: false,
    })))
}

fn letter(url: &str, body: String) -> Letter {
    Letter {
        to: url.to_owned(),
        request: Some(Request {
            method: "POST".to_owned(),
            url: url.to_owned(),
            headers: BTreeMap::new(),
            content_type: "application/json".to_owned(),
            body,
        }),
        ..Letter::default()
    }
}

async fn call(
    inner: &Inner,
    delivery: &DeliveryRow,
    letter: &Letter,
    secrets: Vec<String>,
    now: Timestamp,
) -> Outcome {
    let request = letter.request.clone();
    let call = WebhookCall {
        method: "POST".to_owned(),
        url: letter.to.clone(),
        headers: Vec::new(),
        content_type: "application/json".to_owned(),
        body: request.map(|r| r.body).unwrap_or_default().into_bytes(),
        id: delivery.outside_id(),
        secrets,
        success: SuccessCodes::default(),
    };
    inner.webhooks.call(&call, now).await
}
