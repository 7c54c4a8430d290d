//! The customer of a foreign booking. Languages and zones that are none are left out: they must not lose the booking.

use super::leaf::{line, pruned};
use crate::language::Language;
use crate::zone::Zone;
use serde_json::{Value, json};

/// What a system says of a person.
#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    pub(super) external_id: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    /// The whole name, where the parts are not given.
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) language: Option<String>,
    pub(super) time_zone: Option<String>,
}

/// Systems that write languages out.
const LANGUAGES: [(&str, &str); 12] = [
    ("norwegian", "nb"),
    ("norwegian bokmål", "nb"),
    ("bokmal", "nb"),
    ("nynorsk", "nn"),
    ("english", "en"),
    ("swedish", "sv"),
    ("danish", "da"),
    ("german", "de"),
    ("french", "fr"),
    ("spanish", "es"),
    ("polish", "pl"),
    ("dutch", "nl"),
];

/// A language tag, from a tag or from a language's English name.
pub(super) fn language(text: &str) -> Option<String> {
    let small = text.trim().to_lowercase();
    let named = LANGUAGES
        .iter()
        .find(|(name, _)| *name == small)
        .map(|(_, tag)| *tag);
    if let Some(tag) = named {
        return Some(tag.to_owned());
    }
    let primary = small.split(['-', '_']).next().unwrap_or_default().len();
    let tag = Language::new(&text.trim().replace('_', "-")).filter(|_| (2..=3).contains(&primary));
    tag.map(|t| t.tag().to_owned())
}

impl Person {
    /// The customer of a booking body; none when nothing is known of them.
    pub(super) fn value(&self) -> Option<Value> {
        let (mut first, mut last) = (self.first_name.clone(), self.last_name.clone());
        if first.is_none()
            && last.is_none()
            && let Some(name) = self.name.as_deref().map(line)
        {
            match name.rsplit_once(' ') {
                Some((before, after)) => {
                    first = Some(before.trim().to_owned());
                    last = Some(after.to_owned());
                }
                None => first = Some(name),
            }
        }
        let value = pruned(json!({
            "external_id": self.external_id,
            "first_name": first.filter(|t| !t.is_empty()),
            "last_name": last.filter(|t| !t.is_empty()),
            "email": self.email,
            "phone": self.phone,
            "language": self.language.as_deref().and_then(language),
            "time_zone": self.time_zone.as_deref().and_then(Zone::new).map(|z| z.name().to_owned()),
        }));
        let named = ["external_id", "first_name", "last_name", "email", "phone"];
        named.iter().any(|n| value.get(n).is_some()).then_some(value)
    }
    /// True without e-mail and phone: nothing can be sent.
    pub(super) fn is_unreachable(&self) -> bool {
        self.email.is_none() && self.phone.is_none()
    }
}
