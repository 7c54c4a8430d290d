//! People as the operator sees them: all of them, whichever businesses they work for. Only the socket of the data folder answers
//! here, and `flyt users` asks.

use super::links::Given;
use super::{PLATFORM, account, act, new_user, second};
use crate::answer::{Answer, object};
use crate::body::Json;
use crate::page::Query;
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use flyt_core::contact;
use flyt_core::id::{SessionId, UserId};
use flyt_core::invalid::{Faults, Fields, Line};
use flyt_core::person::LinkKind;
use flyt_engine::{Actor, clock};
use flyt_store::users::{self, User};
use flyt_store::{Error, Tx, audit, sessions};
use serde_json::{Value, json};

/// Rows of a page.
const PAGE: i64 = 200;

/// What the socket answers about people.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/operator/users", get(list).post(add))
        .route("/operator/users/reset", post(reset))
        .route("/operator/users/disable", post(disable))
}

fn show(user: &User) -> Value {
    let state = match (user.disabled_at, &user.password) {
        (Some(_), _) => "disabled",
        (None, None) => "invited",
        (None, Some(_)) => "active",
    };
    json!({
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "platform_admin": user.platform_admin,
        "totp": user.totp_step.is_some(),
        "state": state,
    })
}

async fn list(State(app): State<App>, mut query: Query) -> Answer {
    let _limit = query.text("limit");
    let below = query.parsed::<UserId>("cursor", "the cursor of the page before");
    query.close()?;
    let below = below.unwrap_or(UserId(i64::MAX));
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| users::below(&mut tx.engine(), below, PAGE).await);
    let all = read.await?;
    let full = i64::try_from(all.len()).is_ok_and(|n| n == PAGE);
    let next = all.last().filter(|_| full).map(|u| u.id);
    let rows: Vec<Value> = all.iter().map(show).collect();
    Ok(object(&json!({ "data": rows, "next_cursor": next })))
}

/// Invites somebody who will run the installation.
async fn add(State(app): State<App>, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let email = fields.required::<Line>("email", &mut faults).map(|l| l.0);
    let name = fields.optional::<Line>("name", &mut faults).map(|l| l.0);
    fields.close(&mut faults);
    let email = faults.finish(email).map_err(Problem::invalid)?;
    let Some(email) = contact::email(&email) else {
        return Err(Problem::fault("/email", "bad_email", "must be an e-mail address"));
    };
    let now = clock::wall();
    let name = name.unwrap_or_default();
    let user = User {
        platform_admin: true,
        ..new_user(&app, (&email, &name), "en", now)
    };
    let given = Given::new(LinkKind::Invitation, Some(user.id), None, now)?;
    let (anew, hash, link) = (user.clone(), given.hash, given.link);
    let note = act(&app, &Actor::Platform, "user.invite", &user.id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        tx.engine().alone("users");
        if users::by_email(&mut tx.engine(), &anew.email).await?.is_some() {
            return Ok(false);
        }
        users::insert(&mut tx.engine(), &anew)?;
        sessions::insert_link(&mut tx.engine(), &hash, &link)?;
        audit::append(&mut tx.tenant(PLATFORM), &note)?;
        Ok::<bool, Error>(true)
    });
    if !write.await? {
        let detail = format!("Somebody with the address {email} is known already.");
        return Err(Problem::new(
            axum::http::StatusCode::CONFLICT,
            "user_exists",
            detail,
        ));
    }
    Ok(with_link(&app, &user, &given))
}

fn with_link(app: &App, user: &User, given: &Given) -> axum::response::Response {
    let mut shown = show(user);
    if let Some(map) = shown.as_object_mut() {
        map.insert("url".to_owned(), json!(given.url(&app.engine().base_url())));
        map.insert("expires_at".to_owned(), json!(given.link.expires_at));
    }
    object(&shown)
}

/// Reads `{email, …}` and finds the person.
async fn named(app: &App, body: &Value, more: &'static str) -> Result<(User, bool), Problem> {
    let mut faults = Faults::default();
    let mut fields = Fields::open(body, "", &mut faults);
    let email = fields.required::<Line>("email", &mut faults).map(|l| l.0);
    let flag = fields.or::<bool>(more, false, &mut faults);
    fields.close(&mut faults);
    let email = faults.finish(email).map_err(Problem::invalid)?;
    let asked = email.clone();
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| users::by_email(&mut tx.engine(), &asked).await);
    let missing = || Problem {
        detail: format!("Nobody has the address {email}."),
        ..Problem::not_found()
    };
    Ok((read.await?.ok_or_else(missing)?, flag))
}

/// A link to a new password; with `second_factor: true` the second factor is taken away too.
async fn reset(State(app): State<App>, Json(body): Json) -> Answer {
    let (user, also_second) = named(&app, &body, "second_factor").await?;
    let now = clock::wall();
    if also_second && user.totp_step.is_some() {
        second::end(&app, user.id, &Actor::Platform, now).await?;
    }
    let given = account::reset_link(&app, &user, now).await?;
    Ok(with_link(&app, &user, &given))
}

/// Keeps somebody out, or with `enable: true` lets them in again.
async fn disable(State(app): State<App>, Json(body): Json) -> Answer {
    let (user, enable) = named(&app, &body, "enable").await?;
    let now = clock::wall();
    let user = User {
        disabled_at: (!enable).then_some(now),
        updated_at: now,
        ..user
    };
    let what = if enable { "user.enable" } else { "user.disable" };
    let (anew, note) = (user.clone(), act(&app, &Actor::Platform, what, &user.id));
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        users::update(&mut tx.engine(), &anew)?;
        sessions::end_others(&mut tx.engine(), anew.id, SessionId(0))?;
        audit::append(&mut tx.tenant(PLATFORM), &note)
    });
    write.await?;
    Ok(object(&show(&user)))
}
