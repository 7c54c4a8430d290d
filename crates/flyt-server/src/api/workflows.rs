//! `/v1/workflows` with versions and checks, `/v1/variables`, `/v1/preview`.

use super::{Call, by_external, by_id};
use crate::answer::{Answer, nothing, object, written};
use crate::body::{Json, NoJson};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use flyt_core::id::WorkflowId;
use flyt_core::trigger::TriggerKind;
use flyt_engine::{Target, Verb};
use serde_json::{Value, json};

const LIST: &str = "/v1/workflows";

pub(super) fn routes() -> Router<App> {
    let one = get(async |call: Call, id: Path<String>| read(call, by_id(id)?).await)
        .put(async |call: Call, id: Path<String>, Json(body): Json| {
            write(call, by_id(id)?, Verb::Put, body).await
        })
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
        .route("/workflows", get(page).post(create))
        .route("/workflows/check", post(check))
        .route("/workflows/{id}", one)
        .route("/workflows/{id}/versions", get(versions))
        .route("/workflows/{id}/versions/{version}", get(version))
        .route("/workflows/{id}/versions/{version}/restore", post(restore))
        .route("/workflows/by-external-id/{external_id}", external)
        .route("/variables", get(variables))
        .route("/preview", post(preview))
}

async fn page(call: Call, mut query: Query) -> Answer {
    let page = query.page();
    query.close()?;
    Ok(page::answer(
        call.app
            .engine()
            .workflows(&call.caller, page.of_engine())
            .await?,
    ))
}

async fn create(call: Call, Json(body): Json) -> Answer {
    write(call, Target::New, Verb::Create, body).await
}

async fn read(call: Call, target: Target<WorkflowId>) -> Answer {
    let found = call.app.engine().workflow(&call.caller, target).await?;
    Ok(object(&found.ok_or_else(Problem::not_found)?))
}

async fn write(call: Call, target: Target<WorkflowId>, verb: Verb, body: Value) -> Answer {
    let done = call
        .app
        .engine()
        .write_workflow(&call.caller, target, verb, body, call.expect)
        .await?;
    Ok(written(LIST, done))
}

async fn delete(call: Call, target: Target<WorkflowId>) -> Answer {
    call.app
        .engine()
        .delete_workflow(&call.caller, target, call.expect)
        .await?;
    Ok(nothing())
}

async fn check(call: Call, Json(body): Json) -> Answer {
    Ok(object(
        &call.app.engine().check_workflow(&call.caller, body).await?,
    ))
}

async fn versions(call: Call, id: Path<String>, mut query: Query) -> Answer {
    let page = query.page();
    query.close()?;
    let listed = call
        .app
        .engine()
        .versions(&call.caller, super::id(id)?, page.of_engine())
        .await?;
    Ok(page::answer(listed))
}

async fn version(call: Call, path: Path<(String, String)>) -> Answer {
    let (id, version) = numbered(path)?;
    let found = call.app.engine().version(&call.caller, id, version).await?;
    Ok(object(&found.ok_or_else(Problem::not_found)?))
}

async fn restore(call: Call, path: Path<(String, String)>, _: NoJson) -> Answer {
    let (id, version) = numbered(path)?;
    let done = call
        .app
        .engine()
        .restore_version(&call.caller, id, version)
        .await?;
    Ok(written(LIST, done))
}

fn numbered(Path((id, version)): Path<(String, String)>) -> Result<(WorkflowId, i64), Problem> {
    let version = version.parse().map_err(|_| Problem::not_found())?;
    Ok((id.parse().map_err(|_| Problem::not_found())?, version))
}

async fn variables(_: Call, mut query: Query) -> Answer {
    let known: Vec<&'static str> = TriggerKind::ALL.iter().map(|k| k.word()).collect();
    let trigger = query.word("trigger", &known, TriggerKind::from_word);
    query.close()?;
    Ok(object(&json!({"data": Vec::<Value>::new()})))
}

async fn preview(call: Call, Json(body): Json) -> Answer {
    Ok(object(&call.app.engine().preview(&call.caller, body).await?))
}
