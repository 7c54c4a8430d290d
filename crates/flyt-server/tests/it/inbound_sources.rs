//! Sources of deliveries over HTTP, what is refused from them, and the box to try a sample.

use crate::inbound::{calcom, deliver, sample, source, verdicts};
use crate::world::World;
use serde_json::json;

#[tokio::test]
async fn a_delivery_that_is_not_signed_with_the_secret_is_not_taken() {
    let world = World::new().await;
    let body = json!({"adapter": "calcom", "secret": "test-signing-key"});
    let (path, id) = source(&world, &body).await;
    let vector = "485b8061c8e3bdf1818b21eef6eedbca456d874d0763e5a30c4f4b582b1d99b2";
    let before = world.rows().await;
    for headers in [
        &[][..],
        &[("x-cal-signature-256", "00")][..],
        &[("x-cal-signature-256", vector)][..],
    ] {
        let got = deliver(
            &world,
            &path,
            headers,
            calcom("BOOKING_CREATED", "u", "2026-10-20T10:00:00Z", "x").to_string(),
        )
        .await
        .expect(401);
        assert_eq!(got.json["code"], "bad_signature");
    }
    // The right signature over bytes that say nothing: believed, and not understood.
    let got = deliver(
        &world,
        &path,
        &[("x-cal-signature-256", vector)],
        "{\"hello\":\"wørld\"}",
    )
    .await
    .expect(422);
    assert_eq!(got.json["code"], "incomplete_delivery");
    assert_eq!(world.rows().await, before);
    assert_eq!(
        verdicts(&world, &id).await,
        ["refused", "refused"],
        "one row says that something unsigned came"
    );
    let shown = world.get(&format!("/v1/inbound-sources/{id}")).await.expect(200);
    assert!(!shown.text.contains("test-signing-key") && shown.json["has_secret"] == json!(true));
    world.close().await;
}

#[tokio::test]
async fn what_is_no_delivery_is_answered_right_and_writes_nothing() {
    let world = World::new().await;
    let (path, id) = source(&world, &json!({"adapter": "calcom"})).await;
    let before = world.rows().await;
    let unknown = deliver(&world, "/v1/inbound/calcom/in_nothing", &[], "{}")
        .await
        .expect(404);
    let other = deliver(&world, &path.replace("calcom", "calendly"), &[], "{}")
        .await
        .expect(404);
    let never = deliver(&world, &path.replace("calcom", "outlook"), &[], "{}")
        .await
        .expect(404);
    for got in [&unknown, &other, &never] {
        assert_eq!(got.json["code"], "not_found");
        assert_eq!(got.json["detail"], unknown.json["detail"]);
    }
    let deep = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    for (body, status) in [
        (String::new(), 400),
        ("[]".to_owned(), 400),
        ("{\"triggerEvent\": ".to_owned(), 400),
        (deep, 400),
        (
            json!({"triggerEvent": "BOOKING_CREATED", "payload": {}}).to_string(),
            422,
        ),
        (format!("{{\"a\": \"{}\"}}", "x".repeat(300 * 1024)), 413),
        (format!("{{\"a\": \"{}\"}}", "x".repeat(1024 * 1024)), 413),
    ] {
        let shown: String = body.chars().take(30).collect();
        let got = deliver(&world, &path, &[], body).await;
        assert_eq!(got.status.as_u16(), status, "{shown}: {}", got.text);
    }
    let ping = deliver(&world, &path, &[], json!({"triggerEvent": "PING"}).to_string())
        .await
        .expect(200);
    assert_eq!(ping.json["verdict"], "ignored");
    world
        .send("GET", &path, &[("authorization", "")], None)
        .await
        .expect(405);
    assert_eq!(world.rows().await, before);
    assert!(
        verdicts(&world, &id)
            .await
            .iter()
            .all(|v| v == "refused" || v == "ignored")
    );
    world.close().await;
}

#[tokio::test]
async fn a_status_that_the_business_lacks_is_told_and_taken_when_it_has_been_named() {
    let world = World::new().await;
    let (path, id) = source(
        &world,
        &json!({"adapter": "calcom", "settings": {"statuses": {"approved": "confirmed"}}}),
    )
    .await;
    let body = calcom(
        "BOOKING_CREATED",
        "u1",
        "2026-10-20T10:00:00Z",
        "2026-10-01T00:00:00Z",
    )
    .to_string();
    let got = deliver(&world, &path, &[], body.clone()).await.expect(422);
    assert_eq!(got.json["code"], "unknown_status");
    assert_eq!(verdicts(&world, &id).await, ["refused"]);
    let at = format!("/v1/inbound-sources/{id}");
    world
        .call(
            "PATCH",
            &at,
            &json!({"settings": {"statuses": {"approved": "approved"}}}),
        )
        .await
        .expect(200);
    let got = deliver(&world, &path, &[], body).await.expect(200);
    assert_eq!(
        (&got.json["verdict"], &got.json["replayed"]),
        (&json!("taken"), &json!(false))
    );
    assert_eq!(
        verdicts(&world, &id).await,
        ["taken"],
        "the same delivery, taken at last"
    );
    world.close().await;
}

#[tokio::test]
async fn a_pasted_sample_shows_what_it_would_write_and_writes_nothing() {
    let world = World::new().await;
    let map = json!({"event": "/type", "events": {"booking.created": "upsert"}, "statuses": {"confirmed": "approved"}, "fields": {
        "external_id": "/data/booking/id", "status": "/data/booking/status", "start": "/data/booking/startsAt",
        "end": "/data/booking/endsAt", "service.name": {"value": "Meeting"}, "customer.email": "/data/booking/attendee/email",
    }});
    let (path, id) = source(
        &world,
        &json!({"adapter": "generic", "name": "Meeva", "settings": {"map": map}}),
    )
    .await;
    let before = world.rows().await;
    let at = format!("/v1/inbound-sources/{id}/try");
    let got = world
        .call("POST", &at, &json!({"body": sample("meeva-booking.created")}))
        .await
        .expect(200);
    assert_eq!(got.json["verdict"], "taken", "{}", got.text);
    assert_eq!(
        got.json["would_write"]["booking"]["external_id"],
        "generic:bkg_abc123"
    );
    assert_eq!(
        got.json["would_write"]["booking"]["customer"]["email"],
        "attendee@example.com"
    );
    let got = world
        .call(
            "POST",
            &at,
            &json!({"body": "not json", "headers": {"X-Any": "1"}}),
        )
        .await
        .expect(200);
    assert_eq!(got.json["verdict"], "refused");
    assert_eq!(world.rows().await, before);
    assert_eq!(verdicts(&world, &id).await, Vec::<String>::new());
    deliver(&world, &path, &[], sample("meeva-booking.created").to_string())
        .await
        .expect(200);
    let moved = deliver(
        &world,
        &path,
        &[],
        sample("meeva-booking.rescheduled").to_string(),
    )
    .await
    .expect(200);
    assert_eq!(
        moved.json["verdict"], "ignored",
        "an event that is not in the map"
    );
    world.close().await;
}

#[tokio::test]
async fn a_source_belongs_to_its_business_and_its_token_can_be_renewed() {
    let world = World::new().await;
    let (path, id) = source(&world, &json!({"adapter": "calcom"})).await;
    let second = world
        .call("POST", "/v1/inbound-sources", &json!({"adapter": "calcom"}))
        .await
        .expect(201);
    assert_eq!(
        second.json["settings"]["id_prefix"], "calcom-2",
        "ids of two installations do not meet"
    );
    let foreign = [("flyt-business", "other")];
    for at in ["", "/deliveries"] {
        world
            .send("GET", &format!("/v1/inbound-sources/{id}{at}"), &foreign, None)
            .await
            .expect(404);
    }
    assert_eq!(
        world
            .send("GET", "/v1/inbound-sources", &foreign, None)
            .await
            .expect(200)
            .json["data"],
        json!([])
    );
    let list = world.get("/v1/inbound-sources?limit=1").await.expect(200);
    assert!(
        list.json["next_cursor"].is_string() && !list.text.contains("in_"),
        "no token after the first time"
    );
    let renewed = world
        .send("POST", &format!("/v1/inbound-sources/{id}/token"), &[], None)
        .await
        .expect(200);
    deliver(&world, &path, &[], "{}").await.expect(404);
    deliver(&world, renewed.json["path"].as_str().unwrap(), &[], "{}")
        .await
        .expect(422);
    world
        .send("DELETE", &format!("/v1/inbound-sources/{id}"), &[], None)
        .await
        .expect(204);
    deliver(&world, renewed.json["path"].as_str().unwrap(), &[], "{}")
        .await
        .expect(404);
    let bad = world
        .call(
            "POST",
            "/v1/inbound-sources",
            &json!({"adapter": "calcon", "secret": ""}),
        )
        .await
        .expect(422);
    assert_eq!(
        bad.faults(),
        [("/adapter", "unknown_value"), ("/secret", "empty")]
    );
    world.close().await;
}

#[tokio::test]
async fn texts_with_keywords_of_booknetic_are_converted() {
    let world = World::new().await;
    let body = json!({"text": "Hi {customer_first_name}, {service_notes}"});
    let got = world
        .call("POST", "/v1/workflows/convert", &body)
        .await
        .expect(200);
    assert_eq!(got.json["text"], "Hi {{ customer.first_name }}, {service_notes}");
    assert_eq!(got.json["left_in_text"][0]["keyword"], "service_notes");
    let bad = world
        .call("POST", "/v1/workflows/convert", &json!({}))
        .await
        .expect(422);
    assert_eq!(bad.faults(), [("", "required")]);
    world.close().await;
}
