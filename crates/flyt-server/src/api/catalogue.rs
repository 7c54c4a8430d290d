//! `/v1/locations`, `/v1/resources`, `/v1/services`, `/v1/extras`, `/v1/statuses`: five kinds, one life.

use super::Call;
use crate::answer::{Answer, form, nothing, object};
use crate::body::Json;
use crate::openapi::{Operation, paths, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::routing::get;
use flyt_core::catalogue::Kind;
use flyt_core::id::{ExtraId, LocationId, ResourceId, ServiceId, StatusId};
use flyt_engine::{Target, Verb};
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    let kinds = [
        (Kind::Location, "/v1/locations"),
        (Kind::Resource, "/v1/resources"),
        (Kind::Service, "/v1/services"),
        (Kind::Extra, "/v1/extras"),
        (Kind::Status, "/v1/statuses"),
    ];
    kinds
        .into_iter()
        .fold(Router::new(), |router, (kind, list)| router.merge(of(kind, list)))
}

pub(super) fn operations() -> Vec<Operation> {
    let rows = [
        (
            "Location",
            "/v1/locations",
            "location",
            json!({"external_id": "oslo", "name": "Oslo", "address": "Storgata 1, 0155 Oslo",
            "phone": "+4722000000", "email": "oslo@example.no", "time_zone": "Europe/Oslo"}),
            json!({"address": "Storgata 2, 0155 Oslo"}),
        ),
        (
            "Resource",
            "/v1/resources",
            "resource",
            json!({"external_id": "anne", "name": "Anne", "kind": "person",
            "email": "anne@example.no"}),
            json!({"email": null}),
        ),
        (
            "Service",
            "/v1/services",
            "service",
            json!({"external_id": "haircut", "name": "Dameklipp", "names": {"en": "Haircut"},
            "category": "Hår", "duration_minutes": 45, "price": {"amount": 69000, "currency": "NOK"}}),
            json!({"duration_minutes": 60}),
        ),
        (
            "Extra",
            "/v1/extras",
            "extra",
            json!({"external_id": "wash", "name": "Vask", "names": {"en": "Wash"},
            "price": {"amount": 9000, "currency": "NOK"}}),
            json!({"price": {"amount": 9900, "currency": "NOK"}}),
        ),
        (
            "Status",
            "/v1/statuses",
            "status",
            json!({"external_id": "here", "key": "here", "labels": {"nb": "Møtt", "en": "Arrived"},
            "kind": "active", "colour": "#0369A1", "position": 3}),
            json!({"colour": "#0E7490"}),
        ),
    ];
    let mut all = Vec::new();
    for (kind, list, word, new, patch) in rows {
        let mut put = new.clone();
        if let Some(map) = put.as_object_mut() {
            map.remove("external_id");
        }
        all.extend(paths(kind, list, word, (&new, &put, &patch)));
    }
    tagged("Catalogue", all)
}

fn of(kind: Kind, list: &'static str) -> Router<App> {
    let path = list.trim_start_matches("/v1");
    let all = get(move |call: Call, query: Query| page(kind, call, query)).post(
        async move |call: Call, Json(body): Json| {
            write(kind, list, call, Target::New, Verb::Create, body).await
        },
    );
    let one = get(async move |call: Call, id: Path<String>| read(kind, call, by_id(kind, id)?).await)
        .patch(async move |call: Call, id: Path<String>, Json(body): Json| {
            write(kind, list, call, by_id(kind, id)?, Verb::Patch, body).await
        })
        .delete(async move |call: Call, id: Path<String>| archive(kind, call, by_id(kind, id)?).await);
    let external =
        get(async move |call: Call, x: Path<String>| read(kind, call, super::by_external(x)).await)
            .put(async move |call: Call, x: Path<String>, Json(body): Json| {
                write(kind, list, call, super::by_external(x), Verb::Put, body).await
            })
            .patch(async move |call: Call, x: Path<String>, Json(body): Json| {
                write(kind, list, call, super::by_external(x), Verb::Patch, body).await
            })
            .delete(async move |call: Call, x: Path<String>| {
                archive(kind, call, super::by_external(x)).await
            });
    Router::new()
        .route(path, all)
        .route(&format!("{path}/{{id}}"), one)
        .route(&format!("{path}/by-external-id/{{external_id}}"), external)
}

async fn page(kind: Kind, call: Call, mut query: Query) -> Answer {
    let page = query.page();
    query.close()?;
    Ok(page::answer(
        records::entries(&call.app, call.caller.business_no, kind, page).await?,
    ))
}

async fn read(kind: Kind, call: Call, target: Target<i64>) -> Answer {
    let found = records::entry(&call.app, call.caller.business_no, kind, target).await?;
    Ok(object(&found.ok_or_else(Problem::not_found)?))
}

async fn write(
    kind: Kind,
    list: &'static str,
    call: Call,
    target: Target<i64>,
    verb: Verb,
    body: Value,
) -> Answer {
    let form = form(list, Vec::new());
    let terms = call.terms(&form);
    let done = call
        .app
        .engine()
        .write_entry(&call.caller, kind, target, verb, body, terms)
        .await?;
    Ok(form(done).into_response())
}

async fn archive(kind: Kind, call: Call, target: Target<i64>) -> Answer {
    call.app
        .engine()
        .archive_entry(&call.caller, kind, target, call.expect)
        .await?;
    Ok(nothing())
}

fn by_id(kind: Kind, Path(id): Path<String>) -> Result<Target<i64>, Problem> {
    let number = match kind {
        Kind::Location => id.parse::<LocationId>().map(|i| i.0),
        Kind::Resource => id.parse::<ResourceId>().map(|i| i.0),
        Kind::Service => id.parse::<ServiceId>().map(|i| i.0),
        Kind::Extra => id.parse::<ExtraId>().map(|i| i.0),
        Kind::Status => id.parse::<StatusId>().map(|i| i.0),
    };
    number.map(Target::Id).map_err(|_| Problem::not_found())
}
