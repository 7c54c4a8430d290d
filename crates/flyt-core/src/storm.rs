//! The storm guard: how many messages one address gets about one booking in a sliding hour. Which messages count is asked of
//! the store.

use crate::instant::{from_ms, to_ms};
use jiff::Timestamp;

/// The hour.
pub const WINDOW_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// When the next message may go, if it may not go now: the first full minute at which fewer than `most` lie within the hour.
/// `sent`: instants of the last `most` messages within the hour, newest first, ms.
pub fn free_at(sent: &[i64], most: i64, now: Timestamp) -> Option<Timestamp> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let oldest = *sent.get(most.checked_sub(1)?)?;
    let free = oldest.saturating_add(WINDOW_MS);
    let minute = free.div_euclid(MINUTE_MS) * MINUTE_MS;
    let next = if minute < free { minute + MINUTE_MS } else { minute };
    (next > to_ms(now)).then(|| from_ms(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_message_waits_for_the_minute_in_which_the_first_is_an_hour_old() {
        let now: Timestamp = "2026-10-01T10:30:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let sent = [at("2026-10-01T10:20:00Z"), at("2026-10-01T09:40:30Z")];
        assert_eq!(free_at(&sent, 3, now), None);
        assert_eq!(
            free_at(&sent, 2, now),
            Some("2026-10-01T10:41:00Z".parse().unwrap())
        );
        assert_eq!(
            free_at(&sent, 1, now),
            Some("2026-10-01T11:20:00Z".parse().unwrap())
        );
        assert_eq!(free_at(&[], 1, now), None);
    }
}
