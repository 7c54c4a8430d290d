//! Writing one letter: the language of its text, each part for its slot, and what is never sent (an empty text, one that is
//! too long).

use super::{Letter, Request, Setting, plain_text};
use crate::action::{Act, Attachment, BodyFormat, EmailText, Recipient, WebhookBody};
use crate::language::Language;
use crate::limits;
use crate::locale::choose;
use crate::segments::{count, sms_safe};
use crate::template::{Context, Reader, RenderProblem, Slot, render, steps_used};
use crate::view;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Writes the letter of `act` to the resolved address `to` in the role `role`. For a webhook `to` and `role` are not looked
/// at. Copies are left out: see `copies`.
pub fn letter(act: &Act, to: &str, role: &Recipient, setting: &Setting<'_>) -> Result<Letter, RenderProblem> {
    match act {
        Act::Email {
            reply_to,
            sender,
            content,
            attachments,
            ..
        } => {
            let reader = reader(role);
            let (language, text) = setting.text(content, reader)?;
            let mut letter = email(text, &setting.context(language, reader))?;
            letter.reply_to = reply_to
                .as_deref()
                .map(|t| render(t, Slot::Address, &setting.context(language, reader)))
                .transpose()?
                .filter(|t| !t.is_empty());
            to.clone_into(&mut letter.to);
            letter.sender.clone_from(sender);
            letter.language = Some(language.clone());
            letter.has_ics = attachments.contains(&Attachment::Ics);
            Ok(letter)
        }
        Act::Sms {
            content,
            sender,
            max_segments,
            ..
        } => {
            let reader = reader(role);
            let (language, text) = setting.text(content, reader)?;
            let mut letter = sms(text, *max_segments, &setting.context(language, reader))?;
            to.clone_into(&mut letter.to);
            letter.sender.clone_from(sender);
            letter.language = Some(language.clone());
            Ok(letter)
        }
        Act::Webhook { .. } => webhook(act, setting),
        Act::SetStatus { .. }
        | Act::Wait { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => Err(RenderProblem::whole("this action sends nothing")),
    }
}

/// The customer reads what is addressed to the customer, by role or by a template that names them.
fn reader(role: &Recipient) -> Reader {
    match role {
        Recipient::Customer => Reader::Customer,
        Recipient::Template(text) if text.contains("customer.") => Reader::Customer,
        Recipient::Resource
        | Recipient::Location
        | Recipient::Admins
        | Recipient::Fixed(_)
        | Recipient::Template(_) => Reader::Other,
    }
}

impl Setting<'_> {
    /// What a text for `reader` in `language` may read.
    pub(super) fn context(&self, language: &Language, reader: Reader) -> Context {
        Context::new(self.facts, self.links, language, reader, self.now)
    }
    /// The language of everything that is for nobody in particular.
    pub(super) fn business_language(&self) -> &Language {
        &self.facts.business.settings.default_language
    }
    /// The text that `reader` gets, with its language (`product.md` §7).
    fn text<'c, T>(
        &self,
        content: &'c BTreeMap<Language, T>,
        reader: Reader,
    ) -> Result<(&'c Language, &'c T), RenderProblem> {
        let settings = &self.facts.business.settings;
        let mut wanted: Vec<&Language> = Vec::new();
        if reader == Reader::Customer {
            wanted.extend(
                self.facts
                    .booking
                    .as_ref()
                    .and_then(|b| b.booking.language.as_ref()),
            );
            wanted.extend(
                self.facts
                    .customer
                    .as_ref()
                    .and_then(|c| c.contact.language.as_ref()),
            );
        }
        wanted.push(&settings.default_language);
        choose(&wanted, &settings.languages, content.keys())
            .and_then(|language| Some((language, content.get(language)?)))
            .ok_or_else(|| RenderProblem::whole("there is no text in any language"))
    }
}

fn email(text: &EmailText, context: &Context) -> Result<Letter, RenderProblem> {
    if text.format == BodyFormat::Markdown {
        return Err(RenderProblem::whole("markdown is not offered yet"));
    }
    let subject = render(&text.subject, Slot::Subject, context)?;
    if subject.is_empty() {
        return Err(RenderProblem::whole("the subject is empty"));
    }
    let html = render(&text.body, Slot::Html, context)?;
    let plain = plain_text(&html);
    if plain.is_empty() && !html.contains("<img") {
        return Err(RenderProblem::whole("the body is empty"));
    }
    Ok(Letter {
        subject: Some(subject),
        html: Some(html),
        text: Some(plain),
        ..Letter::default()
    })
}

fn sms(text: &str, max_segments: Option<i64>, context: &Context) -> Result<Letter, RenderProblem> {
    let text = sms_safe(render(text, Slot::Sms, context)?.trim());
    if text.is_empty() {
        return Err(RenderProblem::whole("the text is empty"));
    }
    if text.chars().count() > limits::SMS_CHARS {
        let most = limits::SMS_CHARS;
        return Err(RenderProblem::whole(format!(
            "the text has more than {most} characters"
        )));
    }
    let cost = count(&text);
    if let Some(most) = max_segments.filter(|most| cost.segments > *most) {
        let message = format!(
            "the text takes {} segments, and at most {most} are allowed",
            cost.segments
        );
        return Err(RenderProblem::whole(message));
    }
    Ok(Letter {
        text: Some(text),
        encoding: Some(cost.encoding),
        segments: Some(cost.segments),
        ..Letter::default()
    })
}

fn webhook(act: &Act, setting: &Setting<'_>) -> Result<Letter, RenderProblem> {
    let Act::Webhook {
        method,
        url,
        headers,
        body,
        ..
    } = act
    else {
        return Err(RenderProblem::whole("this action calls nothing"));
    };
    let language = setting.business_language();
    let context = setting.context(language, Reader::Other);
    let url = render(url, Slot::Url, &context)?;
    if url.is_empty() {
        return Err(RenderProblem::whole("the address is empty"));
    }
    let headers = headers
        .iter()
        .map(|(name, text)| Ok((name.clone(), render(text, Slot::Header, &context)?)))
        .collect::<Result<_, RenderProblem>>()?;
    let (content_type, body) = match body {
        WebhookBody::Envelope => (
            "application/json".to_owned(),
            view::envelope(setting.meta, setting.facts).to_string(),
        ),
        WebhookBody::Json(text) => ("application/json".to_owned(), render(text, Slot::Json, &context)?),
        WebhookBody::Form(fields) => (
            "application/x-www-form-urlencoded".to_owned(),
            form(fields, &context)?,
        ),
        WebhookBody::Raw { raw, content_type } => (content_type.clone(), render(raw, Slot::Raw, &context)?),
    };
    Ok(Letter {
        to: url.clone(),
        language: Some(language.clone()),
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

fn form(fields: &BTreeMap<String, String>, context: &Context) -> Result<String, RenderProblem> {
    let mut pairs = Vec::new();
    for (name, text) in fields {
        let value = render(text, Slot::Raw, context)?;
        pairs.push(format!(
            "{}={}",
            crate::template::encoded(name),
            crate::template::encoded(&value)
        ));
    }
    Ok(pairs.join("&"))
}

/// The value that `set_field` writes: a text is a template in the language of the business, anything else is as it stands.
pub fn field_value(value: &Value, setting: &Setting<'_>) -> Result<Value, RenderProblem> {
    match value {
        Value::String(text) => {
            let context = setting.context(setting.business_language(), Reader::Other);
            render(text, Slot::Text, &context).map(Value::String)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Ok(value.clone())
        }
    }
}

/// Names of earlier webhook actions whose stored values the texts of `act` use; without them the step ends
/// `dependency_failed`.
pub fn steps_needed(act: &Act) -> BTreeSet<String> {
    let mut texts: Vec<&str> = Vec::new();
    match act {
        Act::Email {
            to,
            cc,
            bcc,
            reply_to,
            content,
            ..
        } => {
            texts.extend(to.iter().chain(cc).chain(bcc).map(Recipient::word));
            texts.extend(reply_to.as_deref());
            texts.extend(
                content
                    .values()
                    .flat_map(|t| [t.subject.as_str(), t.body.as_str()]),
            );
        }
        Act::Sms { to, content, .. } => {
            texts.extend(to.iter().map(Recipient::word));
            texts.extend(content.values().map(String::as_str));
        }
        Act::Webhook {
            url, headers, body, ..
        } => {
            texts.push(url);
            texts.extend(headers.values().map(String::as_str));
            match body {
                WebhookBody::Envelope => {}
                WebhookBody::Json(text) | WebhookBody::Raw { raw: text, .. } => texts.push(text),
                WebhookBody::Form(fields) => texts.extend(fields.values().map(String::as_str)),
            }
        }
        Act::SetField {
            value: Value::String(text),
            ..
        } => texts.push(text),
        Act::SetField { .. }
        | Act::SetStatus { .. }
        | Act::Wait { .. }
        | Act::StopIf { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => {}
    }
    texts.into_iter().flat_map(steps_used).collect()
}
