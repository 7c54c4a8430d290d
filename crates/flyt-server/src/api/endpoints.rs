//! `/v1/webhook-endpoints`: standing subscriptions to events, and the deliveries to them.

use super::{Call, id};
use crate::answer::{Answer, form, nothing, object};
use crate::body::{Json, NoJson};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use flyt_core::id::{EndpointId, StepId};
use serde_json::json;

const LIST: &str = "/v1/webhook-endpoints";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/webhook-endpoints", get(page).post(create))
        .route("/webhook-endpoints/{id}", get(one).patch(change).delete(delete))
        .route("/webhook-endpoints/{id}/secret", post(secret))
        .route("/webhook-endpoints/{id}/deliveries", get(deliveries))
        .route("/webhook-endpoints/{id}/deliveries/{delivery}", get(delivery))
        .route(
            "/webhook-endpoints/{id}/deliveries/{delivery}/redeliver",
            post(redeliver),
        )
}

async fn page(call: Call, mut query: Query) -> Answer {
    let (after, limit) = (query.after(), query.limit());
    query.close()?;
    let page = call.app.engine().endpoints(&call.caller, &after, limit).await?;
    Ok(page::answer(page::of_engine(page)))
}

async fn create(call: Call, Json(body): Json) -> Answer {
    let form = form(LIST, Vec::new());
    let terms = call.terms(&form);
    let done = call
        .app
        .engine()
        .create_endpoint(&call.caller, body, terms)
        .await?;
    Ok(form(done).into_response())
}

async fn one(call: Call, path: Path<String>) -> Answer {
    Ok(object(
        &call.app.engine().endpoint(&call.caller, id(path)?).await?,
    ))
}

async fn change(call: Call, path: Path<String>, Json(body): Json) -> Answer {
    let id = id::<EndpointId>(path)?;
    let done = call
        .app
        .engine()
        .write_endpoint(&call.caller, id, body, call.expect)
        .await?;
    Ok(form(LIST, Vec::new())(done).into_response())
}

async fn delete(call: Call, path: Path<String>) -> Answer {
    let id = id::<EndpointId>(path)?;
    call.app
        .engine()
        .delete_endpoint(&call.caller, id, call.expect)
        .await?;
    Ok(nothing())
}

async fn secret(call: Call, path: Path<String>, _: NoJson) -> Answer {
    let secret = call.app.engine().endpoint_secret(&call.caller, id(path)?).await?;
    Ok(object(&json!({"secret": secret})))
}

async fn deliveries(call: Call, path: Path<String>, mut query: Query) -> Answer {
    let (after, limit) = (query.after(), query.limit());
    query.close()?;
    let page = call
        .app
        .engine()
        .deliveries(&call.caller, id(path)?, &after, limit)
        .await?;
    Ok(page::answer(page::of_engine(page)))
}

async fn delivery(call: Call, path: Path<(String, String)>) -> Answer {
    let (endpoint, delivery) = both(path)?;
    let engine = call.app.engine();
    Ok(object(&engine.delivery(&call.caller, endpoint, delivery).await?))
}

async fn redeliver(call: Call, path: Path<(String, String)>, _: NoJson) -> Answer {
    let (endpoint, delivery) = both(path)?;
    let engine = call.app.engine();
    Ok(object(&engine.redeliver(&call.caller, endpoint, delivery).await?))
}

fn both(Path((endpoint, delivery)): Path<(String, String)>) -> Result<(EndpointId, StepId), Problem> {
    let missing = |_| Problem::not_found();
    Ok((
        endpoint.parse().map_err(missing)?,
        delivery.parse().map_err(missing)?,
    ))
}
