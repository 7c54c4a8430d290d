//! Explain: each workflow says why it did or did not do something for a booking, also when nothing was stored.

use crate::world::World;
use serde_json::{Value, json};

fn sms() -> Value {
    json!([{"type": "sms", "to": ["customer"], "content": {"en": {"text": "{{ booking.reference }}"}}}])
}
fn before(amount: i64, unit: &str) -> Value {
    json!({"type": "booking.starts", "offset": {"amount": amount, "unit": unit, "direction": "before"}})
}

async fn workflow(world: &World, name: &str, trigger: &Value, more: Value) -> String {
    let mut body = json!({"name": name, "enabled": true, "triggers": [trigger], "actions": sms()});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let made = world.call("POST", "/v1/workflows", &body).await.expect(201);
    made.json["id"].as_str().unwrap().to_owned()
}
async fn book(world: &World, more: Value) -> String {
    let mut body = json!({
        "customer": {"first_name": "Kari", "phone": "+4790000001", "language": "nb"},
        "service": {"external_id": "cut", "name": "Cut", "duration_minutes": 45},
        "location": {"external_id": "oslo", "name": "Oslo"}, "resource": {"external_id": "anne", "name": "Anne"},
        "extras": [{"external_id": "wash", "name": "Wash"}], "start": "2026-10-20T10:00:00+02:00",
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let made = world.call("POST", "/v1/bookings", &body).await.expect(201);
    made.json["id"].as_str().unwrap().to_owned()
}
/// What a workflow says of a booking.
async fn told(world: &World, booking: &str, workflow: &str) -> Value {
    let path = format!("/v1/bookings/{booking}/explain?workflow_id={workflow}");
    world.get(&path).await.expect(200).json["data"][0].clone()
}
async fn not_sent(world: &World, booking: &str, workflow: &str, reason: &str, check: &str) -> Value {
    let told = told(world, booking, workflow).await;
    assert_eq!(
        (&told["verdict"], &told["reason"]),
        (&json!("not_sent"), &json!(reason)),
        "{told}"
    );
    let checks = told["checks"].as_array().unwrap().clone();
    let failed = checks.into_iter().find(|c| c["passed"] == false);
    let failed = failed.unwrap_or_else(|| panic!("no failed check: {told}"));
    assert_eq!(failed["check"], check, "{told}");
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_that_kept_a_workflow_out_is_named_with_what_was_expected_and_found() {
    let world = World::new().await;
    let first = book(&world, json!({})).await;
    let later = json!({"now": "2026-10-01T00:01:00Z"});
    world.call("POST", "/v1/test-clock", &later).await.expect(200);
    let other = |kind: &str| json!({"external_id": "other", "name": format!("Other {kind}")});
    for (path, name) in [
        ("locations", "Bergen"),
        ("services", "Colour"),
        ("resources", "Ola"),
        ("extras", "Towel"),
    ] {
        let mut body = other(name);
        body["name"] = json!(name);
        world
            .call("POST", &format!("/v1/{path}"), &body)
            .await
            .expect(201);
    }
    for filter in ["location", "service", "resource", "extras"] {
        for (kind, trigger) in [
            ("event", json!({"type": "booking.created"})),
            ("timed", before(1, "days")),
        ] {
            let name = format!("{filter} {kind}");
            let filters = json!({"filters": {filter: {"any_of": [{"external_id": "other"}]}}});
            let id = workflow(&world, &name, &trigger, filters).await;
            let booking = book(&world, json!({})).await;
            let failed = not_sent(&world, &booking, &id, &format!("filter_{filter}"), filter).await;
            let sentence = failed["sentence"].as_str().unwrap();
            let names = [
                ("location", "Oslo", "Bergen"),
                ("service", "Cut", "Colour"),
                ("resource", "Anne", "Ola"),
                ("extras", "Wash", "Towel"),
            ];
            let (_, found, wanted) = names.iter().find(|n| n.0 == filter).unwrap();
            assert!(
                sentence.contains(found) && sentence.contains(wanted),
                "{sentence}"
            );
        }
    }
    let status = workflow(
        &world,
        "S",
        &json!({"type": "booking.created"}),
        json!({"filters": {"status": {"any_of": ["pending"]}}}),
    )
    .await;
    let language = workflow(
        &world,
        "L",
        &json!({"type": "booking.created"}),
        json!({"filters": {"language": {"none_of": ["nb"]}}}),
    )
    .await;
    let booking = book(&world, json!({})).await;
    not_sent(&world, &booking, &status, "filter_status", "status").await;
    not_sent(&world, &booking, &language, "filter_language", "language").await;
    // What was made before the workflow was not missed by a filter: the workflow was not there.
    not_sent(&world, &first, &status, "workflow_disabled", "workflow").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_happen_was_too_small_or_was_switched_off_is_told_apart() {
    let world = World::new().await;
    let moved = workflow(
        &world,
        "M",
        &json!({"type": "booking.changed", "min_shift": "PT1H"}),
        json!({}),
    )
    .await;
    let condition = json!({"condition": {"field": "booking.price.amount", "op": "gte", "value": 50000}});
    let dear = workflow(&world, "D", &json!({"type": "booking.created"}), condition).await;
    let off = workflow(
        &world,
        "O",
        &json!({"type": "booking.created"}),
        json!({"enabled": false}),
    )
    .await;
    let all = workflow(&world, "A", &json!({"type": "booking.created"}), json!({})).await;
    let booking = book(&world, json!({"price": {"amount": 10000, "currency": "NOK"}})).await;
    not_sent(&world, &booking, &moved, "filter_other", "trigger").await;
    let path = format!("/v1/bookings/{booking}");
    world
        .call("PATCH", &path, &json!({"start": "2026-10-20T10:30:00+02:00"}))
        .await
        .expect(200);
    not_sent(&world, &booking, &moved, "filter_other", "settings").await;
    let failed = not_sent(&world, &booking, &dear, "condition_false", "condition").await;
    assert!(failed["sentence"].as_str().unwrap().contains("10000"), "{failed}");
    not_sent(&world, &booking, &off, "workflow_disabled", "workflow").await;
    let trigger = json!({"type": "booking.status_changed", "to": ["no_show", "rejected"]});
    let missed = workflow(&world, "N", &trigger, json!({})).await;
    world
        .call("PATCH", &path, &json!({"status": "cancelled"}))
        .await
        .expect(200);
    let failed = not_sent(&world, &booking, &missed, "filter_other", "settings").await;
    let wanted = "The status went from “Approved” to “Cancelled”; the trigger waits for from “anything” to “No-show” or “Rejected”.";
    assert_eq!(failed["sentence"], wanted);
    let quiet = book(&world, json!({"automations": "off"})).await;
    not_sent(&world, &quiet, &all, "automations_off", "automations").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_planned_or_withdrawn_is_told_from_what_was_stored() {
    let world = World::new().await;
    let created = workflow(&world, "C", &json!({"type": "booking.created"}), json!({})).await;
    let day = workflow(&world, "T", &before(1, "days"), json!({})).await;
    let weeks = workflow(&world, "W", &before(4, "weeks"), json!({})).await;
    let booking = book(&world, json!({})).await;
    world
        .call("POST", "/v1/test-clock", &json!({"now": crate::world::NOW}))
        .await
        .expect(200);
    let sent = told(&world, &booking, &created).await;
    assert_eq!(
        (&sent["verdict"], &sent["reason"]),
        (&json!("sent"), &Value::Null),
        "{sent}"
    );
    assert!(
        sent["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|c| c["passed"] == true),
        "{sent}"
    );
    let planned = told(&world, &booking, &day).await;
    assert_eq!(
        (&planned["verdict"], &planned["at"]),
        (&json!("planned"), &json!("2026-10-19T08:00:00Z")),
        "{planned}"
    );
    let late = told(&world, &booking, &weeks).await;
    assert_eq!(
        (&late["verdict"], &late["reason"]),
        (&json!("not_sent"), &json!("due_before_creation")),
        "{late}"
    );

    let line = world
        .get(&format!("/v1/bookings/{booking}/timeline"))
        .await
        .expect(200);
    let line = line.json["data"].as_array().unwrap();
    let said: Vec<&str> = line.iter().map(|e| e["sentence"].as_str().unwrap()).collect();
    for sentence in [
        "The customer was registered. The booking was made.",
        "C: SMS to +4790000001: captured, not sent out.",
        "T: planned.",
    ] {
        assert!(said.contains(&sentence), "{sentence} is not among {said:?}");
    }

    let path = format!("/v1/bookings/{booking}");
    world
        .call("PATCH", &path, &json!({"status": "cancelled"}))
        .await
        .expect(200);
    not_sent(&world, &booking, &day, "booking_not_active", "counts").await;
    world.send("DELETE", &path, &[], None).await.expect(204);
    assert_eq!(
        told(&world, &booking, &created).await["verdict"],
        "sent",
        "a deleted booking still answers"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_of_this_business_is_not_explained() {
    let world = World::new().await;
    let booking = book(&world, json!({})).await;
    let path = format!("/v1/bookings/{booking}/explain");
    assert_eq!(
        world.get(&path).await.expect(200).json["data"],
        json!([]),
        "no workflows, nothing to say"
    );
    world
        .send("GET", &path, &[("flyt-business", "other")], None)
        .await
        .expect(404);
    world
        .get(&format!("{path}?workflow_id=wfl_0000000000001"))
        .await
        .expect(404);
    world
        .get("/v1/bookings/bkg_0000000000001/explain")
        .await
        .expect(404);
    world.get(&format!("{path}?workflow=x")).await.expect(422);
}
