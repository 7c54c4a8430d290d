//! Figures for the front page: deliveries by quarter of an hour, which every zone's days are made of; reasons; what lies ahead.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};

/// Length of a piece of time that deliveries are counted in, ms. The offsets of all zones are multiples of it.
pub const PIECE_MS: i64 = 15 * 60_000;

const DELIVERIES: &str =
    "SELECT (coalesce(sent_at, due_at) - $2) / $4, channel, state, reason, count(*) FROM steps
    WHERE business_no = $1 AND channel IS NOT NULL AND coalesce(sent_at, due_at) >= $2
    AND coalesce(sent_at, due_at) < $3 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
const WITHDRAWN: &str = "SELECT reason, count(*) FROM timer_ends WHERE business_no = $1 AND ended_at >= $2
    AND ended_at < $3 AND reason <> 'superseded' GROUP BY reason ORDER BY reason";
const SPENT: &str =
    "SELECT reason, count(*) FROM runs WHERE business_no = $1 AND due_at >= $2 AND due_at < $3
    AND state = 'ended' AND reason IS NOT NULL GROUP BY reason ORDER BY reason";
const AHEAD: &str = "SELECT (due_at - $2) / $4, count(*) FROM timers WHERE business_no = $1
    AND due_at >= $2 AND due_at < $3 GROUP BY 1 ORDER BY 1";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(DELIVERIES),
    Sql::same(WITHDRAWN),
    Sql::same(SPENT),
    Sql::same(AHEAD),
];

/// Deliveries of one kind in one piece of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Which piece after the beginning, from 0.
    pub piece: i64,
    /// Their channel.
    pub channel: String,
    /// Their state.
    pub state: String,
    /// Their reason, if they have one.
    pub reason: Option<String>,
    /// How many.
    pub count: i64,
}
impl FromRow for Counted {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            piece: r.take()?,
            channel: r.take()?,
            state: r.take()?,
            reason: r.take()?,
            count: r.take()?,
        })
    }
}

/// Deliveries due or sent in `[from, to)`, ms.
pub async fn deliveries(tx: &mut TenantTx<'_>, (from, to): (i64, i64)) -> Result<Vec<Counted>> {
    let no = tx.business_no();
    tx.query(DELIVERIES, &[no.into(), from.into(), to.into(), PIECE_MS.into()])
        .await
}
/// Why timers and whole runs came to nothing in `[from, to)`, ms.
pub async fn reasons(tx: &mut TenantTx<'_>, (from, to): (i64, i64)) -> Result<Vec<(String, i64)>> {
    let params = [tx.business_no().into(), from.into(), to.into()];
    let mut all = tx.query::<(String, i64)>(WITHDRAWN, &params).await?;
    all.extend(tx.query::<(String, i64)>(SPENT, &params).await?);
    Ok(all)
}
/// Timers due in `[from, to)`, ms, by piece of time.
pub async fn ahead(tx: &mut TenantTx<'_>, (from, to): (i64, i64)) -> Result<Vec<(i64, i64)>> {
    let no = tx.business_no();
    tx.query(AHEAD, &[no.into(), from.into(), to.into(), PIECE_MS.into()])
        .await
}
