//! Workflows: triggers, filters, conditions, versions, checks. Actions are in `action`.

use super::{
    answer, boolean, external_id, id, instant, line, list, list_of, name, or, or_null, reference, request,
    revision, string, told, whole, with_warnings, words, words_of,
};
use flyt_core::condition::Op;
use flyt_core::limits;
use flyt_core::trigger::{ChangedField, Direction, Late, OffsetUnit, TriggerKind};
use serde_json::{Map, Value, json};

pub(super) fn schemas() -> Vec<(String, Value)> {
    let version = answer(&[
        ("version", json!({"type": "integer", "minimum": 1})),
        ("created_at", instant()),
        ("author", string()),
        ("note", or_null(string())),
        ("workflow", reference("Workflow")),
    ]);
    let check = answer(&[
        ("valid", boolean()),
        ("errors", list_of(reference("Fault"))),
        ("warnings", list_of(reference("Warning"))),
        (
            "sentence",
            told(
                or_null(answer(&[("nb", string()), ("en", string())])),
                "The workflow in one plain sentence.",
            ),
        ),
    ]);
    let mut all = vec![
        ("Workflow", with_warnings(answer(&shown()))),
        (
            "WorkflowCreate",
            request(&["name", "triggers", "actions"], &sent(true)),
        ),
        (
            "WorkflowPut",
            request(&["name", "triggers", "actions"], &sent(false)),
        ),
        ("WorkflowPatch", request(&[], &sent(true))),
        ("WorkflowVersion", version),
        ("WorkflowCheck", check),
    ];
    all.extend(conditions());
    all.extend(filters());
    all.into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .chain(triggers())
        .collect()
}

/// Lists that must have an entry.
fn some(name: &str, most: usize) -> Value {
    json!({"type": "array", "items": reference(name), "minItems": 1, "maxItems": most})
}

/// What is sent.
pub(super) fn sent(with_external_id: bool) -> Vec<(&'static str, Value)> {
    let existing = "Whether bookings that exist get timers when it is switched on.";
    let all = [
        ("external_id", or_null(external_id())),
        ("name", name()),
        ("enabled", or(boolean(), json!(false))),
        ("position", or_null(whole(-1_000_000, 1_000_000))),
        ("include_existing", or(told(boolean(), existing), json!(true))),
        ("triggers", some("Trigger", limits::TRIGGERS)),
        ("filters", or_null(reference("Filters"))),
        ("condition", or_null(reference("Condition"))),
        ("actions", some("Action", limits::ACTIONS)),
        (
            "note",
            told(or_null(line()), "What the author says of this version."),
        ),
    ];
    all.into_iter()
        .filter(|(name, _)| with_external_id || *name != "external_id")
        .collect()
}

fn shown() -> Vec<(&'static str, Value)> {
    vec![
        ("id", id("wfl")),
        ("external_id", or_null(string())),
        ("revision", revision()),
        ("name", string()),
        ("enabled", boolean()),
        ("position", json!({"type": "integer"})),
        (
            "version",
            told(json!({"type": "integer", "minimum": 1}), "The version in force."),
        ),
        ("triggers", list_of(reference("Trigger"))),
        ("filters", reference("Filters")),
        ("condition", or_null(reference("Condition"))),
        ("actions", list_of(reference("Action"))),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

/// One schema of several, told apart by `type`.
pub(super) fn one_of(of: &[(&str, String)]) -> Value {
    let mapping: Map<String, Value> = of
        .iter()
        .map(|(word, name)| ((*word).to_owned(), json!(format!("#/components/schemas/{name}"))))
        .collect();
    json!({
        "oneOf": of.iter().map(|(_, name)| reference(name)).collect::<Vec<_>>(),
        "discriminator": {"propertyName": "type", "mapping": mapping},
    })
}

fn triggers() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut names = Vec::new();
    for kind in TriggerKind::ALL {
        let (name, required, own) = trigger(*kind);
        let name = format!("Trigger{name}");
        let mut fields = vec![
            ("type", json!({"type": "string", "const": kind.word()})),
            (
                "id",
                told(
                    or_null(id("trg")),
                    "Comes back with the workflow; sent along, it keeps its timers.",
                ),
            ),
        ];
        fields.extend(own);
        let required: Vec<&str> = ["type"].into_iter().chain(required).collect();
        all.push((name.clone(), request(&required, &fields)));
        names.push((kind.word(), name));
    }
    all.insert(
        0,
        (
            "Trigger".to_owned(),
            told(one_of(&names), "When a workflow starts."),
        ),
    );
    all.push(("Offset".to_owned(), offset()));
    all
}

/// The name of a trigger's schema, what it needs, and its own fields.
fn trigger(kind: TriggerKind) -> (&'static str, Option<&'static str>, Vec<(&'static str, Value)>) {
    let span = |about: &str| told(or_null(reference("Duration")), about);
    let keys = || or_null(list(status_key(), limits::LIST_ITEMS));
    match kind {
        TriggerKind::CustomerCreated => ("CustomerCreated", None, Vec::new()),
        TriggerKind::BookingCreated => ("BookingCreated", None, Vec::new()),
        TriggerKind::BookingChanged => {
            let changed: Vec<&str> = ChangedField::ALL
                .iter()
                .filter(|f| **f != ChangedField::Status)
                .map(|f| f.word())
                .collect();
            let fields = vec![
                (
                    "fields",
                    told(
                        or_null(list(words(&changed), limits::LIST_ITEMS)),
                        "Left out: any of them.",
                    ),
                ),
                ("min_shift", span("Smaller shifts of the start do not count.")),
                (
                    "hold",
                    span("Changes within this time after each other are told as one."),
                ),
            ];
            ("BookingChanged", None, fields)
        }
        TriggerKind::StatusChanged => ("StatusChanged", None, vec![("from", keys()), ("to", keys())]),
        TriggerKind::PaymentCompleted => {
            let least =
                or_null(json!({"type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_i64}));
            let fields = vec![
                ("min_amount", told(least, "In minor units.")),
                (
                    "in_full",
                    or(told(boolean(), "Only when nothing is left to pay."), json!(false)),
                ),
            ];
            ("PaymentCompleted", None, fields)
        }
        TriggerKind::BookingStarts => ("BookingStarts", Some("offset"), timed()),
        TriggerKind::BookingEnds => ("BookingEnds", Some("offset"), timed()),
    }
}

fn timed() -> Vec<(&'static str, Value)> {
    let late = "What happens when the instant lies before the write that plans it.";
    let most =
        "How late it may still go; `null`: no limit; left out: before the anchor, or within a day after.";
    vec![
        ("offset", reference("Offset")),
        ("late", or(told(words_of!(Late), late), json!("skip"))),
        ("max_lateness", told(or_null(reference("Duration")), most)),
    ]
}

fn offset() -> Value {
    let most = limits::OFFSET_DAYS * 24 * 60;
    let amount = told(whole(0, most), "At most a year in its unit.");
    let at = super::minute();
    let at = told(
        or_null(at),
        "At this time of day instead of the anchor's; with `days` only.",
    );
    let working = told(boolean(), "Count working days only; with `days` only.");
    let mut object = request(
        &["amount", "unit", "direction"],
        &[
            ("amount", amount),
            ("unit", words_of!(OffsetUnit)),
            ("direction", words_of!(Direction)),
            ("at", at),
            ("working_days", or(working, json!(false))),
        ],
    );
    // The most of each unit, and what goes with days only.
    let days = limits::OFFSET_DAYS;
    let rule = |unit: &str, most: i64| {
        json!({"properties": {"unit": {"const": unit}, "amount": {"maximum": most},
            "at": {"type": "null"}, "working_days": {"const": false}}})
    };
    let rules = json!([
        rule("minutes", days * 24 * 60), rule("hours", days * 24), rule("weeks", days / 7),
        {"properties": {"unit": {"const": "days"}, "amount": {"maximum": days}}},
    ]);
    if let Some(map) = object.as_object_mut() {
        map.insert("anyOf".to_owned(), rules);
    }
    object
}

fn status_key() -> Value {
    json!({"type": "string", "format": "status-key", "pattern": "^[a-z][a-z0-9_-]{0,39}$"})
}

fn filters() -> Vec<(&'static str, Value)> {
    let value = |prefix: &str| {
        let by_id = request(&["id"], &[("id", id(prefix))]);
        let by_external = request(&["external_id"], &[("external_id", external_id())]);
        let mut external = by_external;
        if let Some(map) = external.as_object_mut() {
            map.insert("title".to_owned(), json!("by external id"));
        }
        json!({"anyOf": [id(prefix), by_id, external]})
    };
    let filter = |values: &Value, all_of: bool| {
        let lists = ["any_of", "none_of", "all_of"];
        let fields: Vec<(&str, Value)> = lists
            .into_iter()
            .filter(|name| all_of || *name != "all_of")
            .map(|name| (name, or_null(list(values.clone(), limits::LIST_ITEMS))))
            .collect();
        or_null(request(&[], &fields))
    };
    let all = request(
        &[],
        &[
            ("location", filter(&value("loc"), false)),
            ("resource", filter(&value("rsc"), false)),
            ("service", filter(&value("svc"), false)),
            ("extras", filter(&value("ext"), true)),
            ("status", filter(&status_key(), false)),
            ("language", filter(&reference("Language"), false)),
        ],
    );
    let about = "The simple \"only if\". Empty lists mean any. Values are ids, `{\"external_id\"}`, status keys, language tags.";
    vec![("Filters", told(all, about))]
}

fn conditions() -> Vec<(&'static str, Value)> {
    let group = |name: &'static str, about: &str| {
        let parts = list(reference("Condition"), limits::CONDITION_NODES);
        told(request(&[name], &[(name, parts)]), about)
    };
    let not = request(&["not"], &[("not", reference("Condition"))]);
    let value = json!({"description": "What the field is compared with: a text, a number, true or false, a list with `in`."});
    let compare = request(
        &["field", "op"],
        &[
            (
                "field",
                json!({"type": "string", "format": "condition-field", "examples": ["booking.price.amount"],
                    "description": "A name of `GET /v1/variables`, or of those for conditions only."}),
            ),
            ("op", words_of!(Op)),
            ("value", value),
        ],
    );
    let names = ["ConditionAll", "ConditionAny", "ConditionNot", "ConditionCompare"];
    let about = format!(
        "The nested \"only if\": groups, at most {} deep, and comparisons.",
        limits::CONDITION_DEPTH
    );
    let one = json!({"oneOf": names.map(reference), "description": about});
    vec![
        ("Condition", one),
        ("ConditionAll", group("all", "Every one holds; true when empty.")),
        (
            "ConditionAny",
            group("any", "At least one holds; false when empty."),
        ),
        ("ConditionNot", told(not, "It does not hold.")),
        ("ConditionCompare", told(compare, "One comparison.")),
    ]
}
