//! `/v1/channels`: what is in force on each channel, an SMS account of the business's own, and trying one out.

use super::Call;
use crate::answer::{Answer, nothing, object};
use crate::body::{self, Json};
use crate::page::Query;
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::routing::{get, post};
use flyt_engine::Verb;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/channels", get(all))
        .route("/channels/{id}", get(one).put(put).patch(patch).delete(remove))
        .route("/channels/{id}/test", post(test))
}

async fn all(call: Call, query: Query) -> Answer {
    query.close()?;
    let data = call.app.engine().channels(&call.caller).await?;
    Ok(object(&json!({"data": data, "next_cursor": null})))
}

async fn one(call: Call, Path(id): Path<String>) -> Answer {
    Ok(object(&call.app.engine().channel(&call.caller, &id).await?))
}

async fn put(call: Call, Path(id): Path<String>, Json(body): Json) -> Answer {
    write(call, &id, Verb::Put, body).await
}
async fn patch(call: Call, Path(id): Path<String>, Json(body): Json) -> Answer {
    write(call, &id, Verb::Patch, body).await
}
async fn write(call: Call, id: &str, verb: Verb, body: Value) -> Answer {
    only_sms(id)?;
    let done = call.app.engine().write_sms(&call.caller, verb, body, call.expect);
    Ok(object(&done.await?))
}

async fn remove(call: Call, Path(id): Path<String>) -> Answer {
    only_sms(&id)?;
    call.app.engine().remove_sms(&call.caller).await?;
    Ok(nothing())
}

async fn test(call: Call, Path(id): Path<String>, request: Request) -> Answer {
    let (_, bytes) = body::whole(request).await?;
    let body = if bytes.is_empty() {
        json!({})
    } else {
        body::parse(&bytes)?
    };
    Ok(object(
        &call.app.engine().test_channel(&call.caller, &id, &body).await?,
    ))
}

fn only_sms(id: &str) -> Result<(), Problem> {
    match id {
        "sms" => Ok(()),
        "email" | "webhook" => {
            let detail = "E-mail leaves through the operator's relay and webhooks straight to their addresses; only SMS has an \
                          account of the business's own.";
            Err(Problem::new(StatusCode::CONFLICT, "no_own_account", detail))
        }
        _ => Err(Problem::not_found()),
    }
}
