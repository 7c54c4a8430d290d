//! A salon, its booking, and the triggers and actions of the tests.

use flyt_core::action::{Act, Action, Delivery, OnUnknown, QuietRule, Recipient, Wait, WebhookBody};
use flyt_core::booking::{Automations, Booking, Source};
use flyt_core::business::{Branding, Business, Mode, QuietHours, Settings};
use flyt_core::catalogue::{Entry, Location, Service};
use flyt_core::customer::{Channel, Contact, Customer, Purpose};
use flyt_core::due::{Due, due};
use flyt_core::facts::{BookingFacts, Facts};
use flyt_core::id::{BookingId, BusinessId, CustomerId, LocationId, ServiceId, TriggerId};
use flyt_core::language::Language;
use flyt_core::money::Currency;
use flyt_core::reason::Reason;
use flyt_core::status::{StatusKind, seeded};
use flyt_core::trigger::{Direction, Late, MaxLateness, Offset, OffsetUnit, Timed, Trigger, When};
use flyt_core::zone::Zone;
use jiff::Timestamp;
use jiff::civil::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const OSLO: &str = "Europe/Oslo";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
/// The instant of a wall time such as `2026-03-29 10:00` that is neither skipped nor doubled.
pub(crate) fn local(zone: &str, text: &str) -> Timestamp {
    let wall: jiff::civil::DateTime = text.replace(' ', "T").parse().expect("a wall time");
    let rules = Zone::new(zone).expect("a zone").rules();
    rules
        .to_ambiguous_timestamp(wall)
        .unambiguous()
        .expect("one instant")
}
pub(crate) fn time(text: &str) -> Time {
    text.parse().expect("a time")
}

fn business(zone: &str) -> Business {
    let nb = Language::new("nb").expect("a language");
    Business {
        no: 1,
        id: BusinessId(1),
        slug: "salong".to_owned(),
        revision: 1,
        epoch: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        settings: Settings {
            name: "Salong".to_owned(),
            phone: None,
            email: None,
            website: None,
            address: None,
            time_zone: Zone::new(zone).expect("a zone"),
            languages: vec![nb.clone()],
            default_language: nb,
            currency: Currency::new("NOK").expect("a currency"),
            country: "NO".to_owned(),
            admins: vec!["admin@example.no".to_owned()],
            branding: Branding::default(),
            links: BTreeMap::new(),
            senders: BTreeMap::new(),
            quiet_hours: BTreeMap::new(),
            per_recipient_and_booking_per_hour: Some(10),
            mode: Mode::Live,
        },
    }
}

pub(crate) fn entry<Id, T>(id: Id, value: T) -> Entry<Id, T> {
    Entry {
        id,
        external_id: None,
        revision: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        archived_at: None,
        value,
    }
}

pub(crate) fn booking(start: Timestamp, end: Timestamp) -> BookingFacts {
    let service = Service {
        name: "Klipp".to_owned(),
        names: BTreeMap::new(),
        category: None,
        duration_minutes: Some(45),
        price: None,
    };
    BookingFacts {
        booking: Booking {
            id: BookingId(1),
            external_id: None,
            reference: "AB12".to_owned(),
            revision: 1,
            customer_id: CustomerId(1),
            service_id: ServiceId(1),
            location_id: None,
            resource_id: None,
            extras: Vec::new(),
            status: "approved".to_owned(),
            status_kind: StatusKind::Active,
            start,
            end,
            language: None,
            price: None,
            paid: 0,
            paid_currency: None,
            notes: None,
            answers: BTreeMap::new(),
            url: None,
            source: Source::Api,
            automations: Automations::On,
            customer_confirmed_at: None,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        },
        service: entry(ServiceId(1), service),
        location: None,
        resource: None,
        extras: Vec::new(),
    }
}

/// A booking of a business in `zone` that starts and ends at these instants.
pub(crate) fn facts(zone: &str, start: Timestamp, end: Timestamp) -> Facts {
    let customer = Customer {
        id: CustomerId(1),
        external_id: None,
        revision: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        contact: Contact::default(),
    };
    Facts {
        business: Arc::new(business(zone)),
        statuses: Arc::new(seeded()),
        customer: Some(customer),
        booking: Some(booking(start, end)),
        payment: None,
        previous: None,
        changes: Vec::new(),
        visit_number: None,
        has_later_booking: None,
        steps: BTreeMap::new(),
    }
}
/// A branch with a zone of its own.
pub(crate) fn branch(id: i64, zone: Option<&str>) -> Entry<LocationId, Location> {
    let location = Location {
        name: "Filial".to_owned(),
        address: Some("Storgata 1".to_owned()),
        phone: None,
        email: None,
        time_zone: zone.map(|z| Zone::new(z).expect("a zone")),
    };
    entry(LocationId(id), location)
}
pub(crate) fn set_quiet(facts: &mut Facts, channel: Channel, from: &str, to: &str) {
    let hours = QuietHours {
        from: time(from),
        to: time(to),
    };
    let business = Arc::make_mut(&mut facts.business);
    business.settings.quiet_hours.insert(channel, hours);
}
pub(crate) fn set_customer_zone(facts: &mut Facts, zone: &str) {
    let customer = facts.customer.as_mut().expect("a customer");
    customer.contact.time_zone = Zone::new(zone);
}

fn timed(amount: i64, unit: OffsetUnit, direction: Direction, pinned: Option<&str>) -> Timed {
    Timed {
        offset: Offset {
            amount,
            unit,
            direction,
            at: pinned.map(time),
            working_days: false,
        },
        late: Late::Skip,
        max_lateness: MaxLateness::Default,
    }
}
pub(crate) fn trigger(when: When) -> Trigger {
    Trigger {
        id: TriggerId(1),
        no: 1,
        when,
    }
}
pub(crate) fn before_start(amount: i64, unit: OffsetUnit) -> Trigger {
    trigger(When::BookingStarts(timed(amount, unit, Direction::Before, None)))
}
pub(crate) fn after_end(amount: i64, unit: OffsetUnit) -> Trigger {
    trigger(When::BookingEnds(timed(amount, unit, Direction::After, None)))
}
pub(crate) fn pinned_before_start(days: i64, pinned: &str) -> Trigger {
    trigger(When::BookingStarts(timed(
        days,
        OffsetUnit::Days,
        Direction::Before,
        Some(pinned),
    )))
}
/// The settings of a timed trigger, to change them.
pub(crate) fn settings(trigger: &mut Trigger) -> &mut Timed {
    match &mut trigger.when {
        When::BookingStarts(timed) | When::BookingEnds(timed) => timed,
        When::CustomerCreated
        | When::BookingCreated
        | When::BookingChanged { .. }
        | When::StatusChanged { .. }
        | When::PaymentCompleted { .. } => panic!("not timed"),
    }
}

fn delivery(quiet_hours: Option<QuietRule>) -> Delivery {
    Delivery {
        purpose: Purpose::Service,
        quiet_hours,
        on_unknown: OnUnknown::Retry,
    }
}
fn action(act: Act) -> Action {
    Action {
        name: None,
        enabled: true,
        condition: None,
        act,
    }
}
pub(crate) fn sms(to: &[Recipient]) -> Action {
    sms_with(to, None)
}
pub(crate) fn sms_with(to: &[Recipient], quiet_hours: Option<QuietRule>) -> Action {
    action(Act::Sms {
        to: to.to_vec(),
        content: BTreeMap::new(),
        sender: None,
        max_segments: None,
        delivery: delivery(quiet_hours),
    })
}
pub(crate) fn email(to: &[Recipient]) -> Action {
    action(Act::Email {
        to: to.to_vec(),
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: None,
        sender: None,
        content: BTreeMap::new(),
        attachments: Vec::new(),
        delivery: delivery(None),
    })
}
pub(crate) fn webhook() -> Action {
    action(Act::Webhook {
        method: "POST".to_owned(),
        url: "https://example.no/hook".to_owned(),
        headers: BTreeMap::new(),
        body: WebhookBody::Envelope,
        signing: true,
        success_codes: vec!["2xx".to_owned()],
        store: BTreeMap::new(),
        delivery: delivery(None),
    })
}
pub(crate) fn wait() -> Action {
    action(Act::Wait {
        wait: Wait::Duration { days: 0, ms: 60_000 },
    })
}

/// The due instants of one e-mail, with nothing quiet: what fires, or why not.
pub(crate) fn fires(trigger: &Trigger, facts: &Facts) -> Result<Timestamp, Reason> {
    let due = plan(
        trigger,
        &[email(&[Recipient::Customer])],
        facts,
        Timestamp::UNIX_EPOCH,
    )?;
    assert_eq!(due.groups.len(), 1, "one e-mail leaves once");
    assert_eq!(due.groups[0].at, due.nominal);
    Ok(due.nominal)
}
pub(crate) fn plan(
    trigger: &Trigger,
    actions: &[Action],
    facts: &Facts,
    planned_at: Timestamp,
) -> Result<Due, Reason> {
    due(trigger, actions, facts, planned_at)
}
