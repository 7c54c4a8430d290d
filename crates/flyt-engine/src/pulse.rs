//! The beat: finds what is due and carries it out, in order, in bounded batches; and settling under the test clock. Both use
//! the same pass, so what the tests move is what production runs.

use crate::barrier;
use crate::circuit;
use crate::clock;
use crate::due;
use crate::engine::Inner;
use crate::flight;
use crate::refusal::Refusal;
use crate::replan;
use crate::report;
use crate::retention;
use crate::turns;
use crate::worker;
use flyt_core::id::StepId;
use flyt_core::instant::{from_ms, to_ms};
use flyt_store::Tx;
use flyt_store::circuits::{self, CircuitRow};
use flyt_store::horizon;
use flyt_store::reports;
use flyt_store::steps::StepRow;
use flyt_store::timers::TimerRow;
use flyt_store::workflows::{self, ReplanRow};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Rows of each kind that one pass takes.
pub(crate) const BATCH: i64 = 200;
/// Re-plans that one pass moves on.
const REPLANS: i64 = 8;
/// Longest rest between two passes on the system clock: the net under the wake-ups.
const REST: Duration = Duration::from_secs(1);

/// What a pass found due.
#[derive(Default)]
struct Found {
    timers: Vec<TimerRow>,
    steps: Vec<StepRow>,
    replans: Vec<ReplanRow>,
    /// Accounts in trouble whose next probe may go.
    probes: Vec<CircuitRow>,
    /// SMS that have waited long enough for a report.
    undecided: Vec<(i64, StepId)>,
    /// When the next thing comes due, ms.
    next: Option<i64>,
}

/// Beats until the engine stops.
pub(crate) async fn beat(inner: Arc<Inner>) {
    let mut bell = inner.bell.subscribe();
    let mut stop = inner.stopping.subscribe();
    loop {
        let heard = *bell.borrow_and_update();
        let rest = match pass(&inner).await {
            Ok(Passed { again: true, .. }) => continue,
            Ok(Passed {
                next, whole, crowded, ..
            }) => {
                inner
                    .last_beat_ms
                    .store(clock::wall().as_millisecond(), Ordering::Relaxed);
                if whole {
                    inner.passed.store(heard, Ordering::SeqCst);
                }
                if whole && !crowded && inner.in_flight() == 0 {
                    inner.idle.send_replace((heard, next));
                }
                rest(&inner, next)
            }
            Err(refusal) => {
                tracing::error!(%refusal, "the beat could not look for due work");
                REST
            }
        };
        tokio::select! {
            _ = bell.changed() => {}
            () = clock::pause(rest) => {}
            _ = stop.changed() => return,
        }
    }
}

fn rest(inner: &Inner, next: Option<i64>) -> Duration {
    if inner.clock.is_manual() {
        return REST;
    }
    let wait = next.map_or(i64::MAX, |at| at.saturating_sub(to_ms(inner.clock.now())).max(0));
    Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(REST)
}

/// What a pass came to.
struct Passed {
    /// Something was due: look again at once.
    again: bool,
    /// When the next thing comes due, ms.
    next: Option<i64>,
    /// Nothing for people that was due was left for want of room.
    whole: bool,
    /// An endpoint has all that it may have, and may have more due.
    crowded: bool,
}

/// One pass.
async fn pass(inner: &Arc<Inner>) -> Result<Passed, Refusal> {
    let now = to_ms(inner.clock.now());
    let (endpoints, full) = (inner.flights.endpoint_room(), inner.flights.full());
    let mut crowded = endpoints == 0 || !full.is_empty();
    let but = (endpoints > 0).then_some(full);
    let last = inner.turns.last();
    let mut found = inner
        .glance(async move |tx: &mut Tx| look(tx, now, (but.as_deref(), last)).await)
        .await?;
    if inner.held.load(Ordering::SeqCst) || inner.is_off() {
        // Nothing leaves; planning goes on, so that what is released is what was planned in time.
        found = Found {
            replans: found.replans,
            ..Found::default()
        };
    }
    let (mut to_endpoints, due): (Vec<StepRow>, Vec<StepRow>) =
        found.steps.into_iter().partition(flight::is_to_endpoint);
    let (mut deliveries, barriers): (Vec<StepRow>, Vec<StepRow>) =
        due.into_iter().partition(|s| s.channel.is_some());
    let people = deliveries.len();
    deliveries.truncate(inner.flights.room());
    let whole = deliveries.len() == people;
    let fair = shares(
        inner,
        &mut to_endpoints,
        endpoints.min(inner.flights.room() - deliveries.len()),
    );
    crowded |= fair;
    deliveries.append(&mut to_endpoints);
    let claimed = claim(inner, deliveries).await?;
    let mut done = join_all(found.replans.into_iter().map(|r| replanned(inner, r))).await;
    done.extend(join_all(found.timers.into_iter().map(|t| fired(inner, t))).await);
    done.extend(join_all(barriers.into_iter().map(|s| carried(inner, s))).await);
    done.extend(join_all(found.undecided.into_iter().map(|s| decided(inner, s))).await);
    done.extend(join_all(found.probes.into_iter().map(|c| probed(inner, c))).await);
    // What failed stays due; it is looked at again after a rest, not at once.
    Ok(Passed {
        again: claimed > 0 || done.contains(&true),
        next: found.next,
        whole,
        crowded,
    })
}

/// Keeps of deliveries to endpoints what there is room for, of each address its share. True: something is left.
fn shares(inner: &Inner, found: &mut Vec<StepRow>, room: usize) -> bool {
    let before = found.len();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    found.retain(|step| {
        let address = step.recipient.clone().unwrap_or_default();
        let room = inner.flights.room_to(&address);
        let count = taken.entry(address).or_default();
        *count += 1;
        *count <= room
    });
    found.truncate(room);
    found.len() < before
}

/// `endpoints`: the addresses of endpoints that have their share; `None`: there is no room for any, and deliveries to them
/// stand in nobody's way. `last`: the business that was served last. One statement tells which kinds have something due; only
/// those are read.
async fn look(tx: &mut Tx, now: i64, (endpoints, last): (Option<&[String]>, i64)) -> Result<Found, Refusal> {
    let mut engine = tx.engine();
    let horizon = horizon::earliest(&mut engine).await?;
    let due = |at: Option<i64>| at.is_some_and(|at| at <= now);
    let mut found = Found::default();
    if horizon.replans {
        found.replans = workflows::replans(&mut engine, REPLANS).await?;
    }
    if due(horizon.timer) {
        found.timers = turns::timers(&mut engine, (now, last)).await?;
    }
    if due(horizon.step) {
        found.steps = turns::steps(&mut engine, (now, endpoints, last)).await?;
    }
    if due(horizon.probe) {
        found.probes = circuits::due(&mut engine, now, BATCH).await?;
    }
    if due(horizon.undecided) {
        found.undecided = reports::undecided(&mut engine, now, BATCH).await?;
    }
    if found.timers.is_empty() && found.steps.is_empty() {
        // What is due and waits for room is taken up when a delivery ends, which rings.
        let step = horizon.step.filter(|at| *at > now);
        let all = [horizon.timer, step, horizon.next_probe, horizon.undecided];
        found.next = all.into_iter().flatten().min();
    }
    Ok(found)
}

async fn claim(inner: &Arc<Inner>, rows: Vec<StepRow>) -> Result<usize, Refusal> {
    let rows = inner.turns.share(rows);
    if rows.is_empty() {
        return Ok(0);
    }
    let owner = inner.clone();
    let claimed = inner
        .write(async move |tx: &mut Tx| worker::claim(&owner, tx, &rows).await)
        .await?;
    let count = claimed.len();
    inner.dispatch(claimed);
    Ok(count)
}

async fn fired(inner: &Arc<Inner>, row: TimerRow) -> bool {
    let owner = inner.clone();
    let done = inner
        .write(async move |tx: &mut Tx| due::fire(&owner, tx, &row).await)
        .await;
    finish(inner, done, "a timer", &row.id.to_string())
}

async fn carried(inner: &Arc<Inner>, row: StepRow) -> bool {
    let (owner, step) = (inner.clone(), row.clone());
    let done = inner
        .write(async move |tx: &mut Tx| barrier::carry_out(&owner, tx, &step).await)
        .await;
    finish(inner, done, "a step", &row.id.to_string())
}

async fn replanned(inner: &Arc<Inner>, row: ReplanRow) -> bool {
    let owner = inner.clone();
    let done = inner
        .write(async move |tx: &mut Tx| replan::batch(&owner, tx, &row).await)
        .await;
    finish(inner, done, "a re-plan", &row.workflow_no.to_string())
}

async fn decided(inner: &Arc<Inner>, step: (i64, StepId)) -> bool {
    let owner = inner.clone();
    let done = inner
        .write(async move |tx: &mut Tx| report::decide(&owner, tx, step).await)
        .await;
    finish(inner, done, "a lost answer", &step.1.to_string())
}

async fn probed(inner: &Arc<Inner>, row: CircuitRow) -> bool {
    let owner = inner.clone();
    let no = row.owner.to_string();
    let done = inner
        .write(async move |tx: &mut Tx| circuit::probe(&owner, tx, &row).await)
        .await;
    finish(inner, done.map(|()| Vec::new()), "a probe", &no)
}

fn finish(inner: &Inner, done: Result<Vec<StepRow>, Refusal>, what: &str, id: &str) -> bool {
    match done {
        Ok(claimed) => {
            inner.dispatch(claimed);
            true
        }
        Err(refusal) => {
            tracing::error!(id, %refusal, "{what} could not be carried out; it stays due");
            false
        }
    }
}

/// Waits until nothing is due at the present instant, nothing is in flight and no re-plan is open. Returns when the next
/// thing comes due, ms.
pub(crate) async fn settle(inner: &Inner) -> Option<i64> {
    let wanted = *inner.bell.borrow();
    let mut idle = inner.idle.subscribe();
    let settled = idle.wait_for(|(heard, _)| *heard >= wanted).await;
    settled.ok().and_then(|state| state.1)
}

/// How often a write looks whether all that it waits for are answers that do not come.
const LOOK: Duration = Duration::from_millis(100);

/// Waits until what is due at the present instant has had its last look. That of one message waits for the answer to the one
/// before it, so this settles; but not for a receiver that does not answer: a write must not hang on a delivery.
pub(crate) async fn looked(inner: &Inner) {
    let wanted = *inner.bell.borrow();
    let hangs = async {
        loop {
            clock::pause(LOOK).await;
            if inner.passed.load(Ordering::SeqCst) >= wanted && inner.flights.all_hang() {
                return;
            }
        }
    };
    tokio::select! {
        _ = settle(inner) => {}
        () = hangs => {}
    }
}

/// Moves the test clock to `target`: every due instant on the way is begun in order, each at its own instant.
pub(crate) async fn move_clock(inner: &Arc<Inner>, target: Timestamp) -> Result<Timestamp, Refusal> {
    let _one_at_a_time = inner.moving.lock().await;
    let now = inner.clock.now();
    if target < now {
        let message = format!("the clock stands at {now} and only moves forward");
        return Err(Refusal::invalid("/now", "clock_backwards", message));
    }
    let mut stored = Vec::new();
    loop {
        let next = settle(inner).await.map(from_ms);
        let next = next.filter(|at| *at <= target && *at > inner.clock.now());
        let Some(at) = next else { break };
        stored.extend(set(inner, at).await?);
    }
    stored.extend(set(inner, target).await?);
    settle(inner).await;
    retention::sweep_when_due(inner).await?;
    for kept in stored {
        kept.await?;
    }
    Ok(target)
}

/// A write that is in the store's queue.
type Queued = Pin<Box<dyn Future<Output = flyt_store::Result<()>> + Send>>;

/// The instant is stored before the first claim at it, so that a successor goes on from there. SQLite's one writer takes
/// units in order, so it is enough that this one is in the queue; on PostgreSQL it has to be done.
async fn set(inner: &Arc<Inner>, at: Timestamp) -> Result<Option<Queued>, Refusal> {
    if at == inner.clock.now() {
        return Ok(None);
    }
    let ms = to_ms(at).to_string();
    let write = inner
        .store
        .write(async move |tx: &mut Tx| flyt_store::meta::put(&mut tx.engine(), "clock_at", &ms));
    let mut queued: Queued = Box::pin(write);
    let kept = if inner.store.is_postgres() {
        queued.await?;
        None
    } else {
        match (&mut queued).now_or_never() {
            Some(done) => {
                done?;
                None
            }
            None => Some(queued),
        }
    };
    inner.clock.set(at);
    inner.ring();
    Ok(kept)
}
