//! Around the business: audit log, counts, the test clock, and what needs no key: health and metrics.

use super::Call;
use crate::answer::{Answer, object};
use crate::auth::Operator;
use crate::body::Json;
use crate::openapi::{Operation, parameter, schema, tagged};
use crate::page::{self, Page, Query};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use flyt_core::instant::from_ms;
use flyt_core::invalid::{Faults, Fields};
use flyt_core::trigger::TriggerKind;
use flyt_core::variables;
use flyt_store::audit;
use jiff::Timestamp;
use serde_json::json;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/audit-log", get(audit_log))
        .route("/stats", get(stats))
        .route("/test-clock", get(clock).post(move_clock))
        .route("/variables", get(variables))
        .route("/preview", post(preview))
}

pub(super) fn operations() -> Vec<Operation> {
    let kinds: Vec<&str> = TriggerKind::ALL.iter().map(|k| k.word()).collect();
    let trigger = parameter::word(
        "trigger",
        "Only what a workflow with this trigger can name.",
        &kinds,
    );
    let action = json!({"type": "sms", "to": ["customer"], "content": {"nb": {"text": "Hei {{ customer.first_name }}!"}}});
    let json = "application/json";
    let text = || json!({"type": "string"});
    let audit = [
        ("actor", "Only by this one."),
        ("action", "Only this act."),
        ("object", "Only on this one."),
    ]
    .map(|(name, about)| parameter::text(name, about));
    let mut all = tagged(
        "Workflows",
        vec![
            Operation::get(
                "/v1/variables",
                "listVariables",
                "What texts and conditions can name",
            )
            .query([trigger])
            .answers(json, schema::data_of("Variable")),
            Operation::post("/v1/preview", "preview", "Render one action as it would go out")
                .takes(
                    "PreviewAsk",
                    json!({"action": action, "booking": {"external_id": "B-1001"}, "language": "nb"}),
                )
                .answers(json, schema::reference("Preview")),
        ],
    );
    all.extend(tagged(
        "Around",
        vec![
            Operation::get("/v1/audit-log", "readAuditLog", "Who did what")
                .query(audit.into_iter().chain(parameter::span()).chain(parameter::cursor()))
                .lists("AuditEntry"),
            Operation::get("/v1/stats", "readStats", "What went, what did not, what lies ahead")
                .about("By day within a span, the last week unless it is said.")
                .query(parameter::span())
                .shows("Stats"),
            Operation::get("/v1/test-clock", "readTestClock", "Where the test clock stands").platform().shows("Clock"),
            Operation::post("/v1/test-clock", "moveTestClock", "Move the test clock forward")
                .about("Everything due on the way is done in order, each at its own instant. The answer comes when work has settled.")
                .platform()
                .takes("ClockMove", json!({"now": "2026-10-01T00:00:00Z"}))
                .shows("Clock"),
            Operation::get("/health/live", "live", "Whether the process answers").open().answers(json, schema::reference("Health")),
            Operation::get("/health/ready", "ready", "Whether it can do its work")
                .about("503 with `reason` when it cannot.")
                .open()
                .answers(json, schema::reference("Health")),
            Operation::get("/metrics", "metrics", "Counts for Prometheus").open().answers("text/plain", text()),
        ],
    ));
    all
}

/// Routes outside `/v1`: no key, and nothing of any business in the answers.
pub(super) fn open_routes() -> Router<App> {
    Router::new()
        .route("/health/live", get(async || axum::Json(json!({"status": "ok"}))))
        .route("/health/ready", get(ready))
        .route("/metrics", get(super::metrics::metrics))
}

async fn audit_log(call: Call, mut query: Query) -> Answer {
    let filter = audit::Filter {
        actor: query.text("actor"),
        action: query.text("action"),
        object: query.text("object"),
        from: query.instant("from"),
        to: query.instant("to"),
    };
    let page = Page {
        cursor: query.text("cursor"),
        limit: query.limit(),
        external_id: None,
        updated_since: None,
    };
    query.close()?;
    Ok(page::answer(
        records::audit_log(&call.app, call.caller.business_no, filter, page).await?,
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
        Ok(()) => {
            let mut body = json!({"status": "ready"});
            // A held server is ready: it takes and plans everything, and lets nothing out.
            if let (Some(hold), Some(body)) = (app.engine().hold(), body.as_object_mut()) {
                body.insert("held".to_owned(), json!(hold));
            }
            axum::Json(body).into_response()
        }
        Err(what) => (
            StatusCode::SERVICE_UNAVAILABLE,
            axum::Json(json!({"status": "not_ready", "reason": what})),
        )
            .into_response(),
    }
}
