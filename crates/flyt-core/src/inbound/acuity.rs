//! Acuity Scheduling. A delivery is a form with little more than an id: it says "look"; the appointment is fetched.

use super::leaf::{answers, line, moment, note, pruned, text};
use super::person::Person;
use super::{
    Auth, BookingSays, Delivery, Fetch, Meaning, Said, Sameness, Settings, Thin, Unreadable, incomplete,
    nothing,
};
use crate::instant::plus_ms;
use crate::mapping::amount;
use serde_json::{Value, json};

const API: &str = "https://acuityscheduling.com";

pub(super) fn read(
    delivery: &Delivery<'_>,
    settings: &Settings,
    fetched: Option<&Value>,
) -> Result<Said, Unreadable> {
    let form = form(delivery.body)?;
    let get = |name: &str| {
        form.iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| line(v))
            .filter(|v| !v.is_empty())
    };
    let event = get("action").ok_or_else(|| incomplete("`action`"))?;
    let act = event.strip_prefix("appointment.").unwrap_or(&event);
    if !["scheduled", "rescheduled", "canceled", "changed"].contains(&act) {
        return Ok(nothing(event, "this event is not about a booking"));
    }
    let id = get("id").ok_or_else(|| incomplete("`id`"))?;
    if id.len() > 20 || !id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Unreadable::Incomplete("`id` is not a number".to_owned()));
    }
    let mut says = BookingSays {
        external_id: settings.id(&id),
        ..BookingSays::default()
    };
    let mut thin = None;
    if let Some(appointment) = fetched {
        says.body = Some(body(appointment, settings)?);
        says.status = standing(appointment, settings);
        says.payment = payment(appointment, settings, &id);
    } else if act == "canceled" {
        says.status = settings.status(None, "cancelled");
    } else {
        thin = Some(Thin {
            missing: vec!["start", "service", "customer"],
            fetch: Some(Fetch {
                url: format!("{}/api/v1/appointments/{id}", settings.base(API)),
                auth: Auth::User(settings.user_id.clone().unwrap_or_default()),
                headers: Vec::new(),
            }),
            ..Thin::default()
        });
    }
    Ok(Said {
        event,
        sameness: Sameness::Never,
        meaning: Meaning::Booking(Box::new(says)),
        thin,
    })
}

fn standing(appointment: &Value, settings: &Settings) -> Option<String> {
    let is = |name: &str| appointment.get(name) == Some(&Value::Bool(true));
    let ours = match (is("noShow"), is("canceled")) {
        (true, _) => "no_show",
        (_, true) => "cancelled",
        _ => "approved",
    };
    settings.status(text(appointment, "/labels/0/name").as_deref(), ours)
}

fn payment(appointment: &Value, settings: &Settings, id: &str) -> Option<Value> {
    let currency = settings.currency?;
    let paid = amount::minor(&text(appointment, "/amountPaid")?, currency, Some('.'))
        .ok()
        .filter(|a| *a > 0)?;
    Some(json!({
        "external_id": settings.id(id), "amount": paid, "currency": currency.code(), "method": "acuity",
        "status": "completed",
    }))
}

fn body(appointment: &Value, settings: &Settings) -> Result<Value, Unreadable> {
    let start = text(appointment, "/datetime")
        .as_deref()
        .and_then(moment)
        .ok_or_else(|| incomplete("`datetime`"))?;
    let minutes = text(appointment, "/duration")
        .and_then(|d| d.parse::<i64>().ok())
        .unwrap_or(0)
        .clamp(0, 600_000);
    let person = Person {
        first_name: text(appointment, "/firstName"),
        last_name: text(appointment, "/lastName"),
        email: text(appointment, "/email"),
        phone: text(appointment, "/phone"),
        time_zone: text(appointment, "/timezone"),
        ..Person::default()
    };
    let customer = person
        .value()
        .ok_or_else(|| incomplete("name or e-mail of the customer"))?;
    let name = text(appointment, "/type").unwrap_or_else(|| "Acuity".to_owned());
    let service = text(appointment, "/appointmentTypeID").unwrap_or_else(|| name.clone());
    let price = settings.currency.and_then(|currency| {
        let amount = amount::minor(&text(appointment, "/price")?, currency, Some('.'))
            .ok()
            .filter(|a| *a > 0)?;
        Some(json!({"amount": amount, "currency": currency.code()}))
    });
    let forms = appointment
        .get("forms")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let values = forms.filter_map(|f| f.get("values")?.as_array()).flatten();
    let asked = values.filter_map(|v| Some((text(v, "/name")?, v.get("value")?.clone())));
    let address = text(appointment, "/location");
    Ok(pruned(json!({
        "customer": customer,
        "service": {
            "external_id": settings.id(&service), "name": name, "category": text(appointment, "/category"),
            "duration_minutes": minutes,
        },
        "resource": text(appointment, "/calendarID").map(|id| json!({
            "external_id": settings.id(&id), "name": text(appointment, "/calendar"), "kind": "person",
        })),
        "location": address.filter(|a| !a.starts_with("http")).map(|a| json!({
            "external_id": settings.id(&a.chars().take(120).collect::<String>()), "name": a, "address": a,
        })),
        "start": start.to_string(),
        "end": plus_ms(start, minutes * 60_000).to_string(),
        "price": price,
        "notes": note(appointment, "/notes"),
        "answers": answers(asked),
        "url": text(appointment, "/confirmationPage"),
        "source": "customer",
    })))
}

/// `a=b&c=d`, percent-decoded.
fn form(body: &[u8]) -> Result<Vec<(String, String)>, Unreadable> {
    let wrong = || Unreadable::Malformed("the body is not a form (action=…&id=…)".to_owned());
    let text = std::str::from_utf8(body).map_err(|_| wrong())?;
    if text.starts_with(['{', '[']) {
        return Err(wrong());
    }
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Some((decoded(name)?, decoded(value)?))
    };
    text.trim()
        .split('&')
        .filter(|p| !p.is_empty())
        .take(100)
        .map(pair)
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}
fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}
