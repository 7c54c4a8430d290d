//! Conditions: what is refused when they are read, and when they hold.

use crate::facts::{bare, full, instant, language, now};
use flyt_core::condition::Condition;
use flyt_core::facts::Facts;
use flyt_core::invalid::Faults;
use flyt_core::trigger::TriggerKind;
use serde_json::{Value, json};

fn read(value: &Value, kinds: &[TriggerKind]) -> (Option<Condition>, Faults) {
    let mut faults = Faults::default();
    let stored = [("lock".to_owned(), vec!["code".to_owned()])].into();
    let condition = Condition::read_after(value, "/condition", &mut faults, kinds, &stored);
    (condition, faults)
}
fn holds(value: &Value, facts: &Facts) -> bool {
    let (condition, faults) = read(value, &[]);
    condition
        .unwrap_or_else(|| panic!("{value}: {:?}", faults.errors))
        .holds(facts, now())
}

#[test]
fn comparisons_read_facts_with_their_kind() {
    let (facts, _) = full();
    let yes = [
        json!({"field": "booking.price.amount", "op": "gte", "value": 50_000}),
        json!({"field": "booking.due.amount", "op": "eq", "value": 49_000}),
        json!({"field": "booking.status", "op": "in", "value": ["approved", "pending"]}),
        json!({"field": "booking.weekday", "op": "eq", "value": "sunday"}),
        json!({"field": "booking.weekday", "op": "in", "value": [6, 7]}),
        json!({"field": "booking.local_time", "op": "gte", "value": "10:00"}),
        json!({"field": "booking.local_time", "op": "lt", "value": "10:01"}),
        json!({"field": "booking.lead_time", "op": "gte", "value": "P9D"}),
        json!({"field": "booking.lead_time", "op": "lt", "value": "P10D"}),
        json!({"field": "booking.duration", "op": "eq", "value": "PT45M"}),
        json!({"field": "booking.paid_state", "op": "eq", "value": "partial"}),
        json!({"field": "booking.start", "op": "eq", "value": "2026-10-25T10:00:00+01:00"}),
        json!({"field": "customer.tags", "op": "contains", "value": "vip"}),
        json!({"field": "customer.email", "op": "eq", "value": "KARI@example.no"}),
        json!({"field": "customer.fields.shoe_size", "op": "gt", "value": 38}),
        json!({"field": "customer.visit_number", "op": "eq", "value": 3}),
        json!({"field": "customer.has_later_booking", "op": "eq", "value": false}),
        json!({"field": "extras", "op": "exists", "value": true}),
        json!({"field": "extras", "op": "contains", "value": "wash"}),
        json!({"field": "changes", "op": "contains", "value": "start"}),
        json!({"field": "service.category", "op": "starts_with", "value": "Kl"}),
        json!({"field": "resource.kind", "op": "eq", "value": "person"}),
        json!({"field": "previous.location.name", "op": "eq", "value": "Bergen"}),
        json!({"field": "payment.amount", "op": "gte", "value": 49_000}),
        json!({"field": "steps.lock.code", "op": "eq", "value": "4821"}),
        json!({"all": []}),
        json!({"all": [{"field": "booking.source", "op": "ne", "value": "staff"}, {"not": {"any": []}}]}),
    ];
    for condition in &yes {
        assert!(holds(condition, &facts), "{condition}");
        assert!(!holds(&json!({"not": condition}), &facts), "not {condition}");
    }
}

#[test]
fn a_comparison_with_something_absent_is_false_and_not_of_it_true() {
    let (facts, _) = bare();
    for (field, op, value) in [
        ("booking.price.amount", "lt", json!(5)),
        ("booking.notes", "ne", json!("x")),
        ("resource.kind", "eq", json!("person")),
        ("customer.tags", "contains", json!("vip")),
        ("customer.fields.x", "lt", json!(5)),
        ("extras", "exists", json!(true)),
        ("booking.language", "ne", json!("nb")),
    ] {
        let condition = json!({"field": field, "op": op, "value": value});
        assert!(!holds(&condition, &facts), "{condition}");
        assert!(holds(&json!({"not": condition}), &facts), "not {condition}");
    }
    assert!(holds(
        &json!({"field": "booking.notes", "op": "exists", "value": false}),
        &facts
    ));
}

#[test]
fn a_language_covers_its_subtags_and_not_the_reverse() {
    let (mut facts, _) = full();
    let is = |facts: &Facts, tag| {
        holds(
            &json!({"field": "booking.language", "op": "eq", "value": tag}),
            facts,
        )
    };
    facts.booking.as_mut().unwrap().booking.language = Some(language("nb-NO"));
    assert!(is(&facts, "nb") && is(&facts, "no") && is(&facts, "nb-NO") && !is(&facts, "nn"));
    facts.booking.as_mut().unwrap().booking.language = Some(language("nb"));
    assert!(!is(&facts, "nb-NO"));
}

#[test]
fn the_time_of_day_is_that_of_the_bookings_zone() {
    let (mut facts, _) = full();
    facts.booking.as_mut().unwrap().booking.start = instant("2026-10-24T22:30:00Z");
    assert!(holds(
        &json!({"field": "booking.local_time", "op": "eq", "value": "00:30"}),
        &facts
    ));
    assert!(holds(
        &json!({"field": "booking.weekday", "op": "eq", "value": 7}),
        &facts
    ));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_wrong_condition_is_refused_with_its_place() {
    let rows = [
        (
            json!({"field": "booking.prise", "op": "eq", "value": 1}),
            "/condition/field",
            "unknown_field_name",
        ),
        (
            json!({"field": "booking.status", "op": "gt", "value": "a"}),
            "/condition/op",
            "wrong_op",
        ),
        (
            json!({"field": "booking.status", "op": "equals", "value": "a"}),
            "/condition/op",
            "unknown_value",
        ),
        (
            json!({"field": "booking.lead_time", "op": "gte", "value": "3h"}),
            "/condition/value",
            "wrong_value",
        ),
        (
            json!({"field": "booking.local_time", "op": "gte", "value": "8:00"}),
            "/condition/value",
            "wrong_value",
        ),
        (
            json!({"field": "booking.weekday", "op": "in", "value": ["sunday", "soon"]}),
            "/condition/value/1",
            "wrong_value",
        ),
        (
            json!({"field": "booking.price.amount", "op": "eq", "value": "1"}),
            "/condition/value",
            "wrong_value",
        ),
        (
            json!({"field": "extras", "op": "exists", "value": 1}),
            "/condition/value",
            "wrong_value",
        ),
        (
            json!({"field": "booking.status", "op": "eq"}),
            "/condition/value",
            "required",
        ),
        (
            json!({"all": [{"any": {}}]}),
            "/condition/all/0/any",
            "wrong_type",
        ),
        (
            json!({"all": [], "value": 1}),
            "/condition/value",
            "unknown_field",
        ),
        (json!({"not": [1]}), "/condition/not", "wrong_type"),
        (json!("x"), "/condition", "wrong_type"),
    ];
    for (value, pointer, code) in rows {
        let (condition, faults) = read(&value, &[]);
        assert!(condition.is_none(), "{value}");
        assert!(
            faults
                .errors
                .iter()
                .any(|e| e.pointer == pointer && e.code == code),
            "{value}: {:?}",
            faults.errors
        );
    }
    let suggested = read(&json!({"field": "booking.prise", "op": "eq", "value": 1}), &[]).1;
    assert_eq!(suggested.errors[0].suggestion.as_deref(), Some("booking.price"));
    let start = json!({"field": "booking.start", "op": "exists"});
    assert!(read(&start, &[TriggerKind::CustomerCreated]).0.is_none());
    assert!(read(&start, &[TriggerKind::BookingCreated]).0.is_some());
    let mut deep = json!({"all": []});
    for _ in 0..9 {
        deep = json!({"not": deep});
    }
    assert_eq!(read(&deep, &[]).1.errors[0].code, "too_deep");
    let wide = json!({"any": vec![json!({"all": []}); 201]});
    assert_eq!(read(&wide, &[]).1.errors[0].code, "too_many");
}

#[test]
fn explain_sees_each_comparison_with_what_was_there() {
    let (facts, _) = full();
    let value = json!({"any": [
        {"field": "booking.price.amount", "op": "lt", "value": 100},
        {"not": {"field": "booking.lead_time", "op": "gte", "value": "P2D"}},
    ]});
    let condition = read(&value, &[]).0.unwrap();
    let checks = condition.verdict(&facts, now());
    assert_eq!(checks.len(), 2);
    assert_eq!((checks[0].passed, &checks[0].actual), (false, &json!(69_000)));
    assert!(checks[1].passed);
    assert_eq!(condition.to_json(), value);
    assert!(!flyt_core::variables::needs_visits(&condition));
    let visits = read(
        &json!({"not": {"field": "customer.visit_number", "op": "gt", "value": 1}}),
        &[],
    )
    .0
    .unwrap();
    assert!(flyt_core::variables::needs_visits(&visits) && !flyt_core::variables::needs_later(&visits));
}

#[test]
fn a_stored_answer_is_known_only_after_the_action_that_stores_it() {
    let condition = |field: &str| json!({"field": field, "op": "exists"});
    for unknown in [
        "steps.lock.cod",
        "steps.lok.code",
        "steps.lock",
        "steps.lock.code.x",
    ] {
        let (read, faults) = read(&condition(unknown), &[]);
        let told: Vec<_> = faults
            .errors
            .iter()
            .map(|e| (e.pointer.as_str(), e.code))
            .collect();
        assert_eq!(
            (read, told),
            (None, vec![("/condition/field", "unknown_field_name")]),
            "{unknown}"
        );
    }
    let (_, faults) = read(&condition("steps.lock.cod"), &[]);
    assert_eq!(faults.errors[0].suggestion.as_deref(), Some("steps.lock.code"));
    let mut faults = Faults::default();
    let early = Condition::read(&condition("steps.lock.code"), "/condition", &mut faults, &[]);
    assert_eq!((early, faults.errors.len()), (None, 1));
}

#[test]
fn what_is_paid_has_a_state_with_and_without_a_price() {
    for (price, paid, state) in [
        (Some(1_000), 0, "unpaid"),
        (Some(1_000), 999, "partial"),
        (Some(1_000), 1_000, "paid"),
        (Some(0), 0, "paid"),
        (None, 0, "unpaid"),
        (None, 1, "paid"),
    ] {
        let (mut facts, _) = full();
        let booking = &mut facts.booking.as_mut().unwrap().booking;
        let currency = flyt_core::money::Currency::new("NOK").unwrap();
        booking.price = price.map(|amount| flyt_core::money::Money { amount, currency });
        booking.paid = paid;
        let condition = json!({"field": "booking.paid_state", "op": "eq", "value": state});
        assert!(holds(&condition, &facts), "{price:?} {paid}");
    }
}
