//! A booking that exists nowhere, for checks on save and for previews before there is a real one (`templates.md` §3).

use crate::booking::{Automations, BookedExtra, Booking, Source};
use crate::business::{Branding, Business, Mode, Settings};
use crate::catalogue::{Entry, Extra, Location, Resource, ResourceKind, Service};
use crate::customer::{Contact, Customer};
use crate::facts::{BookingFacts, Facts, Previous};
use crate::id::{BookingId, BusinessId, CustomerId, ExtraId, LocationId, PaymentId, ResourceId, ServiceId};
use crate::language::Language;
use crate::money::{Currency, Money};
use crate::payment::{Payment, PaymentStatus};
use crate::render::Links;
use crate::status::{StatusKind, seeded};
use crate::trigger::ChangedField;
use crate::view;
use crate::zone::Zone;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// 2026-10-16 09:30 in Oslo.
const MADE: i64 = 1_792_135_800_000;
/// 2026-10-25 10:00 in Oslo.
const START: i64 = 1_792_918_800_000;

fn at(ms: i64) -> Timestamp {
    crate::instant::from_ms(ms)
}
#[expect(
    clippy::expect_used,
    reason = "a constant code; every test that uses the sample reads it"
)]
fn nok(amount: i64) -> Money {
    let currency = Currency::new("NOK").expect("NOK is a currency");
    Money { amount, currency }
}
#[expect(
    clippy::expect_used,
    reason = "a constant tag; every test that uses the sample reads it"
)]
fn language(tag: &str) -> Language {
    Language::new(tag).expect("a language tag")
}
fn entry<Id, T>(id: Id, external_id: &str, value: T) -> Entry<Id, T> {
    Entry {
        id,
        external_id: Some(external_id.to_owned()),
        revision: 1,
        created_at: at(MADE),
        updated_at: at(MADE),
        archived_at: None,
        value,
    }
}
#[expect(clippy::unnecessary_wraps, reason = "the sample fills optional fields")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Sample facts with everything that can be there, and sample links.
pub fn sample() -> (Facts, Links) {
    let facts = Facts {
        business: Arc::new(business()),
        statuses: Arc::new(seeded()),
        customer: Some(customer()),
        booking: Some(booking()),
        payment: Some(payment()),
        previous: Some(previous()),
        changes: vec![ChangedField::Start, ChangedField::End, ChangedField::Location],
        visit_number: Some(3),
        has_later_booking: Some(false),
        steps: BTreeMap::new(),
    };
    let names = ["manage", "confirm", "cancel", "reschedule", "unsubscribe", "ics"];
    let link = "https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd".to_owned();
    let links = names.into_iter().map(|n| (n.to_owned(), link.clone())).collect();
    (facts, links)
}

fn business() -> Business {
    let links = [
        ("rebook", "bestill"),
        ("rate", "vurder"),
        ("pay", "betal/{{ booking.reference }}"),
        ("form", "skjema"),
    ];
    let settings = Settings {
        name: "Fjord Frisør".to_owned(),
        phone: some("+4722000001"),
        email: some("post@fjordfrisor.no"),
        website: some("https://fjordfrisor.no"),
        address: some("Storgata 1, 0155 Oslo"),
        time_zone: Zone::new("Europe/Oslo").unwrap_or_else(Zone::utc),
        default_language: language("nb"),
        languages: vec![language("nb"), language("en")],
        currency: nok(0).currency,
        country: "NO".to_owned(),
        admins: vec!["eier@fjordfrisor.no".to_owned()],
        branding: Branding {
            logo_url: some("https://fjordfrisor.no/logo.png"),
            ..Branding::default()
        },
        links: links
            .into_iter()
            .map(|(k, v)| (k.to_owned(), format!("https://fjordfrisor.no/{v}")))
            .collect(),
        senders: BTreeMap::new(),
        quiet_hours: BTreeMap::new(),
        per_recipient_and_booking_per_hour: Some(10),
        mode: Mode::Live,
    };
    Business {
        no: 1,
        id: BusinessId(1),
        slug: "fjord".to_owned(),
        revision: 1,
        epoch: 1,
        created_at: at(MADE),
        updated_at: at(MADE),
        settings,
    }
}

fn customer() -> Customer {
    let contact = Contact {
        first_name: some("Kari"),
        last_name: some("Nordmann"),
        email: some("kari@example.no"),
        phone: some("+4790000001"),
        language: Some(language("nb")),
        time_zone: Zone::new("Europe/Oslo"),
        tags: vec!["vip".to_owned()],
        fields: BTreeMap::from([("shoe_size".to_owned(), 39.into())]),
        ..Contact::default()
    };
    Customer {
        id: CustomerId(1),
        external_id: some("C-7"),
        revision: 1,
        created_at: at(MADE),
        updated_at: at(MADE),
        contact,
    }
}

fn service(id: i64, external_id: &str, name: &str) -> crate::catalogue::ServiceEntry {
    let service = Service {
        name: name.to_owned(),
        names: BTreeMap::new(),
        category: some("Klipp"),
        duration_minutes: Some(45),
        price: Some(nok(69_000)),
    };
    entry(ServiceId(id), external_id, service)
}
fn location(id: i64, external_id: &str, name: &str, address: &str) -> crate::catalogue::LocationEntry {
    let location = Location {
        name: name.to_owned(),
        address: some(address),
        phone: some("+4722000001"),
        email: some("oslo@fjordfrisor.no"),
        time_zone: None,
    };
    entry(LocationId(id), external_id, location)
}
fn resource(id: i64, external_id: &str, name: &str) -> crate::catalogue::ResourceEntry {
    let resource = Resource {
        name: name.to_owned(),
        kind: ResourceKind::Person,
        email: some("anne@fjordfrisor.no"),
        phone: some("+4790000002"),
    };
    entry(ResourceId(id), external_id, resource)
}
fn extra(id: i64, external_id: &str, name: &str) -> crate::catalogue::ExtraEntry {
    let extra = Extra {
        name: name.to_owned(),
        names: BTreeMap::new(),
        price: Some(nok(15_000)),
    };
    entry(ExtraId(id), external_id, extra)
}

fn booking() -> BookingFacts {
    let line = |id, quantity| BookedExtra {
        id: ExtraId(id),
        quantity,
        price: Some(nok(15_000)),
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
        extras: vec![line(1, 1), line(2, 2)],
        status: "approved".to_owned(),
        status_kind: StatusKind::Active,
        start: at(START),
        end: at(START + 45 * 60_000),
        language: Some(language("nb")),
        price: Some(nok(69_000)),
        paid: 20_000,
        paid_currency: None,
        notes: some("Kommer med barnevogn"),
        answers: BTreeMap::from([("allergies".to_owned(), "nøtter".into())]),
        url: some("https://bestill.example.no/b/1001"),
        source: Source::Customer,
        automations: Automations::On,
        customer_confirmed_at: None,
        created_at: at(MADE),
        updated_at: at(MADE),
    };
    BookingFacts {
        booking,
        service: service(1, "haircut", "Dameklipp"),
        location: Some(location(1, "oslo", "Oslo", "Storgata 1, Oslo")),
        resource: Some(resource(1, "anne", "Anne")),
        extras: vec![extra(1, "wash", "Vask"), extra(2, "colour", "Fargeprøve")],
    }
}

fn payment() -> Payment {
    Payment {
        id: PaymentId(1),
        external_id: some("P-1"),
        booking_id: BookingId(1),
        revision: 1,
        money: nok(49_000),
        method: some("Vipps"),
        status: PaymentStatus::Completed,
        completed_at: Some(at(START - 5 * 86_400_000 + 3_600_000)),
        created_at: at(MADE),
        updated_at: at(MADE),
    }
}

fn previous() -> Previous {
    let start = START - 25 * 3_600_000 - 3_600_000;
    Previous {
        start: at(start),
        end: at(start + 45 * 60_000),
        status: "pending".to_owned(),
        status_kind: StatusKind::Open,
        location: Some(view::location(&location(
            2,
            "bergen",
            "Bergen",
            "Torget 1, Bergen",
        ))),
        service: view::service(&service(2, "mens", "Herreklipp")),
        resource: Some(view::resource(&resource(2, "bjorn", "Bjørn"))),
        extras: None,
    }
}
