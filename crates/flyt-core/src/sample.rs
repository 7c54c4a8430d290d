//! A sample booking: what previews are filled with where the business has none to show.

use crate::booking::{Automations, Booking, Source};
use crate::business::Business;
use crate::catalogue::{Entry, Location, Resource, ResourceKind, Service};
use crate::customer::{Contact, Customer};
use crate::facts::{BookingFacts, Facts, Previous};
use crate::id::{BookingId, CustomerId, LocationId, PaymentId, ResourceId, ServiceId};
use crate::instant::plus_ms;
use crate::money::Money;
use crate::payment::{Payment, PaymentStatus};
use crate::status::{Status, StatusKind};
use crate::trigger::ChangedField;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

const HOUR_MS: i64 = 3_600_000;

fn entry<Id, T>(id: Id, external_id: &str, now: Timestamp, value: T) -> Entry<Id, T> {
    Entry {
        id,
        external_id: Some(external_id.to_owned()),
        revision: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        value,
    }
}

#[expect(clippy::too_many_lines, reason = "it is one invented booking, written out")]
/// Facts about an invented booking of tomorrow, as any trigger could supply them.
pub fn facts(business: Arc<Business>, statuses: Arc<Vec<Status>>, now: Timestamp) -> Facts {
    let money = |amount| Money {
        amount,
        currency: business.settings.currency,
    };
    let start = plus_ms(now, 24 * HOUR_MS);
    let some = |text: &str| Some(text.to_owned());
    let location = Location {
        name: "Oslo".to_owned(),
        address: some("Storgata 1, Oslo"),
        phone: some("+4722000001"),
        email: None,
        time_zone: None,
    };
    let resource = Resource {
        name: "Anne".to_owned(),
        kind: ResourceKind::Person,
        email: some("anne@example.no"),
        phone: None,
    };
    let service = Service {
        name: "Dameklipp".to_owned(),
        names: BTreeMap::new(),
        category: some("Klipp"),
        duration_minutes: Some(45),
        price: Some(money(69_000)),
    };
    let booking = Booking {
        id: BookingId(1),
        external_id: some("B-1001"),
        reference: "F7K2Q".to_owned(),
        revision: 1,
        customer_id: CustomerId(1),
        service_id: ServiceId(1),
        location_id: Some(LocationId(1)),
        resource_id: Some(ResourceId(1)),
        extras: Vec::new(),
        status: "approved".to_owned(),
        status_kind: StatusKind::Active,
        start,
        end: plus_ms(start, HOUR_MS * 3 / 4),
        language: None,
        price: Some(money(69_000)),
        paid: 20_000,
        paid_currency: None,
        notes: None,
        answers: BTreeMap::new(),
        url: None,
        source: Source::Customer,
        automations: Automations::On,
        customer_confirmed_at: None,
        created_at: now,
        updated_at: now,
    };
    let contact = Contact {
        first_name: some("Kari"),
        last_name: some("Nordmann"),
        email: some("kari@example.no"),
        phone: some("+4790000001"),
        ..Contact::default()
    };
    let customer = Customer {
        id: CustomerId(1),
        external_id: some("C-7"),
        revision: 1,
        created_at: now,
        updated_at: now,
        contact,
    };
    let payment = Payment {
        id: PaymentId(1),
        external_id: None,
        booking_id: BookingId(1),
        revision: 1,
        money: money(20_000),
        method: some("Vipps"),
        status: PaymentStatus::Completed,
        completed_at: Some(now),
        created_at: now,
        updated_at: now,
    };
    let service = entry(ServiceId(1), "haircut", now, service);
    let previous = Previous {
        start: plus_ms(start, -HOUR_MS),
        end: plus_ms(start, -HOUR_MS / 4),
        status: "pending".to_owned(),
        status_kind: StatusKind::Open,
        location: None,
        service: crate::view::service(&service),
        resource: None,
        extras: None,
    };
    Facts {
        customer: Some(customer),
        booking: Some(BookingFacts {
            booking,
            service,
            location: Some(entry(LocationId(1), "oslo", now, location)),
            resource: Some(entry(ResourceId(1), "anne", now, resource)),
            extras: Vec::new(),
        }),
        payment: Some(payment),
        previous: Some(previous),
        changes: vec![ChangedField::Start],
        visit_number: Some(1),
        has_later_booking: Some(false),
        steps: BTreeMap::new(),
        business,
        statuses,
    }
}
