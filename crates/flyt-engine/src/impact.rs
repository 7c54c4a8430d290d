//! What saving and switching on a workflow would do to the bookings that are there: computed as the re-plan would, and
//! written nowhere.

use crate::change;
use crate::draft;
use crate::engine::{Engine, Inner};
use crate::refusal::{Caller, Refusal, Target};
use crate::replan::REACH_MS;
use crate::tenant::{self, Tenant};
use crate::workflow;
use flyt_core::due::Planner;
use flyt_core::facts::Facts;
use flyt_core::id::{BookingId, TriggerId, WorkflowId};
use flyt_core::instant::to_ms;
use flyt_core::invalid::{Faults, Line, Read as _};
use flyt_core::merge;
use flyt_core::plan::{self, Pending, TimerInput};
use flyt_core::trigger::{self, Trigger};
use flyt_core::workflow::{Definition, Workflow};
use flyt_store::workflows::{self, WorkflowRow};
use flyt_store::{Tx, bookings, timers};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bookings of one look into the store.
const BATCH: i64 = 200;
/// Bookings that are looked at; the answer says when there are more.
const MOST: i64 = 20_000;
/// Bookings told as examples.
const EXAMPLES: usize = 10;

/// The workflow as it would be.
struct Ask {
    workflow: Arc<Workflow>,
    /// Numbers of the triggers it has or had.
    own: BTreeSet<i64>,
    why: Planner,
    /// Whether bookings that are there get timers.
    existing: bool,
    warnings: Value,
}
/// What it comes to.
#[derive(Default, Clone)]
struct Sum {
    sends_now: i64,
    plans: i64,
    keeps: i64,
    supersedes: i64,
    examples: Vec<Value>,
}

impl Engine {
    /// What a draft would do: `{sends_now, plans, keeps, supersedes, examples}`. A draft with the `id` of a workflow is read as
    /// a change of it. One that does not say is taken as switched on.
    ///
    /// # Errors
    /// `Invalid` with places; `NotFound` for an unknown `id`.
    pub async fn impact(&self, caller: &Caller, body: Value) -> Result<Value, Refusal> {
        let (inner, no) = (self.0.clone(), caller.business_no);
        let ask = self
            .0
            .read(async move |tx: &mut Tx| read(tx, no, &body).await)
            .await?;
        let ask = Arc::new(ask);
        let now = inner.clock.now();
        let mut cursor = (to_ms(now).saturating_sub(REACH_MS), 0);
        let (mut sum, mut seen, mut complete) = (Sum::default(), 0, true);
        loop {
            let (owner, asked, from, so_far) = (inner.clone(), ask.clone(), cursor, sum.clone());
            let (count, last, total) = self
                .0
                .read(async move |tx: &mut Tx| {
                    batch(&owner, tx, no, &asked, (from, now), so_far.clone()).await
                })
                .await?;
            (cursor, sum, seen) = (last, total, seen + count);
            if count < BATCH {
                break;
            }
            if seen >= MOST {
                complete = false;
                break;
            }
        }
        Ok(json!({
            "sends_now": sum.sends_now,
            "plans": sum.plans,
            "keeps": sum.keeps,
            "supersedes": sum.supersedes,
            "bookings": seen,
            "complete": complete,
            "examples": sum.examples,
            "sentence": {
                "nb": format!("Sender {} nå, planlegger {} for eksisterende bookinger.", sum.sends_now, sum.plans),
                "en": format!("Sends {} now, plans {} for existing bookings.", sum.sends_now, sum.plans),
            },
            "warnings": ask.warnings,
        }))
    }
}

async fn read(tx: &mut Tx, no: i64, body: &Value) -> Result<Ask, Refusal> {
    let names = workflow::names(tx, no).await?;
    let row = existing(tx, no, body).await?;
    let mut faults = Faults::default();
    let base = row.as_ref().map(workflow::show).transpose()?;
    let base = base.unwrap_or_else(|| json!({}));
    let whole = merge::merge(&base, body, draft::READ_ONLY, &mut faults);
    let draft = draft::read_draft(&whole, &names, &mut faults);
    let warnings = std::mem::take(&mut faults.warnings);
    let draft = faults.finish(draft).map_err(Refusal::Invalid)?;
    let old = match &row {
        Some(row) => tenant::parse::<Definition>(&row.doc)?.triggers,
        None => Vec::new(),
    };
    let own = match &row {
        Some(row) => workflows::trigger_numbers(&mut tx.tenant(no), row.no).await?,
        None => Vec::new(),
    };
    // A new trigger has a number that no stored one has.
    let matched = trigger::matched(&old, draft.triggers.clone());
    let triggers = (1..).zip(matched).map(|(place, (new, kept))| {
        let kept = kept.and_then(|i| old.get(i));
        Trigger {
            id: kept.map_or(TriggerId(0), |t| t.id),
            no: kept.map_or(-place, |t| t.no),
            when: new.when,
        }
    });
    let on_before = row.as_ref().is_some_and(|r| r.enabled);
    let told = body.get("enabled").and_then(Value::as_bool);
    let workflow = Workflow {
        no: row.as_ref().map_or(0, |r| r.no),
        id: row.as_ref().map_or(WorkflowId(0), |r| r.id),
        external_id: None,
        enabled: told.unwrap_or(true),
        position: 0,
        version: 1,
        plan_no: 1,
        definition: Definition {
            name: draft.name,
            triggers: triggers.collect(),
            filters: draft.filters,
            condition: draft.condition,
            actions: draft.actions,
        },
    };
    Ok(Ask {
        workflow: Arc::new(workflow),
        own: own.into_iter().collect(),
        why: if on_before {
            Planner::Moved
        } else {
            Planner::SwitchedOn
        },
        existing: draft.include_existing,
        warnings: json!(warnings),
    })
}

/// The workflow that the draft is a change of.
async fn existing(tx: &mut Tx, no: i64, body: &Value) -> Result<Option<WorkflowRow>, Refusal> {
    let Some(given) = body.get("id").filter(|v| !v.is_null()) else {
        return Ok(None);
    };
    let mut faults = Faults::default();
    let text = Line::read(given, "/id", &mut faults);
    let Line(text) = faults.finish(text).map_err(Refusal::Invalid)?;
    let id = text.parse().map_err(|_| Refusal::NotFound)?;
    let found = workflow::find(tx, no, &Target::Id(id)).await?;
    found.map(Some).ok_or(Refusal::NotFound)
}

/// Where a batch ended: how many bookings, the last of them, and the sum so far.
type Looked = (i64, (i64, i64), Sum);

async fn batch(
    inner: &Inner,
    tx: &mut Tx,
    no: i64,
    ask: &Ask,
    (mut cursor, now): ((i64, i64), Timestamp),
    mut sum: Sum,
) -> Result<Looked, Refusal> {
    let tenant = inner.cache.tenant(tx, no).await?;
    let seen = bookings::after_start(&mut tx.tenant(no), cursor, BATCH).await?;
    for (start, id) in &seen {
        cursor = (*start, id.0);
        one(tx, &tenant, ask, (*id, now), &mut sum).await?;
    }
    Ok((i64::try_from(seen.len()).unwrap_or(0), cursor, sum))
}

async fn one(
    tx: &mut Tx,
    tenant: &Tenant,
    ask: &Ask,
    (id, now): (BookingId, Timestamp),
    sum: &mut Sum,
) -> Result<(), Refusal> {
    let no = tenant.business.no;
    let mine: Vec<Pending> = if ask.own.is_empty() {
        Vec::new()
    } else {
        let all = timers::of_booking(&mut tx.tenant(no), id).await?;
        let all = all.iter().filter(|t| ask.own.contains(&t.id.trigger_no));
        all.map(change::pending).collect()
    };
    if mine.is_empty() && (!ask.existing || !ask.workflow.enabled) {
        return Ok(());
    }
    let mut facts = tenant::facts(tx, tenant, Some(id), None).await?;
    tenant::with_visits(tx, no, &mut facts, [&ask.workflow.definition]).await?;
    let (fired, skipped) = if ask.own.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        let known = change::known(tx, no, id).await?;
        (known.fired, known.skipped)
    };
    let on: Vec<Arc<Workflow>> = ask
        .workflow
        .enabled
        .then(|| ask.workflow.clone())
        .into_iter()
        .collect();
    let plan = plan::timers(&TimerInput {
        workflows: &on,
        before: None,
        after: Some(&facts),
        pending: &mine,
        fired: &fired,
        skipped: &skipped,
        why: ask.why,
        now,
        anew: true,
    });
    for added in &plan.add {
        if mine.contains(&added.timer) {
            sum.keeps += 1;
        } else {
            sum.plans += 1;
            example(sum, &facts, "plans", added.timer.due_at);
        }
    }
    for timer in &mine {
        if !plan.add.iter().any(|a| a.timer == *timer) {
            sum.supersedes += 1;
            example(sum, &facts, "supersedes", timer.due_at);
        }
    }
    for _ in &plan.run_now {
        sum.sends_now += 1;
        example(sum, &facts, "sends_now", now);
    }
    Ok(())
}

fn example(sum: &mut Sum, facts: &Facts, what: &str, due_at: Timestamp) {
    let Some(booking) = facts.booking.as_ref().map(|b| &b.booking) else {
        return;
    };
    if sum.examples.len() >= EXAMPLES {
        return;
    }
    let local = due_at.to_zoned(facts.zone().rules());
    sum.examples.push(json!({
        "what": what,
        "booking_id": booking.id,
        "reference": booking.reference,
        "customer": facts.customer.as_ref().map(|c| c.contact.full_name()),
        "start": booking.start,
        "due_at": due_at,
        "due_local": local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }));
}
