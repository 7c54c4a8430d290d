//! What is refused on save, with its place and, where one is near, the right word (S40).

use flyt_core::invalid::Faults;
use flyt_core::template::{Scope, Slot, Stored, check};
use flyt_core::trigger::TriggerKind;

fn faults(source: &str, slot: Slot, kinds: &[TriggerKind]) -> Faults {
    let steps = Stored::from([("lock".to_owned(), vec!["code".to_owned()])]);
    let mut faults = Faults::default();
    check(source, slot, Scope { kinds, steps: &steps }, "/x", &mut faults);
    faults
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn every_bad_template_is_refused_at_its_place() {
    let rows = [
        ("Hei {{ customer.frist_name }}", 1, 8, "customer.first_name"),
        ("a\nb {{ bookin.start }}", 2, 6, "booking.start"),
        ("{{ customer.first_nam", 1, 13, ""),
        ("{{ booking.start | dato }}", 1, 20, "date"),
        (
            "{% if false %}\n  {{ booking.start | datum }}{% endif %}",
            2,
            22,
            "does not exist",
        ),
        ("{{ service.name | date }}", 1, 19, "after an instant"),
        ("{{ booking.start | money }}", 1, 20, "after money"),
        ("{{ booking.price | date }}", 1, 20, "after an instant"),
        ("{{ service.name | phone }}", 1, 19, "after a phone"),
        ("{{ service.name | names }}", 1, 19, "after a list"),
        ("{{ booking.secret }}", 1, 4, "does not exist"),
        ("{{ secret }}", 1, 4, "does not exist"),
        ("{{ booking }}", 1, 4, "is a group"),
        ("{{ resource }}", 1, 4, "is a group"),
        ("{% if x %}a{% endif %}", 1, 7, "does not exist"),
        ("{% for e in extras %}{{ e.nam }}{% endfor %}", 1, 25, "name"),
        (
            "{% for e in extras %}{{ e }}{% endfor %}",
            1,
            25,
            "name one of its fields",
        ),
        (
            "{% for e in service.name %}{{ e }}{% endfor %}",
            1,
            13,
            "needs a list",
        ),
        ("{% include 'x' %}", 1, 4, "`include` is not allowed"),
        ("{% macro m() %}x{% endmacro %}", 1, 4, "`macro` is not allowed"),
        ("{% import 'x' as y %}", 1, 4, "`import` is not allowed"),
        ("{% extends 'x' %}", 1, 4, "`extends` is not allowed"),
        ("{% call x() %}{% endcall %}", 1, 4, "`call` is not allowed"),
        (
            "{% filter upper %}x{% endfilter %}",
            1,
            4,
            "`filter` is not allowed",
        ),
        ("{% with a = 1 %}x{% endwith %}", 1, 4, "`with` is not allowed"),
        ("{% set a %}x{% endset %}", 1, 4, "not allowed"),
        ("{{ range(9) }}", 1, 4, "nothing can be called"),
        ("{{ service.name.upper() }}", 1, 16, "nothing can be called"),
        ("{{ 'x' * 9 }}", 1, 8, "`*` is not allowed"),
        ("{{ 2 ** 9 }}", 1, 6, "`**` is not allowed"),
        ("{% if booking.price %}a", 1, 23, ""),
        ("{% endif %}", 1, 4, ""),
        (
            "{{ booking.start | tz('Europe/Olso') | time }}",
            1,
            20,
            "is not a zone",
        ),
        ("{{ booking.start | tz | time }}", 1, 20, "tz('customer')"),
        ("{{ booking.notes | default }}", 1, 20, "default('-')"),
        ("{{ booking.notes | default: '-' }}", 1, 27, ""),
        ("{{ booking.notes | upper | lowr }}", 1, 28, "lower"),
        ("{{ booking.price.amuont }}", 1, 4, "booking.price.amuont"),
        ("{{ steps.lok.code }}", 1, 4, "steps.lock"),
        ("{{ steps.lock.kode }}", 1, 4, "steps.lock.code"),
        ("{{ booking.start | json }}", 1, 20, "JSON and raw"),
        ("{{ customer.email is definedd }}", 1, 22, "defined"),
        ("{{ changes | join(service.nam) }}", 1, 19, "service.name"),
        ("{{ previous.customer.email }}", 1, 4, "does not exist"),
        ("æøå 👍 {{ x }}", 1, 10, "does not exist"),
        ("{{ booking.weekday }}", 1, 4, "does not exist"),
    ];
    assert!(rows.len() >= 40);
    let mut wrong = Vec::new();
    for (source, line, column, hint) in rows {
        let told = faults(source, Slot::Text, &[]).errors;
        let message = told.first().map_or("accepted", |e| e.message.as_str());
        let place = format!("line {line}, column {column}: ");
        if !message.starts_with(&place) || !message.contains(hint) {
            wrong.push(format!("{source}\n  wants {place}{hint}\n  got   {message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_must_be_supplied_by_every_trigger() {
    let both = [TriggerKind::CustomerCreated, TriggerKind::BookingCreated];
    let bad = |source, kinds: &[TriggerKind]| !faults(source, Slot::Sms, kinds).is_ok();
    assert!(bad("{{ booking.start | date }}", &both));
    assert!(!bad(
        "{{ customer.first_name }}{{ business.name }}{{ links.unsubscribe }}",
        &both
    ));
    assert!(!bad(
        "{% if booking %}{{ booking.start }} {{ service.name }} {{ links.manage }}{% endif %}",
        &both
    ));
    assert!(bad(
        "{% if booking %}a{% else %}{{ booking.start }}{% endif %}",
        &both
    ));
    assert!(bad(
        "{% if booking %}a{% endif %}",
        &[TriggerKind::CustomerCreated]
    ));
    assert!(bad("{{ previous.start }}", &[TriggerKind::BookingCreated]));
    assert!(bad("{{ payment.amount }}", &[TriggerKind::BookingStarts]));
    assert!(!bad("{{ payment.amount }}", &[TriggerKind::PaymentCompleted]));
    let changed = [TriggerKind::BookingChanged, TriggerKind::BookingCreated];
    assert!(!bad(
        "{% if previous %}{{ previous.start }}{{ changes | names }}{% endif %}",
        &changed
    ));
}

#[test]
fn a_json_body_must_be_json_with_sample_values() {
    let json = |source| faults(source, Slot::Json, &[]);
    assert!(
        json(
            r#"{"a": {{ customer.first_name }}, "b": {{ booking.start | json }}, "c": {{ booking.price }}}"#
        )
        .is_ok()
    );
    assert!(json(r#"{"a": {{ booking.answers.anything | required }}, "c": {{ steps.lock.code }}}"#).is_ok());
    assert_eq!(
        json(r#"{"a": "{{ customer.first_name }}"}"#).errors[0].code,
        "not_json"
    );
    assert_eq!(json("{{ customer.first_name }} x").errors[0].code, "not_json");
}

#[test]
fn names_that_may_be_empty_are_warned_of_unless_they_are_guarded() {
    let warned = |source| faults(source, Slot::Html, &[]).warnings.len();
    assert_eq!(warned("{{ customer.first_name }} {{ customer.first_name }}"), 1);
    assert_eq!(warned("{{ service.name }}"), 0);
    assert_eq!(
        warned("{{ booking.notes | default('-') }}{{ booking.url | required }}"),
        0
    );
    assert_eq!(warned("{% if resource %}{{ resource.name }}{% endif %}"), 0);
    assert_eq!(
        warned("{% if booking.notes and booking.url %}{{ booking.notes }}{{ booking.url }}{% endif %}"),
        0
    );
    assert_eq!(
        warned("{% if not booking.notes %}{{ booking.notes }}{% endif %}"),
        1
    );
    assert_eq!(warned("{{ booking.price | money }}"), 1);
}
