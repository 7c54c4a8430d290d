//! The operator's `FLYT_SMTP_URL`.

use lettre::transport::smtp::authentication::Credentials;
use url::{Host, Url};

use super::connect::{Tls, Way};
use crate::tls::TlsRefused;

/// Why a relay's URL is refused. The text never holds the URL: there is a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayRefused {
    /// Not `smtp://host` or `smtps://host`.
    #[error("the relay's URL must look like smtp://user:password@host:587 or smtps://user:password@host")]
    Unreadable,
    /// Something behind the `?` that has no meaning.
    #[error(
        "`{0}` behind the ? of the relay's URL has no meaning; from_domain and tls=required|offered|never have"
    )]
    Parameter(String),
    /// `from_domain` is no domain.
    #[error("from_domain is no domain")]
    FromDomain,
    /// The extra authority cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsRefused),
}

pub(super) fn read(text: &str, extra_ca_pem: Option<&[u8]>) -> Result<(Way, String), RelayRefused> {
    let url = Url::parse(text).map_err(|_| RelayRefused::Unreadable)?;
    let mut tls = match url.scheme() {
        "smtp" => Tls::Offered,
        "smtps" => Tls::Implicit,
        _ => return Err(RelayRefused::Unreadable),
    };
    let host = Host::parse(url.host_str().unwrap_or_default()).map_err(|_| RelayRefused::Unreadable)?;
    let login = login(&url)?;
    let mut from_domain = None;
    for (name, value) in url.query_pairs() {
        match (name.as_ref(), value.as_ref()) {
            ("from_domain", domain) => from_domain = Some(domain_name(domain)?),
            ("tls", "offered") => {}
            ("tls", "required") if tls == Tls::Implicit => {}
            ("tls", "required") => tls = Tls::Required,
            ("tls", "never") if tls != Tls::Implicit => tls = Tls::Never,
            (name, value) => return Err(RelayRefused::Parameter(format!("{name}={value}"))),
        }
    }
    let usual_port = match (tls, &login) {
        (Tls::Implicit, _) => 465,
        (Tls::Offered | Tls::Required | Tls::Never, Some(_)) => 587,
        (Tls::Offered | Tls::Required | Tls::Never, None) => 25,
    };
    let port = url.port().unwrap_or(usual_port);
    let from_domain = from_domain.unwrap_or_else(|| match &host {
        Host::Domain(name) => name.clone(),
        Host::Ipv4(_) | Host::Ipv6(_) => "localhost".to_owned(),
    });
    let host = match host {
        Host::Domain(name) => name,
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    let way = Way::new(host, port, &from_domain, tls, login, extra_ca_pem)?;
    Ok((way, from_domain))
}

fn login(url: &Url) -> Result<Option<Credentials>, RelayRefused> {
    let user = unescaped(url.username()).ok_or(RelayRefused::Unreadable)?;
    let password = unescaped(url.password().unwrap_or_default()).ok_or(RelayRefused::Unreadable)?;
    Ok((!user.is_empty()).then(|| Credentials::new(user, password)))
}

fn domain_name(text: &str) -> Result<String, RelayRefused> {
    match Host::parse(text) {
        Ok(Host::Domain(name)) if !text.contains('%') => Ok(name),
        Ok(_) | Err(_) => Err(RelayRefused::FromDomain),
    }
}

/// Percent-decoding, for the name and password of a URL only. A `%` without two digits stands for itself.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, beyond @ ..]) => {
                digit(*high).zip(digit(*low)).map(|(h, l)| (h * 16 + l, beyond))
            }
            _ => None,
        };
        let (byte, beyond) = escaped.unwrap_or((*first, after));
        bytes.push(byte);
        rest = beyond;
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
