//! What is kept for a time only: what went out, and the audit log. How long is the business's setting; who calls this and
//! when is `flyt-engine`'s `retention`.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::{RunId, StepId};

const CONTENTS: &str = "SELECT s.run_id, s.step_no, s.state, s.updated_at FROM steps s
    JOIN contents c ON c.run_id = s.run_id AND c.step_no = s.step_no
    WHERE s.business_no = $1 AND c.business_no = $1 AND (s.run_id, s.step_no) > ($2, $3) AND s.run_id < $4
    ORDER BY s.run_id, s.step_no LIMIT $5";
const DROP_CONTENT: &str = "DELETE FROM contents WHERE business_no = $1 AND run_id = $2 AND step_no = $3";
const DROP_ANSWERS: &str = "UPDATE attempts SET answer = NULL
    WHERE business_no = $1 AND run_id = $2 AND step_no = $3 AND answer IS NOT NULL";
const DROP_AUDIT: &str = "DELETE FROM audit WHERE business_no = $1
    AND id IN (SELECT id FROM audit WHERE business_no = $1 AND id < $2 ORDER BY id LIMIT $3)";
const OLD_AUDIT: &str = "SELECT id FROM audit WHERE business_no = $1 AND id < $2 ORDER BY id LIMIT 1";
/// `+ 0` keeps the planner from walking all runs in their order to the first of these few.
const OLDEST_LIVE: &str =
    "SELECT id FROM runs WHERE business_no = $1 AND state IN ('running', 'waiting', 'holding')
    ORDER BY id + 0 LIMIT 1";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(OLDEST_LIVE),
    Sql::same(OLD_AUDIT),
    Sql::same(CONTENTS),
    Sql::same(DROP_CONTENT),
    Sql::same(DROP_ANSWERS),
    Sql::same(DROP_AUDIT),
];

/// Something that went out, or will again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its step.
    pub step: StepId,
    /// The state of the step.
    pub state: String,
    /// When the step last moved, ms.
    pub updated_at: i64,
}
impl FromRow for Sent {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            step: StepId {
                run: RunId(r.take()?),
                no: r.take()?,
            },
            state: r.take()?,
            updated_at: r.take()?,
        })
    }
}

/// What went out of runs older than `before`, oldest run first, after the last one seen.
pub async fn contents(tx: &mut TenantTx<'_>, after: StepId, before: RunId, limit: i64) -> Result<Vec<Sent>> {
    let params = [
        tx.business_no().into(),
        after.run.0.into(),
        after.no.into(),
        before.into(),
        limit.into(),
    ];
    tx.query(CONTENTS, &params).await
}
/// The oldest run that is not at its end: it may still send.
pub async fn oldest_live(tx: &mut TenantTx<'_>) -> Result<Option<RunId>> {
    let no = tx.business_no();
    let found = tx.query_opt::<(RunId,)>(OLDEST_LIVE, &[no.into()]).await?;
    Ok(found.map(|(id,)| id))
}
/// Drops what went out with steps, and what was answered. That they went, when and to whom stays.
pub fn drop_contents(tx: &mut TenantTx<'_>, steps: &[StepId]) -> Result<()> {
    let no = tx.business_no();
    let at = |s: &StepId| [no.into(), s.run.0.into(), s.no.into()];
    tx.put_many(DROP_CONTENT, steps.iter().map(at))?;
    tx.put_many(DROP_ANSWERS, steps.iter().map(at))
}
/// Whether there are acts below an id.
pub async fn has_audit(tx: &mut TenantTx<'_>, below: i64) -> Result<bool> {
    let no = tx.business_no();
    let params = [no.into(), below.into()];
    Ok(tx.query_opt::<(i64,)>(OLD_AUDIT, &params).await?.is_some())
}
/// Drops the oldest acts below an id; how many went.
pub async fn drop_audit(tx: &mut TenantTx<'_>, below: i64, most: i64) -> Result<u64> {
    let no = tx.business_no();
    tx.execute(DROP_AUDIT, &[no.into(), below.into(), most.into()])
        .await
}
