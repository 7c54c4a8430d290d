//! Makeplans. `state` is where the booking stands, `status` whether the customer came; the person is an id.

use super::leaf::{instant, note, object, pruned, text, version};
use super::person::Person;
use super::{
    Auth, BookingSays, Delivery, Fetch, Meaning, Said, Sameness, Settings, Thin, Unreadable, incomplete,
    nothing,
};
use serde_json::{Value, json};

pub(super) fn read(
    delivery: &Delivery<'_>,
    settings: &Settings,
    fetched: Option<&Value>,
) -> Result<Said, Unreadable> {
    let whole = object(delivery.body)?;
    let event = text(&whole, "/event").ok_or_else(|| incomplete("`event`"))?;
    let sameness = text(&whole, "/idempotency_id").map_or(Sameness::Bytes, Sameness::Id);
    if event.starts_with("person.")
        && let Some(sent) = whole.pointer("/data/person")
        && let person = person(sent, settings)
        && let (Some(external_id), Some(body)) = (person.external_id.clone(), person.value())
    {
        let meaning = Meaning::Customer { external_id, body };
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
        .pointer("/data/booking")
        .ok_or_else(|| incomplete("booking"))?;
    let id = text(booking, "/id").ok_or_else(|| incomplete("id of the booking"))?;
    let mut says = BookingSays {
        external_id: settings.id(&id),
        version: version(&whole, "/generated_at"),
        ..BookingSays::default()
    };
    if event == "booking.deleted" {
        says.status = settings.status(None, "cancelled");
        return Ok(Said {
            event,
            sameness,
            meaning: Meaning::Booking(Box::new(says)),
            thin: None,
        });
    }
    let foreign = text(booking, "/person_id");
    let mut person = Person::default();
    if let Some(sent) = fetched.and_then(|f| f.get("person")) {
        person = self::person(sent, settings);
    }
    person.external_id = foreign.as_deref().map(|id| settings.id(id));
    says.status = standing(booking, settings);
    says.body = Some(body(booking, &person, settings)?);
    let digits = foreign.filter(|id| id.bytes().all(|b| b.is_ascii_digit()));
    let fetch = digits
        .zip(settings.base_url.clone())
        .filter(|_| fetched.is_none())
        .map(|(id, base)| Fetch {
            url: format!("{base}/people/{id}"),
            auth: Auth::TokenAsUser,
            headers: vec![("accept", "application/json")],
        });
    let thin = person.is_unreachable().then(|| Thin {
        missing: vec!["customer.email", "customer.phone"],
        enough: true,
        customer: person.external_id.clone(),
        fetch,
    });
    Ok(Said {
        event,
        sameness,
        meaning: Meaning::Booking(Box::new(says)),
        thin,
    })
}

fn standing(booking: &Value, settings: &Settings) -> Option<String> {
    let state = text(booking, "/state").unwrap_or_default();
    let came = text(booking, "/status").unwrap_or_default();
    let ours = match (state.as_str(), came.as_str()) {
        ("declined", _) => "rejected",
        ("cancelled" | "canceled" | "expired" | "verification_expired" | "deleted", _) => "cancelled",
        (_, "no_show") => "no_show",
        (_, "completed") => "completed",
        (state, _) if state.starts_with("awaiting") => "pending",
        _ => "approved",
    };
    settings.status(Some(&state), ours)
}

fn person(sent: &Value, settings: &Settings) -> Person {
    Person {
        external_id: text(sent, "/id").map(|id| settings.id(&id)),
        name: text(sent, "/name"),
        email: text(sent, "/email"),
        phone: text(sent, "/phone_number_formatted").or_else(|| text(sent, "/phone_number")),
        ..Person::default()
    }
}

fn body(booking: &Value, person: &Person, settings: &Settings) -> Result<Value, Unreadable> {
    let start = instant(booking, "/booked_from").ok_or_else(|| incomplete("`booked_from`"))?;
    let end = instant(booking, "/booked_to").ok_or_else(|| incomplete("`booked_to`"))?;
    let service = text(booking, "/service_id").ok_or_else(|| incomplete("`service_id`"))?;
    let customer = person.value().ok_or_else(|| incomplete("`person_id`"))?;
    Ok(pruned(json!({
        "customer": customer,
        "service": {"external_id": settings.id(&service)},
        "resource": text(booking, "/resource_id").map(|id| json!({"external_id": settings.id(&id), "kind": "person"})),
        "start": start.to_string(),
        "end": end.to_string(),
        "notes": note(booking, "/notes"),
        "source": "customer",
    })))
}
