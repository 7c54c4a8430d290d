//! Many bookings at once: lines of NDJSON, files with a mapping, and what became of each row.

use super::{
    and, answer, boolean, external_id, line, list, list_of, or, or_null, reference, request, string, told,
    words, words_of,
};
use flyt_core::booking::Automations;
use flyt_core::limits;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut booking: Fields = vec![("external_id", external_id())];
    booking.extend(super::booking::fields());
    let required = ["external_id", "customer", "service", "start"];
    [
        (
            "BulkLine",
            told(
                request(&required, &booking),
                "One booking, found by its external id.",
            ),
        ),
        ("BulkAnswer", json!({"anyOf": [bulk_line(), bulk_totals()]})),
        ("ImportAsk", import_ask()),
        (
            "ImportMap",
            told(request(&["fields"], &mapping()), "Which column is what."),
        ),
        ("Imported", imported()),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

/// How many.
fn counted(about: &str) -> Value {
    told(json!({"type": "integer"}), about)
}
fn place() -> Value {
    json!({"type": "integer", "minimum": 1})
}

fn bulk_line() -> Value {
    let status = told(
        json!({"type": "integer"}),
        "As the same booking alone would be answered.",
    );
    let one = answer(&[("line", told(place(), "From 1.")), ("status", status)]);
    let more = vec![
        (
            "id",
            told(or_null(string()), "Of the booking, or of what stands in its way."),
        ),
        ("warnings", list_of(reference("Warning"))),
        ("code", string()),
        ("detail", string()),
        ("errors", list_of(reference("Fault"))),
    ];
    told(and(one, &more), "One line's own answer.")
}

fn bulk_totals() -> Value {
    let counts = ["lines", "created", "updated", "unchanged", "failed"].map(|name| (name, counted("Lines.")));
    let last = answer(&[
        ("totals", answer(&counts)),
        (
            "future_without_reminders",
            counted("Bookings that lie ahead and get no reminders."),
        ),
    ]);
    let hint = told(string(), "How reminders are planned for them.");
    told(and(last, &[("hint", hint)]), "The last line.")
}

/// The part of a mapping that files and deliveries share.
pub(super) fn mapping() -> Fields {
    let origin = json!({"type": ["string", "object"],
        "description": "The name of a column, or `{\"value\": …}` for a constant, or such an object for the fields below it."});
    let fields = json!({"type": "object", "minProperties": 1, "additionalProperties": origin,
        "description": "Field of a booking (`external_id`, `start`, `customer.email` …) → where it stands.",
        "examples": [{"external_id": "Id", "start": "Start", "customer.email": "Mail"}]});
    let formats = told(
        list(line(), limits::LIST_ITEMS),
        "How dates are written, as `strptime` says it; ISO 8601 is always read.",
    );
    let statuses = json!({"type": ["object", "null"], "additionalProperties": line(),
        "description": "Their word for a status → the key of yours."});
    vec![
        ("fields", fields),
        (
            "time_zone",
            told(
                or_null(reference("TimeZone")),
                "Of times without offset; left out: the business's.",
            ),
        ),
        ("date_formats", or_null(formats)),
        (
            "decimal",
            told(
                or_null(words(&[",", "."])),
                "The sign before decimals; left out: told from the amounts.",
            ),
        ),
        ("currency", or_null(reference("Currency"))),
        ("statuses", statuses),
    ]
}

fn import_ask() -> Value {
    let data = json!({"type": "string", "minLength": 1, "description": "The file itself, as text."});
    let silent = "Left out: new bookings get nothing, and those that are there keep what they have.";
    request(
        &["data", "map"],
        &[
            ("format", or(words(&["csv", "ndjson"]), json!("csv"))),
            ("data", data),
            ("map", reference("ImportMap")),
            (
                "dry_run",
                or(
                    told(
                        boolean(),
                        "Says what would become of each row, and writes nothing.",
                    ),
                    json!(false),
                ),
            ),
            ("automations", told(or_null(words_of!(Automations)), silent)),
        ],
    )
}

fn imported() -> Value {
    let fault = answer(&[
        ("column", told(or_null(string()), "The column it came from.")),
        ("field", told(string(), "The field of a booking.")),
        ("message", told(string(), "What is wrong and what to do.")),
    ]);
    let row = answer(&[
        ("line", told(place(), "In the file, from 1.")),
        ("external_id", or_null(string())),
        ("status", words(&["created", "changed", "unchanged", "failed"])),
    ]);
    let more = vec![
        ("id", told(or_null(super::id("bkg")), "Of the booking.")),
        ("warnings", list_of(fault.clone())),
        ("errors", list_of(fault)),
    ];
    let counts = ["created", "changed", "unchanged", "failed"].map(|name| (name, counted("Rows.")));
    let mut totals: Fields = counts.into_iter().collect();
    totals.push((
        "future_without_reminders",
        counted("Bookings that lie ahead and get no reminders."),
    ));
    totals.push(("dry_run", boolean()));
    totals.push((
        "hint",
        told(or_null(string()), "How reminders are planned for them."),
    ));
    answer(&[("data", list_of(and(row, &more))), ("totals", answer(&totals))])
}
