//! The routes, driven through the real router with a real engine over SQLite in a folder of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may end where it fails"
)]

mod audit;
mod bad_input;
mod binary;
mod bulk;
mod channels;
mod commands;
mod customer_links;
mod endpoints;
mod erase;
mod events;
mod explained;
mod impact;
mod import;
mod import_command;
mod inbound;
mod inbound_sources;
mod isolation;
mod isolation_time;
mod kept;
mod keys;
mod life;
mod metrics;
mod openapi;
mod operating;
mod packaging;
mod people;
mod personal;
mod reasons;
mod receiver;
mod refusals;
mod roles;
mod rotation;
mod schema;
mod sentences;
mod settings;
mod story;
mod world;
