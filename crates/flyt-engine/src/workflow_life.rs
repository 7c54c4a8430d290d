//! The life of a workflow beside its text: copied, and brought back after it was deleted.

use crate::audit;
use crate::business;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::people::taken;
use crate::refusal::{Caller, Refusal, Target, Written};
use crate::starting;
use crate::tenant;
use crate::workflow;
use flyt_core::id::{RunId, WorkflowId};
use flyt_core::instant::to_ms;
use flyt_core::limits;
use flyt_core::reason::Reason;
use flyt_core::trigger::TriggerDraft;
use flyt_core::workflow::{Definition, Draft};
use flyt_store::workflows::{self, WorkflowRow};
use flyt_store::{Tx, businesses, failures, runs};
use serde_json::Value;

/// How long a deleted workflow can be brought back, ms.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// Runs that are ended in one go.
const BATCH: i64 = 500;

impl Engine {
    /// Makes a copy of a workflow. The copy is switched off.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` (`too_many`).
    pub async fn duplicate_workflow(
        &self,
        caller: &Caller,
        target: Target<WorkflowId>,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let no = caller.business_no;
                tx.tenant(no).alone("workflows");
                let row = workflow::find(tx, no, &target).await?.ok_or(Refusal::NotFound)?;
                let definition: Definition = tenant::parse(&row.doc)?;
                let business = businesses::own(&mut tx.tenant(no))
                    .await?
                    .ok_or(Refusal::NotFound)?;
                let language = business.settings.default_language.tag().to_owned();
                let draft = copy(definition, &language);
                workflow::create(&inner, tx, caller, draft, Vec::new()).await
            })
            .await
    }

    /// Brings back a workflow deleted within the last 30 days, on or off as it was. Timed triggers are planned ahead, as after
    /// switching on; what ended with the deletion stays ended.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` (`external_id_taken`, `too_many`).
    pub async fn undelete_workflow(
        &self,
        caller: &Caller,
        id: WorkflowId,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| undelete(&inner, tx, caller, id).await)
            .await
    }
}

fn copy(definition: Definition, language: &str) -> Draft {
    let word = if ["nb", "nn", "no", "da"].iter().any(|l| language.starts_with(l)) {
        "kopi"
    } else {
        "copy"
    };
    let room = limits::LINE_CHARS - word.len() - 3;
    let name: String = definition.name.chars().take(room).collect();
    let trigger = |t: flyt_core::trigger::Trigger| TriggerDraft {
        id: None,
        when: t.when,
    };
    Draft {
        external_id: None,
        name: format!("{name} ({word})"),
        enabled: false,
        position: None,
        include_existing: true,
        triggers: definition.triggers.into_iter().map(trigger).collect(),
        filters: definition.filters,
        condition: definition.condition,
        actions: definition.actions,
        note: None,
    }
}

async fn undelete(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    id: WorkflowId,
) -> Result<Written<Value>, Refusal> {
    let no = caller.business_no;
    tx.tenant(no).alone("workflows");
    let before = workflows::by_id(&mut tx.tenant(no), id)
        .await?
        .ok_or(Refusal::NotFound)?;
    let out = Out::new(inner, no, inner.clock.now());
    let Some(deleted_at) = before.deleted_at else {
        return Ok(Written {
            value: workflow::show(&before)?,
            created: false,
            changed: false,
            warnings: Vec::new(),
        });
    };
    if to_ms(out.now).saturating_sub(deleted_at) > KEPT_MS {
        return Err(Refusal::NotFound);
    }
    if let Some(external) = &before.external_id
        && let Some(other) = workflows::by_external_id(&mut tx.tenant(no), external).await?
    {
        return Err(taken("workflow", external, other.id.to_string()));
    }
    room_for_one(tx, no).await?;
    end_runs(tx, &out, before.no).await?;
    let row = WorkflowRow {
        deleted_at: None,
        plan_no: before.plan_no + 1,
        revision: before.revision + 1,
        updated_at: to_ms(out.now),
        ..before
    };
    workflows::update(&mut tx.tenant(no), &row)?;
    workflows::begin_replan(&mut tx.tenant(no), &business::replan(&out, &row, true, true))?;
    audit::note(tx, &out, caller.actor, "workflow.undelete", &row.id.to_string())?;
    businesses::raise_epoch(&mut tx.tenant(no))?;
    Ok(Written {
        value: workflow::show(&row)?,
        created: false,
        changed: true,
        warnings: Vec::new(),
    })
}

/// Whether a business may have one workflow more.
pub(crate) async fn room_for_one(tx: &mut Tx, no: i64) -> Result<(), Refusal> {
    if workflows::live(&mut tx.tenant(no)).await?.len() < limits::WORKFLOWS {
        return Ok(());
    }
    let detail = format!("a business has at most {} workflows", limits::WORKFLOWS);
    Err(Refusal::conflict("too_many", detail, None))
}

/// Ends what a workflow has under way: coming back revives none of it.
async fn end_runs(tx: &mut Tx, out: &Out<'_>, workflow_no: i64) -> Result<(), Refusal> {
    let mut after = RunId(0);
    loop {
        let batch = failures::live(&mut tx.tenant(out.business_no), workflow_no, after, BATCH).await?;
        for id in &batch {
            after = *id;
            if let Some(mut run) = runs::by_id(&mut tx.tenant(out.business_no), *id).await? {
                starting::end_run(tx, out, &mut run, Reason::WorkflowDisabled).await?;
            }
        }
        if i64::try_from(batch.len()).unwrap_or(0) < BATCH {
            return Ok(());
        }
    }
}
