//! People: who they are, how they come in and stay, what they may do. The routes are in `api/session.rs`, `api/account.rs` and
//! `api/users.rs`; rows are in `flyt-store` (`users`, `memberships`, `sessions`). Time here is wall time: a test clock moves
//! bookings, not the people at the screen.

pub(crate) mod account;
pub(crate) mod browser;
pub(crate) mod letters;
pub(crate) mod links;
pub(crate) mod members;
pub(crate) mod operator;
pub(crate) mod passwords;
pub(crate) mod second;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod throttle;

#[cfg(test)]
mod tests;

use crate::problem::Problem;
use crate::state::App;
use axum::http::StatusCode;
use flyt_core::id::{AuditId, UserId};
use flyt_store::audit::Act;
use flyt_store::users::User;
use jiff::Timestamp;

/// The business under which acts stand that belong to none.
const PLATFORM: i64 = 0;

/// An act for the audit log.
fn act(app: &App, actor: &impl ToString, action: &str, object: &impl ToString) -> Act {
    Act {
        id: AuditId(app.engine().new_id()),
        at: app.engine().now(),
        actor: actor.to_string(),
        action: action.to_owned(),
        object: object.to_string(),
        detail: "{}".to_owned(),
    }
}

/// A person as they come to be.
fn new_user(app: &App, (email, name): (&str, &str), language: &str, now: Timestamp) -> User {
    User {
        id: UserId(app.engine().new_id()),
        email: email.trim().to_owned(),
        name: name.to_owned(),
        language: language.to_owned(),
        password: None,
        totp_step: None,
        created_at: now,
        updated_at: now,
        disabled_at: None,
        platform_admin: false,
    }
}

/// 401 that says what is missing.
fn not_in(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail)
}
/// A link that was used, has expired, or never was.
fn bad_link() -> Problem {
    Problem::forbidden(
        "bad_link",
        "This link has been used, or its time is over. Ask for a new one.",
    )
}
