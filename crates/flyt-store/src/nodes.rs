//! The processes that work on one database: a small number each, and when each was last heard of, by the database's clock.
//! On SQLite there is one process and nobody asks.

use crate::engine::{SERVER_TIME, Sql};
use crate::error::Result;
use crate::tx::EngineTx;
use crate::value::{FromRow, Row};

const LIST: &str = "SELECT no, boot, seen_at FROM nodes ORDER BY no";
const JOIN: &str = "INSERT INTO nodes (no, boot, seen_at, skew_ms) VALUES ($1, $2, $3, $4)
    ON CONFLICT (no) DO UPDATE SET boot = excluded.boot, seen_at = excluded.seen_at, skew_ms = excluded.skew_ms";
const SEEN: &str = "UPDATE nodes SET seen_at = $3, skew_ms = $4 WHERE no = $1 AND boot = $2";
const LEAVE: &str = "DELETE FROM nodes WHERE no = $1 AND boot = $2";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(LIST),
    Sql::same(JOIN),
    Sql::same(SEEN),
    Sql::same(LEAVE),
];

/// A process at work, or one that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its small number; ids bear it.
    pub no: i64,
    /// Which start of a process this is; claims bear it.
    pub boot: i64,
    /// When it was last heard of, ms of the database's clock.
    pub seen_at: i64,
}
impl FromRow for Node {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            no: row.take()?,
            boot: row.take()?,
            seen_at: row.take()?,
        })
    }
}

/// The database's clock, ms.
pub async fn server_time(tx: &mut EngineTx<'_>) -> Result<i64> {
    Ok(tx.query_one::<(i64,)>(SERVER_TIME, &[]).await?.0)
}
/// Every number that has been taken, in order.
pub async fn list(tx: &mut EngineTx<'_>) -> Result<Vec<Node>> {
    tx.query(LIST, &[]).await
}
/// Takes a number. Whoever had it has it no more.
pub fn join(tx: &mut EngineTx<'_>, node: &Node, skew_ms: i64) -> Result<()> {
    tx.put(
        JOIN,
        &[
            node.no.into(),
            node.boot.into(),
            node.seen_at.into(),
            skew_ms.into(),
        ],
    )
}
/// Says that a node is there. False: its number is another's.
pub async fn seen(tx: &mut EngineTx<'_>, node: &Node, skew_ms: i64) -> Result<bool> {
    let params = [
        node.no.into(),
        node.boot.into(),
        node.seen_at.into(),
        skew_ms.into(),
    ];
    Ok(tx.execute(SEEN, &params).await? == 1)
}
/// Gives a number back.
pub fn leave(tx: &mut EngineTx<'_>, no: i64, boot: i64) -> Result<()> {
    tx.put(LEAVE, &[no.into(), boot.into()])
}
