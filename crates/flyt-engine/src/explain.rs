//! Explain: why each workflow did or did not do something for a booking. What was stored when it happened decides; what never
//! left a row is worked out again from the stored change and the version of that time. Reads only; the gates are
//! `flyt_core::explain`, what happened in order of time is `timeline`.

use crate::engine::{Engine, Inner};
use crate::read::{SCAN, language, word};
use crate::refusal::{Caller, Refusal};
use crate::tenant::{self, Tenant};
use flyt_core::booking::Booking;
use flyt_core::change::{self, Change};
use flyt_core::explain::{self, Check};
use flyt_core::facts::Facts;
use flyt_core::id::{BookingId, WorkflowId};
use flyt_core::instant::from_ms;
use flyt_core::reason::Reason;
use flyt_core::trigger::ChangedField;
use flyt_core::workflow::Workflow;
use flyt_store::changes::{self, ChangeRow};
use flyt_store::runs::{self, RunRow};
use flyt_store::steps::{self, StepRow};
use flyt_store::timers::{self, TimerEnd, TimerRow};
use flyt_store::{Tx, workflows};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// API words of steps that have left.
const SENT: &[&str] = &["sent", "delivered", "captured", "sending", "unknown"];
/// API words of steps that may still leave.
const AHEAD: &[&str] = &["planned", "queued"];

impl Engine {
    /// Why each workflow, or the one asked for, did or did not do something for a booking, also a deleted one.
    ///
    /// # Errors
    /// `NotFound`: no such booking, or no such workflow, in this business.
    pub async fn explain(
        &self,
        caller: &Caller,
        id: BookingId,
        workflow: Option<WorkflowId>,
    ) -> Result<Vec<Value>, Refusal> {
        let (inner, no) = (self.0.clone(), caller.business_no);
        self.0
            .read(async move |tx: &mut Tx| {
                let tenant = inner.cache.tenant(tx, no).await?;
                let case = Case::load(&inner, tx, &tenant, id).await?;
                let wanted = match workflow {
                    None => tenant.workflows.iter().map(|w| (**w).clone()).collect(),
                    Some(id) => {
                        let row = workflows::by_id(&mut tx.tenant(no), id)
                            .await?
                            .ok_or(Refusal::NotFound)?;
                        vec![tenant::workflow(&row)?]
                    }
                };
                let mut told = Vec::new();
                for workflow in &wanted {
                    told.push(case.tell(&inner, tx, workflow).await?);
                }
                Ok(told)
            })
            .await
    }
}

/// A booking with everything that was stored about it.
struct Case<'t> {
    tenant: &'t Tenant,
    now: Timestamp,
    /// As it is, or as its last change left it.
    facts: Facts,
    changes: Vec<ChangeRow>,
    runs: Vec<RunRow>,
    steps: Vec<StepRow>,
    timers: Vec<TimerRow>,
    ends: Vec<TimerEnd>,
    names: BTreeMap<String, String>,
}

/// What a workflow came to, from what was stored.
struct Stored {
    verdict: &'static str,
    reason: Option<Reason>,
    at: i64,
    run: Option<RunRow>,
}

impl<'t> Case<'t> {
    async fn load(
        inner: &Inner,
        tx: &mut Tx,
        tenant: &'t Tenant,
        id: BookingId,
    ) -> Result<Case<'t>, Refusal> {
        let no = tenant.business.no;
        let changes = changes::of_booking(&mut tx.tenant(no), id, SCAN).await?;
        let mut facts = tenant::facts(tx, tenant, Some(id), None).await?;
        if facts.booking.is_none() {
            let last = changes
                .iter()
                .rev()
                .find(|c| c.after.is_some())
                .ok_or(Refusal::NotFound)?;
            facts = at_that_time(tx, tenant, last).await?;
        }
        Ok(Case {
            tenant,
            now: inner.clock.now(),
            facts,
            changes,
            runs: runs::of_booking(&mut tx.tenant(no), id).await?,
            steps: steps::of_booking(&mut tx.tenant(no), id).await?,
            timers: timers::of_booking(&mut tx.tenant(no), id).await?,
            ends: timers::ends(&mut tx.tenant(no), id).await?,
            names: tenant::labels(tx, tenant).await?,
        })
    }

    async fn tell(&self, inner: &Inner, tx: &mut Tx, workflow: &Workflow) -> Result<Value, Refusal> {
        let stored = self.stored(workflow);
        let checks = self.checks(inner, tx, workflow, stored.as_ref()).await?;
        let (verdict, reason, at) = match &stored {
            Some(s) => (s.verdict, s.reason, Some(from_ms(s.at))),
            None => match explain::reason(&checks) {
                Some(reason) => ("not_sent", Some(reason), None),
                None => ("would_fire", None, None),
            },
        };
        let language = language(&self.tenant.business);
        let said = |c: &Check| {
            if language.starts_with("nb") {
                c.nb.clone()
            } else {
                c.en.clone()
            }
        };
        let checks: Vec<Value> = checks
            .iter()
            .map(|c| json!({"check": c.check, "passed": c.passed, "expected": c.expected, "actual": c.actual, "sentence": said(c)}))
            .collect();
        Ok(json!({
            "workflow_id": workflow.id,
            "workflow": workflow.definition.name,
            "verdict": verdict,
            "reason": reason.map(Reason::word),
            "reason_sentence": reason.map(|r| r.sentence(language)),
            "at": at,
            "run_id": stored.and_then(|s| s.run).map(|r| r.id),
            "checks": checks,
        }))
    }

    /// What the rows say: a pending timer, else the newest of runs and withdrawn timers.
    fn stored(&self, workflow: &Workflow) -> Option<Stored> {
        let triggers: Vec<i64> = workflow.definition.triggers.iter().map(|t| t.no).collect();
        let timer = self
            .timers
            .iter()
            .filter(|t| triggers.contains(&t.id.trigger_no))
            .min_by_key(|t| t.due_at);
        if let Some(timer) = timer {
            return Some(Stored {
                verdict: "planned",
                reason: None,
                at: timer.due_at,
                run: None,
            });
        }
        let run = self
            .runs
            .iter()
            .filter(|r| r.workflow_no == workflow.no)
            .max_by_key(|r| r.id);
        let end = self
            .ends
            .iter()
            .filter(|e| triggers.contains(&e.timer.trigger_no))
            .max_by_key(|e| e.id);
        match (run, end) {
            (Some(run), Some(end)) if end.ended_at > run.created_at => Some(withdrawn(end)),
            (Some(run), _) => Some(self.of_run(run)),
            (None, Some(end)) => Some(withdrawn(end)),
            (None, None) => None,
        }
    }

    fn of_run(&self, run: &RunRow) -> Stored {
        let steps = || self.steps.iter().filter(|s| s.id.run == run.id);
        let is = |words: &[&str], s: &StepRow| words.contains(&word(s, self.now));
        let tell = |verdict, reason, at| Stored {
            verdict,
            reason,
            at,
            run: Some(run.clone()),
        };
        if let Some(sent) = steps().find(|s| s.channel.is_some() && is(SENT, s)) {
            return tell("sent", None, sent.sent_at.unwrap_or(sent.updated_at));
        }
        if let Some(ahead) = steps().find(|s| is(AHEAD, s)) {
            return tell(
                "planned",
                ahead.reason.as_deref().and_then(Reason::from_word),
                ahead.due_at,
            );
        }
        let ended = steps().find_map(|s| Some((s.reason.as_deref()?, s.updated_at)));
        match run.reason.as_deref().map(|r| (r, run.due_at)).or(ended) {
            Some((reason, at)) => tell("not_sent", Reason::from_word(reason), at),
            // It did what it does without a message: a status, a field, a tag.
            None => tell("sent", None, run.due_at),
        }
    }

    /// The gates, as they stood when the workflow last had a reason to look.
    async fn checks(
        &self,
        inner: &Inner,
        tx: &mut Tx,
        workflow: &Workflow,
        stored: Option<&Stored>,
    ) -> Result<Vec<Check>, Refusal> {
        let named = |id: &str| self.names.get(id).cloned();
        let timed = workflow
            .definition
            .triggers
            .iter()
            .find(|t| t.when.timed().is_some());
        let kinds: Vec<_> = workflow
            .definition
            .triggers
            .iter()
            .map(|t| t.when.kind())
            .collect();
        let of_run = stored.and_then(|s| s.run.as_ref()?.change_id);
        let looked = |c: &&ChangeRow| match of_run {
            Some(id) => c.id == id,
            None => change::from_bits(c.kinds).iter().any(|k| kinds.contains(k)),
        };
        let change = self.changes.iter().rev().find(looked);
        if let (Some(row), true) = (change, stored.is_none_or(|s| s.run.is_none() || of_run.is_some())) {
            let then = self.in_force(inner, tx, workflow, row.at).await?;
            let mut facts = at_that_time(tx, self.tenant, row).await?;
            tenant::with_change(tx, self.tenant.business.no, &mut facts, row).await?;
            tenant::with_visits(tx, self.tenant.business.no, &mut facts, [&then.definition]).await?;
            return Ok(explain::of_change(&then, &told(row), &facts, &named));
        }
        if let Some(trigger) = timed {
            let mut facts = self.facts.clone();
            tenant::with_visits(tx, self.tenant.business.no, &mut facts, [&workflow.definition]).await?;
            let mut checks = explain::of_timer(workflow, trigger, &facts, self.now, &named);
            if let (None, Some(last)) = (stored, self.changes.last()) {
                // It says yes today and left no row: it was not there, or off, when the booking was last written.
                let then = self.in_force(inner, tx, workflow, last.at).await?;
                if let Some(check) = checks.iter_mut().find(|c| c.check == "workflow") {
                    *check = explain::switched_on(&then);
                }
            }
            return Ok(checks);
        }
        let last = self.changes.last().map(told);
        Ok(last.map_or_else(Vec::new, |last| {
            explain::of_change(workflow, &last, &self.facts, &named)
        }))
    }

    /// The workflow as it stood at an instant; off where it did not exist yet.
    async fn in_force(
        &self,
        inner: &Inner,
        tx: &mut Tx,
        workflow: &Workflow,
        at: i64,
    ) -> Result<Workflow, Refusal> {
        let no = self.tenant.business.no;
        let all = workflows::versions(&mut tx.tenant(no), workflow.no, i64::MAX, SCAN).await?;
        let Some(then) = all.iter().find(|v| v.from_at <= at) else {
            return Ok(Workflow {
                enabled: false,
                ..workflow.clone()
            });
        };
        let definition = inner.cache.version(tx, no, workflow.no, then.version).await?;
        Ok(Workflow {
            enabled: then.enabled,
            version: then.version,
            definition: (*definition).clone(),
            ..workflow.clone()
        })
    }
}

fn withdrawn(end: &TimerEnd) -> Stored {
    Stored {
        verdict: "not_sent",
        reason: Reason::from_word(&end.reason),
        at: end.ended_at,
        run: None,
    }
}

/// A stored change as planning saw it.
fn told(row: &ChangeRow) -> Change {
    Change {
        id: row.id,
        at: from_ms(row.at),
        kinds: change::from_bits(row.kinds),
        fields: row
            .fields
            .split(',')
            .filter_map(ChangedField::from_word)
            .collect(),
        depth: row.depth,
        chain: row.chain,
        starts_runs: row.starts_runs,
    }
}

/// The facts as a change left them: the booking of then, what it points to as it is now, but for what was archived since.
async fn at_that_time(tx: &mut Tx, tenant: &Tenant, row: &ChangeRow) -> Result<Facts, Refusal> {
    let no = tenant.business.no;
    let mut facts = tenant::facts(tx, tenant, None, row.customer_id).await?;
    if let Some(after) = &row.after {
        let booking: Booking = tenant::parse(after)?;
        facts.customer = flyt_store::customers::by_id(&mut tx.tenant(no), booking.customer_id).await?;
        let mut booking = tenant::booking_facts(tx, no, booking).await?;
        let since = |at: &mut Option<Timestamp>| *at = at.filter(|at| at.as_millisecond() <= row.at);
        since(&mut booking.service.archived_at);
        booking
            .location
            .iter_mut()
            .for_each(|l| since(&mut l.archived_at));
        booking
            .resource
            .iter_mut()
            .for_each(|r| since(&mut r.archived_at));
        booking.extras.iter_mut().for_each(|e| since(&mut e.archived_at));
        facts.booking = Some(booking);
    }
    Ok(facts)
}
