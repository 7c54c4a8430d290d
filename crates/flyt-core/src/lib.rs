//! What should happen: bookings, events, workflows, plans, due times, texts.
//!
//! Everything here is a pure function of its arguments. There is no clock, no randomness, no SQL, no HTTP and no I/O:
//! the shell crates (`flyt-store`, `flyt-channels`, `flyt-engine`, `flyt`) bring those and act on what is decided here.

pub mod action;
pub mod booking;
pub mod booking_body;
pub mod business;
pub mod catalogue;
pub mod change;
pub mod circuit;
pub mod condition;
pub mod contact;
pub mod customer;
pub mod due;
pub mod duration;
pub mod endpoint;
pub mod event;
pub mod explain;
pub mod facts;
pub mod filter;
pub mod guard;
pub mod holiday;
pub mod id;
pub mod import;
pub mod inbound;
pub mod instant;
pub mod invalid;
pub mod keyword;
pub mod keywords;
pub mod language;
pub mod limits;
pub mod locale;
pub mod mapping;
pub mod merge;
pub mod money;
pub mod own;
pub mod payment;
pub mod plan;
pub mod quiet;
pub mod reason;
pub mod reference;
pub mod render;
pub mod retry;
pub mod run;
pub mod sample;
pub mod segments;
pub mod sentence;
pub mod state;
pub mod status;
pub mod storm;
pub mod template;
pub mod trigger;
pub mod variables;
pub mod view;
pub mod workflow;
pub mod zone;
