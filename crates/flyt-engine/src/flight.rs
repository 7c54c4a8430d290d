//! Deliveries on their way: how many there are, how many go to one endpoint, and which of them hold up a write under the test
//! clock. A write waits for last looks; for the answer of a receiver only as long as an answer usually takes.

use crate::clock;
use crate::delivery;
use flyt_store::steps::StepRow;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Deliveries in flight or waiting for a place, at most.
const QUEUE: usize = 512;
/// The same for deliveries to endpoints: an endpoint that does not answer must not hold up what goes to people.
const ENDPOINT_QUEUE: usize = 64;
/// Deliveries to one address of an endpoint: a quarter of the places, so that a dead one leaves room for others.
const SHARE: usize = 4;
/// For how long a write under the test clock waits for an answer, ms of wall time.
const PATIENCE_MS: i64 = 1_000;

tokio::task_local! {
    /// The flight that the task at work is.
    static OWN: u64;
}

#[derive(Debug)]
struct Flight {
    began_ms: i64,
    /// The last look is over: what is waited for is an answer.
    looked: bool,
    /// The address of an endpoint.
    endpoint: Option<String>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    all: BTreeMap<u64, Flight>,
    /// How many there are to each address of an endpoint.
    endpoints: BTreeMap<String, usize>,
}

/// What is on its way from this process.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<Inside>);

impl Flights {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Counts a delivery in. Returns its number.
    pub(crate) fn begin(&self, step: &StepRow) -> u64 {
        let mut inside = self.inside();
        inside.next += 1;
        let number = inside.next;
        let endpoint = step.recipient.clone().filter(|_| is_to_endpoint(step));
        if let Some(address) = &endpoint {
            *inside.endpoints.entry(address.clone()).or_default() += 1;
        }
        let flight = Flight {
            began_ms: clock::wall().as_millisecond(),
            looked: endpoint.is_some(),
            endpoint,
        };
        inside.all.insert(number, flight);
        number
    }
    /// Counts it out.
    pub(crate) fn end(&self, number: u64) {
        let mut inside = self.inside();
        let Some(Flight {
            endpoint: Some(address),
            ..
        }) = inside.all.remove(&number)
        else {
            return;
        };
        if let Some(count) = inside.endpoints.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                inside.endpoints.remove(&address);
            }
        }
    }
    /// Runs a delivery, which is this flight.
    pub(crate) async fn fly<F: Future>(&self, number: u64, delivery: F) -> F::Output {
        OWN.scope(number, delivery).await
    }
    /// The task at work has had its last look; what comes is the call.
    pub(crate) fn looked(&self) {
        let Ok(number) = OWN.try_with(|number| *number) else {
            return; // a test message of a person is no flight
        };
        if let Some(flight) = self.inside().all.get_mut(&number) {
            flight.looked = true;
        }
    }

    /// In flight or waiting for a place.
    pub(crate) fn count(&self) -> usize {
        self.inside().all.len()
    }
    /// How many more may be handed over.
    pub(crate) fn room(&self) -> usize {
        QUEUE.saturating_sub(self.count())
    }
    /// How many more to endpoints may be handed over.
    pub(crate) fn endpoint_room(&self) -> usize {
        ENDPOINT_QUEUE.saturating_sub(self.inside().endpoints.values().sum())
    }
    /// How many more to this address of an endpoint.
    pub(crate) fn room_to(&self, address: &str) -> usize {
        SHARE.saturating_sub(self.inside().endpoints.get(address).copied().unwrap_or(0))
    }
    /// The addresses of endpoints that have all they may have.
    pub(crate) fn full(&self) -> Vec<String> {
        let inside = self.inside();
        let full = inside.endpoints.iter().filter(|(_, count)| **count >= SHARE);
        full.map(|(address, _)| address.clone()).collect()
    }
    /// Whether all that is on its way waits for an answer that does not come.
    pub(crate) fn all_hang(&self) -> bool {
        let since = clock::wall().as_millisecond() - PATIENCE_MS;
        self.inside()
            .all
            .values()
            .all(|f| f.looked && f.began_ms <= since)
    }
}

/// Whether a step tells an endpoint of an event.
pub(crate) fn is_to_endpoint(step: &StepRow) -> bool {
    step.kind == delivery::CHANNEL
}
