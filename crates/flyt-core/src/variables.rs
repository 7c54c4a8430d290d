//! (being written)
use crate::condition::Condition;
use crate::facts::Facts;
use crate::trigger::TriggerKind;
use jiff::Timestamp;
use serde_json::Value;

/// What kind of value a variable has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VarKind {
    /// Text.
    Text,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An address of the web.
    Url,
    /// An instant.
    Instant,
    /// A length of time.
    Duration,
    /// Money.
    Money,
    /// A list.
    List,
    /// As it was given.
    Any,
}

/// A name that texts and conditions may use.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What kind of value it has.
    pub kind: VarKind,
    /// Whether it may be empty.
    pub may_be_empty: bool,
    /// A sample in nb.
    pub sample: &'static str,
    /// Label in nb and en.
    pub label: (&'static str, &'static str),
}
impl Variable {
    /// Part before the first dot.
    pub fn group(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
    /// True when a trigger of this kind can supply it.
    pub fn available(&self, kind: TriggerKind) -> bool {
        let _ = kind;
        true
    }
}

/// Every variable that texts may print.
pub fn all() -> &'static [Variable] {
    &[]
}
/// The variable of a name, open ones (`booking.answers.<key>`) included.
pub fn lookup(name: &str) -> Option<Variable> {
    all().iter().find(|v| v.name == name).copied()
}
/// True when the condition asks for `customer.visit_number`.
pub fn needs_visits(condition: &Condition) -> bool {
    let _ = condition;
    false
}
/// True when the condition asks for `customer.has_later_booking`.
pub fn needs_later(condition: &Condition) -> bool {
    let _ = condition;
    false
}
/// A value as conditions compare it.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// Nothing there.
    Absent,
    /// A JSON value.
    Is(Value),
}
/// The value of a name.
pub fn value(name: &str, facts: &Facts, now: Timestamp) -> FieldValue {
    let (_, _, _) = (name, facts, now);
    FieldValue::Absent
}
