//! Explain: every gate between a booking and a workflow, with its verdict, what was expected and what was found, in words.
//! The gates are those of `plan`, in its order: the first that says no gives `plan`'s reason. What was stored when it
//! happened goes before what is worked out here; the engine sees to that.

use crate::booking::Automations;
use crate::change::{Change, counts};
use crate::condition::Condition;
use crate::due;
use crate::facts::{BookingFacts, Facts};
use crate::filter::{Filter, Filters, lists};
use crate::limits;
use crate::plan::{self, names_status};
use crate::reason::Reason;
use crate::trigger::{Trigger, TriggerKind, When};
use crate::workflow::Workflow;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::Display;

/// One gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its stable name.
    pub check: &'static str,
    /// Whether it let the booking through.
    pub passed: bool,
    /// What it lets through.
    pub expected: Value,
    /// What was there.
    pub actual: Value,
    /// Why not, where it did not.
    pub reason: Reason,
    /// The sentence in Bokmål.
    pub nb: String,
    /// The sentence in English.
    pub en: String,
}

/// What people call the thing behind an id or a key; `None`: nobody knows it any more.
pub type Naming<'n> = &'n dyn Fn(&str) -> Option<String>;

/// The gates of a stored change, in order. They end at the first that a later one depends on.
pub fn of_change(workflow: &Workflow, change: &Change, facts: &Facts, named: Naming<'_>) -> Vec<Check> {
    let candidates = plan::candidates(workflow, change);
    let mut checks = vec![kind(workflow, change, !candidates.is_empty())];
    let Some((_, first)) = candidates.first() else {
        return checks;
    };
    let on = facts
        .booking
        .as_ref()
        .is_none_or(|b| b.booking.automations != Automations::Off);
    checks.push(automations(on && change.starts_runs, facts));
    checks.push(switched_on(workflow));
    let matches = candidates
        .iter()
        .any(|(_, t)| plan::settings_match(&t.when, workflow, change, facts));
    checks.push(settings(workflow, (change, facts), &first.when, (matches, named)));
    let quiet = change.depth < limits::CHAIN_DEPTH;
    checks.push(Check {
        check: "loop_guard",
        passed: quiet,
        expected: json!(limits::CHAIN_DEPTH),
        actual: json!(change.depth),
        reason: Reason::LoopGuard,
        nb: say(
            quiet,
            "Ingen kjede av arbeidsflyter ble for lang.",
            Reason::LoopGuard.sentence("nb"),
        ),
        en: say(
            quiet,
            "No chain of workflows grew too long.",
            Reason::LoopGuard.sentence("en"),
        ),
    });
    checks.extend(only_if(workflow, facts, change.at, named));
    checks
}

/// The trigger's own settings. Of a status that is not the wanted one both are said.
fn settings(
    workflow: &Workflow,
    (change, facts): (&Change, &Facts),
    when: &When,
    (passed, named): (bool, Naming<'_>),
) -> Check {
    let changed: Vec<&str> = change.fields.iter().map(|f| f.word()).collect();
    let mut check = Check {
        check: "settings",
        passed,
        expected: json!(when.kind().word()),
        actual: json!(changed),
        reason: plan::no_match(when, workflow, facts),
        nb: say(
            passed,
            "Endringen er slik utløseren venter på.",
            "Endringen er ikke slik utløseren venter på.",
        ),
        en: say(
            passed,
            "The change is what the trigger waits for.",
            "The change is not what the trigger waits for.",
        ),
    };
    let statuses = (
        facts.previous.as_ref().map(|p| &p.status),
        facts.booking.as_ref().map(|b| &b.booking.status),
    );
    if let (false, When::StatusChanged { from, to }, (Some(was), Some(is))) = (passed, when, statuses) {
        let label = |key: &String| named(key).unwrap_or_else(|| key.clone());
        let labels = |keys: &[String], any: &str, or: &str| {
            let all: Vec<String> = keys.iter().map(label).collect();
            if all.is_empty() {
                any.to_owned()
            } else {
                all.join(or)
            }
        };
        check.expected = json!({"from": from, "to": to});
        check.actual = json!({"from": was, "to": is});
        check.nb = format!(
            "Statusen gikk fra «{}» til «{}»; utløseren venter på fra «{}» til «{}».",
            label(was),
            label(is),
            labels(from, "hva som helst", "» eller «"),
            labels(to, "hva som helst", "» eller «"),
        );
        check.en = format!(
            "The status went from “{}” to “{}”; the trigger waits for from “{}” to “{}”.",
            label(was),
            label(is),
            labels(from, "anything", "” or “"),
            labels(to, "anything", "” or “"),
        );
    }
    check
}

/// The gates of a timed trigger on the booking as it is.
pub fn of_timer(
    workflow: &Workflow,
    trigger: &Trigger,
    facts: &Facts,
    now: Timestamp,
    named: Naming<'_>,
) -> Vec<Check> {
    let Some(booking) = &facts.booking else {
        return Vec::new();
    };
    let on = booking.booking.automations != Automations::Off;
    let mut checks = vec![automations(on, facts), switched_on(workflow)];
    let due = due::due(trigger, &workflow.definition.actions, facts, now);
    let before = due.as_ref().is_ok_and(|d| d.before);
    checks.push(Check {
        check: "due",
        passed: due.is_ok(),
        expected: json!(due::rule(&trigger.when)),
        actual: due.as_ref().map_or(Value::Null, |d| json!(d.nominal)),
        reason: due.as_ref().err().copied().unwrap_or(Reason::DueAfterAnchor),
        nb: say(
            due.is_ok(),
            "Tidspunktet lar seg regne ut.",
            Reason::DueAfterAnchor.sentence("nb"),
        ),
        en: say(
            due.is_ok(),
            "The time can be worked out.",
            Reason::DueAfterAnchor.sentence("en"),
        ),
    });
    let status = &booking.booking.status;
    let counted = counts(
        booking.booking.status_kind,
        before,
        names_status(workflow, status),
    );
    let label = named(status).unwrap_or_else(|| status.clone());
    checks.push(Check {
        check: "counts",
        passed: counted,
        expected: json!(if before {
            ["open", "active"].as_slice()
        } else {
            ["open", "active", "closed_ok"].as_slice()
        }),
        actual: json!(booking.booking.status_kind.word()),
        reason: Reason::BookingNotActive,
        nb: format!(
            "Bookingen er «{label}» og {}.",
            if counted { "teller" } else { "teller ikke" }
        ),
        en: format!(
            "The booking is “{label}” and {}.",
            if counted { "counts" } else { "does not count" }
        ),
    });
    checks.extend(only_if(workflow, facts, now, named));
    checks
}

/// The first gate that said no.
pub fn reason(checks: &[Check]) -> Option<Reason> {
    checks.iter().find(|c| !c.passed).map(|c| c.reason)
}

fn say(passed: bool, yes: &str, no: &str) -> String {
    if passed { yes } else { no }.to_owned()
}

fn kind(workflow: &Workflow, change: &Change, passed: bool) -> Check {
    let words = |kinds: &mut dyn Iterator<Item = TriggerKind>| {
        json!(kinds.map(TriggerKind::word).collect::<Vec<_>>())
    };
    Check {
        check: "trigger",
        passed,
        expected: words(&mut workflow.definition.triggers.iter().map(|t| t.when.kind())),
        actual: words(&mut change.kinds.iter().copied()),
        reason: Reason::FilterOther,
        nb: say(
            passed,
            "Dette er noe arbeidsflyten venter på.",
            "Det arbeidsflyten venter på, har ikke skjedd med bookingen.",
        ),
        en: say(
            passed,
            "This is something the workflow waits for.",
            "What the workflow waits for has not happened to the booking.",
        ),
    }
}

fn automations(passed: bool, facts: &Facts) -> Check {
    let actual = facts.booking.as_ref().map(|b| b.booking.automations.word());
    Check {
        check: "automations",
        passed,
        expected: json!("on"),
        actual: json!(actual),
        reason: Reason::AutomationsOff,
        nb: say(
            passed,
            "Arbeidsflyter er på for bookingen.",
            Reason::AutomationsOff.sentence("nb"),
        ),
        en: say(
            passed,
            "Workflows are on for the booking.",
            Reason::AutomationsOff.sentence("en"),
        ),
    }
}

/// Whether the workflow is on.
pub fn switched_on(workflow: &Workflow) -> Check {
    let passed = workflow.enabled;
    Check {
        check: "workflow",
        passed,
        expected: json!(true),
        actual: json!(passed),
        reason: Reason::WorkflowDisabled,
        nb: say(passed, "Arbeidsflyten var på.", "Arbeidsflyten var av da."),
        en: say(passed, "The workflow was on.", "The workflow was off then."),
    }
}

/// Filters and condition: those that say something, and the condition.
fn only_if(workflow: &Workflow, facts: &Facts, now: Timestamp, named: Naming<'_>) -> Vec<Check> {
    let filters = &workflow.definition.filters;
    let mut checks = facts
        .booking
        .as_ref()
        .map_or_else(Vec::new, |b| own(filters, b, named));
    let [(status, _), (language, _)] = filters.rest_verdicts(facts);
    let found = facts.booking.as_ref().map(|b| b.booking.status.clone());
    checks.extend(one(
        &filters.status,
        ("status", "Statusen", "The status"),
        (status, Reason::FilterStatus),
        found.as_slice(),
        named,
    ));
    let found: Vec<String> = facts.language().map(ToString::to_string).into_iter().collect();
    checks.extend(one(
        &filters.language,
        ("language", "Språket", "The language"),
        (language, Reason::FilterLanguage),
        &found,
        named,
    ));
    checks.extend(
        workflow
            .definition
            .condition
            .as_ref()
            .map(|c| condition(c, facts, now)),
    );
    checks
}

fn own(filters: &Filters, b: &BookingFacts, named: Naming<'_>) -> Vec<Check> {
    let [location, service, resource, extras] = filters.own_verdicts(b);
    let ids = |id: Option<String>| id.into_iter().collect::<Vec<_>>();
    let there = (
        ids(b.location.as_ref().map(|l| l.id.to_string())),
        ids(Some(b.service.id.to_string())),
        ids(b.resource.as_ref().map(|r| r.id.to_string())),
        b.extras.iter().map(|e| e.id.to_string()).collect::<Vec<_>>(),
    );
    [
        one(
            &filters.location,
            ("location", "Stedet", "The location"),
            location,
            &there.0,
            named,
        ),
        one(
            &filters.service,
            ("service", "Tjenesten", "The service"),
            service,
            &there.1,
            named,
        ),
        one(
            &filters.resource,
            ("resource", "Alternativet", "The option"),
            resource,
            &there.2,
            named,
        ),
        one(
            &filters.extras,
            ("extras", "Tillegget", "The extra"),
            extras,
            &there.3,
            named,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The check of one filter; nothing for one that lets everything through.
fn one<T: Display>(
    filter: &Filter<T>,
    (check, nb, en): (&'static str, &str, &str),
    (passed, reason): (bool, Reason),
    found: &[String],
    named: Naming<'_>,
) -> Option<Check> {
    if filter.is_any() {
        return None;
    }
    let told = |quote: [&str; 2], [all, none, or, and, nothing]: [&str; 5]| {
        let quoted = |id: &str| {
            format!(
                "{}{}{}",
                quote[0],
                named(id).unwrap_or_else(|| id.to_owned()),
                quote[1]
            )
        };
        let listed = |values: &[T], between: &str| {
            let names: Vec<String> = values.iter().map(|v| quoted(&v.to_string())).collect();
            names.join(between)
        };
        let parts = [
            ("", listed(&filter.any_of, or)),
            (all, listed(&filter.all_of, and)),
            (none, listed(&filter.none_of, or)),
        ];
        let parts = parts.iter().filter(|(_, list)| !list.is_empty());
        let rule: Vec<String> = parts.map(|(word, list)| format!("{word}{list}")).collect();
        let there: Vec<String> = found.iter().map(|id| quoted(id)).collect();
        let there = if there.is_empty() {
            nothing.to_owned()
        } else {
            there.join(and)
        };
        (there, rule.join(", "))
    };
    let (there_nb, rule_nb) = told(["«", "»"], ["alle av ", "ikke ", " eller ", " og ", "ikke satt"]);
    let (there_en, rule_en) = told(["“", "”"], ["all of ", "not ", " or ", " and ", "not set"]);
    Some(Check {
        check,
        passed,
        expected: lists(filter),
        actual: json!(found),
        reason,
        nb: format!("{nb} er {there_nb}; arbeidsflyten gjelder for {rule_nb}."),
        en: format!("{en} is {there_en}; the workflow is for {rule_en}."),
    })
}

fn condition(condition: &Condition, facts: &Facts, now: Timestamp) -> Check {
    let passed = condition.holds(facts, now);
    let parts = condition.verdict(facts, now);
    let told: Vec<String> = parts
        .iter()
        .filter(|p| passed || !p.passed)
        .map(|p| format!("{} = {} ({} {})", p.field, p.actual, p.op.word(), p.expected))
        .collect();
    let told = told.join("; ");
    Check {
        check: "condition",
        passed,
        expected: condition.to_json(),
        actual: json!(parts),
        reason: Reason::ConditionFalse,
        nb: format!(
            "{}: {told}.",
            say(passed, "Betingelsen var oppfylt", "Betingelsen var ikke oppfylt")
        ),
        en: format!(
            "{}: {told}.",
            say(passed, "The condition held", "The condition did not hold")
        ),
    }
}
