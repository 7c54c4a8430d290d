//! `/v1/installation`: what runs here, whether it is held, and the release. The operator's.

use crate::answer::{Answer, object};
use crate::auth::Operator;
use crate::body::Json;
use crate::openapi::{Operation, parameter, tagged};
use crate::page::Query;
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use flyt_core::invalid::{Faults, Fields, Line};
use flyt_engine::hold::Hold;
use flyt_engine::{Actor, Caller};
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/installation", get(one))
        .route("/installation/release", get(preview).post(release))
}

pub(super) fn operations() -> Vec<Operation> {
    let business = parameter::text("business", "Only what one business holds itself, by its slug.");
    tagged(
        "Around",
        vec![
            Operation::get(
                "/v1/installation",
                "readInstallation",
                "What runs here, and whether it is held",
            )
            .platform()
            .shows("Installation"),
            Operation::get(
                "/v1/installation/release",
                "previewRelease",
                "What a release would let go",
            )
            .platform()
            .query([business])
            .shows("Release"),
            Operation::post("/v1/installation/release", "release", "Let go what is held")
                .about("The installation, or one business that is held itself.")
                .platform()
                .takes("ReleaseAsk", json!({"business": "salong-nord"}))
                .shows("Release"),
        ],
    )
}

/// A hold with its sentence.
fn shown(hold: Hold) -> Value {
    json!({ "because": hold.because, "since": hold.since, "sentence": hold.because.sentence() })
}

async fn one(State(app): State<App>, _: Operator, query: Query) -> Answer {
    query.close()?;
    let engine = app.engine();
    let database = if engine.store().is_postgres() {
        "postgres"
    } else {
        "sqlite"
    };
    Ok(object(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "schema": flyt_store::backup::schema(),
        "database": database,
        "instance_id": engine.instance().await?,
        "held": engine.hold().map(shown),
        "test_clock": engine.test_clock(),
    })))
}

/// The number of a business that is held itself.
async fn held_business(app: &App, slug: &str) -> Result<i64, Problem> {
    let no = records::business_no(app, slug).await?;
    let no = no.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "unknown_business",
            format!("There is no business `{slug}`."),
        )
    })?;
    let business = records::business(app, no).await?;
    if business.get("mode").and_then(Value::as_str) == Some("held") {
        return Ok(no);
    }
    let mode = business.get("mode").and_then(Value::as_str).unwrap_or("live");
    let detail = format!("The business `{slug}` is not held; its mode is `{mode}`.");
    Err(Problem::new(StatusCode::CONFLICT, "not_held", detail))
}

/// What a release would let go, without letting it go. `?business=` asks about the own hold of one business.
async fn preview(State(app): State<App>, _: Operator, mut query: Query) -> Answer {
    let slug = query.text("business");
    query.close()?;
    let business = match &slug {
        Some(slug) => Some(held_business(&app, slug).await?),
        None => None,
    };
    Ok(object(&waiting(&app, business).await?))
}

async fn waiting(app: &App, business: Option<i64>) -> Result<Value, Problem> {
    let preview = app.engine().release_preview(business).await?;
    let mut body = json!(preview);
    if let Some(map) = body.as_object_mut() {
        map.insert("held".to_owned(), json!(app.engine().hold().map(shown)));
        map.insert("now".to_owned(), json!(app.engine().now()));
        map.insert("released".to_owned(), json!(false));
    }
    Ok(body)
}

/// Lets go what was held. The answer is what was let go, with the hold that is left: a business may be released while the
/// installation is held, and then nothing leaves yet.
async fn release(State(app): State<App>, Operator(actor): Operator, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let slug = fields.optional::<Line>("business", &mut faults).map(|l| l.0);
    fields.close(&mut faults);
    faults.finish(Some(())).map_err(Problem::invalid)?;
    if let Some(slug) = slug {
        let business_no = held_business(&app, &slug).await?;
        let mut done = waiting(&app, Some(business_no)).await?;
        release_business(&app, actor, business_no).await?;
        told(&mut done, app.engine().hold());
        return Ok(object(&done));
    }
    let mut done = waiting(&app, None).await?;
    if app.engine().hold().is_none() {
        return Ok(object(&done)); // it sends already
    }
    app.engine().lift_hold(actor).await?;
    if !app.place().alone {
        app.engine().release();
    }
    told(&mut done, None);
    Ok(object(&done))
}

fn told(done: &mut Value, hold: Option<Hold>) {
    if let Some(map) = done.as_object_mut() {
        map.insert("released".to_owned(), json!(true));
        map.insert("held".to_owned(), json!(hold.map(shown)));
    }
}

async fn release_business(app: &App, actor: Actor, business_no: i64) -> Result<(), Problem> {
    let caller = Caller { business_no, actor };
    let body = json!({ "mode": "live" });
    app.engine().write_business(&caller, body, None).await?;
    Ok(())
}
