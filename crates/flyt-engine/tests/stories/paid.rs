//! What is paid of a booking: in full, in part, back again, without a price, in another currency.

use crate::hostile::{NOW, START};
use crate::world::{World, sms};
use flyt_engine::{Target, Verb};
use serde_json::{Value, json};

pub(crate) async fn pay(w: &World, body: Value) {
    let written = w
        .engine
        .write_payment(&w.caller, Target::New, Verb::Create, body, None)
        .await;
    written.unwrap();
    w.engine.settle().await;
}
pub(crate) fn payment(id: flyt_core::id::BookingId, amount: i64, currency: &str, status: &str) -> Value {
    json!({"booking": {"id": id.to_string()}, "amount": amount, "currency": currency, "status": status})
}
pub(crate) fn priced() -> Value {
    json!({"price": {"amount": 1000, "currency": "NOK"}})
}

#[tokio::test]
async fn only_the_payment_that_reaches_the_price_is_in_full() {
    let w = World::new(NOW).await;
    let trigger = json!({"type": "payment.completed", "in_full": true});
    w.workflow(trigger, json!({}), sms()).await;
    let id = w.book(START, priced()).await;
    pay(&w, payment(id, 900, "NOK", "completed")).await;
    pay(&w, payment(id, 500, "EUR", "completed")).await;
    assert_eq!(w.sent().await.len(), 0);
    pay(&w, payment(id, 100, "NOK", "completed")).await;
    assert_eq!(w.sent().await.len(), 1);
    pay(&w, payment(id, 500, "EUR", "completed")).await;
    pay(&w, payment(id, 100, "NOK", "completed")).await;
    assert_eq!(w.sent().await.len(), 1);
}

async fn paid(w: &World, id: flyt_core::id::BookingId) -> Value {
    let mut faults = flyt_core::invalid::Faults::default();
    let nothing = flyt_core::booking_body::BookingBody::read(&json!({}), "NO", &mut faults).unwrap();
    let target = Target::Id(id);
    let found = w
        .engine
        .write_booking(&w.caller, target, Verb::Patch, nothing, None)
        .await;
    flyt_core::view::facts(&found.unwrap().value)["paid"].clone()
}

#[tokio::test]
async fn what_went_back_is_not_paid() {
    let w = World::new(NOW).await;
    let id = w.book(START, priced()).await;
    let mut first = payment(id, 400, "NOK", "completed");
    first["external_id"] = json!("P-1");
    pay(&w, first).await;
    pay(&w, payment(id, 600, "NOK", "completed")).await;
    let back = json!({"status": "refunded"});
    let target = Target::External("P-1".to_owned());
    w.engine
        .write_payment(&w.caller, target, Verb::Patch, back, None)
        .await
        .unwrap();
    assert_eq!(paid(&w, id).await, json!({"amount": 600, "currency": "NOK"}));
    pay(&w, payment(id, 100, "NOK", "refunded")).await;
    assert_eq!(paid(&w, id).await, json!({"amount": 500, "currency": "NOK"}));
}

#[tokio::test]
async fn what_was_paid_is_shown_without_a_price_and_follows_its_currency() {
    let w = World::new(NOW).await;
    let id = w.book(START, json!({})).await;
    assert_eq!(paid(&w, id).await, json!({"amount": 0, "currency": "NOK"}));
    pay(&w, payment(id, 300, "SEK", "completed")).await;
    pay(&w, payment(id, 50, "EUR", "completed")).await;
    assert_eq!(paid(&w, id).await, json!({"amount": 300, "currency": "SEK"}));
    w.patch(id, json!({"price": {"amount": 1000, "currency": "EUR"}}))
        .await;
    assert_eq!(paid(&w, id).await, json!({"amount": 50, "currency": "EUR"}));
    w.patch(id, json!({"price": null})).await;
    assert_eq!(paid(&w, id).await, json!({"amount": 50, "currency": "EUR"}));
}
