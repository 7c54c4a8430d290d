//! The bell: rings when something was committed, by this process or by another node.
//!
//! A ring may be missed when a node or a connection dies: whoever waits also polls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, watch};

/// Waits for commits. Rings that come while nobody waits are not lost: the next wait returns at once.
#[derive(Clone, Debug)]
pub struct Bell(watch::Receiver<u64>);

impl Bell {
    /// Returns when something has been committed since the last return (or since this bell was made). Once the store is
    /// closed it never returns.
    pub async fn rung(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
    /// Forgets the rings so far: call it before looking, so that what is committed while looking rings again.
    pub fn hush(&mut self) {
        self.0.mark_unchanged();
    }
}
/// The other side of the bell.
#[derive(Clone)]
pub(crate) struct Ringer {
    local: watch::Sender<u64>,
    /// Commits, and the units in them.
    commits: Arc<(AtomicU64, AtomicU64)>,
    /// On PostgreSQL: something is to be told to the other nodes.
    pub(crate) others: Arc<Notify>,
}
impl Ringer {
    pub(crate) fn new() -> Self {
        Self {
            local: watch::Sender::new(0),
            commits: Arc::default(),
            others: Arc::new(Notify::new()),
        }
    }
    pub(crate) fn bell(&self) -> Bell {
        Bell(self.local.subscribe())
    }
    /// Counts a commit of so many units.
    pub(crate) fn count(&self, units: usize) {
        self.commits.0.fetch_add(1, Ordering::Relaxed);
        let units = u64::try_from(units).unwrap_or(u64::MAX);
        self.commits.1.fetch_add(units, Ordering::Relaxed);
    }
    /// Commits so far, and the units in them.
    pub(crate) fn counted(&self) -> (u64, u64) {
        let (commits, units) = &*self.commits;
        (commits.load(Ordering::Relaxed), units.load(Ordering::Relaxed))
    }
    /// Rings in this process.
    pub(crate) fn ring(&self) {
        self.local.send_modify(|rings| *rings = rings.wrapping_add(1));
    }
    /// Rings in this process and, soon, in the others.
    pub(crate) fn ring_everywhere(&self) {
        self.ring();
        self.others.notify_one();
    }
}
