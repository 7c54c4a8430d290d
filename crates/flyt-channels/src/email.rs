//! A mail as bytes: headers, parts, attachments. The same [`Mail`] always becomes the same bytes, so that a
//! retry sends what the first attempt sent.
//!
//! Nothing that a customer wrote becomes a header of its own: a line end or NUL in any header field refuses
//! the mail, and names are written by a typed library. Sending is not here (`smtp`), nor is rendering
//! (`flyt-core`).

mod address;
mod words;

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

pub use self::address::ascii_address;

/// Headers that [`build`] writes itself, or that only a relay writes.
const OWN_HEADERS: [&str; 18] = [
    "auto-submitted",
    "bcc",
    "cc",
    "content-disposition",
    "content-transfer-encoding",
    "content-type",
    "date",
    "dkim-signature",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "references",
    "reply-to",
    "return-path",
    "sender",
    "subject",
];

/// A person or business with an address: `"Name" <address>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The display name.
    pub name: Option<String>,
    /// The address alone.
    pub address: String,
}

/// A file that goes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The name the recipient sees.
    pub name: String,
    /// Its media type, such as `application/pdf`.
    pub content_type: String,
    /// Its bytes, kept as they are.
    pub bytes: Vec<u8>,
}

/// A calendar file. `REQUEST` and `CANCEL` are shown as an invitation, every other method is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarPart {
    /// The METHOD that stands in the file.
    pub method: String,
    /// The file.
    pub ics: String,
}

/// One mail to one recipient.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// Who writes.
    pub from: Party,
    /// Who it is for.
    pub to: Party,
    /// Shown copies; they are envelope recipients of the first `to`'s mail only.
    pub cc: Vec<Party>,
    /// Hidden copies; no byte of the mail names them.
    pub bcc: Vec<Party>,
    /// Where answers go.
    pub reply_to: Option<Party>,
    /// The subject, as text.
    pub subject: String,
    /// The body as HTML.
    pub html: Option<String>,
    /// The body as text.
    pub text: String,
    /// The whole Message-ID without angle brackets; the same at every attempt.
    pub message_id: String,
    /// The Message-ID that all mails about one booking answer to, without angle brackets.
    pub thread_root: Option<String>,
    /// Files that go along.
    pub attachments: Vec<Attachment>,
    /// A calendar file.
    pub calendar: Option<CalendarPart>,
    /// The instant of `Date`.
    pub date: Timestamp,
    /// Further headers, such as `List-Unsubscribe`.
    pub headers: Vec<(String, String)>,
}

/// Why a mail cannot be built. The field is named by its path in [`Mail`]; values are not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A line end or NUL where a header is written.
    #[error("{0} holds a line end or NUL")]
    LineBreak(&'static str),
    /// Not an address, or one whose part before the @ is not ASCII.
    #[error("{0} is no usable address")]
    Address(&'static str),
    /// A header that is not a header or not the caller's to set.
    #[error("the header `{0}` cannot be set")]
    Header(String),
    /// A media type that cannot be read.
    #[error("{0} is no usable content type")]
    ContentType(&'static str),
    /// A Message-ID that is not `something@somewhere`.
    #[error("{0} is no Message-ID")]
    MessageId(&'static str),
    /// A date before 1970 or after 9999.
    #[error("the date cannot be written")]
    Date,
    /// What the MIME library would not build.
    #[error("the mail cannot be built: {0}")]
    Build(String),
}

impl Mail {
    /// Everyone the relay is told: `to`, then cc and bcc, each address once, in ASCII form. An address that
    /// cannot be used is left as it is and refused when it is sent to.
    pub fn envelope_to(&self) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        for party in std::iter::once(&self.to).chain(&self.cc).chain(&self.bcc) {
            let address =
                ascii_address(&party.address).map_or_else(|| party.address.clone(), |a| a.to_string());
            if !seen.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
                seen.push(address);
            }
        }
        seen
    }
}

/// Writes the mail as it goes over the wire, without dot-stuffing.
pub fn build(mail: &Mail) -> Result<Vec<u8>, Refused> {
    let mut message = Message::builder()
        .from(mailbox(&mail.from, "from")?)
        .to(mailbox(&mail.to, "to")?)
        .date(date(mail.date)?)
        .raw_header(subject(&mail.subject)?)
        .message_id(Some(message_id(&mail.message_id, "message_id")?));
    for copy in &mail.cc {
        message = message.cc(mailbox(copy, "cc")?);
    }
    for copy in &mail.bcc {
        // Not written, and still refused when it could not be sent to.
        mailbox(copy, "bcc")?;
    }
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(mailbox(reply_to, "reply_to")?);
    }
    if let Some(root) = mail
        .thread_root
        .as_deref()
        .filter(|root| *root != mail.message_id)
    {
        let root = message_id(root, "thread_root")?;
        message = message.in_reply_to(root.clone()).references(root);
    }
    message = message.raw_header(HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    ));
    for (name, value) in &mail.headers {
        message = message.raw_header(extra_header(name, value)?);
    }
    let built = match parts(mail)? {
        Parts::One(part) => message.singlepart(part),
        Parts::Several(parts) => message.multipart(parts),
    };
    Ok(built
        .map_err(|error| Refused::Build(error.to_string()))?
        .formatted())
}

enum Parts {
    One(SinglePart),
    Several(MultiPart),
}

/// `mixed(alternative(text, html, invitation), attachments…)`, each layer only where it holds more than one.
fn parts(mail: &Mail) -> Result<Parts, Refused> {
    let text = SinglePart::plain(plain_lines(&mail.text));
    let mut others = Vec::new();
    if let Some(html) = &mail.html {
        others.push(SinglePart::html(plain_lines(html)));
    }
    let mut files = Vec::new();
    if let Some(calendar) = &mail.calendar {
        let shown = matches!(calendar.method.as_str(), "REQUEST" | "CANCEL");
        if shown {
            others.push(invitation(calendar)?);
        } else {
            files.push(calendar_file(calendar)?);
        }
    }
    for attachment in &mail.attachments {
        files.push(file(attachment)?);
    }
    let body = if others.is_empty() {
        Parts::One(text)
    } else {
        let alternative = MultiPart::alternative()
            .boundary(boundary(mail, "alternative"))
            .singlepart(text);
        Parts::Several(others.into_iter().fold(alternative, MultiPart::singlepart))
    };
    if files.is_empty() {
        return Ok(body);
    }
    let mixed = MultiPart::mixed().boundary(boundary(mail, "mixed"));
    let mixed = match body {
        Parts::One(part) => mixed.singlepart(part),
        Parts::Several(parts) => mixed.multipart(parts),
    };
    Ok(Parts::Several(
        files.into_iter().fold(mixed, MultiPart::singlepart),
    ))
}

fn invitation(calendar: &CalendarPart) -> Result<SinglePart, Refused> {
    Ok(SinglePart::builder()
        .header(calendar_type(calendar)?)
        .header(ContentTransferEncoding::Base64)
        .body(plain_lines(&calendar.ics)))
}

fn calendar_file(calendar: &CalendarPart) -> Result<SinglePart, Refused> {
    Ok(SinglePart::builder()
        .header(calendar_type(calendar)?)
        .header(ContentDisposition::attachment("invite.ics"))
        .header(ContentTransferEncoding::Base64)
        .body(plain_lines(&calendar.ics)))
}

fn calendar_type(calendar: &CalendarPart) -> Result<ContentType, Refused> {
    if calendar.method.is_empty() || !calendar.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Refused::ContentType("calendar.method"));
    }
    let text = format!("text/calendar; charset=utf-8; method={}", calendar.method);
    ContentType::parse(&text).map_err(|_| Refused::ContentType("calendar.method"))
}

fn file(attachment: &Attachment) -> Result<SinglePart, Refused> {
    let name = one_line(&attachment.name, "attachments.name")?.replace(['/', '\\'], "_");
    one_line(&attachment.content_type, "attachments.content_type")?;
    let content_type = ContentType::parse(&attachment.content_type)
        .map_err(|_| Refused::ContentType("attachments.content_type"))?;
    Ok(SinglePart::builder()
        .header(content_type)
        .header(ContentDisposition::attachment(&name))
        .header(ContentTransferEncoding::Base64)
        .body(attachment.bytes.clone()))
}

fn mailbox(party: &Party, field: &'static str) -> Result<Mailbox, Refused> {
    one_line(&party.address, field)?;
    let name = party
        .name
        .as_deref()
        .map(|name| one_line(name, field))
        .transpose()?;
    let name = name
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty());
    let address = ascii_address(&party.address).ok_or(Refused::Address(field))?;
    Ok(Mailbox::new(name, address))
}

fn subject(text: &str) -> Result<HeaderValue, Refused> {
    let name = HeaderName::new_from_ascii_str("Subject");
    let text = one_line(text, "subject")?;
    if words::are_plain(&text) {
        return Ok(HeaderValue::new(name, text));
    }
    let encoded = words::encoded(&text);
    Ok(HeaderValue::dangerous_new_pre_encoded(name, text, encoded))
}

fn extra_header(name: &str, value: &str) -> Result<HeaderValue, Refused> {
    let refused = || Refused::Header(crate::outcome::excerpt(name));
    let lower = name.to_ascii_lowercase();
    let token = lower
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !token || OWN_HEADERS.contains(&lower.as_str()) || lower == "to" {
        return Err(refused());
    }
    let value = one_line(value, "headers")?;
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| refused())?;
    // Some relays break a signature over a folded List-Unsubscribe: what fits in one line stays in one.
    if value.len() < 900 && value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Ok(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value));
    }
    Ok(HeaderValue::new(name, value))
}

fn message_id(id: &str, field: &'static str) -> Result<String, Refused> {
    one_line(id, field)?;
    let printable = id
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'));
    let halves = id
        .split_once('@')
        .filter(|(left, right)| !left.is_empty() && !right.is_empty());
    if printable && halves.is_some() && id.len() <= 250 {
        Ok(format!("<{id}>"))
    } else {
        Err(Refused::MessageId(field))
    }
}

/// The library panics outside these years.
fn date(date: Timestamp) -> Result<SystemTime, Refused> {
    if (0..253_402_300_800).contains(&date.as_second()) {
        Ok(SystemTime::from(date))
    } else {
        Err(Refused::Date)
    }
}

/// Refuses line ends and NUL, and turns the other control characters into blanks: they print nowhere, and the
/// library panics on some of them.
fn one_line(text: &str, field: &'static str) -> Result<String, Refused> {
    if text.contains(['\r', '\n', '\0']) {
        return Err(Refused::LineBreak(field));
    }
    let prints = |character: char| !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}');
    Ok(text
        .chars()
        .map(|character| if prints(character) { character } else { ' ' })
        .collect())
}

/// One kind of line end, and none of the bytes that a relay may take for the end of a mail.
fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "")
}

/// A line that no part can hold but by knowing the whole mail: made of it, so that it is the same at every
/// attempt.
fn boundary(mail: &Mail, layer: &str) -> String {
    let mut hash = Sha256::new();
    for piece in [
        layer,
        &mail.message_id,
        &mail.text,
        mail.html.as_deref().unwrap_or_default(),
    ] {
        hash.update(piece.as_bytes());
        hash.update([0]);
    }
    // Every letter of URL-safe base64 may stand in a boundary.
    format!("flyt_{}", URL_SAFE_NO_PAD.encode(hash.finalize()))
}
