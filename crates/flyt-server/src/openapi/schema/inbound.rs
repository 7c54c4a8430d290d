//! Other booking systems: the sources they deliver from, what a delivery came to, a sample tried out.

use super::import::mapping;
use super::{
    and, answer, boolean, free, id, instant, line, list_of, name, or_null, reference, request, revision,
    string, told, with_warnings, words, words_of,
};
use flyt_core::booking::{Automations, Source};
use flyt_core::inbound::Adapter;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let mut create: Fields = vec![("adapter", words_of!(Adapter))];
    create.extend(sent());
    let mut fresh = shown();
    fresh.push((
        "token",
        told(string(), "The key in its address, shown this once."),
    ));
    fresh.push((
        "path",
        told(string(), "Where the other system posts, shown this once."),
    ));
    fresh.push(("url", told(string(), "The same with the address of this server.")));
    let delivery = json!({"type": "object", "description": "The delivery as the other system sends it; each has its own form."});
    [
        ("InboundSource", with_warnings(answer(&shown()))),
        ("NewInboundSource", answer(&fresh)),
        ("InboundSourceCreate", request(&["adapter"], &create)),
        ("InboundSourcePatch", request(&[], &sent())),
        ("InboundSettings", settings()),
        (
            "InboundMap",
            told(
                request(&["fields"], &map()),
                "Which field of the body is what, by JSON pointers.",
            ),
        ),
        ("InboundBody", delivery),
        ("InboundTaken", taken()),
        ("InboundDelivery", delivered()),
        ("InboundTryAsk", try_ask()),
        ("InboundTry", tried()),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn text() -> Value {
    or_null(string())
}
fn any(about: &str) -> Value {
    json!({"description": about})
}

fn sent() -> Fields {
    let sealed = || {
        json!({"type": ["string", "null"], "minLength": 1, "maxLength": flyt_core::limits::LINE_CHARS,
        "pattern": "^[^\\r\\n\\u0000]*[^\\s\\u0000][^\\r\\n\\u0000]*$"})
    };
    vec![
        ("name", told(or_null(name()), "Left out: the adapter's word.")),
        (
            "secret",
            told(
                sealed(),
                "Deliveries must be signed with it; `null` takes it away. It is never shown.",
            ),
        ),
        (
            "api_token",
            told(
                sealed(),
                "For systems that send little: what is missing is fetched with it. It is never shown.",
            ),
        ),
        ("settings", or_null(reference("InboundSettings"))),
    ]
}

fn shown() -> Fields {
    vec![
        ("id", id("src")),
        ("adapter", words_of!(Adapter)),
        ("name", string()),
        ("settings", reference("InboundSettings")),
        ("has_secret", boolean()),
        ("has_api_token", boolean()),
        ("revision", revision()),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

fn settings() -> Value {
    let prefix = json!({"type": ["string", "null"], "minLength": 1, "maxLength": 40, "pattern": "^[^\\r\\n\\u0000]*$",
        "description": "What external ids from this source begin with; left out: the adapter's word."});
    let statuses = json!({"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]},
        "description": "Their word for a status → the key of yours; `null` leaves the status alone."});
    request(
        &[],
        &[
            ("id_prefix", prefix),
            (
                "time_zone",
                told(or_null(reference("TimeZone")), "Of times without offset."),
            ),
            (
                "currency",
                told(or_null(reference("Currency")), "Of amounts without one."),
            ),
            (
                "base_url",
                told(
                    or_null(line()),
                    "Where their API is, for installations of one's own.",
                ),
            ),
            (
                "user_id",
                told(or_null(line()), "The user that goes with the API token."),
            ),
            (
                "secret_header",
                told(or_null(line()), "The header that carries the secret."),
            ),
            (
                "notification_url",
                told(
                    or_null(line()),
                    "The address as it was entered there, where it is signed along.",
                ),
            ),
            ("statuses", statuses),
            (
                "automations",
                told(
                    or_null(words_of!(Automations)),
                    "Whether workflows see what is made.",
                ),
            ),
            (
                "constants",
                told(
                    or_null(constants()),
                    "Fields of every booking that they do not name.",
                ),
            ),
            (
                "signature",
                told(or_null(signature()), "How a generic sender signs."),
            ),
            ("map", or_null(reference("InboundMap"))),
        ],
    )
}

fn constants() -> Value {
    request(
        &[],
        &[
            ("service", reference("BookingService")),
            ("location", reference("BookingLocation")),
            ("resource", reference("BookingResource")),
            ("language", reference("Language")),
            ("source", words_of!(Source)),
            ("answers", free()),
        ],
    )
}
fn signature() -> Value {
    request(
        &[],
        &[
            ("header", told(or_null(line()), "In which header.")),
            (
                "encoding",
                told(
                    or_null(words(&["hex", "base64", "plain"])),
                    "`plain`: the secret itself.",
                ),
            ),
        ],
    )
}

/// A mapping whose origins are pointers, and what only deliveries have.
fn map() -> Fields {
    let pointer = |about: &str| json!({"type": ["string", "null"], "format": "json-pointer", "pattern": "^/", "description": about});
    let means = words(&["upsert", "cancel", "no_show", "paid", "ignore"]);
    let mut all = mapping();
    all.push(("event", pointer("Where their word for what happened stands.")));
    all.push(("event_id", pointer("Where the id of the delivery stands.")));
    all.push((
        "version",
        pointer("Where a number or instant stands that grows with each change."),
    ));
    all.push((
        "former_external_id",
        pointer("Where the id stands that the booking had before it was moved."),
    ));
    all.push((
        "events",
        json!({"type": ["object", "null"], "additionalProperties": means,
        "description": "Their words → what they mean; left out: everything is an upsert."}),
    ));
    all.push((
        "payment",
        or_null(request(
            &[],
            &["external_id", "amount", "currency"].map(|n| (n, pointer("Where it stands."))),
        )),
    ));
    all
}

fn verdict() -> Value {
    told(
        words(&["taken", "ignored", "thin", "waiting", "refused"]),
        "`thin`: taken, but something is missing. `waiting`: what is missing is being fetched.",
    )
}

fn taken() -> Value {
    answer(&[
        ("id", id("inb")),
        ("verdict", verdict()),
        ("event", told(string(), "Their word for it.")),
        ("booking_id", or_null(id("bkg"))),
        ("detail", any("Why, where it is worth saying.")),
        ("replayed", told(boolean(), "It had come before.")),
    ])
}

fn delivered() -> Value {
    answer(&[
        ("id", id("inb")),
        ("at", instant()),
        ("event", string()),
        ("verdict", verdict()),
        ("detail", any("Why, where it is worth saying.")),
        ("error", any("Why it was not taken.")),
        ("missing", any("What it lacks.")),
        ("booking_id", or_null(id("bkg"))),
        ("customer_id", or_null(id("cus"))),
        ("attempts", json!({"type": "integer"})),
        ("body", told(text(), "As it came, while it is kept.")),
    ])
}

fn try_ask() -> Value {
    let body = json!({"type": ["object", "array", "string", "number", "boolean"],
        "description": "The delivery: the JSON itself, or the text as it came."});
    let headers = json!({"type": ["object", "null"], "additionalProperties": {"type": "string"}});
    request(&["body"], &[("body", body), ("headers", headers)])
}

fn tried() -> Value {
    let signature = and(
        answer(&[("checked", boolean())]),
        &[("valid", boolean()), ("reason", string())],
    );
    let more = [
        ("event", string()),
        (
            "would_write",
            told(
                json!({"type": "object"}),
                "As in the API: a booking or a customer, or nothing and why.",
            ),
        ),
        ("missing", any("What it lacks.")),
        (
            "would_fetch",
            told(text(), "Where what is missing would be fetched."),
        ),
        ("detail", any("Why, where it is worth saying.")),
        ("errors", list_of(reference("Fault"))),
        ("reason", string()),
    ];
    and(answer(&[("verdict", verdict()), ("signature", signature)]), &more)
}
