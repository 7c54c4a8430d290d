//! `/v1/webhook-endpoints`: standing subscriptions to events, and the deliveries to them.

use super::{Call, id};
use crate::answer::{Answer, form, nothing, object};
use crate::body::{Json, NoJson};
use crate::openapi::{Operation, parameter, schema, tagged};
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

pub(super) fn operations() -> Vec<Operation> {
    let new = json!({"url": "https://example.no/flyt", "events": ["booking.created", "message.failed"], "enabled": false,
        "description": "Regnskapet"});
    let one = "/v1/webhook-endpoints/{id}";
    let (all, delivery) = (
        format!("{one}/deliveries"),
        format!("{one}/deliveries/{{delivery}}"),
    );
    tagged(
        "Webhook endpoints",
        vec![
            Operation::get(LIST, "listWebhookEndpoints", "Its endpoints, newest first")
                .query(parameter::cursor())
                .lists("WebhookEndpoint"),
            Operation::post(LIST, "createWebhookEndpoint", "Subscribe to events")
                .about("The field `secret` is shown this once.")
                .takes("WebhookEndpointCreate", new)
                .makes("NewWebhookEndpoint"),
            Operation::get(one, "readWebhookEndpoint", "Read an endpoint").shows("WebhookEndpoint"),
            Operation::patch(one, "changeWebhookEndpoint", "Change an endpoint")
                .about("Switched on, it is told what happens from now on.")
                .takes(
                    "WebhookEndpointPatch",
                    json!({"events": ["booking.created", "booking.changed"]}),
                )
                .guarded()
                .shows("WebhookEndpoint"),
            Operation::delete(one, "deleteWebhookEndpoint", "Delete an endpoint").guarded(),
            Operation::post(
                format!("{one}/secret"),
                "makeWebhookEndpointSecret",
                "Make a new secret for an endpoint",
            )
            .about("It is shown this once. The one before signs along for 24 hours.")
            .answers("application/json", schema::reference("WebhookSecret")),
            Operation::get(all, "listDeliveries", "Deliveries to an endpoint, newest first")
                .query(parameter::cursor())
                .lists("Delivery"),
            Operation::get(delivery.clone(), "readDelivery", "One delivery with every try")
                .shows("DeliveryWithAttempts"),
            Operation::post(format!("{delivery}/redeliver"), "redeliver", "Deliver once more")
                .shows("Delivery"),
        ],
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
