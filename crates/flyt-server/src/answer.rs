//! The forms of good answers: an object with its `ETag`, a write with 201 and `Location` or 200, nothing with 204.

use crate::etag;
use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use flyt_core::invalid::Invalid;
use flyt_engine::Written;
use flyt_store::idempotency;
use serde_json::{Value, json};
use std::sync::Arc;

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

/// The answer to a write, made from what was written.
pub(crate) type Form = Arc<dyn Fn(Written<Value>) -> Plain + Send + Sync>;

/// How a write is answered: 201 with its place or 200, the object, its warnings after those of reading the body. `list` is
/// the path of its list, such as `/v1/bookings`.
pub(crate) fn form(list: &'static str, read: Vec<Invalid>) -> Form {
    Arc::new(move |written| {
        let mut value = written.value;
        let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
        if let Some(map) = value.as_object_mut() {
            let warnings: Vec<&Invalid> = read.iter().chain(&written.warnings).collect();
            map.insert("warnings".to_owned(), json!(warnings));
        }
        let mut headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        if let Some(revision) = value.get("revision").and_then(Value::as_i64) {
            headers.push((header::ETAG, etag::tag(revision)));
        }
        let location = id.and_then(|id| HeaderValue::from_str(&format!("{list}/{id}")).ok());
        let status = if written.created {
            headers.extend(location.map(|at| (header::LOCATION, at)));
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        Plain {
            status,
            headers,
            body: value.to_string().into_bytes(),
        }
    })
}

/// An answer whose bytes are known, so that it can be kept as well as sent.
#[derive(Debug, Clone)]
pub(crate) struct Plain {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Vec<u8>,
}
impl Plain {
    /// As it is stored.
    pub(crate) fn kept(self) -> idempotency::Answer {
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers: Vec<(&str, String)> = self.headers.iter().map(|(n, v)| (n.as_str(), text(v))).collect();
        idempotency::Answer {
            status: self.status.as_u16().into(),
            headers: json!(headers).to_string(),
            body: self.body,
        }
    }
    /// As it was stored.
    pub(crate) fn restored(kept: idempotency::Answer) -> Self {
        let headers: Vec<(String, String)> = serde_json::from_str(&kept.headers).unwrap_or_default();
        let header = |(name, value): (String, String)| {
            Some((
                HeaderName::try_from(name).ok()?,
                HeaderValue::from_str(&value).ok()?,
            ))
        };
        let status = u16::try_from(kept.status).ok();
        Self {
            status: status
                .and_then(|s| StatusCode::from_u16(s).ok())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: headers.into_iter().filter_map(header).collect(),
            body: kept.body,
        }
    }
}
impl axum::response::IntoResponse for Plain {
    fn into_response(self) -> Response {
        let mut answer = Response::new(Body::from(self.body));
        *answer.status_mut() = self.status;
        answer.headers_mut().extend(self.headers);
        answer
    }
}

/// Done, and nothing to show.
pub(crate) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
