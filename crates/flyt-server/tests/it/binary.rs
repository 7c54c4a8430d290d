//! The built binary as an operator meets it: processes, their answers, and a sink for what they send.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::mpsc;

pub(crate) const KEY: &str = "flyt_platform_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A folder of one test, gone at its end.
pub(crate) struct Folder(PathBuf);
impl Folder {
    pub(crate) fn new() -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("flyt-bin-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    /// The program, in this folder, with nothing of the test's own environment.
    pub(crate) fn flyt(&self, args: &[&str], env: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flyt"));
        command
            .env_clear()
            .current_dir(&self.0)
            .args(args)
            .stdin(Stdio::null());
        command.env("FLYT_EGRESS_ALLOW", "127.0.0.0/8");
        command.envs(env.iter().copied());
        command
    }
    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }
    pub(crate) fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let output = self.flyt(args, env).output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}
impl Ran {
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// A server at work.
pub(crate) struct Server {
    child: Child,
    at: String,
}
impl Server {
    /// Starts on a port of its own and waits until it listens.
    pub(crate) fn start(folder: &Folder, data: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        let all = [&["serve", "--listen", "127.0.0.1:0", "--data", data], args].concat();
        let mut command = folder.flyt(&all, &[&[("FLYT_PLATFORM_KEY", KEY)], env].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let at = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("Flyt listens on http://").map(str::to_owned));
        Self {
            child,
            at: at.unwrap(),
        }
    }
    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.at)
    }
    /// Tells it to stop and waits for its end.
    pub(crate) fn stop(mut self) {
        let told = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(told.success());
        assert!(self.child.wait().unwrap().success());
    }
    /// A call for the business `salon`; its status and answer.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let stream = tokio::net::TcpStream::connect(&self.at).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driving = tokio::spawn(connection);
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.at)
            .header("authorization", format!("Bearer {KEY}"))
            .header("flyt-business", "salon")
            .header("content-type", "application/json")
            .body(if body.is_null() {
                String::new()
            } else {
                body.to_string()
            })
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        driving.abort();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, &body).await;
        assert!(matches!(status, 200 | 201), "{path}: {status} {answer}");
        answer
    }
    /// Moves the test clock.
    pub(crate) async fn clock(&self, now: &str) {
        self.post("/v1/test-clock", json!({ "now": now })).await;
    }
}
impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed leaves it running.
        if self.child.try_wait().unwrap().is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}

/// Makes the business `salon`, on whatever has the data.
pub(crate) fn salon(folder: &Folder, data: &str) {
    let made = folder.run(&[
        "businesses",
        "create",
        "--data",
        data,
        "--slug",
        "salon",
        "--name",
        "Salon",
        "--time-zone",
        "Europe/Oslo",
        "--currency",
        "NOK",
        "--country",
        "NO",
        "--language",
        "nb",
    ]);
    made.expect(0);
}

/// What arrived at a webhook's address.
pub(crate) struct Sink {
    pub(crate) url: String,
    arrived: mpsc::UnboundedReceiver<(HeaderMap, String)>,
}
impl Sink {
    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (send, arrived) = mpsc::unbounded_channel();
        let take = async |State(send): State<mpsc::UnboundedSender<_>>, headers: HeaderMap, body: String| {
            send.send((headers, body)).unwrap();
        };
        let router = Router::new()
            .route("/hook", axum::routing::post(take))
            .with_state(send);
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, arrived }
    }
    /// The next one, when it comes.
    pub(crate) async fn next(&mut self) -> Value {
        serde_json::from_str(&self.next_raw().await.1).unwrap()
    }
    /// The same, byte for byte.
    pub(crate) async fn next_raw(&mut self) -> (HeaderMap, String) {
        self.arrived.recv().await.unwrap()
    }
    /// How many have come that nobody has looked at.
    pub(crate) fn waiting(&self) -> usize {
        self.arrived.len()
    }
    /// A workflow that calls here.
    pub(crate) fn workflow(&self, trigger: &Value) -> Value {
        json!({ "name": "Hook", "enabled": true, "triggers": [trigger], "actions": [{"type": "webhook", "url": self.url}] })
    }
}

/// A booking of a customer of its own.
pub(crate) fn booking(external_id: &str, start: &str) -> Value {
    json!({
        "external_id": external_id, "customer": {"external_id": format!("C-{external_id}"), "first_name": "Kari"},
        "service": {"external_id": "cut", "name": "Cut", "duration_minutes": 30}, "start": start,
    })
}

/// A path as an argument.
pub(crate) fn word(path: &Path) -> &str {
    path.to_str().unwrap()
}
