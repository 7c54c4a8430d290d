//! Instants are UTC with millisecond precision, so that both engines store the same number.

use jiff::Timestamp;

/// Milliseconds since the epoch: the form in which instants are stored.
pub fn to_ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The instant of a stored number. Numbers outside jiff's range become its nearest end.
pub fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// `at` cut down to whole milliseconds.
pub fn whole_ms(at: Timestamp) -> Timestamp {
    from_ms(to_ms(at))
}

/// `at` plus a number of milliseconds, clamped to jiff's range.
pub fn plus_ms(at: Timestamp, ms: i64) -> Timestamp {
    from_ms(to_ms(at).saturating_add(ms))
}
