//! Limits that the operator sets, and what a sending account takes in a second: who goes, who waits, until when, and why.

use crate::gateway::{Gateway, Say};
use crate::world::{World, at, fresh_database, hook, sms};
use flyt_channels::sms::Account;
use flyt_engine::{Engine, Parts, Rates};
use flyt_store::Store;
use serde_json::{Value, json};

const NOW: &str = "2026-10-01T08:00:00Z";

fn memory() -> Store {
    Store::sqlite_in_memory().unwrap()
}
fn created() -> Value {
    json!({"type": "booking.created"})
}
fn receiver(gateway: &Gateway) -> String {
    gateway.generic().replace("token@", "")
}
async fn limit(w: &World, limits: Value) {
    let body = json!({"limits": limits});
    w.engine.write_business(&w.caller, body, None).await.unwrap();
    w.engine.settle().await;
}
async fn book(w: &World, start: &str, phone: &str) {
    let person = json!({"first_name": "Kari", "phone": phone});
    w.book(start, json!({"customer": person})).await;
}
/// State, tries and reason of every message, and when those that wait come due; oldest first.
async fn told(w: &World) -> Vec<(String, i64, String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
    let one = |m: &Value| {
        let waits = m["state"] == "queued";
        let due = if waits { text(&m["due_at"]) } else { "-".to_owned() };
        (
            text(&m["state"]),
            m["attempts"].as_i64().unwrap(),
            text(&m["reason"]),
            due,
        )
    };
    let mut all: Vec<_> = w.messages().await.iter().map(one).collect();
    all.sort();
    all
}
fn is(state: &str, attempts: i64, reason: &str, due: &str) -> (String, i64, String, String) {
    (state.to_owned(), attempts, reason.to_owned(), due.to_owned())
}

async fn webhooks_a_minute(store: Store) {
    let gateway = Gateway::start(vec![Say::Answer("500 No", "")]).await;
    let w = World::on(store, NOW).await;
    limit(&w, json!({"webhooks_per_minute": 2})).await;
    w.workflow(created(), json!({}), hook(&receiver(&gateway))).await;
    for day in 20..25 {
        book(&w, &format!("2026-10-{day}T10:00:00Z"), "+4790000001").await;
    }
    w.engine.settle().await;
    assert_eq!(
        gateway.seen().len(),
        2,
        "no more than two leave in the first minute"
    );
    let waiting = told(&w).await;
    let due: Vec<&str> = waiting
        .iter()
        .filter(|m| m.2 == "quota")
        .map(|m| m.3.as_str())
        .collect();
    assert_eq!(
        due,
        [
            "2026-10-01T08:01:00Z",
            "2026-10-01T08:01:00Z",
            "2026-10-01T08:02:00Z"
        ]
    );
    assert!(
        waiting.iter().filter(|m| m.2 == "quota").all(|m| m.1 == 0),
        "waiting burns no try"
    );
    w.clock("2026-10-01T08:01:59Z").await;
    assert_eq!(
        gateway.seen().len(),
        4,
        "the try that failed counts, and its retry waits its turn"
    );
    w.clock("2026-10-01T09:00:00Z").await;
    let sent = told(&w).await.iter().filter(|m| m.0 == "sent").count();
    assert_eq!((sent, gateway.seen().len()), (5, 6));
    w.engine.stop().await;
}
#[tokio::test]
async fn webhooks_of_a_minute_are_no_more_than_the_operator_allows_on_sqlite() {
    webhooks_a_minute(memory()).await;
}
#[tokio::test]
async fn webhooks_of_a_minute_are_no_more_than_the_operator_allows_on_postgresql() {
    webhooks_a_minute(Store::postgres(&fresh_database(), 4).await.unwrap()).await;
}

#[tokio::test]
async fn segments_of_a_month_are_counted_and_a_higher_limit_lets_go_at_once() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.generic()).await;
    limit(&w, json!({"sms_segments_per_month": 5})).await;
    // 200 characters are two segments; the third message finds room for one.
    let long = json!([{"type": "sms", "to": ["customer"], "content": {"nb": {"text": "a".repeat(200)}}}]);
    w.workflow(created(), json!({}), long).await;
    for day in 10..13 {
        book(&w, &format!("2026-12-{day}T10:00:00Z"), "+4790000001").await;
    }
    w.engine.settle().await;
    let (sent, midnight) = (is("sent", 1, "-", "-"), "2026-10-31T23:00:00Z");
    let waits = is("queued", 0, "quota", midnight);
    assert_eq!(told(&w).await, [waits.clone(), sent.clone(), sent.clone()]);
    assert!(
        w.engine.ready().await.is_ok(),
        "who waits for a limit makes nobody unready"
    );
    limit(&w, json!({"sms_segments_per_month": 6})).await;
    assert_eq!(told(&w).await, [sent.clone(), sent.clone(), sent.clone()]);
    // The next month begins at the business's midnight, with all of its segments.
    book(&w, "2026-12-14T10:00:00Z", "+4790000001").await;
    w.clock("2026-10-31T22:59:59Z").await;
    assert_eq!(gateway.seen().len(), 3);
    w.clock(midnight).await;
    assert_eq!(gateway.seen().len(), 4);
    w.engine.stop().await;
}

#[tokio::test]
async fn a_reminder_that_finds_no_room_before_the_start_ends_with_the_reason() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.generic()).await;
    limit(&w, json!({"sms_segments_per_month": 1})).await;
    let before =
        json!({"type": "booking.starts", "offset": {"amount": 1, "unit": "hours", "direction": "before"}});
    w.workflow(before, json!({}), sms()).await;
    book(&w, "2026-10-02T10:00:00Z", "+4790000001").await;
    book(&w, "2026-10-02T11:00:00Z", "+4790000002").await;
    w.clock("2026-10-02T10:30:00Z").await;
    let sent = is("sent", 1, "-", "-");
    let waits = is("queued", 0, "quota", "2026-10-02T11:00:00Z");
    assert_eq!(told(&w).await, [waits, sent.clone()]);
    w.clock("2026-11-05T00:00:00Z").await;
    assert_eq!(told(&w).await, [sent, is("skipped", 1, "quota", "-")]);
    assert_eq!(gateway.seen().len(), 1);
    w.engine.stop().await;
}

#[tokio::test]
async fn numbers_of_other_countries_and_messages_beyond_every_window_end_with_the_reason() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.generic()).await;
    limit(&w, json!({"sms_countries": ["NO"], "sms_segments_per_month": 1})).await;
    let long = json!([{"type": "sms", "to": ["customer"], "content": {"nb": {"text": "a".repeat(200)}}}]);
    w.workflow(created(), json!({}), sms()).await;
    w.workflow(created(), json!({}), long).await;
    book(&w, "2026-12-10T10:00:00Z", "+46701234567").await;
    book(&w, "2026-12-11T10:00:00Z", "+4790000001").await;
    w.engine.settle().await;
    let found = told(&w).await;
    let skipped = found
        .iter()
        .filter(|m| m.0 == "skipped" && m.2 == "quota")
        .count();
    assert_eq!((skipped, gateway.seen().len()), (3, 1), "{found:?}");
    w.engine.stop().await;
}

/// Many at one instant through an account that takes ten a second.
async fn a_second(store: Store) {
    let gateway = Gateway::start(Vec::new()).await;
    let parts = Parts {
        sms: Some(Account::from_url(&gateway.generic()).unwrap()),
        rates: Rates {
            email: None,
            sms: Some(10),
        },
        ..World::parts(store, Some(at(NOW)), "127.0.0.0/8", (false, true))
    };
    let w = World::of(Engine::start(parts).await.unwrap()).await;
    w.workflow(created(), json!({}), sms()).await;
    for day in 1..=25 {
        book(
            &w,
            &format!("2026-12-{day:02}T10:00:00Z"),
            &format!("+479000{day:04}"),
        )
        .await;
    }
    w.engine.settle().await;
    assert_eq!(gateway.seen().len(), 10);
    let found = told(&w).await;
    assert!(
        found.iter().all(|m| m.0 == "sent" || m.2 == "provider_limit"),
        "{found:?}"
    );
    w.clock("2026-10-01T08:00:01Z").await;
    assert_eq!(gateway.seen().len(), 20);
    w.clock("2026-10-01T08:00:02Z").await;
    assert_eq!(gateway.seen().len(), 25, "finished in volume / limit");
    assert!(told(&w).await.iter().all(|m| *m == is("sent", 1, "-", "-")));
    w.engine.stop().await;
}
#[tokio::test]
async fn an_account_is_given_no_more_in_a_second_than_it_takes_on_sqlite() {
    a_second(memory()).await;
}
#[tokio::test]
async fn an_account_is_given_no_more_in_a_second_than_it_takes_on_postgresql() {
    a_second(Store::postgres(&fresh_database(), 4).await.unwrap()).await;
}
