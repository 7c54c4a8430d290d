//! Every bad input is refused with a problem that names the place, and leaves nothing behind.

use crate::world::{Got, World, booking};
use serde_json::{Value, json};

/// The parts of a problem that every refusal has.
fn is_problem(got: &Got, status: u16, code: &str) {
    assert_eq!(got.status.as_u16(), status, "{}", got.text);
    assert_eq!(
        got.header("content-type"),
        "application/problem+json",
        "{}",
        got.text
    );
    assert_eq!(got.json["status"], status);
    assert_eq!(got.json["code"], code, "{}", got.text);
    assert_eq!(got.json["request_id"], got.header("x-request-id"));
    for name in ["type", "title", "detail"] {
        assert!(
            got.json[name].as_str().is_some_and(|t| !t.is_empty()),
            "{name}: {}",
            got.text
        );
    }
}

fn with(mut body: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_bad_booking_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    let before = world.rows().await;
    let check = async |change: Value, pointer: &str, code: &str| {
        let body = with(booking("B-2"), &change);
        let got = world.call("POST", "/v1/bookings", &body).await;
        is_problem(&got, 422, code);
        assert_eq!(got.faults(), [(pointer, code)]);
    };
    check(json!({"notess": "x"}), "/notess", "unknown_field").await;
    check(json!({"start": 5}), "/start", "bad_instant").await;
    check(json!({"notes": 5}), "/notes", "wrong_type").await;
    check(json!({"end": "2026-10-20T11:00:00Z"}), "/end", "end_before_start").await;
    check(json!({"status": "aproved"}), "/status", "unknown_status").await;
    check(json!({"language": "norwegian!"}), "/language", "unknown_language").await;
    check(
        json!({"price": {"amount": -5, "currency": "NOK"}}),
        "/price",
        "negative",
    )
    .await;
    check(json!({"service": null}), "/service", "not_clearable").await;
    check(
        json!({"service": {"id": "svc_0000000000001"}}),
        "/service",
        "unknown_reference",
    )
    .await;
    let zone = json!({"external_id": "new", "name": "New", "time_zone": "Europe/Olso"});
    check(
        json!({"location": zone}),
        "/location/time_zone",
        "unknown_time_zone",
    )
    .await;
    assert_eq!(world.rows().await, before);
    world.close().await;
}

#[tokio::test]
async fn an_unknown_word_is_answered_with_the_one_that_was_meant() {
    let world = World::new().await;
    let got = world
        .call(
            "POST",
            "/v1/bookings",
            &with(booking("B-1"), &json!({"staus": "approved"})),
        )
        .await;
    assert_eq!(got.json["errors"][0]["suggestion"], "status");
    let got = world.get("/v1/bookings?statsu=approved").await;
    is_problem(&got, 422, "unknown_parameter");
    assert_eq!(got.json["errors"][0]["suggestion"], "status");
    world.close().await;
}

#[tokio::test]
async fn a_bad_workflow_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let good = json!({"name": "Reminder", "triggers": [{"type": "booking.starts",
        "offset": {"amount": 1, "unit": "days", "direction": "before"}}], "filters": {},
        "actions": [{"type": "sms", "to": ["customer"], "content": {"en": {"text": "{{ booking.reference }}"}}}]});
    let check = async |change: Value, place: &str| {
        let got = world
            .call("POST", "/v1/workflows", &with(good.clone(), &change))
            .await;
        assert_eq!(got.status, 422, "{change}: {}", got.text);
        assert!(
            got.faults().iter().any(|(pointer, _)| pointer.starts_with(place)),
            "{change}: {}",
            got.text
        );
    };
    let offset = |amount: i64| json!([{"type": "booking.starts", "offset": {"amount": amount, "unit": "days", "direction": "before"}}]);
    check(json!({"triggers": offset(367)}), "/triggers/0/offset").await;
    check(json!({"triggers": offset(-1)}), "/triggers/0/offset").await;
    check(
        json!({"filters": {"service": {"any_of": [{"external_id": "nothing"}]}}}),
        "/filters/service/any_of/0",
    )
    .await;
    check(
        json!({"filters": {"status": {"any_of": ["aproved"]}}}),
        "/filters/status/any_of/0",
    )
    .await;
    check(json!({"filters": {"servise": {}}}), "/filters/servise").await;
    assert_eq!(world.rows().await.get(8), Some(&0));
    world.call("POST", "/v1/workflows", &good).await.expect(201);
    world.close().await;
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_so() {
    let world = World::new().await;
    let check = async |body: &str, kind: &str, status: u16, code: &str| {
        let headers = [("content-type", kind)];
        is_problem(
            &world
                .send("POST", "/v1/customers", &headers, Some(body.to_owned()))
                .await,
            status,
            code,
        );
    };
    let json = "application/json";
    check("{\"first_name\": \"Kari\"", json, 400, "broken_json").await;
    check(
        "{\"first_name\": \"Kari\", \"first_name\": \"Ola\"}",
        json,
        400,
        "duplicate_key",
    )
    .await;
    check("", json, 400, "no_body").await;
    check("{}", "text/plain", 415, "unsupported_media_type").await;
    check(
        "{}",
        "application/json; charset=latin1",
        415,
        "unsupported_media_type",
    )
    .await;
    check("[]", json, 422, "wrong_type").await;
    let large = format!("{{\"first_name\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
    check(&large, json, 413, "too_large").await;
    let got = world
        .send(
            "POST",
            "/v1/customers",
            &[],
            Some("{\n\"a\": 1,\n\"a\": 2}".to_owned()),
        )
        .await;
    assert!(
        got.json["detail"].as_str().unwrap().contains("line 3"),
        "{}",
        got.text
    );
    assert_eq!(world.get("/v1/customers").await.json["data"], json!([]));
    world.close().await;
}

#[tokio::test]
async fn a_caller_is_known_and_names_its_business() {
    let world = World::new().await;
    let check = async |headers: &[(&str, &str)], status: u16, code: &str| {
        is_problem(
            &world.send("GET", "/v1/bookings", headers, None).await,
            status,
            code,
        );
    };
    check(&[("authorization", "")], 401, "unauthorized").await;
    check(&[("authorization", "Basic abc")], 401, "unauthorized").await;
    check(
        &[("authorization", "Bearer flyt_platform_wrong")],
        401,
        "unauthorized",
    )
    .await;
    check(&[("flyt-business", "")], 400, "missing_business").await;
    check(&[("flyt-business", "nobody")], 404, "unknown_business").await;
    world
        .send("GET", "/v1/businesses", &[("flyt-business", "nobody")], None)
        .await
        .expect(200);
    assert_eq!(
        world
            .send("GET", "/v1/bookings", &[("authorization", "")], None)
            .await
            .header("www-authenticate"),
        "Bearer"
    );
    world.close().await;
}

#[tokio::test]
async fn a_bad_query_is_refused() {
    let world = World::new().await;
    let check = async |query: &str, place: &str, code: &str| {
        let got = world.get(&format!("/v1/bookings?{query}")).await;
        is_problem(&got, 422, code);
        assert_eq!(got.faults(), [(place, code)]);
    };
    check("colour=red", "?colour", "unknown_parameter").await;
    check("cursor=nonsense", "?cursor", "bad_cursor").await;
    check("limit=201", "?limit", "out_of_range").await;
    check("limit=many", "?limit", "bad_parameter").await;
    check("from=2026-10-01", "?from", "bad_parameter").await;
    check("customer_id=bkg_0000000000001", "?customer_id", "bad_parameter").await;
    world.close().await;
}

#[tokio::test]
async fn an_address_or_method_that_does_not_exist_is_a_problem_too() {
    let world = World::new().await;
    is_problem(&world.get("/v1/nothing").await, 404, "not_found");
    is_problem(&world.get("/nothing").await, 404, "not_found");
    is_problem(
        &world.get("/v1/bookings/bkg_0000000000001").await,
        404,
        "not_found",
    );
    is_problem(&world.get("/v1/bookings/nonsense").await, 404, "not_found");
    let got = world.call("DELETE", "/v1/bookings", &json!({})).await;
    is_problem(&got, 405, "method_not_allowed");
    assert!(got.header("allow").contains("POST"), "{:?}", got.headers);
    world.close().await;
}

#[tokio::test]
async fn another_business_sees_nothing() {
    let world = World::new().await;
    let made = world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    let id = made.json["id"].as_str().unwrap();
    let other = [("flyt-business", "other")];
    for path in [
        format!("/v1/bookings/{id}"),
        "/v1/bookings/by-external-id/B-1".to_owned(),
        format!("/v1/bookings/{id}/timeline"),
    ] {
        is_problem(&world.send("GET", &path, &other, None).await, 404, "not_found");
    }
    let list = world.send("GET", "/v1/bookings", &other, None).await.expect(200);
    assert_eq!(list.json, json!({"data": [], "next_cursor": null}));
    let patch = world
        .send(
            "PATCH",
            &format!("/v1/bookings/{id}"),
            &other,
            Some("{\"notes\": \"x\"}".to_owned()),
        )
        .await;
    is_problem(&patch, 404, "not_found");
    world.close().await;
}
