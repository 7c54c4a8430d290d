//! A workflow: when this happens, only if, do this. Every save is a version; a run pins the version it started with.

use crate::action::{Act, Action, QuietRule, Recipient};
use crate::condition::Condition;
use crate::customer::Channel;
use crate::filter::Filters;
use crate::id::{ExtraId, LocationId, ResourceId, ServiceId, WorkflowId};
use crate::invalid::{ExternalId, Faults, Fields, Line, below, kind};
use crate::language::Language;
use crate::limits;
use crate::trigger::{Trigger, TriggerDraft, TriggerKind, When};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a version of a workflow says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// The simple "only if".
    #[serde(default)]
    pub filters: Filters,
    /// The nested "only if".
    pub condition: Option<Condition>,
    /// What it does, in order.
    pub actions: Vec<Action>,
}

/// A workflow as it stands, with the version in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Small number inside the store, unique over all businesses.
    pub no: i64,
    /// Its id.
    pub id: WorkflowId,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// On or off.
    pub enabled: bool,
    /// Place in lists and in the order of claims.
    pub position: i64,
    /// The version in force, from 1.
    pub version: i64,
    /// Rises for triggers, on/off and own filters, not for texts; timers of a lower number are fenced.
    pub plan_no: i64,
    /// What it says.
    pub definition: Definition,
}

/// What the business has that a workflow may name; loaded whole when a workflow is saved.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Locations: id and external id, archived ones left out.
    pub locations: Vec<(LocationId, Option<String>)>,
    /// Resources.
    pub resources: Vec<(ResourceId, Option<String>)>,
    /// Services.
    pub services: Vec<(ServiceId, Option<String>)>,
    /// Extras.
    pub extras: Vec<(ExtraId, Option<String>)>,
    /// Keys of statuses.
    pub statuses: Vec<String>,
    /// Languages of the business.
    pub languages: Vec<Language>,
    /// Country of its phone numbers.
    pub country: String,
}

/// A workflow as it was sent, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The caller's own id.
    pub external_id: Option<String>,
    /// Its name.
    pub name: String,
    /// On or off; off when not said.
    pub enabled: bool,
    /// Place in the order; the server gives the last one when not said.
    pub position: Option<i64>,
    /// Whether existing bookings get timers.
    pub include_existing: bool,
    /// What starts it; at least one.
    pub triggers: Vec<TriggerDraft>,
    /// The simple "only if".
    pub filters: Filters,
    /// The nested "only if".
    pub condition: Option<Condition>,
    /// What it does; at least one.
    pub actions: Vec<Action>,
    /// What the author says of this version.
    pub note: Option<String>,
}

impl Draft {
    /// Reads a whole workflow. Actions and conditions are read by the two functions, which get the kinds of triggers the
    /// workflow holds. Read-only fields must have been taken out before.
    pub fn read(
        value: &Value,
        names: &Names,
        faults: &mut Faults,
        mut read_action: impl FnMut(&Value, &str, &mut Faults, &[TriggerKind]) -> Option<Action>,
        mut read_condition: impl FnMut(&Value, &str, &mut Faults, &[TriggerKind]) -> Option<Condition>,
    ) -> Option<Self> {
        let before = faults.errors.len();
        let mut fields = Fields::open(value, "", faults);
        let external_id: Option<ExternalId> = fields.optional("external_id", faults);
        let name = workflow_name(&mut fields, faults);
        let enabled = fields.or("enabled", false, faults);
        let position = fields.optional("position", faults);
        let include_existing = fields.or("include_existing", true, faults);
        let note: Option<Line> = fields.optional("note", faults);
        let triggers = list(&mut fields, "triggers", limits::TRIGGERS, faults, |v, at, f| {
            TriggerDraft::read(v, at, f, names)
        });
        let kinds = kinds_of(triggers.iter().map(|t| &t.when));
        let given = fields.raw("filters").filter(|v| !v.is_null());
        let filters = given.and_then(|v| Filters::read(v, "/filters", faults, names));
        let filters = filters.unwrap_or_default();
        refuse_unavailable(&filters, &kinds, faults);
        let given = fields.raw("condition").filter(|v| !v.is_null());
        let condition = given.and_then(|v| read_condition(v, "/condition", faults, &kinds));
        let actions = list(&mut fields, "actions", limits::ACTIONS, faults, |v, at, f| {
            read_action(v, at, f, &kinds)
        });
        fields.close(faults);
        (faults.errors.len() == before).then_some(Self {
            external_id: external_id.map(|x| x.0),
            name: name?,
            enabled,
            position,
            include_existing,
            triggers,
            filters,
            condition,
            actions,
            note: note.map(|n| n.0),
        })
    }
}

impl Workflow {
    /// The API object. Actions and conditions are written by the two functions.
    pub fn to_json(
        &self,
        created_at: Timestamp,
        updated_at: Timestamp,
        action: impl Fn(&Action) -> Value,
        condition: impl Fn(&Condition) -> Value,
    ) -> Value {
        let definition = &self.definition;
        json!({
            "id": self.id,
            "external_id": self.external_id,
            "name": definition.name,
            "enabled": self.enabled,
            "position": self.position,
            "version": self.version,
            "triggers": definition.triggers.iter().map(Trigger::to_json).collect::<Vec<_>>(),
            "filters": definition.filters.to_json(),
            "condition": definition.condition.as_ref().map(condition),
            "actions": definition.actions.iter().map(action).collect::<Vec<_>>(),
            "created_at": created_at,
            "updated_at": updated_at,
        })
    }
}

impl Definition {
    /// The kinds of its triggers, in order, each once.
    pub fn kinds(&self) -> Vec<TriggerKind> {
        kinds_of(self.triggers.iter().map(|t| &t.when))
    }
}

impl Names {
    /// Where `filters` name what the business no longer has: pointers. Such a value matches nothing.
    pub fn archived(&self, filters: &Filters) -> Vec<String> {
        fn missing<Id: PartialEq>(
            name: &str,
            filter: &crate::filter::Filter<Id>,
            known: &[(Id, Option<String>)],
        ) -> Vec<String> {
            let lists = [
                ("any_of", &filter.any_of),
                ("none_of", &filter.none_of),
                ("all_of", &filter.all_of),
            ];
            let numbered = lists
                .into_iter()
                .flat_map(|(list, ids)| ids.iter().enumerate().map(move |(at, id)| (list, at, id)));
            numbered
                .filter(|(_, _, id)| known.iter().all(|(own, _)| own != *id))
                .map(|(list, at, _)| format!("/filters/{name}/{list}/{at}"))
                .collect()
        }
        let mut all = missing("location", &filters.location, &self.locations);
        all.extend(missing("resource", &filters.resource, &self.resources));
        all.extend(missing("service", &filters.service, &self.services));
        all.extend(missing("extras", &filters.extras, &self.extras));
        all
    }

    /// Lets values that a stored version already names stay, though their objects were archived since: they match
    /// nothing, and saving something else must not be refused for them.
    pub fn keep(&mut self, filters: &Filters) {
        keep_ids(
            &mut self.locations,
            &[&filters.location.any_of, &filters.location.none_of],
        );
        keep_ids(
            &mut self.resources,
            &[&filters.resource.any_of, &filters.resource.none_of],
        );
        keep_ids(
            &mut self.services,
            &[&filters.service.any_of, &filters.service.none_of],
        );
        let extras = &filters.extras;
        keep_ids(
            &mut self.extras,
            &[&extras.any_of, &extras.none_of, &extras.all_of],
        );
    }
}

/// True when an edit changes which timers there are or when: `plan_no` then rises and the workflow is planned anew.
///
/// That is: timed triggers, the booking's own filters, which statuses count (`status.any_of`), and of the actions before
/// the first barrier what decides their groups (kind, recipients, quiet hours). Texts never do.
pub fn plan_changes(old: &Definition, new: &Definition) -> bool {
    let (before, after) = (timed(old), timed(new));
    if before.is_empty() && after.is_empty() {
        return false;
    }
    before != after || own(&old.filters) != own(&new.filters) || grouping(old) != grouping(new)
}

fn timed(definition: &Definition) -> Vec<&Trigger> {
    let is_timed = |t: &&Trigger| t.when.kind().is_timed();
    definition.triggers.iter().filter(is_timed).collect()
}

/// The filters without those that are decided when a timer is due.
fn own(filters: &Filters) -> Filters {
    let mut own = filters.clone();
    own.language = crate::filter::Filter::default();
    own.status.none_of = Vec::new();
    own
}

type Delivered<'d> = (Channel, &'d [Recipient], Option<QuietRule>);

/// What decides the groups of the due function, and whether a barrier follows.
fn grouping(definition: &Definition) -> (Vec<Delivered<'_>>, bool) {
    let actions = &definition.actions;
    let ahead = actions.iter().take_while(|a| !a.act.is_barrier());
    let rows = ahead
        .filter_map(|a| {
            let rule = a.act.delivery().and_then(|d| d.quiet_hours);
            a.act.channel().map(|channel| (channel, recipients(&a.act), rule))
        })
        .collect();
    (rows, actions.iter().any(|a| a.act.is_barrier()))
}

fn recipients(act: &Act) -> &[Recipient] {
    match act {
        Act::Email { to, .. } | Act::Sms { to, .. } => to,
        Act::Webhook { .. }
        | Act::SetStatus { .. }
        | Act::Wait { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => &[],
    }
}

fn keep_ids<Id: Copy + PartialEq>(known: &mut Vec<(Id, Option<String>)>, lists: &[&Vec<Id>]) {
    for id in lists.iter().flat_map(|l| l.iter()) {
        if known.iter().all(|(own, _)| own != id) {
            known.push((*id, None));
        }
    }
}

fn kinds_of<'w>(all: impl Iterator<Item = &'w When>) -> Vec<TriggerKind> {
    let mut kinds = Vec::new();
    for kind in all.map(When::kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn workflow_name(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<String> {
    let name: Line = fields.required("name", faults)?;
    let name = name.0.trim().to_owned();
    if name.is_empty() {
        faults.error(fields.at("name"), "required", "needs a name");
        return None;
    }
    Some(name)
}

fn refuse_unavailable(filters: &Filters, kinds: &[TriggerKind], faults: &mut Faults) {
    for kind in kinds.iter().filter(|k| !k.has_booking()) {
        for name in filters.needing_booking() {
            let message = format!("the trigger `{kind}` has no booking: `{name}` is not available to it");
            faults.error(below("/filters", name), "not_available", message);
        }
    }
}

/// A required list with at least one entry.
fn list<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    most: usize,
    faults: &mut Faults,
    mut read: impl FnMut(&Value, &str, &mut Faults) -> Option<T>,
) -> Vec<T> {
    let at = fields.at(name);
    let Some(value) = fields.raw(name).filter(|v| !v.is_null()) else {
        faults.error(at, "required", format!("`{name}` is required"));
        return Vec::new();
    };
    let Some(items) = value.as_array() else {
        faults.error(at, "wrong_type", format!("must be a list, not {}", kind(value)));
        return Vec::new();
    };
    if items.is_empty() {
        faults.error(&at, "required", format!("`{name}` needs at least one entry"));
    }
    if items.len() > most {
        faults.error(&at, "too_many", format!("must not have more than {most} entries"));
        return Vec::new();
    }
    let numbered = items.iter().enumerate();
    numbered
        .filter_map(|(i, item)| read(item, &below(&at, &i.to_string()), faults))
        .collect()
}
