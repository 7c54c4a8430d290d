//! Every reason for which something is not done, produced and read back.

use crate::world::{World, before, hook, receiver, sms};
use serde_json::json;

const NOW: &str = "2026-10-01T08:00:00Z";
const START: &str = "2026-10-10T12:00:00Z";
const AFTER: &str = "2026-10-20T00:00:00Z";

#[tokio::test]
async fn due_before_creation_is_told() {
    let w = World::new("2026-10-10T00:00:00Z").await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    w.clock(AFTER).await;
    w.tells(id, "due_before_creation").await;
}

#[tokio::test]
async fn booking_not_active_is_told() {
    let w = World::new(NOW).await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"status": "cancelled"})).await;
    w.clock(AFTER).await;
    w.tells(id, "booking_not_active").await;
}

#[tokio::test]
async fn booking_deleted_is_told() {
    let w = World::new(NOW).await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    w.engine
        .delete_booking(&w.caller, flyt_engine::Target::Id(id), None)
        .await
        .unwrap();
    w.clock(AFTER).await;
    w.tells(id, "booking_deleted").await;
}

#[tokio::test]
async fn workflow_disabled_is_told() {
    let w = World::new(NOW).await;
    let workflow = w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    w.edit(workflow, json!({"enabled": false})).await;
    w.clock(AFTER).await;
    w.tells(id, "workflow_disabled").await;
}

#[tokio::test]
async fn superseded_is_told_of_the_old_time() {
    let w = World::new(NOW).await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"start": "2026-10-12T12:00:00Z"})).await;
    w.tells(id, "superseded").await;
}

#[tokio::test]
async fn filter_no_longer_matches_is_told_when_the_place_changes() {
    let w = World::new(NOW).await;
    let place = |name: &str| json!({"location": {"external_id": name, "name": name}});
    let id = w.book(START, place("oslo")).await;
    let filters = json!({"filters": {"location": {"any_of": [{"external_id": "oslo"}]}}});
    w.workflow(before(24, "hours"), filters, sms()).await;
    w.patch(id, place("bergen")).await;
    w.clock(AFTER).await;
    w.tells(id, "filter_no_longer_matches").await;
}

#[tokio::test]
async fn filter_status_is_told_when_it_never_matched_and_filter_no_longer_matches_when_it_did() {
    let w = World::new(NOW).await;
    let filters = json!({"filters": {"status": {"any_of": ["approved"]}}});
    w.workflow(before(24, "hours"), filters, sms()).await;
    let never = w.book(START, json!({"status": "pending"})).await;
    let once = w.book(START, json!({"status": "approved"})).await;
    w.patch(once, json!({"status": "pending"})).await;
    w.clock(AFTER).await;
    w.tells(never, "filter_status").await;
    w.tells(once, "filter_no_longer_matches").await;
}

#[tokio::test]
async fn filter_language_is_told() {
    let w = World::new(NOW).await;
    let filters = json!({"filters": {"language": {"any_of": ["en"]}}});
    w.workflow(before(24, "hours"), filters, sms()).await;
    let id = w.book(START, json!({"language": "nb"})).await;
    w.clock(AFTER).await;
    w.tells(id, "filter_language").await;
}

#[tokio::test]
async fn condition_false_is_told_of_the_workflow_and_of_an_action() {
    let w = World::new(NOW).await;
    let never = json!({"field": "customer.tags", "op": "contains", "value": "vip"});
    w.workflow(before(24, "hours"), json!({"condition": never}), sms())
        .await;
    let mut action = sms();
    action[0]["condition"] = never;
    w.workflow(before(2, "hours"), json!({}), action).await;
    let id = w.book(START, json!({})).await;
    w.clock(AFTER).await;
    w.tells(id, "condition_false").await;
    assert_eq!(w.reasons(id).await, ["condition_false", "condition_false"]);
}

#[tokio::test]
async fn action_disabled_is_told() {
    let w = World::new(NOW).await;
    let mut action = sms();
    action[0]["enabled"] = json!(false);
    w.workflow(json!({"type": "booking.created"}), json!({}), action)
        .await;
    let id = w.book(START, json!({})).await;
    w.tells(id, "action_disabled").await;
}

#[tokio::test]
async fn due_after_anchor_is_told() {
    let w = World::new(NOW).await;
    let trigger = json!({"type": "booking.starts", "offset": {"amount": 0, "unit": "days", "direction": "before", "at": "23:00"}});
    w.workflow(trigger, json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    w.clock(AFTER).await;
    w.tells(id, "due_after_anchor").await;
}

#[tokio::test]
async fn no_net_change_is_told_when_changes_cancel_out() {
    let w = World::new(NOW).await;
    w.workflow(
        json!({"type": "booking.changed", "hold": "PT2M"}),
        json!({}),
        sms(),
    )
    .await;
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"start": "2026-10-11T12:00:00Z"})).await;
    w.patch(id, json!({"start": START})).await;
    w.clock(AFTER).await;
    w.tells(id, "no_net_change").await;
}

#[tokio::test]
async fn quiet_hours_past_start_is_told() {
    let quiet = json!({"quiet_hours": {"sms": {"from": "21:00", "to": "08:00"}, "email": null}});
    let w = World::with("2026-10-24T21:00:00Z", quiet).await;
    w.workflow(before(1, "hours"), json!({}), sms()).await;
    let id = w.book("2026-10-25T02:30:00Z", json!({})).await;
    w.clock("2026-10-26T00:00:00Z").await;
    w.tells(id, "quiet_hours_past_start").await;
}

#[tokio::test]
async fn no_recipient_is_told() {
    let w = World::new(NOW).await;
    w.workflow(json!({"type": "booking.created"}), json!({}), sms())
        .await;
    let id = w.book(START, json!({"customer": {"first_name": "Ola"}})).await;
    w.tells(id, "no_recipient").await;
}

#[tokio::test]
async fn opted_out_and_no_consent_are_told() {
    let w = World::new(NOW).await;
    w.workflow(json!({"type": "booking.created"}), json!({}), sms())
        .await;
    let who = json!({"customer": {"external_id": "o", "phone": "+4790000002", "opt_outs": [{"channel": "sms", "at": NOW}]}});
    let id = w.book(START, who).await;
    w.tells(id, "opted_out").await;

    let w = World::new(NOW).await;
    let mut action = sms();
    action[0]["purpose"] = json!("marketing");
    w.workflow(json!({"type": "booking.created"}), json!({}), action)
        .await;
    let id = w.book(START, json!({})).await;
    w.tells(id, "no_consent").await;
}

#[tokio::test]
async fn render_error_is_told() {
    let w = World::new(NOW).await;
    let actions = json!([{"type": "sms", "to": ["customer"], "content": {"nb": {"text": "{{ booking.notes | required }}"}}}]);
    w.workflow(json!({"type": "booking.created"}), json!({}), actions)
        .await;
    let id = w.book(START, json!({})).await;
    w.tells(id, "render_error").await;
}

#[tokio::test]
async fn dependency_failed_is_told_and_others_go_on() {
    let w = World::new(NOW).await;
    let url = receiver("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let actions = json!([
        {"type": "webhook", "name": "lock", "url": url, "store": {"code": "/code"}},
        {"type": "sms", "to": ["customer"], "content": {"nb": {"text": "{{ steps.lock.code }}"}}},
        {"type": "email", "to": ["customer"], "content": {"nb": {"subject": "Hei", "body": "<p>Hei</p>"}}},
    ]);
    w.workflow(json!({"type": "booking.created"}), json!({}), actions)
        .await;
    let id = w.book(START, json!({})).await;
    let reasons = w.reasons(id).await;
    assert!(reasons.contains(&"dependency_failed".to_owned()), "{reasons:?}");
    assert!(reasons.contains(&"permanent_failure".to_owned()), "{reasons:?}");
    assert_eq!(w.sent().await.len(), 1, "the e-mail goes");
}

#[tokio::test]
async fn a_stored_answer_is_read_by_later_texts() {
    let w = World::new(NOW).await;
    let url =
        receiver("HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{\"code\":\"4821\"}")
            .await;
    let actions = json!([
        {"type": "webhook", "name": "lock", "url": url, "store": {"code": "/code"}},
        {"type": "sms", "to": ["customer"], "content": {"nb": {"text": "Kode {{ steps.lock.code }}"}}},
    ]);
    w.workflow(json!({"type": "booking.created"}), json!({}), actions)
        .await;
    w.book(START, json!({})).await;
    let texts: Vec<_> = w.messages().await.iter().map(|m| m["text"].clone()).collect();
    assert!(texts.contains(&json!("Kode 4821")), "{texts:?}");
}

#[tokio::test]
async fn s30_workflows_that_set_each_other_off_stop_with_loop_guard() {
    let w = World::new(NOW).await;
    for (from, to) in [("pending", "approved"), ("approved", "pending")] {
        let trigger = json!({"type": "booking.status_changed", "to": [from]});
        w.workflow(trigger, json!({}), json!([{"type": "set_status", "status": to}]))
            .await;
    }
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"status": "pending"})).await;
    w.clock(AFTER).await;
    w.tells(id, "loop_guard").await;
}

#[tokio::test]
async fn cancelled_by_user_is_told() {
    let w = World::new(NOW).await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    let query = flyt_engine::Query {
        limit: 10,
        ..flyt_engine::Query::default()
    };
    let timers = w.engine.timers(&w.caller, query).await.unwrap().data;
    let timer = timers[0]["id"].as_str().unwrap().parse().unwrap();
    w.engine.skip_timer(&w.caller, timer).await.unwrap();
    w.clock(AFTER).await;
    w.tells(id, "cancelled_by_user").await;
}

#[tokio::test]
async fn automations_off_is_told_of_timers_that_were_planned() {
    let w = World::new(NOW).await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"automations": "off"})).await;
    w.clock(AFTER).await;
    w.tells(id, "automations_off").await;
}

#[tokio::test]
async fn blocked_address_is_told() {
    let w = World::allowing(NOW, json!({}), "10.9.9.9/32").await;
    w.workflow(
        json!({"type": "booking.created"}),
        json!({}),
        hook("http://127.0.0.1:9/"),
    )
    .await;
    let id = w.book(START, json!({})).await;
    w.tells(id, "blocked_address").await;
}

#[tokio::test]
async fn attempts_exhausted_is_told_when_the_plan_of_retries_is_used_up() {
    let w = World::new(NOW).await;
    let url = receiver("HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    w.workflow(json!({"type": "booking.created"}), json!({}), hook(&url))
        .await;
    let id = w.book(START, json!({})).await;
    w.clock(AFTER).await;
    w.tells(id, "attempts_exhausted").await;
    assert_eq!(w.messages().await[0]["attempts"], 10);
}

#[tokio::test]
async fn held_is_told_and_a_released_business_sends_what_waited() {
    let w = World::with(NOW, json!({"mode": "held"})).await;
    w.workflow(json!({"type": "booking.created"}), json!({}), sms())
        .await;
    let id = w.book(START, json!({})).await;
    w.tells(id, "held").await;
    assert_eq!(w.messages().await[0]["state"], "queued");
    let live = json!({"mode": "live"});
    w.engine.write_business(&w.caller, live, None).await.unwrap();
    w.engine.settle().await;
    assert_eq!(w.sent().await, [NOW]);
}

#[tokio::test]
async fn a_message_that_quiet_hours_hold_back_is_planned_for_their_end_without_a_reason() {
    let quiet = json!({"quiet_hours": {"sms": {"from": "21:00", "to": "08:00"}, "email": null}});
    let w = World::with("2026-10-01T20:00:00Z", quiet).await;
    let mut action = sms();
    action[0]["quiet_hours"] = json!("respect");
    w.workflow(json!({"type": "booking.created"}), json!({}), action)
        .await;
    let id = w.book(START, json!({})).await;
    assert_eq!(w.messages().await[0]["state"], "planned");
    assert_eq!(w.reasons(id).await, Vec::<String>::new());
    w.clock("2026-10-02T12:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-02T06:00:00Z"]);
}
