//! What happened and what will: runs, steps, messages, timers, the timeline of a booking.

use super::{answer, boolean, id, instant, list_of, or_null, reference, request, string, told, words_of};
use flyt_core::customer::Channel;
use flyt_core::state::{MessageState, RunState};
use flyt_core::trigger::TriggerKind;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut message = vec![("id", id("msg"))];
    message.extend(shared());
    message.extend(sent());
    let mut step = shared();
    step.push(("kind", told(string(), "The type of its action.")));
    step.push(("attempts", list_of(reference("Attempt"))));
    let mut whole_run = run();
    whole_run.push(("steps", list_of(reference("Step"))));
    let edit = request(
        &["due_at"],
        &[("due_at", told(instant(), "One that has passed means now."))],
    );
    [
        ("Run", answer(&run())),
        ("RunWithSteps", answer(&whole_run)),
        ("Step", answer(&step)),
        ("Attempt", attempt()),
        ("Message", answer(&message)),
        ("SentRequest", sent_request()),
        ("StepPatch", edit),
        ("Timer", answer(&timer())),
        ("TimelineEntry", entry()),
        ("Explanation", explanation()),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn number() -> Value {
    json!({"type": "integer"})
}
fn text() -> Value {
    or_null(string())
}

fn run() -> Fields {
    vec![
        ("id", id("run")),
        ("workflow_id", or_null(id("wfl"))),
        ("workflow", told(text(), "Its name.")),
        (
            "version",
            told(number(), "The version it started with and keeps."),
        ),
        ("trigger", words_of!(TriggerKind)),
        ("booking_id", or_null(id("bkg"))),
        ("customer_id", or_null(id("cus"))),
        ("change_id", or_null(id("chg"))),
        ("anchor_at", or_null(instant())),
        ("due_at", instant()),
        ("late_ms", number()),
        ("state", words_of!(RunState)),
        (
            "reason",
            told(text(), "Why it ended before its actions were done."),
        ),
        ("reason_sentence", text()),
        ("depth", told(number(), "How many changes by workflows led here.")),
        ("created_at", instant()),
    ]
}

/// What steps and messages show alike.
pub(super) fn shared() -> Fields {
    let mut states: Vec<&str> = MessageState::ALL.iter().map(|s| s.word()).collect();
    states.push("done");
    vec![
        ("step_id", id("stp")),
        ("channel", or_null(words_of!(Channel))),
        ("to", told(text(), "One address.")),
        ("state", super::words(&states)),
        ("reason", text()),
        ("reason_sentence", text()),
        ("due_at", instant()),
        (
            "sent_at",
            told(
                or_null(instant()),
                "Set when it was sent or captured, and never changed.",
            ),
        ),
        ("provider_id", text()),
        ("language", told(text(), "Of the text used.")),
        ("segments", or_null(number())),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

fn sent() -> Fields {
    let others = || or_null(list_of(string()));
    vec![
        ("cc", others()),
        ("bcc", others()),
        ("subject", text()),
        ("text", text()),
        ("html", text()),
        ("request", or_null(reference("SentRequest"))),
        ("attempts", told(number(), "How often it was tried.")),
        ("booking_id", or_null(id("bkg"))),
        ("workflow_id", or_null(id("wfl"))),
        ("workflow", text()),
        ("run_id", id("run")),
    ]
}

fn sent_request() -> Value {
    told(
        json!({"type": ["object", "null"]}),
        "A webhook's request: method, address, headers, body.",
    )
}

fn attempt() -> Value {
    answer(&[
        ("attempt", number()),
        ("at", instant()),
        ("outcome", string()),
        ("code", json!({"type": ["string", "integer", "null"]})),
        ("answer", told(text(), "What the other side said, shortened.")),
        ("revision", or_null(number())),
    ])
}

fn timer() -> Fields {
    vec![
        ("id", id("tmr")),
        ("due_at", instant()),
        ("due_local", told(string(), "The same where the booking is.")),
        ("anchor_at", instant()),
        ("rule", told(text(), "The trigger in words.")),
        ("workflow_id", or_null(id("wfl"))),
        ("workflow", text()),
        ("booking_id", id("bkg")),
        ("reference", told(text(), "That of the booking.")),
        ("customer", told(text(), "The name of the customer.")),
        (
            "matches_now",
            told(boolean(), "Whether it would fire if it came due now."),
        ),
    ]
}

/// Entries differ by `kind`: a change, a step, a run that ended, a timer.
fn entry() -> Value {
    let mut object = answer(&[
        ("at", instant()),
        ("at_local", string()),
        ("kind", super::words(&["change", "step", "run", "timer"])),
        ("state", string()),
        (
            "sentence",
            told(string(), "For people, in the language of the business."),
        ),
        ("future", boolean()),
    ]);
    let more = [
        ("channel", text()),
        ("to", text()),
        ("reason", text()),
        ("reason_sentence", text()),
        ("workflow", text()),
        ("workflow_id", text()),
        ("step_id", string()),
        ("run_id", string()),
        ("timer_id", string()),
        ("due_at", instant()),
        ("trigger", string()),
        ("attempts", number()),
        ("change_id", string()),
        ("actor", string()),
        ("changes", list_of(string())),
        ("events", list_of(string())),
    ];
    if let Some(fields) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, schema) in more {
            fields.insert(name.to_owned(), schema);
        }
    }
    object
}

/// What became of one workflow for one booking.
fn explanation() -> Value {
    let any = || json!({"description": "A text, a number, a list … or nothing."});
    let check = answer(&[
        ("check", string()),
        ("passed", or_null(boolean())),
        ("expected", any()),
        ("actual", any()),
        ("sentence", string()),
    ]);
    answer(&[
        ("workflow_id", id("wfl")),
        ("workflow", string()),
        (
            "verdict",
            super::words(&["sent", "planned", "would_fire", "not_sent"]),
        ),
        ("reason", text()),
        ("reason_sentence", text()),
        ("at", or_null(instant())),
        ("run_id", or_null(id("run"))),
        ("checks", list_of(check)),
    ])
}
