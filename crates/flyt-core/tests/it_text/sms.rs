//! Segments: the vectors of `fixtures/gsm7.json` (copied from the project's shared `vectors/gsm7.json`) and S45.

use flyt_core::segments::{Encoding, count, sms_safe};
use serde_json::Value;

#[test]
fn every_vector_counts_as_networks_do() {
    let vectors: Value = serde_json::from_str(include_str!("fixtures/gsm7.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 30);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let counted = count(text);
        let encoding = if case["encoding"] == "GSM7" {
            Encoding::Gsm7
        } else {
            Encoding::Ucs2
        };
        assert_eq!(counted.encoding, encoding, "{text}");
        assert_eq!(counted.units, case["units"].as_i64().unwrap(), "{text}");
        assert_eq!(counted.segments, case["segments"].as_i64().unwrap(), "{text}");
    }
}

#[test]
fn s45_one_character_more_is_one_segment_more() {
    let norwegian = "æøå".repeat(53);
    assert_eq!(count(&format!("{norwegian}a")).segments, 1);
    assert_eq!(count(&format!("{norwegian}ab")).segments, 2);
    assert_eq!(count(&format!("{}🙂", "ж".repeat(69))).segments, 2);
}

#[test]
fn typography_alone_never_doubles_the_price() {
    let safe = sms_safe("690,00\u{a0}kr\u{202f}10:00–11:00 — −5\u{2009}x");
    assert_eq!(safe, "690,00 kr 10:00-11:00 - -5 x");
    assert_eq!(count(&safe).encoding, Encoding::Gsm7);
}
