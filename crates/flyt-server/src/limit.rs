//! How often a key, or a person, may call: a bucket for each that fills by the second, in wall time. Platform keys are not limited.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Calls a second, and the size of the bucket.
pub(crate) const PER_SECOND: u32 = 100;
/// The same as callers read it: so many in a window of one second.
pub(crate) const POLICY: &str = "100;w=1";
/// Callers remembered; when there are more, full buckets are forgotten.
const KEPT: usize = 10_000;

/// The buckets of all callers.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    buckets: Mutex<BTreeMap<i64, Bucket>>,
}
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// What a call found in its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Whether the call may go on.
    pub(crate) allowed: bool,
    /// Whole calls left.
    pub(crate) remaining: u32,
}

impl Limiter {
    /// Takes one call out of the bucket of a caller, by the number of its id.
    pub(crate) fn take(&self, caller: i64, now: Instant) -> Left {
        let most = f64::from(PER_SECOND);
        let filled =
            |b: &Bucket| (b.tokens + now.saturating_duration_since(b.at).as_secs_f64() * most).min(most);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > KEPT {
            buckets.retain(|_, b| filled(b) < most);
        }
        let before = buckets.get(&caller).map_or(most, filled);
        let allowed = before >= 1.0;
        let tokens = if allowed { before - 1.0 } else { before };
        buckets.insert(caller, Bucket { tokens, at: now });
        let remaining = (0..PER_SECOND)
            .rev()
            .find(|n| f64::from(*n) <= tokens)
            .unwrap_or(0);
        Left { allowed, remaining }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_by_the_second() {
        let limiter = Limiter::default();
        let start = flyt_engine::clock::monotonic();
        let key = 1;
        for left in (0..PER_SECOND).rev() {
            assert_eq!(
                limiter.take(key, start),
                Left {
                    allowed: true,
                    remaining: left
                }
            );
        }
        assert!(!limiter.take(key, start).allowed);
        assert!(limiter.take(2, start).allowed, "another key has its own");
        assert!(limiter.take(key, start + Duration::from_millis(11)).allowed);
        assert!(!limiter.take(key, start + Duration::from_millis(11)).allowed);
    }
}
