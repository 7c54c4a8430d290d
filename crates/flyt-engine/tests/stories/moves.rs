//! Reminders follow their booking: moved, cancelled, reinstated, planned late, kept out of quiet hours.

use crate::world::{World, before, sms};
use serde_json::json;

#[tokio::test]
async fn s22_a_moved_booking_is_reminded_at_its_new_time_only() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    w.workflow(before(1, "days"), json!({}), sms()).await;
    let id = w.book("2026-10-24T08:00:00Z", json!({})).await;
    w.patch(id, json!({"start": "2026-10-26T09:00:00Z"})).await;
    w.patch(id, json!({"start": "2026-10-24T08:00:00Z"})).await;
    w.patch(id, json!({"start": "2026-10-26T09:00:00Z"})).await;
    w.clock("2026-11-01T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-25T09:00:00Z"]);
}

#[tokio::test]
async fn s23_a_booking_that_moves_after_its_reminder_is_reminded_again() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book("2026-10-10T12:00:00Z", json!({})).await;
    w.clock("2026-10-09T13:00:00Z").await;
    w.patch(id, json!({"start": "2026-10-13T12:00:00Z"})).await;
    w.clock("2026-10-20T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-09T12:00:00Z", "2026-10-12T12:00:00Z"]);
}

#[tokio::test]
async fn an_occurrence_that_has_fired_never_fires_again() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    let workflow = w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book("2026-10-10T12:00:00Z", json!({})).await;
    w.clock("2026-10-09T13:00:00Z").await;
    // Away and back, cancelled and reinstated, a shorter offset: the same start has been reminded of.
    w.patch(id, json!({"start": "2026-10-20T12:00:00Z"})).await;
    w.patch(id, json!({"start": "2026-10-10T12:00:00Z"})).await;
    w.patch(id, json!({"status": "cancelled"})).await;
    w.patch(id, json!({"status": "approved"})).await;
    w.edit(workflow, json!({"triggers": [before(2, "hours")]})).await;
    w.clock("2026-11-01T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-09T12:00:00Z"]);
}

#[tokio::test]
async fn s24_a_reinstated_booking_has_one_reminder() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book("2026-10-10T12:00:00Z", json!({})).await;
    w.patch(id, json!({"status": "cancelled"})).await;
    w.patch(id, json!({"status": "approved"})).await;
    w.clock("2026-10-20T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-09T12:00:00Z"]);
}

#[tokio::test]
async fn s16_a_late_booking_is_reminded_at_once_only_where_that_is_asked_for() {
    let w = World::new("2026-10-19T12:00:01Z").await;
    let mut trigger = before(24, "hours");
    trigger["late"] = json!("send_now");
    w.workflow(trigger, json!({}), sms()).await;
    w.book("2026-10-20T12:00:00Z", json!({})).await;
    assert_eq!(w.sent().await, ["2026-10-19T12:00:01Z"]);
}

#[tokio::test]
async fn s50_a_reminder_leaves_before_the_quiet_hours_or_after_them() {
    let quiet = json!({"quiet_hours": {"sms": {"from": "21:00", "to": "08:00"}, "email": null}});
    let w = World::with("2026-10-24T10:00:00Z", quiet.clone()).await;
    w.workflow(before(6, "hours"), json!({}), sms()).await;
    w.book("2026-10-25T08:00:00Z", json!({})).await; // due 03:00 local, start 09:00
    w.clock("2026-10-26T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-24T18:59:00Z"]);

    let w = World::with("2026-10-24T21:00:00Z", quiet).await; // booked at 23:00 local
    w.workflow(before(6, "hours"), json!({}), sms()).await;
    w.book("2026-10-25T08:00:00Z", json!({})).await;
    w.clock("2026-10-26T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-25T07:00:00Z"]);
}

#[tokio::test]
async fn s39_one_write_of_many_fields_is_one_change() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    w.workflow(json!({"type": "booking.changed"}), json!({}), sms())
        .await;
    w.workflow(json!({"type": "booking.status_changed"}), json!({}), sms())
        .await;
    let id = w.book("2026-10-24T08:00:00Z", json!({"status": "pending"})).await;
    let patch = json!({"start": "2026-10-25T08:00:00Z", "location": {"external_id": "oslo", "name": "Oslo"}, "status": "approved"});
    w.patch(id, patch.clone()).await;
    w.patch(id, patch).await; // changes nothing, fires nothing
    assert_eq!(w.sent().await.len(), 2);
    let changes: Vec<_> = w.messages().await.iter().map(|m| m["run_id"].clone()).collect();
    assert_ne!(changes[0], changes[1]);
}

#[tokio::test]
async fn a_run_waits_then_stops_or_goes_on() {
    let w = World::new("2026-10-01T08:00:00Z").await;
    let actions = json!([
        {"type": "wait", "duration": "PT1H"},
        {"type": "stop_if", "condition": {"field": "booking.due.amount", "op": "lte", "value": 0}},
        {"type": "sms", "to": ["customer"], "content": {"nb": {"text": "Betal {{ booking.due | money }}"}}},
        {"type": "set_status", "status": "cancelled"},
    ]);
    w.workflow(json!({"type": "booking.created"}), json!({}), actions)
        .await;
    let price = json!({"price": {"amount": 69000, "currency": "NOK"}});
    let unpaid = w.book("2026-10-24T08:00:00Z", price.clone()).await;
    let paid = w.book("2026-10-25T08:00:00Z", price).await;
    let payment = json!({"booking": {"id": paid}, "amount": 69000, "currency": "NOK", "status": "completed"});
    w.engine
        .write_payment(
            &w.caller,
            flyt_engine::Target::New,
            flyt_engine::Verb::Create,
            payment,
            None,
        )
        .await
        .unwrap();
    w.clock("2026-10-01T12:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-01T09:00:00Z"]);
    assert!(w.reasons(paid).await.iter().any(|r| r == "stopped"));
    assert!(
        w.messages().await[0]["text"]
            .as_str()
            .unwrap()
            .contains("690,00 kr")
    );
    let line = w.engine.timeline(&w.caller, unpaid).await.unwrap();
    assert!(
        line.iter()
            .any(|e| e["events"] == json!(["booking.status_changed"])
                && e["sentence"] == "Statusen ble endret."),
        "{line:?}"
    );
}

#[tokio::test]
async fn changes_within_the_hold_become_one_from_first_before_to_last_after() {
    let w = World::new("2026-10-01T08:00:00Z").await;
    let text = "{{ previous.start | time }}-{{ booking.start | time }}";
    let actions = json!([{"type": "sms", "to": ["customer"], "content": {"nb": {"text": text}}}]);
    w.workflow(
        json!({"type": "booking.changed", "hold": "PT2M"}),
        json!({}),
        actions,
    )
    .await;
    let id = w.book("2026-10-24T08:00:00Z", json!({})).await;
    w.patch(id, json!({"start": "2026-10-24T09:00:00Z"})).await;
    w.clock("2026-10-01T08:01:00Z").await;
    w.patch(id, json!({"start": "2026-10-24T10:00:00Z"})).await;
    w.clock("2026-10-01T09:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-01T08:02:00Z"]);
    assert_eq!(w.messages().await[0]["text"], "10:00-12:00");
}

#[tokio::test]
async fn s25_an_edited_offset_moves_what_lies_ahead_and_blasts_nothing() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    let workflow = w.workflow(before(24, "hours"), json!({}), sms()).await;
    w.book("2026-10-03T12:00:00Z", json!({})).await; // reminded before the edit
    w.clock("2026-10-02T13:00:00Z").await;
    let inside = w.book("2026-10-04T12:00:00Z", json!({})).await; // inside 48 hours at the edit
    w.book("2026-10-10T12:00:00Z", json!({})).await;
    w.edit(workflow, json!({"triggers": [before(48, "hours")]})).await;
    w.clock("2026-11-01T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-02T12:00:00Z", "2026-10-08T12:00:00Z"]);
    let reasons = w.reasons(inside).await;
    assert!(reasons.iter().any(|r| r == "due_before_edit"), "{reasons:?}");
}

#[tokio::test]
async fn s26_switched_off_and_on_again_plans_ahead_and_sends_nothing_late() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    let workflow = w.workflow(before(24, "hours"), json!({}), sms()).await;
    w.book("2026-10-03T12:00:00Z", json!({})).await;
    w.book("2026-10-10T12:00:00Z", json!({})).await;
    w.edit(workflow, json!({"enabled": false})).await;
    w.clock("2026-10-02T13:00:00Z").await;
    w.edit(workflow, json!({"enabled": true})).await;
    w.clock("2026-11-01T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-09T12:00:00Z"]);
}

#[tokio::test]
async fn s18_what_came_due_while_nothing_could_leave_goes_late_or_expires() {
    let down = |until: &'static str| async move {
        let w = World::held("2026-10-20T09:00:00Z").await;
        w.workflow(before(2, "hours"), json!({}), sms()).await;
        let id = w.book("2026-10-20T12:00:00Z", json!({})).await;
        w.clock(until).await;
        assert_eq!(w.sent().await, Vec::<String>::new());
        w.engine.release();
        w.engine.settle().await;
        (w.sent().await, w.reasons(id).await)
    };
    assert_eq!(down("2026-10-20T10:40:00Z").await.0, ["2026-10-20T10:40:00Z"]);
    assert_eq!(down("2026-10-20T11:30:00Z").await.0, ["2026-10-20T11:30:00Z"]);
    let (sent, reasons) = down("2026-10-20T12:30:00Z").await;
    assert_eq!((sent.len(), reasons), (0, vec!["expired".to_owned()]));
}

#[tokio::test]
async fn s20_three_bookings_and_two_workflows_at_one_instant_are_six_messages() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    for position in [20, 10] {
        w.workflow(before(30, "minutes"), json!({"position": position}), sms())
            .await;
    }
    for n in 0..3 {
        w.book("2026-10-20T12:00:00Z", json!({"external_id": format!("B-{n}")}))
            .await;
    }
    let query = flyt_engine::Query {
        limit: 10,
        ..flyt_engine::Query::default()
    };
    assert_eq!(w.engine.timers(&w.caller, query).await.unwrap().data.len(), 6);
    w.clock("2026-10-21T00:00:00Z").await;
    assert_eq!(w.sent().await, ["2026-10-20T11:30:00Z"; 6]);
}

#[tokio::test]
async fn s21_nothing_goes_after_a_cancel_a_millisecond_before_it_is_due() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    w.workflow(before(24, "hours"), json!({}), sms()).await;
    let id = w.book("2026-10-10T12:00:00Z", json!({})).await;
    w.clock("2026-10-09T11:59:59.999Z").await;
    w.patch(id, json!({"status": "cancelled"})).await;
    w.clock("2026-10-20T00:00:00Z").await;
    w.tells(id, "booking_not_active").await;
}

#[tokio::test]
async fn s35_a_status_trigger_fires_for_transitions_only() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    let trigger = json!({"type": "booking.status_changed", "from": ["pending"], "to": ["approved"]});
    w.workflow(trigger, json!({}), sms()).await;
    let id = w.book("2026-10-24T08:00:00Z", json!({"status": "pending"})).await;
    let steps = [
        ("approved", 1),
        ("approved", 1),
        ("rejected", 1),
        ("approved", 1),
        ("pending", 1),
        ("approved", 2),
    ];
    for (status, sent) in steps {
        w.patch(id, json!({"status": status})).await;
        assert_eq!(w.sent().await.len(), sent, "{status}");
    }
}

#[tokio::test]
async fn s44_the_place_and_the_text_are_those_of_the_moment_of_sending() {
    let w = World::new("2026-10-01T00:00:00Z").await;
    let text = |t: &str| json!([{"type": "sms", "to": ["customer"], "content": {"nb": {"text": t}}}]);
    let workflow = w
        .workflow(before(24, "hours"), json!({}), text("gammel {{ location.name }}"))
        .await;
    let place = |name: &str| json!({"location": {"external_id": name, "name": name}});
    let id = w.book("2026-10-10T12:00:00Z", place("Oslo")).await;
    w.edit(workflow, json!({"actions": text("ny {{ location.name }}")}))
        .await;
    w.patch(id, place("Bergen")).await;
    w.clock("2026-10-20T00:00:00Z").await;
    assert_eq!(w.messages().await[0]["text"], "ny Bergen");
}
