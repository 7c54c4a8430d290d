//! Templates: MiniJinja with our variables and filters, bounded in time and memory. What a template may say is checked when a
//! workflow is saved (`walk`); the values are made from the facts (`context`); values are never parsed as templates.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enums matched here are MiniJinja's, which grow"
)]

use crate::facts::Facts;
use crate::invalid::Faults;
use crate::limits;
use crate::locale::{self, Speech};
use crate::trigger::TriggerKind;
use jiff::Timestamp;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use std::collections::BTreeMap;
use std::io;

mod context;
mod filters;
mod walk;
pub use context::{Links, values};

/// Where a text stands, which decides how values are written into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// An e-mail body.
    Html,
    /// Plain text.
    Text,
    /// An SMS.
    Sms,
    /// The subject of an e-mail: one line.
    Subject,
    /// A JSON body: a value writes its own quotes.
    Json,
    /// A URL: values are percent-encoded, except one that is the whole URL.
    Url,
    /// A header of a webhook: one line.
    Header,
    /// An address or number.
    Address,
}
impl Slot {
    fn name(self) -> &'static str {
        match self {
            Self::Html => "text.html",
            Self::Json => "text.json",
            Self::Url => "text.url",
            Self::Text | Self::Sms | Self::Subject | Self::Header | Self::Address => "text.txt",
        }
    }
    fn is_line(self) -> bool {
        matches!(self, Self::Subject | Self::Header | Self::Address | Self::Url)
    }
    /// Whether an empty value takes the comma or blank before it along.
    fn closes_gaps(self) -> bool {
        matches!(self, Self::Html | Self::Text | Self::Sms | Self::Subject)
    }
}

/// What a workflow can supply to its texts.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Kinds of its triggers.
    pub kinds: &'a [TriggerKind],
    /// Names of earlier webhooks with `store`, and their fields.
    pub stored: &'a BTreeMap<String, Vec<String>>,
}

/// Why a text could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// What is wrong, with the line.
    pub message: String,
    /// A value that an earlier webhook should have left is missing.
    pub missing_step: bool,
}

/// Stands for an empty value while rendering; a private-use character that no input keeps.
pub(crate) const MARK: char = '\u{F8FE}';
/// Begins the message of an error about a value that an earlier step should have left.
pub(crate) const MISSING_STEP: &str = "an earlier step left no value";

/// Checks a template: syntax, names, filters, and that it stays within its bounds. Faults say line and column.
pub fn check(source: &str, slot: Slot, scope: &Scope<'_>, at: &str, faults: &mut Faults) {
    if source.len() > limits::TEMPLATE_BYTES {
        faults.error(
            at,
            "too_long",
            format!("a text has at most {} kB", limits::TEMPLATE_BYTES / 1024),
        );
        return;
    }
    let before = faults.errors.len();
    walk::check(source, scope, at, faults);
    if faults.errors.len() == before && slot == Slot::Json {
        check_json(source, at, faults);
    }
}

/// A JSON body must be JSON with sample values in it.
fn check_json(source: &str, at: &str, faults: &mut Faults) {
    let sample = context::samples();
    match render(source, Slot::Json, &sample) {
        Ok(text) => {
            if let Err(e) = serde_json::from_str::<serde_json::Value>(&text) {
                let message =
                    format!("does not give JSON with sample values: {e}; a value writes its own quotes");
                faults.error(at, "bad_json", message);
            }
        }
        Err(problem) => faults.error(at, "bad_template", problem.message),
    }
}

/// Makes a text. The result holds no line end where the slot is one line, and no trace of empty values.
///
/// # Errors
/// `Problem` with the line: a `required` value is empty, a bound is exceeded, an earlier step left no value.
pub fn render(source: &str, slot: Slot, values: &minijinja::Value) -> Result<String, Problem> {
    if source.len() > limits::TEMPLATE_BYTES {
        return Err(Problem {
            message: "the template is too long".to_owned(),
            missing_step: false,
        });
    }
    if !source.contains('{') {
        return Ok(finish(source, slot)); // most addresses and many subjects are plain
    }
    if let Some((line, column, message)) = walk::forbidden(source).into_iter().next() {
        return Err(Problem {
            message: format!("line {line}, column {column}: {message}"),
            missing_step: false,
        });
    }
    ENVIRONMENT.with(|environment| {
        let template = environment
            .template_from_named_str(slot.name(), source)
            .map_err(|e| problem(&e))?;
        let mut out = Capped {
            bytes: Vec::new(),
            overflow: false,
        };
        let done = template.render_captured_to(values.clone(), &mut out).map(drop);
        if out.overflow {
            let message = format!("the text is longer than {} kB", limits::RENDERED_BYTES / 1024);
            return Err(Problem {
                message,
                missing_step: false,
            });
        }
        done.map_err(|e| problem(&e))?;
        Ok(finish(&String::from_utf8_lossy(&out.bytes), slot))
    })
}

/// Makes a plain text from facts in the business's language: for `set_field`.
///
/// # Errors
/// As `render`.
pub fn text(source: &str, facts: &Facts, now: Timestamp) -> Result<String, Problem> {
    let settings = &facts.business.settings;
    let speech = Speech::new(&settings.default_language, &settings.country);
    render(
        source,
        Slot::Text,
        &values(facts, &speech, &Links::default(), now),
    )
}

fn problem(error: &minijinja::Error) -> Problem {
    let detail = error.detail().unwrap_or("").to_owned();
    let line = error.line().map(|l| format!("line {l}: ")).unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::OutOfFuel => format!("{line}the template does too much"),
        _ if detail.is_empty() => format!("{line}{}", error.kind()),
        _ => format!("{line}{detail}"),
    };
    Problem {
        message,
        missing_step: detail.starts_with(MISSING_STEP),
    }
}

fn finish(text: &str, slot: Slot) -> String {
    let text = if slot.closes_gaps() {
        close_gaps(text)
    } else {
        text.replace(MARK, "")
    };
    if !slot.is_line() {
        return text;
    }
    text.replace("\r\n", " ")
        .replace(['\r', '\n', '\0'], " ")
        .trim()
        .to_owned()
}

/// An empty value takes the `, ` or the one blank directly before it along.
fn close_gaps(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, part) in text.split(MARK).enumerate() {
        if i > 0 {
            let cut = out
                .strip_suffix(", ")
                .or_else(|| out.strip_suffix(' '))
                .map_or(out.len(), str::len);
            out.truncate(cut);
        }
        out.push_str(part);
    }
    out
}

/// Takes bytes up to the bound, then refuses.
struct Capped {
    bytes: Vec<u8>,
    overflow: bool,
}
impl io::Write for Capped {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > limits::RENDERED_BYTES {
            self.overflow = true;
            return Err(io::Error::other("too long"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

thread_local! {
    static ENVIRONMENT: Environment<'static> = environment();
}

fn environment() -> Environment<'static> {
    let mut e = Environment::empty();
    e.set_undefined_behavior(UndefinedBehavior::Chainable);
    e.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("html") => AutoEscape::Html,
        Some("json") => AutoEscape::Json,
        Some("url") => AutoEscape::Custom("url".into()),
        _ => AutoEscape::None,
    });
    e.set_fuel(Some(limits::TEMPLATE_FUEL));
    e.set_recursion_limit(limits::TEMPLATE_DEPTH);
    e.set_formatter(filters::write);
    filters::add(&mut e);
    e
}

/// Formats of the language of a text.
pub fn speech(facts: &Facts, language: &crate::language::Language) -> Speech {
    locale::Speech::new(language, &facts.business.settings.country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_takes_the_comma_or_blank_before_it_along() {
        let check = |text: &str, expected: &str| {
            assert_eq!(close_gaps(&text.replace('_', &MARK.to_string())), expected);
        };
        check("Hei, _!", "Hei!");
        check("Oslo, _", "Oslo");
        check("til _ i dag", "til i dag");
        check("_Hei", "Hei");
        check("a  _b", "a b");
        check("_, _", "");
    }
}
