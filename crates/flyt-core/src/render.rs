//! What leaves: one action and one recipient become a letter with its final words. Nothing is sent here, and no address is
//! looked up beyond the facts given.

mod letter;
mod plain;
mod recipients;

pub use letter::{field_value, letter, steps_needed};
pub use plain::plain_text;
pub use recipients::{copies, recipients};

use crate::facts::Facts;
use crate::language::Language;
use crate::segments::Encoding;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A finished message or call: what is frozen with a step and sent again on a retry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Letter {
    /// The one address, number or URL.
    pub to: String,
    /// Copies; filled for the first recipient only, by the caller.
    #[serde(default)]
    pub cc: Vec<String>,
    /// Blind copies; filled for the first recipient only, by the caller.
    #[serde(default)]
    pub bcc: Vec<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Other sender than the business's.
    pub sender: Option<String>,
    /// Subject of an e-mail, one line.
    pub subject: Option<String>,
    /// Body of an e-mail as HTML, without the layout of the business.
    pub html: Option<String>,
    /// Text of an SMS, or the plain-text part of an e-mail.
    pub text: Option<String>,
    /// The call, for a webhook.
    pub request: Option<Request>,
    /// Language of the chosen text.
    pub language: Option<Language>,
    /// Coding of an SMS.
    pub encoding: Option<Encoding>,
    /// Number of segments of an SMS.
    pub segments: Option<i64>,
    /// Whether a calendar file goes along.
    #[serde(default)]
    pub has_ics: bool,
}

/// An HTTP call with its final words, unsigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Method in capitals.
    pub method: String,
    /// Where to.
    pub url: String,
    /// The action's own headers.
    pub headers: BTreeMap<String, String>,
    /// Media type of the body.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// Values of `links.*` that Flyt makes, by the name after the dot: `manage`, `confirm`, `cancel`, `reschedule`,
/// `unsubscribe`, `ics`. The business's own (`rebook` …) and `google_calendar` are made here.
pub type Links = BTreeMap<String, String>;

/// What an envelope says beside the facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// `evt_…`, or for a timed trigger the id of its occurrence.
    pub event_id: String,
    /// `booking.created` …, `booking.starts`.
    pub event_word: String,
    /// When the event happened or the timer was due.
    pub event_at: Timestamp,
    /// `wfl_…`.
    pub workflow_id: String,
    /// Its name.
    pub workflow_name: String,
    /// `run_…`.
    pub run_id: String,
}

/// Everything a letter is written from.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The facts, fresh.
    pub facts: &'a Facts,
    /// Links that Flyt makes.
    pub links: &'a Links,
    /// For envelopes.
    pub meta: &'a Meta,
    /// The moment of sending.
    pub now: Timestamp,
}
