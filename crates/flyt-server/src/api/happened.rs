//! What happened and what will: `/v1/runs`, `/v1/messages`, `/v1/timers`, and the acts on a single step or timer.

use super::{Call, id};
use crate::answer::{Answer, nothing, object};
use crate::body::{Json, NoJson};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, patch, post};
use flyt_core::id::{RunId, StepId};
use flyt_engine::{MessageQuery, RunQuery, TimerQuery};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/runs", get(runs))
        .route("/runs/{id}", get(run))
        .route("/messages", get(messages))
        .route("/messages/{id}", get(message))
        .route("/timers", get(timers))
        .route("/timers/{id}/skip", post(skip_timer))
        .route("/timers/{id}/send-now", post(send_timer_now))
        .route("/steps/{id}", patch(edit))
        .route("/steps/{id}/retry", post(retry))
        .route("/steps/{id}/skip", post(skip))
        .route("/steps/{id}/send-now", post(send_now))
}

async fn runs(call: Call, mut query: Query) -> Answer {
    let wanted = RunQuery {
        workflow: query.parsed("workflow_id", "the id of a workflow"),
        booking: query.parsed("booking_id", "the id of a booking"),
        state: query.text("state"),
        from: query.instant("from"),
        to: query.instant("to"),
        cursor: query.text("cursor"),
        limit: query.limit(),
    };
    query.close()?;
    let listed = call.app.engine().runs(&call.caller, wanted).await?;
    Ok(page::answer(listed))
}

async fn run(call: Call, path: Path<String>) -> Answer {
    let found = call.app.engine().run(&call.caller, id::<RunId>(path)?).await?;
    Ok(object(&found.ok_or_else(Problem::not_found)?))
}

async fn messages(call: Call, mut query: Query) -> Answer {
    let wanted = MessageQuery {
        workflow: query.parsed("workflow_id", "the id of a workflow"),
        booking: query.parsed("booking_id", "the id of a booking"),
        channel: query.text("channel"),
        state: query.text("state"),
        from: query.instant("from"),
        to: query.instant("to"),
        cursor: query.text("cursor"),
        limit: query.limit(),
    };
    query.close()?;
    let listed = call.app.engine().messages(&call.caller, wanted).await?;
    Ok(page::answer(listed))
}

async fn message(call: Call, path: Path<String>) -> Answer {
    let found = call
        .app
        .engine()
        .message(&call.caller, id::<StepId>(path)?)
        .await?;
    Ok(object(&found.ok_or_else(Problem::not_found)?))
}

async fn timers(call: Call, mut query: Query) -> Answer {
    let wanted = TimerQuery {
        workflow: query.parsed("workflow_id", "the id of a workflow"),
        booking: query.parsed("booking_id", "the id of a booking"),
        from: query.instant("from"),
        to: query.instant("to"),
        cursor: query.text("cursor"),
        limit: query.limit(),
    };
    query.close()?;
    let listed = call.app.engine().timers(&call.caller, wanted).await?;
    Ok(page::answer(listed))
}

async fn skip_timer(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app.engine().skip_timer(&call.caller, id(path)?).await?;
    Ok(nothing())
}
async fn send_timer_now(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app.engine().fire_timer_now(&call.caller, id(path)?).await?;
    Ok(nothing())
}

async fn edit(call: Call, path: Path<String>, Json(body): Json) -> Answer {
    call.app
        .engine()
        .edit_step(&call.caller, id(Path(path.0.clone()))?, body)
        .await?;
    message(call, path).await
}
async fn retry(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app
        .engine()
        .retry_step(&call.caller, id(Path(path.0.clone()))?)
        .await?;
    message(call, path).await
}
async fn skip(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app
        .engine()
        .skip_step(&call.caller, id(Path(path.0.clone()))?)
        .await?;
    message(call, path).await
}
async fn send_now(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app
        .engine()
        .send_now(&call.caller, id(Path(path.0.clone()))?)
        .await?;
    message(call, path).await
}
