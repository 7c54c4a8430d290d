//! How far long work has come, on standard error and only where a person sits.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

/// Shortest time between two marks.
const PAUSE: Duration = Duration::from_millis(100);

/// One long piece of work.
pub(crate) struct Progress {
    what: &'static str,
    shown: bool,
    last: Option<std::time::Instant>,
}
impl Progress {
    /// Begins; shows nothing yet.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            shown: std::io::stderr().is_terminal(),
            last: None,
        }
    }
    /// Shows that `done` of `all` is done.
    pub(crate) fn mark(&mut self, done: u64, all: u64) {
        let now = flyt_engine::clock::monotonic();
        let soon = self
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < PAUSE);
        if !self.shown || (soon && done < all) {
            return;
        }
        self.last = Some(now);
        let percent = (done * 100).checked_div(all).unwrap_or(0).min(100);
        let _gone = write!(std::io::stderr().lock(), "\r{}: {percent} %", self.what);
    }
}
impl Drop for Progress {
    fn drop(&mut self) {
        if self.last.is_some() {
            let _gone = writeln!(std::io::stderr().lock());
        }
    }
}
