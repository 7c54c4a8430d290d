//! Which HTTP answers mean that a call was taken: `2xx`, `204`, `200-299`.

use std::ops::RangeInclusive;
use std::str::FromStr;

/// The answers that count as success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessCodes(Vec<RangeInclusive<u16>>);

/// An entry that is neither a status, a class nor a range of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no success code; write 2xx, 204 or 200-204")]
pub struct BadSuccessCode(String);

impl Default for SuccessCodes {
    /// Every `2xx`.
    fn default() -> Self {
        Self(vec![200..=299])
    }
}

impl SuccessCodes {
    /// Reads the entries of `success_codes`; no entry means every `2xx`.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, BadSuccessCode> {
        if entries.is_empty() {
            return Ok(Self::default());
        }
        entries
            .iter()
            .map(|entry| codes(entry.as_ref().trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether this status is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl FromStr for SuccessCodes {
    type Err = BadSuccessCode;

    /// Entries apart by commas.
    fn from_str(text: &str) -> Result<Self, BadSuccessCode> {
        Self::parse(&text.split(',').collect::<Vec<_>>())
    }
}

fn codes(entry: &str) -> Result<RangeInclusive<u16>, BadSuccessCode> {
    let bad = || BadSuccessCode(entry.to_owned());
    if let Some(class) = entry.strip_suffix("xx").or_else(|| entry.strip_suffix("XX")) {
        let class: u16 = class.parse().map_err(|_| bad())?;
        return if (1..=5).contains(&class) {
            Ok(class * 100..=class * 100 + 99)
        } else {
            Err(bad())
        };
    }
    let (first, last) = entry.split_once('-').unwrap_or((entry, entry));
    let first: u16 = first.trim().parse().map_err(|_| bad())?;
    let last: u16 = last.trim().parse().map_err(|_| bad())?;
    if (100..=599).contains(&first) && (first..=599).contains(&last) {
        Ok(first..=last)
    } else {
        Err(bad())
    }
}
