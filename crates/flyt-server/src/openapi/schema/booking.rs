//! Bookings and payments, and the references in them.

use super::Need::{Maybe, Once};
use super::customer::{consents, opt_outs};
use super::{
    amount, answer, catalogue, email, external_id, free, id, instant, life, line, list, list_of, or, or_null,
    phone, reference, request, revision, string, text, told, whole, with_warnings, words_of,
};
use flyt_core::booking::{Automations, Source};
use flyt_core::catalogue::ResourceKind;
use flyt_core::limits;
use flyt_core::payment::PaymentStatus;
use flyt_core::status::StatusKind;
use serde_json::{Value, json};

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut create = vec![("external_id", or_null(external_id()))];
    create.extend(fields());
    let required = ["customer", "service", "start"];
    let mut all: Vec<(String, Value)> = [
        ("Booking", with_warnings(answer(&shown()))),
        ("BookedExtra", booked_extra()),
        ("BookingCreate", request(&required, &create)),
        ("BookingPut", request(&required, &fields())),
        ("BookingPatch", request(&[], &create)),
    ]
    .into_iter()
    .chain(references())
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect();
    all.extend(payment());
    all
}

/// What is sent.
pub(super) fn fields() -> Vec<(&'static str, Value)> {
    let about = "With offset, or without for the time at the location. In a PATCH it moves `end` with it.";
    let start = json!({"type": "string", "format": "date-time", "description": about,
        "examples": ["2026-10-25T10:00:00+01:00", "2026-10-25T10:00:00"]});
    let end = "Not before `start`. It may be left out when the service has a duration.";
    let end = json!({"type": ["string", "null"], "format": "date-time", "description": end});
    let automations =
        "`on`: workflows see it. `timed`: this write fires nothing, but timers are planned. `off`: nothing.";
    vec![
        ("customer", reference("BookingCustomer")),
        ("service", reference("BookingService")),
        ("location", or_null(reference("BookingLocation"))),
        ("resource", or_null(reference("BookingResource"))),
        (
            "extras",
            or_null(list(reference("BookingExtra"), limits::LIST_ITEMS)),
        ),
        ("status", or(status(), json!("approved"))),
        ("start", start),
        ("end", end),
        (
            "language",
            told(
                or_null(reference("Language")),
                "Of its texts; left out: the customer's.",
            ),
        ),
        ("price", or_null(reference("Money"))),
        ("notes", or_null(text())),
        ("answers", or_null(free())),
        ("url", told(or_null(line()), "Where staff open it.")),
        ("source", or(words_of!(Source), json!("api"))),
        (
            "automations",
            or(told(words_of!(Automations), automations), json!("on")),
        ),
    ]
}

fn status() -> Value {
    json!({"type": "string", "format": "status-key", "pattern": "^[a-z][a-z0-9_-]{0,39}$", "examples": ["approved"],
        "description": "The key of a status of the business."})
}

/// What a booking may name. What is missing is made in the same transaction; what exists is not changed by it.
fn references() -> Vec<(&'static str, Value)> {
    let customer = [
        ("id", id("cus")),
        ("external_id", external_id()),
        ("first_name", or_null(line())),
        ("last_name", or_null(line())),
        (
            "email",
            told(
                or_null(email()),
                "One that cannot be used is kept, not used, and warned of.",
            ),
        ),
        ("phone", or_null(phone())),
        ("language", or_null(reference("Language"))),
        ("time_zone", or_null(reference("TimeZone"))),
        ("tags", or_null(list(line(), limits::LIST_ITEMS))),
        ("fields", or_null(free())),
        ("consents", told(consents(), "For a new customer only.")),
        ("opt_outs", told(opt_outs(), "For a new customer only.")),
    ];
    let mut customer = told(
        request(&[], &customer),
        "Who booked. An existing customer takes the contact fields sent; without `id` and `external_id` the e-mail decides, \
         if exactly one has it.",
    );
    if let Some(map) = customer.as_object_mut() {
        let one = ["id", "external_id", "first_name", "last_name", "email", "phone"];
        let filled = |name: &&str| json!({"required": [name], "properties": {*name: {"type": "string", "minLength": 1}}});
        map.insert("anyOf".to_owned(), one.iter().map(filled).collect());
    }
    let price = || ("price", or_null(reference("Money")));
    let service = [
        ("names", or_null(catalogue::names())),
        ("category", or_null(line())),
        ("duration_minutes", or_null(catalogue::minutes())),
        price(),
    ];
    let location = [
        ("address", or_null(line())),
        ("phone", or_null(phone())),
        ("email", or_null(email())),
        ("time_zone", or_null(reference("TimeZone"))),
    ];
    let resource = [
        ("kind", or_null(words_of!(ResourceKind))),
        ("email", or_null(email())),
        ("phone", or_null(phone())),
    ];
    let extra = [
        ("names", or_null(catalogue::names())),
        ("quantity", or(whole(1, 10_000), json!(1))),
        price(),
    ];
    vec![
        ("BookingCustomer", customer),
        ("BookingService", pointer("svc", &service)),
        ("BookingLocation", pointer("loc", &location)),
        ("BookingResource", pointer("rsc", &resource)),
        ("BookingExtra", pointer("ext", &extra)),
    ]
}

/// An `id`, or an `external_id` with what makes it if it is missing.
fn pointer(prefix: &str, more: &[(&'static str, Value)]) -> Value {
    let own = [
        ("id", id(prefix)),
        ("external_id", external_id()),
        (
            "name",
            told(line(), "Needed where nothing has this `external_id` yet."),
        ),
    ];
    let fields: Vec<(&str, Value)> = own.into_iter().chain(more.iter().cloned()).collect();
    let mut object = request(&[], &fields);
    if let Some(map) = object.as_object_mut() {
        map.insert(
            "anyOf".to_owned(),
            json!([{"required": ["id"]}, {"required": ["external_id"]}]),
        );
    }
    object
}

fn booked_extra() -> Value {
    answer(&[
        ("id", id("ext")),
        ("external_id", or_null(string())),
        ("name", string()),
        ("quantity", json!({"type": "integer", "minimum": 1})),
        ("price", or_null(reference("Money"))),
    ])
}

/// What is shown.
fn shown() -> Vec<(&'static str, Value)> {
    let money = || or_null(reference("Money"));
    vec![
        ("id", id("bkg")),
        ("external_id", or_null(string())),
        ("reference", told(string(), "Short, for people.")),
        ("revision", revision()),
        (
            "customer",
            told(
                or_null(reference("Customer")),
                "`null` once the customer was erased.",
            ),
        ),
        ("service", reference("Service")),
        ("location", or_null(reference("Location"))),
        ("resource", or_null(reference("Resource"))),
        ("extras", list_of(reference("BookedExtra"))),
        ("status", status()),
        ("status_kind", words_of!(StatusKind)),
        ("start", instant()),
        ("end", instant()),
        ("language", or_null(reference("Language"))),
        ("price", money()),
        ("paid", told(money(), "The sum of completed payments.")),
        ("due", told(money(), "What is left to pay.")),
        ("notes", or_null(string())),
        ("answers", free()),
        ("url", or_null(string())),
        ("source", words_of!(Source)),
        ("automations", words_of!(Automations)),
        ("customer_confirmed_at", or_null(instant())),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

fn payment() -> Vec<(String, Value)> {
    let mut which = request(&[], &[("id", id("bkg")), ("external_id", external_id())]);
    if let Some(map) = which.as_object_mut() {
        map.insert(
            "anyOf".to_owned(),
            json!([{"required": ["id"]}, {"required": ["external_id"]}]),
        );
    }
    let balance = "Left out with `method: manual`: what is left to pay.";
    let state = "Left out: `completed` with `method: manual`, else `pending`.";
    let currency = "Left out: that of the booking's price, else of the business.";
    let mut all = life(
        "Payment",
        "pay",
        false,
        &[
            ("booking", Once, which, answer(&[("id", id("bkg"))])),
            ("amount", Maybe, told(amount(), balance), amount()),
            (
                "currency",
                Maybe,
                told(reference("Currency"), currency),
                reference("Currency"),
            ),
            ("method", Maybe, line(), or_null(string())),
            (
                "status",
                Maybe,
                told(words_of!(PaymentStatus), state),
                words_of!(PaymentStatus),
            ),
        ],
    );
    if let Some((_, payment)) = all.first_mut() {
        if let Some(fields) = payment.get_mut("properties").and_then(Value::as_object_mut) {
            fields.insert("completed_at".to_owned(), or_null(instant()));
        }
        if let Some(required) = payment.get_mut("required").and_then(Value::as_array_mut) {
            required.push(json!("completed_at"));
        }
    }
    all
}
