//! What a browser brings: its cookie, where a request comes from, and whether the page that sent it is ours. A request that
//! changes something and is known by a cookie must come from our own page: another site could make the browser send one.

use crate::problem::Problem;
use crate::state::App;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, header};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use url::Url;

/// The cookie over HTTPS: the prefix lets the browser refuse it from anybody but this very host.
const SAFE: &str = "__Host-flyt";
/// The cookie where there is no TLS: a server in one's own house.
const PLAIN: &str = "flyt";
/// Most characters that are kept of what a browser calls itself.
const AGENT_CHARS: usize = 300;

/// What a request tells of the browser it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    /// The token in its cookie.
    pub(crate) token: Option<String>,
    /// Where it is, as far as that can be told.
    pub(crate) address: Option<IpAddr>,
    /// What it calls itself.
    pub(crate) agent: String,
    /// Whether it came over HTTPS.
    safe: bool,
    /// Where the page stands that sent it, such as `https://flyt.example`.
    origin: Option<String>,
}

impl Browser {
    /// The cookie that keeps a session for so many seconds.
    pub(crate) fn cookie(&self, token: &str, seconds: i64) -> Option<HeaderValue> {
        let (name, secure) = if self.safe {
            (SAFE, "; Secure")
        } else {
            (PLAIN, "")
        };
        let text = format!("{name}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
        HeaderValue::from_str(&text).ok()
    }
    /// The cookie that ends it.
    pub(crate) fn no_cookie(&self) -> Option<HeaderValue> {
        self.cookie("", 0)
    }
    /// Where people reach this server: as the operator says, else as this page does, else where it listens.
    pub(crate) fn base(&self, app: &App) -> String {
        let told = app.engine().public_url().map(str::to_owned);
        told.or_else(|| self.origin.clone())
            .unwrap_or_else(|| app.engine().base_url())
    }
}

impl FromRequestParts<App> for Browser {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(of(app, &parts.headers, &parts.extensions))
    }
}

/// What the headers of a request tell.
pub(crate) fn of(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Browser {
    let safe = is_safe(app, headers);
    let agent = text(headers, header::USER_AGENT.as_str()).unwrap_or_default();
    Browser {
        token: token(headers, safe),
        address: address(headers, extensions),
        agent: agent
            .chars()
            .filter(|c| !c.is_control())
            .take(AGENT_CHARS)
            .collect(),
        safe,
        origin: text(headers, "origin")
            .filter(|o| o.starts_with("http"))
            .map(str::to_owned),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Over HTTPS, by what the operator says or what the browser or the proxy before us tells. Whoever lies here only makes their
/// own cookie stricter.
fn is_safe(app: &App, headers: &HeaderMap) -> bool {
    let https = |url: &str| url.starts_with("https://");
    app.engine().public_url().is_some_and(https)
        || text(headers, "x-forwarded-proto").is_some_and(|p| p.eq_ignore_ascii_case("https"))
        || text(headers, "origin").is_some_and(|o| https(o) && is_ours(app, o, headers))
}

/// The token of the one cookie that counts. Over HTTPS only the one with the prefix: the other could be planted by anybody who
/// can speak as this host without TLS.
fn token(headers: &HeaderMap, safe: bool) -> Option<String> {
    let wanted = if safe { SAFE } else { PLAIN };
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut found = pairs.filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted && !value.is_empty()).then(|| value.to_owned())
    });
    let first = found.next()?;
    // Two of one name: one of them is somebody else's.
    found.next().is_none().then_some(first)
}

/// The other end of the connection; behind a proxy on this machine or in this house, whom the proxy names last.
fn address(headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip();
    let near = match peer {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    let told = || {
        text(headers, "x-forwarded-for")?
            .rsplit(',')
            .next()?
            .trim()
            .parse()
            .ok()
    };
    Some(if near { told().unwrap_or(peer) } else { peer })
}

/// Refuses a request that may change something and does not come from our own page.
pub(crate) fn same_site(app: &App, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let ours = match text(headers, "sec-fetch-site") {
        Some(told) => told == "same-origin",
        None => text(headers, "origin").is_some_and(|origin| is_ours(app, origin, headers)),
    };
    if ours {
        return Ok(());
    }
    Err(Problem::forbidden(
        "cross_site",
        "This did not come from a page of this server: `Sec-Fetch-Site` or `Origin` must say so.",
    ))
}

fn is_ours(app: &App, origin: &str, headers: &HeaderMap) -> bool {
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    let public = app.engine().public_url().and_then(|u| Url::parse(u).ok());
    if public.is_some_and(|u| u.origin() == origin.origin()) {
        return true;
    }
    let host = text(headers, header::HOST.as_str()).unwrap_or_default();
    let Ok(own) = Url::parse(&format!("{}://{host}", origin.scheme())) else {
        return false;
    };
    !host.is_empty() && own.origin() == origin.origin()
}
