//! What goes wrong between two commands: things tried again, skipped, switched off and on, quiet hours that change on the way.

use crate::paid::{pay, payment, priced};
use crate::world::{World, answers, before, receiver, slow, sms};
use flyt_engine::{Query, Target, Verb};
use serde_json::{Value, json};

pub(crate) const NOW: &str = "2026-10-01T08:00:00Z";
pub(crate) const START: &str = "2026-10-10T12:00:00Z";
pub(crate) const AFTER: &str = "2026-10-20T00:00:00Z";
const GONE: &str = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";

fn created() -> Value {
    json!({"type": "booking.created"})
}
fn changed(more: &Value) -> Value {
    let mut trigger = json!({"type": "booking.changed", "hold": "PT2M"});
    trigger
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    trigger
}
fn call(url: &str) -> Value {
    json!({"type": "webhook", "url": url, "signing": false})
}
pub(crate) fn mail() -> Value {
    json!({"type": "email", "to": ["customer"], "content": {"nb": {"subject": "Hei", "body": "<p>Hei</p>"}}})
}
pub(crate) fn text() -> Value {
    sms()[0].clone()
}
/// The only message on a channel.
fn only<'m>(all: &'m [Value], channel: &str) -> &'m Value {
    let found: Vec<&Value> = all.iter().filter(|m| m["channel"] == channel).collect();
    assert_eq!(found.len(), 1, "{channel}: {all:?}");
    found[0]
}
async fn runs(w: &World) -> Vec<Value> {
    let query = Query {
        limit: 100,
        ..Query::default()
    };
    w.engine.runs(&w.caller, query).await.unwrap().data
}
pub(crate) async fn run_is(w: &World, state: &str, reason: Value) {
    let runs = runs(w).await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(
        (&runs[0]["state"], &runs[0]["reason"]),
        (&json!(state), &reason),
        "{runs:?}"
    );
}
async fn retry(w: &World, message: &Value) {
    let id = message["step_id"].as_str().unwrap().parse().unwrap();
    w.engine.retry_step(&w.caller, id).await.unwrap();
    w.engine.settle().await;
}
/// The step of the only run that waits.
async fn waiting_step(w: &World) -> flyt_core::id::StepId {
    let run = runs(w).await[0]["id"].as_str().unwrap().parse().unwrap();
    let run = w.engine.run(&w.caller, run).await.unwrap();
    let steps = run["steps"].as_array().unwrap().clone();
    let waits = |s: &&Value| s["state"] == "planned";
    steps.iter().find(waits).unwrap()["step_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn a_reminder_that_a_person_tries_again_goes_though_its_time_is_over() {
    let w = World::new(NOW).await;
    let url = answers(vec![BROKEN; 2], TAKEN).await;
    let mut trigger = before(1, "hours");
    trigger["max_lateness"] = json!("PT1M");
    w.workflow(trigger, json!({}), json!([call(&url)])).await;
    w.book(START, json!({})).await;
    w.clock(AFTER).await;
    let failed = w.messages().await;
    assert_eq!(
        only(&failed, "webhook")["reason"],
        "attempts_exhausted",
        "{failed:?}"
    );
    retry(&w, only(&failed, "webhook")).await;
    assert_eq!(only(&w.messages().await, "webhook")["state"], "sent");
}

#[tokio::test]
async fn a_stored_answer_that_is_asked_for_again_doubles_nothing_that_came_after_it() {
    let w = World::new(NOW).await;
    let url = answers(vec![GONE], TAKEN).await;
    let mut lock = call(&url);
    lock["name"] = json!("lock");
    lock["store"] = json!({"code": "/code"});
    w.workflow(created(), json!({}), json!([lock, mail()])).await;
    w.book(START, json!({})).await;
    retry(&w, only(&w.messages().await, "webhook")).await;
    w.clock(AFTER).await;
    let all = w.messages().await;
    assert_eq!(only(&all, "webhook")["state"], "sent");
    assert_eq!(only(&all, "email")["state"], "captured");
    run_is(&w, "done", Value::Null).await;
}

#[tokio::test]
async fn a_wait_that_a_person_skips_ends_its_run() {
    let w = World::new(NOW).await;
    let actions = json!([{"type": "wait", "duration": "P1D"}, text()]);
    w.workflow(created(), json!({}), actions).await;
    w.book(START, json!({})).await;
    let step = waiting_step(&w).await;
    w.engine.skip_step(&w.caller, step).await.unwrap();
    w.clock(AFTER).await;
    run_is(&w, "ended", json!("cancelled_by_user")).await;
    assert_eq!(w.sent().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_webhook_with_store_that_a_person_skips_lets_the_rest_go_on() {
    let w = World::new(NOW).await;
    let url = receiver(BROKEN).await;
    let mut lock = call(&url);
    lock["name"] = json!("lock");
    lock["store"] = json!({"code": "/code"});
    w.workflow(created(), json!({}), json!([lock, mail()])).await;
    w.book(START, json!({})).await;
    let step = waiting_step(&w).await;
    w.engine.skip_step(&w.caller, step).await.unwrap();
    w.clock(AFTER).await;
    let all = w.messages().await;
    assert_eq!(only(&all, "webhook")["state"], "cancelled");
    assert_eq!(only(&all, "email")["state"], "captured");
    run_is(&w, "done", Value::Null).await;
}

#[tokio::test]
async fn what_a_workflow_had_under_way_ends_when_it_is_off_and_is_not_revived() {
    let w = World::new(NOW).await;
    let url = receiver(BROKEN).await;
    let actions = json!([call(&url), {"type": "wait", "duration": "P1D"}, text()]);
    let workflow = w.workflow(created(), json!({}), actions).await;
    let id = w.book(START, json!({})).await;
    w.edit(workflow, json!({"enabled": false})).await;
    run_is(&w, "ended", json!("workflow_disabled")).await;
    assert_eq!(
        only(&w.messages().await, "webhook")["reason"],
        "workflow_disabled"
    );
    w.edit(workflow, json!({"enabled": true})).await;
    w.clock(AFTER).await;
    assert_eq!(only(&w.messages().await, "webhook")["attempts"], 1);
    w.tells(id, "workflow_disabled").await;
}

#[tokio::test]
async fn what_a_deleted_workflow_had_under_way_ends() {
    let w = World::new(NOW).await;
    let actions = json!([{"type": "wait", "duration": "P1D"}, text()]);
    let workflow = w.workflow(created(), json!({}), actions).await;
    w.book(START, json!({})).await;
    w.engine
        .delete_workflow(&w.caller, Target::Id(workflow), None)
        .await
        .unwrap();
    run_is(&w, "ended", json!("workflow_disabled")).await;
}

#[tokio::test]
async fn a_stop_holds_back_nothing_that_stands_before_it() {
    let w = World::new(NOW).await;
    let url = answers(vec![BROKEN], TAKEN).await;
    let always = json!({"field": "booking.reference", "op": "exists"});
    let wait = json!({"type": "wait", "duration": "PT2S"});
    let actions = json!([call(&url), wait, {"type": "stop_if", "condition": always}, text()]);
    w.workflow(created(), json!({}), actions).await;
    w.book(START, json!({})).await;
    w.clock(AFTER).await;
    let all = w.messages().await;
    assert_eq!(only(&all, "webhook")["state"], "sent", "{all:?}");
    run_is(&w, "ended", json!("stopped")).await;
}

#[tokio::test]
async fn a_webhook_of_an_event_goes_though_its_booking_was_deleted_since() {
    let w = World::new(NOW).await;
    let url = answers(vec![BROKEN], TAKEN).await;
    w.workflow(created(), json!({}), json!([call(&url)])).await;
    let id = w.book(START, json!({})).await;
    w.engine
        .delete_booking(&w.caller, Target::Id(id), None)
        .await
        .unwrap();
    w.clock(AFTER).await;
    assert_eq!(only(&w.messages().await, "webhook")["state"], "sent");
}

#[tokio::test]
async fn a_call_after_a_wait_is_tried_again_like_any_other() {
    let w = World::new(NOW).await;
    let url = answers(vec![BROKEN; 3], TAKEN).await;
    let actions = json!([{"type": "wait", "duration": "P7D"}, call(&url)]);
    w.workflow(created(), json!({}), actions).await;
    w.book("2026-10-02T12:00:00Z", json!({})).await;
    w.clock(AFTER).await;
    let all = w.messages().await;
    assert_eq!(only(&all, "webhook")["state"], "sent", "{all:?}");
}

#[tokio::test]
async fn an_address_that_a_webhook_answered_is_written_to() {
    let w = World::new(NOW).await;
    let url = receiver(
        "HTTP/1.1 200 OK\r\ncontent-length: 23\r\nconnection: close\r\n\r\n{\"phone\":\"+4790000009\"}\n",
    )
    .await;
    let mut lock = call(&url);
    lock["name"] = json!("lock");
    lock["store"] = json!({"phone": "/phone"});
    let other = |wait: bool| {
        let text =
            json!({"type": "sms", "to": ["{{ steps.lock.phone }}"], "content": {"nb": {"text": "Hei"}}});
        if wait {
            vec![json!({"type": "wait", "duration": "PT1H"}), text]
        } else {
            vec![text]
        }
    };
    let mut actions = vec![lock];
    actions.extend(other(false));
    actions.extend(other(true));
    w.workflow(created(), json!({}), json!(actions)).await;
    w.book(START, json!({})).await;
    w.clock(AFTER).await;
    let all = w.messages().await;
    let to: Vec<_> = all
        .iter()
        .filter(|m| m["channel"] == "sms")
        .map(|m| &m["to"])
        .collect();
    assert_eq!(to, ["+4790000009", "+4790000009"], "{all:?}");
}

#[tokio::test]
async fn changes_that_leave_only_what_the_trigger_does_not_ask_for_are_none() {
    let w = World::new(NOW).await;
    w.workflow(changed(&json!({"fields": ["start"]})), json!({}), sms())
        .await;
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"start": "2026-10-11T12:00:00Z"})).await;
    w.patch(
        id,
        json!({"start": START, "location": {"external_id": "oslo", "name": "Oslo"}}),
    )
    .await;
    w.clock(AFTER).await;
    w.tells(id, "no_net_change").await;
}

#[tokio::test]
async fn a_shift_that_shrinks_below_the_least_while_it_is_held_is_none() {
    let w = World::new(NOW).await;
    w.workflow(changed(&json!({"min_shift": "PT15M"})), json!({}), sms())
        .await;
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"start": "2026-10-11T12:00:00Z"})).await;
    w.patch(id, json!({"start": "2026-10-10T12:05:00Z"})).await;
    w.clock(AFTER).await;
    w.tells(id, "no_net_change").await;
}

#[tokio::test]
async fn extras_that_are_held_count_by_what_is_left_of_them() {
    let wash = json!({"extras": [{"external_id": "wash", "name": "Vask"}]});
    let w = World::new(NOW).await;
    w.workflow(changed(&json!({})), json!({}), sms()).await;
    let id = w.book(START, json!({})).await;
    w.patch(id, wash.clone()).await;
    w.patch(id, json!({"extras": []})).await;
    w.clock("2026-10-02T00:00:00Z").await;
    w.tells(id, "no_net_change").await;
    w.patch(id, json!({"start": "2026-10-11T12:00:00Z"})).await;
    w.patch(id, json!({"start": START, "extras": wash["extras"]}))
        .await;
    w.clock(AFTER).await;
    assert_eq!(w.sent().await, ["2026-10-02T00:02:00Z"]);
}

#[tokio::test]
async fn held_changes_are_told_as_one() {
    let w = World::new(NOW).await;
    let url = receiver(TAKEN).await;
    w.workflow(changed(&json!({})), json!({}), json!([call(&url)]))
        .await;
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"start": "2026-10-11T12:00:00Z"})).await;
    w.patch(
        id,
        json!({"start": START, "location": {"external_id": "oslo", "name": "Oslo"}}),
    )
    .await;
    w.clock(AFTER).await;
    let all = w.messages().await;
    let body = only(&all, "webhook")["request"]["body"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["changes"], json!(["location"]));
}

#[tokio::test]
async fn a_cancelled_booking_ends_what_an_approval_had_begun() {
    let w = World::new(NOW).await;
    let approved = json!({"type": "booking.status_changed", "to": ["approved"]});
    let actions = json!([{"type": "wait", "duration": "P1D"}, text()]);
    w.workflow(approved, json!({}), actions).await;
    let id = w.book(START, json!({"status": "pending"})).await;
    w.patch(id, json!({"status": "approved"})).await;
    w.clock("2026-10-01T09:00:00Z").await;
    w.patch(id, json!({"status": "cancelled"})).await;
    w.patch(id, json!({"status": "approved"})).await;
    w.clock(AFTER).await;
    assert_eq!(w.sent().await, ["2026-10-02T09:00:00Z"]);
    assert_eq!(w.reasons(id).await, ["booking_not_active", "booking_not_active"]);
}

#[tokio::test]
async fn a_new_customer_is_welcomed_though_the_booking_was_cancelled() {
    let w = World::new(NOW).await;
    let mut welcome = text();
    welcome["content"]["nb"]["text"] = json!("Velkommen");
    let actions = json!([{"type": "wait", "duration": "P1D"}, welcome]);
    w.workflow(json!({"type": "customer.created"}), json!({}), actions)
        .await;
    let id = w.book(START, json!({})).await;
    w.patch(id, json!({"status": "cancelled"})).await;
    w.clock(AFTER).await;
    assert_eq!(w.sent().await, ["2026-10-02T08:00:00Z"]);
}

#[tokio::test]
async fn what_a_run_changed_itself_never_stops_it() {
    let w = World::new(NOW).await;
    let fresh = json!({"condition": {"all": [
        {"not": {"field": "customer.tags", "op": "contains", "value": "spurt"}},
        {"not": {"field": "booking.answers.asked", "op": "eq", "value": "yes"}},
        {"field": "booking.status", "op": "eq", "value": "approved"},
    ]}});
    let actions = json!([
        {"type": "add_tag", "tag": "spurt"},
        {"type": "set_field", "field": "booking.answers.asked", "value": "yes"},
        {"type": "set_status", "status": "completed"},
        {"type": "wait", "duration": "PT1H"}, text(),
    ]);
    w.workflow(created(), fresh, actions).await;
    w.book(START, json!({})).await;
    w.book(START, json!({})).await;
    w.clock(AFTER).await;
    assert_eq!(
        w.sent().await,
        ["2026-10-01T09:00:00Z"],
        "the second has the tag already"
    );
}

#[tokio::test]
async fn a_late_booking_whose_trigger_sends_now_is_sent_at_once() {
    let follow_up = json!({"type": "booking.ends", "late": "send_now", "offset": {"amount": 1, "unit": "hours", "direction": "after"}});
    let mut reminder = before(24, "hours");
    reminder["late"] = json!("send_now");
    reminder["max_lateness"] = json!("PT1H");
    for (trigger, start) in [
        (follow_up, "2026-09-25T12:00:00Z"),
        (reminder, "2026-10-01T12:00:00Z"),
    ] {
        let w = World::new(NOW).await;
        w.workflow(trigger, json!({}), sms()).await;
        w.book(start, json!({})).await;
        w.clock(AFTER).await;
        assert_eq!(w.sent().await, [NOW]);
    }
}

#[tokio::test]
async fn a_late_booking_that_does_not_match_is_told_by_its_filter() {
    let w = World::new(NOW).await;
    let mut reminder = before(24, "hours");
    reminder["late"] = json!("send_now");
    let filters = json!({"filters": {"status": {"any_of": ["approved"]}}});
    w.workflow(reminder, filters, sms()).await;
    let id = w.book("2026-10-01T12:00:00Z", json!({"status": "pending"})).await;
    w.clock(AFTER).await;
    w.tells(id, "filter_status").await;
}

#[tokio::test]
async fn a_wait_for_what_is_already_so_is_over_at_once() {
    let w = World::new(NOW).await;
    let wait = |event: &str| json!({"type": "wait", "event": event, "timeout": "P3D"});
    let actions = json!([wait("paid"), wait("status:approved"), text()]);
    let seen = json!({"type": "booking.changed"});
    w.workflow(seen, json!({}), actions).await;
    let id = w.book(START, priced()).await;
    pay(&w, payment(id, 1000, "NOK", "completed")).await;
    w.patch(id, json!({"start": "2026-10-11T12:00:00Z"})).await;
    assert_eq!(w.sent().await, [NOW]);
}

#[tokio::test]
async fn a_workflow_may_be_saved_though_a_service_it_names_was_archived() {
    let w = World::new(NOW).await;
    w.book(START, json!({})).await;
    let filters = json!({"filters": {"service": {"any_of": [{"external_id": "cut"}]}}});
    let workflow = w.workflow(before(24, "hours"), filters, sms()).await;
    let cut = Target::External("cut".to_owned());
    w.engine
        .archive_entry(&w.caller, flyt_core::catalogue::Kind::Service, cut, None)
        .await
        .unwrap();
    let saved = w
        .engine
        .write_workflow(
            &w.caller,
            Target::Id(workflow),
            Verb::Patch,
            json!({"name": "Ny"}),
            None,
        )
        .await
        .unwrap();
    let told = |w: &&flyt_core::invalid::Invalid| w.code == "archived_reference";
    let places: Vec<_> = (saved.warnings.iter().filter(told))
        .map(|w| w.pointer.as_str())
        .collect();
    assert_eq!(places, ["/filters/service/any_of/0"]);
}

#[tokio::test]
async fn an_answer_that_comes_after_another_process_took_the_step_is_dropped() {
    let store = flyt_store::Store::sqlite_in_memory().unwrap();
    let w = World::on(store.clone(), NOW).await;
    let (url, go, calls) = slow(BROKEN, TAKEN).await;
    w.workflow(created(), json!({}), json!([call(&url)])).await;
    w.write_only(START).await; // its call hangs: nothing settles
    while calls.load(std::sync::atomic::Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let next = w.successor(store).await;
    next.engine.settle().await;
    go.notify_one();
    w.engine.settle().await;
    next.clock(AFTER).await;
    let all = next.messages().await;
    let call = only(&all, "webhook");
    assert_eq!((&call["state"], &call["attempts"]), (&json!("sent"), &json!(2)));
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 2);
}
