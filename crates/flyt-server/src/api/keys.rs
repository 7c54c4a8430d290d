//! `/v1/api-keys`: made (the secret is shown once), listed, revoked.

use super::{Call, id};
use crate::answer::{Answer, nothing};
use crate::body::Json;
use crate::keys;
use crate::openapi::{Operation, parameter, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::records::{self, NewKey};
use crate::state::App;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::{delete, get};
use flyt_core::invalid::{Faults, Fields, Line, below};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api-keys", get(page).post(create))
        .route("/api-keys/{id}", delete(revoke))
}

pub(super) fn operations() -> Vec<Operation> {
    let new =
        json!({"name": "Kassesystemet", "scopes": ["bookings:write", "customers:read"], "expires_at": null});
    tagged(
        "Business",
        vec![
            Operation::get("/v1/api-keys", "listApiKeys", "Its API keys")
                .query(parameter::page())
                .lists("ApiKey"),
            Operation::post("/v1/api-keys", "createApiKey", "Make an API key")
                .about("The field `key` is shown this once.")
                .takes("ApiKeyCreate", new)
                .makes("NewApiKey"),
            Operation::delete("/v1/api-keys/{id}", "revokeApiKey", "Revoke an API key"),
        ],
    )
}

async fn page(call: Call, mut query: Query) -> Answer {
    let page = query.page();
    query.close()?;
    Ok(page::answer(
        records::api_keys(&call.app, call.caller.business_no, page).await?,
    ))
}

async fn create(call: Call, Json(body): Json) -> Answer {
    let wanted = read(&body)?;
    let key = keys::business_key().map_err(|e| Problem::unavailable(&e))?;
    let mut shown = records::create_key(&call.app, &call.caller, wanted, &key).await?;
    if let Some(map) = shown.as_object_mut() {
        map.insert("key".to_owned(), json!(key));
    }
    Ok((StatusCode::CREATED, axum::Json(shown)).into_response())
}

async fn revoke(call: Call, path: Path<String>) -> Answer {
    records::revoke_key(&call.app, &call.caller, id(path)?).await?;
    Ok(nothing())
}

fn read(body: &Value) -> Result<NewKey, Problem> {
    let mut faults = Faults::default();
    let mut fields = Fields::open(body, "", &mut faults);
    let name = fields.optional::<Line>("name", &mut faults).map(|l| l.0);
    let expires_at = fields.optional::<Timestamp>("expires_at", &mut faults);
    let scopes: Vec<String> = fields
        .required::<Vec<Line>>("scopes", &mut faults)
        .into_iter()
        .flatten()
        .map(|l| l.0)
        .collect();
    fields.close(&mut faults);
    let known: Vec<String> = keys::AREAS
        .iter()
        .flat_map(|a| [format!("{a}:read"), format!("{a}:write")])
        .collect();
    for (i, scope) in scopes.iter().enumerate().filter(|(_, s)| !keys::is_scope(s)) {
        let at = below("/scopes", &i.to_string());
        faults.unknown(at, "unknown_scope", scope, known.iter().map(String::as_str));
    }
    faults
        .finish(Some(NewKey {
            name,
            scopes,
            expires_at,
        }))
        .map_err(Problem::invalid)
}
