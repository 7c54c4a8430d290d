//! The engine: wiring of store, clock, ids, channels and loops. What it does is in the modules named after it.

use crate::clock::{self, Clock};
use crate::counts::Counts;
use crate::flight::{self, Flights};
use crate::hold::{self, Hold};
use crate::ids::IdSource;
use crate::nodes;
use crate::pulse;
use crate::quota::Rates;
use crate::random;
use crate::refusal::Refusal;
use crate::seal::Seal;
use crate::tenant::Cache;
use crate::turns::Turns;
use crate::worker;
use flyt_channels::sms::{Account, Gateways};
use flyt_channels::smtp::Relay;
use flyt_channels::webhook::Webhooks;
use flyt_core::instant::{from_ms, plus_ms, to_ms};
use flyt_store::Store;
use flyt_store::Tx;
use flyt_store::steps::StepRow;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::watch;

/// Deliveries in flight at once.
const AT_ONCE: usize = 64;
/// Deliveries to endpoints in flight at once.
const ENDPOINTS_AT_ONCE: usize = 16;
/// How long a claim holds. Longer than every time-out of a try: the longest is SMTP's ten minutes after the final dot.
const LEASE_MS: i64 = 15 * 60_000;
/// Slack of the readiness check: nothing is claimable and unclaimed for longer than this.
const READY_MS: i64 = 60_000;

/// What an engine is made of.
pub struct Parts {
    /// Where everything is remembered.
    pub store: Store,
    /// Start of the test clock; `None`: the system's clock.
    pub test_clock: Option<Timestamp>,
    /// The mail relay; `None`: e-mails are captured.
    pub relay: Option<Relay>,
    /// The way to SMS gateways.
    pub gateways: Gateways,
    /// The operator's SMS account; `None`: SMS are captured, but for businesses with an account of their own.
    pub sms: Option<Account>,
    /// What the operator's accounts take in a second.
    pub rates: Rates,
    /// Where this server is reached from outside, without a `/` at its end; gateways are told to report there.
    pub public_url: Option<String>,
    /// Outgoing webhooks with their egress guard.
    pub webhooks: Webhooks,
    /// Seals secrets at rest.
    pub seal: Seal,
    /// True: nothing leaves this process until it is released, whatever the store says (`hold.rs`).
    pub held: bool,
    /// False: another process fires timers and delivers; this one only takes commands.
    pub works: bool,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) ids: IdSource,
    pub(crate) cache: Cache,
    pub(crate) relay: Option<Relay>,
    pub(crate) gateways: Gateways,
    pub(crate) sms: Option<Arc<Account>>,
    pub(crate) rates: Rates,
    /// Own accounts of businesses, opened, by business and revision.
    pub(crate) accounts: Mutex<BTreeMap<(i64, i64), Arc<Account>>>,
    pub(crate) public_url: Option<String>,
    /// Where the server listens, once it does.
    pub(crate) listens: OnceLock<String>,
    pub(crate) webhooks: Webhooks,
    pub(crate) seal: Seal,
    pub(crate) boot: i64,
    /// How far this machine's clock is off, ms, where that is too far to claim anything; else 0.
    pub(crate) off_ms: AtomicI64,
    pub(crate) bell: watch::Sender<u64>,
    /// The bell that the last idle pass had heard, and when the next thing comes due.
    pub(crate) idle: watch::Sender<(u64, Option<i64>)>,
    /// The bell that the last pass had heard which left nothing that it could begin.
    pub(crate) passed: AtomicU64,
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) moving: tokio::sync::Mutex<()>,
    pub(crate) held: AtomicBool,
    /// The stored hold, as it was last seen.
    pub(crate) hold: Mutex<Option<Hold>>,
    works: bool,
    pub(crate) last_beat_ms: AtomicI64,
    /// When the last sweep of old rows began, ms; 0: not since the start.
    pub(crate) swept_ms: AtomicI64,
    pub(crate) turns: Turns,
    places: Arc<tokio::sync::Semaphore>,
    endpoint_places: Arc<tokio::sync::Semaphore>,
    pub(crate) flights: Flights,
    pub(crate) counts: Counts,
    itself: std::sync::OnceLock<std::sync::Weak<Inner>>,
}

/// The engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

impl Engine {
    /// Takes up the work where the store left it, and starts the beat.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer; `Conflict` when a live database is opened with a test clock.
    pub async fn start(parts: Parts) -> Result<Self, Refusal> {
        let boot = random::number().map_err(Refusal::Unavailable)?;
        let clock = first_clock(&parts).await?;
        let several = parts.store.is_postgres() && !clock.is_manual();
        let node = if several {
            nodes::join(&parts.store, boot).await?
        } else {
            0
        };
        let floor = parts
            .store
            .read(async |tx: &mut Tx| flyt_store::meta::greatest_id(&mut tx.engine()).await)
            .await?;
        let stored = hold::stored(&parts.store).await?;
        let inner = Arc::new(Inner {
            ids: IdSource::new(node, floor),
            store: parts.store,
            clock,
            cache: Cache::default(),
            relay: parts.relay,
            gateways: parts.gateways,
            sms: parts.sms.map(Arc::new),
            rates: parts.rates,
            accounts: Mutex::default(),
            public_url: parts.public_url,
            listens: OnceLock::new(),
            webhooks: parts.webhooks,
            seal: parts.seal,
            boot,
            off_ms: AtomicI64::new(0),
            bell: watch::Sender::new(0),
            idle: watch::Sender::new((0, None)),
            passed: AtomicU64::new(0),
            stopping: watch::Sender::new(false),
            moving: tokio::sync::Mutex::new(()),
            held: AtomicBool::new(parts.held || stored.is_some()),
            hold: Mutex::new(stored),
            works: parts.works,
            last_beat_ms: AtomicI64::new(clock::wall().as_millisecond()),
            swept_ms: AtomicI64::new(0),
            turns: Turns::default(),
            places: Arc::new(tokio::sync::Semaphore::new(AT_ONCE)),
            endpoint_places: Arc::new(tokio::sync::Semaphore::new(ENDPOINTS_AT_ONCE)),
            flights: Flights::default(),
            counts: Counts::default(),
            itself: std::sync::OnceLock::new(),
        });
        inner.itself.get_or_init(|| Arc::downgrade(&inner));
        if inner.works {
            crate::watch::take_over(&inner).await?;
            tokio::spawn(pulse::beat(inner.clone()));
            tokio::spawn(crate::watch::watch(inner.clone()));
            tokio::spawn(crate::intake::complete_all(inner.clone()));
        }
        if several {
            tokio::spawn(nodes::live(inner.clone()));
            tokio::spawn(nodes::listen(inner.clone()));
        }
        inner.ring();
        Ok(Self(inner))
    }

    /// The present instant of the domain clock.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
    /// The store, for reads.
    pub fn store(&self) -> &Store {
        &self.0.store
    }
    /// Where the test clock stands; `None` on the system's clock.
    pub fn test_clock(&self) -> Option<Timestamp> {
        self.0.clock.is_manual().then(|| self.0.clock.now())
    }
    /// Moves the test clock and settles (`api.md`, "Test clock").
    ///
    /// # Errors
    /// `Invalid` (`clock_backwards`) for an earlier instant, `NotFound` on the system's clock.
    pub async fn move_clock(&self, target: Timestamp) -> Result<Timestamp, Refusal> {
        if !self.0.clock.is_manual() {
            return Err(Refusal::NotFound);
        }
        pulse::move_clock(&self.0, target).await
    }
    /// Where this server is reached from outside, as far as it is told.
    pub fn public_url(&self) -> Option<&str> {
        self.0.public_url.as_deref()
    }
    /// Ends a test clock: from now on time is the system's. For `flyt demo`, whose past has been played; the store must be
    /// one that is gone with the process, because it still says that it belongs to a test clock.
    pub async fn go_live(&self) {
        let _one_at_a_time = self.0.moving.lock().await;
        pulse::settle(&self.0).await;
        self.0.clock.let_go();
        self.0.ring();
    }
    /// Waits until what is due now has been done.
    pub async fn settle(&self) {
        pulse::settle(&self.0).await;
    }
    /// Whether nothing leaves until it is released.
    pub fn is_held(&self) -> bool {
        self.0.held.load(Ordering::SeqCst)
    }
    /// Lets everything go that was held in this process. `lift_hold` makes it last.
    pub fn release(&self) {
        self.0.held.store(false, Ordering::SeqCst);
        self.0.ring();
    }

    /// Whether the store answers, the beat goes, and nothing claimable has been left for over a minute of real time.
    ///
    /// # Errors
    /// A sentence that says which part is not well.
    pub async fn ready(&self) -> Result<(), String> {
        let now = to_ms(self.now());
        let oldest = self
            .0
            .store
            .read(async move |tx: &mut Tx| flyt_store::steps::oldest_unclaimed(&mut tx.engine(), now).await);
        let oldest = oldest
            .await
            .map_err(|e| format!("the store does not answer: {e}"))?;
        let silent = clock::wall().as_millisecond() - self.0.last_beat_ms.load(Ordering::Relaxed);
        if silent > READY_MS && self.0.works && !self.is_held() {
            return Err(format!("the scheduler has not beaten for {} s", silent / 1_000));
        }
        let off_ms = self.0.off_ms.load(Ordering::Relaxed);
        if off_ms != 0 {
            return Err(format!(
                "this machine's clock is {off_ms} ms off the database's; nothing is claimed"
            ));
        }
        let waiting = oldest.map_or(0, |at| now - at);
        if waiting > READY_MS && !self.0.clock.is_manual() && !self.is_held() {
            return Err(format!(
                "a step has been due and unclaimed for {} s",
                waiting / 1_000
            ));
        }
        Ok(())
    }

    /// Stops: nothing new is begun, what is in flight is finished, the store is closed.
    pub async fn stop(&self) {
        self.0.stopping.send_replace(true);
        let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
        let _all = self.0.places.acquire_many(all).await;
        let all = u32::try_from(ENDPOINTS_AT_ONCE).unwrap_or(u32::MAX);
        let _all_endpoints = self.0.endpoint_places.acquire_many(all).await;
        if self.0.store.is_postgres()
            && !self.0.clock.is_manual()
            && let Err(refusal) = nodes::leave(&self.0).await
        {
            tracing::warn!(%refusal, "the number of this process could not be given back");
        }
        self.0.store.close().await;
    }
}

/// The clock to begin with. A test clock goes on from where it stood, and is refused on data that have ever been live.
async fn first_clock(parts: &Parts) -> Result<Clock, Refusal> {
    let start = parts.test_clock;
    let wrote = parts.store.write(async move |tx: &mut Tx| {
        let mode = flyt_store::meta::get(&mut tx.engine(), "clock").await?;
        let at = flyt_store::meta::get(&mut tx.engine(), "clock_at").await?;
        let wanted = if start.is_some() { "manual" } else { "system" };
        if mode.is_none() {
            flyt_store::meta::put(&mut tx.engine(), "clock", wanted)?;
            if let Some(start) = start {
                flyt_store::meta::put(&mut tx.engine(), "clock_at", &to_ms(start).to_string())?;
            }
        }
        Ok((mode, at))
    });
    let (mode, at) = wrote.await?;
    match (start, mode.as_deref()) {
        (Some(_), Some("system")) => Err(Refusal::conflict(
            "live_data",
            "these data have been live: a test clock would move real bookings. Use another data directory",
            None,
        )),
        (None, Some("manual")) => Err(Refusal::conflict(
            "test_data",
            "these data belong to a test clock: start with --test-clock, or use another data directory",
            None,
        )),
        (Some(start), _) => {
            let stood = at.and_then(|a| a.parse().ok()).map(from_ms);
            Ok(Clock::manual(stood.unwrap_or(start)))
        }
        (None, _) => Ok(Clock::System),
    }
}

impl Inner {
    /// Runs a unit that reads one snapshot.
    pub(crate) async fn read<T, F>(&self, body: F) -> Result<T, Refusal>
    where
        F: AsyncFn(&mut Tx) -> Result<T, Refusal> + Send + 'static,
        T: Send + 'static,
    {
        let refused = Arc::new(Mutex::new(None));
        let kept = refused.clone();
        let done = self
            .store
            .read(async move |tx: &mut Tx| body(tx).await.map_err(|r| aside(&kept, r)));
        done.await.map_err(|error| back(&refused, error))
    }
    /// As `read`, for a few rows: the beat and the last look.
    pub(crate) async fn glance<T, F>(&self, body: F) -> Result<T, Refusal>
    where
        F: AsyncFn(&mut Tx) -> Result<T, Refusal> + Send + 'static,
        T: Send + 'static,
    {
        let refused = Arc::new(Mutex::new(None));
        let kept = refused.clone();
        let done = self
            .store
            .glance(async move |tx: &mut Tx| body(tx).await.map_err(|r| aside(&kept, r)));
        done.await.map_err(|error| back(&refused, error))
    }
    /// Runs a unit of work: all of it is durable when this returns `Ok`, none of it when it returns `Err`.
    pub(crate) async fn write<T, F>(&self, body: F) -> Result<T, Refusal>
    where
        F: AsyncFn(&mut Tx) -> Result<T, Refusal> + Send + 'static,
        T: Send + 'static,
    {
        let refused = Arc::new(Mutex::new(None));
        let kept = refused.clone();
        let done = self
            .store
            .write(async move |tx: &mut Tx| body(tx).await.map_err(|r| aside(&kept, r)));
        let outcome = done.await.map_err(|error| back(&refused, error));
        if outcome.is_ok() {
            self.ring();
        }
        outcome
    }
    /// A write from outside. Under the test clock it waits until what earlier ones made due has had its last look.
    pub(crate) async fn command<T, F>(&self, body: F) -> Result<T, Refusal>
    where
        F: AsyncFn(&mut Tx) -> Result<T, Refusal> + Send + 'static,
        T: Send + 'static,
    {
        if self.clock.is_manual() {
            pulse::looked(self).await;
        }
        self.write(body).await
    }

    /// Wakes the beat. Returns what it will have heard once it has looked.
    pub(crate) fn ring(&self) -> u64 {
        self.bell.send_modify(|n| *n += 1);
        *self.bell.borrow()
    }
    /// Deliveries in flight or waiting for a place.
    pub(crate) fn in_flight(&self) -> usize {
        self.flights.count()
    }
    /// Whether this process fires timers and delivers.
    pub(crate) fn works(&self) -> bool {
        self.works
    }
    /// Whether this machine's clock is too far off to claim anything.
    pub(crate) fn is_off(&self) -> bool {
        self.off_ms.load(Ordering::SeqCst) != 0
    }
    /// Whether `more` deliveries beside one still fit.
    pub(crate) fn has_room(&self, more: usize) -> bool {
        self.works && self.flights.room() > more && !self.held.load(Ordering::SeqCst) && !self.is_off()
    }
    /// Writes the claim of this boot into a step.
    pub(crate) fn hold(&self, row: &mut StepRow, now: Timestamp) {
        "claimed".clone_into(&mut row.state);
        row.attempt += 1;
        row.boot = Some(self.boot);
        row.lease_until = Some(to_ms(plus_ms(now, LEASE_MS)));
        row.updated_at = to_ms(now);
    }
    /// Hands claimed steps to delivery, after the commit that claimed them.
    pub(crate) fn dispatch(&self, steps: Vec<StepRow>) {
        let Some(inner) = self.itself.get().and_then(std::sync::Weak::upgrade) else {
            return;
        };
        if steps.is_empty() {
            return;
        }
        // Counted before the bell, so that nobody takes the engine for idle between the commit and the first delivery.
        let steps: Vec<(u64, StepRow)> = steps
            .into_iter()
            .map(|step| (self.flights.begin(&step), step))
            .collect();
        self.ring();
        for (flight, step) in steps {
            let places = if flight::is_to_endpoint(&step) {
                &self.endpoint_places
            } else {
                &self.places
            };
            let (inner, places) = (inner.clone(), places.clone());
            let turn = (!flight::is_to_endpoint(&step)).then(|| self.turns.enter(step.business_no));
            tokio::spawn(async move {
                let _own = match &turn {
                    Some(turn) => turn.place().await,
                    None => None,
                };
                let _place = places.acquire_owned().await;
                if !*inner.stopping.borrow() {
                    let delivery = Box::pin(worker::deliver(inner.clone(), step));
                    inner.flights.fly(flight, delivery).await;
                }
                inner.flights.end(flight);
                inner.ring();
            });
        }
    }
}

/// A refusal rolls the unit back: it is set aside while the store's own error does that.
fn aside(kept: &Mutex<Option<Refusal>>, refusal: Refusal) -> flyt_store::Error {
    let error = if let Refusal::Again(error) = &refusal {
        error.clone()
    } else {
        flyt_store::Error::Refused(refusal.to_string())
    };
    *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    error
}

fn back(kept: &Mutex<Option<Refusal>>, error: flyt_store::Error) -> Refusal {
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    kept.filter(|_| matches!(error, flyt_store::Error::Refused(_)))
        .unwrap_or_else(|| error.into())
}
