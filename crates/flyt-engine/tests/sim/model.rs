//! What must go out, by the history of writes alone: one confirmation for each booking, one reminder for each start that is
//! reached, planned by the offset in force. Knows nothing of the engine.

use std::collections::BTreeSet;

/// An hour, ms.
pub(crate) const HOUR: i64 = 3_600_000;

/// A booking as the model sees it.
pub(crate) struct Booked {
    pub(crate) start: i64,
    pub(crate) counts: bool,
    due: Option<i64>,
    fired: BTreeSet<i64>,
}
/// The world as the model sees it.
pub(crate) struct Model {
    pub(crate) now: i64,
    pub(crate) hours: i64,
    pub(crate) on: bool,
    pub(crate) bookings: Vec<Booked>,
    /// Instants at which something goes out, with the channel.
    pub(crate) sent: Vec<(i64, &'static str)>,
}
impl Model {
    pub(crate) fn new(now: i64) -> Self {
        Self {
            now,
            hours: 24,
            on: true,
            bookings: Vec::new(),
            sent: Vec::new(),
        }
    }
    pub(crate) fn book(&mut self, start: i64) {
        self.sent.push((self.now, "email"));
        self.bookings.push(Booked {
            start,
            counts: true,
            due: None,
            fired: BTreeSet::new(),
        });
        self.plan(self.bookings.len() - 1);
    }
    /// The plan of one booking, made now: what lies behind is not sent.
    pub(crate) fn plan(&mut self, which: usize) {
        let (now, hours, on) = (self.now, self.hours, self.on);
        let b = &mut self.bookings[which];
        let due = b.start - hours * HOUR;
        b.due = (on && b.counts && due >= now && !b.fired.contains(&b.start)).then_some(due);
        self.fire();
    }
    pub(crate) fn plan_all(&mut self) {
        for which in 0..self.bookings.len() {
            self.plan(which);
        }
    }
    pub(crate) fn pass(&mut self, ms: i64) {
        self.now += ms;
        self.fire();
    }
    fn fire(&mut self) {
        for b in &mut self.bookings {
            if let Some(due) = b.due.filter(|due| *due <= self.now) {
                b.due = None;
                b.fired.insert(b.start);
                self.sent.push((due, "sms"));
            }
        }
    }
}
