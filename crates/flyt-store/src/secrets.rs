//! Secrets of businesses, sealed before they come here. A new version stands beside the old one until it is purged.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use jiff::Timestamp;

const INSERT: &str =
    "INSERT INTO secrets (business_no, name, version, sealed, created_at) VALUES ($1, $2, $3, $4, $5)";
const VERSIONS: &str =
    "SELECT name, version, sealed, created_at FROM secrets WHERE business_no = $1 AND name = $2
    ORDER BY version DESC";
const PURGE: &str = "DELETE FROM secrets WHERE business_no = $1 AND name = $2 AND version < $3";
const AFTER: &str = "SELECT business_no, name, version, sealed, created_at FROM secrets
    WHERE (business_no, name, version) > ($1, $2, $3) ORDER BY business_no, name, version LIMIT $4";
const RESEAL: &str =
    "UPDATE secrets SET sealed = $4 WHERE business_no = $1 AND name = $2 AND version = $3 AND sealed = $5";
const REMOVE: &str = "DELETE FROM secrets WHERE business_no = $1 AND name = $2 AND version = $3";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(VERSIONS),
    Sql::same(PURGE),
    Sql::same(AFTER),
    Sql::same(RESEAL),
    Sql::same(REMOVE),
];

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

/// A secret with its business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Whose it is.
    pub business_no: i64,
    /// What it is.
    pub secret: Secret,
}
impl FromRow for Owned {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            business_no: row.take()?,
            secret: Secret::from_row(row)?,
        })
    }
}
/// Secrets of all businesses in the order of their keys, after one: for sealing them anew.
pub async fn after(
    tx: &mut EngineTx<'_>,
    (business_no, name, version): (i64, &str, i64),
    limit: i64,
) -> Result<Vec<Owned>> {
    let params = [business_no.into(), name.into(), version.into(), limit.into()];
    tx.query(AFTER, &params).await
}
/// Puts the same secret in another sealing. False: it is no longer as it was seen.
pub async fn reseal(tx: &mut TenantTx<'_>, was: &Secret, sealed: &[u8]) -> Result<bool> {
    let params = [
        tx.business_no().into(),
        (&was.name).into(),
        was.version.into(),
        sealed.into(),
        was.sealed.as_slice().into(),
    ];
    Ok(tx.execute(RESEAL, &params).await? == 1)
}
/// Deletes one version.
pub fn remove(tx: &mut TenantTx<'_>, name: &str, version: i64) -> Result<()> {
    let no = tx.business_no();
    tx.put(REMOVE, &[no.into(), name.into(), version.into()])
}
