//! Norway's public holidays, computed from Easter, and the working days between them. No table of years is kept.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

/// Easter Sunday of a year (Gregorian; Meeus, Jones and Butcher).
pub fn easter(year: i16) -> Date {
    let year_32 = i32::from(year);
    let (century, rest) = (year_32 / 100, year_32 % 100);
    let golden = year_32 % 19;
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - correction + 15) % 30;
    let sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * sunday) / 451;
    let day_of_march = moon + sunday - 7 * late + 22;
    // Counted from 1 March: the sum runs into April by itself.
    first_of_march(year).saturating_add((day_of_march - 1).days())
}

/// True for the twelve public holidays of Norway.
pub fn is_holiday(date: Date) -> bool {
    let fixed = matches!((date.month(), date.day()), (1 | 5, 1) | (5, 17) | (12, 25 | 26));
    // Maundy Thursday, Good Friday, Easter Sunday and Monday, Ascension Day, Whit Sunday and Monday.
    let moving = [-3, -2, 0, 1, 39, 49, 50];
    let sunday = easter(date.year());
    fixed
        || moving
            .iter()
            .any(|days| sunday.saturating_add(days.days()) == date)
}

/// True from Monday to Friday, unless it is a holiday.
pub fn is_working_day(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_holiday(date)
}

/// The `count`-th working day before (`count` below 0) or after `date`; `date` itself is not counted and 0 gives it back.
pub fn working_days_from(date: Date, count: i64) -> Date {
    let step = count.signum().days();
    let mut left = count.unsigned_abs();
    let mut at = date;
    while left > 0 {
        let next = at.saturating_add(step);
        if next == at {
            // The end of the calendar.
            return at;
        }
        at = next;
        if is_working_day(at) {
            left -= 1;
        }
    }
    at
}

fn first_of_march(year: i16) -> Date {
    Date::new(year, 3, 1).unwrap_or(Date::MIN)
}
