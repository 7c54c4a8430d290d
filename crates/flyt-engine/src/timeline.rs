//! The timeline of a booking: what happened to it and what will, in order of time. Reads only.

use crate::engine::Engine;
use crate::read::{Names, SCAN, language, names, word};
use crate::refusal::{Caller, Refusal};
use crate::tenant::Tenant;
use flyt_core::id::BookingId;
use flyt_core::instant::from_ms;
use flyt_core::reason::Reason;
use flyt_core::sentence::happened;
use flyt_core::state::MessageState;
use flyt_core::trigger::ChangedField;
use flyt_store::runs::{self, RunRow};
use flyt_store::steps::{self, StepRow};
use flyt_store::timers::{self, TimerRow};
use flyt_store::{Tx, workflows};
use jiff::Timestamp;
use serde_json::{Value, json};

impl Engine {
    /// What happened to a booking and what will, in order of time.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn timeline(&self, caller: &Caller, id: BookingId) -> Result<Vec<Value>, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .read(async move |tx: &mut Tx| {
                let no = caller.business_no;
                let tenant = inner.cache.tenant(tx, no).await?;
                let changes = flyt_store::changes::of_booking(&mut tx.tenant(no), id, SCAN).await?;
                let known = flyt_store::bookings::by_id(&mut tx.tenant(no), id)
                    .await?
                    .is_some();
                if changes.is_empty() && !known {
                    return Err(Refusal::NotFound);
                }
                let line = Line {
                    tenant: &tenant,
                    now: inner.clock.now(),
                    language: language(&tenant.business),
                };
                let mut all: Vec<(i64, Value)> = changes.iter().map(|c| line.change(c)).collect();
                let runs = runs::of_booking(&mut tx.tenant(no), id).await?;
                let steps = steps::of_booking(&mut tx.tenant(no), id).await?;
                let known = names(tx, &tenant, runs.iter().map(|r| r.workflow_no)).await?;
                all.extend(steps.iter().map(|s| line.step(&inner.as_shown(s), &known)));
                all.extend(
                    runs.iter()
                        .filter(|r| r.reason.is_some())
                        .map(|r| line.ended(r, &known)),
                );
                for end in timers::ends(&mut tx.tenant(no), id).await? {
                    let owner = workflows::trigger_owner(&mut tx.tenant(no), end.timer.trigger_no).await?;
                    let owners = names(tx, &tenant, owner).await?;
                    all.push(line.withdrawn(&end, owner.and_then(|o| owners.get(&o))));
                }
                for row in timers::of_booking(&mut tx.tenant(no), id).await? {
                    let owner = workflows::trigger_owner(&mut tx.tenant(no), row.id.trigger_no).await?;
                    let owners = names(tx, &tenant, owner).await?;
                    all.push(line.planned(&row, owner.and_then(|o| owners.get(&o))));
                }
                all.sort_by_key(|(at, _)| *at);
                Ok(all.into_iter().map(|(_, object)| object).collect())
            })
            .await
    }
}

/// Entries of a timeline.
struct Line<'t> {
    tenant: &'t Tenant,
    now: Timestamp,
    language: &'t str,
}
impl Line<'_> {
    fn entry(&self, at: i64, kind: &str, state: &str, sentence: &str, more: &Value) -> (i64, Value) {
        let instant = from_ms(at);
        let local = instant.to_zoned(self.tenant.business.settings.time_zone.rules());
        let mut object = json!({
            "at": instant,
            "at_local": local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            "kind": kind,
            "state": state,
            "sentence": sentence,
            "future": instant > self.now,
        });
        if let (Some(object), Some(more)) = (object.as_object_mut(), more.as_object()) {
            object.extend(more.clone());
            let reason = more
                .get("reason")
                .and_then(Value::as_str)
                .and_then(Reason::from_word);
            object.insert(
                "reason_sentence".to_owned(),
                json!(reason.map(|r| r.sentence(self.language))),
            );
        }
        (at, object)
    }
    fn is_norwegian(&self) -> bool {
        self.language.starts_with("nb")
    }
    fn change(&self, row: &flyt_store::changes::ChangeRow) -> (i64, Value) {
        let kinds = flyt_core::change::from_bits(row.kinds);
        let fields: Vec<ChangedField> = row
            .fields
            .split(',')
            .filter_map(ChangedField::from_word)
            .collect();
        let text = happened::change(&kinds, &fields, self.is_norwegian());
        let words: Vec<&str> = kinds.iter().map(|k| k.word()).collect();
        let more = json!({ "change_id": row.id, "events": words, "actor": row.actor, "changes": row.fields.split(',').filter(|f| !f.is_empty()).collect::<Vec<_>>() });
        self.entry(row.at, "change", "done", &text, &more)
    }
    fn step(&self, row: &StepRow, names: &Names) -> (i64, Value) {
        let state = word(row, self.now);
        let workflow = names.get(&row.workflow_no);
        let reason = row
            .reason
            .as_deref()
            .and_then(Reason::from_word)
            .map(|r| r.sentence(self.language));
        let name = workflow.map_or("", |w| w.1.as_str());
        let said = happened::step(
            &row.kind,
            row.recipient.as_deref(),
            MessageState::from_word(state),
            self.is_norwegian(),
        );
        let text = match reason {
            Some(reason) => format!("{name}: {said} {reason}"),
            None => format!("{name}: {said}"),
        };
        let more = json!({
            "channel": row.channel, "to": row.recipient, "step_id": row.id.to_string(), "run_id": row.id.run, "reason": row.reason,
            "workflow": name, "workflow_id": workflow.map(|w| &w.0), "attempts": row.attempt,
        });
        self.entry(row.sent_at.unwrap_or(row.due_at), "step", state, &text, &more)
    }
    fn ended(&self, row: &RunRow, names: &Names) -> (i64, Value) {
        let workflow = names.get(&row.workflow_no);
        let reason = row
            .reason
            .as_deref()
            .and_then(Reason::from_word)
            .map_or("", |r| r.sentence(self.language));
        let name = workflow.map_or("", |w| w.1.as_str());
        let more = json!({
            "run_id": row.id, "reason": row.reason, "workflow": name, "workflow_id": workflow.map(|w| &w.0), "trigger": row.kind,
        });
        self.entry(row.due_at, "run", "ended", &format!("{name}: {reason}"), &more)
    }
    fn withdrawn(&self, row: &timers::TimerEnd, workflow: Option<&(String, String)>) -> (i64, Value) {
        let reason = Reason::from_word(&row.reason).map_or("", |r| r.sentence(self.language));
        let name = workflow.map_or("", |w| w.1.as_str());
        let more = json!({
            "timer_id": row.timer.to_string(), "reason": row.reason, "due_at": from_ms(row.due_at), "workflow": name,
            "workflow_id": workflow.map(|w| &w.0),
        });
        self.entry(
            row.ended_at,
            "timer",
            &row.state,
            &format!("{name}: {reason}"),
            &more,
        )
    }
    fn planned(&self, row: &TimerRow, workflow: Option<&(String, String)>) -> (i64, Value) {
        let name = workflow.map_or("", |w| w.1.as_str());
        let more = json!({ "timer_id": row.id.to_string(), "workflow": name, "workflow_id": workflow.map(|w| &w.0) });
        let text = format!(
            "{name}: {}.",
            if self.is_norwegian() {
                "planlagt"
            } else {
                "planned"
            }
        );
        self.entry(row.due_at, "timer", "planned", &text, &more)
    }
}
