//! Addresses that nothing more is sent to: after a permanent failure, by hand, or because their owner said so. When the
//! owner is erased, a keyed hash of the address takes its place: enough to find it again, not to read it.

use crate::engine::Sql;
use crate::error::{Error, Result};
use crate::page::Page;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

const ADD: &str =
    "INSERT INTO suppressions (business_no, channel, address, reason, created_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (business_no, channel, address) DO NOTHING";
const STOP: &str =
    "INSERT INTO suppressions (business_no, channel, address, reason, created_at) VALUES ($1, $2, $3, 'stop', $4)
    ON CONFLICT (business_no, channel, address) DO UPDATE SET reason = excluded.reason, created_at = excluded.created_at";
const START: &str =
    "DELETE FROM suppressions WHERE business_no = $1 AND channel = $2 AND (address = $3 OR address = $4)
    AND reason IN ('stop', 'opted_out')";
const REASONS: &str = "SELECT reason FROM suppressions WHERE business_no = $1 AND channel = $2
    AND (address = $3 OR address = $4)";
const OF: &str = "SELECT channel, address, reason, created_at FROM suppressions
    WHERE business_no = $1 AND channel = $2 AND address = $3";
const PAGE: &str = "SELECT channel, address, reason, created_at FROM suppressions WHERE business_no = $1
    AND (created_at, channel, address) < ($2, $3, $4) AND (CAST($5 AS TEXT) IS NULL OR channel = $5)
    ORDER BY created_at DESC, channel DESC, address DESC LIMIT $6";
const REMOVE: &str = "DELETE FROM suppressions WHERE business_no = $1 AND channel = $2 AND address = $3";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(ADD),
    Sql::same(REASONS),
    Sql::same(OF),
    Sql::same(PAGE),
    Sql::same(REMOVE),
    Sql::same(STOP),
    Sql::same(START),
];

/// An address that nothing more is sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// On which channel.
    pub channel: String,
    /// In the form in which addresses compare, or its keyed hash.
    pub address: String,
    /// Why: a word.
    pub reason: String,
    /// Since when, ms.
    pub created_at: i64,
}
impl FromRow for Suppression {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            channel: r.take()?,
            address: r.take()?,
            reason: r.take()?,
            created_at: r.take()?,
        })
    }
}

/// Suppresses an address, in the form in which addresses compare. `at`: ms.
pub fn add(tx: &mut TenantTx<'_>, channel: &str, address: &str, reason: &str, at: i64) -> Result<()> {
    let no = tx.business_no();
    tx.put(
        ADD,
        &[
            no.into(),
            channel.into(),
            address.into(),
            reason.into(),
            at.into(),
        ],
    )
}
/// Why an address is suppressed, by itself or by its keyed hash; none: it is not.
pub async fn reasons(
    tx: &mut TenantTx<'_>,
    channel: &str,
    (address, hash): (&str, &str),
) -> Result<Vec<String>> {
    let no = tx.business_no();
    let params = [no.into(), channel.into(), address.into(), hash.into()];
    let rows = tx.query::<(String,)>(REASONS, &params).await?;
    Ok(rows.into_iter().map(|(reason,)| reason).collect())
}
/// The owner of an address wants nothing more. `at`: ms.
pub fn stop(tx: &mut TenantTx<'_>, channel: &str, address: &str, at: i64) -> Result<()> {
    let no = tx.business_no();
    tx.put(STOP, &[no.into(), channel.into(), address.into(), at.into()])
}
/// The owner of an address takes that back, also where only its keyed hash is left.
pub fn start(tx: &mut TenantTx<'_>, channel: &str, (address, hash): (&str, &str)) -> Result<()> {
    let no = tx.business_no();
    tx.put(START, &[no.into(), channel.into(), address.into(), hash.into()])
}
/// One of them.
pub async fn of(tx: &mut TenantTx<'_>, channel: &str, address: &str) -> Result<Option<Suppression>> {
    let no = tx.business_no();
    tx.query_opt(OF, &[no.into(), channel.into(), address.into()])
        .await
}
/// Lets an address go. False: it was not suppressed.
pub async fn remove(tx: &mut TenantTx<'_>, channel: &str, address: &str) -> Result<bool> {
    let no = tx.business_no();
    Ok(tx
        .execute(REMOVE, &[no.into(), channel.into(), address.into()])
        .await?
        == 1)
}
/// A page of them, newest first. The cursor is `Page::next` of the page before.
pub async fn page(
    tx: &mut TenantTx<'_>,
    channel: Option<&str>,
    (cursor, limit): (Option<&str>, i64),
) -> Result<Page<Suppression>> {
    let below = match cursor {
        None => (i64::MAX, "\u{7f}".to_owned(), String::new()),
        Some(text) => {
            read(text).ok_or_else(|| Error::Refused("the cursor is not one of this list".into()))?
        }
    };
    let params = [
        tx.business_no().into(),
        below.0.into(),
        (&below.1).into(),
        (&below.2).into(),
        channel.into(),
        (limit + 1).into(),
    ];
    let mut rows = tx.query::<Suppression>(PAGE, &params).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| more).map(write);
    Ok(Page { rows, next })
}
fn write(last: &Suppression) -> String {
    let key = (last.created_at, &last.channel, &last.address);
    BASE64.encode(serde_json::json!(key).to_string())
}
fn read(text: &str) -> Option<(i64, String, String)> {
    serde_json::from_slice(&BASE64.decode(text).ok()?).ok()
}
