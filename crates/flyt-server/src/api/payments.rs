//! `/v1/payments`.

use super::{Call, by_external, by_id};
use crate::answer::{Answer, form, object};
use crate::body::Json;
use crate::openapi::{Operation, parameter, paths, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::routing::get;
use flyt_core::id::{BookingId, PaymentId};
use flyt_core::view;
use flyt_engine::{Target, Verb};
use serde_json::{Value, json};

const LIST: &str = "/v1/payments";

pub(super) fn routes() -> Router<App> {
    let one = get(async |call: Call, id: Path<String>| read(call, by_id(id)?).await).patch(
        async |call: Call, id: Path<String>, Json(body): Json| {
            write(call, by_id(id)?, Verb::Patch, body).await
        },
    );
    let external = get(async |call: Call, x: Path<String>| read(call, by_external(x)).await)
        .put(async |call: Call, x: Path<String>, Json(body): Json| {
            write(call, by_external(x), Verb::Put, body).await
        })
        .patch(async |call: Call, x: Path<String>, Json(body): Json| {
            write(call, by_external(x), Verb::Patch, body).await
        });
    Router::new()
        .route("/payments", get(page).post(create))
        .route("/payments/{id}", one)
        .route("/payments/by-external-id/{external_id}", external)
}

pub(super) fn operations() -> Vec<Operation> {
    let new = json!({"external_id": "P-1", "booking": {"external_id": "B-1001"}, "amount": 20000, "currency": "NOK",
        "method": "vipps", "status": "pending"});
    let put = json!({"booking": {"external_id": "B-1001"}, "method": "manual"});
    let mut all: Vec<Operation> = paths(
        "Payment",
        LIST,
        "payment",
        (&new, &put, &json!({"status": "completed"})),
    )
    .into_iter()
    .filter(|operation| !operation.deletes())
    .collect();
    if let Some(list) = all.first_mut() {
        let booking = parameter::id("booking_id", "bkg");
        *list = list.clone().query([booking].into_iter().chain(parameter::page()));
    }
    tagged("Payments", all)
}

async fn page(call: Call, mut query: Query) -> Answer {
    let booking = query.parsed::<BookingId>("booking_id", "the id of a booking");
    let page = query.page();
    query.close()?;
    Ok(page::answer(
        records::payments(&call.app, call.caller.business_no, booking, page).await?,
    ))
}

async fn create(call: Call, Json(body): Json) -> Answer {
    write(call, Target::New, Verb::Create, body).await
}

async fn read(call: Call, target: Target<PaymentId>) -> Answer {
    let found = records::payment(&call.app, call.caller.business_no, target).await?;
    Ok(object(&found.ok_or_else(Problem::not_found)?))
}

async fn write(call: Call, target: Target<PaymentId>, verb: Verb, body: Value) -> Answer {
    let form = form(LIST, Vec::new());
    let terms = call.terms(&form);
    let done = call
        .app
        .engine()
        .write_payment(&call.caller, target, verb, body, terms)
        .await?;
    Ok(form(done.map(|payment| view::payment(&payment))).into_response())
}
