//! Texts: formats, templates, letters, the reading of conditions and actions.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail like tests"
)]
#![expect(clippy::print_stdout, reason = "a test that could not run says so")]

mod actions;
mod attacks;
mod bad_templates;
mod conditions;
mod facts;
mod formats;
mod gallery;
mod imports;
mod inbound;
mod keywords;
mod letters;
mod outputs;
mod sms;
mod views;
