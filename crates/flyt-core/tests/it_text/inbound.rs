//! What every published sample of the inbound adapters means, and what each adapter does with what is not one.

mod generic;
mod hostile;
mod samples;
mod signatures;
mod thin;

use flyt_core::inbound::{self, Adapter, BookingSays, Delivery, Meaning, Said, Settings, Unreadable};
use flyt_core::invalid::Faults;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it_text/inbound/fixtures"
    ));
    std::fs::read(folder.join(format!("{name}.json"))).unwrap_or_else(|e| panic!("{name}: {e}"))
}
pub(crate) fn sample_value(name: &str) -> Value {
    serde_json::from_slice(&sample(name)).unwrap()
}
pub(crate) fn settings(adapter: Adapter, value: &Value) -> Settings {
    let mut faults = Faults::default();
    let read = Settings::read(value, "/settings", adapter, &mut faults);
    assert_eq!(faults.errors, vec![], "{value}");
    read
}
pub(crate) fn read(
    adapter: Adapter,
    body: &[u8],
    set: &Value,
    fetched: Option<&Value>,
) -> Result<Said, Unreadable> {
    let delivery = Delivery { headers: &[], body };
    inbound::read(adapter, &delivery, &settings(adapter, set), fetched)
}
pub(crate) fn says(adapter: Adapter, name: &str) -> (Said, BookingSays) {
    let said = read(adapter, &sample(name), &json!({}), None).unwrap_or_else(|e| panic!("{name}: {e}"));
    let Meaning::Booking(says) = said.meaning.clone() else {
        panic!("{name} says nothing of a booking: {said:?}");
    };
    (said, *says)
}
/// The body must be one that the API takes.
pub(crate) fn acceptable(body: &Value) {
    let mut faults = Faults {
        lenient: true,
        ..Faults::default()
    };
    let read = flyt_core::booking_body::BookingBody::read(body, "NO", &mut faults).unwrap();
    read.require_for_new(&mut faults);
    assert_eq!(faults.errors, vec![], "{body}");
}
