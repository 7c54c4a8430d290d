//! What the engine counts while it works, for `/metrics`. In memory, since the start of the process; nothing here names a
//! business.

use crate::engine::Engine;
use flyt_core::instant::to_ms;
use flyt_store::Tx;
use flyt_store::steps::{AttemptRow, StepRow};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

/// Upper bounds of how long deliveries waited after they came due, ms.
pub const BOUNDS_MS: [i64; 6] = [100, 500, 1_000, 5_000, 60_000, 300_000];

#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<Inside>);

#[derive(Debug, Clone, Default)]
struct Inside {
    tries: BTreeMap<(String, String), u64>,
    /// One for each bound, not added up.
    waited: [u64; BOUNDS_MS.len()],
    waits: u64,
    waited_ms: i64,
}

/// What has been counted, and how things stand.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// Tries by channel and outcome.
    pub tries: Vec<(String, String, u64)>,
    /// Deliveries that began within each of `BOUNDS_MS` after they came due, added up.
    pub within: Vec<u64>,
    /// Deliveries that began.
    pub waits: u64,
    /// How long all of them waited, ms.
    pub waited_ms: i64,
    /// Deliveries in flight or waiting for a place.
    pub in_flight: usize,
    /// How long ago the oldest step that is due and unclaimed came due, ms; 0: there is none.
    pub oldest_unclaimed_ms: i64,
    /// Commits that changed something, and the units in them.
    pub commits: (u64, u64),
}

impl Counts {
    /// A claimed step begins.
    pub(crate) fn late(&self, step: &StepRow, now: i64) {
        let waited = now.saturating_sub(step.due_at).max(0);
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inside.waits += 1;
        inside.waited_ms = inside.waited_ms.saturating_add(waited);
        let bound = BOUNDS_MS.iter().position(|most| waited <= *most);
        if let Some(count) = bound.and_then(|at| inside.waited.get_mut(at)) {
            *count += 1;
        }
    }
    /// A try has come to its end.
    pub(crate) fn tried(&self, step: &StepRow, attempt: Option<&AttemptRow>) {
        let (Some(channel), Some(attempt)) = (&step.channel, attempt) else {
            return;
        };
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (channel.clone(), attempt.outcome.clone());
        *inside.tries.entry(key).or_default() += 1;
    }
}

impl Engine {
    /// What has been counted since the start of this process.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn counted(&self) -> Result<Counted, flyt_store::Error> {
        let now = to_ms(self.now());
        let read = self.store().glance(async move |tx: &mut Tx| {
            flyt_store::steps::oldest_unclaimed(&mut tx.engine(), now).await
        });
        let oldest = read.await?;
        let inside = self
            .0
            .counts
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let add = |sum: &mut u64, count: &u64| {
            *sum += count;
            Some(*sum)
        };
        let held = self.0.held.load(Ordering::SeqCst);
        Ok(Counted {
            tries: inside.tries.into_iter().map(|((c, o), n)| (c, o, n)).collect(),
            within: inside.waited.iter().scan(0, add).collect(),
            waits: inside.waits,
            waited_ms: inside.waited_ms,
            in_flight: self.0.in_flight(),
            oldest_unclaimed_ms: oldest.filter(|_| !held).map_or(0, |at| now.saturating_sub(at)),
            commits: self.store().commits(),
        })
    }
}
