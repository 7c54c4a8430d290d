//! What must go out, by the history of writes alone: one confirmation for each booking, one reminder for each start that is
//! reached, planned by the offset in force, and what was held once it is released in time. Where bookings are completed at
//! their end, one e-mail tells of it. Knows nothing of the engine.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use std::collections::BTreeSet;

/// An hour, ms.
pub(crate) const HOUR: i64 = 3_600_000;
/// Length of every booking, ms.
const LENGTH: i64 = 45 * 60_000;

/// A booking as the model sees it.
pub(crate) struct Booked {
    pub(crate) start: i64,
    pub(crate) counts: bool,
    /// Completed: nothing is asked of it any more.
    pub(crate) over: bool,
    due: Option<i64>,
    completes: Option<i64>,
    fired: BTreeSet<i64>,
}
/// How long before the start a reminder goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead {
    pub(crate) amount: i64,
    /// Days keep the wall clock of Oslo; hours are exact.
    pub(crate) days: bool,
}
/// A message that came due while sending was held.
struct Held {
    which: usize,
    channel: &'static str,
    /// It makes no sense after this.
    until: i64,
}
/// The world as the model sees it.
pub(crate) struct Model {
    pub(crate) now: i64,
    pub(crate) ahead: Ahead,
    pub(crate) on: bool,
    pub(crate) held: bool,
    /// Whether a workflow completes what has ended.
    pub(crate) completing: bool,
    pub(crate) bookings: Vec<Booked>,
    /// Instants at which something goes out, with the channel.
    pub(crate) sent: Vec<(i64, &'static str)>,
    waiting: Vec<Held>,
    oslo: TimeZone,
}
impl Model {
    /// The offset that the reminders begin with.
    pub(crate) const FIRST: Ahead = Ahead {
        amount: 24,
        days: false,
    };
    pub(crate) fn new(now: i64, oslo: TimeZone) -> Self {
        Self {
            now,
            ahead: Self::FIRST,
            on: true,
            held: false,
            completing: false,
            bookings: Vec::new(),
            sent: Vec::new(),
            waiting: Vec::new(),
            oslo,
        }
    }
    pub(crate) fn book(&mut self, start: i64) {
        self.bookings.push(Booked {
            start,
            counts: true,
            over: false,
            due: None,
            completes: None,
            fired: BTreeSet::new(),
        });
        let which = self.bookings.len() - 1;
        self.goes(which, self.now, "email", start + LENGTH);
        self.plan(which);
    }
    /// Off ends what waits; on brings none of it back.
    pub(crate) fn switch(&mut self) {
        self.on = !self.on;
        if !self.on {
            self.waiting.retain(|held| held.channel != "sms");
        }
        self.plan_all();
    }
    /// Holds sending, or releases what was held and still makes sense.
    pub(crate) fn hold(&mut self, held: bool) {
        self.held = held;
        if held {
            return;
        }
        let now = self.now;
        for held in std::mem::take(&mut self.waiting) {
            if self.bookings[held.which].counts && now <= held.until {
                self.sent.push((now, held.channel));
            }
        }
    }
    fn goes(&mut self, which: usize, at: i64, channel: &'static str, until: i64) {
        if self.held {
            self.waiting.push(Held {
                which,
                channel,
                until,
            });
        } else {
            self.sent.push((at, channel));
        }
    }
    /// When the reminder of a start is due.
    fn due(&self, start: i64) -> i64 {
        if !self.ahead.days {
            return start - self.ahead.amount * HOUR;
        }
        let local = Timestamp::from_millisecond(start)
            .unwrap()
            .to_zoned(self.oslo.clone());
        let then = local.checked_sub(self.ahead.amount.days()).unwrap();
        then.timestamp().as_millisecond()
    }
    /// The plan of one booking, made now: what lies behind is not sent.
    pub(crate) fn plan(&mut self, which: usize) {
        let (now, on) = (self.now, self.on);
        let due = self.due(self.bookings[which].start);
        let b = &mut self.bookings[which];
        b.due = (on && b.counts && due >= now && !b.fired.contains(&b.start)).then_some(due);
        let ends = b.start + LENGTH + HOUR;
        b.completes = (self.completing && b.counts && !b.over && ends >= now).then_some(ends);
        self.fire();
    }
    pub(crate) fn plan_all(&mut self) {
        for which in 0..self.bookings.len() {
            self.plan(which);
        }
    }
    /// The instants for which reminders are planned.
    pub(crate) fn planned(&self) -> Vec<i64> {
        let mut all: Vec<i64> = self.bookings.iter().filter_map(|b| b.due).collect();
        all.sort_unstable();
        all
    }
    pub(crate) fn pass(&mut self, ms: i64) {
        self.now += ms;
        self.fire();
    }
    fn fire(&mut self) {
        for which in 0..self.bookings.len() {
            let b = &mut self.bookings[which];
            if let Some(due) = b.due.filter(|due| *due <= self.now) {
                let start = b.start;
                b.due = None;
                b.fired.insert(start);
                self.goes(which, due, "sms", start);
            }
            let b = &mut self.bookings[which];
            if let Some(at) = b.completes.filter(|at| *at <= self.now) {
                b.completes = None;
                b.over = true;
                self.goes(which, at, "email", i64::MAX);
            }
        }
    }
}
