//! Quiet hours on the wall clock: whether an instant lies in them, and the instants before and after. Which messages
//! keep them is decided by `due` (planning) and `guard` (the last look).

use crate::action::Recipient;
use crate::business::QuietHours;
use crate::customer::Channel;
use crate::facts::Facts;
use crate::zone::Zone;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// The quiet hours of a channel. Webhooks have none; equal ends mean none.
pub fn hours(channel: Channel, facts: &Facts) -> Option<QuietHours> {
    let hours = facts.business.settings.quiet_hours.get(&channel).copied();
    hours.filter(|h| channel != Channel::Webhook && h.from != h.to)
}

/// The zone in which quiet hours count for a recipient: a customer's own, else the location's, else the business's;
/// for administrators the business's.
pub fn zone_of<'f>(recipient: &Recipient, facts: &'f Facts) -> &'f Zone {
    match recipient {
        Recipient::Customer => {
            let own = facts.customer.as_ref().and_then(|c| c.contact.time_zone.as_ref());
            own.unwrap_or_else(|| facts.zone())
        }
        Recipient::Admins => &facts.business.settings.time_zone,
        Recipient::Resource | Recipient::Location | Recipient::Fixed(_) | Recipient::Template(_) => {
            facts.zone()
        }
    }
}

/// True when the wall clock shows a time in `[from, to)` at that instant.
pub fn inside(hours: QuietHours, rules: &TimeZone, at: Timestamp) -> bool {
    let time = rules.to_datetime(at).time();
    if hours.from <= hours.to {
        hours.from <= time && time < hours.to
    } else {
        hours.from <= time || time < hours.to
    }
}

/// One minute before the quiet hours around `at` began; `at` itself when it is not in them.
///
/// The minute is taken off the instant, not off the wall time, so that it never falls into a gap.
pub fn back(hours: QuietHours, rules: &TimeZone, at: Timestamp) -> Timestamp {
    if !inside(hours, rules, at) {
        return at;
    }
    let local = rules.to_datetime(at);
    let began = if hours.from <= local.time() {
        local.date()
    } else {
        local.date().saturating_sub(1.day())
    };
    let from = instant_of(rules, began, hours.from).min(at);
    from.checked_sub(SignedDuration::from_mins(1)).unwrap_or(from)
}

/// The end of the quiet hours around `at`; `at` itself when it is not in them.
pub fn forward(hours: QuietHours, rules: &TimeZone, at: Timestamp) -> Timestamp {
    let mut found = at;
    // More than once only where a gap carries `to` into the next quiet hours.
    for _ in 0..3 {
        if !inside(hours, rules, found) {
            break;
        }
        found = end_after(hours, rules, found);
    }
    found
}

fn end_after(hours: QuietHours, rules: &TimeZone, at: Timestamp) -> Timestamp {
    let local = rules.to_datetime(at);
    let ends = if local.time() < hours.to {
        local.date()
    } else {
        local.date().saturating_add(1.day())
    };
    let first = instant_of(rules, ends, hours.to);
    if first > at {
        return first;
    }
    // `at` lies in the second pass of an hour that occurs twice: its own `to` is the second one.
    let second = rules
        .to_ambiguous_timestamp(DateTime::from_parts(ends, hours.to))
        .later();
    second.unwrap_or(first).max(at)
}

/// The instant of a wall time: forward by the gap where there is none, the first where there are two (`product.md` §5.2).
pub fn instant_of(rules: &TimeZone, date: Date, time: Time) -> Timestamp {
    let wall = DateTime::from_parts(date, time);
    rules.to_timestamp(wall).unwrap_or(if date.year() > 0 {
        Timestamp::MAX
    } else {
        Timestamp::MIN
    })
}
