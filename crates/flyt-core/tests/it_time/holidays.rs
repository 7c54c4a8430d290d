//! Norway's holidays against a table, and working days around them.

use crate::fixtures::{OSLO, after_end, before_start, facts, fires, local, settings};
use flyt_core::holiday::{is_holiday, is_working_day, working_days_from};
use flyt_core::trigger::{OffsetUnit, Trigger};
use jiff::civil::Date;
use std::collections::BTreeSet;

const FIXED: [&str; 5] = ["01-01", "05-01", "05-17", "12-25", "12-26"];
/// Maundy Thursday, Good Friday, Easter Sunday and Monday, Ascension Day, Whit Sunday and Monday.
const MOVING: [(i16, [&str; 7]); 11] = [
    (
        2020,
        ["04-09", "04-10", "04-12", "04-13", "05-21", "05-31", "06-01"],
    ),
    (
        2021,
        ["04-01", "04-02", "04-04", "04-05", "05-13", "05-23", "05-24"],
    ),
    (
        2022,
        ["04-14", "04-15", "04-17", "04-18", "05-26", "06-05", "06-06"],
    ),
    (
        2023,
        ["04-06", "04-07", "04-09", "04-10", "05-18", "05-28", "05-29"],
    ),
    (
        2024,
        ["03-28", "03-29", "03-31", "04-01", "05-09", "05-19", "05-20"],
    ),
    (
        2025,
        ["04-17", "04-18", "04-20", "04-21", "05-29", "06-08", "06-09"],
    ),
    (
        2026,
        ["04-02", "04-03", "04-05", "04-06", "05-14", "05-24", "05-25"],
    ),
    (
        2027,
        ["03-25", "03-26", "03-28", "03-29", "05-06", "05-16", "05-17"],
    ),
    (
        2028,
        ["04-13", "04-14", "04-16", "04-17", "05-25", "06-04", "06-05"],
    ),
    (
        2029,
        ["03-29", "03-30", "04-01", "04-02", "05-10", "05-20", "05-21"],
    ),
    (
        2030,
        ["04-18", "04-19", "04-21", "04-22", "05-30", "06-09", "06-10"],
    ),
];

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

#[test]
fn the_holidays_of_norway_are_those_of_the_calendar() {
    for (year, moving) in MOVING {
        let named = FIXED.iter().chain(moving.iter());
        let expected: BTreeSet<Date> = named.map(|d| day(&format!("{year}-{d}"))).collect();
        let first = day(&format!("{year}-01-01"));
        let all = first
            .series(jiff::Span::new().days(1))
            .take_while(|d| d.year() == year);
        let found: BTreeSet<Date> = all.filter(|d| is_holiday(*d)).collect();
        assert_eq!(found, expected, "{year}");
    }
}

#[test]
fn working_days_are_monday_to_friday_without_holidays() {
    assert!(is_working_day(day("2026-04-01")));
    assert!(!is_working_day(day("2026-04-02")), "Maundy Thursday");
    assert!(!is_working_day(day("2026-04-04")), "a Saturday");
    // From the Tuesday after Easter back over six days off.
    assert_eq!(working_days_from(day("2026-04-07"), -1), day("2026-04-01"));
    assert_eq!(working_days_from(day("2026-04-07"), -2), day("2026-03-31"));
    assert_eq!(working_days_from(day("2026-04-01"), 1), day("2026-04-07"));
    assert_eq!(working_days_from(day("2026-04-05"), 0), day("2026-04-05"));
    assert_eq!(working_days_from(Date::MAX, 5), Date::MAX);
}

fn working(mut trigger: Trigger) -> Trigger {
    settings(&mut trigger).offset.working_days = true;
    trigger
}

#[test]
fn two_working_days_before_easter_tuesday_are_reckoned_from_the_local_date() {
    let start = local(OSLO, "2026-04-07 00:30");
    let facts = facts(OSLO, start, start);
    let before = working(before_start(2, OffsetUnit::Days));
    assert_eq!(fires(&before, &facts), Ok(local(OSLO, "2026-03-31 00:30")));
    let after = working(after_end(1, OffsetUnit::Days));
    assert_eq!(fires(&after, &facts), Ok(local(OSLO, "2026-04-08 00:30")));
}
