//! `/v1/businesses` (the operator's) and `/v1/business` (one's own).

use super::Call;
use crate::answer::{Answer, form, object};
use crate::auth::Operator;
use crate::body::{Json, NoJson};
use crate::idempotency::Key;
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use flyt_core::view;
use flyt_engine::Terms;
use serde_json::json;

const LIST: &str = "/v1/businesses";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/businesses", get(page).post(create))
        .route("/businesses/{slug}", get(one))
        .route("/business", get(own).patch(change))
        .route("/business/webhook-secret", post(webhook_secret))
}

async fn page(State(app): State<App>, _: Operator, mut query: Query) -> Answer {
    let page = query.page();
    query.close()?;
    Ok(page::answer(records::businesses(&app, page).await?))
}

async fn create(State(app): State<App>, Operator(actor): Operator, key: Key, Json(body): Json) -> Answer {
    let form = form(LIST, Vec::new());
    let terms = Terms {
        expect: None,
        once: key.once(&form),
    };
    let done = app.engine().create_business(actor, body, terms).await?;
    Ok(form(done.map(|business| view::business(&business))).into_response())
}

async fn one(State(app): State<App>, _: Operator, Path(slug): Path<String>) -> Answer {
    let no = records::business_no(&app, &slug)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(object(&records::business(&app, no).await?))
}

async fn own(call: Call) -> Answer {
    Ok(object(
        &records::business(&call.app, call.caller.business_no).await?,
    ))
}

async fn change(call: Call, Json(body): Json) -> Answer {
    let done = call
        .app
        .engine()
        .write_business(&call.caller, body, call.expect)
        .await?;
    Ok(form(LIST, Vec::new())(done.map(|business| view::business(&business))).into_response())
}

async fn webhook_secret(call: Call, _: NoJson) -> Answer {
    let secret = call.app.engine().webhook_secret(&call.caller).await?;
    Ok(object(&json!({"secret": secret})))
}
