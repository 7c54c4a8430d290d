//! `/v1/businesses` (the operator's) and `/v1/business` (one's own).

use super::Call;
use crate::answer::{Answer, form, object};
use crate::auth::Operator;
use crate::body::{Json, NoJson};
use crate::idempotency::Key;
use crate::openapi::{Operation, parameter, schema, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use flyt_core::view;
use flyt_engine::Terms;
use serde_json::json;

const LIST: &str = "/v1/businesses";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/businesses", get(page).post(create))
        .route("/businesses/{slug}", get(one))
        .route("/business", get(own).patch(change))
        .route("/business/webhook-secret", post(webhook_secret))
}

pub(super) fn operations() -> Vec<Operation> {
    let new = json!({"slug": "salong-nord", "name": "Salong Nord", "time_zone": "Europe/Oslo", "languages": ["nb", "en"],
        "currency": "NOK", "country": "NO", "email": "post@example.no", "admins": ["daglig.leder@example.no"],
        "branding": {"colour": "#0F766E"}, "mode": "sandbox"});
    let quiet = json!({"quiet_hours": {"sms": {"from": "21:00", "to": "08:00"}, "email": null},
        "links": {"rate": "https://example.no/rate"}});
    tagged(
        "Business",
        vec![
            Operation::get("/v1/businesses", "listBusinesses", "All businesses")
                .platform()
                .query(parameter::page())
                .lists("Business"),
            Operation::post("/v1/businesses", "createBusiness", "Make a business")
                .about("It starts with six statuses and the settings left out.")
                .platform()
                .takes("BusinessCreate", new)
                .makes("Business"),
            Operation::get("/v1/businesses/{slug}", "readBusiness", "One business")
                .platform()
                .shows("Business"),
            Operation::get("/v1/business", "readOwnBusiness", "One's own business").shows("Business"),
            Operation::patch("/v1/business", "changeOwnBusiness", "Change its settings")
                .takes("BusinessPatch", quiet)
                .guarded()
                .shows("Business"),
            Operation::post(
                "/v1/business/webhook-secret",
                "makeWebhookSecret",
                "Make a new webhook secret",
            )
            .about("It is shown this once. The one before signs along for 24 hours.")
            .answers("application/json", schema::reference("WebhookSecret")),
        ],
    )
}

async fn page(State(app): State<App>, _: Operator, mut query: Query) -> Answer {
    let page = query.page();
    query.close()?;
    Ok(page::answer(records::businesses(&app, page).await?))
}

async fn create(State(app): State<App>, Operator(actor): Operator, key: Key, Json(body): Json) -> Answer {
    let form = form(LIST, Vec::new());
    let terms = Terms {
        expect: None,
        once: key.once(&form),
    };
    let done = app.engine().create_business(actor, body, terms).await?;
    Ok(form(done.map(|business| view::business(&business))).into_response())
}

async fn one(State(app): State<App>, _: Operator, Path(slug): Path<String>) -> Answer {
    let no = records::business_no(&app, &slug)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(object(&records::business(&app, no).await?))
}

async fn own(call: Call) -> Answer {
    Ok(object(
        &records::business(&call.app, call.caller.business_no).await?,
    ))
}

async fn change(call: Call, Json(body): Json) -> Answer {
    let done = call
        .app
        .engine()
        .write_business(&call.caller, body, call.expect)
        .await?;
    Ok(form(LIST, Vec::new())(done.map(|business| view::business(&business))).into_response())
}

async fn webhook_secret(call: Call, _: NoJson) -> Answer {
    let secret = call.app.engine().webhook_secret(&call.caller).await?;
    Ok(object(&json!({"secret": secret})))
}
