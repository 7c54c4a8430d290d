//! The web app: files that lie in the binary, each with its type, its policy and how long it may be kept. In a debug build they
//! are read from `web/dist`, so that a new build of the app is seen without a new one of the server.
//!
//! What the app does is in `web/`; it speaks to `/v1` as everybody does.

use crate::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Files;

/// Everything comes from here; `unsafe-inline` is for the styles that the components of the app set while they run.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
/// What stands at `/` of a server that was built without the app.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Flyt</title>\
    <p>This server was built without the web app: run <code>make web</code> and build it again. \
    The API works; <a href=\"/docs\">/docs</a> tells about it.";
/// First segments that are never pages of the app: programs ask there.
const NOT_PAGES: &[&str] = &["v1", "docs", "openapi.json", "health", "metrics", "assets"];

/// A file of the app; its first page for addresses of the app; for everything else what the API answers to what is not there.
pub(crate) async fn page(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::not_found().into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if !path.is_empty()
        && path != "index.html"
        && let Some(file) = Files::get(path)
    {
        return whole(path, file, request.headers());
    }
    let first = path.split('/').next().unwrap_or_default();
    let wanted = path.is_empty() || accepts(request.headers(), header::ACCEPT, "text/html");
    if !wanted || NOT_PAGES.contains(&first) {
        return Problem::not_found().into_response();
    }
    match Files::get("index.html") {
        Some(file) => whole("index.html", file, request.headers()),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

/// The file, packed where the browser takes that and the build has packed it.
fn whole(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let kind = kind(path);
    let packed = accepts(asked, header::ACCEPT_ENCODING, "gzip")
        .then(|| Files::get(&format!("{path}.gz")))
        .flatten();
    let is_packed = packed.is_some();
    let mut answer = packed.unwrap_or(file).data.into_response();
    let keep = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable" // their names change with what is in them
    } else {
        "no-cache"
    };
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_TYPE, kind);
    set(header::CACHE_CONTROL, keep);
    set(header::VARY, "Accept-Encoding");
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if is_packed {
        set(header::CONTENT_ENCODING, "gzip");
    }
    answer
}

/// The type of the few kinds of file that the app is built of.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

/// Whether a header of the request names this word.
fn accepts(asked: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let told = asked.get(name).and_then(|v| v.to_str().ok());
    told.is_some_and(|text| text.split([',', ';']).any(|part| part.trim() == word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    async fn ask(path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        page(request.body(Body::empty()).unwrap()).await
    }

    #[tokio::test]
    async fn an_address_of_the_app_is_its_first_page_for_a_browser_and_nothing_for_a_program() {
        let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
        let built = Files::get("index.html").is_some();
        for path in ["/", "/workflows", "/bookings/bkg_1"] {
            let answer = ask(path, &browser).await;
            if built {
                assert_eq!(answer.status(), 200, "{path}");
                let policy = answer.headers()[header::CONTENT_SECURITY_POLICY]
                    .to_str()
                    .unwrap();
                assert!(policy.contains("script-src 'self';"), "{policy}");
                assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache");
            } else {
                assert_eq!(
                    answer.status(),
                    503,
                    "{path}: without the app it says how to build it"
                );
            }
        }
        assert_eq!(ask("/workflows", &[("accept", "*/*")]).await.status(), 404);
    }

    #[tokio::test]
    async fn what_the_api_does_not_know_is_never_a_page() {
        let browser = [("accept", "text/html")];
        for path in [
            "/v1/nothing",
            "/docs/nothing",
            "/assets/old-chunk.js",
            "/health/x",
        ] {
            assert_eq!(ask(path, &browser).await.status(), 404, "{path}");
        }
        let post = Request::post("/").body(Body::empty()).unwrap();
        assert_eq!(page(post).await.status(), 404);
    }

    #[tokio::test]
    async fn files_are_packed_for_those_who_take_it_and_kept_where_their_name_tells_what_is_in_them() {
        let Some(script) = Files::iter().find(|f| f.starts_with("assets/") && f.ends_with(".js.gz")) else {
            return assert!(
                Files::get("index.html").is_none(),
                "a built app has packed scripts"
            );
        };
        let path = format!("/{}", script.trim_end_matches(".gz"));
        let packed = ask(&path, &[("accept-encoding", "gzip, deflate, br")]).await;
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(
            packed.headers()[header::CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        assert!(
            packed.headers()[header::CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        let plain = ask(&path, &[]).await;
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    }
}
