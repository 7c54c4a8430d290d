//! What is due, business by business: for serving them in turn where more is due than one pass takes.

use crate::engine::Sql;
use crate::error::Result;
use crate::steps::{StepRow, blanks_between, columns};
use crate::timers::TimerRow;
use crate::tx::EngineTx;

/// Businesses that have a step due. One look for each that has any ready: the index is walked in leaps.
const STEPS: Sql = Sql::same(
    "WITH RECURSIVE turn(no) AS (SELECT (SELECT s.business_no FROM steps s WHERE s.state = 'ready' AND s.business_no > $1 \
     ORDER BY s.business_no LIMIT 1) UNION ALL SELECT (SELECT s.business_no FROM steps s WHERE s.state = 'ready' \
     AND s.business_no > turn.no ORDER BY s.business_no LIMIT 1) FROM turn WHERE turn.no < $2) \
     SELECT no FROM turn WHERE no < $2 AND EXISTS (SELECT 1 FROM steps s WHERE s.state = 'ready' AND s.business_no = turn.no \
     AND s.due_at <= $3) LIMIT $4",
);
/// What would wait for an answer to the one before it is left where it is.
const STEPS_OF: Sql = Sql::same(concat!(
    "SELECT ",
    columns!(),
    " FROM steps AS s WHERE s.state = 'ready' AND s.business_no = $1 AND s.due_at <= $2 \
     AND (s.channel IS NULL OR s.channel <> 'endpoint' OR ($4 AND replace($5, ' ' || s.recipient || ' ', '') = $5)) \
     AND NOT EXISTS (SELECT 1 FROM steps f WHERE f.booking_id = s.booking_id AND f.business_no = s.business_no \
     AND f.channel = s.channel AND f.state IN ('claimed', 'sending')) ORDER BY s.due_at, s.position, s.booking_id, s.run_id, s.step_no LIMIT $3"
));
/// As `STEPS`.
const TIMERS: Sql = Sql::same(
    "WITH RECURSIVE turn(no) AS (SELECT (SELECT t.business_no FROM timers t WHERE t.business_no > $1 \
     ORDER BY t.business_no LIMIT 1) UNION ALL SELECT (SELECT t.business_no FROM timers t \
     WHERE t.business_no > turn.no ORDER BY t.business_no LIMIT 1) FROM turn WHERE turn.no < $2) \
     SELECT no FROM turn WHERE no < $2 AND EXISTS (SELECT 1 FROM timers t WHERE t.business_no = turn.no \
     AND t.due_at <= $3) LIMIT $4",
);
const TIMERS_OF: Sql = Sql::same(
    "SELECT business_no, booking_id, trigger_no, grp, anchor_at, due_at, plan_no, position, held FROM timers \
     WHERE business_no = $1 AND due_at <= $2 ORDER BY due_at, position, booking_id, trigger_no, grp LIMIT $3",
);
pub(crate) const ALL: &[Sql] = &[STEPS, STEPS_OF, TIMERS, TIMERS_OF];

/// Businesses between two numbers (both exclusive) that have a step due, in their order.
pub async fn with_steps(
    tx: &mut EngineTx<'_>,
    between: (i64, i64),
    now: i64,
    limit: i64,
) -> Result<Vec<i64>> {
    let wanted = [between.0.into(), between.1.into(), now.into(), limit.into()];
    let rows = tx.query::<(i64,)>(STEPS, &wanted).await?;
    Ok(rows.into_iter().map(|(no,)| no).collect())
}
/// Ready steps of one business that are due and wait for no answer, in the order of claims. `but`: as in `steps::due`.
pub async fn steps_of(
    tx: &mut EngineTx<'_>,
    business_no: i64,
    (now, but): (i64, Option<&[String]>),
    limit: i64,
) -> Result<Vec<StepRow>> {
    let wanted = [
        business_no.into(),
        now.into(),
        limit.into(),
        but.is_some().into(),
        blanks_between(but).into(),
    ];
    tx.query(STEPS_OF, &wanted).await
}
/// Businesses between two numbers (both exclusive) that have a timer due, in their order.
pub async fn with_timers(
    tx: &mut EngineTx<'_>,
    between: (i64, i64),
    now: i64,
    limit: i64,
) -> Result<Vec<i64>> {
    let wanted = [between.0.into(), between.1.into(), now.into(), limit.into()];
    let rows = tx.query::<(i64,)>(TIMERS, &wanted).await?;
    Ok(rows.into_iter().map(|(no,)| no).collect())
}
/// Timers of one business that are due, in the order of claims.
pub async fn timers_of(
    tx: &mut EngineTx<'_>,
    business_no: i64,
    now: i64,
    limit: i64,
) -> Result<Vec<TimerRow>> {
    tx.query(TIMERS_OF, &[business_no.into(), now.into(), limit.into()])
        .await
}
