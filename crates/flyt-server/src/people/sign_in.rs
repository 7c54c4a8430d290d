//! Coming in: address and password, then the second factor where there is one. What is wrong is never told: neither the answer
//! nor its time says whether somebody has an account.

use super::browser::Browser;
use super::second::{self, Typed};
use super::sessions::{self, New};
use super::{PLATFORM, act, not_in};
use crate::problem::Problem;
use crate::state::App;
use axum::http::StatusCode;
use flyt_engine::clock;
use flyt_store::users::{self, User};
use flyt_store::{Error, Tx, audit};
use jiff::Timestamp;

/// What somebody types to come in.
pub(crate) struct Attempt<'a> {
    pub(crate) email: &'a str,
    pub(crate) password: &'a str,
    /// Of the second factor, or a recovery code.
    pub(crate) code: Option<&'a str>,
}

/// Somebody who has come in, with the token for the cookie.
pub(crate) struct In {
    pub(crate) user: User,
    pub(crate) token: String,
    pub(crate) expires_at: Timestamp,
}

/// Lets somebody in, or says that it failed.
pub(crate) async fn sign_in(
    app: &App,
    attempt: &Attempt<'_>,
    browser: &Browser,
    now: Timestamp,
) -> Result<In, Problem> {
    let (user, typed) = proved(app, attempt, browser, now).await?;
    let new = New::of(app, &user, browser, now)?;
    let (row, id) = (new.row.clone(), user.id);
    let note = act(app, &id, "session.begin", &new.row.id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        if !second::use_up(tx, id, &typed).await? {
            return Ok(false);
        }
        sessions::begin(tx, &row).await?;
        audit::append(&mut tx.tenant(PLATFORM), &note)?;
        Ok::<bool, Error>(true)
    });
    if !write.await? {
        return Err(failed(app, attempt, browser));
    }
    app.throttle().right(attempt.email);
    Ok(In {
        user,
        token: new.token,
        expires_at: new.row.expires_at,
    })
}

/// Who this is, if address, password and code are right. The code is not used up yet.
pub(crate) async fn proved(
    app: &App,
    attempt: &Attempt<'_>,
    browser: &Browser,
    now: Timestamp,
) -> Result<(User, Typed), Problem> {
    may(app, attempt.email, browser)?;
    let email = attempt.email.to_owned();
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| users::by_email(&mut tx.engine(), &email).await);
    let user = read.await?.filter(User::is_active);
    let hash = user.as_ref().and_then(|u| u.password.as_deref());
    let compared = app.hashes().compare(attempt.password, hash).await?;
    let Some(mut user) = user.filter(|_| compared.same) else {
        return Err(failed(app, attempt, browser));
    };
    let Some(typed) = second::read(app, &user, attempt.code, now).await? else {
        return Err(failed(app, attempt, browser));
    };
    if compared.outdated {
        user.password = Some(app.hashes().make(attempt.password).await?);
        let anew = user.clone();
        let write = app
            .engine()
            .store()
            .write(async move |tx: &mut Tx| users::update(&mut tx.engine(), &anew));
        write.await?;
    }
    Ok((user, typed))
}

/// Whether somebody may try now.
pub(crate) fn may(app: &App, email: &str, browser: &Browser) -> Result<(), Problem> {
    let wait = app.throttle().may(email, browser.address, clock::monotonic());
    wait.map_err(|wait| {
        let seconds = wait.as_secs().saturating_add(1);
        let detail = format!("Too many wrong tries. Try again in {seconds} seconds.");
        Problem {
            retry_after_s: Some(seconds),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
        }
    })
}

/// Notes a wrong try; the refusal tells nothing of what was wrong.
fn failed(app: &App, attempt: &Attempt<'_>, browser: &Browser) -> Problem {
    app.throttle()
        .wrong(attempt.email, browser.address, clock::monotonic());
    tracing::info!("somebody could not sign in");
    not_in(
        "sign_in_failed",
        "The address, the password or the code is not right.",
    )
}
