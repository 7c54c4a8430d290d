//! The feed of events, as pages and as a stream.

use crate::receiver::Receiver;
use crate::world::{KEY, NOW, World, booking};
use axum::body::Body;
use axum::http::Request;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

fn types(data: &Value) -> Vec<&str> {
    let all = data.as_array().unwrap().iter();
    all.map(|e| e["type"].as_str().unwrap()).collect()
}

/// A booking that is made, moved, paid and cancelled.
async fn lived(world: &World) -> String {
    let made = world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    let id = made.json["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/bookings/{id}");
    let moved = json!({"start": "2026-10-21T12:00:00Z", "status": "pending"});
    world.call("PATCH", &path, &moved).await.expect(200);
    let paid = json!({"booking": {"id": id}, "amount": 100, "currency": "NOK", "status": "completed"});
    world.call("POST", "/v1/payments", &paid).await.expect(201);
    world
        .call("PATCH", &path, &json!({"notes": "no event"}))
        .await
        .expect(200);
    world
        .call("PATCH", &path, &json!({"status": "cancelled"}))
        .await
        .expect(200);
    id
}
const LIVED: [&str; 6] = [
    "customer.created",
    "booking.created",
    "booking.changed",
    "booking.status_changed",
    "payment.completed",
    "booking.status_changed",
];

#[tokio::test]
async fn the_feed_tells_every_event_once_and_goes_on_where_it_was_left() {
    let world = World::new().await;
    let id = lived(&world).await;
    let whole = world.get("/v1/events").await.expect(200);
    assert_eq!(types(&whole.json["data"]), LIVED);
    let (mut found, mut cursor, mut last) = (Vec::new(), String::new(), String::new());
    loop {
        let page = world
            .get(&format!("/v1/events?limit=4{cursor}"))
            .await
            .expect(200);
        found.extend(page.json["data"].as_array().unwrap().clone());
        let Some(next) = page.json["next_cursor"].as_str() else {
            break;
        };
        last = format!("&cursor={next}");
        cursor.clone_from(&last);
    }
    assert_eq!(
        json!(found),
        whole.json["data"],
        "pages of any size tell the same"
    );

    let (created, booked, moved) = (&found[0], &found[1], &found[2]);
    assert_eq!(
        created["change_id"], booked["change_id"],
        "events of one write share it"
    );
    assert_eq!(
        (&created["actor"], &created["timestamp"]),
        (&json!("platform"), &json!(NOW))
    );
    assert!(created["id"].as_str().unwrap().starts_with("evt_") && created["id"] != booked["id"]);
    assert!(created.get("workflow").is_none() && booked["data"]["payment"].is_null());
    assert_eq!(
        booked["data"]["booking"]["start"], "2026-10-20T12:00:00Z",
        "as it was committed"
    );
    assert_eq!(moved["previous"]["start"], "2026-10-20T12:00:00Z");
    assert_eq!(moved["changes"], json!(["start", "end", "status"]));
    assert_eq!(found[4]["data"]["payment"]["amount"], 100);
    let one = world
        .get(&format!("/v1/events/{}", moved["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(&one.json, moved);

    world
        .call(
            "PATCH",
            &format!("/v1/bookings/{id}"),
            &json!({"status": "approved"}),
        )
        .await
        .expect(200);
    let more = world.get(&format!("/v1/events?limit=4{last}")).await.expect(200);
    assert_eq!(types(&more.json["data"]), ["booking.status_changed"]);
    let by_id = format!("/v1/events?cursor={}", found[5]["id"].as_str().unwrap());
    assert_eq!(
        world.get(&by_id).await.expect(200).json["data"],
        more.json["data"]
    );
    world.close().await;
}

#[tokio::test]
async fn whoever_begins_now_hears_what_comes_and_nothing_of_what_was() {
    let world = World::new().await;
    let id = lived(&world).await;
    let now = world.get("/v1/events?cursor=now").await.expect(200);
    assert_eq!(now.json["data"], json!([]));
    let next = now.json["next_cursor"].as_str().unwrap().to_owned();
    let path = format!("/v1/bookings/{id}");
    world
        .call("PATCH", &path, &json!({"status": "approved"}))
        .await
        .expect(200);
    let came = world.get(&format!("/v1/events?cursor={next}")).await.expect(200);
    assert_eq!(types(&came.json["data"]), ["booking.status_changed"]);
    world.close().await;
}

#[tokio::test]
async fn the_feed_is_narrowed_by_type_and_booking_and_shows_no_other_business() {
    let world = World::new().await;
    let id = lived(&world).await;
    world
        .call("POST", "/v1/bookings", &booking("B-2"))
        .await
        .expect(201);
    let created = world
        .get("/v1/events?type=booking.created,payment.completed&limit=2")
        .await
        .expect(200);
    assert_eq!(
        types(&created.json["data"]),
        ["booking.created", "payment.completed"]
    );
    let own = world
        .get(&format!("/v1/events?booking_id={id}"))
        .await
        .expect(200);
    assert_eq!(types(&own.json["data"]), LIVED);
    let wrong = world.get("/v1/events?type=booking.create").await.expect(422);
    assert_eq!(wrong.faults(), [("?type", "unknown_value")]);
    assert_eq!(wrong.json["errors"][0]["suggestion"], "booking.created");
    for cursor in ["nonsense", "AAAA", "AAAAAAAAAAA", "evt_00000000000000"] {
        let refused = world
            .get(&format!("/v1/events?cursor={cursor}"))
            .await
            .expect(422);
        assert_eq!(refused.faults(), [("?cursor", "bad_cursor")], "{cursor}");
    }
    let other = [("flyt-business", "other")];
    let theirs = world.send("GET", "/v1/events", &other, None).await.expect(200);
    assert_eq!(
        (&theirs.json["data"], &theirs.json["next_cursor"]),
        (&json!([]), &Value::Null)
    );
    let event = own.json["data"][0]["id"].as_str().unwrap();
    world
        .send("GET", &format!("/v1/events/{event}"), &other, None)
        .await
        .expect(404);
    world.get("/v1/events/evt_1").await.expect(404);
    world.close().await;
}

#[tokio::test]
async fn the_feed_and_the_envelope_of_a_workflow_say_the_same() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&[]).await,
    );
    let workflow = json!({"name": "W", "enabled": true, "triggers": [{"type": "booking.created"}],
        "actions": [{"type": "webhook", "url": receiver.url}]});
    world.call("POST", "/v1/workflows", &workflow).await.expect(201);
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    world.clock(NOW).await;
    let mut sent = receiver.heard()[0].json();
    let feed = world.get("/v1/events?type=booking.created").await.expect(200);
    let mut told = feed.json["data"][0].clone();
    assert!(sent.as_object_mut().unwrap().remove("workflow").is_some());
    for own in ["change_id", "actor", "run_id"] {
        assert!(told.as_object_mut().unwrap().remove(own).is_some(), "{own}");
    }
    assert_eq!(sent, told);
    world.close().await;
}

#[tokio::test]
async fn a_message_that_was_given_up_is_an_event() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&["HTTP/1.1 410 Gone"]).await,
    );
    let workflow = json!({"name": "W", "enabled": true, "triggers": [{"type": "booking.created"}],
        "actions": [{"type": "webhook", "url": receiver.url}]});
    world.call("POST", "/v1/workflows", &workflow).await.expect(201);
    let made = world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    world.clock(NOW).await;
    let feed = world.get("/v1/events?type=message.failed").await.expect(200);
    let [told] = feed.json["data"].as_array().unwrap().as_slice() else {
        panic!("{}", feed.text)
    };
    let message = world.get("/v1/messages").await.expect(200);
    assert_eq!(told["data"]["message"]["id"], message.json["data"][0]["id"]);
    assert_eq!(told["data"]["message"]["reason"], "permanent_failure");
    assert_eq!(told["data"]["booking"]["id"], made.json["id"]);
    assert_eq!(told["data"]["customer"]["first_name"], "Kari");
    let all = world.get("/v1/events").await.expect(200);
    assert_eq!(
        types(&all.json["data"]),
        ["customer.created", "booking.created", "message.failed"]
    );
    world.close().await;
}

/// A stream under way, and what it has told that nobody has taken.
struct Listening {
    chunks: axum::body::BodyDataStream,
    text: String,
}
impl Listening {
    async fn to(world: &World, bearer: &str, headers: &[(&str, &str)]) -> axum::response::Response {
        let mut request = Request::get("/v1/events")
            .header("authorization", bearer)
            .header("accept", "text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        world.router.clone().oneshot(request).await.unwrap()
    }
    async fn open(world: &World, bearer: &str, headers: &[(&str, &str)]) -> Self {
        let answer = Self::to(world, bearer, headers).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            chunks: answer.into_body().into_data_stream(),
            text: String::new(),
        }
    }
    /// The next event: (id, type). Comments are passed over.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|l| l.strip_prefix(name).map(str::to_owned))
                };
                if let (Some(id), Some(word), Some(data)) = (field("id: "), field("event: "), field("data: "))
                {
                    let data: Value = serde_json::from_str(&data).unwrap();
                    assert_eq!(
                        (data["id"].as_str(), data["type"].as_str()),
                        (Some(&*id), Some(&*word))
                    );
                    return Some((id, word));
                }
            }
            let chunk = self.chunks.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

#[tokio::test]
async fn a_stream_tells_what_was_and_what_comes_and_is_taken_up_again() {
    let world = World::new().await;
    let bearer = format!("Bearer {KEY}");
    let salon = ("flyt-business", "salon");
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    let mut stream = Listening::open(&world, &bearer, &[salon]).await;
    let first = stream.next().await.unwrap();
    assert_eq!(
        (first.1.as_str(), stream.next().await.unwrap().1.as_str()),
        ("customer.created", "booking.created")
    );
    world
        .call(
            "PATCH",
            "/v1/bookings/by-external-id/B-1",
            &json!({"status": "pending"}),
        )
        .await
        .expect(200);
    let third = stream.next().await.unwrap();
    assert_eq!(third.1, "booking.status_changed", "it is woken by the commit");
    drop(stream);

    let last = ("last-event-id", first.0.as_str());
    let mut again = Listening::open(&world, &bearer, &[salon, last]).await;
    assert_eq!(again.next().await.unwrap().1, "booking.created");
    assert_eq!(again.next().await.unwrap(), third);
    world.app.close().await;
    assert_eq!(again.next().await, None, "it ends when the server stops");
    world.close().await;
}

#[tokio::test]
async fn a_key_has_few_streams_and_none_once_it_is_taken_back() {
    let world = World::new().await;
    let made = world
        .call("POST", "/v1/api-keys", &json!({"scopes": ["messages:read"]}))
        .await
        .expect(201);
    let bearer = format!("Bearer {}", made.json["key"].as_str().unwrap());
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(Listening::open(&world, &bearer, &[]).await);
    }
    let refused = Listening::to(&world, &bearer, &[]).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &axum::http::HeaderValue::from_static("5"))
    );
    open.truncate(1);
    let mut stream = open.pop().unwrap();
    let _more = Listening::open(&world, &bearer, &[]).await;
    let path = format!("/v1/api-keys/{}", made.json["id"].as_str().unwrap());
    world.send("DELETE", &path, &[], None).await.expect(204);
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    assert_eq!(
        stream.next().await,
        None,
        "a key that was taken back hears nothing more"
    );
    world.close().await;
}
