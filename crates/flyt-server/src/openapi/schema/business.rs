//! Businesses and their settings.

use super::{
    answer, boolean, colour, email, id, instant, line, list, list_of, minute, name, or, or_null, phone,
    reference, request, revision, slug, string, told, with_warnings, words_of,
};
use flyt_core::business::Mode;
use flyt_core::limits;
use serde_json::{Value, json};

const PER_HOUR: &str = "per_recipient_and_booking_per_hour";

pub(super) fn schemas() -> Vec<(String, Value)> {
    let hours = request(&["from", "to"], &[("from", minute()), ("to", minute())]);
    let create: Vec<(&str, Value)> = [("slug", slug())].into_iter().chain(settings()).collect();
    let required = ["slug", "name", "time_zone", "languages", "currency", "country"];
    let patch = settings();
    let secret = answer(&[(
        "secret",
        told(
            json!({"type": "string", "pattern": "^whsec_"}),
            "The key of `webhook-signature`, shown this once. The one before signs along for 24 hours.",
        ),
    )]);
    [
        (
            "QuietHours",
            told(
                hours,
                "Hours in which nothing is sent; `from` after `to` spans midnight.",
            ),
        ),
        ("Business", with_warnings(answer(&shown()))),
        ("BusinessCreate", request(&required, &create)),
        ("BusinessPatch", request(&[], &patch)),
        ("WebhookSecret", secret),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn mode() -> Value {
    told(
        words_of!(Mode),
        "`live`: messages leave; `sandbox`: they are captured and shown; `held`: they wait.",
    )
}

fn guards(most: &Value) -> Value {
    told(
        most.clone(),
        "E-mails and SMS to one address about one booking in a sliding hour; `null`: no limit.",
    )
}

/// What can be set.
fn settings() -> Vec<(&'static str, Value)> {
    let branding = request(
        &[],
        &[
            ("logo_url", or_null(line())),
            ("colour", or_null(colour())),
            ("footer", or_null(super::text())),
        ],
    );
    let four = ["rebook", "rate", "pay", "form"].map(|name| (name, or_null(line())));
    let senders = ["email", "sms"].map(|name| (name, or_null(line())));
    let hours = ["sms", "email"].map(|name| (name, or_null(reference("QuietHours"))));
    let most = guards(&json!({"type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000}));
    vec![
        ("name", name()),
        ("phone", or_null(phone())),
        ("email", or_null(email())),
        ("website", or_null(line())),
        ("address", or_null(line())),
        ("time_zone", reference("TimeZone")),
        (
            "languages",
            told(
                json!({"type": "array", "items": reference("Language"), "minItems": 1, "maxItems": limits::LIST_ITEMS}),
                "In order of preference.",
            ),
        ),
        (
            "default_language",
            told(
                or_null(reference("Language")),
                "One of `languages`; left out: the first.",
            ),
        ),
        ("currency", reference("Currency")),
        ("country", country()),
        ("admins", list(email(), limits::LIST_ITEMS)),
        ("branding", or_null(branding)),
        ("links", or_null(request(&[], &four))),
        ("senders", or_null(request(&[], &senders))),
        ("quiet_hours", or_null(request(&[], &hours))),
        ("guards", or_null(request(&[], &[(PER_HOUR, most)]))),
        ("limits", or_null(request(&[], &allowed()))),
        ("retention", or_null(request(&[], &kept()))),
        ("mode", or(mode(), json!("live"))),
    ]
}

fn country() -> Value {
    json!({"type": "string", "format": "country", "pattern": "^[A-Za-z]{2}$", "examples": ["NO"],
        "description": "An ISO 3166 alpha-2 code: the country of its numbers and formats."})
}

/// What the operator allows; `null`: no limit.
fn allowed() -> [(&'static str, Value); 4] {
    let most = || json!({"type": ["integer", "null"], "minimum": 1});
    [
        ("emails_per_day", most()),
        ("sms_segments_per_month", most()),
        ("webhooks_per_minute", most()),
        (
            "sms_countries",
            json!({"type": ["array", "null"], "items": country()}),
        ),
    ]
}

/// How long things are kept; `null`: for ever.
fn kept() -> [(&'static str, Value); 2] {
    let most = || json!({"type": ["integer", "null"], "minimum": 1, "maximum": 3660});
    [("messages_days", most()), ("audit_months", most())]
}

/// What is shown.
fn shown() -> Vec<(&'static str, Value)> {
    let text = || or_null(string());
    let branding = answer(&[("logo_url", text()), ("colour", text()), ("footer", text())]);
    let links = answer(&["rebook", "rate", "pay", "form"].map(|name| (name, text())));
    let hours = answer(&["sms", "email"].map(|name| (name, or_null(reference("QuietHours")))));
    let most = guards(&json!({"type": ["integer", "null"]}));
    vec![
        ("id", id("biz")),
        ("slug", slug()),
        ("revision", revision()),
        ("name", string()),
        ("phone", text()),
        ("email", text()),
        ("website", text()),
        ("address", text()),
        ("time_zone", reference("TimeZone")),
        ("languages", list_of(reference("Language"))),
        ("default_language", reference("Language")),
        ("currency", reference("Currency")),
        ("country", country()),
        ("admins", list_of(string())),
        ("branding", branding),
        (
            "links",
            told(links, "Addresses of the business's own pages, used in texts."),
        ),
        (
            "senders",
            json!({"type": "object", "properties": {"email": string(), "sms": string()}}),
        ),
        ("quiet_hours", hours),
        ("guards", answer(&[(PER_HOUR, most)])),
        ("limits", answer(&allowed())),
        ("retention", answer(&kept())),
        ("mode", mode()),
        ("created_at", instant()),
        ("updated_at", instant()),
    ]
}

/// Whether nothing leaves the installation.
pub(super) fn held() -> Value {
    told(
        boolean(),
        "Whether the whole installation holds what it would send.",
    )
}
