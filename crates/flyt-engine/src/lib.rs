//! Makes it happen: applies changes, claims, looks, sends, records, watches. The only crate that runs loops and reads the time.
//!
//! Decisions are `flyt_core`'s; rows are `flyt_store`'s; calls to the outside are `flyt_channels`'.

mod audit;
mod barrier;
mod booking;
mod business;
mod catalogue;
mod change;
pub mod clock;
mod counts;
mod delivery;
mod draft;
mod due;
mod ending;
mod endpoints;
mod engine;
mod erase;
mod events;
mod explain;
pub mod hold;
mod ids;
mod naming;
mod nodes;
mod paid;
mod people;
mod preview;
mod pulse;
pub mod random;
mod read;
mod record;
mod refusal;
mod replan;
mod reseal;
mod seal;
mod send;
mod starting;
mod step;
mod tenant;
mod terms;
mod timeline;
mod watch;
mod worker;
mod workflow;
mod workflow_read;

pub use counts::{BOUNDS_MS, Counted};
pub use engine::{Engine, Parts};
pub use events::{EventQuery, Told};
pub use ids::IdSource;
pub use read::{Page, Query};
pub use refusal::{Actor, Caller, Refusal, Target, Verb, Written};
pub use reseal::Resealed;
pub use seal::Seal;
pub use terms::{ANSWERED, Once, Terms};
