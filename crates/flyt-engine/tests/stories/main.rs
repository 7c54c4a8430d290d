//! Stories of the engine on a clock that is moved by hand: what goes out, what does not, and the reason that is told.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot be told fails where it stands"
)]

mod circuits;
mod endpoints;
mod gateway;
mod halves;
mod hostile;
mod inbound;
mod model;
mod moves;
mod nodes;
mod once;
mod paid;
mod quotas;
mod reasons;
mod sms;
mod turns;
mod world;
