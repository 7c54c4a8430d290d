//! The binary's inside: configuration, HTTP API, command line, wiring. It decides nothing about bookings or workflows: a
//! handler takes a request apart, calls `flyt_engine`, and puts the answer together.

mod answer;
mod api;
mod auth;
mod backup;
mod body;
mod cli;
mod config;
mod customer_page;
mod demo;
mod desk;
mod etag;
mod idempotency;
mod import;
mod keys;
mod limit;
mod local;
mod lock;
mod open;
mod openapi;
mod page;
mod people;
mod pieces;
mod problem;
mod records;
mod secret_keys;
mod serve;
mod state;
mod streams;
mod ui;
mod watch;

pub use api::router;
pub use cli::run;
pub use openapi::document;
pub use state::App;
