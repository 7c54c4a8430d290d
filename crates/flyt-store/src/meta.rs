//! What the installation remembers of itself (`meta`), and the small numbers it counts up (`sequences`).

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, Statements};

const GET: &str = "SELECT value FROM meta WHERE key = $1";
const PUT: &str =
    "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const REMOVE: &str = "DELETE FROM meta WHERE key = $1";
const NEXT: &str = "INSERT INTO sequences (name, last) VALUES ($1, 1)
    ON CONFLICT (name) DO UPDATE SET last = sequences.last + 1 RETURNING last";
/// Ids of all kinds come from one source, so its floor is the greatest of them.
const GREATEST: &[&str] = &[
    "SELECT coalesce(max(id), 0) FROM changes",
    "SELECT coalesce(max(id), 0) FROM runs",
    "SELECT coalesce(max(id), 0) FROM audit",
    "SELECT coalesce(max(id), 0) FROM timer_ends",
    "SELECT coalesce(max(run_id), 0) FROM deliveries",
    "SELECT coalesce(max(id), 0) FROM facts",
    "SELECT coalesce(max(id), 0) FROM inbound_deliveries",
];
pub(crate) const ALL: &[Sql] = &[Sql::same(GET), Sql::same(PUT), Sql::same(REMOVE), Sql::same(NEXT)];

/// What small numbers are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// `businesses.no`.
    Business,
    /// `workflows.no`.
    Workflow,
    /// `triggers.no`.
    Trigger,
    /// `nodes.boot`: rises with every start of any node.
    Boot,
}
impl Sequence {
    fn name(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Workflow => "workflow",
            Self::Trigger => "trigger",
            Self::Boot => "boot",
        }
    }
}

/// The value of a key, if it was ever put.
pub async fn get(tx: &mut EngineTx<'_>, key: &str) -> Result<Option<String>> {
    Ok(tx
        .query_opt::<(String,)>(GET, &[key.into()])
        .await?
        .map(|(value,)| value))
}
/// Sets a key.
pub fn put(tx: &mut EngineTx<'_>, key: &str, value: &str) -> Result<()> {
    tx.put(PUT, &[key.into(), value.into()])
}
/// Forgets a key.
pub fn remove(tx: &mut EngineTx<'_>, key: &str) -> Result<()> {
    tx.put(REMOVE, &[key.into()])
}
/// The next number, from 1. On PostgreSQL others who want one wait until this transaction ends; a number is not used twice,
/// except one that was taken by a transaction that failed.
pub async fn next(tx: &mut Statements, sequence: Sequence) -> Result<i64> {
    let (no,) = tx.query_one::<(i64,)>(NEXT, &[sequence.name().into()]).await?;
    Ok(no)
}
/// The greatest id that any node has written: new ones lie above it. Every write leaves a row in one of these tables.
pub async fn greatest_id(tx: &mut EngineTx<'_>) -> Result<i64> {
    let mut greatest = 0;
    for sql in GREATEST {
        greatest = greatest.max(tx.query_opt::<(i64,)>(*sql, &[]).await?.map_or(0, |(id,)| id));
    }
    Ok(greatest)
}
