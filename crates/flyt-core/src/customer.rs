//! Customers: who booked. Everything but the id may be missing.

use crate::catalogue::{Draft, email, line, phone};
use crate::id::CustomerId;
use crate::invalid::{ExternalId, Faults, Fields, Line, Read};
use crate::language::Language;
use crate::limits;
use crate::words;
use crate::zone::Zone;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

words! {
    /// How a message leaves.
    Channel {
        /// E-mail.
        Email = "email",
        /// SMS.
        Sms = "sms",
        /// An HTTP call.
        Webhook = "webhook",
    }
}
words! {
    /// Why a message is sent.
    Purpose {
        /// Belongs to the booking.
        Service = "service",
        /// Advertising: needs recorded consent.
        Marketing = "marketing",
    }
}

/// A recorded permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// For which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: Purpose,
    /// When it was given.
    pub given_at: Timestamp,
    /// Where it was given.
    pub source: Option<String>,
}
/// A recorded refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// For which channel.
    pub channel: Channel,
    /// Only for this purpose; absent: for all.
    pub purpose: Option<Purpose>,
    /// When it was given.
    pub at: Timestamp,
}

/// A customer of a business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// Rises with each change.
    pub revision: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What can change.
    #[serde(flatten)]
    pub contact: Contact,
}
/// What is known of a customer and can change.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// As it was given; usable if `contact::email` says so.
    pub email: Option<String>,
    /// E.164 when it could be read so, else as it was given.
    pub phone: Option<String>,
    /// Wanted language.
    pub language: Option<Language>,
    /// Own zone.
    pub time_zone: Option<Zone>,
    /// Free words.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Free fields.
    #[serde(default)]
    pub fields: BTreeMap<String, Value>,
    /// Recorded permissions.
    #[serde(default)]
    pub consents: Vec<Consent>,
    /// Recorded refusals.
    #[serde(default)]
    pub opt_outs: Vec<OptOut>,
}
impl Contact {
    /// First and last name with one blank between, or nothing.
    pub fn full_name(&self) -> String {
        let parts = [self.first_name.as_deref(), self.last_name.as_deref()];
        parts
            .into_iter()
            .flatten()
            .map(str::trim)
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Fields of a customer that callers only read, beside `merge::LIFE`.
pub const READ_ONLY: &[&str] = &[
    "id",
    "revision",
    "created_at",
    "updated_at",
    "archived_at",
    "deleted_at",
    "warnings",
    "full_name",
];

impl Contact {
    /// Reads a whole customer without read-only fields. Everything may be missing.
    pub fn read(value: &Value, country: &str, faults: &mut Faults) -> Option<Draft<Self>> {
        let mut fields = Fields::open(value, "", faults);
        let external_id = fields.optional::<ExternalId>("external_id", faults);
        let contact = Self {
            first_name: line(&mut fields, "first_name", faults),
            last_name: line(&mut fields, "last_name", faults),
            email: email(&mut fields, "email", faults),
            phone: phone(&mut fields, "phone", country, faults),
            language: fields.optional("language", faults),
            time_zone: fields.optional("time_zone", faults),
            tags: tags(fields.optional("tags", faults)),
            fields: free(fields.optional("fields", faults), &fields.at("fields"), faults),
            consents: fields.or("consents", Vec::new(), faults),
            opt_outs: fields.or("opt_outs", Vec::new(), faults),
        };
        fields.close(faults);
        Some(Draft {
            external_id: external_id.map(|e| e.0),
            value: contact,
        })
    }
}

/// Tags as they are kept: trimmed, without blanks and repetitions, in the order given.
pub fn tags(given: Option<Vec<Line>>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for Line(tag) in given.into_iter().flatten() {
        let tag = tag.trim();
        if !tag.is_empty() && !tags.iter().any(|t| t == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// A free map as it is kept: `null` takes a key away, and no text is longer than `limits::TEXT_CHARS`.
pub fn free(
    given: Option<BTreeMap<String, Value>>,
    at: &str,
    faults: &mut Faults,
) -> BTreeMap<String, Value> {
    let mut map = given.unwrap_or_default();
    map.retain(|_, value| !value.is_null());
    check_texts(&map, at, faults);
    map
}

/// Tells of each text of a free map that is too long or holds NUL.
pub fn check_texts(map: &BTreeMap<String, Value>, at: &str, faults: &mut Faults) {
    for (key, value) in map {
        let here = crate::invalid::below(at, key);
        if value
            .as_str()
            .is_some_and(|t| t.chars().count() > limits::TEXT_CHARS)
        {
            faults.error(
                here,
                "too_long",
                format!("must not be longer than {} characters", limits::TEXT_CHARS),
            );
        } else if value.as_str().is_some_and(|t| t.contains('\0')) || key.contains('\0') {
            faults.error(here, "nul", "must not contain the character NUL");
        }
    }
}

impl Read for Consent {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let channel = fields.required("channel", faults);
        let purpose = fields.required("purpose", faults);
        let given_at = fields.required("given_at", faults);
        let source = line(&mut fields, "source", faults);
        fields.close(faults);
        Some(Self {
            channel: channel?,
            purpose: purpose?,
            given_at: given_at?,
            source,
        })
    }
}
impl Read for OptOut {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let channel = fields.required("channel", faults);
        let purpose = fields.optional("purpose", faults);
        let given_at = fields.required("at", faults);
        fields.close(faults);
        Some(Self {
            channel: channel?,
            purpose,
            at: given_at?,
        })
    }
}
