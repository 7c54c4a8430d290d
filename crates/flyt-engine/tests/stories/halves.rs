//! Reminders whose actions leave at different instants, because quiet hours move some of them; and what a person skips.

use crate::hostile::{AFTER, NOW, START, mail, run_is, text};
use crate::world::{World, before, sms};
use flyt_engine::Query;
use serde_json::{Value, json};

const NIGHT: &str = "2026-10-25T02:00:00Z";
fn quiet() -> Value {
    json!({"quiet_hours": {"sms": {"from": "21:00", "to": "08:00"}, "email": null}})
}
async fn set(w: &World, settings: Value) {
    w.engine.write_business(&w.caller, settings, None).await.unwrap();
    w.engine.settle().await;
}

#[tokio::test]
async fn quiet_hours_that_are_lifted_double_nothing() {
    for at in ["2026-10-24T12:00:00Z", "2026-10-24T20:00:00Z"] {
        let w = World::with("2026-10-20T08:00:00Z", quiet()).await;
        w.workflow(before(1, "hours"), json!({}), json!([text(), mail()]))
            .await;
        w.book(NIGHT, json!({})).await;
        w.clock(at).await;
        set(&w, json!({"quiet_hours": {"sms": null, "email": null}})).await;
        w.clock("2026-10-26T00:00:00Z").await;
        let sent = w.sent().await;
        assert_eq!(sent.len(), 2, "{sent:?}");
        run_is(&w, "done", Value::Null).await;
    }
}

#[tokio::test]
async fn quiet_hours_that_are_set_lose_nothing() {
    let w = World::new("2026-10-20T08:00:00Z").await;
    w.workflow(before(8, "hours"), json!({}), json!([text(), mail()]))
        .await;
    w.book("2026-10-25T09:00:00Z", json!({})).await;
    w.clock("2026-10-24T12:00:00Z").await;
    set(&w, quiet()).await;
    w.clock("2026-10-26T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-25T01:00:00Z", "2026-10-25T07:00:00Z"]);
    run_is(&w, "done", Value::Null).await;
}

#[tokio::test]
async fn an_sms_that_quiet_hours_end_is_told_beside_the_email_that_goes() {
    let w = World::with("2026-10-24T22:00:00Z", quiet()).await;
    w.workflow(before(1, "hours"), json!({}), json!([text(), mail()]))
        .await;
    let id = w.book("2026-10-25T02:30:00Z", json!({})).await;
    w.clock("2026-10-26T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-25T01:30:00Z"]);
    assert_eq!(w.reasons(id).await, ["quiet_hours_past_start"]);
    run_is(&w, "done", Value::Null).await;
}

#[tokio::test]
async fn a_run_is_over_when_its_second_half_is_not_sent() {
    let w = World::with("2026-10-20T08:00:00Z", quiet()).await;
    let filters = json!({"filters": {"status": {"any_of": ["approved"]}}});
    w.workflow(before(1, "hours"), filters, json!([text(), mail()]))
        .await;
    let id = w.book(NIGHT, json!({})).await;
    w.clock("2026-10-24T20:00:00Z").await;
    w.patch(id, json!({"status": "pending"})).await;
    w.clock("2026-10-26T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-24T18:59:00Z"]);
    assert_eq!(w.reasons(id).await, ["filter_no_longer_matches"]);
    run_is(&w, "done", Value::Null).await;
}

#[tokio::test]
async fn a_skipped_reminder_does_not_come_back_with_an_edit() {
    let w = World::new(NOW).await;
    let workflow = w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    let query = Query {
        limit: 10,
        ..Query::default()
    };
    let timers = w.engine.timers(&w.caller, query).await.unwrap().data;
    let timer = timers[0]["id"].as_str().unwrap().parse().unwrap();
    w.engine.skip_timer(&w.caller, timer).await.unwrap();
    w.edit(workflow, json!({"triggers": [before(2, "hours")]})).await;
    w.patch(id, json!({"status": "cancelled"})).await;
    w.patch(id, json!({"status": "approved"})).await;
    w.clock(AFTER).await;
    w.tells(id, "cancelled_by_user").await;
}
