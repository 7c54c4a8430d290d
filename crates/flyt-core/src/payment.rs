//! Payments: money for a booking.

use crate::id::{BookingId, PaymentId};
use crate::invalid::{ExternalId, Faults, Fields, Line, Patch};
use crate::money::{Currency, Money};
use crate::reference::Pointer;
use crate::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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

/// Fields of a payment that callers only read.
pub const READ_ONLY: &[&str] = &[
    "id",
    "booking_id",
    "revision",
    "completed_at",
    "created_at",
    "updated_at",
    "warnings",
];

/// What a caller says of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentBody {
    /// The caller's own id.
    pub external_id: Patch<String>,
    /// The booking it is for; needed for a new payment.
    pub booking: Option<Pointer<BookingId>>,
    /// How much, in minor units. Left out with method `manual`: the balance.
    pub amount: Option<i64>,
    /// Its currency; left out: that of the booking's price, else of the business.
    pub currency: Option<Currency>,
    /// How it was paid.
    pub method: Patch<String>,
    /// Where it stands; left out for a new payment: `completed` with method `manual`, else `pending`.
    pub status: Option<PaymentStatus>,
    /// Read-only fields that were sent along, for `merge::refuse_read_only`.
    pub read_only: Map<String, Value>,
}
impl PaymentBody {
    /// Reads the body of a payment write.
    pub fn read(value: &Value, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, "", faults);
        let mut body = Self::default();
        for name in READ_ONLY {
            if let Some(sent) = fields.raw(name) {
                body.read_only.insert((*name).to_owned(), sent.clone());
            }
        }
        body.external_id = fields.patch::<ExternalId>("external_id", faults).map(|e| e.0);
        body.method = fields.patch::<Line>("method", faults).map(|l| l.0);
        body.booking = fields.optional("booking", faults);
        body.amount = fields.optional("amount", faults);
        body.currency = fields.optional("currency", faults);
        body.status = fields.optional("status", faults);
        if body.amount.is_some_and(i64::is_negative) {
            faults.error("/amount", "negative", "must not be negative");
        }
        fields.close(faults);
        value.is_object().then_some(body)
    }
}
