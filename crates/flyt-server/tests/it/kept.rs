//! What is kept and for how long, what the operator allows, and the figures of the front page.

use crate::life::{DAY_BEFORE, mail, settled, workflow};
use crate::world::{World, booking};
use serde_json::{Value, json};

#[tokio::test]
async fn texts_are_kept_as_long_as_the_business_says_and_the_rest_stays() {
    let world = World::new().await;
    let own = world.get("/v1/business").await.json;
    assert_eq!(own["retention"], json!({"messages_days": 90, "audit_months": 24}));
    assert_eq!(own["limits"]["emails_per_day"], Value::Null);
    workflow(&world, "made", r#"{"type": "booking.created"}"#, json!([mail()])).await;
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    settled(&world).await;
    let kept = json!({"retention": {"messages_days": 30, "audit_months": 2}});
    world.call("PATCH", "/v1/business", &kept).await.expect(200);
    world.at("2026-10-25T00:00:00Z").await;
    world
        .call("POST", "/v1/bookings", &booking("B-2"))
        .await
        .expect(201);
    world.at("2026-10-30T00:00:00Z").await;
    let texts = async || {
        let all = world.list("/v1/messages").await;
        all.iter().map(|m| m["subject"].is_string()).collect::<Vec<_>>()
    };
    assert_eq!(texts().await, [true, true], "thirty days are not over");
    world.at("2026-11-02T00:00:00Z").await;
    assert_eq!(texts().await, [true, false]);
    let old = &world.list("/v1/messages").await[1];
    assert_eq!(
        (&old["state"], &old["to"]),
        (&json!("captured"), &json!("kari@check.example"))
    );
    let site = json!({"website": "https://salon.example"});
    world.call("PATCH", "/v1/business", &site).await.expect(200);
    assert!(world.list("/v1/audit-log?limit=200").await.len() > 5);
    world.at("2027-01-02T00:00:00Z").await;
    assert_eq!(texts().await, [false, false]);
    let acts = world.list("/v1/audit-log?limit=200").await;
    let left: Vec<&Value> = acts.iter().map(|a| &a["action"]).collect();
    assert_eq!(left, ["business.update"], "two months of the log are left");
    world.close().await;
}

#[tokio::test]
async fn limits_are_the_operators_and_bad_ones_are_refused() {
    let world = World::new().await;
    let limits = json!({"limits": {"emails_per_day": 500, "sms_countries": ["NO"]}});
    let got = world.call("PATCH", "/v1/business", &limits).await.expect(200);
    assert_eq!(got.json["limits"]["sms_countries"], json!(["NO"]));
    let key = json!({"name": "own", "scopes": ["business:write"]});
    let key = world.call("POST", "/v1/api-keys", &key).await.expect(201).json["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let bearer = format!("Bearer {key}");
    let own = [("authorization", bearer.as_str()), ("flyt-business", "")];
    let more = Some(json!({"limits": {"emails_per_day": null}}).to_string());
    let refused = world.send("PATCH", "/v1/business", &own, more).await.expect(422);
    assert_eq!(refused.faults(), [("/limits", "read_only")]);
    let name = Some(json!({"name": "New", "limits": got.json["limits"]}).to_string());
    world.send("PATCH", "/v1/business", &own, name).await.expect(200);
    let bad = json!({"retention": {"messages_days": 0}, "limits": {"sms_countries": ["Norway"]}});
    let bad = world.call("PATCH", "/v1/business", &bad).await.expect(422);
    assert_eq!(
        bad.faults(),
        [
            ("/limits/sms_countries/0", "unknown_country"),
            ("/retention/messages_days", "out_of_range")
        ]
    );
    world.close().await;
}

#[tokio::test]
async fn the_front_page_tells_what_went_what_did_not_and_what_lies_ahead() {
    let world = World::new().await;
    workflow(&world, "made", r#"{"type": "booking.created"}"#, json!([mail()])).await;
    workflow(&world, "before", DAY_BEFORE, json!([mail()])).await;
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    // Half past midnight in Oslo belongs to the day that has begun there.
    world.at("2026-10-02T22:30:00Z").await;
    let mut other = booking("B-2");
    other["customer"] = json!({"external_id": "c2", "first_name": "Ola"});
    world.call("POST", "/v1/bookings", &other).await.expect(201);
    settled(&world).await;
    let told = world.get("/v1/stats").await.expect(200).json;
    let day = |name: &str| {
        let days = told["days"].as_array().unwrap();
        days.iter()
            .find(|d| d["day"] == name)
            .unwrap_or_else(|| panic!("{told}"))["channels"]
            .clone()
    };
    assert_eq!(told["days"].as_array().unwrap().len(), 7, "{told}");
    assert_eq!(day("2026-10-01"), json!({"email": {"captured": 1}}));
    assert_eq!(day("2026-10-02"), json!({}));
    assert_eq!(day("2026-10-03"), json!({"email": {"skipped": 1}}));
    assert_eq!(
        (&told["not_sent"][0]["reason"], &told["not_sent"][0]["count"]),
        (&json!("no_recipient"), &json!(1))
    );
    assert!(told["not_sent"][0]["sentence"].is_string());
    assert_eq!(told["timers"], 2);
    world.at("2026-10-15T00:00:00Z").await;
    let told = world
        .get("/v1/stats?from=2026-10-01T00:00:00Z&to=2026-10-02T00:00:00Z")
        .await
        .expect(200)
        .json;
    assert_eq!(told["ahead"], json!([{"day": "2026-10-19", "timers": 2}]));
    assert_eq!(told["days"][0]["channels"]["email"]["captured"], 1);
    let bad = world
        .get("/v1/stats?from=2026-10-03T00:00:00Z&to=2026-10-02T00:00:00Z")
        .await
        .expect(422);
    assert_eq!(bad.faults(), [("?to", "bad_span")]);
    world.close().await;
}
