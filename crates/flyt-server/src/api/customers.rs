//! `/v1/customers`.

use super::{Call, by_external, by_id};
use crate::answer::{Answer, form, nothing, object};
use crate::body::Json;
use crate::openapi::schema::reference;
use crate::openapi::{Operation, parameter, paths, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use flyt_core::id::CustomerId;
use flyt_core::view;
use flyt_engine::{Target, Verb};
use serde_json::{Value, json};

const LIST: &str = "/v1/customers";

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
        .route("/customers", get(page).post(create))
        .route("/customers/{id}", one)
        .route(
            "/customers/{id}/erase",
            post(async |call: Call, id: Path<String>| delete(call, by_id(id)?).await),
        )
        .route(
            "/customers/{id}/export",
            get(async |call: Call, id: Path<String>, query: Query| export(call, by_id(id)?, query).await),
        )
        .route("/customers/by-external-id/{external_id}", external)
}

pub(super) fn operations() -> Vec<Operation> {
    let new = json!({"external_id": "C-7", "first_name": "Kari", "last_name": "Nordmann", "email": "kari@example.no",
        "phone": "900 00 001", "language": "nb", "tags": ["stamkunde"], "fields": {"hair": "long"},
        "consents": [{"channel": "email", "purpose": "marketing", "given_at": "2026-09-01T10:00:00Z", "source": "web"}]});
    let put = json!({"first_name": "Kari", "last_name": "Nordmann", "email": "kari@example.no"});
    let search = parameter::text("q", "Text in names, e-mail or phone.");
    let mut all = paths(
        "Customer",
        LIST,
        "customer",
        (
            &new,
            &put,
            &json!({"phone": "+4790000002", "fields": {"hair": null}}),
        ),
    );
    if let Some(list) = all.first_mut() {
        *list = list.clone().query([search].into_iter().chain(parameter::page()));
    }
    all.push(
        Operation::post("/v1/customers/{id}/erase", "eraseCustomer", "Erase a customer")
            .about("The same as deleting: what is known of the person is gone, the bookings stay.")
            .guarded()
            .done(),
    );
    all.push(
        Operation::get("/v1/customers/{id}/export", "exportCustomer", "Everything that is kept about a customer")
            .about("Themselves, their bookings with payments, messages and timelines, what they refused. The audit log tells of it.")
            .answers("application/json", reference("CustomerExport")),
    );
    tagged("Customers", all)
}

async fn page(call: Call, mut query: Query) -> Answer {
    let q = query.text("q");
    let page = query.page();
    query.close()?;
    Ok(page::answer(
        records::customers(&call.app, call.caller.business_no, q, page).await?,
    ))
}

async fn create(call: Call, Json(body): Json) -> Answer {
    write(call, Target::New, Verb::Create, body).await
}

async fn read(call: Call, target: Target<CustomerId>) -> Answer {
    let found = records::customer(&call.app, call.caller.business_no, target).await?;
    Ok(object(&found.ok_or_else(Problem::not_found)?))
}

async fn write(call: Call, target: Target<CustomerId>, verb: Verb, body: Value) -> Answer {
    let form = form(LIST, Vec::new());
    let terms = call.terms(&form);
    let done = call
        .app
        .engine()
        .write_customer(&call.caller, target, verb, body, terms)
        .await?;
    Ok(form(done.map(|customer| view::customer(&customer))).into_response())
}

/// Everything that is kept about a person.
async fn export(call: Call, target: Target<CustomerId>, query: Query) -> Answer {
    query.close()?;
    let all = call.app.engine().export_customer(&call.caller, target).await?;
    Ok(axum::Json(all).into_response())
}

/// Deleting a customer erases them.
async fn delete(call: Call, target: Target<CustomerId>) -> Answer {
    call.app
        .engine()
        .delete_customer(&call.caller, target, call.expect)
        .await?;
    Ok(nothing())
}
