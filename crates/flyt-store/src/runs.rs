//! Runs: one workflow started for one event or due timer, pinned to its version.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::{BookingId, ChangeId, CustomerId, RunId};

/// A stored run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// Its workflow.
    pub workflow_no: i64,
    /// The version it pinned.
    pub version: i64,
    /// The trigger it is named after.
    pub trigger_no: i64,
    /// Kind of that trigger, as a word.
    pub kind: String,
    /// Its booking, if any.
    pub booking_id: Option<BookingId>,
    /// Its customer, if any.
    pub customer_id: Option<CustomerId>,
    /// The change that started it; of a timed run: none.
    pub change_id: Option<ChangeId>,
    /// The anchor of a timed run, ms.
    pub anchor_at: Option<i64>,
    /// When it was due, ms.
    pub due_at: i64,
    /// When it stops making sense, ms.
    pub expires_at: Option<i64>,
    /// Whether it was due before its anchor.
    pub before: bool,
    /// When it was written, ms.
    pub created_at: i64,
    /// A word of `flyt_core::state::RunState`.
    pub state: String,
    /// Why it ended, if it did without doing everything.
    pub reason: Option<String>,
    /// Index of the action it stands at.
    pub position: i64,
    /// True once nothing more will be added to its steps.
    pub finished: bool,
    /// Steps that are not at an end.
    pub open: i64,
    /// Steps it has, which is the number of the next one.
    pub steps: i64,
    /// `flyt_core::run::Vars` (JSON).
    pub vars: Option<String>,
    /// Distance from a change from outside.
    pub depth: i64,
    /// What began its chain of causes.
    pub chain: i64,
}

const INSERT: Sql = Sql::same(
    "INSERT INTO runs (business_no, id, workflow_no, version, trigger_no, kind, booking_id, customer_id, change_id, anchor_at, \
     due_at, expires_at, before, created_at, state, reason, position, finished, open, steps, vars, depth, chain) VALUES \
     ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
);
const UPDATE: Sql = Sql::same(
    "UPDATE runs SET state = $3, reason = $4, position = $5, finished = $6, open = $7, steps = $8, vars = $9 \
     WHERE business_no = $1 AND id = $2",
);
const STEP_ENDED: Sql = Sql::same(
    "UPDATE runs SET open = open - 1, state = CASE WHEN open <= 1 AND finished AND state IN ('running', 'waiting') \
     THEN 'done' ELSE state END WHERE business_no = $1 AND id = $2",
);
const STEP_REOPENED: Sql = Sql::same(
    "UPDATE runs SET open = open + 1, state = CASE WHEN state = 'done' THEN 'running' ELSE state END \
     WHERE business_no = $1 AND id = $2",
);
const WORKFLOW_OFF: Sql = Sql::same(
    "UPDATE runs SET state = 'ended', reason = 'workflow_disabled', finished = TRUE, open = (SELECT count(*) FROM steps \
     WHERE steps.run_id = runs.id AND steps.state IN ('claimed', 'sending')) WHERE business_no = $1 AND workflow_no = $2 \
     AND state IN ('holding', 'running', 'waiting')",
);
macro_rules! select {
    ($rest:literal) => {
        Sql::same(concat!(
            "SELECT id, workflow_no, version, trigger_no, kind, booking_id, customer_id, change_id, anchor_at, due_at, \
             expires_at, before, created_at, state, reason, position, finished, open, steps, vars, depth, chain FROM runs ",
            $rest
        ))
    };
}
const BY_ID: Sql = select!("WHERE business_no = $1 AND id = $2");
const OCCURRENCE: Sql =
    select!("WHERE business_no = $1 AND booking_id = $2 AND trigger_no = $3 AND anchor_at = $4");
const HOLDING: Sql = select!(
    "WHERE business_no = $1 AND booking_id = $2 AND workflow_no = $3 AND state = 'holding' ORDER BY id LIMIT 1"
);
const LIVE: Sql = select!(
    "WHERE business_no = $1 AND booking_id = $2 AND state IN ('running', 'waiting', 'holding') ORDER BY id"
);
const PAGE: Sql = select!(
    "WHERE business_no = $1 AND id < $2 AND (CAST($3 AS BIGINT) IS NULL OR workflow_no = $3) \
     AND (CAST($4 AS BIGINT) IS NULL OR booking_id = $4) AND (CAST($5 AS TEXT) IS NULL OR state = $5) \
     AND due_at >= $6 AND due_at < $7 ORDER BY id DESC LIMIT $8"
);
const OF_BOOKING: Sql = select!("WHERE business_no = $1 AND booking_id = $2 ORDER BY id LIMIT 1000");
const FIRED: Sql = Sql::same(
    "SELECT trigger_no, anchor_at FROM runs WHERE business_no = $1 AND booking_id = $2 AND anchor_at IS NOT NULL",
);
const STARTS: Sql = Sql::same(
    "SELECT count(*) FROM runs WHERE business_no = $1 AND booking_id = $2 AND chain = $3 AND workflow_no = $4 \
     AND (reason IS NULL OR reason <> 'loop_guard')",
);
const COUNT: Sql =
    Sql::same("SELECT state, count(*) FROM runs WHERE business_no = $1 GROUP BY state ORDER BY state");
pub(crate) const ALL: &[Sql] = &[
    INSERT,
    UPDATE,
    STEP_ENDED,
    STEP_REOPENED,
    WORKFLOW_OFF,
    BY_ID,
    OCCURRENCE,
    HOLDING,
    LIVE,
    PAGE,
    OF_BOOKING,
    FIRED,
    STARTS,
    COUNT,
];

/// Writes a new run. Two runs of one occurrence, or of one workflow and change, are a conflict.
pub fn insert(tx: &mut TenantTx<'_>, r: &RunRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        INSERT,
        &[
            business.into(),
            r.id.0.into(),
            r.workflow_no.into(),
            r.version.into(),
            r.trigger_no.into(),
            (&r.kind).into(),
            r.booking_id.map(|i| i.0).into(),
            r.customer_id.map(|i| i.0).into(),
            r.change_id.map(|i| i.0).into(),
            r.anchor_at.into(),
            r.due_at.into(),
            r.expires_at.into(),
            r.before.into(),
            r.created_at.into(),
            (&r.state).into(),
            (&r.reason).into(),
            r.position.into(),
            r.finished.into(),
            r.open.into(),
            r.steps.into(),
            (&r.vars).into(),
            r.depth.into(),
            r.chain.into(),
        ],
    )
}
/// Writes what moves in a run: state, reason, position, finished, open, steps, vars.
pub fn update(tx: &mut TenantTx<'_>, r: &RunRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        UPDATE,
        &[
            business.into(),
            r.id.0.into(),
            (&r.state).into(),
            (&r.reason).into(),
            r.position.into(),
            r.finished.into(),
            r.open.into(),
            r.steps.into(),
            (&r.vars).into(),
        ],
    )
}
/// One of its steps came to its end; the last one of a finished run ends the run.
pub fn step_ended(tx: &mut TenantTx<'_>, id: RunId) -> Result<()> {
    let business = tx.business_no();
    tx.put(STEP_ENDED, &[business.into(), id.0.into()])
}
/// One of its ended steps is tried again by hand.
pub fn step_reopened(tx: &mut TenantTx<'_>, id: RunId) -> Result<()> {
    let business = tx.business_no();
    tx.put(STEP_REOPENED, &[business.into(), id.0.into()])
}
/// Ends the runs of a workflow that was switched off or deleted; their steps were ended before.
pub fn workflow_off(tx: &mut TenantTx<'_>, workflow_no: i64) -> Result<()> {
    let business = tx.business_no();
    tx.put(WORKFLOW_OFF, &[business.into(), workflow_no.into()])
}
/// One run.
pub async fn by_id(tx: &mut TenantTx<'_>, id: RunId) -> Result<Option<RunRow>> {
    let business = tx.business_no();
    tx.query_opt(BY_ID, &[business.into(), id.0.into()]).await
}
/// The run of an occurrence, fired or spent.
pub async fn of_occurrence(
    tx: &mut TenantTx<'_>,
    booking: BookingId,
    trigger_no: i64,
    anchor_at: i64,
) -> Result<Option<RunRow>> {
    let business = tx.business_no();
    tx.query_opt(
        OCCURRENCE,
        &[
            business.into(),
            booking.0.into(),
            trigger_no.into(),
            anchor_at.into(),
        ],
    )
    .await
}
/// The run of a workflow that gathers changes of a booking, if there is one.
pub async fn holding(tx: &mut TenantTx<'_>, booking: BookingId, workflow_no: i64) -> Result<Option<RunRow>> {
    let business = tx.business_no();
    tx.query_opt(HOLDING, &[business.into(), booking.0.into(), workflow_no.into()])
        .await
}
/// Runs of a booking that are not at their end.
pub async fn live(tx: &mut TenantTx<'_>, booking: BookingId) -> Result<Vec<RunRow>> {
    let business = tx.business_no();
    tx.query(LIVE, &[business.into(), booking.0.into()]).await
}
/// All runs of a booking, oldest first.
pub async fn of_booking(tx: &mut TenantTx<'_>, booking: BookingId) -> Result<Vec<RunRow>> {
    let business = tx.business_no();
    tx.query(OF_BOOKING, &[business.into(), booking.0.into()]).await
}
/// Which runs a page shows.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only this workflow.
    pub workflow_no: Option<i64>,
    /// Only this booking.
    pub booking_id: Option<i64>,
    /// Only this state.
    pub state: Option<String>,
    /// Due at or after, ms.
    pub from: Option<i64>,
    /// Due before, ms.
    pub to: Option<i64>,
}
/// Runs newest first, below the last id seen.
pub async fn page(tx: &mut TenantTx<'_>, f: &RunFilter, below: i64, limit: i64) -> Result<Vec<RunRow>> {
    let business = tx.business_no();
    let at = [
        business.into(),
        below.into(),
        f.workflow_no.into(),
        f.booking_id.into(),
        (&f.state).into(),
        f.from.unwrap_or(i64::MIN).into(),
        f.to.unwrap_or(i64::MAX).into(),
        limit.into(),
    ];
    tx.query(PAGE, &at).await
}
/// Occurrences of a booking that have fired or were spent: trigger and anchor (ms).
pub async fn fired(tx: &mut TenantTx<'_>, booking: BookingId) -> Result<Vec<(i64, i64)>> {
    let business = tx.business_no();
    tx.query(FIRED, &[business.into(), booking.0.into()]).await
}
/// How often a workflow has started for a booking in a chain of causes.
pub async fn starts(tx: &mut TenantTx<'_>, booking: BookingId, chain: i64, workflow_no: i64) -> Result<i64> {
    let business = tx.business_no();
    let at = [
        business.into(),
        booking.0.into(),
        chain.into(),
        workflow_no.into(),
    ];
    Ok(tx.query_opt::<(i64,)>(STARTS, &at).await?.map_or(0, |(n,)| n))
}
/// How many runs the business has in each state.
pub async fn counts(tx: &mut TenantTx<'_>) -> Result<Vec<(String, i64)>> {
    let business = tx.business_no();
    tx.query(COUNT, &[business.into()]).await
}

impl FromRow for RunRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: RunId(r.take()?),
            workflow_no: r.take()?,
            version: r.take()?,
            trigger_no: r.take()?,
            kind: r.take()?,
            booking_id: r.take::<Option<i64>>()?.map(BookingId),
            customer_id: r.take::<Option<i64>>()?.map(CustomerId),
            change_id: r.take::<Option<i64>>()?.map(ChangeId),
            anchor_at: r.take()?,
            due_at: r.take()?,
            expires_at: r.take()?,
            before: r.take()?,
            created_at: r.take()?,
            state: r.take()?,
            reason: r.take()?,
            position: r.take()?,
            finished: r.take()?,
            open: r.take()?,
            steps: r.take()?,
            vars: r.take()?,
            depth: r.take()?,
            chain: r.take()?,
        })
    }
}
