//! Bodies: size, media type, UTF-8, and JSON read strictly: a key that stands twice is refused instead of one of the two
//! values being lost, and nothing nests deeper than 64.

use crate::problem::{self, Problem};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use flyt_core::invalid::{Faults, Fields};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Largest body of a single command.
pub(crate) const MOST_BYTES: usize = 1024 * 1024;
/// Largest body of many commands, one a line.
pub(crate) const MOST_BULK_BYTES: usize = 16 * MOST_BYTES;
/// Deepest nesting of a body.
const MOST_DEPTH: usize = 64;
/// How the message of the strict reader begins, to tell it from broken JSON.
const TWICE: &str = "the key";

/// A body that must be there.
pub(crate) struct Json(pub(crate) Value);
/// A body of many commands, one JSON object a line (NDJSON).
pub(crate) struct Lines(pub(crate) Bytes);
/// A body that says nothing: it may be left out, else it is `{}`.
pub(crate) struct NoJson;

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (headers, bytes) = whole(request).await?;
        if bytes.is_empty() {
            return Err(Problem::malformed("no_body", "The request needs a JSON body."));
        }
        require_json(&headers)?;
        Ok(Self(parse(&bytes)?))
    }
}
impl<S: Send + Sync> FromRequest<S> for Lines {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (headers, bytes) = whole(request).await?;
        let told = headers.get(header::CONTENT_TYPE);
        let told = told
            .map_or("", |v| v.to_str().unwrap_or("?"))
            .to_ascii_lowercase();
        let lines = ["ndjson", "jsonl", "json", "text/plain", "octet-stream"];
        if !told.is_empty() && !lines.iter().any(|known| told.contains(known)) {
            return Err(unsupported("The body must be application/x-ndjson in UTF-8."));
        }
        Ok(Self(bytes))
    }
}
impl<S: Send + Sync> FromRequest<S> for NoJson {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (headers, bytes) = whole(request).await?;
        if bytes.is_empty() {
            return Ok(Self);
        }
        require_json(&headers)?;
        let mut faults = Faults::default();
        Fields::open(&parse(&bytes)?, "", &mut faults).close(&mut faults);
        faults.finish(Some(Self)).map_err(Problem::invalid)
    }
}

/// How large the body of a call may be.
fn most(path: &str) -> usize {
    if path.ends_with("/bulk") {
        MOST_BULK_BYTES
    } else {
        MOST_BYTES
    }
}

/// The headers and all bytes of a request, if they are not too many.
pub(crate) async fn whole(request: Request) -> Result<(HeaderMap, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let most = most(parts.uri.path());
    let told = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|n| n > most) {
        return Err(problem::too_large(most));
    }
    match axum::body::to_bytes(body, most).await {
        Ok(bytes) => Ok((parts.headers, bytes)),
        // axum tells a broken connection and a body over the limit by the source of the error only.
        Err(error) if format!("{error:?}").contains("LengthLimit") => Err(problem::too_large(most)),
        Err(_) => Err(Problem::malformed(
            "broken_body",
            "The body ended before it was complete.",
        )),
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let text = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let mut parts = text.split(';').map(|p| p.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    let utf8 = parts.filter_map(|p| p.strip_prefix("charset=").map(|c| c.trim_matches('"').to_owned()));
    if json && utf8.into_iter().all(|c| c == "utf-8" || c == "utf8") {
        return Ok(());
    }
    Err(unsupported("The body must be application/json in UTF-8."))
}

fn unsupported(detail: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        detail,
    )
}

/// Reads JSON strictly.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Problem::malformed("not_utf8", "The body is not UTF-8."));
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }
        .deserialize(&mut reader)
        .and_then(|v| reader.end().map(|()| v));
    value.map_err(|e| {
        let message = e.to_string();
        let code = if message.starts_with(TWICE) {
            "duplicate_key"
        } else {
            "broken_json"
        };
        Problem::malformed(code, format!("The body is not JSON we can read: {message}."))
    })
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}
impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > MOST_DEPTH {
            return Err(E::custom(format!("nothing may nest deeper than {MOST_DEPTH}")));
        }
        Ok(Self { depth })
    }
}
impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}
impl<'de> Visitor<'de> for Strict {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut all = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if all.contains_key(&key) {
                let shown: String = key.chars().take(80).collect();
                return Err(A::Error::custom(format!("{TWICE} `{shown}` stands twice")));
            }
            let value = entries.next_value_seed(inner)?;
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_reading_refuses_what_would_be_lost_or_too_deep() {
        let code = |text: &str| parse(text.as_bytes()).map_err(|p| (p.code, p.detail));
        assert_eq!(
            code(r#"{"a": [1, 2.5, null, "x", {"b": true}]}"#).unwrap()["a"][4]["b"],
            true
        );
        let (twice, detail) = code("{\"a\": 1,\n \"a\": 2}").unwrap_err();
        assert_eq!(twice, "duplicate_key");
        assert!(detail.contains("line 2"), "{detail}");
        assert_eq!(code("{\"a\": }").unwrap_err().0, "broken_json");
        assert_eq!(code("{} {}").unwrap_err().0, "broken_json");
        assert_eq!(
            code(&("[".repeat(65) + &"]".repeat(65))).unwrap_err().0,
            "broken_json"
        );
        assert!(code(&("[".repeat(64) + &"]".repeat(64))).is_ok());
        assert_eq!(parse(b"\"\xff\"").unwrap_err().code, "not_utf8");
    }
}
