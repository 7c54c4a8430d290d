//! A mail relay on loopback that answers as it is told, and remembers what it was given.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use flyt_channels::smtp::{Relay, Timeouts};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::certificate::made_for;

/// What the sink does at a place in the conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// Answers this instead of the usual.
    Say(&'static str),
    /// Answers this and closes the connection.
    SayAndClose(&'static str),
    /// Says nothing more and keeps the connection.
    Hang,
    /// Closes the connection.
    Close,
}

/// A mail that was given, accepted or not.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) bytes: Vec<u8>,
    pub(crate) encrypted: bool,
}

/// How the relay behaves. Each of `told` is used once, at the first place with its name: `GREETING`, a verb,
/// `BODY` (after the consent to take the data) or `END` (after the final dot).
#[derive(Clone, Default)]
pub(crate) struct Script {
    pub(crate) told: Vec<(&'static str, Then)>,
    pub(crate) offers_login: bool,
    pub(crate) offers_starttls: bool,
    pub(crate) implicit_tls: bool,
}

#[derive(Clone)]
pub(crate) struct SmtpSink {
    pub(crate) port: u16,
    /// The certificate to trust.
    pub(crate) ca_pem: String,
    script: Arc<Mutex<Script>>,
    acceptor: TlsAcceptor,
    commands: Arc<Mutex<Vec<String>>>,
    given: Arc<Mutex<Vec<Given>>>,
    connections: Arc<AtomicUsize>,
}

trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}
type Stream = BufReader<Box<dyn Line>>;

/// Why a conversation ended; nothing more is said.
struct Over;

impl SmtpSink {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (ca_pem, acceptor) = made_for(&["localhost", "127.0.0.1"]);
        let sink = Self {
            port: listener.local_addr().unwrap().port(),
            ca_pem,
            script: Arc::new(Mutex::new(script)),
            acceptor,
            commands: Arc::default(),
            given: Arc::default(),
            connections: Arc::default(),
        };
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                serving.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serving.clone().serve(Box::new(stream)));
            }
        });
        sink
    }

    /// A relay that does as it is told at these places, and otherwise takes everything.
    pub(crate) async fn told(told: &[(&'static str, Then)]) -> Self {
        Self::start(Script {
            told: told.to_vec(),
            ..Script::default()
        })
        .await
    }

    /// Adds to what it is told.
    pub(crate) fn tell(&self, place: &'static str, then: Then) {
        self.script.lock().unwrap().told.push((place, then));
    }

    /// The way to it, without login.
    pub(crate) fn relay(&self, timeouts: Timeouts) -> Relay {
        Relay::from_url(&format!("smtp://127.0.0.1:{}", self.port), None)
            .unwrap()
            .with_timeouts(timeouts)
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }

    pub(crate) fn given(&self) -> Vec<Given> {
        self.given.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn then(&self, place: &str) -> Option<Then> {
        let mut script = self.script.lock().unwrap();
        let index = script.told.iter().position(|(known, _)| *known == place)?;
        Some(script.told.remove(index).1)
    }

    async fn serve(self, stream: Box<dyn Line>) {
        let implicit = self.script.lock().unwrap().implicit_tls;
        let stream: Box<dyn Line> = if implicit {
            let Ok(encrypted) = self.acceptor.accept(stream).await else {
                return;
            };
            Box::new(encrypted)
        } else {
            stream
        };
        let _over = self.converse(BufReader::new(stream), implicit).await;
    }

    async fn converse(&self, mut stream: Stream, mut encrypted: bool) -> Result<(), Over> {
        self.answer(&mut stream, "GREETING", "220 sink ESMTP").await?;
        loop {
            let line = command(&mut stream).await?;
            self.commands.lock().unwrap().push(line.clone());
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.answer(&mut stream, "EHLO", &self.offers(encrypted)).await?,
                "AUTH" => self.answer(&mut stream, "AUTH", "235 2.7.0 welcome").await?,
                "STARTTLS" => {
                    self.answer(&mut stream, "STARTTLS", "220 go ahead").await?;
                    let upgraded = self
                        .acceptor
                        .accept(stream.into_inner())
                        .await
                        .map_err(|_| Over)?;
                    stream = BufReader::new(Box::new(upgraded));
                    encrypted = true;
                }
                "DATA" => self.data(&mut stream, encrypted).await?,
                "QUIT" => return self.answer(&mut stream, "QUIT", "221 bye").await,
                verb => self.answer(&mut stream, verb, "250 2.0.0 ok").await?,
            }
        }
    }

    fn offers(&self, encrypted: bool) -> String {
        let script = self.script.lock().unwrap();
        let mut text = "250-sink\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n".to_owned();
        if script.offers_starttls && !encrypted {
            text += "250-STARTTLS\r\n";
        }
        if script.offers_login {
            text += "250-AUTH PLAIN LOGIN\r\n";
        }
        text + "250 SIZE 50000000"
    }

    async fn data(&self, stream: &mut Stream, encrypted: bool) -> Result<(), Over> {
        match self.then("DATA") {
            Some(then) => return act(stream, then).await,
            None => write(stream, "354 go on").await?,
        }
        if let Some(then) = self.then("BODY") {
            act(stream, then).await?;
        }
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n.\r\n") {
            if stream.read_until(b'\n', &mut bytes).await.map_err(|_| Over)? == 0 {
                return Err(Over);
            }
        }
        bytes.truncate(bytes.len() - 3);
        self.given.lock().unwrap().push(Given { bytes, encrypted });
        self.answer(stream, "END", "250 2.0.0 Ok: queued as 4F1B2").await
    }

    async fn answer(&self, stream: &mut Stream, place: &str, usual: &str) -> Result<(), Over> {
        match self.then(place) {
            Some(then) => act(stream, then).await,
            None => write(stream, usual).await,
        }
    }
}

async fn act(stream: &mut Stream, then: Then) -> Result<(), Over> {
    match then {
        Then::Say(text) => write(stream, text).await,
        Then::SayAndClose(text) => {
            write(stream, text).await?;
            stream.shutdown().await.map_err(|_| Over)?;
            Err(Over)
        }
        Then::Hang => std::future::pending().await,
        Then::Close => Err(Over),
    }
}

async fn write(stream: &mut Stream, text: &str) -> Result<(), Over> {
    stream
        .write_all(format!("{text}\r\n").as_bytes())
        .await
        .map_err(|_| Over)?;
    stream.flush().await.map_err(|_| Over)
}

async fn command(stream: &mut Stream) -> Result<String, Over> {
    let mut line = String::new();
    match stream.read_line(&mut line).await {
        Ok(1..) => Ok(line.trim_end().to_owned()),
        Ok(0) | Err(_) => Err(Over),
    }
}
