//! Texts with variables: what is refused on save, and rendering with bounded time, memory and output. Templates are Jinja
//! (MiniJinja) without anything that loads, defines or calls. What a name means is in `variables`; which text and which
//! reader is in `render`.

mod context;
mod engine;
mod filters;
mod guard;
mod names;
mod places;
mod sample;
mod values;

pub(crate) use context::encoded;
pub use context::{Context, Reader};
pub use engine::render;
pub use sample::sample;

use crate::invalid::Faults;
use crate::limits;
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
    /// JSON body of a webhook: a value writes its own quotes.
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
impl Slot {
    const ALL: [(Self, char); 9] = [
        (Self::Html, 'h'),
        (Self::Text, 't'),
        (Self::Sms, 's'),
        (Self::Subject, 'b'),
        (Self::Json, 'j'),
        (Self::Raw, 'r'),
        (Self::Url, 'u'),
        (Self::Header, 'e'),
        (Self::Address, 'a'),
    ];
    /// True where an empty value takes the blank or comma before it along.
    fn closes_gaps(self) -> bool {
        matches!(self, Self::Html | Self::Text | Self::Sms | Self::Subject)
    }
    /// True where the text is one line.
    fn is_line(self) -> bool {
        matches!(self, Self::Subject | Self::Url | Self::Header | Self::Address)
    }
    /// True where values may be written as JSON.
    fn takes_json(self) -> bool {
        matches!(self, Self::Json | Self::Raw)
    }
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
impl RenderProblem {
    /// A problem of a whole text.
    pub fn whole(message: impl Into<String>) -> Self {
        Self {
            line: 0,
            column: 0,
            message: message.into(),
        }
    }
}

/// Checks a template on save: syntax, names, filters and what the triggers supply, also in branches that never run. Every
/// fault says its line and column; names that may be empty and are not guarded become warnings.
pub fn check(source: &str, slot: Slot, scope: Scope<'_>, at: &str, faults: &mut Faults) {
    if source.len() > limits::TEMPLATE_BYTES {
        let most = limits::TEMPLATE_BYTES / 1024;
        faults.error(at, "too_long", format!("must not be longer than {most} kB"));
        return;
    }
    let tree = match guard::parse(source) {
        Ok(tree) => tree,
        Err(problem) => {
            faults.error(at, "template_syntax", problem.to_string());
            return;
        }
    };
    let before = faults.errors.len();
    names::check(source, &tree, slot, scope, at, faults);
    if faults.errors.len() == before && slot == Slot::Json {
        check_json(source, scope, at, faults);
    }
}

/// A JSON body must parse with sample values.
fn check_json(source: &str, scope: Scope<'_>, at: &str, faults: &mut Faults) {
    let context = Context::sample(scope.steps);
    if let Err(problem) = render(source, Slot::Json, &context) {
        faults.error(at, "not_json", problem.to_string());
    }
}

/// Names of webhook actions whose stored values the template reads; none if it cannot be read.
pub fn steps_used(source: &str) -> std::collections::BTreeSet<String> {
    if !source.contains("steps") {
        return std::collections::BTreeSet::new();
    }
    guard::parse(source)
        .map(|tree| names::steps(&tree))
        .unwrap_or_default()
}
