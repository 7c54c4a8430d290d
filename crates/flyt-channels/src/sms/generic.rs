//! The generic gateway: the wire format that Flyt itself defines (`api.md`), for whoever puts something of their own between.
//! It is told the message's reference as `Idempotency-Key`, so that giving it a message twice sends it once.

use super::{Fate, Received, Reply, Report, Request, Sms, Unreadable};
use crate::outcome::Outcome;
use crate::smtp::url::unescaped;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

/// An account at a generic gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Where messages are posted.
    pub url: String,
    /// The value of `Authorization`, whole.
    pub authorization: Option<String>,
    /// The sender of those who name none.
    pub from: Option<String>,
}
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("generic::Account").finish_non_exhaustive()
    }
}
impl Account {
    /// `https://token@host/path` logs in with the token, `https://name:password@host/path` with both.
    pub(super) fn of_url(mut url: Url) -> Self {
        let plain = |text: &str| unescaped(text).unwrap_or_default();
        let (name, password) = (plain(url.username()), url.password().map(plain));
        let authorization = match (name.as_str(), password) {
            ("", None) => None,
            (token, None) => Some(bearer(token)),
            (name, Some(password)) => Some(basic(name, &password)),
        };
        // Neither can fail: the URL has a host.
        let _ = (url.set_username(""), url.set_password(None));
        Self {
            url: url.into(),
            authorization,
            from: None,
        }
    }
    /// The account of a business: an address and a token.
    pub fn with_token(url: &str, token: Option<&str>, from: Option<String>) -> Self {
        Self {
            url: url.to_owned(),
            authorization: token.map(bearer),
            from,
        }
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}
pub(super) fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// The request that sends a message.
pub fn request(account: &Account, sms: &Sms) -> Request {
    let mut headers = vec![("idempotency-key", sms.reference.clone())];
    headers.extend(account.authorization.clone().map(|a| ("authorization", a)));
    let body = json!({
        "from": sms.from, "to": sms.to, "text": sms.text, "encoding": sms.encoding, "segments": sms.segments,
        "client_reference": sms.reference,
    });
    Request {
        method: Method::POST,
        url: account.url.clone(),
        headers,
        content_type: "application/json",
        body: body.to_string().into_bytes(),
    }
}

/// The request that only reaches the gateway.
pub(super) fn check(account: &Account) -> Request {
    Request {
        method: Method::GET,
        url: account.url.clone(),
        headers: account
            .authorization
            .clone()
            .into_iter()
            .map(|a| ("authorization", a))
            .collect(),
        content_type: "",
        body: Vec::new(),
    }
}

/// What an answer means.
pub fn outcome(reply: &Reply) -> Outcome {
    let answer = reply.answer();
    match reply.status {
        200..=299 => Outcome::Accepted {
            provider_id: id(&reply.body),
            answer,
        },
        400 | 422 => Outcome::Permanent { answer },
        408 | 409 | 425 | 429 | 500..=599 => Outcome::Temporary {
            answer,
            retry_after_ms: reply.retry_after_ms,
        },
        // A refused login, and everything that a wrong address answers: no message is to blame.
        _ => Outcome::Configuration { answer },
    }
}

fn id(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    word(body.get("id")?)
}
/// A text or a number as a text.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
    .filter(|text| !text.is_empty() && text.len() <= 255 && !text.contains('\0'))
}

/// Reads what the gateway posts to us: `{client_reference, state, code?}` or `{from, to, text}`.
pub fn received(body: &[u8]) -> Result<Received, Unreadable> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Unreadable("the body must be JSON"))?;
    let text = |name: &str| body.get(name).and_then(word);
    let (reference, provider_id) = (text("client_reference"), text("id"));
    if let Some(state) = body.get("state") {
        if reference.is_none() && provider_id.is_none() {
            return Err(Unreadable("a report needs `client_reference`"));
        }
        let fate = match state.as_str() {
            Some("delivered") => Fate::Delivered,
            Some("failed") => Fate::Failed,
            Some("queued" | "accepted" | "sent") => Fate::Taken,
            Some(_) | None => return Err(Unreadable("`state` must be delivered or failed")),
        };
        return Ok(Received::Report(Report {
            reference,
            provider_id,
            fate,
            code: text("code"),
            bad_number: false,
            opted_out: false,
        }));
    }
    let (from, to) = (text("from"), text("to"));
    let written = body.get("text").and_then(Value::as_str);
    match (from, written) {
        (Some(from), Some(written)) => Ok(Received::Inbound {
            from,
            to: to.unwrap_or_default(),
            text: written.to_owned(),
        }),
        _ => Err(Unreadable(
            "the body must have `client_reference` and `state`, or `from`, `to` and `text`",
        )),
    }
}
