//! The API as an OpenAPI 3.1 document. Each file of `api/` declares its operations beside its routes (`operations()`); the
//! objects are in `schema`, with the limits that the readers in flyt-core use. Tests hold the two together: every route is
//! described, every description has its route, every example request is accepted, and what the server answers fits the
//! schemas. The example answers in `examples.json` are recorded from a real server by those tests, not written by hand.

mod operation;
pub(crate) mod parameter;
mod problem;
pub(crate) mod schema;

pub(crate) use operation::{Operation, paths, tagged};

use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// What a real server answered to the example requests, by operation. Recorded by `tests/it/openapi.rs`.
const RECORDED: &str = include_str!("examples.json");

const ABOUT: &str = "\
Flyt is the workflow engine of an appointment business: *when this happens, only if, do this*. It records bookings, plans what \
they set off, and sends it.

- **Ids** are prefixed and sort by time (`bkg_…`). Every object also takes an `external_id` of the caller's own, and answers \
under `/by-external-id/{external_id}`.
- **Instants** are RFC 3339 with offset in and UTC out. Money is `{amount, currency}` in minor units.
- **Lists** are `{data, next_cursor}`, newest first (bookings by start). Unknown query parameters are refused.
- **PATCH** is JSON Merge Patch: absent keeps, `null` clears, lists replace. Fields that Flyt sets (`id`, `revision`, \
`created_at` …) may be sent back unchanged; another value is 422 `read_only`.
- **Refusals** are `application/problem+json` with a stable `code`; `errors` names every fault with its place.
- **Repetitions**: send an `Idempotency-Key` with every POST, and repeat a command whose answer was lost.
- Clients pass over fields and words they do not know: new ones may come at any time.";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The document as it is served.
pub(crate) fn text() -> &'static str {
    &DOCUMENT
}

/// The document.
pub fn document() -> Value {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap_or_default();
    let mut paths = Map::new();
    let operations = crate::api::operations();
    for operation in &operations {
        let item = paths
            .entry(operation.path())
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(item) = item.as_object_mut() {
            item.insert(operation.method().to_owned(), operation.to_json(&recorded));
        }
    }
    let schemas: Map<String, Value> = schema::all().into_iter().chain(problem::schemas()).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Flyt",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "When this happens, only if, do this.",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This server."}],
        "security": [{"key": []}, {"session": []}],
        "tags": crate::api::TAGS.iter().map(|(name, about)| json!({"name": name, "description": about})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": problem::security(),
            "parameters": parameter::components(),
            "headers": problem::headers(),
            "responses": problem::responses(),
            "schemas": schemas,
        },
    })
}
