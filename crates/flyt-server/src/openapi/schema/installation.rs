//! The operator's: what runs here, and the release.

use super::{answer, boolean, instant, line, list_of, or_null, request, string, told, words};
use serde_json::{Value, json};

pub(super) fn schemas() -> Vec<(String, Value)> {
    let held = answer(&[
        ("because", words(&["operator", "restored", "instance"])),
        ("since", instant()),
        ("sentence", string()),
    ]);
    let installation = answer(&[
        ("version", string()),
        ("schema", json!({"type": "integer"})),
        ("database", words(&["sqlite", "postgres"])),
        ("instance_id", or_null(string())),
        ("held", or_null(held.clone())),
        ("test_clock", or_null(instant())),
    ]);
    let counts = |about| {
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
    let release = answer(&[
        ("now", instant()),
        ("released", boolean()),
        (
            "held",
            told(or_null(held), "The installation's hold, as it is now."),
        ),
        ("goes", counts("Messages that leave at once, by channel.")),
        ("captured", counts("Messages of businesses in sandbox.")),
        ("expired", counts("Messages that came too late.")),
        ("stays", counts("Messages whose business is held itself.")),
        (
            "withdrawn",
            told(
                json!({"type": "integer"}),
                "Timers whose booking or workflow has changed.",
            ),
        ),
        ("held_businesses", list_of(string())),
        (
            "complete",
            told(boolean(), "False: there are more than were counted."),
        ),
        ("examples", list_of(example)),
    ]);
    let command = request(
        &[],
        &[(
            "business",
            told(line(), "Slug of a business that is held itself."),
        )],
    );
    [
        ("Installation", installation),
        ("Release", release),
        ("ReleaseCommand", command),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}
