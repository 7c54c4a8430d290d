//! Triggers: when a workflow starts. Types, and which old trigger a new one continues; their reading is in `reading`,
//! matching a change in `plan`, due instants in `due`.

mod reading;

use crate::id::TriggerId;
use crate::words;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

pub use reading::{duration_ms, iso_duration, time_of_day};

words! {
    /// The seven kinds of triggers, in the order of their events within one write (`product.md` §2), timed ones last.
    TriggerKind {
        /// A customer row is new.
        CustomerCreated = "customer.created",
        /// A booking is added.
        BookingCreated = "booking.created",
        /// Start, end, location, service, resource or extras changed.
        BookingChanged = "booking.changed",
        /// The committed status differs from the one before.
        StatusChanged = "booking.status_changed",
        /// A payment became completed.
        PaymentCompleted = "payment.completed",
        /// Before, at or after the start.
        BookingStarts = "booking.starts",
        /// Before, at or after the end.
        BookingEnds = "booking.ends",
    }
}
impl TriggerKind {
    /// True for the two that are planned as timers.
    pub fn is_timed(self) -> bool {
        matches!(self, Self::BookingStarts | Self::BookingEnds)
    }
    /// True for all but `customer.created`.
    pub fn has_booking(self) -> bool {
        self != Self::CustomerCreated
    }
}

words! {
    /// Fields whose change fires `booking.changed`; also the names in `changes`, with `status` for `status_changed`.
    ChangedField {
        /// Begins at another instant.
        Start = "start",
        /// Ends at another instant.
        End = "end",
        /// Elsewhere.
        Location = "location",
        /// Something else.
        Service = "service",
        /// With another.
        Resource = "resource",
        /// Other extras or quantities.
        Extras = "extras",
        /// Another status.
        Status = "status",
    }
}
words! {
    /// Unit of an offset. Minutes and hours are exact, days and weeks keep the wall clock.
    OffsetUnit {
        /// 60 seconds.
        Minutes = "minutes",
        /// 60 minutes.
        Hours = "hours",
        /// Calendar days.
        Days = "days",
        /// Seven calendar days.
        Weeks = "weeks",
    }
}
words! {
    /// Which side of the anchor.
    Direction {
        /// Earlier than the anchor.
        Before = "before",
        /// Later than the anchor, or at it.
        After = "after",
    }
}
words! {
    /// What happens when the due instant lies before the write that plans it.
    Late {
        /// Nothing, with a reason.
        Skip = "skip",
        /// It goes now, while it makes sense.
        SendNow = "send_now",
    }
}

/// Distance from an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offset {
    /// How many units, 0 or more.
    pub amount: i64,
    /// Of what.
    pub unit: OffsetUnit,
    /// On which side.
    pub direction: Direction,
    /// At this time of day instead of the anchor's (days only).
    pub at: Option<Time>,
    /// Count working days only (days only).
    #[serde(default)]
    pub working_days: bool,
}

/// How late an engine may be before a due timer expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxLateness {
    /// "Before": until the anchor; others: one day.
    Default,
    /// No limit (but never "before start" after the start).
    Unlimited,
    /// This many milliseconds.
    Ms(i64),
}

/// What a trigger waits for, with its own settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum When {
    /// `customer.created`
    #[serde(rename = "customer.created")]
    CustomerCreated,
    /// `booking.created`
    #[serde(rename = "booking.created")]
    BookingCreated,
    /// `booking.changed`
    #[serde(rename = "booking.changed")]
    BookingChanged {
        /// Only these fields; empty: any.
        fields: Vec<ChangedField>,
        /// Only when start or end moved at least this far, milliseconds of elapsed time, either direction.
        min_shift_ms: Option<i64>,
        /// Changes within this many milliseconds become one.
        hold_ms: Option<i64>,
    },
    /// `booking.status_changed`
    #[serde(rename = "booking.status_changed")]
    StatusChanged {
        /// Status keys before; empty: any.
        from: Vec<String>,
        /// Status keys after; empty: any.
        to: Vec<String>,
    },
    /// `payment.completed`
    #[serde(rename = "payment.completed")]
    PaymentCompleted {
        /// Only payments of at least this, minor units.
        min_amount: Option<i64>,
        /// Only the payment that takes what is paid to the price or above.
        in_full: bool,
    },
    /// `booking.starts`
    #[serde(rename = "booking.starts")]
    BookingStarts(Timed),
    /// `booking.ends`
    #[serde(rename = "booking.ends")]
    BookingEnds(Timed),
}
/// Settings of a timed trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timed {
    /// Distance from the anchor.
    pub offset: Offset,
    /// What happens to a booking made too late.
    pub late: Late,
    /// How late the engine may be.
    pub max_lateness: MaxLateness,
}

/// A trigger of a workflow. Its id outlives edits: occurrences are told apart by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Its id.
    pub id: TriggerId,
    /// Small number inside the store, unique over all businesses.
    pub no: i64,
    /// What it waits for.
    pub when: When,
}

impl When {
    /// Which of the seven it is.
    pub fn kind(&self) -> TriggerKind {
        match self {
            Self::CustomerCreated => TriggerKind::CustomerCreated,
            Self::BookingCreated => TriggerKind::BookingCreated,
            Self::BookingChanged { .. } => TriggerKind::BookingChanged,
            Self::StatusChanged { .. } => TriggerKind::StatusChanged,
            Self::PaymentCompleted { .. } => TriggerKind::PaymentCompleted,
            Self::BookingStarts(_) => TriggerKind::BookingStarts,
            Self::BookingEnds(_) => TriggerKind::BookingEnds,
        }
    }
    /// Settings, if it is timed.
    pub fn timed(&self) -> Option<&Timed> {
        match self {
            Self::BookingStarts(t) | Self::BookingEnds(t) => Some(t),
            Self::CustomerCreated
            | Self::BookingCreated
            | Self::BookingChanged { .. }
            | Self::StatusChanged { .. }
            | Self::PaymentCompleted { .. } => None,
        }
    }
}

/// A trigger as it was sent: `id` names the one it continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerDraft {
    /// The id it had, if the caller gave one.
    pub id: Option<TriggerId>,
    /// What it waits for.
    pub when: When,
}

/// Finds for each new trigger the old one it continues: by id, else by equal content, else by type and place
/// (`product.md` §5.6). An old trigger is continued at most once; `None` needs a new id.
pub fn matched(old: &[Trigger], new: Vec<TriggerDraft>) -> Vec<(TriggerDraft, Option<usize>)> {
    type Rule = fn(&Trigger, &TriggerDraft, bool) -> bool;
    let rules: [Rule; 3] = [
        |old, new, _| new.id == Some(old.id),
        |old, new, _| new.when == old.when,
        |old, new, same_place| same_place && new.when.kind() == old.when.kind(),
    ];
    let mut pairs: Vec<(TriggerDraft, Option<usize>)> = new.into_iter().map(|d| (d, None)).collect();
    let mut free = vec![true; old.len()];
    for fits in rules {
        for (place, (draft, found)) in pairs.iter_mut().enumerate() {
            if found.is_some() {
                continue;
            }
            let candidates = old.iter().zip(free.iter_mut()).enumerate();
            let hit = candidates
                .into_iter()
                .find(|(index, (old, free))| **free && fits(old, draft, *index == place));
            if let Some((index, (_, free))) = hit {
                *free = false;
                *found = Some(index);
            }
        }
    }
    pairs
}
