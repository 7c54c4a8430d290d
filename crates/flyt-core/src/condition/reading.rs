//! Reading conditions: names with suggestions, operators that fit the kind of the field, values of the right shape.

use super::compare::{clock, weekday};
use super::{Condition, Op};
use crate::duration::duration;
use crate::invalid::{Faults, Fields, below, kind};
use crate::language::Language;
use crate::limits;
use crate::template::Stored;
use crate::trigger::TriggerKind;
use crate::variables::{self, VarKind, Variable};
use jiff::Timestamp;
use serde_json::Value;

impl Condition {
    /// Reads a condition; every fault is told. Each of `kinds` must supply every field.
    pub fn read(value: &Value, at: &str, faults: &mut Faults, kinds: &[TriggerKind]) -> Option<Self> {
        Self::read_after(value, at, faults, kinds, &Stored::new())
    }
    /// As `read`, where earlier actions have stored values: `steps.<name>.<field>`.
    pub fn read_after(
        value: &Value,
        at: &str,
        faults: &mut Faults,
        kinds: &[TriggerKind],
        stored: &Stored,
    ) -> Option<Self> {
        let before = faults.errors.len();
        let mut reader = Reader {
            kinds,
            stored,
            nodes: 0,
        };
        let condition = reader.node(value, at, faults, 1);
        if reader.nodes > limits::CONDITION_NODES {
            let most = limits::CONDITION_NODES;
            faults.error(at, "too_many", format!("must not have more than {most} parts"));
            return None;
        }
        condition.filter(|_| faults.errors.len() == before)
    }
}

struct Reader<'k> {
    kinds: &'k [TriggerKind],
    stored: &'k Stored,
    nodes: usize,
}

impl Reader<'_> {
    fn node(&mut self, value: &Value, at: &str, faults: &mut Faults, depth: usize) -> Option<Condition> {
        self.nodes += 1;
        if depth > limits::CONDITION_DEPTH {
            let most = limits::CONDITION_DEPTH;
            faults.error(
                at,
                "too_deep",
                format!("must not be nested more than {most} deep"),
            );
            return None;
        }
        if self.nodes > limits::CONDITION_NODES {
            return None;
        }
        let Some(object) = value.as_object() else {
            faults.error(
                at,
                "wrong_type",
                format!("must be a condition, not {}", kind(value)),
            );
            return None;
        };
        let group = ["all", "any", "not"]
            .into_iter()
            .find(|g| object.contains_key(*g));
        match group {
            Some(group) => self.group(group, value, at, faults, depth),
            None => self.compare(value, at, faults),
        }
    }

    fn group(
        &mut self,
        group: &'static str,
        value: &Value,
        at: &str,
        faults: &mut Faults,
        depth: usize,
    ) -> Option<Condition> {
        let mut fields = Fields::open(value, at, faults);
        let inner = fields.raw(group);
        let here = fields.at(group);
        fields.close(faults);
        let inner = inner?;
        if group == "not" {
            let not = Box::new(self.node(inner, &here, faults, depth + 1)?);
            return Some(Condition::Not { not });
        }
        let Some(items) = inner.as_array() else {
            faults.error(
                here,
                "wrong_type",
                format!("must be a list of conditions, not {}", kind(inner)),
            );
            return None;
        };
        let parts: Vec<Option<Condition>> = items
            .iter()
            .enumerate()
            .map(|(i, part)| self.node(part, &below(&here, &i.to_string()), faults, depth + 1))
            .collect();
        let parts: Vec<Condition> = parts.into_iter().collect::<Option<_>>()?;
        Some(if group == "all" {
            Condition::All { all: parts }
        } else {
            Condition::Any { any: parts }
        })
    }

    fn compare(&self, value: &Value, at: &str, faults: &mut Faults) -> Option<Condition> {
        let mut fields = Fields::open(value, at, faults);
        let field: Option<String> = fields.required("field", faults);
        let op: Option<Op> = fields.required("op", faults);
        let expected = fields.raw("value");
        let (field_at, op_at, value_at) = (fields.at("field"), fields.at("op"), fields.at("value"));
        fields.close(faults);
        let (field, op) = (field?, op?);
        let Some(variable) = self.known(&field) else {
            let stored = (self.stored.iter())
                .flat_map(|(name, keys)| keys.iter().map(move |key| format!("steps.{name}.{key}")));
            let words: Vec<String> = stored
                .chain(variables::field_names().map(str::to_owned))
                .collect();
            faults.unknown(
                field_at,
                "unknown_field_name",
                &field,
                words.iter().map(String::as_str),
            );
            return None;
        };
        if let Some(kind) = self.kinds.iter().find(|k| !variable.available(**k)) {
            let message = format!("`{field}` does not exist where the trigger is {kind}");
            faults.error(field_at, "not_supplied", message);
            return None;
        }
        let expected = match expected {
            None if op == Op::Exists => Value::Bool(true),
            None => {
                faults.error(value_at, "required", "`value` is required");
                return None;
            }
            Some(expected) => expected.clone(),
        };
        if !fits(variable.kind, op) {
            let message = format!(
                "`{op}` cannot be asked of `{field}`, which is {}",
                spoken(variable.kind)
            );
            faults.error(op_at, "wrong_op", message);
            return None;
        }
        shape(variable.kind, op, &expected, &value_at, faults)?;
        Some(Condition::Compare {
            field,
            op,
            value: expected,
        })
    }

    /// The variable of a field. What an earlier webhook stores may be compared like anything given.
    fn known(&self, field: &str) -> Option<Variable> {
        let Some(rest) = field.strip_prefix("steps.") else {
            return variables::field(field);
        };
        let (name, key) = rest.split_once('.')?;
        let is_stored = self.stored.get(name)?.iter().any(|k| k == key);
        let given = variables::lookup("customer.fields.step").filter(|_| is_stored)?;
        Some(Variable {
            supply: variables::Supply::Steps,
            ..given
        })
    }
}

fn fits(kind: VarKind, op: Op) -> bool {
    let order = matches!(op, Op::Eq | Op::Ne | Op::Lt | Op::Lte | Op::Gt | Op::Gte | Op::In);
    op == Op::Exists
        || match kind {
            VarKind::Text | VarKind::Email | VarKind::Phone | VarKind::Url => {
                matches!(op, Op::Eq | Op::Ne | Op::In | Op::Contains | Op::StartsWith)
            }
            VarKind::Language => matches!(op, Op::Eq | Op::Ne | Op::In | Op::StartsWith),
            VarKind::Instant | VarKind::Duration | VarKind::Clock | VarKind::Money | VarKind::Number => order,
            VarKind::Weekday => matches!(op, Op::Eq | Op::Ne | Op::In),
            VarKind::Bool => matches!(op, Op::Eq | Op::Ne),
            VarKind::List | VarKind::Extras => op == Op::Contains,
            VarKind::Object => false,
            VarKind::Any => true,
        }
}

fn spoken(kind: VarKind) -> &'static str {
    match kind {
        VarKind::Text | VarKind::Email | VarKind::Phone | VarKind::Url => "a text",
        VarKind::Language => "a language",
        VarKind::Instant => "an instant",
        VarKind::Duration => "a length of time",
        VarKind::Money => "money",
        VarKind::Number => "a number",
        VarKind::Bool => "true or false",
        VarKind::List | VarKind::Extras => "a list",
        VarKind::Object => "a group of fields",
        VarKind::Weekday => "a day of the week",
        VarKind::Clock => "a time of day",
        VarKind::Any => "free",
    }
}

/// `Some` when the value has the shape that the field and the operator ask for.
fn shape(kind: VarKind, op: Op, value: &Value, at: &str, faults: &mut Faults) -> Option<()> {
    if op == Op::Exists {
        return told(value.is_boolean(), "true or false", at, faults);
    }
    if op != Op::In {
        return one(kind, value, at, faults);
    }
    let Some(options) = value.as_array() else {
        return told(false, "a list", at, faults);
    };
    if options.len() > limits::LIST_ITEMS {
        let most = limits::LIST_ITEMS;
        faults.error(at, "too_many", format!("must not have more than {most} entries"));
        return None;
    }
    let good: Vec<Option<()>> = options
        .iter()
        .enumerate()
        .map(|(i, option)| one(kind, option, &below(at, &i.to_string()), faults))
        .collect();
    good.into_iter().collect()
}

fn one(kind: VarKind, value: &Value, at: &str, faults: &mut Faults) -> Option<()> {
    let text = value.as_str();
    let (good, what) = match kind {
        VarKind::Text | VarKind::Email | VarKind::Phone | VarKind::Url | VarKind::List | VarKind::Extras => {
            (text.is_some(), "a text")
        }
        VarKind::Language => (
            text.and_then(Language::new).is_some(),
            "a language tag such as nb",
        ),
        VarKind::Instant => (
            text.is_some_and(|t| t.parse::<Timestamp>().is_ok()),
            "an instant such as 2026-10-25T10:00:00+01:00",
        ),
        VarKind::Duration => (
            text.and_then(duration).is_some(),
            "a duration such as PT3H or P2D",
        ),
        VarKind::Clock => (text.and_then(clock).is_some(), "a time of day such as 18:00"),
        VarKind::Weekday => (
            weekday(value).is_some(),
            "a day of the week: monday to sunday, or 1 to 7",
        ),
        VarKind::Money | VarKind::Number => {
            (value.is_number(), "a number; money in minor units, such as 50000")
        }
        VarKind::Bool => (value.is_boolean(), "true or false"),
        VarKind::Object => (false, "left out"),
        VarKind::Any => (
            !value.is_object() && !value.is_null(),
            "a text, a number or true or false",
        ),
    };
    told(good, what, at, faults)
}

fn told(good: bool, what: &str, at: &str, faults: &mut Faults) -> Option<()> {
    if !good {
        faults.error(at, "wrong_value", format!("must be {what}"));
    }
    good.then_some(())
}
