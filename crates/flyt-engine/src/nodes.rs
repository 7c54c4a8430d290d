//! Several processes on one PostgreSQL: each takes a small number, says every few seconds that it is there, and knows the
//! others by that. A process whose clock is off, or whose number another has taken, claims nothing until it is well again.
//!
//! On SQLite and under the test clock there is one process: nothing of this runs.

use crate::clock;
use crate::engine::Inner;
use crate::refusal::Refusal;
use flyt_core::instant::to_ms;
use flyt_store::nodes::{self, Node};
use flyt_store::{Store, Tx};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Time between two signs of life.
const SIGN: Duration = Duration::from_secs(5);
/// A node that has been silent for longer is gone, ms.
pub(crate) const SILENT_MS: i64 = 30_000;
/// A clock that is further from the database's claims nothing, ms.
const SKEW_MS: i64 = 2_000;
/// Numbers there are: ids have six bits for them.
const NUMBERS: i64 = 64;

/// Takes the least free number.
pub(crate) async fn join(store: &Store, boot: i64) -> Result<i64, Refusal> {
    let skew_ms = skew(store).await?;
    let write = store.write(async move |tx: &mut Tx| {
        let mut tx = tx.engine();
        tx.alone("nodes");
        let now = nodes::server_time(&mut tx).await?;
        let all = nodes::list(&mut tx).await?;
        let here = |node: &&Node| node.seen_at > now - SILENT_MS;
        let taken: BTreeSet<i64> = all.iter().filter(here).map(|node| node.no).collect();
        let Some(no) = (0..NUMBERS).find(|no| !taken.contains(no)) else {
            return Ok(None);
        };
        let node = Node {
            no,
            boot,
            seen_at: now,
        };
        nodes::join(&mut tx, &node, skew_ms)?;
        Ok(Some(no))
    });
    write.await?.ok_or_else(|| {
        Refusal::Unavailable(format!(
            "{NUMBERS} processes are at work on this database already"
        ))
    })
}

/// How far our clock is ahead of the database's, ms, no further than the time the question took can tell.
async fn skew(store: &Store) -> Result<i64, Refusal> {
    let asked = to_ms(clock::wall());
    let read = store.read(async |tx: &mut Tx| nodes::server_time(&mut tx.engine()).await);
    let theirs = read.await?;
    let answered = to_ms(clock::wall());
    Ok(if theirs < asked {
        asked - theirs
    } else if theirs > answered {
        answered - theirs
    } else {
        0
    })
}

/// Wakes the beat when another process has committed something.
pub(crate) async fn listen(inner: Arc<Inner>) {
    let (mut bell, mut stop) = (inner.store.bell(), inner.stopping.subscribe());
    loop {
        tokio::select! {
            () = bell.rung() => { inner.ring(); }
            _ = stop.changed() => return,
        }
    }
}

/// Gives signs of life until the engine stops, then gives the number back.
pub(crate) async fn live(inner: Arc<Inner>) {
    let mut stop = inner.stopping.subscribe();
    loop {
        if let Err(refusal) = sign(&inner).await {
            tracing::error!(%refusal, "no sign of life could be given");
        }
        tokio::select! {
            () = clock::pause(SIGN) => {}
            _ = stop.changed() => return,
        }
    }
}

async fn sign(inner: &Arc<Inner>) -> Result<(), Refusal> {
    let skew_ms = skew(&inner.store).await?;
    let (no, boot) = (inner.ids.node(), inner.boot);
    let write = inner.store.write(async move |tx: &mut Tx| {
        let mut tx = tx.engine();
        let seen_at = nodes::server_time(&mut tx).await?;
        nodes::seen(&mut tx, &Node { no, boot, seen_at }, skew_ms).await
    });
    if !write.await? {
        let other = join(&inner.store, boot).await?;
        tracing::warn!(
            no,
            other,
            "another process took our number while we were silent; going on with another"
        );
        inner.ids.become_node(other);
    }
    inner.follow_hold().await?;
    let off = skew_ms.abs() > SKEW_MS;
    if inner.off_ms.swap(if off { skew_ms } else { 0 }, Ordering::SeqCst) == 0 && off {
        tracing::error!(
            skew_ms,
            "this machine's clock is off; nothing is claimed until it agrees with the database's"
        );
    }
    Ok(())
}

/// Gives the number back: others need not wait for our silence.
pub(crate) async fn leave(inner: &Inner) -> Result<(), Refusal> {
    let (no, boot) = (inner.ids.node(), inner.boot);
    let write = inner
        .store
        .write(async move |tx: &mut Tx| nodes::leave(&mut tx.engine(), no, boot));
    Ok(write.await?)
}
