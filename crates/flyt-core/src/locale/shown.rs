//! The zone a reader sees, and instants as text in it. In-person bookings show the location's time, online ones the
//! customer's; where the shown zone is not the booking's own, or the wall time occurs twice that day, the zone is named.

use super::Locale;
use super::formatters::Unit;
use crate::facts::Facts;
use crate::zone::Zone;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;

/// A zone as it is shown to one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The zone.
    pub zone: Zone,
    /// Whether times name it.
    pub named: bool,
}

impl Shown {
    /// The zone in which `facts` are shown, to the customer or to others. A location without address is online. Without
    /// any location the business's own time is shown, and named to a customer of another zone.
    pub fn of(facts: &Facts, to_customer: bool) -> Self {
        let own = facts.zone();
        let location = facts.booking.as_ref().and_then(|b| b.location.as_ref());
        let customer = facts.customer.as_ref().and_then(|c| c.contact.time_zone.as_ref());
        let customer = customer.filter(|_| to_customer);
        let Some(location) = location else {
            let named = customer.is_some_and(|zone| zone != own);
            return Self {
                zone: own.clone(),
                named,
            };
        };
        let in_person = location
            .value
            .address
            .as_deref()
            .is_some_and(|a| !a.trim().is_empty());
        let business = &facts.business.settings.time_zone;
        let zone = match customer {
            _ if in_person || !to_customer => own,
            Some(zone) => zone,
            None => business,
        };
        Self::beside(zone.clone(), own)
    }
    /// `zone`, named where it is not `own`.
    pub fn beside(zone: Zone, own: &Zone) -> Self {
        let named = zone != *own;
        Self { zone, named }
    }

    /// The wall time here.
    pub fn local(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.zone.rules()).datetime()
    }
    /// `10:00`, with the zone where it is named: `10:00 (New York)`, `02:30 (CEST)`.
    pub fn time(&self, locale: &Locale, at: Timestamp) -> String {
        format!("{}{}", locale.time(self.local(at)), self.label(locale, at))
    }
    /// `søndag 25. oktober 2026 kl. 10:00`
    pub fn datetime(&self, locale: &Locale, at: Timestamp) -> String {
        format!("{}{}", locale.datetime(self.local(at)), self.label(locale, at))
    }
    /// `søndag 25. oktober 2026 kl. 10:00–10:45`; over several days both in full.
    pub fn when(&self, locale: &Locale, start: Timestamp, end: Timestamp) -> String {
        let (from, to) = (self.local(start), self.local(end));
        if start == end {
            return self.datetime(locale, start);
        }
        if from.date() != to.date() {
            return format!(
                "{} – {}",
                self.datetime(locale, start),
                self.datetime(locale, end)
            );
        }
        let (first, last) = (self.label(locale, start), self.label(locale, end));
        let between = if first == last { String::new() } else { first };
        format!("{}{between}–{}{last}", locale.datetime(from), locale.time(to))
    }
    /// `i morgen`, `om 3 timer`: in days and longer on another day of the calendar, in hours and minutes on the same.
    pub fn relative(&self, locale: &Locale, at: Timestamp, now: Timestamp) -> String {
        let (number, unit) = distance(self, at, now);
        locale.relative(number, unit)
    }
    fn label(&self, locale: &Locale, at: Timestamp) -> String {
        let rules = self.zone.rules();
        let twice = matches!(
            rules.to_ambiguous_timestamp(self.local(at)).offset(),
            AmbiguousOffset::Fold { .. }
        );
        if twice {
            format!(" ({})", rules.to_offset_info(at).abbreviation())
        } else if self.named {
            format!(" ({})", locale.city(&self.zone))
        } else {
            String::new()
        }
    }
}

fn distance(shown: &Shown, at: Timestamp, now: Timestamp) -> (i64, Unit) {
    let (there, here) = (shown.local(at).date(), shown.local(now).date());
    let days = here.until(there).map_or(0, |span| i64::from(span.get_days()));
    let minutes = at.duration_since(now).as_secs() / 60;
    match days.abs() {
        0 if minutes == 0 => (0, Unit::Second),
        0 if minutes.abs() < 60 => (minutes, Unit::Minute),
        0 => (rounded(minutes, 60), Unit::Hour),
        1..14 => (days, Unit::Day),
        14..60 => (rounded(days, 7), Unit::Week),
        60..730 => (rounded(days, 30), Unit::Month),
        _ => (rounded(days, 365), Unit::Year),
    }
}

fn rounded(number: i64, size: i64) -> i64 {
    (number.abs() + size / 2) / size * number.signum()
}
