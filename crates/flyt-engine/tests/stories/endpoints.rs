//! Webhook endpoints and the feed, where several processes are at work or a receiver is dead.

use crate::gateway::{Gateway, Say};
use crate::world::{World, fresh_database, hook, receiver, slow, sms};
use flyt_engine::{EventQuery, Terms};
use flyt_store::{Store, Tx, steps};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

const TAKEN: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

async fn store(url: &str) -> Store {
    Store::postgres(url, 4).await.unwrap()
}

/// Subscribes an address to new bookings; the endpoint's id.
async fn subscribe(world: &World, url: &str) -> flyt_core::id::EndpointId {
    let body = json!({"url": url, "events": ["booking.created"]});
    let made = world
        .engine
        .create_endpoint(&world.caller, body, Terms::default());
    made.await.unwrap().value["id"].as_str().unwrap().parse().unwrap()
}
async fn deliveries(world: &World, endpoint: flyt_core::id::EndpointId) -> Vec<Value> {
    let page = world.engine.deliveries(&world.caller, endpoint, &[], 200).await;
    page.unwrap().data
}

#[tokio::test]
async fn a_delivery_that_a_dead_process_had_claimed_is_made_by_another() {
    let (url, hook) = (fresh_database(), receiver(TAKEN).await);
    let held = World::live_held(store(&url).await).await;
    let endpoint = subscribe(&held, &hook).await;
    held.book("2036-10-20T10:00:00Z", json!({})).await;
    // It is there with the booking: what happens to the process from now on cannot lose it.
    let no = held.caller.business_no;
    let write = held.engine.store().write(async move |tx: &mut Tx| {
        let ready = steps::due(&mut tx.engine(), i64::MAX, Some(&[]), 10).await?;
        assert_eq!(ready.len(), 1);
        let claimed = steps::StepRow {
            state: "claimed".to_owned(),
            attempt: 1,
            boot: Some(1_008),
            lease_until: Some(i64::MAX),
            ..ready[0].clone()
        };
        steps::advance(&mut tx.tenant(no), ("ready", 0), &claimed).await
    });
    assert!(write.await.unwrap());
    let successor = World::live(store(&url).await, Some(held.caller)).await;
    let mut all = deliveries(&successor, endpoint).await;
    while all[0]["state"] != "sent" {
        successor.engine.settle().await;
        all = deliveries(&successor, endpoint).await;
    }
    assert_eq!(all[0]["attempts"], 2, "the lost try is told");
    successor.engine.stop().await;
    held.engine.stop().await;
}

#[tokio::test]
async fn a_reader_of_the_feed_misses_nothing_while_two_processes_write() {
    let url = fresh_database();
    let first = World::live(store(&url).await, None).await;
    let second = World::live(store(&url).await, Some(first.caller)).await;
    let book = async |w: World, who: &str| {
        for n in 0..40 {
            let person = json!({"external_id": format!("{who}{n}"), "first_name": who});
            w.book("2036-10-20T10:00:00Z", json!({"customer": person})).await;
        }
    };
    let follow = async |w: World| {
        let (mut after, mut seen) = (Vec::new(), Vec::new());
        while seen.len() < 160 {
            let query = EventQuery {
                after: after.clone(),
                limit: 7,
                ..EventQuery::default()
            };
            for told in w.engine.events(&w.caller, query).await.unwrap() {
                after = told.place;
                seen.push(told.id.to_string());
            }
            tokio::task::yield_now().await;
        }
        seen
    };
    let ((), (), seen) = tokio::join!(
        book(first.clone(), "a"),
        book(second.clone(), "b"),
        follow(first.clone())
    );
    let different: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(
        (seen.len(), different.len()),
        (160, 160),
        "each event once: a booking and a customer"
    );
    second.engine.stop().await;
    first.engine.stop().await;
}

#[tokio::test]
async fn endpoints_that_do_not_answer_hold_up_nothing_that_goes_to_people() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/", listener.local_addr().unwrap());
    let (let_go, gone) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut gone = gone.clone();
            tokio::spawn(async move {
                let _read = stream.read(&mut [0; 1024]).await;
                gone.wait_for(|gone| *gone).await.map(drop).unwrap_or_default();
            });
        }
    });
    let world = World::live(Store::sqlite_in_memory().unwrap(), None).await;
    subscribe(&world, &hook).await;
    let workflow =
        json!({"name": "W", "enabled": true, "triggers": [{"type": "booking.created"}], "actions": sms()});
    world.save(workflow).await;
    for _ in 0..70 {
        world.write_only("2036-10-20T10:00:00Z").await;
    }
    loop {
        let all = world.messages().await;
        if all.len() == 70 && all.iter().all(|m| m["state"] == "captured") {
            break;
        }
        tokio::task::yield_now().await;
    }
    let_go.send_replace(true);
    world.engine.stop().await;
}

#[tokio::test]
async fn a_delivery_that_was_held_beyond_its_time_does_not_leave() {
    let (hook, store) = (receiver(TAKEN).await, Store::sqlite_in_memory().unwrap());
    let w = World::with_sms(
        store,
        "2026-10-01T08:00:00Z",
        json!({}),
        "http://token@127.0.0.1:9/",
    )
    .await;
    let endpoint = subscribe(&w, &hook).await;
    let mode = async |mode: &str| {
        let written = w.engine.write_business(&w.caller, json!({ "mode": mode }), None);
        written.await.unwrap();
        w.engine.settle().await;
    };
    mode("held").await;
    w.book("2036-10-20T10:00:00Z", json!({})).await;
    w.clock("2026-10-05T08:00:00Z").await;
    mode("live").await;
    let all = deliveries(&w, endpoint).await;
    assert_eq!(
        (&all[0]["reason"], &all[0]["attempts"]),
        (&json!("expired"), &json!(0))
    );
    w.engine.stop().await;
}

/// The address of a gateway as that of a receiver.
fn address(gateway: &Gateway) -> String {
    gateway.generic().replace("token@", "")
}

async fn endpoint_down(store: Store) {
    let down = Gateway::start((0..5).map(|_| Say::Answer("503 Down", "")).collect()).await;
    let well = Gateway::start(Vec::new()).await;
    let w = World::on(store, "2026-10-01T08:00:00Z").await;
    let dead = subscribe(&w, &address(&down)).await;
    subscribe(&w, &address(&well)).await;
    for day in 1..=7 {
        w.book(&format!("2026-10-2{day}T10:00:00Z"), json!({})).await;
    }
    assert_eq!((down.seen().len(), well.seen().len()), (5, 7));
    let waiting = deliveries(&w, dead).await;
    let paused = waiting.iter().filter(|d| d["reason"] == "channel_paused");
    assert_eq!(
        paused
            .map(|d| d["attempts"].as_i64().unwrap())
            .collect::<Vec<_>>(),
        [0, 0],
        "those that wait burn nothing: {waiting:?}"
    );
    // It is well again: the probe goes after a minute, the rest with it or by their own plan.
    w.clock("2026-10-01T08:10:00Z").await;
    let all = deliveries(&w, dead).await;
    assert!(all.iter().all(|d| d["state"] == "sent"), "{all:?}");
    assert_eq!(down.seen().len(), 12);
    w.engine.stop().await;
}
#[tokio::test]
async fn five_failures_in_a_row_pause_an_endpoint_until_a_probe_succeeds_on_sqlite() {
    endpoint_down(Store::sqlite_in_memory().unwrap()).await;
}
#[tokio::test]
async fn five_failures_in_a_row_pause_an_endpoint_until_a_probe_succeeds_on_postgresql() {
    endpoint_down(store(&fresh_database()).await).await;
}

async fn dead_beside_well(store: Store) {
    let well = Gateway::start(Vec::new()).await;
    let never = Arc::new(Notify::new());
    let dead = Gateway::start((0..40).map(|_| Say::Wait(never.clone())).collect()).await;
    let w = World::live(store, None).await;
    subscribe(&w, &address(&dead)).await;
    subscribe(&w, &address(&well)).await;
    for _ in 0..40 {
        w.write_only("2036-10-20T10:00:00Z").await;
    }
    well.given(40).await;
    assert_eq!(
        dead.seen().len(),
        4,
        "it has its share of the places and no more, and none of its calls is over yet"
    );
    never.notify_waiters();
    w.engine.stop().await;
}
#[tokio::test]
async fn an_endpoint_that_does_not_answer_leaves_room_for_the_others_on_sqlite() {
    dead_beside_well(Store::sqlite_in_memory().unwrap()).await;
}
#[tokio::test]
async fn an_endpoint_that_does_not_answer_leaves_room_for_the_others_on_postgresql() {
    dead_beside_well(store(&fresh_database()).await).await;
}

#[tokio::test]
async fn a_write_under_the_test_clock_does_not_wait_for_a_receiver_that_does_not_answer() {
    let (url, go, calls) = slow(TAKEN, TAKEN).await;
    let (end_url, end_go, _) = slow(TAKEN, TAKEN).await;
    let w = World::new("2026-10-01T08:00:00Z").await;
    let endpoint = subscribe(&w, &end_url).await;
    w.workflow(json!({"type": "booking.created"}), json!({}), hook(&url))
        .await;
    w.write_only("2026-10-20T10:00:00Z").await;
    w.write_only("2026-10-21T10:00:00Z").await;
    w.write_only("2026-10-22T10:00:00Z").await;
    // Only now the first calls are answered. Had a write waited for them, they would be lost by now and tried again.
    go.notify_one();
    end_go.notify_one();
    w.engine.settle().await;
    let all = [w.messages().await, deliveries(&w, endpoint).await].concat();
    let came = |m: &Value| (m["state"].as_str().unwrap().to_owned(), m["attempts"].as_i64());
    let all: Vec<_> = all.iter().map(came).collect();
    assert_eq!(all, vec![("sent".to_owned(), Some(1)); 6]);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    w.engine.stop().await;
}
