//! Reading actions: defaults, refusals with their place, and the way back.

use crate::facts::names;
use flyt_core::action::{Action, read_all};
use flyt_core::invalid::{Faults, Invalid};
use flyt_core::trigger::TriggerKind;
use serde_json::{Value, json};

fn read(list: &Value, kinds: &[TriggerKind]) -> (Option<Vec<Action>>, Vec<Invalid>) {
    let mut faults = Faults::default();
    let actions = read_all(list, "/actions", &mut faults, kinds, &names());
    (actions, faults.errors)
}

fn every_kind() -> Value {
    json!([
        {"type": "webhook", "name": "lock", "url": "https://x.no/{{ booking.id }}", "method": "PUT", "headers": {"X-A": "{{ service.name }}"},
         "body": {"raw": "a={{ booking.start | json }}", "content_type": "text/plain"}, "signing": false, "success_codes": ["2xx", "404"], "store": {"code": "/data/code"}},
        {"type": "email", "to": ["customer", "admins", "a@b.no", "{{ customer.email }}"], "cc": ["resource"], "bcc": ["location"], "reply_to": "a@b.no", "sender": "Anne <a@b.no>",
         "content": {"nb": {"subject": "{{ steps.lock.code }}", "body": "<p>x</p>"}, "en": {"subject": "s", "body": "b", "format": "html"}},
         "attachments": [{"type": "ics"}, {"type": "document", "id": "doc_1"}], "purpose": "marketing", "quiet_hours": "respect", "on_unknown": "hold",
         "condition": {"field": "booking.price", "op": "exists", "value": true}},
        {"type": "sms", "to": ["customer", "900 00 001"], "content": {"nb": {"text": "x"}}, "max_segments": 2, "enabled": false},
        {"type": "set_status", "status": "completed", "run_workflows": false},
        {"type": "wait", "duration": "P1DT2H"}, {"type": "wait", "until": "18:00"}, {"type": "wait", "event": "paid", "timeout": "P2D"}, {"type": "wait", "event": "status:approved"},
        {"type": "stop_if", "condition": {"not": {"field": "customer.tags", "op": "contains", "value": "x"}}},
        {"type": "set_field", "field": "booking.answers.a", "value": "{{ service.name }}"}, {"type": "set_field", "field": "customer.fields.n", "value": 3},
        {"type": "add_tag", "tag": "vip"}, {"type": "remove_tag", "tag": "vip"},
        {"type": "webhook", "url": "https://x.no", "body": {"form": {"a": "{{ service.name }}"}}},
    ])
}

#[test]
fn every_action_reads_back_what_it_writes() {
    let (actions, errors) = read(&every_kind(), &[TriggerKind::BookingCreated]);
    let actions = actions.unwrap_or_else(|| panic!("{errors:?}"));
    let written: Vec<Value> = actions.iter().map(Action::to_json).collect();
    let (again, errors) = read(&json!(written), &[TriggerKind::BookingCreated]);
    assert_eq!(again.unwrap_or_else(|| panic!("{errors:?}")), actions);
    let stored = serde_json::to_string(&actions).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Action>>(&stored).unwrap(), actions);
}

#[test]
fn what_is_left_out_takes_its_default() {
    let (actions, _) = read(&json!([{"type": "webhook", "url": "https://x.no"}]), &[]);
    let written = actions.unwrap()[0].to_json();
    for (field, value) in [
        ("enabled", json!(true)),
        ("method", json!("POST")),
        ("body", json!(null)),
        ("signing", json!(true)),
        ("success_codes", json!(["2xx"])),
        ("purpose", json!("service")),
        ("on_unknown", json!("retry")),
    ] {
        assert_eq!(written[field], value, "{field}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_wrong_action_is_refused_with_its_place() {
    let mail = |extra: &str, value: Value| {
        let mut mail =
            json!({"type": "email", "to": ["customer"], "content": {"nb": {"subject": "s", "body": "b"}}});
        mail[extra] = value;
        mail
    };
    let rows = [
        (json!({"type": "emial"}), "/actions/0/type", "unknown_value"),
        (mail("subjet", json!("x")), "/actions/0/subjet", "unknown_field"),
        (mail("to", json!([])), "/actions/0/to", "required"),
        (
            mail("to", json!(["custommer"])),
            "/actions/0/to/0",
            "unknown_value",
        ),
        (mail("to", json!(["a@b@c"])), "/actions/0/to/0", "bad_email"),
        (
            mail("to", json!(["{{ customer.mail }}"])),
            "/actions/0/to/0",
            "unknown_variable",
        ),
        (mail("content", json!({})), "/actions/0/content", "required"),
        (
            mail("content", json!({"nb": {"subject": "{{ x }}", "body": "b"}})),
            "/actions/0/content/nb/subject",
            "unknown_variable",
        ),
        (
            mail("content", json!({"nb": {"subject": "s", "body": " "}})),
            "/actions/0/content/nb/body",
            "empty",
        ),
        (
            mail(
                "content",
                json!({"nb": {"subject": "s", "body": "b", "format": "markdown"}}),
            ),
            "/actions/0/content/nb/format",
            "not_offered",
        ),
        (
            mail("content", json!({"!": {"subject": "s", "body": "b"}})),
            "/actions/0/content/!",
            "unknown_language",
        ),
        (
            mail("purpose", json!("advertising")),
            "/actions/0/purpose",
            "unknown_value",
        ),
        (
            mail("attachments", json!([{"type": "pdf"}])),
            "/actions/0/attachments/0/type",
            "unknown_value",
        ),
        (
            json!({"type": "sms", "to": ["admins"], "content": {"nb": {"text": "x"}}}),
            "/actions/0/to/0",
            "unknown_value",
        ),
        (
            json!({"type": "sms", "to": ["12"], "content": {"nb": {"text": "x"}}}),
            "/actions/0/to/0",
            "bad_phone",
        ),
        (
            json!({"type": "sms", "to": ["customer"], "content": {"nb": {"text": "x"}}, "max_segments": 0}),
            "/actions/0/max_segments",
            "out_of_range",
        ),
        (
            json!({"type": "set_status", "status": "aproved"}),
            "/actions/0/status",
            "unknown_status",
        ),
        (json!({"type": "wait"}), "/actions/0/duration", "wrong_wait"),
        (
            json!({"type": "wait", "duration": "PT1H", "until": "18:00"}),
            "/actions/0/duration",
            "wrong_wait",
        ),
        (
            json!({"type": "wait", "duration": "1h"}),
            "/actions/0/duration",
            "bad_duration",
        ),
        (
            json!({"type": "wait", "duration": "P400D"}),
            "/actions/0/duration",
            "out_of_range",
        ),
        (
            json!({"type": "wait", "until": "25:00"}),
            "/actions/0/until",
            "bad_time",
        ),
        (
            json!({"type": "wait", "event": "status:aproved"}),
            "/actions/0/event",
            "unknown_status",
        ),
        (json!({"type": "stop_if"}), "/actions/0/condition", "required"),
        (
            json!({"type": "set_field", "field": "booking.note", "value": "x"}),
            "/actions/0/field",
            "unknown_value",
        ),
        (
            json!({"type": "set_field", "field": "booking.notes", "value": 3}),
            "/actions/0/value",
            "wrong_type",
        ),
        (
            json!({"type": "add_tag", "tag": " "}),
            "/actions/0/tag",
            "bad_tag",
        ),
        (
            json!({"type": "webhook", "url": "ftp://x"}),
            "/actions/0/url",
            "bad_url",
        ),
        (
            json!({"type": "webhook", "url": "https://x", "method": "HEAD"}),
            "/actions/0/method",
            "unknown_value",
        ),
        (
            json!({"type": "webhook", "url": "https://x", "success_codes": ["ok"]}),
            "/actions/0/success_codes/0",
            "bad_code",
        ),
        (
            json!({"type": "webhook", "url": "https://x", "body": {"json": "{{ customer.email }}", "raw": "x"}}),
            "/actions/0/body",
            "wrong_body",
        ),
        (
            json!({"type": "webhook", "url": "https://x", "body": {"json": "{\"a\": }"}}),
            "/actions/0/body/json",
            "not_json",
        ),
        (
            json!({"type": "webhook", "url": "https://x", "store": {"a": "/b"}}),
            "/actions/0/name",
            "required",
        ),
        (
            json!({"type": "webhook", "name": "my lock", "url": "https://x", "store": {"a": "/b"}}),
            "/actions/0/name",
            "bad_name",
        ),
        (
            json!({"type": "webhook", "name": "l", "url": "https://x", "store": {"a": "b"}}),
            "/actions/0/store/a",
            "bad_pointer",
        ),
        (
            json!({"type": "webhook", "url": "https://x", "headers": {"webhook-id": "x"}}),
            "/actions/0/headers/webhook-id",
            "bad_header",
        ),
        (json!({"name": "x"}), "/actions/0/type", "required"),
    ];
    for (action, pointer, code) in rows {
        let (actions, errors) = read(&json!([action]), &[]);
        assert!(actions.is_none(), "{action}");
        assert!(
            errors.iter().any(|e| e.pointer == pointer && e.code == code),
            "{action}\n{errors:?}"
        );
    }
}

#[test]
fn values_are_stored_for_later_actions_only() {
    let hook = json!({"type": "webhook", "name": "lock", "url": "https://x.no", "store": {"code": "/code"}});
    let text =
        json!({"type": "sms", "to": ["customer"], "content": {"nb": {"text": "{{ steps.lock.code }}"}}});
    assert!(read(&json!([hook, text]), &[]).0.is_some());
    assert!(read(&json!([text, hook]), &[]).0.is_none());
    assert!(
        read(&json!([hook, hook]), &[])
            .1
            .iter()
            .any(|e| e.code == "taken")
    );
}

#[test]
fn what_needs_a_booking_is_refused_where_a_trigger_has_none() {
    let kinds = [TriggerKind::CustomerCreated];
    for action in [
        json!({"type": "set_status", "status": "approved"}),
        json!({"type": "wait", "event": "paid"}),
        json!({"type": "set_field", "field": "booking.notes", "value": "x"}),
        json!({"type": "stop_if", "condition": {"field": "booking.start", "op": "exists"}}),
    ] {
        let (_, errors) = read(&json!([action]), &kinds);
        assert_eq!(errors.first().map(|e| e.code), Some("not_supplied"), "{action}");
    }
}
