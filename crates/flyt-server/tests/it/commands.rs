//! Writes: what they answer, repetitions, revisions, pages.

use crate::world::{World, booking};
use serde_json::{Value, json};

#[tokio::test]
async fn an_object_is_made_read_changed_and_archived() {
    let world = World::new().await;
    let made = world
        .call(
            "POST",
            "/v1/services",
            &json!({"external_id": "a/b c+d", "name": "Cut"}),
        )
        .await
        .expect(201);
    let id = made.json["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/v1/services/{id}"));
    let etag = made.header("etag").to_owned();
    let path = "/v1/services/by-external-id/a%2Fb%20c+d";
    assert_eq!(
        world.get(path).await.expect(200).json["id"],
        Value::from(id.as_str())
    );

    let same = world
        .call("PATCH", path, &json!({"name": "Cut", "id": id}))
        .await
        .expect(200);
    assert_eq!(
        same.header("etag"),
        etag,
        "a write that changes nothing keeps the revision"
    );
    let other = world
        .call("PATCH", path, &json!({"id": "svc_0000000000001"}))
        .await
        .expect(422);
    assert_eq!(other.faults(), [("/id", "read_only")]);
    let changed = world
        .call("PATCH", path, &json!({"category": "Hair"}))
        .await
        .expect(200);
    assert_ne!(changed.header("etag"), etag);

    let stale = [("if-match", etag.as_str())];
    let refused = world
        .send("PATCH", path, &stale, Some("{\"name\": \"Other\"}".to_owned()))
        .await
        .expect(412);
    assert_eq!(refused.json["code"], "precondition_failed");
    world
        .send(
            "PATCH",
            path,
            &[("if-match", "\"x\"")],
            Some("{\"name\": \"Other\"}".to_owned()),
        )
        .await
        .expect(412);
    world.send("DELETE", path, &stale, None).await.expect(412);

    world
        .send("DELETE", path, &[("if-match", changed.header("etag"))], None)
        .await
        .expect(204);
    world.get(path).await.expect(404);
    world.close().await;
}

#[tokio::test]
async fn put_makes_what_is_missing_and_patches_what_is_there() {
    let world = World::new().await;
    let path = "/v1/customers/by-external-id/C-1";
    world
        .call("PUT", path, &json!({"first_name": "Kari", "phone": "900 00 001"}))
        .await
        .expect(201);
    let got = world
        .call("PUT", path, &json!({"last_name": "Nordmann"}))
        .await
        .expect(200);
    assert_eq!(
        (&got.json["first_name"], &got.json["phone"]),
        (&json!("Kari"), &json!("+4790000001"))
    );
    let bad = world
        .call("PUT", path, &json!({"email": "nowhere"}))
        .await
        .expect(422);
    assert_eq!(bad.faults(), [("/email", "bad_email")]);
    world.close().await;
}

#[tokio::test]
async fn a_booking_answers_with_what_it_became() {
    let world = World::new().await;
    let mut body = booking("B-1");
    body["customer"]["email"] = json!("nowhere");
    let made = world.call("POST", "/v1/bookings", &body).await.expect(201);
    assert_eq!(made.json["status_kind"], "active");
    assert_eq!(made.json["warnings"][0]["code"], "bad_email", "{}", made.text);
    let again = world.call("POST", "/v1/bookings", &body).await.expect(409);
    assert_eq!(
        (&again.json["code"], &again.json["id"]),
        (&json!("external_id_taken"), &made.json["id"])
    );
    world
        .send("DELETE", "/v1/bookings/by-external-id/B-1", &[], None)
        .await
        .expect(204);
    world.get("/v1/bookings/by-external-id/B-1").await.expect(404);
    world.close().await;
}

#[tokio::test]
async fn what_a_booking_says_of_a_new_service_is_kept_without_a_name_too() {
    let world = World::new().await;
    let mut body = booking("B-1");
    body["service"] = json!({"external_id": "colour", "duration_minutes": 90});
    body.as_object_mut().unwrap().remove("end");
    let made = world.call("POST", "/v1/bookings", &body).await.expect(201);
    assert_eq!(made.json["end"], "2026-10-20T13:30:00Z");
    assert_eq!(
        made.json["service"]["name"], "colour",
        "its own id stands for the name"
    );
    world.close().await;
}

#[tokio::test]
async fn the_same_command_with_the_same_key_is_done_once() {
    let world = World::new().await;
    let body = Some(json!({"first_name": "Kari"}).to_string());
    let key = [("idempotency-key", "\"one\"")];
    let first = world
        .send("POST", "/v1/customers", &key, body.clone())
        .await
        .expect(201);
    let second = world
        .send(
            "POST",
            "/v1/customers",
            &[("idempotency-key", "one")],
            body.clone(),
        )
        .await
        .expect(201);
    assert_eq!(first.text, second.text);
    assert_eq!(
        (
            first.header("idempotent-replayed"),
            second.header("idempotent-replayed")
        ),
        ("", "true")
    );
    assert_eq!(first.header("location"), second.header("location"));
    let other = Some(json!({"first_name": "Ola"}).to_string());
    let reused = world.send("POST", "/v1/customers", &key, other).await.expect(422);
    assert_eq!(reused.json["code"], "idempotency_key_reused");
    let elsewhere = [("idempotency-key", "one"), ("flyt-business", "other")];
    let elsewhere = world
        .send("POST", "/v1/customers", &elsewhere, body)
        .await
        .expect(201);
    assert_eq!(
        elsewhere.header("idempotent-replayed"),
        "",
        "a key is of one business"
    );
    assert_eq!(
        world.get("/v1/customers").await.json["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    world.close().await;
}

#[tokio::test]
async fn many_at_once_with_one_key_make_one_thing() {
    let world = World::new().await;
    let body = json!({"first_name": "Kari"}).to_string();
    let key = [("idempotency-key", "storm")];
    let calls = (0..16).map(|_| world.send("POST", "/v1/customers", &key, Some(body.clone())));
    let answers = futures_util::future::join_all(calls).await;
    let made: Vec<_> = answers.iter().filter(|a| a.status == 201).collect();
    assert!(!made.is_empty(), "one of them is carried out");
    for answer in &answers {
        match answer.status.as_u16() {
            201 => assert_eq!(answer.text, made[0].text),
            _ => assert_eq!(
                (answer.status.as_u16(), &answer.json["code"]),
                (409, &json!("idempotency_key_in_use"))
            ),
        }
    }
    assert_eq!(
        world.get("/v1/customers").await.json["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // A refusal is kept too, and a broken one can be mended under another key only.
    let bad = Some(json!({"email": "nowhere"}).to_string());
    let key = [("idempotency-key", "bad")];
    let first = world
        .send("POST", "/v1/customers", &key, bad.clone())
        .await
        .expect(422);
    let second = world.send("POST", "/v1/customers", &key, bad).await.expect(422);
    assert_eq!(
        (first.text, second.header("idempotent-replayed")),
        (second.text.clone(), "true")
    );
    // So is the answer of a command whose own transaction keeps none.
    let body = Some(
        json!({"slug": "third", "name": "Third", "time_zone": "Europe/Oslo", "languages": ["nb"],
        "default_language": "nb", "currency": "NOK", "country": "NO"})
        .to_string(),
    );
    let key = [("idempotency-key", "third"), ("flyt-business", "")];
    let first = world
        .send("POST", "/v1/businesses", &key, body.clone())
        .await
        .expect(201);
    let second = world.send("POST", "/v1/businesses", &key, body).await.expect(201);
    assert_eq!(first.text, second.text, "the operator's commands too");
    world.close().await;
}

#[tokio::test]
async fn pages_hold_every_object_once() {
    let world = World::new().await;
    for number in 0..7 {
        world
            .call(
                "POST",
                "/v1/customers",
                &json!({"external_id": format!("C-{number}")}),
            )
            .await
            .expect(201);
        let mut body = booking(&format!("B-{number}"));
        // Some begin at the same instant: the page must not break there.
        body["start"] = json!(format!("2026-10-2{}T12:00:00Z", number / 3));
        body["end"] = Value::Null;
        body["service"]["duration_minutes"] = json!(30);
        world.call("POST", "/v1/bookings", &body).await.expect(201);
    }
    for (list, all) in [("customers", 8), ("bookings", 7)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let got = world
                .get(&format!("/v1/{list}?limit=2{cursor}"))
                .await
                .expect(200);
            assert_eq!(got.json.as_object().unwrap().len(), 2);
            seen.extend(
                got.json["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|o| o["id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = got.json["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen.len(), all, "{list}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all, "{list}");
    }
    world.close().await;
}

#[tokio::test]
async fn a_business_is_changed_by_merge() {
    let world = World::new().await;
    let own = world.get("/v1/business").await.expect(200);
    assert_eq!(own.json["quiet_hours"]["sms"]["from"], "21:00", "{}", own.text);
    let got = world
        .call(
            "PATCH",
            "/v1/business",
            &json!({"quiet_hours": {"sms": null}, "mode": "sandbox"}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&got.json["quiet_hours"]["sms"], &got.json["mode"]),
        (&Value::Null, &json!("sandbox"))
    );
    let bad = world
        .call("PATCH", "/v1/business", &json!({"time_zone": "Mars/Base"}))
        .await
        .expect(422);
    assert_eq!(bad.faults(), [("/time_zone", "unknown_time_zone")]);
    let back = world.call("PATCH", "/v1/business", &got.json).await.expect(200);
    assert_eq!(
        back.header("etag"),
        got.header("etag"),
        "what was read may be sent back"
    );
    world.close().await;
}

#[tokio::test]
async fn the_test_clock_moves_forward_only() {
    let world = World::new().await;
    assert_eq!(
        world.get("/v1/test-clock").await.expect(200).json["now"],
        crate::world::NOW
    );
    let later = json!({"now": "2026-10-02T00:00:00Z"});
    assert_eq!(
        world
            .call("POST", "/v1/test-clock", &later)
            .await
            .expect(200)
            .json,
        later
    );
    let back = world
        .call("POST", "/v1/test-clock", &json!({"now": "2026-10-01T00:00:00Z"}))
        .await
        .expect(422);
    assert_eq!(back.json["code"], "clock_backwards");
    world
        .send("GET", "/health/ready", &[("authorization", "")], None)
        .await
        .expect(200);
    world
        .send("GET", "/metrics", &[("authorization", "")], None)
        .await
        .expect(200);
    world.close().await;
}
