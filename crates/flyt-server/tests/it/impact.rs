//! What a draft of a workflow would do, told before it is saved.

use crate::life::{DAY_BEFORE, mail, settled, workflow};
use crate::world::{World, booking};
use serde_json::{Value, json};

/// One whose day before has passed, two that lie ahead.
async fn three_bookings(world: &World) {
    for (number, day) in [(1, 2), (2, 10), (3, 20)] {
        let mut body = booking(&format!("B-{number}"));
        body["start"] = json!(format!("2026-10-{day:02}T12:00:00Z"));
        body["end"] = json!(format!("2026-10-{day:02}T12:30:00Z"));
        if number == 1 {
            // The day before its start has passed at noon.
            body["start"] = json!("2026-10-01T12:00:00Z");
            body["end"] = json!("2026-10-01T12:30:00Z");
        }
        world.call("POST", "/v1/bookings", &body).await.expect(201);
    }
}

#[tokio::test]
async fn the_impact_of_a_draft_is_told_before_it_is_saved_and_comes_true() {
    let world = World::new().await;
    three_bookings(&world).await;
    let trigger: Value = serde_json::from_str(DAY_BEFORE).unwrap();
    let draft = json!({"name": "Day before", "triggers": [trigger], "actions": [mail()]});
    let told = world
        .call("POST", "/v1/workflows/impact", &draft)
        .await
        .expect(200)
        .json;
    assert_eq!(
        (&told["sends_now"], &told["plans"], &told["supersedes"]),
        (&json!(0), &json!(2), &json!(0))
    );
    assert_eq!(
        told["sentence"]["en"],
        "Sends 0 now, plans 2 for existing bookings."
    );
    assert_eq!(
        told["examples"][0]["due_local"], "2026-10-09T14:00:00+02:00",
        "{told}"
    );
    assert!(world.list("/v1/workflows").await.is_empty() && world.list("/v1/timers").await.is_empty());
    workflow(&world, "day-before", DAY_BEFORE, json!([mail()])).await;
    settled(&world).await;
    assert_eq!(world.list("/v1/timers").await.len(), 2, "as it was told");
    world.close().await;
}

#[tokio::test]
async fn the_impact_of_a_change_tells_what_stays_what_goes_and_what_comes() {
    let world = World::new().await;
    three_bookings(&world).await;
    let trigger: Value = serde_json::from_str(DAY_BEFORE).unwrap();
    let id = workflow(&world, "day-before", DAY_BEFORE, json!([mail()])).await;
    settled(&world).await;
    let same = json!({"id": id});
    let told = world
        .call("POST", "/v1/workflows/impact", &same)
        .await
        .expect(200)
        .json;
    assert_eq!(
        (&told["keeps"], &told["plans"], &told["supersedes"]),
        (&json!(2), &json!(0), &json!(0))
    );
    let mut sooner = trigger.clone();
    sooner["offset"]["amount"] = json!(2);
    let edit = json!({"id": id, "triggers": [sooner]});
    let told = world
        .call("POST", "/v1/workflows/impact", &edit)
        .await
        .expect(200)
        .json;
    assert_eq!((&told["plans"], &told["supersedes"]), (&json!(2), &json!(2)));
    let off = json!({"id": id, "enabled": false});
    let told = world
        .call("POST", "/v1/workflows/impact", &off)
        .await
        .expect(200)
        .json;
    assert_eq!((&told["plans"], &told["supersedes"]), (&json!(0), &json!(2)));
    let new_only =
        json!({"name": "x", "triggers": [trigger], "actions": [mail()], "include_existing": false});
    let told = world
        .call("POST", "/v1/workflows/impact", &new_only)
        .await
        .expect(200)
        .json;
    assert_eq!(told["plans"], 0);
    let bad = world
        .call("POST", "/v1/workflows/impact", &json!({"name": "x"}))
        .await
        .expect(422);
    assert!(bad.faults().contains(&("/triggers", "required")), "{}", bad.text);
    world
        .call(
            "POST",
            "/v1/workflows/impact",
            &json!({"id": "wfl_0000000000001"}),
        )
        .await
        .expect(404);
    world.close().await;
}
