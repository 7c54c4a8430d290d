//! Query strings and pages: known parameters only, `limit` and `cursor`, and the form of a list answer.

use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flyt_core::instant::to_ms;
use flyt_core::invalid::Faults;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::str::FromStr;

/// Rows of a page unless the caller says otherwise.
pub(crate) const LIMIT: i64 = 50;
/// Most rows of a page.
pub(crate) const MOST: i64 = 200;

/// The parameters of a query string, taken out one by one; `close` refuses the rest.
#[derive(Debug)]
pub(crate) struct Query {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
    faults: Faults,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn of(text: &str) -> Self {
        let given = url::form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect();
        Self {
            given,
            known: Vec::new(),
            faults: Faults::default(),
        }
    }
    /// A parameter as it was given.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let mut all = self.given.iter().filter(|(n, _)| n == name).map(|(_, v)| v);
        let first = all.next().cloned();
        if all.next().is_some() {
            self.faults.error(place(name), "repeated", "may stand only once");
        }
        first
    }
    /// A parameter that is read as `T`: an id, a word.
    pub(crate) fn parsed<T: FromStr>(&mut self, name: &'static str, what: &str) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.faults
                .error(place(name), "bad_parameter", format!("must be {what}"));
        }
        parsed
    }
    /// A parameter that is one of a few words.
    pub(crate) fn word<T>(
        &mut self,
        name: &'static str,
        known: &[&'static str],
        read: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let found = read(&text);
        if found.is_none() {
            self.faults
                .unknown(place(name), "unknown_value", &text, known.iter().copied());
        }
        found
    }
    /// A parameter that is some of a few words, with commas between them.
    pub(crate) fn words<T>(
        &mut self,
        name: &'static str,
        known: &[&'static str],
        read: fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let text = self.text(name).unwrap_or_default();
        let given = text.split(',').map(str::trim).filter(|w| !w.is_empty());
        let mut all = Vec::new();
        for word in given {
            match read(word) {
                Some(found) => all.push(found),
                None => self
                    .faults
                    .unknown(place(name), "unknown_value", word, known.iter().copied()),
            }
        }
        all
    }
    /// An instant in milliseconds.
    pub(crate) fn instant(&mut self, name: &'static str) -> Option<i64> {
        self.parsed::<Timestamp>(name, "an instant such as 2026-10-25T10:00:00Z")
            .map(to_ms)
    }
    /// `limit`.
    pub(crate) fn limit(&mut self) -> i64 {
        let limit = self.parsed::<i64>("limit", "a whole number").unwrap_or(LIMIT);
        if !(1..=MOST).contains(&limit) {
            self.faults
                .error(place("limit"), "out_of_range", format!("must be 1 to {MOST}"));
        }
        limit.clamp(1, MOST)
    }
    /// `cursor` of a list that the engine reads: the numbers of the last row of the page before.
    pub(crate) fn after(&mut self) -> Vec<i64> {
        let Some(text) = self.text("cursor") else {
            return Vec::new();
        };
        read_numbers(&text).unwrap_or_else(|| {
            let rule = "must be the `next_cursor` of the same list, unchanged";
            self.faults.error(place("cursor"), "bad_cursor", rule);
            Vec::new()
        })
    }
    /// What every list knows: `limit`, `cursor`, `external_id`, `updated_since`.
    pub(crate) fn page(&mut self) -> Page {
        Page {
            cursor: self.text("cursor"),
            limit: self.limit(),
            external_id: self.text("external_id"),
            updated_since: self.instant("updated_since"),
        }
    }
    /// Refuses faults and parameters that nobody asked for.
    pub(crate) fn close(mut self) -> Result<(), Problem> {
        for (name, _) in &self.given {
            if !self.known.contains(&name.as_str()) {
                self.faults
                    .unknown(place(name), "unknown_parameter", name, self.known.iter().copied());
            }
        }
        if self.faults.is_ok() {
            Ok(())
        } else {
            Err(Problem::invalid(self.faults.errors))
        }
    }
}

/// Which page of a list.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Most rows.
    pub(crate) limit: i64,
    /// Only the object with this external id.
    pub(crate) external_id: Option<String>,
    /// Only what changed at or after this instant, in milliseconds.
    pub(crate) updated_since: Option<i64>,
}

/// A parameter's place in a fault: not in the body, so not a JSON pointer.
fn place(name: &str) -> String {
    let shown: String = name.chars().take(80).collect();
    format!("?{shown}")
}

/// A cursor made of the numbers of a row.
pub(crate) fn write_numbers(numbers: &[i64]) -> String {
    URL_SAFE_NO_PAD.encode(numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>())
}
/// The numbers of a cursor, if it is one.
pub(crate) fn read_numbers(text: &str) -> Option<Vec<i64>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (numbers, rest) = bytes.as_chunks::<8>();
    (rest.is_empty() && !numbers.is_empty()).then(|| numbers.iter().map(|n| i64::from_be_bytes(*n)).collect())
}

/// A page that the engine has read.
pub(crate) fn of_engine(page: flyt_engine::Page) -> Listed {
    (page.data, page.next.as_deref().map(write_numbers))
}

/// The objects of a page, and the cursor of the next one.
pub(crate) type Listed = (Vec<Value>, Option<String>);

/// One page of a list: `{"data": […], "next_cursor": …}`.
pub(crate) fn answer((data, next): Listed) -> Response {
    axum::Json(json!({"data": data, "next_cursor": next})).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, codes: &[&str]) {
        let mut query = Query::of(text);
        query.limit();
        query.text("cursor");
        query.instant("from");
        let told = query
            .close()
            .map_err(|p| p.errors.iter().map(|e| e.code).collect::<Vec<_>>());
        assert_eq!(told.err().unwrap_or_default(), codes, "{text}");
    }

    #[test]
    fn only_known_parameters_pass() {
        check("limit=200&cursor=abc&from=2026-01-01T00:00:00Z", &[]);
        check("limitt=5", &["unknown_parameter"]);
        check("limit=0", &["out_of_range"]);
        check("limit=5&limit=6", &["repeated"]);
        assert_eq!(read_numbers(&write_numbers(&[-5, 7])), Some(vec![-5, 7]));
        assert_eq!(read_numbers("nonsense"), None);
        check("from=yesterday", &["bad_parameter"]);
    }
}
