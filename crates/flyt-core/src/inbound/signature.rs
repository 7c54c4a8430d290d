//! Signatures of other systems' deliveries, over the raw bytes. A comparison takes as long for a near miss as for a far one.

use super::{Adapter, Delivery, Settings};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// How old a Calendly signature may be, in seconds.
const TOLERANCE_S: u64 = 180;

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// The header is not there.
    #[error("the signature is missing")]
    Missing,
    /// It was made long ago, or for another time.
    #[error("the signature is too old")]
    TooOld,
    /// It is not made with our secret over these bytes.
    #[error("the signature does not match")]
    NoMatch,
}

/// What a signature may be over and when it may have been made.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'s> {
    /// The URLs under which the sender may have called us.
    pub urls: &'s [String],
    /// The present, on each clock that counts.
    pub now: &'s [Timestamp],
}

/// Checks a delivery against the secret of its source.
///
/// # Errors
/// `Unverified`.
pub fn verify(
    adapter: Adapter,
    delivery: &Delivery<'_>,
    settings: &Settings,
    secret: &str,
    seen: Seen<'_>,
) -> Result<(), Unverified> {
    let body = delivery.body;
    let header = |name: &str| delivery.header(name).ok_or(Unverified::Missing);
    match adapter {
        Adapter::Calcom => hexed(header("x-cal-signature-256")?, secret, &[body]),
        Adapter::Calendly => timed(header("calendly-webhook-signature")?, secret, body, seen.now),
        Adapter::Acuity => encoded(header("x-acuity-signature")?, secret, &[body]),
        Adapter::Makeplans => {
            let value = header("x-makeplans-signature")?;
            hexed(value.strip_prefix("sha256=").unwrap_or(value), secret, &[body])
        }
        Adapter::Square => {
            let value = header("x-square-hmacsha256-signature")?;
            let ours = |url: &String| encoded(value, secret, &[url.as_bytes(), body]).is_ok();
            seen.urls
                .iter()
                .any(ours)
                .then_some(())
                .ok_or(Unverified::NoMatch)
        }
        Adapter::Easyappointments => {
            let name = settings.secret_header.as_deref().unwrap_or("x-ea-token");
            same(header(name)?, secret)
        }
        Adapter::Generic => {
            let value = header(settings.signature.header.as_deref().unwrap_or("x-flyt-secret"))?;
            let value = value.strip_prefix("sha256=").unwrap_or(value);
            match settings.signature.encoding.as_deref() {
                Some("hex") => hexed(value, secret, &[body]),
                Some("base64") => encoded(value, secret, &[body]),
                _ => same(value, secret),
            }
        }
    }
}

/// `t=<seconds>,v1=<hex>`, over `<seconds>.<body>`.
fn timed(value: &str, secret: &str, body: &[u8], now: &[Timestamp]) -> Result<(), Unverified> {
    let part = |name: &str| {
        value
            .split(',')
            .find_map(|p| p.trim().split_once('=').filter(|(n, _)| *n == name))
            .map(|(_, v)| v)
    };
    let (t, v1) = (
        part("t").ok_or(Unverified::Missing)?,
        part("v1").ok_or(Unverified::Missing)?,
    );
    hexed(v1, secret, &[t.as_bytes(), b".", body])?;
    let at: i64 = t.parse().map_err(|_| Unverified::NoMatch)?;
    let near = now.iter().any(|n| n.as_second().abs_diff(at) <= TOLERANCE_S);
    near.then_some(()).ok_or(Unverified::TooOld)
}

fn mac(secret: &str, parts: &[&[u8]]) -> Result<Hmac<Sha256>, Unverified> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| Unverified::NoMatch)?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac)
}
fn hexed(value: &str, secret: &str, parts: &[&[u8]]) -> Result<(), Unverified> {
    let given = unhex(value).ok_or(Unverified::NoMatch)?;
    mac(secret, parts)?
        .verify_slice(&given)
        .map_err(|_| Unverified::NoMatch)
}
fn encoded(value: &str, secret: &str, parts: &[&[u8]]) -> Result<(), Unverified> {
    let given = BASE64.decode(value).map_err(|_| Unverified::NoMatch)?;
    mac(secret, parts)?
        .verify_slice(&given)
        .map_err(|_| Unverified::NoMatch)
}
/// Two digests compare instead of two texts: their lengths say nothing.
fn same(value: &str, secret: &str) -> Result<(), Unverified> {
    let (a, b) = (
        Sha256::digest(value.as_bytes()),
        Sha256::digest(secret.as_bytes()),
    );
    let differs = a.iter().zip(b.iter()).fold(0, |d, (x, y)| d | (x ^ y));
    (differs == 0).then_some(()).ok_or(Unverified::NoMatch)
}
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high * 16 + low).collect())
}

/// By what equal deliveries are known: a digest of the event's name and the bytes.
pub fn digest(event: &str, body: &[u8]) -> String {
    let mut sha = Sha256::new();
    sha.update(event.as_bytes());
    sha.update([0]);
    sha.update(body);
    BASE64.encode(sha.finalize())
}
/// The value of `authorization` for a user and password.
pub(super) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}")))
}
