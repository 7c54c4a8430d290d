//! The API objects: what GET routes show, webhook envelopes carry and templates read. One shape for all three.

use crate::business::Business;
use crate::catalogue::{Entry, Extra, ExtraEntry, LocationEntry, ResourceEntry, ServiceEntry, StatusEntry};
use crate::customer::{Channel, Customer};
use crate::facts::Facts;
use crate::money::Money;
use crate::payment::Payment;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

fn with<Id: serde::Serialize, T>(entry: &Entry<Id, T>, own: Value) -> Value {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(entry.id));
    object.insert("external_id".to_owned(), json!(entry.external_id));
    if let Value::Object(own) = own {
        object.extend(own);
    }
    object.insert("revision".to_owned(), json!(entry.revision));
    object.insert("created_at".to_owned(), json!(entry.created_at));
    object.insert("updated_at".to_owned(), json!(entry.updated_at));
    if entry.archived_at.is_some() {
        object.insert("archived_at".to_owned(), json!(entry.archived_at));
    }
    Value::Object(object)
}

/// A location.
pub fn location(entry: &LocationEntry) -> Value {
    let v = &entry.value;
    with(
        entry,
        json!({ "name": v.name, "address": v.address, "phone": v.phone, "email": v.email, "time_zone": v.time_zone }),
    )
}
/// A resource.
pub fn resource(entry: &ResourceEntry) -> Value {
    let v = &entry.value;
    with(
        entry,
        json!({ "name": v.name, "kind": v.kind, "email": v.email, "phone": v.phone }),
    )
}
/// A service.
pub fn service(entry: &ServiceEntry) -> Value {
    let v = &entry.value;
    with(
        entry,
        json!({
            "name": v.name, "names": v.names, "category": v.category, "duration_minutes": v.duration_minutes,
            "price": v.price,
        }),
    )
}
/// An extra.
pub fn extra(entry: &ExtraEntry) -> Value {
    let v = &entry.value;
    with(
        entry,
        json!({ "name": v.name, "names": v.names, "price": v.price }),
    )
}
/// A status.
pub fn status(entry: &StatusEntry) -> Value {
    let v = &entry.value;
    let mut object = with(
        entry,
        json!({ "key": v.key, "labels": v.labels, "kind": v.kind, "colour": v.colour, "position": v.position }),
    );
    if let Some(object) = object.as_object_mut() {
        object.shift_remove("external_id"); // a status is found by its key
    }
    object
}
/// A customer.
pub fn customer(c: &Customer) -> Value {
    let k = &c.contact;
    json!({
        "id": c.id,
        "external_id": c.external_id,
        "first_name": k.first_name,
        "last_name": k.last_name,
        "email": k.email,
        "phone": k.phone,
        "language": k.language,
        "time_zone": k.time_zone,
        "tags": k.tags,
        "fields": k.fields,
        "consents": k.consents,
        "opt_outs": k.opt_outs,
        "revision": c.revision,
        "created_at": c.created_at,
        "updated_at": c.updated_at,
    })
}
/// A payment; money stands flat.
pub fn payment(p: &Payment) -> Value {
    json!({
        "id": p.id,
        "external_id": p.external_id,
        "booking_id": p.booking_id,
        "amount": p.money.amount,
        "currency": p.money.currency,
        "method": p.method,
        "status": p.status,
        "completed_at": p.completed_at,
        "revision": p.revision,
        "created_at": p.created_at,
        "updated_at": p.updated_at,
    })
}
/// A business with all its settings.
pub fn business(b: &Business) -> Value {
    let s = &b.settings;
    let hours = |channel: Channel| {
        let hours = s.quiet_hours.get(&channel);
        hours.map(|h| json!({ "from": h.from.strftime("%H:%M").to_string(), "to": h.to.strftime("%H:%M").to_string() }))
    };
    json!({
        "id": b.id,
        "slug": b.slug,
        "name": s.name,
        "phone": s.phone,
        "email": s.email,
        "website": s.website,
        "address": s.address,
        "time_zone": s.time_zone,
        "languages": s.languages,
        "default_language": s.default_language,
        "currency": s.currency,
        "country": s.country,
        "admins": s.admins,
        "branding": s.branding,
        "links": s.links,
        "senders": s.senders,
        "quiet_hours": { "sms": hours(Channel::Sms), "email": hours(Channel::Email) },
        "guards": { "per_recipient_and_booking_per_hour": s.per_recipient_and_booking_per_hour },
        "mode": s.mode,
        "revision": b.revision,
        "created_at": b.created_at,
        "updated_at": b.updated_at,
    })
}

/// A booking with its customer and everything it points to. `None`: these facts hold no booking.
pub fn booking(facts: &Facts) -> Option<Value> {
    let found = facts.booking.as_ref()?;
    let b = &found.booking;
    let currency = b.price.map_or(facts.business.settings.currency, |p| p.currency);
    let zone = facts.zone().rules();
    let local = |at: Timestamp| {
        at.to_zoned(zone.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    };
    let extras: Vec<Value> = b
        .extras
        .iter()
        .map(|line| {
            let entry = found.extras.iter().find(|e| e.id == line.id);
            let (name, external) = entry.map_or((None, None), |e: &Entry<_, Extra>| (Some(&e.value.name), e.external_id.as_ref()));
            json!({ "id": line.id, "external_id": external, "name": name, "quantity": line.quantity, "price": line.price })
        })
        .collect();
    Some(json!({
        "id": b.id,
        "external_id": b.external_id,
        "reference": b.reference,
        "revision": b.revision,
        "customer": facts.customer.as_ref().map(customer),
        "service": service(&found.service),
        "location": found.location.as_ref().map(location),
        "resource": found.resource.as_ref().map(resource),
        "extras": extras,
        "status": b.status,
        "status_kind": b.status_kind,
        "start": b.start,
        "start_local": local(b.start),
        "end": b.end,
        "end_local": local(b.end),
        "time_zone": facts.zone(),
        "language": b.language,
        "price": b.price,
        "paid": Money { amount: b.paid, currency },
        "due": b.due(),
        "notes": b.notes,
        "answers": b.answers,
        "url": b.url,
        "source": b.source,
        "automations": b.automations,
        "customer_confirmed_at": b.customer_confirmed_at,
        "created_at": b.created_at,
        "updated_at": b.updated_at,
    }))
}

/// What an envelope says beside its data.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// Id of the event.
    pub id: &'a str,
    /// Its type: the trigger's word.
    pub kind: &'a str,
    /// When it happened.
    pub at: Timestamp,
    /// Id of the workflow.
    pub workflow_id: &'a str,
    /// Its name.
    pub workflow_name: &'a str,
    /// Id of the run.
    pub run_id: &'a str,
}

/// The standard body of a webhook (`api.md`, "Envelope").
pub fn envelope(e: &Envelope<'_>, facts: &Facts) -> Value {
    let mut data = Map::new();
    if let Some(booking) = booking(facts) {
        data.insert("booking".to_owned(), booking);
    }
    data.insert(
        "customer".to_owned(),
        json!(facts.customer.as_ref().map(customer)),
    );
    if let Some(found) = &facts.payment {
        data.insert("payment".to_owned(), payment(found));
    }
    json!({
        "id": e.id,
        "type": e.kind,
        "timestamp": e.at,
        "workflow": { "id": e.workflow_id, "name": e.workflow_name, "run_id": e.run_id },
        "data": data,
        "previous": facts.previous,
        "changes": facts.changes,
    })
}
