//! Stories of the engine on a clock that is moved by hand: what goes out, what does not, and the reason that is told.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot be told fails where it stands"
)]

mod endpoints;
mod model;
mod moves;
mod nodes;
mod once;
mod reasons;
mod world;
