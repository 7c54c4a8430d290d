//! Reading a workflow as it was sent, with what the business has and what an older version may keep. Saving it is `workflow`.

use crate::refusal::{Refusal, Target, Verb};
use crate::tenant;
use crate::workflow::show;
use flyt_core::action::{Act, Action, ReadContext};
use flyt_core::condition::Condition;
use flyt_core::id::WorkflowId;
use flyt_core::invalid::{Faults, Invalid};
use flyt_core::merge;
use flyt_core::trigger::TriggerKind;
use flyt_core::workflow::{Draft, Names};
use flyt_store::workflows::WorkflowRow;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Fields of a workflow that callers only read.
pub(crate) const READ_ONLY: &[&str] = &[
    "id",
    "revision",
    "version",
    "created_at",
    "updated_at",
    "warnings",
    "sentence",
];

/// Reads a whole workflow. Later actions may use what earlier webhooks with `store` leave.
pub(crate) fn read_draft(value: &Value, names: &Names, faults: &mut Faults) -> Option<Draft> {
    let mut stored: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let action = |value: &Value, at: &str, faults: &mut Faults, kinds: &[TriggerKind]| {
        let read = Action::read(
            value,
            at,
            faults,
            &ReadContext {
                kinds,
                names,
                stored: &stored,
            },
        );
        if let Some(Action {
            name: Some(name),
            act: Act::Webhook { store, .. },
            ..
        }) = &read
            && !store.is_empty()
        {
            if stored.contains_key(name) {
                let message = format!("`{name}` is taken by an earlier action that stores values");
                faults.error(format!("{at}/name"), "taken", message);
            }
            stored.insert(name.clone(), store.keys().cloned().collect());
        }
        read
    };
    Draft::read(value, names, faults, action, Condition::read)
}

/// PATCH merges into what is there; PUT replaces it, but keeps what it does not name of the life of the workflow.
pub(crate) fn read(
    before: Option<&WorkflowRow>,
    (target, verb): (&Target<WorkflowId>, Verb),
    body: &Value,
    names: &Names,
) -> Result<(Draft, Vec<Invalid>), Refusal> {
    let mut faults = Faults::default();
    let old = before.map(tenant::workflow).transpose()?;
    let mut known = names.clone();
    if let Some(old) = &old {
        known.keep(&old.definition.filters);
    }
    let shown = before.map(show).transpose()?.unwrap_or_else(|| json!({}));
    let kept = ["name", "external_id", "enabled", "position"];
    let base = if verb == Verb::Put {
        let mut base = shown.clone();
        if let Some(base) = base.as_object_mut() {
            base.retain(|k, _| kept.contains(&k.as_str()) || READ_ONLY.contains(&k.as_str()));
        }
        base
    } else {
        shown
    };
    let whole = merge::merge(&base, body, READ_ONLY, &mut faults);
    let draft = read_draft(&whole, &known, &mut faults);
    for at in draft.iter().flat_map(|d| names.archived(&d.filters)) {
        let message = "names something that was archived: it matches nothing, and its neighbours still count";
        faults.warn(at, "archived_reference", message);
    }
    let warnings = std::mem::take(&mut faults.warnings);
    let mut draft = faults.finish(draft).map_err(Refusal::Invalid)?;
    if let (None, Target::External(external), None) = (&draft.external_id, target, before) {
        draft.external_id = Some(external.clone());
    }
    Ok((draft, warnings))
}
