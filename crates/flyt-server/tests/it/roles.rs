//! What each role may do, who belongs to which business, and that a business keeps an owner.

use crate::people::{Browser, PASSWORD, member, owner, token};
use crate::world::World;
use serde_json::{Value, json};

#[tokio::test]
async fn a_viewer_reads_and_does_nothing_on_any_route() {
    let world = World::new().await;
    owner(&world).await;
    let mut viewer = member(&world, "salon", "viewer@check.example", "viewer").await;
    let document = flyt::document();
    let (mut refused, mut read) = (0, 0);
    for op in crate::story::Op::all(&document) {
        let about = op.what["description"].as_str().unwrap();
        let path = op.path.replace(['{', '}'], "");
        let (media, body) = op.body().unzip();
        let headers = [
            ("flyt-business", "salon"),
            ("content-type", media.unwrap_or("application/json")),
        ];
        let body = body.map(|b| serde_json::from_str(&b).unwrap_or(Value::String(b)));
        if about.contains(":write`.") {
            let got = viewer.with(&headers, &op.method, &path, body).await.expect(403);
            assert_eq!(got.json["code"], "forbidden", "{}", op.id);
            refused += 1;
        } else if about.contains("Needs a platform key") {
            let got = viewer.with(&headers, &op.method, &path, body).await.expect(403);
            assert_eq!(got.json["code"], "platform_only", "{}", op.id);
            refused += 1;
        } else if about.contains(":read`.") && op.method == "GET" && !path.ends_with("/events") {
            let got = viewer.with(&headers, &op.method, &path, None).await;
            assert!(
                [200, 404, 422].contains(&got.status.as_u16()),
                "{}: {}",
                op.id,
                got.text
            );
            read += 1;
        }
    }
    assert!(refused > 80 && read > 40, "{refused} refused, {read} read");
    world.close().await;
}

#[tokio::test]
async fn an_editor_touches_neither_people_nor_keys_nor_settings_and_erases_nobody() {
    let world = World::new().await;
    let mut editor = member(&world, "salon", "editor@check.example", "editor").await;
    let own = [("flyt-business", "salon")];
    let made = editor
        .with(&own, "POST", "/v1/bookings", Some(crate::world::booking("b-1")))
        .await;
    let customer = made.expect(201).json["customer"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let customer = format!("/v1/customers/{customer}");
    for (method, path) in [
        ("POST", "/v1/users"),
        ("POST", "/v1/api-keys"),
        ("PATCH", "/v1/business"),
        ("POST", "/v1/business/webhook-secret"),
        ("PUT", "/v1/channels/sms"),
        ("DELETE", customer.as_str()),
        ("POST", &format!("{customer}/erase")),
        ("DELETE", "/v1/customers/by-external-id/c1"),
    ] {
        let got = editor.with(&own, method, path, Some(json!({}))).await.expect(403);
        assert_eq!(got.json["code"], "forbidden", "{method} {path}");
    }
    editor
        .with(&own, "PATCH", &customer, Some(json!({"first_name": "Karin"})))
        .await
        .expect(200);
    world.close().await;
}

#[tokio::test]
async fn somebody_of_two_businesses_sees_them_and_no_other() {
    let world = World::new().await;
    let mut person = member(&world, "salon", "both@check.example", "viewer").await;
    let other = [("flyt-business", "other")];
    let none = person.with(&other, "GET", "/v1/bookings", None).await.expect(404);
    let nothing = person.with(&[("flyt-business", "nothing")], "GET", "/v1/bookings", None);
    assert_eq!(none.json["code"], nothing.await.expect(404).json["code"]);

    let invite = json!({"email": "Both@check.example", "name": "Somebody", "role": "owner"}).to_string();
    let made = world
        .send("POST", "/v1/users", &other, Some(invite))
        .await
        .expect(201);
    assert_eq!(
        made.json["name"], "Somebody",
        "what they are called elsewhere is not told"
    );
    person.with(&other, "GET", "/v1/bookings", None).await.expect(404);
    let asked = format!("/v1/session/invitation?token={}", token(&made));
    let shown = person.send("GET", &asked, None).await.expect(200);
    assert_eq!(
        (&shown.json["business"], &shown.json["role"]),
        (&json!("other"), &json!("owner"))
    );
    // Who invited has the link too, but not the password of whoever was invited.
    let stolen = json!({"token": token(&made), "password": "noe helt annet her"});
    let mut thief = Browser::new(&world);
    let got = thief
        .send("POST", "/v1/session/invitation", Some(stolen))
        .await
        .expect(401);
    assert_eq!(got.json["code"], "sign_in_failed");
    let accept = json!({"token": token(&made), "password": PASSWORD});
    person
        .send("POST", "/v1/session/invitation", Some(accept.clone()))
        .await
        .expect(200);
    let again = person
        .send("POST", "/v1/session/invitation", Some(accept))
        .await
        .expect(403);
    assert_eq!(again.json["code"], "bad_link");

    person
        .with(&other, "POST", "/v1/bookings", Some(crate::world::booking("b-1")))
        .await
        .expect(201);
    let salon = [("flyt-business", "salon")];
    let refused = person
        .with(&salon, "POST", "/v1/bookings", Some(crate::world::booking("b-1")))
        .await;
    refused.expect(403);
    let session = person.send("GET", "/v1/session", None).await.expect(200);
    let roles: Vec<_> = session.json["businesses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| (b["slug"].clone(), b["role"].clone()))
        .collect();
    assert_eq!(
        roles,
        [
            (json!("salon"), json!("viewer")),
            (json!("other"), json!("owner"))
        ]
    );
    world.close().await;
}

#[tokio::test]
async fn a_business_always_keeps_an_owner_who_can_come_in() {
    let world = World::new().await;
    let mut owner = member(&world, "salon", "owner@check.example", "owner").await;
    let own = [("flyt-business", "salon")];
    let id = owner.send("GET", "/v1/session", None).await.expect(200).json["user"]["id"].clone();
    let path = format!("/v1/users/{}", id.as_str().unwrap());
    let last = owner
        .with(&own, "PATCH", &path, Some(json!({"role": "editor"})))
        .await
        .expect(409);
    assert_eq!(last.json["code"], "last_owner");
    let last = owner.with(&own, "DELETE", &path, None).await.expect(409);
    assert_eq!(last.json["code"], "last_owner");
    // Somebody who is only invited is not there yet.
    let invite = json!({"email": "next@check.example", "role": "owner"});
    let made = owner
        .with(&own, "POST", "/v1/users", Some(invite.clone()))
        .await
        .expect(201);
    owner.with(&own, "DELETE", &path, None).await.expect(409);
    let twice = owner
        .with(&own, "POST", "/v1/users", Some(invite))
        .await
        .expect(409);
    assert_eq!(twice.json["code"], "user_exists");
    let again = format!("/v1/users/{}/invitation", made.json["id"].as_str().unwrap());
    let newer = owner.with(&own, "POST", &again, None).await.expect(200);
    let mut next = Browser::new(&world);
    let old = json!({"token": token(&made), "password": PASSWORD});
    next.send("POST", "/v1/session/invitation", Some(old))
        .await
        .expect(403);
    let accept = json!({"token": token(&newer), "name": "Neste", "password": PASSWORD});
    next.send("POST", "/v1/session/invitation", Some(accept))
        .await
        .expect(200);
    owner.with(&own, "POST", &again, None).await.expect(409);
    owner.with(&own, "DELETE", &path, None).await.expect(204);
    let out = owner.with(&own, "GET", "/v1/bookings", None).await.expect(404);
    assert_eq!(out.json["code"], "unknown_business", "out with the next call");
    world.close().await;
}
