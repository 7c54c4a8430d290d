//! Reading a variable from the facts, typed, for conditions.

use crate::business::Business;
use crate::facts::{BookingFacts, Facts};
use crate::money::Money;
use jiff::Timestamp;
use serde_json::Value;

/// The value of a field when a condition looks at it.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// There is none, or it is empty.
    Absent,
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Bool(bool),
    /// An instant.
    Instant(Timestamp),
    /// A span, ms.
    Span(i64),
    /// Money.
    Money(Money),
    /// A list of words.
    List(Vec<String>),
}

fn text(value: Option<&String>) -> Field {
    value
        .filter(|t| !t.is_empty())
        .map_or(Field::Absent, |t| Field::Text(t.clone()))
}
#[expect(clippy::needless_pass_by_value, reason = "most callers hand over small ids")]
fn word(value: impl ToString) -> Field {
    Field::Text(value.to_string())
}
fn money(value: Option<Money>) -> Field {
    value.map_or(Field::Absent, Field::Money)
}
fn amount(value: Option<Money>) -> Field {
    value.map_or(Field::Absent, |m| Field::Number(m.amount))
}
fn free(value: Option<&Value>) -> Field {
    match value {
        None | Some(Value::Null) => Field::Absent,
        Some(Value::String(t)) if t.is_empty() => Field::Absent,
        Some(Value::String(t)) => Field::Text(t.clone()),
        Some(Value::Bool(b)) => Field::Bool(*b),
        Some(Value::Number(n)) => n.as_i64().map_or_else(|| word(n), Field::Number),
        Some(Value::Array(items)) => {
            let plain = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
            if items.is_empty() {
                Field::Absent
            } else {
                Field::List(items.iter().map(plain).collect())
            }
        }
        Some(object @ Value::Object(_)) => word(object),
    }
}
fn list(items: Vec<String>) -> Field {
    if items.is_empty() {
        Field::Absent
    } else {
        Field::List(items)
    }
}

/// The value of a dotted name now. An unknown name is absent.
pub fn field(name: &str, facts: &Facts, now: Timestamp) -> Field {
    let (group, rest) = name.split_once('.').unwrap_or((name, ""));
    match group {
        "booking" => facts
            .booking
            .as_ref()
            .map_or(Field::Absent, |b| booking(rest, b, facts, now)),
        "customer" => customer(rest, facts),
        "service" | "location" | "resource" => facts
            .booking
            .as_ref()
            .map_or(Field::Absent, |b| named(group, rest, b)),
        "extras" => list(
            facts
                .booking
                .iter()
                .flat_map(|b| &b.extras)
                .map(|e| e.value.name.clone())
                .collect(),
        ),
        "business" => business(rest, &facts.business),
        "payment" => payment(rest, facts),
        "previous" => previous(rest, facts),
        "changes" => list(facts.changes.iter().map(|c| c.word().to_owned()).collect()),
        "steps" => {
            let (step, key) = rest.split_once('.').unwrap_or((rest, ""));
            free(facts.steps.get(step).and_then(|s| s.get(key)))
        }
        _ => Field::Absent,
    }
}

fn booking(name: &str, found: &BookingFacts, facts: &Facts, now: Timestamp) -> Field {
    let b = &found.booking;
    if let Some(key) = name.strip_prefix("answers.") {
        return free(b.answers.get(key));
    }
    let local = || b.start.to_zoned(facts.zone().rules());
    match name {
        "id" => word(b.id),
        "reference" => text(Some(&b.reference)),
        "external_id" => text(b.external_id.as_ref()),
        "start" => Field::Instant(b.start),
        "end" => Field::Instant(b.end),
        "created_at" => Field::Instant(b.created_at),
        "duration" => Field::Span(b.end.as_millisecond() - b.start.as_millisecond()),
        "lead_time" => Field::Span(b.start.as_millisecond() - now.as_millisecond()),
        "weekday" => Field::Text(local().strftime("%A").to_string().to_lowercase()),
        "local_time" => Field::Text(local().strftime("%H:%M").to_string()),
        "status" => text(Some(&b.status)),
        "status_kind" => word(b.status_kind),
        "status_label" => text(facts.status(&b.status).and_then(|s| s.labels.values().next())),
        "status_colour" => text(facts.status(&b.status).map(|s| &s.colour)),
        "source" => word(b.source),
        "language" => b.language.as_ref().map_or(Field::Absent, word),
        "time_zone" => word(facts.zone().name()),
        "notes" => text(b.notes.as_ref()),
        "price" => money(b.price),
        "due" => money(b.due()),
        "paid" => money(Some(paid(found, facts))),
        "price.amount" => amount(b.price),
        "due.amount" => amount(b.due()),
        "paid.amount" => Field::Number(b.paid),
        "paid_state" => Field::Text(paid_state(found).to_owned()),
        "url" => text(b.url.as_ref()),
        _ => Field::Absent,
    }
}

/// What is paid, in the currency of the price.
pub(crate) fn paid(found: &BookingFacts, facts: &Facts) -> Money {
    let currency = found
        .booking
        .price
        .map_or(facts.business.settings.currency, |p| p.currency);
    Money {
        amount: found.booking.paid,
        currency,
    }
}

fn paid_state(found: &BookingFacts) -> &'static str {
    let b = &found.booking;
    match b.price {
        _ if b.paid <= 0 => "unpaid",
        Some(price) if b.paid < price.amount => "partial",
        Some(_) | None => "paid",
    }
}

fn customer(name: &str, facts: &Facts) -> Field {
    match name {
        "visit_number" => return facts.visit_number.map_or(Field::Absent, Field::Number),
        "has_later_booking" => return facts.has_later_booking.map_or(Field::Absent, Field::Bool),
        _ => {}
    }
    let Some(c) = &facts.customer else {
        return Field::Absent;
    };
    let k = &c.contact;
    if let Some(key) = name.strip_prefix("fields.") {
        return free(k.fields.get(key));
    }
    match name {
        "id" => word(c.id),
        "external_id" => text(c.external_id.as_ref()),
        "first_name" => text(k.first_name.as_ref()),
        "last_name" => text(k.last_name.as_ref()),
        "full_name" => text(Some(&k.full_name())),
        "email" => text(k.email.as_ref()),
        "phone" => text(k.phone.as_ref()),
        "language" => k.language.as_ref().map_or(Field::Absent, word),
        "time_zone" => k.time_zone.as_ref().map_or(Field::Absent, |z| word(z.name())),
        "tags" => list(k.tags.clone()),
        _ => Field::Absent,
    }
}

fn named(group: &str, name: &str, found: &BookingFacts) -> Field {
    match group {
        "service" => {
            let s = &found.service;
            match name {
                "id" => word(s.id),
                "external_id" => text(s.external_id.as_ref()),
                "name" => text(Some(&s.value.name)),
                "category" => text(s.value.category.as_ref()),
                "duration" => s
                    .value
                    .duration_minutes
                    .map_or(Field::Absent, |m| Field::Span(m * 60_000)),
                "price" => money(s.value.price),
                _ => Field::Absent,
            }
        }
        "location" => found.location.as_ref().map_or(Field::Absent, |l| match name {
            "id" => word(l.id),
            "external_id" => text(l.external_id.as_ref()),
            "name" => text(Some(&l.value.name)),
            "address" => text(l.value.address.as_ref()),
            "phone" => text(l.value.phone.as_ref()),
            "email" => text(l.value.email.as_ref()),
            _ => Field::Absent,
        }),
        _ => found.resource.as_ref().map_or(Field::Absent, |r| match name {
            "id" => word(r.id),
            "external_id" => text(r.external_id.as_ref()),
            "name" => text(Some(&r.value.name)),
            "email" => text(r.value.email.as_ref()),
            "phone" => text(r.value.phone.as_ref()),
            "kind" => word(r.value.kind),
            _ => Field::Absent,
        }),
    }
}

fn business(name: &str, b: &Business) -> Field {
    let s = &b.settings;
    match name {
        "name" => text(Some(&s.name)),
        "phone" => text(s.phone.as_ref()),
        "email" => text(s.email.as_ref()),
        "website" => text(s.website.as_ref()),
        "address" => text(s.address.as_ref()),
        "admin_email" => text(s.admins.first()),
        "logo_url" => text(s.branding.logo_url.as_ref()),
        _ => Field::Absent,
    }
}

fn payment(name: &str, facts: &Facts) -> Field {
    let Some(p) = &facts.payment else {
        return Field::Absent;
    };
    match name {
        "amount" => Field::Number(p.money.amount),
        "method" => text(p.method.as_ref()),
        "at" => p.completed_at.map_or(Field::Absent, Field::Instant),
        _ => Field::Absent,
    }
}

fn previous(name: &str, facts: &Facts) -> Field {
    let Some(p) = &facts.previous else {
        return Field::Absent;
    };
    let of = |object: Option<&Value>, key: &str| free(object.and_then(|o| o.get(key)));
    match name {
        "start" => Field::Instant(p.start),
        "end" => Field::Instant(p.end),
        "status" => text(Some(&p.status)),
        "status_label" => text(facts.status(&p.status).and_then(|s| s.labels.values().next())),
        _ => match name.split_once('.') {
            Some(("location", key)) => of(p.location.as_ref(), key),
            Some(("service", key)) => of(Some(&p.service), key),
            Some(("resource", key)) => of(p.resource.as_ref(), key),
            Some(_) | None => Field::Absent,
        },
    }
}
