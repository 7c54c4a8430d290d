//! Delivery reports: those that came before the answer they belong to, and how a report finds its step. With them the SMS whose
//! answer was lost and that wait for a report. What a report does to a step is decided elsewhere.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use flyt_core::id::{RunId, StepId};

const KEEP: Sql = Sql::same(
    "INSERT INTO reports (business_no, reference, fate, code, bad_number, opted_out, at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (business_no, reference) DO UPDATE SET fate = excluded.fate, code = excluded.code, \
     bad_number = excluded.bad_number, opted_out = excluded.opted_out, at = excluded.at WHERE reports.fate <> 'delivered'",
);
const GET: Sql = Sql::same(
    "SELECT reference, fate, code, bad_number, opted_out, at FROM reports WHERE business_no = $1 AND reference = $2",
);
const PURGE: Sql = Sql::same("DELETE FROM reports WHERE at < $1");
const BY_PROVIDER: Sql = Sql::same(
    "SELECT run_id, step_no FROM steps WHERE business_no = $1 AND channel = 'sms' AND provider_id = $2 \
     AND provider_id IS NOT NULL ORDER BY run_id DESC, step_no DESC LIMIT 1",
);
const LOST: Sql = Sql::same(
    "SELECT count(*) FROM attempts WHERE business_no = $1 AND run_id = $2 AND step_no = $3 AND outcome = 'unknown'",
);
const UNDECIDED: Sql = Sql::same(
    "SELECT business_no, run_id, step_no FROM steps WHERE state = 'unknown' AND reason IS NULL AND due_at <= $1 \
     ORDER BY due_at, run_id, step_no LIMIT $2",
);
/// What waits for a later instant or a circuit comes due, so that its last look tells why it does not go.
const HURRY: Sql = Sql::same(
    "UPDATE steps SET state = 'ready', reason = NULL, due_at = $3, delayed = TRUE, updated_at = $3 WHERE business_no = $1 \
     AND channel = 'sms' AND recipient = $2 AND state IN ('ready', 'parked')",
);
pub(crate) const ALL: &[Sql] = &[KEEP, GET, PURGE, BY_PROVIDER, LOST, UNDECIDED, HURRY];

/// A report that came early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Our reference or the gateway's.
    pub reference: String,
    /// `taken`, `delivered`, `failed`.
    pub fate: String,
    /// The gateway's code.
    pub code: Option<String>,
    /// Whether the number is no good.
    pub bad_number: bool,
    /// Whether its owner has opted out at the gateway.
    pub opted_out: bool,
    /// When it came, ms.
    pub at: i64,
}
impl FromRow for ReportRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            reference: row.take()?,
            fate: row.take()?,
            code: row.take()?,
            bad_number: row.take()?,
            opted_out: row.take()?,
            at: row.take()?,
        })
    }
}

/// Keeps a report for the answer that is still to come. One that says `delivered` stays.
pub fn keep(tx: &mut TenantTx<'_>, row: &ReportRow) -> Result<()> {
    let no = tx.business_no();
    tx.put(
        KEEP,
        &[
            no.into(),
            (&row.reference).into(),
            (&row.fate).into(),
            (&row.code).into(),
            row.bad_number.into(),
            row.opted_out.into(),
            row.at.into(),
        ],
    )
}
/// The report that came early for a reference.
pub async fn get(tx: &mut TenantTx<'_>, reference: &str) -> Result<Option<ReportRow>> {
    let no = tx.business_no();
    tx.query_opt(GET, &[no.into(), reference.into()]).await
}
/// Deletes reports of all businesses from before an instant, ms.
pub fn purge(tx: &mut EngineTx<'_>, before: i64) -> Result<()> {
    tx.put(PURGE, &[before.into()])
}
/// The SMS that a gateway knows under a name.
pub async fn by_provider(tx: &mut TenantTx<'_>, provider_id: &str) -> Result<Option<StepId>> {
    let no = tx.business_no();
    let row = tx
        .query_opt::<(i64, i64)>(BY_PROVIDER, &[no.into(), provider_id.into()])
        .await?;
    Ok(row.map(|(run, no)| StepId { run: RunId(run), no }))
}
/// How many answers of a step were lost.
pub async fn lost(tx: &mut TenantTx<'_>, id: StepId) -> Result<i64> {
    let no = tx.business_no();
    let count = tx
        .query_opt::<(i64,)>(LOST, &[no.into(), id.run.0.into(), id.no.into()])
        .await?;
    Ok(count.map_or(0, |(n,)| n))
}
/// SMS of all businesses that have waited long enough for a report: business and id.
pub async fn undecided(tx: &mut EngineTx<'_>, now: i64, limit: i64) -> Result<Vec<(i64, StepId)>> {
    let rows = tx
        .query::<(i64, i64, i64)>(UNDECIDED, &[now.into(), limit.into()])
        .await?;
    let id = |(business, run, no)| (business, StepId { run: RunId(run), no });
    Ok(rows.into_iter().map(id).collect())
}
/// Makes every SMS of the business that waits for a number due at `at`, ms.
pub fn hurry(tx: &mut TenantTx<'_>, number: &str, at: i64) -> Result<()> {
    let no = tx.business_no();
    tx.put(HURRY, &[no.into(), number.into(), at.into()])
}
