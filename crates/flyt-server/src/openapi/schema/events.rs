//! Events, webhook endpoints and the deliveries to them.

use super::{
    answer, boolean, happened, id, instant, line, list, list_of, or, or_null, reference, request, revision,
    string, told, with_warnings, words_of,
};
use flyt_core::event::EventKind;
use flyt_core::limits;
use flyt_core::state::MessageState;
use flyt_core::trigger::ChangedField;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut made = endpoint();
    made.push((
        "secret",
        told(string(), "What its deliveries are signed with, shown this once."),
    ));
    let mut whole = delivery();
    whole.retain(|(name, _)| *name != "attempts");
    whole.push(("attempts", list_of(tried())));
    whole.push(("request", or_null(reference("SentRequest"))));
    [
        ("Event", event()),
        ("WebhookEndpoint", with_warnings(answer(&endpoint()))),
        ("NewWebhookEndpoint", with_warnings(answer(&made))),
        ("WebhookEndpointCreate", request(&["url", "events"], &fields())),
        ("WebhookEndpointPatch", request(&[], &fields())),
        ("Delivery", answer(&delivery())),
        ("DeliveryWithAttempts", answer(&whole)),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn text() -> Value {
    or_null(string())
}

/// What may be there beside what always is.
fn maybe(mut object: Value, fields: Fields) -> Value {
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.extend(fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
    }
    object
}

fn event() -> Value {
    let mut message = happened::shared();
    message.push(("id", id("msg")));
    message.push(("attempts", json!({"type": "integer"})));
    message.push(("booking_id", or_null(id("bkg"))));
    message.push(("run_id", id("run")));
    message.push(("workflow_id", or_null(id("wfl"))));
    let data = maybe(
        answer(&[]),
        vec![
            ("booking", told(reference("Booking"), "As it was committed.")),
            ("customer", told(reference("Customer"), "As it is now.")),
            ("payment", reference("Payment")),
            ("message", answer(&message)),
        ],
    );
    let always = answer(&[
        ("id", id("evt")),
        ("type", words_of!(EventKind)),
        ("timestamp", instant()),
        ("data", data),
        (
            "change_id",
            told(or_null(id("chg")), "All events of one write share it."),
        ),
        ("actor", told(string(), "Who did it.")),
        (
            "run_id",
            told(or_null(id("run")), "The run that did it, if one did."),
        ),
    ]);
    let previous = answer(&[
        ("start", instant()),
        ("end", instant()),
        ("status", string()),
        ("status_kind", string()),
        ("location", or_null(reference("Location"))),
        ("service", reference("Service")),
        ("resource", or_null(reference("Resource"))),
    ]);
    maybe(
        always,
        vec![
            (
                "previous",
                told(previous, "The booking before, where it was changed."),
            ),
            ("changes", list_of(words_of!(ChangedField))),
        ],
    )
}

fn fields() -> Fields {
    let events = list(words_of!(EventKind), limits::LIST_ITEMS);
    vec![
        (
            "url",
            told(
                line(),
                "Where to: https, or http. Private addresses are refused unless the operator allows them.",
            ),
        ),
        ("events", told(events, "Which it is told of; at least one.")),
        ("enabled", or(boolean(), json!(true))),
        ("description", or_null(line())),
    ]
}

fn endpoint() -> Fields {
    vec![
        ("id", id("whk")),
        ("url", string()),
        ("events", list_of(words_of!(EventKind))),
        ("enabled", boolean()),
        (
            "disabled_reason",
            told(text(), "Why Flyt switched it off: `gone` after an answer 410."),
        ),
        ("description", text()),
        ("revision", revision()),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

fn delivery() -> Fields {
    vec![
        ("id", told(id("msg"), "The `webhook-id`, the same at every try.")),
        ("endpoint_id", id("whk")),
        ("event_id", id("evt")),
        ("type", words_of!(EventKind)),
        ("state", words_of!(MessageState)),
        ("reason", text()),
        ("reason_sentence", text()),
        (
            "attempts",
            told(json!({"type": "integer"}), "How often it was tried."),
        ),
        ("next_try_at", or_null(instant())),
        ("last_code", json!({"type": ["integer", "null"]})),
        (
            "last_answer",
            told(text(), "What the receiver said last, shortened."),
        ),
        ("sent_at", or_null(instant())),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

fn tried() -> Value {
    answer(&[
        ("at", instant()),
        ("outcome", string()),
        ("code", json!({"type": ["integer", "null"]})),
        ("answer", text()),
    ])
}
