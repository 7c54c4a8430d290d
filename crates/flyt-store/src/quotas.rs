//! What has gone in the present window of a limit, and which window the last of those that wait will see. The tenant of a row is
//! whose limit it is; business 0 is the operator, whose sending accounts many businesses share.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use flyt_core::quota::{Used, Waiting};

const GET: Sql =
    Sql::same("SELECT from_at, used, wait_at, waiting FROM quotas WHERE business_no = $1 AND kind = $2");
const USE: Sql = Sql::same(
    "INSERT INTO quotas (business_no, kind, from_at, used, wait_at, waiting) VALUES ($1, $2, $3, $4, 0, 0) \
     ON CONFLICT (business_no, kind) DO UPDATE SET from_at = excluded.from_at, used = excluded.used",
);
const WAIT: Sql = Sql::same(
    "INSERT INTO quotas (business_no, kind, from_at, used, wait_at, waiting) VALUES ($1, $2, 0, 0, $3, $4) \
     ON CONFLICT (business_no, kind) DO UPDATE SET wait_at = excluded.wait_at, waiting = excluded.waiting",
);
const FORGET_WAIT: Sql = Sql::same("UPDATE quotas SET wait_at = 0, waiting = 0 WHERE business_no = $1");
const LOOK_AGAIN: Sql = Sql::same(
    "UPDATE steps SET due_at = $3, updated_at = $3 WHERE business_no = $1 AND state = 'ready' AND reason = $2 AND due_at > $3",
);
pub(crate) const ALL: &[Sql] = &[GET, USE, WAIT, FORGET_WAIT, LOOK_AGAIN];

/// What has gone, and who waits. `kind`: the limit's word.
pub async fn get(tx: &mut TenantTx<'_>, kind: &str) -> Result<(Used, Waiting)> {
    let owner = tx.business_no();
    let row = tx
        .query_opt::<(i64, i64, i64, i64)>(GET, &[owner.into(), kind.into()])
        .await?;
    let (from_at, used, at, count) = row.unwrap_or_default();
    Ok((Used { from_at, used }, Waiting { at, count }))
}
/// Writes down what has gone.
pub fn spend(tx: &mut TenantTx<'_>, kind: &str, used: Used) -> Result<()> {
    let owner = tx.business_no();
    tx.put(
        USE,
        &[owner.into(), kind.into(), used.from_at.into(), used.used.into()],
    )
}
/// Writes down who waits.
pub fn wait(tx: &mut TenantTx<'_>, kind: &str, waiting: Waiting) -> Result<()> {
    let owner = tx.business_no();
    tx.put(
        WAIT,
        &[owner.into(), kind.into(), waiting.at.into(), waiting.count.into()],
    )
}
/// The limits have changed: what waits for them, with this reason, looks again. `at`: ms.
pub fn look_again(tx: &mut TenantTx<'_>, reason: &str, at: i64) -> Result<()> {
    let owner = tx.business_no();
    tx.put(FORGET_WAIT, &[owner.into()])?;
    tx.put(LOOK_AGAIN, &[owner.into(), reason.into(), at.into()])
}
