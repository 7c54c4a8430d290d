//! The acceptance scenarios on time (S01–S10, S12–S14, S16, S17, S22, S50), each instant to the second.

use crate::fixtures::{
    OSLO, after_end, at, before_start, branch, facts, fires, local, pinned_before_start, plan,
    set_customer_zone, set_quiet, settings, sms,
};
use flyt_core::action::Recipient;
use flyt_core::customer::Channel;
use flyt_core::due::{Ended, LateVerdict, Planner, late_rule};
use flyt_core::reason::Reason;
use flyt_core::trigger::{Late, OffsetUnit, Trigger};
use jiff::{SignedDuration, Timestamp};

fn of_start(zone: &str, start: Timestamp, trigger: &Trigger) -> Timestamp {
    let end = start + SignedDuration::from_mins(45);
    fires(trigger, &facts(zone, start, end)).expect("a due instant")
}
fn of_end(zone: &str, end: Timestamp, trigger: &Trigger) -> Timestamp {
    let start = end - SignedDuration::from_mins(45);
    fires(trigger, &facts(zone, start, end)).expect("a due instant")
}
fn day_before() -> Trigger {
    before_start(1, OffsetUnit::Days)
}
fn hours_before(hours: i64) -> Trigger {
    before_start(hours, OffsetUnit::Hours)
}

#[test]
fn s01_the_night_that_loses_an_hour_tells_24_hours_from_one_day() {
    let start = local(OSLO, "2026-03-29 10:00");
    assert_eq!(start, at("2026-03-29T08:00:00Z"));
    assert_eq!(
        of_start(OSLO, start, &hours_before(24)),
        at("2026-03-28T08:00:00Z")
    );
    assert_eq!(of_start(OSLO, start, &day_before()), at("2026-03-28T09:00:00Z"));
}

#[test]
fn s02_the_night_that_gains_an_hour_tells_them_apart_too() {
    let start = local(OSLO, "2026-10-25 10:00");
    assert_eq!(of_start(OSLO, start, &day_before()), at("2026-10-24T08:00:00Z"));
    assert_eq!(
        of_start(OSLO, start, &hours_before(24)),
        at("2026-10-24T09:00:00Z")
    );
}

#[test]
fn s03_a_wall_time_that_does_not_exist_moves_forward_by_the_gap() {
    let start = local(OSLO, "2026-03-30 02:30");
    assert_eq!(of_start(OSLO, start, &day_before()), at("2026-03-29T01:30:00Z"));
}

#[test]
fn s04_a_wall_time_that_occurs_twice_means_the_first() {
    let start = local(OSLO, "2026-10-26 02:30");
    assert_eq!(of_start(OSLO, start, &day_before()), at("2026-10-25T00:30:00Z"));
}

#[test]
fn s05_bookings_in_both_passes_of_an_hour_are_told_apart() {
    let hour = hours_before(1);
    assert_eq!(
        of_start(OSLO, at("2026-10-25T02:30:00+02:00"), &hour),
        at("2026-10-24T23:30:00Z")
    );
    assert_eq!(
        of_start(OSLO, at("2026-10-25T02:30:00+01:00"), &hour),
        at("2026-10-25T00:30:00Z")
    );
}

#[test]
fn s06_hours_are_exact_across_the_change() {
    let (spring, autumn) = (local(OSLO, "2026-03-29 03:15"), local(OSLO, "2026-10-25 03:15"));
    assert_eq!(
        of_start(OSLO, spring, &hours_before(2)),
        at("2026-03-28T23:15:00Z")
    );
    assert_eq!(
        of_start(OSLO, autumn, &hours_before(2)),
        at("2026-10-25T00:15:00Z")
    );
}

#[test]
fn s07_seven_days_are_a_week_and_not_168_hours() {
    let start = local(OSLO, "2026-04-01 09:00");
    let expected = at("2026-03-25T08:00:00Z");
    assert_eq!(
        of_start(OSLO, start, &before_start(7, OffsetUnit::Days)),
        expected
    );
    assert_eq!(
        of_start(OSLO, start, &before_start(1, OffsetUnit::Weeks)),
        expected
    );
    assert_eq!(
        of_start(OSLO, start, &hours_before(168)),
        at("2026-03-25T07:00:00Z")
    );
}

#[test]
fn s08_new_york_has_other_nights() {
    let zone = "America/New_York";
    let start = local(zone, "2026-03-08 12:00");
    assert_eq!(of_start(zone, start, &day_before()), at("2026-03-07T17:00:00Z"));
    assert_eq!(
        of_start(zone, start, &hours_before(24)),
        at("2026-03-07T16:00:00Z")
    );
    let end = local(zone, "2026-10-31 18:00");
    assert_eq!(
        of_end(zone, end, &after_end(1, OffsetUnit::Days)),
        at("2026-11-01T23:00:00Z")
    );
    assert_eq!(
        of_end(zone, end, &after_end(24, OffsetUnit::Hours)),
        at("2026-11-01T22:00:00Z")
    );
}

#[test]
fn s09_lord_howe_changes_by_half_an_hour() {
    let zone = "Australia/Lord_Howe";
    let day = |start: &str| of_start(zone, local(zone, start), &day_before());
    assert_eq!(day("2026-10-04 09:00"), at("2026-10-02T22:30:00Z"));
    assert_eq!(day("2026-10-05 02:15"), at("2026-10-03T15:45:00Z"));
    assert_eq!(day("2026-04-06 01:45"), at("2026-04-04T14:45:00Z"));
    let exact = of_start(zone, local(zone, "2026-10-04 09:00"), &hours_before(24));
    assert_eq!(exact, at("2026-10-02T22:00:00Z"));
}

#[test]
fn s10_half_an_hour_before_quarter_past_midnight_in_kolkata_is_the_evening_before() {
    let zone = "Asia/Kolkata";
    let start = local(zone, "2026-10-25 00:15");
    let half_hour = before_start(30, OffsetUnit::Minutes);
    assert_eq!(of_start(zone, start, &half_hour), at("2026-10-24T18:15:00Z"));
    assert_eq!(of_start(zone, start, &day_before()), at("2026-10-23T18:45:00Z"));
    assert_eq!(
        of_start(zone, start, &hours_before(24)),
        at("2026-10-23T18:45:00Z")
    );
}

#[test]
fn s12_a_pinned_time_is_the_wall_time_of_that_day() {
    let pinned = |start: &str| of_start(OSLO, local(OSLO, start), &pinned_before_start(1, "09:00"));
    assert_eq!(pinned("2026-03-29 08:00"), at("2026-03-28T08:00:00Z"));
    assert_eq!(pinned("2026-03-30 08:00"), at("2026-03-29T07:00:00Z"));
    assert_eq!(pinned("2026-10-25 08:00"), at("2026-10-24T07:00:00Z"));
    assert_eq!(pinned("2026-10-26 08:00"), at("2026-10-25T08:00:00Z"));
    let same_day = |start: &str| of_start(OSLO, local(OSLO, start), &pinned_before_start(0, "02:30"));
    assert_eq!(same_day("2026-03-29 08:00"), at("2026-03-29T01:30:00Z"));
    assert_eq!(same_day("2026-10-25 08:00"), at("2026-10-25T00:30:00Z"));
}

#[test]
fn s13_an_hour_after_a_night_that_changes_is_an_hour_after_its_end() {
    let night = |start: &str| {
        of_end(
            OSLO,
            at(start) + SignedDuration::from_hours(8),
            &after_end(1, OffsetUnit::Hours),
        )
    };
    assert_eq!(night("2026-10-24T20:00:00Z"), at("2026-10-25T05:00:00Z"));
    assert_eq!(night("2026-03-28T21:00:00Z"), at("2026-03-29T06:00:00Z"));
}

#[test]
fn s14_a_weekly_series_keeps_its_wall_time() {
    let starts = [
        "2026-10-11 10:00",
        "2026-10-18 10:00",
        "2026-10-25 10:00",
        "2026-11-01 10:00",
    ];
    let found = starts.map(|s| of_start(OSLO, local(OSLO, s), &day_before()));
    let expected = [
        "2026-10-10T08:00:00Z",
        "2026-10-17T08:00:00Z",
        "2026-10-24T08:00:00Z",
        "2026-10-31T09:00:00Z",
    ];
    assert_eq!(found, expected.map(at));
}

#[test]
fn s16_a_booking_made_at_the_due_instant_is_reminded_and_a_second_later_is_not() {
    let start = local(OSLO, "2026-10-20 14:00");
    let facts = facts(OSLO, start, start + SignedDuration::from_mins(45));
    let verdict = |created: &str, late| {
        let due = plan(
            &hours_before(24),
            &[sms(&[Recipient::Customer])],
            &facts,
            at(created),
        )
        .expect("due");
        assert_eq!(due.nominal, at("2026-10-19T12:00:00Z"));
        late_rule(&due, late, Planner::Created, at(created))
    };
    assert_eq!(verdict("2026-10-19T11:59:59Z", Late::Skip), LateVerdict::Plan);
    assert_eq!(verdict("2026-10-19T12:00:00Z", Late::Skip), LateVerdict::Plan);
    let too_late = LateVerdict::Not(Reason::DueBeforeCreation);
    assert_eq!(verdict("2026-10-19T12:00:01Z", Late::Skip), too_late);
    assert_eq!(
        verdict("2026-10-19T12:00:01Z", Late::SendNow),
        LateVerdict::RunNow
    );
}

#[test]
fn s17_zero_minutes_is_the_start_and_the_end_itself() {
    let start = local(OSLO, "2026-10-20 14:00");
    for unit in OffsetUnit::ALL {
        assert_eq!(of_start(OSLO, start, &before_start(0, *unit)), start);
        assert_eq!(of_end(OSLO, start, &after_end(0, *unit)), start);
        let second_pass = at("2026-10-25T02:30:00+01:00");
        assert_eq!(of_start(OSLO, second_pass, &before_start(0, *unit)), second_pass);
    }
}

#[test]
fn s22_a_moved_booking_is_reminded_a_day_before_its_new_time() {
    let (saturday, monday) = (local(OSLO, "2026-10-24 10:00"), local(OSLO, "2026-10-26 10:00"));
    assert_eq!(
        of_start(OSLO, saturday, &day_before()),
        at("2026-10-23T08:00:00Z")
    );
    assert_eq!(of_start(OSLO, monday, &day_before()), at("2026-10-25T09:00:00Z"));
    assert_eq!(
        of_start(OSLO, saturday, &day_before()),
        at("2026-10-23T08:00:00Z")
    );
}

/// The booking of S50: quiet from 21:00 to 08:00 where the recipient is.
fn s50(start: &str, hours: i64, booked: &str) -> (Vec<Timestamp>, Vec<Ended>) {
    let start = local(OSLO, start);
    let mut facts = facts("America/New_York", start, start + SignedDuration::from_mins(45));
    set_quiet(&mut facts, Channel::Sms, "21:00", "08:00");
    set_customer_zone(&mut facts, OSLO);
    facts.booking.as_mut().expect("a booking").location = Some(branch(1, Some("Asia/Tokyo")));
    let trigger = hours_before(hours);
    let due = plan(
        &trigger,
        &[sms(&[Recipient::Customer])],
        &facts,
        local(OSLO, booked),
    )
    .expect("due");
    (due.groups.iter().map(|g| g.at).collect(), due.ended)
}

#[test]
fn s50_quiet_hours_move_a_reminder_back_or_else_forward_but_never_past_the_start() {
    let evening = vec![at("2026-10-24T18:59:00Z")];
    let (noon, night) = ("2026-10-24 12:00", "2026-10-24 23:00");
    assert_eq!(s50("2026-10-25 09:00", 6, noon), (evening.clone(), vec![]));
    assert_eq!(s50("2026-10-25 03:30", 1, noon), (evening, vec![]));
    assert_eq!(
        s50("2026-10-25 09:00", 6, night),
        (vec![at("2026-10-25T07:00:00Z")], vec![])
    );
    let past = Ended {
        action: 0,
        to: 0,
        reason: Reason::QuietHoursPastStart,
    };
    assert_eq!(s50("2026-10-25 03:30", 1, night), (vec![], vec![past]));
}

#[test]
fn a_pinned_reminder_after_its_start_is_not_planned_and_at_its_start_is() {
    let early = local(OSLO, "2026-06-01 08:00");
    let facts = facts(OSLO, early, early + SignedDuration::from_mins(45));
    assert_eq!(
        fires(&pinned_before_start(0, "18:00"), &facts),
        Err(Reason::DueAfterAnchor)
    );
    let mut at_start = pinned_before_start(0, "08:00");
    settings(&mut at_start).late = Late::SendNow;
    let due = plan(&at_start, &[], &facts, early).expect("due");
    assert_eq!((due.nominal, due.before), (early, false));
}
