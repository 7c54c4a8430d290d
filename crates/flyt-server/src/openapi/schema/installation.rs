//! The installation: what runs, whether it is held, what a release lets go.

use super::{answer, boolean, instant, line, list_of, or_null, reference, request, string, told, words};
use serde_json::{Value, json};

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut hold = answer(&[
        ("because", words(&["operator", "restored", "instance"])),
        ("since", instant()),
    ]);
    if let Some(fields) = hold.get_mut("properties").and_then(Value::as_object_mut) {
        fields.insert("sentence".to_owned(), string());
    }
    let installation = answer(&[
        ("version", string()),
        (
            "schema",
            told(json!({"type": "integer"}), "The number of the newest migration."),
        ),
        ("database", words(&["sqlite", "postgres"])),
        ("instance_id", or_null(string())),
        ("held", or_null(reference("Hold"))),
        ("test_clock", or_null(instant())),
    ]);
    let business = told(
        or_null(line()),
        "The slug of one business that is held itself; left out: the installation.",
    );
    [
        ("Hold", told(hold, "Nothing is sent while it lasts.")),
        ("Installation", installation),
        ("Release", release()),
        ("ReleaseAsk", request(&[], &[("business", business)])),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn release() -> Value {
    let by_channel = |about: &str| {
        told(
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            about,
        )
    };
    let example = answer(&[
        ("business", string()),
        ("workflow", string()),
        ("channel", string()),
        ("due_at", instant()),
        ("outcome", words(&["goes", "captured", "expired", "stays"])),
    ]);
    let mut object = answer(&[
        ("goes", by_channel("What leaves at once, by channel.")),
        ("captured", by_channel("What is shown and not sent.")),
        ("expired", by_channel("What is too late.")),
        (
            "withdrawn",
            told(
                json!({"type": "integer"}),
                "Timers after which nothing follows any more.",
            ),
        ),
        (
            "stays",
            by_channel("What stays, because its business is held itself."),
        ),
        ("held_businesses", list_of(string())),
        (
            "complete",
            told(boolean(), "False: there is more than was counted one by one."),
        ),
        ("examples", list_of(example)),
        ("held", or_null(reference("Hold"))),
        ("now", instant()),
    ]);
    if let Some(fields) = object.get_mut("properties").and_then(Value::as_object_mut) {
        fields.insert(
            "released".to_owned(),
            told(boolean(), "In the answer to a release."),
        );
    }
    object
}
