//! Timers: planned future triggers of bookings. Small rows, found by their due instant.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use flyt_core::id::{BookingId, TimerId};

/// A stored timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerRow {
    /// Its business.
    pub business_no: i64,
    /// Its id.
    pub id: TimerId,
    /// The anchor it was computed from, ms.
    pub anchor_at: i64,
    /// When it comes due, ms.
    pub due_at: i64,
    /// The plan of its workflow that made it.
    pub plan_no: i64,
    /// Place of its workflow in the order of claims.
    pub position: i64,
    /// Whether filters and condition held when it was planned.
    pub held: bool,
}

/// How a timer ended without a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerEnd {
    /// A new id, which also orders it.
    pub id: i64,
    /// The timer it was.
    pub timer: TimerId,
    /// Its anchor, ms.
    pub anchor_at: i64,
    /// When it would have come due, ms.
    pub due_at: i64,
    /// When it ended, ms.
    pub ended_at: i64,
    /// `superseded`, `cancelled` or `skipped`.
    pub state: String,
    /// A reason code.
    pub reason: String,
}

const PUT: Sql = Sql::same(
    "INSERT INTO timers (business_no, booking_id, trigger_no, grp, anchor_at, due_at, plan_no, position, held) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (booking_id, trigger_no, grp) DO UPDATE SET \
     anchor_at = excluded.anchor_at, due_at = excluded.due_at, plan_no = excluded.plan_no, \
     position = excluded.position, held = excluded.held",
);
const REMOVE: Sql = Sql::same(
    "DELETE FROM timers WHERE business_no = $1 AND booking_id = $2 AND trigger_no = $3 AND grp = $4",
);
const TAKE: Sql = Sql::same(
    "DELETE FROM timers WHERE business_no = $1 AND booking_id = $2 AND trigger_no = $3 AND grp = $4 AND due_at = $5 \
     AND plan_no = $6",
);
const OF_BOOKING: Sql = Sql::same(
    "SELECT business_no, booking_id, trigger_no, grp, anchor_at, due_at, plan_no, position, held FROM timers \
     WHERE business_no = $1 AND booking_id = $2 ORDER BY trigger_no, grp",
);
const PAGE: Sql = Sql::same(
    "SELECT business_no, booking_id, trigger_no, grp, anchor_at, due_at, plan_no, position, held FROM timers \
     WHERE business_no = $1 AND due_at >= $2 AND due_at < $3 AND (due_at, booking_id, trigger_no, grp) > ($4, $5, $6, $7) \
     ORDER BY due_at, booking_id, trigger_no, grp LIMIT $8",
);
const DUE: Sql = Sql::same(
    "SELECT business_no, booking_id, trigger_no, grp, anchor_at, due_at, plan_no, position, held FROM timers \
     WHERE due_at <= $1 ORDER BY due_at, position, booking_id, trigger_no, grp LIMIT $2",
);
const END: Sql = Sql::same(
    "INSERT INTO timer_ends (business_no, id, booking_id, trigger_no, grp, anchor_at, due_at, ended_at, state, reason) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const ENDS: Sql = Sql::same(
    "SELECT id, booking_id, trigger_no, grp, anchor_at, due_at, ended_at, state, reason FROM timer_ends \
     WHERE business_no = $1 AND booking_id = $2 ORDER BY id LIMIT 1000",
);
const SKIPPED: Sql = Sql::same(
    "SELECT trigger_no, grp, anchor_at FROM timer_ends WHERE business_no = $1 AND booking_id = $2 \
     AND reason = 'cancelled_by_user'",
);
const COUNT: Sql = Sql::same("SELECT count(*) FROM timers WHERE business_no = $1");
pub(crate) const ALL: &[Sql] = &[
    PUT, REMOVE, TAKE, OF_BOOKING, PAGE, DUE, END, ENDS, SKIPPED, COUNT,
];

/// Writes a timer, in place of one of the same booking, trigger and group.
pub fn put(tx: &mut TenantTx<'_>, t: &TimerRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        PUT,
        &[
            business.into(),
            t.id.booking.0.into(),
            t.id.trigger_no.into(),
            t.id.group.into(),
            t.anchor_at.into(),
            t.due_at.into(),
            t.plan_no.into(),
            t.position.into(),
            t.held.into(),
        ],
    )
}

/// Takes a timer away.
pub fn remove(tx: &mut TenantTx<'_>, id: TimerId) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        REMOVE,
        &[
            business.into(),
            id.booking.0.into(),
            id.trigger_no.into(),
            id.group.into(),
        ],
    )
}

/// Takes a timer away if it is still the very one that was seen. False: somebody else had it, or it moved.
pub async fn take(tx: &mut TenantTx<'_>, t: &TimerRow) -> Result<bool> {
    let business = tx.business_no();
    let at = [
        business.into(),
        t.id.booking.0.into(),
        t.id.trigger_no.into(),
        t.id.group.into(),
        t.due_at.into(),
        t.plan_no.into(),
    ];
    Ok(tx.execute(TAKE, &at).await? == 1)
}

/// The timers of a booking.
pub async fn of_booking(tx: &mut TenantTx<'_>, booking: BookingId) -> Result<Vec<TimerRow>> {
    let business = tx.business_no();
    tx.query(OF_BOOKING, &[business.into(), booking.0.into()]).await
}

/// Timers due in `[from, to)`, in order, after the last one seen.
pub async fn page(
    tx: &mut TenantTx<'_>,
    span: (i64, i64),
    after: Option<(i64, TimerId)>,
    limit: i64,
) -> Result<Vec<TimerRow>> {
    let business = tx.business_no();
    let none = TimerId {
        booking: BookingId(-1),
        trigger_no: -1,
        group: -1,
    };
    let (due, id) = after.unwrap_or((i64::MIN, none));
    let at = [
        business.into(),
        span.0.into(),
        span.1.into(),
        due.into(),
        id.booking.0.into(),
        id.trigger_no.into(),
        id.group.into(),
        limit.into(),
    ];
    tx.query(PAGE, &at).await
}

/// Timers of all businesses that are due, in the order of claims.
pub async fn due(tx: &mut EngineTx<'_>, now: i64, limit: i64) -> Result<Vec<TimerRow>> {
    tx.query(DUE, &[now.into(), limit.into()]).await
}

/// Records how a timer ended without a run.
pub fn end(tx: &mut TenantTx<'_>, e: &TimerEnd) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        END,
        &[
            business.into(),
            e.id.into(),
            e.timer.booking.0.into(),
            e.timer.trigger_no.into(),
            e.timer.group.into(),
            e.anchor_at.into(),
            e.due_at.into(),
            e.ended_at.into(),
            (&e.state).into(),
            (&e.reason).into(),
        ],
    )
}

/// How timers of a booking ended, oldest first.
pub async fn ends(tx: &mut TenantTx<'_>, booking: BookingId) -> Result<Vec<TimerEnd>> {
    let business = tx.business_no();
    tx.query(ENDS, &[business.into(), booking.0.into()]).await
}

/// What a person skipped of a booking: trigger, group and anchor (ms).
pub async fn skipped(tx: &mut TenantTx<'_>, booking: BookingId) -> Result<Vec<(i64, i64, i64)>> {
    let business = tx.business_no();
    tx.query(SKIPPED, &[business.into(), booking.0.into()]).await
}

/// How many timers the business has.
pub async fn count(tx: &mut TenantTx<'_>) -> Result<i64> {
    let business = tx.business_no();
    Ok(tx
        .query_opt::<(i64,)>(COUNT, &[business.into()])
        .await?
        .map_or(0, |(n,)| n))
}

fn timer_id(r: &mut Row<'_>) -> Result<TimerId> {
    Ok(TimerId {
        booking: BookingId(r.take()?),
        trigger_no: r.take()?,
        group: r.take()?,
    })
}
impl FromRow for TimerRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            business_no: r.take()?,
            id: timer_id(r)?,
            anchor_at: r.take()?,
            due_at: r.take()?,
            plan_no: r.take()?,
            position: r.take()?,
            held: r.take()?,
        })
    }
}
impl FromRow for TimerEnd {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.take()?,
            timer: timer_id(r)?,
            anchor_at: r.take()?,
            due_at: r.take()?,
            ended_at: r.take()?,
            state: r.take()?,
            reason: r.take()?,
        })
    }
}
