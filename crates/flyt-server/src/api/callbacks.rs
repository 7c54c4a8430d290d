//! `POST /v1/callbacks/{provider}/{token}`: what SMS gateways post to us. There is no key: the token is the business's and cannot
//! be guessed, and Twilio signs its calls beside it.

use crate::answer::{Answer, nothing};
use crate::body;
use crate::openapi::{Operation, tagged};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::routing::post;
use flyt_engine::{Callback, Heard};
use serde_json::json;
use url::form_urlencoded;

/// Routes without a key.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/callbacks/{provider}/{token}", post(take))
}

pub(super) fn operations() -> Vec<Operation> {
    let example = json!({"client_reference": "msg_0123456789ABC000", "state": "delivered"});
    let call = Operation::post(
        "/v1/callbacks/{provider}/{token}",
        "takeCallback",
        "What SMS gateways post to us",
    );
    tagged(
        "What happened",
        vec![
            call.about(
                "Delivery reports and what people write back; STOP ends all SMS of the business to the number, START lets them \
                 go again. The whole address stands in `GET /v1/channels/sms` (`callback_url`). Twilio posts a form of its own to \
                 `twilio`, signed.",
            )
            .open()
            .takes("GatewayCall", example)
            .done(),
        ],
    )
}

async fn take(
    State(app): State<App>,
    Path((provider, token)): Path<(String, String)>,
    uri: Uri,
    request: Request,
) -> Answer {
    let (headers, bytes) = body::whole(request).await?;
    let reference = uri
        .query()
        .and_then(|q| form_urlencoded::parse(q.as_bytes()).find(|(name, _)| name == "ref"))
        .map(|(_, value)| value.into_owned());
    let callback = Callback {
        provider,
        token,
        reference,
        urls: urls(&app, &uri, &headers),
        signature: text(&headers, "x-twilio-signature"),
        body: bytes.to_vec(),
    };
    match app.engine().callback(callback).await? {
        Heard::Taken => Ok(nothing()),
        Heard::Unreadable(why) => Err(Problem::malformed(
            "unreadable_callback",
            format!("Not taken: {why}."),
        )),
        Heard::Unsigned => {
            let detail =
                "The signature is not the gateway's for this address: is FLYT_PUBLIC_URL what it calls?";
            Err(Problem::forbidden("bad_signature", detail))
        }
    }
}

/// The address as the gateway may have called it: as the operator told, else as the request says.
fn urls(app: &App, uri: &Uri, headers: &HeaderMap) -> Vec<String> {
    let path = uri.path_and_query().map_or("", |p| p.as_str());
    let told = app.engine().public_url().map(|base| format!("{base}{path}"));
    let host = text(headers, header::HOST.as_str());
    let said = host.into_iter().flat_map(|host| {
        let of = |scheme: &str| format!("{scheme}://{host}{path}");
        [of("https"), of("http")]
    });
    told.into_iter().chain(said).collect()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
