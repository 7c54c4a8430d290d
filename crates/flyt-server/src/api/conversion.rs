//! `POST /v1/workflows/convert`: texts with the keywords of other systems as templates of ours; nothing is saved.

use super::Call;
use crate::answer::{Answer, object};
use crate::body::Json;
use crate::openapi::{Operation, schema, tagged};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::routing::post;
use flyt_core::invalid::{Faults, Fields};
use flyt_core::keywords;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/workflows/convert", post(convert))
}

pub(super) fn operations() -> Vec<Operation> {
    let text = "Hei {customer_first_name}, velkommen {appointment_start_time}. {service_notes}";
    let sms = json!([{"type": "sms", "to": ["customer"], "content": {"nb": {"text": text}}}]);
    let convert = Operation::post(
        "/v1/workflows/convert",
        "convertTexts",
        "Keywords of other systems as templates",
    )
    .about("Of one text or of all texts of a workflow. What has no twin stays and is named with its place. Nothing is saved.")
    .takes(
        "ConvertAsk",
        json!({"text": text, "workflow": {"name": "Velkommen", "actions": sms}}),
    )
    .answers("application/json", schema::reference("Converted"));
    tagged("Workflows", vec![convert])
}

/// `{text}` or `{workflow}`.
async fn convert(_: Call, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let text = fields.optional::<String>("text", &mut faults);
    let workflow = fields.raw("workflow").filter(|w| !w.is_null()).cloned();
    if text.is_none() && workflow.is_none() {
        faults.error("", "required", "needs a `text` or a `workflow`");
    }
    if workflow.as_ref().is_some_and(|w| !w.is_object()) {
        faults.error("/workflow", "wrong_type", "must be an object");
    }
    fields.close(&mut faults);
    faults.finish(Some(())).map_err(Problem::invalid)?;
    let mut answer = json!({});
    let mut put = |name: &str, value: Value| {
        if let Some(map) = answer.as_object_mut() {
            map.insert(name.to_owned(), value);
        }
    };
    if let Some(mut workflow) = workflow {
        let left = keywords::convert_workflow(&mut workflow);
        put("workflow", workflow);
        put("left", json!(left));
    }
    if let Some(text) = text {
        let converted = keywords::convert(&text);
        put("text", Value::String(converted.text));
        put("left_in_text", json!(converted.left));
    }
    Ok(object(&answer))
}
