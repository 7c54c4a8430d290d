//! The routes, driven through the real router with a real engine over SQLite in a folder of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may end where it fails"
)]

mod bad_input;
mod commands;
mod explained;
mod isolation;
mod keys;
mod openapi;
mod reasons;
mod refusals;
mod schema;
mod sentences;
mod story;
mod world;
