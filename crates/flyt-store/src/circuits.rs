//! Sending accounts in trouble, and the steps that wait for them. The tenant of these rows is who owns the account: business 0
//! is the operator, for whose accounts steps of many businesses wait. When one opens and closes is decided elsewhere.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use flyt_core::id::{RunId, StepId};

macro_rules! select {
    ($rest:literal) => {
        Sql::same(concat!(
            "SELECT business_no, account, failures, opened_at, probe_at, probes, probe_run, probe_step, problem FROM circuits ",
            $rest
        ))
    };
}
const GET: Sql = select!("WHERE business_no = $1 AND account = $2");
const OPEN: Sql = select!("WHERE business_no = $1 AND opened_at IS NOT NULL ORDER BY account LIMIT 100");
const PUT: Sql = Sql::same(
    "INSERT INTO circuits (business_no, account, failures, opened_at, probe_at, probes, probe_run, probe_step, problem) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (business_no, account) DO UPDATE SET \
     failures = excluded.failures, opened_at = excluded.opened_at, probe_at = excluded.probe_at, probes = excluded.probes, \
     probe_run = excluded.probe_run, probe_step = excluded.probe_step, problem = excluded.problem",
);
const REMOVE: Sql = Sql::same("DELETE FROM circuits WHERE business_no = $1 AND account = $2");
/// A probe that is not on its way, because it was skipped, is over or was put off, holds nobody up.
const DUE: Sql = select!(
    "WHERE opened_at IS NOT NULL AND probe_at <= $1 AND EXISTS (SELECT 1 FROM parked WHERE \
     parked.business_no = circuits.business_no AND parked.account = circuits.account) AND NOT EXISTS (SELECT 1 FROM steps \
     WHERE run_id = probe_run AND step_no = probe_step AND (state IN ('claimed', 'sending') OR (state = 'ready' AND due_at <= $1))) \
     ORDER BY probe_at LIMIT $2"
);
const PARK: Sql = Sql::same(
    "INSERT INTO parked (business_no, account, run_id, step_no, of_business) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (business_no, account, run_id, step_no) DO NOTHING",
);
const WAITING: Sql =
    Sql::same("SELECT count(*) FROM parked WHERE business_no = $1 AND account = $2 AND of_business = $3");
const FIRST: Sql = Sql::same(
    "SELECT p.of_business, p.run_id, p.step_no, s.state FROM parked p LEFT JOIN steps s ON s.run_id = p.run_id AND \
     s.step_no = p.step_no WHERE p.business_no = $1 AND p.account = $2 ORDER BY coalesce(s.due_at, 0), \
     coalesce(s.position, 0), coalesce(s.booking_id, 0), p.run_id, p.step_no LIMIT 1",
);
const UNPARK: Sql =
    Sql::same("DELETE FROM parked WHERE business_no = $1 AND account = $2 AND run_id = $3 AND step_no = $4");
const UNPARK_ALL: Sql = Sql::same("DELETE FROM parked WHERE business_no = $1 AND account = $2");
const LET_GO: Sql = Sql::same(
    "UPDATE steps SET state = 'ready', reason = NULL, delayed = TRUE, updated_at = $3 WHERE state = 'parked' \
     AND (run_id, step_no) IN (SELECT run_id, step_no FROM parked WHERE business_no = $1 AND account = $2)",
);
const LET_GO_OWN: Sql = Sql::same(
    "UPDATE steps SET state = 'ready', reason = NULL, delayed = TRUE, updated_at = $3 WHERE business_no = $1 AND channel = $2 \
     AND state = 'parked' AND reason = 'channel_paused'",
);
pub(crate) const ALL: &[Sql] = &[
    GET, OPEN, PUT, REMOVE, DUE, PARK, WAITING, FIRST, UNPARK, UNPARK_ALL, LET_GO, LET_GO_OWN,
];

/// An account in trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitRow {
    /// Who owns the account; 0: the operator.
    pub owner: i64,
    /// `email`, `sms`, or the origin of webhooks.
    pub account: String,
    /// Failures in a row.
    pub failures: i64,
    /// Since when nothing goes through, ms.
    pub opened_at: Option<i64>,
    /// When the next probe may go, ms.
    pub probe_at: i64,
    /// Probes that have failed.
    pub probes: i64,
    /// The step that goes as the probe.
    pub probe: Option<StepId>,
    /// What the other side said last.
    pub problem: String,
}
impl FromRow for CircuitRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let mut read = Self {
            owner: row.take()?,
            account: row.take()?,
            failures: row.take()?,
            opened_at: row.take()?,
            probe_at: row.take()?,
            probes: row.take()?,
            probe: None,
            problem: String::new(),
        };
        let (run, no) = (row.take::<Option<i64>>()?, row.take::<Option<i64>>()?);
        read.probe = run.zip(no).map(|(run, no)| StepId { run: RunId(run), no });
        read.problem = row.take()?;
        Ok(read)
    }
}

/// The account's trouble, if it has any.
pub async fn get(tx: &mut TenantTx<'_>, account: &str) -> Result<Option<CircuitRow>> {
    let owner = tx.business_no();
    tx.query_opt(GET, &[owner.into(), account.into()]).await
}
/// The owner's accounts that nothing goes through.
pub async fn open(tx: &mut TenantTx<'_>) -> Result<Vec<CircuitRow>> {
    let owner = tx.business_no();
    tx.query(OPEN, &[owner.into()]).await
}
/// Writes down trouble.
pub fn put(tx: &mut TenantTx<'_>, row: &CircuitRow) -> Result<()> {
    let owner = tx.business_no();
    tx.put(
        PUT,
        &[
            owner.into(),
            (&row.account).into(),
            row.failures.into(),
            row.opened_at.into(),
            row.probe_at.into(),
            row.probes.into(),
            row.probe.map(|p| p.run.0).into(),
            row.probe.map(|p| p.no).into(),
            (&row.problem).into(),
        ],
    )
}
/// All is well again.
pub fn remove(tx: &mut TenantTx<'_>, account: &str) -> Result<()> {
    let owner = tx.business_no();
    tx.put(REMOVE, &[owner.into(), account.into()])
}
/// Accounts of all owners that somebody waits for and whose next probe may go.
pub async fn due(tx: &mut EngineTx<'_>, now: i64, limit: i64) -> Result<Vec<CircuitRow>> {
    tx.query(DUE, &[now.into(), limit.into()]).await
}
/// Notes that a step of a business waits for an account.
pub fn park(tx: &mut TenantTx<'_>, account: &str, of_business: i64, step: StepId) -> Result<()> {
    let owner = tx.business_no();
    tx.put(
        PARK,
        &[
            owner.into(),
            account.into(),
            step.run.0.into(),
            step.no.into(),
            of_business.into(),
        ],
    )
}
/// How many steps of a business wait for an account.
pub async fn waiting(tx: &mut TenantTx<'_>, account: &str, of_business: i64) -> Result<i64> {
    let owner = tx.business_no();
    let count = tx
        .query_opt::<(i64,)>(WAITING, &[owner.into(), account.into(), of_business.into()])
        .await?;
    Ok(count.map_or(0, |(n,)| n))
}
/// The first step that waits for an account, in the order of claims: its business, its id, its state.
pub async fn first(tx: &mut TenantTx<'_>, account: &str) -> Result<Option<(i64, StepId, Option<String>)>> {
    let owner = tx.business_no();
    let row = tx
        .query_opt::<(i64, i64, i64, Option<String>)>(FIRST, &[owner.into(), account.into()])
        .await?;
    Ok(row.map(|(business, run, no, state)| (business, StepId { run: RunId(run), no }, state)))
}
/// A step waits no longer.
pub fn unpark(tx: &mut TenantTx<'_>, account: &str, step: StepId) -> Result<()> {
    let owner = tx.business_no();
    tx.put(
        UNPARK,
        &[owner.into(), account.into(), step.run.0.into(), step.no.into()],
    )
}
/// Lets go everything that waits for an account, of whatever business. `at`: ms.
pub fn let_go(tx: &mut EngineTx<'_>, owner: i64, account: &str, at: i64) -> Result<()> {
    tx.put(LET_GO, &[owner.into(), account.into(), at.into()])?;
    tx.put(UNPARK_ALL, &[owner.into(), account.into()])
}
/// Lets go what the business itself has waiting on a channel: it has another account now. `at`: ms.
pub fn let_go_own(tx: &mut TenantTx<'_>, channel: &str, at: i64) -> Result<()> {
    let no = tx.business_no();
    tx.put(LET_GO_OWN, &[no.into(), channel.into(), at.into()])
}
