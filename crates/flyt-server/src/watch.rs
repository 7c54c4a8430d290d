//! Around every request: its id, its log line, the last form of a refusal. The work itself runs as a task of its own, so that
//! a caller who hangs up does not leave a command half answered, and a panic becomes an answer.

use crate::problem::{self, Problem};
use crate::state::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use flyt_core::id;

/// The header of a request's id, in both directions.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id of a caller's own.
const MOST_CHARS: usize = 128;

/// The id of a request; it stands in the answer, in a problem and in the log.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// The outermost layer.
pub(crate) async fn watch(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let request_id = given(request.headers()).unwrap_or_else(made);
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|m| m.as_str().to_owned());
    let began = flyt_engine::clock::monotonic();
    let answer = match tokio::spawn(next.run(request)).await {
        Ok(answer) => answer,
        Err(error) => Problem::bug(&format!("a request ended with a panic: {error}")).into_response(),
    };
    let mut answer = problem::render(answer, &request_id);
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        answer.headers_mut().insert(HEADER, value);
    }
    let took_ms = flyt_engine::clock::monotonic()
        .saturating_duration_since(began)
        .as_millis();
    let status = answer.status().as_u16();
    app.counts().request(status);
    // The route and not the path: an external id may hold personal data.
    tracing::debug!(%method, route = route.as_deref().unwrap_or("-"), status, took_ms, request_id, "answered");
    answer
}

fn given(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let good = !text.is_empty() && text.len() <= MOST_CHARS && text.bytes().all(|b| b.is_ascii_graphic());
    good.then(|| text.to_owned())
}

fn made() -> String {
    // Without randomness an id is still better than none.
    let number = flyt_engine::random::number().unwrap_or(0);
    format!("req_{}", id::encode(number, 13))
}
