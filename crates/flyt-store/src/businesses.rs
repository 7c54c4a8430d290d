//! Businesses: the tenants. Reading and creating them is the platform's; changing one is its own.

use crate::engine::Sql;
use crate::error::Result;
use crate::page::{Listing, Page, Paging};
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row, doc};
use flyt_core::business::Business;
use flyt_core::id::BusinessId;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT no, id, slug, revision, epoch, created_at, updated_at, doc FROM businesses ",
            $rest
        )
    };
}
const INSERT: &str =
    "INSERT INTO businesses (no, id, slug, mode, revision, epoch, created_at, updated_at, doc)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const BY_SLUG: &str = select!("WHERE slug = $1");
const BY_ID: &str = select!("WHERE id = $1");
const BY_NO: &str = select!("WHERE no = $1");
const PAGE: &str = select!("WHERE no < $1 ORDER BY no DESC LIMIT $2");
const UPDATE: &str =
    "UPDATE businesses SET slug = $3, mode = $4, revision = $2 + 1, epoch = epoch + 1, updated_at = $5,
    doc = $6 WHERE no = $1 AND revision = $2";
const EPOCH: &str = "SELECT epoch FROM businesses WHERE no = $1";
const RAISE_EPOCH: &str = "UPDATE businesses SET epoch = epoch + 1 WHERE no = $1";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(BY_SLUG),
    Sql::same(BY_ID),
    Sql::same(BY_NO),
    Sql::same(PAGE),
    Sql::same(UPDATE),
    Sql::same(EPOCH),
    Sql::same(RAISE_EPOCH),
];

impl FromRow for Business {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            no: row.take()?,
            id: row.take()?,
            slug: row.take()?,
            revision: row.take()?,
            epoch: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
            settings: row.take_doc()?,
        })
    }
}

/// Adds a business; its `no` comes from `meta::next`. A taken slug is a `Conflict`.
pub fn insert(tx: &mut EngineTx<'_>, business: &Business) -> Result<()> {
    let b = business;
    let (mode, settings) = (b.settings.mode, doc(&b.settings)?);
    tx.put(
        INSERT,
        &[
            b.no.into(),
            b.id.into(),
            (&b.slug).into(),
            mode.into(),
            b.revision.into(),
            b.epoch.into(),
            b.created_at.into(),
            b.updated_at.into(),
            settings.into(),
        ],
    )
}
/// The business of a slug.
pub async fn by_slug(tx: &mut EngineTx<'_>, slug: &str) -> Result<Option<Business>> {
    tx.query_opt(BY_SLUG, &[slug.into()]).await
}
/// The business of an id.
pub async fn by_id(tx: &mut EngineTx<'_>, id: BusinessId) -> Result<Option<Business>> {
    tx.query_opt(BY_ID, &[id.into()]).await
}
/// All businesses, newest first.
pub async fn page(tx: &mut EngineTx<'_>, paging: &Paging) -> Result<Page<Business>> {
    let [no] = paging.below(Listing::Businesses)?;
    let rows = tx.query(PAGE, &[no.into(), paging.rows().into()]).await?;
    Ok(paging.cut(Listing::Businesses, rows, |b: &Business| [b.no]))
}
/// The business of this transaction.
pub async fn own(tx: &mut TenantTx<'_>) -> Result<Option<Business>> {
    let no = tx.business_no();
    tx.query_opt(BY_NO, &[no.into()]).await
}
/// Writes slug and settings over revision `was`, and raises revision and epoch by one. False: the revision is another one.
pub async fn update(tx: &mut TenantTx<'_>, business: &Business, was: i64) -> Result<bool> {
    let b = business;
    let (no, mode, settings) = (tx.business_no(), b.settings.mode, doc(&b.settings)?);
    let params = [
        no.into(),
        was.into(),
        (&b.slug).into(),
        mode.into(),
        b.updated_at.into(),
        settings.into(),
    ];
    Ok(tx.execute(UPDATE, &params).await? == 1)
}
/// Makes caches keyed by the epoch worthless: a workflow or something else that planning reads has changed.
pub fn raise_epoch(tx: &mut TenantTx<'_>) -> Result<()> {
    let no = tx.business_no();
    tx.put(RAISE_EPOCH, &[no.into()])
}

/// What caches of the business are keyed by, read in the caller's own transaction. `None`: there is no such business.
pub async fn epoch(tx: &mut TenantTx<'_>) -> Result<Option<i64>> {
    let no = tx.business_no();
    Ok(tx
        .query_opt::<(i64,)>(EPOCH, &[no.into()])
        .await?
        .map(|(epoch,)| epoch))
}
