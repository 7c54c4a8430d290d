//! Customers.

use super::Need::Maybe;
use super::{
    acts, answer, email, free, id, instant, life, line, list, list_of, or_null, phone, reference, request,
    string, told, words_of,
};
use flyt_core::customer::{Channel, Purpose};
use flyt_core::limits;
use serde_json::Value;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut all = life(
        "Customer",
        "cus",
        false,
        &[
            ("first_name", Maybe, line(), or_null(string())),
            ("last_name", Maybe, line(), or_null(string())),
            ("email", Maybe, email(), or_null(string())),
            ("phone", Maybe, phone(), or_null(string())),
            (
                "language",
                Maybe,
                reference("Language"),
                or_null(reference("Language")),
            ),
            (
                "time_zone",
                Maybe,
                reference("TimeZone"),
                or_null(reference("TimeZone")),
            ),
            ("tags", Maybe, list(line(), limits::LIST_ITEMS), list_of(string())),
            ("fields", Maybe, free(), free()),
            ("consents", Maybe, consents(), list_of(consent_shown())),
            ("opt_outs", Maybe, opt_outs(), list_of(opt_out_shown())),
        ],
    );
    all.push(("CustomerExport".to_owned(), export()));
    all.push((
        "Consent".to_owned(),
        told(
            request(
                &["channel", "purpose", "given_at"],
                &[
                    ("channel", words_of!(Channel)),
                    ("purpose", words_of!(Purpose)),
                    ("given_at", instant()),
                    ("source", or_null(line())),
                ],
            ),
            "A recorded permission. Marketing needs one.",
        ),
    ));
    all.push((
        "OptOut".to_owned(),
        told(
            request(
                &["channel", "at"],
                &[
                    ("channel", words_of!(Channel)),
                    ("purpose", or_null(words_of!(Purpose))),
                    ("at", instant()),
                ],
            ),
            "A recorded refusal; without `purpose` it is for all.",
        ),
    ));
    all
}

/// Everything that is kept about a person.
fn export() -> Value {
    let booking = answer(&[
        ("id", id("bkg")),
        (
            "booking",
            told(or_null(reference("Booking")), "`null`: it has been deleted."),
        ),
        ("payments", list_of(reference("Payment"))),
        ("messages", list_of(reference("Message"))),
        ("timeline", list_of(reference("TimelineEntry"))),
    ]);
    answer(&[
        ("exported_at", instant()),
        ("customer", reference("Customer")),
        ("bookings", list_of(booking)),
        (
            "messages",
            told(list_of(reference("Message")), "Those about no booking."),
        ),
        ("suppressions", list_of(answer(&acts::suppressed()))),
    ])
}

pub(super) fn consents() -> Value {
    list(reference("Consent"), limits::LIST_ITEMS)
}
pub(super) fn opt_outs() -> Value {
    list(reference("OptOut"), limits::LIST_ITEMS)
}
fn consent_shown() -> Value {
    answer(&[
        ("channel", words_of!(Channel)),
        ("purpose", words_of!(Purpose)),
        ("given_at", instant()),
        ("source", or_null(string())),
    ])
}
fn opt_out_shown() -> Value {
    answer(&[
        ("channel", words_of!(Channel)),
        ("purpose", or_null(words_of!(Purpose))),
        ("at", instant()),
    ])
}
