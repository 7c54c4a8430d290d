//! The way to a relay: socket, TLS, login. Credentials never go over a line that can be read, and a
//! certificate that does not hold is never a reason to go on without TLS.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Broken;
use super::reply::{self, Reply, Stage};
use crate::outcome::{Answer, Outcome};
use crate::tls::{TlsRefused, client_config, is_tls_refusal};

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// With the connection (`smtps`).
    Implicit,
    /// By STARTTLS, when the relay offers it.
    Offered,
    /// By STARTTLS, or not at all.
    Required,
    /// Never; then no login either.
    Never,
}

/// Everything needed to reach one relay.
pub(super) struct Way {
    host: String,
    port: u16,
    hello: ClientId,
    tls: Tls,
    login: Option<Credentials>,
    starttls: TlsParameters,
    implicit: TlsConnector,
}

impl Way {
    pub(super) fn new(
        host: String,
        port: u16,
        hello: &str,
        tls: Tls,
        login: Option<Credentials>,
        extra_ca_pem: Option<&[u8]>,
    ) -> Result<Self, TlsRefused> {
        let implicit = TlsConnector::from(Arc::new(client_config(extra_ca_pem)?));
        let mut starttls =
            TlsParameters::builder(host.clone()).certificate_store(CertificateStore::WebpkiRoots);
        if let Some(pem) = extra_ca_pem {
            starttls =
                starttls.add_root_certificate(Certificate::from_pem(pem).map_err(|_| TlsRefused::Authority)?);
        }
        let starttls = starttls
            .build_rustls()
            .map_err(|refused| TlsRefused::Setup(refused.to_string()))?;
        Ok(Self {
            host,
            port,
            hello: ClientId::Domain(hello.to_owned()),
            tls,
            login,
            starttls,
            implicit,
        })
    }

    /// Whether what goes over this connection can be read on the way.
    pub(super) fn is_encrypted(&self, connection: &AsyncSmtpConnection) -> bool {
        self.tls == Tls::Implicit || connection.is_encrypted()
    }

    /// A connection that is ready for a mail, each step within `stage`.
    pub(super) async fn connect(&self, stage: Duration) -> Result<AsyncSmtpConnection, Outcome> {
        let tcp = patiently(stage, TcpStream::connect((self.host.as_str(), self.port)))
            .await?
            .map_err(|e| line(&e))?;
        tcp.set_nodelay(true).map_err(|error| line(&error))?;
        let stream: Box<dyn AsyncTokioStream> = match self.tls {
            Tls::Implicit => Box::new(self.encrypted(tcp, stage).await?),
            Tls::Offered | Tls::Required | Tls::Never => Box::new(tcp),
        };
        let greeted = patiently(
            stage,
            AsyncSmtpConnection::connect_with_transport(stream, &self.hello),
        )
        .await?;
        let mut connection = greeted.map_err(|error| refused(Stage::Greeting, error))?;
        let mut encrypted = self.tls == Tls::Implicit;
        if matches!(self.tls, Tls::Offered | Tls::Required) && connection.can_starttls() {
            let upgraded = patiently(stage, connection.starttls(self.starttls.clone(), &self.hello)).await?;
            upgraded.map_err(|error| refused(Stage::Greeting, error))?;
            encrypted = true;
        }
        if self.tls == Tls::Required && !encrypted {
            return Err(configuration("the relay offers no TLS, and TLS is required"));
        }
        if let Some(login) = &self.login {
            if !encrypted {
                return Err(configuration(
                    "the relay offers no TLS; the login is not sent without it",
                ));
            }
            self.log_in(&mut connection, login, stage).await?;
        }
        Ok(connection)
    }

    async fn log_in(
        &self,
        connection: &mut AsyncSmtpConnection,
        login: &Credentials,
        stage: Duration,
    ) -> Result<(), Outcome> {
        let known = [Mechanism::Plain, Mechanism::Login];
        if connection.server_info().get_auth_mechanism(&known).is_none() {
            return Err(configuration("the relay offers no login by PLAIN or LOGIN"));
        }
        let answered = patiently(stage, connection.auth(&known, login)).await?;
        answered.map(drop).map_err(|error| refused(Stage::Login, error))
    }

    async fn encrypted(&self, tcp: TcpStream, stage: Duration) -> Result<Encrypted, Outcome> {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| configuration("the relay's host is no name that a certificate could hold"))?;
        let stream = patiently(stage, self.implicit.connect(name, tcp))
            .await?
            .map_err(|error| line(&error))?;
        Ok(Encrypted(stream))
    }
}

async fn patiently<T>(patience: Duration, step: impl Future<Output = T>) -> Result<T, Outcome> {
    timeout(patience, step)
        .await
        .map_err(|_| Outcome::temporary(Answer::note("the relay did not answer in time")))
}

/// What failed below the protocol.
fn line(error: &io::Error) -> Outcome {
    let answer = Answer::note(&format!("the relay cannot be reached: {error}"));
    if is_tls_refusal(error) {
        Outcome::Configuration { answer }
    } else {
        Outcome::temporary(answer)
    }
}

/// What failed in the protocol, before any mail was offered.
fn refused(stage: Stage, error: Error) -> Outcome {
    if is_tls_refusal(&error) {
        return Outcome::Configuration {
            answer: Answer::note(&format!("the relay's TLS is refused: {error}")),
        };
    }
    match Reply::read(Err(error)) {
        Ok(reply) => reply::class(stage, &reply),
        Err(Broken(answer)) => Outcome::temporary(answer),
    }
}

fn configuration(text: &str) -> Outcome {
    Outcome::Configuration {
        answer: Answer::note(text),
    }
}

/// A stream that was encrypted before the protocol began, in the shape lettre takes.
struct Encrypted(TlsStream<TcpStream>);

impl fmt::Debug for Encrypted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Encrypted")
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
