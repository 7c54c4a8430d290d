//! Channels: what is in force, an SMS account of the business's own, a try of one, what gateways post.

use super::{answer, boolean, instant, line, list_of, or_null, request, string, told, words};
use serde_json::{Value, json};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let test = answer(&[
        ("ok", boolean()),
        ("code", told(string(), "`ok`, or a word for what is wrong.")),
        ("message", told(string(), "A sentence.")),
        (
            "answer",
            or_null(answer(&[
                ("code", json!({"type": ["integer", "null"]})),
                ("text", string()),
            ])),
        ),
    ]);
    [
        ("Channel", channel()),
        ("SmsAccountPut", request(&["provider"], &account())),
        ("SmsAccountPatch", request(&[], &account())),
        ("ChannelTest", test),
        (
            "ChannelTestAsk",
            request(
                &[],
                &[("to", told(line(), "Sends a message there; needed for e-mail."))],
            ),
        ),
        ("GatewayCall", gateway()),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn channel() -> Value {
    let status = || words(&["ok", "paused"]);
    let whole = || json!({"type": "integer", "minimum": 0});
    let paused = answer(&[
        ("origin", told(string(), "Scheme, host and port.")),
        ("status", status()),
        ("problem", string()),
        ("paused_since", instant()),
        ("next_probe_at", instant()),
        ("waiting", whole()),
    ]);
    answer(&[
        ("id", words(&["email", "sms", "webhook"])),
        ("channel", words(&["email", "sms", "webhook"])),
        (
            "in_force",
            told(
                words(&["captured", "operator", "own"]),
                "Whose account messages leave through.",
            ),
        ),
        ("provider", or_null(string())),
        ("url", or_null(string())),
        ("account", or_null(string())),
        ("from", or_null(string())),
        ("secret_set", told(boolean(), "The secret itself is never shown.")),
        ("sandbox", boolean()),
        (
            "status",
            told(
                status(),
                "Paused: what would go waits, and is let go when a probe gets through.",
            ),
        ),
        ("problem", or_null(string())),
        ("paused_since", or_null(instant())),
        ("next_probe_at", or_null(instant())),
        ("waiting", told(whole(), "Messages that wait for it.")),
        (
            "paused",
            told(list_of(paused), "Addresses of webhooks that are paused."),
        ),
        (
            "callback_path",
            told(
                or_null(string()),
                "Where the SMS gateway posts reports and replies.",
            ),
        ),
        (
            "callback_url",
            told(
                or_null(string()),
                "The same with the address of this server, where it is known.",
            ),
        ),
        ("revision", whole()),
        ("updated_at", or_null(instant())),
    ])
}

fn account() -> Fields {
    vec![
        ("provider", words(&["generic", "twilio"])),
        ("url", told(or_null(line()), "Of a generic gateway.")),
        ("account", told(or_null(line()), "Twilio's account SID.")),
        (
            "secret",
            told(or_null(line()), "The token; left out of a PATCH it stays."),
        ),
        (
            "from",
            told(or_null(line()), "The sender where business and action name none."),
        ),
    ]
}

fn gateway() -> Value {
    let text = || json!({"type": ["string", "integer"]});
    request(
        &[],
        &[
            (
                "client_reference",
                told(string(), "The reference that the message was sent with."),
            ),
            ("id", text()),
            (
                "state",
                words(&["queued", "accepted", "sent", "delivered", "failed"]),
            ),
            ("code", text()),
            ("from", text()),
            ("to", text()),
            ("text", string()),
        ],
    )
}
