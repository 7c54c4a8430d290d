//! JSON Merge Patch (RFC 7396) over an API object, with the two rules of our contract: a read-only field may be sent back
//! unchanged but never differently, and `null` stays in the result, because some fields tell "none" from "not said".

use crate::invalid::{Faults, Patch, below};
use serde_json::{Map, Value};

/// Fields of every object that Flyt writes and callers only read.
pub const LIFE: &[&str] = &[
    "id",
    "revision",
    "created_at",
    "updated_at",
    "archived_at",
    "deleted_at",
    "warnings",
];

/// `base` as `patch` wants it, without the `read_only` fields: what a reader of the whole object can read.
///
/// `base` is the object as the API shows it (an empty object for one that is made). A read-only field of `patch` that
/// equals the one of `base` is ignored, another one is a fault `read_only`. `null` is kept as `null`.
pub fn merge(base: &Value, patch: &Value, read_only: &[&str], faults: &mut Faults) -> Value {
    let Some(patch) = patch.as_object() else {
        faults.error("", "wrong_type", "must be an object");
        return base.clone();
    };
    let kept = |(name, _): &(&String, &Value)| !read_only.contains(&name.as_str());
    let mut whole: Map<String, Value> = base
        .as_object()
        .into_iter()
        .flatten()
        .filter(kept)
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    for (name, value) in patch {
        if read_only.contains(&name.as_str()) {
            refuse_another(base.get(name), name, value, faults);
        } else {
            let old = whole.remove(name).unwrap_or(Value::Null);
            whole.insert(name.clone(), merged(old, value));
        }
    }
    Value::Object(whole)
}

/// Adds a fault for each of `sent` that differs from what is stored: for bodies that are read field by field.
pub fn refuse_read_only(stored: &Value, sent: &Map<String, Value>, faults: &mut Faults) {
    for (name, value) in sent {
        refuse_another(stored.get(name), name, value, faults);
    }
}

impl<T> Patch<T> {
    /// The same patch of another form of the value.
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(form(value)),
        }
    }
}

fn refuse_another(stored: Option<&Value>, name: &str, sent: &Value, faults: &mut Faults) {
    // Warnings belong to an answer, not to the object; whoever sends an answer back sends them along.
    if name != "warnings" && stored.unwrap_or(&Value::Null) != sent {
        faults.error(
            below("", name),
            "read_only",
            format!("`{name}` is set by Flyt and cannot be changed"),
        );
    }
}

/// Objects merge key by key; everything else replaces.
fn merged(old: Value, patch: &Value) -> Value {
    match (old, patch) {
        (Value::Object(mut old), Value::Object(patch)) => {
            for (key, value) in patch {
                let before = old.remove(key).unwrap_or(Value::Null);
                old.insert(key.clone(), merged(before, value));
            }
            Value::Object(old)
        }
        (_, patch) => patch.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(base: &Value, patch: &Value, whole: &Value, codes: &[&str]) {
        let mut faults = Faults::default();
        assert_eq!(merge(base, patch, LIFE, &mut faults), *whole);
        assert_eq!(faults.errors.iter().map(|e| e.code).collect::<Vec<_>>(), codes);
    }

    #[test]
    fn a_patch_keeps_what_it_does_not_name_and_merges_maps_by_key() {
        let base = json!({"id": "x", "name": "A", "tags": ["a", "b"], "fields": {"one": 1, "two": 2}});
        check(
            &base,
            &json!({"tags": ["c"], "fields": {"one": null, "three": 3}}),
            &json!({"name": "A", "tags": ["c"], "fields": {"one": null, "two": 2, "three": 3}}),
            &[],
        );
    }

    #[test]
    fn a_read_only_field_may_come_back_as_it_was_but_not_otherwise() {
        let base = json!({"id": "x", "revision": 3, "name": "A"});
        check(
            &base,
            &json!({"id": "x", "revision": 3, "warnings": []}),
            &json!({"name": "A"}),
            &[],
        );
        check(
            &base,
            &json!({"id": "y", "created_at": null}),
            &json!({"name": "A"}),
            &["read_only"],
        );
    }
}
