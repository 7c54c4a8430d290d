//! Cal.com. A move gives a booking a new `uid` and names the old one; `MEETING_*` come without the wrapper `payload`; an
//! answer is `{label, value}` or plain.

use super::leaf::{answers, instant, last_segment, money, note, object, pruned, text, version};
use super::person::Person;
use super::{
    BookingSays, Delivery, Meaning, Only, Said, Sameness, Settings, Unreadable, incomplete, nothing,
};
use serde_json::{Value, json};

/// Questions with a place of their own in a booking.
const OWN_QUESTIONS: [&str; 9] = [
    "name",
    "email",
    "attendeePhoneNumber",
    "smsReminderNumber",
    "location",
    "title",
    "notes",
    "guests",
    "rescheduleReason",
];

pub(super) fn read(delivery: &Delivery<'_>, settings: &Settings) -> Result<Said, Unreadable> {
    let whole = object(delivery.body)?;
    let event = text(&whole, "/triggerEvent").ok_or_else(|| {
        incomplete(
            "`triggerEvent`; a webhook with a payload template of its own belongs to the adapter `generic`",
        )
    })?;
    let flat = event.starts_with("MEETING_");
    let payload = whole.get("payload").filter(|p| p.is_object()).unwrap_or(&whole);
    let mut says = BookingSays {
        // The `createdAt` of a flat body is the booking's own and says nothing about the event.
        version: (!flat).then(|| version(&whole, "/createdAt")).flatten(),
        ..BookingSays::default()
    };
    let theirs = text(payload, "/status");
    let status = |ours: &str| settings.status(theirs.as_deref(), ours);
    match event.as_str() {
        "BOOKING_CREATED" => says.status = status(standing(theirs.as_deref())),
        "BOOKING_REQUESTED" => says.status = status("pending"),
        "BOOKING_RESCHEDULED" => {
            says.status = status(standing(theirs.as_deref()));
            says.former = text(payload, "/rescheduleUid").map(|uid| settings.id(&uid));
        }
        "BOOKING_PAID" => {
            says.status = status(standing(theirs.as_deref()));
            says.payment = payment(payload, settings, "completed");
        }
        "BOOKING_PAYMENT_INITIATED" => {
            says.status = settings.status(None, "pending");
            says.payment = payment(payload, settings, "pending");
            says.only = Only::New;
        }
        "BOOKING_REJECTED" => says.status = settings.status(None, "rejected"),
        "BOOKING_CANCELLED" => says.status = settings.status(None, "cancelled"),
        "BOOKING_NO_SHOW_UPDATED" => no_show(payload, settings, &mut says),
        "MEETING_ENDED" => {
            says.status = settings.status(None, "completed");
            says.only = Only::Counting;
        }
        "MEETING_STARTED" => return Ok(nothing(event, "a start by the clock says nothing new")),
        _ => return Ok(nothing(event, "this event is not about a booking we keep")),
    }
    let uid = text(payload, "/uid").or_else(|| text(payload, "/bookingUid"));
    says.external_id = settings.id(&uid.ok_or_else(|| incomplete("`uid`"))?);
    let whole_booking = [
        "BOOKING_CREATED",
        "BOOKING_REQUESTED",
        "BOOKING_RESCHEDULED",
        "BOOKING_PAID",
        "BOOKING_PAYMENT_INITIATED",
    ];
    if whole_booking.contains(&event.as_str()) {
        says.body = Some(body(payload, settings)?);
    }
    Ok(Said {
        event,
        sameness: Sameness::Bytes,
        meaning: Meaning::Booking(Box::new(says)),
        thin: None,
    })
}

fn standing(theirs: Option<&str>) -> &'static str {
    match theirs.map(str::to_ascii_uppercase).as_deref() {
        Some("PENDING" | "AWAITING_HOST") => "pending",
        Some("CANCELLED") => "cancelled",
        Some("REJECTED") => "rejected",
        _ => "approved",
    }
}

/// One attendee who did not come is enough; unmarking takes back only what was marked.
fn no_show(payload: &Value, settings: &Settings, says: &mut BookingSays) {
    let attendees = payload.get("attendees").and_then(Value::as_array);
    let missed = attendees
        .into_iter()
        .flatten()
        .any(|a| a.get("noShow") == Some(&Value::Bool(true)));
    if missed {
        says.status = settings.status(None, "no_show");
    } else {
        says.status = settings.status(None, "approved");
        says.only = Only::NoShow;
    }
}

fn payment(payload: &Value, settings: &Settings, status: &str) -> Option<Value> {
    let amount = payload.pointer("/price").and_then(Value::as_i64);
    let money = money(amount, text(payload, "/currency").as_deref())?;
    let id = text(payload, "/paymentId").or_else(|| text(payload, "/uid"))?;
    Some(json!({
        "external_id": settings.id(&id), "amount": money.get("amount"), "currency": money.get("currency"),
        "method": "calcom", "status": status,
    }))
}

fn body(payload: &Value, settings: &Settings) -> Result<Value, Unreadable> {
    let start = instant(payload, "/startTime").ok_or_else(|| incomplete("`startTime`"))?;
    let customer = customer(payload).ok_or_else(|| incomplete("attendee"))?;
    let title = ["/eventTitle", "/eventType/title", "/type", "/title"];
    let name = title
        .iter()
        .find_map(|at| text(payload, at))
        .unwrap_or_else(|| "Cal.com".to_owned());
    let service = text(payload, "/eventTypeId").unwrap_or_else(|| name.clone());
    let host = text(payload, "/organizer/id").or_else(|| text(payload, "/organizer/email"));
    let price = payload.pointer("/price").and_then(Value::as_i64);
    let uid = text(payload, "/uid").unwrap_or_default();
    let url = text(payload, "/bookerUrl").map(|base| format!("{}/booking/{uid}", base.trim_end_matches('/')));
    Ok(pruned(json!({
        "customer": customer,
        "service": {
            "external_id": settings.id(&service), "name": name,
            "duration_minutes": payload.pointer("/length").and_then(Value::as_i64),
        },
        "resource": host.map(|id| json!({
            "external_id": settings.id(&id), "name": text(payload, "/organizer/name"),
            "email": text(payload, "/organizer/email"), "kind": "person",
        })),
        "location": place(payload, settings),
        "start": start.to_string(),
        "end": instant(payload, "/endTime").map(|t| t.to_string()),
        "language": attendee_language(payload),
        "price": money(price, text(payload, "/currency").as_deref()),
        "notes": note(payload, "/additionalNotes").or_else(|| note(payload, "/responses/notes/value")),
        "answers": questions(payload),
        "url": url,
        "source": "customer",
    })))
}

fn attendee_language(payload: &Value) -> Option<String> {
    let tag =
        text(payload, "/attendees/0/language/locale").or_else(|| text(payload, "/attendees/0/locale"))?;
    super::person::language(&tag)
}

fn customer(payload: &Value) -> Option<Value> {
    let plain = |name: &str| response(payload, name).and_then(|v| text(v, ""));
    let person = Person {
        first_name: text(payload, "/attendees/0/firstName"),
        last_name: text(payload, "/attendees/0/lastName"),
        name: text(payload, "/attendees/0/name").or_else(|| plain("name")),
        email: text(payload, "/attendees/0/email").or_else(|| plain("email")),
        phone: text(payload, "/attendees/0/phoneNumber")
            .or_else(|| plain("attendeePhoneNumber"))
            .or_else(|| plain("smsReminderNumber")),
        language: attendee_language(payload),
        time_zone: text(payload, "/attendees/0/timeZone"),
        ..Person::default()
    };
    person.value()
}

/// The answer to a question, whichever of the two forms it has.
fn response<'p>(payload: &'p Value, name: &str) -> Option<&'p Value> {
    let given = payload.get("responses")?.get(name)?;
    if given.is_object() {
        given.get("value")
    } else {
        Some(given)
    }
}

fn questions(payload: &Value) -> Value {
    let asked = ["responses", "userFieldsResponses"]
        .iter()
        .filter_map(|n| payload.get(n)?.as_object())
        .flatten();
    let given = asked
        .filter(|(name, _)| !OWN_QUESTIONS.contains(&name.as_str()))
        .filter_map(|(name, value)| {
            let value = if value.is_object() {
                value.get("value")?
            } else {
                value
            };
            Some((name.clone(), value.clone()))
        });
    let meeting = ["/metadata/videoCallUrl", "/videoCallData/url", "/location"]
        .iter()
        .find_map(|at| text(payload, at).filter(|url| url.starts_with("http")));
    answers(given.chain(meeting.map(|url| ("meeting_url".to_owned(), Value::String(url)))))
}

/// A place where people meet; calls and links are none.
fn place(payload: &Value, settings: &Settings) -> Option<Value> {
    let address = text(payload, "/location")?;
    let kind = text(payload, "/responses/location/value/value").unwrap_or_default();
    let virtual_place =
        address.starts_with("http") || address.starts_with("integrations:") || kind == "phone";
    if virtual_place || address == "inPerson" || address.starts_with('+') {
        return None;
    }
    let id: String = last_segment(&address)?.chars().take(120).collect();
    Some(json!({"external_id": settings.id(&id), "name": address, "address": address}))
}
