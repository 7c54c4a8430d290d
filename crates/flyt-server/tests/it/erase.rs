//! A person's data: taken along and erased, on both databases.

use crate::world::{World, client};
use serde_json::{Value, json};

/// What must not be left anywhere.
const PLANTED: &[&str] = &[
    "Ragnhildur",
    "Oddnysdotter",
    "r.oddnys@check.example",
    "91234567",
    "zzplantednote",
    "zzplantedanswer",
    "zzplantedfield",
    "zzplantedtag",
    "C-planted",
];

fn booking(number: usize, start: &str) -> Value {
    json!({"external_id": format!("B-{number}"),
        "customer": {"external_id": "C-planted", "first_name": "Ragnhildur", "last_name": "Oddnysdotter",
            "email": "r.oddnys@check.example", "phone": "+4791234567", "language": "en", "tags": ["zzplantedtag"],
            "fields": {"shoe": "zzplantedfield"},
            "opt_outs": [{"channel": "sms", "at": "2026-09-01T00:00:00Z"}]},
        "service": {"external_id": "cut", "name": "Cut"}, "start": start, "end": start,
        "notes": "zzplantednote", "answers": {"allergies": "zzplantedanswer"}})
}
fn mail(to: &[&str]) -> Value {
    let body = "<p>{{ customer.full_name }}: {{ booking.notes }} {{ customer.phone }}</p>";
    json!({"type": "email", "to": to, "content": {"en": {"subject": "For {{ customer.first_name }}", "body": body}}})
}

/// Workflows of every kind that leaves a trace of a person.
async fn workflows(world: &World) {
    let before =
        json!({"type": "booking.starts", "offset": {"amount": 1, "unit": "days", "direction": "before"}});
    let hook = json!({"type": "webhook", "url": "https://10.0.0.1/x/{{ customer.email }}?who={{ customer.first_name }}"});
    let wait = json!({"type": "wait", "duration": "P2D"});
    let sms = json!({"type": "sms", "to": ["customer"], "content": {"en": {"text": "Hi {{ customer.first_name }}"}}});
    let all = [
        (
            "made",
            json!({"type": "booking.created"}),
            json!([mail(&["customer", "admins"]), hook]),
        ),
        ("reminder", before.clone(), json!([mail(&["customer"]), sms])),
        ("staff", before, json!([mail(&["admins", "customer"])])),
        (
            "later",
            json!({"type": "booking.created"}),
            json!([mail(&["customer"]), wait, mail(&["customer"])]),
        ),
    ];
    for (name, trigger, actions) in all {
        let body = json!({"name": name, "enabled": true, "triggers": [trigger], "actions": actions});
        world.call("POST", "/v1/workflows", &body).await.expect(201);
    }
    let welcome = json!([{"type": "wait", "duration": "P1D"},
        {"type": "email", "to": ["customer"], "content": {"en": {"subject": "Hi {{ customer.first_name }}", "body": "<p>x</p>"}}}]);
    let body = json!({"name": "welcome", "enabled": true, "triggers": [{"type": "customer.created"}], "actions": welcome});
    world.call("POST", "/v1/workflows", &body).await.expect(201);
}

/// Two bookings with messages sent, failed and planned; the id of the customer.
async fn lived(world: &World) -> String {
    workflows(world).await;
    let alone = booking(0, "2026-10-03T12:00:00Z")["customer"].clone();
    world.call("POST", "/v1/customers", &alone).await.expect(201);
    for (number, start) in [(1, "2026-10-03T12:00:00Z"), (2, "2026-10-20T12:00:00Z")] {
        let key = format!("key-{number}");
        let headers = [("idempotency-key", key.as_str())];
        let body = Some(booking(number, start).to_string());
        world
            .send("POST", "/v1/bookings", &headers, body)
            .await
            .expect(201);
    }
    let address = json!({"channel": "email", "address": "R.Oddnys@check.example"});
    world.at("2026-10-02T13:00:00Z").await;
    world.call("POST", "/v1/suppressions", &address).await.expect(201);
    let got = world
        .get("/v1/customers/by-external-id/C-planted")
        .await
        .expect(200);
    got.json["id"].as_str().unwrap().to_owned()
}

async fn states(world: &World) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = world
        .list("/v1/messages?limit=200")
        .await
        .iter()
        .map(|m| {
            (
                m["state"].as_str().unwrap().to_owned(),
                m["id"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    all.sort();
    all
}

/// Erases them and looks at what the API still says.
async fn erased(world: &World) {
    let id = lived(world).await;
    let before = states(world).await;
    assert!(
        before.iter().any(|(s, _)| s == "captured") && before.iter().any(|(s, _)| s == "failed"),
        "{before:?}"
    );
    assert!(!world.list("/v1/timers").await.is_empty());
    world
        .call("POST", &format!("/v1/customers/{id}/erase"), &json!({}))
        .await
        .expect(204);
    world
        .call("POST", &format!("/v1/customers/{id}/erase"), &json!({}))
        .await
        .expect(404);
    world.get(&format!("/v1/customers/{id}")).await.expect(404);
    world.get(&format!("/v1/customers/{id}/export")).await.expect(404);

    let after = states(world).await;
    assert_eq!(after.len(), before.len(), "what went still counts");
    let sent = |all: &[(String, String)]| {
        all.iter()
            .filter(|(s, _)| s == "captured" || s == "failed")
            .count()
    };
    assert_eq!(sent(&after), sent(&before));
    nothing_waits_for_them(world).await;
    what_was_asked_is_still_answered(world).await;
    staff_are_told_and_nobody_else(world).await;
}

async fn nothing_waits_for_them(world: &World) {
    let booking = world.get("/v1/bookings/by-external-id/B-2").await.expect(200);
    assert_eq!(
        (&booking.json["notes"], &booking.json["answers"]),
        (&Value::Null, &json!({}))
    );
    let path = format!("/v1/bookings/{}/timeline", booking.json["id"].as_str().unwrap());
    let told = world.list(&path).await;
    let reasons: Vec<(&str, &str)> = told
        .iter()
        .filter_map(|l| Some((l["kind"].as_str()?, l["reason"].as_str()?)))
        .filter(|(_, r)| *r == "customer_erased")
        .collect();
    assert!(
        reasons.contains(&("timer", "customer_erased")) && reasons.contains(&("run", "customer_erased")),
        "{told:?}"
    );
    // A message to staff about the booking is still planned; to the person nothing is.
    let timers = world.list("/v1/timers").await;
    assert_eq!(
        timers
            .iter()
            .map(|t| t["workflow"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["staff"]
    );
    let list = world.list("/v1/suppressions").await;
    let known: Vec<(&str, &Value)> = list
        .iter()
        .map(|s| (s["channel"].as_str().unwrap(), &s["address"]))
        .collect();
    assert_eq!(
        known,
        [("email", &Value::Null), ("sms", &Value::Null)],
        "{list:?}"
    );
}

/// The same key meets its answer, without the person.
async fn what_was_asked_is_still_answered(world: &World) {
    let again = Some(self::booking(1, "2026-10-03T12:00:00Z").to_string());
    let replay = world
        .send("POST", "/v1/bookings", &[("idempotency-key", "key-1")], again)
        .await
        .expect(201);
    assert_eq!(
        (replay.header("idempotent-replayed"), &replay.json["erased"]),
        ("true", &json!(true))
    );
    assert!(replay.json["id"].as_str().unwrap().starts_with("bkg_"));
}

async fn staff_are_told_and_nobody_else(world: &World) {
    world.at("2026-10-20T00:00:00Z").await;
    let last = world.list("/v1/messages?limit=200").await;
    assert!(
        last.iter()
            .all(|m| m["state"] != "planned" && m["state"] != "queued")
    );
    let late: Vec<&Value> = last
        .iter()
        .filter(|m| m["due_at"].as_str().unwrap() > "2026-10-02T13")
        .collect();
    let to: Vec<(&str, &str)> = late
        .iter()
        .map(|m| (m["to"].as_str().unwrap_or("-"), m["state"].as_str().unwrap()))
        .collect();
    assert!(to.contains(&("owner@check.example", "captured")), "{to:?}");
    assert!(
        to.iter()
            .all(|(to, state)| *to == "owner@check.example" || *state != "captured"),
        "{to:?}"
    );
}

#[tokio::test]
async fn an_erased_customer_leaves_no_byte_in_the_file() {
    let world = World::new().await;
    erased(&world).await;
    let bytes = world.bytes().await;
    for planted in PLANTED {
        let found = bytes
            .windows(planted.len())
            .any(|part| part == planted.as_bytes());
        assert!(!found, "{planted} is left");
    }
}

fn hexadecimal(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "{byte:02x}").unwrap();
        all
    })
}

#[tokio::test]
async fn an_erased_customer_leaves_no_row_in_postgresql() {
    let (world, url) = World::postgres().await;
    erased(&world).await;
    let database = client(&url).await;
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    for table in database.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        // Bytes are shown in hexadecimal; both forms are looked for.
        for row in database
            .query(&format!("SELECT t::text FROM {table} t"), &[])
            .await
            .unwrap()
        {
            let text: String = row.get(0);
            for planted in PLANTED {
                let hex = hexadecimal(planted);
                assert!(
                    !text.contains(planted) && !text.contains(&hex),
                    "{planted} is left in {table}: {text}"
                );
            }
        }
    }
    world.close().await;
}

#[tokio::test]
async fn what_an_erased_customer_refused_still_holds_for_the_same_address() {
    let world = World::new().await;
    let id = lived(&world).await;
    world
        .send("DELETE", &format!("/v1/customers/{id}"), &[], None)
        .await
        .expect(204);
    // Somebody new with the same address and number, who has said nothing yet.
    let mut again = booking(9, "2026-10-20T12:00:00Z");
    again["customer"] =
        json!({"external_id": "C-new", "email": "r.ODDNYS@check.example", "phone": "+4791234567"});
    world.call("POST", "/v1/bookings", &again).await.expect(201);
    world.at("2026-10-19T12:00:00Z").await;
    let told: Vec<(String, String)> = world
        .list("/v1/messages?limit=200")
        .await
        .iter()
        .filter(|m| {
            let to = m["to"].as_str().unwrap_or_default();
            m["channel"] != "webhook" && (to.contains("ODDNYS") || to.contains("91234567"))
        })
        .map(|m| {
            (
                m["state"].as_str().unwrap().to_owned(),
                m["reason"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    assert!(!told.is_empty());
    let refused = |(state, reason): &(String, String)| {
        state == "skipped" && matches!(reason.as_str(), "opted_out" | "suppressed_address")
    };
    assert!(told.iter().all(refused), "{told:?}");
    // The opt-out outlived the person under its own name.
    assert!(told.iter().any(|(_, reason)| reason == "opted_out"), "{told:?}");
    world.close().await;
}

#[tokio::test]
async fn a_customer_takes_everything_along() {
    let world = World::reaching("127.0.0.0/8").await;
    // What went to an endpoint went to another system, not to the person.
    let endpoint = json!({"url": "http://127.0.0.1:9/x", "events": ["booking.created"]});
    world
        .call("POST", "/v1/webhook-endpoints", &endpoint)
        .await
        .expect(201);
    let id = lived(&world).await;
    let payment =
        json!({"booking": {"external_id": "B-1"}, "amount": 100, "currency": "NOK", "status": "completed"});
    world.call("POST", "/v1/payments", &payment).await.expect(201);
    let all = world
        .get(&format!("/v1/customers/{id}/export"))
        .await
        .expect(200)
        .json;
    assert_eq!(all["customer"]["email"], "r.oddnys@check.example");
    assert_eq!(all["customer"]["opt_outs"][0]["channel"], "sms");
    let bookings = all["bookings"].as_array().unwrap();
    assert_eq!(bookings.len(), 2);
    assert_eq!(bookings[0]["booking"]["notes"], "zzplantednote");
    assert_eq!(bookings[0]["payments"][0]["amount"], 100);
    let texts = bookings[0]["messages"].to_string();
    assert!(texts.contains("For Ragnhildur"), "{texts}");
    assert!(
        bookings[0]["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .any(|l| l["reason"].is_string())
    );
    assert_eq!(
        all["messages"][0]["subject"], "Hi Ragnhildur",
        "the welcome is about no booking"
    );
    assert_eq!(all["suppressions"][0]["channel"], "email");
    let acts = world.list("/v1/audit-log").await;
    assert_eq!(
        (&acts[0]["action"], &acts[0]["object"]),
        (&json!("customer.export"), &json!(id))
    );
    // Of another business there is nothing to take.
    let other = [("flyt-business", "other")];
    world
        .send("GET", &format!("/v1/customers/{id}/export"), &other, None)
        .await
        .expect(404);
    let reading = json!({"name": "r", "scopes": ["bookings:read"]});
    let key = world
        .call("POST", "/v1/api-keys", &reading)
        .await
        .expect(201)
        .json["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let bearer = format!("Bearer {key}");
    let as_key = [("authorization", bearer.as_str()), ("flyt-business", "")];
    world
        .send("GET", &format!("/v1/customers/{id}/export"), &as_key, None)
        .await
        .expect(403);
    world.close().await;
}
