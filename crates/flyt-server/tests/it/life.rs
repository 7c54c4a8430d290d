//! The life of objects beside their text: copies, undoing, tests, trying again, suppressed addresses.

use crate::world::{World, booking};
use serde_json::{Value, json};

pub(crate) const DAY_BEFORE: &str =
    r#"{"type": "booking.starts", "offset": {"amount": 1, "unit": "days", "direction": "before"}}"#;

pub(crate) fn mail() -> Value {
    json!({"type": "email", "to": ["customer"], "content": {"en": {"subject": "See you {{ booking.start | time }}",
        "body": "<p>{{ customer.first_name }}</p>"}}})
}
/// A workflow that is on; its id.
pub(crate) async fn workflow(world: &World, external_id: &str, trigger: &str, actions: Value) -> String {
    let trigger: Value = serde_json::from_str(trigger).unwrap();
    let body = json!({"name": "Day before", "external_id": external_id, "enabled": true, "triggers": [trigger], "actions": actions});
    let got = world.call("POST", "/v1/workflows", &body).await.expect(201);
    got.json["id"].as_str().unwrap().to_owned()
}
pub(crate) async fn settled(world: &World) {
    let now = world.get("/v1/test-clock").await.json["now"]
        .as_str()
        .unwrap()
        .to_owned();
    world.at(&now).await;
}

#[tokio::test]
async fn a_copy_of_a_workflow_is_switched_off_and_named_as_one() {
    let world = World::new().await;
    let id = workflow(&world, "day-before", DAY_BEFORE, json!([mail()])).await;
    let copy = world
        .call("POST", &format!("/v1/workflows/{id}/duplicate"), &json!({}))
        .await
        .expect(201);
    assert_eq!(
        (&copy.json["name"], &copy.json["enabled"]),
        (&json!("Day before (copy)"), &json!(false))
    );
    assert_eq!(copy.json["external_id"], Value::Null);
    assert_eq!(
        copy.header("location"),
        format!("/v1/workflows/{}", copy.json["id"].as_str().unwrap())
    );
    let original = world.get(&format!("/v1/workflows/{id}")).await.json;
    assert_ne!(
        copy.json["triggers"][0]["id"], original["triggers"][0]["id"],
        "an occurrence is of one workflow"
    );
    assert_eq!(copy.json["actions"], original["actions"]);
    world
        .call("PATCH", "/v1/business", &json!({"default_language": "nb"}))
        .await
        .expect(200);
    let second = world
        .call("POST", &format!("/v1/workflows/{id}/duplicate"), &json!({}))
        .await
        .expect(201);
    assert_eq!(second.json["name"], "Day before (kopi)");
    world
        .call("POST", "/v1/workflows/wfl_0000000000001/duplicate", &json!({}))
        .await
        .expect(404);
    let path = format!("/v1/workflows/{id}/duplicate");
    let other = [("flyt-business", "other")];
    world.send("POST", &path, &other, None).await.expect(404);
    world.close().await;
}

#[tokio::test]
async fn a_deleted_workflow_comes_back_plans_ahead_and_revives_nothing() {
    let world = World::new().await;
    let wait = json!({"type": "wait", "duration": "P3D"});
    let id = workflow(&world, "day-before", DAY_BEFORE, json!([mail()])).await;
    let waiting = workflow(
        &world,
        "waits",
        r#"{"type": "booking.created"}"#,
        json!([wait, mail()]),
    )
    .await;
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    settled(&world).await;
    assert_eq!(world.list("/v1/timers").await.len(), 1);
    for workflow in [&id, &waiting] {
        world
            .send("DELETE", &format!("/v1/workflows/{workflow}"), &[], None)
            .await
            .expect(204);
        world.get(&format!("/v1/workflows/{workflow}")).await.expect(404);
    }
    settled(&world).await;
    assert!(world.list("/v1/timers").await.is_empty());
    for workflow in [&id, &waiting] {
        let path = format!("/v1/workflows/{workflow}/undelete");
        let back = world.call("POST", &path, &json!({})).await.expect(200);
        assert_eq!(
            (&back.json["enabled"], &back.json["id"]),
            (&json!(true), &json!(workflow))
        );
        let twice = world.call("POST", &path, &json!({})).await.expect(200);
        assert_eq!(twice.header("etag"), back.header("etag"), "it is back already");
    }
    settled(&world).await;
    assert_eq!(world.list("/v1/timers").await.len(), 1, "planned ahead again");
    world.at("2026-10-05T00:00:00Z").await;
    assert!(
        world.list("/v1/messages").await.is_empty(),
        "the wait of before does not wake"
    );
    let runs = world.list("/v1/runs").await;
    assert_eq!(
        (&runs[0]["state"], &runs[0]["reason"]),
        (&json!("ended"), &json!("workflow_disabled"))
    );

    // Its name may be taken meanwhile, and after thirty days it is gone for good.
    world
        .send("DELETE", &format!("/v1/workflows/{id}"), &[], None)
        .await
        .expect(204);
    let newer = workflow(&world, "day-before", DAY_BEFORE, json!([mail()])).await;
    let path = format!("/v1/workflows/{id}/undelete");
    let taken = world.call("POST", &path, &json!({})).await.expect(409);
    assert_eq!(
        (&taken.json["code"], &taken.json["id"]),
        (&json!("external_id_taken"), &json!(newer))
    );
    world.at("2026-11-05T00:00:00Z").await;
    world.call("POST", &path, &json!({})).await.expect(404);
    world.close().await;
}

#[tokio::test]
async fn an_older_version_is_restored_as_the_newest() {
    let world = World::new().await;
    let id = workflow(&world, "day-before", DAY_BEFORE, json!([mail()])).await;
    world
        .call("PATCH", &format!("/v1/workflows/{id}"), &json!({"name": "Other"}))
        .await
        .expect(200);
    let path = format!("/v1/workflows/{id}/versions/1/restore");
    let back = world.call("POST", &path, &json!({})).await.expect(200);
    assert_eq!(
        (&back.json["name"], &back.json["version"]),
        (&json!("Day before"), &json!(3))
    );
    world
        .call(
            "POST",
            &format!("/v1/workflows/{id}/versions/9/restore"),
            &json!({}),
        )
        .await
        .expect(404);
    world.close().await;
}

#[tokio::test]
async fn every_ready_made_workflow_is_accepted_as_it_is() {
    let world = World::new().await;
    let all = world.list("/v1/workflow-templates").await;
    assert_eq!(all.len(), 22);
    for one in &all {
        let checked = world
            .call("POST", "/v1/workflows/check", &one["workflow"])
            .await
            .expect(200);
        assert_eq!(checked.json["valid"], true, "{}: {}", one["id"], checked.text);
        world
            .call("POST", "/v1/workflows", &one["workflow"])
            .await
            .expect(201);
    }
    world.close().await;
}

#[tokio::test]
async fn a_test_goes_to_the_address_that_was_named_and_leaves_no_run() {
    let world = World::new().await;
    let real = world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    let ask = json!({"action": mail(), "to": "me@check.example", "booking": {"id": real.json["id"]}});
    let got = world.call("POST", "/v1/test-send", &ask).await.expect(200);
    assert_eq!(
        (&got.json["state"], &got.json["to"]),
        (&json!("captured"), &json!("me@check.example"))
    );
    assert_eq!(got.json["subject"], "[Test] See you 14:00", "{}", got.text);
    assert!(got.json["html"].as_str().unwrap().contains("Kari"));
    let sms = json!({"type": "sms", "to": ["customer"], "content": {"en": {"text": "Hi {{ customer.first_name }}"}}});
    let got = world
        .call(
            "POST",
            "/v1/test-send",
            &json!({"action": sms, "to": "900 00 002"}),
        )
        .await
        .expect(200);
    assert_eq!(got.json["to"], "+4790000002");
    assert!(got.json["text"].as_str().unwrap().starts_with("[Test] Hi "));
    let hook = json!({"type": "webhook", "url": "http://127.0.0.1:9/x"});
    let got = world
        .call("POST", "/v1/test-send", &json!({"action": hook}))
        .await
        .expect(200);
    assert_eq!(
        (&got.json["state"], &got.json["outcome"]),
        (&json!("failed"), &json!("blocked"))
    );
    assert!(world.list("/v1/runs").await.is_empty() && world.list("/v1/messages").await.is_empty());
    let acts = world.list("/v1/audit-log").await;
    assert_eq!(
        (&acts[0]["action"], &acts[0]["object"]),
        (&json!("test.send"), &json!("webhook"))
    );
    world.close().await;
}

#[tokio::test]
async fn a_test_that_may_not_go_says_why() {
    let world = World::new().await;
    let faults = [
        (json!({"action": mail()}), "/to", "required"),
        (json!({"action": mail(), "to": "nobody"}), "/to", "bad_email"),
        (json!({"action": mail(), "to": 7}), "/to", "wrong_type"),
        (
            json!({"action": mail(), "to": "a@b.no", "bookng": {}}),
            "/bookng",
            "unknown_field",
        ),
        (
            json!({"action": {"type": "wait", "duration": "P1D"}, "to": "a@b.no"}),
            "/action/type",
            "not_a_delivery",
        ),
        (
            json!({"action": {"type": "webhook", "url": "https://x.example"}, "to": "a@b.no"}),
            "/to",
            "not_available",
        ),
        (json!([]), "", "wrong_type"),
    ];
    for (body, place, code) in faults {
        let got = world.call("POST", "/v1/test-send", &body).await.expect(422);
        assert!(got.faults().contains(&(place, code)), "{body}: {}", got.text);
    }
    let unknown = json!({"action": mail(), "to": "a@b.no", "booking": {"external_id": "none"}});
    world.call("POST", "/v1/test-send", &unknown).await.expect(404);
    let address = json!({"channel": "email", "address": "gone@check.example"});
    world.call("POST", "/v1/suppressions", &address).await.expect(201);
    let gone = json!({"action": mail(), "to": "Gone@check.example"});
    let got = world.call("POST", "/v1/test-send", &gone).await.expect(409);
    assert_eq!(got.json["code"], "suppressed_address");
    let ask = json!({"action": mail(), "to": "me@check.example"});
    let mut last = 200;
    for _ in 0..70 {
        let got = world.call("POST", "/v1/test-send", &ask).await;
        last = got.status.as_u16();
        if last == 429 {
            assert_eq!(
                (got.header("retry-after"), &got.json["code"]),
                ("60", &json!("too_many_tests"))
            );
            break;
        }
    }
    assert_eq!(last, 429);
    world
        .call("PATCH", "/v1/business", &json!({"mode": "held"}))
        .await
        .expect(200);
    let got = world.call("POST", "/v1/test-send", &ask).await.expect(409);
    assert_eq!(got.json["code"], "held");
    world.close().await;
}

#[tokio::test]
async fn failed_deliveries_are_tried_again_in_bulk_where_a_filter_names_them() {
    let world = World::new().await;
    let hook = json!([{"type": "webhook", "url": "http://127.0.0.1:9/x"}]);
    let first = workflow(&world, "first", r#"{"type": "booking.created"}"#, hook.clone()).await;
    workflow(&world, "second", r#"{"type": "booking.created"}"#, hook).await;
    for number in 0..3 {
        world
            .call("POST", "/v1/bookings", &booking(&format!("B-{number}")))
            .await
            .expect(201);
    }
    settled(&world).await;
    let failed = world.list("/v1/messages?state=failed").await;
    assert_eq!(failed.len(), 6);
    let refused = world.call("POST", "/v1/runs/retry", &json!({})).await.expect(422);
    assert_eq!(refused.faults(), [("", "filter_required")]);
    let refused = world
        .call(
            "POST",
            "/v1/runs/retry",
            &json!({"workflow_id": "x", "chanel": "sms"}),
        )
        .await
        .expect(422);
    assert_eq!(
        refused.faults(),
        [
            ("/workflow_id", "unknown_reference"),
            ("/chanel", "unknown_field")
        ]
    );
    let booking_id = failed[0]["booking_id"].clone();
    for (filter, count) in [
        (json!({"workflow_id": first}), 3),
        (json!({"booking_id": booking_id}), 2),
        (json!({"workflow_id": first, "booking_id": booking_id}), 1),
        (json!({"channel": "webhook"}), 6),
        (json!({"channel": "sms"}), 0),
        (json!({"from": "2026-10-02T00:00:00Z"}), 0),
        (json!({"workflow_id": "wfl_0000000000001"}), 0),
    ] {
        let got = world.call("POST", "/v1/runs/retry", &filter).await.expect(200);
        assert_eq!(got.json, json!({"count": count}), "{filter}");
        settled(&world).await;
        assert_eq!(
            world.list("/v1/messages?state=failed").await.len(),
            6,
            "they fail again: nobody listens"
        );
    }
    let other = [("flyt-business", "other")];
    let all = Some(json!({"channel": "webhook"}).to_string());
    let got = world
        .send("POST", "/v1/runs/retry", &other, all)
        .await
        .expect(200);
    assert_eq!(got.json["count"], 0, "nothing of another business");
    world.close().await;
}

#[tokio::test]
async fn a_suppressed_address_gets_nothing_until_it_is_let_go() {
    let world = World::new().await;
    workflow(&world, "made", r#"{"type": "booking.created"}"#, json!([mail()])).await;
    let address = json!({"channel": "email", "address": "Kari@Check.example"});
    let made = world.call("POST", "/v1/suppressions", &address).await.expect(201);
    assert_eq!(
        (&made.json["address"], &made.json["reason"]),
        (&json!("kari@check.example"), &json!("manual"))
    );
    world.call("POST", "/v1/suppressions", &address).await.expect(200);
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    settled(&world).await;
    let told = world.list("/v1/messages").await;
    assert_eq!(
        (&told[0]["state"], &told[0]["reason"]),
        (&json!("skipped"), &json!("suppressed_address"))
    );
    let place = made.header("location").to_owned();
    world
        .send("DELETE", &place, &[("flyt-business", "other")], None)
        .await
        .expect(404);
    world.send("DELETE", &place, &[], None).await.expect(204);
    world.send("DELETE", &place, &[], None).await.expect(404);
    world
        .call("POST", "/v1/bookings", &booking("B-2"))
        .await
        .expect(201);
    settled(&world).await;
    assert_eq!(world.list("/v1/messages?state=captured").await.len(), 1);
    world.close().await;
}

#[tokio::test]
async fn suppressed_addresses_are_listed_page_by_page_and_bad_ones_refused() {
    let world = World::new().await;
    let address = json!({"channel": "email", "address": "kari@check.example"});
    world.call("POST", "/v1/suppressions", &address).await.expect(201);
    for number in 0..3 {
        let phone = json!({"channel": "sms", "address": format!("9000000{number}")});
        world.call("POST", "/v1/suppressions", &phone).await.expect(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world
            .get(&format!("/v1/suppressions?limit=1{cursor}"))
            .await
            .expect(200)
            .json;
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 4);
    assert_eq!(world.list("/v1/suppressions?channel=sms").await.len(), 3);
    for (body, fault) in [
        (
            json!({"channel": "email", "address": "kari"}),
            ("/address", "bad_email"),
        ),
        (
            json!({"channel": "sms", "address": "abc"}),
            ("/address", "bad_phone"),
        ),
        (
            json!({"channel": "webhook", "address": "x"}),
            ("/channel", "unknown_value"),
        ),
        (json!({"address": "a@b.no"}), ("/channel", "required")),
    ] {
        let got = world.call("POST", "/v1/suppressions", &body).await.expect(422);
        assert_eq!(got.faults(), [fault]);
    }
    let got = world.get("/v1/suppressions?cursor=x").await.expect(422);
    assert_eq!(got.faults(), [("?cursor", "bad_cursor")]);
    world.close().await;
}

/// The first step of the newest run: a wait.
async fn waiting(world: &World) -> String {
    let runs = world.get("/v1/runs").await.expect(200);
    let run = runs.json["data"][0]["id"].as_str().unwrap();
    let run = world.get(&format!("/v1/runs/{run}")).await.expect(200);
    run.json["steps"][0]["step_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_wait_ends_its_run_when_it_is_skipped_and_lets_it_go_on_when_it_is_cut_short() {
    let world = World::new().await;
    let created = r#"{"type": "booking.created"}"#;
    let actions = json!([{"type": "wait", "duration": "P3D"}, mail()]);
    workflow(&world, "later", created, actions).await;
    let sent = async |world: &World| {
        settled(world).await;
        let sent = world.get("/v1/messages?state=captured").await.expect(200);
        sent.json["data"].as_array().unwrap().len()
    };
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    let skip = format!("/v1/steps/{}/skip", waiting(&world).await);
    world.call("POST", &skip, &json!({})).await.expect(204);
    assert_eq!(sent(&world).await, 0);
    world.call("POST", &skip, &json!({})).await.expect(409);

    world
        .call("POST", "/v1/bookings", &booking("B-2"))
        .await
        .expect(201);
    let go = format!("/v1/steps/{}/send-now", waiting(&world).await);
    world.call("POST", &go, &json!({})).await.expect(204);
    assert_eq!(sent(&world).await, 1);
}
