//! Every published sample, and the traps in them.

use super::{acceptable, read, sample, sample_value, says};
use flyt_core::inbound::{Adapter, Meaning, Only, Sameness};
use serde_json::{Value, json};

/// (id, former id, status, start) of what a sample says.
fn check(adapter: Adapter, name: &str, id: &str, status: Option<&str>, start: Option<&str>) {
    let (_, said) = says(adapter, name);
    assert_eq!(said.external_id, id, "{name}");
    assert_eq!(said.status.as_deref(), status, "{name}");
    let begins = said
        .body
        .as_ref()
        .map(|b| b["start"].as_str().unwrap().to_owned());
    assert_eq!(begins.as_deref(), start, "{name}");
    if let Some(body) = &said.body {
        acceptable(body);
    }
}
fn means_nothing(adapter: Adapter, name: &str) {
    let said = read(adapter, &sample(name), &json!({}), None).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(matches!(said.meaning, Meaning::Nothing(_)), "{name}: {said:?}");
}

/// As `check`, with what all ids and names of Cal.com begin with.
fn calcom(name: &str, id: &str, status: &str, start: Option<&str>) {
    let (name, id) = (format!("calcom-{name}"), format!("calcom:{id}"));
    check(Adapter::Calcom, &name, &id, Some(status), start);
}

/// Samples of Cal.com: name, uid, status, start where they tell it.
const CALCOM: [(&str, &str, &str, &str); 12] = [
    (
        "20211020-booking_created",
        "unique-booking-id",
        "approved",
        "2024-01-01T10:00:00Z",
    ),
    (
        "docs2023-booking_created",
        "bFJeNb2uX8ANpT3JL5EfXw",
        "approved",
        "2023-05-25T09:30:00Z",
    ),
    (
        "20211020-booking_requested",
        "unique-booking-id",
        "pending",
        "2024-01-01T13:00:00Z",
    ),
    (
        "20211020-booking_rescheduled",
        "new-booking-unique-id",
        "approved",
        "2024-01-10T14:30:00Z",
    ),
    (
        "20211020-booking_paid",
        "unique-booking-uid",
        "approved",
        "2024-01-02T10:00:00Z",
    ),
    (
        "20211020-booking_payment_initiated",
        "unique-booking-uid",
        "pending",
        "2024-01-02T10:00:00Z",
    ),
    (
        "20211020-booking_rejected",
        "unique-booking-identifier",
        "rejected",
        "",
    ),
    (
        "20211020-booking_cancelled",
        "unique-booking-identifier",
        "cancelled",
        "",
    ),
    (
        "20211020-booking_no_show_updated",
        "unique-booking-identifier",
        "approved",
        "",
    ),
    (
        "docs2023-booking_no_show_updated",
        "5vQFqxDFMjdgKGMijqtqRw",
        "no_show",
        "",
    ),
    (
        "docs2023-booking_no_show_updated-2",
        "5vQFqxDFMjdgKGMijqtqRw",
        "approved",
        "",
    ),
    (
        "20211020-meeting_ended",
        "unique-booking-identifier",
        "completed",
        "",
    ),
];

#[test]
fn every_sample_of_cal_com_means_what_it_says() {
    for (name, id, status, start) in CALCOM {
        calcom(name, id, status, Some(start).filter(|s| !s.is_empty()));
    }
}

#[test]
fn events_of_cal_com_that_are_about_no_booking_mean_nothing() {
    for name in [
        "20211020-meeting_started",
        "20211020-form_submitted",
        "20211020-instant_meeting",
        "20211020-ooo_created",
        "docs2023-after_guests_cal_video_no_show",
        "docs2023-after_hosts_cal_video_no_show",
    ] {
        means_nothing(Adapter::Calcom, &format!("calcom-{name}"));
    }
}

#[test]
fn a_booking_of_cal_com_brings_its_customer_service_and_host() {
    let (said, says) = says(Adapter::Calcom, "calcom-20211020-booking_created");
    let body = says.body.unwrap();
    assert_eq!(said.sameness, Sameness::Bytes);
    assert_eq!(says.version, Some(1_704_067_200_000));
    assert_eq!(
        body["customer"],
        json!({"first_name": "Guest", "last_name": "User", "email": "guest@example.com", "language": "en", "time_zone": "UTC"})
    );
    assert_eq!(
        body["service"],
        json!({"external_id": "calcom:123", "name": "Strategy Session", "duration_minutes": 15})
    );
    assert_eq!(body["resource"]["email"], "organizer@example.com");
    assert_eq!(
        body["answers"],
        json!({"meeting_url": "https://app.example.com/video/unique-booking-id"})
    );
    assert_eq!(body.get("location"), None, "a video call is no place");
    assert_eq!(body.get("price"), None, "a price of nothing is none");
}

#[test]
fn a_move_in_cal_com_names_the_uid_it_had() {
    let (_, says) = says(Adapter::Calcom, "calcom-20211020-booking_rescheduled");
    assert_eq!(says.former.as_deref(), Some("calcom:previous-booking-unique-id"));
}

#[test]
fn a_meeting_without_wrapper_completes_only_what_still_counts() {
    let (_, says) = says(Adapter::Calcom, "calcom-20211020-meeting_ended");
    assert_eq!((says.only, says.version), (Only::Counting, None));
}

#[test]
fn a_payment_in_cal_com_is_in_minor_units() {
    let (_, paid) = says(Adapter::Calcom, "calcom-20211020-booking_paid");
    let payment = paid.payment.unwrap();
    assert_eq!(
        (&payment["amount"], &payment["currency"], &payment["status"]),
        (&json!(1000), &json!("USD"), &json!("completed"))
    );
    let (_, begun) = says(Adapter::Calcom, "calcom-20211020-booking_payment_initiated");
    assert_eq!(begun.only, Only::New, "it never undoes what has been paid since");
    assert_eq!(begun.payment.unwrap()["external_id"], payment["external_id"]);
}

#[test]
fn every_sample_of_calendly_means_what_it_says() {
    let is = |name: &str, id: &str, status, start| {
        check(
            Adapter::Calendly,
            &format!("calendly-{name}"),
            &format!("calendly:{id}"),
            status,
            start,
        );
    };
    let first = "00000000-0000-0000-0000-000000000001";
    is(
        "captured-invitee.created",
        first,
        Some("approved"),
        Some("2026-06-10T06:30:00Z"),
    );
    is("captured-invitee_no_show.created", first, Some("no_show"), None);
    is(
        "captured-invitee.canceled",
        "00000000-0000-0000-0000-000000000003",
        Some("cancelled"),
        None,
    );
    is(
        "docs-sample_webhook_data-invitee.created",
        "AAAAAAAAAAAAAAAA",
        Some("approved"),
        Some("2019-08-24T14:15:22Z"),
    );
    is(
        "invitee.created-hookdeck",
        "INVITEE",
        Some("approved"),
        Some("2026-07-10T15:00:00Z"),
    );
    is("invitee.created-asyncapi", "inv456", Some("approved"), None);
    is("invitee.canceled-asyncapi", "inv456", Some("cancelled"), None);
}

#[test]
fn a_zone_that_is_none_does_not_lose_the_booking() {
    let (_, says) = says(
        Adapter::Calendly,
        "calendly-docs-sample_webhook_data-invitee.created",
    );
    let body = says.body.unwrap();
    assert_eq!(body["customer"].get("time_zone"), None);
    assert_eq!(body["customer"]["phone"], "+1 404-555-1234");
    assert_eq!(body["location"]["name"], "Calendly Office");
    assert_eq!(says.former, None, "http://example.com is nobody's former id");
}

#[test]
fn a_cancellation_that_is_a_move_cancels_nothing() {
    let mut canceled = sample_value("calendly-captured-invitee.canceled");
    canceled["payload"]["rescheduled"] = json!(true);
    let said = read(
        Adapter::Calendly,
        canceled.to_string().as_bytes(),
        &json!({}),
        None,
    )
    .unwrap();
    let Meaning::Booking(says) = said.meaning else {
        panic!("{said:?}")
    };
    assert_eq!((says.only, says.status), (Only::Moved, None));
    let mut created = sample_value("calendly-captured-invitee.created");
    created["payload"]["old_invitee"] = canceled["payload"]["uri"].clone();
    let said = read(
        Adapter::Calendly,
        created.to_string().as_bytes(),
        &json!({}),
        None,
    )
    .unwrap();
    let Meaning::Booking(says) = said.meaning else {
        panic!("{said:?}")
    };
    assert_eq!(
        says.former.as_deref(),
        Some("calendly:00000000-0000-0000-0000-000000000003")
    );
}

#[test]
fn a_name_in_one_piece_becomes_two() {
    let (_, says) = says(Adapter::Calendly, "calendly-captured-invitee.created");
    let customer = &says.body.unwrap()["customer"];
    assert_eq!(
        (&customer["first_name"], &customer["last_name"]),
        (&json!("John"), &json!("Doe"))
    );
}

#[test]
fn every_sample_of_square_means_what_it_says() {
    for (name, version) in [("created", 0), ("updated", 1)] {
        let name = format!("square-booking.{name}");
        check(
            Adapter::Square,
            &name,
            "square:i2id2g3enyspi7",
            Some("approved"),
            Some("2020-12-17T16:00:00Z"),
        );
        let (said, says) = says(Adapter::Square, &name);
        assert_eq!(
            says.version,
            Some(version),
            "the id in `data` has the version in it, the booking's has not"
        );
        assert!(matches!(said.sameness, Sameness::Id(_)));
        assert_eq!(says.body.unwrap()["end"], "2020-12-17T16:30:00Z");
        assert!(
            said.thin.unwrap().enough,
            "a booking without the customer's address is still a booking"
        );
    }
    let said = read(
        Adapter::Square,
        &sample("square-customer-created-event"),
        &json!({}),
        None,
    )
    .unwrap();
    let Meaning::Customer { external_id, body } = said.meaning else {
        panic!("{said:?}")
    };
    assert_eq!(external_id, "square:QPTXM8PQNX3Q726ZYHPMNP46XC");
    assert_eq!(
        (&body["first_name"], &body["phone"]),
        (&json!("Jenkins"), &json!("+12126668929"))
    );
}

#[test]
fn the_words_of_square_for_a_status_are_known() {
    for (theirs, ours) in [
        ("PENDING", "pending"),
        ("ACCEPTED", "approved"),
        ("DECLINED", "rejected"),
        ("CANCELLED_BY_CUSTOMER", "cancelled"),
        ("CANCELLED_BY_SELLER", "cancelled"),
        ("NO_SHOW", "no_show"),
    ] {
        let mut body = sample_value("square-booking.updated");
        body["data"]["object"]["booking"]["status"] = json!(theirs);
        let said = read(Adapter::Square, body.to_string().as_bytes(), &json!({}), None).unwrap();
        let Meaning::Booking(says) = said.meaning else {
            panic!("{said:?}")
        };
        assert_eq!(says.status.as_deref(), Some(ours));
    }
}

#[test]
fn several_segments_end_after_the_last_service() {
    let mut body = sample_value("square-booking.created");
    let segment = |minutes: i64, pause: i64| json!({"duration_minutes": minutes, "intermission_minutes": pause, "service_variation_id": "S", "team_member_id": "T"});
    body["data"]["object"]["booking"]["appointment_segments"] = json!([segment(30, 10), segment(20, 15)]);
    let said = read(Adapter::Square, body.to_string().as_bytes(), &json!({}), None).unwrap();
    let Meaning::Booking(says) = said.meaning else {
        panic!("{said:?}")
    };
    assert_eq!(says.body.unwrap()["end"], "2020-12-17T17:00:00Z");
}

#[test]
fn the_sample_of_makeplans_means_what_it_says() {
    check(
        Adapter::Makeplans,
        "makeplans-booking.confirmed",
        "makeplans:1",
        Some("approved"),
        Some("2012-09-29T05:00:00Z"),
    );
    let (said, _) = says(Adapter::Makeplans, "makeplans-booking.confirmed");
    assert_eq!(
        said.sameness,
        Sameness::Id("0fc2da72-670f-48d8-98e8-dd181c85c2ee".to_owned())
    );
    for (state, status, ours) in [
        ("confirmed", Value::Null, "approved"),
        ("awaiting_payment", Value::Null, "pending"),
        ("declined", Value::Null, "rejected"),
        ("cancelled", Value::Null, "cancelled"),
        ("confirmed", json!("no_show"), "no_show"),
        ("confirmed", json!("completed"), "completed"),
    ] {
        let mut body = sample_value("makeplans-booking.confirmed");
        body["data"]["booking"]["state"] = json!(state);
        body["data"]["booking"]["status"] = status;
        let said = read(Adapter::Makeplans, body.to_string().as_bytes(), &json!({}), None).unwrap();
        let Meaning::Booking(says) = said.meaning else {
            panic!("{said:?}")
        };
        assert_eq!(says.status.as_deref(), Some(ours), "{state}");
    }
}

#[test]
fn every_sample_of_easy_appointments_means_what_it_says() {
    let save = "easyappointments-webhook-appointment_save";
    check(
        Adapter::Easyappointments,
        save,
        "easyappointments:1",
        Some("approved"),
        Some("2021-01-01T17:00:00"),
    );
    check(
        Adapter::Easyappointments,
        "easyappointments-webhook-appointment_delete",
        "easyappointments:1",
        Some("cancelled"),
        None,
    );
    let said = read(
        Adapter::Easyappointments,
        &sample(save),
        &json!({"time_zone": "Europe/Oslo"}),
        None,
    )
    .unwrap();
    let Meaning::Booking(says) = said.meaning else {
        panic!("{said:?}")
    };
    assert_eq!(
        says.body.unwrap()["start"],
        "2021-01-01T16:00:00Z",
        "a wall time is of the zone that the source says"
    );
    let mut blocked = sample_value(save);
    blocked["payload"]["is_unavailability"] = json!("1");
    let said = read(
        Adapter::Easyappointments,
        blocked.to_string().as_bytes(),
        &json!({}),
        None,
    )
    .unwrap();
    assert!(matches!(said.meaning, Meaning::Nothing(_)));
}

#[test]
fn a_status_is_called_as_the_owner_says() {
    let set = json!({"statuses": {"Booked": "confirmed", "cancelled": null}});
    let status = |name: &str| {
        let said = read(Adapter::Easyappointments, &sample(name), &set, None).unwrap();
        let Meaning::Booking(says) = said.meaning else {
            panic!("{said:?}")
        };
        says.status
    };
    assert_eq!(
        status("easyappointments-webhook-appointment_save").as_deref(),
        Some("confirmed")
    );
    assert_eq!(
        status("easyappointments-webhook-appointment_delete"),
        None,
        "null leaves the status alone"
    );
}
