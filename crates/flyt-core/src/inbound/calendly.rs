//! Calendly. A move is two deliveries in any order: `invitee.canceled` with `rescheduled`, which cancels nothing, and
//! `invitee.created` with `old_invitee`.

use super::leaf::{answers, instant, last_segment, object, pruned, text, version};
use super::person::{self, Person};
use super::{
    Auth, BookingSays, Delivery, Fetch, Meaning, Only, Said, Sameness, Settings, Thin, Unreadable,
    incomplete, nothing,
};
use crate::mapping::amount;
use crate::money::Currency;
use serde_json::{Value, json};

const API: &str = "https://api.calendly.com";

pub(super) fn read(
    delivery: &Delivery<'_>,
    settings: &Settings,
    fetched: Option<&Value>,
) -> Result<Said, Unreadable> {
    let whole = object(delivery.body)?;
    let event = text(&whole, "/event").ok_or_else(|| incomplete("`event`"))?;
    if !event.starts_with("invitee") {
        return Ok(nothing(event, "this event is not about a booking"));
    }
    let payload = whole
        .get("payload")
        .filter(|p| p.is_object())
        .ok_or_else(|| incomplete("`payload`"))?;
    let uri = text(payload, "/invitee")
        .or_else(|| text(payload, "/uri"))
        .filter(|uri| uri.contains("/invitees/"));
    let id = uri
        .as_deref()
        .and_then(last_segment)
        .ok_or_else(|| incomplete("URI of an invitee"))?;
    let mut says = BookingSays {
        external_id: settings.id(&id),
        version: version(&whole, "/created_at"),
        ..BookingSays::default()
    };
    let mut thin = None;
    match event.as_str() {
        "invitee.created" => {
            let former = text(payload, "/old_invitee").filter(|uri| uri.contains("/invitees/"));
            says.former = former
                .as_deref()
                .and_then(last_segment)
                .map(|id| settings.id(&id));
            says.status = settings.status(None, "approved");
            says.payment = payment(payload, settings, &id);
            let held = payload
                .get("scheduled_event")
                .filter(|e| e.get("start_time").is_some());
            let held = held.or_else(|| fetched.and_then(|f| f.get("resource")));
            if let Some(held) = held {
                says.body = Some(body(payload, held, settings)?);
            } else {
                thin = Some(missing(payload, settings));
            }
        }
        "invitee.canceled" if payload.get("rescheduled") == Some(&Value::Bool(true)) => {
            says.only = Only::Moved;
        }
        "invitee.canceled" => says.status = settings.status(None, "cancelled"),
        "invitee_no_show.created" => says.status = settings.status(None, "no_show"),
        "invitee_no_show.deleted" => {
            says.status = settings.status(None, "approved");
            says.only = Only::NoShow;
        }
        _ => return Ok(nothing(event, "this event is not known")),
    }
    Ok(Said {
        event,
        sameness: Sameness::Bytes,
        meaning: Meaning::Booking(Box::new(says)),
        thin,
    })
}

/// The time stands at the event, which some deliveries only point to. The address is ours, never the sender's.
fn missing(payload: &Value, settings: &Settings) -> Thin {
    let uri = text(payload, "/event").or_else(|| text(payload, "/scheduled_event/uri"));
    let fetch = uri
        .as_deref()
        .and_then(last_segment)
        .filter(|id| is_plain(id))
        .map(|id| Fetch {
            url: format!("{}/scheduled_events/{id}", settings.base(API)),
            auth: Auth::Bearer,
            headers: Vec::new(),
        });
    Thin {
        missing: vec!["start", "end", "service"],
        fetch,
        ..Thin::default()
    }
}
fn is_plain(id: &str) -> bool {
    id.chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn payment(payload: &Value, settings: &Settings, id: &str) -> Option<Value> {
    if payload.pointer("/payment/successful") != Some(&Value::Bool(true)) {
        return None;
    }
    let currency = Currency::new(&text(payload, "/payment/currency")?)?;
    let amount = amount::minor(&text(payload, "/payment/amount")?, currency, Some('.'))
        .ok()
        .filter(|a| *a > 0)?;
    let external = text(payload, "/payment/external_id").unwrap_or_else(|| id.to_owned());
    Some(json!({
        "external_id": settings.id(&external), "amount": amount, "currency": currency.code(),
        "method": text(payload, "/payment/provider"), "status": "completed",
    }))
}

fn body(payload: &Value, held: &Value, settings: &Settings) -> Result<Value, Unreadable> {
    let start = instant(held, "/start_time").ok_or_else(|| incomplete("`start_time`"))?;
    let person = Person {
        first_name: text(payload, "/first_name"),
        last_name: text(payload, "/last_name"),
        name: text(payload, "/name"),
        email: text(payload, "/email"),
        phone: text(payload, "/text_reminder_number"),
        time_zone: text(payload, "/timezone"),
        ..Person::default()
    };
    let customer = person
        .value()
        .ok_or_else(|| incomplete("name or e-mail of the invitee"))?;
    let name = text(held, "/name").unwrap_or_else(|| "Calendly".to_owned());
    let service = text(held, "/event_type")
        .as_deref()
        .and_then(last_segment)
        .unwrap_or_else(|| name.clone());
    let host = text(held, "/event_memberships/0/user")
        .as_deref()
        .and_then(last_segment);
    let by_staff = text(payload, "/invitee_scheduled_by").is_some();
    Ok(pruned(json!({
        "customer": customer,
        "service": {"external_id": settings.id(&service), "name": name},
        "resource": host.map(|id| json!({
            "external_id": settings.id(&id), "kind": "person",
            "name": text(held, "/event_memberships/0/user_name").or_else(|| text(held, "/event_memberships/0/user_email")),
            "email": text(held, "/event_memberships/0/user_email"),
        })),
        "location": place(held, settings),
        "start": start.to_string(),
        "end": instant(held, "/end_time").unwrap_or(start).to_string(),
        "language": text(payload, "/locale").as_deref().and_then(person::language),
        "answers": questions(payload, held),
        "source": if by_staff { "staff" } else { "customer" },
    })))
}

fn questions(payload: &Value, held: &Value) -> Value {
    let asked = payload.get("questions_and_answers").and_then(Value::as_array);
    let given = asked
        .into_iter()
        .flatten()
        .filter_map(|q| Some((text(q, "/question")?, q.get("answer")?.clone())));
    let link = |name: &str, value: Option<String>| value.map(|v| (name.to_owned(), Value::String(v)));
    let links = [
        link("reschedule_url", text(payload, "/reschedule_url")),
        link("cancel_url", text(payload, "/cancel_url")),
        link("meeting_url", text(held, "/location/join_url")),
    ];
    answers(given.chain(links.into_iter().flatten()))
}

fn place(held: &Value, settings: &Settings) -> Option<Value> {
    let address = text(held, "/location/location")
        .filter(|_| text(held, "/location/type").as_deref() == Some("physical"))?;
    let id: String = address.chars().take(120).collect();
    Some(json!({"external_id": settings.id(&id), "name": address, "address": address}))
}
