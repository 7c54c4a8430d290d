//! `/v1/users`: the people of a business.

use super::account::Email;
use super::session::Name;
use super::{Call, id};
use crate::answer::{Answer, nothing, object};
use crate::body::{Json, NoJson};
use crate::openapi::{Operation, parameter, tagged};
use crate::page::{self, Query};
use crate::people::browser::Browser;
use crate::people::members::{self, Invite};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use flyt_core::invalid::{Faults, Fields};
use flyt_core::person::Role;
use flyt_engine::clock;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/users", get(page).post(invite))
        .route("/users/{id}", patch(change).delete(remove))
        .route("/users/{id}/invitation", post(again))
}

pub(super) fn operations() -> Vec<Operation> {
    let new = json!({"email": "ola@example.no", "name": "Ola", "role": "editor"});
    tagged(
        "People",
        vec![
            Operation::get("/v1/users", "listUsers", "The people of the business")
                .query(parameter::page())
                .lists("User"),
            Operation::post("/v1/users", "inviteUser", "Invite a person")
                .about("The link is shown this once, and mailed where the operator has a relay. It is good for seven days.")
                .takes("UserCreate", new)
                .makes("InvitedUser"),
            Operation::patch("/v1/users/{id}", "changeUser", "Give a person another role")
                .about("409 `last_owner` where the business would be without an owner.")
                .takes("UserPatch", json!({"role": "viewer"}))
                .shows("User"),
            Operation::post("/v1/users/{id}/invitation", "inviteUserAgain", "Make a new link")
                .about("For somebody who has not come yet. The links before it are no longer good.")
                .shows("InvitedUser"),
            Operation::delete("/v1/users/{id}", "removeUser", "Take a person out of the business"),
        ],
    )
}

async fn page(call: Call, mut query: Query) -> Answer {
    let page = query.page();
    query.close()?;
    let listed = members::page(&call.app, call.caller.business_no, page).await?;
    Ok(page::answer(listed))
}

async fn invite(call: Call, browser: Browser, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let email = fields.required::<Email>("email", &mut faults).map(|e| e.0);
    let name = fields.optional::<Name>("name", &mut faults).map(|n| n.0);
    let role = fields.required::<Role>("role", &mut faults);
    fields.close(&mut faults);
    let (email, role) = faults.finish(email.zip(role)).map_err(Problem::invalid)?;
    let wanted = Invite {
        email,
        name: name.unwrap_or_default(),
        role,
    };
    members::room(&call.app, call.caller.business_no).await?;
    let base = browser.base(&call.app);
    let shown = members::invite(&call.app, &call.caller, wanted, &base, clock::wall()).await?;
    Ok(made(&shown))
}
fn made(shown: &Value) -> Response {
    let mut answer = (StatusCode::CREATED, axum::Json(shown)).into_response();
    let at = shown
        .get("id")
        .and_then(Value::as_str)
        .map(|id| format!("/v1/users/{id}"));
    if let Some(at) = at.and_then(|at| HeaderValue::from_str(&at).ok()) {
        answer.headers_mut().insert(header::LOCATION, at);
    }
    answer
}

async fn again(call: Call, browser: Browser, path: Path<String>, _: NoJson) -> Answer {
    let base = browser.base(&call.app);
    let shown = members::linked(&call.app, &call.caller, id(path)?, &base, clock::wall()).await?;
    Ok(object(&shown))
}

async fn change(call: Call, path: Path<String>, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let role = fields.required::<Role>("role", &mut faults);
    fields.close(&mut faults);
    let role = faults.finish(role).map_err(Problem::invalid)?;
    let shown = members::set_role(&call.app, &call.caller, id(path)?, role).await?;
    Ok(object(&shown))
}

async fn remove(call: Call, path: Path<String>, _: NoJson) -> Answer {
    members::remove(&call.app, &call.caller, id(path)?).await?;
    Ok(nothing())
}
