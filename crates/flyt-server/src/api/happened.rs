//! What happened and what will: `/v1/runs`, `/v1/messages`, `/v1/timers`, and the acts on a single step or timer.

use super::{Call, id};
use crate::answer::{Answer, nothing, object};
use crate::body::{Json, NoJson};
use crate::page::{self, Query};
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, patch, post};
use flyt_core::customer::Channel;
use flyt_core::instant::from_ms;
use flyt_engine::Query as Wanted;

/// Words of `channel`.
const CHANNELS: &[&str] = &["email", "sms", "webhook"];

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

/// What all three lists know; `channel` and `state` are taken where they mean something.
fn wanted(query: &mut Query) -> Wanted {
    Wanted {
        workflow_id: query.parsed("workflow_id", "the id of a workflow"),
        booking_id: query.parsed("booking_id", "the id of a booking"),
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
