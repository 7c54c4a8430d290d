//! One call to the outside: the captured double, the mail relay, an SMS gateway, or a webhook. Nothing here touches the store;
//! which way it is was looked up in `road`.

use crate::engine::Inner;
use crate::road::Way;
use crate::worker::{Kept, Seen};
use flyt_channels::email::{self, Mail, Party};
use flyt_channels::outcome::{Answer, Outcome};
use flyt_channels::sms::{self, Account, Sms};
use flyt_channels::webhook::{SuccessCodes, WebhookCall};
use flyt_core::action::Act;
use flyt_core::customer::{Channel, Purpose};
use flyt_store::steps::StepRow;
use jiff::Timestamp;

/// What a try came to.
pub(crate) enum Sent {
    /// Nothing left: the channel is not configured, or the business is a sandbox.
    Captured,
    /// The other side was called.
    Called(Outcome),
}

/// Sends a letter on its step's channel.
pub(crate) async fn send(
    inner: &Inner,
    step: &StepRow,
    act: &Act,
    seen: &Seen,
    kept: &Kept,
    now: Timestamp,
) -> Sent {
    inner.flights.looked();
    match &seen.road.way {
        Way::Captured => Sent::Captured,
        Way::Call => Sent::Called(webhook(inner, step, act, seen, kept, now).await),
        Way::Relay => Sent::Called(mail(inner, step, act, seen, kept).await),
        Way::Gateway(account, owner) => {
            let sms = message(inner, step, account, seen, kept);
            Sent::Called(inner.gateways.send(account, *owner, &sms, now).await)
        }
        Way::Broken(problem) => Sent::Called(Outcome::Configuration {
            answer: Answer {
                text: problem.clone(),
                ..Answer::default()
            },
        }),
    }
}

/// A message that a report has proved taken: it is not sent again.
pub(crate) fn proved(step: &StepRow) -> Sent {
    Sent::Called(Outcome::Accepted {
        provider_id: step.provider_id.clone(),
        answer: Answer {
            text: "a delivery report of an earlier try has come: not sent again".to_owned(),
            ..Answer::default()
        },
    })
}

/// The SMS as its gateway is told of it.
fn message(inner: &Inner, step: &StepRow, account: &Account, seen: &Seen, kept: &Kept) -> Sms {
    let (letter, settings) = (&kept.letter, &seen.facts.business.settings);
    let own = letter.sender.as_deref();
    let of_business = || settings.senders.get(&Channel::Sms).map(String::as_str);
    let from = own.or_else(of_business).or(account.from());
    let reference = step.id.message();
    let callback = inner.public_url.as_ref().map(|url| {
        let path = inner.callback_path(seen.facts.business.id, account.provider());
        format!("{url}{path}?ref={reference}")
    });
    Sms {
        from: from.map_or_else(|| sms::sender_name(&settings.name), str::to_owned),
        to: letter.to.clone(),
        text: letter.text.clone().unwrap_or_default(),
        encoding: letter.encoding.map(|e| e.word().to_owned()).unwrap_or_default(),
        segments: letter.segments.unwrap_or(1),
        reference,
        callback,
    }
}

fn refused(text: impl Into<String>) -> Outcome {
    Outcome::Permanent {
        answer: Answer {
            text: text.into(),
            ..Answer::default()
        },
    }
}

async fn webhook(
    inner: &Inner,
    step: &StepRow,
    act: &Act,
    seen: &Seen,
    kept: &Kept,
    now: Timestamp,
) -> Outcome {
    let (
        Some(request),
        Act::Webhook {
            signing,
            success_codes,
            ..
        },
    ) = (&kept.letter.request, act)
    else {
        return refused("there is no request to send");
    };
    let secrets = if *signing {
        inner.webhook_secrets(seen.tenant.business.no).await
    } else {
        Ok(Vec::new())
    };
    let secrets = match secrets {
        Ok(secrets) => secrets,
        Err(refusal) => {
            return Outcome::Temporary {
                answer: Answer {
                    text: refusal.to_string(),
                    ..Answer::default()
                },
                retry_after_ms: None,
            };
        }
    };
    let call = WebhookCall {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: request.headers.clone().into_iter().collect(),
        content_type: request.content_type.clone(),
        body: request.body.clone().into_bytes(),
        id: step.id.message(),
        secrets,
        success: SuccessCodes::parse(success_codes).unwrap_or_default(),
    };
    inner.webhooks.call(&call, now).await
}

async fn mail(inner: &Inner, step: &StepRow, act: &Act, seen: &Seen, kept: &Kept) -> Outcome {
    let letter = &kept.letter;
    let Some(relay) = &inner.relay else {
        return refused("no mail relay is configured");
    };
    let domain = relay.from_domain();
    let settings = &seen.facts.business.settings;
    let sender = letter
        .sender
        .as_deref()
        .or_else(|| settings.senders.get(&Channel::Email).map(String::as_str));
    let (from_name, from_address) = from(sender, &settings.name, domain);
    // By the moment of the text, so that a retry sends the same bytes.
    let headers = match act.delivery().map(|d| d.purpose) {
        Some(Purpose::Marketing) => inner.unsubscribe_headers(&seen.facts, kept.at),
        Some(Purpose::Service) | None => Vec::new(),
    };
    let root = seen.run.booking_id.map(|b| format!("booking-{b}@{domain}"));
    let mail = Mail {
        from: Party {
            name: Some(from_name),
            address: from_address.clone(),
        },
        to: bare(&letter.to),
        cc: letter.cc.iter().map(|a| bare(a)).collect(),
        bcc: letter.bcc.iter().map(|a| bare(a)).collect(),
        reply_to: letter
            .reply_to
            .as_ref()
            .or(settings.email.as_ref())
            .map(|a| bare(a)),
        subject: letter.subject.clone().unwrap_or_default(),
        html: letter.html.clone(),
        text: letter.text.clone().unwrap_or_default(),
        message_id: format!("{}@{domain}", step.id.message()),
        thread_root: root,
        attachments: Vec::new(),
        calendar: None,
        headers,
        date: kept.at,
    };
    let bytes = match email::build(&mail) {
        Ok(bytes) => bytes,
        Err(refusal) => return refused(refusal.to_string()),
    };
    let envelope = mail.envelope_to();
    relay.send(&from_address, &envelope, &bytes).await
}

/// Name and address of a sender such as `Salon <post@salon.example>`; without one the business's name at the relay's domain.
fn from(sender: Option<&str>, business: &str, domain: &str) -> (String, String) {
    let none = || (business.to_owned(), format!("no-reply@{domain}"));
    let Some(sender) = sender.map(str::trim).filter(|s| !s.is_empty()) else {
        return none();
    };
    match sender.rsplit_once('<') {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"');
            let name = if name.is_empty() { business } else { name };
            (name.to_owned(), address.trim_end_matches('>').trim().to_owned())
        }
        None => (business.to_owned(), sender.to_owned()),
    }
}

fn bare(address: &str) -> Party {
    Party {
        name: None,
        address: address.to_owned(),
    }
}
