//! Typed values of the names for conditions.

use crate::booking::Booking;
use crate::facts::{BookingFacts, Facts};
use crate::language::Language;
use crate::money::Money;
use crate::view;
use jiff::Timestamp;
use jiff::civil::Time;
use serde_json::{Value, json};

/// A value as conditions compare it.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// Nothing there: also empty text and an empty list.
    Absent,
    /// Text.
    Text(String),
    /// A language tag.
    Language(Language),
    /// A whole number; money compares by its minor units.
    Number(i64),
    /// True or false.
    Bool(bool),
    /// An instant.
    Instant(Timestamp),
    /// A length of time in milliseconds.
    Duration(i64),
    /// A day of the week, Monday = 1.
    Weekday(i8),
    /// A time of day.
    Clock(Time),
    /// Words of a list; an extra stands with its id, external id and name.
    List(Vec<String>),
    /// A group that is there.
    Object,
    /// As it was given.
    Json(Value),
}

impl FieldValue {
    /// The value as JSON, for explain.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Text(text) => json!(text),
            Self::Language(language) => json!(language),
            Self::Number(number) => json!(number),
            Self::Bool(bool) => json!(bool),
            Self::Instant(at) => view::at(*at),
            Self::Duration(ms) => json!(crate::duration::duration_text(0, *ms)),
            Self::Weekday(day) => json!(
                usize::try_from(*day)
                    .ok()
                    .and_then(|d| WEEKDAYS.get(d.wrapping_sub(1)))
            ),
            Self::Clock(time) => json!(time.strftime("%H:%M").to_string()),
            Self::List(items) => json!(items),
            Self::Object => json!(true),
            Self::Json(value) => value.clone(),
        }
    }
}

/// Days of the week, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

fn text(text: impl Into<String>) -> FieldValue {
    let text = text.into();
    if text.is_empty() {
        FieldValue::Absent
    } else {
        FieldValue::Text(text)
    }
}
fn maybe(value: Option<&String>) -> FieldValue {
    value.map_or(FieldValue::Absent, text)
}
fn money(value: Option<Money>) -> FieldValue {
    value.map_or(FieldValue::Absent, |m| FieldValue::Number(m.amount))
}
fn list(items: Vec<String>) -> FieldValue {
    if items.is_empty() {
        FieldValue::Absent
    } else {
        FieldValue::List(items)
    }
}
fn present(there: bool) -> FieldValue {
    if there {
        FieldValue::Object
    } else {
        FieldValue::Absent
    }
}
fn given(value: Option<&Value>) -> FieldValue {
    match value {
        None | Some(Value::Null) => FieldValue::Absent,
        Some(Value::String(t)) => text(t.as_str()),
        Some(Value::Array(items)) if items.is_empty() => FieldValue::Absent,
        Some(value) => FieldValue::Json(value.clone()),
    }
}

/// The value of a name in `facts`. Unknown names are absent. `now` is for names that depend on the moment of asking; the
/// lead time does not: it is the time from the booking's creation to its start.
pub fn value(name: &str, facts: &Facts, _now: Timestamp) -> FieldValue {
    let (group, rest) = name.split_once('.').unwrap_or((name, ""));
    match group {
        "booking" => facts
            .booking
            .as_ref()
            .map_or(FieldValue::Absent, |b| of_booking(rest, b, facts)),
        "customer" => of_customer(rest, facts),
        "service" | "resource" | "location" => of_place(group, rest, facts),
        "extras" => list(facts.booking.as_ref().map_or_else(Vec::new, extras)),
        "business" => of_business(rest, facts),
        "payment" => of_payment(rest, facts),
        "previous" => of_previous(rest, facts),
        "changes" => list(facts.changes.iter().map(|c| c.word().to_owned()).collect()),
        "steps" => {
            let found = rest
                .split_once('.')
                .and_then(|(step, field)| facts.steps.get(step)?.get(field));
            given(found)
        }
        "links" => maybe(facts.business.settings.links.get(rest)),
        _ => FieldValue::Absent,
    }
}

fn extras(b: &BookingFacts) -> Vec<String> {
    let words = b.extras.iter().flat_map(|e| {
        [
            Some(e.id.to_string()),
            e.external_id.clone(),
            Some(e.value.name.clone()),
        ]
    });
    words.flatten().collect()
}

fn of_booking(rest: &str, b: &BookingFacts, facts: &Facts) -> FieldValue {
    let booking = &b.booking;
    if let Some(key) = rest.strip_prefix("answers.") {
        return given(booking.answers.get(key));
    }
    let local = booking.start.to_zoned(facts.zone().rules());
    match rest {
        "" => FieldValue::Object,
        "id" => text(booking.id.to_string()),
        "reference" => text(&booking.reference),
        "external_id" => maybe(booking.external_id.as_ref()),
        "start" => FieldValue::Instant(booking.start),
        "end" => FieldValue::Instant(booking.end),
        "created_at" => FieldValue::Instant(booking.created_at),
        "duration" => FieldValue::Duration(between(booking.start, booking.end)),
        "status" => text(&booking.status),
        "status_kind" => text(booking.status_kind.word()),
        "source" => text(booking.source.word()),
        "language" => booking
            .language
            .clone()
            .map_or(FieldValue::Absent, FieldValue::Language),
        "time_zone" => text(facts.zone().name()),
        "notes" => maybe(booking.notes.as_ref()),
        "price" | "price.amount" => money(booking.price),
        "paid" | "paid.amount" => FieldValue::Number(booking.paid),
        "due" | "due.amount" => money(booking.due()),
        "paid.currency" => booking
            .paid_money()
            .map_or(FieldValue::Absent, |p| text(p.currency.code())),
        "price.currency" | "due.currency" => booking
            .price
            .map_or(FieldValue::Absent, |p| text(p.currency.code())),
        "url" => maybe(booking.url.as_ref()),
        "weekday" => FieldValue::Weekday(local.weekday().to_monday_one_offset()),
        "local_time" => FieldValue::Clock(local.time()),
        "lead_time" => FieldValue::Duration(between(booking.created_at, booking.start)),
        "paid_state" => paid_state(booking),
        _ => FieldValue::Absent,
    }
}

fn between(from: Timestamp, to: Timestamp) -> i64 {
    crate::instant::to_ms(to).saturating_sub(crate::instant::to_ms(from))
}

/// `unpaid`, `partial` or `paid`. A price of nothing is paid; without a price whatever was paid is all of it.
fn paid_state(booking: &Booking) -> FieldValue {
    let whole = booking.price.map_or(1, |p| p.amount);
    text(if booking.paid >= whole {
        "paid"
    } else if booking.paid > 0 {
        "partial"
    } else {
        "unpaid"
    })
}

fn of_customer(rest: &str, facts: &Facts) -> FieldValue {
    let Some(customer) = &facts.customer else {
        return FieldValue::Absent;
    };
    let c = &customer.contact;
    if let Some(key) = rest.strip_prefix("fields.") {
        return given(c.fields.get(key));
    }
    match rest {
        "" => FieldValue::Object,
        "id" => text(customer.id.to_string()),
        "external_id" => maybe(customer.external_id.as_ref()),
        "first_name" => maybe(c.first_name.as_ref()),
        "last_name" => maybe(c.last_name.as_ref()),
        "full_name" => text(c.full_name()),
        "email" => maybe(c.email.as_ref()),
        "phone" => maybe(c.phone.as_ref()),
        "language" => c
            .language
            .clone()
            .map_or(FieldValue::Absent, FieldValue::Language),
        "time_zone" => c
            .time_zone
            .as_ref()
            .map_or(FieldValue::Absent, |z| text(z.name())),
        "tags" => list(c.tags.clone()),
        "visit_number" => facts.visit_number.map_or(FieldValue::Absent, FieldValue::Number),
        "has_later_booking" => facts
            .has_later_booking
            .map_or(FieldValue::Absent, FieldValue::Bool),
        _ => FieldValue::Absent,
    }
}

fn of_place(group: &str, rest: &str, facts: &Facts) -> FieldValue {
    let Some(b) = &facts.booking else {
        return FieldValue::Absent;
    };
    let object = match group {
        "service" => Some(view::service(&b.service)),
        "resource" => b.resource.as_ref().map(view::resource),
        _ => b.location.as_ref().map(view::location),
    };
    inside(object.as_ref(), rest)
}

/// A field of an API object of a location, service or resource.
fn inside(object: Option<&Value>, rest: &str) -> FieldValue {
    let Some(object) = object.filter(|o| !o.is_null()) else {
        return FieldValue::Absent;
    };
    match rest {
        "" => present(true),
        "duration" => object
            .get("duration_minutes")
            .and_then(Value::as_i64)
            .map_or(FieldValue::Absent, |m| {
                FieldValue::Duration(m.saturating_mul(60_000))
            }),
        "price" | "price.amount" => object
            .pointer("/price/amount")
            .and_then(Value::as_i64)
            .map_or(FieldValue::Absent, FieldValue::Number),
        "price.currency" => given(object.pointer("/price/currency")),
        other => given(object.get(other)),
    }
}

fn of_business(rest: &str, facts: &Facts) -> FieldValue {
    let s = &facts.business.settings;
    match rest {
        "" => FieldValue::Object,
        "name" => text(&s.name),
        "phone" => maybe(s.phone.as_ref()),
        "email" => maybe(s.email.as_ref()),
        "website" => maybe(s.website.as_ref()),
        "address" => maybe(s.address.as_ref()),
        "logo_url" => maybe(s.branding.logo_url.as_ref()),
        "admin_email" => maybe(s.admins.first()),
        _ => FieldValue::Absent,
    }
}

fn of_payment(rest: &str, facts: &Facts) -> FieldValue {
    let Some(payment) = &facts.payment else {
        return FieldValue::Absent;
    };
    match rest {
        "" => FieldValue::Object,
        "amount" | "amount.amount" => FieldValue::Number(payment.money.amount),
        "amount.currency" => text(payment.money.currency.code()),
        "method" => maybe(payment.method.as_ref()),
        "at" => payment
            .completed_at
            .map_or(FieldValue::Absent, FieldValue::Instant),
        _ => FieldValue::Absent,
    }
}

fn of_previous(rest: &str, facts: &Facts) -> FieldValue {
    let Some(previous) = &facts.previous else {
        return FieldValue::Absent;
    };
    let (head, tail) = rest.split_once('.').unwrap_or((rest, ""));
    match head {
        "" => FieldValue::Object,
        "start" => FieldValue::Instant(previous.start),
        "end" => FieldValue::Instant(previous.end),
        "status" => text(&previous.status),
        "location" => inside(previous.location.as_ref(), tail),
        "service" => inside(Some(&previous.service), tail),
        "resource" => inside(previous.resource.as_ref(), tail),
        _ => FieldValue::Absent,
    }
}
