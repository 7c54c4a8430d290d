//! Businesses are served in turn. Where more is due than one pass takes, each business gets its part of it; what hangs on an
//! answer stands in nobody's way; and of the places in delivery no business has all.

use crate::pulse::BATCH;
use crate::refusal::Refusal;
use flyt_store::EngineTx;
use flyt_store::steps::{self, StepRow};
use flyt_store::timers::{self, TimerRow};
use flyt_store::turns;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Businesses that one pass serves when more is due than it takes.
const SERVED: i64 = 25;
/// Deliveries of one business that are handed over at most: half of the queue.
const HANDED: usize = 256;
/// Deliveries of one business in flight at once: three quarters of the places.
const AT_ONCE: usize = 48;
/// Businesses whose places are remembered.
const KEPT: usize = 4_096;

/// Who was served last, and who has how much in delivery.
#[derive(Default)]
pub(crate) struct Turns {
    last: AtomicI64,
    places: Mutex<BTreeMap<i64, Arc<Places>>>,
}
struct Places {
    handed: AtomicUsize,
    at_once: Arc<Semaphore>,
}
/// A delivery that was handed over; it counts until it is dropped.
pub(crate) struct Turn(Arc<Places>);

impl Turns {
    /// The business that was served last.
    pub(crate) fn last(&self) -> i64 {
        self.last.load(Ordering::Relaxed)
    }
    /// Counts a delivery that is handed over.
    pub(crate) fn enter(&self, business_no: i64) -> Turn {
        let mut all = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.retain(|_, places| Arc::strong_count(places) > 1);
        }
        let places = all.entry(business_no).or_insert_with(|| {
            Arc::new(Places {
                handed: AtomicUsize::new(0),
                at_once: Arc::new(Semaphore::new(AT_ONCE)),
            })
        });
        places.handed.fetch_add(1, Ordering::SeqCst);
        Turn(places.clone())
    }
    /// How many more deliveries of a business may be handed over.
    pub(crate) fn room(&self, business_no: i64) -> usize {
        let all = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let handed = all
            .get(&business_no)
            .map_or(0, |p| p.handed.load(Ordering::SeqCst));
        HANDED.saturating_sub(handed)
    }
    /// Of what is due, what each business may hand over, one of each in turn.
    pub(crate) fn share(&self, rows: Vec<StepRow>) -> Vec<StepRow> {
        if let Some(last) = rows.last() {
            self.last.store(last.business_no, Ordering::Relaxed);
        }
        let mut taken: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
        let fits = |row: &StepRow| {
            let business = row.business_no;
            let (count, room) = taken.entry(business).or_insert_with(|| (0, self.room(business)));
            *count += 1;
            *count <= *room
        };
        in_turn(rows.into_iter().filter(fits), |row| row.business_no)
    }
}
impl Turn {
    /// Waits until the business has a place.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.0.at_once.clone().acquire_owned().await.ok()
    }
}
impl Drop for Turn {
    fn drop(&mut self) {
        self.0.handed.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One of each in turn; what is one business's keeps its order.
fn in_turn<T>(rows: impl Iterator<Item = T>, of: impl Fn(&T) -> i64) -> Vec<T> {
    let mut queues: Vec<(i64, VecDeque<T>)> = Vec::new();
    let mut places: BTreeMap<i64, usize> = BTreeMap::new();
    for row in rows {
        let place = *places.entry(of(&row)).or_insert_with(|| {
            queues.push((of(&row), VecDeque::new()));
            queues.len() - 1
        });
        if let Some((_, queue)) = queues.get_mut(place) {
            queue.push_back(row);
        }
    }
    let mut all = Vec::new();
    while !queues.is_empty() {
        queues.retain_mut(|(_, queue)| {
            all.extend(queue.pop_front());
            !queue.is_empty()
        });
    }
    all
}

/// What is due: all of it where it is little, else a part of each business's that has something due, beginning after `last`.
pub(crate) async fn steps(
    tx: &mut EngineTx<'_>,
    (now, endpoints, last): (i64, Option<&[String]>, i64),
) -> Result<Vec<StepRow>, Refusal> {
    let head = steps::due(tx, now, endpoints, BATCH).await?;
    if is_all(head.len()) {
        return Ok(head);
    }
    let mut businesses = turns::with_steps(tx, (last, i64::MAX), now, SERVED).await?;
    businesses.extend(turns::with_steps(tx, (0, last.saturating_add(1)), now, rest(&businesses)).await?);
    let mut rows = Vec::new();
    for business in &businesses {
        rows.extend(turns::steps_of(tx, *business, (now, endpoints), part(&businesses)).await?);
    }
    Ok(rows)
}

/// As `steps`, for timers.
pub(crate) async fn timers(tx: &mut EngineTx<'_>, (now, last): (i64, i64)) -> Result<Vec<TimerRow>, Refusal> {
    let head = timers::due(tx, now, BATCH).await?;
    if is_all(head.len()) {
        return Ok(head);
    }
    let mut businesses = turns::with_timers(tx, (last, i64::MAX), now, SERVED).await?;
    businesses.extend(turns::with_timers(tx, (0, last.saturating_add(1)), now, rest(&businesses)).await?);
    if businesses.len() < 2 {
        return Ok(head); // nobody else waits
    }
    let mut rows = Vec::new();
    for business in &businesses {
        rows.extend(turns::timers_of(tx, *business, now, part(&businesses)).await?);
    }
    Ok(in_turn(rows.into_iter(), |row| row.business_no))
}

fn is_all(found: usize) -> bool {
    i64::try_from(found).is_ok_and(|found| found < BATCH)
}
fn rest(businesses: &[i64]) -> i64 {
    SERVED.saturating_sub(i64::try_from(businesses.len()).unwrap_or(SERVED))
}
fn part(businesses: &[i64]) -> i64 {
    (BATCH / i64::try_from(businesses.len()).unwrap_or(BATCH).max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_goes_in_turn_and_each_keeps_its_order() {
        let rows = [(1, 'a'), (1, 'b'), (1, 'c'), (2, 'd'), (3, 'e'), (2, 'f')];
        let told: String = in_turn(rows.into_iter(), |row| row.0)
            .iter()
            .map(|r| r.1)
            .collect();
        assert_eq!(told, "adebfc");
    }

    #[test]
    fn a_business_has_its_part_of_the_places_and_what_is_over_gives_them_back() {
        let turns = Turns::default();
        let handed: Vec<Turn> = (0..HANDED).map(|_| turns.enter(7)).collect();
        assert_eq!((turns.room(7), turns.room(8)), (0, HANDED));
        drop(handed);
        assert_eq!(turns.room(7), HANDED);
    }
}
