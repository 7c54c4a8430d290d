//! The audit log: every act leaves a row, and rows are found by who, what, to what and when.

use crate::world::{NOW, World, booking};
use serde_json::{Value, json};

async fn actions(world: &World, query: &str) -> Vec<String> {
    let got = world.get(&format!("/v1/audit-log?{query}")).await.expect(200);
    let all = got.json["data"].as_array().unwrap().clone();
    all.iter()
        .map(|a| a["action"].as_str().unwrap().to_owned())
        .collect()
}

fn id(got: &crate::world::Got) -> String {
    got.json["id"].as_str().unwrap().to_owned()
}

/// Says that the log holds these acts.
async fn holds(world: &World, acts: &[&str]) {
    let done = actions(world, "limit=200").await;
    for act in acts {
        assert!(done.iter().any(|d| d == act), "{act} is not among {done:?}");
    }
}

#[tokio::test]
async fn acts_on_the_business_leave_their_rows() {
    let world = World::new().await;
    let call = async |method: &str, path: &str, body: Value| world.call(method, path, &body).await;
    let delete = async |path: String| world.send("DELETE", &path, &[], None).await.expect(204);
    call("PATCH", "/v1/business", json!({"phone": "+4790000009"}))
        .await
        .expect(200);
    call("POST", "/v1/business/webhook-secret", json!({}))
        .await
        .expect(200);
    let key = call("POST", "/v1/api-keys", json!({"scopes": ["bookings:read"]}))
        .await
        .expect(201);
    delete(format!("/v1/api-keys/{}", id(&key))).await;
    let service = call("POST", "/v1/services", json!({"name": "Cut"}))
        .await
        .expect(201);
    delete(format!("/v1/services/{}", id(&service))).await;
    let endpoint = json!({"url": "https://a.example/x", "events": ["booking.created"]});
    let endpoint = id(&call("POST", "/v1/webhook-endpoints", endpoint).await.expect(201));
    let path = format!("/v1/webhook-endpoints/{endpoint}");
    call("PATCH", &path, json!({"enabled": false})).await.expect(200);
    call("POST", &format!("{path}/secret"), json!({}))
        .await
        .expect(200);
    delete(path).await;
    let acts = [
        "business.create",
        "business.update",
        "business.webhook_secret",
        "api_key.create",
        "api_key.revoke",
        "service.create",
        "service.archive",
        "webhook_endpoint.create",
        "webhook_endpoint.update",
        "webhook_endpoint.secret",
        "webhook_endpoint.delete",
    ];
    holds(&world, &acts).await;
    world.close().await;
}

#[tokio::test]
async fn acts_on_bookings_workflows_and_steps_leave_their_rows() {
    let world = World::new().await;
    let call = async |method: &str, path: &str, body: Value| world.call(method, path, &body).await;
    let delete = async |path: String| world.send("DELETE", &path, &[], None).await.expect(204);
    let workflow = json!({"name": "W", "enabled": true, "triggers": [{"type": "booking.created"}],
        "actions": [{"type": "wait", "duration": "P1D"}, {"type": "sms", "to": ["customer"], "content": {"en": {"text": "x"}}}]});
    let workflow = id(&call("POST", "/v1/workflows", workflow).await.expect(201));
    call(
        "PATCH",
        &format!("/v1/workflows/{workflow}"),
        json!({"name": "V"}),
    )
    .await
    .expect(200);
    let made = call("POST", "/v1/bookings", booking("B-1")).await.expect(201);
    call("PATCH", "/v1/bookings/by-external-id/B-1", json!({"notes": "x"}))
        .await
        .expect(200);
    let paid =
        json!({"booking": {"id": made.json["id"]}, "amount": 1, "currency": "NOK", "status": "pending"});
    call("POST", "/v1/payments", paid).await.expect(201);
    world.clock(NOW).await;
    let runs = world.get("/v1/runs").await.expect(200);
    let run = format!("/v1/runs/{}", runs.json["data"][0]["id"].as_str().unwrap());
    let step = world.get(&run).await.expect(200).json["steps"][0]["step_id"]
        .as_str()
        .unwrap()
        .to_owned();
    call("POST", &format!("/v1/steps/{step}/send-now"), json!({})).await;
    delete(format!("/v1/workflows/{workflow}")).await;
    delete("/v1/bookings/by-external-id/B-1".to_owned()).await;
    delete(format!(
        "/v1/customers/{}",
        made.json["customer"]["id"].as_str().unwrap()
    ))
    .await;
    let acts = [
        "workflow.create",
        "workflow.update",
        "workflow.delete",
        "booking.create",
        "booking.update",
        "booking.delete",
        "customer.create",
        "customer.erase",
        "payment.create",
        "step.send_now",
    ];
    holds(&world, &acts).await;
    world.close().await;
}

#[tokio::test]
async fn acts_are_found_by_who_what_to_what_and_when() {
    let world = World::new().await;
    let made = world
        .call("POST", "/v1/api-keys", &json!({"scopes": ["customers:write"]}))
        .await
        .expect(201);
    let (key, bearer) = (
        made.json["id"].as_str().unwrap(),
        made.json["key"].as_str().unwrap(),
    );
    let bearer = format!("Bearer {bearer}");
    let own = [("authorization", bearer.as_str()), ("flyt-business", "")];
    let body = json!({"first_name": "Kari"}).to_string();
    let customer = world
        .send("POST", "/v1/customers", &own, Some(body))
        .await
        .expect(201);
    world.clock("2026-10-02T00:00:00Z").await;
    let path = format!("/v1/customers/{}", customer.json["id"].as_str().unwrap());
    world
        .call("PATCH", &path, &json!({"first_name": "Ola"}))
        .await
        .expect(200);

    assert_eq!(
        actions(&world, &format!("actor={key}")).await,
        ["customer.create"]
    );
    let object = format!("object={}", customer.json["id"].as_str().unwrap());
    assert_eq!(
        actions(&world, &object).await,
        ["customer.update", "customer.create"]
    );
    assert_eq!(
        actions(&world, &format!("{object}&action=customer.create&actor={key}")).await,
        ["customer.create"]
    );
    assert_eq!(
        actions(&world, "from=2026-10-02T00:00:00Z").await,
        ["customer.update"]
    );
    assert_eq!(
        actions(&world, "to=2026-10-02T00:00:00Z&limit=2").await,
        ["customer.create", "api_key.create"],
        "the first instant counts, the last does not"
    );
    assert_eq!(actions(&world, "actor=nobody").await, Vec::<String>::new());
    let wrong = world.get("/v1/audit-log?actions=x").await.expect(422);
    assert_eq!(wrong.json["errors"][0]["suggestion"], "action");
    let other = world
        .send(
            "GET",
            &format!("/v1/audit-log?{object}"),
            &[("flyt-business", "other")],
            None,
        )
        .await;
    assert_eq!(other.expect(200).json["data"], json!([]));
    world.close().await;
}
