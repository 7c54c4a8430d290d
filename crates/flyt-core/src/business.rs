//! A business: one tenant with its zone, languages, money and settings. Everything else belongs to exactly one.

use crate::customer::Channel;
use crate::id::BusinessId;
use crate::language::Language;
use crate::money::Currency;
use crate::words;
use crate::zone::Zone;
use jiff::Timestamp;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// Whether messages leave.
    Mode {
        /// They do.
        Live = "live",
        /// All are captured.
        Sandbox = "sandbox",
        /// All wait.
        Held = "held",
    }
}

/// Hours in which nothing is sent, `[from, to)` on the wall clock; `from` after `to` spans midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// First quiet minute.
    pub from: Time,
    /// First minute after.
    pub to: Time,
}

/// How a business looks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Branding {
    /// Its logo.
    pub logo_url: Option<String>,
    /// `#RRGGBB`.
    pub colour: Option<String>,
    /// Last lines of every mail.
    pub footer: Option<String>,
}

/// What can be set of a business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// E.164.
    pub phone: Option<String>,
    /// Its address for mail.
    pub email: Option<String>,
    /// Its site.
    pub website: Option<String>,
    /// Where it is.
    pub address: Option<String>,
    /// Its zone.
    pub time_zone: Zone,
    /// Languages in order of preference; never empty.
    pub languages: Vec<Language>,
    /// Language of those who have none.
    pub default_language: Language,
    /// Its money.
    pub currency: Currency,
    /// ISO 3166 alpha-2: country of its numbers and formats.
    pub country: String,
    /// Addresses of its administrators.
    pub admins: Vec<String>,
    /// How it looks.
    #[serde(default)]
    pub branding: Branding,
    /// URL templates of its own pages: `rebook`, `rate`, `pay`, `form`.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// Name and address that e-mails come from; name that SMS come from.
    #[serde(default)]
    pub senders: BTreeMap<Channel, String>,
    /// Quiet hours per channel; absent: none.
    #[serde(default)]
    pub quiet_hours: BTreeMap<Channel, QuietHours>,
    /// E-mails and SMS to one address about one booking in a sliding hour; `None`: no limit.
    pub per_recipient_and_booking_per_hour: Option<i64>,
    /// Whether messages leave.
    pub mode: Mode,
}

/// A business with its life.
#[derive(Debug, Clone, PartialEq)]
pub struct Business {
    /// Small number inside the store.
    pub no: i64,
    /// Its id.
    pub id: BusinessId,
    /// Its name in addresses: `[a-z0-9-]`, unique.
    pub slug: String,
    /// Rises with each change.
    pub revision: i64,
    /// Rises whenever a workflow or a setting that planning reads changes; caches are keyed by it.
    pub epoch: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What can be set.
    pub settings: Settings,
}
