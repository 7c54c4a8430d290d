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
    /// Reads a condition; every fault is told. Each of `kinds` must supply every field.
    pub fn read(
        value: &Value,
        at: &str,
        faults: &mut crate::invalid::Faults,
        kinds: &[crate::trigger::TriggerKind],
    ) -> Option<Self> {
        let (_, _, _, _) = (value, at, faults, kinds);
        None
    }
    /// Whether it holds.
    pub fn holds(&self, facts: &crate::facts::Facts, now: jiff::Timestamp) -> bool {
        let (_, _) = (facts, now);
        true
    }
    /// Each comparison with what was found.
    pub fn verdict(&self, facts: &crate::facts::Facts, now: jiff::Timestamp) -> Vec<Check> {
        let (_, _) = (facts, now);
        Vec::new()
    }
}
