//! The accounting system of the demo: a receiver of webhooks on this machine that is sometimes busy, and refuses a few for
//! good, so that retries and failures have something to be about.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

/// One in so many webhooks is answered «busy» at first; one in so many never gets through.
const BUSY: u64 = 5;
const REFUSED: u64 = 37;

/// Listens on a free port of this machine and answers for as long as the process lives. Returns its address.
pub(super) async fn open() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|e| format!("cannot open the demo's receiver: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let met: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let routes = Router::new().route(
        "/bilag",
        post(async move |headers: HeaderMap| answer(&met, &headers)),
    );
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::warn!(%error, "the demo's receiver ended");
        }
    });
    Ok(format!("http://{address}/bilag"))
}

fn answer(met: &Mutex<BTreeSet<String>>, headers: &HeaderMap) -> (StatusCode, &'static str) {
    let id = headers
        .get("webhook-id")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    // FNV-1a: any stable spread will do.
    let spread = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    let first = met
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(id.to_owned());
    if spread % REFUSED == 0 {
        return (StatusCode::INTERNAL_SERVER_ERROR, "bilaget kunne ikke føres");
    }
    if first && spread % BUSY == 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, "regnskapet er opptatt");
    }
    (StatusCode::OK, "")
}
