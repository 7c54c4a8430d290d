//! Every refusal on the wire: `application/problem+json` (RFC 9457) with a stable `code`, the request's id and the places of
//! faults. A `Problem` travels as an extension of an empty response and is written out by `render`, so that answers that
//! axum makes by itself (405, 413, a panic) end in the same form.

use crate::body::MOST_BYTES;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flyt_core::invalid::Invalid;
use flyt_engine::Refusal;
use serde_json::{Value, json};

/// Where `type` leads; the code is its last segment.
const TYPES: &str = "/docs/problems/";

/// One refusal.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) errors: Vec<Invalid>,
    /// The id of what stands in the way.
    pub(crate) id: Option<String>,
    pub(crate) retry_after_s: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            id: None,
            retry_after_s: None,
        }
    }
    /// 400: the request cannot be read.
    pub(crate) fn malformed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }
    /// 401: nobody or nobody known.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }
    /// 403: somebody, but not for this.
    pub(crate) fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }
    /// 404: not there, or not this business's.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here.")
    }
    /// 422: faults with their places.
    pub(crate) fn invalid(errors: Vec<Invalid>) -> Self {
        let code = errors.first().map_or("invalid", |e| e.code);
        let detail = match errors.as_slice() {
            [one] if one.pointer.is_empty() => format!("The input {}.", one.message),
            [one] => format!("`{}`: {}.", one.pointer, one.message),
            many => format!("The input has {} faults.", many.len()),
        };
        // One fault names itself; several share the general code.
        let code = if errors.len() == 1 { code } else { "invalid" };
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
        }
    }
    /// 422 about one place.
    pub(crate) fn fault(pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        let one = Invalid {
            pointer: pointer.to_owned(),
            code,
            message: message.into(),
            suggestion: None,
        };
        Self::invalid(vec![one])
    }
    /// 500: our mistake; what went wrong stands in the log, not in the answer.
    pub(crate) fn bug(what: &str) -> Self {
        tracing::error!(what, "a bug in Flyt");
        let detail = "Something went wrong in Flyt. The log has more under this request id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
    /// 503: the store or the disk.
    pub(crate) fn unavailable(what: &str) -> Self {
        tracing::error!(what, "not available");
        let detail = "Flyt cannot answer right now. Try again with the same Idempotency-Key.";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        Self {
            retry_after_s: Some(1),
            ..problem
        }
    }
    fn body(&self, request_id: &str) -> Value {
        let mut body = json!({
            "type": format!("{TYPES}{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
            "errors": self.errors,
        });
        if let (Some(id), Some(map)) = (&self.id, body.as_object_mut()) {
            map.insert("id".to_owned(), Value::from(id.as_str()));
        }
        body
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(errors) => Self::invalid(errors),
            Refusal::NotFound => Self::not_found(),
            Refusal::Conflict { code, detail, id } => Self {
                id,
                ..Self::new(StatusCode::CONFLICT, code, detail)
            },
            Refusal::Precondition => {
                let detail = "It has been changed since it was read: read it again and repeat the change.";
                Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
            }
            Refusal::Again(error) => Self::unavailable(&error.to_string()),
            Refusal::Unavailable(what) => Self::unavailable(&what),
            Refusal::Bug(what) => Self::bug(&what),
        }
    }
}
impl From<flyt_store::Error> for Problem {
    fn from(error: flyt_store::Error) -> Self {
        match error {
            flyt_store::Error::Bug(what) => Self::bug(&what),
            flyt_store::Error::Conflict(what) => Self::new(StatusCode::CONFLICT, "conflict", what),
            other @ (flyt_store::Error::Refused(_)
            | flyt_store::Error::Again(_)
            | flyt_store::Error::Unavailable(_)
            | flyt_store::Error::Newer(_)) => Self::unavailable(&other.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes a refusal out. Other answers pass; a bare 4xx or 5xx of axum's gets a problem of its status.
pub(crate) fn render(mut response: Response, request_id: &str) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_bare(&response) => of_status(response.status()),
        None => return response,
    };
    let text = problem.body(request_id).to_string();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(seconds) = problem.retry_after_s {
        parts.headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if problem.status == StatusCode::UNAUTHORIZED {
        parts
            .headers
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Response::from_parts(parts, Body::from(text))
}

fn is_bare(response: &Response) -> bool {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let text = kind.is_none_or(|k| k.to_str().is_ok_and(|k| k.starts_with("text/plain")));
    (status.is_client_error() || status.is_server_error()) && text
}

fn of_status(status: StatusCode) -> Problem {
    match status.as_u16() {
        404 => Problem::not_found(),
        405 => Problem::new(
            status,
            "method_not_allowed",
            "This address does not know this method; `Allow` names those it knows.",
        ),
        408 => Problem::new(status, "timeout", "The request took too long to arrive."),
        413 => too_large(MOST_BYTES),
        415 => Problem::new(
            status,
            "unsupported_media_type",
            "The body must be application/json.",
        ),
        400..=499 => Problem::new(status, "bad_request", "The request cannot be read."),
        _ => Problem::bug("an answer without a reason"),
    }
}

/// 413: more bytes than a body may have.
pub(crate) fn too_large(most: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("The body is larger than {} MiB.", most / MOST_BYTES),
    )
}
