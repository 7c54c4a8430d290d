//! Acts beside the objects: tests, trying again, suppressed addresses, what a draft would do, conversion, ready-made workflows.

use super::{
    action, and, answer, boolean, id, instant, line, list_of, or_null, reference, request, string, told,
    with, words, words_of, workflow,
};
use flyt_core::customer::Channel;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let count = told(json!({"type": "integer"}), "How many go again.");
    [
        ("TestSendAsk", test_ask()),
        ("TestSent", test_sent()),
        ("RetryAsk", retry_ask()),
        ("Retried", answer(&[("count", count)])),
        ("Suppression", answer(&suppression())),
        ("SuppressionCreate", suppress()),
        ("ImpactAsk", impact_ask()),
        ("Impact", impact()),
        ("ConvertAsk", convert_ask()),
        ("Converted", converted()),
        ("WorkflowTemplate", template()),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

/// A text in the two languages that Flyt itself speaks.
fn both() -> Value {
    answer(&[("nb", string()), ("en", string())])
}
fn number() -> Value {
    json!({"type": "integer"})
}

fn test_ask() -> Value {
    let to = "The address it goes to: an e-mail address or a phone number. A webhook goes to its own and takes none.";
    let fields = [
        ("action", reference("Action")),
        ("to", told(or_null(line()), to)),
        (
            "booking",
            told(or_null(action::which()), "Left out: a sample booking."),
        ),
        ("language", or_null(reference("Language"))),
    ];
    request(&["action"], &fields)
}

fn test_sent() -> Value {
    let text = || or_null(string());
    let state = words(&["sent", "captured", "failed", "unknown"]);
    answer(&[
        ("state", state),
        (
            "outcome",
            told(string(), "What the other side made of it, in a word."),
        ),
        ("code", json!({"type": ["integer", "null"]})),
        ("answer", told(text(), "What the other side said, shortened.")),
        ("to", text()),
        ("subject", text()),
        ("text", text()),
        ("html", text()),
        ("segments", or_null(number())),
        ("encoding", text()),
        ("request", or_null(reference("SentRequest"))),
        ("language", text()),
        ("warnings", list_of(reference("Warning"))),
    ])
}

fn retry_ask() -> Value {
    let fields = [
        ("workflow_id", id("wfl")),
        ("booking_id", id("bkg")),
        ("channel", words_of!(Channel)),
        ("from", told(instant(), "Due at or after.")),
        ("to", told(instant(), "Due before.")),
    ];
    let about = "Which ones. At least one field: nobody tries everything again by mistake.";
    with(told(request(&[], &fields), about), "minProperties", json!(1))
}

/// What is shown of a suppressed address; of an erased customer's the address is gone.
fn suppression() -> Fields {
    let mut all = vec![("id", string())];
    all.extend(suppressed());
    all.push((
        "erased",
        told(
            boolean(),
            "Its owner has been erased: only a fingerprint is left.",
        ),
    ));
    all
}
/// What the list and the export of a customer show alike.
pub(super) fn suppressed() -> Fields {
    vec![
        ("channel", people()),
        ("address", or_null(string())),
        ("reason", told(string(), "`stop`, `manual`, `opted_out` …")),
        ("created_at", instant()),
    ]
}
/// Channels on which people have addresses.
fn people() -> Value {
    words(&[Channel::Email.word(), Channel::Sms.word()])
}
fn suppress() -> Value {
    let by_channel = |channel: Channel, address: Value| json!({"properties": {"channel": {"const": channel.word()}, "address": address}});
    let ask = request(
        &["channel", "address"],
        &[("channel", people()), ("address", line())],
    );
    let kinds = [
        by_channel(Channel::Email, super::email()),
        by_channel(Channel::Sms, super::phone()),
    ];
    with(ask, "anyOf", json!(kinds))
}

fn impact_ask() -> Value {
    let mut fields = workflow::sent(true);
    let about = "The workflow that the draft is a change of: what is left out stays as it is there.";
    fields.push(("id", told(id("wfl"), about)));
    let needs = json!([{"required": ["id"]}, {"required": ["name", "triggers", "actions"]}]);
    with(request(&[], &fields), "anyOf", needs)
}

fn impact() -> Value {
    let example = answer(&[
        ("what", words(&["plans", "supersedes", "sends_now"])),
        ("booking_id", id("bkg")),
        ("reference", string()),
        ("customer", or_null(string())),
        ("start", instant()),
        ("due_at", instant()),
        ("due_local", told(string(), "The same where the booking is.")),
    ]);
    answer(&[
        ("sends_now", told(number(), "Runs that would start at once.")),
        ("plans", told(number(), "New timers.")),
        ("keeps", told(number(), "Timers that stay.")),
        ("supersedes", told(number(), "Timers that would go.")),
        ("bookings", told(number(), "How many were looked at.")),
        (
            "complete",
            told(boolean(), "False: there are more than were looked at."),
        ),
        ("examples", list_of(example)),
        ("sentence", both()),
        ("warnings", list_of(reference("Warning"))),
    ])
}

fn convert_ask() -> Value {
    let workflow =
        json!({"type": "object", "description": "A workflow; the texts of its actions are converted."});
    let text = json!({"type": "string", "description": "One text."});
    let needs = json!([{"required": ["text"]}, {"required": ["workflow"]}]);
    with(
        request(&[], &[("text", text), ("workflow", workflow)]),
        "anyOf",
        needs,
    )
}

fn converted() -> Value {
    let left: Fields = vec![
        ("keyword", told(string(), "Without braces.")),
        ("message", told(string(), "Why it has no twin, or what to use.")),
        ("line", number()),
        ("column", number()),
    ];
    let mut placed = left.clone();
    placed.push(("pointer", told(string(), "Where in the workflow.")));
    let more = vec![
        ("text", told(string(), "The text as a template of Flyt.")),
        ("left_in_text", list_of(answer(&left))),
        ("workflow", json!({"type": "object"})),
        ("left", list_of(answer(&placed))),
    ];
    told(
        and(answer(&[]), &more),
        "What was sent, converted, and what a person has to take out.",
    )
}

fn template() -> Value {
    answer(&[
        ("id", string()),
        ("name", both()),
        (
            "workflow",
            told(
                reference("WorkflowCreate"),
                "As `POST /v1/workflows` takes it; switched off.",
            ),
        ),
    ])
}
