//! `Idempotency-Key` on POST: the first answer is kept for a day and given again, word for word, to the same request.
//!
//! A command that writes keeps its answer in its own transaction (`Terms::once`), so a crash leaves both or neither. What
//! writes nothing, or is refused, keeps its answer afterwards: doing it again does no harm.

use crate::answer::{Form, Plain};
use crate::auth::{Named, Who};
use crate::body;
use crate::problem::{self, Problem};
use crate::records;
use crate::state::App;
use crate::watch::RequestId;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use flyt_engine::{ANSWERED, Once};
use flyt_store::idempotency::{Known, Request as Same};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Longest key.
const MOST_CHARS: usize = 255;
/// How long an answer is kept, in milliseconds.
pub(crate) const KEPT_MS: i64 = 24 * 3_600_000;

/// A command with a key.
#[derive(Debug)]
pub(crate) struct Command {
    /// 0: the platform.
    pub(crate) business_no: i64,
    pub(crate) same: Same,
    pub(crate) body_hash: [u8; 32],
    pub(crate) at: Timestamp,
    /// Its answer went into its own transaction.
    kept: AtomicBool,
}

/// The key of a call, if it has one.
#[derive(Debug, Clone)]
pub(crate) struct Key(Option<Arc<Command>>);
impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Arc<Command>>().cloned()))
    }
}
impl Key {
    /// The engine's form of it: the answer as `form` makes it is kept with what is written.
    pub(crate) fn once(&self, form: &Form) -> Option<Arc<Once>> {
        let command = self.0.clone()?;
        let form = Arc::clone(form);
        Some(Arc::new(Once {
            request: command.same.clone(),
            body_hash: command.body_hash,
            at: command.at,
            kept_ms: KEPT_MS,
            answer: Box::new(move |written| {
                command.kept.store(true, Ordering::SeqCst);
                form(written).kept()
            }),
        }))
    }
}

/// The commands with a key that run now, in this process.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<BTreeSet<(i64, Same)>>);
/// A place among them, given back when the command ends, however it ends.
struct Place<'r>(&'r Running, (i64, Same));
impl Running {
    fn enter(&self, command: &Command) -> Option<Place<'_>> {
        let who = (command.business_no, command.same.clone());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(who.clone()).then(|| Place(self, who))
    }
}
impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut all = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.1);
    }
}

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
    let request_id = request.extensions().get::<RequestId>().cloned();
    let request_id = request_id.map(|r| r.0).unwrap_or_default();
    let (mut request, command) = command(request).await?;
    let command = Arc::new(command);
    let _place = app.running().enter(&command).ok_or_else(in_use)?;
    if let Some(answer) = known(app, &command).await? {
        return Ok(answer);
    }
    request.extensions_mut().insert(Arc::clone(&command));
    let answer = next.run(request).await;
    if answer
        .extensions()
        .get::<Problem>()
        .is_some_and(|p| p.code == ANSWERED)
    {
        // Another node was faster.
        return known(app, &command).await?.ok_or_else(in_use);
    }
    let answer = problem::render(answer, &request_id);
    if !is_kept(answer.status()) || (answer.status().is_success() && command.kept.load(Ordering::SeqCst)) {
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|e| Problem::bug(&format!("an answer could not be read back: {e}")))?;
    let plain = Plain {
        status: parts.status,
        headers: kept_headers(&parts.headers),
        body: bytes.to_vec(),
    };
    if let Err(problem) = records::keep_answer(app, &command, plain).await {
        // The command is done; that its answer could not be kept must not hide it.
        tracing::error!(
            code = problem.code,
            "an answer could not be kept for its Idempotency-Key"
        );
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// The answer to a command that has been carried out before.
async fn known(app: &App, command: &Command) -> Result<Option<Response>, Problem> {
    Ok(match records::known_answer(app, command).await? {
        None => None,
        Some(Known::Answered(kept)) => {
            let mut answer = Plain::restored(kept).into_response();
            answer
                .headers_mut()
                .insert(REPLAYED, HeaderValue::from_static("true"));
            Some(answer)
        }
        Some(Known::OtherBody) => {
            let detail = "This Idempotency-Key was used with another body. A new command needs a new key.";
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                detail,
            ));
        }
    })
}

fn in_use() -> Problem {
    let detail = "The first request with this Idempotency-Key is still running.";
    Problem::new(StatusCode::CONFLICT, ANSWERED, detail)
}

/// The command of a request, and the same request with its body read.
async fn command(request: Request) -> Result<(Request, Command), Problem> {
    let business_no = match request.extensions().get::<Who>().map(|who| &who.business) {
        Some(Named::One(no)) => *no,
        _ => 0,
    };
    let path = request.uri().path_and_query();
    let same = Same {
        key: key(request.headers())?,
        method: request.method().to_string(),
        path: path.map_or_else(String::new, ToString::to_string),
    };
    let mut whole = Request::new(Body::empty());
    *whole.method_mut() = request.method().clone();
    *whole.uri_mut() = request.uri().clone();
    *whole.extensions_mut() = request.extensions().clone();
    let (headers, bytes) = body::whole(request).await?;
    *whole.headers_mut() = headers;
    let command = Command {
        business_no,
        same,
        body_hash: Sha256::digest(&bytes).into(),
        at: flyt_engine::clock::wall(),
        kept: AtomicBool::new(false),
    };
    *whole.body_mut() = Body::from(bytes);
    Ok((whole, command))
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

fn kept_headers(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG]
        .into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(&name)?.clone())))
        .collect()
}
