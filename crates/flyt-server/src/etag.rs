//! Revisions on the wire: `ETag` out, `If-Match` in.

use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};

/// The revision the caller expects, if it named one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IfMatch(pub(crate) Option<i64>);

/// No object has it: a tag that is not one of ours matches nothing.
const NEVER: i64 = -1;

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut all = parts.headers.get_all(header::IF_MATCH).into_iter();
        let Some(first) = all.next() else {
            return Ok(Self(None));
        };
        let text = first.to_str().unwrap_or_default().trim();
        if all.next().is_some() || text.contains(',') {
            return Err(Problem::malformed(
                "bad_if_match",
                "`If-Match` may name one tag only.",
            ));
        }
        Ok(Self(read(text)))
    }
}

fn read(text: &str) -> Option<i64> {
    if text == "*" {
        return None;
    }
    let tag = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    Some(tag.parse().unwrap_or(NEVER))
}

/// The tag of a revision.
pub(crate) fn tag(revision: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_is_not_ours_matches_nothing() {
        assert_eq!(read("\"7\""), Some(7));
        assert_eq!(read("W/\"7\""), Some(7));
        assert_eq!(read("*"), None);
        assert_eq!(read("\"abc\""), Some(NEVER));
    }
}
