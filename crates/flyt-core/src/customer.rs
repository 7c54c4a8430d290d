//! Customers: who booked. Everything but the id may be missing.

use crate::id::CustomerId;
use crate::language::Language;
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
