//! A message for one recipient: who it goes to, in which language, with which words. Kept as it went out.

use crate::action::{Act, Recipient, WebhookBody};
use crate::contact;
use crate::customer::Channel;
use crate::facts::Facts;
use crate::language::Language;
use crate::limits;
use crate::locale::{self, Speech};
use crate::segments;
use crate::template::{self, Problem, Slot};
use crate::view;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod plain;
pub use crate::template::Links;
pub use crate::template::Problem as RenderProblem;
pub use plain::plain_text;

/// What was made for one step; stored, and sent again unchanged by a retry.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Letter {
    /// Who gets it.
    pub to: String,
    /// Copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<String>,
    /// Blind copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<String>,
    /// Where answers go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Other sender than the business's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// Subject of an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Body of an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The SMS, or the plain part of an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The call of a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// Language of the chosen text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Parts of an SMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<i64>,
    /// How an SMS is encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<segments::Encoding>,
    /// Whether a calendar file goes along.
    #[serde(default)]
    pub has_ics: bool,
    /// Revision of the booking it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// When it was first made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// The call of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Headers of the workflow.
    pub headers: Vec<(String, String)>,
    /// Media type of the body.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// What a message says of its run.
#[derive(Debug, Clone)]
pub struct Meta {
    /// Id of the event.
    pub event_id: String,
    /// Its type: the trigger's word.
    pub event_word: String,
    /// When it happened.
    pub event_at: Timestamp,
    /// Id of the workflow.
    pub workflow_id: String,
    /// Its name.
    pub workflow_name: String,
    /// Id of the run.
    pub run_id: String,
}

/// Whether a role stands for one address that is looked up anew at every try.
pub fn is_role_of_one(recipient: &Recipient) -> bool {
    matches!(
        recipient,
        Recipient::Customer | Recipient::Resource | Recipient::Location
    )
}

/// The addresses of a delivery: place in its `to` and address. Equal addresses are one recipient; a role without a usable
/// address stands as `None`, so that it can be told. A webhook has one, its URL.
pub fn recipients(act: &Act, facts: &Facts, now: Timestamp) -> Vec<(usize, Option<String>)> {
    let Some((to, channel)) = listed(act) else {
        return match act {
            Act::Webhook { url, .. } => vec![(0, Some(url.clone()))],
            Act::Email { .. }
            | Act::Sms { .. }
            | Act::SetStatus { .. }
            | Act::Wait { .. }
            | Act::StopIf { .. }
            | Act::SetField { .. }
            | Act::AddTag { .. }
            | Act::RemoveTag { .. } => Vec::new(),
        };
    };
    let mut all: Vec<(usize, Option<String>)> = Vec::new();
    for (place, recipient) in to.iter().enumerate() {
        let found = addresses(recipient, channel, facts, now);
        if found.is_empty() {
            all.push((place, None));
        }
        for address in found {
            let same = |(_, other): &(usize, Option<String>)| {
                other
                    .as_deref()
                    .is_some_and(|o| contact::folded(o) == contact::folded(&address))
            };
            if !all.iter().any(same) {
                all.push((place, Some(address)));
            }
        }
    }
    all
}

/// The address at one place of `to`, if it is a role of one.
pub fn address_of(act: &Act, place: usize, facts: &Facts, now: Timestamp) -> Option<String> {
    let (to, channel) = listed(act)?;
    addresses(to.get(place)?, channel, facts, now).into_iter().next()
}

fn listed(act: &Act) -> Option<(&[Recipient], Channel)> {
    match act {
        Act::Email { to, .. } => Some((to, Channel::Email)),
        Act::Sms { to, .. } => Some((to, Channel::Sms)),
        Act::Webhook { .. }
        | Act::SetStatus { .. }
        | Act::Wait { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => None,
    }
}

fn addresses(recipient: &Recipient, channel: Channel, facts: &Facts, now: Timestamp) -> Vec<String> {
    let booking = facts.booking.as_ref();
    let raw: Vec<String> = match (recipient, channel) {
        (Recipient::Customer, _) => facts
            .customer
            .iter()
            .filter_map(|c| {
                if channel == Channel::Email {
                    c.contact.email.clone()
                } else {
                    c.contact.phone.clone()
                }
            })
            .collect(),
        (Recipient::Resource, _) => booking
            .and_then(|b| b.resource.as_ref())
            .and_then(|r| {
                if channel == Channel::Email {
                    r.value.email.clone()
                } else {
                    r.value.phone.clone()
                }
            })
            .into_iter()
            .collect(),
        (Recipient::Location, _) => booking
            .and_then(|b| b.location.as_ref())
            .and_then(|l| {
                if channel == Channel::Email {
                    l.value.email.clone()
                } else {
                    l.value.phone.clone()
                }
            })
            .into_iter()
            .collect(),
        (Recipient::Admins, _) => facts.business.settings.admins.clone(),
        (Recipient::Fixed(address), _) => vec![address.clone()],
        (Recipient::Template(source), _) => {
            let settings = &facts.business.settings;
            let speech = Speech::new(&settings.default_language, &settings.country);
            let values = template::values(facts, &speech, &Links::default(), now);
            template::render(source, Slot::Address, &values)
                .into_iter()
                .collect()
        }
    };
    let usable = |a: String| match channel {
        Channel::Email => contact::email(&a),
        Channel::Sms | Channel::Webhook => contact::phone(&a, &facts.business.settings.country),
    };
    raw.into_iter().filter_map(usable).collect()
}

fn problem(message: impl Into<String>) -> Problem {
    Problem {
        message: message.into(),
        missing_step: false,
    }
}

/// Makes the message of a delivery for the recipient at `place` of its `to`.
///
/// # Errors
/// `Problem`: a text cannot be made, is empty, or is too long.
pub fn letter(
    act: &Act,
    to: &str,
    place: usize,
    facts: &Facts,
    links: &Links,
    meta: &Meta,
    now: Timestamp,
) -> Result<Letter, Problem> {
    match act {
        Act::Email { .. } => email(act, (to, place), facts, links, now),
        Act::Sms { .. } => sms(act, (to, place), facts, links, now),
        Act::Webhook { .. } => webhook(act, facts, links, meta, now),
        Act::SetStatus { .. }
        | Act::Wait { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => Err(problem("this action sends nothing")),
    }
}

/// Languages in the order in which they are tried: for customers the booking's, then their own; for others the business's.
fn wanted<'f>(recipient: Option<&Recipient>, facts: &'f Facts) -> Vec<&'f Language> {
    if recipient != Some(&Recipient::Customer) {
        return vec![&facts.business.settings.default_language];
    }
    let booking = facts.booking.as_ref().and_then(|b| b.booking.language.as_ref());
    let own = facts.customer.as_ref().and_then(|c| c.contact.language.as_ref());
    booking.into_iter().chain(own).collect()
}

fn email(
    act: &Act,
    (address, place): (&str, usize),
    facts: &Facts,
    links: &Links,
    now: Timestamp,
) -> Result<Letter, Problem> {
    let Act::Email {
        to,
        cc,
        bcc,
        reply_to,
        sender,
        content,
        attachments,
        ..
    } = act
    else {
        return Err(problem("not an e-mail"));
    };
    let chosen = locale::choose(&wanted(to.get(place), facts), content, &facts.business);
    let (language, text) = chosen.ok_or_else(|| problem("the e-mail has no text"))?;
    let values = template::values(facts, &template::speech(facts, language), links, now);
    let subject = template::render(&text.subject, Slot::Subject, &values)?;
    let html = template::render(&text.body, Slot::Html, &values)?;
    let plain = plain_text(&html);
    if subject.is_empty() {
        return Err(problem("the subject is empty"));
    }
    if plain.trim().is_empty() {
        return Err(problem("the body is empty"));
    }
    let first = place == 0;
    let copies = |list: &[Recipient]| -> Vec<String> {
        let all = list
            .iter()
            .filter(|_| first)
            .flat_map(|r| addresses(r, Channel::Email, facts, now));
        all.filter(|a| contact::folded(a) != contact::folded(address))
            .collect()
    };
    let reply_to = match reply_to {
        Some(source) => {
            Some(template::render(source, Slot::Address, &values)?).and_then(|a| contact::email(&a))
        }
        None => None,
    };
    Ok(Letter {
        to: address.to_owned(),
        cc: copies(cc),
        bcc: copies(bcc),
        reply_to,
        sender: sender.clone(),
        subject: Some(subject),
        html: Some(html),
        text: Some(plain),
        language: Some(language.clone()),
        has_ics: attachments.contains(&crate::action::Attachment::Ics),
        ..Letter::default()
    })
}

fn sms(
    act: &Act,
    (number, place): (&str, usize),
    facts: &Facts,
    links: &Links,
    now: Timestamp,
) -> Result<Letter, Problem> {
    let Act::Sms {
        to,
        content,
        sender,
        max_segments,
        ..
    } = act
    else {
        return Err(problem("not an SMS"));
    };
    let chosen = locale::choose(&wanted(to.get(place), facts), content, &facts.business);
    let (language, source) = chosen.ok_or_else(|| problem("the SMS has no text"))?;
    let values = template::values(facts, &template::speech(facts, language), links, now);
    let text = segments::sms_safe(template::render(source, Slot::Sms, &values)?.trim());
    if text.is_empty() {
        return Err(problem("the SMS is empty"));
    }
    if text.chars().count() > limits::SMS_CHARS {
        return Err(problem(format!(
            "the SMS is longer than {} characters",
            limits::SMS_CHARS
        )));
    }
    let counted = segments::count(&text);
    let parts = i64::try_from(counted.segments).unwrap_or(i64::MAX);
    if let Some(most) = max_segments.filter(|most| parts > *most) {
        return Err(problem(format!(
            "the SMS takes {parts} segments, at most {most} are allowed"
        )));
    }
    Ok(Letter {
        to: number.to_owned(),
        sender: sender.clone(),
        text: Some(text),
        language: Some(language.clone()),
        segments: Some(parts),
        encoding: Some(counted.encoding),
        ..Letter::default()
    })
}

fn webhook(act: &Act, facts: &Facts, links: &Links, meta: &Meta, now: Timestamp) -> Result<Letter, Problem> {
    let Act::Webhook {
        method,
        url,
        headers,
        body,
        ..
    } = act
    else {
        return Err(problem("not a webhook"));
    };
    let settings = &facts.business.settings;
    let values = template::values(
        facts,
        &Speech::new(&settings.default_language, &settings.country),
        links,
        now,
    );
    let url = template::render(url, Slot::Url, &values)?;
    let headers = headers
        .iter()
        .map(|(name, source)| Ok((name.clone(), template::render(source, Slot::Header, &values)?)));
    let headers = headers.collect::<Result<Vec<_>, Problem>>()?;
    let (content_type, body) = match body {
        WebhookBody::Envelope => ("application/json".to_owned(), envelope(facts, meta)),
        WebhookBody::Json(source) => {
            let text = template::render(source, Slot::Json, &values)?;
            let valid = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let text = if valid {
                text
            } else {
                return Err(problem("the body is not JSON"));
            };
            ("application/json".to_owned(), text)
        }
        WebhookBody::Form(fields) => {
            let fields = fields
                .iter()
                .map(|(k, source)| Ok((k.as_str(), template::render(source, Slot::Text, &values)?)));
            let fields = fields.collect::<Result<BTreeMap<_, _>, Problem>>()?;
            ("application/x-www-form-urlencoded".to_owned(), form(&fields))
        }
        WebhookBody::Raw { raw, content_type } => {
            (content_type.clone(), template::render(raw, Slot::Text, &values)?)
        }
    };
    Ok(Letter {
        to: url.clone(),
        request: Some(Request {
            method: method.clone(),
            url,
            headers,
            content_type,
            body,
        }),
        ..Letter::default()
    })
}

fn envelope(facts: &Facts, meta: &Meta) -> String {
    let envelope = view::Envelope {
        id: &meta.event_id,
        kind: &meta.event_word,
        at: meta.event_at,
        workflow_id: &meta.workflow_id,
        workflow_name: &meta.workflow_name,
        run_id: &meta.run_id,
    };
    view::envelope(&envelope, facts).to_string()
}

/// `application/x-www-form-urlencoded` (WHATWG URL).
fn form(fields: &BTreeMap<&str, String>) -> String {
    let encode = |text: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._*".contains(&b);
        let one = |b: u8| match b {
            b' ' => "+".to_owned(),
            b if plain(b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        };
        text.bytes().map(one).collect::<String>()
    };
    fields
        .iter()
        .map(|(k, v)| format!("{}={}", encode(k), encode(v)))
        .collect::<Vec<_>>()
        .join("&")
}
