//! Webhook endpoints and the feed, where several processes are at work or a receiver is dead.

use crate::world::{World, fresh_database, receiver, sms};
use flyt_engine::{EventQuery, Terms};
use flyt_store::{Store, Tx, steps};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

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
        let ready = steps::due(&mut tx.engine(), i64::MAX, true, 10).await?;
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
