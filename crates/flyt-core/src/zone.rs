//! IANA time zones from the embedded database; the host's zone files and `TZ` are never read.

use crate::invalid::{Faults, Read};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The name of a zone that the embedded database knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Zone(String);

impl Zone {
    /// The zone of a name such as `Europe/Oslo`, if the database has it.
    pub fn new(name: &str) -> Option<Self> {
        let known = DATABASE.get(name).ok()?;
        Some(Self(known.iana_name().unwrap_or(name).to_owned()))
    }
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }
    /// Its IANA name.
    pub fn name(&self) -> &str {
        &self.0
    }
    /// Its rules. A name that a later database dropped counts as UTC.
    pub fn rules(&self) -> TimeZone {
        DATABASE.get(&self.0).unwrap_or(TimeZone::UTC)
    }
}
impl Read for Zone {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let Some(name) = value.as_str() else {
            faults.error(
                at,
                "wrong_type",
                "must be the name of a time zone, such as Europe/Oslo",
            );
            return None;
        };
        let zone = Self::new(name);
        if zone.is_none() {
            let names: Vec<String> = DATABASE.available().map(|n| n.as_str().to_owned()).collect();
            faults.unknown(at, "unknown_time_zone", name, names.iter().map(String::as_str));
        }
        zone
    }
}
