//! Payments: money for a booking.

use crate::id::{BookingId, PaymentId};
use crate::money::Money;
use crate::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// Where a payment stands.
    PaymentStatus {
        /// Begun.
        Pending = "pending",
        /// The money is here.
        Completed = "completed",
        /// Nothing came of it.
        Failed = "failed",
        /// The money went back.
        Refunded = "refunded",
    }
}

/// Money for a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// The booking it is for.
    pub booking_id: BookingId,
    /// Rises with each change.
    pub revision: i64,
    /// How much.
    pub money: Money,
    /// How it was paid: `manual`, `vipps`, `card` …
    pub method: Option<String>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// When it first became completed. Set once: a payment fires once.
    pub completed_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
