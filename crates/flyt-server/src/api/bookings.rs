//! `/v1/bookings`. What is read from a body is warned about here; what it means is the engine's.

use super::{Call, by_external, by_id, id};
use crate::answer::{Answer, form, nothing, object};
use crate::body::Json;
use crate::openapi::{Operation, parameter, paths, schema, tagged};
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
use serde_json::{Value, json};

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
        .route("/bookings/{id}/explain", get(explain))
        .route("/bookings/by-external-id/{external_id}", external)
}

pub(super) fn operations() -> Vec<Operation> {
    let new = json!({"external_id": "B-1001",
        "customer": {"external_id": "C-7", "first_name": "Kari", "last_name": "Nordmann", "email": "kari@example.no",
            "phone": "+4790000001", "language": "nb"},
        "service": {"external_id": "haircut", "name": "Dameklipp"}, "location": {"external_id": "oslo", "name": "Oslo"},
        "resource": {"external_id": "anne", "name": "Anne", "kind": "person"},
        "extras": [{"external_id": "wash", "name": "Vask", "quantity": 1}],
        "status": "approved", "start": "2026-10-25T10:00:00+01:00", "end": "2026-10-25T10:45:00+01:00", "language": "nb",
        "price": {"amount": 69000, "currency": "NOK"}, "answers": {"allergies": "none"}, "source": "customer"});
    let put = json!({"customer": {"external_id": "C-7"}, "service": {"external_id": "haircut"},
        "start": "2026-10-26T10:00:00+01:00", "end": "2026-10-26T10:45:00+01:00"});
    let filters = [
        parameter::text("status", "Only with this status."),
        parameter::id("customer_id", "cus"),
        parameter::id("service_id", "svc"),
        parameter::id("location_id", "loc"),
        parameter::id("resource_id", "rsc"),
        parameter::text("q", "Text in reference, names, e-mail or phone."),
    ];
    let mut all = paths(
        "Booking",
        LIST,
        "booking",
        (&new, &put, &json!({"start": "2026-10-25T12:00:00+01:00"})),
    );
    if let Some(list) = all.first_mut() {
        let query = parameter::span()
            .into_iter()
            .chain(filters)
            .chain(parameter::page());
        *list = list
            .clone()
            .about("By start; `from` and `to` are on the start.")
            .query(query);
    }
    all.push(
        Operation::get("/v1/bookings/{id}/timeline", "readTimeline", "What happened to a booking and what will")
            .about("In order: changes, messages, withdrawn and planned timers. It also answers for a deleted booking.")
            .answers("application/json", schema::data_of("TimelineEntry")),
    );
    all.push(
        Operation::get("/v1/bookings/{id}/explain", "explainBooking", "Why each workflow did or did not do something")
            .about("Every check of every workflow, or of the one asked for, with a sentence. It also answers for a deleted booking.")
            .query([parameter::id("workflow_id", "wfl")])
            .answers("application/json", schema::data_of("Explanation")),
    );
    tagged("Bookings", all)
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
    Ok(object(&json!({"data": lines})))
}

async fn explain(call: Call, booking: Path<String>, mut query: Query) -> Answer {
    let workflow = query.parsed("workflow_id", "the id of a workflow");
    query.close()?;
    let told = call
        .app
        .engine()
        .explain(&call.caller, id(booking)?, workflow)
        .await?;
    Ok(object(&json!({"data": told})))
}
