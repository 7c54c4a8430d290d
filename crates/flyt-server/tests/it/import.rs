//! Files of bookings over HTTP: written row by row, run again without harm, silent unless asked otherwise.

use crate::world::World;
use serde_json::{Value, json};

fn map() -> Value {
    json!({"date_formats": ["%d.%m.%Y %H:%M"], "currency": "NOK", "fields": {
        "external_id": "Id", "start": "Start", "duration_minutes": "Min", "status": "Status",
        "service.name": "Service", "customer.name": "Name", "customer.email": "Mail"}})
}
const FILE: &str = "Id;Start;Min;Status;Service;Name;Mail
B-1;20.10.2026 10:00;45;approved;Cut;Kari Nordmann;kari@check.example
B-2;20.09.2026 10:00;45;completed;Cut;Kari Nordmann;kari@check.example
B-3;21.10.2026 10:00;45;approvd;Cut;Ola Nordmann;ola@check.example
B-4;22.10.2026 10:00;45;approved;Colour;Ola Nordmann;ola@check.example
";
async fn import(world: &World, more: Value) -> Value {
    let mut body = json!({"data": FILE, "map": map()});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    world.call("POST", "/v1/import", &body).await.expect(200).json
}
fn counts(got: &Value) -> Vec<u64> {
    [
        "created",
        "changed",
        "unchanged",
        "failed",
        "future_without_reminders",
    ]
    .map(|name| got["totals"][name].as_u64().unwrap())
    .to_vec()
}
async fn workflows(world: &World) {
    for trigger in [
        json!({"type": "booking.created"}),
        json!({"type": "booking.starts", "offset": {"amount": 1, "unit": "days", "direction": "before"}}),
    ] {
        let body = json!({"name": "W", "enabled": true, "triggers": [trigger],
            "actions": [{"type": "email", "to": ["customer"], "content": {"en": {"subject": "S", "body": "B"}}}]});
        world.call("POST", "/v1/workflows", &body).await.expect(201);
    }
}

#[tokio::test]
async fn an_import_writes_each_row_that_can_be_and_says_what_is_wrong_with_the_others() {
    let world = World::new().await;
    let before = world.rows().await;
    let dry = import(&world, json!({"dry_run": true})).await;
    assert_eq!(counts(&dry), [3, 0, 0, 1, 2]);
    assert_eq!(world.rows().await, before, "a dry run writes nothing");
    let got = import(&world, json!({})).await;
    assert_eq!(counts(&got), [3, 0, 0, 1, 2], "{got}");
    let failed = &got["data"][2];
    assert_eq!(
        (&failed["line"], &failed["errors"][0]["column"]),
        (&json!(4), &json!("Status"))
    );
    assert!(
        failed["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean `approved`?")
    );
    let booking = world.get("/v1/bookings/by-external-id/B-1").await.expect(200);
    assert_eq!(
        (&booking.json["start"], &booking.json["end"]),
        (&json!("2026-10-20T08:00:00Z"), &json!("2026-10-20T08:45:00Z"))
    );
    assert_eq!(
        (&booking.json["source"], &booking.json["automations"]),
        (&json!("import"), &json!("off"))
    );
    assert_eq!(
        world.get("/v1/customers").await.json["data"]
            .as_array()
            .unwrap()
            .len(),
        1 + 1
    );
    world.get("/v1/bookings/by-external-id/B-3").await.expect(404);
    world.close().await;
}

#[tokio::test]
async fn an_import_that_is_run_again_leaves_alone_what_is_unchanged() {
    let world = World::new().await;
    import(&world, json!({})).await;
    let revision = world.get("/v1/bookings/by-external-id/B-1").await.json["revision"].clone();
    let mended = FILE
        .replace("approvd", "approved")
        .replace("22.10.2026 10:00", "22.10.2026 11:00");
    let got = import(&world, json!({"data": mended})).await;
    assert_eq!(counts(&got), [1, 1, 2, 0, 3], "{got}");
    assert_eq!(
        world.get("/v1/bookings/by-external-id/B-1").await.json["revision"],
        revision
    );
    world.close().await;
}

#[tokio::test]
async fn an_import_sends_nothing_and_its_reminders_come_when_they_are_asked_for() {
    let world = World::new().await;
    workflows(&world).await;
    let got = import(&world, json!({})).await;
    assert!(
        got["totals"]["hint"]
            .as_str()
            .unwrap()
            .contains("2 future bookings have no reminders"),
        "{got}"
    );
    assert_eq!(world.get("/v1/timers").await.json["data"], json!([]));
    let timed = import(&world, json!({"automations": "timed"})).await;
    assert_eq!(
        (
            timed["totals"]["future_without_reminders"].as_u64(),
            &timed["totals"]["hint"]
        ),
        (Some(0), &Value::Null)
    );
    world
        .call("POST", "/v1/test-clock", &json!({"now": "2026-10-01T01:00:00Z"}))
        .await
        .expect(200);
    assert_eq!(
        world.get("/v1/timers").await.json["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let again = import(&world, json!({})).await;
    assert_eq!(
        counts(&again),
        [0, 0, 3, 1, 0],
        "an import without a word on it leaves automations as they are"
    );
    world
        .call("POST", "/v1/test-clock", &json!({"now": "2026-11-01T00:00:00Z"}))
        .await
        .expect(200);
    assert_eq!(
        world.get("/v1/messages").await.json["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    world.close().await;
}

#[tokio::test]
async fn a_file_or_mapping_that_cannot_be_read_is_refused_as_a_whole() {
    let world = World::new().await;
    let before = world.rows().await;
    for (body, status, code) in [
        (json!({"data": FILE}), 422, "required"),
        (
            json!({"data": FILE, "map": {"fields": {"external_id": "Id", "start": "Begin"}}}),
            422,
            "unreadable_file",
        ),
        (json!({"data": "", "map": map()}), 422, "unreadable_file"),
        (
            json!({"data": FILE, "map": {"fields": {"external_id": "Id"}}}),
            422,
            "required",
        ),
        (
            json!({"data": FILE, "map": map(), "automations": "yes"}),
            422,
            "unknown_value",
        ),
        (
            json!({"data": FILE, "map": map(), "format": "xlsx"}),
            422,
            "unknown_value",
        ),
    ] {
        let got = world.call("POST", "/v1/import", &body).await.expect(status);
        assert_eq!(got.json["code"], code, "{}", got.text);
    }
    assert_eq!(world.rows().await, before);
    world.close().await;
}
