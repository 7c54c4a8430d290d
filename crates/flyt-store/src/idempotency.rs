//! Answers kept for repeated requests. How long they are kept is decided by who calls `purge`.

use crate::engine::Sql;
use crate::error::{Error, Result};
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row, Value};
use jiff::Timestamp;

const CLAIM: &str = "INSERT INTO idempotency (business_no, key, method, path, body_hash, at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (business_no, key, method, path) DO NOTHING";
const STORED: &str = "SELECT body_hash, status, headers, answer FROM idempotency
    WHERE business_no = $1 AND key = $2 AND method = $3 AND path = $4";
const ANSWER: &str = "UPDATE idempotency SET status = $5, headers = $6, answer = $7
    WHERE business_no = $1 AND key = $2 AND method = $3 AND path = $4";
const FORGET: &str =
    "DELETE FROM idempotency WHERE business_no = $1 AND key = $2 AND method = $3 AND path = $4";
const ABANDONED: &str = "DELETE FROM idempotency WHERE status IS NULL";
const PURGE: &str = "DELETE FROM idempotency WHERE at < $1";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(CLAIM),
    Sql::same(STORED),
    Sql::same(ANSWER),
    Sql::same(FORGET),
    Sql::same(ABANDONED),
    Sql::same(PURGE),
];

/// What makes two requests the same; the business is that of the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
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
/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the first: run it, then `answer` or `forget`.
    First,
    /// The first one still runs.
    Running,
    /// It has run: this was the answer.
    Answered(Answer),
    /// The key was used with another body.
    OtherBody,
}
struct Stored {
    body_hash: Vec<u8>,
    answer: Option<Answer>,
}
impl FromRow for Stored {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let body_hash = row.take()?;
        let (status, headers, body): (Option<i64>, Option<String>, Option<Vec<u8>>) =
            (row.take()?, row.take()?, row.take()?);
        let answer = status.map(|status| Answer {
            status,
            headers: headers.unwrap_or_default(),
            body: body.unwrap_or_default(),
        });
        Ok(Self { body_hash, answer })
    }
}

/// Takes the key for a request, or says what became of the one that has it.
pub async fn claim(
    tx: &mut TenantTx<'_>,
    request: &Request,
    body_hash: &[u8],
    at: Timestamp,
) -> Result<Claim> {
    let key = request.params(tx.business_no());
    let mut row = key.to_vec();
    row.extend([body_hash.into(), at.into()]);
    if tx.execute(CLAIM, &row).await? == 1 {
        return Ok(Claim::First);
    }
    let Some(stored) = tx.query_opt::<Stored>(STORED, &key).await? else {
        return Err(Error::Again(
            "the request before this one was given up just now".into(),
        ));
    };
    Ok(match stored.answer {
        _ if stored.body_hash != body_hash => Claim::OtherBody,
        Some(answer) => Claim::Answered(answer),
        None => Claim::Running,
    })
}
/// Keeps the answer of a claimed request.
pub fn answer(tx: &mut TenantTx<'_>, request: &Request, answer: &Answer) -> Result<()> {
    let mut row = request.params(tx.business_no()).to_vec();
    row.extend([
        answer.status.into(),
        (&answer.headers).into(),
        (&answer.body).into(),
    ]);
    tx.put(ANSWER, &row)
}
/// Gives the key of a claimed request free: its answer is not to be kept.
pub fn forget(tx: &mut TenantTx<'_>, request: &Request) -> Result<()> {
    let row = request.params(tx.business_no());
    tx.put(FORGET, &row)
}
/// Gives the keys of requests free that a crash cut off. Only where there is one process, at its start.
pub fn forget_abandoned(tx: &mut EngineTx<'_>) -> Result<()> {
    tx.put(ABANDONED, &[])
}
/// Deletes what was claimed before an instant.
pub fn purge(tx: &mut EngineTx<'_>, before: Timestamp) -> Result<()> {
    tx.put(PURGE, &[before.into()])
}
