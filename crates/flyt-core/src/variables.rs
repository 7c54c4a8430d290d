//! The typed catalogue of what a text and a condition can name, and how each is read from the facts.

use crate::condition::Condition;
use crate::facts::Facts;
use crate::trigger::TriggerKind;
use crate::words;

mod table;
mod value;
pub use table::all;
pub use value::{Field, field};

words! {
    /// What a variable holds.
    VarKind {
        /// Text.
        Text = "text",
        /// An instant.
        Instant = "instant",
        /// A span of time.
        Duration = "duration",
        /// An amount of money.
        Money = "money",
        /// A phone number.
        Phone = "phone",
        /// An e-mail address.
        Email = "email",
        /// A URL.
        Url = "url",
        /// A list.
        List = "list",
        /// As it was given: an answer, a free field.
        Any = "any",
        /// A whole number (conditions only).
        Number = "number",
        /// True or false (conditions only).
        Bool = "bool",
    }
}
words! {
    /// Which triggers can supply a variable.
    Scope {
        /// All seven.
        All = "all",
        /// The six that have a booking.
        Booking = "booking",
        /// `booking.changed` and `booking.status_changed`.
        Changed = "changed",
        /// `payment.completed`.
        Payment = "payment",
    }
}
impl Scope {
    /// Whether a trigger supplies what is in this scope.
    pub fn has(self, kind: TriggerKind) -> bool {
        match self {
            Self::All => true,
            Self::Booking => kind.has_booking(),
            Self::Changed => matches!(kind, TriggerKind::BookingChanged | TriggerKind::StatusChanged),
            Self::Payment => kind == TriggerKind::PaymentCompleted,
        }
    }
}

/// A name that texts or conditions may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its dotted name; a last segment `<key>` stands for any key.
    pub name: &'static str,
    /// What it holds.
    pub kind: VarKind,
    /// Whether it may be empty.
    pub may_be_empty: bool,
    /// Which triggers supply it.
    pub scope: Scope,
    /// An example, as it prints in Bokmål.
    pub sample: &'static str,
    /// What people call it, in Bokmål and English.
    pub label: (&'static str, &'static str),
    /// True for names that only conditions may use.
    pub only_conditions: bool,
}
impl Variable {
    /// The heading it stands under: the first segment of its name.
    pub fn group(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}

/// The variable of a dotted name; `booking.answers.x` finds `booking.answers.<key>`.
pub fn lookup(name: &str) -> Option<&'static Variable> {
    let open = |v: &&Variable| {
        v.name.strip_suffix("<key>").is_some_and(|head| {
            name.strip_prefix(head)
                .is_some_and(|key| !key.is_empty() && !key.contains('.'))
        })
    };
    all()
        .iter()
        .find(|v| v.name == name)
        .or_else(|| all().iter().find(open))
}

/// The first of `kinds` that cannot supply the variable.
pub fn missing_in(variable: &Variable, kinds: &[TriggerKind]) -> Option<TriggerKind> {
    kinds.iter().copied().find(|k| !variable.scope.has(*k))
}

fn mentions(condition: &Condition, name: &str) -> bool {
    match condition {
        Condition::All { all } => all.iter().any(|c| mentions(c, name)),
        Condition::Any { any } => any.iter().any(|c| mentions(c, name)),
        Condition::Not { not } => mentions(not, name),
        Condition::Compare { field, .. } => field == name,
    }
}
/// Whether the condition asks how many visits the customer has had.
pub fn needs_visits(condition: &Condition) -> bool {
    mentions(condition, "customer.visit_number")
}
/// Whether the condition asks for later bookings of the customer.
pub fn needs_later(condition: &Condition) -> bool {
    mentions(condition, "customer.has_later_booking")
}

/// Whether the business's own URL template of a link is set.
pub fn link_is_set(facts: &Facts, name: &str) -> bool {
    facts
        .business
        .settings
        .links
        .get(name)
        .is_some_and(|l| !l.is_empty())
}
