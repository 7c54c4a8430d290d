//! `/v1/bookings`. What is read from a body is warned about here; what it means is the engine's.

use super::{Call, by_external, by_id, id};
use crate::answer::{Answer, form, nothing, object};
use crate::body::Json;
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::records::{self, BookingFilter};
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use flyt_core::booking_body::BookingBody;
use flyt_core::id::BookingId;
use flyt_core::invalid::Faults;
use flyt_core::view;
use flyt_engine::{Target, Verb};
use serde_json::Value;

const LIST: &str = "/v1/bookings";

pub(super) fn routes() -> Router<App> {
    let one = get(async |call: Call, id: Path<String>| read(call, by_id(id)?).await)
        .patch(async |call: Call, id: Path<String>, Json(body): Json| {
            write(call, by_id(id)?, Verb::Patch, body).await
        })
        .delete(async |call: Call, id: Path<String>| delete(call, by_id(id)?).await);
    let external = get(async |call: Call, x: Path<String>| read(call, by_external(x)).await)
        .put(async |call: Call, x: Path<String>, Json(body): Json| {
            write(call, by_external(x), Verb::Put, body).await
        })
        .patch(async |call: Call, x: Path<String>, Json(body): Json| {
            write(call, by_external(x), Verb::Patch, body).await
        })
        .delete(async |call: Call, x: Path<String>| delete(call, by_external(x)).await);
    Router::new()
        .route("/bookings", get(page).post(create))
        .route("/bookings/bulk", post(super::bulk::bulk))
        .route("/bookings/{id}", one)
        .route("/bookings/{id}/timeline", get(timeline))
        .route("/bookings/by-external-id/{external_id}", external)
}

async fn page(call: Call, mut query: Query) -> Answer {
    let filter = BookingFilter {
        from: query.instant("from"),
        to: query.instant("to"),
        status: query.text("status"),
        customer: query.parsed("customer_id", "the id of a customer"),
        service: query.parsed("service_id", "the id of a service"),
        location: query.parsed("location_id", "the id of a location"),
        resource: query.parsed("resource_id", "the id of a resource"),
        q: query.text("q"),
    };
    let page = query.page();
    query.close()?;
    Ok(page::answer(
        records::bookings(&call.app, call.caller.business_no, filter, page).await?,
    ))
}

async fn create(call: Call, Json(body): Json) -> Answer {
    write(call, Target::New, Verb::Create, body).await
}

async fn read(call: Call, target: Target<BookingId>) -> Answer {
    let found = records::booking(&call.app, call.caller.business_no, target).await?;
    Ok(object(&found.ok_or_else(Problem::not_found)?))
}

async fn write(call: Call, target: Target<BookingId>, verb: Verb, body: Value) -> Answer {
    let country = records::country(&call.app, call.caller.business_no).await?;
    let mut faults = Faults {
        lenient: true,
        ..Faults::default()
    };
    let read = BookingBody::read(&body, &country, &mut faults);
    let form = form(LIST, std::mem::take(&mut faults.warnings));
    let body = faults.finish(read).map_err(Problem::invalid)?;
    let terms = call.terms(&form);
    let done = call
        .app
        .engine()
        .write_booking(&call.caller, target, verb, body, terms)
        .await?;
    Ok(form(done.map(|facts| view::facts(&facts))).into_response())
}

async fn delete(call: Call, target: Target<BookingId>) -> Answer {
    call.app
        .engine()
        .delete_booking(&call.caller, target, call.expect)
        .await?;
    Ok(nothing())
}

async fn timeline(call: Call, booking: Path<String>, query: Query) -> Answer {
    query.close()?;
    let lines = call.app.engine().timeline(&call.caller, id(booking)?).await?;
    Ok(object(&serde_json::json!({"data": lines})))
}
