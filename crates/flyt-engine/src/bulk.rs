//! Many bookings in one call: each line is a command and a transaction of its own, many in flight ride on one commit. Lines
//! of the same booking go one after another. Reading the lines and writing the answer is the server's.

use crate::booking::{self, Request};
use crate::engine::{Engine, Inner};
use crate::pulse;
use crate::refusal::{Caller, Refusal, Target, Verb, Written};
use flyt_core::booking::Automations;
use flyt_core::booking_body::BookingBody;
use flyt_core::facts::Facts;
use flyt_core::id::BookingId;
use flyt_core::invalid::Invalid;
use flyt_core::status::StatusKind;
use flyt_store::{Tx, bookings};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bookings under way at once: enough to fill the commits, few enough that other writers find a place between.
const AT_ONCE: usize = 128;
/// How often a line that lost a race is tried again by itself.
const TRIES: usize = 5;

/// One booking of a bulk write.
#[derive(Debug, Clone)]
pub struct BulkLine {
    /// Its place in the call.
    pub place: usize,
    /// What it is found by.
    pub external_id: String,
    /// What it says.
    pub body: Arc<BookingBody>,
}
/// What a line came to.
#[derive(Debug, Clone)]
pub struct BulkDone {
    /// The booking.
    pub id: BookingId,
    /// Whether it is new.
    pub created: bool,
    /// Whether anything changed.
    pub changed: bool,
    /// It lies ahead, and nothing reminds of it because its automations are off.
    pub unreminded: bool,
    /// What was accepted but is worth saying.
    pub warnings: Vec<Invalid>,
}
/// Place and outcome of a line.
type Outcome = (usize, Result<BulkDone, Refusal>);

impl Engine {
    /// Makes or changes many bookings, each found by its external id. `told` stands for lines that do not name their
    /// automations; without it a new booking's are off and an existing one keeps its own. The outcomes come in any order.
    pub async fn write_bookings(
        &self,
        caller: &Caller,
        lines: Vec<BulkLine>,
        told: Option<Automations>,
    ) -> Vec<(usize, Result<BulkDone, Refusal>)> {
        let lines: Vec<BulkLine> = lines.into_iter().map(|line| with(line, told)).collect();
        let by_place: BTreeMap<usize, BulkLine> = lines.iter().map(|l| (l.place, l.clone())).collect();
        let mut all = if self.0.clock.is_manual() {
            settled(&self.0, *caller, lines).await
        } else {
            at_once(&self.0, *caller, by_booking(lines)).await
        };
        for (place, outcome) in &mut all {
            for _ in 0..TRIES {
                let (Err(Refusal::Again(_)), Some(line)) = (&*outcome, by_place.get(place)) else {
                    break;
                };
                *outcome = one(&self.0, *caller, line.clone()).await.1;
            }
        }
        all
    }
}

fn with(line: BulkLine, told: Option<Automations>) -> BulkLine {
    if told.is_none() || line.body.automations.is_some() {
        return line;
    }
    let body = BookingBody {
        automations: told,
        ..(*line.body).clone()
    };
    BulkLine {
        body: Arc::new(body),
        ..line
    }
}

/// The lines of each booking together, in their order.
fn by_booking(lines: Vec<BulkLine>) -> Vec<Vec<BulkLine>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<BulkLine>> = Vec::new();
    for line in lines {
        let place = *places.entry(line.external_id.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(line),
            None => groups.push(vec![line]),
        }
    }
    groups
}

async fn at_once(inner: &Arc<Inner>, caller: Caller, groups: Vec<Vec<BulkLine>>) -> Vec<Outcome> {
    let done = stream::iter(groups).map(|lines| in_order(inner.clone(), caller, lines));
    let done: Vec<Vec<Outcome>> = done.buffer_unordered(AT_ONCE).collect().await;
    done.into_iter().flatten().collect()
}

async fn in_order(inner: Arc<Inner>, caller: Caller, lines: Vec<BulkLine>) -> Vec<Outcome> {
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        all.push(one(&inner, caller, line).await);
    }
    all
}

/// Under the test clock a line waits until what earlier ones made due has had its last look. New bookings with their
/// automations off make nothing due: those between two others go at once.
async fn settled(inner: &Arc<Inner>, caller: Caller, lines: Vec<BulkLine>) -> Vec<Outcome> {
    let known = match known(inner, caller, &lines).await {
        Ok(known) => known,
        Err(refusal) => return lines.iter().map(|l| (l.place, Err(refusal.clone()))).collect(),
    };
    let (mut all, mut quiet): (Vec<Outcome>, Vec<BulkLine>) = (Vec::new(), Vec::new());
    let mut seen = known;
    for line in lines {
        let off = matches!(line.body.automations, None | Some(Automations::Off));
        if seen.insert(line.external_id.clone()) && off {
            quiet.push(line);
            continue;
        }
        all.extend(gone_at_once(inner, caller, std::mem::take(&mut quiet)).await);
        pulse::looked(inner).await;
        all.push(one(inner, caller, line).await);
    }
    all.extend(gone_at_once(inner, caller, quiet).await);
    all
}

async fn gone_at_once(inner: &Arc<Inner>, caller: Caller, lines: Vec<BulkLine>) -> Vec<Outcome> {
    if lines.is_empty() {
        return Vec::new();
    }
    pulse::looked(inner).await;
    at_once(inner, caller, lines.into_iter().map(|line| vec![line]).collect()).await
}

/// The external ids of lines whose booking is there already.
async fn known(inner: &Arc<Inner>, caller: Caller, lines: &[BulkLine]) -> Result<BTreeSet<String>, Refusal> {
    let wanted: Vec<String> = lines.iter().map(|l| l.external_id.clone()).collect();
    inner
        .read(async move |tx: &mut Tx| {
            let mut tenant = tx.tenant(caller.business_no);
            let mut known = BTreeSet::new();
            for external in &wanted {
                if bookings::by_external_id(&mut tenant, external).await?.is_some() {
                    known.insert(external.clone());
                }
            }
            Ok(known)
        })
        .await
}

async fn one(inner: &Arc<Inner>, caller: Caller, line: BulkLine) -> Outcome {
    let (owner, place) = (inner.clone(), line.place);
    let target = Target::External(line.external_id);
    let body = line.body;
    let done = inner
        .write(async move |tx: &mut Tx| {
            let request = Request {
                caller,
                target: &target,
                verb: Verb::Put,
                body: &body,
                expect: None,
                unsaid: Automations::Off,
            };
            booking::write(&owner, tx, &request).await
        })
        .await;
    let done = done.map(|(written, dispatch)| {
        inner.dispatch(dispatch);
        told(written, inner.clock.now())
    });
    (place, done.and_then(|d| d))
}

fn told(written: Written<Facts>, now: Timestamp) -> Result<BulkDone, Refusal> {
    let booking = written.value.booking.map(|b| b.booking);
    let booking = booking.ok_or_else(|| Refusal::Bug("a booking write left no booking".to_owned()))?;
    let counts = matches!(booking.status_kind, StatusKind::Open | StatusKind::Active);
    Ok(BulkDone {
        id: booking.id,
        created: written.created,
        changed: written.changed,
        unreminded: booking.automations == Automations::Off && counts && booking.start > now,
        warnings: written.warnings,
    })
}
