//! The nine actions of workflows, and the preview of one.

use super::workflow::one_of;
use super::{
    answer, boolean, list, list_of, minute, or, or_null, per_language, reference, request, string, template,
    told, whole, words, words_of,
};
use flyt_core::action::{BodyFormat, OnUnknown, QuietRule};
use flyt_core::customer::Purpose;
use flyt_core::limits;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let actions: [(&str, &str, &[&str], bool, Fields); 9] = [
        ("email", "Email", &["to", "content"], true, email()),
        ("sms", "Sms", &["to", "content"], true, sms()),
        ("webhook", "Webhook", &["url"], true, webhook()),
        ("set_status", "SetStatus", &["status"], false, set_status()),
        ("wait", "Wait", &[], false, wait()),
        ("stop_if", "StopIf", &["condition"], false, Vec::new()),
        ("set_field", "SetField", &["field", "value"], false, set_field()),
        ("add_tag", "AddTag", &["tag"], false, tag()),
        ("remove_tag", "RemoveTag", &["tag"], false, tag()),
    ];
    let mut all = Vec::new();
    let mut names = Vec::new();
    for (word, name, required, delivers, own) in actions {
        let name = format!("Action{name}");
        let mut fields = shared(word);
        fields.extend(own);
        if delivers {
            fields.extend(delivery());
        }
        let required: Vec<&str> = ["type"].into_iter().chain(required.iter().copied()).collect();
        let mut object = request(&required, &fields);
        if let ("wait", Some(map)) = (word, object.as_object_mut()) {
            map.insert("oneOf".to_owned(), one_wait());
        }
        all.push((name.clone(), object));
        names.push((word, name));
    }
    all.insert(
        0,
        ("Action".to_owned(), told(one_of(&names), "What a workflow does.")),
    );
    all.extend(attachments());
    all.extend(preview());
    all
}

fn shared(word: &str) -> Fields {
    let named = json!({"type": ["string", "null"], "maxLength": limits::LINE_CHARS, "pattern": "^[^\\r\\n\\u0000]*$",
        "description": "What a webhook stores is read as `steps.<name>.<field>`."});
    let condition = if word == "stop_if" {
        reference("Condition")
    } else {
        told(or_null(reference("Condition")), "Its own \"only if\".")
    };
    vec![
        ("type", json!({"type": "string", "const": word})),
        ("name", named),
        ("enabled", or(boolean(), json!(true))),
        ("condition", condition),
    ]
}

fn delivery() -> Fields {
    let quiet = "Left out: as the trigger says; timed ones respect quiet hours, others do not.";
    let lost = "What follows a try whose answer was lost: another with the same id, or a person decides.";
    vec![
        (
            "purpose",
            or(
                told(words_of!(Purpose), "`marketing` needs recorded consent."),
                json!("service"),
            ),
        ),
        ("quiet_hours", told(or_null(words_of!(QuietRule)), quiet)),
        ("on_unknown", or(told(words_of!(OnUnknown), lost), json!("retry"))),
    ]
}

/// A list of recipients.
fn people(roles: &[&str], fixed: &Value) -> Value {
    let roles = words(roles);
    let template = template("address", "Gives an address.");
    list(json!({"anyOf": [roles, fixed, template]}), limits::RECIPIENTS)
}
fn some_people(roles: &[&str], fixed: &Value) -> Value {
    let mut all = people(roles, fixed);
    if let Some(map) = all.as_object_mut() {
        map.insert("minItems".to_owned(), json!(1));
    }
    all
}
/// Texts per language, at least one.
fn content(text: &Value) -> Value {
    let mut all = per_language(text);
    if let Some(map) = all.as_object_mut() {
        map.insert("minProperties".to_owned(), json!(1));
    }
    all
}

fn email() -> Fields {
    let roles = ["customer", "resource", "location", "admins"];
    let text = request(
        &["subject", "body"],
        &[
            ("subject", template("subject", "One line.")),
            ("body", template("html", "The letter.")),
            ("format", or(words_of!(BodyFormat), json!("html"))),
        ],
    );
    let copies = || or_null(people(&roles, &super::email()));
    vec![
        ("to", some_people(&roles, &super::email())),
        ("cc", copies()),
        ("bcc", copies()),
        (
            "reply_to",
            told(or_null(string()), "An address, or a template that gives one."),
        ),
        ("sender", or_null(super::line())),
        ("content", content(&text)),
        (
            "attachments",
            or_null(list(reference("Attachment"), limits::LIST_ITEMS)),
        ),
    ]
}

fn sms() -> Fields {
    let roles = ["customer", "resource", "location"];
    let text = request(&["text"], &[("text", template("text", "The message."))]);
    vec![
        ("to", some_people(&roles, &super::phone())),
        ("content", content(&text)),
        ("sender", or_null(super::line())),
        ("max_segments", or_null(whole(1, 20))),
    ]
}

fn webhook() -> Fields {
    let headers = json!({"type": ["object", "null"], "maxProperties": limits::MAP_KEYS,
        "propertyNames": {"format": "header-name", "pattern": "^[Xx]-[A-Za-z0-9-]+$|^[Aa]uthorization$|^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"},
        "additionalProperties": template("header", "The value.")});
    let code = json!({"type": "string", "pattern": "^[1-5](xx|[0-9]{2})$"});
    let store = json!({"type": ["object", "null"], "maxProperties": limits::MAP_KEYS,
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,59}$"},
        "additionalProperties": {"type": "string", "format": "json-pointer", "maxLength": limits::LINE_CHARS},
        "description": "JSON pointers into the answer, by the name under which they are kept. The action then needs a `name`."});
    let form = json!({"type": "object", "maxProperties": limits::MAP_KEYS, "additionalProperties": template("header", "The value.")});
    let about = "A template that gives JSON; a value writes its own quotes.";
    let body = json!({"anyOf": [
        {"type": "null", "title": "the standard envelope"},
        request(&["json"], &[("json", template("json", about))]),
        request(&["form"], &[("form", form)]),
        request(&["raw", "content_type"], &[("raw", template("raw", "Anything.")), ("content_type", super::line())]),
    ]});
    vec![
        (
            "method",
            or(words(&["POST", "PUT", "PATCH", "GET", "DELETE"]), json!("POST")),
        ),
        (
            "url",
            template("url", "An address that begins with https:// or http://."),
        ),
        ("headers", headers),
        ("body", body),
        (
            "signing",
            or(told(boolean(), "Sign as Standard Webhooks says."), json!(true)),
        ),
        (
            "success_codes",
            or(or_null(list(code, limits::LIST_ITEMS)), json!(["2xx"])),
        ),
        ("store", store),
    ]
}

fn set_status() -> Fields {
    let key = json!({"type": "string", "format": "status-key", "pattern": "^[a-z][a-z0-9_-]{0,39}$"});
    let runs = told(boolean(), "Whether the change starts workflows.");
    vec![("status", key), ("run_workflows", or(runs, json!(true)))]
}

fn wait() -> Fields {
    let event = json!({"type": ["string", "null"], "format": "wait-event", "pattern": "^(paid|status:[a-z][a-z0-9_-]{0,39})$"});
    vec![
        ("duration", or_null(reference("Duration"))),
        ("until", or_null(minute())),
        ("event", told(event, "`paid` or `status:<key>`.")),
        (
            "timeout",
            told(or_null(reference("Duration")), "With `event` only."),
        ),
    ]
}

/// One of the three ways to wait.
fn one_wait() -> Value {
    let ways = ["duration", "until", "event"];
    let way = |mine: &&str| {
        let mut others: serde_json::Map<String, Value> = ways
            .iter()
            .filter(|other| *other != mine)
            .map(|other| ((*other).to_owned(), json!({"type": "null"})))
            .collect();
        others.insert((*mine).to_owned(), json!({"type": "string"}));
        if *mine != "event" {
            others.insert("timeout".to_owned(), json!({"type": "null"}));
        }
        json!({"required": [mine], "properties": others})
    };
    ways.iter().map(way).collect()
}

fn set_field() -> Fields {
    let field = json!({"type": "string", "format": "settable-field",
        "pattern": "^(booking\\.notes|(booking\\.answers|customer\\.fields)\\..{1,100})$", "examples": ["booking.answers.code"]});
    let value = json!({"description": "Any value; a text is a template; `null` clears. `booking.notes` takes texts only."});
    vec![("field", field), ("value", value)]
}

fn tag() -> Fields {
    vec![(
        "tag",
        json!({"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\\r\\n\\u0000]*[^\\s\\u0000][^\\r\\n\\u0000]*$"}),
    )]
}

fn attachments() -> Vec<(String, Value)> {
    let ics = request(&["type"], &[("type", json!({"type": "string", "const": "ics"}))]);
    let document = request(
        &["type", "id"],
        &[
            ("type", json!({"type": "string", "const": "document"})),
            ("id", string()),
        ],
    );
    let names = [
        ("ics", "AttachmentIcs".to_owned()),
        ("document", "AttachmentDocument".to_owned()),
    ];
    vec![
        ("Attachment".to_owned(), one_of(&names)),
        (
            "AttachmentIcs".to_owned(),
            told(ics, "The booking as a calendar file."),
        ),
        (
            "AttachmentDocument".to_owned(),
            told(document, "A document of the business."),
        ),
    ]
}

/// One booking, by either id.
pub(super) fn which() -> Value {
    let mut which = request(
        &[],
        &[("id", super::id("bkg")), ("external_id", super::external_id())],
    );
    if let Some(map) = which.as_object_mut() {
        map.insert(
            "anyOf".to_owned(),
            json!([{"required": ["id"]}, {"required": ["external_id"]}]),
        );
    }
    which
}

fn preview() -> Vec<(String, Value)> {
    let ask = request(
        &["action"],
        &[
            ("action", reference("Action")),
            ("booking", told(or_null(which()), "Left out: a sample booking.")),
            ("language", or_null(reference("Language"))),
        ],
    );
    let text = || or_null(string());
    let mut shown = answer(&[("to", text()), ("warnings", list_of(reference("Warning")))]);
    if let Some(fields) = shown.get_mut("properties").and_then(Value::as_object_mut) {
        for name in ["subject", "text", "html", "encoding", "language"] {
            fields.insert(name.to_owned(), text());
        }
        fields.insert("segments".to_owned(), json!({"type": ["integer", "null"]}));
        fields.insert("request".to_owned(), reference("SentRequest"));
    }
    vec![
        ("PreviewAsk".to_owned(), ask),
        (
            "Preview".to_owned(),
            told(
                shown,
                "What would go out. Without a text, `warnings` says why there is none.",
            ),
        ),
    ]
}
