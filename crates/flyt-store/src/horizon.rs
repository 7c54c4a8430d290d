//! When the next thing of each kind comes due, in one statement: on PostgreSQL that is one round trip of the beat instead of
//! eight. What is due is then read where its table is.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::EngineTx;
use crate::value::{FromRow, Row};

const EARLIEST: Sql = Sql::same(
    "SELECT (SELECT workflow_no FROM replans LIMIT 1), \
     (SELECT due_at FROM timers ORDER BY due_at LIMIT 1), \
     (SELECT due_at FROM steps WHERE state = 'ready' ORDER BY due_at LIMIT 1), \
     (SELECT min(probe_at) FROM circuits WHERE opened_at IS NOT NULL AND EXISTS (SELECT 1 FROM parked WHERE \
     parked.business_no = circuits.business_no AND parked.account = circuits.account)), \
     (SELECT min(probe_at) FROM circuits WHERE probe_run IS NULL AND opened_at IS NOT NULL AND EXISTS (SELECT 1 FROM parked \
     WHERE parked.business_no = circuits.business_no AND parked.account = circuits.account)), \
     (SELECT due_at FROM steps WHERE state = 'unknown' AND reason IS NULL ORDER BY due_at LIMIT 1)",
);
pub(crate) const ALL: &[Sql] = &[EARLIEST];

/// The earliest due instant of each kind, over all businesses, ms; `None`: there is nothing of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    /// Whether a re-plan is under way.
    pub replans: bool,
    /// Timers.
    pub timer: Option<i64>,
    /// Ready steps.
    pub step: Option<i64>,
    /// Probes of accounts in trouble that somebody waits for, those under way included.
    pub probe: Option<i64>,
    /// Probes that are not under way.
    pub next_probe: Option<i64>,
    /// SMS that wait for a report.
    pub undecided: Option<i64>,
}
impl FromRow for Horizon {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            replans: row.take::<Option<i64>>()?.is_some(),
            timer: row.take()?,
            step: row.take()?,
            probe: row.take()?,
            next_probe: row.take()?,
            undecided: row.take()?,
        })
    }
}

/// When the next thing of each kind comes due.
pub async fn earliest(tx: &mut EngineTx<'_>) -> Result<Horizon> {
    tx.query_one(EARLIEST, &[]).await
}
