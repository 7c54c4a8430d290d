//! Ids. Inside a 63-bit integer that sorts by time (milliseconds, sequence, node); outside a prefix and 13 characters of
//! Crockford base32 that sort the same way. Ids are made by `flyt-engine`'s `IdSource`, never here.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a 63-bit number in base32.
const WIDTH: usize = 13;

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

/// Writes the lowest `width * 5` bits of `number` in Crockford base32.
pub fn encode(number: i64, width: usize) -> String {
    let bits = number.cast_unsigned();
    (0..width)
        .rev()
        .map(|place| {
            let digit = usize::try_from((bits >> (place * 5)) & 31).unwrap_or(0);
            char::from(ALPHABET.get(digit).copied().unwrap_or(b'0'))
        })
        .collect()
}

/// Reads what `encode` wrote; lower case is accepted, as Crockford says.
pub fn decode(text: &str) -> Option<i64> {
    let mut number: u64 = 0;
    for c in text.bytes() {
        let digit = ALPHABET.iter().position(|a| *a == c.to_ascii_uppercase())?;
        if number >> 58 != 0 {
            return None;
        }
        number = (number << 5) | u64::try_from(digit).ok()?;
    }
    i64::try_from(number).ok()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);
        impl $name {
            /// What stands before the underscore outside.
            pub const PREFIX: &'static str = $prefix;
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0, WIDTH))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let digits = text.strip_prefix(concat!($prefix, "_")).filter(|d| d.len() == WIDTH).ok_or(NotAnId)?;
                decode(digits).map(Self).ok_or(NotAnId)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )* };
}

ids! {
    /// A business: one tenant.
    BusinessId = "biz";
    /// A branch of a business.
    LocationId = "loc";
    /// What or who is booked.
    ResourceId = "rsc";
    /// A service.
    ServiceId = "svc";
    /// An add-on.
    ExtraId = "ext";
    /// A status of a business.
    StatusId = "sts";
    /// A customer.
    CustomerId = "cus";
    /// A booking.
    BookingId = "bkg";
    /// A payment.
    PaymentId = "pay";
    /// One write and everything it caused.
    ChangeId = "chg";
    /// A workflow.
    WorkflowId = "wfl";
    /// A trigger of a workflow; outlives the edits of it.
    TriggerId = "trg";
    /// One workflow started for one event or due timer.
    RunId = "run";
    /// A user.
    UserId = "usr";
    /// Someone signed in, in one browser.
    SessionId = "ses";
    /// An API key.
    KeyId = "key";
    /// A row of the audit log.
    AuditId = "aud";
    /// A standing subscription of a receiver to events.
    EndpointId = "whk";
    /// A system that bookings come in from.
    SourceId = "src";
    /// One call of such a system.
    DeliveryId = "inb";
}

/// A step: the n-th of its run. Its outside form is the id that every attempt bears (Message-ID, `webhook-id`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StepId {
    /// The run it belongs to.
    pub run: RunId,
    /// Its number within the run, from 0.
    pub no: i64,
}
impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stp_{}{}", encode(self.run.0, WIDTH), encode(self.no, 3))
    }
}
impl StepId {
    /// The id of the message this step sends: the same digits after `msg_`.
    pub fn message(self) -> String {
        format!("msg_{}{}", encode(self.run.0, WIDTH), encode(self.no, 3))
    }
}
impl FromStr for StepId {
    type Err = NotAnId;
    /// Accepts `stp_…` and `msg_…`: a message is a delivery step.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = text
            .strip_prefix("stp_")
            .or_else(|| text.strip_prefix("msg_"))
            .ok_or(NotAnId)?;
        let (run, no) = digits
            .split_at_checked(WIDTH)
            .filter(|(_, no)| no.len() == 3)
            .ok_or(NotAnId)?;
        Ok(Self {
            run: RunId(decode(run).ok_or(NotAnId)?),
            no: decode(no).ok_or(NotAnId)?,
        })
    }
}

/// A planned future trigger of one booking; `group` tells apart the actions that quiet hours moved.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimerId {
    /// The booking it belongs to.
    pub booking: BookingId,
    /// The small number of its trigger.
    pub trigger_no: i64,
    /// The group of actions with the same instant, from 0.
    pub group: i64,
}
impl fmt::Display for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "tmr_{}{}{}",
            encode(self.booking.0, WIDTH),
            encode(self.trigger_no, 7),
            encode(self.group, 1)
        )
    }
}
impl FromStr for TimerId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = text
            .strip_prefix("tmr_")
            .filter(|d| d.len() == WIDTH + 8)
            .ok_or(NotAnId)?;
        let (booking, rest) = digits.split_at_checked(WIDTH).ok_or(NotAnId)?;
        let (trigger, group) = rest.split_at_checked(7).ok_or(NotAnId)?;
        Ok(Self {
            booking: BookingId(decode(booking).ok_or(NotAnId)?),
            trigger_no: decode(trigger).ok_or(NotAnId)?,
            group: decode(group).ok_or(NotAnId)?,
        })
    }
}

/// A fact (`evt_…`): one kind of event of one change.
pub fn event_id(change: ChangeId, ordinal: i64) -> String {
    format!("evt_{}{}", encode(change.0, WIDTH), encode(ordinal, 1))
}

/// The id of an event taken apart: the change, or the message's fact, and which of its events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId {
    /// Number of the change or of the message's fact.
    pub source: i64,
    /// Which of its events (`event::EventKind::ordinal`).
    pub ordinal: i64,
}
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&event_id(ChangeId(self.source), self.ordinal))
    }
}
impl FromStr for EventId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = text
            .strip_prefix("evt_")
            .filter(|d| d.len() == WIDTH + 1)
            .ok_or(NotAnId)?;
        let (source, ordinal) = digits.split_at_checked(WIDTH).ok_or(NotAnId)?;
        Ok(Self {
            source: decode(source).ok_or(NotAnId)?,
            ordinal: decode(ordinal).ok_or(NotAnId)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_printed_and_sorts_by_number() {
        let (a, b) = (BookingId(0), BookingId(i64::MAX));
        assert_eq!(a.to_string().parse(), Ok(a));
        assert_eq!(b.to_string().parse(), Ok(b));
        assert!(a.to_string() < b.to_string());
        assert_eq!("cus_0000000000000".parse::<BookingId>(), Err(NotAnId));
        assert_eq!("bkg_ZZZZZZZZZZZZZ".parse::<BookingId>(), Err(NotAnId));
    }

    #[test]
    fn a_message_and_its_step_are_one() {
        let step = StepId {
            run: RunId(77),
            no: 3,
        };
        assert_eq!(step.to_string().parse(), Ok(step));
        assert_eq!(step.message().parse(), Ok(step));
        let timer = TimerId {
            booking: BookingId(5),
            trigger_no: 1_000_000,
            group: 1,
        };
        assert_eq!(timer.to_string().parse(), Ok(timer));
        let event = EventId {
            source: 1 << 60,
            ordinal: 8,
        };
        assert_eq!(event.to_string().parse(), Ok(event));
        assert_eq!("evt_1".parse::<EventId>(), Err(NotAnId));
    }
}
