//! Bad input that names its very place, and leaves nothing behind: templates with line and column, every kind of object, and
//! what belongs to another business.

use crate::world::{World, booking};
use serde_json::{Value, json};

/// Bad templates with the line and column at which each is refused; `flyt-core` asks what is said of them.
const TEMPLATES: &[(&str, u32, u32)] = &[
    ("Hei {{ customer.frist_name }}", 1, 8),
    ("a\nb {{ bookin.start }}", 2, 6),
    ("{{ customer.first_nam", 1, 13),
    ("{{ booking.start | dato }}", 1, 20),
    ("{% if false %}\n  {{ booking.start | datum }}{% endif %}", 2, 22),
    ("{{ service.name | date }}", 1, 19),
    ("{{ booking.start | money }}", 1, 20),
    ("{{ booking.price | date }}", 1, 20),
    ("{{ service.name | phone }}", 1, 19),
    ("{{ service.name | names }}", 1, 19),
    ("{{ booking.secret }}", 1, 4),
    ("{{ secret }}", 1, 4),
    ("{{ booking }}", 1, 4),
    ("{{ resource }}", 1, 4),
    ("{% if x %}a{% endif %}", 1, 7),
    ("{% for e in extras %}{{ e.nam }}{% endfor %}", 1, 25),
    ("{% for e in extras %}{{ e }}{% endfor %}", 1, 25),
    ("{% for e in service.name %}{{ e }}{% endfor %}", 1, 13),
    ("{% include 'x' %}", 1, 4),
    ("{% macro m() %}x{% endmacro %}", 1, 4),
    ("{% import 'x' as y %}", 1, 4),
    ("{% extends 'x' %}", 1, 4),
    ("{% call x() %}{% endcall %}", 1, 4),
    ("{% filter upper %}x{% endfilter %}", 1, 4),
    ("{% with a = 1 %}x{% endwith %}", 1, 4),
    ("{% set a %}x{% endset %}", 1, 4),
    ("{{ range(9) }}", 1, 4),
    ("{{ service.name.upper() }}", 1, 16),
    ("{{ 'x' * 9 }}", 1, 8),
    ("{{ 2 ** 9 }}", 1, 6),
    ("{% if booking.price %}a", 1, 23),
    ("{% endif %}", 1, 4),
    ("{{ booking.start | tz('Europe/Olso') | time }}", 1, 20),
    ("{{ booking.start | tz | time }}", 1, 20),
    ("{{ booking.notes | default }}", 1, 20),
    ("{{ booking.notes | default: '-' }}", 1, 27),
    ("{{ booking.notes | upper | lowr }}", 1, 28),
    ("{{ booking.price.amuont }}", 1, 4),
    ("{{ steps.lok.code }}", 1, 4),
    ("{{ steps.lock.kode }}", 1, 4),
    ("{{ booking.start | json }}", 1, 20),
    ("{{ customer.email is definedd }}", 1, 22),
    ("{{ changes | join(service.nam) }}", 1, 19),
    ("{{ previous.customer.email }}", 1, 4),
    ("æøå 👍 {{ x }}", 1, 10),
    ("{{ booking.weekday }}", 1, 4),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_template_is_refused_with_its_pointer_line_and_column() {
    assert!(TEMPLATES.len() >= 40);
    let world = World::new().await;
    let before = world.rows().await;
    let sms = |(text, _, _): &(&str, u32, u32)| json!({"type": "sms", "to": ["customer"], "content": {"en": {"text": text}}});
    let actions: Vec<Value> = TEMPLATES.iter().map(sms).collect();
    let body = json!({"name": "Bad", "triggers": [{"type": "booking.changed"}], "actions": actions});
    let got = world.call("POST", "/v1/workflows", &body).await.expect(422);
    assert_eq!(got.header("content-type"), "application/problem+json");
    let errors = got.json["errors"].as_array().unwrap();
    for (at, (text, line, column)) in TEMPLATES.iter().enumerate() {
        let pointer = format!("/actions/{at}/content/en/text");
        let told = errors.iter().find(|e| e["pointer"] == pointer);
        let message = told.map_or("", |e| e["message"].as_str().unwrap());
        let place = format!("line {line}, column {column}: ");
        assert!(message.starts_with(&place), "{text}: {message:?}, not {place}");
    }
    let meant = errors
        .iter()
        .find(|e| e["pointer"] == "/actions/0/content/en/text")
        .unwrap();
    assert_eq!(meant["suggestion"], "customer.first_name");
    assert_eq!(world.rows().await, before);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_on_an_answer_that_no_earlier_action_stores_is_refused() {
    let world = World::new().await;
    let before = world.rows().await;
    let lock = json!({"type": "webhook", "name": "lock", "url": "https://check.example/", "store": {"code": "/code"}});
    let sms = |field: &str| {
        json!({"type": "sms", "to": ["customer"], "content": {"en": {"text": "Hi"}},
        "condition": {"field": field, "op": "exists"}})
    };
    let save = async |actions: Value| {
        let body = json!({"name": "W", "triggers": [{"type": "booking.created"}], "actions": actions});
        world.call("POST", "/v1/workflows", &body).await
    };
    let got = save(json!([lock, sms("steps.lock.kode")])).await.expect(422);
    assert_eq!(
        got.faults(),
        [("/actions/1/condition/field", "unknown_field_name")]
    );
    assert_eq!(got.json["errors"][0]["suggestion"], "steps.lock.code");
    let got = save(json!([sms("steps.lock.code"), lock])).await.expect(422);
    assert_eq!(
        got.faults(),
        [("/actions/0/condition/field", "unknown_field_name")]
    );
    let stop = json!({"type": "stop_if", "condition": {"field": "steps.door.code", "op": "exists"}});
    let got = save(json!([lock, stop])).await.expect(422);
    assert_eq!(
        got.faults(),
        [("/actions/1/condition/field", "unknown_field_name")]
    );
    assert_eq!(world.rows().await, before);
    save(json!([lock, sms("steps.lock.code")])).await.expect(201);
    world.close().await;
}

type Bad = (&'static str, &'static str, Value, (&'static str, &'static str));

/// Method, path (empty: the booking itself), body, and the place and code of its fault.
#[rustfmt::skip]
fn bad_objects(booking: &str) -> Vec<Bad> {
    let pay = |more: Value| {
        let mut body = json!({"booking": {"id": booking}, "amount": 100, "currency": "NOK"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    vec![
        ("POST", "/v1/customers", json!({"first_nam": "Kari"}), ("/first_nam", "unknown_field")),
        ("POST", "/v1/customers", json!({"tags": "vip"}), ("/tags", "wrong_type")),
        ("POST", "/v1/customers", json!({"email": "kari"}), ("/email", "bad_email")),
        ("POST", "/v1/customers", json!({"time_zone": "Europe/Olso"}), ("/time_zone", "unknown_time_zone")),
        ("POST", "/v1/customers", json!({"language": "n"}), ("/language", "unknown_language")),
        ("POST", "/v1/services", json!({"name": 5}), ("/name", "wrong_type")),
        ("POST", "/v1/statuses", json!({"key": "New!", "kind": "open"}), ("/key", "bad_key")),
        ("POST", "/v1/payments", pay(json!({"amount": -1})), ("/amount", "negative")),
        ("POST", "/v1/payments", pay(json!({"currency": "KRONER"})), ("/currency", "unknown_currency")),
        ("POST", "/v1/payments", pay(json!({"booking": {"external_id": "B-9"}})), ("/booking", "unknown_reference")),
        ("PATCH", "/v1/business", json!({"time_zone": "Oslo"}), ("/time_zone", "unknown_time_zone")),
        ("PATCH", "/v1/business", json!({"slug": "other"}), ("/slug", "read_only")),
        ("PATCH", "", json!({"end": "2026-10-20T11:00:00Z"}), ("/end", "end_before_start")),
        ("PATCH", "", json!({"customer": null}), ("/customer", "not_clearable")),
        ("PATCH", "", json!({"reference": "AAAAA"}), ("/reference", "read_only")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_object_of_any_kind_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let made = world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    let before = (world.rows().await, world.get("/v1/business").await.text);
    let id = made.json["id"].as_str().unwrap();
    let own = format!("/v1/bookings/{id}");
    for (method, path, body, fault) in bad_objects(id) {
        let path = if path.is_empty() { own.as_str() } else { path };
        let got = world.call(method, path, &body).await;
        assert_eq!(got.status.as_u16(), 422, "{path} {body}: {}", got.text);
        let faults = got.faults();
        assert_eq!(faults[0], fault, "{path} {body}");
        assert!(faults.iter().all(|f| f.0 == fault.0), "{path} {body}: {faults:?}");
        let now = (world.rows().await, world.get("/v1/business").await.text);
        assert_eq!(now, before, "{path} {body}");
    }
    assert_eq!(world.get(&own).await.header("etag"), made.header("etag"));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_business_reaches_nothing() {
    let world = World::new().await;
    let made = world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    let (id, service) = (made.json["id"].as_str().unwrap(), &made.json["service"]["id"]);
    let scopes = json!({"name": "Other", "scopes": ["bookings:write", "bookings:read", "payments:write"]});
    let key = world
        .send(
            "POST",
            "/v1/api-keys",
            &[("flyt-business", "other")],
            Some(scopes.to_string()),
        )
        .await
        .expect(201);
    let bearer = format!("Bearer {}", key.json["key"].as_str().unwrap());
    let theirs = [("authorization", bearer.as_str()), ("flyt-business", "")];
    let before = world.rows().await;
    let ask = async |method: &str, path: &str, body: Value| {
        let body = (method != "GET").then(|| body.to_string());
        world.send(method, path, &theirs, body).await
    };
    let own = format!("/v1/bookings/{id}");
    for (method, path) in [
        ("GET", own.clone()),
        ("PATCH", own.clone()),
        ("DELETE", own.clone()),
        ("GET", "/v1/bookings/by-external-id/B-1".to_owned()),
        ("GET", format!("{own}/timeline")),
        ("GET", format!("{own}/explain")),
    ] {
        ask(method, &path, json!({"notes": "x"})).await.expect(404);
    }
    let mut stolen = booking("B-2");
    stolen["service"] = json!({"id": service});
    let got = ask("POST", "/v1/bookings", stolen).await.expect(422);
    assert_eq!(got.faults(), [("/service", "unknown_reference")]);
    let pay = json!({"booking": {"id": id}, "amount": 100, "currency": "NOK"});
    let got = ask("POST", "/v1/payments", pay).await;
    assert!(matches!(got.status.as_u16(), 403 | 422), "{}", got.text);
    // The name of another business beside a key of one's own is not looked at.
    let both = [("authorization", bearer.as_str()), ("flyt-business", "salon")];
    world.send("GET", &own, &both, None).await.expect(404);
    assert_eq!(world.rows().await, before);
    assert_eq!(world.get(&own).await.header("etag"), made.header("etag"));
    world.close().await;
}
