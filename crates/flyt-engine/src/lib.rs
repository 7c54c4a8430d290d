//! Makes it happen: applies changes, claims, looks, sends, records, watches. The only crate that runs loops and reads the time.
//!
//! Decisions are `flyt_core`'s; rows are `flyt_store`'s; calls to the outside are `flyt_channels`'.

mod again;
mod audit;
mod barrier;
mod booking;
mod bulk;
mod business;
mod catalogue;
mod change;
pub mod clock;
mod due;
mod engine;
mod erase;
mod export;
mod figures;
mod ids;
mod impact;
mod naming;
mod nodes;
mod people;
mod preview;
mod pulse;
pub mod random;
mod read;
mod record;
mod refusal;
mod replan;
mod retention;
mod seal;
mod send;
mod starting;
mod step;
mod suppression;
mod tenant;
mod terms;
mod test_send;
mod timeline;
mod watch;
mod worker;
mod workflow;
mod workflow_life;
mod workflow_read;

pub use again::Failed;
pub use bulk::{BulkDone, BulkLine};
pub use engine::{Engine, Parts};
pub use ids::IdSource;
pub use read::{Page, Query};
pub use refusal::{Actor, Caller, Refusal, Target, Verb, Written};
pub use seal::Seal;
pub use terms::{ANSWERED, Once, Terms};
pub use test_send::TOO_MANY_TESTS;
