//! The watch: what a crash left is taken up again, and slow chores are done on the side.

use crate::clock;
use crate::engine::Inner;
use crate::nodes::SILENT_MS;
use crate::refusal::Refusal;
use crate::retention;
use crate::road::{self, Way};
use flyt_core::action::OnUnknown;
use flyt_core::customer::Channel;
use flyt_core::instant::{plus_ms, to_ms};
use flyt_core::reason::Reason;
use flyt_core::retry;
use flyt_store::steps::{self, AttemptRow, StepRow};
use flyt_store::{Tx, nodes, runs};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Steps that one unit takes over.
const BATCH: i64 = 200;
/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(10);
/// Time before a delivery that met no store is given back first.
const FIRST_REST: Duration = Duration::from_millis(200);
/// Rounds between two sweeps of old rows: an hour.
const SWEEP: u32 = 360;
/// Age of an answer that no Idempotency-Key meets any more: two days, ms of wall time. They count for one.
const ANSWER_MS: i64 = 48 * 3_600_000;
/// Age of a delivery report that belongs to nothing any more: a week.
const REPORT_MS: i64 = 7 * 24 * 3_600_000;

/// At boot. A store with one process (SQLite, or a test clock) has no other boot alive, so every claim of another is void.
pub(crate) async fn take_over(inner: &Arc<Inner>) -> Result<(), Refusal> {
    let alone = !inner.store.is_postgres() || inner.clock.is_manual();
    let until = if alone { i64::MAX } else { to_ms(inner.clock.now()) };
    while void_claims(inner, until).await? > 0 {}
    Ok(())
}

/// Voids claims of other boots that are gone, or whose lease ended by `until`.
async fn void_claims(inner: &Arc<Inner>, until: i64) -> Result<usize, Refusal> {
    let owner = inner.clone();
    inner
        .write(async move |tx: &mut Tx| {
            let now = owner.clock.now();
            let alive = nodes::server_time(&mut tx.engine()).await? - SILENT_MS;
            let rows = steps::abandoned(&mut tx.engine(), owner.boot, (until, alive), BATCH).await?;
            for row in &rows {
                void(&owner, tx, row, (now, "the server stopped during this try")).await?;
            }
            Ok(rows.len())
        })
        .await
}

/// Takes a claim away from its holder.
async fn void(
    inner: &Inner,
    tx: &mut Tx,
    row: &StepRow,
    (now, why): (Timestamp, &str),
) -> Result<(), Refusal> {
    let left = after_crash(inner, tx, row, now).await?;
    let mut tenant = tx.tenant(row.business_no);
    if !steps::advance(&mut tenant, (&row.state, row.attempt), &left.step).await? {
        return Ok(());
    }
    if left.may_have_gone {
        steps::put_attempt(&mut tenant, row.id, &lost_try(row, why))?;
    }
    if left.over {
        runs::step_ended(&mut tenant, row.id.run)?;
    }
    Ok(())
}

/// The store was away while a delivery of this process was under way. What became of it is as unknown as after a crash, so it
/// is given back as one that a crash left, once the store answers; waiting for the lease to end would make it late.
pub(crate) async fn give_back(inner: &Arc<Inner>, step: &StepRow) {
    let mut stop = inner.stopping.subscribe();
    let mut rest = FIRST_REST;
    loop {
        tokio::select! {
            () = clock::pause(rest) => {}
            _ = stop.changed() => return,
        }
        rest = (rest * 2).min(ROUND);
        let (owner, id, business_no, attempt) = (inner.clone(), step.id, step.business_no, step.attempt);
        let given = inner
            .write(async move |tx: &mut Tx| {
                let row = steps::by_id(&mut tx.tenant(business_no), id).await?;
                let held =
                    |r: &StepRow| matches!(&*r.state, "claimed" | "sending") && r.boot == Some(owner.boot);
                if let Some(row) = row.filter(|r| held(r) && r.attempt == attempt) {
                    let why = "the store did not answer during this try";
                    void(&owner, tx, &row, (owner.clock.now(), why)).await?;
                }
                Ok(())
            })
            .await;
        match given {
            Ok(()) => return,
            Err(refusal) => {
                tracing::warn!(step = %step.id, %refusal, "a delivery could not be given back yet");
            }
        }
    }
}

/// What a crash leaves of a step.
struct Left {
    step: StepRow,
    may_have_gone: bool,
    /// It waits for a person, and its run goes on.
    over: bool,
}

/// A claimed step may have gone out where the other side knows its id again: it goes again with the same one. One to a side that
/// knows no id is written `sending` before its first byte: claimed it had not left, sending nobody knows.
async fn after_crash(inner: &Inner, tx: &mut Tx, row: &StepRow, now: Timestamp) -> Result<Left, Refusal> {
    let free = StepRow {
        state: "ready".to_owned(),
        boot: None,
        lease_until: None,
        updated_at: to_ms(now),
        ..row.clone()
    };
    let tenant = inner.cache.tenant(tx, row.business_no).await?;
    let is_sms = row.channel.as_deref() == Some(Channel::Sms.word());
    let sending = row.state == "sending";
    let gateway = if is_sms {
        road::gateway(inner, &tenant)
    } else {
        Way::Call
    };
    let had_left =
        sending || matches!(&gateway, Way::Call) || matches!(&gateway, Way::Gateway(a, _) if a.knows_a_key());
    if !had_left {
        let attempt = row.attempt - 1;
        return Ok(Left {
            step: StepRow { attempt, ..free },
            may_have_gone: false,
            over: false,
        });
    }
    let over = holds(inner, tx, row).await?;
    let step = if over {
        StepRow {
            state: "unknown".to_owned(),
            reason: Some(Reason::UnknownOutcome.word().to_owned()),
            ..free
        }
    } else if sending {
        StepRow {
            state: "unknown".to_owned(),
            reason: None,
            due_at: to_ms(retry::report_due(now)),
            ..free
        }
    } else {
        free
    };
    Ok(Left {
        step,
        may_have_gone: true,
        over,
    })
}

/// Whether the action says that a person decides about lost answers.
async fn holds(inner: &Inner, tx: &mut Tx, row: &StepRow) -> Result<bool, Refusal> {
    let no = row.business_no;
    let Some(run) = runs::by_id(&mut tx.tenant(no), row.id.run).await? else {
        return Ok(false);
    };
    let definition = inner.cache.version(tx, no, run.workflow_no, run.version).await?;
    let place = usize::try_from(row.action).unwrap_or(usize::MAX);
    let action = definition.actions.get(place).filter(|a| !a.act.is_barrier());
    let delivery = action.and_then(|a| a.act.delivery());
    Ok(delivery.is_some_and(|d| d.on_unknown == OnUnknown::Hold))
}

fn lost_try(row: &StepRow, why: &str) -> AttemptRow {
    AttemptRow {
        attempt: row.attempt,
        at: row.updated_at,
        outcome: "unknown".to_owned(),
        code: None,
        answer: Some(why.to_owned()),
        revision: row.revision,
    }
}

/// Deletes answers that were kept for repeated commands, and early reports, that count no more.
async fn forget_answers(inner: &Inner) -> Result<(), Refusal> {
    let before = plus_ms(clock::wall(), -ANSWER_MS);
    let reports_before = to_ms(plus_ms(inner.clock.now(), -REPORT_MS));
    let write = inner.store.write(async move |tx: &mut Tx| {
        flyt_store::reports::purge(&mut tx.engine(), reports_before)?;
        flyt_store::idempotency::purge(&mut tx.engine(), before)
    });
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
