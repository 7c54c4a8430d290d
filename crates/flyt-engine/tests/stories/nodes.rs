//! Several processes on one PostgreSQL, on the system's clock: each has a number of its own, and what one left is taken up.

use crate::world::{World, fresh_database, sms};
use flyt_engine::{Actor, Engine, Target, Verb, clock, hold};
use flyt_store::nodes::{self, Node};
use flyt_store::{Store, Tx, steps};
use serde_json::json;
use std::collections::BTreeSet;

async fn store(url: &str) -> Store {
    Store::postgres(url, 4).await.unwrap()
}

async fn numbers(engine: &Engine) -> Vec<i64> {
    let read = engine
        .store()
        .read(async |tx: &mut Tx| nodes::list(&mut tx.engine()).await);
    read.await.unwrap().into_iter().map(|node| node.no).collect()
}

fn created() -> serde_json::Value {
    json!({"type": "booking.created"})
}

#[tokio::test]
async fn two_processes_write_at_once_and_no_id_is_given_twice() {
    let url = fresh_database();
    let first = World::live(store(&url).await, None).await;
    let second = World::live(store(&url).await, Some(first.caller)).await;
    assert_eq!(numbers(&first.engine).await, [0, 1]);
    first.workflow(created(), json!({}), sms()).await;
    let book = async |w: World, who: &str| {
        for n in 0..40 {
            let person =
                json!({"external_id": format!("{who}{n}"), "first_name": who, "phone": "+4790000001"});
            w.book("2036-10-20T10:00:00Z", json!({"customer": person})).await;
        }
    };
    tokio::join!(book(first.clone(), "a"), book(second.clone(), "b"));
    let mut messages = first.messages().await;
    while messages.iter().any(|m| m["state"] != "captured") {
        first.engine.settle().await;
        second.engine.settle().await;
        messages = first.messages().await;
    }
    let bookings: BTreeSet<&str> = messages
        .iter()
        .map(|m| m["booking_id"].as_str().unwrap())
        .collect();
    assert_eq!(
        (messages.len(), bookings.len()),
        (80, 80),
        "one message for each booking"
    );
    second.engine.stop().await;
    assert_eq!(numbers(&first.engine).await, [0], "a number is given back");
    let third = World::live(store(&url).await, Some(first.caller)).await;
    assert_eq!(numbers(&first.engine).await, [0, 1]);
    third.engine.stop().await;
    first.engine.stop().await;
}

#[tokio::test]
async fn what_a_process_left_claimed_is_taken_up_once_it_has_been_silent() {
    let url = fresh_database();
    let held = World::live_held(store(&url).await).await;
    held.workflow(created(), json!({}), sms()).await;
    held.book("2036-10-20T10:00:00Z", json!({})).await;
    held.book("2036-10-21T10:00:00Z", json!({})).await;
    // Two processes claim a step each; one was heard of just now, the other has been silent for a minute.
    let no = held.caller.business_no;
    let write = held.engine.store().write(async move |tx: &mut Tx| {
        let now = nodes::server_time(&mut tx.engine()).await?;
        let ready = steps::due(&mut tx.engine(), i64::MAX, Some(&[]), 10).await?;
        assert_eq!(ready.len(), 2);
        for (step, (number, ago)) in ready.iter().zip([(7, 0), (8, 60_000)]) {
            let boot = 1_000 + number;
            let node = Node {
                no: number,
                boot,
                seen_at: now - ago,
            };
            nodes::join(&mut tx.engine(), &node, 0)?;
            let claimed = steps::StepRow {
                state: "claimed".to_owned(),
                attempt: 1,
                boot: Some(boot),
                lease_until: Some(now + 900_000),
                ..step.clone()
            };
            assert!(steps::advance(&mut tx.tenant(no), (&step.state, step.attempt), &claimed).await?);
        }
        Ok((ready[0].booking_id, ready[1].booking_id))
    });
    let (at_work, silent) = write.await.unwrap();
    let successor = World::live(store(&url).await, Some(held.caller)).await;
    let id = |booking: Option<flyt_core::id::BookingId>| booking.unwrap().to_string();
    let of = |all: &[serde_json::Value], booking: &str| {
        let found = all.iter().find(|m| m["booking_id"] == booking).unwrap();
        (
            found["state"].as_str().unwrap().to_owned(),
            found["attempts"].as_i64().unwrap(),
        )
    };
    let (at_work, silent) = (id(at_work), id(silent));
    let mut all = successor.messages().await;
    while of(&all, &silent).0 != "captured" {
        successor.engine.settle().await;
        all = successor.messages().await;
    }
    assert_eq!(
        of(&all, &silent),
        ("captured".to_owned(), 1),
        "an SMS that had not left is taken up, and its try is not counted"
    );
    assert_eq!(
        of(&all, &at_work),
        ("queued".to_owned(), 1),
        "the claim of a process at work stands"
    );
    successor.engine.stop().await;
    held.engine.stop().await;
}

#[tokio::test]
async fn a_process_that_takes_commands_only_leaves_delivery_to_another() {
    let url = fresh_database();
    let intake = World::live_intake(store(&url).await).await;
    let worker = World::live(store(&url).await, Some(intake.caller)).await;
    let body = json!({"name": "W", "enabled": true, "triggers": [created()], "actions": sms()});
    let save = intake
        .engine
        .write_workflow(&intake.caller, Target::New, Verb::Create, body, None);
    save.await.unwrap();
    intake.write_only("2036-10-20T10:00:00Z").await;
    assert_eq!(intake.messages().await.len(), 1);
    // It returns when the worker has heard of it and looked; the wake-up of another process comes on its own time.
    while intake.messages().await[0]["state"] != "captured" {
        worker.engine.settle().await;
        tokio::task::yield_now().await;
    }
    worker.engine.stop().await;
    intake.engine.stop().await;
}

#[tokio::test]
async fn a_hold_and_its_release_reach_every_process() {
    let url = fresh_database();
    let first = World::live(store(&url).await, None).await;
    let second = World::live(store(&url).await, Some(first.caller)).await;
    first.workflow(created(), json!({}), sms()).await;
    let held = hold::begin(second.engine.store(), true, None, clock::wall()).await;
    assert!(held.unwrap().is_some());
    while !first.engine.is_held() || !second.engine.is_held() {
        first.messages().await;
    }
    let person = json!({"first_name": "Kari", "phone": "+4790000001"});
    first
        .book("2036-10-20T10:00:00Z", json!({"customer": person}))
        .await;
    let message = first.messages().await.remove(0);
    assert_eq!(
        (&message["state"], &message["reason"]),
        (&json!("queued"), &json!("held"))
    );
    second.engine.lift_hold(Actor::Platform).await.unwrap();
    second.engine.release();
    while first.engine.is_held() || second.engine.is_held() {
        first.messages().await;
    }
    while first.messages().await[0]["state"] != "captured" {}
    first.engine.stop().await;
    second.engine.stop().await;
}
