//! Language tags (BCP 47) and the one lookup rule: a tag matches itself and its subtags.

use crate::invalid::{Faults, Read};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A well-formed language tag in canonical case; `no` is stored as `nb`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Language(String);

impl Language {
    /// Reads a tag, if it is well formed.
    pub fn new(tag: &str) -> Option<Self> {
        let locale = icu::locale::LanguageIdentifier::try_from_str(tag).ok()?;
        let text = locale.to_string();
        if locale.language.is_unknown() {
            return None;
        }
        let rest = text
            .strip_prefix("no")
            .filter(|r| r.is_empty() || r.starts_with('-'));
        Some(Self(rest.map_or_else(|| text.clone(), |r| format!("nb{r}"))))
    }
    /// The tag.
    pub fn tag(&self) -> &str {
        &self.0
    }
    /// True when this tag covers `other`: `nb` covers `nb-NO`, never the reverse.
    pub fn covers(&self, other: &Self) -> bool {
        other
            .0
            .strip_prefix(self.0.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
    /// The tag with its last subtag cut off (`nb-NO` → `nb`), as RFC 4647 lookup does.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('-').map(|(head, _)| Self(head.to_owned()))
    }
}
impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl Read for Language {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let language = value.as_str().and_then(Self::new);
        if language.is_none() {
            faults.error(
                at,
                "unknown_language",
                "must be a language tag such as nb, en or nb-NO",
            );
        }
        language
    }
}
