//! Square Bookings. A booking names its customer by id only; `version` counts its changes; the contact comes with
//! `customer.*` or is fetched.

use super::leaf::{instant, note, object, pruned, text};
use super::person::Person;
use super::{
    Auth, BookingSays, Delivery, Fetch, Meaning, Said, Sameness, Settings, Thin, Unreadable, incomplete,
    nothing,
};
use crate::instant::plus_ms;
use serde_json::{Value, json};

const API: &str = "https://connect.squareup.com";

pub(super) fn read(
    delivery: &Delivery<'_>,
    settings: &Settings,
    fetched: Option<&Value>,
) -> Result<Said, Unreadable> {
    let whole = object(delivery.body)?;
    let event = text(&whole, "/type").ok_or_else(|| incomplete("`type`"))?;
    let sameness = text(&whole, "/event_id").map_or(Sameness::Bytes, Sameness::Id);
    if let "customer.created" | "customer.updated" = event.as_str() {
        let sent = whole
            .pointer("/data/object/customer")
            .ok_or_else(|| incomplete("customer"))?;
        let person = person(sent, settings);
        let external_id = person
            .external_id
            .clone()
            .ok_or_else(|| incomplete("id of the customer"))?;
        let meaning = Meaning::Customer {
            external_id,
            body: person.value().unwrap_or_else(|| json!({})),
        };
        return Ok(Said {
            event,
            sameness,
            meaning,
            thin: None,
        });
    }
    if !event.starts_with("booking.") {
        return Ok(nothing(event, "this event is not about a booking"));
    }
    let booking = whole
        .pointer("/data/object/booking")
        .ok_or_else(|| incomplete("booking"))?;
    let id = text(booking, "/id").ok_or_else(|| incomplete("id of the booking"))?;
    let mut person = Person::default();
    let foreign = text(booking, "/customer_id");
    if let Some(sent) = fetched.and_then(|f| f.get("customer")) {
        person = self::person(sent, settings);
    }
    person.external_id = foreign.as_deref().map(|id| settings.id(id));
    let theirs = text(booking, "/status").unwrap_or_default();
    let says = BookingSays {
        external_id: settings.id(&id),
        version: booking.pointer("/version").and_then(Value::as_i64),
        body: Some(body(booking, &person, settings)?),
        status: settings.status(Some(&theirs), standing(&theirs)),
        ..BookingSays::default()
    };
    let fetch = foreign
        .as_deref()
        .filter(|id| {
            id.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        })
        .map(|id| Fetch {
            url: format!("{}/v2/customers/{id}", settings.base(API)),
            auth: Auth::Bearer,
            headers: vec![("square-version", "2025-01-23")],
        });
    let thin = person.is_unreachable().then(|| Thin {
        missing: vec!["customer.email", "customer.phone"],
        enough: true,
        customer: person.external_id.clone(),
        fetch: fetch.filter(|_| fetched.is_none()),
    });
    Ok(Said {
        event,
        sameness,
        meaning: Meaning::Booking(Box::new(says)),
        thin,
    })
}

fn standing(theirs: &str) -> &'static str {
    match theirs {
        "PENDING" => "pending",
        "DECLINED" => "rejected",
        "NO_SHOW" => "no_show",
        other if other.starts_with("CANCELLED") => "cancelled",
        _ => "approved",
    }
}

fn person(sent: &Value, settings: &Settings) -> Person {
    Person {
        external_id: text(sent, "/id").map(|id| settings.id(&id)),
        first_name: text(sent, "/given_name"),
        last_name: text(sent, "/family_name"),
        name: text(sent, "/company_name").or_else(|| text(sent, "/nickname")),
        email: text(sent, "/email_address"),
        phone: text(sent, "/phone_number"),
        ..Person::default()
    }
}

fn body(booking: &Value, person: &Person, settings: &Settings) -> Result<Value, Unreadable> {
    let start = instant(booking, "/start_at").ok_or_else(|| incomplete("`start_at`"))?;
    let segments: &[Value] = booking
        .get("appointment_segments")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice);
    let first = segments
        .first()
        .ok_or_else(|| incomplete("appointment segment"))?;
    let of = |segment: &Value, name: &str| {
        segment
            .get(name)
            .and_then(Value::as_i64)
            .unwrap_or(0)
            .clamp(0, 600_000)
    };
    // The pause after the last segment is the shop's own; the customer is done when the last service is.
    let worked: i64 = segments.iter().map(|s| of(s, "duration_minutes")).sum();
    let pauses: i64 = segments
        .iter()
        .rev()
        .skip(1)
        .map(|s| of(s, "intermission_minutes"))
        .sum();
    let service = text(first, "/service_variation_id").ok_or_else(|| incomplete("service"))?;
    let customer = person.value().ok_or_else(|| incomplete("customer"))?;
    let by_staff = text(booking, "/creator_details/creator_type").as_deref() == Some("TEAM_MEMBER");
    Ok(pruned(json!({
        "customer": customer,
        "service": {"external_id": settings.id(&service), "duration_minutes": of(first, "duration_minutes")},
        "resource": text(first, "/team_member_id").map(|id| json!({"external_id": settings.id(&id), "kind": "person"})),
        "location": text(booking, "/location_id").map(|id| json!({"external_id": settings.id(&id)})),
        "start": start.to_string(),
        "end": plus_ms(start, (worked + pauses) * 60_000).to_string(),
        "notes": note(booking, "/customer_note"),
        "source": if by_staff { "staff" } else { "customer" },
    })))
}
