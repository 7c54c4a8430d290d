//! Actions: what a workflow does, in order: the types. Reading them is in `action::reading`, writing them back in
//! `action::writing`; carrying them out is `run` (core) and the engine.

mod fields;
mod reading;
mod webhook;
mod writing;

pub use reading::{ReadContext, read_all};

use crate::condition::Condition;
use crate::customer::{Channel, Purpose};
use crate::language::Language;
use crate::words;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

words! {
    /// Whether a message straight from an event keeps quiet hours.
    QuietRule {
        /// It does.
        Respect = "respect",
        /// It does not; nor does a timed one.
        Ignore = "ignore",
    }
}
words! {
    /// What follows a try whose answer was lost.
    OnUnknown {
        /// Another try with the same id.
        Retry = "retry",
        /// A person decides.
        Hold = "hold",
    }
}
words! {
    /// How an e-mail body is written.
    BodyFormat {
        /// HTML.
        Html = "html",
        /// Markdown.
        Markdown = "markdown",
    }
}

/// One action of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Its name; stored webhook answers are read as `steps.<name>.<field>`.
    pub name: Option<String>,
    /// Off: skipped with `action_disabled`.
    pub enabled: bool,
    /// Its own "only if".
    pub condition: Option<Condition>,
    /// What it does.
    #[serde(flatten)]
    pub act: Act,
}

/// Settings that all deliveries share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Why it is sent.
    pub purpose: Purpose,
    /// Own rule about quiet hours; `None`: as the trigger says.
    pub quiet_hours: Option<QuietRule>,
    /// What follows a lost answer.
    pub on_unknown: OnUnknown,
}

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The customer of the booking.
    Customer,
    /// The resource of the booking.
    Resource,
    /// The location of the booking.
    Location,
    /// Every administrator of the business (e-mail only).
    Admins,
    /// A fixed address or number.
    Fixed(String),
    /// A template that gives an address or number.
    Template(String),
}

/// Text of an e-mail in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailText {
    /// Template of the subject.
    pub subject: String,
    /// Template of the body.
    pub body: String,
    /// How the body is written.
    pub format: BodyFormat,
}

/// What is attached to an e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Attachment {
    /// A calendar file of the booking.
    Ics,
    /// A PDF document of the business.
    Document {
        /// Its id.
        id: String,
    },
}

/// Body of a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookBody {
    /// The standard envelope.
    Envelope,
    /// A template that gives JSON; a value writes its own quotes.
    Json(String),
    /// Form fields, each a template.
    Form(BTreeMap<String, String>),
    /// Anything.
    Raw {
        /// The template.
        raw: String,
        /// Its media type.
        content_type: String,
    },
}

/// How long a run waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// A span from the start of the wait: exact milliseconds plus calendar days.
    Duration {
        /// Calendar days on the wall clock.
        days: i64,
        /// Exact milliseconds after them.
        ms: i64,
    },
    /// Until the next time the clock shows this.
    Until(Time),
    /// Until something happens to the booking, at most `timeout_ms`.
    Event {
        /// `paid` or `status:<key>`.
        event: String,
        /// Longest wait in milliseconds.
        timeout_ms: Option<i64>,
    },
}

/// What an action does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Act {
    /// Sends an e-mail to each of `to`.
    Email {
        /// Each gets a message of its own.
        to: Vec<Recipient>,
        /// Copies, once, with the first.
        cc: Vec<Recipient>,
        /// Blind copies, once, with the first.
        bcc: Vec<Recipient>,
        /// Where answers go.
        reply_to: Option<String>,
        /// Other sender than the business's.
        sender: Option<String>,
        /// Texts per language.
        content: BTreeMap<Language, EmailText>,
        /// What goes along.
        attachments: Vec<Attachment>,
        /// Shared settings.
        delivery: Delivery,
    },
    /// Sends an SMS to each of `to`.
    Sms {
        /// Each gets a message of its own.
        to: Vec<Recipient>,
        /// Template per language.
        content: BTreeMap<Language, String>,
        /// Other sender than the business's.
        sender: Option<String>,
        /// Longer ones are refused with `render_error`.
        max_segments: Option<i64>,
        /// Shared settings.
        delivery: Delivery,
    },
    /// Calls an address.
    Webhook {
        /// HTTP method.
        method: String,
        /// Template of the address.
        url: String,
        /// Header name → template.
        headers: BTreeMap<String, String>,
        /// What is sent.
        body: WebhookBody,
        /// Whether it is signed.
        signing: bool,
        /// `2xx`, `204` …
        success_codes: Vec<String>,
        /// Name → JSON pointer into the answer; not empty: a barrier.
        store: BTreeMap<String, String>,
        /// Shared settings.
        delivery: Delivery,
    },
    /// Gives the booking another status.
    SetStatus {
        /// Key of the status.
        status: String,
        /// False: its events start no run.
        run_workflows: bool,
    },
    /// Waits.
    Wait {
        /// How long.
        wait: Wait,
    },
    /// Ends the run if the condition holds.
    StopIf {
        /// The condition.
        #[serde(rename = "stop_condition")]
        condition: Condition,
    },
    /// Sets `booking.notes`, `booking.answers.<key>` or `customer.fields.<key>`.
    SetField {
        /// Which.
        field: String,
        /// To what; texts are templates.
        value: Value,
    },
    /// Gives the customer a tag.
    AddTag {
        /// The tag.
        tag: String,
    },
    /// Takes a tag from the customer.
    RemoveTag {
        /// The tag.
        tag: String,
    },
}

impl Act {
    /// The channel, if this is a delivery.
    pub fn channel(&self) -> Option<Channel> {
        match self {
            Self::Email { .. } => Some(Channel::Email),
            Self::Sms { .. } => Some(Channel::Sms),
            Self::Webhook { .. } => Some(Channel::Webhook),
            Self::SetStatus { .. }
            | Self::Wait { .. }
            | Self::StopIf { .. }
            | Self::SetField { .. }
            | Self::AddTag { .. }
            | Self::RemoveTag { .. } => None,
        }
    }
    /// Shared settings, if this is a delivery.
    pub fn delivery(&self) -> Option<Delivery> {
        match self {
            Self::Email { delivery, .. } | Self::Sms { delivery, .. } | Self::Webhook { delivery, .. } => {
                Some(*delivery)
            }
            Self::SetStatus { .. }
            | Self::Wait { .. }
            | Self::StopIf { .. }
            | Self::SetField { .. }
            | Self::AddTag { .. }
            | Self::RemoveTag { .. } => None,
        }
    }
    /// True for what later actions wait for: everything but e-mail, SMS and a webhook without `store`.
    pub fn is_barrier(&self) -> bool {
        match self {
            Self::Email { .. } | Self::Sms { .. } => false,
            Self::Webhook { store, .. } => !store.is_empty(),
            Self::SetStatus { .. }
            | Self::Wait { .. }
            | Self::StopIf { .. }
            | Self::SetField { .. }
            | Self::AddTag { .. }
            | Self::RemoveTag { .. } => true,
        }
    }
    /// The word in the API.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Email { .. } => "email",
            Self::Sms { .. } => "sms",
            Self::Webhook { .. } => "webhook",
            Self::SetStatus { .. } => "set_status",
            Self::Wait { .. } => "wait",
            Self::StopIf { .. } => "stop_if",
            Self::SetField { .. } => "set_field",
            Self::AddTag { .. } => "add_tag",
            Self::RemoveTag { .. } => "remove_tag",
        }
    }
}
