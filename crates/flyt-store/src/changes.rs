//! Changes: one row for each committed write that means something, with the facts after and the difference before.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::{BookingId, ChangeId, CustomerId, PaymentId};

/// A stored change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its id.
    pub id: ChangeId,
    /// The booking it is about, if any.
    pub booking_id: Option<BookingId>,
    /// The customer it is about, if any.
    pub customer_id: Option<CustomerId>,
    /// The payment it is about, if any.
    pub payment_id: Option<PaymentId>,
    /// Its events as bits (`flyt_core::change::bits`).
    pub kinds: i64,
    /// Its changed fields as words with commas.
    pub fields: String,
    /// When it was committed, ms.
    pub at: i64,
    /// Revision of the booking after it.
    pub revision: i64,
    /// The booking after it (JSON).
    pub after: Option<String>,
    /// What it was before (JSON of `facts::Previous`).
    pub before: Option<String>,
    /// Who made it.
    pub actor: String,
    /// The run that made it, if one did.
    pub cause_run: Option<i64>,
    /// Its distance from a change from outside.
    pub depth: i64,
    /// What began its chain of causes.
    pub chain: i64,
    /// Whether its events start runs.
    pub starts_runs: bool,
    /// Why it could not be planned; retried by the watch.
    pub problem: Option<String>,
}

const INSERT: Sql = Sql::same(
    "INSERT INTO changes (business_no, id, booking_id, customer_id, payment_id, kinds, fields, at, revision, after, before, \
     actor, cause_run, depth, chain, starts_runs, problem) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
);
const BY_ID: Sql = Sql::same(
    "SELECT id, booking_id, customer_id, payment_id, kinds, fields, at, revision, after, before, actor, cause_run, depth, \
     chain, starts_runs, problem FROM changes WHERE business_no = $1 AND id = $2",
);
const OF_BOOKING: Sql = Sql::same(
    "SELECT id, booking_id, customer_id, payment_id, kinds, fields, at, revision, after, before, actor, cause_run, depth, \
     chain, starts_runs, problem FROM changes WHERE business_no = $1 AND booking_id = $2 ORDER BY id LIMIT $3",
);
pub(crate) const ALL: &[Sql] = &[INSERT, BY_ID, OF_BOOKING];

/// Writes a change.
pub fn insert(tx: &mut TenantTx<'_>, c: &ChangeRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        INSERT,
        &[
            business.into(),
            c.id.0.into(),
            c.booking_id.map(|i| i.0).into(),
            c.customer_id.map(|i| i.0).into(),
            c.payment_id.map(|i| i.0).into(),
            c.kinds.into(),
            (&c.fields).into(),
            c.at.into(),
            c.revision.into(),
            (&c.after).into(),
            (&c.before).into(),
            (&c.actor).into(),
            c.cause_run.into(),
            c.depth.into(),
            c.chain.into(),
            c.starts_runs.into(),
            (&c.problem).into(),
        ],
    )
}

/// One change.
pub async fn by_id(tx: &mut TenantTx<'_>, id: ChangeId) -> Result<Option<ChangeRow>> {
    let business = tx.business_no();
    tx.query_opt(BY_ID, &[business.into(), id.0.into()]).await
}

/// The changes of a booking, oldest first.
pub async fn of_booking(tx: &mut TenantTx<'_>, booking: BookingId, most: i64) -> Result<Vec<ChangeRow>> {
    let business = tx.business_no();
    tx.query(OF_BOOKING, &[business.into(), booking.0.into(), most.into()])
        .await
}

impl FromRow for ChangeRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: ChangeId(r.take()?),
            booking_id: r.take::<Option<i64>>()?.map(BookingId),
            customer_id: r.take::<Option<i64>>()?.map(CustomerId),
            payment_id: r.take::<Option<i64>>()?.map(PaymentId),
            kinds: r.take()?,
            fields: r.take()?,
            at: r.take()?,
            revision: r.take()?,
            after: r.take()?,
            before: r.take()?,
            actor: r.take()?,
            cause_run: r.take()?,
            depth: r.take()?,
            chain: r.take()?,
            starts_runs: r.take()?,
            problem: r.take()?,
        })
    }
}
