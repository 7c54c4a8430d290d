//! Any other system: its owner says which field of the body is what, by JSON pointers.

use super::leaf::{object, pruned, text, version};
use super::{BookingSays, Delivery, Meaning, Said, Sameness, Settings, Unreadable, incomplete, nothing};
use crate::invalid::{Faults, Fields, Line, below};
use crate::mapping::{Mapping, Origin, amount};
use crate::money::Currency;
use crate::words;
use serde_json::{Value, json};
use std::collections::BTreeMap;

words! {
    /// What an event of a generic sender means.
    Means {
        /// The booking is as the body says.
        Upsert = "upsert",
        /// It is cancelled.
        Cancel = "cancel",
        /// The customer did not come.
        NoShow = "no_show",
        /// Money has come for it.
        Paid = "paid",
        /// Nothing.
        Ignore = "ignore",
    }
}

/// What the fields of a generic sender are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Map {
    /// The booking.
    pub mapping: Mapping,
    /// Where the sender's word for the event stands.
    pub event: Option<String>,
    /// Where the id of the delivery stands.
    pub event_id: Option<String>,
    /// Where a number or instant stands that grows with each change.
    pub version: Option<String>,
    /// Where the id stood that the booking had before it was moved.
    pub former: Option<String>,
    /// Their words → what they mean; none: everything is an upsert.
    pub events: BTreeMap<String, Means>,
    /// Of a payment: `external_id`, `amount` (decimal), `currency`.
    pub payment: BTreeMap<String, String>,
}
impl Map {
    /// Reads a map.
    pub fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let mapping = Mapping::take(&mut fields, faults);
        let pointer = |fields: &mut Fields<'_>, name, faults: &mut Faults| {
            let at = fields.at(name);
            let text = fields.optional::<Line>(name, faults).map(|l| l.0);
            if let Some(text) = &text {
                check_pointer(text, &at, faults);
            }
            text
        };
        let map = Self {
            event: pointer(&mut fields, "event", faults),
            event_id: pointer(&mut fields, "event_id", faults),
            version: pointer(&mut fields, "version", faults),
            former: pointer(&mut fields, "former_external_id", faults),
            events: fields.optional("events", faults).unwrap_or_default(),
            payment: payment(&mut fields, faults),
            mapping,
        };
        for (target, origin) in &map.mapping.fields {
            if let Origin::Field(text) = origin {
                check_pointer(text, &below(&below(at, "fields"), target), faults);
            }
        }
        if !map.events.is_empty() && map.event.is_none() {
            faults.error(
                below(at, "event"),
                "required",
                "`events` needs `event`: where their word for it stands",
            );
        }
        fields.close(faults);
        value.is_object().then_some(map)
    }
}
fn check_pointer(text: &str, at: &str, faults: &mut Faults) {
    if !text.starts_with('/') {
        faults.error(at, "bad_pointer", "must be a JSON pointer such as /data/id");
    }
}
fn payment(fields: &mut Fields<'_>, faults: &mut Faults) -> BTreeMap<String, String> {
    let at = fields.at("payment");
    let read = fields
        .optional::<BTreeMap<String, Line>>("payment", faults)
        .unwrap_or_default();
    let known = ["external_id", "amount", "currency"];
    for (name, pointer) in &read {
        if !known.contains(&name.as_str()) {
            faults.unknown(below(&at, name), "unknown_field", name, known);
        }
        check_pointer(&pointer.0, &below(&at, name), faults);
    }
    read.into_iter().map(|(k, v)| (k, v.0)).collect()
}

pub(super) fn read(delivery: &Delivery<'_>, settings: &Settings) -> Result<Said, Unreadable> {
    let whole = object(delivery.body)?;
    let map = settings
        .map
        .as_ref()
        .ok_or_else(|| incomplete("map in the settings of its source"))?;
    let at = |pointer: &Option<String>| pointer.as_deref().and_then(|p| text(&whole, p));
    let event = at(&map.event).unwrap_or_else(|| "delivery".to_owned());
    let means = match map.events.get(&event) {
        Some(means) => *means,
        None if map.events.is_empty() => Means::Upsert,
        None => return Ok(nothing(event, "this event is not in the source's `events`")),
    };
    if means == Means::Ignore {
        return Ok(nothing(event, "the source ignores this event"));
    }
    let number = |p: &str| {
        whole
            .pointer(p)
            .and_then(Value::as_i64)
            .or_else(|| version(&whole, p))
    };
    let mut says = BookingSays {
        version: map.version.as_deref().and_then(number),
        former: at(&map.former).map(|id| settings.id(&id)),
        ..BookingSays::default()
    };
    let sameness = match at(&map.event_id) {
        Some(id) => Sameness::Id(id),
        None if says.version.is_some() => Sameness::Bytes,
        None => Sameness::Soon,
    };
    let get = |pointer: &str| text(&whole, pointer);
    let id = match map.mapping.fields.get("external_id") {
        Some(Origin::Field(pointer)) => get(pointer),
        Some(Origin::Constant(_)) | None => None,
    };
    says.external_id =
        settings.id(&id.ok_or_else(|| incomplete("`external_id` where the source looks for it"))?);
    match means {
        Means::Cancel => says.status = settings.status(None, "cancelled"),
        Means::NoShow => says.status = settings.status(None, "no_show"),
        Means::Upsert | Means::Paid | Means::Ignore => {
            let body = map.mapping.body(&get).map_err(|wrong| {
                let told: Vec<String> = wrong
                    .iter()
                    .map(|w| format!("`{}`: {}", w.target, w.message))
                    .collect();
                Unreadable::Incomplete(told.join("; "))
            });
            match body {
                Ok(body) => whole_booking(body, settings, &mut says),
                // A payment may come without the booking around it.
                Err(_) if means == Means::Paid => {}
                Err(wrong) => return Err(wrong),
            }
        }
    }
    if means == Means::Paid {
        says.payment = Some(paid(map, &get, settings, &says)?);
    }
    Ok(Said {
        event,
        sameness,
        meaning: Meaning::Booking(Box::new(says)),
        thin: None,
    })
}

fn whole_booking(body: Value, settings: &Settings, says: &mut BookingSays) {
    let mut body = pruned(body);
    if let Some(fields) = body.as_object_mut() {
        fields.remove("external_id");
        let status = fields.remove("status");
        let theirs = status.as_ref().and_then(Value::as_str);
        says.status = match theirs {
            Some(theirs) => settings.status(Some(theirs), theirs),
            None => settings.status(None, "approved"),
        };
    }
    says.body = Some(body);
}

fn paid(
    map: &Map,
    get: &dyn Fn(&str) -> Option<String>,
    settings: &Settings,
    says: &BookingSays,
) -> Result<Value, Unreadable> {
    let of = |name: &str| map.payment.get(name).and_then(|p| get(p));
    let price = says.body.as_ref().and_then(|b| b.get("price"));
    let code = of("currency").or_else(|| Some(price?.get("currency")?.as_str()?.to_owned()));
    let currency = code
        .as_deref()
        .and_then(Currency::new)
        .or(map.mapping.currency)
        .or(settings.currency);
    let currency = currency.ok_or_else(|| incomplete("currency of the payment"))?;
    let amount = match of("amount") {
        Some(text) => amount::minor(&text, currency, map.mapping.decimal).map_err(Unreadable::Incomplete)?,
        None => price
            .and_then(|p| p.get("amount")?.as_i64())
            .ok_or_else(|| incomplete("amount of the payment"))?,
    };
    let id = of("external_id").map_or_else(|| says.external_id.clone(), |id| settings.id(&id));
    Ok(json!({
        "external_id": id, "amount": amount, "currency": currency.code(), "method": settings.id_prefix,
        "status": "completed",
    }))
}
