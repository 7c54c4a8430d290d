//! Workflows, their versions, the numbers of their triggers, and the re-plans that follow an edit.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use flyt_core::id::{TriggerId, WorkflowId};

/// A stored workflow with the version in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRow {
    /// Small number, unique over all businesses.
    pub no: i64,
    /// Its id.
    pub id: WorkflowId,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// On or off.
    pub enabled: bool,
    /// Place in lists and claims.
    pub position: i64,
    /// Version in force.
    pub version: i64,
    /// Plan of its timers.
    pub plan_no: i64,
    /// Rises with each change.
    pub revision: i64,
    /// When it was created, ms.
    pub created_at: i64,
    /// When it last changed, ms.
    pub updated_at: i64,
    /// When it was deleted, ms.
    pub deleted_at: Option<i64>,
    /// `flyt_core::workflow::Definition` (JSON).
    pub doc: String,
}
/// A version of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Its number, from 1.
    pub version: i64,
    /// When it came into force, ms.
    pub from_at: i64,
    /// Whether it was on.
    pub enabled: bool,
    /// Who saved it.
    pub author: String,
    /// What they noted.
    pub note: Option<String>,
    /// `Definition` (JSON).
    pub doc: String,
}
/// A re-plan under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplanRow {
    /// Its business.
    pub business_no: i64,
    /// Its workflow.
    pub workflow_no: i64,
    /// The plan it makes.
    pub plan_no: i64,
    /// Start of the last booking seen, ms.
    pub cursor_at: i64,
    /// The last booking seen.
    pub cursor_id: i64,
    /// Bookings seen.
    pub done: i64,
    /// True when it follows a switch-on, which never sends at once.
    pub switched_on: bool,
    /// False: existing bookings get no timers.
    pub existing: bool,
    /// When it began, ms: what counts as late.
    pub started_at: i64,
}

const INSERT: Sql = Sql::same(
    "INSERT INTO workflows (business_no, no, id, external_id, enabled, position, version, plan_no, revision, created_at, \
     updated_at, deleted_at, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);
const UPDATE: Sql = Sql::same(
    "UPDATE workflows SET external_id = $4, enabled = $5, position = $6, version = $7, plan_no = $8, revision = $9, \
     created_at = $10, updated_at = $11, deleted_at = $12, doc = $13 WHERE business_no = $1 AND no = $2 AND id = $3",
);
const LIVE: Sql = Sql::same(
    "SELECT no, id, external_id, enabled, position, version, plan_no, revision, created_at, updated_at, deleted_at, doc \
     FROM workflows WHERE business_no = $1 AND deleted_at IS NULL ORDER BY position, no",
);
const BY_ID: Sql = Sql::same(
    "SELECT no, id, external_id, enabled, position, version, plan_no, revision, created_at, updated_at, deleted_at, doc \
     FROM workflows WHERE business_no = $1 AND id = $2",
);
const BY_NO: Sql = Sql::same(
    "SELECT no, id, external_id, enabled, position, version, plan_no, revision, created_at, updated_at, deleted_at, doc \
     FROM workflows WHERE business_no = $1 AND no = $2",
);
const BY_EXTERNAL: Sql = Sql::same(
    "SELECT no, id, external_id, enabled, position, version, plan_no, revision, created_at, updated_at, deleted_at, doc \
     FROM workflows WHERE business_no = $1 AND external_id = $2 AND deleted_at IS NULL",
);
const PAGE: Sql = Sql::same(
    "SELECT no, id, external_id, enabled, position, version, plan_no, revision, created_at, updated_at, deleted_at, doc \
     FROM workflows WHERE business_no = $1 AND deleted_at IS NULL AND id < $2 AND updated_at >= $3 ORDER BY id DESC LIMIT $4",
);
const LAST_POSITION: Sql = Sql::same(
    "SELECT coalesce(max(position), 0) FROM workflows WHERE business_no = $1 AND deleted_at IS NULL",
);
const PUT_TRIGGER: Sql = Sql::same(
    "INSERT INTO triggers (business_no, no, id, workflow_no, kind, retired) VALUES ($1, $2, $3, $4, $5, FALSE) \
     ON CONFLICT (no) DO UPDATE SET kind = excluded.kind, retired = FALSE",
);
const RETIRE: Sql =
    Sql::same("UPDATE triggers SET retired = TRUE WHERE business_no = $1 AND workflow_no = $2");
const TRIGGER_OWNER: Sql = Sql::same("SELECT workflow_no FROM triggers WHERE business_no = $1 AND no = $2");
const TRIGGERS_OF: Sql =
    Sql::same("SELECT no FROM triggers WHERE business_no = $1 AND workflow_no = $2 ORDER BY no");
const PUT_VERSION: Sql = Sql::same(
    "INSERT INTO workflow_versions (business_no, workflow_no, version, from_at, enabled, author, note, doc) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
const VERSIONS: Sql = Sql::same(
    "SELECT version, from_at, enabled, author, note, doc FROM workflow_versions WHERE business_no = $1 AND workflow_no = $2 \
     AND version < $3 ORDER BY version DESC LIMIT $4",
);
const VERSION: Sql = Sql::same(
    "SELECT version, from_at, enabled, author, note, doc FROM workflow_versions WHERE business_no = $1 AND workflow_no = $2 \
     AND version = $3",
);
const PUT_REPLAN: Sql = Sql::same(
    "INSERT INTO replans (business_no, workflow_no, plan_no, cursor_at, cursor_id, done, switched_on, existing, started_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (workflow_no) DO UPDATE SET plan_no = excluded.plan_no, \
     cursor_at = excluded.cursor_at, cursor_id = excluded.cursor_id, done = excluded.done, \
     switched_on = excluded.switched_on, existing = excluded.existing, started_at = excluded.started_at",
);
const STEP_REPLAN: Sql = Sql::same(
    "UPDATE replans SET cursor_at = $4, cursor_id = $5, done = $6 WHERE business_no = $1 AND workflow_no = $2 AND plan_no = $3",
);
const END_REPLAN: Sql =
    Sql::same("DELETE FROM replans WHERE business_no = $1 AND workflow_no = $2 AND plan_no = $3");
const REPLAN_OF: Sql = Sql::same(
    "SELECT business_no, workflow_no, plan_no, cursor_at, cursor_id, done, switched_on, existing, started_at FROM replans \
     WHERE business_no = $1 AND workflow_no = $2",
);
const REPLANS: Sql = Sql::same(
    "SELECT business_no, workflow_no, plan_no, cursor_at, cursor_id, done, switched_on, existing, started_at FROM replans \
     ORDER BY workflow_no LIMIT $1",
);
pub(crate) const ALL: &[Sql] = &[
    INSERT,
    UPDATE,
    LIVE,
    BY_ID,
    BY_NO,
    BY_EXTERNAL,
    PAGE,
    LAST_POSITION,
    TRIGGERS_OF,
    PUT_TRIGGER,
    RETIRE,
    TRIGGER_OWNER,
    PUT_VERSION,
    VERSIONS,
    VERSION,
    PUT_REPLAN,
    STEP_REPLAN,
    END_REPLAN,
    REPLAN_OF,
    REPLANS,
];

/// Writes a new workflow.
pub fn insert(tx: &mut TenantTx<'_>, w: &WorkflowRow) -> Result<()> {
    save(tx, INSERT, w)
}
/// Writes a workflow anew.
pub fn update(tx: &mut TenantTx<'_>, w: &WorkflowRow) -> Result<()> {
    save(tx, UPDATE, w)
}
fn save(tx: &mut TenantTx<'_>, sql: Sql, w: &WorkflowRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        sql,
        &[
            business.into(),
            w.no.into(),
            w.id.0.into(),
            (&w.external_id).into(),
            w.enabled.into(),
            w.position.into(),
            w.version.into(),
            w.plan_no.into(),
            w.revision.into(),
            w.created_at.into(),
            w.updated_at.into(),
            w.deleted_at.into(),
            (&w.doc).into(),
        ],
    )
}
/// All workflows that are not deleted, in position order.
pub async fn live(tx: &mut TenantTx<'_>) -> Result<Vec<WorkflowRow>> {
    let business = tx.business_no();
    tx.query(LIVE, &[business.into()]).await
}
/// One workflow, deleted or not.
pub async fn by_id(tx: &mut TenantTx<'_>, id: WorkflowId) -> Result<Option<WorkflowRow>> {
    let business = tx.business_no();
    tx.query_opt(BY_ID, &[business.into(), id.0.into()]).await
}
/// One workflow by its small number, deleted or not.
pub async fn by_no(tx: &mut TenantTx<'_>, no: i64) -> Result<Option<WorkflowRow>> {
    let business = tx.business_no();
    tx.query_opt(BY_NO, &[business.into(), no.into()]).await
}
/// One workflow that is not deleted, by its external id.
pub async fn by_external_id(tx: &mut TenantTx<'_>, external: &str) -> Result<Option<WorkflowRow>> {
    let business = tx.business_no();
    tx.query_opt(BY_EXTERNAL, &[business.into(), external.into()])
        .await
}
/// Workflows newest first, below the last id seen.
pub async fn page(
    tx: &mut TenantTx<'_>,
    below: i64,
    updated_since: i64,
    limit: i64,
) -> Result<Vec<WorkflowRow>> {
    let business = tx.business_no();
    tx.query(
        PAGE,
        &[business.into(), below.into(), updated_since.into(), limit.into()],
    )
    .await
}
/// The next place of a workflow in its business.
pub async fn next_position(tx: &mut TenantTx<'_>) -> Result<i64> {
    let business = tx.business_no();
    let last = tx.query_opt::<(i64,)>(LAST_POSITION, &[business.into()]).await?;
    Ok(last.map_or(0, |(n,)| n) + 10)
}
/// Small numbers of all triggers a workflow has or had.
pub async fn trigger_numbers(tx: &mut TenantTx<'_>, workflow_no: i64) -> Result<Vec<i64>> {
    let business = tx.business_no();
    let rows = tx
        .query::<(i64,)>(TRIGGERS_OF, &[business.into(), workflow_no.into()])
        .await?;
    Ok(rows.into_iter().map(|(no,)| no).collect())
}
/// Retires the triggers of a workflow; those that stay are put again.
pub fn retire_triggers(tx: &mut TenantTx<'_>, workflow_no: i64) -> Result<()> {
    let business = tx.business_no();
    tx.put(RETIRE, &[business.into(), workflow_no.into()])
}
/// Writes the number of a trigger.
pub fn put_trigger(
    tx: &mut TenantTx<'_>,
    no: i64,
    id: TriggerId,
    workflow_no: i64,
    kind: &str,
) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        PUT_TRIGGER,
        &[
            business.into(),
            no.into(),
            id.0.into(),
            workflow_no.into(),
            kind.into(),
        ],
    )
}
/// The workflow a trigger belongs to.
pub async fn trigger_owner(tx: &mut TenantTx<'_>, trigger_no: i64) -> Result<Option<i64>> {
    let business = tx.business_no();
    Ok(tx
        .query_opt::<(i64,)>(TRIGGER_OWNER, &[business.into(), trigger_no.into()])
        .await?
        .map(|(no,)| no))
}
/// Writes a version.
pub fn put_version(tx: &mut TenantTx<'_>, workflow_no: i64, v: &VersionRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        PUT_VERSION,
        &[
            business.into(),
            workflow_no.into(),
            v.version.into(),
            v.from_at.into(),
            v.enabled.into(),
            (&v.author).into(),
            (&v.note).into(),
            (&v.doc).into(),
        ],
    )
}
/// Versions newest first, below the last one seen.
pub async fn versions(
    tx: &mut TenantTx<'_>,
    workflow_no: i64,
    below: i64,
    limit: i64,
) -> Result<Vec<VersionRow>> {
    let business = tx.business_no();
    tx.query(
        VERSIONS,
        &[business.into(), workflow_no.into(), below.into(), limit.into()],
    )
    .await
}
/// One version.
pub async fn version(tx: &mut TenantTx<'_>, workflow_no: i64, version: i64) -> Result<Option<VersionRow>> {
    let business = tx.business_no();
    tx.query_opt(VERSION, &[business.into(), workflow_no.into(), version.into()])
        .await
}
/// Begins a re-plan, in place of one under way.
pub fn begin_replan(tx: &mut TenantTx<'_>, r: &ReplanRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        PUT_REPLAN,
        &[
            business.into(),
            r.workflow_no.into(),
            r.plan_no.into(),
            r.cursor_at.into(),
            r.cursor_id.into(),
            r.done.into(),
            r.switched_on.into(),
            r.existing.into(),
            r.started_at.into(),
        ],
    )
}
/// Moves the cursor of a re-plan. False: a newer plan has taken its place.
pub async fn step_replan(tx: &mut TenantTx<'_>, r: &ReplanRow) -> Result<bool> {
    let business = tx.business_no();
    let at = [
        business.into(),
        r.workflow_no.into(),
        r.plan_no.into(),
        r.cursor_at.into(),
        r.cursor_id.into(),
        r.done.into(),
    ];
    Ok(tx.execute(STEP_REPLAN, &at).await? == 1)
}
/// Ends a re-plan.
pub fn end_replan(tx: &mut TenantTx<'_>, r: &ReplanRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        END_REPLAN,
        &[business.into(), r.workflow_no.into(), r.plan_no.into()],
    )
}
/// The re-plan of a workflow, if one is under way.
pub async fn replan_of(tx: &mut TenantTx<'_>, workflow_no: i64) -> Result<Option<ReplanRow>> {
    let business = tx.business_no();
    tx.query_opt(REPLAN_OF, &[business.into(), workflow_no.into()])
        .await
}
/// Re-plans of all businesses that are under way.
pub async fn replans(tx: &mut EngineTx<'_>, limit: i64) -> Result<Vec<ReplanRow>> {
    tx.query(REPLANS, &[limit.into()]).await
}

impl FromRow for WorkflowRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            no: r.take()?,
            id: WorkflowId(r.take()?),
            external_id: r.take()?,
            enabled: r.take()?,
            position: r.take()?,
            version: r.take()?,
            plan_no: r.take()?,
            revision: r.take()?,
            created_at: r.take()?,
            updated_at: r.take()?,
            deleted_at: r.take()?,
            doc: r.take()?,
        })
    }
}
impl FromRow for VersionRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            version: r.take()?,
            from_at: r.take()?,
            enabled: r.take()?,
            author: r.take()?,
            note: r.take()?,
            doc: r.take()?,
        })
    }
}
impl FromRow for ReplanRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            business_no: r.take()?,
            workflow_no: r.take()?,
            plan_no: r.take()?,
            cursor_at: r.take()?,
            cursor_id: r.take()?,
            done: r.take()?,
            switched_on: r.take()?,
            existing: r.take()?,
            started_at: r.take()?,
        })
    }
}
