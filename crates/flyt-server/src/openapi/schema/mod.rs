//! The objects of the API as JSON Schema, one file per group, and the constructors they are made with. Requests are closed
//! (`additionalProperties: false`), answers are open: clients pass over what they do not know.

mod action;
mod acts;
mod around;
mod booking;
mod business;
mod catalogue;
mod channels;
mod customer;
mod event;
mod happened;
mod import;
mod inbound;
mod installation;
mod people;
mod workflow;

use flyt_core::limits;
use serde_json::{Map, Value, json};

/// Every schema with its name.
pub(super) fn all() -> Vec<(String, Value)> {
    [
        shared(),
        business::schemas(),
        catalogue::schemas(),
        customer::schemas(),
        booking::schemas(),
        workflow::schemas(),
        action::schemas(),
        acts::schemas(),
        import::schemas(),
        inbound::schemas(),
        happened::schemas(),
        around::schemas(),
        event::schemas(),
        channels::schemas(),
        installation::schemas(),
        people::schemas(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn shared() -> Vec<(String, Value)> {
    let instant = json!({"type": "string", "format": "date-time", "examples": ["2026-10-25T09:00:00Z"],
        "description": "RFC 3339 with offset; answers are in UTC."});
    let zone = json!({"type": "string", "format": "time-zone", "maxLength": 100, "examples": ["Europe/Oslo"],
        "description": "The IANA name of a time zone."});
    let language = json!({"type": "string", "format": "language-tag", "pattern": LANGUAGE, "examples": ["nb", "en", "nb-NO"],
        "description": "A BCP 47 tag; `no` is kept as `nb`."});
    let currency = json!({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["NOK"], "description": "An ISO 4217 code."});
    let money = request(
        &["amount", "currency"],
        &[("amount", amount()), ("currency", reference("Currency"))],
    );
    let duration = json!({"type": "string", "format": "duration", "pattern": "^P", "examples": ["PT15M", "PT3H", "P2D"],
        "description": "An ISO 8601 duration of weeks, days, hours, minutes and seconds, at most a year."});
    [
        ("Instant", instant),
        ("TimeZone", zone),
        ("Language", language),
        ("Currency", currency),
        ("Money", money),
        ("Duration", duration),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

/// Language, script, region; what BCP 47 knows beyond is rare in texts to customers.
const LANGUAGE: &str = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$";

/// Another schema by its name.
pub(crate) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
/// The same, or `null`.
pub(super) fn or_null(mut schema: Value) -> Value {
    if let Some(map) = schema.as_object_mut()
        && let Some(Value::String(kind)) = map.get("type").cloned()
        && !map.contains_key("enum")
    {
        map.insert("type".to_owned(), json!([kind, "null"]));
        return schema;
    }
    json!({"anyOf": [schema, {"type": "null"}]})
}
/// A page of objects of this name.
pub(super) fn page_of(name: &str) -> Value {
    answer(&[
        ("data", list_of(reference(name))),
        ("next_cursor", json!({"type": ["string", "null"]})),
    ])
}
/// All of them at once.
pub(crate) fn data_of(name: &str) -> Value {
    answer(&[("data", list_of(reference(name)))])
}
/// Text with one object of this name a line (NDJSON). OpenAPI 3.1 has no word for what a line is.
pub(crate) fn lines_of(name: &str) -> Value {
    json!({"type": "string", "description": format!("One `{name}` a line."), "x-item-schema": reference(name)})
}
pub(super) fn list_of(items: Value) -> Value {
    with(json!({"type": "array"}), "items", items)
}
/// A list as the readers take it.
pub(super) fn list(items: Value, most: usize) -> Value {
    with(json!({"type": "array", "maxItems": most}), "items", items)
}

/// An object of an answer: every field is there, and there may be more.
pub(super) fn answer(fields: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({"type": "object", "required": required, "properties": properties(fields)})
}
/// An object of an answer with these more, which are not always there.
fn and(mut object: Value, more: &[(&'static str, Value)]) -> Value {
    if let Some(all) = object.get_mut("properties").and_then(Value::as_object_mut) {
        all.extend(properties(more));
    }
    object
}
/// An object of a request: these fields and no others.
pub(super) fn request(required: &[&str], fields: &[(&str, Value)]) -> Value {
    let mut object =
        json!({"type": "object", "additionalProperties": false, "properties": properties(fields)});
    if let (false, Some(map)) = (required.is_empty(), object.as_object_mut()) {
        map.insert("required".to_owned(), json!(required));
    }
    object
}
fn properties(fields: &[(&str, Value)]) -> Map<String, Value> {
    fields
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect()
}
/// The same with a sentence for people.
pub(super) fn told(schema: Value, about: &str) -> Value {
    with(schema, "description", json!(about))
}
/// The same with what it is when left out.
pub(super) fn or(schema: Value, default: Value) -> Value {
    with(schema, "default", default)
}
/// The same with one more word.
pub(super) fn with(mut schema: Value, word: &str, value: Value) -> Value {
    if let Some(map) = schema.as_object_mut() {
        map.insert(word.to_owned(), value);
    }
    schema
}

/// One line.
pub(super) fn line() -> Value {
    json!({"type": "string", "maxLength": limits::LINE_CHARS, "pattern": "^[^\\r\\n\\u0000]*$"})
}
/// One line that is not blank.
pub(super) fn name() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": limits::LINE_CHARS, "pattern": "^[^\\r\\n\\u0000]*[^\\s\\u0000][^\\r\\n\\u0000]*$"})
}
/// Text with line ends.
pub(super) fn text() -> Value {
    json!({"type": "string", "maxLength": limits::TEXT_CHARS, "pattern": "^[^\\u0000]*$"})
}
/// The source of a text with `{{ variables }}`; `slot` is what it becomes, and what may stand in it follows from that.
pub(super) fn template(slot: &str, about: &str) -> Value {
    let about = format!("{about} A template: `{{{{ variables }}}}` of `GET /v1/variables`.");
    let pattern = match slot {
        "html" | "text" | "raw" | "json" => "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        "url" => "^(https?://|\\{\\{)[^\\r\\n\\u0000]*$",
        "address" => "\\{\\{",
        _ => "^[^\\r\\n\\u0000]*[^\\s\\u0000][^\\r\\n\\u0000]*$",
    };
    let most = match slot {
        "html" | "text" | "raw" | "json" => limits::TEMPLATE_BYTES,
        _ => limits::LINE_CHARS,
    };
    json!({"type": "string", "format": format!("{slot}-template"), "minLength": 1, "maxLength": most, "pattern": pattern,
        "description": about})
}
pub(super) fn string() -> Value {
    json!({"type": "string"})
}
pub(super) fn boolean() -> Value {
    json!({"type": "boolean"})
}
/// A whole number between two.
pub(super) fn whole(least: i64, most: i64) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most})
}
/// Minor units of a currency.
pub(super) fn amount() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": 9_007_199_254_740_991_i64,
        "description": "Minor units of the currency (øre, cents)."})
}
pub(super) fn revision() -> Value {
    json!({"type": "integer", "minimum": 1, "description": "Rises with each change; it is the `ETag`."})
}
pub(crate) fn instant() -> Value {
    reference("Instant")
}
pub(super) fn email() -> Value {
    json!({"type": "string", "format": "email", "maxLength": 254, "examples": ["kari@example.no"]})
}
pub(super) fn phone() -> Value {
    json!({"type": "string", "format": "phone", "maxLength": 40, "examples": ["+4790000001"],
        "description": "E.164, or as people of the business's country write it; kept as E.164."})
}
/// `HH:MM`.
pub(super) fn minute() -> Value {
    json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["21:00"]})
}
pub(super) fn colour() -> Value {
    json!({"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$", "examples": ["#15803D"]})
}
pub(super) fn external_id() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": limits::EXTERNAL_ID_CHARS,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", "description": "The caller's own id."})
}
pub(super) fn slug() -> Value {
    json!({"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "examples": ["salon"]})
}
/// An id with this prefix. `format` lets programs tell ids of one kind from those of another.
pub(super) fn id(prefix: &str) -> Value {
    // A step is numbered within its run, a timer within its booking.
    let digits = match prefix {
        "stp" | "msg" => 16,
        "evt" => 14,
        "tmr" => 21,
        _ => 13,
    };
    json!({"type": "string", "format": format!("{prefix}-id"),
        "pattern": format!("^{prefix}_[0-7][0-9A-HJKMNP-TV-Z]{{{}}}$", digits - 1)})
}
pub(super) fn words(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}
/// The words of an enum of flyt-core.
macro_rules! words_of {
    ($($path:ident)::+) => {
        $crate::openapi::schema::words(&<$($path)::+>::ALL.iter().map(|w| w.word()).collect::<Vec<_>>())
    };
}
pub(super) use words_of;

/// Texts per language.
pub(super) fn per_language(text: &Value) -> Value {
    json!({"type": "object", "maxProperties": limits::MAP_KEYS, "propertyNames": {"pattern": LANGUAGE},
        "additionalProperties": text, "examples": [{"nb": "…", "en": "…"}]})
}
/// Free fields.
pub(super) fn free() -> Value {
    json!({"type": "object", "maxProperties": limits::MAP_KEYS, "propertyNames": {"pattern": "^[^\\u0000]*$"},
        "additionalProperties": {
            "type": ["string", "number", "boolean", "array", "object", "null"], "maxLength": limits::TEXT_CHARS, "pattern": "^[^\\u0000]*$",
        },
        "description": "Keys of the caller's own. In a PATCH they merge by key, and `null` takes one away."})
}

/// How a field of an object with a life of its own is written.
pub(super) enum Need {
    /// Wanted at creation, and never cleared.
    Always,
    /// May be left out and cleared.
    Maybe,
    /// Wanted at creation, and never changed.
    Once,
}

/// What is sent and shown of a kind of objects with an id, an `external_id` and a revision: `Name`, `NameCreate`, `NamePut`
/// and `NamePatch`.
pub(super) fn life(
    kind: &str,
    prefix: &str,
    archived: bool,
    fields: &[(&str, Need, Value, Value)],
) -> Vec<(String, Value)> {
    let mut shown = vec![
        ("id", id(prefix)),
        ("external_id", or_null(external_id())),
        ("revision", revision()),
    ];
    shown.extend(fields.iter().map(|(name, _, _, shown)| (*name, shown.clone())));
    shown.extend([("created_at", instant()), ("updated_at", instant())]);
    if archived {
        shown.push(("archived_at", or_null(instant())));
    }
    let own = || ("external_id", or_null(external_id()));
    let made: Vec<(&str, Value)> = fields
        .iter()
        .map(|(name, need, sent, _)| match need {
            Need::Always | Need::Once => (*name, sent.clone()),
            Need::Maybe => (*name, or_null(sent.clone())),
        })
        .collect();
    let changed: Vec<(&str, Value)> = fields
        .iter()
        .zip(&made)
        .filter(|((_, need, _, _), _)| !matches!(need, Need::Once))
        .map(|(_, field)| field.clone())
        .collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|(_, need, _, _)| !matches!(need, Need::Maybe))
        .map(|(name, _, _, _)| *name)
        .collect();
    let create: Vec<(&str, Value)> = [own()].into_iter().chain(made.clone()).collect();
    let patch: Vec<(&str, Value)> = [own()].into_iter().chain(changed).collect();
    vec![
        (kind.to_owned(), with_warnings(answer(&shown))),
        (format!("{kind}Create"), request(&required, &create)),
        (format!("{kind}Put"), request(&required, &made)),
        (format!("{kind}Patch"), request(&[], &patch)),
    ]
}

/// The answer to a write says what was accepted but is worth knowing.
pub(super) fn with_warnings(mut object: Value) -> Value {
    let about = "In the answer to a write: what was accepted but is worth knowing.";
    if let Some(fields) = object.get_mut("properties").and_then(Value::as_object_mut) {
        fields.insert("warnings".to_owned(), told(list_of(reference("Warning")), about));
    }
    object
}
