//! stub
use crate::condition::Condition;
pub fn needs_visits(_: &Condition) -> bool {
    false
}
pub fn needs_later(_: &Condition) -> bool {
    false
}
