//! What a run changed itself: when a delayed step asks filters and condition again, that is taken back in the facts, so that
//! it never stops the run (`product.md` §6). Making the changes is the engine's.

use crate::facts::Facts;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that a run changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// The status of the booking.
    Status {
        /// Key before.
        before: String,
        /// Key after.
        given: String,
    },
    /// A tag of the customer.
    Tag {
        /// The tag.
        tag: String,
        /// Given, or taken away.
        present: bool,
    },
    /// A field: `booking.notes`, `booking.answers.<key>` or `customer.fields.<key>`.
    Field {
        /// Which.
        field: String,
        /// Value before; null when there was none.
        before: Value,
        /// Value after.
        given: Value,
    },
}

/// The facts as they would be without what the run changed. What somebody else has changed since stays.
pub fn undone(own: &[Own], facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    for change in own.iter().rev() {
        undo(change, &mut facts);
    }
    facts
}

fn undo(change: &Own, facts: &mut Facts) {
    match change {
        Own::Status { before, given } => {
            let kind = facts.status(before).map(|s| s.kind);
            let booking = facts.booking.as_mut().map(|b| &mut b.booking);
            if let Some(booking) = booking.filter(|b| b.status == *given) {
                booking.status.clone_from(before);
                booking.status_kind = kind.unwrap_or(booking.status_kind);
            }
        }
        Own::Tag { tag, present } => {
            let Some(customer) = facts.customer.as_mut() else {
                return;
            };
            let tags = &mut customer.contact.tags;
            match (present, tags.contains(tag)) {
                (true, true) => tags.retain(|t| t != tag),
                (false, false) => tags.push(tag.clone()),
                (true, false) | (false, true) => {}
            }
        }
        Own::Field { field, before, given } => {
            if value(field, facts) == *given {
                put(field, before.clone(), facts);
            }
        }
    }
}

/// What a field that `set_field` may set holds; null when nothing.
pub fn value(field: &str, facts: &Facts) -> Value {
    let booking = facts.booking.as_ref().map(|b| &b.booking);
    let found = if let Some(key) = field.strip_prefix("customer.fields.") {
        let customer = facts.customer.as_ref();
        customer.and_then(|c| c.contact.fields.get(key)).cloned()
    } else if let Some(key) = field.strip_prefix("booking.answers.") {
        booking.and_then(|b| b.answers.get(key)).cloned()
    } else {
        booking.and_then(|b| b.notes.clone()).map(Value::String)
    };
    found.unwrap_or(Value::Null)
}

fn put(field: &str, value: Value, facts: &mut Facts) {
    let booking = facts.booking.as_mut().map(|b| &mut b.booking);
    let (map, key) = if let Some(key) = field.strip_prefix("customer.fields.") {
        (facts.customer.as_mut().map(|c| &mut c.contact.fields), key)
    } else if let Some(key) = field.strip_prefix("booking.answers.") {
        (booking.map(|b| &mut b.answers), key)
    } else {
        if let Some(booking) = booking {
            booking.notes = value.as_str().map(str::to_owned);
        }
        return;
    };
    let Some(map) = map else { return };
    if value.is_null() {
        map.remove(key);
    } else {
        map.insert(key.to_owned(), value);
    }
}
