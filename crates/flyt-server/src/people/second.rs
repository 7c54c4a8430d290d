//! The second factor: codes of an authenticator app, each good once, and recovery codes for whoever has lost the telephone.

use super::sessions::Signed;
use super::{PLATFORM, act, not_in};
use crate::keys;
use crate::problem::Problem;
use crate::state::App;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use flyt_core::id::UserId;
use flyt_core::totp::{self, SECRET_BYTES};
use flyt_store::users::{self, User};
use flyt_store::{Error, Tx, audit};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Recovery codes that somebody is given.
const CODES: usize = 10;

/// What was typed as the second factor, if it is right; it is used up with `use_up`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    /// None is asked for.
    Nothing,
    /// The code of this step of the time.
    Step(i64),
    /// A recovery code, or something else of its form.
    Recovery([u8; 32]),
}

/// Reads what was typed. `None`: it is wrong. 401 `code_needed`: nothing was typed, and something is asked for.
pub(crate) async fn read(
    app: &App,
    user: &User,
    code: Option<&str>,
    now: Timestamp,
) -> Result<Option<Typed>, Problem> {
    let Some(last) = user.totp_step else {
        return Ok(Some(Typed::Nothing));
    };
    let Some(code) = code.map(str::trim).filter(|c| !c.is_empty()) else {
        return Err(not_in(
            "code_needed",
            "Type the code of the authenticator app, or a recovery code.",
        ));
    };
    let secret = secret(app, user.id).await?;
    let secret = secret.ok_or_else(|| Problem::bug("the secret of a second factor is missing"))?;
    if let Some(step) = totp::matching(&secret, code, now.as_second(), last) {
        return Ok(Some(Typed::Step(step)));
    }
    let letters = recovery_form(code);
    // A code of six digits is no recovery code.
    Ok((letters.len() > 8).then(|| Typed::Recovery(keys::hash(&letters))))
}

/// Uses up what was typed. False: it was used already, or is not right.
pub(crate) async fn use_up(tx: &mut Tx, id: UserId, typed: &Typed) -> Result<bool, Error> {
    match typed {
        Typed::Nothing => Ok(true),
        Typed::Step(step) => users::use_totp(&mut tx.engine(), id, *step).await,
        Typed::Recovery(hash) => users::use_code(&mut tx.engine(), id, hash).await,
    }
}

fn name(id: UserId) -> String {
    format!("totp/{id}")
}
pub(super) async fn secret(app: &App, id: UserId) -> Result<Option<[u8; SECRET_BYTES]>, Problem> {
    let kept = app.engine().own_secret(&name(id)).await?;
    Ok(kept.and_then(|text| BASE64.decode(text).ok()?.try_into().ok()))
}
/// A recovery code as it is hashed: without what people put between its letters.
fn recovery_form(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

fn is_on() -> Problem {
    let detail = "The second factor is on already: switch it off first.";
    Problem::new(StatusCode::CONFLICT, "totp_on", detail)
}

/// A new secret for the authenticator app. It counts when a code of it has been typed.
pub(crate) async fn begin(app: &App, signed: &Signed) -> Result<Value, Problem> {
    if signed.user.totp_step.is_some() {
        return Err(is_on());
    }
    let mut bytes = [0_u8; SECRET_BYTES];
    flyt_engine::random::fill(&mut bytes).map_err(|e| Problem::unavailable(&e))?;
    app.engine()
        .keep_secret(&name(signed.user.id), &BASE64.encode(bytes))
        .await?;
    Ok(json!({
        "secret": totp::base32(&bytes),
        "uri": totp::uri(&bytes, &signed.user.email),
    }))
}

/// Switches the second factor on, if the code is right; answers the recovery codes, this once.
pub(crate) async fn confirm(
    app: &App,
    signed: &Signed,
    code: &str,
    now: Timestamp,
) -> Result<Vec<String>, Problem> {
    let id = signed.user.id;
    if signed.user.totp_step.is_some() {
        return Err(is_on());
    }
    let Some(secret) = secret(app, id).await? else {
        let detail = "There is no second factor to confirm: begin with `POST /v1/session/totp`.";
        return Err(Problem::new(StatusCode::CONFLICT, "totp_not_begun", detail));
    };
    let Some(step) = totp::matching(&secret, code, now.as_second(), 0) else {
        let rule = "is not the code that the app shows now; is the telephone's clock right?";
        return Err(Problem::fault("/code", "wrong_code", rule));
    };
    let mut codes = Vec::new();
    for _ in 0..CODES {
        codes.push(keys::recovery_code().map_err(|e| Problem::unavailable(&e))?);
    }
    let hashes: Vec<[u8; 32]> = codes.iter().map(|c| keys::hash(&recovery_form(c))).collect();
    let note = act(app, &id, "totp.on", &id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        users::set_totp(&mut tx.engine(), id, Some(step), now)?;
        users::set_codes(&mut tx.engine(), id, &hashes)?;
        audit::append(&mut tx.tenant(PLATFORM), &note)
    });
    write.await?;
    Ok(codes)
}

/// Switches the second factor off.
pub(crate) async fn end(
    app: &App,
    user_id: UserId,
    actor: &impl ToString,
    now: Timestamp,
) -> Result<(), Problem> {
    let note = act(app, actor, "totp.off", &user_id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        users::set_totp(&mut tx.engine(), user_id, None, now)?;
        users::set_codes(&mut tx.engine(), user_id, &[])?;
        audit::append(&mut tx.tenant(PLATFORM), &note)
    });
    write.await?;
    Ok(app.engine().forget_secret(&name(user_id)).await?)
}
