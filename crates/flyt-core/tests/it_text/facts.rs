//! Facts that the tests write from: the sample of the core, full and with everything optional taken away.

use flyt_core::facts::Facts;
use flyt_core::language::Language;
use flyt_core::render::{Links, Meta, Setting};
use flyt_core::template::{Context, Reader, RenderProblem, Slot, render, sample};
use flyt_core::workflow::Names;
use jiff::Timestamp;
use std::sync::Arc;

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}
pub(crate) fn language(tag: &str) -> Language {
    Language::new(tag).unwrap()
}
pub(crate) fn now() -> Timestamp {
    instant("2026-10-24T08:00:00Z")
}
pub(crate) fn names() -> Names {
    let statuses = [
        "pending",
        "approved",
        "cancelled",
        "rejected",
        "completed",
        "no_show",
    ];
    Names {
        statuses: statuses.into_iter().map(ToOwned::to_owned).collect(),
        languages: vec![language("nb"), language("en")],
        country: "NO".to_owned(),
        ..Names::default()
    }
}
/// The sample with stored values of a webhook called `lock`.
pub(crate) fn full() -> (Facts, Links) {
    let (mut facts, links) = sample();
    let stored = [("code".to_owned(), "4821".into())].into_iter().collect();
    facts.steps.insert("lock".to_owned(), stored);
    (facts, links)
}
/// The sample with every optional value empty.
pub(crate) fn bare() -> (Facts, Links) {
    let (mut facts, links) = full();
    let mut business = (*facts.business).clone();
    let s = &mut business.settings;
    (s.phone, s.email, s.website, s.address) = (None, None, None, None);
    s.branding.logo_url = None;
    s.links.clear();
    facts.business = Arc::new(business);
    let customer = facts.customer.as_mut().unwrap();
    customer.external_id = None;
    customer.contact = flyt_core::customer::Contact::default();
    let b = facts.booking.as_mut().unwrap();
    (b.location, b.resource) = (None, None);
    b.extras.clear();
    b.booking.extras.clear();
    (b.booking.location_id, b.booking.resource_id) = (None, None);
    (b.booking.price, b.booking.notes, b.booking.url) = (None, None, None);
    (b.booking.language, b.booking.external_id, b.booking.paid) = (None, None, 0);
    b.booking.answers.clear();
    b.service.external_id = None;
    (
        b.service.value.category,
        b.service.value.duration_minutes,
        b.service.value.price,
    ) = (None, None, None);
    facts.payment.as_mut().unwrap().method = None;
    let previous = facts.previous.as_mut().unwrap();
    (previous.location, previous.resource) = (None, None);
    (facts, links)
}
pub(crate) fn meta() -> Meta {
    Meta {
        event_id: "evt_1".to_owned(),
        event_word: "booking.created".to_owned(),
        event_at: now(),
        workflow_id: "wfl_1".to_owned(),
        workflow_name: "Test".to_owned(),
        run_id: "run_1".to_owned(),
    }
}
pub(crate) fn setting<'a>(facts: &'a Facts, links: &'a Links, meta: &'a Meta) -> Setting<'a> {
    Setting {
        facts,
        links,
        meta,
        now: now(),
    }
}
/// A template rendered for the customer.
pub(crate) fn say(source: &str, slot: Slot, facts: &Facts, tag: &str) -> Result<String, RenderProblem> {
    let (_, links) = sample();
    let context = Context::new(facts, &links, &language(tag), Reader::Customer, now());
    render(source, slot, &context)
}
/// A template rendered from the full sample in Bokmål, blanks made plain.
pub(crate) fn nb(source: &str) -> String {
    let (facts, _) = full();
    say(source, Slot::Text, &facts, "nb")
        .unwrap()
        .replace(['\u{a0}', '\u{202f}'], " ")
}
/// The same in English.
pub(crate) fn en(source: &str) -> String {
    let (facts, _) = full();
    say(source, Slot::Text, &facts, "en")
        .unwrap()
        .replace(['\u{a0}', '\u{202f}'], " ")
}
