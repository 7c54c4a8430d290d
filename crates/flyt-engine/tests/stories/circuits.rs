//! Accounts in trouble: what waits, who probes, what goes when all is well again; and the storm guard.

use crate::gateway::{Gateway, Say};
use crate::world::{World, fresh_database, hook, sms};
use flyt_engine::Verb;
use flyt_store::Store;
use serde_json::{Value, json};

const NOW: &str = "2026-10-01T08:00:00Z";

fn created() -> Value {
    json!({"type": "booking.created"})
}
fn memory() -> Store {
    Store::sqlite_in_memory().unwrap()
}
/// Books a customer of this number in October.
async fn book(w: &World, n: u32) {
    let person =
        json!({"external_id": format!("c{n}"), "first_name": "Kari", "phone": format!("+479000000{n}")});
    w.book(&format!("2026-10-2{n}T10:00:00Z"), json!({"customer": person}))
        .await;
}
async fn states(w: &World) -> Vec<(String, i64, Option<String>)> {
    let all = w.messages().await;
    let one = |m: &Value| {
        (
            m["state"].as_str().unwrap().to_owned(),
            m["attempts"].as_i64().unwrap(),
            m["reason"].as_str().map(str::to_owned),
        )
    };
    all.iter().map(one).collect()
}
fn is(state: &str, attempts: i64, reason: Option<&str>) -> (String, i64, Option<String>) {
    (state.to_owned(), attempts, reason.map(str::to_owned))
}
async fn channel(w: &World, id: &str) -> Value {
    w.engine.channel(&w.caller, id).await.unwrap()
}
/// The numbers that a gateway was given, in order.
fn numbers(gateway: &Gateway) -> Vec<String> {
    let number = |body: &String| {
        let body: Value = serde_json::from_str(body).unwrap();
        body["to"].as_str().unwrap().to_owned()
    };
    gateway.seen().iter().map(number).collect()
}

async fn refused_login(store: Store) {
    let refused = || Say::Answer("401 Unauthorized", "{}");
    let gateway = Gateway::start(vec![refused(), refused()]).await;
    let w = World::with_sms(store, NOW, json!({}), &gateway.generic()).await;
    w.workflow(created(), json!({}), sms()).await;
    for n in 1..=3 {
        book(&w, n).await;
    }
    let paused = Some("channel_paused");
    assert_eq!(
        states(&w).await,
        [
            is("queued", 1, paused),
            is("queued", 0, paused),
            is("queued", 0, paused)
        ]
    );
    assert_eq!(gateway.seen().len(), 1, "the others were not tried");
    let shown = channel(&w, "sms").await;
    assert_eq!(
        (&shown["status"], &shown["waiting"]),
        (&json!("paused"), &json!(3))
    );
    assert_eq!(shown["next_probe_at"], "2026-10-01T08:01:00Z");
    assert!(w.engine.ready().await.is_ok());
    // The first probe fails and burns no attempt of the others; the next one waits twice as long.
    w.clock("2026-10-01T08:01:00Z").await;
    assert_eq!(
        states(&w).await,
        [
            is("queued", 2, paused),
            is("queued", 0, paused),
            is("queued", 0, paused)
        ]
    );
    assert_eq!(channel(&w, "sms").await["next_probe_at"], "2026-10-01T08:03:00Z");
    w.clock("2026-10-01T08:02:59Z").await;
    assert_eq!(gateway.seen().len(), 2);
    w.clock("2026-10-01T08:03:00Z").await;
    assert_eq!(
        states(&w).await,
        [is("sent", 3, None), is("sent", 1, None), is("sent", 1, None)]
    );
    let mut given = numbers(&gateway).split_off(2);
    // Each probe is the next in line, so that one message does not stand in the way of all.
    assert_eq!(given.remove(0), "+4790000002");
    given.sort();
    assert_eq!(given, ["+4790000001", "+4790000003"]);
    assert_eq!(channel(&w, "sms").await["status"], "ok");
    w.engine.stop().await;
}
#[tokio::test]
async fn a_refused_login_pauses_the_account_until_a_probe_succeeds_on_sqlite() {
    refused_login(memory()).await;
}
#[tokio::test]
async fn a_refused_login_pauses_the_account_until_a_probe_succeeds_on_postgresql() {
    refused_login(Store::postgres(&fresh_database(), 4).await.unwrap()).await;
}

#[tokio::test]
async fn five_failures_in_a_row_pause_one_origin_and_no_other() {
    let down = Gateway::start((0..5).map(|_| Say::Answer("503 Down", "")).collect()).await;
    let well = Gateway::start(Vec::new()).await;
    let w = World::new(NOW).await;
    let address = |g: &Gateway| g.generic().replace("token@", "");
    w.workflow(created(), json!({}), hook(&address(&down))).await;
    w.workflow(created(), json!({}), hook(&address(&well))).await;
    for n in 1..=6 {
        book(&w, n).await;
    }
    assert_eq!((down.seen().len(), well.seen().len()), (5, 6));
    let shown = channel(&w, "webhook").await;
    assert_eq!(
        (&shown["status"], &shown["paused"][0]["waiting"]),
        (&json!("paused"), &json!(1))
    );
    // It is well again: the probe goes after a minute, the rest with it or by their own plan.
    w.clock("2026-10-01T08:10:00Z").await;
    assert_eq!(channel(&w, "webhook").await["status"], "ok");
    let sent = states(&w).await.iter().filter(|s| s.0 == "sent").count();
    assert_eq!(sent, 12);
}

#[tokio::test]
async fn an_account_of_the_businesss_own_takes_over_what_waits() {
    let refused = Gateway::start((0..9).map(|_| Say::Answer("403 Forbidden", "")).collect()).await;
    let own = Gateway::start(Vec::new()).await;
    let w = World::with_sms(memory(), NOW, json!({}), &refused.generic()).await;
    w.workflow(created(), json!({}), sms()).await;
    book(&w, 1).await;
    book(&w, 2).await;
    let url = own.generic().replace("token@", "");
    let account = json!({"provider": "generic", "url": url, "secret": "hemmelig", "from": "Min salong"});
    let shown = w
        .engine
        .write_sms(&w.caller, Verb::Put, account, None)
        .await
        .unwrap();
    assert_eq!(
        (&shown["in_force"], &shown["secret_set"]),
        (&json!("own"), &json!(true))
    );
    assert!(!shown.to_string().contains("hemmelig"));
    w.engine.settle().await;
    assert_eq!(states(&w).await.iter().filter(|s| s.0 == "sent").count(), 2);
    assert_eq!((refused.seen().len(), own.seen().len()), (1, 2));
    assert!(own.seen()[0].contains("Min salong"));
    // A PATCH keeps the secret; without the account the operator's is in force again.
    let patched = w
        .engine
        .write_sms(&w.caller, Verb::Patch, json!({"from": "Salongen"}), None)
        .await
        .unwrap();
    assert_eq!(
        (&patched["from"], &patched["secret_set"]),
        (&json!("Salongen"), &json!(true))
    );
    let tested = w.engine.test_channel(&w.caller, "sms", &json!({})).await.unwrap();
    assert_eq!(tested["ok"], true, "{tested}");
    w.engine.remove_sms(&w.caller).await.unwrap();
    assert_eq!(channel(&w, "sms").await["in_force"], "operator");
    let tested = w.engine.test_channel(&w.caller, "sms", &json!({})).await.unwrap();
    assert_eq!(
        (&tested["ok"], &tested["code"]),
        (&json!(false), &json!("login")),
        "{tested}"
    );
}

#[tokio::test]
async fn the_third_message_of_an_hour_waits_where_two_are_allowed() {
    let guards = json!({"guards": {"per_recipient_and_booking_per_hour": 2}});
    let w = World::with("2026-10-01T08:00:30Z", guards).await;
    for _ in 0..3 {
        w.workflow(created(), json!({}), sms()).await;
    }
    book(&w, 1).await;
    book(&w, 2).await;
    w.clock("2026-10-01T08:00:30Z").await;
    let all = states(&w).await;
    let waiting: Vec<_> = all
        .iter()
        .filter(|s| s.2.as_deref() == Some("rate_guard"))
        .collect();
    assert_eq!(
        waiting,
        [&is("queued", 0, Some("rate_guard")); 2],
        "one for each booking: {all:?}"
    );
    w.clock("2026-10-01T09:00:30Z").await;
    assert_eq!(w.sent().await.len(), 4);
    w.clock("2026-10-01T09:01:00Z").await;
    assert_eq!(w.sent().await.len(), 6);
}

#[tokio::test]
async fn s46_a_webhook_is_tried_by_its_plan_with_one_id_and_a_new_signature_each_time() {
    let script = vec![
        Say::Answer("500 Oops", ""),
        Say::Close,
        Say::Header("429 Too Many Requests", "retry-after: 7200"),
    ];
    let troubled = Gateway::start(script).await;
    let well = Gateway::start(Vec::new()).await;
    let w = World::new(NOW).await;
    let address = |g: &Gateway| g.generic().replace("token@", "");
    w.workflow(
        created(),
        json!({}),
        json!([{"type": "webhook", "url": address(&troubled)}]),
    )
    .await;
    w.workflow(created(), json!({}), hook(&address(&well))).await;
    book(&w, 1).await;
    assert_eq!(
        (troubled.seen().len(), well.seen().len()),
        (1, 1),
        "the other receiver is not held up"
    );
    w.clock("2026-10-02T08:00:00Z").await;
    let query = flyt_engine::Query {
        limit: 10,
        ..Default::default()
    };
    let runs = w.engine.runs(&w.caller, query).await.unwrap().data;
    let mut tries = Vec::new();
    for run in &runs {
        let run = w
            .engine
            .run(&w.caller, run["id"].as_str().unwrap().parse().unwrap())
            .await
            .unwrap();
        let attempts = run["steps"][0]["attempts"].as_array().unwrap().clone();
        tries = if attempts.len() > tries.len() {
            attempts
        } else {
            tries
        };
    }
    let outcomes: Vec<&str> = tries.iter().map(|t| t["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["temporary", "unknown", "temporary", "sent"]);
    let at = |n: usize| {
        tries[n]["at"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_second()
    };
    let waits = [at(1) - at(0), at(2) - at(1), at(3) - at(2)];
    assert!(
        (4..=6).contains(&waits[0]) && (240..=360).contains(&waits[1]),
        "{waits:?}"
    );
    assert!(waits[2] >= 7_200, "as long as the receiver asked for: {waits:?}");
    let ids = troubled.header("webhook-id");
    assert_eq!((ids.len(), ids.iter().all(|id| *id == ids[0])), (4, true));
    for name in ["webhook-timestamp", "webhook-signature"] {
        let mut values = troubled.header(name);
        values.dedup();
        assert_eq!(values.len(), 4, "{name}");
    }
    let bodies = troubled.seen();
    assert!(
        bodies.iter().all(|body| *body == bodies[0]),
        "a retry sends the same bytes"
    );
}
