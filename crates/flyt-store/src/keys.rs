//! API keys: only the hash of a key is stored. Those without a business are the platform's.

use crate::engine::Sql;
use crate::error::Result;
use crate::page::{Listing, Page, Paging};
use crate::tx::{EngineTx, Statements, TenantTx};
use crate::value::{FromRow, Row, doc};
use flyt_core::id::KeyId;
use jiff::Timestamp;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, business_no, name, prefix, hash, scopes, created_at, expires_at, last_used_at, revoked_at
             FROM api_keys ",
            $rest
        )
    };
}
const INSERT: &str =
    "INSERT INTO api_keys (id, business_no, name, prefix, hash, scopes, created_at, expires_at,
    last_used_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const BY_HASH: &str = select!("WHERE hash = $1");
const BY_ID: &str = select!("WHERE business_no = $1 AND id = $2");
const PAGE: &str = select!("WHERE business_no = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
const USED: &str = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1";
const REVOKE: &str =
    "UPDATE api_keys SET revoked_at = $3 WHERE business_no = $1 AND id = $2 AND revoked_at IS NULL";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(BY_HASH),
    Sql::same(BY_ID),
    Sql::same(PAGE),
    Sql::same(USED),
    Sql::same(REVOKE),
];

/// A key with its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Its business; `None`: the platform's.
    pub business_no: Option<i64>,
    /// What people call it.
    pub name: String,
    /// Its first characters, by which people know it again.
    pub prefix: String,
    /// Hash of the whole key.
    pub hash: Vec<u8>,
    /// What it may do: `bookings:write` …
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, about.
    pub last_used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}
impl FromRow for ApiKey {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            business_no: row.take()?,
            name: row.take()?,
            prefix: row.take()?,
            hash: row.take()?,
            scopes: row.take_doc()?,
            created_at: row.take()?,
            expires_at: row.take()?,
            last_used_at: row.take()?,
            revoked_at: row.take()?,
        })
    }
}

/// Adds a key of this business, whatever `key.business_no` says.
pub fn insert(tx: &mut TenantTx<'_>, key: &ApiKey) -> Result<()> {
    let no = tx.business_no();
    put(tx, Some(no), key)
}
/// Adds a key of the platform, whatever `key.business_no` says.
pub fn insert_platform(tx: &mut EngineTx<'_>, key: &ApiKey) -> Result<()> {
    put(tx, None, key)
}
fn put(tx: &mut Statements, business_no: Option<i64>, key: &ApiKey) -> Result<()> {
    tx.put(
        INSERT,
        &[
            key.id.into(),
            business_no.into(),
            (&key.name).into(),
            (&key.prefix).into(),
            (&key.hash).into(),
            doc(&key.scopes)?.into(),
            key.created_at.into(),
            key.expires_at.into(),
            key.last_used_at.into(),
            key.revoked_at.into(),
        ],
    )
}
/// The key of a hash, revoked and expired ones too: who is calling is not known before.
pub async fn by_hash(tx: &mut EngineTx<'_>, hash: &[u8]) -> Result<Option<ApiKey>> {
    tx.query_opt(BY_HASH, &[hash.into()]).await
}
/// Notes that a key was used.
pub fn used(tx: &mut EngineTx<'_>, id: KeyId, at: Timestamp) -> Result<()> {
    tx.put(USED, &[id.into(), at.into()])
}
/// The key of an id.
pub async fn by_id(tx: &mut TenantTx<'_>, id: KeyId) -> Result<Option<ApiKey>> {
    let no = tx.business_no();
    tx.query_opt(BY_ID, &[no.into(), id.into()]).await
}
/// Keys of the business, newest first.
pub async fn page(tx: &mut TenantTx<'_>, paging: &Paging) -> Result<Page<ApiKey>> {
    let ([id], no) = (paging.below(Listing::Keys)?, tx.business_no());
    let rows = tx
        .query(PAGE, &[no.into(), id.into(), paging.rows().into()])
        .await?;
    Ok(paging.cut(Listing::Keys, rows, |key: &ApiKey| [key.id.0]))
}
/// Takes a key back. False: there is none, or it is taken back already.
pub async fn revoke(tx: &mut TenantTx<'_>, id: KeyId, at: Timestamp) -> Result<bool> {
    let no = tx.business_no();
    Ok(tx.execute(REVOKE, &[no.into(), id.into(), at.into()]).await? == 1)
}
