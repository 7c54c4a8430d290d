//! What may come out: values are never read as templates, each slot escapes in its own way, and our marks stay inside (S41).

use crate::facts::{bare, full, say};
use flyt_core::facts::Facts;
use flyt_core::template::Slot;
use proptest::prelude::*;

const NAME: &str = "<b>Åse & Kari</b> {{booking.secret}} $& \"x\"\r\nBcc: a@b.c";

fn hostile() -> Facts {
    let (mut facts, _) = full();
    facts.customer.as_mut().unwrap().contact.first_name = Some(NAME.to_owned());
    facts
}

#[test]
fn s41_a_hostile_name_stands_literally_in_every_slot() {
    let facts = hostile();
    let said = |source, slot| say(source, slot, &facts, "nb").unwrap();
    assert_eq!(
        said("<p>{{ customer.first_name }}</p>", Slot::Html),
        "<p>&lt;b&gt;Åse &amp; Kari&lt;/b&gt; {{booking.secret}} $&amp; &quot;x&quot;\r\nBcc: a@b.c</p>"
    );
    assert_eq!(said("{{ customer.first_name }}", Slot::Sms), NAME);
    let subject = said("Hei {{ customer.first_name }}", Slot::Subject);
    assert_eq!(
        subject,
        "Hei <b>Åse & Kari</b> {{booking.secret}} $& \"x\" Bcc: a@b.c"
    );
    assert!(!said("x: {{ customer.first_name }}", Slot::Header).contains(['\r', '\n']));
    let json: serde_json::Value = serde_json::from_str(&said(
        "{\"n\": {{ customer.first_name }}, \"m\": {{ customer.first_name | json }}}",
        Slot::Json,
    ))
    .unwrap();
    assert_eq!((json["n"].as_str(), json["m"].as_str()), (Some(NAME), Some(NAME)));
    let url = said("https://x.no/?n={{ customer.first_name }}", Slot::Url);
    assert!(
        url.starts_with("https://x.no/?n=%3Cb%3E%C3%85se%20%26%20Kari%3C%2Fb%3E%20%7B%7B"),
        "{url}"
    );
    assert!(!url.contains(['\r', '\n', ' ', '{', '"']));
}

#[test]
fn an_address_that_is_a_value_stays_an_address_and_a_part_of_one_is_encoded() {
    let (facts, _) = full();
    let said = |source| say(source, Slot::Url, &facts, "nb").unwrap();
    assert_eq!(
        said("{{ booking.url }}/edit?n={{ service.name }} x"),
        "https://bestill.example.no/b/1001/edit?n=Dameklipp x"
    );
    assert_eq!(
        said("https://x.no/?u={{ booking.url }}"),
        "https://x.no/?u=https%3A%2F%2Fbestill.example.no%2Fb%2F1001"
    );
}

#[test]
fn a_link_in_html_keeps_its_slashes() {
    let (facts, _) = full();
    let html = say("<a href=\"{{ links.manage }}\">x</a>", Slot::Html, &facts, "nb").unwrap();
    assert_eq!(
        html,
        "<a href=\"https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd\">x</a>"
    );
}

#[test]
fn programs_read_instants_in_utc_and_money_with_its_currency() {
    let (facts, _) = full();
    let source = "{\"s\": {{ booking.start }}, \"e\": {{ booking.end | json }}, \"p\": {{ booking.price | json }}, \"t\": {{ customer.tags }}, \"w\": {{ booking.when }}, \"d\": {{ booking.duration }}, \"f\": {{ customer.phone }}}";
    let json: serde_json::Value =
        serde_json::from_str(&say(source, Slot::Json, &facts, "nb").unwrap()).unwrap();
    assert_eq!(json["s"], "2026-10-25T09:00:00Z");
    assert_eq!(json["e"], "2026-10-25T09:45:00Z");
    assert_eq!(
        json["p"],
        serde_json::json!({"amount": 69_000, "currency": "NOK"})
    );
    assert_eq!(json["t"], serde_json::json!(["vip"]));
    assert_eq!(json["w"], "søndag 25. oktober 2026 kl. 10:00–10:45");
    assert_eq!(
        (json["d"].as_str(), json["f"].as_str()),
        (Some("PT45M"), Some("+4790000001"))
    );
}

#[test]
fn every_name_renders_when_nothing_is_there() {
    let (facts, _) = bare();
    for variable in flyt_core::variables::all() {
        if variable.kind == flyt_core::variables::VarKind::Object {
            continue;
        }
        let name = variable.name.replace("<key>", "anything");
        let text = say(
            &format!("a {{{{ {name} }}}} {{% if {name} %}}b{{% endif %}}"),
            Slot::Text,
            &facts,
            "nb",
        );
        let text = text.unwrap_or_else(|e| panic!("{name}: {e}"));
        for never in ["undefined", "none", "null", "\u{e000}", "{"] {
            assert!(!text.contains(never), "{name}: {text}");
        }
    }
    let (mut facts, _) = full();
    (facts.booking, facts.customer, facts.payment, facts.previous) = (None, None, None, None);
    for variable in flyt_core::variables::all() {
        let name = variable.name.replace("<key>", "anything");
        say(&format!("{{{{ {name} }}}}"), Slot::Sms, &facts, "nb").unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_value_brings_our_marks_out(name in "[\\PC\u{e000}\u{e001}{}%<>&\"\r\n ,]{0,40}", note in proptest::option::of("\\PC{0,20}")) {
        let (mut facts, _) = full();
        facts.customer.as_mut().unwrap().contact.first_name = Some(name.clone());
        facts.booking.as_mut().unwrap().booking.notes = note;
        let source = "a {{ customer.first_name }}, {{ booking.notes }} {{ customer.first_name | upper }}{{ 'x' ~ customer.first_name }}";
        for slot in [Slot::Html, Slot::Text, Slot::Sms, Slot::Subject, Slot::Raw, Slot::Url, Slot::Header] {
            let text = say(source, slot, &facts, "nb").unwrap();
            prop_assert!(!text.contains('\u{e000}'), "{text}");
            if slot == Slot::Html {
                prop_assert!(!text.contains('<') && !text.contains('"'));
            }
        }
        let json = say("{{ customer.first_name }}", Slot::Json, &facts, "nb").unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name.replace('\u{e000}', ""));
    }

    #[test]
    fn no_source_panics_or_brings_marks(source in "([a-z {}%|~.'\u{e000}]|\\{\\{ booking\\.start \\}\\}|\\{% if resource %\\}|\\{% endif %\\}){0,30}") {
        let (facts, _) = full();
        if let Ok(text) = say(&source, Slot::Text, &facts, "nb") {
            prop_assert!(!text.contains('\u{e000}'), "a mark came out");
        }
    }
}
