//! Bookings: appointments, recorded and not arbitrated (overlapping ones are accepted).

use crate::id::{BookingId, CustomerId, ExtraId, LocationId, ResourceId, ServiceId};
use crate::language::Language;
use crate::money::{Currency, Money};
use crate::status::StatusKind;
use crate::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

words! {
    /// Who entered the booking.
    Source {
        /// The customer.
        Customer = "customer",
        /// Staff.
        Staff = "staff",
        /// A program.
        Api = "api",
        /// An import.
        Import = "import",
    }
}
words! {
    /// Whether workflows see the booking.
    Automations {
        /// They do.
        On = "on",
        /// The events of this write start nothing; timers are planned.
        Timed = "timed",
        /// Nothing until a write says otherwise.
        Off = "off",
    }
}

/// An extra of a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedExtra {
    /// Which.
    pub id: ExtraId,
    /// How many, at least 1.
    pub quantity: i64,
    /// Price of one at the time of booking.
    pub price: Option<Money>,
}

/// An appointment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// A short code people can say.
    pub reference: String,
    /// Rises with each change.
    pub revision: i64,
    /// Who booked.
    pub customer_id: CustomerId,
    /// What is booked.
    pub service_id: ServiceId,
    /// Where, if anywhere.
    pub location_id: Option<LocationId>,
    /// With whom or which, if any.
    pub resource_id: Option<ResourceId>,
    /// Add-ons.
    #[serde(default)]
    pub extras: Vec<BookedExtra>,
    /// Key of its status.
    pub status: String,
    /// Kind of its status.
    pub status_kind: StatusKind,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; never before `start`.
    pub end: Timestamp,
    /// Language of its texts.
    pub language: Option<Language>,
    /// What it costs.
    pub price: Option<Money>,
    /// Completed payments minus refunds, in minor units.
    #[serde(default)]
    pub paid: i64,
    /// The currency of `paid`: that of the price, else of the first payment, else of the business.
    #[serde(default)]
    pub paid_currency: Option<Currency>,
    /// Free text.
    pub notes: Option<String>,
    /// Answers to the booking form.
    #[serde(default)]
    pub answers: BTreeMap<String, Value>,
    /// Where staff open it in their own system.
    pub url: Option<String>,
    /// Who entered it.
    pub source: Source,
    /// Whether workflows see it.
    pub automations: Automations,
    /// When the customer said they are coming.
    pub customer_confirmed_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Booking {
    /// What is paid, also without a price.
    pub fn paid_money(&self) -> Option<Money> {
        let currency = self.price.map(|p| p.currency).or(self.paid_currency)?;
        Some(Money {
            amount: self.paid,
            currency,
        })
    }
    /// Price minus what is paid, never below zero; nothing without a price.
    pub fn due(&self) -> Option<Money> {
        self.price.map(|p| Money {
            amount: (p.amount - self.paid).max(0),
            currency: p.currency,
        })
    }
}
