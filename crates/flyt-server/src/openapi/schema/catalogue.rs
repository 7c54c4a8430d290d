//! Locations, resources, services, extras and statuses.

use super::Need::{Always, Maybe, Once};
use super::{
    colour, email, life, line, name, or_null, per_language, phone, reference, string, told, whole, words_of,
};
use flyt_core::catalogue::ResourceKind;
use flyt_core::limits;
use flyt_core::status::StatusKind;
use serde_json::{Value, json};

pub(super) fn schemas() -> Vec<(String, Value)> {
    [location(), resource(), service(), extra(), status()]
        .into_iter()
        .flatten()
        .collect()
}

/// Minutes of a service.
pub(super) fn minutes() -> Value {
    told(
        whole(0, limits::OFFSET_DAYS * 24 * 60),
        "How long it takes; a booking without `end` takes it.",
    )
}
/// Names in other languages than the default one.
pub(super) fn names() -> Value {
    told(per_language(&or_null(line())), "Its name in other languages.")
}
fn names_shown() -> Value {
    json!({"type": "object", "additionalProperties": string()})
}

fn location() -> Vec<(String, Value)> {
    life(
        "Location",
        "loc",
        true,
        &[
            ("name", Always, name(), string()),
            ("address", Maybe, line(), or_null(string())),
            ("phone", Maybe, phone(), or_null(string())),
            ("email", Maybe, email(), or_null(string())),
            (
                "time_zone",
                Maybe,
                reference("TimeZone"),
                told(or_null(reference("TimeZone")), "`null`: that of the business."),
            ),
        ],
    )
}

fn resource() -> Vec<(String, Value)> {
    life(
        "Resource",
        "rsc",
        true,
        &[
            ("name", Always, name(), string()),
            ("kind", Maybe, words_of!(ResourceKind), words_of!(ResourceKind)),
            ("email", Maybe, email(), or_null(string())),
            ("phone", Maybe, phone(), or_null(string())),
        ],
    )
}

fn service() -> Vec<(String, Value)> {
    life(
        "Service",
        "svc",
        true,
        &[
            ("name", Always, name(), string()),
            ("names", Maybe, names(), names_shown()),
            ("category", Maybe, line(), or_null(string())),
            (
                "duration_minutes",
                Maybe,
                minutes(),
                or_null(json!({"type": "integer"})),
            ),
            ("price", Maybe, reference("Money"), or_null(reference("Money"))),
        ],
    )
}

fn extra() -> Vec<(String, Value)> {
    life(
        "Extra",
        "ext",
        true,
        &[
            ("name", Always, name(), string()),
            ("names", Maybe, names(), names_shown()),
            ("price", Maybe, reference("Money"), or_null(reference("Money"))),
        ],
    )
}

fn status() -> Vec<(String, Value)> {
    let key = json!({"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,39}$", "examples": ["approved"],
        "description": "The word that stands for it; it never changes."});
    let kind = told(
        words_of!(StatusKind),
        "What it means to the engine: not yet agreed, agreed, over as it should be, or nothing came of it.",
    );
    life(
        "Status",
        "sts",
        true,
        &[
            ("key", Once, key, string()),
            ("labels", Maybe, per_language(&or_null(line())), names_shown()),
            ("kind", Always, kind.clone(), kind),
            ("colour", Maybe, colour(), colour()),
            (
                "position",
                Maybe,
                whole(-1_000_000, 1_000_000),
                json!({"type": "integer"}),
            ),
        ],
    )
}
