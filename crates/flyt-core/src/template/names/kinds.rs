//! The filters and tests that exist, and what each takes and gives (`templates.md` §2).

use crate::variables::VarKind;

/// What an expression is, as far as the check needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value of a variable, or like one.
    Of(VarKind),
    /// A group of fields with its dotted name.
    Group(String),
    /// An extra of a booking, in a loop.
    Extra,
    /// `loop` inside a loop.
    Loop,
    /// Written in the template, or made from several values.
    Literal,
    /// At fault already.
    Unknown,
}

/// A filter.
pub(super) struct Known {
    pub(super) name: &'static str,
    /// Least and most arguments.
    pub(super) arguments: (usize, usize),
    pub(super) takes: fn(&Kind) -> bool,
    pub(super) gives: fn(&Kind) -> Kind,
    /// How it is written, for messages.
    pub(super) usage: &'static str,
}

fn instant(kind: &Kind) -> bool {
    matches!(kind, Kind::Of(VarKind::Instant | VarKind::Any) | Kind::Unknown)
}
fn money(kind: &Kind) -> bool {
    matches!(kind, Kind::Of(VarKind::Money | VarKind::Any) | Kind::Unknown)
}
fn list(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Of(VarKind::List | VarKind::Extras | VarKind::Any) | Kind::Literal | Kind::Unknown
    )
}
fn phone(kind: &Kind) -> bool {
    matches!(kind, Kind::Of(VarKind::Phone | VarKind::Any) | Kind::Unknown)
}
fn text(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Of(
            VarKind::Text
                | VarKind::Email
                | VarKind::Phone
                | VarKind::Url
                | VarKind::Language
                | VarKind::Number
                | VarKind::Any
        ) | Kind::Literal
            | Kind::Unknown
    )
}
fn text_or_list(kind: &Kind) -> bool {
    text(kind) || list(kind)
}
fn number(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Of(VarKind::Number | VarKind::Any) | Kind::Literal | Kind::Unknown
    )
}
fn value(kind: &Kind) -> bool {
    !matches!(kind, Kind::Loop)
}
fn gives_text(_: &Kind) -> Kind {
    Kind::Of(VarKind::Text)
}
fn gives_instant(_: &Kind) -> Kind {
    Kind::Of(VarKind::Instant)
}
fn gives_number(_: &Kind) -> Kind {
    Kind::Of(VarKind::Number)
}
fn gives_same(kind: &Kind) -> Kind {
    kind.clone()
}
fn gives_item(kind: &Kind) -> Kind {
    match kind {
        Kind::Of(VarKind::Extras) => Kind::Extra,
        Kind::Of(VarKind::List) => Kind::Of(VarKind::Text),
        Kind::Of(_) | Kind::Group(_) | Kind::Extra | Kind::Loop | Kind::Literal | Kind::Unknown => {
            Kind::Of(VarKind::Any)
        }
    }
}

const NONE: (usize, usize) = (0, 0);

macro_rules! filters {
    ($($name:literal $arguments:expr, $takes:ident -> $gives:ident, $usage:literal;)*) => {
        &[$(Known { name: $name, arguments: $arguments, takes: $takes, gives: $gives, usage: $usage }),*]
    };
}

/// Every filter.
pub(super) const FILTERS: &[Known] = filters! {
    "date" NONE, instant -> gives_text, "after an instant, `booking.start | date`";
    "date_short" NONE, instant -> gives_text, "after an instant, `booking.start | date_short`";
    "time" NONE, instant -> gives_text, "after an instant, `booking.start | time`";
    "datetime" NONE, instant -> gives_text, "after an instant, `booking.start | datetime`";
    "weekday" NONE, instant -> gives_text, "after an instant, `booking.start | weekday`";
    "relative" NONE, instant -> gives_text, "after an instant, `booking.start | relative`";
    "tz" (1, 1), instant -> gives_instant, "after an instant, `booking.start | tz('customer') | time`";
    "money" NONE, money -> gives_text, "after money, `booking.price | money`";
    "names" NONE, list -> gives_text, "after a list, `extras | names`";
    "phone" NONE, phone -> gives_text, "after a phone number, `customer.phone | phone`";
    "default" (1, 1), value -> gives_same, "with what stands instead, `booking.notes | default('-')`";
    "required" NONE, value -> gives_same, "without brackets, `booking.notes | required`";
    "json" NONE, value -> gives_text, "without brackets, `booking.start | json`";
    "upper" NONE, text -> gives_text, "after a text, `service.name | upper`";
    "lower" NONE, text -> gives_text, "after a text, `service.name | lower`";
    "trim" NONE, text -> gives_text, "after a text, `booking.notes | trim`";
    "title" NONE, text -> gives_text, "after a text, `service.name | title`";
    "capitalize" NONE, text -> gives_text, "after a text, `service.name | capitalize`";
    "replace" (2, 2), text -> gives_text, "after a text, `service.name | replace('a', 'b')`";
    "join" (0, 1), list -> gives_text, "after a list, `customer.tags | join(', ')`";
    "length" NONE, text_or_list -> gives_number, "after a text or a list, `extras | length`";
    "first" NONE, text_or_list -> gives_item, "after a list, `customer.tags | first`";
    "last" NONE, text_or_list -> gives_item, "after a list, `customer.tags | last`";
    "round" (0, 1), number -> gives_number, "after a number, `x | round(1)`";
};

/// The filter of a name.
pub(super) fn filter(name: &str) -> Option<&'static Known> {
    FILTERS.iter().find(|f| f.name == name)
}

/// Tests that may stand after `is`.
pub(super) const TESTS: &[&str] = &[
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "sequence",
    "mapping",
    "boolean",
    "even",
    "odd",
    "startingwith",
    "endingwith",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "in",
    "true",
    "false",
];
