//! The ways out, against sinks on loopback that answer as they are told.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a story that meets something else than it tells shall fail, also in the functions its tests share"
)]

mod certificate;
mod dns;
mod egress;
mod email;
mod http_sink;
mod outcome;
mod signature;
mod sms;
mod smtp;
mod smtp_sink;
mod smtp_tls;
mod webhook;
