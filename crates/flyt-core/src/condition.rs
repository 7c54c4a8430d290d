//! Conditions: the nested "only if" over the names of `variables`, with `all`, `any`, `not`.

use crate::duration;
use crate::facts::Facts;
use crate::invalid::{Faults, Fields, Line, below};
use crate::language::Language;
use crate::limits;
use crate::trigger::TriggerKind;
use crate::variables::{self, Field, VarKind};
use crate::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cmp::Ordering;

words! {
    /// How a field is compared.
    Op {
        /// Equal.
        Eq = "eq",
        /// Not equal.
        Ne = "ne",
        /// Less.
        Lt = "lt",
        /// Less or equal.
        Lte = "lte",
        /// Greater.
        Gt = "gt",
        /// Greater or equal.
        Gte = "gte",
        /// One of a list.
        In = "in",
        /// A list has it, or a text contains it.
        Contains = "contains",
        /// A text starts with it.
        StartsWith = "starts_with",
        /// Present and not empty (`value: true`), or the opposite.
        Exists = "exists",
    }
}

/// A condition tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// Every one holds; true when empty.
    All {
        /// The parts.
        all: Vec<Condition>,
    },
    /// At least one holds; false when empty.
    Any {
        /// The parts.
        any: Vec<Condition>,
    },
    /// It does not hold.
    Not {
        /// The part.
        not: Box<Condition>,
    },
    /// One comparison.
    Compare {
        /// Name of a variable or of a condition-only field.
        field: String,
        /// How.
        op: Op,
        /// With what.
        value: Value,
    },
}

impl Condition {
    /// Reads a condition for a workflow with triggers of these kinds.
    pub fn read(value: &Value, at: &str, faults: &mut Faults, kinds: &[TriggerKind]) -> Option<Self> {
        let mut nodes = 0;
        read(value, at, faults, kinds, (0, &mut nodes))
    }

    /// The shape in which it was sent.
    pub fn to_json(&self) -> Value {
        match self {
            Self::All { all } => json!({ "all": all.iter().map(Self::to_json).collect::<Vec<_>>() }),
            Self::Any { any } => json!({ "any": any.iter().map(Self::to_json).collect::<Vec<_>>() }),
            Self::Not { not } => json!({ "not": not.to_json() }),
            Self::Compare { field, op, value } => json!({ "field": field, "op": op, "value": value }),
        }
    }

    /// Whether it holds now. Comparison with an absent field is false, `not` of it true.
    pub fn holds(&self, facts: &Facts, now: Timestamp) -> bool {
        match self {
            Self::All { all } => all.iter().all(|c| c.holds(facts, now)),
            Self::Any { any } => any.iter().any(|c| c.holds(facts, now)),
            Self::Not { not } => !not.holds(facts, now),
            Self::Compare { field, op, value } => {
                compare(field, *op, value, &variables::field(field, facts, now))
            }
        }
    }
}

fn read(
    value: &Value,
    at: &str,
    faults: &mut Faults,
    kinds: &[TriggerKind],
    (depth, nodes): (usize, &mut usize),
) -> Option<Condition> {
    *nodes += 1;
    if depth > limits::CONDITION_DEPTH || *nodes > limits::CONDITION_NODES {
        faults.error(
            at,
            "too_deep",
            "the condition is nested too deep or has too many parts",
        );
        return None;
    }
    let mut fields = Fields::open(value, at, faults);
    let mut parts =
        |name: &'static str, fields: &mut Fields<'_>, faults: &mut Faults| -> Option<Vec<Condition>> {
            let place = fields.at(name);
            let Some(items) = fields.raw(name)?.as_array() else {
                faults.error(
                    place,
                    "wrong_type",
                    format!("`{name}` must be a list of conditions"),
                );
                return Some(Vec::new());
            };
            let one = |(i, v): (usize, &Value)| {
                read(
                    v,
                    &below(&place, &i.to_string()),
                    faults,
                    kinds,
                    (depth + 1, &mut *nodes),
                )
            };
            Some(items.iter().enumerate().filter_map(one).collect())
        };
    let before = faults.errors.len();
    let all = parts("all", &mut fields, faults).map(|all| Condition::All { all });
    let any = parts("any", &mut fields, faults).map(|any| Condition::Any { any });
    let place = fields.at("not");
    let not = fields
        .raw("not")
        .map(|v| read(v, &place, faults, kinds, (depth + 1, nodes)));
    let not = not.map(|c| c.map(|c| Condition::Not { not: Box::new(c) }));
    let compare = fields
        .names("field")
        .then(|| comparison(&mut fields, faults, kinds));
    fields.close(faults);
    let given = usize::from(all.is_some())
        + usize::from(any.is_some())
        + usize::from(not.is_some())
        + usize::from(compare.is_some());
    if given != 1 && faults.errors.len() == before {
        faults.error(
            at,
            "bad_condition",
            "must be one of `all`, `any`, `not`, or a comparison with `field`, `op` and `value`",
        );
    }
    all.or(any).or(not.flatten()).or(compare.flatten())
}

fn comparison(fields: &mut Fields<'_>, faults: &mut Faults, kinds: &[TriggerKind]) -> Option<Condition> {
    let field = fields.required::<Line>("field", faults).map(|l| l.0);
    let op = fields.required::<Op>("op", faults);
    let value = fields.raw("value").cloned().unwrap_or(Value::Null);
    let (field, op) = (field?, op?);
    let known = field
        .starts_with("steps.")
        .then_some(VarKind::Any)
        .or_else(|| known(&field, fields, faults, kinds));
    if let Err(rule) = fits(known?, &field, op, &value) {
        faults.error(fields.at("value"), "wrong_type", rule);
        return None;
    }
    Some(Condition::Compare { field, op, value })
}

fn known(field: &str, fields: &Fields<'_>, faults: &mut Faults, kinds: &[TriggerKind]) -> Option<VarKind> {
    let Some(variable) = variables::lookup(field) else {
        faults.unknown(
            fields.at("field"),
            "unknown_field_name",
            field,
            variables::all().iter().map(|v| v.name),
        );
        return None;
    };
    if let Some(kind) = variables::missing_in(variable, kinds) {
        faults.error(
            fields.at("field"),
            "not_available",
            format!("`{field}` does not exist for the trigger `{kind}`"),
        );
        return None;
    }
    Some(variable.kind)
}

/// Whether a value can be compared so.
fn fits(kind: VarKind, field: &str, op: Op, value: &Value) -> Result<(), String> {
    let each = |check: &dyn Fn(&Value) -> bool| match (op, value) {
        (Op::In, Value::Array(items)) => items.iter().all(check),
        (Op::In, _) => false,
        _ => check(value),
    };
    if op == Op::Exists {
        return if value.is_boolean() {
            Ok(())
        } else {
            Err("`exists` takes true or false".to_owned())
        };
    }
    if op == Op::In && !value.is_array() {
        return Err("`in` takes a list".to_owned());
    }
    let text = |v: &Value| v.is_string();
    let fine = match kind {
        VarKind::Number => each(&|v| v.is_i64()),
        VarKind::Money => each(&|v| v.is_i64()),
        VarKind::Bool => each(&Value::is_boolean),
        VarKind::Duration => each(&|v| v.as_str().and_then(duration::parse).is_some()),
        VarKind::Instant => each(&|v| v.as_str().is_some_and(|t| t.parse::<Timestamp>().is_ok())),
        VarKind::Any => !value.is_null() && !value.is_object(),
        VarKind::List => each(&text),
        VarKind::Text | VarKind::Phone | VarKind::Email | VarKind::Url => match field {
            "booking.local_time" => {
                each(&|v| v.as_str().is_some_and(|t| t.parse::<jiff::civil::Time>().is_ok()))
            }
            "booking.weekday" => each(&|v| v.as_str().is_some_and(|d| WEEKDAYS.contains(&d))),
            _ => each(&text),
        },
    };
    if fine { Ok(()) } else { Err(rule(kind, field)) }
}

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

fn rule(kind: VarKind, field: &str) -> String {
    let what = match (kind, field) {
        (_, "booking.weekday") => "a weekday such as monday",
        (_, "booking.local_time") => "a time of day such as 18:00",
        (VarKind::Number | VarKind::Money, _) => "a whole number (money in minor units)",
        (VarKind::Bool, _) => "true or false",
        (VarKind::Duration, _) => "a duration such as PT2H or P2D",
        (VarKind::Instant, _) => "an instant with offset",
        (VarKind::Any, _) => "a text, a number, true or false, or a list",
        (VarKind::Text | VarKind::Phone | VarKind::Email | VarKind::Url | VarKind::List, _) => "a text",
    };
    format!("`{field}` compares with {what} (`in`: a list of them)")
}

fn compare(name: &str, op: Op, value: &Value, field: &Field) -> bool {
    match (op, field) {
        (Op::Exists, _) => (*field != Field::Absent) == value.as_bool().unwrap_or(true),
        (_, Field::Absent) => false,
        (Op::In, _) => value
            .as_array()
            .is_some_and(|items| items.iter().any(|v| equal(name, field, v))),
        (Op::Eq, _) => equal(name, field, value),
        (Op::Ne, _) => !equal(name, field, value),
        (Op::Contains, Field::List(items)) => items.iter().any(|i| Some(i.as_str()) == value.as_str()),
        (Op::Contains, Field::Text(text)) => value.as_str().is_some_and(|v| text.contains(v)),
        (Op::StartsWith, Field::Text(text)) => value.as_str().is_some_and(|v| text.starts_with(v)),
        (Op::Contains | Op::StartsWith, _) => false,
        (Op::Lt, _) => order(field, value).is_some_and(Ordering::is_lt),
        (Op::Lte, _) => order(field, value).is_some_and(Ordering::is_le),
        (Op::Gt, _) => order(field, value).is_some_and(Ordering::is_gt),
        (Op::Gte, _) => order(field, value).is_some_and(Ordering::is_ge),
    }
}

fn equal(name: &str, field: &Field, value: &Value) -> bool {
    match (field, value) {
        (Field::Text(text), Value::String(v)) if name.ends_with("language") => {
            // A language matches itself and its subtags.
            let tags = Language::new(v).zip(Language::new(text));
            tags.is_some_and(|(wanted, own)| wanted.covers(&own))
        }
        (Field::Bool(b), Value::Bool(v)) => b == v,
        (Field::List(items), Value::String(v)) => items.len() == 1 && items.first() == Some(v),
        _ => order(field, value) == Some(Ordering::Equal),
    }
}

fn order(field: &Field, value: &Value) -> Option<Ordering> {
    match field {
        Field::Text(text) => {
            let wanted = value.as_str()?;
            let times = text
                .parse::<jiff::civil::Time>()
                .ok()
                .zip(wanted.parse::<jiff::civil::Time>().ok());
            Some(times.map_or_else(|| text.as_str().cmp(wanted), |(a, b)| a.cmp(&b)))
        }
        Field::Number(n) => Some(n.cmp(&value.as_i64()?)),
        Field::Money(m) => Some(m.amount.cmp(&value.as_i64()?)),
        Field::Span(ms) => Some(ms.cmp(&duration::parse(value.as_str()?)?.total_ms())),
        Field::Instant(at) => Some(at.cmp(&value.as_str()?.parse::<Timestamp>().ok()?)),
        Field::Absent | Field::Bool(_) | Field::List(_) => None,
    }
}
