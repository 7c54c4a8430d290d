//! Secrets of businesses, sealed before they come here. A new version stands beside the old one until it is purged.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use jiff::Timestamp;

const INSERT: &str =
    "INSERT INTO secrets (business_no, name, version, sealed, created_at) VALUES ($1, $2, $3, $4, $5)";
const VERSIONS: &str =
    "SELECT name, version, sealed, created_at FROM secrets WHERE business_no = $1 AND name = $2
    ORDER BY version DESC";
const PURGE: &str = "DELETE FROM secrets WHERE business_no = $1 AND name = $2 AND version < $3";
pub(crate) const ALL: &[Sql] = &[Sql::same(INSERT), Sql::same(VERSIONS), Sql::same(PURGE)];

/// One version of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it is for.
    pub name: String,
    /// From 1.
    pub version: i64,
    /// The secret, encrypted.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}
impl FromRow for Secret {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.take()?,
            version: row.take()?,
            sealed: row.take()?,
            created_at: row.take()?,
        })
    }
}

/// Adds a version. One that is there already is a `Conflict`.
pub fn insert(tx: &mut TenantTx<'_>, secret: &Secret) -> Result<()> {
    let (no, s) = (tx.business_no(), secret);
    let sealed = s.sealed.as_slice();
    tx.put(
        INSERT,
        &[
            no.into(),
            (&s.name).into(),
            s.version.into(),
            sealed.into(),
            s.created_at.into(),
        ],
    )
}
/// The versions of a secret, newest first.
pub async fn versions(tx: &mut TenantTx<'_>, name: &str) -> Result<Vec<Secret>> {
    let no = tx.business_no();
    tx.query(VERSIONS, &[no.into(), name.into()]).await
}
/// Deletes the versions before one.
pub fn purge(tx: &mut TenantTx<'_>, name: &str, before: i64) -> Result<()> {
    let no = tx.business_no();
    tx.put(PURGE, &[no.into(), name.into(), before.into()])
}
