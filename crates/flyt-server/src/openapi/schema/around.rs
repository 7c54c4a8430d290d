//! What is around a business: keys, audit log, counts, variables, the test clock, health.

use super::{
    answer, boolean, business, id, instant, line, list, list_of, or_null, reference, request, string, told,
    words,
};
use flyt_core::limits;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut new_key = key();
    new_key.push(("key", told(string(), "The key itself, shown this once.")));
    let mut scopes = list(reference("Scope"), limits::LIST_ITEMS);
    if let Some(map) = scopes.as_object_mut() {
        map.insert("description".to_owned(), json!("Writing includes reading."));
    }
    let create = request(
        &["scopes"],
        &[
            ("name", told(or_null(line()), "What it is for.")),
            ("scopes", scopes),
            ("expires_at", or_null(instant())),
        ],
    );
    let audit = answer(&[
        ("id", id("aud")),
        ("at", instant()),
        ("actor", string()),
        (
            "actor_name",
            told(
                or_null(string()),
                "What people call who it was: a person's or a key's name.",
            ),
        ),
        ("action", string()),
        ("object", string()),
        ("detail", json!({"type": ["object", "null"]})),
    ]);
    [
        ("Scope", crate::openapi::problem::scopes()),
        ("ApiKey", answer(&key())),
        ("NewApiKey", answer(&new_key)),
        ("ApiKeyCreate", create),
        ("Stats", stats()),
        ("AuditEntry", audit),
        ("Variable", variable()),
        ("Clock", answer(&[("now", instant())])),
        ("ClockMove", request(&["now"], &[("now", instant())])),
        ("Health", health()),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn stats() -> Value {
    let counts = json!({"type": "object", "additionalProperties": {"type": "integer"}});
    let by_channel = json!({"type": "object", "additionalProperties": counts});
    let day = || {
        told(
            json!({"type": "string", "format": "date"}),
            "Where the business is.",
        )
    };
    let by_day = answer(&[("day", day()), ("channels", by_channel.clone())]);
    let not_sent = answer(&[
        ("reason", string()),
        ("count", json!({"type": "integer"})),
        (
            "sentence",
            told(or_null(string()), "In the language of the business."),
        ),
    ]);
    let ahead = answer(&[("day", day()), ("timers", json!({"type": "integer"}))]);
    answer(&[
        ("now", instant()),
        ("held", business::held()),
        ("messages", told(by_channel, "By channel and state.")),
        ("runs", told(counts, "By state.")),
        ("timers", json!({"type": "integer"})),
        ("from", told(instant(), "Where the days begin.")),
        ("to", instant()),
        (
            "days",
            told(list_of(by_day), "Messages by day, channel and state."),
        ),
        (
            "not_sent",
            told(
                list_of(not_sent),
                "Why things did not go, the most frequent first.",
            ),
        ),
        ("ahead", told(list_of(ahead), "Timers of the next week by day.")),
    ])
}

fn health() -> Value {
    let mut object = answer(&[("status", words(&["ok", "ready"]))]);
    if let Some(fields) = object.get_mut("properties").and_then(Value::as_object_mut) {
        fields.insert("held".to_owned(), reference("Hold"));
    }
    object
}

fn key() -> Fields {
    vec![
        ("id", id("key")),
        ("name", string()),
        (
            "prefix",
            told(string(), "Its first characters, to tell keys apart."),
        ),
        ("scopes", list_of(reference("Scope"))),
        ("created_at", instant()),
        ("expires_at", or_null(instant())),
        ("last_used_at", or_null(instant())),
        ("revoked_at", or_null(instant())),
    ]
}

fn variable() -> Value {
    answer(&[
        ("name", string()),
        ("type", string()),
        ("may_be_empty", boolean()),
        ("sample", json!({"description": "What it could be."})),
        ("label", answer(&[("nb", string()), ("en", string())])),
        ("group", string()),
        (
            "only_conditions",
            told(boolean(), "Known in conditions, not in texts."),
        ),
    ])
}
