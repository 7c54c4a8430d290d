//! Filters: reading, matching and writing back (S36–S38).

use crate::fixtures::{OSLO, at, branch, entry, facts};
use flyt_core::booking::BookedExtra;
use flyt_core::catalogue::{Extra, Resource, ResourceKind};
use flyt_core::facts::Facts;
use flyt_core::filter::Filters;
use flyt_core::id::{ExtraId, LocationId, ResourceId, ServiceId};
use flyt_core::invalid::{Faults, Invalid};
use flyt_core::language::Language;
use flyt_core::reason::Reason;
use flyt_core::workflow::Names;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn names() -> Names {
    let named = |text: &str| Some(text.to_owned());
    Names {
        locations: vec![(LocationId(1), named("oslo")), (LocationId(2), named("bergen"))],
        resources: vec![(ResourceId(1), named("anne"))],
        services: vec![(ServiceId(1), named("haircut")), (ServiceId(2), None)],
        extras: vec![(ExtraId(1), named("wash")), (ExtraId(2), named("dry"))],
        statuses: ["pending", "approved", "cancelled"].map(str::to_owned).to_vec(),
        languages: vec![Language::new("nb").expect("a language")],
        country: "NO".to_owned(),
    }
}
fn read(value: &Value) -> Result<Filters, Vec<Invalid>> {
    let mut faults = Faults::default();
    let filters = Filters::read(value, "/filters", &mut faults, &names());
    faults.finish(filters)
}
fn good(value: &Value) -> Filters {
    read(value).expect("good filters")
}
/// In Oslo (1), with resource 1 and extra 1, service 1, approved.
fn visit() -> Facts {
    let start = at("2026-10-20T12:00:00Z");
    let mut facts = facts(OSLO, start, start);
    let booking = facts.booking.as_mut().expect("a booking");
    booking.location = Some(branch(1, None));
    let anne = Resource {
        name: "Anne".to_owned(),
        kind: ResourceKind::Person,
        email: None,
        phone: None,
    };
    booking.resource = Some(entry(ResourceId(1), anne));
    let wash = Extra {
        name: "Vask".to_owned(),
        names: BTreeMap::new(),
        price: None,
    };
    booking.extras = vec![entry(ExtraId(1), wash)];
    booking.booking.extras = vec![BookedExtra {
        id: ExtraId(1),
        quantity: 1,
        price: None,
    }];
    facts
}
fn own(filters: &Filters, facts: &Facts) -> Option<Reason> {
    filters.own(facts.booking.as_ref().expect("a booking"))
}

#[test]
fn s36_a_booking_that_moves_to_another_branch_leaves_the_filter() {
    let filters = good(&json!({"location": {"any_of": [{"external_id": "oslo"}]}}));
    let mut facts = visit();
    assert_eq!(own(&filters, &facts), None);
    facts.booking.as_mut().expect("a booking").location = Some(branch(2, None));
    assert_eq!(own(&filters, &facts), Some(Reason::FilterLocation));
}

#[test]
fn s37_an_empty_list_is_any_and_an_absent_value_passes_only_none_of() {
    let mut bare = visit();
    let booking = bare.booking.as_mut().expect("a booking");
    booking.location = None;
    booking.resource = None;
    booking.extras = Vec::new();
    let empty = good(
        &json!({"location": {"any_of": []}, "resource": {}, "extras": null, "language": {"none_of": []}}),
    );
    assert_eq!(empty, Filters::default());
    assert_eq!((own(&empty, &bare), empty.rest(&bare)), (None, None));
    let anne = ResourceId(1).to_string();
    let cases = [
        (
            json!({"location": {"any_of": [LocationId(1)]}}),
            Some(Reason::FilterLocation),
        ),
        (json!({"location": {"none_of": [LocationId(1)]}}), None),
        (
            json!({"resource": {"any_of": [anne]}}),
            Some(Reason::FilterResource),
        ),
        (json!({"resource": {"none_of": [anne]}}), None),
        (
            json!({"extras": {"all_of": [ExtraId(1)]}}),
            Some(Reason::FilterExtras),
        ),
        (json!({"extras": {"none_of": [ExtraId(1)]}}), None),
    ];
    for (filters, expected) in cases {
        assert_eq!(own(&good(&filters), &bare), expected, "{filters}");
    }
    let not_english = good(&json!({"language": {"none_of": ["en"]}}));
    assert_eq!(not_english.rest(&bare), None);
    let norwegian = good(&json!({"language": {"any_of": ["nb"]}}));
    assert_eq!(norwegian.rest(&bare), Some(Reason::FilterLanguage));
}

#[test]
fn s37_a_value_whose_object_was_archived_matches_nothing_and_its_neighbours_still_count() {
    let mut facts = visit();
    facts.booking.as_mut().expect("a booking").service.archived_at = Some(at("2026-10-01T00:00:00Z"));
    let only = good(&json!({"service": {"any_of": [ServiceId(1)]}}));
    assert_eq!(own(&only, &facts), Some(Reason::FilterService));
    let none = good(&json!({"service": {"none_of": [ServiceId(1)]}}));
    assert_eq!(own(&none, &facts), None);
    let mut facts = visit();
    let booking = facts.booking.as_mut().expect("a booking");
    let archived = Some(at("2026-10-01T00:00:00Z"));
    booking.extras[0].archived_at = archived;
    let wash = good(&json!({"extras": {"any_of": [ExtraId(1)]}}));
    assert_eq!(own(&wash, &facts), Some(Reason::FilterExtras));
    let booking = facts.booking.as_mut().expect("a booking");
    booking.resource.as_mut().expect("a resource").archived_at = archived;
    let anne = good(&json!({"resource": {"any_of": [ResourceId(1)]}}));
    assert_eq!(own(&anne, &facts), Some(Reason::FilterResource));
    let booking = facts.booking.as_mut().expect("a booking");
    booking.location.as_mut().expect("a location").archived_at = archived;
    let oslo = good(&json!({"location": {"any_of": [LocationId(1)]}}));
    assert_eq!(own(&oslo, &facts), Some(Reason::FilterLocation));
    let mut neighbour = visit();
    neighbour.booking.as_mut().expect("a booking").service.id = ServiceId(2);
    let both = good(&json!({"service": {"any_of": [ServiceId(1), ServiceId(2)]}}));
    assert_eq!(own(&both, &neighbour), None);
}

#[test]
fn s37_extras_match_one_all_or_none() {
    let facts = visit();
    let verdict = |value| own(&good(&json!({ "extras": value })), &facts);
    assert_eq!(verdict(json!({"any_of": [ExtraId(1), ExtraId(2)]})), None);
    assert_eq!(verdict(json!({"all_of": [ExtraId(1)]})), None);
    assert_eq!(
        verdict(json!({"all_of": [ExtraId(1), ExtraId(2)]})),
        Some(Reason::FilterExtras)
    );
    assert_eq!(
        verdict(json!({"any_of": [ExtraId(1)], "none_of": [ExtraId(2)]})),
        None
    );
    assert_eq!(
        verdict(json!({"none_of": [ExtraId(1)]})),
        Some(Reason::FilterExtras)
    );
}

#[test]
fn s38_a_filter_that_names_nothing_covers_what_is_created_tomorrow() {
    let all_but_one = good(&json!({"service": {"none_of": [ServiceId(2)]}}));
    let mut facts = visit();
    facts.booking.as_mut().expect("a booking").service.id = ServiceId(99);
    assert_eq!(own(&all_but_one, &facts), None);
    assert_eq!(own(&Filters::default(), &facts), None);
}

#[test]
fn a_language_covers_its_subtags_and_never_the_reverse() {
    let mut facts = visit();
    let mut verdict = |filter: &str, language: &str| {
        let booking = &mut facts.booking.as_mut().expect("a booking").booking;
        booking.language = Language::new(language);
        good(&json!({"language": {"any_of": [filter]}})).rest(&facts)
    };
    assert_eq!(verdict("nb", "nb-NO"), None);
    assert_eq!(verdict("no", "nb"), None);
    assert_eq!(verdict("nb-NO", "nb"), Some(Reason::FilterLanguage));
    assert_eq!(verdict("nn", "nb"), Some(Reason::FilterLanguage));
}

#[test]
fn the_first_filter_that_says_no_names_the_reason() {
    let filters = good(&json!({
        "location": {"any_of": [LocationId(2)]}, "service": {"none_of": [ServiceId(1)]},
        "status": {"any_of": ["pending"]}, "language": {"any_of": ["en"]},
    }));
    assert_eq!(own(&filters, &visit()), Some(Reason::FilterLocation));
    assert_eq!(filters.rest(&visit()), Some(Reason::FilterStatus));
}

#[test]
fn an_unknown_reference_is_refused_with_the_nearest() {
    let refused = |value: Value| {
        let errors = read(&value).expect_err("refused");
        let first = errors.into_iter().next().expect("an error");
        (first.pointer, first.code, first.suggestion)
    };
    assert_eq!(
        refused(json!({"service": {"any_of": [{"external_id": "hairkut"}]}})),
        (
            "/filters/service/any_of/0/external_id".to_owned(),
            "unknown_reference",
            Some("haircut".to_owned())
        )
    );
    assert_eq!(
        refused(json!({"status": {"none_of": ["aproved"]}})),
        (
            "/filters/status/none_of/0".to_owned(),
            "unknown_status",
            Some("approved".to_owned())
        )
    );
    assert_eq!(
        refused(json!({"location": {"any_of": ["oslo"]}})).1,
        "unknown_reference"
    );
    assert_eq!(
        refused(json!({"location": {"any_of": [LocationId(9)]}})).1,
        "unknown_reference"
    );
    assert_eq!(refused(json!({"service": {"all_of": []}})).1, "unknown_field");
    assert_eq!(refused(json!({"services": {}})).2, Some("service".to_owned()));
    assert_eq!(refused(json!({"service": {"any_of": [7]}})).1, "wrong_type");
    assert_eq!(refused(json!({"service": {"any_of": [{}]}})).1, "required");
    assert_eq!(
        refused(json!({"language": {"any_of": ["1"]}})).1,
        "unknown_language"
    );
}

#[test]
fn what_was_read_is_written_back_and_read_again() {
    let filters = good(&json!({
        "location": {"any_of": [LocationId(2), LocationId(2)]}, "service": {"none_of": [{"id": ServiceId(2)}]},
        "extras": {"all_of": [{"external_id": "dry"}]}, "status": {"any_of": ["approved"]}, "language": {"any_of": ["no"]},
    }));
    let written = filters.to_json();
    let expected = json!({
        "location": {"any_of": [LocationId(2)]}, "resource": {}, "service": {"none_of": [ServiceId(2)]},
        "extras": {"all_of": [ExtraId(2)]}, "status": {"any_of": ["approved"]}, "language": {"any_of": ["nb"]},
    });
    assert_eq!(written, expected);
    assert_eq!(good(&written), filters);
}

#[test]
fn a_stored_value_may_stay_though_its_object_was_archived() {
    let mut names = names();
    let stored = good(&json!({"extras": {"all_of": [ExtraId(2)]}}));
    names.extras.pop();
    let again = |names: &Names| {
        let mut faults = Faults::default();
        Filters::read(&stored.to_json(), "", &mut faults, names)
    };
    assert_eq!(again(&names), None);
    names.keep(&stored);
    assert_eq!(again(&names).as_ref(), Some(&stored));
}
