//! An SMS gateway, or a receiver of webhooks, on loopback that answers as it is told and remembers what it was given.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// What it does with a message.
pub(crate) enum Say {
    /// Answers this status and body.
    Answer(&'static str, &'static str),
    /// Answers this status with this header and nothing else.
    Header(&'static str, &'static str),
    /// Takes the message and hangs up without a word.
    Close,
    /// Answers once it is let.
    Wait(Arc<Notify>),
}

/// A gateway.
#[derive(Clone)]
pub(crate) struct Gateway {
    address: String,
    seen: Arc<watch::Sender<Vec<String>>>,
    heads: Arc<Mutex<Vec<Vec<String>>>>,
    script: Arc<Mutex<VecDeque<Say>>>,
}

impl Gateway {
    /// One that takes every message after those of the script.
    pub(crate) async fn start(script: Vec<Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Self {
            address: listener.local_addr().unwrap().to_string(),
            seen: Arc::new(watch::Sender::new(Vec::new())),
            heads: Arc::default(),
            script: Arc::new(Mutex::new(script.into())),
        };
        let serving = gateway.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        gateway
    }
    /// Its address as a generic gateway.
    pub(crate) fn generic(&self) -> String {
        format!("http://token@{}/send", self.address)
    }
    /// Its address as a gateway that knows no key.
    pub(crate) fn twilio(&self) -> String {
        format!(
            "twilio://AC1:secret@api.twilio.com?from=Salong&base=http://{}",
            self.address
        )
    }
    /// What it does with the messages to come.
    pub(crate) fn then(&self, say: Vec<Say>) {
        self.script.lock().unwrap().extend(say);
    }
    /// The bodies it was given.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }
    /// The values of a header of everything it was given.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let value = |line: &String| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        let heads = self.heads.lock().unwrap();
        heads
            .iter()
            .filter_map(|lines| lines.iter().find_map(value))
            .collect()
    }
    /// Waits until it was given so many.
    pub(crate) async fn given(&self, many: usize) {
        let mut seen = self.seen.subscribe();
        seen.wait_for(|all| all.len() >= many).await.unwrap();
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut length, mut line, mut head) = (0, String::new(), Vec::new());
            loop {
                line.clear();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push(line.clone());
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            self.heads.lock().unwrap().push(head);
            let say = self.script.lock().unwrap().pop_front();
            self.seen
                .send_modify(|all| all.push(String::from_utf8(body).unwrap()));
            let mut header = "x-sink: 1";
            let (status, body) = match say {
                Some(Say::Answer(status, body)) => (status, body),
                Some(Say::Header(status, given)) => {
                    header = given;
                    (status, "")
                }
                Some(Say::Close) => return,
                Some(Say::Wait(go)) => {
                    go.notified().await;
                    ("201 Created", "{\"id\": \"gw-1\", \"sid\": \"SM1\"}")
                }
                None => ("201 Created", "{\"id\": \"gw-1\", \"sid\": \"SM1\"}"),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}
