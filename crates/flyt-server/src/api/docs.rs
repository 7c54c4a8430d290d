//! The API's description: `/openapi.json` for programs, `/docs` for people. The page is one file without anything from
//! elsewhere; it reads the document and works without a network.

use crate::openapi::{self, Operation, tagged};
use crate::state::App;
use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::json;

const PAGE: &str = include_str!("docs.html");
/// The page's own script and style, and the document; nothing else.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const POLICY_HEADER: HeaderName = header::CONTENT_SECURITY_POLICY;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(page))
        .route("/docs/problems/{code}", get(page))
}

pub(super) fn operations() -> Vec<Operation> {
    let text = || json!({"type": "string"});
    tagged(
        "Around",
        vec![
            Operation::get("/openapi.json", "openapi", "This document")
                .open()
                .answers(
                    "application/json",
                    json!({"type": "object", "required": ["openapi"]}),
                ),
            Operation::get("/docs", "docs", "This document for people")
                .open()
                .answers("text/html", text()),
            Operation::get(
                "/docs/problems/{code}",
                "problemDocs",
                "What a refusal means, for people",
            )
            .open()
            .answers("text/html", text()),
        ],
    )
}

/// The document is the same for everybody and holds nothing of anybody: it may be kept, and pages elsewhere may read it.
async fn document() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, openapi::text()).into_response()
}

async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (POLICY_HEADER, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, PAGE).into_response()
}
