//! The web app, embedded. A release holds the files; a debug build reads `web/dist` from disk, so that a new build of
//! the app shows without another of the server.

use crate::problem::Problem;
use axum::http::{HeaderName, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Files;

/// Nothing from elsewhere: no script, font or call; pictures in e-mails that are shown may come over HTTPS. Styles are
/// also written by the components themselves.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; \
     font-src 'self'; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";
const MISSING: &str = "<!doctype html><title>Flyt</title><p>This server was built without the web app. Run <code>make web</code> \
     and build again. The API works: <a href=\"/docs\">/docs</a>.";
/// The name of a file under here changes with its content.
const FOREVER: &str = "public, max-age=31536000, immutable";

const GUARDS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// What no other route answers: a file of the app, or the app itself, which knows its own addresses.
pub(crate) async fn page(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    // A missing asset is an old page that asks for an old piece; below /v1 an unknown address is a program's mistake.
    let file = Files::get(path).filter(|_| !path.is_empty());
    let ours = ["v1", "health", "docs"].contains(&path.split('/').next().unwrap_or_default());
    if method != Method::GET && method != Method::HEAD
        || file.is_none() && (ours || path.starts_with("assets/"))
    {
        return Problem::not_found().into_response();
    }
    let answer = match (file, Files::get("index.html")) {
        (Some(file), _) => {
            let cache = if path.starts_with("assets/") {
                FOREVER
            } else {
                "no-cache"
            };
            let kind = file.metadata.mimetype().to_owned();
            let head = [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, cache.to_owned()),
            ];
            (head, file.data).into_response()
        }
        (None, Some(index)) => ([(header::CACHE_CONTROL, "no-cache")], Html(index.data)).into_response(),
        (None, None) => (StatusCode::SERVICE_UNAVAILABLE, Html(MISSING)).into_response(),
    };
    (GUARDS, answer).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &'static str) -> Response {
        page(Method::GET, Uri::from_static(path)).await
    }

    #[tokio::test]
    async fn an_unknown_address_of_the_api_and_an_old_asset_are_not_the_app() {
        for path in ["/v1/nothing", "/v1", "/assets/old-1234.js", "/docs/none"] {
            assert_eq!(get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let posted = page(Method::POST, Uri::from_static("/bookings")).await;
        assert_eq!(posted.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_page_is_the_app_or_says_how_to_build_it_and_is_never_framed_by_others() {
        let answer = get("/bookings/bkg_1").await;
        let built = Files::get("index.html").is_some();
        let expected = if built {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        assert_eq!(answer.status(), expected);
        let policy = answer
            .headers()
            .get(header::CONTENT_SECURITY_POLICY)
            .and_then(|v| v.to_str().ok());
        assert!(
            policy.is_some_and(|p| p.contains("frame-ancestors 'none'") && p.contains("script-src 'self';"))
        );
    }
}
