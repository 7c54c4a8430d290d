//! The two clocks, read here and nowhere else. *Domain* time (system, or moved by hand under the test clock) is every instant
//! that is stored or decided on. *Wall* time bounds sockets, sessions and rates, and cannot be moved.

use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Where a manual clock stands that follows the system's.
const LET_GO: i64 = i64::MAX;

/// Domain time.
#[derive(Debug)]
pub enum Clock {
    /// The system's.
    System,
    /// Stands still until it is moved; milliseconds since the epoch.
    Manual(AtomicI64),
}

impl Clock {
    /// A clock that only moves when told.
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(AtomicI64::new(flyt_core::instant::to_ms(at)))
    }
    /// The present instant in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        match self.stands_at() {
            Some(ms) => flyt_core::instant::from_ms(ms),
            None => wall(),
        }
    }
    /// True for a clock that is moved by hand.
    pub fn is_manual(&self) -> bool {
        self.stands_at().is_some()
    }
    /// Where a manual clock stands, ms; `None` for the system's and one that follows it.
    fn stands_at(&self) -> Option<i64> {
        match self {
            Self::System => None,
            Self::Manual(ms) => Some(ms.load(Ordering::SeqCst)).filter(|ms| *ms != LET_GO),
        }
    }
    /// Moves a manual clock; a system clock stays as it is.
    pub fn set(&self, at: Timestamp) {
        if let Self::Manual(ms) = self
            && self.is_manual()
        {
            ms.store(flyt_core::instant::to_ms(at), Ordering::SeqCst);
        }
    }
    /// From now on a manual clock is the system's.
    pub(crate) fn let_go(&self) {
        if let Self::Manual(ms) = self {
            ms.store(LET_GO, Ordering::SeqCst);
        }
    }
}

/// Wall time in whole milliseconds, as it is stored and shown: for idempotency ages, sessions, key expiry, first boot.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one file that reads the clocks"
)]
pub fn wall() -> Timestamp {
    flyt_core::instant::whole_ms(Timestamp::now())
}

/// Monotonic wall time: for rates and metrics.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one file that reads the clocks"
)]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// Waits this long in wall time.
pub async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}
