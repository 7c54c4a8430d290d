//! Fields of actions that have a shape of their own.

use super::reading::ReadContext;
use super::{Attachment, BodyFormat, EmailText, Recipient};
use crate::contact;
use crate::duration::duration;
use crate::invalid::{Faults, Fields, Line, Read, below, kind};
use crate::language::Language;
use crate::limits;
use crate::template::Slot;
use serde_json::Value;
use std::collections::BTreeMap;

/// Milliseconds of a calendar day where only an exact time can be kept.
const DAY_MS: i64 = 86_400_000;

/// Declares a text whose shape is checked when it is read.
macro_rules! shaped {
    ($(#[$doc:meta])* $name:ident, $good:expr, $code:literal, $what:literal) => {
        $(#[$doc])*
        pub(super) struct $name(pub(super) String);
        impl Read for $name {
            fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
                let Line(text) = Line::read(value, at, faults)?;
                let good: fn(&str) -> bool = $good;
                if !good(&text) {
                    faults.error(at, $code, concat!("must be ", $what));
                    return None;
                }
                Some(Self(text))
            }
        }
    };
}

shaped!(
    /// An HTTP method.
    Method,
    |m| matches!(m, "POST" | "PUT" | "PATCH" | "GET" | "DELETE"),
    "unknown_value",
    "one of POST, PUT, PATCH, GET, DELETE"
);
shaped!(
    /// A class of status codes or one code.
    Success,
    is_code,
    "bad_code",
    "a status code or a class of them, such as 204 or 2xx"
);
shaped!(
    /// A JSON pointer.
    Pointer,
    |p| p.is_empty() || p.starts_with('/'),
    "bad_pointer",
    "a JSON pointer such as /data/code"
);
shaped!(
    /// The template of a header.
    Header,
    |_| true,
    "bad_header",
    "a text"
);
shaped!(
    /// A tag of a customer.
    Tag,
    |t| !t.trim().is_empty() && t.chars().count() <= 100,
    "bad_tag",
    "a word of 1 to 100 characters"
);

fn is_code(code: &str) -> bool {
    let (first, rest) = code.split_at_checked(1).unwrap_or(("", ""));
    let class = matches!(first, "1" | "2" | "3" | "4" | "5");
    class && (rest == "xx" || (rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_digit())))
}

/// A length of time above nothing and not above a year.
#[derive(Debug, Clone, Copy)]
pub(super) struct Duration {
    pub(super) days: i64,
    pub(super) ms: i64,
}
impl Duration {
    pub(super) fn total_ms(self) -> i64 {
        self.days.saturating_mul(DAY_MS).saturating_add(self.ms)
    }
}
impl Read for Duration {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let Some((days, ms)) = value.as_str().and_then(duration) else {
            faults.error(at, "bad_duration", "must be a duration such as PT1H or P2D");
            return None;
        };
        let read = Self { days, ms };
        if read.total_ms() <= 0 || read.total_ms() > limits::OFFSET_DAYS * DAY_MS {
            faults.error(
                at,
                "out_of_range",
                "must be more than nothing and at most one year",
            );
            return None;
        }
        Some(read)
    }
}

/// Names that texts read as `steps.<name>.<field>`.
pub(super) struct StoredName;
impl StoredName {
    pub(super) fn check(name: &str, at: &str, faults: &mut Faults) {
        let mut chars = name.chars();
        let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let good = first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !good || name.len() > 60 {
            let message =
                "must be a name of letters a to z, digits and _, as it is read as `steps.<name>.<field>`";
            faults.error(at, "bad_name", message);
        }
    }
}

/// A header of the action's own; those that belong to the connection are not offered.
pub(super) fn header_name(name: &str, at: &str, faults: &mut Faults) {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let reserved = [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "content-type",
        "te",
        "upgrade",
    ];
    let low = name.to_ascii_lowercase();
    if name.is_empty() || !name.chars().all(token) {
        faults.error(at, "bad_header", "must be the name of a header");
    } else if reserved.contains(&low.as_str()) || low.starts_with("webhook-") {
        faults.error(at, "bad_header", "this header is set by Flyt");
    }
}

/// One entry of `to`, `cc` or `bcc`.
pub(super) fn recipient(
    text: &str,
    sms: bool,
    at: &str,
    faults: &mut Faults,
    context: &ReadContext<'_>,
) -> Option<Recipient> {
    let role = match text {
        "customer" => Some(Recipient::Customer),
        "resource" => Some(Recipient::Resource),
        "location" => Some(Recipient::Location),
        "admins" if !sms => Some(Recipient::Admins),
        _ => None,
    };
    if role.is_some() {
        return role;
    }
    if text.contains("{{") {
        context.text(text, Slot::Address, at, faults);
        return Some(Recipient::Template(text.to_owned()));
    }
    let fixed = if sms {
        contact::phone(text, &context.names.country)
    } else {
        contact::email(text)
    };
    if fixed.is_none() {
        let word = text.chars().all(|c| c.is_ascii_lowercase());
        match (word, sms) {
            (true, true) => faults.unknown(at, "unknown_value", text, ["customer", "resource", "location"]),
            (true, false) => faults.unknown(
                at,
                "unknown_value",
                text,
                ["customer", "resource", "location", "admins"],
            ),
            (false, true) => faults.error(
                at,
                "bad_phone",
                "must be a role or a phone number such as +4790000001",
            ),
            (false, false) => faults.error(
                at,
                "bad_email",
                "must be a role or an address such as post@example.no",
            ),
        }
    }
    fixed.map(Recipient::Fixed)
}

/// Texts per language, not yet read.
pub(super) type Texts<'v> = Vec<(Language, String, &'v Value)>;
/// Texts per language.
pub(super) enum Content {
    /// Of an e-mail.
    Email(BTreeMap<Language, EmailText>),
    /// Of an SMS.
    Sms(BTreeMap<Language, String>),
    /// At fault.
    Bad,
}

/// The languages of `content` with their values.
pub(super) fn content<'v>(
    value: Option<&'v Value>,
    at: &str,
    faults: &mut Faults,
    context: &ReadContext<'_>,
) -> Option<Texts<'v>> {
    let Some(value) = value.filter(|v| !v.is_null()) else {
        faults.error(at, "required", "`content` is required");
        return None;
    };
    let Some(object) = value.as_object() else {
        faults.error(
            at,
            "wrong_type",
            format!("must be texts per language, not {}", kind(value)),
        );
        return None;
    };
    if object.is_empty() {
        faults.error(at, "required", "needs a text in at least one language");
        return None;
    }
    let mut texts = Vec::new();
    for (tag, text) in object {
        let here = below(at, tag);
        if let Some(language) = Language::read(&Value::String(tag.clone()), &here, faults) {
            texts.push((language, here, text));
        }
    }
    for language in &context.names.languages {
        if !texts.iter().any(|(l, _, _)| l.covers(language)) {
            faults.warn(at, "missing_language", format!("there is no text in {language}"));
        }
    }
    Some(texts)
}

/// The texts of an e-mail.
pub(super) fn email_texts(
    texts: Texts<'_>,
    at: &str,
    faults: &mut Faults,
    context: &ReadContext<'_>,
) -> Content {
    let mut read = BTreeMap::new();
    for (language, here, value) in texts {
        let mut fields = Fields::open(value, &here, faults);
        let subject: Option<Line> = fields.required("subject", faults);
        let body: Option<String> = fields.required("body", faults);
        let format = fields.or("format", BodyFormat::Html, faults);
        fields.close(faults);
        if format == BodyFormat::Markdown {
            let message = "markdown is not offered yet: write the body as HTML";
            faults.error(below(&here, "format"), "not_offered", message);
        }
        let (Some(Line(subject)), Some(body)) = (subject, body) else {
            return Content::Bad;
        };
        written(&subject, &below(&here, "subject"), faults);
        written(&body, &below(&here, "body"), faults);
        context.text(&subject, Slot::Subject, &below(&here, "subject"), faults);
        context.text(&body, Slot::Html, &below(&here, "body"), faults);
        if read
            .insert(
                language,
                EmailText {
                    subject,
                    body,
                    format,
                },
            )
            .is_some()
        {
            faults.error(at, "duplicate", "the same language stands twice");
        }
    }
    Content::Email(read)
}

/// The texts of an SMS.
pub(super) fn sms_texts(
    texts: Texts<'_>,
    at: &str,
    faults: &mut Faults,
    context: &ReadContext<'_>,
) -> Content {
    let mut read = BTreeMap::new();
    for (language, here, value) in texts {
        let mut fields = Fields::open(value, &here, faults);
        let text: Option<String> = fields.required("text", faults);
        fields.close(faults);
        let Some(text) = text else {
            return Content::Bad;
        };
        written(&text, &below(&here, "text"), faults);
        context.text(&text, Slot::Sms, &below(&here, "text"), faults);
        if read.insert(language, text).is_some() {
            faults.error(at, "duplicate", "the same language stands twice");
        }
    }
    Content::Sms(read)
}

/// A text that is always empty can never be sent.
fn written(text: &str, at: &str, faults: &mut Faults) {
    if text.trim().is_empty() {
        faults.error(at, "empty", "must not be empty");
    }
}

/// One attachment.
pub(super) fn attachment(value: &Value, at: &str, faults: &mut Faults) -> Option<Attachment> {
    let mut fields = Fields::open(value, at, faults);
    let word: Option<String> = fields.required("type", faults);
    let id: Option<String> = fields.optional("id", faults);
    let (type_at, id_at) = (fields.at("type"), fields.at("id"));
    fields.close(faults);
    match (word?.as_str(), id) {
        ("ics", None) => Some(Attachment::Ics),
        ("ics", Some(_)) => {
            faults.error(id_at, "unknown_field", "a calendar file has no id");
            None
        }
        ("document", Some(id)) => Some(Attachment::Document { id }),
        ("document", None) => {
            faults.error(id_at, "required", "`id` is required");
            None
        }
        (other, _) => {
            faults.unknown(type_at, "unknown_value", other, ["ics", "document"]);
            None
        }
    }
}

/// What a `wait` waits for: `paid` or `status:<key>`.
pub(super) fn event(event: &str, at: &str, faults: &mut Faults, context: &ReadContext<'_>) {
    match event.strip_prefix("status:") {
        Some(key) => context.status(key, at, faults),
        None if event == "paid" => {}
        None => faults.unknown(at, "unknown_value", event, ["paid", "status:<key>"]),
    }
}
