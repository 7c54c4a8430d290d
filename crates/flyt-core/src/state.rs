//! The states of timers, runs and steps and the one table of edges between them. Anything else is a bug.
//!
//! `docs/states.md` is printed from here.

use crate::reason::Reason;
use crate::words;
use jiff::Timestamp;
use std::fmt::Write as _;

words! {
    /// A timer. Only `pending` is a row of the timers; the others are how it ended.
    TimerState {
        /// Waits for its instant.
        Pending = "pending",
        /// Its run started.
        Fired = "fired",
        /// Came due and did not match: its run ended with a reason.
        Spent = "spent",
        /// A newer plan took its place, or the workflow is off or deleted.
        Superseded = "superseded",
        /// Withdrawn: the booking no longer counts, its filters ceased to match, it was deleted, or a person skipped it.
        Cancelled = "cancelled",
    }
}
words! {
    /// A run.
    RunState {
        /// Collects further changes until its hold is over.
        Holding = "holding",
        /// Has steps under way.
        Running = "running",
        /// Stands at a `wait`.
        Waiting = "waiting",
        /// Every action has been done or ended.
        Done = "done",
        /// Stopped, with a reason.
        Ended = "ended",
    }
}
words! {
    /// A step: one action for one recipient.
    StepState {
        /// Due now or later.
        Ready = "ready",
        /// Held by a node.
        Claimed = "claimed",
        /// Waits for a named event (release, circuit).
        Parked = "parked",
        /// Written before the call where the other side knows no key.
        Sending = "sending",
        /// The other side took it.
        Sent = "sent",
        /// Shown instead of sent.
        Captured = "captured",
        /// The other side reported it delivered.
        Delivered = "delivered",
        /// Refused, or every try failed.
        Failed = "failed",
        /// The answer was lost.
        Unknown = "unknown",
        /// Not done, with a reason.
        Ended = "ended",
        /// A barrier that took effect.
        Done = "done",
        /// Skipped by a person.
        Cancelled = "cancelled",
    }
}
words! {
    /// The words for a message in the API.
    MessageState {
        /// Due later.
        Planned = "planned",
        /// Due, or waits for a guard, a hold or a circuit.
        Queued = "queued",
        /// On its way.
        Sending = "sending",
        /// Taken by the other side.
        Sent = "sent",
        /// Reported delivered.
        Delivered = "delivered",
        /// Shown instead of sent.
        Captured = "captured",
        /// Given up.
        Failed = "failed",
        /// Not sent, with a reason.
        Skipped = "skipped",
        /// Skipped by a person.
        Cancelled = "cancelled",
        /// The answer was lost.
        Unknown = "unknown",
    }
}

/// A state of any of the three machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Of a timer.
    Timer(TimerState),
    /// Of a run.
    Run(RunState),
    /// Of a step.
    Step(StepState),
}
impl From<TimerState> for State {
    fn from(state: TimerState) -> Self {
        Self::Timer(state)
    }
}
impl From<RunState> for State {
    fn from(state: RunState) -> Self {
        Self::Run(state)
    }
}
impl From<StepState> for State {
    fn from(state: StepState) -> Self {
        Self::Step(state)
    }
}

/// One permitted transition and what brings it about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Out of.
    pub from: State,
    /// Into.
    pub to: State,
    /// By what.
    pub by: &'static str,
}

macro_rules! edges {
    ($($machine:ident::$kind:ident { $($from:ident => $to:ident: $by:literal;)* })*) => {
        &[$($(Edge {
            from: State::$machine($kind::$from),
            to: State::$machine($kind::$to),
            by: $by,
        }),*),*]
    };
}

/// Every permitted transition.
pub const EDGES: &[Edge] = edges! {
    Timer::TimerState {
        Pending => Fired: "due, and filters and condition hold";
        Pending => Spent: "due, and something said no";
        Pending => Superseded: "moved, zone changed, workflow edited, off or deleted";
        Pending => Cancelled: "the booking left the counting kinds, ceased to match or was deleted, its customer was erased, or a person skipped it";
    }
    Run::RunState {
        Holding => Running: "its hold is over";
        Holding => Ended: "the changes cancelled out, or something said no";
        Running => Waiting: "a `wait`";
        Waiting => Running: "the clock or the awaited event";
        Running => Done: "the last step settled";
        Running => Ended: "a `stop_if`, or something said no";
        Waiting => Done: "nothing is left after the wait";
        Waiting => Ended: "the booking or the workflow is gone";
    }
    Step::StepState {
        Ready => Claimed: "a node takes it";
        Ready => Cancelled: "a person skips it, or the customer is erased";
        Claimed => Ready: "moved, released, or another try later";
        Claimed => Parked: "held, or the circuit is open";
        Claimed => Sending: "before the call to a side that knows no key";
        Claimed => Sent: "accepted";
        Claimed => Captured: "no channel, or a sandbox";
        Claimed => Failed: "refused for good, or the last try failed";
        Claimed => Unknown: "the answer was lost";
        Claimed => Ended: "the last look said no";
        Claimed => Done: "a barrier took effect";
        Sending => Sent: "accepted";
        Sending => Captured: "the channel captures";
        Sending => Ready: "another try later";
        Sending => Failed: "refused for good, or the last try failed";
        Sending => Unknown: "the answer was lost";
        Unknown => Ready: "another try with the same id";
        Unknown => Sent: "a report says that it was accepted";
        Unknown => Delivered: "a report says that it was delivered";
        Unknown => Failed: "a report says that it failed, or no try is left";
        Unknown => Cancelled: "a person skips it";
        Sent => Delivered: "a report";
        Sent => Failed: "a report";
        Parked => Ready: "the named event";
        Parked => Ended: "the last look said no";
        Parked => Cancelled: "a person skips it, or the customer is erased";
        Failed => Ready: "a person tries again";
    }
};

/// The states in which a row may be written first.
pub const BEGINNINGS: &[State] = &[
    State::Timer(TimerState::Pending),
    State::Run(RunState::Holding),
    State::Run(RunState::Running),
    State::Run(RunState::Ended),
    State::Step(StepState::Ready),
    State::Step(StepState::Claimed),
    State::Step(StepState::Parked),
    State::Step(StepState::Ended),
    State::Step(StepState::Done),
];

/// True when the table has an edge from one to the other.
pub fn legal(from: impl Into<State>, to: impl Into<State>) -> bool {
    let (from, to) = (from.into(), to.into());
    EDGES.iter().any(|e| e.from == from && e.to == to)
}

/// True when a row may be written in this state first.
pub fn may_begin(state: impl Into<State>) -> bool {
    BEGINNINGS.contains(&state.into())
}

/// True when nothing follows but by a report or by hand.
pub fn is_settled(state: StepState) -> bool {
    match state {
        StepState::Ready
        | StepState::Claimed
        | StepState::Parked
        | StepState::Sending
        | StepState::Unknown => false,
        StepState::Sent
        | StepState::Captured
        | StepState::Delivered
        | StepState::Failed
        | StepState::Ended
        | StepState::Done
        | StepState::Cancelled => true,
    }
}

/// The word for a delivery step in the API; `None` for `done`, which only barriers reach. A step with a future due that
/// waits for guard, hold or circuit (its `reason`) is queued, not planned.
pub fn message(
    state: StepState,
    due_at: Timestamp,
    now: Timestamp,
    reason: Option<Reason>,
) -> Option<MessageState> {
    let held_up = matches!(
        reason,
        Some(
            Reason::RateGuard | Reason::Held | Reason::ChannelPaused | Reason::Quota | Reason::ProviderLimit
        )
    );
    Some(match state {
        StepState::Ready if due_at > now && !held_up => MessageState::Planned,
        StepState::Ready | StepState::Claimed | StepState::Parked => MessageState::Queued,
        StepState::Sending => MessageState::Sending,
        StepState::Sent => MessageState::Sent,
        StepState::Captured => MessageState::Captured,
        StepState::Delivered => MessageState::Delivered,
        StepState::Failed => MessageState::Failed,
        StepState::Unknown => MessageState::Unknown,
        StepState::Ended => MessageState::Skipped,
        StepState::Cancelled => MessageState::Cancelled,
        StepState::Done => return None,
    })
}

/// The tables as Markdown: the content of `docs/states.md`.
pub fn print() -> String {
    let mut page = String::from(
        "# States and edges\n\nPrinted from `crates/flyt-core/src/state.rs`; a test compares the two. Any other transition is a bug.\n",
    );
    let timers: Vec<State> = TimerState::ALL.iter().map(|s| State::from(*s)).collect();
    let runs: Vec<State> = RunState::ALL.iter().map(|s| State::from(*s)).collect();
    let steps: Vec<State> = StepState::ALL.iter().map(|s| State::from(*s)).collect();
    print_machine(&mut page, "Timer", &timers);
    print_machine(&mut page, "Run", &runs);
    print_machine(&mut page, "Step", &steps);
    page.push_str("\n## Words in the API\n\n| step | message |\n|---|---|\n");
    let (now, later) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
    for state in StepState::ALL {
        let due_now = message(*state, now, now, None).map_or("–", MessageState::word);
        let due_later = message(*state, later, now, None).map_or("–", MessageState::word);
        if due_now == due_later {
            row(&mut page, &[state.word(), due_now]);
        } else {
            let waiting = format!("{state}, due later");
            row(&mut page, &[&waiting, due_later]);
            row(&mut page, &[&format!("{state}, due"), due_now]);
        }
    }
    page
}

fn print_machine(page: &mut String, name: &str, states: &[State]) {
    let begins: Vec<&str> = BEGINNINGS
        .iter()
        .filter(|s| states.contains(s))
        .map(|s| word(*s))
        .collect();
    let ends: Vec<&str> = states
        .iter()
        .filter(|s| EDGES.iter().all(|e| e.from != **s))
        .map(|s| word(*s))
        .collect();
    let head = format!(
        "\n## {name}\n\nBegins: {}. Ends: {}.\n\n| from | to | by |\n|---|---|---|\n",
        begins.join(", "),
        ends.join(", ")
    );
    page.push_str(&head);
    for edge in EDGES.iter().filter(|e| states.contains(&e.from)) {
        row(page, &[word(edge.from), word(edge.to), edge.by]);
    }
}

fn row(page: &mut String, cells: &[&str]) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn word(state: State) -> &'static str {
    match state {
        State::Timer(s) => s.word(),
        State::Run(s) => s.word(),
        State::Step(s) => s.word(),
    }
}
