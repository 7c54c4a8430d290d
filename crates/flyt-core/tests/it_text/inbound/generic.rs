//! The generic adapter on samples of systems that have no adapter of their own.

use super::{acceptable, read, sample};
use flyt_core::inbound::{Adapter, BookingSays, Meaning, Sameness};
use serde_json::{Value, json};

fn says(name: &str, map: &Value) -> BookingSays {
    let said = read(
        Adapter::Generic,
        &sample(name),
        &json!({"id_prefix": "x", "map": map}),
        None,
    )
    .unwrap();
    let Meaning::Booking(says) = said.meaning else {
        panic!("{name}: {said:?}")
    };
    *says
}

#[test]
fn meeva_is_described_by_pointers() {
    let map = json!({
        "event": "/type",
        "events": {"booking.created": "upsert", "booking.rescheduled": "upsert", "booking.cancelled": "cancel"},
        "former_external_id": "/data/booking/previousBookingId",
        "statuses": {"confirmed": "approved"},
        "fields": {
            "external_id": "/data/booking/id", "status": "/data/booking/status",
            "start": "/data/booking/startsAt", "end": "/data/booking/endsAt",
            "service": {"external_id": "/data/booking/eventTypeId", "name": {"value": "Møte"}},
            "customer": {"email": "/data/booking/attendee/email", "first_name": "/data/booking/attendee/firstName",
                "last_name": "/data/booking/attendee/lastName", "time_zone": "/data/booking/attendee/timezone"},
            "resource": {"external_id": "/data/booking/host/id", "email": "/data/booking/host/email"},
        },
    });
    let created = says("meeva-booking.created", &map);
    let body = created.body.unwrap();
    acceptable(&body);
    assert_eq!(
        (created.external_id.as_str(), created.status.as_deref()),
        ("x:bkg_abc123", Some("approved"))
    );
    assert_eq!(body["customer"]["first_name"], "Jane");
    let moved = says("meeva-booking.rescheduled", &map);
    assert_eq!(moved.former.as_deref(), Some("x:bkg_old123"));
    assert_eq!(moved.body.unwrap()["start"], "2024-01-16T14:00:00Z");
    let gone = says("meeva-booking.cancelled", &map);
    assert_eq!((gone.status.as_deref(), gone.body), (Some("cancelled"), None));
}

#[test]
fn vcita_and_appointedd_and_jrni_are_described_by_pointers() {
    let vcita = json!({"fields": {
        "external_id": "/data/appointment_id", "start": "/data/start_time", "duration_minutes": "/data/duration",
        "service.name": "/data/title", "customer.external_id": "/data/client_id", "notes": "/data/notes",
    }});
    let body = says("intandem-vcita-appointment.scheduled", &vcita).body.unwrap();
    acceptable(&body);
    assert_eq!(
        (&body["start"], &body["end"]),
        (&json!("2019-10-29T08:00:00Z"), &json!("2019-10-29T08:30:00Z"))
    );
    assert_eq!(
        body["service"]["external_id"], "Introductory Phone Call",
        "a name alone is as good as an id"
    );
    assert_eq!(body.get("notes"), None);

    let appointedd = json!({"version": "/event_data/booking/updated", "currency": "GBP", "fields": {
        "external_id": "/event_data/booking/id", "start": "/event_data/booking/start_time", "end": "/event_data/booking/end_time",
        "price": "/event_data/booking/price", "service.name": "/event_data/booking/type",
        "customer.first_name": "/event_data/participants/0/firstname", "customer.email": "/event_data/participants/0/email",
        "answers.Test Text": "/event_data/participants/0/questions/0/value",
    }});
    let booked = says("appointedd-booking_created-truncated", &appointedd);
    let body = booked.body.unwrap();
    acceptable(&body);
    assert_eq!(body["price"], json!({"amount": 2000, "currency": "GBP"}));
    assert_eq!(
        (booked.version, &body["answers"]["Test Text"]),
        (Some(1_676_387_434_907), &json!("sad"))
    );

    let jrni = json!({"fields": {
        "external_id": "/appointment/longId", "start": "/appointment/companyStartTime", "duration_minutes": "/appointment/duration",
        "service": {"external_id": "/service/externalId", "name": "/service/name", "category": "/service/category"},
        "resource": {"external_id": "/staff/externalId", "name": "/staff/name", "email": "/staff/email"},
        "location": {"external_id": "/company/externalId", "name": "/company/name"},
        "customer": {"first_name": "/customer/firstName", "last_name": "/customer/lastName", "email": "/customer/email", "phone": "/customer/mobile"},
        "url": "/appointment/adminModifyURL",
    }});
    let body = says("jrni-data-webhook-truncated", &jrni).body.unwrap();
    acceptable(&body);
    assert_eq!(
        (&body["start"], &body["end"]),
        (&json!("2023-02-17T19:00:00Z"), &json!("2023-02-17T20:00:00Z"))
    );
}

#[test]
fn a_sender_without_ids_of_deliveries_may_say_the_same_again_later() {
    let map = json!({"fields": {"external_id": "/id", "start": "/start"}});
    let sameness = |map: &Value, body: Value| {
        let body = body.to_string();
        read(Adapter::Generic, body.as_bytes(), &json!({"map": map}), None)
            .unwrap()
            .sameness
    };
    let body = json!({"id": "1", "start": "2026-01-01T10:00:00Z", "n": 7, "e": "evt-1"});
    assert_eq!(sameness(&map, body.clone()), Sameness::Soon);
    let mut counted = map.clone();
    counted["version"] = json!("/n");
    assert_eq!(sameness(&counted, body.clone()), Sameness::Bytes);
    counted["event_id"] = json!("/e");
    assert_eq!(sameness(&counted, body), Sameness::Id("evt-1".to_owned()));
}

#[test]
fn a_payment_is_read_where_the_map_says() {
    let map = json!({
        "event": "/event", "events": {"paid": "paid"}, "currency": "NOK", "decimal": ",",
        "payment": {"external_id": "/payment/id", "amount": "/payment/sum"},
        "fields": {"external_id": "/id", "start": "/start"},
    });
    let body = json!({"event": "paid", "id": "7", "payment": {"id": "p1", "sum": "1.690,50"}}).to_string();
    let said = read(Adapter::Generic, body.as_bytes(), &json!({"map": map}), None).unwrap();
    let Meaning::Booking(says) = said.meaning else {
        panic!("{said:?}")
    };
    assert_eq!(
        says.body, None,
        "a payment may come without the booking around it"
    );
    assert_eq!(
        says.payment.unwrap(),
        json!({"external_id": "generic:p1", "amount": 169_050, "currency": "NOK", "method": "generic", "status": "completed"})
    );
}
