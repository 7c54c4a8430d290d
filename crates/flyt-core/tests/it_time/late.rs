//! What happens to a due instant in the past, and the words of a rule.

use crate::fixtures::{
    OSLO, after_end, at, before_start, facts, pinned_before_start, plan, settings, trigger,
};
use flyt_core::due::{LateVerdict, Planner, late_rule, rule};
use flyt_core::reason::Reason;
use flyt_core::trigger::{Late, OffsetUnit, Trigger, When};

const ALL: [Planner; 3] = [Planner::Created, Planner::Moved, Planner::SwitchedOn];

fn verdict(trigger: &Trigger, late: Late, by: Planner, now: &str) -> LateVerdict {
    let start = at("2026-10-20T12:00:00Z");
    let due = plan(trigger, &[], &facts(OSLO, start, start), at(now)).expect("due");
    late_rule(&due, late, by, at(now))
}

#[test]
fn switching_on_never_sends_what_has_passed() {
    let reminder = before_start(24, OffsetUnit::Hours);
    let late = "2026-10-19T12:00:01Z";
    let edit = LateVerdict::Not(Reason::DueBeforeEdit);
    let creation = LateVerdict::Not(Reason::DueBeforeCreation);
    let of = |late_rule, now| ALL.map(|by| verdict(&reminder, late_rule, by, now));
    assert_eq!(of(Late::Skip, late), [creation, edit, edit]);
    assert_eq!(
        of(Late::SendNow, late),
        [LateVerdict::RunNow, LateVerdict::RunNow, edit]
    );
    let exact = "2026-10-19T12:00:00Z";
    assert_eq!(of(Late::SendNow, exact), [LateVerdict::Plan; 3]);
    assert_eq!(of(Late::Skip, exact), [LateVerdict::Plan; 3]);
}

#[test]
fn a_late_reminder_makes_sense_only_before_the_start_and_a_follow_up_always() {
    let reminder = before_start(24, OffsetUnit::Hours);
    let at_start = "2026-10-20T12:00:00Z";
    assert_eq!(
        verdict(&reminder, Late::SendNow, Planner::Created, at_start),
        LateVerdict::Not(Reason::DueBeforeCreation)
    );
    assert_eq!(
        verdict(&reminder, Late::SendNow, Planner::Moved, at_start),
        LateVerdict::Not(Reason::DueBeforeEdit)
    );
    let follow_up = after_end(1, OffsetUnit::Hours);
    let next_day = "2026-10-21T12:00:00Z";
    assert_eq!(
        verdict(&follow_up, Late::SendNow, Planner::Created, next_day),
        LateVerdict::RunNow
    );
}

#[test]
fn a_rule_reads_as_a_few_words() {
    let words = |trigger: Trigger| rule(&trigger.when);
    assert_eq!(
        words(before_start(24, OffsetUnit::Hours)),
        "24 hours before start"
    );
    assert_eq!(words(after_end(1, OffsetUnit::Weeks)), "1 week after end");
    assert_eq!(words(before_start(0, OffsetUnit::Minutes)), "at start");
    assert_eq!(
        words(pinned_before_start(1, "18:00")),
        "1 day before start at 18:00"
    );
    assert_eq!(
        words(pinned_before_start(0, "07:30")),
        "the day of the start at 07:30"
    );
    let mut working = before_start(2, OffsetUnit::Days);
    settings(&mut working).offset.working_days = true;
    assert_eq!(words(working), "2 working days before start");
    assert_eq!(words(trigger(When::BookingCreated)), "booking.created");
}
