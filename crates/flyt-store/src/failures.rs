//! Acts on many: deliveries that failed, and the runs of a workflow that are not at their end.

use crate::engine::Sql;
use crate::error::Result;
use crate::steps::StepFilter;
use crate::tx::TenantTx;
use flyt_core::id::{RunId, StepId};

const FAILED: &str =
    "SELECT run_id, step_no FROM steps WHERE business_no = $1 AND state IN ('failed', 'unknown')
    AND channel IS NOT NULL AND (run_id, step_no) > ($2, $3)
    AND (CAST($4 AS BIGINT) IS NULL OR booking_id = $4) AND (CAST($5 AS BIGINT) IS NULL OR workflow_no = $5)
    AND (CAST($6 AS TEXT) IS NULL OR channel = $6) AND due_at >= $7 AND due_at < $8
    ORDER BY run_id, step_no LIMIT $9";
const LIVE: &str = "SELECT id FROM runs WHERE business_no = $1 AND workflow_no = $2
    AND state IN ('running', 'waiting', 'holding') AND id > $3 ORDER BY id LIMIT $4";
pub(crate) const ALL: &[Sql] = &[Sql::same(FAILED), Sql::same(LIVE)];

/// Deliveries that failed or whose answer was lost, oldest first, after the last one seen.
pub async fn failed(tx: &mut TenantTx<'_>, f: &StepFilter, after: StepId, limit: i64) -> Result<Vec<StepId>> {
    let params = [
        tx.business_no().into(),
        after.run.0.into(),
        after.no.into(),
        f.booking_id.into(),
        f.workflow_no.into(),
        (&f.channel).into(),
        f.from.unwrap_or(i64::MIN).into(),
        f.to.unwrap_or(i64::MAX).into(),
        limit.into(),
    ];
    let rows = tx.query::<(i64, i64)>(FAILED, &params).await?;
    Ok(rows
        .into_iter()
        .map(|(run, no)| StepId { run: RunId(run), no })
        .collect())
}
/// Runs of a workflow that are not at their end, oldest first, after the last one seen.
pub async fn live(tx: &mut TenantTx<'_>, workflow_no: i64, after: RunId, limit: i64) -> Result<Vec<RunId>> {
    let params = [
        tx.business_no().into(),
        workflow_no.into(),
        after.into(),
        limit.into(),
    ];
    let rows = tx.query::<(RunId,)>(LIVE, &params).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
