//! The things a booking points to: locations, resources, services, extras, statuses. They share one life: created, changed,
//! archived; bookings keep what is archived, nothing new may name it.

use crate::contact;
use crate::id::{ExtraId, LocationId, ResourceId, ServiceId};
use crate::invalid::{ExternalId, Faults, Fields, Line, below};
use crate::language::Language;
use crate::limits;
use crate::money::Money;
use crate::status::Status;
use crate::words;
use crate::zone::Zone;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

words! {
    /// The kinds of catalogue objects.
    Kind {
        /// A branch.
        Location = "location",
        /// A person or an object that is booked.
        Resource = "resource",
        /// What is booked.
        Service = "service",
        /// An add-on.
        Extra = "extra",
        /// A status of bookings.
        Status = "status",
    }
}
words! {
    /// Whether a resource is somebody or something.
    ResourceKind {
        /// Staff.
        Person = "person",
        /// A cabin, a vehicle, a tool.
        Object = "object",
    }
}

/// A branch. With an address it is in-person; without, online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Its name.
    pub name: String,
    /// Where it is; absent for online.
    pub address: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// Its address for mail.
    pub email: Option<String>,
    /// Its own zone; absent: the zone of the business.
    pub time_zone: Option<Zone>,
}
/// What or who is booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// Somebody or something.
    pub kind: ResourceKind,
    /// Its address for mail.
    pub email: Option<String>,
    /// E.164.
    pub phone: Option<String>,
}
/// What is booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name in the default language.
    pub name: String,
    /// Its name in other languages.
    #[serde(default)]
    pub names: BTreeMap<Language, String>,
    /// A grouping word.
    pub category: Option<String>,
    /// How long it takes, in minutes.
    pub duration_minutes: Option<i64>,
    /// Its list price.
    pub price: Option<Money>,
}
/// An add-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// Its name in the default language.
    pub name: String,
    /// Its name in other languages.
    #[serde(default)]
    pub names: BTreeMap<Language, String>,
    /// Price of one.
    pub price: Option<Money>,
}

/// One catalogue object with its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<Id, T> {
    /// Its id.
    pub id: Id,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// Rises with each change.
    pub revision: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived, if it was.
    pub archived_at: Option<Timestamp>,
    /// The object itself.
    pub value: T,
}
/// A location with its life.
pub type LocationEntry = Entry<LocationId, Location>;
/// A resource with its life.
pub type ResourceEntry = Entry<ResourceId, Resource>;
/// A service with its life.
pub type ServiceEntry = Entry<ServiceId, Service>;
/// An extra with its life.
pub type ExtraEntry = Entry<ExtraId, Extra>;
/// A status with its life.
pub type StatusEntry = Entry<crate::id::StatusId, Status>;

/// A name in the language of a text: that language, its parents, else the default name.
pub fn name_in<'a>(name: &'a str, names: &'a BTreeMap<Language, String>, language: &Language) -> &'a str {
    let mut at = Some(language.clone());
    while let Some(tag) = at {
        if let Some(found) = names.get(&tag) {
            return found;
        }
        at = tag.parent();
    }
    name
}

/// The fields of a catalogue object, taken out of a body of their own or out of a reference in a booking.
pub trait Described: Sized {
    /// Takes the fields out. A missing name is left empty, so that a reference may leave it out; `Draft::read` asks for it.
    /// `country` reads phone numbers.
    fn take(fields: &mut Fields<'_>, country: &str, faults: &mut Faults) -> Option<Self>;
    /// Its name; empty if none was given.
    fn name(&self) -> &str;
}

/// A whole object as a caller describes it: what `merge::merge` leaves, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft<T> {
    /// The caller's own id.
    pub external_id: Option<String>,
    /// The object itself.
    pub value: T,
}
impl<T: Described> Draft<T> {
    /// Reads a whole object without read-only fields.
    pub fn read(value: &Value, country: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, "", faults);
        let external_id = fields.optional::<ExternalId>("external_id", faults);
        let value = T::take(&mut fields, country, faults);
        if value.as_ref().is_some_and(|v| v.name().is_empty())
            && !faults.errors.iter().any(|e| e.pointer == "/key")
        {
            faults.error(fields.at("name"), "required", "`name` is required");
        }
        fields.close(faults);
        Some(Self {
            external_id: external_id.map(|e| e.0),
            value: value?,
        })
    }
}

impl Described for Location {
    fn take(fields: &mut Fields<'_>, country: &str, faults: &mut Faults) -> Option<Self> {
        Some(Self {
            name: line(fields, "name", faults).unwrap_or_default(),
            address: line(fields, "address", faults),
            phone: phone(fields, "phone", country, faults),
            email: email(fields, "email", faults),
            time_zone: fields.optional("time_zone", faults),
        })
    }
    fn name(&self) -> &str {
        &self.name
    }
}
impl Described for Resource {
    fn take(fields: &mut Fields<'_>, country: &str, faults: &mut Faults) -> Option<Self> {
        Some(Self {
            name: line(fields, "name", faults).unwrap_or_default(),
            kind: fields.or("kind", ResourceKind::Person, faults),
            email: email(fields, "email", faults),
            phone: phone(fields, "phone", country, faults),
        })
    }
    fn name(&self) -> &str {
        &self.name
    }
}
impl Described for Service {
    fn take(fields: &mut Fields<'_>, _country: &str, faults: &mut Faults) -> Option<Self> {
        let duration_minutes = fields.optional::<i64>("duration_minutes", faults);
        if duration_minutes.is_some_and(|m| !(0..=MOST_MINUTES).contains(&m)) {
            faults.error(
                fields.at("duration_minutes"),
                "out_of_range",
                "must be 0 to 527040 minutes (366 days)",
            );
        }
        Some(Self {
            name: line(fields, "name", faults).unwrap_or_default(),
            names: texts(fields, "names", faults),
            category: line(fields, "category", faults),
            duration_minutes,
            price: fields.optional("price", faults),
        })
    }
    fn name(&self) -> &str {
        &self.name
    }
}
impl Described for Extra {
    fn take(fields: &mut Fields<'_>, _country: &str, faults: &mut Faults) -> Option<Self> {
        Some(Self {
            name: line(fields, "name", faults).unwrap_or_default(),
            names: texts(fields, "names", faults),
            price: fields.optional("price", faults),
        })
    }
    fn name(&self) -> &str {
        &self.name
    }
}

/// Longest duration of a service: a year.
const MOST_MINUTES: i64 = limits::OFFSET_DAYS * 24 * 60;

/// A single-line field; blank counts as absent.
pub fn line(fields: &mut Fields<'_>, name: &'static str, faults: &mut Faults) -> Option<String> {
    let text = fields.optional::<Line>(name, faults)?.0;
    (!text.trim().is_empty()).then_some(text)
}

/// An e-mail address; blank counts as absent. An unusable one is a fault, or where faults are lenient kept with a warning.
pub fn email(fields: &mut Fields<'_>, name: &'static str, faults: &mut Faults) -> Option<String> {
    let text = line(fields, name, faults)?;
    Some(usable_email(text, &fields.at(name), faults))
}

/// A phone number in E.164, read with the country of the business; blank counts as absent. An unusable one is a fault, or
/// where faults are lenient kept with a warning.
pub fn phone(
    fields: &mut Fields<'_>,
    name: &'static str,
    country: &str,
    faults: &mut Faults,
) -> Option<String> {
    let text = line(fields, name, faults)?;
    Some(usable_phone(text, &fields.at(name), country, faults))
}

/// `text` as an address, told at `at` if mail cannot be sent to it.
pub fn usable_email(text: String, at: &str, faults: &mut Faults) -> String {
    match contact::email(&text) {
        Some(address) => address,
        None if faults.lenient => {
            faults.warn(
                at,
                "bad_email",
                "no mail can be sent to this address: it is kept and not used",
            );
            text
        }
        None => {
            faults.error(at, "bad_email", "must be an address such as kari@example.no");
            text
        }
    }
}

/// `text` as a number in E.164, told at `at` if it is none.
pub fn usable_phone(text: String, at: &str, country: &str, faults: &mut Faults) -> String {
    match contact::phone(&text, country) {
        Some(number) => number,
        None if faults.lenient => {
            faults.warn(
                at,
                "bad_phone",
                "this is not a phone number: it is kept and not used",
            );
            text
        }
        None => {
            faults.error(at, "bad_phone", "must be a phone number such as +4790000001");
            text
        }
    }
}

/// Texts per language; `null` takes one away.
pub fn texts(fields: &mut Fields<'_>, name: &'static str, faults: &mut Faults) -> BTreeMap<Language, String> {
    let given: BTreeMap<String, Value> = fields.or(name, BTreeMap::new(), faults);
    let at = fields.at(name);
    let mut texts = BTreeMap::new();
    for (tag, text) in given.iter().filter(|(_, text)| !text.is_null()) {
        let Some(language) = Language::new(tag) else {
            faults.error(
                below(&at, tag),
                "unknown_language",
                "must be a language tag such as nb, en or nb-NO",
            );
            continue;
        };
        if let Some(Line(text)) = crate::invalid::Read::read(text, &below(&at, tag), faults) {
            texts.insert(language, text);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Contact;
    use serde_json::json;

    fn check<T>(
        read: impl Fn(&Value, &str, &mut Faults) -> Option<T>,
        value: &Value,
        errors: &[(&str, &str)],
    ) {
        let mut faults = Faults::default();
        read(value, "NO", &mut faults);
        let told: Vec<(&str, &str)> = faults
            .errors
            .iter()
            .map(|e| (e.pointer.as_str(), e.code))
            .collect();
        assert_eq!(told, errors, "{value}");
    }

    #[test]
    fn an_object_of_its_own_needs_a_name() {
        check(
            Draft::<Service>::read,
            &json!({"name": "Cut", "names": {"nb": "Klipp", "en": null}}),
            &[],
        );
        check(
            Draft::<Service>::read,
            &json!({"external_id": "cut"}),
            &[("/name", "required")],
        );
        check(
            Draft::<Service>::read,
            &json!({"name": "A\nB"}),
            &[("/name", "line_end"), ("/name", "required")],
        );
        check(
            Draft::<Location>::read,
            &json!({"name": "Oslo", "tim_zone": "UTC"}),
            &[("/tim_zone", "unknown_field")],
        );
        check(
            Draft::<Status>::read,
            &json!({"key": "Bad Key", "kind": "open"}),
            &[("/key", "bad_key")],
        );
        check(
            Draft::<Status>::read,
            &json!({"key": "here", "kind": "opne"}),
            &[("/kind", "unknown_value")],
        );
    }

    #[test]
    fn an_unusable_address_of_a_customer_is_refused() {
        check(Contact::read, &json!({}), &[]);
        let both = [("/email", "bad_email"), ("/phone", "bad_phone")];
        check(Contact::read, &json!({"email": "nowhere", "phone": "abc"}), &both);
        check(
            Contact::read,
            &json!({"consents": [{"channel": "sms"}]}),
            &[
                ("/consents/0/purpose", "required"),
                ("/consents/0/given_at", "required"),
            ],
        );
    }
}
