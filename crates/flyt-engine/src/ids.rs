//! The one source of ids: milliseconds, sequence, node, in that order, so that ids sort by time and never repeat.

use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};

/// 2010-01-01T00:00:00Z: 41 bits of milliseconds last until 2079.
const EPOCH_MS: i64 = 1_262_304_000_000;
/// Bits of the node number.
const NODE_BITS: u32 = 6;
/// Bits of the sequence within a millisecond; an overflow runs on into the next millisecond.
const SEQUENCE_BITS: u32 = 16;

/// Makes ids for one node.
#[derive(Debug)]
pub struct IdSource {
    node: AtomicI64,
    last: AtomicI64,
}

impl IdSource {
    /// A source for `node` (0 to 63) whose ids all lie above `floor`, the greatest id the store has seen.
    pub fn new(node: i64, floor: i64) -> Self {
        Self {
            node: AtomicI64::new(node & ((1 << NODE_BITS) - 1)),
            last: AtomicI64::new(floor >> NODE_BITS),
        }
    }
    /// The next id, not before `now`.
    pub fn next(&self, now: Timestamp) -> i64 {
        let floor = (now.as_millisecond() - EPOCH_MS).max(0) << SEQUENCE_BITS;
        let step = |last: i64| Some((last + 1).max(floor));
        let taken = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, step)
            .unwrap_or(floor);
        ((taken + 1).max(floor) << NODE_BITS) | self.node()
    }
    /// What every id made at or after `at` lies above.
    pub(crate) fn floor(at: Timestamp) -> i64 {
        (at.as_millisecond() - EPOCH_MS).max(0) << (SEQUENCE_BITS + NODE_BITS)
    }
    /// The number of the node whose ids these are.
    pub(crate) fn node(&self) -> i64 {
        self.node.load(Ordering::SeqCst)
    }
    /// Goes on under another number.
    pub(crate) fn become_node(&self, node: i64) {
        self.node.store(node & ((1 << NODE_BITS) - 1), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_even_when_the_clock_stands_still_or_goes_back() {
        let source = IdSource::new(3, 0);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut last = 0;
        for now in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "2025-01-01T00:00:00Z",
            "2026-01-02T00:00:00Z",
        ] {
            let next = source.next(at(now));
            assert!(next > last);
            last = next;
        }
        assert!(
            IdSource::new(4, last).next(at("2018-01-01T00:00:00Z")) > last,
            "a floor from the store is kept"
        );
    }
}
