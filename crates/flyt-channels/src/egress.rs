//! The guard of outgoing connections to addresses that a business enters: none of them reaches a private,
//! loopback, link-local or metadata address unless the operator allows it (`FLYT_EGRESS_ALLOW`).
//!
//! [`Guard::check_url`] needs no network and serves when something is saved; the resolver checks again at
//! every connection. The operator's own relay and gateway are trusted and do not come here.

mod ranges;
mod resolve;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};

pub use self::ranges::{BadRange, IpRange, parse_allow};
pub use self::resolve::{Looking, Lookup, SystemLookup};
pub use crate::tls::TlsRefused;

use self::ranges::is_public;
use self::resolve::GuardedResolver;

/// The longest URL that is accepted, in bytes.
const URL_BYTES: usize = 4096;

/// The names under which clouds serve their machines' secrets.
const METADATA_NAMES: [&str; 4] = [
    "metadata.google.internal",
    "metadata.goog",
    "metadata",
    "instance-data",
];

/// Where those names lead.
const METADATA_ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(169, 254, 169, 254));

/// Why an address is refused. The text names no resolved address: inner addresses are nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No URL, or one too long to be one.
    #[error("the URL cannot be read")]
    Unreadable,
    /// Neither `http` nor `https`.
    #[error("the URL must begin with http:// or https://")]
    Scheme,
    /// A name or password before the host.
    #[error("the URL must not hold a name or password")]
    UserInfo,
    /// A port that is neither 80, 443 nor at least 1024.
    #[error("port {0} is refused; 80, 443 and ports from 1024 are open")]
    Port(u16),
    /// Private, reserved or a metadata address, directly or behind a name.
    #[error("the address is private, reserved or one of the machine's own")]
    Address,
}

impl Refused {
    /// Whether the guard keeps something out (true), or the text is no address at all (false).
    pub fn is_blocked(self) -> bool {
        match self {
            Self::Scheme | Self::UserInfo | Self::Port(_) | Self::Address => true,
            Self::Unreadable => false,
        }
    }
}

/// What an address entered by a business may reach: everything public, and what the operator allows beside.
#[derive(Clone)]
pub struct Guard {
    allow: Arc<[IpRange]>,
    lookup: Arc<dyn Lookup>,
    extra_ca_pem: Option<Arc<[u8]>>,
}

/// How far a connection may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Public addresses and allowed ones.
    Public,
    /// Allowed ones only: the price of an unusual port.
    AllowedOnly,
}

/// The patience with the other side, in real time.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until the connection and its TLS stand.
    pub connect: Duration,
    /// Until the whole answer is read.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(20),
        }
    }
}

impl Guard {
    /// A guard that lets public addresses and `allow` pass, names being resolved by the system.
    pub fn new(allow: Vec<IpRange>) -> Self {
        Self {
            allow: allow.into(),
            lookup: Arc::new(SystemLookup),
            extra_ca_pem: None,
        }
    }

    /// The same guard with another source of addresses.
    #[must_use]
    pub fn with_lookup(self, lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup, ..self }
    }

    /// The same guard, trusting the operator's own certificate authorities (PEM) beside Mozilla's roots.
    #[must_use]
    pub fn with_authority(self, extra_ca_pem: &[u8]) -> Self {
        Self {
            extra_ca_pem: Some(extra_ca_pem.into()),
            ..self
        }
    }

    /// Reads a URL and refuses it by what its text says alone. A name that passes may still be refused when
    /// it is resolved, at every connection anew.
    pub fn check_url(&self, text: &str) -> Result<Url, Refused> {
        // The URL standard drops tabs and line ends silently; nobody enters them with a good reason.
        if text.len() > URL_BYTES
            || text
                .chars()
                .any(|character| character.is_control() || character == ' ')
        {
            return Err(Refused::Unreadable);
        }
        let url = Url::parse(text).map_err(|_| Refused::Unreadable)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        let allowed_port = usual_port(&url);
        match url.host().ok_or(Refused::Unreadable)? {
            Host::Ipv4(address) => self.check_address(IpAddr::V4(address), allowed_port)?,
            Host::Ipv6(address) => self.check_address(IpAddr::V6(address), allowed_port)?,
            Host::Domain(name) => self.check_name(&plain_name(name), allowed_port)?,
        }
        Ok(url)
    }

    /// Whether a connection may go to this address.
    pub fn admits(&self, address: IpAddr) -> bool {
        is_public(address) || self.allows(address)
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|range| range.contains(address))
    }

    fn check_address(&self, address: IpAddr, port: Result<(), Refused>) -> Result<(), Refused> {
        if !self.admits(address) {
            return Err(Refused::Address);
        }
        if self.allows(address) { Ok(()) } else { port }
    }

    fn check_name(&self, name: &str, port: Result<(), Refused>) -> Result<(), Refused> {
        if name.is_empty() || name.len() > 253 {
            return Err(Refused::Unreadable);
        }
        if METADATA_NAMES.contains(&name) && !self.allows(METADATA_ADDRESS) {
            return Err(Refused::Address);
        }
        let loopback = [
            IpAddr::from([127, 0, 0, 1]),
            IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ];
        if is_localhost(name) && !loopback.iter().any(|address| self.allows(*address)) {
            return Err(Refused::Address);
        }
        // Behind an unusual port only allowed addresses may stand, and which stand there is known when the
        // name is resolved; where nothing is allowed it is known now.
        if self.allow.is_empty() { port } else { Ok(()) }
    }

    /// How far a connection for a checked URL may go.
    pub(crate) fn reach(url: &Url) -> Reach {
        if usual_port(url).is_ok() {
            Reach::Public
        } else {
            Reach::AllowedOnly
        }
    }

    /// An HTTP client for the operator's own addresses: the guard is not asked.
    pub(crate) fn trusted_client(&self, timeouts: Timeouts) -> Result<reqwest::Client, TlsRefused> {
        self.build(reqwest::Client::builder(), timeouts)
    }

    /// An HTTP client that goes where the guard lets it: never through a proxy, never after a redirect.
    pub(crate) fn client(&self, reach: Reach, timeouts: Timeouts) -> Result<reqwest::Client, TlsRefused> {
        let guarded = reqwest::Client::builder().dns_resolver(Arc::new(GuardedResolver {
            guard: self.clone(),
            reach,
        }));
        self.build(guarded, timeouts)
    }

    fn build(
        &self,
        builder: reqwest::ClientBuilder,
        timeouts: Timeouts,
    ) -> Result<reqwest::Client, TlsRefused> {
        builder
            .tls_backend_preconfigured(crate::tls::client_config(self.extra_ca_pem.as_deref())?)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .http1_only()
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .pool_idle_timeout(Duration::from_secs(20))
            .user_agent(concat!("Flyt/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|refused| TlsRefused::Setup(refused.to_string()))
    }
}

fn usual_port(url: &Url) -> Result<(), Refused> {
    match url.port_or_known_default() {
        Some(80 | 443 | 1024..) => Ok(()),
        Some(port) => Err(Refused::Port(port)),
        None => Err(Refused::Unreadable),
    }
}

/// A name as it is compared: without the dot at its end, in small letters.
fn plain_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
