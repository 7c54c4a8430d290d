//! Open event streams: how many one caller may have, and the word that ends them all when the server stops. What they tell is
//! `api/events.rs`.

use crate::state::App;
use flyt_engine::Caller;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Streams of one key in one business at once.
pub(crate) const MOST: usize = 8;

/// All streams of this process.
#[derive(Debug)]
pub(crate) struct Streams {
    open: Mutex<BTreeMap<String, usize>>,
    ending: watch::Sender<bool>,
}
impl Default for Streams {
    fn default() -> Self {
        Self {
            open: Mutex::default(),
            ending: watch::Sender::new(false),
        }
    }
}

/// A place among them, given back when the stream ends, however it ends.
pub(crate) struct Seat {
    app: App,
    who: String,
}

impl Streams {
    /// A place for one more stream of a caller, unless it has too many.
    pub(crate) fn enter(app: &App, caller: &Caller) -> Option<Seat> {
        let who = format!("{}/{}", caller.business_no, caller.actor);
        let mut open = app.streams().open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(who.clone()).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(Seat {
            app: app.clone(),
            who,
        })
    }
    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().sum()
    }
    /// Ends all streams, and those that will be asked for.
    pub(crate) fn end(&self) {
        self.ending.send_replace(true);
    }
    /// Turns true when they end.
    pub(crate) fn ending(&self) -> watch::Receiver<bool> {
        self.ending.subscribe()
    }
}
impl Drop for Seat {
    fn drop(&mut self) {
        let streams = self.app.streams();
        let mut open = streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.who);
            }
        }
    }
}
