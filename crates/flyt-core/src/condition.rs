//! Conditions: the nested "only if" over the names of `variables`, with `all`, `any`, `not`.

use crate::words;
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
impl Condition {
    pub fn holds(&self, _: &crate::facts::Facts, _: jiff::Timestamp) -> bool {
        true
    }
}
impl Condition {
    pub fn read(
        _: &Value,
        _: &str,
        _: &mut crate::invalid::Faults,
        _: &[crate::trigger::TriggerKind],
    ) -> Option<Self> {
        None
    }
    pub fn to_json(&self) -> Value {
        Value::Null
    }
}
