//! Parameters: those of paths, the shared ones, and the few shapes that query parameters have.

use super::schema;
use flyt_core::inbound::Adapter;
use serde_json::{Value, json};

/// A shared parameter of the document.
pub(super) fn shared(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

/// What most lists know.
pub(crate) fn page() -> Vec<Value> {
    ["Limit", "Cursor", "ExternalId", "UpdatedSince"]
        .into_iter()
        .map(shared)
        .collect()
}
/// `limit` and `cursor`.
pub(crate) fn cursor() -> Vec<Value> {
    ["Limit", "Cursor"].into_iter().map(shared).collect()
}
/// `from` and `to`: a half-open span.
pub(crate) fn span() -> Vec<Value> {
    ["From", "To"].into_iter().map(shared).collect()
}
/// The id of something: `customer_id`, `cus`.
pub(crate) fn id(name: &str, prefix: &str) -> Value {
    query(name, "Only with this one.", &schema::id(prefix))
}
/// One of a few words.
pub(crate) fn word(name: &str, about: &str, words: &[&str]) -> Value {
    query(name, about, &schema::words(words))
}
/// A text.
pub(crate) fn text(name: &str, about: &str) -> Value {
    query(name, about, &json!({"type": "string"}))
}
/// Some of a few words, with commas between them.
pub(crate) fn some_of(name: &str, about: &str, words: &[&str]) -> Value {
    json!({"name": name, "in": "query", "description": about, "style": "form", "explode": false,
        "schema": {"type": "array", "items": schema::words(words)}})
}
/// A header.
pub(crate) fn header(name: &str, about: &str) -> Value {
    json!({"name": name, "in": "header", "description": about, "schema": {"type": "string"}})
}
/// Anything else.
pub(crate) fn query(name: &str, about: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

/// The parameters that a path names.
pub(super) fn of_path(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let (about, schema) = match name {
                "external_id" => (
                    "The caller's own id, percent-encoded as one segment.",
                    schema::external_id(),
                ),
                "slug" => ("The name of the business in addresses.", schema::slug()),
                "version" => (
                    "The number of the version.",
                    json!({"type": "integer", "minimum": 1}),
                ),
                "adapter" => (
                    "Which system it is.",
                    schema::words(&Adapter::ALL.iter().map(|a| a.word()).collect::<Vec<_>>()),
                ),
                "token" | "link" => (
                    "The part of the address that nobody can guess.",
                    json!({"type": "string"}),
                ),
                _ => ("Its id.", path_id(path)),
            };
            json!({"name": name, "in": "path", "required": true, "description": about, "schema": schema})
        })
        .collect()
}

/// The schema of `{id}`, from what stands before it.
fn path_id(path: &str) -> Value {
    let list = path
        .trim_start_matches("/v1/")
        .split('/')
        .next()
        .unwrap_or_default();
    let prefix = match list {
        "users" => "usr",
        "sessions" => "ses",
        "locations" => "loc",
        "resources" => "rsc",
        "services" => "svc",
        "extras" => "ext",
        "statuses" => "sts",
        "customers" => "cus",
        "bookings" => "bkg",
        "payments" => "pay",
        "workflows" => "wfl",
        "runs" => "run",
        "messages" => "msg",
        "steps" => "stp",
        "timers" => "tmr",
        "api-keys" => "key",
        "events" => "evt",
        "webhook-endpoints" => "whk",
        "inbound-sources" => "src",
        _ => return json!({"type": "string"}),
    };
    schema::id(prefix)
}

/// The shared parameters.
pub(super) fn components() -> Value {
    json!({
        "Limit": {"name": "limit", "in": "query", "description": "Most rows of the page.",
            "schema": {"type": "integer", "minimum": 1, "maximum": crate::page::MOST, "default": crate::page::LIMIT}},
        "Cursor": {"name": "cursor", "in": "query",
            "description": "`next_cursor` of the page before, unchanged. A page that follows stays right while rows are written.",
            "schema": {"type": "string", "format": "cursor"}},
        "ExternalId": {"name": "external_id", "in": "query", "description": "Only the object with this id of the caller's own.",
            "schema": schema::external_id()},
        "UpdatedSince": {"name": "updated_since", "in": "query", "description": "Only what changed at or after this instant.",
            "schema": schema::instant()},
        "From": {"name": "from", "in": "query", "description": "At or after this instant.", "schema": schema::instant()},
        "To": {"name": "to", "in": "query", "description": "Before this instant.", "schema": schema::instant()},
        "FlytBusiness": {"name": "Flyt-Business", "in": "header",
            "description": "The business a platform key speaks for. The key of a business needs no such header.",
            "schema": schema::slug()},
        "IdempotencyKey": {"name": "Idempotency-Key", "in": "header",
            "description": "A name for this command, quoted or bare. The same command under the same name is carried out once \
                within 24 hours; its answer comes again with `Idempotent-Replayed: true`.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}},
        "IfMatch": {"name": "If-Match", "in": "header",
            "description": "The `ETag` that was read. If it has changed since, nothing is written and the answer is 412.",
            "schema": {"type": "string", "examples": ["\"7\""]}},
    })
}
