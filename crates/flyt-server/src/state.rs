//! What every request shares: the engine, the platform key, and the small counts and sets that live in memory only.

use crate::idempotency::Running;
use crate::keys;
use crate::limit::Limiter;
use crate::lock::Lock;
use crate::people::passwords::Hashes;
use crate::people::throttle::Throttle;
use crate::streams::Streams;
use flyt_core::id::KeyId;
use flyt_engine::Engine;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The running server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    engine: Engine,
    platform_key: Option<[u8; 32]>,
    limiter: Limiter,
    running: Running,
    counts: Counts,
    place: Place,
    copying: Copying,
    streams: Streams,
    hashes: Hashes,
    throttle: Throttle,
    /// Held as long as the server lives.
    _lock: Option<Lock>,
    /// The last minute in which the use of a key was noted.
    used: Mutex<BTreeMap<KeyId, i64>>,
}

/// What the server knows of where it runs.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// The folder of the data, on SQLite.
    pub(crate) data: Option<PathBuf>,
    /// True for a command that has opened the data of a stopped server: nothing leaves this process, ever.
    pub(crate) alone: bool,
}

/// How far a copy of the data has come, in pages; one is made at a time.
#[derive(Debug, Default)]
pub(crate) struct Copying {
    pub(crate) turn: tokio::sync::Mutex<()>,
    pub(crate) done: AtomicU64,
    pub(crate) all: AtomicU64,
}

impl App {
    /// A server over an engine. `platform_key` is the hash of the operator's key, where one is configured.
    pub(crate) fn new(
        engine: Engine,
        platform_key: Option<[u8; 32]>,
        lock: Option<Lock>,
        place: Place,
    ) -> Self {
        Self(Arc::new(Shared {
            engine,
            platform_key,
            limiter: Limiter::default(),
            running: Running::default(),
            counts: Counts::default(),
            place,
            copying: Copying::default(),
            streams: Streams::default(),
            hashes: Hashes::default(),
            throttle: Throttle::default(),
            _lock: lock,
            used: Mutex::default(),
        }))
    }
    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }
    pub(crate) fn is_platform_key(&self, hash: &[u8; 32]) -> bool {
        self.0
            .platform_key
            .as_ref()
            .is_some_and(|own| keys::same(own, hash))
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
    pub(crate) fn place(&self) -> &Place {
        &self.0.place
    }
    pub(crate) fn copying(&self) -> &Copying {
        &self.0.copying
    }
    pub(crate) fn streams(&self) -> &Streams {
        &self.0.streams
    }
    pub(crate) fn hashes(&self) -> &Hashes {
        &self.0.hashes
    }
    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }
    /// True for the first use of a key in the minute of `now`.
    pub(crate) fn first_use_this_minute(&self, key: KeyId, now: Timestamp) -> bool {
        let minute = now.as_second() / 60;
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(key, minute) != Some(minute)
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
