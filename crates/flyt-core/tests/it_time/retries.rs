//! When a delivery is tried again.

use crate::fixtures::at;
use flyt_core::customer::Channel;
use flyt_core::id::{RunId, StepId};
use flyt_core::retry::{Class, Next, Tried, next};
use jiff::{SignedDuration, Timestamp};

fn step(run: i64) -> StepId {
    StepId {
        run: RunId(run),
        no: 2,
    }
}
fn tried(channel: Channel, attempt: i64) -> Tried {
    Tried {
        channel,
        step: step(7),
        attempt,
        class: Class::Temporary,
        unknown_before: false,
        retry_after_ms: None,
    }
}
fn now() -> Timestamp {
    at("2026-10-20T12:00:00Z")
}
fn wait_seconds(tried: &Tried) -> Option<i64> {
    match next(tried, now(), None) {
        Next::At(at) => Some(now().duration_until(at).as_secs()),
        Next::Exhausted => None,
    }
}
fn assert_near(found: Option<i64>, plan: i64) {
    let found = found.expect("another try");
    assert!(
        (plan * 8 / 10..=plan * 12 / 10).contains(&found),
        "{found} s is not near {plan} s"
    );
}

#[test]
fn a_message_is_tried_after_1_5_15_30_60_120_minutes_and_then_two_hourly() {
    for channel in [Channel::Email, Channel::Sms] {
        for (attempt, minutes) in (1..).zip([1, 5, 15, 30, 60, 120, 120, 120, 120]) {
            assert_near(wait_seconds(&tried(channel, attempt)), minutes * 60);
        }
    }
}

#[test]
fn a_webhook_is_tried_nine_times_more_over_76_hours() {
    let plan = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (attempt, seconds) in (1..).zip(plan) {
        assert_near(wait_seconds(&tried(Channel::Webhook, attempt)), seconds);
    }
    assert_eq!(wait_seconds(&tried(Channel::Webhook, 10)), None);
    assert_eq!(plan.iter().sum::<i64>() / 3_600, 75);
}

#[test]
fn the_same_try_of_the_same_step_waits_the_same_and_others_spread_out() {
    let of = |run| {
        let mut tried = tried(Channel::Email, 5);
        tried.step = step(run);
        wait_seconds(&tried).expect("another try")
    };
    assert_eq!(of(1), of(1));
    let waits: Vec<i64> = (0..1_000).map(of).collect();
    let mean = waits.iter().sum::<i64>() / 1_000;
    assert!((3_540..3_660).contains(&mean), "{mean} s on average");
    assert!(waits.iter().any(|w| *w < 3_000) && waits.iter().any(|w| *w > 4_200));
}

#[test]
fn retry_after_is_honoured_between_a_second_and_a_day() {
    let asked = |channel, ms| {
        let mut tried = tried(channel, 1);
        tried.retry_after_ms = Some(ms);
        wait_seconds(&tried).expect("another try")
    };
    assert_eq!(asked(Channel::Webhook, 120_000), 120);
    assert_eq!(asked(Channel::Email, 30 * 24 * 3_600_000), 24 * 3_600);
    assert_near(Some(asked(Channel::Webhook, -5)), 5);
    assert_near(Some(asked(Channel::Email, 1_000)), 60);
}

#[test]
fn an_sms_without_an_answer_waits_two_minutes_and_is_tried_once_more_at_most() {
    let mut lost = tried(Channel::Sms, 1);
    lost.class = Class::Unknown;
    assert_eq!(wait_seconds(&lost), Some(120));
    for class in [Class::Unknown, Class::Temporary] {
        let again = Tried {
            attempt: 2,
            unknown_before: true,
            class,
            ..lost
        };
        assert_eq!(wait_seconds(&again), None);
    }
    let mut email = tried(Channel::Email, 1);
    email.class = Class::Unknown;
    email.unknown_before = true;
    assert_near(wait_seconds(&email), 60);
}

#[test]
fn nothing_is_tried_after_its_limit() {
    let first = tried(Channel::Email, 1);
    let Next::At(planned) = next(&first, now(), None) else {
        panic!("another try");
    };
    assert_eq!(next(&first, now(), Some(planned)), Next::At(planned));
    let before = planned - SignedDuration::from_millis(1);
    assert_eq!(next(&first, now(), Some(before)), Next::Exhausted);
}

#[test]
fn the_whole_plan_of_a_webhook_fits_in_its_76_hours_however_it_spreads() {
    let limit = now() + SignedDuration::from_hours(76);
    for run in 1..=5_000 {
        let mut at = now();
        for attempt in 1..=9 {
            let mut tried = tried(Channel::Webhook, attempt);
            tried.step = step(run);
            let Next::At(next) = next(&tried, at, Some(limit)) else {
                panic!("run {run} has no attempt after {attempt}");
            };
            assert!(at < next && next <= limit, "run {run}, attempt {attempt}");
            at = next;
        }
    }
}

#[test]
fn a_webhook_that_is_asked_to_come_back_after_its_limit_does_not() {
    let mut tried = tried(Channel::Webhook, 9);
    tried.retry_after_ms = Some(24 * 3_600_000);
    let limit = now() + SignedDuration::from_hours(20);
    assert_eq!(next(&tried, now(), Some(limit)), Next::Exhausted);
    tried.retry_after_ms = None;
    assert!(matches!(next(&tried, now(), Some(limit)), Next::At(at) if at < limit));
    assert_eq!(
        next(&tried, now(), Some(now() + SignedDuration::from_hours(2))),
        Next::Exhausted
    );
}
