//! How a command reaches an installation: the running server over the socket of its data folder, or, where none runs, the same
//! router in this process. A command says what it wants as a call of the API and is the same for both.

use crate::config::Installation;
use crate::local::{SOCKET, local_router};
use crate::lock::Lock;
use crate::open;
use crate::state::App;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use flyt_channels::remote::Remote;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;
use tower::ServiceExt as _;

/// How long a command waits for a process that starts or stops.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// How often a server elsewhere is asked that says to wait, and for how long at most.
const TRIES: u32 = 5;
const LONGEST_WAIT_S: u64 = 60;

/// Why a command was not done, with the code it ends with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 1: the reason.
    Refused(String),
    /// 3: the data are in use by a process that does not answer.
    InUse(String),
    /// 4: a yes was needed.
    NotConfirmed(String),
}
impl From<String> for Fault {
    fn from(what: String) -> Self {
        Self::Refused(what)
    }
}

/// The way to one installation.
pub(crate) enum Desk {
    /// A server is running; this is its socket.
    Beside(PathBuf),
    /// None is: its data are open here.
    Alone(Box<App>, Router),
    /// A server elsewhere, with a key.
    Far(Remote),
}

/// An answer: its status, and its JSON (null for none).
struct Got(StatusCode, Value);

impl Desk {
    /// Finds the running server, or opens the data. The lock is waited for a while: a server may be starting or stopping.
    pub(crate) async fn open(of: &Installation) -> Result<Self, Fault> {
        if of.data.database_url.is_some() {
            return Ok(Self::of(open::alone(of, None).await?));
        }
        let folder = &of.data.data;
        let socket = folder.join(SOCKET);
        let mut waited = Duration::ZERO;
        loop {
            if UnixStream::connect(&socket).await.is_ok() {
                return Ok(Self::Beside(socket));
            }
            if let Some(lock) = Lock::attempt(folder)? {
                return Ok(Self::of(open::alone(of, Some(lock)).await?));
            }
            if waited >= PATIENCE {
                return Err(Fault::InUse(format!(
                    "{} is in use by a Flyt process that does not answer on {}: stop that process, or run this as its \
                     user or as root",
                    folder.display(),
                    socket.display()
                )));
            }
            flyt_engine::clock::pause(LOOK).await;
            waited += LOOK;
        }
    }
    /// The server at an address, asked with a key.
    pub(crate) fn far(server: &str, key: &str) -> Result<Self, Fault> {
        Ok(Self::Far(Remote::new(server, key).map_err(|e| e.to_string())?))
    }
    fn of(app: App) -> Self {
        let router = local_router(app.clone());
        Self::Alone(Box::new(app), router)
    }
    /// Whether a running server is asked.
    pub(crate) fn is_beside(&self) -> bool {
        matches!(self, Self::Beside(_))
    }
    /// Whether processes may be at work on the same data beside this one: on PostgreSQL.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Alone(app, _) if app.engine().store().is_postgres())
    }
    /// Finishes, and lets the next one in.
    pub(crate) async fn close(self) {
        if let Self::Alone(app, _) = self {
            app.close().await;
        }
    }
    /// Asks for `path`.
    pub(crate) async fn get(&self, path: &str, business: Option<&str>) -> Result<Value, Fault> {
        self.call(Method::GET, path, business, None).await
    }
    /// Sends `body` to `path`.
    pub(crate) async fn post(
        &self,
        path: &str,
        business: Option<&str>,
        body: &Value,
    ) -> Result<Value, Fault> {
        self.call(Method::POST, path, business, Some(body)).await
    }
    /// One call. A refusal is told in the words of the API.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        business: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        if let Self::Far(remote) = self {
            let Got(status, value) = from_afar(remote, path, business, body).await?;
            return answer_of(status, value);
        }
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "flyt");
        if let Some(slug) = business {
            request = request.header("flyt-business", slug);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |b| Body::from(b.to_string()));
        let request = request
            .body(body)
            .map_err(|e| format!("this cannot be asked: {e}"))?;
        let Got(status, value) = match self {
            Self::Alone(_, router) => {
                let answer = router.clone().oneshot(request).await;
                got(answer.unwrap_or_else(|never| match never {})).await?
            }
            Self::Beside(socket) => asked(socket, request).await?,
            Self::Far(_) => return Err(Fault::Refused("this is asked of the data here".to_owned())),
        };
        answer_of(status, value)
    }
}

fn answer_of(status: StatusCode, value: Value) -> Result<Value, Fault> {
    if status.is_success() {
        return Ok(value);
    }
    Err(Fault::Refused(told(&value, status)))
}

/// Asks a server elsewhere; when it is told to wait it waits.
async fn from_afar(
    remote: &Remote,
    path: &str,
    business: Option<&str>,
    body: Option<&Value>,
) -> Result<Got, String> {
    let mut tries = 0;
    loop {
        let body = body.map(Value::to_string);
        let got = remote
            .call(path, business, body)
            .await
            .map_err(|e| e.to_string())?;
        let status = StatusCode::from_u16(got.status).map_err(|e| e.to_string())?;
        tries += 1;
        if let (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(seconds)) =
            (status, got.retry_after)
            && tries < TRIES
        {
            flyt_engine::clock::pause(Duration::from_secs(seconds.clamp(1, LONGEST_WAIT_S))).await;
            continue;
        }
        let value = match got.body.as_slice() {
            [] => Value::Null,
            bytes => serde_json::from_slice(bytes)
                .map_err(|_| format!("what answered {status} is no Flyt server"))?,
        };
        return Ok(Got(status, value));
    }
}

/// Asks the server behind the socket.
async fn asked(socket: &Path, request: Request<Body>) -> Result<Got, String> {
    let lost = |e: &dyn std::fmt::Display| format!("the running server did not answer: {e}");
    let stream = UnixStream::connect(socket).await.map_err(|e| lost(&e))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| lost(&e))?;
    let driving = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|e| lost(&e))?;
    let answer = got(answer).await;
    driving.abort();
    answer
}

async fn got<B>(answer: Response<B>) -> Result<Got, String>
where
    B: hyper::body::Body,
    B::Error: std::fmt::Display,
{
    let status = answer.status();
    let body = answer.into_body().collect().await;
    let bytes = body.map_err(|e| format!("the answer broke off: {e}"))?.to_bytes();
    if bytes.is_empty() {
        return Ok(Got(status, Value::Null));
    }
    let value = serde_json::from_slice(&bytes).map_err(|e| format!("the answer cannot be read: {e}"))?;
    Ok(Got(status, value))
}

/// A problem as lines for a person.
fn told(problem: &Value, status: StatusCode) -> String {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let faults = problem
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let lines: Vec<String> = faults
        .map(|f| {
            let at = text(f, "pointer").unwrap_or_default();
            let meant = text(f, "suggestion").map_or_else(String::new, |s| format!(" (did you mean `{s}`?)"));
            let what = text(f, "message").unwrap_or_default();
            format!("{}: {what}{meant}", at.trim_start_matches('/'))
        })
        .collect();
    if lines.is_empty() {
        return text(problem, "detail").unwrap_or_else(|| format!("the server answered {status}"));
    }
    lines.join("\n      ")
}
