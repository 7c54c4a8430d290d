//! Speaks to the world: e-mail, SMS, webhook, and the capturing double. The only crate that opens outbound
//! connections.
//!
//! Every way out ends in one [`outcome::Outcome`], and what to do about it (retry, pause, suppress) is
//! decided elsewhere, in `flyt-core`'s retry rules. Nothing here reads a clock: the instant that a
//! signature, a `Date` header or a `Retry-After` needs is an argument. Only the patience with a silent
//! socket is measured here, in real time.
//!
//! Whatever address a business enters passes [`egress::Guard`] first; the operator's own relay
//! ([`smtp::Relay`]) and SMS gateway are trusted. Rendering is done before this crate is reached, and so is storing after it.

pub mod capture;
pub mod dns;
pub mod egress;
pub mod email;
pub mod outcome;
pub mod remote;
pub mod signature;
pub mod sms;
pub mod smtp;
mod tls;
pub mod webhook;
