//! The routes, driven through the real router with a real engine over SQLite in a folder of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may end where it fails"
)]

mod audit;
mod bad_input;
mod commands;
mod endpoints;
mod events;
mod explained;
mod isolation;
mod keys;
mod metrics;
mod openapi;
mod reasons;
mod receiver;
mod refusals;
mod schema;
mod sentences;
mod story;
mod world;
