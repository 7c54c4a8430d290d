//! Bookings: what they are found and counted by has columns, the rest is a document.

use crate::engine::Sql;
use crate::error::Result;
use crate::page::{Listing, Page, Paging, anywhere, folded};
use crate::tx::TenantTx;
use crate::value::{FromRow, Row, Value, doc};
use flyt_core::booking::{BookedExtra, Booking, Source};
use flyt_core::id::{BookingId, CustomerId, LocationId, ResourceId, ServiceId};
use flyt_core::instant::to_ms;
use flyt_core::language::Language;
use flyt_core::money::{Currency, Money};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

macro_rules! select {
    ($($rest:literal),+) => {
        concat!(
            "SELECT id, external_id, reference, revision, customer_id, service_id, location_id, resource_id, status,
             status_kind, start_at, end_at, automations, created_at, updated_at, doc FROM bookings WHERE business_no = $1 ",
            $($rest),+
        )
    };
}
macro_rules! page {
    ($of:literal) => {
        select!(
            $of,
            " AND deleted_at IS NULL AND start_at >= $2 AND start_at < $3
             AND (CAST($4 AS TEXT) IS NULL OR status = $4) AND (CAST($5 AS BIGINT) IS NULL OR service_id = $5)
             AND (CAST($6 AS BIGINT) IS NULL OR location_id = $6) AND (CAST($7 AS BIGINT) IS NULL OR resource_id = $7)
             AND updated_at >= $8
             AND (CAST($9 AS TEXT) IS NULL OR search LIKE $9 ESCAPE '\\' OR EXISTS (SELECT 1 FROM customers
               WHERE customers.business_no = $1 AND customers.id = bookings.customer_id
               AND customers.search LIKE $9 ESCAPE '\\'))
             AND (start_at, id) < ($10, $11) ORDER BY start_at DESC, id DESC LIMIT $12"
        )
    };
}
const INSERT: &str = "INSERT INTO bookings (id, business_no, external_id, reference, revision, customer_id, service_id,
    location_id, resource_id, status, status_kind, start_at, end_at, automations, search, created_at, updated_at, doc)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const UPDATE: &str = "UPDATE bookings SET external_id = $3, reference = $4, revision = $5, customer_id = $6,
    service_id = $7, location_id = $8, resource_id = $9, status = $10, status_kind = $11, start_at = $12, end_at = $13,
    automations = $14, search = $15, created_at = $16, updated_at = $17, doc = $18
    WHERE id = $1 AND business_no = $2 AND revision = $5 - 1 AND deleted_at IS NULL";
const DELETE: &str = "UPDATE bookings SET deleted_at = $3, updated_at = $3, revision = revision + 1
    WHERE business_no = $1 AND id = $2 AND deleted_at IS NULL";
const BY_ID: &str = select!("AND id = $2 AND deleted_at IS NULL");
const EVEN_DELETED: &str = "SELECT deleted_at FROM bookings WHERE business_no = $1 AND id = $2";
const BY_EXTERNAL_ID: &str =
    select!("AND external_id = $2 AND external_id IS NOT NULL AND deleted_at IS NULL");
const PAGE: &str = page!("");
const PAGE_OF_CUSTOMER: &str = page!("AND customer_id = $13");
const COUNT_BEFORE: &str = "SELECT COUNT(*) FROM bookings WHERE business_no = $1 AND customer_id = $2
    AND (start_at, id) < ($3, $4) AND status_kind <> 'closed_bad' AND deleted_at IS NULL";
const HAS_LATER: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM bookings WHERE business_no = $1 AND customer_id = $2
    AND start_at > $3 AND id <> $4 AND status_kind <> 'closed_bad' AND deleted_at IS NULL LIMIT 1) AS later";
const AFTER_START: &str =
    "SELECT start_at, id FROM bookings WHERE business_no = $1 AND (start_at, id) > ($2, $3)
    AND deleted_at IS NULL ORDER BY start_at, id LIMIT $4";
const STATUS_IN_USE: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM bookings WHERE business_no = $1 AND status = $2
    AND deleted_at IS NULL LIMIT 1) AS used";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(DELETE),
    Sql::same(BY_ID),
    Sql::same(EVEN_DELETED),
    Sql::same(BY_EXTERNAL_ID),
    Sql::same(PAGE),
    Sql::same(PAGE_OF_CUSTOMER),
    Sql::same(COUNT_BEFORE),
    Sql::same(HAS_LATER),
    Sql::same(STATUS_IN_USE),
    Sql::same(AFTER_START),
];

/// What has no column.
#[derive(Serialize, Deserialize)]
struct Doc<'b> {
    extras: Cow<'b, [BookedExtra]>,
    language: Cow<'b, Option<Language>>,
    price: Option<Money>,
    paid: i64,
    #[serde(default)]
    paid_currency: Option<Currency>,
    notes: Cow<'b, Option<String>>,
    answers: Cow<'b, BTreeMap<String, serde_json::Value>>,
    url: Cow<'b, Option<String>>,
    source: Source,
    customer_confirmed_at: Option<Timestamp>,
}
impl<'b> From<&'b Booking> for Doc<'b> {
    fn from(b: &'b Booking) -> Self {
        Self {
            extras: Cow::Borrowed(&b.extras),
            language: Cow::Borrowed(&b.language),
            price: b.price,
            paid: b.paid,
            paid_currency: b.paid_currency,
            notes: Cow::Borrowed(&b.notes),
            answers: Cow::Borrowed(&b.answers),
            url: Cow::Borrowed(&b.url),
            source: b.source,
            customer_confirmed_at: b.customer_confirmed_at,
        }
    }
}
impl FromRow for Booking {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (id, external_id, reference, revision) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let (customer_id, service_id) = (row.take()?, row.take()?);
        let (location_id, resource_id) = (row.take()?, row.take()?);
        let (status, status_kind, start, end) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let (automations, created_at, updated_at) = (row.take()?, row.take()?, row.take()?);
        let doc: Doc<'static> = row.take_doc()?;
        Ok(Self {
            id,
            external_id,
            reference,
            revision,
            customer_id,
            service_id,
            location_id,
            resource_id,
            extras: doc.extras.into_owned(),
            status,
            status_kind,
            start,
            end,
            language: doc.language.into_owned(),
            price: doc.price,
            paid: doc.paid,
            paid_currency: doc.paid_currency,
            notes: doc.notes.into_owned(),
            answers: doc.answers.into_owned(),
            url: doc.url.into_owned(),
            source: doc.source,
            automations,
            customer_confirmed_at: doc.customer_confirmed_at,
            created_at,
            updated_at,
        })
    }
}
/// The parameters of INSERT and UPDATE.
fn row(business_no: i64, b: &Booking) -> Result<[Value<'_>; 18]> {
    let search = folded(&format!(
        "{} {}",
        b.reference,
        b.external_id.as_deref().unwrap_or_default()
    ));
    Ok([
        b.id.into(),
        business_no.into(),
        (&b.external_id).into(),
        (&b.reference).into(),
        b.revision.into(),
        b.customer_id.into(),
        b.service_id.into(),
        b.location_id.into(),
        b.resource_id.into(),
        (&b.status).into(),
        b.status_kind.into(),
        b.start.into(),
        b.end.into(),
        b.automations.into(),
        search.into(),
        b.created_at.into(),
        b.updated_at.into(),
        doc(&Doc::from(b))?.into(),
    ])
}

/// Adds a booking. A taken external id is a `Conflict`.
pub fn insert(tx: &mut TenantTx<'_>, booking: &Booking) -> Result<()> {
    let row = row(tx.business_no(), booking)?;
    tx.put(INSERT, &row)
}
/// Writes a booking over the revision before its own. It does not wait, so it does not say whether there was such a
/// revision: the caller holds the booking (`alone`) and has read it in this transaction.
pub fn update(tx: &mut TenantTx<'_>, booking: &Booking) -> Result<()> {
    let row = row(tx.business_no(), booking)?;
    tx.put(UPDATE, &row)
}
/// Takes a booking out of every list; the row stays. False: there is none, or it is deleted.
pub async fn delete(tx: &mut TenantTx<'_>, id: BookingId, at: Timestamp) -> Result<bool> {
    let no = tx.business_no();
    Ok(tx.execute(DELETE, &[no.into(), id.into(), at.into()]).await? == 1)
}
/// The booking of an id.
pub async fn by_id(tx: &mut TenantTx<'_>, id: BookingId) -> Result<Option<Booking>> {
    let no = tx.business_no();
    tx.query_opt(BY_ID, &[no.into(), id.into()]).await
}
/// True when there is or was a booking of this id: what happened to it can still be asked for.
pub async fn existed(tx: &mut TenantTx<'_>, id: BookingId) -> Result<bool> {
    let no = tx.business_no();
    Ok(tx
        .query_opt::<(Option<i64>,)>(EVEN_DELETED, &[no.into(), id.into()])
        .await?
        .is_some())
}
/// The booking of an external id.
pub async fn by_external_id(tx: &mut TenantTx<'_>, id: &str) -> Result<Option<Booking>> {
    let no = tx.business_no();
    tx.query_opt(BY_EXTERNAL_ID, &[no.into(), id.into()]).await
}

/// Which bookings a list holds; absent: all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Starting at this instant or later.
    pub from: Option<Timestamp>,
    /// Starting before this instant.
    pub to: Option<Timestamp>,
    /// With this status key.
    pub status: Option<String>,
    /// Of this customer.
    pub customer_id: Option<CustomerId>,
    /// For this service.
    pub service_id: Option<ServiceId>,
    /// At this location.
    pub location_id: Option<LocationId>,
    /// With this resource.
    pub resource_id: Option<ResourceId>,
    /// Changed at this instant or later.
    pub updated_since: Option<Timestamp>,
    /// With this text in reference, external id, or the customer's name, e-mail or phone.
    pub q: Option<String>,
}
/// Bookings, latest start first.
pub async fn page(tx: &mut TenantTx<'_>, filter: &Filter, paging: &Paging) -> Result<Page<Booking>> {
    let ([start, id], f) = (paging.below(Listing::Bookings)?, filter);
    let mut params = vec![
        tx.business_no().into(),
        f.from.unwrap_or(Timestamp::MIN).into(),
        f.to.map_or(i64::MAX, to_ms).into(),
        (&f.status).into(),
        f.service_id.into(),
        f.location_id.into(),
        f.resource_id.into(),
        f.updated_since.unwrap_or(Timestamp::MIN).into(),
        f.q.as_deref().map(anywhere).into(),
        start.into(),
        id.into(),
        paging.rows().into(),
    ];
    let sql = if let Some(customer) = f.customer_id {
        params.push(customer.into());
        PAGE_OF_CUSTOMER
    } else {
        PAGE
    };
    let rows = tx.query(sql, &params).await?;
    Ok(paging.cut(Listing::Bookings, rows, |b: &Booking| [to_ms(b.start), b.id.0]))
}

/// How many bookings of the customer lie before this one (by start, then id) and did not come to nothing: one less than the
/// number of the visit.
pub async fn count_before(tx: &mut TenantTx<'_>, booking: &Booking) -> Result<i64> {
    let no = tx.business_no();
    let params = [
        no.into(),
        booking.customer_id.into(),
        booking.start.into(),
        booking.id.into(),
    ];
    Ok(tx.query_one::<(i64,)>(COUNT_BEFORE, &params).await?.0)
}
/// True when the customer has another booking that starts later and has not come to nothing.
pub async fn has_later(tx: &mut TenantTx<'_>, booking: &Booking) -> Result<bool> {
    let no = tx.business_no();
    let params = [
        no.into(),
        booking.customer_id.into(),
        booking.start.into(),
        booking.id.into(),
    ];
    Ok(tx.query_one::<(i64,)>(HAS_LATER, &params).await?.0 > 0)
}
/// True when a booking has this status: it cannot be archived.
pub async fn status_in_use(tx: &mut TenantTx<'_>, key: &str) -> Result<bool> {
    let no = tx.business_no();
    Ok(tx
        .query_one::<(i64,)>(STATUS_IN_USE, &[no.into(), key.into()])
        .await?
        .0
        > 0)
}

/// Start (ms) and id of the bookings after one, by start: what a re-plan walks over.
pub async fn after_start(
    tx: &mut TenantTx<'_>,
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<(i64, BookingId)>> {
    let no = tx.business_no();
    tx.query::<(i64, BookingId)>(
        AFTER_START,
        &[no.into(), after.0.into(), after.1.into(), limit.into()],
    )
    .await
}
