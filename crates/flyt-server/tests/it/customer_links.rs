//! What customers do by the links in their messages.

use crate::story::link;
use crate::world::{Got, World};
use serde_json::{Value, json};

async fn open(world: &World, link: &str) -> Got {
    let headers = [("authorization", ""), ("flyt-business", "")];
    world.send("GET", &format!("/l/{link}"), &headers, None).await
}
async fn post(world: &World, link: &str, form: &str) -> Got {
    let headers = [
        ("authorization", ""),
        ("flyt-business", ""),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let body = Some(form.to_owned());
    world.send("POST", &format!("/l/{link}"), &headers, body).await
}
async fn booking(world: &World, name: &str) -> Value {
    let path = format!("/v1/bookings/by-external-id/link-{name}");
    world.get(&path).await.expect(200).json
}
async fn last_actor(world: &World, object: &Value) -> Value {
    let path = format!("/v1/audit-log?object={}&limit=1", object.as_str().unwrap());
    world.get(&path).await.expect(200).json["data"][0]["actor"].clone()
}

#[tokio::test]
async fn looking_changes_nothing_and_confirming_is_noted_once() {
    let world = World::new().await;
    let link = link(&world, "confirm").await;
    let before = booking(&world, "confirm").await;
    let page = open(&world, &link).await.expect(200);
    assert!(
        page.text.contains("Are you coming?") && page.text.contains("Cut"),
        "{}",
        page.text
    );
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(
        !page.text.contains("<script") && !page.text.contains("Nordmann"),
        "{}",
        page.text
    );
    assert_eq!(
        (page.header("referrer-policy"), page.header("cache-control")),
        ("no-referrer", "no-store")
    );
    assert_eq!(
        booking(&world, "confirm").await,
        before,
        "a scanner of mail confirms nothing"
    );

    let done = post(&world, &link, "act=confirm").await.expect(200);
    assert!(done.text.contains("we know that you are coming"), "{}", done.text);
    let after = booking(&world, "confirm").await;
    assert_eq!(after["customer_confirmed_at"], crate::world::NOW);
    assert_eq!(after["status"], before["status"]);
    assert_eq!(last_actor(&world, &after["id"]).await, "customer");
    let again = post(&world, &link, "act=confirm").await.expect(200);
    assert!(
        again.text.contains("confirmed the appointment already"),
        "{}",
        again.text
    );
    assert_eq!(booking(&world, "confirm").await, after);
    world.close().await;
}

#[tokio::test]
async fn a_cancelled_booking_is_cancelled_and_says_so_kindly_ever_after() {
    let world = World::new().await;
    let link = link(&world, "cancel").await;
    let refused = post(&world, &link, "act=confirm").await.expect(200);
    assert!(refused.text.contains("not good for that"), "{}", refused.text);
    let unread = post(&world, &link, "act=delete").await.expect(400);
    assert!(unread.text.contains("not good for that"), "{}", unread.text);
    let done = post(&world, &link, "act=cancel").await.expect(200);
    assert!(
        done.text.contains("The appointment is cancelled."),
        "{}",
        done.text
    );
    let after = booking(&world, "cancel").await;
    assert_eq!(after["status_kind"], "closed_bad");
    for got in [open(&world, &link).await, post(&world, &link, "act=cancel").await] {
        assert!(got.expect(200).text.contains("cancelled already"));
    }
    assert_eq!(booking(&world, "cancel").await, after);
    world.close().await;
}

#[tokio::test]
async fn who_comes_too_late_changes_nothing_and_long_after_the_link_is_over() {
    let world = World::new().await;
    let link = link(&world, "manage").await;
    world.clock("2026-10-20T12:00:00Z").await;
    let late = post(&world, &link, "act=cancel").await.expect(200);
    assert!(late.text.contains("has begun or is over"), "{}", late.text);
    assert_eq!(booking(&world, "manage").await["status"], "approved");
    world.clock("2026-11-25T12:00:00Z").await;
    let over = open(&world, &link).await.expect(404);
    assert!(over.text.contains("Lenken virker ikke lenger") && over.text.contains("no longer works"));
    world.close().await;
}

#[tokio::test]
async fn a_link_that_was_tampered_with_leads_nowhere() {
    let world = World::new().await;
    let link = link(&world, "cancel").await;
    let mut tampered: Vec<String> = (0..link.len())
        .map(|at| {
            let other = |c: char| if c == 'A' { 'B' } else { 'A' };
            let letters = link.chars().enumerate();
            letters.map(|(i, c)| if i == at { other(c) } else { c }).collect()
        })
        .collect();
    let shorter = link.chars().skip(1).collect();
    tampered.extend([
        String::from("x"),
        shorter,
        format!("{link}AA"),
        "preview".to_owned(),
    ]);
    for bad in &tampered {
        let got = post(&world, bad, "act=cancel").await;
        assert_eq!(got.status, 404, "{bad}");
    }
    assert_eq!(booking(&world, "cancel").await["status"], "approved");
    world.close().await;
}

#[tokio::test]
async fn a_wish_for_another_time_is_kept_with_the_booking() {
    let world = World::new().await;
    let link = link(&world, "reschedule").await;
    for empty in [
        "act=reschedule",
        "act=reschedule&wish=+%20+",
        &format!("act=reschedule&wish={}", "x".repeat(501)),
    ] {
        let got = post(&world, &link, empty).await.expect(422);
        assert!(got.text.contains("at most 500 characters"), "{}", got.text);
    }
    let done = post(
        &world,
        &link,
        "act=reschedule&wish=etter+kl.+16%2C+%3Cb%3Etorsdag%3C%2Fb%3E",
    )
    .await
    .expect(200);
    assert!(
        done.text.contains("stands until you hear from us"),
        "{}",
        done.text
    );
    let after = booking(&world, "reschedule").await;
    assert_eq!(after["answers"]["wished_time"], "etter kl. 16, <b>torsdag</b>");
    assert_eq!(after["start"], "2026-10-20T12:00:00Z");
    world.close().await;
}

#[tokio::test]
async fn the_calendar_file_is_the_booking_and_stays_the_same_one() {
    let world = World::new().await;
    let link = link(&world, "ics").await;
    let got = open(&world, &link).await.expect(200);
    assert!(got.header("content-type").starts_with("text/calendar"));
    for line in [
        "DTSTART:20261020T120000Z",
        "DTEND:20261020T124500Z",
        "SUMMARY:Cut\\, salon",
        "LOCATION:Main",
    ] {
        assert!(
            got.text.contains(&format!("\r\n{line}\r\n")),
            "{line}: {}",
            got.text
        );
    }
    let uid = |text: &str| text.lines().find(|l| l.starts_with("UID:")).unwrap().to_owned();
    let first = uid(&got.text);
    let moved = json!({"start": "2026-10-21T12:00:00Z"});
    world
        .call("PATCH", "/v1/bookings/by-external-id/link-ics", &moved)
        .await
        .expect(200);
    let after = open(&world, &link).await.expect(200);
    assert!(
        after.text.contains("DTSTART:20261021T120000Z") && uid(&after.text) == first,
        "{}",
        after.text
    );
    world.close().await;
}

#[tokio::test]
async fn one_click_ends_advertising_by_this_channel_and_nothing_else() {
    let world = World::new().await;
    let link = link(&world, "unsubscribe").await;
    let path = "/v1/customers/by-external-id/c1";
    open(&world, &link).await.expect(200);
    let before = world.get(path).await.expect(200).json;
    assert_eq!(before["opt_outs"], json!([]));
    let done = post(&world, &link, "List-Unsubscribe=One-Click")
        .await
        .expect(200);
    assert!(done.text.contains("no more offers"), "{}", done.text);
    let after = world.get(path).await.expect(200).json;
    assert_eq!(after["opt_outs"][0]["channel"], "email");
    assert_eq!(after["opt_outs"][0]["purpose"], "marketing");
    let again = post(&world, &link, "List-Unsubscribe=One-Click")
        .await
        .expect(200);
    assert!(again.text.contains("unsubscribed already"), "{}", again.text);
    assert_eq!(world.get(path).await.expect(200).json, after);
    assert_eq!(last_actor(&world, &after["id"]).await, "customer");
    world.close().await;
}

#[tokio::test]
async fn the_page_speaks_the_customers_language_and_believes_no_name() {
    let world = World::new().await;
    let mut body = crate::world::booking("nb-1");
    body["language"] = json!("nb-NO");
    body["service"] = json!({"external_id": "evil", "name": "<script>alert(1)</script> \"x\" & 'y'"});
    let workflow = json!({"name": "W", "enabled": true, "triggers": [{"type": "booking.created"}],
        "actions": [{"type": "sms", "to": ["customer"], "quiet_hours": "ignore", "content": {"nb": {"text": "{{ links.confirm }}"}}}]});
    world.call("POST", "/v1/workflows", &workflow).await.expect(201);
    world.call("POST", "/v1/bookings", &body).await.expect(201);
    world.at(crate::world::NOW).await;
    let messages = world.list("/v1/messages?channel=sms").await;
    let path = format!("/v1/messages/{}", messages[0]["id"].as_str().unwrap());
    let text = world.get(&path).await.expect(200).json["text"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, link) = text.split_once("/l/").unwrap();
    let page = open(&world, link.trim()).await.expect(200);
    assert!(
        page.text.contains("<html lang=\"nb\">") && page.text.contains("Kommer du?"),
        "{}",
        page.text
    );
    assert!(page.text.contains("tirsdag 20. oktober 2026"), "{}", page.text);
    assert!(
        page.text.contains("&lt;script&gt;") && !page.text.contains("<script"),
        "{}",
        page.text
    );
    world.close().await;
}

#[tokio::test]
async fn a_preview_gives_nobody_a_link_that_acts() {
    let world = World::new().await;
    let made = world
        .call("POST", "/v1/bookings", &crate::world::booking("p-1"))
        .await
        .expect(201);
    let ask = json!({"booking": {"id": made.json["id"]}, "action": {"type": "sms", "to": ["customer"],
        "content": {"en": {"text": "{{ links.cancel }}"}}}});
    let shown = world.call("POST", "/v1/preview", &ask).await.expect(200);
    let text = shown.json["text"].as_str().unwrap();
    let (_, link) = text.split_once("/l/").unwrap();
    post(&world, link.trim(), "act=cancel").await.expect(404);
    world.close().await;
}
