//! The sweep: what is kept for a time only goes, in batches, business by business; and traces of erased people are looked
//! for once more. How long is the business's setting (`flyt_core::retention`).

use crate::change::Out;
use crate::engine::Inner;
use crate::erase;
use crate::ids::IdSource;
use crate::refusal::Refusal;
use flyt_core::business::Business;
use flyt_core::id::{CustomerId, RunId, StepId};
use flyt_core::instant::{plus_ms, to_ms};
use flyt_core::state::{self, StepState};
use flyt_store::page::Paging;
use flyt_store::{Tx, businesses, erasure, inbound, meta, retention};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Rows of one transaction.
const BATCH: i64 = 500;
/// A day, ms.
const DAY_MS: i64 = 24 * 3_600_000;
/// After this nothing that was on its way when a customer was erased can still be recorded: a lease and some.
const LOOK_AGAIN_MS: i64 = 20 * 60_000;
/// Shortest time between two sweeps, ms of domain time.
pub(crate) const EVERY_MS: i64 = 3_600_000;

/// Sweeps if an hour of domain time has passed since the last time. Under the test clock it follows the moves of the clock.
pub(crate) async fn sweep_when_due(inner: &Arc<Inner>) -> Result<(), Refusal> {
    let now = to_ms(inner.clock.now());
    let last = inner.swept_ms.load(Ordering::SeqCst);
    if now.saturating_sub(last) < EVERY_MS && last != 0 {
        return Ok(());
    }
    inner.swept_ms.store(now, Ordering::SeqCst);
    sweep(inner).await
}

/// What a business has that is over its time.
struct Over {
    no: i64,
    /// Erased people whose traces are to be looked for once more.
    marked: Vec<CustomerId>,
    /// Texts of messages from before this instant.
    contents: Option<Timestamp>,
    /// Acts from before this instant.
    audit: Option<Timestamp>,
    /// What other systems sent before this instant.
    payloads: Option<Timestamp>,
}

async fn sweep(inner: &Arc<Inner>) -> Result<(), Refusal> {
    let now = inner.clock.now();
    let mut cursor: Option<String> = None;
    loop {
        let from = cursor.clone();
        let (all, next) = inner
            .read(async move |tx: &mut Tx| {
                let paging = Paging::new(Some(flyt_store::page::MAX_LIMIT), from.as_deref())?;
                let page = businesses::page(&mut tx.engine(), &paging).await?;
                let mut all = Vec::new();
                for business in &page.rows {
                    all.push(over(tx, business, now).await?);
                }
                Ok((all, page.next))
            })
            .await?;
        for over in all {
            one(inner, over).await?;
        }
        let Some(next) = next else { return Ok(()) };
        cursor = Some(next);
    }
}

/// A look at what there is to do, which is mostly nothing.
async fn over(tx: &mut Tx, business: &Business, now: Timestamp) -> Result<Over, Refusal> {
    let (no, kept) = (business.no, &business.settings.retention);
    let marked = erasure::marked(&mut tx.tenant(no), plus_ms(now, -LOOK_AGAIN_MS), BATCH).await?;
    let mut contents = kept.messages_days.map(|days| plus_ms(now, -days * DAY_MS));
    let mut payloads = contents;
    if payloads.is_some() && inbound::all_sources(&mut tx.tenant(no)).await?.is_empty() {
        payloads = None;
    }
    if let Some(before) = contents {
        let (after, below) = (progress(tx, no).await?, RunId(IdSource::floor(before)));
        let first = retention::contents(&mut tx.tenant(no), after, below, 1).await?;
        contents = contents.filter(|_| !first.is_empty());
    }
    // A month is 31 days here: nothing goes before its time.
    let mut audit = kept
        .audit_months
        .map(|months| plus_ms(now, -months * 31 * DAY_MS));
    if let Some(before) = audit {
        let there = retention::has_audit(&mut tx.tenant(no), IdSource::floor(before)).await?;
        audit = audit.filter(|_| there);
    }
    Ok(Over {
        no,
        marked,
        contents,
        audit,
        payloads,
    })
}

async fn one(inner: &Arc<Inner>, over: Over) -> Result<(), Refusal> {
    look_again(inner, over.no, over.marked).await?;
    if let Some(before) = over.contents {
        drop_contents(inner, over.no, before).await?;
    }
    if let Some(before) = over.audit {
        drop_audit(inner, over.no, before).await?;
    }
    if let Some(before) = over.payloads {
        let no = over.no;
        let write =
            inner.write(async move |tx: &mut Tx| Ok(inbound::purge(&mut tx.tenant(no), before).await?));
        write.await?;
    }
    Ok(())
}

/// Where the purge of a business's contents has got to: everything before it is gone for good.
fn progress_key(no: i64) -> String {
    format!("purged/{no}")
}

/// The step after which there may be contents left.
async fn progress(tx: &mut Tx, no: i64) -> Result<StepId, Refusal> {
    let run = meta::get(&mut tx.engine(), &progress_key(no)).await?;
    Ok(StepId {
        run: RunId(run.and_then(|run| run.parse().ok()).unwrap_or(0)),
        no: -1,
    })
}

/// A step of an old run is tried again: what it sends is to be met by the sweep.
pub(crate) async fn reopened(tx: &mut Tx, no: i64, run: RunId) -> Result<(), Refusal> {
    if progress(tx, no).await?.run > run {
        meta::put(&mut tx.engine(), &progress_key(no), &run.0.to_string())?;
    }
    Ok(())
}

async fn drop_contents(inner: &Arc<Inner>, no: i64, before: Timestamp) -> Result<(), Refusal> {
    let below = RunId(IdSource::floor(before));
    let mut after = inner
        .read(async move |tx: &mut Tx| progress(tx, no).await)
        .await?;
    // What still waits in an old run is passed over now and met again the next time.
    let mut all_before_gone = true;
    loop {
        let found = inner
            .read(async move |tx: &mut Tx| {
                Ok(retention::contents(&mut tx.tenant(no), after, below, BATCH).await?)
            })
            .await?;
        let Some(last) = found.last().map(|s| s.step) else {
            return Ok(());
        };
        let over = |s: &&retention::Sent| {
            let settled = StepState::from_word(&s.state).is_none_or(state::is_settled);
            settled && s.updated_at < to_ms(before)
        };
        let old: Vec<StepId> = found.iter().filter(over).map(|s| s.step).collect();
        all_before_gone &= old.len() == found.len();
        let more = i64::try_from(found.len()).unwrap_or(0) == BATCH;
        let (key, kept_progress) = (progress_key(no), all_before_gone);
        inner
            .store
            .write(async move |tx: &mut Tx| {
                retention::drop_contents(&mut tx.tenant(no), &old)?;
                if kept_progress {
                    // A run that is not at its end may still send: the next sweep begins there.
                    let live = retention::oldest_live(&mut tx.tenant(no)).await?;
                    let at = live.map_or(last.run, |live| live.min(last.run));
                    meta::put(&mut tx.engine(), &key, &at.0.to_string())?;
                }
                Ok(())
            })
            .await?;
        if !more {
            return Ok(());
        }
        after = last;
    }
}

async fn drop_audit(inner: &Arc<Inner>, no: i64, before: Timestamp) -> Result<(), Refusal> {
    let below = IdSource::floor(before);
    loop {
        let gone = inner
            .store
            .write(async move |tx: &mut Tx| retention::drop_audit(&mut tx.tenant(no), below, BATCH).await)
            .await?;
        if gone < u64::try_from(BATCH).unwrap_or(0) {
            return Ok(());
        }
    }
}

/// Looks once more for the traces of people who were erased a while ago.
async fn look_again(inner: &Arc<Inner>, no: i64, marked: Vec<CustomerId>) -> Result<(), Refusal> {
    for id in marked {
        let owner = inner.clone();
        inner
            .write(async move |tx: &mut Tx| {
                let out = Out::new(&owner, no, owner.clock.now());
                erase::wipe(tx, &out, id).await?;
                Ok(erasure::close(&mut tx.tenant(no), id)?)
            })
            .await?;
        erase::forget_answers(inner, no, vec![id.to_string()]).await?;
    }
    Ok(())
}
