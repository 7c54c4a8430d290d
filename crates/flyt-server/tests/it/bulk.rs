//! Many bookings in one call.

use crate::world::{Got, World, booking};
use serde_json::{Value, json};

const PATH: &str = "/v1/bookings/bulk";

async fn send(world: &World, query: &str, body: &str) -> Got {
    let lines = [("content-type", "application/x-ndjson")];
    world
        .send("POST", &format!("{PATH}{query}"), &lines, Some(body.to_owned()))
        .await
}
fn lines(got: &Got) -> Vec<Value> {
    got.text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}
fn statuses(got: &Got) -> Vec<(u64, u64, String)> {
    let all = lines(got);
    let (_, before) = all.split_last().unwrap();
    before
        .iter()
        .map(|l| {
            let code = l["code"].as_str().unwrap_or_default().to_owned();
            (l["line"].as_u64().unwrap(), l["status"].as_u64().unwrap(), code)
        })
        .collect()
}
/// A booking of its own customer, starting some days after the clock.
fn dated(number: usize, day: usize) -> Value {
    let mut body = booking(&format!("B-{number}"));
    body["customer"] =
        json!({"external_id": format!("C-{number}"), "email": format!("c{number}@check.example")});
    body["start"] = json!(format!("2026-10-{day:02}T12:00:00Z"));
    body["end"] = json!(format!("2026-10-{day:02}T12:30:00Z"));
    body
}
async fn with_workflows(world: &World) {
    let content = json!({"en": {"subject": "Hi", "body": "<p>{{ booking.reference }}</p>"}});
    let mail = json!([{"type": "email", "to": ["customer"], "content": content}]);
    for (name, trigger) in [
        ("created", json!({"type": "booking.created"})),
        (
            "before",
            json!({"type": "booking.starts", "offset": {"amount": 1, "unit": "days", "direction": "before"}}),
        ),
        ("customer", json!({"type": "customer.created"})),
    ] {
        let content = json!({"en": {"subject": "Hi", "body": "<p>Welcome</p>"}});
        let mail = if name == "customer" {
            json!([{"type": "email", "to": ["customer"], "content": content}])
        } else {
            mail.clone()
        };
        let body = json!({"name": name, "enabled": true, "triggers": [trigger], "actions": mail});
        world.call("POST", "/v1/workflows", &body).await.expect(201);
    }
}
async fn count(world: &World, list: &str) -> usize {
    let got = world.get(&format!("/v1/{list}?limit=200")).await.expect(200);
    got.json["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_bad_line_of_a_bulk_fails_alone_and_lines_answer_in_their_order() {
    let world = World::new().await;
    let good = booking("B-1").to_string();
    let unnamed = json!({"customer": {"external_id": "c"}, "service": {"external_id": "cut"}, "start": "2026-10-20T12:00:00Z"});
    let mut body = format!("\u{feff}{good}\r\n\n{{\"external_id\": \n[1]\n{unnamed}\n").into_bytes();
    body.extend(b"{\"external_id\": \"\xff\"}\n");
    body.extend(
        b"{\"external_id\": \"x\", \"external_id\": \"x\"}\n{\"external_id\": \"B-9\", \"strat\": 1}\n",
    );
    body.extend(booking("B-1").to_string().as_bytes());
    // The body is not a text: it goes around the string of the usual call.
    let got = world
        .send_bytes("POST", PATH, "application/x-ndjson", body)
        .await
        .expect(200);
    assert_eq!(got.header("content-type"), "application/x-ndjson");
    let told = statuses(&got);
    let told: Vec<(u64, u64, &str)> = told.iter().map(|(l, s, c)| (*l, *s, c.as_str())).collect();
    assert_eq!(
        told,
        [
            (1, 201, ""),
            (3, 400, "broken_json"),
            (4, 422, "wrong_type"),
            (5, 422, "required"),
            (6, 400, "not_utf8"),
            (7, 400, "duplicate_key"),
            (8, 422, "unknown_field"),
            (9, 200, ""),
        ]
    );
    let all = lines(&got);
    assert_eq!(all[0]["id"], all[7]["id"], "the same booking, in order");
    let totals = &all.last().unwrap()["totals"];
    assert_eq!(
        totals,
        &json!({"lines": 8, "created": 1, "updated": 0, "unchanged": 1, "failed": 6})
    );
    assert_eq!(count(&world, "bookings").await, 1);
    world.close().await;
}

#[tokio::test]
async fn an_import_of_a_thousand_bookings_sends_and_plans_nothing_and_says_how_to() {
    let world = World::new().await;
    with_workflows(&world).await;
    let mut text = String::new();
    for number in 0..1_000 {
        // Half of them are over.
        let mut body = dated(number, 3 + number % 20);
        if number % 2 == 0 {
            body["start"] = json!("2026-09-01T12:00:00Z");
            body["end"] = json!("2026-09-01T12:30:00Z");
        }
        text.push_str(&body.to_string());
        text.push('\n');
    }
    let got = send(&world, "", &text).await.expect(200);
    let last = lines(&got).pop().unwrap();
    assert_eq!(last["totals"]["created"], 1_000, "{last}");
    assert_eq!(last["future_without_reminders"], 500);
    assert!(last["hint"].as_str().unwrap().contains("automations=timed"));
    assert_eq!(
        (count(&world, "messages").await, count(&world, "timers").await),
        (0, 0)
    );

    let one = dated(1, 4);
    let got = send(&world, "?automations=timed", &one.to_string())
        .await
        .expect(200);
    assert_eq!(lines(&got)[1]["future_without_reminders"], 0);
    assert_eq!(
        (count(&world, "messages").await, count(&world, "timers").await),
        (0, 1)
    );
    let again = send(&world, "", &one.to_string()).await.expect(200);
    assert_eq!(
        lines(&again)[1]["totals"]["unchanged"],
        1,
        "a write that does not say keeps them"
    );

    let new = dated(5_000, 9).to_string();
    send(&world, "?automations=on", &new).await.expect(200);
    world
        .call("POST", "/v1/test-clock", &json!({"now": crate::world::NOW}))
        .await
        .expect(200);
    assert_eq!(
        (count(&world, "messages").await, count(&world, "timers").await),
        (2, 2),
        "its confirmation, its customer's welcome, its reminder"
    );
    world.close().await;
}

#[tokio::test]
async fn a_bulk_call_is_refused_whole_where_it_cannot_be_read() {
    let world = World::new().await;
    let other = [("content-type", "text/html")];
    let got = world
        .send("POST", PATH, &other, Some("<p>".to_owned()))
        .await
        .expect(415);
    assert_eq!(got.json["code"], "unsupported_media_type");
    let got = send(&world, "?automations=maybe", "").await.expect(422);
    assert_eq!(got.faults(), [("?automations", "unknown_value")]);
    let got = send(&world, "?automation=on", "").await.expect(422);
    assert_eq!(got.faults(), [("?automation", "unknown_parameter")]);
    let empty = send(&world, "", "\n\n").await.expect(200);
    assert_eq!(lines(&empty).len(), 1, "only the totals");
    let padded = format!("{}\n", " ".repeat(2 * 1024 * 1024));
    send(&world, "", &format!("{padded}{}", booking("B-1")))
        .await
        .expect(200);
    let large = send(&world, "", &" ".repeat(16 * 1024 * 1024 + 1))
        .await
        .expect(413);
    assert!(
        large.json["detail"].as_str().unwrap().contains("16 MiB"),
        "{}",
        large.text
    );
    let key = [
        ("idempotency-key", "bulk"),
        ("content-type", "application/x-ndjson"),
    ];
    let first = world
        .send("POST", PATH, &key, Some(format!("{padded}{}", dated(1, 9))))
        .await
        .expect(200);
    let second = world
        .send("POST", PATH, &key, Some(format!("{padded}{}", dated(1, 9))))
        .await
        .expect(200);
    assert_eq!(
        (first.text, second.header("idempotent-replayed")),
        (second.text.clone(), "true")
    );
    world.close().await;
}

#[tokio::test]
async fn one_write_sent_twice_is_one_change_and_one_run() {
    let world = World::new().await;
    with_workflows(&world).await;
    let body = booking("B-1").to_string();
    let key = [("idempotency-key", "one")];
    let first = world
        .send("POST", "/v1/bookings", &key, Some(body.clone()))
        .await
        .expect(201);
    let second = world
        .send("POST", "/v1/bookings", &key, Some(body.clone()))
        .await
        .expect(201);
    assert_eq!(first.text, second.text);
    let id = first.json["id"].as_str().unwrap();
    let timeline = world
        .get(&format!("/v1/bookings/{id}/timeline"))
        .await
        .expect(200);
    let runs = count(&world, "runs").await;
    // The same content under another key, and by another verb, changes nothing.
    let path = format!("/v1/bookings/by-external-id/{}", "B-1");
    let again = world.send("PUT", &path, &[], Some(body)).await.expect(200);
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(
        (count(&world, "runs").await, runs),
        (2, 2),
        "booking and customer"
    );
    assert_eq!(
        world.get(&format!("/v1/bookings/{id}/timeline")).await.json["data"]
            .as_array()
            .unwrap()
            .len(),
        timeline.json["data"].as_array().unwrap().len()
    );
    world.close().await;
}
