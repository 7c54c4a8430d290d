//! The tables of states: what the page says, what is legal, what the API calls it.

use crate::fixtures::at;
use flyt_core::reason::Reason;
use flyt_core::state::{
    EDGES, MessageState, RunState, State, StepState, TimerState, is_settled, legal, may_begin, message, print,
};
use std::path::Path;

#[test]
fn the_page_of_states_is_the_one_that_core_prints() {
    let page = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/states.md"));
    let printed = print();
    let stored = std::fs::read_to_string(page).unwrap_or_default();
    if stored != printed {
        let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("states.md");
        std::fs::write(&fresh, &printed).expect("the fresh page is written");
        panic!(
            "docs/states.md is out of date; renew it: cp {} docs/states.md",
            fresh.display()
        );
    }
}

#[test]
fn only_edges_of_the_table_are_legal() {
    assert!(legal(StepState::Ready, StepState::Claimed));
    assert!(legal(StepState::Claimed, StepState::Sent));
    assert!(
        !legal(StepState::Sent, StepState::Ready),
        "what was sent is never sent again"
    );
    assert!(
        !legal(StepState::Delivered, StepState::Failed),
        "reports only move forward"
    );
    assert!(
        !legal(StepState::Ready, StepState::Sent),
        "nothing leaves without a claim"
    );
    assert!(!legal(RunState::Done, RunState::Running));
    assert!(!legal(TimerState::Fired, TimerState::Pending));
    assert!(may_begin(StepState::Claimed) && !may_begin(StepState::Sent));
}

#[test]
fn every_edge_stands_once_and_every_state_can_be_reached() {
    for (i, edge) in EDGES.iter().enumerate() {
        let again = EDGES
            .iter()
            .skip(i + 1)
            .any(|e| (e.from, e.to) == (edge.from, edge.to));
        assert!(!again, "{edge:?} stands twice");
    }
    let timers = TimerState::ALL.iter().map(|s| State::from(*s));
    let runs = RunState::ALL.iter().map(|s| State::from(*s));
    let steps = StepState::ALL.iter().map(|s| State::from(*s));
    for state in timers.chain(runs).chain(steps) {
        let reached = may_begin(state) || EDGES.iter().any(|e| e.to == state);
        assert!(reached, "{state:?} cannot be reached");
    }
}

#[test]
fn what_is_not_settled_goes_on_by_itself() {
    for state in StepState::ALL {
        let goes_on = EDGES.iter().any(|e| e.from == State::Step(*state));
        assert!(goes_on || is_settled(*state), "{state} is stuck");
    }
}

#[test]
fn a_step_due_later_is_planned_unless_something_holds_it_up() {
    let (now, later) = (at("2026-10-20T12:00:00Z"), at("2026-10-20T12:00:01Z"));
    assert_eq!(
        message(StepState::Ready, later, now, None),
        Some(MessageState::Planned)
    );
    assert_eq!(
        message(StepState::Ready, now, now, None),
        Some(MessageState::Queued)
    );
    let guarded = message(StepState::Ready, later, now, Some(Reason::RateGuard));
    assert_eq!(guarded, Some(MessageState::Queued));
    assert_eq!(
        message(StepState::Ended, now, now, None),
        Some(MessageState::Skipped)
    );
    assert_eq!(message(StepState::Done, now, now, None), None);
}
