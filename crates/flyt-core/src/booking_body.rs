//! What a caller says of a booking: every field as a merge patch, references with what is needed to make them, and faults
//! told with their places. What the words mean together (the zone of a start without offset, what a missing end becomes,
//! who an existing customer is) is decided where the booking is written.

use crate::booking::{Automations, Source};
use crate::catalogue::{Location, Resource, Service};
use crate::customer::check_texts;
use crate::id::{LocationId, ResourceId, ServiceId};
use crate::invalid::{ExternalId, Faults, Fields, Line, Patch, Read, below};
use crate::language::Language;
use crate::limits;
use crate::money::Money;
use crate::reference::{CustomerRef, ExtraLine, Reference, reference, reference_patch};
use crate::zone::Zone;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Fields of a booking that callers only read.
pub const READ_ONLY: &[&str] = &[
    "id",
    "reference",
    "revision",
    "status_kind",
    "status_label",
    "paid",
    "due",
    "paid_state",
    "start_local",
    "end_local",
    "time_zone",
    "customer_confirmed_at",
    "created_at",
    "updated_at",
    "deleted_at",
    "warnings",
];

/// An instant, or a wall time that is read in the zone of the booking's location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// With offset.
    At(Timestamp),
    /// Without.
    Local(DateTime),
}
impl Moment {
    /// The instant, with `zone` for a wall time. A wall time that does not exist moves forward by the gap, one that occurs
    /// twice means the first (`product.md` §5.2).
    pub fn instant(self, zone: &Zone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Local(wall) => {
                let rules = zone.rules();
                let meant = rules.to_ambiguous_timestamp(wall).compatible();
                crate::instant::whole_ms(meant.unwrap_or(Timestamp::MAX))
            }
        }
    }
}
impl Read for Moment {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = value.as_str().unwrap_or_default();
        let wall = || {
            text.contains(['T', 't', ' '])
                .then(|| text.parse::<DateTime>().ok())
                .flatten()
        };
        let found = text
            .parse::<Timestamp>()
            .map(|t| Self::At(crate::instant::whole_ms(t)))
            .ok()
            .or_else(|| wall().map(Self::Local));
        let year = |moment: &Self| match moment {
            Self::At(at) => at.to_zoned(jiff::tz::TimeZone::UTC).year(),
            Self::Local(wall) => wall.year(),
        };
        let found = found.filter(|m| (FIRST_YEAR..=LAST_YEAR).contains(&year(m)));
        if found.is_none() {
            let rule = "must be an instant such as 2026-10-25T10:00:00+01:00, or without offset for the time at the location";
            faults.error(at, "bad_instant", rule);
        }
        found
    }
}
/// Before this there are no appointments worth reminding of.
const FIRST_YEAR: i16 = 1970;
/// After this, arithmetic with offsets could leave the calendar.
const LAST_YEAR: i16 = 2999;

/// The body of a booking write.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BookingBody {
    /// The caller's own id.
    pub external_id: Patch<String>,
    /// Who booked; needed for a new booking.
    pub customer: Option<CustomerRef>,
    /// What is booked; needed for a new booking.
    pub service: Option<Reference<ServiceId, Service>>,
    /// Where.
    pub location: Patch<Reference<LocationId, Location>>,
    /// With whom or which.
    pub resource: Patch<Reference<ResourceId, Resource>>,
    /// Add-ons; they replace.
    pub extras: Patch<Vec<ExtraLine>>,
    /// Key of the status; whether the business has it is not known here.
    pub status: Option<String>,
    /// When it begins; needed for a new booking.
    pub start: Option<Moment>,
    /// When it ends.
    pub end: Patch<Moment>,
    /// Language of its texts.
    pub language: Patch<Language>,
    /// What it costs.
    pub price: Patch<Money>,
    /// Free text.
    pub notes: Patch<String>,
    /// Answers; they merge by key and `null` takes one away.
    pub answers: Patch<BTreeMap<String, Value>>,
    /// Where staff open it.
    pub url: Patch<String>,
    /// Who entered it.
    pub source: Option<Source>,
    /// Whether workflows see it.
    pub automations: Option<Automations>,
    /// Read-only fields that were sent along, for `merge::refuse_read_only`.
    pub read_only: Map<String, Value>,
}

impl BookingBody {
    /// Reads a body. `country` reads phone numbers. `faults` should be lenient: what a booking system sends along with an
    /// appointment must not lose the appointment.
    pub fn read(value: &Value, country: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, "", faults);
        let mut body = Self {
            external_id: fields.patch::<ExternalId>("external_id", faults).map(|e| e.0),
            ..Self::default()
        };
        for name in READ_ONLY {
            if let Some(sent) = fields.raw(name) {
                body.read_only.insert((*name).to_owned(), sent.clone());
            }
        }
        body.customer = never_null(&mut fields, "customer", faults)
            .map(|(value, at)| CustomerRef::read(value, &at, country, faults));
        body.service = never_null(&mut fields, "service", faults)
            .and_then(|(value, at)| reference(value, &at, country, faults));
        body.location = reference_patch(&mut fields, "location", country, faults);
        body.resource = reference_patch(&mut fields, "resource", country, faults);
        body.extras = extras(&mut fields, faults);
        body.status = never_null(&mut fields, "status", faults)
            .and_then(|(v, at)| Line::read(v, &at, faults))
            .map(|l| l.0);
        body.start =
            never_null(&mut fields, "start", faults).and_then(|(v, at)| Moment::read(v, &at, faults));
        body.end = fields.patch("end", faults);
        body.language = fields.patch("language", faults);
        body.price = fields.patch("price", faults);
        body.notes = fields.patch::<Text>("notes", faults).map(|t| t.0);
        body.answers = fields.patch("answers", faults);
        if let Patch::Set(answers) = &body.answers {
            check_texts(answers, "/answers", faults);
        }
        body.url = fields.patch::<Line>("url", faults).map(|l| l.0);
        body.source =
            never_null(&mut fields, "source", faults).and_then(|(v, at)| Source::read(v, &at, faults));
        body.automations = never_null(&mut fields, "automations", faults)
            .and_then(|(v, at)| Automations::read(v, &at, faults));
        fields.close(faults);
        body.refuse_end_before_start(faults);
        value.is_object().then_some(body)
    }

    /// Adds a fault for each field that a new booking needs and this body does not name.
    pub fn require_for_new(&self, faults: &mut Faults) {
        let named = [
            ("customer", self.customer.is_some()),
            ("service", self.service.is_some()),
            ("start", self.start.is_some()),
        ];
        for (name, _) in named.into_iter().filter(|(_, there)| !there) {
            faults.error(below("", name), "required", format!("`{name}` is required"));
        }
    }

    /// Two wall times and two instants compare here; the mixed case is known only with the zone.
    fn refuse_end_before_start(&self, faults: &mut Faults) {
        let before = match (self.start, &self.end) {
            (Some(Moment::At(start)), Patch::Set(Moment::At(end))) => *end < start,
            (Some(Moment::Local(start)), Patch::Set(Moment::Local(end))) => *end < start,
            _ => false,
        };
        if before {
            faults.error("/end", "end_before_start", "must not be before `start`");
        }
    }
}

/// A text with line ends and a limit.
struct Text(String);
impl Read for Text {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = String::read(value, at, faults)?;
        if text.chars().count() > limits::TEXT_CHARS {
            faults.error(
                at,
                "too_long",
                format!("must not be longer than {} characters", limits::TEXT_CHARS),
            );
            return None;
        }
        Some(Self(text))
    }
}

fn extras(fields: &mut Fields<'_>, faults: &mut Faults) -> Patch<Vec<ExtraLine>> {
    let lines: Patch<Vec<ExtraLine>> = fields.patch("extras", faults);
    if let Patch::Set(lines) = &lines {
        for (i, line) in lines.iter().enumerate() {
            if lines
                .iter()
                .take(i)
                .any(|l| l.reference.pointer == line.reference.pointer)
            {
                let at = below(&fields.at("extras"), &i.to_string());
                faults.error(
                    at,
                    "repeated",
                    "this extra stands in the list already: raise its `quantity`",
                );
            }
        }
    }
    lines
}

/// A field that may be left out but not cleared.
fn never_null<'a>(
    fields: &mut Fields<'a>,
    name: &'static str,
    faults: &mut Faults,
) -> Option<(&'a Value, String)> {
    let value = fields.raw(name)?;
    if value.is_null() {
        faults.error(
            fields.at(name),
            "not_clearable",
            format!("`{name}` cannot be cleared"),
        );
        return None;
    }
    Some((value, fields.at(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    type Told = Vec<(String, &'static str)>;

    fn read(value: &Value) -> (BookingBody, Told, Told) {
        let mut faults = Faults {
            lenient: true,
            ..Faults::default()
        };
        let body = BookingBody::read(value, "NO", &mut faults).unwrap_or_default();
        let told =
            |all: &[crate::invalid::Invalid]| all.iter().map(|i| (i.pointer.clone(), i.code)).collect();
        (body, told(&faults.errors), told(&faults.warnings))
    }

    fn check(value: &Value, errors: &[(&str, &str)]) {
        let (_, told, _) = read(value);
        let told: Vec<(&str, &str)> = told.iter().map(|(p, c)| (p.as_str(), *c)).collect();
        assert_eq!(told, errors, "{value}");
    }

    #[test]
    fn the_booking_of_the_contract_reads_without_a_fault() {
        let (body, errors, warnings) = read(&json!({
            "external_id": "B-1001",
            "customer": {"external_id": "C-7", "first_name": "Kari", "email": "kari@example.no", "phone": "900 00 001", "language": "nb"},
            "service": {"external_id": "haircut", "name": "Dameklipp"}, "location": {"external_id": "oslo"},
            "resource": {"external_id": "anne", "name": "Anne", "kind": "person"},
            "extras": [{"external_id": "wash", "name": "Vask", "quantity": 2}],
            "status": "approved", "start": "2026-10-25T10:00:00+01:00", "end": "2026-10-25T10:45:00+01:00",
            "language": "no", "price": {"amount": 69000, "currency": "NOK"}, "notes": "a\nb", "answers": {"allergies": "none"},
            "url": "https://example.no/b/1", "source": "customer", "automations": "on",
        }));
        assert_eq!((errors, warnings), (vec![], vec![]));
        let who = body.customer.unwrap();
        assert_eq!(who.phone, Patch::Set("+4790000001".to_owned()));
        assert_eq!(body.language, Patch::Set(Language::new("nb").unwrap()));
        assert!(matches!(
            &body.location,
            Patch::Set(Reference { pointer: crate::reference::Pointer::External(x), .. }) if x == "oslo"
        ));
    }

    #[test]
    fn each_fault_names_its_place() {
        check(&json!({"custommer": {}}), &[("/custommer", "unknown_field")]);
        check(
            &json!({"customer": null, "service": null, "start": null}),
            &[
                ("/customer", "not_clearable"),
                ("/service", "not_clearable"),
                ("/start", "not_clearable"),
            ],
        );
        check(
            &json!({"start": "2026-10-25T10:00:00Z", "end": "2026-10-25T09:00:00Z"}),
            &[("/end", "end_before_start")],
        );
        check(&json!({"start": "2026-10-25"}), &[("/start", "bad_instant")]);
        check(
            &json!({"price": {"amount": -1, "currency": "NOK"}}),
            &[("/price", "negative")],
        );
        check(&json!({"service": {"name": "Cut"}}), &[("/service", "required")]);
        check(
            &json!({"service": {"id": "bkg_0"}}),
            &[("/service/id", "unknown_reference")],
        );
        check(
            &json!({"extras": [{"external_id": "a"}, {"external_id": "a"}]}),
            &[("/extras/1", "repeated")],
        );
        check(
            &json!({"customer": {"first_nam": "Kari"}}),
            &[("/customer/first_nam", "unknown_field")],
        );
        check(&json!({"customer": {}}), &[("/customer", "required")]);
        check(&json!([]), &[("", "wrong_type")]);
    }

    #[test]
    fn an_unusable_address_is_kept_with_a_warning_and_line_ends_become_blanks() {
        let (body, errors, warnings) =
            read(&json!({"customer": {"first_name": "Ka\r\nri", "email": "nowhere", "phone": "abc"}}));
        assert_eq!(errors, vec![]);
        let codes: Vec<&str> = warnings.iter().map(|(_, c)| *c).collect();
        assert_eq!(codes, ["line_end", "bad_email", "bad_phone"]);
        let who = body.customer.unwrap();
        assert_eq!(
            (who.first_name, who.email),
            (Patch::Set("Ka ri".to_owned()), Patch::Set("nowhere".to_owned()))
        );
    }

    #[test]
    fn a_start_without_offset_is_read_in_the_zone_of_the_location() {
        let (body, _, _) = read(&json!({"start": "2026-10-25T02:30:00"}));
        let zone = Zone::new("Europe/Oslo").unwrap();
        assert_eq!(
            body.start.unwrap().instant(&zone).to_string(),
            "2026-10-25T00:30:00Z",
            "the first of two"
        );
    }
}
