//! References in a booking: to what exists, by id or by the caller's own id, and with what makes it if it is missing.

use crate::catalogue::{Described, Extra, usable_email, usable_phone};
use crate::customer::{Consent, OptOut, check_texts};
use crate::id::{CustomerId, ExtraId};
use crate::invalid::{ExternalId, Faults, Fields, Line, Patch, Read};
use crate::language::Language;
use crate::money::Money;
use crate::zone::Zone;
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr;

/// A reference: the id of something that exists, or the caller's own id of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointer<Id> {
    /// By id.
    Id(Id),
    /// By external id.
    External(String),
}
impl<Id: FromStr> Pointer<Id> {
    /// Takes `id` and `external_id` out; the id decides where both stand.
    fn take(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Self> {
        let id = fields.optional::<Line>("id", faults);
        let external_id = fields.optional::<ExternalId>("external_id", faults);
        match (id, external_id) {
            (Some(Line(id)), _) => {
                let known = id.parse().ok();
                if known.is_none() {
                    faults.error(
                        fields.at("id"),
                        "unknown_reference",
                        "is not the id of anything here",
                    );
                }
                known.map(Self::Id)
            }
            (None, Some(ExternalId(id))) => Some(Self::External(id)),
            (None, None) => None,
        }
    }
}
impl<Id: FromStr> Read for Pointer<Id> {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let before = faults.errors.len();
        let mut fields = Fields::open(value, at, faults);
        let pointer = Self::take(&mut fields, faults);
        fields.close(faults);
        require_pointer(pointer, at, before, faults)
    }
}

/// A reference to a catalogue object, with what makes it if it is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<Id, T> {
    /// Which.
    pub pointer: Pointer<Id>,
    /// How to make it; its name is empty when none was sent. An existing object is not changed by it.
    pub draft: Option<T>,
}

/// An extra of a booking, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraLine {
    /// Which, and how to make it.
    pub reference: Reference<ExtraId, Extra>,
    /// How many, at least 1.
    pub quantity: i64,
    /// Price of one, if it was sent; it is the booking's own and also makes a new extra's price.
    pub price: Option<Money>,
}

/// Who booked, as sent: a reference, contact fields, or both.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomerRef {
    /// Which customer; without, the e-mail decides whether it is an existing one.
    pub pointer: Option<Pointer<CustomerId>>,
    /// First name.
    pub first_name: Patch<String>,
    /// Last name.
    pub last_name: Patch<String>,
    /// Kept even when mail cannot be sent to it.
    pub email: Patch<String>,
    /// E.164 where it could be read so, else as sent.
    pub phone: Patch<String>,
    /// Wanted language.
    pub language: Patch<Language>,
    /// Own zone.
    pub time_zone: Patch<Zone>,
    /// Free words; they replace.
    pub tags: Patch<Vec<String>>,
    /// Free fields; they merge by key and `null` takes one away.
    pub fields: Patch<BTreeMap<String, Value>>,
    /// Recorded permissions: for a new customer only.
    pub consents: Vec<Consent>,
    /// Recorded refusals: for a new customer only.
    pub opt_outs: Vec<OptOut>,
}

impl CustomerRef {
    /// Reads the customer of a booking.
    pub fn read(value: &Value, at: &str, country: &str, faults: &mut Faults) -> Self {
        let before = faults.errors.len();
        let mut fields = Fields::open(value, at, faults);
        let pointer = Pointer::take(&mut fields, faults);
        pass_over(&mut fields, crate::customer::READ_ONLY);
        let mut who = Self {
            pointer,
            first_name: text(&mut fields, "first_name", faults),
            last_name: text(&mut fields, "last_name", faults),
            language: fields.patch("language", faults),
            time_zone: fields.patch("time_zone", faults),
            tags: fields
                .patch::<Vec<Line>>("tags", faults)
                .map(|tags| crate::customer::tags(Some(tags))),
            fields: fields.patch("fields", faults),
            consents: fields.or("consents", Vec::new(), faults),
            opt_outs: fields.or("opt_outs", Vec::new(), faults),
            ..Self::default()
        };
        if let Patch::Set(free) = &who.fields {
            check_texts(free, &fields.at("fields"), faults);
        }
        who.email = match text(&mut fields, "email", faults) {
            Patch::Set(text) => Patch::Set(usable_email(text, &fields.at("email"), faults)),
            other @ (Patch::Keep | Patch::Clear) => other,
        };
        who.phone = match text(&mut fields, "phone", faults) {
            Patch::Set(text) => Patch::Set(usable_phone(text, &fields.at("phone"), country, faults)),
            other @ (Patch::Keep | Patch::Clear) => other,
        };
        fields.close(faults);
        let named = [&who.first_name, &who.last_name, &who.email, &who.phone];
        let nobody = who.pointer.is_none() && !named.iter().any(|p| matches!(p, Patch::Set(_)));
        if nobody && faults.errors.len() == before {
            faults.error(
                at,
                "required",
                "needs an `id`, an `external_id`, a name, an `email` or a `phone`",
            );
        }
        who
    }
}

impl Read for ExtraLine {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let before = faults.errors.len();
        let mut fields = Fields::open(value, at, faults);
        let quantity = fields.or("quantity", 1, faults);
        let pointer = Pointer::take(&mut fields, faults);
        let draft = Extra::take(&mut fields, "", faults);
        pass_over(&mut fields, crate::merge::LIFE);
        if !(1..=MOST_EXTRAS).contains(&quantity) {
            faults.error(fields.at("quantity"), "out_of_range", "must be 1 to 10000");
        }
        fields.close(faults);
        let price = draft.as_ref().and_then(|d| d.price);
        let pointer = require_pointer(pointer, at, before, faults)?;
        Some(Self {
            reference: Reference { pointer, draft },
            quantity,
            price,
        })
    }
}
/// More of one extra than this is a mistake.
const MOST_EXTRAS: i64 = 10_000;

/// Reads a reference with what makes the object.
pub(crate) fn reference<Id: FromStr, T: Described>(
    value: &Value,
    at: &str,
    country: &str,
    faults: &mut Faults,
) -> Option<Reference<Id, T>> {
    let before = faults.errors.len();
    let mut fields = Fields::open(value, at, faults);
    let pointer = Pointer::take(&mut fields, faults);
    let draft = T::take(&mut fields, country, faults);
    pass_over(&mut fields, crate::merge::LIFE);
    fields.close(faults);
    let pointer = require_pointer(pointer, at, before, faults)?;
    Some(Reference { pointer, draft })
}

/// What a merge patch says of a reference.
pub(crate) fn reference_patch<Id: FromStr, T: Described>(
    fields: &mut Fields<'_>,
    name: &'static str,
    country: &str,
    faults: &mut Faults,
) -> Patch<Reference<Id, T>> {
    match fields.raw(name) {
        None => Patch::Keep,
        Some(Value::Null) => Patch::Clear,
        Some(value) => reference(value, &fields.at(name), country, faults).map_or(Patch::Keep, Patch::Set),
    }
}

fn require_pointer<Id>(
    pointer: Option<Pointer<Id>>,
    at: &str,
    before: usize,
    faults: &mut Faults,
) -> Option<Pointer<Id>> {
    if pointer.is_none() && faults.errors.len() == before {
        faults.error(at, "required", "needs an `id` or an `external_id`");
    }
    pointer
}

/// Fields of a nested API object that come back from callers who send what they read; they say nothing here.
fn pass_over(fields: &mut Fields<'_>, names: &[&'static str]) {
    for name in names {
        fields.raw(name);
    }
}

/// A single-line field; blank clears it.
fn text(fields: &mut Fields<'_>, name: &'static str, faults: &mut Faults) -> Patch<String> {
    match fields.patch::<Line>(name, faults) {
        Patch::Set(Line(text)) if !text.trim().is_empty() => Patch::Set(text),
        Patch::Set(_) | Patch::Clear => Patch::Clear,
        Patch::Keep => Patch::Keep,
    }
}
