//! What every request shares: the engine, the platform key, and the small counts and sets that live in memory only.

use crate::keys;
use crate::limit::Limiter;
use flyt_core::id::KeyId;
use flyt_engine::Engine;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The running server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    engine: Engine,
    platform_key: [u8; 32],
    limiter: Limiter,
    running: Running,
    counts: Counts,
    /// The last minute in which the use of a key was noted.
    used: Mutex<BTreeMap<KeyId, i64>>,
}

impl App {
    /// A server over an engine; the platform key is given by its hash.
    pub(crate) fn new(engine: Engine, platform_key: [u8; 32]) -> Self {
        Self(Arc::new(Shared {
            engine,
            platform_key,
            limiter: Limiter::default(),
            running: Running::default(),
            counts: Counts::default(),
            used: Mutex::default(),
        }))
    }
    /// A server over an engine with a platform key in the clear: for tests.
    pub fn with_key(engine: Engine, platform_key: &str) -> Self {
        Self::new(engine, keys::hash(platform_key))
    }
    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }
    pub(crate) fn is_platform_key(&self, hash: &[u8; 32]) -> bool {
        keys::same(&self.0.platform_key, hash)
    }
    pub(crate) fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }
    pub(crate) fn running(&self) -> &Running {
        &self.0.running
    }
    pub(crate) fn counts(&self) -> &Counts {
        &self.0.counts
    }
    /// True for the first use of a key in the minute of `now`.
    pub(crate) fn first_use_this_minute(&self, key: KeyId, now: Timestamp) -> bool {
        let minute = now.as_second() / 60;
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(key, minute) != Some(minute)
    }
}

/// Commands with an Idempotency-Key that are running.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<BTreeSet<(i64, String)>>>);
/// One of them; dropping it ends it, also when its task is cancelled.
#[derive(Debug)]
pub(crate) struct RunningCommand {
    of: Running,
    name: (i64, String),
}
impl Running {
    /// Begins a command, unless the same one is running.
    pub(crate) fn begin(&self, business_no: i64, scope: &str) -> Option<RunningCommand> {
        let name = (business_no, scope.to_owned());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.clone()).then(|| RunningCommand {
            of: self.clone(),
            name,
        })
    }
}
impl Drop for RunningCommand {
    fn drop(&mut self) {
        self.of
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.name);
    }
}

/// Answers by class, for `/metrics`.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    classes: [AtomicU64; 6],
}
impl Counts {
    pub(crate) fn request(&self, status: u16) {
        if let Some(count) = self.classes.get(usize::from(status / 100)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
    /// (class, answers) for 2xx to 5xx.
    pub(crate) fn by_class(&self) -> Vec<(usize, u64)> {
        let read = |(class, count): (usize, &AtomicU64)| (class, count.load(Ordering::Relaxed));
        self.classes.iter().enumerate().skip(2).map(read).collect()
    }
}
