//! Events, the endpoints that subscribe to them, and the deliveries.

use super::{
    answer, boolean, id, instant, line, list_of, or, or_null, reference, request, revision, string, told,
    with_warnings, words_of,
};
use flyt_core::event::EventKind;
use flyt_core::limits;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut fresh = endpoint();
    let secret = json!({"type": "string", "pattern": "^whsec_"});
    fresh.push((
        "secret",
        told(secret, "The key of `webhook-signature`, shown this once."),
    ));
    let mut whole = delivery();
    whole.push(("request", reference("SentRequest")));
    let tries = answer(&[
        ("at", instant()),
        ("outcome", string()),
        ("code", json!({"type": ["string", "integer", "null"]})),
        ("answer", or_null(string())),
    ]);
    let with_tries: Fields = whole
        .into_iter()
        .map(|(name, schema)| {
            (
                name,
                if name == "attempts" {
                    list_of(tries.clone())
                } else {
                    schema
                },
            )
        })
        .collect();
    let patch: Fields = sent()
        .into_iter()
        .map(|(name, schema)| {
            (
                name,
                if name == "enabled" {
                    or_null(boolean())
                } else {
                    schema
                },
            )
        })
        .collect();
    [
        ("Event", event()),
        ("WebhookEndpoint", with_warnings(answer(&endpoint()))),
        ("NewWebhookEndpoint", with_warnings(answer(&fresh))),
        ("WebhookEndpointCreate", request(&["url", "events"], &sent())),
        ("WebhookEndpointPatch", request(&[], &patch)),
        ("Delivery", answer(&delivery())),
        ("DeliveryWithAttempts", answer(&with_tries)),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn text() -> Value {
    or_null(string())
}

fn sent() -> Fields {
    let url = json!({"type": "string", "format": "endpoint-url", "maxLength": limits::LINE_CHARS,
        "pattern": "^https?://[^\\s\\u0000]+$", "examples": ["https://example.no/flyt"]});
    let events = json!({"type": "array", "items": words_of!(EventKind), "minItems": 1, "maxItems": limits::LIST_ITEMS});
    vec![
        ("url", url),
        ("events", events),
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
        ("disabled_reason", told(text(), "Why Flyt switched it off.")),
        ("description", text()),
        ("revision", revision()),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

fn delivery() -> Fields {
    vec![
        ("id", told(id("msg"), "The `webhook-id` of every try.")),
        ("endpoint_id", id("whk")),
        ("event_id", id("evt")),
        ("type", or_null(words_of!(EventKind))),
        ("state", string()),
        ("reason", text()),
        ("reason_sentence", text()),
        ("attempts", json!({"type": "integer"})),
        ("next_try_at", or_null(instant())),
        ("last_code", json!({"type": ["string", "integer", "null"]})),
        ("last_answer", text()),
        ("sent_at", or_null(instant())),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

/// The same object in the feed, in a stream and in the body of a call to an endpoint.
fn event() -> Value {
    let data = json!({"type": "object", "properties": {
        "booking": reference("Booking"), "customer": reference("Customer"), "payment": reference("Payment"),
        "message": {"type": "object", "additionalProperties": true, "required": ["id"], "properties": {"id": id("msg")},
            "description": "What `GET /v1/messages/{id}` shows, without the texts."},
    }});
    let previous = answer(&[
        ("start", instant()),
        ("end", instant()),
        ("status", string()),
        ("status_kind", string()),
        ("location", or_null(reference("Location"))),
        ("service", or_null(reference("Service"))),
        ("resource", or_null(reference("Resource"))),
    ]);
    let mut object = answer(&[
        ("id", id("evt")),
        ("type", words_of!(EventKind)),
        ("timestamp", instant()),
        ("data", data),
        ("change_id", or_null(id("chg"))),
        ("actor", string()),
        (
            "run_id",
            told(or_null(id("run")), "The run of a workflow that brought it about."),
        ),
    ]);
    if let Some(fields) = object.get_mut("properties").and_then(Value::as_object_mut) {
        fields.insert(
            "previous".to_owned(),
            told(previous, "What a change left behind."),
        );
        fields.insert("changes".to_owned(), list_of(string()));
    }
    object
}
