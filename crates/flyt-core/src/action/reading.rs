//! Reading actions with every template, address and duration checked, and writing them back in the shape they were sent.

use super::{
    Act, Action, Attachment, BodyFormat, Delivery, EmailText, OnUnknown, QuietRule, Recipient, Wait,
    WebhookBody,
};
use crate::condition::Condition;
use crate::contact;
use crate::customer::Purpose;
use crate::duration::{self, Span};
use crate::invalid::{Faults, Fields, Line, below};
use crate::language::Language;
use crate::limits;
use crate::template::{self, Slot};
use crate::trigger::TriggerKind;
use crate::workflow::Names;
use jiff::civil::Time;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What an action is read with.
#[derive(Debug, Clone, Copy)]
pub struct ReadContext<'a> {
    /// Kinds of the workflow's triggers.
    pub kinds: &'a [TriggerKind],
    /// What the business has.
    pub names: &'a Names,
    /// Names of earlier webhooks with `store`, and their fields.
    pub stored: &'a BTreeMap<String, Vec<String>>,
}
impl ReadContext<'_> {
    fn text(&self, source: &str, slot: Slot, at: &str, faults: &mut Faults) {
        let scope = template::Scope {
            kinds: self.kinds,
            stored: self.stored,
        };
        template::check(source, slot, &scope, at, faults);
    }
}

/// Words of the actions, for suggestions.
const WORDS: &[&str] = &[
    "email",
    "sms",
    "webhook",
    "set_status",
    "wait",
    "stop_if",
    "set_field",
    "add_tag",
    "remove_tag",
];

impl Action {
    /// Reads an action.
    pub fn read(value: &Value, at: &str, faults: &mut Faults, ctx: &ReadContext<'_>) -> Option<Self> {
        let before = faults.errors.len();
        let mut fields = Fields::open(value, at, faults);
        let word = fields.required::<Line>("type", faults).map(|l| l.0)?;
        let name = fields
            .optional::<Line>("name", faults)
            .map(|l| l.0)
            .filter(|n| !n.trim().is_empty());
        let enabled = fields.or("enabled", true, faults);
        let place = fields.at("condition");
        let own = if word == "stop_if" {
            None
        } else {
            fields.raw("condition").filter(|v| !v.is_null())
        };
        let condition = own.and_then(|v| Condition::read(v, &place, faults, ctx.kinds));
        let act = match word.as_str() {
            "email" => Some(email(&mut fields, faults, ctx)),
            "sms" => Some(sms(&mut fields, faults, ctx)),
            "webhook" => webhook(&mut fields, faults, ctx, name.as_deref()),
            "set_status" => set_status(&mut fields, faults, ctx),
            "wait" => wait(&mut fields, faults, ctx),
            "stop_if" => {
                let place = fields.at("condition");
                let asked = fields.required::<Value>("condition", faults);
                asked
                    .and_then(|v| Condition::read(&v, &place, faults, ctx.kinds))
                    .map(|condition| Act::StopIf { condition })
            }
            "set_field" => set_field(&mut fields, faults, ctx),
            "add_tag" => tag(&mut fields, faults).map(|tag| Act::AddTag { tag }),
            "remove_tag" => tag(&mut fields, faults).map(|tag| Act::RemoveTag { tag }),
            other => {
                faults.unknown(fields.at("type"), "unknown_action", other, WORDS.iter().copied());
                return None;
            }
        };
        fields.close(faults);
        (faults.errors.len() == before).then_some(Self {
            name,
            enabled,
            condition,
            act: act?,
        })
    }
}

fn needs_booking(what: &str, fields: &Fields<'_>, faults: &mut Faults, ctx: &ReadContext<'_>) {
    if let Some(kind) = ctx.kinds.iter().find(|k| !k.has_booking()) {
        faults.error(
            fields.at("type"),
            "not_available",
            format!("`{what}` needs a booking, which the trigger `{kind}` does not have"),
        );
    }
}

fn delivery(fields: &mut Fields<'_>, faults: &mut Faults) -> Delivery {
    Delivery {
        purpose: fields.or("purpose", Purpose::Service, faults),
        quiet_hours: fields.optional::<QuietRule>("quiet_hours", faults),
        on_unknown: fields.or("on_unknown", OnUnknown::Retry, faults),
    }
}

fn recipients(
    fields: &mut Fields<'_>,
    name: &'static str,
    sms: bool,
    faults: &mut Faults,
    ctx: &ReadContext<'_>,
) -> Vec<Recipient> {
    let at = fields.at(name);
    let given: Vec<Line> = fields.or(name, Vec::new(), faults);
    if given.len() > limits::RECIPIENTS {
        faults.error(
            &at,
            "too_many",
            format!("at most {} recipients", limits::RECIPIENTS),
        );
    }
    let all = given.iter().enumerate();
    all.filter_map(|(i, Line(text))| recipient(text, sms, &below(&at, &i.to_string()), faults, ctx))
        .collect()
}

fn recipient(
    text: &str,
    sms: bool,
    at: &str,
    faults: &mut Faults,
    ctx: &ReadContext<'_>,
) -> Option<Recipient> {
    let booking = |r: Recipient, faults: &mut Faults| {
        if let Some(kind) = ctx.kinds.iter().find(|k| !k.has_booking()) {
            faults.error(
                at,
                "not_available",
                format!("the trigger `{kind}` has no booking, so there is no `{text}`"),
            );
        }
        Some(r)
    };
    match text {
        "customer" => Some(Recipient::Customer),
        "resource" => booking(Recipient::Resource, faults),
        "location" => booking(Recipient::Location, faults),
        "admins" if !sms => Some(Recipient::Admins),
        _ if text.contains("{{") => {
            ctx.text(text, Slot::Address, at, faults);
            Some(Recipient::Template(text.to_owned()))
        }
        _ if sms => {
            if let Some(number) = contact::phone(text, &ctx.names.country) {
                Some(Recipient::Fixed(number))
            } else {
                faults.unknown(at, "bad_recipient", text, ["customer", "resource", "location"]);
                None
            }
        }
        _ => {
            if let Some(address) = contact::email(text) {
                Some(Recipient::Fixed(address))
            } else {
                faults.unknown(
                    at,
                    "bad_recipient",
                    text,
                    ["customer", "resource", "location", "admins"],
                );
                None
            }
        }
    }
}

/// A map of languages; at least one entry.
fn content<T>(
    fields: &mut Fields<'_>,
    faults: &mut Faults,
    mut read: impl FnMut(&Value, &str, &mut Faults) -> Option<T>,
) -> BTreeMap<Language, T> {
    let at = fields.at("content");
    let mut all = BTreeMap::new();
    let Some(map) = fields
        .raw("content")
        .and_then(Value::as_object)
        .filter(|m| !m.is_empty())
    else {
        faults.error(
            &at,
            "required",
            "`content` needs a text in at least one language, such as {\"nb\": {…}}",
        );
        return all;
    };
    for (tag, value) in map {
        let place = below(&at, tag);
        match Language::new(tag) {
            Some(language) => all.extend(read(value, &place, faults).map(|text| (language, text))),
            None => faults.error(
                &place,
                "unknown_language",
                "must be a language tag such as nb, en or nb-NO",
            ),
        }
    }
    all
}

fn email(fields: &mut Fields<'_>, faults: &mut Faults, ctx: &ReadContext<'_>) -> Act {
    let to = recipients(fields, "to", false, faults, ctx);
    if to.is_empty() {
        faults.error(fields.at("to"), "required", "`to` needs at least one recipient");
    }
    let (cc, bcc) = (
        recipients(fields, "cc", false, faults, ctx),
        recipients(fields, "bcc", false, faults, ctx),
    );
    let content = content(fields, faults, |value, at, faults| {
        let mut fields = Fields::open(value, at, faults);
        let subject = fields.required::<Line>("subject", faults).map(|l| l.0);
        let body = fields.required::<String>("body", faults);
        let format = fields.or("format", BodyFormat::Html, faults);
        if format == BodyFormat::Markdown {
            faults.error(
                fields.at("format"),
                "not_yet",
                "bodies are HTML for now: write the body as HTML",
            );
        }
        if let Some(subject) = &subject {
            ctx.text(subject, Slot::Subject, &fields.at("subject"), faults);
        }
        if let Some(body) = &body {
            ctx.text(body, Slot::Html, &fields.at("body"), faults);
        }
        fields.close(faults);
        Some(EmailText {
            subject: subject?,
            body: body?,
            format,
        })
    });
    Act::Email {
        to,
        cc,
        bcc,
        reply_to: address(fields, "reply_to", faults, ctx),
        sender: fields.optional::<Line>("sender", faults).map(|l| l.0),
        content,
        attachments: attachments(fields, faults),
        delivery: delivery(fields, faults),
    }
}

fn address(
    fields: &mut Fields<'_>,
    name: &'static str,
    faults: &mut Faults,
    ctx: &ReadContext<'_>,
) -> Option<String> {
    let at = fields.at(name);
    let text = fields.optional::<Line>(name, faults).map(|l| l.0)?;
    if text.contains("{{") {
        ctx.text(&text, Slot::Address, &at, faults);
    } else if contact::email(&text).is_none() {
        faults.error(at, "bad_address", "must be an e-mail address");
    }
    Some(text)
}

fn attachments(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<Attachment> {
    let at = fields.at("attachments");
    let given: Vec<Value> = fields.or("attachments", Vec::new(), faults);
    let mut all = Vec::new();
    for (i, value) in given.iter().enumerate() {
        let mut one = Fields::open(value, &below(&at, &i.to_string()), faults);
        match one.required::<Line>("type", faults).map(|l| l.0).as_deref() {
            Some("ics") => all.push(Attachment::Ics),
            Some("document") => all.extend(
                one.required::<Line>("id", faults)
                    .map(|l| Attachment::Document { id: l.0 }),
            ),
            Some(other) => faults.unknown(one.at("type"), "unknown_value", other, ["ics", "document"]),
            None => {}
        }
        one.close(faults);
    }
    all
}

fn sms(fields: &mut Fields<'_>, faults: &mut Faults, ctx: &ReadContext<'_>) -> Act {
    let to = recipients(fields, "to", true, faults, ctx);
    if to.is_empty() {
        faults.error(fields.at("to"), "required", "`to` needs at least one recipient");
    }
    let content = content(fields, faults, |value, at, faults| {
        let mut fields = Fields::open(value, at, faults);
        let text = fields.required::<String>("text", faults);
        if let Some(text) = &text {
            ctx.text(text, Slot::Sms, &fields.at("text"), faults);
        }
        fields.close(faults);
        text
    });
    let max_segments = fields.optional::<i64>("max_segments", faults);
    if max_segments.is_some_and(|n| !(1..=10).contains(&n)) {
        faults.error(fields.at("max_segments"), "out_of_range", "must be 1 to 10");
    }
    let sender = fields.optional::<Line>("sender", faults).map(|l| l.0);
    Act::Sms {
        to,
        content,
        sender,
        max_segments,
        delivery: delivery(fields, faults),
    }
}

fn webhook(
    fields: &mut Fields<'_>,
    faults: &mut Faults,
    ctx: &ReadContext<'_>,
    name: Option<&str>,
) -> Option<Act> {
    let method = fields.or("method", Line("POST".to_owned()), faults).0;
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    if !methods.contains(&method.as_str()) {
        faults.unknown(fields.at("method"), "unknown_value", &method, methods);
    }
    let url = fields.required::<Line>("url", faults).map(|l| l.0);
    if let Some(url) = &url {
        ctx.text(url, Slot::Url, &fields.at("url"), faults);
        if !(url.starts_with("http://") || url.starts_with("https://") || url.starts_with("{{")) {
            faults.error(fields.at("url"), "bad_url", "must begin with https:// or http://");
        }
    }
    let headers: BTreeMap<String, Line> = fields.or("headers", BTreeMap::new(), faults);
    for (header, Line(text)) in &headers {
        ctx.text(text, Slot::Header, &below(&fields.at("headers"), header), faults);
    }
    let body = body(fields, faults, ctx);
    let success: Vec<Line> = fields.or("success_codes", vec![Line("2xx".to_owned())], faults);
    for (i, Line(code)) in success.iter().enumerate() {
        let shape = code.len() == 3
            && code.starts_with(['2', '3', '4', '5'])
            && code.chars().skip(1).all(|c| c == 'x' || c.is_ascii_digit());
        if !shape {
            faults.error(
                below(&fields.at("success_codes"), &i.to_string()),
                "bad_code",
                "must be a status such as 204 or 2xx",
            );
        }
    }
    let store: BTreeMap<String, Line> = fields.or("store", BTreeMap::new(), faults);
    for (field, Line(pointer)) in &store {
        if !pointer.starts_with('/') {
            faults.error(
                below(&fields.at("store"), field),
                "bad_pointer",
                "must be a JSON pointer such as /data/code",
            );
        }
    }
    if !store.is_empty() && name.is_none() {
        faults.error(
            fields.at("name"),
            "required",
            "a webhook with `store` needs a `name`: later texts read `steps.<name>.<field>`",
        );
    }
    let plain = |map: BTreeMap<String, Line>| map.into_iter().map(|(k, v)| (k, v.0)).collect();
    Some(Act::Webhook {
        method,
        url: url?,
        headers: plain(headers),
        body,
        signing: fields.or("signing", true, faults),
        success_codes: success.into_iter().map(|l| l.0).collect(),
        store: plain(store),
        delivery: delivery(fields, faults),
    })
}

fn body(fields: &mut Fields<'_>, faults: &mut Faults, ctx: &ReadContext<'_>) -> WebhookBody {
    let at = fields.at("body");
    let Some(value) = fields.raw("body").filter(|v| !v.is_null()) else {
        return WebhookBody::Envelope;
    };
    let mut one = Fields::open(value, &at, faults);
    let body = if one.names("json") {
        let source = one.required::<String>("json", faults).unwrap_or_default();
        ctx.text(&source, Slot::Json, &one.at("json"), faults);
        WebhookBody::Json(source)
    } else if one.names("form") {
        let form: BTreeMap<String, String> = one.required("form", faults).unwrap_or_default();
        for (key, source) in &form {
            ctx.text(source, Slot::Text, &below(&one.at("form"), key), faults);
        }
        WebhookBody::Form(form)
    } else {
        let raw = one.required::<String>("raw", faults).unwrap_or_default();
        ctx.text(&raw, Slot::Text, &one.at("raw"), faults);
        let content_type = one
            .or(
                "content_type",
                Line("text/plain; charset=utf-8".to_owned()),
                faults,
            )
            .0;
        WebhookBody::Raw { raw, content_type }
    };
    one.close(faults);
    body
}

fn set_status(fields: &mut Fields<'_>, faults: &mut Faults, ctx: &ReadContext<'_>) -> Option<Act> {
    needs_booking("set_status", fields, faults, ctx);
    let status = fields.required::<Line>("status", faults).map(|l| l.0);
    if let Some(key) = &status
        && !ctx.names.statuses.contains(key)
    {
        faults.unknown(
            fields.at("status"),
            "unknown_status",
            key,
            ctx.names.statuses.iter().map(String::as_str),
        );
    }
    Some(Act::SetStatus {
        status: status?,
        run_workflows: fields.or("run_workflows", true, faults),
    })
}

/// Longest wait, ms.
const LONGEST: i64 = limits::OFFSET_DAYS * 24 * 3_600_000;

fn wait(fields: &mut Fields<'_>, faults: &mut Faults, ctx: &ReadContext<'_>) -> Option<Act> {
    let span = fields.optional::<Line>("duration", faults);
    let until = fields.optional::<Line>("until", faults);
    let event = fields.optional::<Line>("event", faults);
    let timeout = fields.optional::<Line>("timeout", faults);
    let mut read = |name: &str, text: &Line| {
        let span = duration::parse(&text.0).filter(|s| s.total_ms() <= LONGEST);
        if span.is_none() {
            faults.error(
                fields.at(name),
                "bad_duration",
                "must be a duration of at most a year, such as PT1H or P2D",
            );
        }
        span
    };
    let timeout_ms = timeout
        .as_ref()
        .and_then(|t| read("timeout", t))
        .map(Span::total_ms);
    let wait = match (span, until, event) {
        (Some(text), None, None) => read("duration", &text).map(|s| Wait::Duration {
            days: s.days,
            ms: s.ms,
        }),
        (None, Some(text), None) => {
            let time = text.0.parse::<Time>().ok();
            if time.is_none() {
                faults.error(
                    fields.at("until"),
                    "bad_time",
                    "must be a time of day such as 18:00",
                );
            }
            time.map(Wait::Until)
        }
        (None, None, Some(event)) => {
            awaited(&event.0, &fields.at("event"), faults, ctx).then_some(Wait::Event {
                event: event.0,
                timeout_ms,
            })
        }
        _ => {
            faults.error(
                fields.at("duration"),
                "required",
                "a wait has one of `duration`, `until` or `event`",
            );
            None
        }
    };
    Some(Act::Wait { wait: wait? })
}

fn awaited(event: &str, at: &str, faults: &mut Faults, ctx: &ReadContext<'_>) -> bool {
    if event == "paid" {
        return true;
    }
    match event.strip_prefix("status:") {
        Some(key) if ctx.names.statuses.iter().any(|s| s == key) => true,
        Some(key) => {
            faults.unknown(
                at,
                "unknown_status",
                key,
                ctx.names.statuses.iter().map(String::as_str),
            );
            false
        }
        None => {
            faults.unknown(at, "unknown_value", event, ["paid", "status:<key>"]);
            false
        }
    }
}

fn set_field(fields: &mut Fields<'_>, faults: &mut Faults, ctx: &ReadContext<'_>) -> Option<Act> {
    let field = fields.required::<Line>("field", faults).map(|l| l.0);
    let value = fields.raw("value").cloned().unwrap_or(Value::Null);
    if let Some(source) = value.as_str() {
        ctx.text(source, Slot::Text, &fields.at("value"), faults);
    }
    let field = field?;
    let open = |head: &str| {
        field
            .strip_prefix(head)
            .is_some_and(|key| !key.is_empty() && !key.contains('.'))
    };
    if field == "booking.notes" || open("booking.answers.") {
        needs_booking("set_field", fields, faults, ctx);
    } else if !open("customer.fields.") {
        let known = ["booking.notes", "booking.answers.<key>", "customer.fields.<key>"];
        faults.unknown(fields.at("field"), "unknown_field_name", &field, known);
    }
    Some(Act::SetField { field, value })
}

fn tag(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<String> {
    fields
        .required::<Line>("tag", faults)
        .map(|l| l.0.trim().to_owned())
        .filter(|t| !t.is_empty())
}

impl Action {
    /// The shape in which it was sent.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("type".to_owned(), json!(self.act.word()));
        object.insert("name".to_owned(), json!(self.name));
        object.insert("enabled".to_owned(), json!(self.enabled));
        if !matches!(self.act, Act::StopIf { .. }) {
            object.insert(
                "condition".to_owned(),
                json!(self.condition.as_ref().map(Condition::to_json)),
            );
        }
        if let Value::Object(own) = own(&self.act) {
            object.extend(own);
        }
        if let Some(d) = self.act.delivery() {
            object.insert("purpose".to_owned(), json!(d.purpose));
            object.insert("quiet_hours".to_owned(), json!(d.quiet_hours));
            object.insert("on_unknown".to_owned(), json!(d.on_unknown));
        }
        Value::Object(object)
    }
}

fn own(act: &Act) -> Value {
    fn people(all: &[Recipient]) -> Vec<&str> {
        all.iter().map(written).collect()
    }
    match act {
        Act::Email {
            to,
            cc,
            bcc,
            reply_to,
            sender,
            content,
            attachments,
            ..
        } => json!({
            "to": people(to), "cc": people(cc), "bcc": people(bcc), "reply_to": reply_to, "sender": sender,
            "content": content, "attachments": attachments,
        }),
        Act::Sms {
            to,
            content,
            sender,
            max_segments,
            ..
        } => {
            let content: BTreeMap<&Language, Value> =
                content.iter().map(|(l, t)| (l, json!({ "text": t }))).collect();
            json!({ "to": people(to), "content": content, "sender": sender, "max_segments": max_segments })
        }
        Act::Webhook {
            method,
            url,
            headers,
            body,
            signing,
            success_codes,
            store,
            ..
        } => {
            let body = match body {
                WebhookBody::Envelope => Value::Null,
                WebhookBody::Json(source) => json!({ "json": source }),
                WebhookBody::Form(form) => json!({ "form": form }),
                WebhookBody::Raw { raw, content_type } => json!({ "raw": raw, "content_type": content_type }),
            };
            json!({
                "method": method, "url": url, "headers": headers, "body": body, "signing": signing,
                "success_codes": success_codes, "store": store,
            })
        }
        Act::SetStatus {
            status,
            run_workflows,
        } => json!({ "status": status, "run_workflows": run_workflows }),
        Act::Wait {
            wait: Wait::Duration { days, ms },
        } => json!({ "duration": Span { days: *days, ms: *ms }.to_iso() }),
        Act::Wait {
            wait: Wait::Until(time),
        } => json!({ "until": time.strftime("%H:%M").to_string() }),
        Act::Wait {
            wait: Wait::Event { event, timeout_ms },
        } => {
            json!({ "event": event, "timeout": timeout_ms.map(|ms| Span { days: 0, ms }.to_iso()) })
        }
        Act::StopIf { condition } => json!({ "condition": condition.to_json() }),
        Act::SetField { field, value } => json!({ "field": field, "value": value }),
        Act::AddTag { tag } | Act::RemoveTag { tag } => json!({ "tag": tag }),
    }
}

fn written(recipient: &Recipient) -> &str {
    match recipient {
        Recipient::Customer => "customer",
        Recipient::Resource => "resource",
        Recipient::Location => "location",
        Recipient::Admins => "admins",
        Recipient::Fixed(text) | Recipient::Template(text) => text,
    }
}
