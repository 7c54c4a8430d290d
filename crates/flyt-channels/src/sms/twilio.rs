//! Twilio's Messages API: form in, JSON out, and callbacks that are signed with the account's token. It knows no key, so a
//! try whose answer is lost may have been sent.

use super::generic::basic;
use super::{Fate, Received, Reply, Report, Request, Sms, Unreadable};
use crate::outcome::Outcome;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::Value;
use sha1::Sha1;
use url::form_urlencoded;

/// Where Twilio lives.
pub const BASE: &str = "https://api.twilio.com";
/// The wait before the one more try at a phone that was out of reach, in milliseconds: an hour.
const UNREACHABLE_MS: i64 = 3_600_000;

/// An account at Twilio.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Without a `/` at its end; [`BASE`] but in tests.
    pub base: String,
    /// The account's SID.
    pub sid: String,
    /// Its token: logs in, and signs what Twilio posts to us.
    pub token: String,
    /// The sender of those who name none; one that begins with `MG` is a messaging service.
    pub from: Option<String>,
}
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("twilio::Account").finish_non_exhaustive()
    }
}

/// What a code of Twilio's means for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Later.
    Later,
    /// May have been sent.
    Ambiguous,
    /// Login, credit or sender: no message is to blame.
    Configuration,
    /// The number itself is no good.
    BadNumber,
    /// The recipient has sent STOP to Twilio.
    OptedOut,
    /// This message will not go.
    Refused,
    /// One more try, after so many milliseconds where it is said.
    Once(Option<i64>),
}

/// The table of `conventions.md` §1.2. `None`: not in it.
pub fn class(code: i64) -> Option<Class> {
    Some(match code {
        20429 | 30001 | 21730 => Class::Later,
        20500 => Class::Ambiguous,
        20003 | 21212 | 21606 | 21608 | 30042 | 30002 => Class::Configuration,
        21211 | 21614 | 30005 | 30006 => Class::BadNumber,
        21610 => Class::OptedOut,
        21612 | 30004 | 30007 => Class::Refused,
        30003 => Class::Once(Some(UNREACHABLE_MS)),
        30008 => Class::Once(None),
        _ => return None,
    })
}

/// What a status means where the code says nothing.
fn class_of_status(status: u16) -> Class {
    match status {
        429 => Class::Later,
        500..=599 => Class::Ambiguous,
        400 | 422 => Class::Refused,
        _ => Class::Configuration,
    }
}

/// The request that sends a message.
pub fn request(account: &Account, sms: &Sms) -> Request {
    let sender = if sms.from.starts_with("MG") && sms.from.len() == 34 {
        "MessagingServiceSid"
    } else {
        "From"
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("To", &sms.to)
        .append_pair(sender, &sms.from)
        .append_pair("Body", &sms.text);
    if let Some(callback) = &sms.callback {
        form.append_pair("StatusCallback", callback);
    }
    Request {
        method: Method::POST,
        url: format!(
            "{}/2010-04-01/Accounts/{}/Messages.json",
            account.base, account.sid
        ),
        headers: vec![("authorization", basic(&account.sid, &account.token))],
        content_type: "application/x-www-form-urlencoded",
        body: form.finish().into_bytes(),
    }
}

/// The request that only asks whether the account logs in.
pub(super) fn check(account: &Account) -> Request {
    Request {
        method: Method::GET,
        url: format!("{}/2010-04-01/Accounts/{}.json", account.base, account.sid),
        headers: vec![("authorization", basic(&account.sid, &account.token))],
        content_type: "",
        body: Vec::new(),
    }
}

/// What an answer means.
pub fn outcome(reply: &Reply) -> Outcome {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let taken = (200..300).contains(&reply.status);
    let code = body
        .get(if taken { "error_code" } else { "code" })
        .and_then(number);
    let answer = reply.answer();
    let class = match code.and_then(class) {
        Some(class) => class,
        None if taken && code.is_none() => {
            let sid = body.get("sid").and_then(Value::as_str).map(str::to_owned);
            return Outcome::Accepted {
                provider_id: sid,
                answer,
            };
        }
        None if taken => Class::Refused,
        None => class_of_status(reply.status),
    };
    match class {
        Class::Later => Outcome::Temporary {
            answer,
            retry_after_ms: reply.retry_after_ms,
        },
        Class::Ambiguous => Outcome::Unknown { answer },
        Class::Configuration => Outcome::Configuration { answer },
        Class::BadNumber => Outcome::PermanentRecipient { answer },
        Class::OptedOut => Outcome::OptedOut { answer },
        Class::Refused => Outcome::Permanent { answer },
        Class::Once(after_ms) => Outcome::Once { answer, after_ms },
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Whether Twilio signed a call: HMAC-SHA1 over the URL as it was called and the form's fields sorted by name. The comparison
/// takes as long for a near miss as for a far one.
pub fn is_signed(token: &str, url: &str, form: &[(String, String)], signature: &str) -> bool {
    let Ok(given) = STANDARD.decode(signature.trim()) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.as_bytes()) else {
        return false;
    };
    mac.update(url.as_bytes());
    let mut fields: Vec<&(String, String)> = form.iter().collect();
    fields.sort();
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac.verify_slice(&given).is_ok()
}

/// The fields of a form.
pub fn form(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// Reads what Twilio posts to us. `reference`: ours, from the address that was called.
pub fn received(form: &[(String, String)], reference: Option<String>) -> Result<Received, Unreadable> {
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let sid = field("MessageSid").or_else(|| field("SmsSid"));
    let sid = sid.filter(|s| !s.is_empty() && s.len() <= 255 && !s.contains('\0'));
    let Some(sid) = sid else {
        return Err(Unreadable("the form must have MessageSid"));
    };
    let status = field("MessageStatus").or_else(|| field("SmsStatus"));
    let fate = match status.as_deref() {
        Some("delivered" | "read") => Fate::Delivered,
        Some("failed" | "undelivered" | "canceled") => Fate::Failed,
        Some("queued" | "accepted" | "scheduled" | "sending" | "sent" | "partially_delivered") => Fate::Taken,
        Some("received" | "receiving") | None => {
            return Ok(match (field("From"), field("Body")) {
                (Some(from), Some(text)) => Received::Inbound {
                    from,
                    to: field("To").unwrap_or_default(),
                    text,
                },
                _ => Received::Nothing,
            });
        }
        // They say that more may be added without notice.
        Some(_) => return Ok(Received::Nothing),
    };
    let code = field("ErrorCode").filter(|c| !c.is_empty() && c != "0");
    let class = code.as_deref().and_then(|c| c.parse().ok()).and_then(class);
    Ok(Received::Report(Report {
        reference,
        provider_id: Some(sid),
        fate,
        bad_number: class == Some(Class::BadNumber),
        opted_out: class == Some(Class::OptedOut),
        code,
    }))
}
