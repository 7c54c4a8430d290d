//! `/v1/workflows` with versions and checks.

use super::{Call, by_external, by_id};
use crate::answer::{Answer, form, nothing, object};
use crate::body::{Json, NoJson};
use crate::openapi::{Operation, parameter, paths, schema, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use flyt_core::id::WorkflowId;
use flyt_core::instant::from_ms;
use flyt_engine::{Refusal, Target, Verb};
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
        .route("/workflows/impact", post(impact))
        .route("/workflows/{id}", one)
        .route("/workflows/{id}/duplicate", post(duplicate))
        .route("/workflows/{id}/undelete", post(undelete))
        .route("/workflow-templates", get(templates))
        .route("/workflows/{id}/versions", get(versions))
        .route("/workflows/{id}/versions/{version}", get(version))
        .route("/workflows/{id}/versions/{version}/restore", post(restore))
        .route("/workflows/by-external-id/{external_id}", external)
}

pub(super) fn operations() -> Vec<Operation> {
    let new = json!({"external_id": "day-before", "name": "Påminnelse dagen før", "enabled": true,
        "triggers": [{"type": "booking.starts", "offset": {"amount": 1, "unit": "days", "direction": "before"}}],
        "filters": {"status": {"any_of": ["approved"]}, "service": {"any_of": [{"external_id": "haircut"}]}},
        "condition": {"any": [{"field": "booking.price.amount", "op": "gte", "value": 50000},
            {"not": {"field": "customer.tags", "op": "contains", "value": "vip"}}]},
        "actions": [{"type": "sms", "to": ["customer"],
            "content": {"nb": {"text": "Hei {{ customer.first_name }}! Velkommen {{ booking.start | time }}."},
                "en": {"text": "Hi {{ customer.first_name }}! See you at {{ booking.start | time }}."}}}]});
    let put = json!({"name": "Fortell kassesystemet", "enabled": true, "triggers": [{"type": "booking.created"}],
        "actions": [{"type": "webhook", "url": "https://example.no/hook"}]});
    let patch = json!({"name": "Påminnelse", "note": "Kortere navn"});
    let versions = || "/v1/workflows/{id}/versions";
    let mut all = paths("Workflow", LIST, "workflow", (&new, &put, &patch));
    all.extend([
        Operation::put("/v1/workflows/{id}", "putWorkflow", "Replace a workflow")
            .takes("WorkflowPut", put)
            .guarded()
            .shows("Workflow"),
        Operation::post(
            "/v1/workflows/check",
            "checkWorkflow",
            "Check a workflow without saving it",
        )
        .takes("WorkflowCreate", new.clone())
        .answers("application/json", schema::reference("WorkflowCheck")),
        Operation::get(versions(), "listWorkflowVersions", "Its versions, newest first")
            .query(parameter::cursor())
            .lists("WorkflowVersion"),
        Operation::get(
            format!("{}/{{version}}", versions()),
            "readWorkflowVersion",
            "One version",
        )
        .shows("WorkflowVersion"),
        Operation::post(
            format!("{}/{{version}}/restore", versions()),
            "restoreWorkflowVersion",
            "Save an older version as the newest",
        )
        .shows("Workflow"),
    ]);
    all.extend(more(new));
    tagged("Workflows", all)
}

/// What is asked before saving and done beside it.
fn more(draft: Value) -> Vec<Operation> {
    vec![
        Operation::post(
            "/v1/workflows/impact",
            "workflowImpact",
            "What a draft would do to the bookings that are there",
        )
        .about(
            "Computed as saving it would, and written nowhere. With the `id` of a workflow the draft is a change of it. One that \
             does not say is taken as switched on.",
        )
        .takes("ImpactAsk", draft)
        .answers("application/json", schema::reference("Impact")),
        Operation::post("/v1/workflows/{id}/duplicate", "duplicateWorkflow", "Copy a workflow")
            .about("The copy is switched off.")
            .makes("Workflow"),
        Operation::post("/v1/workflows/{id}/undelete", "undeleteWorkflow", "Bring a deleted workflow back")
            .about("Within thirty days. It plans ahead; what it had planned before does not come back.")
            .shows("Workflow"),
        Operation::get("/v1/workflow-templates", "listWorkflowTemplates", "Ready-made workflows")
            .answers("application/json", schema::data_of("WorkflowTemplate")),
    ]
}

async fn page(call: Call, mut query: Query) -> Answer {
    let external = query.text("external_id");
    let since = query.instant("updated_since").map(from_ms);
    let (after, limit) = (query.after(), query.limit());
    query.close()?;
    let Some(external) = external else {
        let page = call
            .app
            .engine()
            .workflows(&call.caller, since, &after, limit)
            .await?;
        return Ok(page::answer(page::of_engine(page)));
    };
    match call
        .app
        .engine()
        .workflow(&call.caller, Target::External(external))
        .await
    {
        Ok(one) => Ok(page::answer((vec![one], None))),
        Err(Refusal::NotFound) => Ok(page::answer((Vec::new(), None))),
        Err(other) => Err(other.into()),
    }
}

async fn create(call: Call, Json(body): Json) -> Answer {
    write(call, Target::New, Verb::Create, body).await
}

async fn read(call: Call, target: Target<WorkflowId>) -> Answer {
    Ok(object(&call.app.engine().workflow(&call.caller, target).await?))
}

async fn write(call: Call, target: Target<WorkflowId>, verb: Verb, body: Value) -> Answer {
    let form = form(LIST, Vec::new());
    let terms = call.terms(&form);
    let done = call
        .app
        .engine()
        .write_workflow(&call.caller, target, verb, body, terms)
        .await?;
    Ok(form(done).into_response())
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

async fn impact(call: Call, Json(body): Json) -> Answer {
    Ok(object(&call.app.engine().impact(&call.caller, body).await?))
}

async fn versions(call: Call, id: Path<String>, mut query: Query) -> Answer {
    let (after, limit) = (query.after(), query.limit());
    query.close()?;
    let page = call
        .app
        .engine()
        .versions(&call.caller, super::id(id)?, &after, limit)
        .await?;
    Ok(page::answer(page::of_engine(page)))
}

async fn version(call: Call, path: Path<(String, String)>) -> Answer {
    let (id, version) = numbered(path)?;
    Ok(object(
        &call.app.engine().version(&call.caller, id, version).await?,
    ))
}

async fn restore(call: Call, path: Path<(String, String)>, _: NoJson) -> Answer {
    let (id, version) = numbered(path)?;
    let done = call
        .app
        .engine()
        .restore_version(&call.caller, id, version)
        .await?;
    Ok(form(LIST, Vec::new())(done).into_response())
}

async fn duplicate(call: Call, id: Path<String>, _: NoJson) -> Answer {
    let done = call
        .app
        .engine()
        .duplicate_workflow(&call.caller, by_id(id)?)
        .await?;
    Ok(form(LIST, Vec::new())(done).into_response())
}

async fn undelete(call: Call, id: Path<String>, _: NoJson) -> Answer {
    let done = call
        .app
        .engine()
        .undelete_workflow(&call.caller, super::id(id)?)
        .await?;
    Ok(form(LIST, Vec::new())(done).into_response())
}

/// Ready-made workflows: nothing of any business, the same for all.
async fn templates(_: Call, query: Query) -> Answer {
    query.close()?;
    let all = flyt_core::gallery::all().map_err(|e| Problem::bug(&e))?;
    Ok(object(&serde_json::json!({ "data": all })))
}

fn numbered(Path((id, version)): Path<(String, String)>) -> Result<(WorkflowId, i64), Problem> {
    let version = version.parse().map_err(|_| Problem::not_found())?;
    Ok((id.parse().map_err(|_| Problem::not_found())?, version))
}
