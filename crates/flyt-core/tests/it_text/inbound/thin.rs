//! Deliveries that say little more than an id: what is missing, where the rest is, and what it completes.

use super::{acceptable, read, sample, sample_value};
use flyt_core::inbound::{Adapter, BookingSays, Meaning, Sameness};
use serde_json::{Value, json};

fn completed(adapter: Adapter, body: &[u8], set: &Value, fetched: &Value) -> BookingSays {
    let said = read(adapter, body, set, Some(fetched)).unwrap();
    assert_eq!(said.thin, None, "nothing is missing any more");
    let Meaning::Booking(says) = said.meaning else {
        panic!("{said:?}")
    };
    acceptable(says.body.as_ref().unwrap());
    *says
}
fn form() -> Vec<u8> {
    sample_value("acuity-webhook-appointment.scheduled-form")["_raw_body"]
        .as_str()
        .unwrap()
        .as_bytes()
        .to_vec()
}

#[test]
fn a_form_of_acuity_says_look_and_the_appointment_says_the_rest() {
    let said = read(Adapter::Acuity, &form(), &json!({"user_id": "17"}), None).unwrap();
    let thin = said.thin.unwrap();
    assert_eq!(
        said.sameness,
        Sameness::Never,
        "the same form comes for every change"
    );
    assert_eq!(
        (thin.enough, thin.missing),
        (false, vec!["start", "service", "customer"])
    );
    let fetch = thin.fetch.unwrap();
    assert_eq!(
        fetch.url,
        "https://acuityscheduling.com/api/v1/appointments/54321"
    );
    assert_eq!(
        fetch.with_token("key"),
        [("authorization".to_owned(), "Basic MTc6a2V5".to_owned())]
    );

    let set = json!({"currency": "NOK"});
    let says = completed(
        Adapter::Acuity,
        &form(),
        &set,
        &sample_value("acuity-rest-appointment"),
    );
    let body = says.body.unwrap();
    assert_eq!(body["start"], "2013-07-02T17:15:00Z", "an offset without a colon");
    assert_eq!(body["end"], "2013-07-02T18:15:00Z");
    assert_eq!(body["price"], json!({"amount": 1000, "currency": "NOK"}));
    assert_eq!(body["answers"]["Is this your first visit?"], "yes");
    assert_eq!(says.payment, None, "nothing has been paid");
}

#[test]
fn a_cancelled_appointment_of_acuity_needs_no_fetching() {
    let said = read(Adapter::Acuity, b"action=canceled&id=54321", &json!({}), None).unwrap();
    assert_eq!(said.thin, None);
    let Meaning::Booking(says) = said.meaning else {
        panic!("{said:?}")
    };
    assert_eq!(
        (says.external_id.as_str(), says.status.as_deref()),
        ("acuity:54321", Some("cancelled"))
    );
    let mut gone = sample_value("acuity-rest-appointment");
    gone["canceled"] = json!(true);
    assert_eq!(
        completed(Adapter::Acuity, &form(), &json!({}), &gone)
            .status
            .as_deref(),
        Some("cancelled")
    );
    gone["noShow"] = json!(true);
    assert_eq!(
        completed(Adapter::Acuity, &form(), &json!({}), &gone)
            .status
            .as_deref(),
        Some("no_show")
    );
}

#[test]
fn a_customer_of_square_is_fetched_by_id() {
    let body = sample("square-booking.created");
    let set = json!({"base_url": "http://127.0.0.1:9/"});
    let thin = read(Adapter::Square, &body, &set, None).unwrap().thin.unwrap();
    let fetch = thin.fetch.unwrap();
    assert_eq!(
        fetch.url,
        "http://127.0.0.1:9/v2/customers/SSKBT02ECWZXK6W3VWYC78E52R"
    );
    assert_eq!(
        thin.customer.as_deref(),
        Some("square:SSKBT02ECWZXK6W3VWYC78E52R")
    );
    let says = completed(
        Adapter::Square,
        &body,
        &set,
        &sample_value("square-retrieve-customer-response"),
    );
    let customer = &says.body.unwrap()["customer"];
    assert_eq!(customer["email"], "Amelia.Earhart@example.com");
    assert_eq!(
        customer["external_id"], "square:SSKBT02ECWZXK6W3VWYC78E52R",
        "the booking says whose it is"
    );
}

#[test]
fn a_person_of_makeplans_is_fetched_where_the_account_is() {
    let body = sample("makeplans-booking.confirmed");
    assert_eq!(
        read(Adapter::Makeplans, &body, &json!({}), None)
            .unwrap()
            .thin
            .unwrap()
            .fetch,
        None
    );
    let set = json!({"base_url": "https://salong.example.no/api/v1"});
    let fetch = read(Adapter::Makeplans, &body, &set, None)
        .unwrap()
        .thin
        .unwrap()
        .fetch
        .unwrap();
    assert_eq!(fetch.url, "https://salong.example.no/api/v1/people/1");
    let person =
        json!({"person": {"id": 1, "name": "Kari Nordmann", "email": "kari@example.no", "phone_number": ""}});
    let customer = completed(Adapter::Makeplans, &body, &set, &person).body.unwrap()["customer"].clone();
    assert_eq!(
        (&customer["last_name"], &customer["email"]),
        (&json!("Nordmann"), &json!("kari@example.no"))
    );
}

#[test]
fn a_customer_of_easy_appointments_is_fetched_where_it_is_installed() {
    let body = sample("easyappointments-webhook-appointment_save");
    let set = json!({"base_url": "https://timer.example.no", "time_zone": "Europe/Oslo"});
    let fetch = read(Adapter::Easyappointments, &body, &set, None)
        .unwrap()
        .thin
        .unwrap()
        .fetch
        .unwrap();
    assert_eq!(fetch.url, "https://timer.example.no/index.php/api/v1/customers/5");
    let says = completed(
        Adapter::Easyappointments,
        &body,
        &set,
        &sample_value("easyappointments-rest-customerrecord"),
    );
    let customer = &says.body.unwrap()["customer"];
    assert_eq!(
        (&customer["language"], &customer["email"]),
        (&json!("en"), &json!("steve@example.org"))
    );
}

#[test]
fn an_invitee_without_a_time_gets_it_from_the_event() {
    let body = sample("calendly-invitee.created-asyncapi");
    let said = read(Adapter::Calendly, &body, &json!({}), None).unwrap();
    let thin = said.thin.unwrap();
    assert_eq!(
        thin.fetch.unwrap().url,
        "https://api.calendly.com/scheduled_events/evt123"
    );
    let event = json!({"resource": {"name": "Intro", "start_time": "2024-02-01T10:00:00.000000Z", "end_time": "2024-02-01T10:30:00.000000Z"}});
    let says = completed(Adapter::Calendly, &body, &json!({}), &event);
    assert_eq!(says.body.unwrap()["start"], "2024-02-01T10:00:00Z");
}

#[test]
fn an_address_to_fetch_is_never_the_senders() {
    let mut body = sample_value("calendly-invitee.created-asyncapi");
    for event in [
        "https://evil.example/scheduled_events/x?y",
        "https://api.calendly.com/../users",
        "x y",
    ] {
        body["payload"]["event"] = json!(event);
        let thin = read(Adapter::Calendly, body.to_string().as_bytes(), &json!({}), None)
            .unwrap()
            .thin
            .unwrap();
        let url = thin.fetch.map(|f| f.url).unwrap_or_default();
        assert!(
            url.is_empty() || url == "https://api.calendly.com/scheduled_events/users",
            "{url}"
        );
    }
}
