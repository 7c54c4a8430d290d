//! Dates as files write them. ISO 8601 is always read; any other way must be said, because 03/04 is two days.

use super::short;
use crate::booking_body::Moment;
use crate::instant::plus_ms;
use crate::zone::Zone;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::fmt::strtime;

/// Says whether a format can be used.
///
/// # Errors
/// Why not.
pub fn check(format: &str) -> Result<(), String> {
    let sample = date(2026, 10, 25).at(10, 0, 0, 0);
    let written = strtime::format(format, sample).map_err(|_| wrong_format(format))?;
    let read = strtime::parse(format, &written).map_err(|_| wrong_format(format))?;
    let date = read.to_date().map_err(|_| wrong_format(format))?;
    (date == sample.date())
        .then_some(())
        .ok_or_else(|| wrong_format(format))
}
fn wrong_format(format: &str) -> String {
    format!(
        "`{}` is not a date format such as %d.%m.%Y %H:%M (day, month and year are needed)",
        short(format)
    )
}

/// An instant, or without zone a wall time, as the API takes it.
///
/// # Errors
/// What is wrong, in words.
pub fn moment(text: &str, formats: &[String], zone: Option<&Zone>) -> Result<String, String> {
    for format in formats {
        let Ok(read) = strtime::parse(format, text) else {
            continue;
        };
        if read.offset().is_some()
            && let Ok(at) = read.to_timestamp()
        {
            return Ok(at.to_string());
        }
        let Ok(day) = read.to_date() else { continue };
        let time = read.to_time().unwrap_or(jiff::civil::Time::midnight());
        return Ok(placed(day.to_datetime(time), zone));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.to_string());
    }
    // A zone behind a wall time would be read over silently.
    let plain = !text.contains(['[', 'Z', 'z', '+']);
    if plain
        && let Ok(wall) = text.parse::<DateTime>()
        && text.contains([':'])
    {
        return Ok(placed(wall, zone));
    }
    if text.len() <= 10 && text.parse::<Date>().is_ok() {
        return Err(format!("`{}` has no time of day", short(text)));
    }
    let known = if formats.is_empty() {
        "set `date_formats`, such as [\"%d.%m.%Y %H:%M\"]".to_owned()
    } else {
        format!("it is none of {}", formats.join(", "))
    };
    Err(format!(
        "`{}` is not a date and time we can read; {known}",
        short(text)
    ))
}
fn placed(wall: DateTime, zone: Option<&Zone>) -> String {
    match zone {
        Some(zone) => Moment::Local(wall).instant(zone).to_string(),
        None => wall.to_string(),
    }
}

/// A moment so many minutes after another, in the same form.
pub fn later(start: &str, minutes: i64) -> Option<String> {
    if let Ok(at) = start.parse::<Timestamp>() {
        return Some(plus_ms(at, minutes.checked_mul(60_000)?).to_string());
    }
    let wall = start.parse::<DateTime>().ok()?;
    let span = jiff::SignedDuration::from_mins(minutes);
    Some(wall.checked_add(span).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_moment(text: &str, formats: &[&str], zone: &str, want: Result<&str, &str>) {
        let formats: Vec<String> = formats.iter().map(|f| (*f).to_owned()).collect();
        let got = moment(text, &formats, Zone::new(zone).as_ref());
        match want {
            Ok(want) => assert_eq!(got.as_deref(), Ok(want), "{text}"),
            Err(part) => assert!(got.as_ref().is_err_and(|e| e.contains(part)), "{text}: {got:?}"),
        }
    }

    #[test]
    fn dates_read_as_the_file_says() {
        let oslo = "Europe/Oslo";
        check_moment("2026-10-25T10:00:00+01:00", &[], oslo, Ok("2026-10-25T09:00:00Z"));
        check_moment("2026-10-25 10:00", &[], oslo, Ok("2026-10-25T09:00:00Z"));
        check_moment("2026-10-25 02:30:00", &[], oslo, Ok("2026-10-25T00:30:00Z"));
        check_moment("2026-10-25 10:00", &[], "none", Ok("2026-10-25T10:00:00"));
        check_moment(
            "25.10.2026 10:00",
            &["%d.%m.%Y %H:%M"],
            oslo,
            Ok("2026-10-25T09:00:00Z"),
        );
        check_moment(
            "10/25/2026 2:15 PM",
            &["%m/%d/%Y %I:%M %p"],
            oslo,
            Ok("2026-10-25T13:15:00Z"),
        );
        check_moment("25.10.2026 10:00", &[], oslo, Err("date_formats"));
        check_moment("2026-10-25", &[], oslo, Err("no time of day"));
        check_moment("31.02.2026 10:00", &["%d.%m.%Y %H:%M"], oslo, Err("none of"));
    }

    #[test]
    fn a_format_without_day_month_or_year_is_refused() {
        for bad in ["%H:%M", "%d.%m", "%Q", ""] {
            assert!(check(bad).is_err(), "{bad}");
        }
        for good in ["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y%m%d %H%M"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }
}
