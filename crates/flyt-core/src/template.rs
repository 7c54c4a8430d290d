//! (being written)
use crate::invalid::Faults;
use crate::trigger::TriggerKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a text goes: decides escaping and what is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// HTML of an e-mail.
    Html,
    /// Plain text of an e-mail or a value of a field.
    Text,
    /// An SMS.
    Sms,
    /// Subject of an e-mail: one line.
    Subject,
    /// JSON body of a webhook.
    Json,
    /// Raw or form body of a webhook.
    Raw,
    /// An address of the web: values are percent-encoded.
    Url,
    /// A header of a webhook: one line.
    Header,
    /// An e-mail address or number.
    Address,
}

/// Stored values that a text may read: action name → names of its fields.
pub type Stored = BTreeMap<String, Vec<String>>;

/// What a text may read where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Triggers of the workflow; each must supply every name. Empty: all names.
    pub kinds: &'a [TriggerKind],
    /// Values stored by earlier webhooks.
    pub steps: &'a Stored,
}

/// Why a text could not be rendered. Line and column count from 1; 0 where there is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("line {line}, column {column}: {message}")]
pub struct RenderProblem {
    /// Line in the template.
    pub line: u32,
    /// Column in the line, in characters.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// Checks a template on save.
pub fn check(source: &str, slot: Slot, scope: Scope<'_>, at: &str, faults: &mut Faults) {
    let (_, _, _, _, _) = (source, slot, scope, at, faults);
}
