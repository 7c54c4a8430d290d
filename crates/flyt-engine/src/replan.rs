//! Re-plans: after a workflow was edited, switched or deleted its pending timers are made anew, in batches with a cursor.
//! The old ones are fenced at once by `plan_no`; here they are replaced.

use crate::change::{self, Out};
use crate::engine::Inner;
use crate::refusal::Refusal;
use crate::tenant::{self, Tenant};
use flyt_core::due::Planner;
use flyt_core::id::BookingId;
use flyt_core::instant::from_ms;
use flyt_core::plan::{self, Pending, TimerInput, Withdrawn};
use flyt_core::reason::Reason;
use flyt_core::workflow::Workflow;
use flyt_store::Tx;
use flyt_store::bookings;
use flyt_store::steps::StepRow;
use flyt_store::workflows::{self, ReplanRow};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bookings of one batch.
const BATCH: i64 = 100;
/// How far back a booking may have started whose timers still lie ahead: the longest offset and a long stay.
pub(crate) const REACH_MS: i64 = (366 + 60) * 24 * 3_600_000;

/// Plans the next batch of bookings. Returns the steps to hand to delivery.
pub(crate) async fn batch(inner: &Inner, tx: &mut Tx, row: &ReplanRow) -> Result<Vec<StepRow>, Refusal> {
    let mut out = Out::new(inner, row.business_no, inner.clock.now());
    let tenant = inner.cache.tenant(tx, row.business_no).await?;
    let workflow = tenant
        .workflows
        .iter()
        .find(|w| w.no == row.workflow_no && w.enabled)
        .cloned();
    let seen = bookings::after_start(
        &mut tx.tenant(row.business_no),
        (row.cursor_at, row.cursor_id),
        BATCH,
    )
    .await?;
    let own = workflows::trigger_numbers(&mut tx.tenant(row.business_no), row.workflow_no).await?;
    let own: BTreeSet<i64> = own.into_iter().collect();
    let mut next = ReplanRow {
        done: row.done + i64::try_from(seen.len()).unwrap_or(0),
        ..*row
    };
    for (start, id) in &seen {
        (next.cursor_at, next.cursor_id) = (*start, id.0);
        tx.tenant(row.business_no).alone(&format!("booking/{}", id.0));
        one(tx, &mut out, &tenant, workflow.as_ref(), (*id, &own), row).await?;
    }
    if i64::try_from(seen.len()).unwrap_or(0) < BATCH {
        workflows::end_replan(&mut tx.tenant(row.business_no), row)?;
    } else {
        workflows::step_replan(&mut tx.tenant(row.business_no), &next).await?;
    }
    Ok(out.dispatch)
}

async fn one(
    tx: &mut Tx,
    out: &mut Out<'_>,
    tenant: &Tenant,
    workflow: Option<&Arc<Workflow>>,
    (id, own): (BookingId, &BTreeSet<i64>),
    row: &ReplanRow,
) -> Result<(), Refusal> {
    let known = change::known(tx, out.business_no, id).await?;
    let mut mine = known.pending;
    mine.retain(|t| own.contains(&t.trigger_no));
    if workflow.is_none() && mine.is_empty() || !row.existing && mine.is_empty() {
        return Ok(());
    }
    let mut facts = tenant::facts(tx, tenant, Some(id), None).await?;
    if let Some(workflow) = workflow {
        tenant::with_visits(tx, out.business_no, &mut facts, [&workflow.definition]).await?;
    }
    let workflows: Vec<Arc<Workflow>> = workflow.cloned().into_iter().collect();
    let input = TimerInput {
        workflows: &workflows,
        before: None,
        after: Some(&facts),
        pending: &mine,
        fired: &known.fired,
        skipped: &known.skipped,
        why: if row.switched_on {
            Planner::SwitchedOn
        } else {
            Planner::Moved
        },
        // What came due since the edit was due after it: it is late, not too late.
        now: from_ms(row.started_at),
        anew: true,
    };
    let mut plan = plan::timers(&input);
    // Timers of triggers that are gone, or of a workflow that is off, are nobody's: they end here.
    let reason = if workflow.is_some() {
        Reason::Superseded
    } else {
        Reason::WorkflowDisabled
    };
    let gone = |p: &&Pending| {
        !plan.remove.iter().any(|r| r.timer == **p) && !plan.add.iter().any(|a| a.timer == **p)
    };
    let orphans: Vec<Withdrawn> = mine
        .iter()
        .filter(gone)
        .map(|timer| Withdrawn {
            timer: *timer,
            reason,
        })
        .collect();
    plan.remove.extend(orphans);
    // Bookings that are over have no use for a note that nothing was planned.
    plan.skipped.retain(|s| s.timer.anchor_at > out.now);
    change::write_timers(tx, out, &workflows, &facts, (id, &plan)).await
}
