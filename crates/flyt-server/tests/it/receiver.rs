//! A receiver of webhooks on the loopback interface: what it was sent, and the answers it gives.

use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}
impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

impl Receiver {
    /// One that answers these, and 204 from then on. An answer is a status line with headers, without the last blank line.
    pub(crate) async fn answering(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            heard: Arc::default(),
            answers: Arc::new(Mutex::new(answers.iter().map(|a| (*a).to_owned()).collect())),
        };
        let own = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.serve(stream).await });
            }
        });
        receiver
    }
    async fn serve(&self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        let (head, length) = loop {
            let mut more = [0; 4096];
            let Ok(count @ 1..) = stream.read(&mut more).await else {
                return;
            };
            bytes.extend_from_slice(&more[..count]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, _)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|l| {
                    l.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                });
                break (head.to_owned(), length.unwrap_or(0));
            }
        };
        let mut body = bytes.split_off(head.len() + 4);
        while body.len() < length {
            let mut more = [0; 4096];
            let Ok(count @ 1..) = stream.read(&mut more).await else {
                return;
            };
            body.extend_from_slice(&more[..count]);
        }
        let headers = head.lines().skip(1).filter_map(|l| l.split_once(": "));
        let heard = Heard {
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            body: String::from_utf8(body).unwrap(),
        };
        self.heard.lock().unwrap().push(heard);
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| "HTTP/1.1 204 No Content".to_owned());
        let answer = format!("{answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        let _closed = stream.write_all(answer.as_bytes()).await;
    }
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
    /// The types of the events it was told, in order.
    pub(crate) fn types(&self) -> Vec<String> {
        let word = |h: &Heard| h.json()["type"].as_str().unwrap().to_owned();
        self.heard().iter().map(word).collect()
    }
}
