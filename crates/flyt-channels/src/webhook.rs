//! Calls to addresses that a business enters: signed, guarded, never redirected, and told apart by how they
//! end.
//!
//! The bytes of the body come ready made and are sent as they are at every attempt. When to try again, and
//! which origin is paused, is decided elsewhere.

mod fetch;
mod success;

use std::error::Error;
use std::io;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};

pub use self::fetch::Fetched;
pub use self::success::{BadSuccessCode, SuccessCodes};

use crate::egress::{Guard, Reach, Refused, Timeouts, TlsRefused};
use crate::outcome::{Answer, Outcome};
use crate::signature;

/// How much of an answer is read, in bytes.
const BODY_BYTES: usize = 16 * 1024;

/// The bounds of a wait that an answer may ask for, in milliseconds: one second and one day.
const RETRY_AFTER_MS: (i64, i64) = (1_000, 86_400_000);

/// What a business may ask for.
const METHODS: [Method; 5] = [
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::GET,
    Method::DELETE,
];

/// Headers that the connection or the signature owns.
const RESERVED: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// One call, rendered and ready.
#[derive(Clone, Debug, Default)]
pub struct WebhookCall {
    /// `POST`, `PUT`, `PATCH`, `GET` or `DELETE`.
    pub method: String,
    /// Where to; checked by the guard at every attempt.
    pub url: String,
    /// Headers of the business's own; see [`check_header`].
    pub headers: Vec<(String, String)>,
    /// The `content-type`; empty sends none.
    pub content_type: String,
    /// The bytes, the same at every attempt.
    pub body: Vec<u8>,
    /// `webhook-id`: the step's outside id, the same at every attempt.
    pub id: String,
    /// The live secrets (`whsec_…`), newest first; none leaves the call unsigned.
    pub secrets: Vec<String>,
    /// Which answers mean that it was taken.
    pub success: SuccessCodes,
}

/// Why a header of a business's own is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderRefused {
    /// Not a header name.
    #[error("`{0}` is no header name")]
    Name(String),
    /// A name that the connection or the signature owns.
    #[error("the header `{0}` is set by Flyt")]
    Reserved(String),
    /// A line end, NUL or another control character in the value.
    #[error("the value of the header `{0}` holds a line end or control character")]
    Value(String),
}

/// Says at save time, and again at every attempt, whether a header may be sent.
pub fn check_header(name: &str, value: &str) -> Result<(), HeaderRefused> {
    header(name, value).map(drop)
}

/// Scheme, host and port of an address: what stands or falls together.
pub fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    Some(url.origin().ascii_serialization())
}

/// The callers of all webhooks, with their kept connections.
#[derive(Clone)]
pub struct Webhooks {
    guard: Guard,
    usual: reqwest::Client,
    allowed_only: reqwest::Client,
}

impl Webhooks {
    /// Callers behind the guard, with the usual patience: 5 s to connect, 20 s in all.
    pub fn new(guard: Guard) -> Result<Self, TlsRefused> {
        Self::with_timeouts(guard, Timeouts::default())
    }

    /// Callers with another patience.
    pub fn with_timeouts(guard: Guard, timeouts: Timeouts) -> Result<Self, TlsRefused> {
        let usual = guard.client(Reach::Public, timeouts)?;
        let allowed_only = guard.client(Reach::AllowedOnly, timeouts)?;
        Ok(Self {
            guard,
            usual,
            allowed_only,
        })
    }

    /// Refuses an address by what its text says, when it is saved; every attempt looks again.
    pub fn check_url(&self, url: &str) -> Result<(), Refused> {
        self.guard.check_url(url).map(drop)
    }

    /// Makes one attempt. `now` is the instant that is signed, and the one a `Retry-After` date is read
    /// against when the answer bears no date of its own.
    pub async fn call(&self, call: &WebhookCall, now: Timestamp) -> Outcome {
        let request = match self.request(call, now) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        match request.send().await {
            Ok(response) => answered(response, &call.success, now).await,
            Err(error) => unanswered(&error.without_url()),
        }
    }

    fn request(&self, call: &WebhookCall, now: Timestamp) -> Result<reqwest::RequestBuilder, Outcome> {
        let url = self.guard.check_url(&call.url).map_err(refused)?;
        let method = METHODS
            .into_iter()
            .find(|method| method.as_str() == call.method)
            .ok_or_else(|| permanent("the method is none of POST, PUT, PATCH, GET and DELETE"))?;
        let headers = headers(call, now)?;
        let client = match Guard::reach(&url) {
            Reach::Public => &self.usual,
            Reach::AllowedOnly => &self.allowed_only,
        };
        Ok(client
            .request(method, url)
            .headers(headers)
            .body(call.body.clone()))
    }
}

fn headers(call: &WebhookCall, now: Timestamp) -> Result<HeaderMap, Outcome> {
    let mut headers = HeaderMap::new();
    if !call.content_type.is_empty() {
        let value = HeaderValue::from_str(&call.content_type)
            .map_err(|_| permanent("the content type holds a line end or control character"))?;
        headers.insert(CONTENT_TYPE, value);
    }
    for (name, value) in &call.headers {
        let (name, value) = header(name, value).map_err(|refused| permanent(&refused.to_string()))?;
        headers.insert(name, value);
    }
    let timestamp_s = now.as_second();
    let id = HeaderValue::from_str(&call.id).map_err(|_| permanent("the webhook id cannot be sent"))?;
    headers.insert("webhook-id", id);
    headers.insert("webhook-timestamp", HeaderValue::from(timestamp_s));
    if !call.secrets.is_empty() {
        let signature = signature::sign(&call.secrets, &call.id, timestamp_s, &call.body).map_err(|bad| {
            Outcome::Configuration {
                answer: Answer::note(&bad.to_string()),
            }
        })?;
        let signature =
            HeaderValue::from_str(&signature).map_err(|_| permanent("the signature cannot be sent"))?;
        headers.insert("webhook-signature", signature);
    }
    Ok(headers)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HeaderRefused> {
    let read = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderRefused::Name(name.to_owned()))?;
    let lower = read.as_str();
    if RESERVED.contains(&lower) || lower.starts_with("webhook-") || lower.starts_with("proxy-") {
        return Err(HeaderRefused::Reserved(name.to_owned()));
    }
    let value = HeaderValue::from_str(value).map_err(|_| HeaderRefused::Value(name.to_owned()))?;
    Ok((read, value))
}

pub(crate) fn refused(refused: Refused) -> Outcome {
    let answer = Answer::note(&refused.to_string());
    if refused.is_blocked() {
        Outcome::Blocked { answer }
    } else {
        Outcome::Permanent { answer }
    }
}

fn permanent(text: &str) -> Outcome {
    Outcome::Permanent {
        answer: Answer::note(text),
    }
}

/// The status is the answer; a body that breaks off after it changes nothing but what can be stored.
async fn answered(response: Response, success: &SuccessCodes, now: Timestamp) -> Outcome {
    let status = response.status();
    let date = http_date(response.headers(), "date");
    let retry_after_ms = retry_after_ms(response.headers(), date.unwrap_or(now));
    let body = beginning(response).await;
    let text = String::from_utf8_lossy(body.as_deref().unwrap_or_default());
    let mut answer = Answer::coded(status.as_u16(), &text);
    if answer.text.is_empty() {
        status
            .canonical_reason()
            .unwrap_or_default()
            .clone_into(&mut answer.text);
    }
    answer.body = body;
    answer.date = date;
    if success.contains(status.as_u16()) {
        Outcome::Accepted {
            provider_id: None,
            answer,
        }
    } else if status.as_u16() == 410 {
        Outcome::Permanent { answer }
    } else {
        Outcome::Temporary {
            answer,
            retry_after_ms,
        }
    }
}

/// The first 16 kB of the body; none when it broke off before.
pub(crate) async fn beginning(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < BODY_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return None,
        }
    }
    body.truncate(BODY_BYTES);
    Some(body)
}

/// Without an answer it matters how far the request came.
pub(crate) fn unanswered(error: &reqwest::Error) -> Outcome {
    if let Some(refused) = cause::<Refused>(error) {
        return self::refused(*refused);
    }
    let answer = Answer::note(&root(error));
    if error.is_connect() {
        Outcome::temporary(answer)
    } else if error.is_builder() {
        Outcome::Permanent { answer }
    } else {
        Outcome::Unknown { answer }
    }
}

/// Seconds or a date, read against `against`, within the bounds; nothing when it cannot be read.
pub(crate) fn retry_after_ms(headers: &HeaderMap, against: Timestamp) -> Option<i64> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    let wait_ms = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number beyond all numbers is a wish for the longest wait.
        text.parse::<i64>()
            .map_or(i64::MAX, |seconds| seconds.saturating_mul(1_000))
    } else {
        http_date(headers, "retry-after")?
            .as_millisecond()
            .saturating_sub(against.as_millisecond())
    };
    let (least, most) = RETRY_AFTER_MS;
    Some(wait_ms.clamp(least, most))
}

pub(crate) fn http_date(headers: &HeaderMap, name: &str) -> Option<Timestamp> {
    let text = headers.get(name)?.to_str().ok()?;
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// The error of type `E` behind an error. `io::Error` hides what it wraps from `source`.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<E>() {
            return Some(found);
        }
        next = deeper(current);
    }
    None
}

/// The words of the innermost error: «Connection refused» rather than what was being done.
pub(crate) fn root(error: &(dyn Error + 'static)) -> String {
    let mut current = error;
    while let Some(inner) = deeper(current) {
        current = inner;
    }
    current.to_string()
}

fn deeper<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
