//! Easy!Appointments. The body is a row of its database: wall times without a zone, ids instead of people, one word for a
//! new and a changed appointment.

use super::leaf::{note, object, pruned, text};
use super::person::{self, Person};
use super::{
    Auth, BookingSays, Delivery, Fetch, Meaning, Said, Sameness, Settings, Thin, Unreadable, incomplete,
    nothing,
};
use crate::booking_body::Moment;
use jiff::civil::DateTime;
use serde_json::{Value, json};

pub(super) fn read(
    delivery: &Delivery<'_>,
    settings: &Settings,
    fetched: Option<&Value>,
) -> Result<Said, Unreadable> {
    let whole = object(delivery.body)?;
    let event = text(&whole, "/action").ok_or_else(|| incomplete("`action`"))?;
    let row = whole
        .get("payload")
        .filter(|p| p.is_object())
        .ok_or_else(|| incomplete("`payload`"))?;
    let updated = text(row, "/update_datetime").as_deref().and_then(wall);
    let version = updated.and_then(|at| {
        Some(
            at.to_zoned(jiff::tz::TimeZone::UTC)
                .ok()?
                .timestamp()
                .as_millisecond(),
        )
    });
    // Rows of old versions have no time of change: the same bytes may be a return to what was.
    let sameness = if version.is_some() {
        Sameness::Bytes
    } else {
        Sameness::Soon
    };
    if let "customer_save" | "customer_create" | "customer_update" = event.as_str() {
        let person = stored(row, settings);
        let external_id = person.external_id.clone().ok_or_else(|| incomplete("`id`"))?;
        let body = person.value().unwrap_or_else(|| json!({}));
        return Ok(Said {
            event,
            sameness,
            meaning: Meaning::Customer { external_id, body },
            thin: None,
        });
    }
    if !event.starts_with("appointment_") {
        return Ok(nothing(event, "this event is not about a booking"));
    }
    if row.get("is_unavailability").is_some_and(is_true) {
        return Ok(nothing(event, "a blocked time is not a booking"));
    }
    let id = text(row, "/id").ok_or_else(|| incomplete("`id`"))?;
    let mut says = BookingSays {
        external_id: settings.id(&id),
        version,
        ..BookingSays::default()
    };
    if event == "appointment_delete" {
        says.status = settings.status(None, "cancelled");
        return Ok(Said {
            event,
            sameness,
            meaning: Meaning::Booking(Box::new(says)),
            thin: None,
        });
    }
    let mut person = Person::default();
    let foreign = text(row, "/id_users_customer");
    if let Some(sent) = fetched {
        person = rest(sent);
    }
    person.external_id = foreign.as_deref().map(|id| settings.id(id));
    let theirs = text(row, "/status").unwrap_or_default();
    says.status = settings.status(Some(&theirs), standing(&theirs));
    says.body = Some(body(row, &person, settings)?);
    let thin = person
        .is_unreachable()
        .then(|| missing(foreign, &person, settings, fetched.is_none()));
    Ok(Said {
        event,
        sameness,
        meaning: Meaning::Booking(Box::new(says)),
        thin,
    })
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_i64() == Some(1) || value.as_str() == Some("1")
}

fn missing(foreign: Option<String>, person: &Person, settings: &Settings, unasked: bool) -> Thin {
    let digits = foreign.filter(|id| id.bytes().all(|b| b.is_ascii_digit()));
    let fetch = digits
        .zip(settings.base_url.clone())
        .filter(|_| unasked)
        .map(|(id, base)| Fetch {
            url: format!("{base}/index.php/api/v1/customers/{id}"),
            auth: Auth::Bearer,
            headers: Vec::new(),
        });
    Thin {
        missing: vec!["customer.email", "customer.phone"],
        enough: true,
        customer: person.external_id.clone(),
        fetch,
    }
}

fn standing(theirs: &str) -> &'static str {
    match theirs.to_lowercase().as_str() {
        "cancelled" | "canceled" => "cancelled",
        "draft" | "pending" => "pending",
        "completed" => "completed",
        _ => "approved",
    }
}

/// A customer as the webhook sends them: a row.
fn stored(row: &Value, settings: &Settings) -> Person {
    Person {
        external_id: text(row, "/id").map(|id| settings.id(&id)),
        first_name: text(row, "/first_name"),
        last_name: text(row, "/last_name"),
        email: text(row, "/email"),
        phone: text(row, "/mobile_number").or_else(|| text(row, "/phone_number")),
        language: text(row, "/language"),
        time_zone: text(row, "/timezone"),
        ..Person::default()
    }
}
/// A customer as the API shows them.
fn rest(sent: &Value) -> Person {
    Person {
        first_name: text(sent, "/firstName"),
        last_name: text(sent, "/lastName"),
        email: text(sent, "/email"),
        phone: text(sent, "/phone"),
        language: text(sent, "/language"),
        time_zone: text(sent, "/timezone"),
        ..Person::default()
    }
}

fn wall(text: &str) -> Option<DateTime> {
    text.parse().ok()
}
/// An instant in the zone of the source; without one the wall time, which is read where the booking is.
fn moment(row: &Value, pointer: &str, settings: &Settings) -> Option<String> {
    let at = text(row, pointer).as_deref().and_then(wall)?;
    Some(match &settings.time_zone {
        Some(zone) => Moment::Local(at).instant(zone).to_string(),
        None => at.to_string(),
    })
}

fn body(row: &Value, person: &Person, settings: &Settings) -> Result<Value, Unreadable> {
    let start = moment(row, "/start_datetime", settings).ok_or_else(|| incomplete("`start_datetime`"))?;
    let end = moment(row, "/end_datetime", settings).ok_or_else(|| incomplete("`end_datetime`"))?;
    let service = text(row, "/id_services").ok_or_else(|| incomplete("`id_services`"))?;
    let customer = person.value().ok_or_else(|| incomplete("`id_users_customer`"))?;
    let address = text(row, "/location");
    let meeting = text(row, "/meeting_link").map(|url| json!({"meeting_url": url}));
    Ok(pruned(json!({
        "customer": customer,
        "service": {"external_id": settings.id(&service)},
        "resource": text(row, "/id_users_provider").map(|id| json!({"external_id": settings.id(&id), "kind": "person"})),
        "location": address.map(|a| json!({
            "external_id": settings.id(&a.chars().take(120).collect::<String>()), "name": a, "address": a,
        })),
        "start": start,
        "end": end,
        "language": person.language.as_deref().and_then(person::language),
        "notes": note(row, "/notes"),
        "answers": meeting,
        "source": "customer",
    })))
}
