//! Acts beside the objects: a test that is sent for real, failed deliveries tried again in bulk, suppressed addresses.

use super::Call;
use crate::answer::{Answer, nothing, object};
use crate::body::{Json, NoJson};
use crate::openapi::{Operation, parameter, schema, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::{delete, get, post};
use flyt_core::customer::Channel;
use flyt_engine::{Failed, Refusal, TOO_MANY_TESTS};
use serde_json::json;

/// Words of `channel` where people have addresses.
const CHANNELS: &[&str] = &["email", "sms"];
/// When to try again after too many tests, in seconds.
const LATER_S: u64 = 60;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/test-send", post(test_send))
        .route("/runs/retry", post(retry))
        .route("/suppressions", get(suppressions).post(suppress))
        .route("/suppressions/{id}", delete(release))
}

pub(super) fn operations() -> Vec<Operation> {
    let mail = json!({"type": "email", "to": ["customer"],
        "content": {"nb": {"subject": "Velkommen", "body": "<p>Hei {{ customer.first_name }}!</p>"}}});
    tagged(
        "What happened",
        vec![
            Operation::post("/v1/test-send", "testSend", "Send one action as a test")
                .about(
                    "It goes for real, marked as a test, to the address that is named; it leaves a row in the audit log and \
                     nothing else.",
                )
                .takes(
                    "TestSendAsk",
                    json!({"action": mail, "to": "ola@example.no", "booking": {"external_id": "B-1001"}, "language": "nb"}),
                )
                .answers("application/json", schema::reference("TestSent")),
            Operation::post("/v1/runs/retry", "retryFailed", "Try failed deliveries again")
                .about("Those that failed, or whose answer was lost, and that the filter names.")
                .takes("RetryAsk", json!({"channel": "webhook", "from": "2026-10-01T00:00:00Z"}))
                .answers("application/json", schema::reference("Retried")),
            Operation::get("/v1/suppressions", "listSuppressions", "Addresses that nothing is sent to")
                .query(
                    [parameter::word("channel", "Only by this channel.", CHANNELS)]
                        .into_iter()
                        .chain(parameter::cursor()),
                )
                .lists("Suppression"),
            Operation::post("/v1/suppressions", "createSuppression", "Suppress an address")
                .about("201 when it is new, 200 when it is there already.")
                .takes("SuppressionCreate", json!({"channel": "email", "address": "borte@example.no"}))
                .makes("Suppression")
                .shows("Suppression"),
            Operation::delete("/v1/suppressions/{id}", "deleteSuppression", "Let an address go"),
        ],
    )
}

async fn test_send(call: Call, Json(body): Json) -> Answer {
    match call.app.engine().test_send(&call.caller, body).await {
        Ok(told) => Ok(object(&told)),
        Err(Refusal::Conflict { code, detail, .. }) if code == TOO_MANY_TESTS => Err(Problem {
            retry_after_s: Some(LATER_S),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, code, detail)
        }),
        Err(other) => Err(other.into()),
    }
}

async fn retry(call: Call, Json(body): Json) -> Answer {
    let failed = Failed::read(&body)?;
    let count = call.app.engine().retry_failed(&call.caller, failed).await?;
    Ok(object(&json!({ "count": count })))
}

async fn suppressions(call: Call, mut query: Query) -> Answer {
    let channel = query.word("channel", CHANNELS, Channel::from_word);
    let (cursor, limit) = (query.text("cursor"), query.limit());
    query.close()?;
    let page = call
        .app
        .engine()
        .suppressions(&call.caller, channel, (cursor, limit))
        .await?;
    Ok(page::answer(page))
}

async fn suppress(call: Call, Json(body): Json) -> Answer {
    let done = call.app.engine().suppress(&call.caller, body).await?;
    if done.created {
        // The address may hold any sign: it is said as one segment.
        let id = done.value.get("id").and_then(serde_json::Value::as_str);
        let segment: String =
            url::form_urlencoded::byte_serialize(id.unwrap_or_default().as_bytes()).collect();
        let place = format!("/v1/suppressions/{}", segment.replace('+', "%20"));
        let headers = [(header::LOCATION, place)];
        return Ok((StatusCode::CREATED, headers, axum::Json(done.value)).into_response());
    }
    Ok(object(&done.value))
}

async fn release(call: Call, Path(id): Path<String>, _: NoJson) -> Answer {
    call.app.engine().release_address(&call.caller, id).await?;
    Ok(nothing())
}
