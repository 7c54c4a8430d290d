//! Remembers: one SQL text, two engines (SQLite and PostgreSQL), migrations.
//!
//! The only crate that speaks SQL. It takes no decisions: it is told what to write and under which condition. What should
//! happen is decided in `flyt-core`; who calls this and when is in `flyt-engine`.
//!
//! A unit of work is an async closure: `store.write(async move |tx| customers::insert(&mut tx.tenant(no), &customer))`.
//! Each file of tables lists its statements in `ALL`; a test prepares all of them on both engines.

pub mod audit;
pub mod backup;
mod bell;
pub mod bookings;
pub mod businesses;
pub mod catalogue;
pub mod changes;
pub mod channels;
pub mod circuits;
pub mod customers;
pub mod deliveries;
pub mod endpoints;
mod engine;
pub mod erasure;
mod error;
pub mod events;
pub mod failures;
pub mod figures;
pub mod horizon;
pub mod idempotency;
pub mod inbound;
pub mod inspect;
pub mod keys;
pub mod memberships;
pub mod meta;
mod migrate;
pub mod nodes;
pub mod page;
pub mod payments;
mod pipeline;
pub mod quotas;
pub mod reports;
pub mod retention;
pub mod runs;
pub mod secrets;
mod served;
pub mod sessions;
mod sqlite;
pub mod steps;
mod store;
pub mod suppressions;
pub mod timers;
#[doc(hidden)]
pub mod trial;
pub mod turns;
mod tx;
mod unit;
pub mod users;
mod value;
pub mod waiting;
pub mod workflows;
mod writer;

pub use bell::Bell;
pub use engine::Sql;
pub use error::{Error, Result};
pub use store::Store;
pub use tx::{EngineTx, Statements, TenantTx, Tx};
