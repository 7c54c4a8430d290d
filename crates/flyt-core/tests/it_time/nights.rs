//! Quiet hours in the nights on which the clock changes, where their ends are skipped or come twice.

use crate::fixtures::{OSLO, at, before_start, facts, local, plan, set_quiet, sms, time};
use flyt_core::action::Recipient;
use flyt_core::business::QuietHours;
use flyt_core::customer::Channel;
use flyt_core::quiet::{back, forward, inside};
use flyt_core::trigger::OffsetUnit;
use flyt_core::zone::Zone;
use jiff::Timestamp;
use jiff::tz::TimeZone;

fn oslo() -> TimeZone {
    Zone::new(OSLO).expect("a zone").rules()
}
fn quiet(from: &str, to: &str) -> QuietHours {
    QuietHours {
        from: time(from),
        to: time(to),
    }
}
fn back_to(hours: QuietHours, instant: &str) -> Timestamp {
    back(hours, &oslo(), at(instant))
}
fn forward_to(hours: QuietHours, instant: &str) -> Timestamp {
    forward(hours, &oslo(), at(instant))
}

#[test]
fn quiet_hours_are_half_open_and_may_span_midnight() {
    let rules = oslo();
    let is_quiet = |hours, text: &str| inside(hours, &rules, local(OSLO, text));
    let night = quiet("21:00", "08:00");
    let found = [
        "2026-06-01 20:59",
        "2026-06-01 21:00",
        "2026-06-02 07:59",
        "2026-06-02 08:00",
    ];
    assert_eq!(found.map(|t| is_quiet(night, t)), [false, true, true, false]);
    let noon = quiet("12:00", "13:00");
    let found = [
        "2026-06-01 11:59",
        "2026-06-01 12:00",
        "2026-06-01 12:59",
        "2026-06-01 13:00",
    ];
    assert_eq!(found.map(|t| is_quiet(noon, t)), [false, true, true, false]);
}

#[test]
fn an_end_in_the_repeated_hour_is_the_one_that_lies_ahead() {
    let hours = quiet("21:00", "02:30");
    assert_eq!(
        forward_to(hours, "2026-10-25T01:00:00+02:00"),
        at("2026-10-25T02:30:00+02:00")
    );
    assert_eq!(
        forward_to(hours, "2026-10-25T02:10:00+01:00"),
        at("2026-10-25T02:30:00+01:00")
    );
}

#[test]
fn a_beginning_that_is_skipped_is_the_gap_itself() {
    let hours = quiet("02:30", "08:00");
    for inside in [
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T03:10:00+02:00",
        "2026-03-29T03:45:00+02:00",
    ] {
        assert_eq!(
            back_to(hours, inside),
            at("2026-03-29T01:59:00+01:00"),
            "{inside}"
        );
    }
}

#[test]
fn an_end_that_is_skipped_moves_by_the_gap_and_out_of_the_next_quiet_hours() {
    let at_one = "2026-03-29T01:00:00+01:00";
    assert_eq!(
        forward_to(quiet("21:00", "02:30"), at_one),
        at("2026-03-29T03:30:00+02:00")
    );
    assert_eq!(
        forward_to(quiet("03:10", "02:30"), at_one),
        at("2026-03-30T02:30:00+02:00")
    );
}

#[test]
fn a_reminder_that_would_move_back_into_quiet_hours_moves_forward() {
    // Quiet but for the hour that the gap swallows: the minute before it is quiet too.
    let start = local(OSLO, "2026-03-30 10:00");
    let mut facts = facts(OSLO, start, start);
    set_quiet(&mut facts, Channel::Sms, "03:00", "02:00");
    let planned = local(OSLO, "2026-03-01 02:30");
    let reminder = before_start(30, OffsetUnit::Hours);
    let due = plan(&reminder, &[sms(&[Recipient::Customer])], &facts, planned).expect("due");
    assert_eq!(due.nominal, local(OSLO, "2026-03-29 04:00"));
    assert_eq!(due.groups[0].at, local(OSLO, "2026-03-30 02:00"));
}

#[test]
fn equal_ends_mean_no_quiet_hours_and_webhooks_have_none() {
    let start = local(OSLO, "2026-06-01 10:00");
    let mut facts = facts(OSLO, start, start);
    set_quiet(&mut facts, Channel::Sms, "08:00", "08:00");
    set_quiet(&mut facts, Channel::Webhook, "00:00", "23:59");
    assert_eq!(flyt_core::quiet::hours(Channel::Sms, &facts), None);
    assert_eq!(flyt_core::quiet::hours(Channel::Webhook, &facts), None);
    assert_eq!(flyt_core::quiet::hours(Channel::Email, &facts), None);
}
