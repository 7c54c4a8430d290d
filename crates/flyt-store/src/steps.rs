//! Steps: one action of a run for one recipient; the unit that is claimed, looked at, sent and recorded. With them their
//! attempts and the contents that went out. Every move is a compare-and-set on state, attempt and boot.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use flyt_core::id::{BookingId, CustomerId, RunId, StepId};

/// A stored step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Its business.
    pub business_no: i64,
    /// Its id.
    pub id: StepId,
    /// Its workflow.
    pub workflow_no: i64,
    /// Its booking, if any.
    pub booking_id: Option<BookingId>,
    /// Its customer, if any.
    pub customer_id: Option<CustomerId>,
    /// Index of its action.
    pub action: i64,
    /// Index in the action's `to`.
    pub to_no: i64,
    /// The action's word.
    pub kind: String,
    /// Its channel, for deliveries.
    pub channel: Option<String>,
    /// Its recipient, for deliveries.
    pub recipient: Option<String>,
    /// A word of `flyt_core::state::StepState`.
    pub state: String,
    /// Why it ended or waits.
    pub reason: Option<String>,
    /// Whether it comes later than its event or due instant.
    pub delayed: bool,
    /// When it may next be tried, ms.
    pub due_at: i64,
    /// When it was first due, ms.
    pub planned_at: i64,
    /// When it stops making sense, ms.
    pub expires_at: Option<i64>,
    /// Place of its workflow in the order of claims.
    pub position: i64,
    /// The current or last attempt, from 1; 0: none yet.
    pub attempt: i64,
    /// The boot that holds it, while claimed.
    pub boot: Option<i64>,
    /// Until when it is held, ms.
    pub lease_until: Option<i64>,
    /// Revision of the booking at the last look.
    pub revision: Option<i64>,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// Language of its text.
    pub language: Option<String>,
    /// SMS segments.
    pub segments: Option<i64>,
    /// When it was sent or captured, ms.
    pub sent_at: Option<i64>,
    /// When it was written, ms.
    pub created_at: i64,
    /// When it last moved, ms.
    pub updated_at: i64,
}

/// One try of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its number, from 1.
    pub attempt: i64,
    /// When it began, ms.
    pub at: i64,
    /// `sent`, `captured`, `temporary`, `unknown` …
    pub outcome: String,
    /// The other side's code.
    pub code: Option<i64>,
    /// An excerpt of the other side's answer.
    pub answer: Option<String>,
    /// Revision of the booking that was looked at.
    pub revision: Option<i64>,
}

macro_rules! columns {
    () => {
        "business_no, run_id, step_no, workflow_no, booking_id, customer_id, action, to_no, kind, channel, recipient, state, \
         reason, delayed, due_at, planned_at, expires_at, position, attempt, boot, lease_until, revision, provider_id, \
         language, segments, sent_at, created_at, updated_at"
    };
}
pub(crate) use columns;
macro_rules! select {
    ($rest:literal) => {
        Sql::same(concat!("SELECT ", columns!(), " FROM steps ", $rest))
    };
}
const INSERT: Sql = Sql::same(concat!(
    "INSERT INTO steps (",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
     $24, $25, $26, $27, $28)"
));
const MOVE: Sql = Sql::same(
    "UPDATE steps SET state = $6, reason = $7, due_at = $8, attempt = $9, boot = $10, lease_until = $11, recipient = $12, \
     revision = $13, provider_id = $14, language = $15, segments = $16, sent_at = $17, delayed = $18, updated_at = $19, \
     expires_at = $20 \
     WHERE business_no = $1 AND run_id = $2 AND step_no = $3 AND state = $4 AND attempt = $5",
);
const BY_ID: Sql = select!("WHERE business_no = $1 AND run_id = $2 AND step_no = $3");
const OF_RUN: Sql = select!("WHERE business_no = $1 AND run_id = $2 ORDER BY step_no");
const OF_BOOKING: Sql =
    select!("WHERE business_no = $1 AND booking_id = $2 ORDER BY run_id, step_no LIMIT 2000");
const DUE: Sql = select!(
    "WHERE state = 'ready' AND due_at <= $1 AND (channel IS NULL OR channel <> 'endpoint' OR ($3 AND replace($4, ' ' || recipient || ' ', '') = $4)) \
     ORDER BY due_at, position, booking_id, run_id, step_no LIMIT $2"
);
const IN_FLIGHT: Sql = Sql::same(
    "SELECT count(*) FROM steps WHERE business_no = $1 AND booking_id = $2 AND channel = $3 AND state IN ('claimed', 'sending')",
);
const HELD_BY_OTHERS: Sql = select!(
    "WHERE state IN ('claimed', 'sending') AND boot <> $1 \
     AND (lease_until <= $2 OR boot NOT IN (SELECT boot FROM nodes WHERE seen_at > $4)) ORDER BY run_id, step_no LIMIT $3"
);
const PAGE: Sql = select!(
    "WHERE business_no = $1 AND channel <> 'endpoint' AND (run_id < $2 OR (run_id = $2 AND step_no < $3)) \
     AND (CAST($4 AS BIGINT) IS NULL OR booking_id = $4) AND (CAST($5 AS BIGINT) IS NULL OR workflow_no = $5) \
     AND (CAST($6 AS TEXT) IS NULL OR channel = $6) AND coalesce(sent_at, due_at) >= $7 AND coalesce(sent_at, due_at) < $8 \
     AND (CAST($9 AS BIGINT) IS NULL OR customer_id = $9 \
       OR booking_id IN (SELECT id FROM bookings WHERE business_no = $1 AND customer_id = $9)) \
     ORDER BY run_id DESC, step_no DESC LIMIT $10"
);
const RELEASE: Sql = Sql::same(
    "UPDATE steps SET state = 'ready', reason = NULL, delayed = TRUE, updated_at = $3 \
     WHERE business_no = $1 AND state = 'parked' AND reason = $2",
);
const SENT_ABOUT: Sql = Sql::same(
    "SELECT sent_at FROM steps WHERE business_no = $1 AND recipient = $2 AND channel IN ('email', 'sms') \
     AND booking_id = $3 AND sent_at > $4 ORDER BY sent_at DESC LIMIT $5",
);
const WORKFLOW_OFF: Sql = Sql::same(
    "UPDATE steps SET state = 'ended', reason = 'workflow_disabled', updated_at = $3 WHERE business_no = $1 \
     AND state IN ('ready', 'parked') AND run_id IN (SELECT id FROM runs WHERE business_no = $1 AND workflow_no = $2 \
     AND state IN ('holding', 'running', 'waiting'))",
);
const SENT_TO: Sql = Sql::same(
    "SELECT sent_at FROM steps WHERE business_no = $1 AND recipient = $2 AND channel IN ('email', 'sms') \
     AND booking_id IS NULL AND customer_id = $3 AND sent_at > $4 ORDER BY sent_at DESC LIMIT $5",
);
const OLDEST_UNCLAIMED: Sql = Sql::same(
    "SELECT due_at FROM steps WHERE state = 'ready' AND due_at <= $1 AND (channel IS NULL OR channel <> 'endpoint') \
     ORDER BY due_at LIMIT 1",
);
const COUNT: Sql = Sql::same(
    "SELECT channel, state, count(*) FROM steps WHERE business_no = $1 AND channel <> 'endpoint' GROUP BY channel, state \
     ORDER BY channel, state",
);
const PUT_ATTEMPT: Sql = Sql::same(
    "INSERT INTO attempts (business_no, run_id, step_no, attempt, at, outcome, code, answer, revision) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (run_id, step_no, attempt) DO UPDATE SET \
     outcome = excluded.outcome, code = excluded.code, answer = excluded.answer, revision = excluded.revision",
);
const ATTEMPTS: Sql = Sql::same(
    "SELECT attempt, at, outcome, code, answer, revision FROM attempts WHERE business_no = $1 AND run_id = $2 AND step_no = $3 \
     ORDER BY attempt",
);
const PUT_CONTENT: Sql = Sql::same(
    "INSERT INTO contents (business_no, run_id, step_no, body) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (run_id, step_no) DO UPDATE SET body = excluded.body",
);
const CONTENT: Sql =
    Sql::same("SELECT body FROM contents WHERE business_no = $1 AND run_id = $2 AND step_no = $3");
pub(crate) const ALL: &[Sql] = &[
    INSERT,
    MOVE,
    BY_ID,
    OF_RUN,
    OF_BOOKING,
    DUE,
    IN_FLIGHT,
    HELD_BY_OTHERS,
    PAGE,
    RELEASE,
    SENT_ABOUT,
    WORKFLOW_OFF,
    SENT_TO,
    OLDEST_UNCLAIMED,
    COUNT,
    PUT_ATTEMPT,
    ATTEMPTS,
    PUT_CONTENT,
    CONTENT,
];

/// Writes a new step.
pub fn insert(tx: &mut TenantTx<'_>, s: &StepRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        INSERT,
        &[
            business.into(),
            s.id.run.0.into(),
            s.id.no.into(),
            s.workflow_no.into(),
            s.booking_id.map(|i| i.0).into(),
            s.customer_id.map(|i| i.0).into(),
            s.action.into(),
            s.to_no.into(),
            (&s.kind).into(),
            (&s.channel).into(),
            (&s.recipient).into(),
            (&s.state).into(),
            (&s.reason).into(),
            s.delayed.into(),
            s.due_at.into(),
            s.planned_at.into(),
            s.expires_at.into(),
            s.position.into(),
            s.attempt.into(),
            s.boot.into(),
            s.lease_until.into(),
            s.revision.into(),
            (&s.provider_id).into(),
            (&s.language).into(),
            s.segments.into(),
            s.sent_at.into(),
            s.created_at.into(),
            s.updated_at.into(),
        ],
    )
}

/// Moves a step from the state and attempt that were seen (`from`) to what `to` says. False: somebody else moved it first.
pub async fn advance(tx: &mut TenantTx<'_>, from: (&str, i64), to: &StepRow) -> Result<bool> {
    let at = [
        tx.business_no().into(),
        to.id.run.0.into(),
        to.id.no.into(),
        from.0.into(),
        from.1.into(),
        (&to.state).into(),
        (&to.reason).into(),
        to.due_at.into(),
        to.attempt.into(),
        to.boot.into(),
        to.lease_until.into(),
        (&to.recipient).into(),
        to.revision.into(),
        (&to.provider_id).into(),
        (&to.language).into(),
        to.segments.into(),
        to.sent_at.into(),
        to.delayed.into(),
        to.updated_at.into(),
        to.expires_at.into(),
    ];
    Ok(tx.execute(MOVE, &at).await? == 1)
}
/// Lets go what was parked for a reason. `at`: ms.
pub fn release(tx: &mut TenantTx<'_>, reason: &str, at: i64) -> Result<()> {
    let business = tx.business_no();
    tx.put(RELEASE, &[business.into(), reason.into(), at.into()])
}
/// Ends what has not begun of a workflow's runs: it was switched off or deleted. `at`: ms.
pub fn workflow_off(tx: &mut TenantTx<'_>, workflow_no: i64, at: i64) -> Result<()> {
    let business = tx.business_no();
    tx.put(WORKFLOW_OFF, &[business.into(), workflow_no.into(), at.into()])
}
/// One step.
pub async fn by_id(tx: &mut TenantTx<'_>, id: StepId) -> Result<Option<StepRow>> {
    let business = tx.business_no();
    tx.query_opt(BY_ID, &[business.into(), id.run.0.into(), id.no.into()])
        .await
}
/// The steps of a run.
pub async fn of_run(tx: &mut TenantTx<'_>, run: RunId) -> Result<Vec<StepRow>> {
    let business = tx.business_no();
    tx.query(OF_RUN, &[business.into(), run.0.into()]).await
}
/// The steps of a booking.
pub async fn of_booking(tx: &mut TenantTx<'_>, booking: BookingId) -> Result<Vec<StepRow>> {
    let business = tx.business_no();
    tx.query(OF_BOOKING, &[business.into(), booking.0.into()]).await
}
/// Ready steps of all businesses that are due, in the order of claims. `but`: not the deliveries to these addresses of
/// endpoints; `None`: to no endpoint.
pub async fn due(
    tx: &mut EngineTx<'_>,
    now: i64,
    but: Option<&[String]>,
    limit: i64,
) -> Result<Vec<StepRow>> {
    let wanted = [
        now.into(),
        limit.into(),
        but.is_some().into(),
        blanks_between(but).into(),
    ];
    tx.query(DUE, &wanted).await
}
/// Addresses as the statements look for them: none holds a blank.
pub(crate) fn blanks_between(but: Option<&[String]>) -> String {
    format!(" {} ", but.unwrap_or_default().join("  "))
}
/// Whether the booking has a message on this channel in flight.
pub async fn in_flight(tx: &mut TenantTx<'_>, booking: BookingId, channel: &str) -> Result<bool> {
    let business = tx.business_no();
    let count = tx
        .query_opt::<(i64,)>(IN_FLIGHT, &[business.into(), booking.0.into(), channel.into()])
        .await?;
    Ok(count.is_some_and(|(n,)| n > 0))
}
/// Steps of all businesses that another boot holds and whose lease is over.
pub async fn abandoned(
    tx: &mut EngineTx<'_>,
    boot: i64,
    (now, alive): (i64, i64),
    limit: i64,
) -> Result<Vec<StepRow>> {
    tx.query(
        HELD_BY_OTHERS,
        &[boot.into(), now.into(), limit.into(), alive.into()],
    )
    .await
}
/// When the oldest step that is due and unclaimed came due, ms. Deliveries to endpoints do not count: a dead one makes the
/// others wait for room.
pub async fn oldest_unclaimed(tx: &mut EngineTx<'_>, now: i64) -> Result<Option<i64>> {
    Ok(tx
        .query_opt::<(i64,)>(OLDEST_UNCLAIMED, &[now.into()])
        .await?
        .map(|(at,)| at))
}
/// Which deliveries a page shows.
#[derive(Debug, Clone, Default)]
pub struct StepFilter {
    /// Only this booking.
    pub booking_id: Option<i64>,
    /// Only what was for this customer or about their bookings.
    pub customer_id: Option<i64>,
    /// Only this workflow.
    pub workflow_no: Option<i64>,
    /// Only this channel.
    pub channel: Option<String>,
    /// Sent or due at or after, ms.
    pub from: Option<i64>,
    /// Sent or due before, ms.
    pub to: Option<i64>,
}
/// Deliveries newest first, below the last one seen.
pub async fn page(tx: &mut TenantTx<'_>, f: &StepFilter, below: StepId, limit: i64) -> Result<Vec<StepRow>> {
    let at = [
        tx.business_no().into(),
        below.run.0.into(),
        below.no.into(),
        f.booking_id.into(),
        f.workflow_no.into(),
        (&f.channel).into(),
        f.from.unwrap_or(i64::MIN).into(),
        f.to.unwrap_or(i64::MAX).into(),
        f.customer_id.into(),
        limit.into(),
    ];
    tx.query(PAGE, &at).await
}
/// When messages went to an address about one booking (or, without one, one customer) after `since`, newest first, ms.
pub async fn sent_to(tx: &mut TenantTx<'_>, s: &StepRow, since: i64, limit: i64) -> Result<Vec<i64>> {
    let (sql, whose) = match s.booking_id {
        Some(booking) => (SENT_ABOUT, Some(booking.0)),
        None => (SENT_TO, s.customer_id.map(|i| i.0)),
    };
    let at = [
        tx.business_no().into(),
        (&s.recipient).into(),
        whose.into(),
        since.into(),
        limit.into(),
    ];
    Ok(tx
        .query::<(i64,)>(sql, &at)
        .await?
        .into_iter()
        .map(|(at,)| at)
        .collect())
}
/// How many deliveries the business has per channel and state.
pub async fn counts(tx: &mut TenantTx<'_>) -> Result<Vec<(String, String, i64)>> {
    let business = tx.business_no();
    tx.query(COUNT, &[business.into()]).await
}
/// Records a try.
pub fn put_attempt(tx: &mut TenantTx<'_>, id: StepId, a: &AttemptRow) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        PUT_ATTEMPT,
        &[
            business.into(),
            id.run.0.into(),
            id.no.into(),
            a.attempt.into(),
            a.at.into(),
            (&a.outcome).into(),
            a.code.into(),
            (&a.answer).into(),
            a.revision.into(),
        ],
    )
}
/// The tries of a step, oldest first.
pub async fn attempts(tx: &mut TenantTx<'_>, id: StepId) -> Result<Vec<AttemptRow>> {
    let business = tx.business_no();
    tx.query(ATTEMPTS, &[business.into(), id.run.0.into(), id.no.into()])
        .await
}
/// Keeps what went out, or will go out again unchanged.
pub fn put_content(tx: &mut TenantTx<'_>, id: StepId, body: &str) -> Result<()> {
    let business = tx.business_no();
    tx.put(
        PUT_CONTENT,
        &[business.into(), id.run.0.into(), id.no.into(), body.into()],
    )
}
/// What went out.
pub async fn content(tx: &mut TenantTx<'_>, id: StepId) -> Result<Option<String>> {
    let business = tx.business_no();
    Ok(tx
        .query_opt::<(String,)>(CONTENT, &[business.into(), id.run.0.into(), id.no.into()])
        .await?
        .map(|(b,)| b))
}

impl FromRow for StepRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            business_no: r.take()?,
            id: StepId {
                run: RunId(r.take()?),
                no: r.take()?,
            },
            workflow_no: r.take()?,
            booking_id: r.take::<Option<i64>>()?.map(BookingId),
            customer_id: r.take::<Option<i64>>()?.map(CustomerId),
            action: r.take()?,
            to_no: r.take()?,
            kind: r.take()?,
            channel: r.take()?,
            recipient: r.take()?,
            state: r.take()?,
            reason: r.take()?,
            delayed: r.take()?,
            due_at: r.take()?,
            planned_at: r.take()?,
            expires_at: r.take()?,
            position: r.take()?,
            attempt: r.take()?,
            boot: r.take()?,
            lease_until: r.take()?,
            revision: r.take()?,
            provider_id: r.take()?,
            language: r.take()?,
            segments: r.take()?,
            sent_at: r.take()?,
            created_at: r.take()?,
            updated_at: r.take()?,
        })
    }
}
impl FromRow for AttemptRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            attempt: r.take()?,
            at: r.take()?,
            outcome: r.take()?,
            code: r.take()?,
            answer: r.take()?,
            revision: r.take()?,
        })
    }
}
