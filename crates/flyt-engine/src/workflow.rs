//! Commands on workflows: saved as versions, checked, switched, deleted. Pending timers are fenced at once and planned anew
//! in the background (`replan`).

use crate::audit;
use crate::business;
use crate::change::Out;
use crate::draft::{READ_ONLY, read, read_draft};
use crate::ending;
use crate::engine::{Engine, Inner};
use crate::people::taken;
use crate::refusal::{Actor, Caller, Refusal, Target, Verb, Written, admit};
use crate::tenant;
use crate::terms::Terms;
use flyt_core::action::Action;
use flyt_core::catalogue::Kind;
use flyt_core::condition::Condition;
use flyt_core::id::{ExtraId, LocationId, ResourceId, ServiceId, TriggerId, WorkflowId};
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::invalid::{Faults, Invalid};
use flyt_core::trigger::{self, Trigger};
use flyt_core::workflow::{self, Definition, Draft, Names};
use flyt_core::{limits, merge, sentence};
use flyt_store::meta::{self, Sequence};
use flyt_store::workflows::{self, VersionRow, WorkflowRow};
use flyt_store::{Tx, businesses, catalogue};
use serde_json::{Value, json};

impl Engine {
    /// Makes or changes a workflow. The value is the API object.
    ///
    /// # Errors
    /// `Invalid` with places, `NotFound`, `Conflict` (`external_id_taken`), `Precondition`.
    pub async fn write_workflow(
        &self,
        caller: &Caller,
        target: Target<WorkflowId>,
        verb: Verb,
        body: Value,
        terms: impl Into<Terms>,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller, terms) = (self.0.clone(), *caller, terms.into());
        self.0
            .command(async move |tx: &mut Tx| {
                let done = write(&inner, tx, caller, (&target, verb), &body, terms.expect).await?;
                terms.keep(tx, caller.business_no, || done.clone()).await?;
                Ok(done)
            })
            .await
    }

    /// Deletes a workflow: its timers are withdrawn, its waiting and retrying steps end `workflow_disabled`.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`.
    pub async fn delete_workflow(
        &self,
        caller: &Caller,
        target: Target<WorkflowId>,
        expect: Option<i64>,
    ) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| delete(&inner, tx, caller, &target, expect).await)
            .await
    }

    /// Says what is wrong with a draft, and warns; saves nothing.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn check_workflow(&self, caller: &Caller, body: Value) -> Result<Value, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .read(async move |tx: &mut Tx| {
                let names = names(tx, caller.business_no).await?;
                let tenant = inner.cache.tenant(tx, caller.business_no).await?;
                let labels = tenant::labels(tx, &tenant).await?;
                let known = sentence::Known {
                    named: &|id| labels.get(id).cloned(),
                    statuses: &tenant.statuses,
                    currency: tenant.business.settings.currency,
                };
                let mut faults = Faults::default();
                let whole = merge::merge(&json!({}), &body, READ_ONLY, &mut faults);
                let draft = read_draft(&whole, &names, &mut faults);
                Ok(json!({
                    "valid": draft.is_some() && faults.errors.is_empty(),
                    "errors": faults.errors,
                    "warnings": faults.warnings,
                    "sentence": draft.as_ref().map(|d| json!({
                        "nb": sentence::norwegian(d, &known), "en": sentence::english(d, &known),
                    })),
                }))
            })
            .await
    }

    /// Saves an older version as the newest.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` when what it names is gone.
    pub async fn restore_version(
        &self,
        caller: &Caller,
        id: WorkflowId,
        version: i64,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let no = caller.business_no;
                let row = workflows::by_id(&mut tx.tenant(no), id)
                    .await?
                    .filter(|w| w.deleted_at.is_none());
                let row = row.ok_or(Refusal::NotFound)?;
                let old = workflows::version(&mut tx.tenant(no), row.no, version)
                    .await?
                    .ok_or(Refusal::NotFound)?;
                let definition: Definition = tenant::parse(&old.doc)?;
                let mut body = shown(&definition);
                if let Some(body) = body.as_object_mut() {
                    body.insert("note".to_owned(), json!(format!("version {version} restored")));
                }
                write(&inner, tx, caller, (&Target::Id(id), Verb::Patch), &body, None).await
            })
            .await
    }
}

/// What a version says, in the shape in which it is sent.
fn shown(definition: &Definition) -> Value {
    json!({
        "name": definition.name,
        "triggers": definition.triggers.iter().map(Trigger::to_json).collect::<Vec<_>>(),
        "filters": definition.filters.to_json(),
        "condition": definition.condition.as_ref().map(Condition::to_json),
        "actions": definition.actions.iter().map(Action::to_json).collect::<Vec<_>>(),
    })
}

/// What the business has that a workflow may name.
pub(crate) async fn names(tx: &mut Tx, no: i64) -> Result<Names, Refusal> {
    let business = businesses::own(&mut tx.tenant(no))
        .await?
        .ok_or(Refusal::NotFound)?;
    let mut tenant = tx.tenant(no);
    let statuses = catalogue::statuses(&mut tenant).await?;
    let mut all = Names {
        statuses: statuses.into_iter().map(|s| s.key).collect(),
        languages: business.settings.languages.clone(),
        country: business.settings.country.clone(),
        ..Names::default()
    };
    for (kind, id, external) in catalogue::names(&mut tenant).await? {
        match kind {
            Kind::Location => all.locations.push((LocationId(id), external)),
            Kind::Resource => all.resources.push((ResourceId(id), external)),
            Kind::Service => all.services.push((ServiceId(id), external)),
            Kind::Extra => all.extras.push((ExtraId(id), external)),
            Kind::Status => {}
        }
    }
    Ok(all)
}

async fn find(tx: &mut Tx, no: i64, target: &Target<WorkflowId>) -> Result<Option<WorkflowRow>, Refusal> {
    let found = match target {
        Target::New => None,
        Target::Id(id) => workflows::by_id(&mut tx.tenant(no), *id).await?,
        Target::External(external) => workflows::by_external_id(&mut tx.tenant(no), external).await?,
    };
    Ok(found.filter(|w| w.deleted_at.is_none()))
}

/// The API object of a workflow.
pub(crate) fn show(row: &WorkflowRow) -> Result<Value, Refusal> {
    let workflow = tenant::workflow(row)?;
    let (created_at, updated_at) = (from_ms(row.created_at), from_ms(row.updated_at));
    let mut object = workflow.to_json(created_at, updated_at, Action::to_json, Condition::to_json);
    if let Some(object) = object.as_object_mut() {
        object.insert("revision".to_owned(), json!(row.revision));
    }
    Ok(object)
}

async fn write(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    (target, verb): (&Target<WorkflowId>, Verb),
    body: &Value,
    expect: Option<i64>,
) -> Result<Written<Value>, Refusal> {
    let no = caller.business_no;
    tx.tenant(no).alone("workflows");
    let before = find(tx, no, target).await?;
    admit(target, verb, before.as_ref().map(|b| b.revision), expect)?;
    let names = names(tx, no).await?;
    let (draft, warnings) = read(before.as_ref(), (target, verb), body, &names)?;
    external_id_free(tx, no, &draft, before.as_ref()).await?;
    match before {
        Some(before) => update(inner, tx, caller, before, draft, warnings).await,
        None => create(inner, tx, caller, draft, warnings).await,
    }
}

async fn external_id_free(
    tx: &mut Tx,
    no: i64,
    draft: &Draft,
    before: Option<&WorkflowRow>,
) -> Result<(), Refusal> {
    let Some(wanted) = &draft.external_id else {
        return Ok(());
    };
    match workflows::by_external_id(&mut tx.tenant(no), wanted).await? {
        Some(other) if before.is_none_or(|b| b.no != other.no) => {
            Err(taken("workflow", wanted, other.id.to_string()))
        }
        Some(_) | None => Ok(()),
    }
}

async fn create(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    draft: Draft,
    warnings: Vec<Invalid>,
) -> Result<Written<Value>, Refusal> {
    let no = caller.business_no;
    if workflows::live(&mut tx.tenant(no)).await?.len() >= limits::WORKFLOWS {
        return Err(Refusal::conflict(
            "too_many",
            format!("a business has at most {} workflows", limits::WORKFLOWS),
            None,
        ));
    }
    let out = Out::new(inner, no, inner.clock.now());
    let triggers = numbered(inner, tx, &[], &draft).await?;
    let definition = definition(&draft, triggers);
    let position = match draft.position {
        Some(position) => position,
        None => workflows::next_position(&mut tx.tenant(no)).await?,
    };
    let row = WorkflowRow {
        no: meta::next(&mut tx.engine(), Sequence::Workflow).await?,
        id: WorkflowId(inner.ids.next(out.now)),
        external_id: draft.external_id.clone(),
        enabled: draft.enabled,
        position,
        version: 1,
        plan_no: 1,
        revision: 1,
        created_at: to_ms(out.now),
        updated_at: to_ms(out.now),
        deleted_at: None,
        doc: tenant::document(&definition)?,
    };
    workflows::insert(&mut tx.tenant(no), &row)?;
    save(tx, &out, (&row, &definition), caller.actor, draft.note.clone())?;
    audit::note(tx, &out, caller.actor, "workflow.create", &row.id.to_string())?;
    businesses::raise_epoch(&mut tx.tenant(no))?;
    if row.enabled && is_timed(&definition) {
        workflows::begin_replan(
            &mut tx.tenant(no),
            &business::replan(&out, &row, true, draft.include_existing),
        )?;
    }
    Ok(Written {
        value: show(&row)?,
        created: true,
        changed: true,
        warnings,
    })
}

fn is_timed(definition: &Definition) -> bool {
    definition.triggers.iter().any(|t| t.when.kind().is_timed())
}

/// The triggers of a draft with ids and numbers: kept where they match what was there, new otherwise.
async fn numbered(
    inner: &Inner,
    tx: &mut Tx,
    old: &[Trigger],
    draft: &Draft,
) -> Result<Vec<Trigger>, Refusal> {
    let now = inner.clock.now();
    let mut all = Vec::new();
    for (new, kept) in trigger::matched(old, draft.triggers.clone()) {
        let kept = kept.and_then(|i| old.get(i));
        let (id, no) = match kept {
            Some(kept) => (kept.id, kept.no),
            None => (
                TriggerId(inner.ids.next(now)),
                meta::next(&mut tx.engine(), Sequence::Trigger).await?,
            ),
        };
        all.push(Trigger {
            id,
            no,
            when: new.when,
        });
    }
    Ok(all)
}

fn definition(draft: &Draft, triggers: Vec<Trigger>) -> Definition {
    Definition {
        name: draft.name.clone(),
        triggers,
        filters: draft.filters.clone(),
        condition: draft.condition.clone(),
        actions: draft.actions.clone(),
    }
}

/// Writes the triggers and the version of a workflow row.
fn save(
    tx: &mut Tx,
    out: &Out<'_>,
    (row, definition): (&WorkflowRow, &Definition),
    actor: Actor,
    note: Option<String>,
) -> Result<(), Refusal> {
    let mut tenant = tx.tenant(out.business_no);
    workflows::retire_triggers(&mut tenant, row.no)?;
    for trigger in &definition.triggers {
        workflows::put_trigger(
            &mut tenant,
            trigger.no,
            trigger.id,
            row.no,
            trigger.when.kind().word(),
        )?;
    }
    let version = VersionRow {
        version: row.version,
        from_at: to_ms(out.now),
        enabled: row.enabled,
        author: actor.to_string(),
        note,
        doc: row.doc.clone(),
    };
    Ok(workflows::put_version(&mut tenant, row.no, &version)?)
}

async fn update(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    before: WorkflowRow,
    draft: Draft,
    warnings: Vec<Invalid>,
) -> Result<Written<Value>, Refusal> {
    let no = caller.business_no;
    let out = Out::new(inner, no, inner.clock.now());
    let old: Definition = tenant::parse(&before.doc)?;
    let triggers = numbered(inner, tx, &old.triggers, &draft).await?;
    let new = definition(&draft, triggers);
    let position = draft.position.unwrap_or(before.position);
    let same_life = (draft.enabled, position, &draft.external_id)
        == (before.enabled, before.position, &before.external_id);
    if new == old && same_life {
        return Ok(Written {
            value: show(&before)?,
            created: false,
            changed: false,
            warnings,
        });
    }
    let before_enabled = before.enabled;
    let switched_on = draft.enabled && !before_enabled;
    let replans = switched_on
        || draft.enabled != before.enabled
        || (draft.enabled && workflow::plan_changes(&old, &new));
    let row = WorkflowRow {
        external_id: draft.external_id.clone(),
        enabled: draft.enabled,
        position,
        version: before.version + 1,
        plan_no: before.plan_no + i64::from(replans),
        revision: before.revision + 1,
        updated_at: to_ms(out.now),
        doc: tenant::document(&new)?,
        ..before
    };
    workflows::update(&mut tx.tenant(no), &row)?;
    save(tx, &out, (&row, &new), caller.actor, draft.note.clone())?;
    audit::note(tx, &out, caller.actor, "workflow.update", &row.id.to_string())?;
    if before_enabled && !row.enabled {
        ending::of_workflow(tx, &out, row.no)?;
    }
    businesses::raise_epoch(&mut tx.tenant(no))?;
    if replans && (is_timed(&old) || is_timed(&new)) {
        workflows::begin_replan(
            &mut tx.tenant(no),
            &business::replan(&out, &row, switched_on, draft.include_existing),
        )?;
    }
    Ok(Written {
        value: show(&row)?,
        created: false,
        changed: true,
        warnings,
    })
}

async fn delete(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    target: &Target<WorkflowId>,
    expect: Option<i64>,
) -> Result<(), Refusal> {
    let no = caller.business_no;
    let before = find(tx, no, target).await?.ok_or(Refusal::NotFound)?;
    if expect.is_some_and(|e| e != before.revision) {
        return Err(Refusal::Precondition);
    }
    let out = Out::new(inner, no, inner.clock.now());
    let row = WorkflowRow {
        deleted_at: Some(to_ms(out.now)),
        plan_no: before.plan_no + 1,
        revision: before.revision + 1,
        updated_at: to_ms(out.now),
        ..before
    };
    workflows::update(&mut tx.tenant(no), &row)?;
    ending::of_workflow(tx, &out, row.no)?;
    workflows::begin_replan(&mut tx.tenant(no), &business::replan(&out, &row, false, true))?;
    audit::note(tx, &out, caller.actor, "workflow.delete", &row.id.to_string())?;
    Ok(businesses::raise_epoch(&mut tx.tenant(no))?)
}
