//! Events as those who follow a business read them: the feed, one event, the bodies for webhook endpoints. Events are not
//! stored as such: they are read from the rows of changes and of what became of messages.

use crate::change::Out;
use crate::delivery;
use crate::engine::Engine;
use crate::read;
use crate::refusal::{Caller, Refusal};
use crate::tenant::{self, Tenant};
use flyt_core::booking::Booking;
use flyt_core::event::{self, EventKind};
use flyt_core::id::{BookingId, EventId};
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::view;
use flyt_store::changes::ChangeRow;
use flyt_store::events::{self as rows, FactRow, Place};
use flyt_store::steps::{self, StepRow};
use flyt_store::{Tx, bookings, customers};
use serde_json::{Value, json};

/// Which events are asked for.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// After this one: `Told::place` of an event. Empty: from the first.
    pub after: Vec<i64>,
    /// Only these kinds; empty: all.
    pub kinds: Vec<EventKind>,
    /// Only of this booking.
    pub booking_id: Option<BookingId>,
    /// Most events.
    pub limit: i64,
}

/// An event and where it stands in the feed.
#[derive(Debug, Clone)]
pub struct Told {
    /// Numbers for `EventQuery::after`.
    pub place: Vec<i64>,
    /// Its id.
    pub id: EventId,
    /// The API object.
    pub object: Value,
}

/// What an event is read from.
enum Source {
    Change(ChangeRow),
    Message(FactRow),
}

impl Engine {
    /// Events in the order of the feed. Whoever goes on after the last one it was given is told every event, once.
    ///
    /// # Errors
    /// `Invalid` when `after` is not a place of the feed.
    pub async fn events(&self, caller: &Caller, query: EventQuery) -> Result<Vec<Told>, Refusal> {
        let (inner, no) = (self.0.clone(), caller.business_no);
        let from = place(&query.after)?;
        self.0
            .read(async move |tx: &mut Tx| {
                let tenant = inner.cache.tenant(tx, no).await?;
                let kinds = if query.kinds.is_empty() {
                    EventKind::every()
                } else {
                    event::bits(&query.kinds)
                };
                let wanted = rows::Wanted {
                    from,
                    kinds,
                    booking_id: query.booking_id,
                    limit: query.limit + 1, // the first row may have been told to its end
                };
                let (changes, facts) = rows::page(&mut tx.tenant(no), &wanted).await?;
                let mut all: Vec<(Place, Source)> = Vec::new();
                for told in changes {
                    let place = |kind: EventKind| placed(told.tx, told.row.id.0, kind.ordinal());
                    let each = event::from_bits(told.row.kinds & kinds).into_iter().map(place);
                    all.extend(each.map(|at| (at, Source::Change(told.row.clone()))));
                }
                all.extend(facts.into_iter().map(|told| {
                    let at = placed(told.tx, told.row.event.source, told.row.event.ordinal);
                    (at, Source::Message(told.row))
                }));
                all.retain(|(at, _)| *at > from);
                all.sort_by_key(|(at, _)| *at);
                all.truncate(usize::try_from(query.limit).unwrap_or(0));
                let mut told = Vec::with_capacity(all.len());
                for (at, source) in all {
                    told.push(Told {
                        place: vec![at.tx, at.event.source, at.event.ordinal],
                        id: at.event,
                        object: object(tx, &tenant, &source, at.event).await?,
                    });
                }
                Ok(told)
            })
            .await
    }

    /// The present end of the feed, as a place to follow it from.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn events_end(&self, caller: &Caller) -> Result<Vec<i64>, Refusal> {
        let no = caller.business_no;
        let end = self
            .0
            .read(async move |tx: &mut Tx| Ok(rows::end(&mut tx.tenant(no)).await?))
            .await?;
        Ok(vec![end.tx, end.event.source, end.event.ordinal])
    }

    /// One event with its place.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn event(&self, caller: &Caller, id: EventId) -> Result<Told, Refusal> {
        let (inner, no) = (self.0.clone(), caller.business_no);
        self.0
            .read(async move |tx: &mut Tx| {
                let tenant = inner.cache.tenant(tx, no).await?;
                let (number, source) = load(tx, no, id).await?.ok_or(Refusal::NotFound)?;
                Ok(Told {
                    place: vec![number, id.source, id.ordinal],
                    id,
                    object: object(tx, &tenant, &source, id).await?,
                })
            })
            .await
    }
}

fn place(after: &[i64]) -> Result<Place, Refusal> {
    match after {
        [] => Ok(placed(i64::MIN, 0, 0)),
        [tx, source, ordinal] => Ok(placed(*tx, *source, *ordinal)),
        _ => {
            let message = "must be the `next_cursor` of this list, unchanged, or the id of an event";
            Err(Refusal::invalid("?cursor", "bad_cursor", message))
        }
    }
}

fn placed(tx: i64, source: i64, ordinal: i64) -> Place {
    Place {
        tx,
        event: EventId { source, ordinal },
    }
}

async fn load(tx: &mut Tx, no: i64, id: EventId) -> Result<Option<(i64, Source)>, Refusal> {
    let Some(kind) = EventKind::from_ordinal(id.ordinal) else {
        return Ok(None);
    };
    if matches!(kind, EventKind::MessageFailed | EventKind::MessageDelivered) {
        let told = rows::fact(&mut tx.tenant(no), id.source).await?;
        let told = told.filter(|t| t.row.event == id);
        return Ok(told.map(|t| (t.tx, Source::Message(t.row))));
    }
    let told = rows::change(&mut tx.tenant(no), id.source).await?;
    let told = told.filter(|t| t.row.kinds & event::bits(&[kind]) != 0);
    Ok(told.map(|t| (t.tx, Source::Change(t.row))))
}

/// What is told of an event; nothing when its row is gone.
pub(crate) async fn body(tx: &mut Tx, tenant: &Tenant, id: EventId) -> Result<Option<Value>, Refusal> {
    match load(tx, tenant.business.no, id).await? {
        None => Ok(None),
        Some((_, source)) => object(tx, tenant, &source, id).await.map(Some),
    }
}

/// An event as the API shows it: the envelope of webhooks with the change and its actor. The booking is the one that was
/// committed; customer, catalogue and payment are as they are now, so what was erased is gone here too.
async fn object(tx: &mut Tx, tenant: &Tenant, source: &Source, id: EventId) -> Result<Value, Refusal> {
    let word = EventKind::from_ordinal(id.ordinal).map_or("", EventKind::word);
    let (mut told, more) = match source {
        Source::Change(row) => {
            let mut facts = tenant::bare(tenant);
            let no = tenant.business.no;
            if let Some(after) = row.after.as_deref() {
                let booking: Booking = tenant::parse(after)?;
                facts.booking = Some(tenant::booking_facts(tx, no, booking).await?);
            }
            if let Some(customer) = row.customer_id {
                facts.customer = customers::by_id(&mut tx.tenant(no), customer).await?;
            }
            tenant::with_change(tx, no, &mut facts, row).await?;
            let told = view::event((&id.to_string(), word, from_ms(row.at)), None, &facts);
            let run = row.cause_run.map(flyt_core::id::RunId);
            (
                told,
                json!({"change_id": row.id, "actor": row.actor, "run_id": run}),
            )
        }
        Source::Message(row) => {
            let facts = tenant::facts(tx, tenant, row.booking_id, row.customer_id).await?;
            let mut told = view::event((&id.to_string(), word, from_ms(row.at)), None, &facts);
            let message = message_object(tx, tenant, row).await?;
            if let Some(data) = told.get_mut("data").and_then(Value::as_object_mut) {
                data.insert("message".to_owned(), message);
            }
            (
                told,
                json!({"change_id": null, "actor": "system", "run_id": row.step.run}),
            )
        }
    };
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    Ok(told)
}

/// A message without its texts, which may be long: they are a call away.
async fn message_object(tx: &mut Tx, tenant: &Tenant, row: &FactRow) -> Result<Value, Refusal> {
    let no = tenant.business.no;
    let Some(step) = steps::by_id(&mut tx.tenant(no), row.step).await? else {
        return Ok(json!({"id": row.step.message()}));
    };
    let mut object = read::shared(&step, &tenant.business, from_ms(row.at));
    let names = read::names(tx, tenant, [step.workflow_no]).await?;
    let more = json!({
        "id": step.id.message(), "attempts": step.attempt, "booking_id": step.booking_id, "run_id": step.id.run,
        "workflow_id": names.get(&step.workflow_no).map(|w| &w.0),
    });
    object.extend(more.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(object))
}

/// Something became of a message that is an event: it is written with what brought it about, and endpoints are told.
pub(crate) async fn message(
    tx: &mut Tx,
    out: &mut Out<'_>,
    step: &StepRow,
    kind: EventKind,
) -> Result<(), Refusal> {
    let customer_id = match (step.customer_id, step.booking_id) {
        (None, Some(booking)) => bookings::by_id(&mut tx.tenant(out.business_no), booking)
            .await?
            .map(|b| b.customer_id),
        (customer, _) => customer,
    };
    let fact = FactRow {
        event: EventId {
            source: out.inner.ids.next(out.now),
            ordinal: kind.ordinal(),
        },
        step: step.id,
        booking_id: step.booking_id,
        customer_id,
        at: to_ms(out.now),
    };
    rows::insert(&mut tx.tenant(out.business_no), &fact)?;
    let tenant = out.inner.cache.tenant(tx, out.business_no).await?;
    let told = (fact.event.source, event::bits(&[kind]));
    delivery::announce(tx, out, &tenant.endpoints, told, customer_id)
}
