//! Webhook endpoints: standing subscriptions of a receiver to events. What is sent to them is `view::event`.

use crate::event::EventKind;
use crate::invalid::{Faults, Fields, Line};
use serde_json::Value;

/// Fields of an endpoint that Flyt writes and callers only read.
pub const READ_ONLY: &[&str] = &[
    "id",
    "revision",
    "created_at",
    "updated_at",
    "disabled_reason",
    "secret",
    "warnings",
];

/// What a business says of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Where to.
    pub url: String,
    /// Which events, each once, in order.
    pub events: Vec<EventKind>,
    /// Whether events go there.
    pub enabled: bool,
    /// What people call it.
    pub description: Option<String>,
}

impl Endpoint {
    /// Reads an endpoint. Whether the address may be reached is the egress guard's to say.
    pub fn read(value: &Value, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, "", faults);
        let url = fields.required::<Line>("url", faults).map(|l| l.0);
        if let Some(url) = &url
            && !url.starts_with("https://")
            && !url.starts_with("http://")
        {
            faults.error("/url", "bad_url", "must begin with https:// or http://");
        }
        let events = fields.required::<Vec<EventKind>>("events", faults);
        if events.as_ref().is_some_and(Vec::is_empty) {
            let known: Vec<&str> = EventKind::ALL.iter().map(|k| k.word()).collect();
            faults.error(
                "/events",
                "required",
                format!("must name at least one of {}", known.join(", ")),
            );
        }
        let enabled = fields.or("enabled", true, faults);
        let description = fields.optional::<Line>("description", faults).map(|l| l.0);
        fields.close(faults);
        let mut events = events?;
        events.sort_unstable();
        events.dedup();
        Some(Self {
            url: url?,
            events,
            enabled,
            description,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: &Value, codes: &[(&str, &str, Option<&str>)]) {
        let mut faults = Faults::default();
        Endpoint::read(value, &mut faults);
        let found: Vec<_> = faults
            .errors
            .iter()
            .map(|e| (e.pointer.as_str(), e.code, e.suggestion.as_deref()))
            .collect();
        assert_eq!(found, codes, "{value}");
    }

    #[test]
    fn an_endpoint_needs_an_address_and_known_events() {
        check(
            &json!({"url": "https://a.example/x", "events": ["booking.created"]}),
            &[],
        );
        check(
            &json!({"url": "ftp://a.example", "events": ["booking.create", "message.failed"]}),
            &[
                ("/url", "bad_url", None),
                ("/events/0", "unknown_value", Some("booking.created")),
            ],
        );
        check(
            &json!({"events": [], "enable": true}),
            &[
                ("/url", "required", None),
                ("/events", "required", None),
                ("/enable", "unknown_field", Some("enabled")),
            ],
        );
    }
}
