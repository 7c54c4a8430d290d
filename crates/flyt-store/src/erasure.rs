//! Where a person stands beside their own row, and the statements that take them out of it. Ids, times and states stay.
//! What has to go from a document is decided in `flyt-engine`; their own row is `customers`.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::{BookingId, ChangeId, CustomerId, RunId, StepId};
use jiff::Timestamp;

const MARK: &str = "INSERT INTO erasures (business_no, customer_id, at) VALUES ($1, $2, $3)
    ON CONFLICT (business_no, customer_id) DO UPDATE SET at = excluded.at";
const MARKED: &str =
    "SELECT customer_id FROM erasures WHERE business_no = $1 AND at < $2 ORDER BY customer_id LIMIT $3";
const CLOSE: &str = "DELETE FROM erasures WHERE business_no = $1 AND customer_id = $2";
const BOOKINGS: &str =
    "SELECT id, doc FROM bookings WHERE business_no = $1 AND customer_id = $2 ORDER BY start_at, id";
const PUT_BOOKING: &str = "UPDATE bookings SET doc = $3, revision = revision + 1, updated_at = $4
    WHERE business_no = $1 AND id = $2";
const CHANGES: &str =
    "SELECT id, booking_id, after FROM changes WHERE business_no = $1 AND customer_id = $2 ORDER BY id";
const PUT_CHANGE: &str = "UPDATE changes SET after = $3 WHERE business_no = $1 AND id = $2";
macro_rules! traces {
    ($rest:literal) => {
        concat!(
            "SELECT s.run_id, s.step_no, s.action, s.to_no, s.channel, s.recipient, r.workflow_no, r.version, r.vars
             FROM steps s LEFT JOIN runs r ON r.id = s.run_id AND r.business_no = $1
             WHERE s.business_no = $1 AND s.customer_id = $2 ",
            $rest
        )
    };
}
const OF_BOOKING: &str = traces!("AND s.booking_id = $3 ORDER BY s.run_id, s.step_no");
const WITHOUT_BOOKING: &str = traces!("AND s.booking_id IS NULL ORDER BY s.run_id, s.step_no");
const RUNS: &str =
    "SELECT id FROM runs WHERE business_no = $1 AND customer_id = $2 AND booking_id IS NULL ORDER BY id";
const PUT_RECIPIENT: &str =
    "UPDATE steps SET recipient = $4 WHERE business_no = $1 AND run_id = $2 AND step_no = $3";
const DROP_CONTENT: &str = "DELETE FROM contents WHERE business_no = $1 AND run_id = $2 AND step_no = $3";
const DROP_ANSWERS: &str = "UPDATE attempts SET answer = NULL
    WHERE business_no = $1 AND run_id = $2 AND step_no = $3 AND answer IS NOT NULL";
const PUT_VARS: &str = "UPDATE runs SET vars = $3 WHERE business_no = $1 AND id = $2";
const DROP_DETAIL: &str =
    "UPDATE audit SET detail = '{}' WHERE business_no = $1 AND object = $2 AND detail <> '{}'";
const KEPT: &str = "SELECT key, method, path, answer FROM idempotency WHERE business_no = $1
    AND (key, method, path) > ($2, $3, $4) ORDER BY key, method, path LIMIT $5";
const PUT_KEPT: &str = "UPDATE idempotency SET answer = $5
    WHERE business_no = $1 AND key = $2 AND method = $3 AND path = $4";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(MARK),
    Sql::same(MARKED),
    Sql::same(CLOSE),
    Sql::same(BOOKINGS),
    Sql::same(PUT_BOOKING),
    Sql::same(CHANGES),
    Sql::same(PUT_CHANGE),
    Sql::same(OF_BOOKING),
    Sql::same(WITHOUT_BOOKING),
    Sql::same(RUNS),
    Sql::same(PUT_RECIPIENT),
    Sql::same(DROP_CONTENT),
    Sql::same(DROP_ANSWERS),
    Sql::same(PUT_VARS),
    Sql::same(DROP_DETAIL),
    Sql::same(KEPT),
    Sql::same(PUT_KEPT),
];

/// A step that was about the person, with what tells whom it was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The step.
    pub step: StepId,
    /// Index of its action.
    pub action: i64,
    /// Index in the action's `to`.
    pub to_no: i64,
    /// Its channel, for deliveries.
    pub channel: Option<String>,
    /// Its recipient.
    pub recipient: Option<String>,
    /// Workflow and version of its run; none where it tells an endpoint of an event.
    pub version: Option<(i64, i64)>,
    /// What its run remembers (JSON).
    pub vars: Option<String>,
}
impl FromRow for Trace {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            step: StepId {
                run: RunId(r.take()?),
                no: r.take()?,
            },
            action: r.take()?,
            to_no: r.take()?,
            channel: r.take()?,
            recipient: r.take()?,
            version: r.take::<Option<i64>>()?.zip(r.take::<Option<i64>>()?),
            vars: r.take()?,
        })
    }
}
/// An answer kept for its key: where it lies, and its bytes.
pub type Kept = ([String; 3], Vec<u8>);

/// Notes that a customer was erased, so that the traces are looked for once more.
pub fn mark(tx: &mut TenantTx<'_>, id: CustomerId, at: Timestamp) -> Result<()> {
    let no = tx.business_no();
    tx.put(MARK, &[no.into(), id.into(), at.into()])
}
/// Customers erased before an instant whose traces have not been looked for again.
pub async fn marked(tx: &mut TenantTx<'_>, before: Timestamp, limit: i64) -> Result<Vec<CustomerId>> {
    let no = tx.business_no();
    let params = [no.into(), before.into(), limit.into()];
    let rows = tx.query::<(CustomerId,)>(MARKED, &params).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
/// Nothing more is to be looked for.
pub fn close(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<()> {
    let no = tx.business_no();
    tx.put(CLOSE, &[no.into(), id.into()])
}
/// The bookings of a customer, deleted ones too, with their documents.
pub async fn bookings(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Vec<(BookingId, String)>> {
    let no = tx.business_no();
    tx.query(BOOKINGS, &[no.into(), id.into()]).await
}
/// Writes the document of a booking, deleted or not.
pub fn put_booking(tx: &mut TenantTx<'_>, id: BookingId, doc: &str, at: Timestamp) -> Result<()> {
    let no = tx.business_no();
    tx.put(PUT_BOOKING, &[no.into(), id.into(), doc.into(), at.into()])
}
/// The changes that were about a customer, with their booking and what it was after them.
pub async fn changes(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
) -> Result<Vec<(ChangeId, Option<i64>, Option<String>)>> {
    let no = tx.business_no();
    tx.query(CHANGES, &[no.into(), id.into()]).await
}
/// Writes what a booking was after a change.
pub fn put_change(tx: &mut TenantTx<'_>, id: ChangeId, after: &str) -> Result<()> {
    let no = tx.business_no();
    tx.put(PUT_CHANGE, &[no.into(), id.into(), after.into()])
}
/// The steps about a customer: of one booking, or without any.
pub async fn traces(tx: &mut TenantTx<'_>, id: CustomerId, booking: Option<BookingId>) -> Result<Vec<Trace>> {
    let no = tx.business_no();
    match booking {
        Some(booking) => {
            tx.query(OF_BOOKING, &[no.into(), id.into(), booking.into()])
                .await
        }
        None => tx.query(WITHOUT_BOOKING, &[no.into(), id.into()]).await,
    }
}
/// The runs about a customer without a booking.
pub async fn runs(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Vec<RunId>> {
    let no = tx.business_no();
    let rows = tx.query::<(RunId,)>(RUNS, &[no.into(), id.into()]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
/// Drops what went out with a step and what was answered, and writes to whom it went.
pub fn wipe_step(tx: &mut TenantTx<'_>, id: StepId, recipient: Option<&str>) -> Result<()> {
    let no = tx.business_no();
    let at = [no.into(), id.run.0.into(), id.no.into()];
    tx.put(DROP_CONTENT, &at)?;
    tx.put(DROP_ANSWERS, &at)?;
    tx.put(
        PUT_RECIPIENT,
        &[no.into(), id.run.0.into(), id.no.into(), recipient.into()],
    )
}
/// Writes what a run remembers.
pub fn put_vars(tx: &mut TenantTx<'_>, id: RunId, vars: &str) -> Result<()> {
    let no = tx.business_no();
    tx.put(PUT_VARS, &[no.into(), id.into(), vars.into()])
}
/// Drops the details of acts on an object.
pub fn drop_detail(tx: &mut TenantTx<'_>, object: &str) -> Result<()> {
    let no = tx.business_no();
    tx.put(DROP_DETAIL, &[no.into(), object.into()])
}
/// Answers kept for their keys, in order, after the last one seen.
pub async fn kept(tx: &mut TenantTx<'_>, after: &[String; 3], limit: i64) -> Result<Vec<Kept>> {
    let [key, method, path] = after;
    let params = [
        tx.business_no().into(),
        key.into(),
        method.into(),
        path.into(),
        limit.into(),
    ];
    let rows = tx
        .query::<(String, String, String, Vec<u8>)>(KEPT, &params)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(k, m, p, answer)| ([k, m, p], answer))
        .collect())
}
/// Writes a kept answer.
pub fn put_kept(tx: &mut TenantTx<'_>, at: &[String; 3], answer: &[u8]) -> Result<()> {
    let [key, method, path] = at;
    let no = tx.business_no();
    tx.put(
        PUT_KEPT,
        &[no.into(), key.into(), method.into(), path.into(), answer.into()],
    )
}
