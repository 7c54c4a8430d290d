//! SMS: one shape for all gateways. A gateway is two pure halves, the request made from a message and the outcome read from
//! the answer ([`generic`], [`twilio`]), and the one HTTP exchange between them, which is here.
//!
//! What reports and replies mean is read here too; whose signature they need is said in [`twilio`]. What follows from an
//! outcome, a report or a STOP is decided elsewhere.

pub mod generic;
pub mod twilio;

mod account;

use crate::egress::{Guard, Reach, Refused, Timeouts, TlsRefused};
use crate::outcome::{Answer, Outcome};
use crate::webhook;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};

pub use self::account::{Account, AccountRefused};

/// One SMS, rendered and ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sms {
    /// Name or number that it comes from.
    pub from: String,
    /// E.164.
    pub to: String,
    /// The text.
    pub text: String,
    /// `gsm7` or `ucs2`.
    pub encoding: String,
    /// How many SMS it becomes.
    pub segments: i64,
    /// The step's outside id, the same at every attempt.
    pub reference: String,
    /// Where reports about this message should go, where that is said with each message.
    pub callback: Option<String>,
}

/// An HTTP request with its words, before it leaves. Debug output holds no credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `POST` or `GET`.
    pub method: Method,
    /// Where to.
    pub url: String,
    /// Names and values, the credentials among them.
    pub headers: Vec<(&'static str, String)>,
    /// Media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// What a gateway answered.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The first 16 kB of the body.
    pub body: Vec<u8>,
    /// The wait that it asked for, in milliseconds.
    pub retry_after_ms: Option<i64>,
}
impl Reply {
    /// The answer as it is kept.
    pub(crate) fn answer(&self) -> Answer {
        Answer::coded(self.status, &String::from_utf8_lossy(&self.body))
    }
}

/// What came in from a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// How a message fared.
    Report(Report),
    /// Somebody wrote back.
    Inbound {
        /// Their number.
        from: String,
        /// Ours.
        to: String,
        /// What they wrote.
        text: String,
    },
    /// Something that means nothing to us; it is taken and forgotten.
    Nothing,
}

/// How a message fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Our own reference, where the report bears it.
    pub reference: Option<String>,
    /// The gateway's name for the message.
    pub provider_id: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// The gateway's code.
    pub code: Option<String>,
    /// Whether the code says that the number itself is no good.
    pub bad_number: bool,
    /// Whether the code says that the recipient has opted out.
    pub opted_out: bool,
}

/// What became of a message. They come doubled and in any order; who keeps them lets them move forward only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The gateway has it.
    Taken,
    /// It arrived.
    Delivered,
    /// It will not arrive.
    Failed,
}

/// Something that cannot be read as a report or a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub &'static str);

/// Whose account it is: the operator's is trusted, a business's own address passes the egress guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The operator.
    Operator,
    /// The business.
    Business,
}

/// The way to all gateways, with its kept connections. Cheap to clone.
#[derive(Clone)]
pub struct Gateways {
    guard: Guard,
    trusted: Client,
    usual: Client,
    allowed_only: Client,
}

impl Gateways {
    /// The way out, with the usual patience: 5 s to connect, 20 s in all.
    pub fn new(guard: Guard) -> Result<Self, TlsRefused> {
        Self::with_timeouts(guard, Timeouts::default())
    }
    /// The same with another patience.
    pub fn with_timeouts(guard: Guard, timeouts: Timeouts) -> Result<Self, TlsRefused> {
        Ok(Self {
            trusted: guard.trusted_client(timeouts)?,
            usual: guard.client(Reach::Public, timeouts)?,
            allowed_only: guard.client(Reach::AllowedOnly, timeouts)?,
            guard,
        })
    }

    /// Says at save time whether an address that a business enters may be reached.
    pub fn check_url(&self, url: &str) -> Result<(), Refused> {
        self.guard.check_url(url).map(drop)
    }

    /// Makes one attempt. `now` is the instant that a `Retry-After` date is read against.
    pub async fn send(&self, account: &Account, owner: Owner, sms: &Sms, now: Timestamp) -> Outcome {
        match self.exchange(account.request(sms), owner, now).await {
            Ok(reply) => account.outcome(&reply),
            Err(outcome) => outcome,
        }
    }

    /// Asks the gateway whether it knows the account, without sending anything. A generic gateway has no such question: it
    /// is only reached, and any answer but 401 and 403 is a good one.
    pub async fn check(&self, account: &Account, owner: Owner, now: Timestamp) -> Outcome {
        match self.exchange(account.check(), owner, now).await {
            Ok(reply) => account.checked(&reply),
            Err(outcome) => outcome,
        }
    }

    async fn exchange(&self, request: Request, owner: Owner, now: Timestamp) -> Result<Reply, Outcome> {
        let client = match owner {
            Owner::Operator => &self.trusted,
            Owner::Business => {
                let url = self.guard.check_url(&request.url).map_err(webhook::refused)?;
                match Guard::reach(&url) {
                    Reach::Public => &self.usual,
                    Reach::AllowedOnly => &self.allowed_only,
                }
            }
        };
        let headers = headers(&request).ok_or_else(|| Outcome::Configuration {
            answer: Answer::note("the credentials hold a character that no header may hold"),
        })?;
        let sent = client
            .request(request.method, request.url)
            .headers(headers)
            .body(request.body)
            .send()
            .await;
        let response = sent.map_err(|error| webhook::unanswered(&error.without_url()))?;
        let date = webhook::http_date(response.headers(), "date").unwrap_or(now);
        Ok(Reply {
            status: response.status().as_u16(),
            retry_after_ms: webhook::retry_after_ms(response.headers(), date),
            body: webhook::beginning(response).await.unwrap_or_default(),
        })
    }
}

fn headers(request: &Request) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    if !request.content_type.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.content_type));
    }
    for (name, value) in &request.headers {
        let name = HeaderName::from_static(name);
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(name == AUTHORIZATION);
        headers.insert(name, value);
    }
    Some(headers)
}

/// A name that an SMS may come from, made from the name of a business: at most eleven letters and digits.
pub fn sender_name(business: &str) -> String {
    let plain = business.chars().flat_map(|c| {
        let folded = match c {
            'æ' | 'ä' => "ae",
            'Æ' | 'Ä' => "Ae",
            'ø' | 'ö' => "o",
            'Ø' | 'Ö' => "O",
            'å' => "a",
            'Å' => "A",
            'é' | 'è' => "e",
            _ => "",
        };
        folded.chars().chain(folded.is_empty().then_some(c))
    });
    let kept: String = plain
        .filter(|c| c.is_ascii_alphanumeric() || *c == ' ')
        .take(11)
        .collect();
    let kept = kept.trim();
    if kept.chars().any(|c| c.is_ascii_alphabetic()) {
        kept.to_owned()
    } else {
        "Flyt".to_owned()
    }
}
