//! Commands on webhook endpoints, and what is shown of them and of the deliveries to them. How a delivery goes out is
//! `delivery`.

use crate::audit;
use crate::business::new_secret;
use crate::change::Out;
use crate::delivery;
use crate::engine::{Engine, Inner};
use crate::random;
use crate::read::{self, Page};
use crate::refusal::{Actor, Caller, Refusal, Written};
use crate::tenant;
use crate::terms::Terms;
use flyt_core::endpoint::{self, Endpoint};
use flyt_core::event::{self, EventKind};
use flyt_core::id::{EndpointId, StepId};
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::invalid::Faults;
use flyt_core::limits;
use flyt_core::reason::Reason;
use flyt_store::deliveries::{self, DeliveryRow};
use flyt_store::endpoints::{self as rows, EndpointRow};
use flyt_store::steps::{self, AttemptRow, StepRow};
use flyt_store::{Tx, businesses, secrets};
use serde_json::{Value, json};

/// A secret that is about to be kept: its text and the randomness it is sealed with, made before the unit that may run twice.
#[derive(Clone)]
struct Fresh {
    secret: String,
    nonce: [u8; crate::seal::NONCE_BYTES],
}
impl Fresh {
    fn make() -> Result<Self, Refusal> {
        let mut nonce = [0_u8; crate::seal::NONCE_BYTES];
        random::fill(&mut nonce).map_err(Refusal::Unavailable)?;
        Ok(Self {
            secret: new_secret()?,
            nonce,
        })
    }
}

/// Under which name an endpoint's secret is kept.
pub(crate) fn secret_name(id: EndpointId) -> String {
    format!("endpoint/{id}")
}

impl Engine {
    /// Makes an endpoint. Its secret is in the answer, this once.
    ///
    /// # Errors
    /// `Invalid` (`blocked_address` for one that may not be reached), `Conflict` (`too_many`).
    pub async fn create_endpoint(
        &self,
        caller: &Caller,
        body: Value,
        terms: Terms,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller, fresh) = (self.0.clone(), *caller, Fresh::make()?);
        self.0
            .command(async move |tx: &mut Tx| {
                let done = create(&inner, tx, caller, &body, &fresh).await?;
                terms.keep(tx, caller.business_no, || done.clone()).await?;
                Ok(done)
            })
            .await
    }

    /// Changes an endpoint. Switched on, it is told what happens from now on.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition`.
    pub async fn write_endpoint(
        &self,
        caller: &Caller,
        id: EndpointId,
        body: Value,
        expect: Option<i64>,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| change(&inner, tx, caller, id, &body, expect).await)
            .await
    }

    /// Deletes an endpoint; what is on its way to it ends.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`.
    pub async fn delete_endpoint(
        &self,
        caller: &Caller,
        id: EndpointId,
        expect: Option<i64>,
    ) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let row = find(tx, caller.business_no, id).await?;
                if expect.is_some_and(|e| e != row.revision) {
                    return Err(Refusal::Precondition);
                }
                let out = Out::new(&inner, caller.business_no, inner.clock.now());
                let mut tenant = tx.tenant(out.business_no);
                if !rows::delete(&mut tenant, id, row.revision, to_ms(out.now)).await? {
                    return Err(Refusal::overtaken());
                }
                businesses::raise_epoch(&mut tx.tenant(out.business_no))?;
                audit::note(tx, &out, caller.actor, "webhook_endpoint.delete", &id.to_string())
            })
            .await
    }

    /// Makes a new secret for an endpoint; the old one signs along for a day. This is the only time it is shown.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn endpoint_secret(&self, caller: &Caller, id: EndpointId) -> Result<String, Refusal> {
        let (inner, caller, fresh) = (self.0.clone(), *caller, Fresh::make()?);
        let shown = fresh.secret.clone();
        self.0
            .command(async move |tx: &mut Tx| {
                find(tx, caller.business_no, id).await?;
                let out = Out::new(&inner, caller.business_no, inner.clock.now());
                keep_secret(tx, &out, id, &fresh).await?;
                audit::note(tx, &out, caller.actor, "webhook_endpoint.secret", &id.to_string())
            })
            .await?;
        Ok(shown)
    }

    /// Endpoints, newest first.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn endpoints(&self, caller: &Caller, after: &[i64], limit: i64) -> Result<Page, Refusal> {
        let (no, below) = (caller.business_no, after.first().copied().unwrap_or(i64::MAX));
        let read = self
            .store()
            .read(async move |tx: &mut Tx| rows::page(&mut tx.tenant(no), below, limit + 1).await);
        let (found, next) = cut(read.await?, limit, |row| row.id.0);
        let data = found.iter().map(show).collect();
        Ok(Page { data, next })
    }

    /// One endpoint.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn endpoint(&self, caller: &Caller, id: EndpointId) -> Result<Value, Refusal> {
        let no = caller.business_no;
        self.0
            .read(async move |tx: &mut Tx| Ok(show(&find(tx, no, id).await?)))
            .await
    }

    /// Deliveries to an endpoint, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: EndpointId,
        after: &[i64],
        limit: i64,
    ) -> Result<Page, Refusal> {
        let (inner, no, below) = (
            self.0.clone(),
            caller.business_no,
            after.first().copied().unwrap_or(i64::MAX),
        );
        self.0
            .read(async move |tx: &mut Tx| {
                find(tx, no, id).await?;
                let found = deliveries::page(&mut tx.tenant(no), id, below, limit + 1).await?;
                let (found, next) = cut(found, limit, |d| d.id.0);
                let mut data = Vec::with_capacity(found.len());
                for row in &found {
                    data.push(delivered(&inner, tx, no, row, false).await?);
                }
                Ok(Page { data, next })
            })
            .await
    }

    /// One delivery to an endpoint, with every try and what was sent.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delivery(&self, caller: &Caller, id: EndpointId, of: StepId) -> Result<Value, Refusal> {
        let (inner, no) = (self.0.clone(), caller.business_no);
        self.0
            .read(async move |tx: &mut Tx| {
                let row = find_delivery(tx, no, id, of).await?;
                delivered(&inner, tx, no, &row, true).await
            })
            .await
    }

    /// Sends a delivery that is over again: the same bytes under the same `webhook-id`.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` (`under_way`, `endpoint_disabled`).
    pub async fn redeliver(&self, caller: &Caller, id: EndpointId, of: StepId) -> Result<Value, Refusal> {
        let (inner, owner, caller) = (self.0.clone(), self.0.clone(), *caller);
        let (dispatch, shown) = self
            .0
            .command(async move |tx: &mut Tx| again(&owner, tx, caller, id, of).await)
            .await?;
        inner.dispatch(dispatch);
        Ok(shown)
    }
}

async fn find(tx: &mut Tx, no: i64, id: EndpointId) -> Result<EndpointRow, Refusal> {
    rows::by_id(&mut tx.tenant(no), id)
        .await?
        .ok_or(Refusal::NotFound)
}

/// The delivery of an endpoint; its id is that of its first step.
async fn find_delivery(tx: &mut Tx, no: i64, id: EndpointId, of: StepId) -> Result<DeliveryRow, Refusal> {
    find(tx, no, id).await?;
    let found = deliveries::by_id(&mut tx.tenant(no), of.run).await?;
    let found = found.filter(|d| d.endpoint_id == id && of.no == 0);
    found.ok_or(Refusal::NotFound)
}

async fn create(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    body: &Value,
    fresh: &Fresh,
) -> Result<Written<Value>, Refusal> {
    let no = caller.business_no;
    let read = read_endpoint(inner, body, Faults::default())?;
    tx.tenant(no).alone("endpoints");
    if rows::live(&mut tx.tenant(no)).await?.len() >= limits::ENDPOINTS {
        let detail = format!("a business may have {} webhook endpoints", limits::ENDPOINTS);
        return Err(Refusal::conflict("too_many", detail, None));
    }
    let out = Out::new(inner, no, inner.clock.now());
    let row = EndpointRow {
        id: EndpointId(inner.ids.next(out.now)),
        url: read.url,
        events: event::bits(&read.events),
        enabled: read.enabled,
        reason: None,
        description: read.description,
        revision: 1,
        created_at: to_ms(out.now),
        updated_at: to_ms(out.now),
    };
    rows::insert(&mut tx.tenant(no), &row)?;
    keep_secret(tx, &out, row.id, fresh).await?;
    businesses::raise_epoch(&mut tx.tenant(no))?;
    audit::note(
        tx,
        &out,
        caller.actor,
        "webhook_endpoint.create",
        &row.id.to_string(),
    )?;
    let mut value = show(&row);
    if let Some(map) = value.as_object_mut() {
        map.insert("secret".to_owned(), json!(fresh.secret));
    }
    Ok(Written {
        value,
        created: true,
        changed: true,
        warnings: Vec::new(),
    })
}

async fn change(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    id: EndpointId,
    body: &Value,
    expect: Option<i64>,
) -> Result<Written<Value>, Refusal> {
    let no = caller.business_no;
    let before = find(tx, no, id).await?;
    if expect.is_some_and(|e| e != before.revision) {
        return Err(Refusal::Precondition);
    }
    let mut faults = Faults::default();
    let whole = flyt_core::merge::merge(&show(&before), body, endpoint::READ_ONLY, &mut faults);
    let read = read_endpoint(inner, &whole, faults)?;
    let after = EndpointRow {
        url: read.url,
        events: event::bits(&read.events),
        enabled: read.enabled,
        reason: before.reason.clone().filter(|_| !read.enabled),
        description: read.description,
        ..before.clone()
    };
    if after == before {
        return Ok(written(&after, false));
    }
    let out = Out::new(inner, no, inner.clock.now());
    let after = store(tx, &out, caller.actor, &before, after).await?;
    Ok(written(&after, true))
}

fn written(row: &EndpointRow, changed: bool) -> Written<Value> {
    Written {
        value: show(row),
        created: false,
        changed,
        warnings: Vec::new(),
    }
}

async fn store(
    tx: &mut Tx,
    out: &Out<'_>,
    actor: Actor,
    before: &EndpointRow,
    after: EndpointRow,
) -> Result<EndpointRow, Refusal> {
    let after = EndpointRow {
        revision: before.revision + 1,
        updated_at: to_ms(out.now),
        ..after
    };
    if !rows::update(&mut tx.tenant(out.business_no), &after, before.revision).await? {
        return Err(Refusal::overtaken());
    }
    businesses::raise_epoch(&mut tx.tenant(out.business_no))?;
    audit::note(tx, out, actor, "webhook_endpoint.update", &after.id.to_string())?;
    Ok(after)
}

/// The endpoint itself says that it is gone (410).
pub(crate) async fn switch_off(tx: &mut Tx, out: &Out<'_>, id: EndpointId) -> Result<(), Refusal> {
    let found = rows::by_id(&mut tx.tenant(out.business_no), id).await?;
    let Some(before) = found.filter(|e| e.enabled) else {
        return Ok(());
    };
    let after = EndpointRow {
        enabled: false,
        reason: Some("gone".to_owned()),
        ..before.clone()
    };
    store(tx, out, Actor::System, &before, after).await.map(drop)
}

fn read_endpoint(inner: &Inner, value: &Value, mut faults: Faults) -> Result<Endpoint, Refusal> {
    let read = Endpoint::read(value, &mut faults);
    if let Some(read) = read.as_ref().filter(|_| faults.is_ok())
        && let Err(refused) = inner.webhooks.check_url(&read.url)
    {
        let code = if refused.is_blocked() {
            Reason::BlockedAddress.word()
        } else {
            "bad_url"
        };
        faults.error("/url", code, refused.to_string());
    }
    faults.finish(read).map_err(Refusal::Invalid)
}

async fn keep_secret(tx: &mut Tx, out: &Out<'_>, id: EndpointId, fresh: &Fresh) -> Result<(), Refusal> {
    let (no, name) = (out.business_no, secret_name(id));
    let newest = secrets::versions(&mut tx.tenant(no), &name).await?;
    let version = newest.first().map_or(1, |s| s.version + 1);
    let context = format!("{no}/{name}/{version}");
    let sealed = out.inner.seal.close(&fresh.secret, &context, &fresh.nonce);
    let row = secrets::Secret {
        name,
        version,
        sealed: sealed.map_err(Refusal::Bug)?,
        created_at: out.now,
    };
    Ok(secrets::insert(&mut tx.tenant(no), &row)?)
}

async fn again(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    id: EndpointId,
    of: StepId,
) -> Result<(Vec<StepRow>, Value), Refusal> {
    let no = caller.business_no;
    let mut row = find_delivery(tx, no, id, of).await?;
    let endpoint = find(tx, no, id).await?;
    if !endpoint.enabled {
        let detail = "the endpoint is switched off: switch it on first";
        return Err(Refusal::conflict("endpoint_disabled", detail, None));
    }
    let last = steps::by_id(&mut tx.tenant(no), row.step()).await?;
    let waits = |s: &StepRow| matches!(s.state.as_str(), "ready" | "claimed" | "parked");
    if last.as_ref().is_some_and(waits) {
        let detail = "this delivery is still under way and will be tried by itself";
        return Err(Refusal::conflict("under_way", detail, None));
    }
    if !deliveries::again(&mut tx.tenant(no), row.id, (row.last_no, row.last_no + 1)).await? {
        return Err(Refusal::overtaken());
    }
    row.last_no += 1;
    let mut out = Out::new(inner, no, inner.clock.now());
    let customer = last.and_then(|s| s.customer_id);
    delivery::begin(tx, &mut out, &row, &endpoint.url, customer)?;
    audit::note(
        tx,
        &out,
        caller.actor,
        "webhook_endpoint.redeliver",
        &row.outside_id(),
    )?;
    let shown = delivered(inner, tx, no, &row, false).await?;
    Ok((out.dispatch, shown))
}

/// An endpoint as the API shows it; its secret is not in it.
fn show(row: &EndpointRow) -> Value {
    json!({
        "id": row.id, "url": row.url, "events": event::from_bits(row.events), "enabled": row.enabled,
        "disabled_reason": row.reason, "description": row.description, "revision": row.revision,
        "created_at": from_ms(row.created_at), "updated_at": from_ms(row.updated_at),
    })
}

/// A delivery as the API shows it.
async fn delivered(
    inner: &Inner,
    tx: &mut Tx,
    no: i64,
    row: &DeliveryRow,
    whole: bool,
) -> Result<Value, Refusal> {
    let tenant = inner.cache.tenant(tx, no).await?;
    let step = steps::by_id(&mut tx.tenant(no), row.step()).await?;
    let step = step.ok_or_else(|| Refusal::Bug("a delivery without its step".to_owned()))?;
    let mut tries: Vec<AttemptRow> = Vec::new();
    for at in 0..=row.last_no {
        let id = StepId { run: row.id, no: at };
        tries.extend(steps::attempts(&mut tx.tenant(no), id).await?);
    }
    let last = tries.last();
    let kind = EventKind::from_ordinal(row.event.ordinal);
    let mut object = json!({
        "id": row.outside_id(), "endpoint_id": row.endpoint_id, "event_id": row.event.to_string(),
        "type": kind.map(EventKind::word), "state": read::word(&step, inner.clock.now()), "reason": step.reason,
        "reason_sentence": read::sentence(step.reason.as_deref(), &tenant.business), "attempts": tries.len(),
        "next_try_at": (step.state == "ready").then(|| from_ms(step.due_at)),
        "last_code": last.and_then(|a| a.code), "last_answer": last.and_then(|a| a.answer.as_ref()),
        "sent_at": step.sent_at.map(from_ms), "created_at": from_ms(row.created_at),
        "updated_at": from_ms(step.updated_at),
    });
    if let Some(map) = object.as_object_mut().filter(|_| whole) {
        let told = |a: &AttemptRow| json!({"at": from_ms(a.at), "outcome": a.outcome, "code": a.code, "answer": a.answer});
        map.insert("attempts".to_owned(), tries.iter().map(told).collect());
        let content = steps::content(&mut tx.tenant(no), row.step()).await?;
        let kept: Option<crate::worker::Kept> = content.as_deref().map(tenant::parse).transpose()?;
        map.insert("request".to_owned(), json!(kept.and_then(|k| k.letter.request)));
    }
    Ok(object)
}

/// Cuts rows, of which one more than `limit` was asked for, to a page, and says where the next one begins.
fn cut<T>(mut found: Vec<T>, limit: i64, key: impl Fn(&T) -> i64) -> (Vec<T>, Option<Vec<i64>>) {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|row| vec![key(row)]);
    (found, next)
}
