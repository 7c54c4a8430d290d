//! Changes: one committed write, told from the state before and after. Events come from here, never from call sites.

use crate::booking::Booking;
use crate::facts::{BookingFacts, Previous};
use crate::id::{ChangeId, ExtraId};
use crate::status::StatusKind;
use crate::trigger::{ChangedField, TriggerKind};
use jiff::Timestamp;

/// One write and what caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// When it was committed.
    pub at: Timestamp,
    /// Its events, in the order of `TriggerKind`.
    pub kinds: Vec<TriggerKind>,
    /// Which fields of the booking differ.
    pub fields: Vec<ChangedField>,
    /// 0 for a change from outside; for a change by a run its cause plus one.
    pub depth: i64,
    /// What began the chain of causes: the number of the first change or timer run.
    pub chain: i64,
    /// False when its events start no run (`automations: timed`, `run_workflows: false`).
    pub starts_runs: bool,
}

/// Which fields of a booking differ, in the order of `ChangedField`.
pub fn fields(before: &Booking, after: &Booking) -> Vec<ChangedField> {
    let differs = |field: ChangedField| match field {
        ChangedField::Start => before.start != after.start,
        ChangedField::End => before.end != after.end,
        ChangedField::Location => before.location_id != after.location_id,
        ChangedField::Service => before.service_id != after.service_id,
        ChangedField::Resource => before.resource_id != after.resource_id,
        ChangedField::Extras => extras(before) != extras(after),
        ChangedField::Status => before.status != after.status,
    };
    ChangedField::ALL
        .iter()
        .copied()
        .filter(|f| differs(*f))
        .collect()
}

/// The extras of a booking and how many of each, in an order of their own.
pub fn extras(b: &Booking) -> Vec<(ExtraId, i64)> {
    let mut all: Vec<_> = b.extras.iter().map(|e| (e.id, e.quantity)).collect();
    all.sort_unstable();
    all
}

/// Which fields differ from what a change left behind, all later changes counted in: changes that were held become one.
pub fn since(previous: &Previous, after: &BookingFacts) -> Vec<ChangedField> {
    let b = &after.booking;
    let id = |value: Option<&serde_json::Value>| {
        let id = value.and_then(|v| v.get("id")).and_then(|i| i.as_str());
        id.map(str::to_owned)
    };
    let differs = |field: &ChangedField| match field {
        ChangedField::Start => previous.start != b.start,
        ChangedField::End => previous.end != b.end,
        ChangedField::Location => id(previous.location.as_ref()) != b.location_id.map(|i| i.to_string()),
        ChangedField::Service => id(Some(&previous.service)) != Some(b.service_id.to_string()),
        ChangedField::Resource => id(previous.resource.as_ref()) != b.resource_id.map(|i| i.to_string()),
        ChangedField::Extras => previous.extras.as_ref().is_some_and(|e| *e != extras(b)),
        ChangedField::Status => false,
    };
    ChangedField::ALL.iter().copied().filter(differs).collect()
}

/// The events of a booking write. `booking.created` never comes with `status_changed`.
pub fn booking_kinds(before: Option<&Booking>, fields: &[ChangedField]) -> Vec<TriggerKind> {
    if before.is_none() {
        return vec![TriggerKind::BookingCreated];
    }
    let moved = fields.iter().any(|f| *f != ChangedField::Status);
    let status = fields.contains(&ChangedField::Status);
    let found = [
        (moved, TriggerKind::BookingChanged),
        (status, TriggerKind::StatusChanged),
    ];
    found
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, kind)| kind)
        .collect()
}

/// Whether a booking counts for a workflow. `before` is true for what is due before its anchor; `named` says whether the
/// workflow's status `any_of` names the booking's status (`product.md` §3).
pub fn counts(kind: StatusKind, before: bool, named: bool) -> bool {
    match kind {
        StatusKind::Open | StatusKind::Active => true,
        StatusKind::ClosedOk => !before || named,
        StatusKind::ClosedBad => named,
    }
}

/// The kinds as one number for the store: bit n is the n-th of `TriggerKind::ALL`.
pub fn bits(kinds: &[TriggerKind]) -> i64 {
    let bit = |kind: &TriggerKind| {
        TriggerKind::ALL
            .iter()
            .position(|k| k == kind)
            .map_or(0, |i| 1_i64 << i)
    };
    kinds.iter().map(bit).sum()
}

/// The kinds of a stored number.
pub fn from_bits(bits: i64) -> Vec<TriggerKind> {
    TriggerKind::ALL
        .iter()
        .enumerate()
        .filter(|(i, _)| bits & (1 << i) != 0)
        .map(|(_, k)| *k)
        .collect()
}
