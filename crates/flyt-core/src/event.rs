//! Events as those who follow a business see them: what changes report, and what became of messages. Which changes there are
//! is `change`; which workflows an event starts is `plan`.

use crate::words;

words! {
    /// Kinds of events in the feed and for webhook endpoints, in the order of one write.
    EventKind {
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
        /// A message was given up.
        MessageFailed = "message.failed",
        /// The other side reported a message delivered.
        MessageDelivered = "message.delivered",
    }
}

impl EventKind {
    /// Its digit in `evt_…`, and its bit in stored sets. The first five agree with `change::bits`; 5 and 6 are the timed
    /// triggers, which are no events.
    pub fn ordinal(self) -> i64 {
        match self {
            Self::CustomerCreated => 0,
            Self::BookingCreated => 1,
            Self::BookingChanged => 2,
            Self::StatusChanged => 3,
            Self::PaymentCompleted => 4,
            Self::MessageFailed => 7,
            Self::MessageDelivered => 8,
        }
    }
    /// The kind with this digit.
    pub fn from_ordinal(ordinal: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.ordinal() == ordinal)
    }
    /// Every kind as a set.
    pub fn every() -> i64 {
        bits(Self::ALL)
    }
}

/// Kinds as one number for the store.
pub fn bits(kinds: &[EventKind]) -> i64 {
    kinds.iter().fold(0, |set, kind| set | (1 << kind.ordinal()))
}

/// The kinds of a stored number, in order.
pub fn from_bits(bits: i64) -> Vec<EventKind> {
    let within = |kind: &EventKind| bits & (1 << kind.ordinal()) != 0;
    EventKind::ALL.iter().copied().filter(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change;
    use crate::trigger::TriggerKind;

    #[test]
    fn the_events_of_a_change_have_the_bits_that_the_change_stores() {
        for trigger in TriggerKind::ALL {
            let events = from_bits(change::bits(&[*trigger]));
            let same: Vec<&str> = events.iter().map(|e| e.word()).collect();
            if trigger.is_timed() {
                assert_eq!(same, Vec::<&str>::new(), "a timed trigger is no event");
            } else {
                assert_eq!(same, [trigger.word()]);
            }
        }
        assert_eq!(from_bits(EventKind::every()), EventKind::ALL);
        assert_eq!(EventKind::from_ordinal(5), None);
    }
}
