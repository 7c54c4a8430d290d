//! The routes, driven through the real router with a real engine over SQLite in a folder of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may end where it fails"
)]

mod audit;
mod bulk;
mod commands;
mod endpoints;
mod erase;
mod events;
mod explained;
mod impact;
mod isolation;
mod kept;
mod keys;
mod life;
mod metrics;
mod openapi;
mod receiver;
mod refusals;
mod schema;
mod sentences;
mod story;
mod world;
