//! stub
use crate::catalogue::*;
use serde_json::Value;
pub fn location(_: &LocationEntry) -> Value {
    Value::Null
}
pub fn resource(_: &ResourceEntry) -> Value {
    Value::Null
}
pub fn service(_: &ServiceEntry) -> Value {
    Value::Null
}
pub fn extra(_: &ExtraEntry) -> Value {
    Value::Null
}
pub fn status(_: &StatusEntry) -> Value {
    Value::Null
}
pub fn customer(_: &crate::customer::Customer) -> Value {
    Value::Null
}
pub fn payment(_: &crate::payment::Payment) -> Value {
    Value::Null
}
pub fn business(_: &crate::business::Business) -> Value {
    Value::Null
}
pub fn booking(_: &crate::facts::Facts) -> Option<Value> {
    None
}
