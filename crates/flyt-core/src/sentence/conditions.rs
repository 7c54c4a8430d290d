//! The "only if" in words: the names people know, compared as people say it.

use super::Speaker;
use crate::condition::{Condition, Op};
use crate::variables;
use serde_json::Value;

impl Speaker<'_> {
    /// A condition as the rest of «bare hvis …» / "only if …".
    pub(super) fn condition(&self, condition: &Condition) -> String {
        match condition {
            Condition::All { all } => self.group(all, self.of("og", "and")),
            Condition::Any { any } => self.group(any, self.of("eller", "or")),
            Condition::Not { not } => {
                format!(
                    "{} {}",
                    self.of("det ikke er slik at", "it is not so that"),
                    self.inner(not)
                )
            }
            Condition::Compare { field, op, value } => self.compare(field, *op, value),
        }
    }
    fn group(&self, parts: &[Condition], between: &str) -> String {
        match parts {
            [] => self
                .of("ingenting er til hinder", "nothing stands in the way")
                .to_owned(),
            [one] => self.condition(one),
            many => many
                .iter()
                .map(|c| self.inner(c))
                .collect::<Vec<_>>()
                .join(&format!(" {between} ")),
        }
    }
    /// A part of a group: groups in groups stand in brackets.
    fn inner(&self, condition: &Condition) -> String {
        let said = self.condition(condition);
        match condition {
            Condition::All { all: parts } | Condition::Any { any: parts } if parts.len() > 1 => {
                format!("({said})")
            }
            Condition::All { .. }
            | Condition::Any { .. }
            | Condition::Not { .. }
            | Condition::Compare { .. } => said,
        }
    }

    fn compare(&self, field: &str, op: Op, value: &Value) -> String {
        let name = self.field(field);
        if op == Op::Exists {
            return match (value.as_bool() == Some(false), self.nb) {
                (true, true) => format!("{name} ikke er satt"),
                (true, false) => format!("{name} is not set"),
                (false, true) => format!("{name} er satt"),
                (false, false) => format!("{name} is set"),
            };
        }
        let does = match op {
            Op::Eq | Op::In | Op::Exists => self.of("er", "is"),
            Op::Ne => self.of("ikke er", "is not"),
            Op::Lt => self.of("er under", "is below"),
            Op::Lte => self.of("er høyst", "is at most"),
            Op::Gt => self.of("er over", "is above"),
            Op::Gte => self.of("er minst", "is at least"),
            Op::Contains => self.of("inneholder", "contains"),
            Op::StartsWith => self.of("begynner med", "begins with"),
        };
        format!("{name} {does} {}", self.value(field, value))
    }

    /// What people call a field, small letter first; its name where it has no label.
    fn field(&self, name: &str) -> String {
        // An amount is said by its money.
        let known = |name: &str| {
            variables::all()
                .iter()
                .chain(variables::condition_only())
                .find(|v| v.name == name)
        };
        let found = known(name).or_else(|| known(name.strip_suffix(".amount")?));
        let Some(label) = found.map(|v| self.of(v.nb, v.en)) else {
            return name.to_owned();
        };
        let mut letters = label.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    }
    fn value(&self, field: &str, value: &Value) -> String {
        match value {
            Value::Array(list) => {
                let list: Vec<String> = list.iter().map(|v| self.value(field, v)).collect();
                self.or(&list)
            }
            Value::Number(n) if field.ends_with(".amount") => {
                n.as_i64().map_or_else(|| n.to_string(), |m| self.amount(m))
            }
            Value::String(text) if field == "booking.status" || field == "previous.status" => {
                self.quoted(&self.label(text))
            }
            Value::String(text) => crate::duration::duration(text)
                .map_or_else(|| self.quoted(text), |(days, ms)| self.span(days, ms)),
            Value::Bool(yes) => if *yes {
                self.of("sant", "true")
            } else {
                self.of("usant", "false")
            }
            .to_owned(),
            Value::Null | Value::Number(_) | Value::Object(_) => value.to_string(),
        }
    }
}
