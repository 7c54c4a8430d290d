//! Payments: money for bookings.

use crate::engine::Sql;
use crate::error::{Error, Result};
use crate::page::{Listing, Page, Paging};
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::{BookingId, PaymentId};
use flyt_core::money::{Currency, Money};
use flyt_core::payment::Payment;
use jiff::Timestamp;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, external_id, booking_id, revision, amount, currency, method, status, completed_at, created_at,
             updated_at FROM payments WHERE business_no = $1 ",
            $rest
        )
    };
}
const INSERT: &str =
    "INSERT INTO payments (id, business_no, external_id, booking_id, revision, amount, currency, method,
    status, completed_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const UPDATE: &str = "UPDATE payments SET external_id = $4, amount = $5, currency = $6, method = $7, status = $8,
    completed_at = $9, updated_at = $10, revision = $3 + 1 WHERE business_no = $1 AND id = $2 AND revision = $3";
const BY_ID: &str = select!("AND id = $2");
const BY_EXTERNAL_ID: &str = select!("AND external_id = $2 AND external_id IS NOT NULL");
const SUMS: &str =
    "SELECT CAST(COALESCE(SUM(CASE WHEN status = 'completed' OR (status = 'refunded' AND completed_at IS NOT NULL)
    THEN amount ELSE 0 END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN status = 'refunded' THEN amount ELSE 0 END), 0) AS BIGINT)
    FROM payments WHERE business_no = $1 AND booking_id = $2 AND currency = $3";
const PAGE: &str = select!(
    "AND id < $2 AND (CAST($3 AS BIGINT) IS NULL OR booking_id = $3) AND updated_at >= $4 ORDER BY id DESC LIMIT $5"
);
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(BY_ID),
    Sql::same(BY_EXTERNAL_ID),
    Sql::same(SUMS),
    Sql::same(PAGE),
];

crate::value::words_as_text! { flyt_core::payment::PaymentStatus }
impl FromRow for Payment {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (id, external_id, booking_id, revision) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let (amount, code): (i64, String) = (row.take()?, row.take()?);
        let currency =
            Currency::new(&code).ok_or_else(|| Error::Bug("a stored currency cannot be read".into()))?;
        Ok(Self {
            id,
            external_id,
            booking_id,
            revision,
            money: Money { amount, currency },
            method: row.take()?,
            status: row.take()?,
            completed_at: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
        })
    }
}

/// Adds a payment. A taken external id is a `Conflict`.
pub fn insert(tx: &mut TenantTx<'_>, payment: &Payment) -> Result<()> {
    let (p, no) = (payment, tx.business_no());
    tx.put(
        INSERT,
        &[
            p.id.into(),
            no.into(),
            (&p.external_id).into(),
            p.booking_id.into(),
            p.revision.into(),
            p.money.amount.into(),
            p.money.currency.code().into(),
            (&p.method).into(),
            p.status.into(),
            p.completed_at.into(),
            p.created_at.into(),
            p.updated_at.into(),
        ],
    )
}
/// Writes a payment over revision `was`, and raises the revision by one; its booking stays. False: it is another one.
pub async fn update(tx: &mut TenantTx<'_>, payment: &Payment, was: i64) -> Result<bool> {
    let (p, no) = (payment, tx.business_no());
    let params = [
        no.into(),
        p.id.into(),
        was.into(),
        (&p.external_id).into(),
        p.money.amount.into(),
        p.money.currency.code().into(),
        (&p.method).into(),
        p.status.into(),
        p.completed_at.into(),
        p.updated_at.into(),
    ];
    Ok(tx.execute(UPDATE, &params).await? == 1)
}
/// The payment of an id.
pub async fn by_id(tx: &mut TenantTx<'_>, id: PaymentId) -> Result<Option<Payment>> {
    let no = tx.business_no();
    tx.query_opt(BY_ID, &[no.into(), id.into()]).await
}
/// The payment of an external id.
pub async fn by_external_id(tx: &mut TenantTx<'_>, id: &str) -> Result<Option<Payment>> {
    let no = tx.business_no();
    tx.query_opt(BY_EXTERNAL_ID, &[no.into(), id.into()]).await
}
/// Money of one booking in one currency, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Of payments that are completed now.
    pub completed: i64,
    /// Of payments that went back.
    pub refunded: i64,
}
/// What was paid for a booking in a currency.
pub async fn sums(tx: &mut TenantTx<'_>, booking: BookingId, currency: Currency) -> Result<Sums> {
    let no = tx.business_no();
    let params = [no.into(), booking.into(), currency.code().into()];
    let (completed, refunded) = tx.query_one(SUMS, &params).await?;
    Ok(Sums { completed, refunded })
}
/// Payments, newest first: those of a booking, those changed since an instant.
pub async fn page(
    tx: &mut TenantTx<'_>,
    booking: Option<BookingId>,
    updated_since: Option<Timestamp>,
    paging: &Paging,
) -> Result<Page<Payment>> {
    let ([id], no) = (paging.below(Listing::Payments)?, tx.business_no());
    let since = updated_since.unwrap_or(Timestamp::MIN);
    let params = [
        no.into(),
        id.into(),
        booking.into(),
        since.into(),
        paging.rows().into(),
    ];
    let rows = tx.query(PAGE, &params).await?;
    Ok(paging.cut(Listing::Payments, rows, |p: &Payment| [p.id.0]))
}
