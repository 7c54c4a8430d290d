//! Whole workflows: reading a draft, writing the API object, and which edits plan anew.

use crate::filters::names;
use crate::fixtures::{at, before_start, email, sms, sms_with, trigger, wait};
use flyt_core::action::{Act, Action, QuietRule, Recipient};
use flyt_core::condition::Condition;
use flyt_core::filter::Filters;
use flyt_core::id::{LocationId, WorkflowId};
use flyt_core::invalid::{Faults, Invalid};
use flyt_core::trigger::{OffsetUnit, TriggerKind, When};
use flyt_core::workflow::{Definition, Draft, Workflow, plan_changes};
use serde_json::{Value, json};

const CUSTOMER: &[Recipient] = &[Recipient::Customer];

fn read(value: &Value) -> Result<Draft, Vec<Invalid>> {
    let mut faults = Faults::default();
    let action = |value: &Value, at: &str, faults: &mut Faults, _: &[TriggerKind]| {
        if value == "broken" {
            faults.error(at, "broken", "is broken");
            return None;
        }
        Some(email(CUSTOMER))
    };
    let condition = |_: &Value, _: &str, _: &mut Faults, kinds: &[TriggerKind]| {
        assert_eq!(
            kinds,
            [TriggerKind::BookingStarts],
            "the kinds come before the condition"
        );
        Some(Condition::All { all: Vec::new() })
    };
    let draft = Draft::read(value, &names(), &mut faults, action, condition);
    faults.finish(draft)
}
fn reminder() -> Value {
    json!({
        "name": " Påminnelse ", "actions": [{}],
        "triggers": [{"type": "booking.starts", "offset": {"amount": 1, "unit": "days", "direction": "before"}}],
    })
}
fn faults_of(value: &Value) -> Vec<(String, &'static str)> {
    let errors = read(value).expect_err("refused");
    errors.into_iter().map(|e| (e.pointer, e.code)).collect()
}

#[test]
fn a_workflow_is_off_and_takes_existing_bookings_unless_it_says_otherwise() {
    let mut value = reminder();
    let draft = read(&value).expect("a workflow");
    assert_eq!(
        (draft.enabled, draft.include_existing, draft.position),
        (false, true, None)
    );
    assert_eq!(
        (draft.name.as_str(), draft.external_id, draft.condition),
        ("Påminnelse", None, None)
    );
    value["enabled"] = json!(true);
    value["external_id"] = json!("day-before");
    value["position"] = json!(10);
    value["condition"] = json!({"all": []});
    value["filters"] = json!({"status": {"any_of": ["approved"]}});
    value["note"] = json!("første utgave");
    let draft = read(&value).expect("a workflow");
    assert!(draft.enabled && draft.condition.is_some());
    assert_eq!(draft.filters.status.any_of, ["approved"]);
    assert_eq!(
        (draft.position, draft.note.as_deref()),
        (Some(10), Some("første utgave"))
    );
}

#[test]
fn a_workflow_without_trigger_or_action_is_refused_and_so_are_too_many() {
    let empty = json!({"name": " ", "triggers": [], "actions": null, "trigers": 1});
    let place = |pointer: &str, code| (pointer.to_owned(), code);
    assert_eq!(
        faults_of(&empty),
        [
            place("/name", "required"),
            place("/triggers", "required"),
            place("/actions", "required"),
            place("/trigers", "unknown_field"),
        ]
    );
    let mut many = reminder();
    many["actions"] = json!(vec![json!({}); 51]);
    assert_eq!(faults_of(&many), [place("/actions", "too_many")]);
    many["actions"] = json!([{}, "broken"]);
    assert_eq!(faults_of(&many), [place("/actions/1", "broken")]);
}

#[test]
fn a_filter_that_a_trigger_cannot_supply_is_refused_with_the_trigger_named() {
    let value = json!({
        "name": "Velkommen", "actions": [{}], "triggers": [{"type": "booking.created"}, {"type": "customer.created"}],
        "filters": {"location": {"any_of": [LocationId(1)]}, "status": {"none_of": ["pending"]}, "language": {"any_of": ["nb"]}},
    });
    let errors = read(&value).expect_err("refused");
    let pointers: Vec<&str> = errors.iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(pointers, ["/filters/location", "/filters/status"]);
    assert!(
        errors[0].message.contains("`customer.created`"),
        "{}",
        errors[0].message
    );
}

fn definition() -> Definition {
    Definition {
        name: "Påminnelse".to_owned(),
        triggers: vec![before_start(1, OffsetUnit::Days)],
        filters: Filters::default(),
        condition: None,
        actions: vec![email(CUSTOMER), sms(CUSTOMER)],
    }
}

#[test]
fn the_api_object_has_the_names_of_the_contract() {
    let workflow = Workflow {
        no: 1,
        id: WorkflowId(3),
        external_id: Some("day-before".to_owned()),
        enabled: true,
        position: 10,
        version: 2,
        plan_no: 7,
        definition: definition(),
    };
    let (created, updated) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));
    let object = workflow.to_json(created, updated, |a| json!(a.act.word()), |_| json!("condition"));
    assert_eq!(
        object,
        json!({
            "id": WorkflowId(3), "external_id": "day-before", "name": "Påminnelse", "enabled": true, "position": 10,
            "version": 2, "filters": {"location": {}, "resource": {}, "service": {}, "extras": {}, "status": {}, "language": {}},
            "triggers": [{
                "id": "trg_0000000000001", "type": "booking.starts", "late": "skip",
                "offset": {"amount": 1, "unit": "days", "direction": "before"},
            }],
            "condition": null, "actions": ["email", "sms"],
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
        })
    );
}

fn replans(edit: impl FnOnce(&mut Definition)) -> bool {
    let mut edited = definition();
    edit(&mut edited);
    plan_changes(&definition(), &edited)
}
fn set_text(action: &mut Action, text: &str) {
    if let Act::Sms { content, sender, .. } = &mut action.act {
        content.clear();
        *sender = Some(text.to_owned());
    }
}

#[test]
fn what_decides_the_timers_plans_anew() {
    assert!(replans(|d| d.triggers = vec![before_start(2, OffsetUnit::Days)]));
    assert!(replans(|d| d.triggers.clear()));
    assert!(replans(|d| d.filters.location.any_of = vec![LocationId(1)]));
    assert!(replans(|d| d.filters.status.any_of = vec!["cancelled".to_owned()]));
    assert!(replans(|d| d.actions[1] = sms(&[Recipient::Resource])));
    assert!(replans(
        |d| d.actions[1] = sms_with(CUSTOMER, Some(QuietRule::Ignore))
    ));
    assert!(replans(|d| d.actions.swap(0, 1)));
    assert!(replans(|d| d.actions.insert(1, wait())));
}

#[test]
fn texts_and_what_is_decided_when_due_do_not() {
    assert!(!replans(|d| d.name = "Ny".to_owned()));
    assert!(!replans(|d| set_text(&mut d.actions[1], "Salong")));
    assert!(!replans(|d| d.actions[1].enabled = false));
    assert!(!replans(
        |d| d.condition = Some(Condition::All { all: Vec::new() })
    ));
    assert!(!replans(|d| d.filters.status.none_of = vec!["pending".to_owned()]));
    assert!(!replans(
        |d| d.filters.language.any_of = flyt_core::language::Language::new("nb").into_iter().collect()
    ));
    // An event trigger beside the timed one has no timers.
    assert!(!replans(|d| d.triggers.push(trigger(When::BookingCreated))));
    let event = |actions: Vec<Action>| Definition {
        triggers: vec![trigger(When::BookingCreated)],
        actions,
        ..definition()
    };
    assert!(!plan_changes(
        &event(vec![email(CUSTOMER)]),
        &event(vec![sms(CUSTOMER)])
    ));
}
