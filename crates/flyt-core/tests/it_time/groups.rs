//! Which deliveries leave together: quiet hours per channel and recipient, barriers, what carries the run on, and when
//! a group expires.

use crate::fixtures::{
    OSLO, after_end, at, before_start, booking, branch, email, facts, local, plan, set_customer_zone,
    set_quiet, settings, sms, sms_with, trigger, wait, webhook,
};
use flyt_core::action::{Action, QuietRule, Recipient};
use flyt_core::customer::Channel;
use flyt_core::due::Due;
use flyt_core::facts::Facts;
use flyt_core::quiet;
use flyt_core::reason::Reason;
use flyt_core::trigger::{MaxLateness, OffsetUnit, Trigger, When};
use jiff::{SignedDuration, Timestamp};

const CUSTOMER: &[Recipient] = &[Recipient::Customer];

/// Starts 09:00 in Oslo on 20 October 2026; SMS are quiet from 21:00 to 08:00.
fn salon() -> Facts {
    let start = local(OSLO, "2026-10-20 09:00");
    let mut facts = facts(OSLO, start, start + SignedDuration::from_mins(45));
    set_quiet(&mut facts, Channel::Sms, "21:00", "08:00");
    facts
}
/// Nominal 03:00 in Oslo, in the quiet hours.
fn six_hours_before(actions: &[Action], facts: &Facts) -> Due {
    let planned = local(OSLO, "2026-10-01 12:00");
    plan(&before_start(6, OffsetUnit::Hours), actions, facts, planned).expect("due")
}
/// `(instant, deliveries, carries on)` of a group.
type Shape = (Timestamp, Vec<(usize, usize)>, bool);
fn shape(due: &Due) -> Vec<Shape> {
    let rows = due.groups.iter();
    rows.map(|g| (g.at, g.deliveries.clone(), g.continues)).collect()
}

#[test]
fn an_email_and_an_sms_part_where_only_the_sms_is_quiet() {
    let due = six_hours_before(&[email(CUSTOMER), sms(CUSTOMER), webhook()], &salon());
    let evening = local(OSLO, "2026-10-19 20:59");
    let night = local(OSLO, "2026-10-20 03:00");
    assert_eq!(
        shape(&due),
        [
            (evening, vec![(1, 0)], false),
            (night, vec![(0, 0), (2, 0)], true)
        ]
    );
    assert!(due.before && due.ended.is_empty());
}

#[test]
fn a_barrier_holds_its_place_at_the_nominal_instant_though_all_messages_moved() {
    let due = six_hours_before(&[sms(CUSTOMER), wait(), sms(CUSTOMER)], &salon());
    let evening = local(OSLO, "2026-10-19 20:59");
    let night = local(OSLO, "2026-10-20 03:00");
    assert_eq!(
        shape(&due),
        [(evening, vec![(0, 0)], false), (night, vec![], true)]
    );
}

#[test]
fn without_a_barrier_the_moved_message_carries_the_run_to_its_end() {
    let due = six_hours_before(&[sms(CUSTOMER)], &salon());
    assert_eq!(
        shape(&due),
        [(local(OSLO, "2026-10-19 20:59"), vec![(0, 0)], true)]
    );
    for actions in [&[wait()][..], &[]] {
        let due = six_hours_before(actions, &salon());
        assert_eq!(shape(&due), [(local(OSLO, "2026-10-20 03:00"), vec![], true)]);
    }
}

#[test]
fn an_action_that_ignores_quiet_hours_stays_and_one_that_is_off_counts_like_another() {
    let ignoring = sms_with(CUSTOMER, Some(QuietRule::Ignore));
    let due = six_hours_before(&[ignoring], &salon());
    assert_eq!(
        shape(&due),
        [(local(OSLO, "2026-10-20 03:00"), vec![(0, 0)], true)]
    );
    let mut off = sms(CUSTOMER);
    off.enabled = false;
    let due = six_hours_before(&[off], &salon());
    assert_eq!(
        shape(&due),
        [(local(OSLO, "2026-10-19 20:59"), vec![(0, 0)], true)]
    );
}

#[test]
fn quiet_hours_are_those_of_the_recipient() {
    let mut facts = salon();
    set_quiet(&mut facts, Channel::Email, "21:00", "08:00");
    facts.booking.as_mut().expect("a booking").location = Some(branch(1, Some("Asia/Tokyo")));
    set_customer_zone(&mut facts, "America/New_York");
    let fixed = Recipient::Fixed("a@example.no".to_owned());
    let to = [
        Recipient::Customer,
        Recipient::Resource,
        Recipient::Location,
        Recipient::Admins,
        fixed,
    ];
    let zones = to.each_ref().map(|r| quiet::zone_of(r, &facts).name().to_owned());
    assert_eq!(
        zones,
        [
            "America/New_York",
            "Asia/Tokyo",
            "Asia/Tokyo",
            "Europe/Oslo",
            "Asia/Tokyo"
        ]
    );
    // 01:00Z: 21:00 in New York, 10:00 in Tokyo, 03:00 in Oslo.
    let due = six_hours_before(&[email(&to)], &facts);
    let expected = [
        (local(OSLO, "2026-10-19 20:59"), vec![(0, 3)], false),
        (at("2026-10-20T00:59:00Z"), vec![(0, 0)], false),
        (at("2026-10-20T01:00:00Z"), vec![(0, 1), (0, 2), (0, 4)], true),
    ];
    assert_eq!(shape(&due), expected);
    facts.customer = None;
    assert_eq!(quiet::zone_of(&Recipient::Customer, &facts).name(), "Asia/Tokyo");
}

#[test]
fn a_follow_up_moves_forward_and_so_does_a_message_before_the_end() {
    let start = local(OSLO, "2026-10-20 20:00");
    let mut facts = facts(OSLO, start, local(OSLO, "2026-10-20 23:00"));
    set_quiet(&mut facts, Channel::Sms, "21:00", "08:00");
    let morning = local(OSLO, "2026-10-21 08:00");
    let after = plan(&after_end(1, OffsetUnit::Hours), &[sms(CUSTOMER)], &facts, start).expect("due");
    assert_eq!(shape(&after), [(morning, vec![(0, 0)], true)]);
    let mut before_end = after_end(1, OffsetUnit::Hours);
    settings(&mut before_end).offset.direction = flyt_core::trigger::Direction::Before;
    let before = plan(&before_end, &[sms(CUSTOMER)], &facts, start).expect("due");
    assert_eq!(shape(&before), [(morning, vec![(0, 0)], true)]);
    assert!(before.before);
}

#[test]
fn a_reminder_may_leave_at_the_start_itself_but_not_after_it() {
    let mut facts = salon();
    let night = local(OSLO, "2026-10-19 23:00");
    let one = |facts: &Facts| {
        plan(
            &before_start(1, OffsetUnit::Hours),
            &[sms(CUSTOMER)],
            facts,
            night,
        )
        .expect("due")
    };
    facts.booking = Some(booking(
        local(OSLO, "2026-10-20 08:00"),
        local(OSLO, "2026-10-20 09:00"),
    ));
    assert_eq!(one(&facts).groups[0].at, local(OSLO, "2026-10-20 08:00"));
    facts.booking = Some(booking(
        local(OSLO, "2026-10-20 07:59"),
        local(OSLO, "2026-10-20 09:00"),
    ));
    let due = one(&facts);
    assert_eq!(due.ended[0].reason, Reason::QuietHoursPastStart);
    assert!(due.groups.is_empty());
}

#[test]
fn a_reminder_moves_back_to_the_very_instant_of_planning_but_not_before_it() {
    let evening = local(OSLO, "2026-10-19 20:59");
    let trigger = before_start(6, OffsetUnit::Hours);
    let fires = |planned| {
        plan(&trigger, &[sms(CUSTOMER)], &salon(), planned)
            .expect("due")
            .groups[0]
            .at
    };
    assert_eq!(fires(evening), evening);
    let later = evening + SignedDuration::from_millis(1);
    assert_eq!(fires(later), local(OSLO, "2026-10-20 08:00"));
}

fn expiry(mut trigger: Trigger, lateness: MaxLateness) -> Option<Timestamp> {
    settings(&mut trigger).max_lateness = lateness;
    let planned = local(OSLO, "2026-10-01 12:00");
    let due = plan(&trigger, &[email(CUSTOMER)], &salon(), planned).expect("due");
    assert_eq!(due.groups[0].expires_at, due.expires_at);
    due.expires_at
}

#[test]
fn a_reminder_expires_at_its_start_and_a_follow_up_after_a_day() {
    let start = local(OSLO, "2026-10-20 09:00");
    let reminder = before_start(2, OffsetUnit::Hours);
    let hour = MaxLateness::Ms(3_600_000);
    assert_eq!(expiry(reminder.clone(), MaxLateness::Default), Some(start));
    assert_eq!(expiry(reminder.clone(), MaxLateness::Unlimited), Some(start));
    assert_eq!(expiry(reminder.clone(), MaxLateness::Ms(86_400_000)), Some(start));
    assert_eq!(
        expiry(reminder, hour),
        Some(start - SignedDuration::from_hours(1))
    );
    let follow_up = after_end(0, OffsetUnit::Minutes);
    let end = start + SignedDuration::from_mins(45);
    assert_eq!(
        expiry(follow_up.clone(), MaxLateness::Default),
        Some(end + SignedDuration::from_hours(24))
    );
    assert_eq!(
        expiry(follow_up.clone(), hour),
        Some(end + SignedDuration::from_hours(1))
    );
    assert_eq!(expiry(follow_up, MaxLateness::Unlimited), None);
    // A reminder "at the start" is not a "before".
    let at_start = before_start(0, OffsetUnit::Minutes);
    assert_eq!(
        expiry(at_start, MaxLateness::Default),
        Some(start + SignedDuration::from_hours(24))
    );
}

#[test]
fn each_group_has_its_own_limit() {
    let mut facts = salon();
    let end = local(OSLO, "2026-10-20 22:00");
    facts.booking = Some(booking(local(OSLO, "2026-10-20 20:00"), end));
    let mut follow_up = after_end(0, OffsetUnit::Minutes);
    settings(&mut follow_up).max_lateness = MaxLateness::Ms(3_600_000);
    let due = plan(&follow_up, &[email(CUSTOMER), sms(CUSTOMER)], &facts, end).expect("due");
    let limits: Vec<_> = due.groups.iter().map(|g| g.expires_at).collect();
    let expected = [local(OSLO, "2026-10-20 23:00"), local(OSLO, "2026-10-21 09:00")];
    assert_eq!(limits, expected.map(Some));
}

#[test]
fn what_has_no_time_has_no_due_instant() {
    let mut facts = salon();
    let created = trigger(When::BookingCreated);
    assert_eq!(
        plan(&created, &[], &facts, Timestamp::MIN),
        Err(Reason::FilterOther)
    );
    facts.booking = None;
    let reminder = before_start(1, OffsetUnit::Days);
    assert_eq!(
        plan(&reminder, &[], &facts, Timestamp::MIN),
        Err(Reason::BookingDeleted)
    );
}
