//! Keys of businesses: what they reach and what they do not.

use crate::world::World;
use serde_json::json;

async fn key(world: &World, scopes: &[&str], more: &str) -> (String, String) {
    let mut body = json!({"name": "test", "scopes": scopes});
    if !more.is_empty() {
        body["expires_at"] = json!(more);
    }
    let got = world.call("POST", "/v1/api-keys", &body).await.expect(201);
    (
        format!("Bearer {}", got.json["key"].as_str().unwrap()),
        got.json["id"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn a_key_reaches_its_business_and_its_scopes() {
    let world = World::new().await;
    let (bearer, id) = key(&world, &["bookings:read", "customers:write"], "").await;
    let own = [("authorization", bearer.as_str()), ("flyt-business", "")];
    world.send("GET", "/v1/bookings", &own, None).await.expect(200);
    world
        .send(
            "POST",
            "/v1/customers",
            &own,
            Some("{\"first_name\": \"Kari\"}".to_owned()),
        )
        .await
        .expect(201);
    let lacks = world.send("GET", "/v1/workflows", &own, None).await.expect(403);
    assert_eq!(lacks.json["code"], "missing_scope");
    let platform = world.send("GET", "/v1/businesses", &own, None).await.expect(403);
    assert_eq!(platform.json["code"], "platform_only");
    let foreign = [("authorization", bearer.as_str()), ("flyt-business", "other")];
    world
        .send("GET", "/v1/bookings", &foreign, None)
        .await
        .expect(404);

    let list = world.get("/v1/api-keys").await.expect(200);
    assert_eq!(list.json["data"][0]["id"], json!(id));
    assert!(
        list.json["data"][0].get("key").is_none(),
        "the secret is shown once"
    );
    world
        .send("DELETE", &format!("/v1/api-keys/{id}"), &[], None)
        .await
        .expect(204);
    world.send("GET", "/v1/bookings", &own, None).await.expect(401);
    world.close().await;
}

#[tokio::test]
async fn an_expired_key_and_an_unknown_scope_are_refused() {
    let world = World::new().await;
    let (bearer, _) = key(&world, &["bookings:read"], "2020-01-01T00:00:00Z").await;
    world
        .send("GET", "/v1/bookings", &[("authorization", bearer.as_str())], None)
        .await
        .expect(401);
    let got = world
        .call("POST", "/v1/api-keys", &json!({"scopes": ["booking:read"]}))
        .await
        .expect(422);
    assert_eq!(got.faults(), [("/scopes/0", "unknown_scope")]);
    assert_eq!(got.json["errors"][0]["suggestion"], "bookings:read");
    world.close().await;
}

#[tokio::test]
async fn a_key_that_calls_too_often_is_told_to_wait() {
    let world = World::new().await;
    let (bearer, _) = key(&world, &["bookings:read"], "").await;
    let own = [("authorization", bearer.as_str())];
    let mut refused = None;
    for _ in 0..2_000 {
        let got = world.send("GET", "/v1/bookings?limit=1", &own, None).await;
        if got.status == 429 {
            refused = Some(got);
            break;
        }
        assert_eq!(got.header("ratelimit-limit"), "100");
        assert_eq!(got.header("ratelimit-policy"), "100;w=1");
    }
    // A machine so slow that a hundred calls take a second never meets the limit; `limit.rs` tests the bucket itself.
    if let Some(got) = refused {
        assert_eq!(
            (got.json["code"].as_str(), got.header("retry-after")),
            (Some("rate_limited"), "1")
        );
    }
    for _ in 0..200 {
        world.get("/v1/bookings?limit=1").await.expect(200);
    }
    world.close().await;
}
