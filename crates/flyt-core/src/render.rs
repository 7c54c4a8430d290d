//! stub
use crate::action::*;
use crate::facts::Facts;
use crate::language::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub content_type: String,
    pub body: String,
}
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub struct Letter {
    pub to: String,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub reply_to: Option<String>,
    pub sender: Option<String>,
    pub subject: Option<String>,
    pub html: Option<String>,
    pub text: Option<String>,
    pub request: Option<Request>,
    pub language: Option<Language>,
    pub segments: Option<i64>,
    pub revision: Option<i64>,
    pub at: Option<Timestamp>,
}
#[derive(Debug, Clone)]
pub struct RenderProblem {
    pub missing_step: bool,
}
impl std::fmt::Display for RenderProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("x")
    }
}
#[derive(Debug, Clone, Default)]
pub struct Links;
#[derive(Debug, Clone)]
pub struct Meta {
    pub event_id: String,
    pub event_word: String,
    pub event_at: Timestamp,
    pub workflow_id: String,
    pub workflow_name: String,
    pub run_id: String,
}
pub fn recipients(_: &Act, _: &Facts, _: Timestamp) -> Vec<(usize, Option<String>)> {
    Vec::new()
}
pub fn letter(
    _: &Act,
    _: &str,
    _: usize,
    _: &Facts,
    _: &Links,
    _: &Meta,
    _: Timestamp,
) -> Result<Letter, RenderProblem> {
    Ok(Letter::default())
}
pub fn is_role_of_one(r: &Recipient) -> bool {
    matches!(r, Recipient::Customer | Recipient::Resource | Recipient::Location)
}
pub fn address_of(_: &Act, _: usize, _: &Facts, _: Timestamp) -> Option<String> {
    None
}
