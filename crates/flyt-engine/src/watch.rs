//! The watch: what a crash left is taken up again, and slow chores are done on the side.

use crate::clock;
use crate::engine::Inner;
use crate::nodes::SILENT_MS;
use crate::refusal::Refusal;
use crate::retention;
use flyt_core::instant::{plus_ms, to_ms};
use flyt_store::Tx;
use flyt_store::nodes;
use flyt_store::steps::{self, AttemptRow, StepRow};
use std::sync::Arc;
use std::time::Duration;

/// Steps that one unit takes over.
const BATCH: i64 = 200;
/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(10);
/// Rounds between two sweeps of old rows: an hour.
const SWEEP: u32 = 360;
/// Age of an answer that no Idempotency-Key meets any more: two days, ms of wall time. They count for one.
const ANSWER_MS: i64 = 48 * 3_600_000;

/// At boot. A store with one process (SQLite, or a test clock) has no other boot alive, so every claim of another is void.
pub(crate) async fn take_over(inner: &Arc<Inner>) -> Result<(), Refusal> {
    let alone = !inner.store.is_postgres() || inner.clock.is_manual();
    let until = if alone { i64::MAX } else { to_ms(inner.clock.now()) };
    while void_claims(inner, until).await? > 0 {}
    Ok(())
}

/// Voids claims of other boots that are gone, or whose lease ended by `until`. A step that was claimed may have been sent: the try is told as
/// `unknown` and the next one bears the same outside id.
async fn void_claims(inner: &Arc<Inner>, until: i64) -> Result<usize, Refusal> {
    let owner = inner.clone();
    inner
        .write(async move |tx: &mut Tx| {
            let now = to_ms(owner.clock.now());
            let alive = nodes::server_time(&mut tx.engine()).await? - SILENT_MS;
            let rows = steps::abandoned(&mut tx.engine(), owner.boot, (until, alive), BATCH).await?;
            for row in &rows {
                let free = StepRow {
                    state: "ready".to_owned(),
                    boot: None,
                    lease_until: None,
                    updated_at: now,
                    ..row.clone()
                };
                if steps::advance(&mut tx.tenant(row.business_no), (&row.state, row.attempt), &free).await? {
                    let lost = AttemptRow {
                        attempt: row.attempt,
                        at: row.updated_at,
                        outcome: "unknown".to_owned(),
                        code: None,
                        answer: Some("the server stopped during this try".to_owned()),
                        revision: row.revision,
                    };
                    steps::put_attempt(&mut tx.tenant(row.business_no), row.id, &lost)?;
                }
            }
            Ok(rows.len())
        })
        .await
}

/// Deletes answers that were kept for repeated commands and count no more.
async fn forget_answers(inner: &Inner) -> Result<(), Refusal> {
    let before = plus_ms(clock::wall(), -ANSWER_MS);
    let write = inner
        .store
        .write(async move |tx: &mut Tx| flyt_store::idempotency::purge(&mut tx.engine(), before));
    Ok(write.await?)
}

/// Rounds until the engine stops.
pub(crate) async fn watch(inner: Arc<Inner>) {
    let mut stop = inner.stopping.subscribe();
    let mut rounds = 0_u32;
    loop {
        tokio::select! {
            () = clock::pause(ROUND) => {}
            _ = stop.changed() => return,
        }
        if rounds.is_multiple_of(SWEEP)
            && let Err(refusal) = forget_answers(&inner).await
        {
            tracing::error!(%refusal, "the watch could not forget old answers");
        }
        rounds = rounds.wrapping_add(1);
        if !inner.clock.is_manual()
            && let Err(refusal) = retention::sweep_when_due(&inner).await
        {
            tracing::error!(%refusal, "the watch could not sweep what is kept for a time only");
        }
        if !inner.clock.is_manual()
            && let Err(refusal) = void_claims(&inner, to_ms(inner.clock.now())).await
        {
            tracing::error!(%refusal, "the watch could not look for abandoned work");
        }
    }
}
