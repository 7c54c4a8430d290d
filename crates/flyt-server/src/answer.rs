//! The forms of good answers: an object with its `ETag`, a write with 201 and `Location` or 200, nothing with 204.

use crate::etag;
use crate::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use flyt_core::invalid::Invalid;
use flyt_engine::Written;
use serde_json::{Value, json};

/// What handlers return.
pub(crate) type Answer = Result<Response, Problem>;

/// An object as it is.
pub(crate) fn object(value: &Value) -> Response {
    let mut answer = axum::Json(value).into_response();
    if let Some(revision) = value.get("revision").and_then(Value::as_i64) {
        answer.headers_mut().insert(header::ETAG, etag::tag(revision));
    }
    answer
}

/// An object after a write; `list` is the path of its list, such as `/v1/bookings`.
pub(crate) fn written(list: &str, written: Written<Value>) -> Response {
    let mut value = written.value;
    let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
    if let Some(map) = value.as_object_mut() {
        let warnings: Vec<&Invalid> = written.warnings.iter().collect();
        map.insert("warnings".to_owned(), json!(warnings));
    }
    let mut answer = object(&value);
    if written.created {
        *answer.status_mut() = StatusCode::CREATED;
        let location = id.and_then(|id| HeaderValue::from_str(&format!("{list}/{id}")).ok());
        if let Some(location) = location {
            answer.headers_mut().insert(header::LOCATION, location);
        }
    }
    answer
}

/// The same write of another form of its value.
pub(crate) fn map<T, U>(written: Written<T>, form: impl FnOnce(T) -> U) -> Written<U> {
    Written {
        value: form(written.value),
        created: written.created,
        changed: written.changed,
        warnings: written.warnings,
    }
}

/// Done, and nothing to show.
pub(crate) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
