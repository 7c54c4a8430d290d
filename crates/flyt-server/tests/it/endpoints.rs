//! Webhook endpoints: standing subscriptions, their deliveries and their secrets.

use crate::receiver::{Heard, Receiver};
use crate::world::{Got, NOW, World, booking};
use flyt_channels::signature;
use serde_json::{Value, json};

struct Endpoint {
    path: String,
    secret: String,
}

async fn subscribe(world: &World, url: &str, events: &[&str]) -> Endpoint {
    let body = json!({"url": url, "events": events, "description": "till"});
    let made = world
        .call("POST", "/v1/webhook-endpoints", &body)
        .await
        .expect(201);
    let path = format!("/v1/webhook-endpoints/{}", made.json["id"].as_str().unwrap());
    assert_eq!(made.header("location"), path);
    let secret = made.json["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    Endpoint { path, secret }
}
async fn book(world: &World) {
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
}
async fn deliveries(world: &World, endpoint: &Endpoint) -> Vec<Value> {
    let got = world
        .get(&format!("{}/deliveries", endpoint.path))
        .await
        .expect(200);
    got.json["data"].as_array().unwrap().clone()
}
/// What a call that is signed with these secrets bears.
fn signed(heard: &Heard, secrets: &[&str]) -> String {
    let secrets: Vec<String> = secrets.iter().map(|s| (*s).to_owned()).collect();
    let at = heard.header("webhook-timestamp").parse().unwrap();
    signature::sign(&secrets, heard.header("webhook-id"), at, heard.body.as_bytes()).unwrap()
}

/// The feed, the delivery and the list of messages say of a call what was sent.
async fn agrees(world: &World, endpoint: &Endpoint, sent: &Value, heard: &Heard) {
    let feed = world.get("/v1/events?type=booking.created").await.expect(200);
    assert_eq!(
        heard.json(),
        feed.json["data"][0],
        "feed and endpoint say the same"
    );
    assert_eq!(sent["event_id"], feed.json["data"][0]["id"]);
    let whole = world
        .get(&format!(
            "{}/deliveries/{}",
            endpoint.path,
            sent["id"].as_str().unwrap()
        ))
        .await
        .expect(200);
    let tries: Vec<&Value> = whole.json["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["code"])
        .collect();
    assert_eq!(tries, [&json!(500), &json!(503), &json!(204)]);
    assert_eq!(whole.json["request"]["body"], heard.body);
    let messages = world.get("/v1/messages").await.expect(200);
    assert_eq!(
        messages.json["data"],
        json!([]),
        "a subscription is no message of a workflow"
    );
}

#[tokio::test]
async fn an_endpoint_is_told_what_it_asked_for_until_it_takes_it() {
    let answers = [
        "HTTP/1.1 500 Internal Server Error",
        "HTTP/1.1 503 Busy\r\nretry-after: 3600",
    ];
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&answers).await,
    );
    let endpoint = subscribe(&world, &receiver.url, &["booking.created", "booking.changed"]).await;
    book(&world).await;
    world.clock(NOW).await;
    assert_eq!(
        receiver.types(),
        ["booking.created"],
        "it is settled before the clock answers"
    );
    let [waiting] = deliveries(&world, &endpoint).await.try_into().unwrap();
    assert_eq!(
        (&waiting["state"], &waiting["attempts"], &waiting["last_code"]),
        (&json!("planned"), &json!(1), &json!(500))
    );

    world.clock("2026-10-01T00:00:10Z").await;
    let [asked] = deliveries(&world, &endpoint).await.try_into().unwrap();
    let next: &str = asked["next_try_at"].as_str().unwrap();
    assert!(
        ("2026-10-01T01:00:00Z".."2026-10-01T01:00:11Z").contains(&next),
        "Retry-After is honoured: {next}"
    );
    world.clock("2026-10-01T02:00:00Z").await;
    let [sent] = deliveries(&world, &endpoint).await.try_into().unwrap();
    assert_eq!(
        (&sent["state"], &sent["attempts"], &sent["next_try_at"]),
        (&json!("sent"), &json!(3), &Value::Null)
    );

    let heard = receiver.heard();
    assert_eq!(heard.len(), 3);
    for one in &heard {
        assert_eq!(
            one.header("webhook-id"),
            sent["id"].as_str().unwrap(),
            "one id for every try"
        );
        assert_eq!(one.body, heard[0].body, "the same bytes");
        assert_eq!(one.header("webhook-signature"), signed(one, &[&endpoint.secret]));
    }
    agrees(&world, &endpoint, &sent, &heard[0]).await;
    world.close().await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_switched_off_and_told_again_by_hand() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&["HTTP/1.1 410 Gone"]).await,
    );
    let endpoint = subscribe(
        &world,
        &receiver.url,
        &["booking.created", "booking.status_changed"],
    )
    .await;
    book(&world).await;
    world.clock(NOW).await;
    let off = world.get(&endpoint.path).await.expect(200);
    assert_eq!(
        (&off.json["enabled"], &off.json["disabled_reason"]),
        (&json!(false), &json!("gone"))
    );
    let [failed] = deliveries(&world, &endpoint).await.try_into().unwrap();
    assert_eq!(
        (&failed["state"], &failed["reason"]),
        (&json!("failed"), &json!("permanent_failure"))
    );
    let status = async |key: &str| {
        let path = "/v1/bookings/by-external-id/B-1";
        world
            .call("PATCH", path, &json!({"status": key}))
            .await
            .expect(200);
        world.clock(NOW).await;
    };
    status("pending").await;
    assert_eq!(
        deliveries(&world, &endpoint).await.len(),
        1,
        "nothing is kept for one that is off"
    );

    let again = format!(
        "{}/deliveries/{}/redeliver",
        endpoint.path,
        failed["id"].as_str().unwrap()
    );
    let refused = world.call("POST", &again, &json!({})).await.expect(409);
    assert_eq!(refused.json["code"], "endpoint_disabled");
    let on = world
        .call("PATCH", &endpoint.path, &json!({"enabled": true}))
        .await
        .expect(200);
    assert_eq!(on.json["disabled_reason"], Value::Null);
    world.call("POST", &again, &json!({})).await.expect(200);
    world.clock(NOW).await;
    let [sent] = deliveries(&world, &endpoint).await.try_into().unwrap();
    assert_eq!((&sent["state"], &sent["attempts"]), (&json!("sent"), &json!(2)));
    world.call("POST", &again, &json!({})).await.expect(200);
    status("approved").await;
    let heard = receiver.heard();
    assert_eq!(
        receiver.types(),
        [
            "booking.created",
            "booking.created",
            "booking.created",
            "booking.status_changed"
        ]
    );
    assert!(
        heard[..3]
            .iter()
            .all(|h| h.body == heard[0].body && h.header("webhook-id") == heard[0].header("webhook-id"))
    );
    world.close().await;
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&[]).await,
    );
    let endpoint = subscribe(&world, &receiver.url, &["booking.status_changed"]).await;
    book(&world).await;
    let status = async |key: &str| {
        let path = "/v1/bookings/by-external-id/B-1";
        world
            .call("PATCH", path, &json!({"status": key}))
            .await
            .expect(200);
    };
    let path = format!("{}/secret", endpoint.path);
    let new = world.call("POST", &path, &json!({})).await.expect(200);
    let new = new.json["secret"].as_str().unwrap();
    assert_ne!(new, endpoint.secret);
    status("pending").await;
    world.clock("2026-10-01T23:59:59Z").await;
    status("approved").await;
    world.clock("2026-10-02T00:00:00Z").await;
    status("pending").await;
    world.clock("2026-10-02T00:00:01Z").await;
    let heard = receiver.heard();
    for both in &heard[..2] {
        assert_eq!(
            both.header("webhook-signature"),
            signed(both, &[new, &endpoint.secret])
        );
    }
    assert_eq!(heard[2].header("webhook-signature"), signed(&heard[2], &[new]));
    let shown = world.get(&endpoint.path).await.expect(200);
    assert!(!shown.text.contains("whsec_"), "a secret is shown once");
    world.close().await;
}

#[tokio::test]
async fn the_secret_of_the_business_is_replaced_in_the_same_way() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&[]).await,
    );
    let secret = async || {
        let made = world
            .call("POST", "/v1/business/webhook-secret", &json!({}))
            .await
            .expect(200);
        made.json["secret"].as_str().unwrap().to_owned()
    };
    let workflow = json!({"name": "W", "enabled": true, "triggers": [{"type": "booking.status_changed"}],
        "actions": [{"type": "webhook", "url": receiver.url}]});
    world.call("POST", "/v1/workflows", &workflow).await.expect(201);
    book(&world).await;
    let (old, new) = (secret().await, secret().await);
    for (status, after) in [
        ("pending", "2026-10-02T00:00:00Z"),
        ("approved", "2026-10-02T00:00:01Z"),
    ] {
        let path = "/v1/bookings/by-external-id/B-1";
        world
            .call("PATCH", path, &json!({"status": status}))
            .await
            .expect(200);
        world.clock(after).await;
    }
    let heard = receiver.heard();
    assert_eq!(
        heard[0].header("webhook-signature"),
        signed(&heard[0], &[&new, &old])
    );
    assert_eq!(
        heard[1].header("webhook-signature"),
        signed(&heard[1], &[&new]),
        "a day later"
    );
    world.close().await;
}

#[tokio::test]
async fn a_message_that_was_given_up_is_told_to_those_who_asked() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&[]).await,
    );
    let dead = Receiver::answering(&["HTTP/1.1 410 Gone"]).await;
    subscribe(&world, &receiver.url, &["message.failed"]).await;
    let workflow = json!({"name": "W", "enabled": true, "triggers": [{"type": "booking.created"}],
        "actions": [{"type": "webhook", "url": dead.url}]});
    world.call("POST", "/v1/workflows", &workflow).await.expect(201);
    book(&world).await;
    world.clock(NOW).await;
    let [told] = receiver.heard().try_into().unwrap();
    assert_eq!(told.json()["data"]["message"]["reason"], "permanent_failure");
    world.close().await;
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_is_deleted_ends() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&["HTTP/1.1 500 Internal Server Error"]).await,
    );
    let endpoint = subscribe(&world, &receiver.url, &["booking.created"]).await;
    book(&world).await;
    world.clock(NOW).await;
    world.send("DELETE", &endpoint.path, &[], None).await.expect(204);
    world.get(&endpoint.path).await.expect(404);
    world
        .get(&format!("{}/deliveries", endpoint.path))
        .await
        .expect(404);
    world.clock("2026-10-05T00:00:00Z").await;
    assert_eq!(receiver.heard().len(), 1);
    let stats = world.get("/v1/stats").await.expect(200);
    assert_eq!(stats.json["messages"], json!({}));
    world.close().await;
}

#[tokio::test]
async fn a_business_that_is_held_or_a_sandbox_tells_nobody() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&[]).await,
    );
    let endpoint = subscribe(
        &world,
        &receiver.url,
        &["booking.created", "booking.status_changed"],
    )
    .await;
    let mode = async |mode: &str| {
        world
            .call("PATCH", "/v1/business", &json!({"mode": mode}))
            .await
            .expect(200);
        world.clock(NOW).await;
    };
    mode("held").await;
    book(&world).await;
    world.clock(NOW).await;
    let states = async || {
        let all = deliveries(&world, &endpoint).await;
        all.iter()
            .map(|d| d["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (states().await, receiver.heard().len()),
        (vec!["queued".to_owned()], 0)
    );
    mode("sandbox").await;
    assert_eq!(
        (states().await, receiver.heard().len()),
        (vec!["captured".to_owned()], 0)
    );
    world.close().await;
}

#[tokio::test]
async fn bad_endpoints_are_refused_with_their_places() {
    let world = World::new().await;
    let refused = async |body: Value| {
        world
            .call("POST", "/v1/webhook-endpoints", &body)
            .await
            .expect(422)
    };
    let got: Got = refused(json!({"url": "https://a.example", "events": ["booking.crated"]})).await;
    assert_eq!(got.faults(), [("/events/0", "unknown_value")]);
    assert_eq!(got.json["errors"][0]["suggestion"], "booking.created");
    assert_eq!(
        refused(json!({"url": "https://a.example", "events": []}))
            .await
            .faults(),
        [("/events", "required")]
    );
    assert_eq!(
        refused(json!({"events": ["booking.created"]})).await.faults(),
        [("/url", "required")]
    );
    for blocked in [
        "http://127.0.0.1/x",
        "http://169.254.169.254/",
        "http://[::1]/",
        "https://u:p@a.example/",
        "https://a.example:22/",
    ] {
        let got = refused(json!({"url": blocked, "events": ["booking.created"]})).await;
        assert_eq!(got.faults(), [("/url", "blocked_address")], "{blocked}");
    }
    let endpoint = subscribe(&world, "https://a.example/x", &["booking.created"]).await;
    let patched = world
        .call("PATCH", &endpoint.path, &json!({"url": "http://10.0.0.1/"}))
        .await
        .expect(422);
    assert_eq!(patched.faults(), [("/url", "blocked_address")]);
    let read_only = world
        .call("PATCH", &endpoint.path, &json!({"revision": 7}))
        .await
        .expect(422);
    assert_eq!(read_only.faults(), [("/revision", "read_only")]);
    let same = world
        .call("PATCH", &endpoint.path, &json!({"enabled": true}))
        .await
        .expect(200);
    assert_eq!(
        same.header("etag"),
        "\"1\"",
        "a write that changes nothing keeps the revision"
    );
    world
        .send("DELETE", &endpoint.path, &[("if-match", "\"9\"")], None)
        .await
        .expect(412);

    world.close().await;
}

#[tokio::test]
async fn an_endpoint_is_nobody_elses_and_made_once_per_key() {
    let world = World::new().await;
    let endpoint = subscribe(&world, "https://a.example/x", &["booking.created"]).await;
    let other = [("flyt-business", "other")];
    let (path, body) = (endpoint.path.as_str(), Some("{}".to_owned()));
    for (method, path) in [
        ("GET", path.to_owned()),
        ("PATCH", path.to_owned()),
        ("DELETE", path.to_owned()),
        ("POST", format!("{path}/secret")),
        ("GET", format!("{path}/deliveries")),
        (
            "POST",
            format!("{path}/deliveries/msg_0000000000000000/redeliver"),
        ),
    ] {
        let body = body.clone().filter(|_| method != "GET" && method != "DELETE");
        let got = world.send(method, &path, &other, body).await.expect(404);
        assert_eq!(got.json["code"], "not_found", "{method} {path}");
    }
    let list = world
        .send("GET", "/v1/webhook-endpoints", &other, None)
        .await
        .expect(200);
    assert_eq!(list.json["data"], json!([]));
    let twice = [("idempotency-key", "k1")];
    let body = json!({"url": "https://b.example/x", "events": ["booking.created"]}).to_string();
    let first = world
        .send("POST", "/v1/webhook-endpoints", &twice, Some(body.clone()))
        .await
        .expect(201);
    let second = world
        .send("POST", "/v1/webhook-endpoints", &twice, Some(body))
        .await
        .expect(201);
    assert_eq!(
        (second.header("idempotent-replayed"), &second.text),
        ("true", &first.text)
    );
    world.close().await;
}
