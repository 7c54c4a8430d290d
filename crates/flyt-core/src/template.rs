//! stub
use crate::facts::Facts;
use jiff::Timestamp;
pub fn text(s: &str, _: &Facts, _: Timestamp) -> Result<String, String> {
    Ok(s.to_owned())
}
