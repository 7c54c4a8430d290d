//! Own sending accounts of businesses. Settings are a document; the secret lies among the secrets, as `channel/sms` in the version
//! of the account's revision.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};

const OF_BUSINESS: &str =
    "SELECT c.channel, c.revision, c.updated_at, c.doc, s.sealed FROM channels c LEFT JOIN secrets s ON
    s.business_no = c.business_no AND s.name = 'channel/' || c.channel AND s.version = c.revision
    WHERE c.business_no = $1 ORDER BY c.channel";
const PUT: &str =
    "INSERT INTO channels (business_no, channel, revision, updated_at, doc) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (business_no, channel) DO UPDATE SET revision = excluded.revision, updated_at = excluded.updated_at,
    doc = excluded.doc";
const REMOVE: &str = "DELETE FROM channels WHERE business_no = $1 AND channel = $2";
pub(crate) const ALL: &[Sql] = &[Sql::same(OF_BUSINESS), Sql::same(PUT), Sql::same(REMOVE)];

/// A business's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRow {
    /// `email`, `sms`.
    pub channel: String,
    /// Rises with each change.
    pub revision: i64,
    /// When it last changed, ms.
    pub updated_at: i64,
    /// The settings that are no secret.
    pub doc: String,
    /// Its secret, encrypted: read with it, written among the secrets.
    pub sealed: Option<Vec<u8>>,
}
impl FromRow for ChannelRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            channel: row.take()?,
            revision: row.take()?,
            updated_at: row.take()?,
            doc: row.take()?,
            sealed: row.take()?,
        })
    }
}

/// The accounts of the business.
pub async fn of_business(tx: &mut TenantTx<'_>) -> Result<Vec<ChannelRow>> {
    let no = tx.business_no();
    tx.query(OF_BUSINESS, &[no.into()]).await
}
/// Writes an account over the one before.
pub fn put(tx: &mut TenantTx<'_>, row: &ChannelRow) -> Result<()> {
    let no = tx.business_no();
    tx.put(
        PUT,
        &[
            no.into(),
            (&row.channel).into(),
            row.revision.into(),
            row.updated_at.into(),
            (&row.doc).into(),
        ],
    )
}
/// Takes an account away. False: there is none.
pub async fn remove(tx: &mut TenantTx<'_>, channel: &str) -> Result<bool> {
    let no = tx.business_no();
    Ok(tx.execute(REMOVE, &[no.into(), channel.into()]).await? == 1)
}
