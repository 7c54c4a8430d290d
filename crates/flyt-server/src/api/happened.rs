//! What happened and what will: `/v1/runs`, `/v1/messages`, `/v1/timers`, and the acts on a single step or timer.

use super::{Call, id};
use crate::answer::{Answer, nothing, object};
use crate::body::{Json, NoJson};
use crate::openapi::{Operation, parameter, tagged};
use crate::page::{self, Query};
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, patch, post};
use flyt_core::customer::Channel;
use flyt_core::instant::from_ms;
use flyt_core::state::{MessageState, RunState};
use flyt_engine::{Query as Wanted, Refusal};

/// Words of `channel`.
const CHANNELS: &[&str] = &["email", "sms", "webhook"];
/// What is said of acts on a step.
const NO_MESSAGE: &str = "A wait is no message: the answer is then 204.";

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

pub(super) fn operations() -> Vec<Operation> {
    let of = || {
        [
            parameter::id("workflow_id", "wfl"),
            parameter::id("booking_id", "bkg"),
        ]
    };
    let query = |more: Vec<serde_json::Value>| {
        let all = of().into_iter().chain(more).chain(parameter::span());
        all.chain(parameter::cursor()).collect::<Vec<_>>()
    };
    let runs = RunState::ALL.iter().map(|s| s.word()).collect::<Vec<_>>();
    let states = MessageState::ALL.iter().map(|s| s.word()).collect::<Vec<_>>();
    let run = parameter::word("state", "Only in this state.", &runs);
    let message = vec![
        parameter::id("customer_id", "cus"),
        parameter::word("channel", "Only by this channel.", CHANNELS),
        parameter::word("state", "Only in this state.", &states),
    ];
    let act = |name: &str, id: &'static str, about: &'static str| {
        Operation::post(format!("/v1/steps/{{id}}/{name}"), id, about)
            .about(NO_MESSAGE)
            .shows("Message")
            .done()
    };
    tagged(
        "What happened",
        vec![
            Operation::get("/v1/runs", "listRuns", "Runs, newest first")
                .query(query(vec![run]))
                .lists("Run"),
            Operation::get(
                "/v1/runs/{id}",
                "readRun",
                "One run with its steps and their attempts",
            )
            .shows("RunWithSteps"),
            Operation::get("/v1/messages", "listMessages", "Messages, newest first")
                .query(query(message))
                .lists("Message"),
            Operation::get(
                "/v1/messages/{id}",
                "readMessage",
                "One message with what went out",
            )
            .shows("Message"),
            Operation::get("/v1/timers", "listTimers", "Timers in the order they come due")
                .query(query(Vec::new()))
                .lists("Timer"),
            Operation::post("/v1/timers/{id}/skip", "skipTimer", "Withdraw a timer").done(),
            Operation::post("/v1/timers/{id}/send-now", "fireTimer", "Fire a timer now").done(),
            Operation::patch("/v1/steps/{id}", "editStep", "Move a waiting step")
                .takes("StepPatch", serde_json::json!({"due_at": "2026-10-24T09:00:00Z"}))
                .about(NO_MESSAGE)
                .shows("Message")
                .done(),
            act("retry", "retryStep", "Try a failed step again"),
            act("skip", "skipStep", "Skip a waiting step"),
            act("send-now", "sendStepNow", "Send a waiting step now"),
        ],
    )
}

/// What all three lists know; `channel` and `state` are taken where they mean something.
fn wanted(query: &mut Query) -> Wanted {
    Wanted {
        workflow_id: query.parsed("workflow_id", "the id of a workflow"),
        booking_id: query.parsed("booking_id", "the id of a booking"),
        customer_id: None,
        channel: None,
        state: None,
        from: query.instant("from").map(from_ms),
        to: query.instant("to").map(from_ms),
        limit: query.limit(),
        after: query.after(),
    }
}

async fn runs(call: Call, mut query: Query) -> Answer {
    let wanted = Wanted {
        state: query.text("state"),
        ..wanted(&mut query)
    };
    query.close()?;
    let page = call.app.engine().runs(&call.caller, wanted).await?;
    Ok(page::answer(page::of_engine(page)))
}

async fn run(call: Call, path: Path<String>) -> Answer {
    Ok(object(&call.app.engine().run(&call.caller, id(path)?).await?))
}

async fn messages(call: Call, mut query: Query) -> Answer {
    let wanted = Wanted {
        customer_id: query.parsed("customer_id", "the id of a customer"),
        channel: query
            .word("channel", CHANNELS, Channel::from_word)
            .map(|c| c.word().to_owned()),
        state: query.text("state"),
        ..wanted(&mut query)
    };
    query.close()?;
    let page = call.app.engine().messages(&call.caller, wanted).await?;
    Ok(page::answer(page::of_engine(page)))
}

async fn message(call: Call, path: Path<String>) -> Answer {
    Ok(object(&call.app.engine().message(&call.caller, id(path)?).await?))
}

async fn timers(call: Call, mut query: Query) -> Answer {
    let wanted = wanted(&mut query);
    query.close()?;
    let page = call.app.engine().timers(&call.caller, wanted).await?;
    Ok(page::answer(page::of_engine(page)))
}

async fn skip_timer(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app.engine().skip_timer(&call.caller, id(path)?).await?;
    Ok(nothing())
}
async fn send_timer_now(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app.engine().send_timer_now(&call.caller, id(path)?).await?;
    Ok(nothing())
}

/// What an act on a step answers: the message as it is now. A step that is none (a wait) has nothing to show.
async fn acted(call: Call, path: Path<String>) -> Answer {
    match call.app.engine().message(&call.caller, id(path)?).await {
        Ok(message) => Ok(object(&message)),
        Err(Refusal::NotFound) => Ok(nothing()),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn edit(call: Call, path: Path<String>, Json(body): Json) -> Answer {
    call.app
        .engine()
        .edit_step(&call.caller, id(Path(path.0.clone()))?, body)
        .await?;
    acted(call, path).await
}
async fn retry(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app
        .engine()
        .retry_step(&call.caller, id(Path(path.0.clone()))?)
        .await?;
    acted(call, path).await
}
async fn skip(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app
        .engine()
        .skip_step(&call.caller, id(Path(path.0.clone()))?)
        .await?;
    acted(call, path).await
}
async fn send_now(call: Call, path: Path<String>, _: NoJson) -> Answer {
    call.app
        .engine()
        .send_now(&call.caller, id(Path(path.0.clone()))?)
        .await?;
    acted(call, path).await
}
