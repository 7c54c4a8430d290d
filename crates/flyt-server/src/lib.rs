//! The binary's inside: configuration, HTTP API, command line, wiring. It decides nothing about bookings or workflows: a
//! handler takes a request apart, calls `flyt_engine`, and puts the answer together.

mod answer;
mod api;
mod auth;
mod body;
mod cli;
mod config;
mod demo;
mod etag;
mod idempotency;
mod keys;
mod limit;
mod lock;
mod open;
mod openapi;
mod page;
mod problem;
mod records;
mod serve;
mod state;
mod watch;

pub use api::router;
pub use cli::run;
pub use openapi::document;
pub use state::App;
