//! Sources that bookings come in from, what they delivered, and which foreign id is which booking.
//!
//! What a delivery means is `flyt_core::inbound`'s; what becomes of it is decided in the engine's `intake`.

use crate::engine::Sql;
use crate::error::Result;
use crate::page::{Listing, Page, Paging};
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use flyt_core::id::{BookingId, CustomerId, DeliveryId, SourceId};
use flyt_core::inbound::Adapter;
use jiff::Timestamp;

macro_rules! sources {
    ($rest:literal) => {
        concat!(
            "SELECT id, business_no, adapter, name, token_hash, revision, created_at, updated_at, doc
             FROM inbound_sources WHERE deleted_at IS NULL ",
            $rest
        )
    };
}
macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "SELECT id, business_no, source_id, same, at, event, verdict, detail, booking_id, customer_id, attempts,
             next_at, headers, body FROM inbound_deliveries ",
            $rest
        )
    };
}
const INSERT_SOURCE: &str =
    "INSERT INTO inbound_sources (id, business_no, adapter, name, token_hash, revision, created_at, updated_at, doc)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const UPDATE_SOURCE: &str =
    "UPDATE inbound_sources SET name = $4, token_hash = $5, updated_at = $6, doc = $7, revision = $3 + 1
    WHERE business_no = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL";
const ARCHIVE_SOURCE: &str =
    "UPDATE inbound_sources SET deleted_at = $3 WHERE business_no = $1 AND id = $2 AND deleted_at IS NULL";
const SOURCE_BY_ID: &str = sources!("AND business_no = $1 AND id = $2");
const SOURCE_BY_TOKEN: &str = sources!("AND token_hash = $1");
const SOURCES: &str = sources!("AND business_no = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
const ALL_SOURCES: &str = sources!("AND business_no = $1 ORDER BY id");
const INSERT: &str =
    "INSERT INTO inbound_deliveries (id, business_no, source_id, same, at, event, verdict, detail, booking_id,
    customer_id, attempts, next_at, headers, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const UPDATE: &str =
    "UPDATE inbound_deliveries SET event = $3, verdict = $4, detail = $5, booking_id = $6, customer_id = $7,
    attempts = $8, next_at = $9 WHERE business_no = $1 AND id = $2";
const CLAIM: &str =
    "UPDATE inbound_deliveries SET attempts = $3 + 1, next_at = $4 WHERE business_no = $1 AND id = $2
    AND attempts = $3 AND verdict = 'waiting'";
const BY_SAME: &str = deliveries!("WHERE business_no = $1 AND source_id = $2 AND same = $3");
const BY_ID: &str = deliveries!("WHERE business_no = $1 AND id = $2");
const PAGE: &str =
    deliveries!("WHERE business_no = $1 AND source_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4");
const WAITING: &str =
    "SELECT business_no, id FROM inbound_deliveries WHERE verdict = 'waiting' AND next_at <= $1
    ORDER BY next_at, id LIMIT $2";
const PURGE: &str =
    "UPDATE inbound_deliveries SET headers = '', body = $3 WHERE business_no = $1 AND at < $2 AND headers <> ''
    AND verdict <> 'waiting'";
const ERASE: &str = "UPDATE inbound_deliveries SET headers = '', body = $3, detail = NULL
    WHERE business_no = $1 AND verdict <> 'waiting' AND (customer_id = $2
      OR booking_id IN (SELECT id FROM bookings WHERE business_no = $1 AND customer_id = $2)
      OR (booking_id IS NULL AND customer_id IS NULL))";
const LINK: &str =
    "SELECT booking_id, version, status, newer FROM inbound_links WHERE business_no = $1 AND foreign_id = $2";
const PUT_LINK: &str =
    "INSERT INTO inbound_links (business_no, foreign_id, booking_id, version, status, newer, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (business_no, foreign_id) DO UPDATE SET
    booking_id = excluded.booking_id, version = excluded.version, status = excluded.status, newer = excluded.newer,
    at = excluded.at";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT_SOURCE),
    Sql::same(UPDATE_SOURCE),
    Sql::same(ARCHIVE_SOURCE),
    Sql::same(SOURCE_BY_ID),
    Sql::same(SOURCE_BY_TOKEN),
    Sql::same(SOURCES),
    Sql::same(ALL_SOURCES),
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(CLAIM),
    Sql::same(BY_SAME),
    Sql::same(BY_ID),
    Sql::same(PAGE),
    Sql::same(WAITING),
    Sql::same(PURGE),
    Sql::same(ERASE),
    Sql::same(LINK),
    Sql::same(PUT_LINK),
];

crate::value::words_as_text! { Adapter }

/// A source with its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// Its business.
    pub business_no: i64,
    /// How its deliveries are read.
    pub adapter: Adapter,
    /// What people call it.
    pub name: String,
    /// Hash of the token in its URL.
    pub token_hash: Vec<u8>,
    /// Rises with each change.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Its settings.
    pub doc: String,
}
impl FromRow for Source {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            business_no: row.take()?,
            adapter: row.take()?,
            name: row.take()?,
            token_hash: row.take()?,
            revision: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
            doc: row.take()?,
        })
    }
}

/// A delivery and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its id.
    pub id: DeliveryId,
    /// Its business.
    pub business_no: i64,
    /// Where it came from.
    pub source_id: SourceId,
    /// By what it is known again.
    pub same: String,
    /// When it came.
    pub at: Timestamp,
    /// The sender's word for it.
    pub event: String,
    /// `taken`, `ignored`, `refused`, `thin`, `waiting`.
    pub verdict: String,
    /// Why, as JSON.
    pub detail: Option<String>,
    /// The booking it was about.
    pub booking_id: Option<BookingId>,
    /// The customer it was about, where it was about one alone.
    pub customer_id: Option<CustomerId>,
    /// How often the rest of it was asked for.
    pub attempts: i64,
    /// When a waiting one is looked at again, ms of wall time.
    pub next_at: i64,
    /// Its headers as JSON; empty once purged.
    pub headers: String,
    /// Its raw bytes; empty once purged.
    pub body: Vec<u8>,
}
impl FromRow for DeliveryRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            business_no: row.take()?,
            source_id: row.take()?,
            same: row.take()?,
            at: row.take()?,
            event: row.take()?,
            verdict: row.take()?,
            detail: row.take()?,
            booking_id: row.take()?,
            customer_id: row.take()?,
            attempts: row.take()?,
            next_at: row.take()?,
            headers: row.take()?,
            body: row.take()?,
        })
    }
}

/// What is known of a foreign id.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Link {
    /// The booking.
    pub booking_id: Option<BookingId>,
    /// The greatest version that was taken.
    pub version: Option<i64>,
    /// The status that was last spoken of.
    pub status: Option<String>,
    /// The foreign id that replaced this one.
    pub newer: Option<String>,
}
impl FromRow for Link {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            booking_id: row.take()?,
            version: row.take()?,
            status: row.take()?,
            newer: row.take()?,
        })
    }
}

/// Adds a source.
pub fn insert_source(tx: &mut TenantTx<'_>, source: &Source) -> Result<()> {
    let (no, s) = (tx.business_no(), source);
    tx.put(
        INSERT_SOURCE,
        &[
            s.id.into(),
            no.into(),
            s.adapter.into(),
            (&s.name).into(),
            (&s.token_hash).into(),
            s.revision.into(),
            s.created_at.into(),
            s.updated_at.into(),
            (&s.doc).into(),
        ],
    )
}
/// Writes a source over revision `was`. False: it is another one.
pub async fn update_source(tx: &mut TenantTx<'_>, source: &Source, was: i64) -> Result<bool> {
    let (no, s) = (tx.business_no(), source);
    let params = [
        no.into(),
        s.id.into(),
        was.into(),
        (&s.name).into(),
        (&s.token_hash).into(),
        s.updated_at.into(),
        (&s.doc).into(),
    ];
    Ok(tx.execute(UPDATE_SOURCE, &params).await? == 1)
}
/// Takes a source out of use. False: there is none.
pub async fn archive_source(tx: &mut TenantTx<'_>, id: SourceId, at: Timestamp) -> Result<bool> {
    let no = tx.business_no();
    Ok(tx
        .execute(ARCHIVE_SOURCE, &[no.into(), id.into(), at.into()])
        .await?
        == 1)
}
/// The source of an id.
pub async fn source(tx: &mut TenantTx<'_>, id: SourceId) -> Result<Option<Source>> {
    let no = tx.business_no();
    tx.query_opt(SOURCE_BY_ID, &[no.into(), id.into()]).await
}
/// The source of a token: which business is called is not known before.
pub async fn by_token(tx: &mut EngineTx<'_>, hash: &[u8]) -> Result<Option<Source>> {
    tx.query_opt(SOURCE_BY_TOKEN, &[hash.into()]).await
}
/// Sources, newest first.
pub async fn sources(tx: &mut TenantTx<'_>, paging: &Paging) -> Result<Page<Source>> {
    let ([id], no) = (paging.below(Listing::InboundSources)?, tx.business_no());
    let rows = tx
        .query(SOURCES, &[no.into(), id.into(), paging.rows().into()])
        .await?;
    Ok(paging.cut(Listing::InboundSources, rows, |s: &Source| [s.id.0]))
}
/// Every source of the business.
pub async fn all_sources(tx: &mut TenantTx<'_>) -> Result<Vec<Source>> {
    let no = tx.business_no();
    tx.query(ALL_SOURCES, &[no.into()]).await
}

/// Adds a delivery. One that is there already is a `Conflict`.
pub fn insert(tx: &mut TenantTx<'_>, row: &DeliveryRow) -> Result<()> {
    let (no, d) = (tx.business_no(), row);
    tx.put(
        INSERT,
        &[
            d.id.into(),
            no.into(),
            d.source_id.into(),
            (&d.same).into(),
            d.at.into(),
            (&d.event).into(),
            (&d.verdict).into(),
            (&d.detail).into(),
            d.booking_id.into(),
            d.customer_id.into(),
            d.attempts.into(),
            d.next_at.into(),
            (&d.headers).into(),
            (&d.body).into(),
        ],
    )
}
/// Writes what became of a delivery.
pub fn update(tx: &mut TenantTx<'_>, row: &DeliveryRow) -> Result<()> {
    let (no, d) = (tx.business_no(), row);
    tx.put(
        UPDATE,
        &[
            no.into(),
            d.id.into(),
            (&d.event).into(),
            (&d.verdict).into(),
            (&d.detail).into(),
            d.booking_id.into(),
            d.customer_id.into(),
            d.attempts.into(),
            d.next_at.into(),
        ],
    )
}
/// Takes a waiting delivery for one attempt, until `lease_until`. False: somebody else has it.
pub async fn claim(tx: &mut TenantTx<'_>, row: &DeliveryRow, lease_until: i64) -> Result<bool> {
    let no = tx.business_no();
    let params = [no.into(), row.id.into(), row.attempts.into(), lease_until.into()];
    Ok(tx.execute(CLAIM, &params).await? == 1)
}
/// The delivery that is the same as one that has come.
pub async fn by_same(tx: &mut TenantTx<'_>, source: SourceId, same: &str) -> Result<Option<DeliveryRow>> {
    let no = tx.business_no();
    tx.query_opt(BY_SAME, &[no.into(), source.into(), same.into()])
        .await
}
/// The delivery of an id.
pub async fn by_id(tx: &mut TenantTx<'_>, id: DeliveryId) -> Result<Option<DeliveryRow>> {
    let no = tx.business_no();
    tx.query_opt(BY_ID, &[no.into(), id.into()]).await
}
/// Deliveries of a source, newest first.
pub async fn page(tx: &mut TenantTx<'_>, source: SourceId, paging: &Paging) -> Result<Page<DeliveryRow>> {
    let ([id], no) = (paging.below(Listing::InboundDeliveries)?, tx.business_no());
    let params = [no.into(), source.into(), id.into(), paging.rows().into()];
    let rows = tx.query(PAGE, &params).await?;
    Ok(paging.cut(Listing::InboundDeliveries, rows, |d: &DeliveryRow| [d.id.0]))
}
/// (business, delivery) of what waits to be completed at `now`, ms of wall time.
pub async fn waiting(tx: &mut EngineTx<'_>, now: i64, most: i64) -> Result<Vec<(i64, DeliveryId)>> {
    tx.query(WAITING, &[now.into(), most.into()]).await
}
/// Empties what came before an instant; the rows stay, so that what comes again is known. Waiting ones are left.
pub async fn purge(tx: &mut TenantTx<'_>, before: Timestamp) -> Result<u64> {
    let no = tx.business_no();
    tx.execute(PURGE, &[no.into(), before.into(), Vec::<u8>::new().into()])
        .await
}
/// Empties everything that came about a customer or their bookings, and what could not be told whose it was. Call it
/// before the bookings forget whose they are.
pub async fn erase(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<u64> {
    let no = tx.business_no();
    tx.execute(ERASE, &[no.into(), customer.into(), Vec::<u8>::new().into()])
        .await
}

/// What is known of a foreign id.
pub async fn link(tx: &mut TenantTx<'_>, foreign_id: &str) -> Result<Option<Link>> {
    let no = tx.business_no();
    tx.query_opt(LINK, &[no.into(), foreign_id.into()]).await
}
/// Writes what is known of a foreign id.
pub fn put_link(tx: &mut TenantTx<'_>, foreign_id: &str, link: &Link, at: Timestamp) -> Result<()> {
    let no = tx.business_no();
    tx.put(
        PUT_LINK,
        &[
            no.into(),
            foreign_id.into(),
            link.booking_id.into(),
            link.version.into(),
            (&link.status).into(),
            (&link.newer).into(),
            at.into(),
        ],
    )
}
