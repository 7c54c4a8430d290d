//! The last look, cell by cell: what stops a step, what moves it, and what it does not ask (`engine.md`, "At claim of a step").

use crate::fixtures::{OSLO, at, before_start, email, facts, set_quiet, sms, trigger, wait, webhook};
use flyt_core::action::{Action, Recipient};
use flyt_core::customer::Channel;
use flyt_core::facts::Facts;
use flyt_core::guard::{Look, Verdict, guard};
use flyt_core::id::WorkflowId;
use flyt_core::own::Own;
use flyt_core::reason::Reason;
use flyt_core::run::Vars;
use flyt_core::status::StatusKind;
use flyt_core::trigger::{OffsetUnit, TriggerKind, When};
use flyt_core::workflow::{Definition, Workflow};
use jiff::Timestamp;

const START: &str = "2026-10-10T12:00:00Z";
const DAY: &str = "2026-10-09T12:00:00Z";

fn visit() -> Facts {
    facts(OSLO, at(START), at("2026-10-10T13:00:00Z"))
}
fn workflow(actions: Vec<Action>) -> Workflow {
    let when = When::BookingCreated;
    Workflow {
        no: 1,
        id: WorkflowId(1),
        external_id: None,
        enabled: true,
        position: 1,
        version: 1,
        plan_no: 1,
        definition: Definition {
            name: "W".to_owned(),
            triggers: vec![before_start(24, OffsetUnit::Hours), trigger(when)],
            filters: flyt_core::filter::Filters::default(),
            condition: None,
            actions,
        },
    }
}
fn look<'a>(workflow: &'a Workflow, vars: &'a Vars, trigger: TriggerKind, action: usize) -> Look<'a> {
    Look {
        workflow,
        action,
        action_on: true,
        trigger,
        before: trigger == TriggerKind::BookingStarts,
        delayed: false,
        expires_at: Some(at(START)),
        event_status: Some("approved"),
        to: 0,
        vars,
        recipient: Some("kari@example.no"),
        suppressed: None,
    }
}
fn cancelled(mut facts: Facts) -> Facts {
    let booking = &mut facts.booking.as_mut().expect("a booking").booking;
    "cancelled".clone_into(&mut booking.status);
    booking.status_kind = StatusKind::ClosedBad;
    facts
}
/// What is said of an e-mail and of a webhook of each kind of trigger.
fn said(facts: &Facts, now: &str, change: impl Fn(&mut Look<'_>)) -> Vec<(Verdict, Verdict)> {
    let (letter, call) = (
        workflow(vec![email(&[Recipient::Customer])]),
        workflow(vec![webhook()]),
    );
    let vars = Vars::default();
    let one = |w: &Workflow, kind| {
        let mut look = look(w, &vars, kind, 0);
        change(&mut look);
        guard(&look, facts, at(now))
    };
    let kinds = [
        TriggerKind::BookingStarts,
        TriggerKind::BookingCreated,
        TriggerKind::BookingChanged,
        TriggerKind::StatusChanged,
        TriggerKind::PaymentCompleted,
        TriggerKind::CustomerCreated,
    ];
    kinds.iter().map(|k| (one(&letter, *k), one(&call, *k))).collect()
}
const GO: Verdict = Verdict::Go;
fn end(reason: Reason) -> Verdict {
    Verdict::End(reason)
}

#[test]
fn what_is_in_order_goes() {
    assert_eq!(said(&visit(), DAY, |_| {}), [(GO, GO); 6]);
    assert_eq!(said(&visit(), DAY, |l| l.delayed = true), [(GO, GO); 6]);
}

#[test]
fn a_cancelled_booking_stops_reminders_and_confirmations_but_no_committed_fact() {
    let no = end(Reason::BookingNotActive);
    let gone = cancelled(visit());
    let at_once = [(no, no), (no, GO), (no, GO), (GO, GO), (GO, GO), (GO, GO)];
    assert_eq!(said(&gone, DAY, |_| {}), at_once);
    let other = end(Reason::FilterNoLongerMatches);
    let late = [(no, no), (no, GO), (no, GO), (other, GO), (GO, GO), (GO, GO)];
    assert_eq!(said(&gone, DAY, |l| l.delayed = true), late);
}

#[test]
fn a_deleted_booking_stops_all_but_committed_facts_and_new_customers() {
    let mut facts = visit();
    facts.booking = None;
    let no = end(Reason::BookingDeleted);
    let stops = [(no, no), (no, GO), (no, GO), (no, GO), (no, GO), (GO, GO)];
    assert_eq!(said(&facts, DAY, |_| {}), stops);
}

#[test]
fn a_reminder_has_its_limit_and_an_event_only_when_it_was_held_up() {
    let after = "2026-10-10T12:00:01Z";
    let no = end(Reason::Expired);
    let mut events = vec![(no, no)];
    events.extend([(GO, GO); 5]);
    assert_eq!(said(&visit(), START, |l| l.delayed = true), [(GO, GO); 6]);
    assert_eq!(said(&visit(), after, |_| {}), events);
    assert_eq!(said(&visit(), after, |l| l.delayed = true), [(no, no); 6]);
    assert_eq!(said(&visit(), after, |l| l.expires_at = None), [(GO, GO); 6]);
}

#[test]
fn a_workflow_or_action_that_is_off_stops_everything() {
    let facts = visit();
    let off = end(Reason::ActionDisabled);
    assert_eq!(said(&facts, DAY, |l| l.action_on = false), [(off, off); 6]);
    let vars = Vars::default();
    let mut w = workflow(vec![webhook()]);
    w.enabled = false;
    let look = look(&w, &vars, TriggerKind::BookingCreated, 0);
    assert_eq!(guard(&look, &facts, at(DAY)), end(Reason::WorkflowDisabled));
}

#[test]
fn a_delayed_step_asks_its_filters_again_but_a_committed_fact_does_not() {
    let vars = Vars::default();
    let facts = visit();
    for (delayed, channel, verdict) in [
        (false, Channel::Email, GO),
        (true, Channel::Email, end(Reason::FilterNoLongerMatches)),
        (true, Channel::Webhook, GO),
    ] {
        let act = if channel == Channel::Email {
            email(&[Recipient::Customer])
        } else {
            webhook()
        };
        let mut w = workflow(vec![act]);
        w.definition.filters.status.any_of = vec!["pending".to_owned()];
        let mut look = look(&w, &vars, TriggerKind::BookingCreated, 0);
        look.delayed = delayed;
        assert_eq!(guard(&look, &facts, at(DAY)), verdict, "{channel} {delayed}");
    }
}

#[test]
fn what_the_run_gave_is_taken_back_before_filters_are_asked_again() {
    let mut w = workflow(vec![email(&[Recipient::Customer])]);
    w.definition.filters.status.any_of = vec!["approved".to_owned()];
    let own = |before: &str, given: &str| Own::Status {
        before: before.to_owned(),
        given: given.to_owned(),
    };
    for (own, given, verdict) in [
        (vec![own("approved", "cancelled")], Some("cancelled"), GO),
        (
            vec![own("approved", "pending"), own("pending", "cancelled")],
            Some("cancelled"),
            GO,
        ),
        (Vec::new(), None, end(Reason::BookingNotActive)),
        // Somebody else has cancelled what the run had only made pending.
        (
            vec![own("approved", "pending")],
            Some("pending"),
            end(Reason::BookingNotActive),
        ),
    ] {
        let vars = Vars {
            given_status: given.map(str::to_owned),
            own,
            ..Vars::default()
        };
        let mut look = look(&w, &vars, TriggerKind::BookingCreated, 0);
        look.delayed = true;
        assert_eq!(guard(&look, &cancelled(visit()), at(DAY)), verdict, "{vars:?}");
    }
}

#[test]
fn quiet_hours_hold_timers_and_what_comes_after_a_wait_but_no_retry_of_an_event() {
    let mut facts = visit();
    set_quiet(&mut facts, Channel::Sms, "21:00", "08:00");
    let (night, morning) = ("2026-10-08T23:00:00Z", at("2026-10-09T06:00:00Z"));
    let direct = workflow(vec![sms(&[Recipient::Customer])]);
    let waited = workflow(vec![wait(), sms(&[Recipient::Customer])]);
    let vars = Vars::default();
    let ask = |w, kind, action, limit: &str| {
        let mut look = look(w, &vars, kind, action);
        look.delayed = true;
        look.expires_at = Some(at(limit));
        guard(&look, &facts, at(night))
    };
    let later: fn(Timestamp) -> Verdict = Verdict::Later;
    assert_eq!(ask(&direct, TriggerKind::BookingStarts, 0, START), later(morning));
    assert_eq!(ask(&direct, TriggerKind::BookingCreated, 0, START), GO);
    assert_eq!(
        ask(&waited, TriggerKind::BookingCreated, 1, START),
        later(morning)
    );
    // What would be too late by then ends now.
    let soon = "2026-10-09T01:00:00Z";
    assert_eq!(
        ask(&waited, TriggerKind::BookingCreated, 1, soon),
        end(Reason::Expired)
    );
    assert_eq!(
        ask(&direct, TriggerKind::BookingStarts, 0, soon),
        end(Reason::Expired)
    );
    let booking = &mut facts.clone();
    booking.booking.as_mut().expect("a booking").booking.start = at(soon);
    let mut look = look(&direct, &vars, TriggerKind::BookingStarts, 0);
    look.expires_at = Some(at(soon));
    assert_eq!(guard(&look, booking, at(night)), end(Reason::QuietHoursPastStart));
}
