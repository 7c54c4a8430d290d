//! Conditions: the nested "only if" over the names of `variables`, with `all`, `any`, `not`: types, truth, and what explain
//! shows of it. Reading them is in `condition::reading`, comparing two values in `condition::compare`.

mod compare;
mod reading;

pub(crate) use compare::clock;

use crate::facts::Facts;
use crate::variables;
use crate::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// One comparison of a condition with what was found, for explain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Name of the field.
    pub field: String,
    /// How it was compared.
    pub op: Op,
    /// With what.
    pub expected: Value,
    /// What was there; null when absent.
    pub actual: Value,
    /// Whether this comparison held.
    pub passed: bool,
}

impl Condition {
    /// Whether it holds. A comparison with an absent field is false, `not` of it true.
    pub fn holds(&self, facts: &Facts, now: Timestamp) -> bool {
        match self {
            Self::All { all } => all.iter().all(|c| c.holds(facts, now)),
            Self::Any { any } => any.iter().any(|c| c.holds(facts, now)),
            Self::Not { not } => !not.holds(facts, now),
            Self::Compare { field, op, value } => {
                compare::passes(&variables::value(field, facts, now), *op, value)
            }
        }
    }
    /// Each comparison in order, with what was found.
    pub fn verdict(&self, facts: &Facts, now: Timestamp) -> Vec<Check> {
        match self {
            Self::All { all: parts } | Self::Any { any: parts } => {
                parts.iter().flat_map(|c| c.verdict(facts, now)).collect()
            }
            Self::Not { not } => not.verdict(facts, now),
            Self::Compare { field, op, value } => {
                let actual = variables::value(field, facts, now);
                vec![Check {
                    field: field.clone(),
                    op: *op,
                    expected: value.clone(),
                    passed: compare::passes(&actual, *op, value),
                    actual: actual.to_json(),
                }]
            }
        }
    }
    /// True when some comparison looks at `name`.
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::All { all: parts } | Self::Any { any: parts } => parts.iter().any(|c| c.mentions(name)),
            Self::Not { not } => not.mentions(name),
            Self::Compare { field, .. } => field == name,
        }
    }
    /// The API's shape; `read` gives the same condition back.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}
