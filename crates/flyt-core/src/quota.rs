//! Limits that are counted in windows: what the operator allows a business (e-mails a day, SMS segments a month, webhooks a
//! minute, countries of SMS) and what a sending account takes in a second. The counts themselves are rows of the store.

use crate::contact;
use crate::customer::Channel;
use crate::instant::{from_ms, to_ms};
use crate::retention::Limits;
use crate::zone::Zone;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;

/// The time after which a limit begins anew. Days and months are those of the business's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// What a sending account takes.
    Second,
    /// Webhooks.
    Minute,
    /// E-mails.
    Day,
    /// SMS segments.
    Month,
}
impl Window {
    /// The word under which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
    /// When the window that holds `at` began, ms.
    fn began(self, zone: &Zone, at: Timestamp) -> i64 {
        let ms = to_ms(at);
        match self {
            Self::Second => ms.div_euclid(SECOND_MS) * SECOND_MS,
            Self::Minute => ms.div_euclid(MINUTE_MS) * MINUTE_MS,
            Self::Day => start(&at.to_zoned(zone.rules()), ms),
            Self::Month => start(&first_of_month(at, zone.rules()), ms),
        }
    }
    /// When the window after the one that holds `at` begins, ms.
    fn next(self, zone: &Zone, at: i64) -> i64 {
        let local = from_ms(at).to_zoned(zone.rules());
        let later =
            |span: jiff::Span, from: Zoned| from.checked_add(span).map_or(i64::MAX, |z| start(&z, at));
        match self {
            Self::Second => self.began(zone, from_ms(at)).saturating_add(SECOND_MS),
            Self::Minute => self.began(zone, from_ms(at)).saturating_add(MINUTE_MS),
            Self::Day => later(1.day(), local),
            Self::Month => later(1.month(), first_of_month(from_ms(at), zone.rules())),
        }
    }
}

fn first_of_month(at: Timestamp, rules: TimeZone) -> Zoned {
    let local = at.to_zoned(rules);
    local.first_of_month().unwrap_or(local)
}

fn start(day: &Zoned, or: i64) -> i64 {
    day.start_of_day().map_or(or, |z| to_ms(z.timestamp()))
}

/// At most so many in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The window.
    pub window: Window,
    /// How many; at least 1.
    pub most: i64,
}

/// What has gone in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// When the window began, ms.
    pub from_at: i64,
    /// How many.
    pub used: i64,
}

/// The window in which the last of those that wait will be looked at again: they are spread over the windows to come, so that
/// not all of them look at every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// When it begins, ms.
    pub at: i64,
    /// How many wait for it.
    pub count: i64,
}

impl Limit {
    /// What will have gone with `amount` more; `None`: there is no room in the window of `now`.
    pub fn take(self, used: Used, amount: i64, (now, zone): (Timestamp, &Zone)) -> Option<Used> {
        let from_at = self.window.began(zone, now);
        let before = if used.from_at == from_at { used.used } else { 0 };
        let after = before.saturating_add(amount);
        (after <= self.most).then_some(Used { from_at, used: after })
    }
    /// When `amount` that found no room looks again.
    pub fn wait(self, waiting: Waiting, amount: i64, (now, zone): (Timestamp, &Zone)) -> Waiting {
        if waiting.at > to_ms(now) {
            let count = waiting.count.saturating_add(amount);
            if count <= self.most {
                return Waiting { count, ..waiting };
            }
        }
        let after = waiting.at.max(to_ms(now));
        Waiting {
            at: self.window.next(zone, after),
            count: amount,
        }
    }
}

/// What the operator allows the business on a channel.
pub fn of_business(limits: &Limits, channel: Channel) -> Option<Limit> {
    let (window, most) = match channel {
        Channel::Email => (Window::Day, limits.emails_per_day),
        Channel::Sms => (Window::Month, limits.sms_segments_per_month),
        Channel::Webhook => (Window::Minute, limits.webhooks_per_minute),
    };
    most.map(|most| Limit { window, most })
}

/// Whether SMS of the business may go to a number.
pub fn allows_number(limits: &Limits, e164: &str) -> bool {
    let Some(countries) = &limits.sms_countries else {
        return true;
    };
    countries.iter().any(|country| contact::is_of(e164, country))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }
    fn oslo() -> Zone {
        Zone::new("Europe/Oslo").unwrap()
    }

    #[test]
    fn days_and_months_are_those_of_the_business_and_the_clock_change_makes_a_day_of_25_hours() {
        let spans = [
            (
                Window::Day,
                "2026-10-25T12:00:00Z",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
            ),
            (
                Window::Day,
                "2026-03-29T12:00:00Z",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            (
                Window::Month,
                "2026-10-31T22:59:59Z",
                "2026-09-30T22:00:00Z",
                "2026-10-31T23:00:00Z",
            ),
            (
                Window::Month,
                "2026-01-31T12:00:00Z",
                "2025-12-31T23:00:00Z",
                "2026-01-31T23:00:00Z",
            ),
            (
                Window::Minute,
                "2026-10-01T08:00:59.999Z",
                "2026-10-01T08:00:00Z",
                "2026-10-01T08:01:00Z",
            ),
            (
                Window::Second,
                "2026-10-01T08:00:59.999Z",
                "2026-10-01T08:00:59Z",
                "2026-10-01T08:01:00Z",
            ),
        ];
        for (window, now, began, next) in spans {
            let told = (
                window.began(&oslo(), at(now)),
                window.next(&oslo(), to_ms(at(now))),
            );
            assert_eq!(told, (to_ms(at(began)), to_ms(at(next))), "{window:?} {now}");
        }
    }

    #[test]
    fn what_is_used_up_begins_anew_with_the_next_window() {
        let limit = Limit {
            window: Window::Minute,
            most: 3,
        };
        let (now, zone) = (at("2026-10-01T08:00:30Z"), oslo());
        let two = limit.take(Used::default(), 2, (now, &zone)).unwrap();
        assert_eq!(limit.take(two, 2, (now, &zone)), None, "a part of it does not go");
        let three = limit.take(two, 1, (now, &zone)).unwrap();
        assert_eq!((three.used, limit.take(three, 1, (now, &zone))), (3, None));
        let next = limit.take(three, 1, (at("2026-10-01T08:01:00Z"), &zone));
        assert_eq!(next.map(|u| u.used), Some(1));
    }

    #[test]
    fn those_that_wait_are_spread_over_the_windows_to_come() {
        let limit = Limit {
            window: Window::Minute,
            most: 2,
        };
        let (now, zone) = (at("2026-10-01T08:00:30Z"), oslo());
        let mut waiting = Waiting::default();
        let mut told = Vec::new();
        for _ in 0..5 {
            waiting = limit.wait(waiting, 1, (now, &zone));
            told.push(from_ms(waiting.at).to_string());
        }
        let [one, two, three] = [
            "2026-10-01T08:01:00Z",
            "2026-10-01T08:02:00Z",
            "2026-10-01T08:03:00Z",
        ];
        assert_eq!(told, [one, one, two, two, three]);
        // What comes once all of them have had their turn does not wait behind them.
        let later = limit.wait(waiting, 1, (at("2026-10-01T08:05:00Z"), &zone));
        assert_eq!(from_ms(later.at).to_string(), "2026-10-01T08:06:00Z");
    }

    #[test]
    fn numbers_that_share_a_code_are_told_apart_by_country() {
        let only = |country: &str| Limits {
            sms_countries: Some(vec![country.to_owned()]),
            ..Limits::default()
        };
        for (country, number, allowed) in [
            ("NO", "+4790000001", true),
            ("NO", "+46701234567", false),
            ("US", "+12015550123", true),
            ("CA", "+12015550123", false),
            ("CA", "+15062345678", true),
            ("US", "+18762101234", false), // Jamaica
            ("GB", "+447400123456", true),
            ("JE", "+447400123456", false),
            ("NO", "90000001", false),
            ("NO", "", false),
        ] {
            assert_eq!(
                allows_number(&only(country), number),
                allowed,
                "{country} {number}"
            );
        }
        let none = Limits {
            sms_countries: Some(Vec::new()),
            ..Limits::default()
        };
        assert!(
            !allows_number(&none, "+4790000001"),
            "an empty list allows nobody"
        );
        assert!(allows_number(&Limits::default(), "+4790000001"));
    }
}
