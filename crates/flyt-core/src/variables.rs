//! The names that texts and conditions may use (`templates.md` §3): what kind of value each has, which triggers supply it,
//! and its typed value for conditions. How values print is in `template`.

mod catalogue;
mod value;

pub(crate) use value::WEEKDAYS;
pub use value::{FieldValue, value};

use crate::condition::Condition;
use crate::trigger::TriggerKind;
use catalogue::{FIELDS, VARIABLES};

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
    /// A language tag; compared by "covers".
    Language,
    /// An instant.
    Instant,
    /// A length of time.
    Duration,
    /// Money, with `.amount` and `.currency`.
    Money,
    /// A whole number.
    Number,
    /// True or false.
    Bool,
    /// A list of texts.
    List,
    /// The extras of a booking.
    Extras,
    /// A group of fields.
    Object,
    /// A day of the week (conditions only).
    Weekday,
    /// A time of day (conditions only).
    Clock,
    /// As it was given.
    Any,
}
impl VarKind {
    /// The word in `GET /v1/variables`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Language => "language",
            Self::Instant => "instant",
            Self::Duration => "duration",
            Self::Money => "money",
            Self::Number => "number",
            Self::Bool => "boolean",
            Self::List | Self::Extras => "list",
            Self::Object => "object",
            Self::Weekday => "weekday",
            Self::Clock => "time",
            Self::Any => "any",
        }
    }
}

/// Which triggers supply a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// All seven.
    All,
    /// The six that have a booking.
    Booking,
    /// `booking.changed` and `booking.status_changed`.
    Changed,
    /// `payment.completed`.
    Payment,
    /// Any, after a webhook with `store`.
    Steps,
}
impl Supply {
    /// True when a trigger of this kind supplies it.
    pub fn by(self, kind: TriggerKind) -> bool {
        match self {
            Self::All | Self::Steps => true,
            Self::Booking => kind.has_booking(),
            Self::Changed => matches!(kind, TriggerKind::BookingChanged | TriggerKind::StatusChanged),
            Self::Payment => kind == TriggerKind::PaymentCompleted,
        }
    }
}

/// A name that texts and conditions may use.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name; open ones end in `<key>`.
    pub name: &'static str,
    /// What kind of value it has.
    pub kind: VarKind,
    /// Whether it may be empty.
    pub may_be_empty: bool,
    /// A sample as it reads in nb.
    pub sample: &'static str,
    /// Which triggers supply it.
    pub supply: Supply,
    /// Label in nb.
    pub nb: &'static str,
    /// Label in en.
    pub en: &'static str,
}
impl Variable {
    /// The part before the first dot.
    pub fn group(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
    /// True when a trigger of this kind supplies it.
    pub fn available(&self, kind: TriggerKind) -> bool {
        self.supply.by(kind)
    }
    const fn object(name: &'static str, supply: Supply) -> Self {
        Self {
            name,
            kind: VarKind::Object,
            may_be_empty: true,
            sample: "",
            supply,
            nb: "",
            en: "",
        }
    }
}

/// Every variable that texts may print, in the order of `templates.md`.
pub fn all() -> &'static [Variable] {
    VARIABLES
}
/// Names that only conditions know.
pub fn condition_only() -> &'static [Variable] {
    FIELDS
}

/// The groups themselves, for `{% if resource %}`.
const OBJECTS: &[Variable] = &[
    Variable::object("booking", Supply::Booking),
    Variable::object("booking.answers", Supply::Booking),
    Variable::object("customer", Supply::All),
    Variable::object("customer.fields", Supply::All),
    Variable::object("service", Supply::Booking),
    Variable::object("resource", Supply::Booking),
    Variable::object("location", Supply::Booking),
    Variable::object("business", Supply::All),
    Variable::object("payment", Supply::Payment),
    Variable::object("previous", Supply::Changed),
    Variable::object("links", Supply::All),
];

/// The variable of a name that a text may use: printed ones, groups, parts of money, the fields of `previous.location` and
/// the like, and open ones such as `booking.answers.<key>`. `steps.…` is known to the workflow, not here.
pub fn lookup(name: &str) -> Option<Variable> {
    let listed = VARIABLES.iter().chain(OBJECTS).find(|v| v.name == name);
    if let Some(found) = listed {
        return Some(*found);
    }
    for open in ["booking.answers.", "customer.fields."] {
        if name.strip_prefix(open).is_some_and(|key| !key.is_empty()) {
            return VARIABLES.iter().find(|v| v.name.starts_with(open)).copied();
        }
    }
    if let Some(rest) = name.strip_prefix("previous.") {
        let group = ["location.", "service.", "resource."];
        let inner = group.iter().any(|g| rest.starts_with(g));
        return inner.then(|| lookup(rest)).flatten().map(|v| Variable {
            supply: Supply::Changed,
            ..v
        });
    }
    let (whole, part) = name.rsplit_once('.')?;
    let money = VARIABLES
        .iter()
        .find(|v| v.name == whole && v.kind == VarKind::Money)?;
    let kind = match part {
        "amount" => VarKind::Number,
        "currency" => VarKind::Text,
        _ => return None,
    };
    Some(Variable { kind, ..*money })
}

/// The variable of a name that a condition may use.
pub fn field(name: &str) -> Option<Variable> {
    FIELDS
        .iter()
        .find(|v| v.name == name)
        .copied()
        .or_else(|| lookup(name))
}

/// Every fixed name, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().chain(OBJECTS).map(|v| v.name)
}
/// Every fixed name that a condition may use, for suggestions.
pub fn field_names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|v| v.name).chain(names())
}

/// True when the condition asks for `customer.visit_number`.
pub fn needs_visits(condition: &Condition) -> bool {
    condition.mentions("customer.visit_number")
}
/// True when the condition asks for `customer.has_later_booking`.
pub fn needs_later(condition: &Condition) -> bool {
    condition.mentions("customer.has_later_booking")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_and_inner_names_are_found_and_wrong_ones_are_not() {
        assert_eq!(
            lookup("booking.answers.allergies").map(|v| v.kind),
            Some(VarKind::Any)
        );
        assert_eq!(
            lookup("booking.due.amount").map(|v| v.kind),
            Some(VarKind::Number)
        );
        assert_eq!(
            lookup("previous.location.name").map(|v| v.supply),
            Some(Supply::Changed)
        );
        assert_eq!(lookup("resource").map(|v| v.kind), Some(VarKind::Object));
        for wrong in [
            "booking.secret",
            "previous.customer.email",
            "booking.answers.",
            "booking.start.amount",
            "x",
        ] {
            assert!(lookup(wrong).is_none(), "{wrong}");
        }
        assert!(lookup("booking.weekday").is_none());
        assert!(field("booking.weekday").is_some());
    }

    #[test]
    fn a_trigger_without_booking_supplies_no_booking() {
        let v = lookup("booking.start").unwrap();
        assert!(!v.available(TriggerKind::CustomerCreated));
        assert!(v.available(TriggerKind::PaymentCompleted));
        assert!(
            !lookup("previous.start")
                .unwrap()
                .available(TriggerKind::BookingStarts)
        );
    }
}
