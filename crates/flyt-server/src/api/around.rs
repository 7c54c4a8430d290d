//! Around the business: audit log, counts, the test clock, and what needs no key: health and metrics.

use super::Call;
use crate::answer::{Answer, object};
use crate::auth::Operator;
use crate::body::Json;
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use flyt_core::instant::from_ms;
use flyt_core::invalid::{Faults, Fields};
use flyt_core::trigger::TriggerKind;
use flyt_core::variables;
use jiff::Timestamp;
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/audit-log", get(audit_log))
        .route("/stats", get(stats))
        .route("/test-clock", get(clock).post(move_clock))
        .route("/variables", get(variables))
        .route("/preview", post(preview))
}

/// Routes outside `/v1`: no key, and nothing of any business in the answers.
pub(super) fn open_routes() -> Router<App> {
    Router::new()
        .route("/health/live", get(async || axum::Json(json!({"status": "ok"}))))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
}

async fn audit_log(call: Call, mut query: Query) -> Answer {
    let page = query.page();
    query.close()?;
    Ok(page::answer(
        records::audit_log(&call.app, call.caller.business_no, page).await?,
    ))
}

/// Counts; `from` and `to` bound what is told by day, a week by default.
async fn stats(call: Call, mut query: Query) -> Answer {
    let (from, to) = (
        query.instant("from").map(from_ms),
        query.instant("to").map(from_ms),
    );
    query.close()?;
    Ok(object(&call.app.engine().stats(&call.caller, (from, to)).await?))
}

/// What texts and conditions can name; `?trigger=` leaves out what that trigger cannot supply.
async fn variables(_: Call, mut query: Query) -> Answer {
    let trigger = query.text("trigger");
    query.close()?;
    let kind = match trigger.as_deref() {
        None => None,
        Some(word) => Some(TriggerKind::from_word(word).ok_or_else(|| unknown_trigger(word))?),
    };
    let of_texts = variables::all().iter().map(|v| (v, false));
    let of_conditions = variables::condition_only().iter().map(|v| (v, true));
    let data: Vec<serde_json::Value> = of_texts
        .chain(of_conditions)
        .filter(|(v, _)| kind.is_none_or(|k| v.available(k)))
        .map(|(v, only_conditions)| {
            json!({
                "name": v.name, "type": v.kind.word(), "may_be_empty": v.may_be_empty, "sample": v.sample,
                "label": { "nb": v.nb, "en": v.en }, "group": v.group(), "only_conditions": only_conditions,
            })
        })
        .collect();
    Ok(object(&json!({ "data": data })))
}

fn unknown_trigger(word: &str) -> Problem {
    let mut faults = Faults::default();
    faults.unknown(
        "/trigger",
        "unknown_value",
        word,
        TriggerKind::ALL.iter().map(|k| k.word()),
    );
    Problem::invalid(faults.errors)
}

async fn preview(call: Call, Json(body): Json) -> Answer {
    Ok(object(&call.app.engine().preview(&call.caller, body).await?))
}

async fn clock(State(app): State<App>, _: Operator) -> Answer {
    let now = app.engine().test_clock().ok_or_else(no_test_clock)?;
    Ok(object(&json!({"now": now.to_string()})))
}

async fn move_clock(State(app): State<App>, _: Operator, Json(body): Json) -> Answer {
    app.engine().test_clock().ok_or_else(no_test_clock)?;
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let to = fields.required::<Timestamp>("now", &mut faults);
    fields.close(&mut faults);
    let to = faults.finish(to).map_err(Problem::invalid)?;
    let now = app.engine().move_clock(to).await?;
    Ok(object(&json!({"now": now.to_string()})))
}

fn no_test_clock() -> Problem {
    let detail = "This server runs on real time; `flyt serve --test-clock` runs one that is moved by hand.";
    Problem::new(StatusCode::CONFLICT, "no_test_clock", detail)
}

async fn ready(State(app): State<App>) -> Response {
    match app.engine().ready().await {
        Ok(()) => axum::Json(json!({"status": "ready"})).into_response(),
        Err(what) => (
            StatusCode::SERVICE_UNAVAILABLE,
            axum::Json(json!({"status": "not_ready", "reason": what})),
        )
            .into_response(),
    }
}

/// The text format of Prometheus. No label names a business.
async fn metrics(State(app): State<App>) -> Response {
    let mut text = String::from("# TYPE flyt_http_responses_total counter\n");
    for (class, count) in app.counts().by_class() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "flyt_http_responses_total{{class=\"{class}xx\"}} {count}");
    }
    let up = i32::from(app.engine().ready().await.is_ok());
    let _ = write!(text, "# TYPE flyt_ready gauge\nflyt_ready {up}\n");
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
