//! What is no delivery at all: each adapter says so, and none panics or takes long.

use super::{read, sample, settings};
use flyt_core::inbound::{Adapter, Meaning, Unreadable};
use flyt_core::invalid::Faults;
use serde_json::{Value, json};

fn set(adapter: Adapter) -> Value {
    if adapter == Adapter::Generic {
        return json!({"map": {"fields": {"external_id": "/id", "start": "/start"}}});
    }
    json!({})
}

#[test]
fn bodies_that_are_none_are_told_by_every_adapter() {
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let nested = format!("{}1{}", "{\"a\":".repeat(300), "}".repeat(300));
    let bodies: [&[u8]; 8] = [
        b"",
        b"[]",
        b"[{\"triggerEvent\": \"BOOKING_CREATED\"}]",
        b"\"text\"",
        b"{\"a\": ",
        b"{\"event\": \"bl\xe5b\xe6r\"}",
        deep.as_bytes(),
        nested.as_bytes(),
    ];
    for adapter in Adapter::ALL {
        for body in bodies {
            let got = read(*adapter, body, &set(*adapter), None);
            assert!(
                got.is_err(),
                "{adapter}: {:?} became {got:?}",
                String::from_utf8_lossy(&body[..body.len().min(40)])
            );
        }
    }
}

#[test]
fn a_booking_without_its_id_or_time_is_incomplete() {
    for (adapter, body) in [
        (
            Adapter::Calcom,
            json!({"triggerEvent": "BOOKING_CREATED", "payload": {"startTime": "2026-01-01T10:00:00Z"}}),
        ),
        (
            Adapter::Calcom,
            json!({"triggerEvent": "BOOKING_CREATED", "payload": {"uid": "x"}}),
        ),
        (
            Adapter::Calcom,
            json!({"triggerEvent": "BOOKING_CANCELLED", "payload": {"uid": ""}}),
        ),
        (Adapter::Calcom, json!({"payload": {"uid": "x"}})),
        (
            Adapter::Calendly,
            json!({"event": "invitee.created", "payload": {}}),
        ),
        (
            Adapter::Calendly,
            json!({"event": "invitee.created", "payload": []}),
        ),
        (
            Adapter::Square,
            json!({"type": "booking.created", "data": {"object": {}}}),
        ),
        (
            Adapter::Square,
            json!({"type": "booking.created", "data": {"object": {"booking": {"id": "x", "start_at": "2026-01-01T10:00:00Z"}}}}),
        ),
        (
            Adapter::Makeplans,
            json!({"event": "booking.created", "data": {"booking": {"booked_from": 5}}}),
        ),
        (
            Adapter::Easyappointments,
            json!({"action": "appointment_save", "payload": {"id": 1, "start_datetime": "yesterday"}}),
        ),
        (Adapter::Generic, json!({"start": "2026-01-01T10:00:00Z"})),
        (Adapter::Generic, json!({"id": 5, "start": "01/02/2026"})),
        (
            Adapter::Calcom,
            json!({"triggerEvent": "BOOKING_CANCELLED", "payload": {"uid": "x".repeat(300)}}),
        ),
    ] {
        let got = read(adapter, body.to_string().as_bytes(), &set(adapter), None);
        assert!(
            matches!(got, Err(Unreadable::Incomplete(_))),
            "{adapter} {body}: {got:?}"
        );
    }
    for form in [
        "action=scheduled",
        "id=5",
        "action=scheduled&id=../x",
        "action=scheduled&id=",
        "%%%",
    ] {
        assert!(
            read(Adapter::Acuity, form.as_bytes(), &json!({}), None).is_err(),
            "{form}"
        );
    }
}

#[test]
fn an_event_that_nobody_knows_means_nothing() {
    let said = read(Adapter::Calcom, br#"{"triggerEvent": "PING"}"#, &json!({}), None).unwrap();
    assert!(matches!(said.meaning, Meaning::Nothing(_)));
    let map = json!({"map": {"event": "/zen", "events": {"made": "upsert"}, "fields": {"external_id": "/id", "start": "/start"}}});
    let said = read(Adapter::Generic, &sample("github-ping"), &map, None).unwrap();
    assert!(matches!(said.meaning, Meaning::Nothing(_)));
}

#[test]
fn values_that_would_be_refused_are_left_out_or_cut() {
    let body = json!({"triggerEvent": "BOOKING_CREATED", "createdAt": "not a time", "payload": {
        "uid": "u", "startTime": "2026-01-01T10:00:00Z", "endTime": "2026-01-01T10:30:00Z", "eventTypeId": 1,
        "title": "x".repeat(5_000), "price": 5, "currency": "bitcoin", "additionalNotes": "a\0b",
        "attendees": [{"name": "Kari\r\nNordmann\0", "email": "nowhere", "timeZone": "Mars/Base", "language": {"locale": "klingonish-x"}}],
        "responses": {"allergies": {"label": "a", "value": "n\0uts"}, "other": {"label": "b"}},
    }});
    let said = read(Adapter::Calcom, body.to_string().as_bytes(), &json!({}), None).unwrap();
    let Meaning::Booking(says) = said.meaning else {
        panic!("{said:?}")
    };
    let body = says.body.unwrap();
    super::acceptable(&body);
    assert_eq!(
        (&body["notes"], &body["answers"]["allergies"]),
        (&json!("ab"), &json!("nuts"))
    );
    assert_eq!(says.version, None);
}

#[test]
fn settings_that_say_nothing_sensible_are_refused_with_their_place() {
    let told = |adapter, value: Value| {
        let mut faults = Faults::default();
        flyt_core::inbound::Settings::read(&value, "/settings", adapter, &mut faults);
        faults
            .errors
            .iter()
            .map(|e| (e.pointer.clone(), e.code))
            .collect::<Vec<_>>()
    };
    let one =
        |adapter, value, pointer: &str, code| assert_eq!(told(adapter, value), [(pointer.to_owned(), code)]);
    one(
        Adapter::Calcom,
        json!({"timezone": "Europe/Oslo"}),
        "/settings/timezone",
        "unknown_field",
    );
    one(
        Adapter::Calcom,
        json!({"time_zone": "Oslo"}),
        "/settings/time_zone",
        "unknown_time_zone",
    );
    one(
        Adapter::Calcom,
        json!({"constants": {"notes": "x"}}),
        "/settings/constants/notes",
        "unknown_field",
    );
    one(
        Adapter::Calcom,
        json!({"constants": {"location": {}}}),
        "/settings/constants/location",
        "required",
    );
    one(Adapter::Generic, json!({}), "/settings/map", "required");
    one(
        Adapter::Generic,
        json!({"map": {"fields": {"external_id": "id", "start": "/s"}}}),
        "/settings/map/fields/external_id",
        "bad_pointer",
    );
    one(
        Adapter::Generic,
        json!({"map": {"fields": {"external_id": "/id"}}}),
        "/settings/map/fields",
        "required",
    );
    one(
        Adapter::Generic,
        json!({"map": {"fields": {"external_id": "/id", "start": "/s", "custmer.email": "/e"}}}),
        "/settings/map/fields/custmer.email",
        "unknown_field",
    );
    one(
        Adapter::Generic,
        json!({"map": {"events": {"a": "upsert"}, "fields": {"external_id": "/id", "start": "/s"}}}),
        "/settings/map/event",
        "required",
    );
    assert_eq!(
        settings(Adapter::Calcom, &json!({"id_prefix": "hq"})).id_prefix,
        "hq"
    );
}
