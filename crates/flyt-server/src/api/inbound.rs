//! `/v1/inbound/{adapter}/{token}`, which other systems call without a key, and `/v1/inbound-sources`, where a business says
//! which systems those are.

use super::{Call, id};
use crate::answer::{Answer, form, nothing, object};
use crate::body::{self, Json, NoJson};
use crate::openapi::{Operation, parameter, schema, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use flyt_core::id::SourceId;
use flyt_core::inbound::{Adapter, MOST_BYTES, Unreadable};
use flyt_core::invalid::{Faults, Fields};
use flyt_engine::{Incoming, NotTaken, SourceBody};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LIST: &str = "/v1/inbound-sources";

pub(super) fn routes() -> Router<App> {
    let one = get(read).patch(patch).delete(delete);
    Router::new()
        .route("/inbound-sources", get(page).post(create))
        .route("/inbound-sources/{id}", one)
        .route("/inbound-sources/{id}/token", post(renew))
        .route("/inbound-sources/{id}/try", post(attempt))
        .route("/inbound-sources/{id}/deliveries", get(deliveries))
}
/// The route without a key: the token in its path is the key.
pub(super) fn open_routes() -> Router<App> {
    Router::new().route("/v1/inbound/{adapter}/{token}", post(take))
}

pub(super) fn operations() -> Vec<Operation> {
    let delivery = json!({"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-10-01T00:00:00.000Z", "payload": {
        "uid": "a1b2c3", "type": "dameklipp", "title": "Dameklipp", "startTime": "2026-10-27T10:00:00Z",
        "endTime": "2026-10-27T10:45:00Z",
        "organizer": {"id": 7, "name": "Anne", "email": "anne@example.no", "timeZone": "Europe/Oslo"},
        "attendees": [{"name": "Kari Nordmann", "email": "kari@example.no", "timeZone": "Europe/Oslo",
            "language": {"locale": "no"}}]}});
    let new =
        json!({"adapter": "calcom", "name": "Cal.com", "settings": {"statuses": {"accepted": "approved"}}});
    let one = || format!("{LIST}/{{id}}");
    let answers = |operation: Operation, name| operation.answers("application/json", schema::reference(name));
    let take = Operation::post("/v1/inbound/{adapter}/{token}", "takeDelivery", "What other booking systems post to us")
        .about(
            "The whole address is shown when the source is made. With a `secret` the delivery must be signed as that system \
             signs. The same delivery twice is answered as the first time.",
        )
        .open()
        .takes("InboundBody", delivery.clone());
    let attempt = Operation::post(format!("{}/try", one()), "tryDelivery", "Try a sample out")
        .about("Says what the delivery would write, and writes nothing.")
        .takes("InboundTryAsk", json!({"body": delivery}));
    tagged(
        "Other systems",
        vec![
            Operation::get(LIST, "listInboundSources", "Systems that bookings come from")
                .query(parameter::cursor())
                .lists("InboundSource"),
            Operation::post(LIST, "createInboundSource", "Take bookings from another system")
                .about("The address for the other system is shown this once.")
                .takes("InboundSourceCreate", new)
                .makes("NewInboundSource"),
            Operation::get(one(), "readInboundSource", "Read a source").shows("InboundSource"),
            Operation::patch(one(), "changeInboundSource", "Change a source")
                .takes(
                    "InboundSourcePatch",
                    json!({"name": "Cal.com i Oslo", "settings": {"time_zone": "Europe/Oslo"}}),
                )
                .guarded()
                .shows("InboundSource"),
            Operation::delete(one(), "deleteInboundSource", "Take a source out of use").guarded(),
            answers(take, "InboundTaken"),
            Operation::get(
                format!("{}/deliveries", one()),
                "listInboundDeliveries",
                "What a source delivered",
            )
            .about("Newest first, with what became of each.")
            .query(parameter::cursor())
            .lists("InboundDelivery"),
            answers(attempt, "InboundTry"),
            Operation::post(
                format!("{}/token", one()),
                "renewInboundToken",
                "Give a source another address",
            )
            .about("The old one is dead at once.")
            .shows("NewInboundSource"),
        ],
    )
}

async fn take(
    State(app): State<App>,
    Path((adapter, token)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let path = request.uri().path().to_owned();
    let (headers, bytes) = body::whole(request).await?;
    if bytes.len() > MOST_BYTES {
        let detail = format!("A delivery may have {} kB.", MOST_BYTES / 1024);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
    }
    let adapter = Adapter::from_word(&adapter).ok_or_else(Problem::not_found)?;
    let incoming = Incoming {
        adapter,
        token,
        urls: urls(&headers, &path),
        headers: named(&headers),
        body: bytes.to_vec(),
    };
    let taken = app.engine().take_in(incoming).await.map_err(problem)?;
    Ok(object(&json!({
        "id": taken.id, "verdict": taken.verdict, "event": taken.event, "booking_id": taken.booking_id,
        "detail": taken.detail, "replayed": taken.replayed,
    })))
}

fn problem(not: NotTaken) -> Problem {
    match not {
        NotTaken::Unknown => Problem::not_found(),
        NotTaken::Unverified(why) => Problem::new(
            StatusCode::UNAUTHORIZED,
            "bad_signature",
            format!("Not taken: {why}."),
        ),
        NotTaken::Unreadable(Unreadable::Malformed(what)) => {
            Problem::malformed("unreadable_delivery", format!("Not taken: {what}."))
        }
        NotTaken::Unreadable(Unreadable::Incomplete(what)) => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "incomplete_delivery",
            format!("Not taken: {what}."),
        ),
        NotTaken::Refused(refusal) => refusal.into(),
    }
}

fn named(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    headers.iter().map(pair).collect()
}
/// Under which URLs the sender may have called: a proxy may have changed host and scheme.
fn urls(headers: &HeaderMap, path: &str) -> Vec<String> {
    let get = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let hosts = [get("x-forwarded-host"), get("host")];
    let with = |host: &str| ["https", "http"].map(|scheme| format!("{scheme}://{host}{path}"));
    hosts.into_iter().flatten().flat_map(with).collect()
}

async fn page(call: Call, mut query: Query) -> Answer {
    let (cursor, limit) = (query.text("cursor"), query.limit());
    query.close()?;
    Ok(page::answer(
        call.app.engine().sources(&call.caller, limit, cursor).await?,
    ))
}
async fn read(call: Call, path: Path<String>) -> Answer {
    Ok(object(
        &call
            .app
            .engine()
            .source_shown(&call.caller, source(path)?)
            .await?,
    ))
}
async fn delete(call: Call, path: Path<String>) -> Answer {
    call.app
        .engine()
        .delete_source(&call.caller, source(path)?, call.expect)
        .await?;
    Ok(nothing())
}
async fn patch(call: Call, path: Path<String>, Json(body): Json) -> Answer {
    let body = said(&body, false)?;
    let done = call
        .app
        .engine()
        .write_source(&call.caller, source(path)?, body, call.expect)
        .await?;
    Ok(form(LIST, Vec::new())(done).into_response())
}

async fn create(call: Call, headers: HeaderMap, Json(body): Json) -> Answer {
    let body = said(&body, true)?;
    let made = call.app.engine().create_source(&call.caller, body).await?;
    Ok(with_token(&headers, made, StatusCode::CREATED))
}
async fn renew(call: Call, path: Path<String>, headers: HeaderMap, _: NoJson) -> Answer {
    let made = call
        .app
        .engine()
        .renew_source_token(&call.caller, source(path)?)
        .await?;
    Ok(with_token(&headers, made, StatusCode::OK))
}
/// The only time that the URL is shown.
fn with_token(headers: &HeaderMap, (mut source, token): (Value, String), status: StatusCode) -> Response {
    let adapter = source.get("adapter").and_then(Value::as_str).unwrap_or_default();
    let path = format!("/v1/inbound/{adapter}/{token}");
    let get = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let host = get("x-forwarded-host").or_else(|| get("host"));
    let scheme = get("x-forwarded-proto").unwrap_or("http");
    let url = host.map(|host| format!("{scheme}://{host}{path}"));
    if let Some(map) = source.as_object_mut() {
        map.insert("token".to_owned(), json!(token));
        map.insert("path".to_owned(), json!(path));
        map.insert("url".to_owned(), json!(url.unwrap_or(path)));
    }
    let mut answer = object(&source);
    *answer.status_mut() = status;
    let place = source
        .get("id")
        .and_then(Value::as_str)
        .map(|id| format!("{LIST}/{id}"));
    if let Some(place) = place.and_then(|p| header::HeaderValue::from_str(&p).ok()) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    answer
}

/// A pasted sample: what would be written. `body` is the JSON itself or the text as it came.
async fn attempt(call: Call, path: Path<String>, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let sample = fields.raw("body").filter(|b| !b.is_null()).cloned();
    let headers = fields
        .optional::<BTreeMap<String, String>>("headers", &mut faults)
        .unwrap_or_default();
    if sample.is_none() {
        faults.error("/body", "required", "`body` is required: the delivery as it came");
    }
    fields.close(&mut faults);
    let sample = faults.finish(sample).map_err(Problem::invalid)?;
    let bytes = match sample {
        Value::String(text) => text.into_bytes(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other.to_string().into_bytes()
        }
    };
    let headers = headers.into_iter().map(|(n, v)| (n.to_lowercase(), v)).collect();
    let tried = call
        .app
        .engine()
        .try_delivery(&call.caller, source(path)?, headers, bytes)
        .await?;
    Ok(object(&tried.shown))
}

async fn deliveries(call: Call, path: Path<String>, mut query: Query) -> Answer {
    let (cursor, limit) = (query.text("cursor"), query.limit());
    query.close()?;
    let id = source(path)?;
    Ok(page::answer(
        call.app
            .engine()
            .source_deliveries(&call.caller, id, limit, cursor)
            .await?,
    ))
}

fn source(path: Path<String>) -> Result<SourceId, Problem> {
    id(path)
}
fn said(body: &Value, new: bool) -> Result<SourceBody, Problem> {
    let mut faults = Faults::default();
    let read = SourceBody::read(body, new, &mut faults);
    faults.finish(Some(read)).map_err(Problem::invalid)
}
