//! Businesses are served in turn: one that has most of the work, or whose receiver hangs, keeps nobody else waiting.

use crate::gateway::{Gateway, Say};
use crate::world::{World, fresh_database, hook};
use flyt_engine::{Actor, Caller, Target, Verb};
use flyt_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;

const NOW: &str = "2026-10-01T08:00:00Z";
const SMALL: usize = 5;
const OF_SMALL: usize = 5;
const OF_LARGE: usize = 500;

fn receiver(gateway: &Gateway) -> String {
    gateway.generic().replace("token@", "")
}
/// Another business on the same engine.
async fn beside(w: &World, slug: &str) -> World {
    let body = json!({"slug": slug, "name": slug, "time_zone": "Europe/Oslo", "languages": ["nb"], "currency": "NOK",
        "country": "NO", "guards": {"per_recipient_and_booking_per_hour": null}});
    let made = w
        .engine
        .create_business(Actor::Platform, body, None)
        .await
        .unwrap();
    World {
        engine: w.engine.clone(),
        caller: Caller {
            business_no: made.value.no,
            actor: Actor::Platform,
        },
    }
}
/// What the calls said, in the order in which they came.
fn said(gateway: &Gateway) -> Vec<String> {
    let name = |body: &String| {
        let body: Value = serde_json::from_str(body).unwrap();
        body["who"].as_str().unwrap().to_owned()
    };
    gateway.seen().iter().map(name).collect()
}

/// A hundred times the work of each other, all due at one instant, and first in the order of claims.
async fn noisy(store: Store) {
    let gateway = Gateway::start(Vec::new()).await;
    let w = World::on(store, NOW).await;
    let before =
        json!({"type": "booking.starts", "offset": {"amount": 1, "unit": "hours", "direction": "before"}});
    let call = |who: &str| json!([{"type": "webhook", "url": receiver(&gateway), "signing": false, "body": {"json": json!({"who": who}).to_string()}}]);
    w.workflow(before.clone(), json!({}), call("large")).await;
    for _ in 0..OF_LARGE {
        w.book("2026-10-02T10:00:00Z", json!({})).await;
    }
    for n in 0..SMALL {
        let small = beside(&w, &format!("small-{n}")).await;
        small.workflow(before.clone(), json!({}), call("small")).await;
        for _ in 0..OF_SMALL {
            small.book("2026-10-02T10:00:00Z", json!({})).await;
        }
    }
    w.clock("2026-10-02T10:00:00Z").await;
    let order = said(&gateway);
    assert_eq!(order.len(), OF_LARGE + SMALL * OF_SMALL, "nobody is left out");
    let last = order.iter().rposition(|who| who == "small").unwrap();
    assert!(
        last < OF_LARGE / 3,
        "the last of {} small ones came as number {last}",
        SMALL * OF_SMALL
    );
    w.engine.stop().await;
}
#[tokio::test(flavor = "multi_thread")]
async fn one_business_with_most_of_the_work_keeps_the_others_from_nothing_on_sqlite() {
    noisy(Store::sqlite_in_memory().unwrap()).await;
}
#[tokio::test(flavor = "multi_thread")]
async fn one_business_with_most_of_the_work_keeps_the_others_from_nothing_on_postgresql() {
    noisy(Store::postgres(&fresh_database(), 4).await.unwrap()).await;
}

/// More than one pass takes wait for the answer to one call about one booking.
async fn hanging(store: Store) {
    let go = Arc::new(Notify::new());
    let hangs = Gateway::start(vec![Say::Wait(go.clone())]).await;
    let well = Gateway::start(Vec::new()).await;
    let intake = World::live_intake(store.clone()).await;
    let hung = json!({"filters": {"service": {"any_of": [{"external_id": "cut"}]}}});
    let other = json!({"filters": {"service": {"any_of": [{"external_id": "colour"}]}}});
    let save = async |more: Value, kind: &str, gateway: &Gateway| {
        let mut body = json!({"name": "W", "enabled": true, "triggers": [{"type": kind}], "actions": hook(&receiver(gateway))});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        intake.save(body).await;
    };
    let book = async |service: &str| {
        let body = json!({"customer": {"first_name": "Kari", "phone": "+4790000001"}, "start": "2030-01-01T10:00:00Z",
            "service": {"external_id": service, "name": service, "duration_minutes": 45}});
        intake.written(Target::New, Verb::Create, body).await
    };
    book("cut").await;
    book("colour").await;
    save(hung, "booking.changed", &hangs).await;
    save(other, "booking.created", &well).await;
    let booking = book("cut").await;
    for minute in 0..250 {
        let start = format!("2030-01-02T{:02}:{:02}:00Z", minute / 60, minute % 60);
        let patch = json!({"start": start});
        intake.written(Target::Id(booking), Verb::Patch, patch).await;
    }
    book("colour").await;
    let worker = World::live(store, Some(intake.caller)).await;
    well.given(1).await;
    assert_eq!(
        hangs.seen().len(),
        1,
        "messages of one booking go one after another"
    );
    go.notify_one();
    hangs.given(2).await;
    worker.engine.stop().await;
}
#[tokio::test(flavor = "multi_thread")]
async fn a_booking_whose_receiver_hangs_holds_up_no_other_on_sqlite() {
    hanging(Store::sqlite_in_memory().unwrap()).await;
}
#[tokio::test(flavor = "multi_thread")]
async fn a_booking_whose_receiver_hangs_holds_up_no_other_on_postgresql() {
    hanging(Store::postgres(&fresh_database(), 4).await.unwrap()).await;
}
