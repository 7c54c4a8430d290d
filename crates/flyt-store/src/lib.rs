//! Remembers: one SQL text, two engines (SQLite and PostgreSQL), migrations.
//!
//! The only crate that speaks SQL. It takes no decisions: it is told what to write and under which condition. What should
//! happen is decided in `flyt-core`; who calls this and when is in `flyt-engine`.
//!
//! A unit of work is an async closure: `store.write(async move |tx| customers::insert(&mut tx.tenant(no), &customer))`.
//! Each file of tables lists its statements in `ALL`; a test prepares all of them on both engines.

mod bell;
pub mod changes;
mod engine;
mod error;
pub mod meta;
mod migrate;
mod pipeline;
pub mod runs;
mod served;
mod sqlite;
pub mod steps;
mod store;
pub mod timers;
mod tx;
mod unit;
mod value;
pub mod workflows;
mod writer;

pub use bell::Bell;
pub use engine::Sql;
pub use error::{Error, Result};
pub use store::Store;
pub use tx::{EngineTx, Statements, TenantTx, Tx};
