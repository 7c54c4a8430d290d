//! Answers kept for repeated commands. An answer is written in the transaction of the command it answers, or afterwards where
//! a command writes nothing. How long one counts is decided by who calls.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row, Value};
use jiff::Timestamp;

const FORGET: &str = "DELETE FROM idempotency
    WHERE business_no = $1 AND key = $2 AND method = $3 AND path = $4 AND at < $5";
const KEEP: &str =
    "INSERT INTO idempotency (business_no, key, method, path, body_hash, at, status, headers, answer)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (business_no, key, method, path) DO NOTHING";
const KEPT: &str = "SELECT body_hash, status, headers, answer FROM idempotency
    WHERE business_no = $1 AND key = $2 AND method = $3 AND path = $4 AND at >= $5";
const PURGE: &str = "DELETE FROM idempotency WHERE at < $1";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(FORGET),
    Sql::same(KEEP),
    Sql::same(KEPT),
    Sql::same(PURGE),
];

/// What makes two commands the same; the business is that of the transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// The caller's key.
    pub key: String,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
}
impl Request {
    fn params(&self, business_no: i64) -> [Value<'_>; 4] {
        [
            business_no.into(),
            (&self.key).into(),
            (&self.method).into(),
            (&self.path).into(),
        ]
    }
}
/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its HTTP status.
    pub status: i64,
    /// Its headers, as JSON.
    pub headers: String,
    /// Its body.
    pub body: Vec<u8>,
}
/// What is known of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It has been answered so.
    Answered(Answer),
    /// The key was used with another body.
    OtherBody,
}
struct Kept {
    body_hash: Vec<u8>,
    answer: Answer,
}
impl FromRow for Kept {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            body_hash: row.take()?,
            answer: Answer {
                status: row.take()?,
                headers: row.take()?,
                body: row.take()?,
            },
        })
    }
}

/// What is known of a command, from answers kept since an instant.
pub async fn known(
    tx: &mut TenantTx<'_>,
    request: &Request,
    body_hash: &[u8],
    since: Timestamp,
) -> Result<Option<Known>> {
    let mut params = request.params(tx.business_no()).to_vec();
    params.push(since.into());
    let kept = tx.query_opt::<Kept>(KEPT, &params).await?;
    Ok(kept.map(|kept| {
        if kept.body_hash == body_hash {
            Known::Answered(kept.answer)
        } else {
            Known::OtherBody
        }
    }))
}
/// Keeps the answer of a command, in place of one from before `since`. False: a younger one is there, and nothing was written.
pub async fn keep(
    tx: &mut TenantTx<'_>,
    request: &Request,
    body_hash: &[u8],
    (at, since): (Timestamp, Timestamp),
    answer: &Answer,
) -> Result<bool> {
    let params = request.params(tx.business_no()).to_vec();
    let mut old = params.clone();
    old.push(since.into());
    tx.put(FORGET, &old)?;
    let mut row = params;
    row.extend([
        body_hash.into(),
        at.into(),
        answer.status.into(),
        (&answer.headers).into(),
        (&answer.body).into(),
    ]);
    Ok(tx.execute(KEEP, &row).await? == 1)
}
/// Deletes what was kept before an instant.
pub fn purge(tx: &mut EngineTx<'_>, before: Timestamp) -> Result<()> {
    tx.put(PURGE, &[before.into()])
}
