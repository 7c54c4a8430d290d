//! The API objects: the fields that `api.md` names, in the shape that it names.

use crate::facts::{bare, full, meta};
use flyt_core::view;

#[test]
fn a_booking_has_every_field_of_the_contract() {
    let (facts, _) = full();
    let booking = view::booking(facts.booking.as_ref().unwrap(), facts.customer.as_ref());
    for field in [
        "id",
        "external_id",
        "reference",
        "revision",
        "customer",
        "service",
        "location",
        "resource",
        "extras",
        "status",
        "status_kind",
        "start",
        "end",
        "language",
        "price",
        "paid",
        "due",
        "notes",
        "answers",
        "url",
        "source",
        "automations",
        "customer_confirmed_at",
        "created_at",
        "updated_at",
    ] {
        assert!(booking.get(field).is_some(), "{field}");
    }
    assert_eq!(booking["start"], "2026-10-25T09:00:00Z");
    assert_eq!(
        booking["due"],
        serde_json::json!({"amount": 49_000, "currency": "NOK"})
    );
    assert_eq!(booking["extras"][1]["quantity"], 2);
    assert_eq!(booking["customer"]["phone"], "+4790000001");
    assert_eq!(booking["resource"]["kind"], "person");
}

#[test]
fn the_envelope_says_what_was_before_only_where_something_changed() {
    let (mut facts, _) = full();
    let envelope = view::envelope(&meta(), &facts);
    assert_eq!(
        envelope["changes"],
        serde_json::json!(["start", "end", "location"])
    );
    assert_eq!(envelope["previous"]["location"]["name"], "Bergen");
    assert_eq!(envelope["data"]["payment"]["amount"], 49_000);
    (facts.previous, facts.payment) = (None, None);
    facts.changes.clear();
    let envelope = view::envelope(&meta(), &facts);
    assert!(envelope.get("previous").is_none() && envelope.get("changes").is_none());
    assert!(envelope["data"].get("payment").is_none());
    let (facts, _) = bare();
    assert!(view::envelope(&meta(), &facts)["data"]["booking"]["location"].is_null());
}

#[test]
fn a_business_shows_its_quiet_hours_and_guards() {
    let (facts, _) = full();
    let business = view::business(&facts.business);
    assert_eq!(
        business["quiet_hours"],
        serde_json::json!({"sms": null, "email": null})
    );
    assert_eq!(business["guards"]["per_recipient_and_booking_per_hour"], 10);
    assert_eq!(business["default_language"], "nb");
}
