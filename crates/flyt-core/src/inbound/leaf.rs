//! Single values out of foreign JSON: whatever they are, nothing of them may lose the booking.

use super::Unreadable;
use crate::limits;
use crate::money::Currency;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Reads an object.
pub(super) fn object(body: &[u8]) -> Result<Value, Unreadable> {
    let text =
        std::str::from_utf8(body).map_err(|_| Unreadable::Malformed("the body is not UTF-8".to_owned()))?;
    let value: Value = serde_json::from_str(text)
        .map_err(|e| Unreadable::Malformed(format!("the body is not JSON we can read: {e}")))?;
    if value.is_object() {
        return Ok(value);
    }
    let kind = crate::invalid::kind(&value);
    Err(Unreadable::Malformed(format!(
        "the body must be an object, not {kind}"
    )))
}

/// A line: a text or number, trimmed, of bearable length; blank is none.
pub(super) fn text(value: &Value, pointer: &str) -> Option<String> {
    let text = match value.pointer(pointer)? {
        Value::String(text) => line(text),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}
/// A text as one line.
pub(super) fn line(text: &str) -> String {
    let plain: String = text.trim().chars().take(limits::LINE_CHARS).collect();
    plain.replace("\r\n", " ").replace(['\r', '\n', '\0'], " ")
}
/// A text with line ends.
pub(super) fn note(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str()?.trim();
    let text: String = text
        .chars()
        .filter(|c| *c != '\0')
        .take(limits::TEXT_CHARS)
        .collect();
    (!text.is_empty()).then_some(text)
}
/// An instant with offset; the colon of the offset may be missing.
pub(super) fn instant(value: &Value, pointer: &str) -> Option<Timestamp> {
    moment(&text(value, pointer)?)
}
/// As `instant`, of a text.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let parsed = text.parse::<Timestamp>().ok();
    parsed.or_else(|| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok())
}
/// Milliseconds of an instant: the version of systems that count by time.
pub(super) fn version(value: &Value, pointer: &str) -> Option<i64> {
    instant(value, pointer).map(Timestamp::as_millisecond)
}
/// What stands after the last `/` of a URI.
pub(super) fn last_segment(uri: &str) -> Option<String> {
    let last = uri.trim_end_matches('/').rsplit('/').next()?;
    (!last.is_empty()).then(|| last.to_owned())
}
/// Money as the API takes it; none for nothing, for zero and for an unknown currency.
pub(super) fn money(amount: Option<i64>, currency: Option<&str>) -> Option<Value> {
    let amount = amount.filter(|a| *a > 0)?;
    let currency = Currency::new(currency?.trim())?;
    Some(json!({"amount": amount, "currency": currency.code()}))
}

/// An object without what is null, at any depth; objects and lists that become empty go too.
pub(super) fn pruned(value: Value) -> Value {
    fn keep(value: Value) -> Option<Value> {
        match value {
            Value::Null => None,
            Value::Object(map) => {
                let map: Map<String, Value> =
                    map.into_iter().filter_map(|(k, v)| Some((k, keep(v)?))).collect();
                (!map.is_empty()).then_some(Value::Object(map))
            }
            other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => Some(other),
        }
    }
    keep(value).unwrap_or_else(|| json!({}))
}
/// Adds fields of `constants` that `body` does not name.
pub(super) fn fill(body: &mut Value, constants: &Map<String, Value>) {
    if let Some(map) = body.as_object_mut() {
        for (name, value) in constants {
            map.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// Answers to questions: texts and numbers as they are, lists joined; at most so many.
pub(super) fn answers(pairs: impl IntoIterator<Item = (String, Value)>) -> Value {
    let plain = |value: Value| match value {
        Value::String(text) => {
            let text: String = text
                .chars()
                .filter(|c| *c != '\0')
                .take(limits::TEXT_CHARS)
                .collect();
            (!text.trim().is_empty()).then_some(Value::String(text))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().filter_map(|i| text(i, "")).collect();
            (!parts.is_empty()).then(|| Value::String(parts.join(", ")))
        }
        Value::Bool(_) | Value::Number(_) => Some(value),
        Value::Null | Value::Object(_) => None,
    };
    let pairs = pairs.into_iter().filter_map(|(k, v)| Some((line(&k), plain(v)?)));
    Value::Object(
        pairs
            .filter(|(k, _)| !k.is_empty())
            .take(limits::MAP_KEYS / 2)
            .collect(),
    )
}
