//! SMS that leave: reports, lost answers, crashes, STOP and START.

use crate::gateway::{Gateway, Say};
use crate::world::{World, at, before, fresh_database, sms};
use flyt_engine::{Callback, Engine, Heard, Parts, Refusal};
use flyt_store::steps::{self, StepRow};
use flyt_store::{Store, Tx};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;

const NOW: &str = "2026-10-01T08:00:00Z";
const START: &str = "2026-10-20T10:00:00Z";

fn created() -> Value {
    json!({"type": "booking.created"})
}
fn memory() -> Store {
    Store::sqlite_in_memory().unwrap()
}
async fn postgres() -> Store {
    Store::postgres(&fresh_database(), 4).await.unwrap()
}
/// State, attempts and reason of the only message.
async fn only(w: &World) -> (String, i64, Option<String>) {
    let all = w.messages().await;
    assert_eq!(all.len(), 1);
    (
        all[0]["state"].as_str().unwrap().to_owned(),
        all[0]["attempts"].as_i64().unwrap(),
        all[0]["reason"].as_str().map(str::to_owned),
    )
}
fn told(state: &str, attempts: i64, reason: Option<&str>) -> (String, i64, Option<String>) {
    (state.to_owned(), attempts, reason.map(str::to_owned))
}
/// A call of the generic gateway.
async fn call(w: &World, body: Value) -> Result<Heard, Refusal> {
    let callback = Callback {
        provider: "generic".to_owned(),
        token: w.token().await,
        body: body.to_string().into_bytes(),
        ..Callback::default()
    };
    w.engine.callback(callback).await
}
async fn report(w: &World, state: &str) {
    let id = w.messages().await[0]["id"].clone();
    let heard = call(w, json!({"client_reference": id, "state": state})).await;
    assert_eq!(heard.unwrap(), Heard::Taken);
}
async fn run_state(w: &World) -> String {
    let page = w
        .engine
        .runs(
            &w.caller,
            flyt_engine::Query {
                limit: 10,
                ..Default::default()
            },
        )
        .await;
    page.unwrap().data[0]["state"].as_str().unwrap().to_owned()
}

async fn leaves_and_arrives(store: Store) {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::with_sms(store, NOW, json!({}), &gateway.generic()).await;
    w.workflow(created(), json!({}), sms()).await;
    w.book(START, json!({})).await;
    assert_eq!(only(&w).await, told("sent", 1, None));
    let message = w.messages().await.remove(0);
    assert_eq!(
        (&message["provider_id"], &message["segments"]),
        (&json!("gw-1"), &json!(1))
    );
    let given: Value = serde_json::from_str(&gateway.seen()[0]).unwrap();
    assert_eq!(
        (&given["client_reference"], &given["to"]),
        (&message["id"], &json!("+4790000001"))
    );
    assert_eq!(given["from"], "Salon");
    // Reports come doubled and out of order, and only move forward.
    for state in ["delivered", "delivered", "failed", "sent"] {
        report(&w, state).await;
        assert_eq!(only(&w).await, told("delivered", 1, None));
    }
    assert_eq!(w.messages().await[0]["sent_at"], message["sent_at"]);
    w.engine.stop().await;
}
#[tokio::test]
async fn an_sms_leaves_and_a_report_says_that_it_arrived_on_sqlite() {
    leaves_and_arrives(memory()).await;
}
#[tokio::test]
async fn an_sms_leaves_and_a_report_says_that_it_arrived_on_postgresql() {
    leaves_and_arrives(postgres().await).await;
}

#[tokio::test]
async fn a_report_of_failure_fails_the_message() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.generic()).await;
    w.workflow(created(), json!({}), sms()).await;
    w.book(START, json!({})).await;
    report(&w, "failed").await;
    assert_eq!(only(&w).await, told("failed", 1, Some("permanent_failure")));
    report(&w, "delivered").await;
    assert_eq!(only(&w).await.0, "failed");
}

#[tokio::test]
async fn a_try_at_a_side_that_knows_no_key_is_on_the_disk_before_its_first_byte() {
    let go = Arc::new(Notify::new());
    let gateway = Gateway::start(vec![Say::Wait(go.clone())]).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.twilio()).await;
    w.workflow(created(), json!({}), sms()).await;
    w.write_only(START).await;
    gateway.given(1).await;
    assert_eq!(only(&w).await, told("sending", 1, None));
    go.notify_one();
    w.engine.settle().await;
    assert_eq!(only(&w).await, told("sent", 1, None));
    assert!(
        gateway.seen()[0].contains("&StatusCallback=https%3A%2F%2Fflyt.example%2Fv1%2Fcallbacks%2Ftwilio%2F")
    );
}

async fn reported_before_the_answer(store: Store) {
    let go = Arc::new(Notify::new());
    let gateway = Gateway::start(vec![Say::Wait(go.clone())]).await;
    let w = World::with_sms(store, NOW, json!({}), &gateway.generic()).await;
    w.workflow(created(), json!({}), sms()).await;
    w.write_only(START).await;
    gateway.given(1).await;
    report(&w, "delivered").await;
    assert_eq!(only(&w).await.0, "queued");
    go.notify_one();
    w.engine.settle().await;
    assert_eq!(only(&w).await, told("delivered", 1, None));
    assert_eq!(run_state(&w).await, "done");
    w.engine.stop().await;
}
#[tokio::test]
async fn a_report_that_comes_before_the_answer_is_kept_for_it_on_sqlite() {
    reported_before_the_answer(memory()).await;
}
#[tokio::test]
async fn a_report_that_comes_before_the_answer_is_kept_for_it_on_postgresql() {
    reported_before_the_answer(postgres().await).await;
}

async fn lost_then_sent(store: Store) {
    let gateway = Gateway::start(vec![Say::Close]).await;
    let w = World::with_sms(store, NOW, json!({}), &gateway.twilio()).await;
    w.workflow(created(), json!({}), sms()).await;
    w.book(START, json!({})).await;
    assert_eq!(only(&w).await, told("unknown", 1, None));
    assert_eq!(run_state(&w).await, "running");
    w.clock("2026-10-01T08:01:59Z").await;
    assert_eq!(gateway.seen().len(), 1, "a report may still come");
    w.clock("2026-10-01T08:02:00Z").await;
    assert_eq!(only(&w).await, told("sent", 2, None));
    let seen = gateway.seen();
    assert_eq!((seen.len(), &seen[0]), (2, &seen[1]), "the same bytes once more");
    assert_eq!(run_state(&w).await, "done");
    w.engine.stop().await;
}
#[tokio::test]
async fn an_sms_whose_answer_is_lost_goes_once_more_after_two_minutes_on_sqlite() {
    lost_then_sent(memory()).await;
}
#[tokio::test]
async fn an_sms_whose_answer_is_lost_goes_once_more_after_two_minutes_on_postgresql() {
    lost_then_sent(postgres().await).await;
}

#[tokio::test]
async fn an_sms_whose_answer_is_lost_twice_goes_no_third_time() {
    let gateway = Gateway::start(vec![Say::Close, Say::Close]).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.generic()).await;
    w.workflow(created(), json!({}), sms()).await;
    w.book(START, json!({})).await;
    w.clock("2026-10-01T12:00:00Z").await;
    assert_eq!(only(&w).await, told("failed", 2, Some("attempts_exhausted")));
    assert_eq!((gateway.seen().len(), run_state(&w).await.as_str()), (2, "done"));
}

#[tokio::test]
async fn a_report_ends_the_doubt_and_nothing_goes_again() {
    let gateway = Gateway::start(vec![Say::Close]).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.generic()).await;
    w.workflow(created(), json!({}), sms()).await;
    w.book(START, json!({})).await;
    report(&w, "delivered").await;
    w.clock("2026-10-01T12:00:00Z").await;
    assert_eq!(only(&w).await, told("delivered", 1, None));
    assert_eq!((gateway.seen().len(), run_state(&w).await.as_str()), (1, "done"));
}

#[tokio::test]
async fn a_person_decides_where_the_action_says_hold() {
    let gateway = Gateway::start(vec![Say::Close, Say::Close]).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.twilio()).await;
    let mut held = sms();
    held[0]["on_unknown"] = json!("hold");
    w.workflow(created(), json!({}), held).await;
    w.book(START, json!({})).await;
    w.clock("2026-10-01T12:00:00Z").await;
    assert_eq!(only(&w).await, told("unknown", 1, Some("unknown_outcome")));
    let id = w.messages().await[0]["id"].as_str().unwrap().parse().unwrap();
    w.engine.retry_step(&w.caller, id).await.unwrap();
    w.engine.settle().await;
    assert_eq!(only(&w).await, told("unknown", 2, Some("unknown_outcome")));
    w.engine.skip_step(&w.caller, id).await.unwrap();
    assert_eq!(only(&w).await.0, "cancelled");
    assert_eq!((gateway.seen().len(), run_state(&w).await.as_str()), (2, "done"));
}

/// A crash leaves a step in this state; the next boot finds it.
async fn crashed(account: &str, state: &'static str) -> World {
    let store = memory();
    let dead = World::on_held(store.clone(), NOW).await;
    dead.workflow(created(), json!({}), sms()).await;
    dead.write_only(START).await;
    let no = dead.caller.business_no;
    let write = store.write(async move |tx: &mut Tx| {
        let ready = steps::due(&mut tx.engine(), i64::MAX, Some(&[]), 10).await?;
        assert_eq!(ready.len(), 1);
        let left = StepRow {
            state: state.to_owned(),
            attempt: 1,
            boot: Some(1),
            lease_until: Some(i64::MAX),
            ..ready[0].clone()
        };
        assert!(steps::advance(&mut tx.tenant(no), (&ready[0].state, 0), &left).await?);
        Ok(())
    });
    write.await.unwrap();
    let parts = Parts {
        sms: Some(flyt_channels::sms::Account::from_url(account).unwrap()),
        ..World::parts(store, Some(at(NOW)), "127.0.0.0/8", (false, true))
    };
    let engine = Engine::start(parts).await.unwrap();
    engine.settle().await;
    World { engine, ..dead }
}

#[tokio::test]
async fn what_was_claimed_for_a_side_that_knows_no_key_had_not_left() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = crashed(&gateway.twilio(), "claimed").await;
    assert_eq!(
        only(&w).await,
        told("sent", 1, None),
        "the try that never was is not counted"
    );
}

#[tokio::test]
async fn what_was_sending_may_have_left_and_waits_for_a_report() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = crashed(&gateway.twilio(), "sending").await;
    assert_eq!(only(&w).await, told("unknown", 1, None));
    w.clock("2026-10-01T08:02:00Z").await;
    assert_eq!((only(&w).await, gateway.seen().len()), (told("sent", 2, None), 1));
}

#[tokio::test]
async fn what_was_claimed_for_a_side_that_knows_its_key_goes_again_at_once() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = crashed(&gateway.generic(), "claimed").await;
    assert_eq!(only(&w).await, told("sent", 2, None), "the lost try is told");
}

async fn states(w: &World) -> Vec<(String, Option<String>)> {
    let all = w.messages().await;
    let one = |m: &Value| {
        (
            m["state"].as_str().unwrap().to_owned(),
            m["reason"].as_str().map(str::to_owned),
        )
    };
    all.iter().map(one).collect()
}

async fn stopped_and_started(store: Store) {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::with_sms(store, NOW, json!({}), &gateway.generic()).await;
    let mut waiting = json!([{"type": "wait", "duration": "PT5H"}]);
    waiting
        .as_array_mut()
        .unwrap()
        .extend(sms().as_array().unwrap().clone());
    w.workflow(created(), json!({}), waiting).await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    for day in ["02", "03", "04"] {
        w.book(
            &format!("2026-10-{day}T12:00:00Z"),
            json!({"automations": "timed"}),
        )
        .await;
    }
    let stop = call(&w, json!({"from": "+4790000001", "to": "2000", "text": "Stopp!"})).await;
    assert_eq!(stop.unwrap(), Heard::Taken);
    w.book("2026-10-20T12:00:00Z", json!({})).await;
    w.clock("2026-10-04T00:00:00Z").await;
    let opted_out = ("skipped".to_owned(), Some("opted_out".to_owned()));
    assert_eq!(
        states(&w).await,
        vec![opted_out.clone(); 4],
        "three reminders and a message after a wait"
    );
    assert_eq!(gateway.seen().len(), 0);
    let start = call(
        &w,
        json!({"from": "+47 900 00 001", "to": "2000", "text": "START"}),
    )
    .await;
    assert_eq!(start.unwrap(), Heard::Taken);
    w.book("2026-10-06T12:00:00Z", json!({})).await;
    w.clock("2026-10-06T12:00:00Z").await;
    let all = states(&w).await;
    let sent = all.iter().filter(|s| s.0 == "sent").count();
    assert_eq!((all.len(), sent), (6, 2), "what comes after START goes: {all:?}");
    w.engine.stop().await;
}
#[tokio::test]
async fn s49_stop_ends_every_sms_to_the_number_and_start_lets_later_ones_go_on_sqlite() {
    stopped_and_started(memory()).await;
}
#[tokio::test]
async fn s49_stop_ends_every_sms_to_the_number_and_start_lets_later_ones_go_on_postgresql() {
    stopped_and_started(postgres().await).await;
}

#[tokio::test]
async fn stop_ends_what_waits_at_once_and_start_does_not_revive_it() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.generic()).await;
    gateway.then(vec![Say::Answer("503 Busy", "")]);
    w.workflow(created(), json!({}), sms()).await;
    w.book(START, json!({})).await;
    assert_eq!(only(&w).await.0, "planned", "it is tried again in a minute");
    for text in ["STOP", "START"] {
        call(&w, json!({"from": "+4790000001", "to": "2000", "text": text}))
            .await
            .unwrap();
        w.engine.settle().await;
    }
    w.clock("2026-10-02T08:00:00Z").await;
    assert_eq!(
        states(&w).await,
        [("skipped".to_owned(), Some("opted_out".to_owned()))]
    );
    call(&w, json!({"from": "+4790000001", "to": "2000", "text": "Takk!"}))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_number_that_twilio_knows_as_no_good_is_not_tried_again() {
    let gateway = Gateway::start(vec![Say::Answer("400 Bad Request", "{\"code\": 21614}")]).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.twilio()).await;
    w.workflow(created(), json!({}), sms()).await;
    w.book(START, json!({})).await;
    w.book("2026-10-21T10:00:00Z", json!({})).await;
    let failed = ("failed".to_owned(), Some("permanent_failure".to_owned()));
    let suppressed = ("skipped".to_owned(), Some("suppressed_address".to_owned()));
    assert_eq!(states(&w).await, [failed, suppressed]);
}

#[tokio::test]
async fn a_call_without_the_token_of_the_business_finds_nothing() {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::with_sms(memory(), NOW, json!({}), &gateway.generic()).await;
    let token = w.token().await;
    for wrong in [
        token.replacen(|c: char| c.is_ascii_digit(), "x", 1),
        token.chars().rev().collect(),
        format!("{token}0"),
        String::new(),
    ] {
        if wrong == token {
            continue;
        }
        let callback = Callback {
            provider: "generic".to_owned(),
            token: wrong,
            body: b"{\"from\": \"+4790000001\", \"to\": \"1\", \"text\": \"STOP\"}".to_vec(),
            ..Callback::default()
        };
        assert!(matches!(
            w.engine.callback(callback).await,
            Err(Refusal::NotFound)
        ));
    }
}
