//! `Idempotency-Key` on POST: the first answer is kept for a day and given again, word for word, to the same request.
//!
//! The answer is kept after the command has committed. A crash between the two leaves the effect without the answer; then
//! the command's own keys (`external_id`) tell the repetition.

use crate::auth::{Named, Who};
use crate::body;
use crate::problem::{self, Problem};
use crate::records::{self, Begun, Command, Kept};
use crate::state::App;
use crate::watch::RequestId;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

const KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Longest key.
const MOST_CHARS: usize = 255;
/// How long an answer is kept, in milliseconds.
pub(crate) const KEPT_MS: i64 = 24 * 3_600_000;

/// The layer. It touches POST with a key only.
pub(crate) async fn idempotent(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    match once(&app, request, next).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    }
}

async fn once(app: &App, request: Request, next: Next) -> Result<Response, Problem> {
    let command = command(&request)?;
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .map(|r| r.0.clone())
        .unwrap_or_default();
    let (request, content) = whole(request).await?;
    match records::begin_command(app, &command, content, flyt_engine::clock::wall()).await? {
        Begun::First => {}
        Begun::Answered(kept) => return Ok(replay(&kept)),
        Begun::OtherBody => {
            let detail = "This Idempotency-Key was used with another body. A new command needs a new key.";
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                detail,
            ));
        }
        Begun::Running => {
            let detail = "The first request with this Idempotency-Key is still running.";
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "idempotency_key_in_use",
                detail,
            ));
        }
    }
    // A panic in the handler must not leave the key taken, so the command runs in a task of its own here too.
    let answer = match tokio::spawn(next.run(request)).await {
        Ok(answer) => answer,
        Err(error) => Problem::bug(&format!("a command ended with a panic: {error}")).into_response(),
    };
    let (parts, body) = problem::render(answer, &request_id).into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|e| Problem::bug(&format!("an answer could not be read back: {e}")))?;
    let done = if is_kept(parts.status) {
        let kept = Kept {
            status: parts.status.as_u16(),
            headers: kept_headers(&parts.headers),
            body: bytes.to_vec(),
        };
        records::keep_answer(app, &command, &kept).await
    } else {
        records::forget_command(app, &command).await
    };
    if let Err(problem) = done {
        // The command is done; that its answer could not be kept must not hide it.
        tracing::error!(
            code = problem.code,
            "an answer could not be kept for its Idempotency-Key"
        );
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn command(request: &Request) -> Result<Command, Problem> {
    let business_no = match request.extensions().get::<Who>().map(|who| &who.business) {
        Some(Named::One(no)) => *no,
        _ => 0,
    };
    Ok(Command {
        business_no,
        key: key(request.headers())?,
        method: request.method().to_string(),
        path: request
            .uri()
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
    })
}

/// The same request with its body read, and the digest of the body.
async fn whole(request: Request) -> Result<(Request, [u8; 32]), Problem> {
    let mut same = Request::new(Body::empty());
    *same.method_mut() = request.method().clone();
    *same.uri_mut() = request.uri().clone();
    *same.extensions_mut() = request.extensions().clone();
    let (headers, bytes) = body::whole(request).await?;
    *same.headers_mut() = headers;
    let content = Sha256::digest(&bytes).into();
    *same.body_mut() = Body::from(bytes);
    Ok((same, content))
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let text = headers
        .get(KEY)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .trim();
    let bare = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .unwrap_or(text);
    if bare.is_empty() || bare.len() > MOST_CHARS {
        let detail = format!("`Idempotency-Key` must have 1 to {MOST_CHARS} visible ASCII characters.");
        return Err(Problem::malformed("bad_idempotency_key", detail));
    }
    Ok(bare.to_owned())
}

/// The answer of a server in trouble may be another one later; so may the refusal of a call too many.
fn is_kept(status: StatusCode) -> bool {
    !(status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS)
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG]
        .into_iter()
        .filter_map(|name| Some((name.to_string(), headers.get(&name)?.to_str().ok()?.to_owned())))
        .collect()
}

fn replay(kept: &Kept) -> Response {
    let mut answer = Response::new(Body::from(kept.body.clone()));
    *answer.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    for (name, value) in &kept.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    answer
}
