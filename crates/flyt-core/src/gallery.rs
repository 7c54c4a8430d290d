//! Ready-made workflows to begin with, in Bokmål and English. They are data (`data/workflow-templates.json`), shaped as
//! `POST /v1/workflows` takes them; a test saves every one of them through the API.

use serde_json::Value;

const TEXT: &str = include_str!("../data/workflow-templates.json");

/// All of them: `{id, name, workflow}`.
///
/// # Errors
/// A sentence, when the data are not JSON: a bug that a test finds first.
pub fn all() -> Result<Vec<Value>, String> {
    serde_json::from_str(TEXT).map_err(|e| format!("the ready-made workflows cannot be read: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twenty_two_and_all_arrive_switched_off() {
        let all = all().unwrap();
        assert_eq!(all.len(), 22);
        for one in &all {
            assert_eq!(one["workflow"]["enabled"], false, "{}", one["id"]);
            assert!(one["name"]["nb"].is_string() && one["name"]["en"].is_string());
        }
    }
}
