//! What the server itself reads and keeps: objects for GET, keys, kept answers. Writes of business objects are the engine's.

use crate::page::{Listed, Page};
use crate::problem::Problem;
use crate::state::App;
use flyt_core::catalogue::Kind;
use flyt_core::id::{BookingId, CustomerId, KeyId, LocationId, PaymentId, ResourceId, ServiceId, WorkflowId};
use flyt_core::trigger::TriggerKind;
use flyt_engine::{Caller, Target};
use jiff::Timestamp;
use serde_json::Value;

/// A key as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredKey {
    pub(crate) id: KeyId,
    pub(crate) business_no: i64,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Option<Timestamp>,
}
/// A key to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    pub(crate) name: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Option<Timestamp>,
}
/// An answer that is kept for its Idempotency-Key.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// Digest of the body it answers.
    pub(crate) content: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}
/// Which bookings a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct BookingFilter {
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) status: Option<String>,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) service: Option<ServiceId>,
    pub(crate) location: Option<LocationId>,
    pub(crate) resource: Option<ResourceId>,
    pub(crate) q: Option<String>,
}
type Found<T> = Result<Option<T>, Problem>;
fn no<T>() -> Result<T, Problem> {
    Err(Problem::unavailable("stub"))
}
pub(crate) async fn business_no(_: &App, _: &str) -> Found<i64> {
    no()
}
pub(crate) async fn key_by_hash(_: &App, _: &[u8; 32]) -> Found<StoredKey> {
    no()
}
pub(crate) async fn note_key_use(_: &App, _: i64, _: KeyId, _: Timestamp) -> Result<(), Problem> {
    no()
}
pub(crate) async fn kept_answer(_: &App, _: i64, _: &str, _: Timestamp) -> Found<Kept> {
    no()
}
pub(crate) async fn keep_answer(_: &App, _: i64, _: &str, _: Timestamp, _: &Kept) -> Result<(), Problem> {
    no()
}
pub(crate) async fn businesses(_: &App, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn business(_: &App, _: i64) -> Result<Value, Problem> {
    no()
}
pub(crate) async fn country(_: &App, _: i64) -> Result<String, Problem> {
    no()
}
pub(crate) async fn entries(_: &App, _: i64, _: Kind, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn entry(_: &App, _: i64, _: Kind, _: Target<i64>) -> Found<Value> {
    no()
}
pub(crate) async fn customers(_: &App, _: i64, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn customer(_: &App, _: i64, _: Target<CustomerId>) -> Found<Value> {
    no()
}
pub(crate) async fn payments(_: &App, _: i64, _: Option<BookingId>, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn payment(_: &App, _: i64, _: Target<PaymentId>) -> Found<Value> {
    no()
}
pub(crate) async fn bookings(_: &App, _: i64, _: BookingFilter, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn booking(_: &App, _: i64, _: Target<BookingId>) -> Found<Value> {
    no()
}
pub(crate) async fn workflows(_: &App, _: i64, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn workflow(_: &App, _: i64, _: Target<WorkflowId>) -> Found<Value> {
    no()
}
pub(crate) async fn versions(_: &App, _: i64, _: WorkflowId, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn version(_: &App, _: i64, _: WorkflowId, _: i64) -> Found<Value> {
    no()
}
pub(crate) fn variables(_: Option<TriggerKind>) -> Vec<Value> {
    Vec::new()
}
pub(crate) async fn api_keys(_: &App, _: i64, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn create_key(_: &App, _: &Caller, _: NewKey, _: &str) -> Result<Value, Problem> {
    no()
}
pub(crate) async fn revoke_key(_: &App, _: &Caller, _: KeyId) -> Result<(), Problem> {
    no()
}
pub(crate) async fn audit_log(_: &App, _: i64, _: Page) -> Result<Listed, Problem> {
    no()
}
pub(crate) async fn stats(_: &App, _: i64) -> Result<Value, Problem> {
    no()
}
