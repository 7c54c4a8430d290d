//! Trying a channel out: is it reached, does it take the login, and in words what is wrong. Nothing is written.

use crate::engine::{Engine, Inner};
use crate::refusal::{Caller, Refusal};
use crate::road::{self, Way};
use flyt_channels::email::{self, Mail, Party};
use flyt_channels::outcome::{Answer, Outcome};
use flyt_channels::sms::{Sms, sender_name};
use flyt_core::business::Settings;
use flyt_core::contact;
use flyt_core::customer::Channel;
use flyt_core::invalid::{Faults, Fields, Line};
use flyt_store::Tx;
use serde_json::{Value, json};

/// What a test message says.
const WORDS: &str = "Flyt: test";

impl Engine {
    /// Tries a channel out. With `to` a message is sent there; without, an SMS gateway is only asked whether it knows the account.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn test_channel(&self, caller: &Caller, id: &str, body: &Value) -> Result<Value, Refusal> {
        let channel = Channel::from_word(id)
            .filter(|c| *c != Channel::Webhook)
            .ok_or(Refusal::NotFound)?;
        let (inner, no) = (self.0.clone(), caller.business_no);
        let tenant = self
            .0
            .glance(async move |tx: &mut Tx| inner.cache.tenant(tx, no).await)
            .await?;
        let settings = &tenant.business.settings;
        let to = recipient(body, channel, &settings.country)?;
        let now = self.0.clock.now();
        let outcome = match (road::way(&self.0, &tenant, channel), to) {
            (Way::Captured | Way::Call, _) => {
                let words =
                    "Nothing leaves: no account is in force for this channel, or the business is a sandbox.";
                return Ok(json!({"ok": false, "code": "captured", "message": words, "answer": null}));
            }
            (Way::Broken(problem), _) => {
                return Ok(json!({"ok": false, "code": "secret", "message": problem, "answer": null}));
            }
            (Way::Gateway(account, owner), None) => self.0.gateways.check(&account, owner, now).await,
            (Way::Gateway(account, owner), Some(to)) => {
                let sender = settings.senders.get(&Channel::Sms).map(String::as_str);
                let sms = Sms {
                    from: sender
                        .or(account.from())
                        .map_or_else(|| sender_name(&settings.name), str::to_owned),
                    to,
                    text: WORDS.to_owned(),
                    encoding: "gsm7".to_owned(),
                    segments: 1,
                    reference: format!("test_{}", self.0.ids.next(now)),
                    callback: None,
                };
                self.0.gateways.send(&account, owner, &sms, now).await
            }
            (Way::Relay, to) => mail(&self.0, settings, &to.unwrap_or_default()).await,
        };
        let (code, message) = told(&outcome);
        let answer = outcome.answer();
        Ok(json!({
            "ok": code == "ok", "code": code, "message": message,
            "answer": {"code": answer.code, "text": answer.text},
        }))
    }
}

fn recipient(body: &Value, channel: Channel, country: &str) -> Result<Option<String>, Refusal> {
    let mut faults = Faults::default();
    let mut fields = Fields::open(body, "", &mut faults);
    let to = fields.optional::<Line>("to", &mut faults).map(|l| l.0);
    fields.close(&mut faults);
    let read = match (&to, channel) {
        (None, Channel::Email) => {
            faults.error(
                "/to",
                "required",
                "`to` is required: the relay is tried with a message",
            );
            None
        }
        (None, Channel::Sms | Channel::Webhook) => None,
        (Some(to), Channel::Email) => contact::email(to),
        (Some(to), Channel::Sms | Channel::Webhook) => contact::phone(to, country),
    };
    if to.is_some() && read.is_none() {
        faults.error("/to", "bad_address", "nothing can be sent to this address");
    }
    faults.finish(Some(read)).map_err(Refusal::Invalid)
}

async fn mail(inner: &Inner, settings: &Settings, to: &str) -> Outcome {
    let Some(relay) = &inner.relay else {
        return Outcome::Configuration {
            answer: Answer::note("no mail relay is configured"),
        };
    };
    let now = inner.clock.now();
    let from = format!("no-reply@{}", relay.from_domain());
    let party = |name: Option<String>, address: &str| Party {
        name,
        address: address.to_owned(),
    };
    let mail = Mail {
        from: party(Some(settings.name.clone()), &from),
        to: party(None, to),
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: None,
        subject: WORDS.to_owned(),
        html: None,
        text: WORDS.to_owned(),
        message_id: format!("test-{}@{}", inner.ids.next(now), relay.from_domain()),
        thread_root: None,
        attachments: Vec::new(),
        calendar: None,
        headers: Vec::new(),
        date: now,
    };
    match email::build(&mail) {
        Ok(bytes) => relay.send(&from, &mail.envelope_to(), &bytes).await,
        Err(refused) => Outcome::Permanent {
            answer: Answer::note(&refused.to_string()),
        },
    }
}

/// A word and a sentence about what a try came to.
fn told(outcome: &Outcome) -> (&'static str, String) {
    let answer = outcome.answer();
    let code = answer.code.map_or_else(String::new, |c| format!(" ({c})"));
    match outcome {
        Outcome::Accepted { .. } => ("ok", "The other side answered and takes messages.".to_owned()),
        Outcome::Configuration { .. } if matches!(answer.code, Some(401 | 403 | 530..=538)) => (
            "login",
            format!("The login was refused{code}: check account and secret."),
        ),
        Outcome::Configuration { .. } => (
            "configuration",
            format!(
                "The other side does not take messages from this account{code}: {}",
                answer.text
            ),
        ),
        Outcome::Blocked { .. } => (
            "blocked_address",
            "The address lies in a network that may not be reached from here.".to_owned(),
        ),
        Outcome::PermanentRecipient { .. } | Outcome::OptedOut { .. } => (
            "recipient",
            format!(
                "The account works, but this recipient was refused{code}: {}",
                answer.text
            ),
        ),
        Outcome::Permanent { .. } => (
            "refused",
            format!("The message was refused{code}: {}", answer.text),
        ),
        Outcome::Temporary { .. } | Outcome::Once { .. } | Outcome::Unknown { .. } => {
            unreached(answer, &code)
        }
    }
}

/// What a line that did not stand says of itself. The words are those of the system and of TLS.
fn unreached(answer: &Answer, code: &str) -> (&'static str, String) {
    if answer.code.is_some() {
        return (
            "busy",
            format!("The other side asks to come again later{code}: {}", answer.text),
        );
    }
    let low = answer.text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| low.contains(w));
    if has(&["lookup", "dns", "name or service", "resolve", "no address"]) {
        (
            "dns",
            format!("The name of the host is not found: {}", answer.text),
        )
    } else if has(&["certificate", "tls", "handshake"]) {
        (
            "tls",
            format!("The encrypted connection does not come about: {}", answer.text),
        )
    } else if has(&["refused"]) {
        (
            "connection",
            format!("Nobody listens at that host and port: {}", answer.text),
        )
    } else if has(&["timed out", "deadline", "timeout"]) {
        (
            "timeout",
            format!("The host does not answer in time: {}", answer.text),
        )
    } else {
        ("connection", format!("The connection broke: {}", answer.text))
    }
}
