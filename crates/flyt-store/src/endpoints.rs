//! Webhook endpoints: standing subscriptions. What goes to them is in `deliveries`.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::EndpointId;

/// A stored endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRow {
    /// Its id.
    pub id: EndpointId,
    /// Where to.
    pub url: String,
    /// Which events, as bits (`flyt_core::event::bits`).
    pub events: i64,
    /// Whether events go there.
    pub enabled: bool,
    /// Why Flyt switched it off.
    pub reason: Option<String>,
    /// What people call it.
    pub description: Option<String>,
    /// Its revision.
    pub revision: i64,
    /// When it was made, ms.
    pub created_at: i64,
    /// When it was last changed, ms.
    pub updated_at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::same(concat!(
            "SELECT id, url, events, enabled, reason, description, revision, created_at, updated_at FROM endpoints \
             WHERE business_no = $1 AND deleted_at IS NULL ",
            $rest
        ))
    };
}
const INSERT: Sql = Sql::same(
    "INSERT INTO endpoints (business_no, id, url, events, enabled, reason, description, revision, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const UPDATE: Sql = Sql::same(
    "UPDATE endpoints SET url = $4, events = $5, enabled = $6, reason = $7, description = $8, revision = $9, updated_at = $10 \
     WHERE business_no = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
);
const DELETE: Sql = Sql::same(
    "UPDATE endpoints SET deleted_at = $4 WHERE business_no = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
);
const BY_ID: Sql = select!("AND id = $2");
const LIVE: Sql = select!("ORDER BY id");
const PAGE: Sql = select!("AND id < $2 ORDER BY id DESC LIMIT $3");
pub(crate) const ALL: &[Sql] = &[INSERT, UPDATE, DELETE, BY_ID, LIVE, PAGE];

/// Adds an endpoint.
pub fn insert(tx: &mut TenantTx<'_>, e: &EndpointRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        INSERT,
        &[
            business.into(),
            e.id.0.into(),
            (&e.url).into(),
            e.events.into(),
            e.enabled.into(),
            (&e.reason).into(),
            (&e.description).into(),
            e.revision.into(),
            e.created_at.into(),
            e.updated_at.into(),
        ],
    )
}
/// Changes an endpoint that has the revision `from`. False: it has another, or is gone.
pub async fn update(tx: &mut TenantTx<'_>, e: &EndpointRow, from: i64) -> Result<bool> {
    let at = [
        tx.business_no().into(),
        e.id.0.into(),
        from.into(),
        (&e.url).into(),
        e.events.into(),
        e.enabled.into(),
        (&e.reason).into(),
        (&e.description).into(),
        e.revision.into(),
        e.updated_at.into(),
    ];
    Ok(tx.execute(UPDATE, &at).await? == 1)
}
/// Deletes an endpoint that has the revision `from`. `at`: ms. False: it has another, or is gone.
pub async fn delete(tx: &mut TenantTx<'_>, id: EndpointId, from: i64, at: i64) -> Result<bool> {
    let business = tx.business_no();
    let at = [business.into(), id.0.into(), from.into(), at.into()];
    Ok(tx.execute(DELETE, &at).await? == 1)
}
/// One endpoint that is not deleted.
pub async fn by_id(tx: &mut TenantTx<'_>, id: EndpointId) -> Result<Option<EndpointRow>> {
    let business = tx.business_no();
    tx.query_opt(BY_ID, &[business.into(), id.0.into()]).await
}
/// All endpoints of the business, oldest first.
pub async fn live(tx: &mut TenantTx<'_>) -> Result<Vec<EndpointRow>> {
    let business = tx.business_no();
    tx.query(LIVE, &[business.into()]).await
}
/// Endpoints newest first, below an id.
pub async fn page(tx: &mut TenantTx<'_>, below: i64, limit: i64) -> Result<Vec<EndpointRow>> {
    let business = tx.business_no();
    tx.query(PAGE, &[business.into(), below.into(), limit.into()])
        .await
}

impl FromRow for EndpointRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: EndpointId(r.take()?),
            url: r.take()?,
            events: r.take()?,
            enabled: r.take()?,
            reason: r.take()?,
            description: r.take()?,
            revision: r.take()?,
            created_at: r.take()?,
            updated_at: r.take()?,
        })
    }
}
