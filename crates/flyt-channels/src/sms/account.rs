//! An account at a gateway: which one, where, and with what it logs in. Read from the operator's `FLYT_SMS_URL` or from the
//! settings of a business.

use super::{Reply, Request, Sms, generic, twilio};
use crate::outcome::Outcome;
use crate::smtp::url::unescaped;
use url::Url;

/// Why the URL of an account is refused. The text never holds the URL: there is a secret in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefused {
    /// Not one of the two forms.
    #[error(
        "the gateway's URL must look like https://token@host/path or twilio://SID:TOKEN@api.twilio.com?from=NAME"
    )]
    Unreadable,
    /// Twilio without its two words.
    #[error("a twilio:// URL holds the account's SID and its token: twilio://SID:TOKEN@api.twilio.com")]
    NoLogin,
    /// Something behind the `?` that has no meaning.
    #[error("`{0}` behind the ? of the twilio:// URL has no meaning; from and base have")]
    Parameter(String),
}

/// An account at a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// The gateway of `api.md`.
    Generic(generic::Account),
    /// Twilio.
    Twilio(twilio::Account),
}

impl Account {
    /// Reads `FLYT_SMS_URL`.
    pub fn from_url(text: &str) -> Result<Self, AccountRefused> {
        let url = Url::parse(text.trim()).map_err(|_| AccountRefused::Unreadable)?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(AccountRefused::Unreadable);
        }
        match url.scheme() {
            "http" | "https" => Ok(Self::Generic(generic::Account::of_url(url))),
            "twilio" => twilio(&url).map(Self::Twilio),
            _ => Err(AccountRefused::Unreadable),
        }
    }
    /// The word for the gateway, as it stands in the address of callbacks.
    pub fn provider(&self) -> &'static str {
        match self {
            Self::Generic(_) => "generic",
            Self::Twilio(_) => "twilio",
        }
    }
    /// Whether the gateway knows a message again that it is given twice. Where it does not, a try is written down before its
    /// first byte leaves.
    pub fn knows_a_key(&self) -> bool {
        match self {
            Self::Generic(_) => true,
            Self::Twilio(_) => false,
        }
    }
    /// The sender of those who name none.
    pub fn from(&self) -> Option<&str> {
        match self {
            Self::Generic(account) => account.from.as_deref(),
            Self::Twilio(account) => account.from.as_deref(),
        }
    }
    pub(super) fn request(&self, sms: &Sms) -> Request {
        match self {
            Self::Generic(account) => generic::request(account, sms),
            Self::Twilio(account) => twilio::request(account, sms),
        }
    }
    pub(super) fn outcome(&self, reply: &Reply) -> Outcome {
        match self {
            Self::Generic(_) => generic::outcome(reply),
            Self::Twilio(_) => twilio::outcome(reply),
        }
    }
    pub(super) fn check(&self) -> Request {
        match self {
            Self::Generic(account) => generic::check(account),
            Self::Twilio(account) => twilio::check(account),
        }
    }
    pub(super) fn checked(&self, reply: &Reply) -> Outcome {
        match self {
            Self::Generic(_) if !matches!(reply.status, 401 | 403) => Outcome::Accepted {
                provider_id: None,
                answer: reply.answer(),
            },
            Self::Generic(_) => generic::outcome(reply),
            Self::Twilio(_) => twilio::outcome(reply),
        }
    }
}

fn twilio(url: &Url) -> Result<twilio::Account, AccountRefused> {
    let plain = |text: &str| unescaped(text).unwrap_or_default();
    let (sid, token) = (plain(url.username()), plain(url.password().unwrap_or_default()));
    if sid.is_empty() || token.is_empty() {
        return Err(AccountRefused::NoLogin);
    }
    let host = url.host_str().unwrap_or_default();
    let mut base = match url.port() {
        Some(port) => format!("https://{host}:{port}"),
        None => format!("https://{host}"),
    };
    let mut from = None;
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "from" => from = Some(value.into_owned()),
            "base" => value.trim_end_matches('/').clone_into(&mut base),
            _ => return Err(AccountRefused::Parameter(name.into_owned())),
        }
    }
    Ok(twilio::Account {
        base,
        sid,
        token,
        from,
    })
}
