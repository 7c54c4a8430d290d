//! The objects of the API as JSON: what GET answers and what webhook envelopes carry are the same functions.

use crate::business::Business;
use crate::catalogue::{ExtraEntry, LocationEntry, ResourceEntry, ServiceEntry, StatusEntry};
use crate::customer::{Channel, Customer};
use crate::facts::{BookingFacts, Facts};
use crate::instant;
use crate::money::Money;
use crate::payment::Payment;
use crate::render::Meta;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// An instant in UTC with `Z`, whole seconds where there are no milliseconds.
pub fn at(instant: Timestamp) -> Value {
    Value::String(instant::whole_ms(instant).to_string())
}

/// `{amount, currency}`.
pub fn money(money: Money) -> Value {
    json!({"amount": money.amount, "currency": money.currency.code()})
}

fn optional_money(value: Option<Money>) -> Value {
    value.map_or(Value::Null, money)
}

fn optional_at(value: Option<Timestamp>) -> Value {
    value.map_or(Value::Null, at)
}

/// The booking of some facts; `null` without one.
pub fn facts(facts: &Facts) -> Value {
    let customer = facts.customer.as_ref();
    facts
        .booking
        .as_ref()
        .map_or(Value::Null, |b| booking(b, customer))
}

/// A booking as GET answers it, with what it points to. Without the customer (deleted) that field is null.
pub fn booking(facts: &BookingFacts, customer_of: Option<&Customer>) -> Value {
    let b = &facts.booking;
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| {
        object.insert(name.to_owned(), value);
    };
    put("id", json!(b.id));
    put("external_id", json!(b.external_id));
    put("reference", json!(b.reference));
    put("revision", json!(b.revision));
    put("customer", customer_of.map_or(Value::Null, customer));
    put("service", service(&facts.service));
    put("location", facts.location.as_ref().map_or(Value::Null, location));
    put("resource", facts.resource.as_ref().map_or(Value::Null, resource));
    put("extras", booked_extras(facts));
    put("status", json!(b.status));
    put("status_kind", json!(b.status_kind));
    put("start", at(b.start));
    put("end", at(b.end));
    put("language", json!(b.language));
    put("price", optional_money(b.price));
    put("paid", optional_money(b.paid_money()));
    put("due", optional_money(b.due()));
    put("notes", json!(b.notes));
    put("answers", json!(b.answers));
    put("url", json!(b.url));
    put("source", json!(b.source));
    put("automations", json!(b.automations));
    put("customer_confirmed_at", optional_at(b.customer_confirmed_at));
    put("created_at", at(b.created_at));
    put("updated_at", at(b.updated_at));
    Value::Object(object)
}

/// The extras of a booking: what each is, how many, and its price then.
pub fn booked_extras(facts: &BookingFacts) -> Value {
    let lines = facts.booking.extras.iter().filter_map(|line| {
        let entry = facts.extras.iter().find(|e| e.id == line.id)?;
        Some(json!({
            "id": line.id, "external_id": entry.external_id, "name": entry.value.name,
            "quantity": line.quantity, "price": optional_money(line.price),
        }))
    });
    Value::Array(lines.collect())
}

/// A customer as GET answers it.
pub fn customer(customer: &Customer) -> Value {
    let c = &customer.contact;
    let consents: Vec<Value> = c
        .consents
        .iter()
        .map(|k| json!({"channel": k.channel, "purpose": k.purpose, "given_at": at(k.given_at), "source": k.source}))
        .collect();
    let opt_outs: Vec<Value> = c
        .opt_outs
        .iter()
        .map(|k| json!({"channel": k.channel, "purpose": k.purpose, "at": at(k.at)}))
        .collect();
    json!({
        "id": customer.id, "external_id": customer.external_id, "revision": customer.revision,
        "first_name": c.first_name, "last_name": c.last_name, "email": c.email, "phone": c.phone,
        "language": c.language, "time_zone": c.time_zone, "tags": c.tags, "fields": c.fields,
        "consents": consents, "opt_outs": opt_outs,
        "created_at": at(customer.created_at), "updated_at": at(customer.updated_at),
    })
}

/// Puts the life of a catalogue object around its own fields.
macro_rules! entry {
    ($entry:expr, $($name:literal: $value:expr),* $(,)?) => {{
        let entry = $entry;
        json!({
            "id": entry.id, "external_id": entry.external_id, "revision": entry.revision,
            $($name: $value,)*
            "created_at": at(entry.created_at), "updated_at": at(entry.updated_at),
            "archived_at": optional_at(entry.archived_at),
        })
    }};
}

/// A location as GET answers it.
pub fn location(entry: &LocationEntry) -> Value {
    let v = &entry.value;
    entry!(entry, "name": v.name, "address": v.address, "phone": v.phone, "email": v.email, "time_zone": v.time_zone)
}
/// A resource as GET answers it.
pub fn resource(entry: &ResourceEntry) -> Value {
    let v = &entry.value;
    entry!(entry, "name": v.name, "kind": v.kind, "email": v.email, "phone": v.phone)
}
/// A service as GET answers it.
pub fn service(entry: &ServiceEntry) -> Value {
    let v = &entry.value;
    entry!(
        entry, "name": v.name, "names": v.names, "category": v.category,
        "duration_minutes": v.duration_minutes, "price": optional_money(v.price),
    )
}
/// An extra as GET answers it.
pub fn extra(entry: &ExtraEntry) -> Value {
    let v = &entry.value;
    entry!(entry, "name": v.name, "names": v.names, "price": optional_money(v.price))
}
/// A status as GET answers it.
pub fn status(entry: &StatusEntry) -> Value {
    let v = &entry.value;
    entry!(
        entry, "key": v.key, "labels": v.labels, "kind": v.kind, "colour": v.colour, "position": v.position,
    )
}

/// A payment as GET answers it; its money is flat.
pub fn payment(payment: &Payment) -> Value {
    json!({
        "id": payment.id, "external_id": payment.external_id, "revision": payment.revision,
        "booking": {"id": payment.booking_id},
        "amount": payment.money.amount, "currency": payment.money.currency,
        "method": payment.method, "status": payment.status,
        "completed_at": optional_at(payment.completed_at),
        "created_at": at(payment.created_at), "updated_at": at(payment.updated_at),
    })
}

/// A business with its settings as GET answers it. Links that are not set are null.
pub fn business(business: &Business) -> Value {
    let s = &business.settings;
    let mut links = Map::new();
    for name in ["rebook", "rate", "pay", "form"] {
        links.insert(name.to_owned(), json!(s.links.get(name)));
    }
    let mut quiet = Map::new();
    for channel in [Channel::Sms, Channel::Email] {
        let hours = s.quiet_hours.get(&channel).map(|q| {
            json!({"from": q.from.strftime("%H:%M").to_string(), "to": q.to.strftime("%H:%M").to_string()})
        });
        quiet.insert(channel.word().to_owned(), hours.unwrap_or(Value::Null));
    }
    json!({
        "id": business.id, "slug": business.slug, "revision": business.revision,
        "name": s.name, "phone": s.phone, "email": s.email, "website": s.website, "address": s.address,
        "time_zone": s.time_zone, "languages": s.languages, "default_language": s.default_language,
        "currency": s.currency, "country": s.country, "admins": s.admins,
        "branding": {"logo_url": s.branding.logo_url, "colour": s.branding.colour, "footer": s.branding.footer},
        "links": links, "senders": s.senders, "quiet_hours": quiet,
        "guards": {"per_recipient_and_booking_per_hour": s.per_recipient_and_booking_per_hour},
        "mode": s.mode, "created_at": at(business.created_at), "updated_at": at(business.updated_at),
    })
}

/// The standard body of a webhook (`api.md`, Envelope).
pub fn envelope(meta: &Meta, facts: &Facts) -> Value {
    let workflow = json!({"id": meta.workflow_id, "name": meta.workflow_name, "run_id": meta.run_id});
    event(
        (&meta.event_id, &meta.event_word, meta.event_at),
        Some(workflow),
        facts,
    )
}

/// An event with its facts: the envelope, without `workflow` where nobody but the event itself speaks (feed, endpoints).
pub fn event((id, word, when): (&str, &str, Timestamp), workflow: Option<Value>, facts: &Facts) -> Value {
    let mut data = Map::new();
    if let Some(b) = &facts.booking {
        data.insert("booking".to_owned(), booking(b, facts.customer.as_ref()));
    }
    if let Some(c) = &facts.customer {
        data.insert("customer".to_owned(), customer(c));
    }
    if let Some(p) = &facts.payment {
        data.insert("payment".to_owned(), payment(p));
    }
    let mut envelope = Map::new();
    envelope.insert("id".to_owned(), json!(id));
    envelope.insert("type".to_owned(), json!(word));
    envelope.insert("timestamp".to_owned(), at(when));
    envelope.extend(workflow.map(|w| ("workflow".to_owned(), w)));
    envelope.insert("data".to_owned(), Value::Object(data));
    if let Some(p) = &facts.previous {
        envelope.insert("previous".to_owned(), previous(p));
        envelope.insert("changes".to_owned(), json!(facts.changes));
    }
    Value::Object(envelope)
}

/// What a change left behind.
pub fn previous(previous: &crate::facts::Previous) -> Value {
    json!({
        "start": at(previous.start), "end": at(previous.end),
        "status": previous.status, "status_kind": previous.status_kind,
        "location": previous.location, "service": previous.service, "resource": previous.resource,
    })
}
