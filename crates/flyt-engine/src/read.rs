//! Lists for people and programs: runs, messages, timers. Reads only; the timeline of a booking is `timeline`.

use crate::engine::Engine;
use crate::refusal::{Caller, Refusal};
use crate::tenant::{self, Tenant};
use flyt_core::business::Business;
use flyt_core::due;
use flyt_core::id::{BookingId, CustomerId, RunId, StepId, TimerId};
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::plan;
use flyt_core::reason::Reason;
use flyt_core::render::Letter;
use flyt_core::state::{self, StepState};
use flyt_store::runs::{self, RunFilter, RunRow};
use flyt_store::steps::{self, AttemptRow, StepFilter, StepRow};
use flyt_store::timers::{self, TimerRow};
use flyt_store::{Tx, workflows};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a list asks for. Ids that are not ids of this business match nothing.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only this workflow.
    pub workflow_id: Option<flyt_core::id::WorkflowId>,
    /// Only this booking.
    pub booking_id: Option<BookingId>,
    /// Only this customer; messages alone know it.
    pub customer_id: Option<CustomerId>,
    /// Only this channel.
    pub channel: Option<String>,
    /// Only this state, in the API's word.
    pub state: Option<String>,
    /// Due or sent at or after.
    pub from: Option<Timestamp>,
    /// Due or sent before.
    pub to: Option<Timestamp>,
    /// Most rows.
    pub limit: i64,
    /// Where the page before ended: numbers of its last row.
    pub after: Vec<i64>,
}

/// One page, and where it ended if more follow.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// API objects.
    pub data: Vec<Value>,
    /// Numbers of the last row, for `Query::after`.
    pub next: Option<Vec<i64>>,
}

/// Rows that are read for one page when a state is asked for, which only the reader can tell.
pub(crate) const SCAN: i64 = 1_000;

impl Engine {
    /// Runs, newest first.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn runs(&self, caller: &Caller, query: Query) -> Result<Page, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .read(async move |tx: &mut Tx| {
                let tenant = inner.cache.tenant(tx, caller.business_no).await?;
                let Some(workflow_no) = workflow_no(tx, &caller, &query).await? else {
                    return Ok(Page::default());
                };
                let filter = RunFilter {
                    workflow_no,
                    booking_id: query.booking_id.map(|b| b.0),
                    state: query.state.clone(),
                    from: query.from.map(to_ms),
                    to: query.to.map(to_ms),
                };
                let below = query.after.first().copied().unwrap_or(i64::MAX);
                let rows =
                    runs::page(&mut tx.tenant(caller.business_no), &filter, below, query.limit).await?;
                let next = full(rows.len(), query.limit)
                    .then(|| rows.last().map(|r| vec![r.id.0]))
                    .flatten();
                let names = names(tx, &tenant, rows.iter().map(|r| r.workflow_no)).await?;
                let data = (rows.iter()).map(|r| run(r, &names, &tenant.business)).collect();
                Ok(Page { data, next })
            })
            .await
    }

    /// One run with its steps and their attempts.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn run(&self, caller: &Caller, id: RunId) -> Result<Value, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .read(async move |tx: &mut Tx| {
                let no = caller.business_no;
                let tenant = inner.cache.tenant(tx, no).await?;
                let row = runs::by_id(&mut tx.tenant(no), id)
                    .await?
                    .ok_or(Refusal::NotFound)?;
                let names = names(tx, &tenant, [row.workflow_no]).await?;
                let mut object = run(&row, &names, &tenant.business);
                let mut all = Vec::new();
                for step in steps::of_run(&mut tx.tenant(no), id).await? {
                    let step = inner.as_shown(&step);
                    let attempts = steps::attempts(&mut tx.tenant(no), step.id).await?;
                    all.push(step_object(&step, &attempts, &tenant.business, inner.clock.now()));
                }
                put(&mut object, "steps", json!(all));
                Ok(object)
            })
            .await
    }

    /// Deliveries, newest first, each with what went out.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn messages(&self, caller: &Caller, query: Query) -> Result<Page, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .read(async move |tx: &mut Tx| {
                let no = caller.business_no;
                let now = inner.clock.now();
                let tenant = inner.cache.tenant(tx, no).await?;
                let Some(workflow_no) = workflow_no(tx, &caller, &query).await? else {
                    return Ok(Page::default());
                };
                let filter = StepFilter {
                    booking_id: query.booking_id.map(|b| b.0),
                    customer_id: query.customer_id.map(|c| c.0),
                    workflow_no,
                    channel: query.channel.clone(),
                    from: query.from.map(to_ms),
                    to: query.to.map(to_ms),
                };
                let mut below = below(&query.after);
                let mut page = Page::default();
                loop {
                    let most = if query.state.is_some() { SCAN } else { query.limit };
                    let rows = steps::page(&mut tx.tenant(no), &filter, below, most).await?;
                    let more = full(rows.len(), most);
                    let names = names(tx, &tenant, rows.iter().map(|r| r.workflow_no)).await?;
                    for row in rows.iter().map(|row| inner.as_shown(row)) {
                        below = row.id;
                        let word = word(&row, now);
                        if query.state.as_deref().is_some_and(|wanted| wanted != word) {
                            continue;
                        }
                        page.data
                            .push(message(tx, &row, &names, &tenant.business, now).await?);
                        if full(page.data.len(), query.limit) {
                            page.next = Some(vec![row.id.run.0, row.id.no]);
                            return Ok(page);
                        }
                    }
                    if !more {
                        return Ok(page);
                    }
                }
            })
            .await
    }

    /// One delivery.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn message(&self, caller: &Caller, id: StepId) -> Result<Value, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .read(async move |tx: &mut Tx| {
                let no = caller.business_no;
                let tenant = inner.cache.tenant(tx, no).await?;
                let row = steps::by_id(&mut tx.tenant(no), id)
                    .await?
                    .filter(|s| {
                        s.channel
                            .as_deref()
                            .is_some_and(|c| c != crate::delivery::CHANNEL)
                    })
                    .ok_or(Refusal::NotFound)?;
                let names = names(tx, &tenant, [row.workflow_no]).await?;
                let row = inner.as_shown(&row);
                message(tx, &row, &names, &tenant.business, inner.clock.now()).await
            })
            .await
    }

    /// Timers, in the order they come due.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn timers(&self, caller: &Caller, query: Query) -> Result<Page, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .read(async move |tx: &mut Tx| {
                let no = caller.business_no;
                let tenant = inner.cache.tenant(tx, no).await?;
                let span = (
                    query.from.map_or(i64::MIN, to_ms),
                    query.to.map_or(i64::MAX, to_ms),
                );
                let mut after = match query.after.as_slice() {
                    [due, booking, trigger_no, group] => Some((
                        *due,
                        TimerId {
                            booking: BookingId(*booking),
                            trigger_no: *trigger_no,
                            group: *group,
                        },
                    )),
                    _ => None,
                };
                let mut page = Page::default();
                loop {
                    let rows =
                        timers::page(&mut tx.tenant(no), span, after, SCAN.min(query.limit.max(1) * 4))
                            .await?;
                    let Some(last) = rows.last() else { return Ok(page) };
                    after = Some((last.due_at, last.id));
                    for row in &rows {
                        if query.booking_id.is_some_and(|b| b != row.id.booking) {
                            continue;
                        }
                        let object = timer(tx, row, &tenant, inner.clock.now()).await?;
                        let wanted = query
                            .workflow_id
                            .is_none_or(|w| object.get("workflow_id") == Some(&json!(w)));
                        if wanted {
                            page.data.push(object);
                        }
                        if full(page.data.len(), query.limit) {
                            page.next = Some(vec![
                                row.due_at,
                                row.id.booking.0,
                                row.id.trigger_no,
                                row.id.group,
                            ]);
                            return Ok(page);
                        }
                    }
                }
            })
            .await
    }
}

fn full(rows: usize, limit: i64) -> bool {
    i64::try_from(rows).unwrap_or(i64::MAX) >= limit
}

fn below(after: &[i64]) -> StepId {
    match after {
        [run, no] => StepId {
            run: RunId(*run),
            no: *no,
        },
        _ => StepId {
            run: RunId(i64::MAX),
            no: i64::MAX,
        },
    }
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(name.to_owned(), value);
    }
}

/// The number of the asked workflow. `None` inside: all. `None` outside: there is no such workflow, so nothing matches.
async fn workflow_no(tx: &mut Tx, caller: &Caller, query: &Query) -> Result<Option<Option<i64>>, Refusal> {
    let Some(id) = query.workflow_id else {
        return Ok(Some(None));
    };
    let found = workflows::by_id(&mut tx.tenant(caller.business_no), id).await?;
    Ok(found.map(|w| Some(w.no)))
}

/// Ids and names of workflows by their numbers, deleted ones too.
pub(crate) type Names = BTreeMap<i64, (String, String)>;

pub(crate) async fn names(
    tx: &mut Tx,
    tenant: &Tenant,
    numbers: impl IntoIterator<Item = i64>,
) -> Result<Names, Refusal> {
    let mut names = Names::new();
    for no in numbers {
        if names.contains_key(&no) {
            continue;
        }
        let live = tenant.workflows.iter().find(|w| w.no == no);
        let found = if let Some(w) = live {
            Some((w.id.to_string(), w.definition.name.clone()))
        } else {
            let row = workflows::by_no(&mut tx.tenant(tenant.business.no), no).await?;
            row.map(|r| tenant::workflow(&r))
                .transpose()?
                .map(|w| (w.id.to_string(), w.definition.name))
        };
        names.extend(found.map(|f| (no, f)));
    }
    Ok(names)
}

pub(crate) fn language(business: &Business) -> &str {
    business.settings.default_language.tag()
}

pub(crate) fn sentence(reason: Option<&str>, business: &Business) -> Option<&'static str> {
    reason
        .and_then(Reason::from_word)
        .map(|r| r.sentence(language(business)))
}

fn run(row: &RunRow, names: &Names, business: &Business) -> Value {
    let workflow = names.get(&row.workflow_no);
    json!({
        "id": row.id,
        "workflow_id": workflow.map(|w| &w.0),
        "workflow": workflow.map(|w| &w.1),
        "version": row.version,
        "trigger": row.kind,
        "booking_id": row.booking_id,
        "customer_id": row.customer_id,
        "change_id": row.change_id,
        "anchor_at": row.anchor_at.map(from_ms),
        "due_at": from_ms(row.due_at),
        "late_ms": (row.created_at - row.due_at).max(0),
        "state": row.state,
        "reason": row.reason,
        "reason_sentence": sentence(row.reason.as_deref(), business),
        "depth": row.depth,
        "created_at": from_ms(row.created_at),
    })
}

pub(crate) fn word(row: &StepRow, now: Timestamp) -> &'static str {
    let reason = row.reason.as_deref().and_then(Reason::from_word);
    let state = StepState::from_word(&row.state).unwrap_or(StepState::Ready);
    state::message(state, from_ms(row.due_at), now, reason).map_or("done", |s| s.word())
}

fn step_object(row: &StepRow, attempts: &[AttemptRow], business: &Business, now: Timestamp) -> Value {
    let attempts: Vec<Value> = attempts
        .iter()
        .map(|a| json!({ "attempt": a.attempt, "at": from_ms(a.at), "outcome": a.outcome, "code": a.code, "answer": a.answer, "revision": a.revision }))
        .collect();
    let mut object = shared(row, business, now);
    object.insert("kind".to_owned(), json!(row.kind));
    object.insert("attempts".to_owned(), json!(attempts));
    Value::Object(object)
}

/// What a step and a message show alike.
pub(crate) fn shared(row: &StepRow, business: &Business, now: Timestamp) -> Map<String, Value> {
    let object = json!({
        "step_id": row.id.to_string(),
        "channel": row.channel,
        "to": row.recipient,
        "state": word(row, now),
        "reason": row.reason,
        "reason_sentence": sentence(row.reason.as_deref(), business),
        "due_at": from_ms(row.due_at),
        "sent_at": row.sent_at.map(from_ms),
        "provider_id": row.provider_id,
        "language": row.language,
        "segments": row.segments,
        "created_at": from_ms(row.created_at),
        "updated_at": from_ms(row.updated_at),
    });
    object.as_object().cloned().unwrap_or_default()
}

async fn message(
    tx: &mut Tx,
    row: &StepRow,
    names: &Names,
    business: &Business,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let content = steps::content(&mut tx.tenant(business.no), row.id).await?;
    let letter: Option<Letter> = content.as_deref().map(tenant::parse).transpose()?;
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(row.id.message()));
    object.extend(shared(row, business, now));
    let workflow = names.get(&row.workflow_no);
    let rest = json!({
        "cc": letter.as_ref().map(|l| &l.cc),
        "bcc": letter.as_ref().map(|l| &l.bcc),
        "subject": letter.as_ref().and_then(|l| l.subject.as_ref()),
        "text": letter.as_ref().and_then(|l| l.text.as_ref()),
        "html": letter.as_ref().and_then(|l| l.html.as_ref()),
        "request": letter.as_ref().and_then(|l| l.request.as_ref()),
        "attempts": row.attempt,
        "booking_id": row.booking_id,
        "workflow_id": workflow.map(|w| &w.0),
        "workflow": workflow.map(|w| &w.1),
        "run_id": row.id.run,
    });
    object.extend(rest.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(object))
}

async fn timer(tx: &mut Tx, row: &TimerRow, tenant: &Tenant, now: Timestamp) -> Result<Value, Refusal> {
    let found = tenant.workflows.iter().find_map(|w| {
        let trigger = w.definition.triggers.iter().find(|t| t.no == row.id.trigger_no)?;
        Some((w, trigger))
    });
    let mut facts = tenant::facts(tx, tenant, Some(row.id.booking), None).await?;
    if let Some((workflow, _)) = found {
        tenant::with_visits(tx, tenant.business.no, &mut facts, [&workflow.definition]).await?;
    }
    let matches_now = found.is_some_and(|(w, _)| w.enabled && plan::mismatch(w, &facts, now).is_none());
    let local = from_ms(row.due_at).to_zoned(facts.zone().rules());
    Ok(json!({
        "id": row.id.to_string(),
        "due_at": from_ms(row.due_at),
        "due_local": local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "anchor_at": from_ms(row.anchor_at),
        "rule": found.map(|(_, t)| due::rule(&t.when)),
        "workflow_id": found.map(|(w, _)| w.id),
        "workflow": found.map(|(w, _)| &w.definition.name),
        "booking_id": row.id.booking,
        "reference": facts.booking.as_ref().map(|b| &b.booking.reference),
        "customer": facts.customer.as_ref().map(|c| c.contact.full_name()),
        "matches_now": matches_now,
    }))
}
