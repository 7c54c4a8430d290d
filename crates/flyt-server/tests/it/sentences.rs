//! The plain sentence of a workflow, exact and grammatical in both languages, as `POST /v1/workflows/check` says it.

use crate::world::World;
use serde_json::{Value, json};

/// A business with things to name.
async fn world() -> World {
    let world = World::new().await;
    for (path, id, name) in [
        ("locations", "oslo", "Oslo"),
        ("locations", "bergen", "Bergen"),
        ("services", "cut", "Dameklipp"),
        ("services", "colour", "Farge"),
        ("resources", "anne", "Anne"),
        ("extras", "wash", "Vask"),
    ] {
        world
            .call(
                "POST",
                &format!("/v1/{path}"),
                &json!({"external_id": id, "name": name}),
            )
            .await
            .expect(201);
    }
    world
}
/// One workflow with its sentences in Bokmål and English.
async fn check(world: &World, workflow: Value, nb: &str, en: &str) {
    let mut body = json!({"name": "W", "triggers": [{"type": "booking.created"}], "actions": [sms()]});
    body.as_object_mut()
        .unwrap()
        .extend(workflow.as_object().unwrap().clone());
    let told = world.call("POST", "/v1/workflows/check", &body).await.expect(200);
    assert_eq!(told.json["valid"], true, "{}", told.text);
    assert_eq!(
        (
            told.json["sentence"]["nb"].as_str(),
            told.json["sentence"]["en"].as_str()
        ),
        (Some(nb), Some(en))
    );
}
fn sms() -> Value {
    json!({"type": "sms", "to": ["customer"], "content": {"nb": {"text": "Hei"}}})
}
fn timed(kind: &str, offset: &Value) -> Value {
    json!([{"type": kind, "offset": offset}])
}
fn among(ids: &[&str]) -> Value {
    let ids: Vec<Value> = ids.iter().map(|id| json!({"external_id": id})).collect();
    json!({"any_of": ids})
}

#[tokio::test(flavor = "multi_thread")]
async fn when_and_for_which_bookings_is_said_as_people_say_it() {
    let world = world().await;
    let reminder = json!({
        "triggers": timed("booking.starts", &json!({"amount": 24, "unit": "hours", "direction": "before"})),
        "filters": {"status": {"any_of": ["approved"]}, "service": among(&["cut", "colour"]), "location": among(&["oslo"])},
    });
    check(
        &world,
        reminder,
        "24 timer før en godkjent time for Dameklipp eller Farge i Oslo: send SMS til kunden",
        "24 hours before an approved appointment for Dameklipp or Farge in Oslo: send an SMS to the customer",
    )
    .await;
    let filters = json!({"filters": {"resource": among(&["anne"]), "extras": {"all_of": [{"external_id": "wash"}]},
        "location": {"none_of": [{"external_id": "oslo"}, {"external_id": "bergen"}]}, "language": {"any_of": ["en"]}}});
    check(
        &world,
        filters,
        "Når en time med tillegget Vask (men ikke i Oslo eller Bergen) med Anne på engelsk blir bestilt: send SMS til kunden",
        "When an appointment with the extra Vask (but not in Oslo or Bergen) with Anne in English is booked: send an SMS to the customer",
    )
    .await;
    let offsets = [
        (
            "booking.starts",
            json!({"amount": 0, "unit": "minutes", "direction": "before"}),
            "Når en time begynner",
            "When an appointment starts",
        ),
        (
            "booking.ends",
            json!({"amount": 1, "unit": "hours", "direction": "after"}),
            "1 time etter en time",
            "1 hour after an appointment",
        ),
        (
            "booking.starts",
            json!({"amount": 1, "unit": "days", "direction": "before", "at": "18:00"}),
            "1 dag før en time, kl. 18:00",
            "1 day before an appointment, at 18:00",
        ),
        (
            "booking.starts",
            json!({"amount": 2, "unit": "days", "direction": "before", "working_days": true}),
            "2 virkedager før en time",
            "2 working days before an appointment",
        ),
        (
            "booking.ends",
            json!({"amount": 15, "unit": "minutes", "direction": "before"}),
            "15 minutter før en time slutter",
            "15 minutes before an appointment ends",
        ),
    ];
    for (kind, offset, nb, en) in offsets {
        let nb = format!("{nb}: send SMS til kunden");
        let en = format!("{en}: send an SMS to the customer");
        check(&world, json!({"triggers": timed(kind, &offset)}), &nb, &en).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_payments_conditions_and_several_triggers_are_said_too() {
    let world = world().await;
    check(
        &world,
        json!({"triggers": [{"type": "booking.status_changed", "from": ["pending"], "to": ["approved"]}]}),
        "Når en time går fra «Venter på svar» til «Godkjent»: send SMS til kunden",
        "When an appointment goes from “Pending” to “Approved”: send an SMS to the customer",
    )
    .await;
    check(
        &world,
        json!({"triggers": [{"type": "booking.changed", "fields": ["start", "location"], "min_shift": "PT15M"}]}),
        "Når starttiden eller stedet for en time blir endret med minst 15 minutter: send SMS til kunden",
        "When the start or the location of an appointment is changed by at least 15 minutes: send an SMS to the customer",
    )
    .await;
    check(
        &world,
        json!({"triggers": [{"type": "booking.created"}, {"type": "payment.completed", "min_amount": 50000}],
            "condition": {"all": [{"field": "booking.price.amount", "op": "gte", "value": 50000},
                {"not": {"field": "customer.tags", "op": "contains", "value": "vip"}}]}}),
        "Når en time blir bestilt eller når en betaling på minst 500 NOK for en time er fullført, bare hvis pris er minst 500 NOK og \
         det ikke er slik at merkelapper inneholder «vip»: send SMS til kunden",
        "When an appointment is booked or when a payment of at least 500 NOK for an appointment completes, only if price is at least \
         500 NOK and it is not so that tags contains “vip”: send an SMS to the customer",
    )
    .await;
    check(
        &world,
        json!({"actions": [sms(), {"type": "wait", "duration": "P2D"}, {"type": "set_status", "status": "cancelled"},
            {"type": "webhook", "url": "https://hook.example.com/a"}, {"type": "email", "enabled": false, "to": ["admins"],
             "content": {"nb": {"subject": "S", "body": "B"}}}]}),
        "Når en time blir bestilt: send SMS til kunden, vent 2 dager, sett status til «Avlyst» og send data til hook.example.com",
        "When an appointment is booked: send an SMS to the customer, wait 2 days, set the status to “Cancelled” and send data to hook.example.com",
    )
    .await;
}
