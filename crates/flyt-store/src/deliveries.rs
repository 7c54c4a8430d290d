//! Deliveries: an event on its way to an endpoint. Its tries are steps of the same number, claimed and recorded as all are.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::{EndpointId, EventId, RunId, StepId};

/// A stored delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its number: that of its steps.
    pub id: RunId,
    /// Where it goes.
    pub endpoint_id: EndpointId,
    /// What it tells.
    pub event: EventId,
    /// The number of its last step; more than one when it was sent again by hand.
    pub last_no: i64,
    /// When it was written, ms.
    pub created_at: i64,
}
impl DeliveryRow {
    /// The step that carries it now.
    pub fn step(&self) -> StepId {
        StepId {
            run: self.id,
            no: self.last_no,
        }
    }
    /// `webhook-id`: the same for every try, by hand too.
    pub fn outside_id(&self) -> String {
        StepId { run: self.id, no: 0 }.message()
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::same(concat!(
            "SELECT run_id, endpoint_id, source, event, last_no, created_at FROM deliveries WHERE business_no = $1 AND ",
            $rest
        ))
    };
}
const INSERT: Sql = Sql::same(
    "INSERT INTO deliveries (business_no, run_id, endpoint_id, source, event, last_no, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const BY_ID: Sql = select!("run_id = $2");
const PAGE: Sql = select!("endpoint_id = $2 AND run_id < $3 ORDER BY run_id DESC LIMIT $4");
const AGAIN: Sql =
    Sql::same("UPDATE deliveries SET last_no = $4 WHERE business_no = $1 AND run_id = $2 AND last_no = $3");
pub(crate) const ALL: &[Sql] = &[INSERT, BY_ID, PAGE, AGAIN];

/// Adds a delivery.
pub fn insert(tx: &mut TenantTx<'_>, d: &DeliveryRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        INSERT,
        &[
            business.into(),
            d.id.0.into(),
            d.endpoint_id.0.into(),
            d.event.source.into(),
            d.event.ordinal.into(),
            d.last_no.into(),
            d.created_at.into(),
        ],
    )
}
/// One delivery.
pub async fn by_id(tx: &mut TenantTx<'_>, id: RunId) -> Result<Option<DeliveryRow>> {
    let business = tx.business_no();
    tx.query_opt(BY_ID, &[business.into(), id.0.into()]).await
}
/// Deliveries to an endpoint, newest first, below a number.
pub async fn page(
    tx: &mut TenantTx<'_>,
    endpoint: EndpointId,
    below: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let business = tx.business_no();
    let at = [business.into(), endpoint.0.into(), below.into(), limit.into()];
    tx.query(PAGE, &at).await
}
/// Another step carries it from now on. False: somebody else was faster.
pub async fn again(tx: &mut TenantTx<'_>, id: RunId, (from, to): (i64, i64)) -> Result<bool> {
    let business = tx.business_no();
    let at = [business.into(), id.0.into(), from.into(), to.into()];
    Ok(tx.execute(AGAIN, &at).await? == 1)
}

impl FromRow for DeliveryRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: RunId(r.take()?),
            endpoint_id: EndpointId(r.take()?),
            event: EventId {
                source: r.take()?,
                ordinal: r.take()?,
            },
            last_no: r.take()?,
            created_at: r.take()?,
        })
    }
}
