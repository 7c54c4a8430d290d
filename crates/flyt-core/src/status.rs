//! Statuses: per business a key, labels, colour, order and a kind. Only the kind means something to the engine.

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
