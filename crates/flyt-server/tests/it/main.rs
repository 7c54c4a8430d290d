//! The routes, driven through the real router with a real engine over SQLite in a folder of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may end where it fails"
)]

mod bulk;
mod commands;
mod erase;
mod impact;
mod kept;
mod keys;
mod life;
mod refusals;
mod world;
