//! Another Flyt server that the operator named on a command line: one call of its API with a key. The guard is not asked; a
//! redirect is not followed.

use crate::egress::{Guard, Timeouts, TlsRefused};
use std::time::Duration;
use url::Url;

/// A call may carry a megabyte of bookings, each of which is written durably.
const PATIENCE: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    total: Duration::from_mins(5),
};

/// A server that does not listen to us, or cannot.
#[derive(Debug, thiserror::Error)]
pub enum NoRemote {
    /// The address is none.
    #[error("`{0}` is not the address of a server: it looks like https://flyt.example")]
    Address(String),
    /// The key cannot stand in a header.
    #[error("the key holds characters that no key has")]
    Key,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsRefused),
    /// No answer came.
    #[error("the server did not answer: {0}")]
    Silent(String),
}

/// What came back.
#[derive(Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// Seconds to wait before asking again, where the server says so.
    pub retry_after: Option<u64>,
    /// The body.
    pub body: Vec<u8>,
}

/// A server elsewhere.
pub struct Remote {
    client: reqwest::Client,
    base: String,
    bearer: reqwest::header::HeaderValue,
}

impl Remote {
    /// The server at `base`, asked with `key`.
    ///
    /// # Errors
    /// An address or a key that cannot be one.
    pub fn new(base: &str, key: &str) -> Result<Self, NoRemote> {
        let wrong = || NoRemote::Address(base.to_owned());
        let url = Url::parse(base).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong());
        }
        let mut bearer = reqwest::header::HeaderValue::from_str(&format!("Bearer {}", key.trim()))
            .map_err(|_| NoRemote::Key)?;
        bearer.set_sensitive(true);
        Ok(Self {
            client: Guard::new(Vec::new()).trusted_client(PATIENCE)?,
            base: base.trim_end_matches('/').to_owned(),
            bearer,
        })
    }

    /// Reads `path`, or sends `body` to it.
    ///
    /// # Errors
    /// `Silent` where no whole answer came.
    pub async fn call(
        &self,
        path: &str,
        business: Option<&str>,
        body: Option<String>,
    ) -> Result<Answered, NoRemote> {
        let url = format!("{}{path}", self.base);
        let mut request = match body {
            None => self.client.get(url),
            Some(body) => self
                .client
                .post(url)
                .header("content-type", "application/json")
                .body(body),
        };
        if let Some(slug) = business {
            request = request.header("flyt-business", slug);
        }
        let silent = |e: reqwest::Error| NoRemote::Silent(crate::webhook::root(&e.without_url()));
        let request = request.header("authorization", self.bearer.clone());
        let answer = request.send().await.map_err(silent)?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after");
        let retry_after = retry_after.and_then(|v| v.to_str().ok()?.parse().ok());
        let body = answer.bytes().await.map_err(silent)?.to_vec();
        Ok(Answered {
            status,
            retry_after,
            body,
        })
    }
}
