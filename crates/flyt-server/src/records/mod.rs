//! What the server itself reads and keeps: objects for GET, keys, kept answers. Writes of business objects are the engine's.

mod answers;
mod bookings;
mod keys;
mod objects;

pub(crate) use answers::{keep_answer, known_answer};
pub(crate) use bookings::{BookingFilter, booking, bookings};
pub(crate) use keys::{
    NewKey, api_keys, audit_log, create_key, first_platform_key, key_by_hash, note_key_use, revoke_key,
};
pub(crate) use objects::{
    business, business_no, businesses, country, customer, customers, entries, entry, language, payment,
    payments,
};

use crate::page::{Listed, Page};
use crate::problem::Problem;
use flyt_core::instant::from_ms;
use flyt_store::page::Paging;
use jiff::Timestamp;
use serde_json::Value;

/// Nothing, or one.
pub(crate) type Found<T> = Result<Option<T>, Problem>;

impl Page {
    fn paging(&self) -> Result<Paging, flyt_store::Error> {
        Paging::new(Some(self.limit), self.cursor.as_deref())
    }
    fn since(&self) -> Option<Timestamp> {
        self.updated_since.map(from_ms)
    }
}

/// A page as the store takes it.
pub(crate) fn paging(page: &Page) -> Result<Paging, flyt_store::Error> {
    page.paging()
}

/// The store refuses a page for its cursor only: everything else of it has been read already.
pub(crate) fn refused_cursor(error: flyt_store::Error) -> Problem {
    if let flyt_store::Error::Refused(_) = error {
        return Problem::fault(
            "?cursor",
            "bad_cursor",
            "must be the `next_cursor` of the same list, unchanged",
        );
    }
    error.into()
}

/// A page of rows as API objects.
pub(crate) fn shown<T>(page: flyt_store::page::Page<T>, form: impl Fn(&T) -> Value) -> Listed {
    (page.rows.iter().map(form).collect(), page.next)
}

/// A list that can hold one object at most: that of an external id.
fn only(found: Option<Value>, since: Option<Timestamp>) -> Listed {
    let fresh = |object: &Value| {
        let updated = object
            .get("updated_at")
            .and_then(Value::as_str)
            .and_then(|t| t.parse::<Timestamp>().ok());
        since.is_none_or(|since| updated.is_none_or(|at| at >= since))
    };
    (found.filter(fresh).into_iter().collect(), None)
}
