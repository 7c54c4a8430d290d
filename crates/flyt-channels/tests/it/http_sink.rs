//! An HTTP/1.1 server on loopback that answers as it is told, and remembers what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the sink does with a request it has read.
pub(crate) enum Then {
    /// Writes these bytes as the answer.
    Say(String),
    /// Writes these bytes and closes the connection.
    SayAndClose(String),
    /// Says nothing more and keeps the connection.
    Hang,
    /// Closes the connection.
    Close,
}

/// A request as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Clone)]
pub(crate) struct HttpSink {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    script: Arc<Mutex<VecDeque<Then>>>,
    connections: Arc<AtomicUsize>,
}

/// A whole answer with these further header lines.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let lines = headers
        .iter()
        .fold(String::new(), |lines, line| lines + line + "\r\n");
    format!(
        "HTTP/1.1 {status}\r\n{lines}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl HttpSink {
    pub(crate) async fn start(script: Vec<Then>) -> Self {
        Self::start_at("127.0.0.1:0", script).await
    }

    pub(crate) async fn start_at(address: &str, script: Vec<Then>) -> Self {
        Self::start_with(address, script, None).await
    }

    /// A sink that speaks TLS.
    pub(crate) async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::start_with("127.0.0.1:0", Vec::new(), Some(acceptor)).await
    }

    async fn start_with(address: &str, script: Vec<Then>, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let sink = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            script: Arc::new(Mutex::new(script.into())),
            connections: Arc::default(),
        };
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::SeqCst);
                stream.set_nodelay(true).unwrap();
                match acceptor.clone() {
                    None => drop(tokio::spawn(serving.clone().serve(stream))),
                    Some(acceptor) => drop(tokio::spawn(serving.clone().serve_tls(stream, acceptor))),
                }
            }
        });
        sink
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    async fn serve_tls(self, stream: TcpStream, acceptor: TlsAcceptor) {
        if let Ok(encrypted) = acceptor.accept(stream).await {
            self.serve(encrypted).await;
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read(&mut stream).await {
            self.seen.lock().unwrap().push(request);
            let then = self.script.lock().unwrap().pop_front();
            match then.unwrap_or_else(|| Then::Say(answer("200 OK", &[], "ok"))) {
                Then::Say(text) => write(&mut stream, &text).await,
                Then::SayAndClose(text) => {
                    write(&mut stream, &text).await;
                    return;
                }
                Then::Hang => std::future::pending().await,
                Then::Close => return,
            }
        }
    }
}

/// A caller that has gone is no fault of the sink.
async fn write<S: AsyncWrite + Unpin>(stream: &mut S, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap_or_default();
    stream.flush().await.unwrap_or_default();
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<Request> {
    let mut line = String::new();
    if stream.read_line(&mut line).await.ok()? == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request {
        line: line.trim_end().to_owned(),
        headers,
        body,
    })
}
