//! Triggers: reading, writing back, and which old trigger a new one continues.

use crate::filters::names;
use crate::fixtures::time;
use flyt_core::id::TriggerId;
use flyt_core::invalid::{Faults, Invalid};
use flyt_core::trigger::{
    ChangedField, Direction, Late, MaxLateness, Offset, OffsetUnit, Timed, Trigger, TriggerDraft, When,
    iso_duration, matched,
};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

fn read(value: &Value) -> Result<TriggerDraft, Vec<Invalid>> {
    let mut faults = Faults::default();
    let draft = TriggerDraft::read(value, "/triggers/0", &mut faults, &names());
    faults.finish(draft)
}
fn refused(value: &Value) -> (String, &'static str) {
    let errors = read(value).expect_err("refused");
    let first = errors.into_iter().next().expect("an error");
    let short = first
        .pointer
        .strip_prefix("/triggers/0")
        .expect("below the trigger")
        .to_owned();
    (short, first.code)
}

#[test]
fn the_example_of_the_api_reads() {
    let draft = read(&json!({
        "id": TriggerId(5), "type": "booking.starts", "offset": {"amount": 1, "unit": "days", "direction": "before"},
        "late": "skip", "max_lateness": "P1D",
    }));
    let offset = Offset {
        amount: 1,
        unit: OffsetUnit::Days,
        direction: Direction::Before,
        at: None,
        working_days: false,
    };
    let timed = Timed {
        offset,
        late: Late::Skip,
        max_lateness: MaxLateness::Ms(86_400_000),
    };
    let expected = TriggerDraft {
        id: Some(TriggerId(5)),
        when: When::BookingStarts(timed),
    };
    assert_eq!(draft, Ok(expected));
}

#[test]
fn a_limit_on_lateness_is_a_duration_none_or_the_default() {
    let lateness = |value: Option<Value>| {
        let mut trigger =
            json!({"type": "booking.ends", "offset": {"amount": 0, "unit": "minutes", "direction": "after"}});
        if let Some(value) = value {
            trigger["max_lateness"] = value;
        }
        let when = read(&trigger).expect("a trigger").when;
        when.timed().expect("timed").max_lateness
    };
    assert_eq!(lateness(None), MaxLateness::Default);
    assert_eq!(lateness(Some(Value::Null)), MaxLateness::Unlimited);
    assert_eq!(lateness(Some(json!("PT0S"))), MaxLateness::Ms(0));
    assert_eq!(
        lateness(Some(json!("P1WT1H"))),
        MaxLateness::Ms((7 * 24 + 1) * 3_600_000)
    );
}

#[test]
fn a_hold_or_shift_of_nothing_is_none() {
    let draft =
        read(&json!({"type": "booking.changed", "hold": "PT0S", "min_shift": "P0D"})).expect("a trigger");
    let none = When::BookingChanged {
        fields: Vec::new(),
        min_shift_ms: None,
        hold_ms: None,
    };
    assert_eq!(draft.when, none);
}

fn timed(offset: &Value) -> Value {
    json!({"type": "booking.starts", "offset": offset})
}

#[test]
fn every_fault_of_a_trigger_is_told_with_its_place() {
    let place = |pointer: &str, code| (pointer.to_owned(), code);
    assert_eq!(
        refused(&json!({"type": "booking.create"})),
        place("/type", "unknown_value")
    );
    assert_eq!(refused(&json!({})), place("/type", "required"));
    assert_eq!(refused(&json!("x")), place("", "wrong_type"));
    assert_eq!(
        refused(&json!({"type": "booking.created", "ofset": 1})),
        place("/ofset", "unknown_field")
    );
    assert_eq!(
        refused(&json!({"type": "booking.starts"})),
        place("/offset", "required")
    );
    assert_eq!(
        refused(&json!({"type": "booking.created", "id": "trg_1"})),
        place("/id", "bad_id")
    );
    let changed = |name: &str, value: Value| {
        let mut trigger = json!({"type": "booking.changed"});
        trigger[name] = value;
        refused(&trigger)
    };
    assert_eq!(
        changed("fields", json!(["start", "status"])),
        place("/fields/1", "unknown_value")
    );
    assert_eq!(
        changed("hold", json!("2 minutes")),
        place("/hold", "bad_duration")
    );
    assert_eq!(changed("hold", json!("-PT2M")), place("/hold", "bad_duration"));
    assert_eq!(
        changed("min_shift", json!("P1M")),
        place("/min_shift", "bad_duration")
    );
    assert_eq!(
        changed("min_shift", json!("P400D")),
        place("/min_shift", "bad_duration")
    );
    let status = json!({"type": "booking.status_changed", "to": ["approved", "aproved"]});
    assert_eq!(refused(&status), place("/to/1", "unknown_status"));
    let paid = json!({"type": "payment.completed", "min_amount": -1});
    assert_eq!(refused(&paid), place("/min_amount", "out_of_range"));
}

#[test]
fn an_offset_has_bounds_and_only_days_are_pinned_or_worked() {
    let fault = |offset: Value| {
        let (pointer, code) = refused(&timed(&offset));
        (
            pointer
                .strip_prefix("/offset")
                .map(str::to_owned)
                .unwrap_or(pointer),
            code,
        )
    };
    let place = |pointer: &str, code| (pointer.to_owned(), code);
    let of = |amount: i64, unit: &str| json!({"amount": amount, "unit": unit, "direction": "before"});
    for (unit, most) in [
        ("minutes", 527_040),
        ("hours", 8_784),
        ("days", 366),
        ("weeks", 52),
    ] {
        assert!(read(&timed(&of(0, unit))).is_ok());
        assert!(read(&timed(&of(most, unit))).is_ok());
        assert_eq!(fault(of(most + 1, unit)), place("/amount", "out_of_range"));
        assert_eq!(fault(of(-1, unit)), place("/amount", "out_of_range"));
    }
    let mut pinned = of(1, "hours");
    pinned["at"] = json!("18:00");
    assert_eq!(fault(pinned), place("/at", "days_only"));
    let mut working = of(1, "weeks");
    working["working_days"] = json!(true);
    assert_eq!(fault(working), place("/working_days", "days_only"));
    for bad in ["24:00", "7:30", "18:00:00", "noon", "-1:00"] {
        let mut pinned = of(1, "days");
        pinned["at"] = json!(bad);
        assert_eq!(fault(pinned), place("/at", "bad_time"), "{bad}");
    }
    assert_eq!(
        fault(json!({"amount": 1.5, "unit": "days", "direction": "before"})),
        place("/amount", "wrong_type")
    );
    assert_eq!(
        fault(json!({"amount": 1, "unit": "day", "direction": "before"})),
        place("/unit", "unknown_value")
    );
    assert_eq!(
        fault(json!({"amount": 1, "unit": "days"})),
        place("/direction", "required")
    );
}

#[test]
fn a_time_on_the_day_itself_is_accepted_with_a_warning() {
    let mut faults = Faults::default();
    let offset = json!({"amount": 0, "unit": "days", "direction": "before", "at": "18:00"});
    let draft = TriggerDraft::read(&timed(&offset), "/triggers/0", &mut faults, &names());
    assert!(draft.is_some() && faults.is_ok());
    assert_eq!(faults.warnings[0].code, "may_fall_after_anchor");
    assert_eq!(faults.warnings[0].pointer, "/triggers/0/offset/at");
}

fn old(id: i64, when: When) -> Trigger {
    Trigger {
        id: TriggerId(id),
        no: id,
        when,
    }
}
fn new(id: Option<i64>, when: When) -> TriggerDraft {
    TriggerDraft {
        id: id.map(TriggerId),
        when,
    }
}
fn days_before(amount: i64) -> When {
    let offset = Offset {
        amount,
        unit: OffsetUnit::Days,
        direction: Direction::Before,
        at: Some(time("18:00")),
        working_days: false,
    };
    When::BookingStarts(Timed {
        offset,
        late: Late::Skip,
        max_lateness: MaxLateness::Default,
    })
}
fn continues(old: &[Trigger], new: Vec<TriggerDraft>) -> Vec<Option<usize>> {
    matched(old, new).into_iter().map(|(_, index)| index).collect()
}

#[test]
fn an_edited_trigger_keeps_its_id_by_id_by_content_or_by_place() {
    let before = [
        old(1, days_before(1)),
        old(2, days_before(7)),
        old(3, When::BookingCreated),
    ];
    // By id, though the content is that of another.
    let by_id = vec![new(Some(2), days_before(1)), new(None, days_before(1))];
    assert_eq!(continues(&before, by_id), [Some(1), Some(0)]);
    // By content, though it stands elsewhere.
    let swapped = vec![
        new(None, When::BookingCreated),
        new(None, days_before(7)),
        new(None, days_before(1)),
    ];
    assert_eq!(continues(&before, swapped), [Some(2), Some(1), Some(0)]);
    // By type and place: the offset was edited.
    let edited = vec![new(None, days_before(2)), new(None, days_before(7))];
    assert_eq!(continues(&before, edited), [Some(0), Some(1)]);
    // Another type in the same place is another trigger, and so is an unknown id without a likeness.
    let other = vec![
        new(None, When::CustomerCreated),
        new(Some(99), When::CustomerCreated),
    ];
    assert_eq!(continues(&before, other), [None, None]);
    // One old trigger is continued once.
    let twice = vec![new(None, days_before(1)), new(None, days_before(1))];
    assert_eq!(continues(&before[..1], twice), [Some(0), None]);
}

fn duration() -> impl Strategy<Value = i64> {
    prop_oneof![1_i64..10_000, (1_i64..500_000).prop_map(|m| m * 60_000)]
}
fn any_when() -> impl Strategy<Value = When> {
    let keys = || {
        subsequence(
            vec![
                "pending".to_owned(),
                "approved".to_owned(),
                "cancelled".to_owned(),
            ],
            0..=3,
        )
    };
    let fields = subsequence(&ChangedField::ALL[..6], 0..=6);
    let lateness = prop_oneof![
        Just(MaxLateness::Default),
        Just(MaxLateness::Unlimited),
        duration().prop_map(MaxLateness::Ms)
    ];
    let at = of((0_i8..24, 0_i8..60).prop_map(|(h, m)| jiff::civil::Time::constant(h, m, 0, 0)));
    let offset = (
        0_i64..=52,
        select(OffsetUnit::ALL),
        select(Direction::ALL),
        at,
        any::<bool>(),
    );
    let timed = (offset, select(Late::ALL), lateness, any::<bool>());
    prop_oneof![
        Just(When::CustomerCreated),
        Just(When::BookingCreated),
        (fields, of(duration()), of(duration())).prop_map(|(fields, min_shift_ms, hold_ms)| {
            When::BookingChanged {
                fields,
                min_shift_ms,
                hold_ms,
            }
        }),
        (keys(), keys()).prop_map(|(from, to)| When::StatusChanged { from, to }),
        (of(0_i64..i64::MAX), any::<bool>())
            .prop_map(|(min_amount, in_full)| When::PaymentCompleted { min_amount, in_full }),
        timed.prop_map(
            |((amount, unit, direction, at, working), late, max_lateness, of_start)| {
                let days = unit == OffsetUnit::Days;
                let offset = Offset {
                    amount,
                    unit,
                    direction,
                    at: at.filter(|_| days),
                    working_days: working && days,
                };
                let timed = Timed {
                    offset,
                    late,
                    max_lateness,
                };
                if of_start {
                    When::BookingStarts(timed)
                } else {
                    When::BookingEnds(timed)
                }
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_trigger_writes_reads_back_the_same(when in any_when()) {
        let written = old(4, when.clone()).to_json();
        prop_assert_eq!(read(&written), Ok(new(Some(4), when.clone())));
        // The form in the store reads back too.
        let stored = serde_json::to_string(&when).expect("a text");
        prop_assert_eq!(serde_json::from_str::<When>(&stored).expect("a trigger"), when);
    }

    #[test]
    fn a_duration_reads_back_what_it_wrote(ms in 0_i64..366 * 86_400_000) {
        let mut faults = Faults::default();
        let text = Value::from(iso_duration(ms));
        prop_assert_eq!(flyt_core::trigger::duration_ms(&text, "", &mut faults), Some(ms));
    }
}
