//! `/v1/channels`: what is in force on each channel, an SMS account of the business's own, and trying one out.

use super::Call;
use crate::answer::{Answer, nothing, object};
use crate::body::{self, Json};
use crate::openapi::schema::reference;
use crate::openapi::{Operation, tagged};
use crate::page::Query;
use crate::state::App;
use axum::Router;
use axum::extract::Request;
use axum::routing::{get, post};
use flyt_engine::Verb;
use serde_json::{Value, json};

const SMS: &str = "sms";
const EMAIL: &str = "email";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/channels", get(all))
        .route(
            "/channels/email",
            get(async |call, query| one(call, query, EMAIL).await),
        )
        .route(
            "/channels/email/test",
            post(async |call, request| test(call, request, EMAIL).await),
        )
        .route(
            "/channels/webhook",
            get(async |call, query| one(call, query, "webhook").await),
        )
        .route(
            "/channels/sms",
            get(async |call, query| one(call, query, SMS).await)
                .put(put)
                .patch(patch)
                .delete(remove),
        )
        .route(
            "/channels/sms/test",
            post(async |call, request| test(call, request, SMS).await),
        )
}

pub(super) fn operations() -> Vec<Operation> {
    let read = |name: &str, id: &'static str, about: &'static str| {
        Operation::get(format!("/v1/channels/{name}"), id, about).shows("Channel")
    };
    let test = |name: &str, id: &'static str, to: &str, about: &'static str| {
        Operation::post(format!("/v1/channels/{name}/test"), id, about)
            .about("The answer says in words what is wrong, such as `dns`, `tls`, `connection` or `login`.")
            .takes("ChannelTestAsk", json!({"to": to}))
            .answers("application/json", reference("ChannelTest"))
    };
    let own = json!({"provider": "twilio", "account": "AC0123456789abcdef0123456789abcdef", "secret": "0123456789abcdef",
        "from": "Salong"});
    tagged(
        "Business",
        vec![
            test("sms", "testSms", "+4790000001", "Try the SMS account out"),
            test("email", "testEmail", "kari@example.no", "Try the mail relay out"),
            Operation::get("/v1/channels", "listChannels", "What is in force on each channel").lists("Channel"),
            read("email", "readEmailChannel", "How e-mail leaves"),
            read("webhook", "readWebhookChannel", "Which webhook addresses are paused"),
            read("sms", "readSmsChannel", "How SMS leave"),
            Operation::put("/v1/channels/sms", "putSmsAccount", "Use an SMS account of one's own")
                .about("The secret is sealed and never shown. What waited for the account before goes through this one.")
                .takes("SmsAccountPut", own)
                .guarded()
                .shows("Channel"),
            Operation::patch("/v1/channels/sms", "changeSmsAccount", "Change one's own SMS account")
                .takes("SmsAccountPatch", json!({"from": "Salongen"}))
                .guarded()
                .shows("Channel"),
            Operation::delete(
                "/v1/channels/sms",
                "deleteSmsAccount",
                "Go back to the operator's SMS account",
            ),
        ],
    )
}

async fn all(call: Call, query: Query) -> Answer {
    query.close()?;
    let data = call.app.engine().channels(&call.caller).await?;
    Ok(object(&json!({"data": data, "next_cursor": null})))
}

async fn one(call: Call, query: Query, id: &'static str) -> Answer {
    query.close()?;
    Ok(object(&call.app.engine().channel(&call.caller, id).await?))
}

async fn put(call: Call, Json(body): Json) -> Answer {
    write(call, Verb::Put, body).await
}
async fn patch(call: Call, Json(body): Json) -> Answer {
    write(call, Verb::Patch, body).await
}
async fn write(call: Call, verb: Verb, body: Value) -> Answer {
    let done = call.app.engine().write_sms(&call.caller, verb, body, call.expect);
    Ok(object(&done.await?))
}

async fn remove(call: Call) -> Answer {
    call.app.engine().remove_sms(&call.caller).await?;
    Ok(nothing())
}

async fn test(call: Call, request: Request, id: &'static str) -> Answer {
    let (_, bytes) = body::whole(request).await?;
    let body = if bytes.is_empty() {
        json!({})
    } else {
        body::parse(&bytes)?
    };
    Ok(object(
        &call.app.engine().test_channel(&call.caller, id, &body).await?,
    ))
}
