//! Facts: everything a decision or a text may read, loaded fresh in one snapshot by the engine.

use crate::booking::Booking;
use crate::business::Business;
use crate::catalogue::{ExtraEntry, LocationEntry, ResourceEntry, ServiceEntry};
use crate::customer::Customer;
use crate::id::ExtraId;
use crate::language::Language;
use crate::payment::Payment;
use crate::status::Status;
use crate::trigger::ChangedField;
use crate::zone::Zone;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What can be known when a workflow decides or a text is written.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The business.
    pub business: Arc<Business>,
    /// Its statuses in order.
    pub statuses: Arc<Vec<Status>>,
    /// The customer, unless deleted.
    pub customer: Option<Customer>,
    /// The booking and what it points to, unless the trigger has none or it was deleted.
    pub booking: Option<BookingFacts>,
    /// The payment, where the trigger is `payment.completed`.
    pub payment: Option<Payment>,
    /// What it was before, where the trigger is `changed` or `status_changed`.
    pub previous: Option<Previous>,
    /// Which fields differ.
    pub changes: Vec<ChangedField>,
    /// How many of the customer's bookings (not `closed_bad`) start earlier, plus one; loaded only where a condition asks.
    pub visit_number: Option<i64>,
    /// Whether the customer has a later booking that counts; loaded only where a condition asks.
    pub has_later_booking: Option<bool>,
    /// Values stored from webhook answers: action name → field → value.
    pub steps: BTreeMap<String, BTreeMap<String, Value>>,
}

/// A booking with what it points to.
#[derive(Debug, Clone)]
pub struct BookingFacts {
    /// The booking.
    pub booking: Booking,
    /// What is booked.
    pub service: ServiceEntry,
    /// Where.
    pub location: Option<LocationEntry>,
    /// With whom or which.
    pub resource: Option<ResourceEntry>,
    /// The extras its lines point to, same order as `booking.extras`; a missing one is left out of both.
    pub extras: Vec<ExtraEntry>,
}

/// What a change left behind: enough to say what was before (`previous.*`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Previous {
    /// Began.
    pub start: Timestamp,
    /// Ended.
    pub end: Timestamp,
    /// Key of its status.
    pub status: String,
    /// Kind of its status.
    pub status_kind: crate::status::StatusKind,
    /// API object of its location.
    pub location: Option<Value>,
    /// API object of its service.
    pub service: Value,
    /// API object of its resource.
    pub resource: Option<Value>,
    /// Its extras and how many of each.
    #[serde(default)]
    pub extras: Option<Vec<(ExtraId, i64)>>,
}

impl Facts {
    /// The zone in which due instants are decided: the location's, else the business's.
    pub fn zone(&self) -> &Zone {
        let location = self.booking.as_ref().and_then(|b| b.location.as_ref());
        location
            .and_then(|l| l.value.time_zone.as_ref())
            .unwrap_or(&self.business.settings.time_zone)
    }
    /// The language that filters look at: the booking's, else the customer's.
    pub fn language(&self) -> Option<&Language> {
        let own = self.booking.as_ref().and_then(|b| b.booking.language.as_ref());
        own.or_else(|| self.customer.as_ref().and_then(|c| c.contact.language.as_ref()))
    }
    /// The status a key stands for.
    pub fn status(&self, key: &str) -> Option<&Status> {
        self.statuses.iter().find(|s| s.key == key)
    }
}
