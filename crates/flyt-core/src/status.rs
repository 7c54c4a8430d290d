//! Statuses: per business a key, labels, colour, order and a kind. Only the kind means something to the engine.

use crate::catalogue::{Described, texts};
use crate::invalid::{Faults, Fields};
use crate::language::Language;
use crate::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// What a status means to the engine.
    StatusKind {
        /// Not yet agreed (pending).
        Open = "open",
        /// Agreed (approved).
        Active = "active",
        /// Over, as it should be (completed).
        ClosedOk = "closed_ok",
        /// Over, and nothing came of it (cancelled, rejected, no-show).
        ClosedBad = "closed_bad",
    }
}

/// A status of a business. The key never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The word that stands for it, unique in the business.
    pub key: String,
    /// What people read, per language.
    pub labels: BTreeMap<Language, String>,
    /// What it means to the engine.
    pub kind: StatusKind,
    /// `#RRGGBB`.
    pub colour: String,
    /// Place in lists.
    pub position: i64,
}

/// Longest key of a status, in characters.
const KEY_CHARS: usize = 40;
/// Colour of a status that names none.
const GREY: &str = "#475569";

impl Described for Status {
    fn take(fields: &mut Fields<'_>, _country: &str, faults: &mut Faults) -> Option<Self> {
        let key: String = fields.optional("key", faults).unwrap_or_default();
        let labels = texts(fields, "labels", faults);
        let kind = fields.required("kind", faults);
        let colour = fields.optional::<Colour>("colour", faults);
        let position = fields.or("position", 0, faults);
        if !is_key(&key) {
            let at = fields.at("key");
            faults.error(
                at,
                "bad_key",
                "must have 1 to 40 small letters, digits, `_` or `-`, beginning with a letter",
            );
        }
        Some(Self {
            key,
            labels,
            kind: kind?,
            colour: colour.map_or_else(|| GREY.to_owned(), |c| c.0),
            position,
        })
    }
    fn name(&self) -> &str {
        &self.key
    }
}

/// True for words that can be keys of statuses.
pub fn is_key(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    text.len() <= KEY_CHARS && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(plain)
}

/// A colour as `#RRGGBB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colour(pub String);
impl crate::invalid::Read for Colour {
    fn read(value: &serde_json::Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let digits = value.as_str().and_then(|text| text.strip_prefix('#'));
        let good = digits.filter(|d| d.len() == 6 && d.chars().all(|c| c.is_ascii_hexdigit()));
        if good.is_none() {
            faults.error(at, "bad_colour", "must be a colour such as #15803D");
        }
        good.map(|digits| Self(format!("#{}", digits.to_uppercase())))
    }
}

/// The statuses every business starts with (`templates.md` §5).
pub fn seeded() -> Vec<Status> {
    let rows = [
        (
            "pending",
            "Venter på svar",
            "Pending",
            StatusKind::Open,
            "#B45309",
        ),
        ("approved", "Godkjent", "Approved", StatusKind::Active, "#15803D"),
        (
            "cancelled",
            "Avlyst",
            "Cancelled",
            StatusKind::ClosedBad,
            "#B42318",
        ),
        (
            "rejected",
            "Avslått",
            "Rejected",
            StatusKind::ClosedBad,
            "#9F1239",
        ),
        (
            "completed",
            "Gjennomført",
            "Completed",
            StatusKind::ClosedOk,
            "#475569",
        ),
        (
            "no_show",
            "Ikke møtt",
            "No-show",
            StatusKind::ClosedBad,
            "#6D28D9",
        ),
    ];
    let label = |tag, text: &str| Language::new(tag).map(|l| (l, text.to_owned()));
    let status =
        |(position, (key, nb, en, kind, colour)): (i64, (&str, &str, &str, StatusKind, &str))| Status {
            key: key.to_owned(),
            labels: [label("nb", nb), label("en", en)].into_iter().flatten().collect(),
            kind,
            colour: colour.to_owned(),
            position,
        };
    (0..).zip(rows).map(status).collect()
}
