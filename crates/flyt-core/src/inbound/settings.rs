//! What the owner of a source says about it.

use super::{Adapter, generic};
use crate::booking::Automations;
use crate::invalid::{Faults, Fields, Line, Read, below};
use crate::money::Currency;
use crate::zone::Zone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The settings of a source. Which of them count depends on the adapter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// What external ids from this source begin with; the adapter's word, unless the business has another source of it.
    pub id_prefix: String,
    /// The zone of wall times without offset; else that of the booking's location or of the business.
    pub time_zone: Option<Zone>,
    /// The money of amounts without a currency; else that of the business.
    pub currency: Option<Currency>,
    /// Where the system's API is, for installations of one's own and for tests.
    pub base_url: Option<String>,
    /// The user that goes with the API token.
    pub user_id: Option<String>,
    /// The header that carries the secret.
    pub secret_header: Option<String>,
    /// The URL as it was entered in the other system, where it is signed along.
    pub notification_url: Option<String>,
    /// Statuses: the sender's or ours → the key in this business; `null` leaves the status alone.
    pub statuses: BTreeMap<String, Option<String>>,
    /// Whether workflows see what is made.
    pub automations: Option<Automations>,
    /// Fields of every booking that the sender does not name.
    pub constants: Map<String, Value>,
    /// How a generic sender signs.
    pub signature: Signature,
    /// What the fields of a generic sender are.
    pub map: Option<generic::Map>,
}
/// How a generic sender signs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signature {
    /// In which header.
    pub header: Option<String>,
    /// `hex`, `base64` (both HMAC-SHA256 of the body) or `plain` (the secret itself).
    pub encoding: Option<String>,
}

/// Fields of a booking that a source may set by itself.
const CONSTANTS: [&str; 6] = ["service", "location", "resource", "language", "source", "answers"];

impl Settings {
    /// Reads settings.
    pub fn read(value: &Value, at: &str, adapter: Adapter, faults: &mut Faults) -> Self {
        let mut fields = Fields::open(value, at, faults);
        let line = |fields: &mut Fields<'_>, name, faults: &mut Faults| {
            fields.optional::<Line>(name, faults).map(|l| l.0)
        };
        let prefix = line(&mut fields, "id_prefix", faults);
        let settings = Self {
            id_prefix: prefix.unwrap_or_else(|| adapter.word().to_owned()),
            time_zone: fields.optional("time_zone", faults),
            currency: fields.optional("currency", faults),
            base_url: line(&mut fields, "base_url", faults).map(|u| u.trim_end_matches('/').to_owned()),
            user_id: line(&mut fields, "user_id", faults),
            secret_header: line(&mut fields, "secret_header", faults).map(|h| h.to_lowercase()),
            notification_url: line(&mut fields, "notification_url", faults),
            statuses: statuses(&mut fields, faults),
            automations: fields.optional("automations", faults),
            constants: constants(&mut fields, faults),
            signature: signature(&mut fields, faults),
            map: match fields.raw("map").filter(|v| !v.is_null()) {
                Some(map) => generic::Map::read(map, &fields.at("map"), faults),
                None if adapter == Adapter::Generic => {
                    faults.error(
                        fields.at("map"),
                        "required",
                        "`map` says which field is what: {\"external_id\": \"/id\", …}",
                    );
                    None
                }
                None => None,
            },
        };
        if settings.id_prefix.is_empty() || settings.id_prefix.chars().count() > 40 {
            faults.error(fields.at("id_prefix"), "too_long", "must have 1 to 40 characters");
        }
        fields.close(faults);
        settings
    }

    /// An external id of this source.
    pub(super) fn id(&self, foreign: &str) -> String {
        format!("{}:{foreign}", self.id_prefix)
    }
    /// The key of a status: what the owner says of the sender's word, else of ours, else ours.
    pub(super) fn status(&self, theirs: Option<&str>, ours: &str) -> Option<String> {
        let theirs = theirs.map(|t| t.trim().to_lowercase());
        let said = theirs
            .and_then(|t| self.statuses.get(&t))
            .or_else(|| self.statuses.get(ours));
        said.map_or_else(|| Some(ours.to_owned()), Clone::clone)
    }
    /// The base of the system's API.
    pub(super) fn base(&self, usual: &str) -> String {
        self.base_url.clone().unwrap_or_else(|| usual.to_owned())
    }
}

fn statuses(fields: &mut Fields<'_>, faults: &mut Faults) -> BTreeMap<String, Option<String>> {
    let mut all = BTreeMap::new();
    let Some(value) = fields.raw("statuses").filter(|v| !v.is_null()) else {
        return all;
    };
    let at = fields.at("statuses");
    let Some(map) = value.as_object() else {
        faults.error(
            at,
            "wrong_type",
            "must be an object: their word → your status key, or null",
        );
        return all;
    };
    for (theirs, ours) in map {
        let ours = match ours {
            Value::Null => None,
            other @ (Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_)) => Line::read(other, &below(&at, theirs), faults).map(|l| l.0),
        };
        all.insert(theirs.trim().to_lowercase(), ours);
    }
    all
}
fn constants(fields: &mut Fields<'_>, faults: &mut Faults) -> Map<String, Value> {
    let Some(value) = fields.raw("constants").filter(|v| !v.is_null()) else {
        return Map::new();
    };
    let at = fields.at("constants");
    let Some(map) = value.as_object() else {
        faults.error(at, "wrong_type", "must be an object with fields of a booking");
        return Map::new();
    };
    for name in map.keys().filter(|n| !CONSTANTS.contains(&n.as_str())) {
        faults.unknown(below(&at, name), "unknown_field", name, CONSTANTS);
    }
    let mut told = Faults {
        lenient: true,
        ..Faults::default()
    };
    // Every fault of a constant would be a fault of every booking.
    crate::booking_body::BookingBody::read(value, "NO", &mut told);
    for fault in told.errors.into_iter().filter(|f| f.code != "unknown_field") {
        faults.error(format!("{at}{}", fault.pointer), fault.code, fault.message);
    }
    map.clone()
}
fn signature(fields: &mut Fields<'_>, faults: &mut Faults) -> Signature {
    let Some(value) = fields.raw("signature").filter(|v| !v.is_null()) else {
        return Signature::default();
    };
    let at = fields.at("signature");
    let mut own = Fields::open(value, &at, faults);
    let read = Signature {
        header: own.optional::<Line>("header", faults).map(|l| l.0.to_lowercase()),
        encoding: own.optional::<Line>("encoding", faults).map(|l| l.0),
    };
    if let Some(word) = read
        .encoding
        .as_deref()
        .filter(|w| !["hex", "base64", "plain"].contains(w))
    {
        faults.unknown(
            own.at("encoding"),
            "unknown_value",
            word,
            ["hex", "base64", "plain"],
        );
    }
    own.close(faults);
    read
}
