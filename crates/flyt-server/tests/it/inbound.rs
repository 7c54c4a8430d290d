//! Deliveries of other systems over HTTP: taken, known again, refused; and the sources they come from.

use crate::world::{Got, World};
use serde_json::{Value, json};
use std::path::Path;

pub(crate) fn sample(name: &str) -> Value {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../flyt-core/tests/it_text/inbound/fixtures"
    ));
    serde_json::from_slice(&std::fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap()
}
/// Makes a source and answers its path and id.
pub(crate) async fn source(world: &World, body: &Value) -> (String, String) {
    let made = world.call("POST", "/v1/inbound-sources", body).await.expect(201);
    (
        made.json["path"].as_str().unwrap().to_owned(),
        made.json["id"].as_str().unwrap().to_owned(),
    )
}
/// A delivery as another system sends it: no key, no business.
pub(crate) async fn deliver(
    world: &World,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<String>,
) -> Got {
    let mut all = vec![("authorization", ""), ("flyt-business", "")];
    all.extend(headers);
    world.send("POST", path, &all, Some(body.into())).await
}
pub(crate) async fn bookings(world: &World) -> Vec<Value> {
    let got = world.get("/v1/bookings").await.expect(200);
    got.json["data"].as_array().unwrap().clone()
}
pub(crate) async fn verdicts(world: &World, id: &str) -> Vec<String> {
    let got = world
        .get(&format!("/v1/inbound-sources/{id}/deliveries"))
        .await
        .expect(200);
    let rows = got.json["data"].as_array().unwrap();
    rows.iter()
        .map(|r| r["verdict"].as_str().unwrap().to_owned())
        .collect()
}
/// Messages of every kind that went or will go.
async fn messages(world: &World) -> Vec<Value> {
    let got = world.get("/v1/messages").await.expect(200);
    got.json["data"].as_array().unwrap().clone()
}
async fn workflow(world: &World, trigger: Value, text: &str) {
    let body = json!({"name": text, "enabled": true, "triggers": [trigger],
        "actions": [{"type": "email", "to": ["customer"], "content": {"en": {"subject": text, "body": text}}}]});
    world.call("POST", "/v1/workflows", &body).await.expect(201);
}
/// Cal.com's sample at another time, with another uid.
pub(crate) fn calcom(event: &str, uid: &str, start: &str, created: &str) -> Value {
    let mut body = sample("calcom-20211020-booking_created");
    body["triggerEvent"] = json!(event);
    body["createdAt"] = json!(created);
    body["payload"]["uid"] = json!(uid);
    body["payload"]["startTime"] = json!(start);
    body["payload"]["endTime"] = json!(start.replace(":00:00Z", ":15:00Z"));
    body
}
fn subjects(all: &[Value]) -> Vec<&str> {
    all.iter()
        .map(|m| m["subject"].as_str().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn a_booking_comes_in_and_its_workflows_run() {
    let world = World::new().await;
    workflow(&world, json!({"type": "booking.created"}), "Welcome").await;
    let (path, id) = source(&world, &json!({"adapter": "calcom", "name": "Cal.com"})).await;
    let body = calcom(
        "BOOKING_CREATED",
        "u1",
        "2026-10-20T10:00:00Z",
        "2026-10-01T00:00:00Z",
    );
    let got = deliver(&world, &path, &[], body.to_string()).await.expect(200);
    assert_eq!(
        (&got.json["verdict"], &got.json["replayed"]),
        (&json!("taken"), &json!(false)),
        "{}",
        got.text
    );
    let booking = world
        .get("/v1/bookings/by-external-id/calcom:u1")
        .await
        .expect(200);
    assert_eq!(booking.json["id"], got.json["booking_id"]);
    assert_eq!(booking.json["customer"]["email"], "guest@example.com");
    for _ in 0..3 {
        let again = deliver(&world, &path, &[], body.to_string()).await.expect(200);
        assert_eq!(
            (&again.json["replayed"], &again.json["booking_id"]),
            (&json!(true), &got.json["booking_id"])
        );
    }
    world
        .call("POST", "/v1/test-clock", &json!({"now": "2026-10-01T01:00:00Z"}))
        .await
        .expect(200);
    assert_eq!(subjects(&messages(&world).await), ["Welcome"]);
    assert_eq!(verdicts(&world, &id).await, ["taken"]);
    let audit = world.get("/v1/audit-log").await.expect(200);
    assert!(
        audit.text.contains(&format!("\"actor\":\"{id}\"")),
        "the audit log names the source"
    );
    world.close().await;
}

#[tokio::test]
async fn a_move_in_cal_com_keeps_one_booking_under_its_new_id() {
    let world = World::new().await;
    workflow(
        &world,
        json!({"type": "booking.status_changed", "to": ["cancelled"]}),
        "Cancelled",
    )
    .await;
    workflow(
        &world,
        json!({"type": "booking.changed", "fields": ["start"]}),
        "Moved",
    )
    .await;
    let (path, _) = source(&world, &json!({"adapter": "calcom"})).await;
    let created = calcom(
        "BOOKING_CREATED",
        "u1",
        "2026-10-20T10:00:00Z",
        "2026-10-01T00:00:00Z",
    );
    let mut moved = calcom(
        "BOOKING_RESCHEDULED",
        "u2",
        "2026-10-21T10:00:00Z",
        "2026-10-01T00:01:00Z",
    );
    moved["payload"]["rescheduleUid"] = json!("u1");
    let first = deliver(&world, &path, &[], created.to_string()).await.expect(200);
    let second = deliver(&world, &path, &[], moved.to_string()).await.expect(200);
    assert_eq!(first.json["booking_id"], second.json["booking_id"]);
    // A cancellation of the id it had is about nothing any more.
    let mut late = sample("calcom-20211020-booking_cancelled");
    late["payload"]["uid"] = json!("u1");
    late["createdAt"] = json!("2026-10-01T00:02:00Z");
    let late = deliver(&world, &path, &[], late.to_string()).await.expect(200);
    assert_eq!(late.json["verdict"], "ignored", "{}", late.text);
    let all = bookings(&world).await;
    assert_eq!(all.len(), 1);
    assert_eq!(
        (&all[0]["external_id"], &all[0]["start"]),
        (&json!("calcom:u2"), &json!("2026-10-21T10:00:00Z"))
    );
    world
        .call("POST", "/v1/test-clock", &json!({"now": "2026-10-01T01:00:00Z"}))
        .await
        .expect(200);
    assert_eq!(subjects(&messages(&world).await), ["Moved"]);
    world.close().await;
}

#[tokio::test]
async fn moves_that_come_out_of_order_leave_one_booking() {
    let world = World::new().await;
    let (path, _) = source(&world, &json!({"adapter": "calcom"})).await;
    let created = calcom(
        "BOOKING_CREATED",
        "u1",
        "2026-10-20T10:00:00Z",
        "2026-10-01T00:00:00Z",
    );
    let moved = |to: &str, from: &str, start: &str, at: &str| {
        let mut body = calcom("BOOKING_RESCHEDULED", to, start, at);
        body["payload"]["rescheduleUid"] = json!(from);
        body.to_string()
    };
    deliver(&world, &path, &[], created.to_string()).await.expect(200);
    deliver(
        &world,
        &path,
        &[],
        moved("u3", "u2", "2026-10-22T10:00:00Z", "2026-10-01T00:02:00Z"),
    )
    .await
    .expect(200);
    deliver(
        &world,
        &path,
        &[],
        moved("u2", "u1", "2026-10-21T10:00:00Z", "2026-10-01T00:01:00Z"),
    )
    .await
    .expect(200);
    let all = bookings(&world).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["external_id"], &all[0]["start"]),
        (&json!("calcom:u3"), &json!("2026-10-22T10:00:00Z"))
    );
    world.close().await;
}

#[tokio::test]
async fn a_move_in_calendly_is_never_told_as_a_cancellation() {
    for canceled_first in [true, false] {
        let world = World::new().await;
        workflow(&world, json!({"type": "booking.status_changed"}), "Status").await;
        workflow(&world, json!({"type": "booking.changed"}), "Moved").await;
        let (path, _) = source(&world, &json!({"adapter": "calendly"})).await;
        let uri = |n: &str| format!("https://api.calendly.com/scheduled_events/e{n}/invitees/i{n}");
        let mut before = sample("calendly-captured-invitee.created");
        before["created_at"] = json!("2026-10-01T00:00:00.000000Z");
        before["payload"]["uri"] = json!(uri("1"));
        before["payload"]["scheduled_event"]["start_time"] = json!("2026-10-20T06:30:00.000000Z");
        before["payload"]["scheduled_event"]["end_time"] = json!("2026-10-20T07:00:00.000000Z");
        let mut canceled = before.clone();
        canceled["event"] = json!("invitee.canceled");
        canceled["created_at"] = json!("2026-10-01T00:01:00.000000Z");
        canceled["payload"]["rescheduled"] = json!(true);
        canceled["payload"]["new_invitee"] = json!(uri("2"));
        let mut after = before.clone();
        after["created_at"] = json!("2026-10-01T00:01:00.000000Z");
        after["payload"]["uri"] = json!(uri("2"));
        after["payload"]["old_invitee"] = json!(uri("1"));
        after["payload"]["scheduled_event"]["start_time"] = json!("2026-10-23T06:30:00.000000Z");
        after["payload"]["scheduled_event"]["end_time"] = json!("2026-10-23T07:00:00.000000Z");
        deliver(&world, &path, &[], before.to_string()).await.expect(200);
        let pair = if canceled_first {
            [&canceled, &after]
        } else {
            [&after, &canceled]
        };
        for body in pair {
            deliver(&world, &path, &[], body.to_string()).await.expect(200);
        }
        let late = deliver(&world, &path, &[], before.to_string().replace("John", "Jon"))
            .await
            .expect(200);
        assert_eq!(late.json["verdict"], "ignored");
        let all = bookings(&world).await;
        assert_eq!(all.len(), 1);
        assert_eq!(
            (&all[0]["status"], &all[0]["start"]),
            (&json!("approved"), &json!("2026-10-23T06:30:00Z"))
        );
        world
            .call("POST", "/v1/test-clock", &json!({"now": "2026-10-01T01:00:00Z"}))
            .await
            .expect(200);
        assert_eq!(subjects(&messages(&world).await), ["Moved"]);
        world.close().await;
    }
}

#[tokio::test]
async fn an_older_version_changes_nothing_and_a_customer_may_come_later() {
    let world = World::new().await;
    let (path, id) = source(&world, &json!({"adapter": "square"})).await;
    let updated = sample("square-booking.updated")
        .to_string()
        .replace("2020-12-17", "2026-12-17");
    let created = sample("square-booking.created")
        .to_string()
        .replace("2020-12-17", "2026-12-18");
    let got = deliver(&world, &path, &[], updated).await.expect(200);
    assert_eq!(got.json["verdict"], "thin", "{}", got.text);
    assert_eq!(
        got.json["detail"]["missing"],
        json!(["customer.email", "customer.phone"])
    );
    let older = deliver(&world, &path, &[], created).await.expect(200);
    assert_eq!(older.json["verdict"], "ignored");
    let customer = sample("square-customer-created-event")
        .to_string()
        .replace("QPTXM8PQNX3Q726ZYHPMNP46XC", "SSKBT02ECWZXK6W3VWYC78E52R");
    deliver(&world, &path, &[], customer).await.expect(200);
    let booking = world
        .get("/v1/bookings/by-external-id/square:i2id2g3enyspi7")
        .await
        .expect(200);
    assert_eq!(booking.json["start"], "2026-12-17T16:00:00Z");
    assert_eq!(booking.json["customer"]["first_name"], "Jenkins");
    assert_eq!(
        booking.json["notes"],
        "I would like to sit near the window please"
    );
    assert_eq!(verdicts(&world, &id).await, ["taken", "ignored", "thin"]);
    world.close().await;
}

#[tokio::test]
async fn a_cancellation_before_its_booking_is_remembered_and_starts_nothing() {
    let world = World::new().await;
    let (path, _) = source(&world, &json!({"adapter": "calcom"})).await;
    let mut gone = sample("calcom-20211020-booking_cancelled");
    gone["payload"]["uid"] = json!("u1");
    gone["createdAt"] = json!("2026-10-01T00:05:00Z");
    deliver(&world, &path, &[], gone.to_string()).await.expect(200);
    let late = calcom(
        "BOOKING_CREATED",
        "u1",
        "2026-10-20T10:00:00Z",
        "2026-10-01T00:00:00Z",
    );
    let late = deliver(&world, &path, &[], late.to_string()).await.expect(200);
    assert_eq!(late.json["verdict"], "ignored");
    assert_eq!(bookings(&world).await.len(), 0);
    world.close().await;
}

#[tokio::test]
async fn a_payment_in_cal_com_is_a_payment_here() {
    let world = World::new().await;
    let (path, _) = source(&world, &json!({"adapter": "calcom"})).await;
    for name in [
        "booking_payment_initiated",
        "booking_paid",
        "booking_payment_initiated",
    ] {
        let body = sample(&format!("calcom-20211020-{name}"))
            .to_string()
            .replace("2024-01-02", "2026-12-02");
        deliver(&world, &path, &[], body).await.expect(200);
    }
    let booking = bookings(&world).await.remove(0);
    assert_eq!(
        (&booking["paid"]["amount"], &booking["status"]),
        (&json!(1000), &json!("approved"))
    );
    let payments = world.get("/v1/payments").await.expect(200);
    assert_eq!(payments.json["data"].as_array().unwrap().len(), 1);
    assert_eq!(payments.json["data"][0]["status"], "completed");
    world.close().await;
}

#[tokio::test]
async fn what_people_set_here_stays_until_the_sender_says_something_else() {
    let world = World::new().await;
    let set = json!({"adapter": "easyappointments", "settings": {"time_zone": "Europe/Oslo"}});
    let (path, _) = source(&world, &set).await;
    let save = |notes: &str, updated: &str| {
        let mut body = sample("easyappointments-webhook-appointment_save");
        body["payload"]["start_datetime"] = json!("2026-10-25 02:30:00");
        body["payload"]["end_datetime"] = json!("2026-10-25 03:30:00");
        body["payload"]["notes"] = json!(notes);
        body["payload"]["update_datetime"] = json!(updated);
        body.to_string()
    };
    deliver(&world, &path, &[], save("a", "2026-10-01 00:00:00"))
        .await
        .expect(200);
    let at = "/v1/bookings/by-external-id/easyappointments:1";
    let booking = world.get(at).await.expect(200);
    assert_eq!(
        booking.json["start"], "2026-10-25T00:30:00Z",
        "the first of two half past twos"
    );
    world
        .call("PATCH", at, &json!({"status": "completed"}))
        .await
        .expect(200);
    deliver(&world, &path, &[], save("b", "2026-10-01 00:01:00"))
        .await
        .expect(200);
    let booking = world.get(at).await.expect(200);
    assert_eq!(
        (&booking.json["status"], &booking.json["notes"]),
        (&json!("completed"), &json!("b"))
    );
    let delete = sample("easyappointments-webhook-appointment_delete").to_string();
    deliver(&world, &path, &[], delete).await.expect(200);
    assert_eq!(world.get(at).await.expect(200).json["status"], "cancelled");
    world.close().await;
}

#[tokio::test]
async fn sixteen_at_once_of_the_same_and_of_others_make_one_booking_each() {
    let world = World::new().await;
    workflow(&world, json!({"type": "booking.created"}), "Welcome").await;
    let (path, _) = source(&world, &json!({"adapter": "calcom"})).await;
    let bodies: Vec<String> = (0..4)
        .map(|n| {
            calcom(
                "BOOKING_CREATED",
                &format!("u{n}"),
                "2026-10-20T10:00:00Z",
                "2026-10-01T00:00:00Z",
            )
            .to_string()
        })
        .collect();
    for _ in 0..4 {
        let calls = (0..16).map(|n| deliver(&world, &path, &[], bodies[n % 4].clone()));
        for got in futures_util::future::join_all(calls).await {
            assert_eq!(got.json["verdict"], "taken", "{}", got.text);
        }
    }
    assert_eq!(bookings(&world).await.len(), 4);
    world
        .call("POST", "/v1/test-clock", &json!({"now": "2026-10-01T01:00:00Z"}))
        .await
        .expect(200);
    assert_eq!(messages(&world).await.len(), 4);
    world.close().await;
}
