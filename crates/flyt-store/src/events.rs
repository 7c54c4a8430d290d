//! The feed of events: changes and what became of messages, in an order in which nothing comes in behind a reader.
//!
//! The order is (transaction, id), and only what lies below the oldest open transaction is told (`engine::FEED_END`): ids are
//! made before the commit, so by id alone a change that commits late would be passed over.

use crate::changes::ChangeRow;
use crate::engine::{FEED_END, Sql};
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::{BookingId, CustomerId, EventId, RunId, StepId};

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRow {
    /// Its id and which event it is.
    pub event: EventId,
    /// The message.
    pub step: StepId,
    /// Its booking, if any.
    pub booking_id: Option<BookingId>,
    /// Its customer, if any.
    pub customer_id: Option<CustomerId>,
    /// When, ms.
    pub at: i64,
}

/// A place in the feed: just after this event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The transaction that wrote it; 0 on SQLite.
    pub tx: i64,
    /// The event.
    pub event: EventId,
}

/// A row of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// The transaction that wrote it.
    pub tx: i64,
    /// What it tells.
    pub row: T,
}

/// Which rows are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// At or after this place.
    pub from: Place,
    /// Kinds as bits.
    pub kinds: i64,
    /// Only of this booking.
    pub booking_id: Option<BookingId>,
    /// Most rows of each kind.
    pub limit: i64,
}

macro_rules! change {
    ($rest:literal) => {
        Sql::same(concat!(
            "SELECT tx, id, booking_id, customer_id, payment_id, kinds, fields, at, revision, after, before, actor, cause_run, \
             depth, chain, starts_runs, problem FROM changes WHERE business_no = $1 AND ",
            $rest
        ))
    };
}
macro_rules! fact {
    ($rest:literal) => {
        Sql::same(concat!(
            "SELECT tx, id, event, run_id, step_no, booking_id, customer_id, at FROM facts WHERE business_no = $1 AND ",
            $rest
        ))
    };
}
const INSERT: Sql = Sql::same(
    "INSERT INTO facts (business_no, id, event, run_id, step_no, booking_id, customer_id, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
const CHANGES: Sql = change!(
    "(tx, id) >= ($2, $3) AND tx < $4 AND (kinds & $5) <> 0 AND (CAST($6 AS BIGINT) IS NULL OR booking_id = $6) \
     ORDER BY tx, id LIMIT $7"
);
const FACTS: Sql = fact!(
    "(tx, id) >= ($2, $3) AND tx < $4 AND ((CAST(1 AS BIGINT) << CAST(event AS INTEGER)) & $5) <> 0 \
     AND (CAST($6 AS BIGINT) IS NULL OR booking_id = $6) ORDER BY tx, id LIMIT $7"
);
const CHANGE: Sql = change!("id = $2");
const FACT: Sql = fact!("id = $2");
const NEWEST: Sql = Sql::same(
    "SELECT coalesce(max(id), 0) FROM (SELECT max(id) AS id FROM changes WHERE business_no = $1 \
     UNION ALL SELECT max(id) FROM facts WHERE business_no = $1) newest",
);
pub(crate) const ALL: &[Sql] = &[INSERT, CHANGES, FACTS, CHANGE, FACT, NEWEST];

/// The present end of the feed: all that is told by now lies at or before it, all that will be told lies behind it.
pub async fn end(tx: &mut TenantTx<'_>) -> Result<Place> {
    let (source, ordinal, tx_no) = if tx.is_postgres() {
        let (end,) = tx.query_one::<(i64,)>(FEED_END, &[]).await?;
        (0, 0, end)
    } else {
        let no = tx.business_no();
        let (newest,) = tx.query_one::<(i64,)>(NEWEST, &[no.into()]).await?;
        (newest, i64::MAX, 0)
    };
    Ok(Place {
        tx: tx_no,
        event: EventId { source, ordinal },
    })
}

/// Adds what became of a message.
pub fn insert(tx: &mut TenantTx<'_>, f: &FactRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        INSERT,
        &[
            business.into(),
            f.event.source.into(),
            f.event.ordinal.into(),
            f.step.run.0.into(),
            f.step.no.into(),
            f.booking_id.map(|i| i.0).into(),
            f.customer_id.map(|i| i.0).into(),
            f.at.into(),
        ],
    )
}
/// Changes and facts that may be told now, each in order.
pub async fn page(
    tx: &mut TenantTx<'_>,
    wanted: &Wanted,
) -> Result<(Vec<Told<ChangeRow>>, Vec<Told<FactRow>>)> {
    let (end,) = tx.query_one::<(i64,)>(FEED_END, &[]).await?;
    let at = [
        tx.business_no().into(),
        wanted.from.tx.into(),
        wanted.from.event.source.into(),
        end.into(),
        wanted.kinds.into(),
        wanted.booking_id.map(|b| b.0).into(),
        wanted.limit.into(),
    ];
    Ok((tx.query(CHANGES, &at).await?, tx.query(FACTS, &at).await?))
}
/// The change with an id.
pub async fn change(tx: &mut TenantTx<'_>, id: i64) -> Result<Option<Told<ChangeRow>>> {
    let business = tx.business_no();
    tx.query_opt(CHANGE, &[business.into(), id.into()]).await
}
/// The fact with an id.
pub async fn fact(tx: &mut TenantTx<'_>, id: i64) -> Result<Option<Told<FactRow>>> {
    let business = tx.business_no();
    tx.query_opt(FACT, &[business.into(), id.into()]).await
}

impl<T: FromRow> FromRow for Told<T> {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            tx: r.take()?,
            row: T::from_row(r)?,
        })
    }
}
impl FromRow for FactRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            event: EventId {
                source: r.take()?,
                ordinal: r.take()?,
            },
            step: StepId {
                run: RunId(r.take()?),
                no: r.take()?,
            },
            booking_id: r.take::<Option<i64>>()?.map(BookingId),
            customer_id: r.take::<Option<i64>>()?.map(CustomerId),
            at: r.take()?,
        })
    }
}
