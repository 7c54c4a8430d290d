//! The part of JSON Schema that our document uses, as a check with the place of the first fault. Stricter than the standard
//! where a test wants it: a field of an answer that the schema does not name is a fault, and so is a word of JSON Schema that
//! is not known here. Patterns and formats are left to `scripts/contract`, which has a whole implementation.

use serde_json::Value;

/// A document whose schemas refer to each other.
pub(crate) struct Schemas<'d>(pub(crate) &'d Value);

/// Words that say nothing about validity, or are left to the other check.
const SILENT: &[&str] = &[
    "description",
    "examples",
    "default",
    "title",
    "format",
    "pattern",
    "propertyNames",
    "discriminator",
];

impl<'d> Schemas<'d> {
    /// The schema behind references.
    pub(crate) fn resolve(&self, schema: &'d Value) -> &'d Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(at) => self.resolve(self.0.pointer(at.trim_start_matches('#')).unwrap()),
            None => schema,
        }
    }

    /// The first fault of a value: its place and what is wrong.
    pub(crate) fn fault(&self, schema: &'d Value, value: &Value, at: &str) -> Option<String> {
        let schema = self.resolve(schema);
        let Some(rules) = schema.as_object() else {
            return (schema == false).then(|| format!("{at}: nothing fits"));
        };
        rules
            .iter()
            .find_map(|(word, rule)| self.broken(schema, word, rule, value, at))
            .or_else(|| unnamed(schema, value, at))
    }

    fn broken(
        &self,
        schema: &'d Value,
        word: &str,
        rule: &'d Value,
        value: &Value,
        at: &str,
    ) -> Option<String> {
        let parts = || rule.as_array().unwrap().iter();
        let fits = |part: &'d Value| self.fault(part, value, at).is_none();
        let most = |length: Option<usize>| {
            length.is_none_or(|l| l <= usize::try_from(rule.as_u64().unwrap()).unwrap())
        };
        let least = |length: Option<usize>| {
            length.is_none_or(|l| l >= usize::try_from(rule.as_u64().unwrap()).unwrap())
        };
        let chars = value.as_str().map(|t| t.chars().count());
        let (items, keys) = (
            value.as_array().map(Vec::len),
            value.as_object().map(serde_json::Map::len),
        );
        let good = match word {
            "type" => match rule.as_array() {
                Some(kinds) => kinds.iter().any(|k| is(k.as_str().unwrap(), value)),
                None => is(rule.as_str().unwrap(), value),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "const" => rule == value,
            "minimum" => value.as_f64().is_none_or(|v| v >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|v| v <= rule.as_f64().unwrap()),
            "minLength" => least(chars),
            "maxLength" => most(chars),
            "minItems" => least(items),
            "maxItems" => most(items),
            "minProperties" => least(keys),
            "maxProperties" => most(keys),
            "required" => value
                .as_object()
                .is_none_or(|map| parts().all(|name| map.contains_key(name.as_str().unwrap()))),
            "anyOf" => return parts().all(|p| !fits(p)).then(|| self.closest(rule, value, at)),
            "oneOf" => {
                return (parts().filter(|p| fits(p)).count() != 1).then(|| self.closest(rule, value, at));
            }
            "items" => return self.each(value.as_array().into_iter().flatten().map(|v| (rule, v)), at),
            "properties" => {
                let named = rule.as_object().unwrap().iter();
                return named
                    .filter_map(|(name, rule)| Some((name, rule, value.get(name)?)))
                    .find_map(|(name, rule, v)| self.fault(rule, v, &format!("{at}/{name}")));
            }
            "additionalProperties" => {
                let named = schema.get("properties");
                let more = value.as_object().into_iter().flatten();
                let more = more.filter(|(k, _)| named.is_none_or(|n| n.get(k).is_none()));
                if rule == &Value::Bool(false) {
                    return more.map(|(k, _)| format!("{at}/{k} is not in the schema")).next();
                }
                return self.each(more.map(|(_, v)| (rule, v)), at);
            }
            silent if SILENT.contains(&silent) => true,
            other => panic!("the check does not know {other}"),
        };
        (!good).then(|| format!("{at}: {value} breaks {word}: {rule}"))
    }

    fn each<'v>(&self, all: impl Iterator<Item = (&'d Value, &'v Value)>, at: &str) -> Option<String> {
        all.enumerate()
            .find_map(|(i, (rule, v))| self.fault(rule, v, &format!("{at}/{i}")))
    }

    /// What is wrong with the part that was probably meant: the one whose `type` is the value's, else all of them.
    fn closest(&self, parts: &'d Value, value: &Value, at: &str) -> String {
        let faults = parts.as_array().unwrap().iter().map(|part| {
            let meant = self.resolve(part).pointer("/properties/type/const") == value.get("type");
            (
                meant && value.get("type").is_some(),
                self.fault(part, value, at).unwrap_or_else(|| "fits".to_owned()),
            )
        });
        let faults: Vec<(bool, String)> = faults.collect();
        let meant = faults.iter().find(|(meant, _)| *meant);
        meant.map_or_else(
            || {
                faults
                    .iter()
                    .map(|(_, f)| f.as_str())
                    .collect::<Vec<_>>()
                    .join(" | ")
            },
            |(_, fault)| fault.clone(),
        )
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the check does not know the type {other}"),
    }
}

/// A field of an answer that is there and not described.
fn unnamed(schema: &Value, value: &Value, at: &str) -> Option<String> {
    let named = schema.get("properties")?.as_object()?;
    // Parts of an `anyOf` only add rules to an object that is described around them.
    if schema.get("additionalProperties").is_some() || schema.get("type").is_none() {
        return None;
    }
    let more = value.as_object()?.keys().find(|k| !named.contains_key(*k))?;
    Some(format!("{at}/{more} is not in the schema"))
}
