//! A workflow: when this happens, only if, do this. Every save is a version; a run pins the version it started with.

use crate::action::Action;
use crate::condition::Condition;
use crate::filter::Filters;
use crate::id::{ExtraId, LocationId, ResourceId, ServiceId, WorkflowId};
use crate::language::Language;
use crate::trigger::Trigger;
use serde::{Deserialize, Serialize};

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
