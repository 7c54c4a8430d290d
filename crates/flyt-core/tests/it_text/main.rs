//! Texts: formats, templates, letters, the reading of conditions and actions.

mod actions;
mod attacks;
mod bad_templates;
mod conditions;
mod facts;
mod formats;
mod gallery;
mod letters;
mod outputs;
mod sms;
mod views;
