//! Letters: their language, their recipients, and what is never sent (S40, S42, S45).

use crate::facts::{bare, full, language, meta, names, setting};
use flyt_core::action::{Act, Action, Recipient};
use flyt_core::facts::Facts;
use flyt_core::invalid::Faults;
use flyt_core::render::{Letter, copies, field_value, letter, recipients, steps_needed};
use flyt_core::segments::Encoding;
use flyt_core::template::{RenderProblem, Stored};
use serde_json::{Value, json};

fn act(value: &Value) -> Act {
    let stored = Stored::from([("lock".to_owned(), vec!["code".to_owned()])]);
    let names = names();
    let context = flyt_core::action::ReadContext {
        kinds: &[],
        names: &names,
        stored: &stored,
    };
    let mut faults = Faults::default();
    let action = Action::read(value, "", &mut faults, &context);
    action.unwrap_or_else(|| panic!("{:?}", faults.errors)).act
}
fn sms(text: &str) -> Act {
    act(&json!({"type": "sms", "to": ["customer"], "content": {"nb": {"text": text}}}))
}
fn write(act: &Act, facts: &Facts) -> Result<Letter, RenderProblem> {
    let (_, links) = full();
    letter(
        act,
        "kari@example.no",
        &Recipient::Customer,
        &setting(facts, &links, &meta()),
    )
}

#[test]
fn an_email_is_written_in_the_customers_language_with_both_parts() {
    let mail = act(
        &json!({"type": "email", "to": ["customer"], "attachments": [{"type": "ics"}], "reply_to": "{{ business.email }}",
        "content": {"nb": {"subject": "Hei\n".trim(), "body": "<p>Hei, {{ customer.first_name }}!</p><p><a href=\"{{ links.manage }}\">Endre</a></p>"},
                    "en": {"subject": "Hi", "body": "<p>Hi</p>"}}}),
    );
    let (mut facts, _) = full();
    let written = write(&mail, &facts).unwrap();
    assert_eq!((written.language.unwrap().tag(), written.has_ics), ("nb", true));
    assert_eq!(written.reply_to.as_deref(), Some("post@fjordfrisor.no"));
    assert_eq!(
        written.text.as_deref(),
        Some("Hei, Kari!\n\nEndre (https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd)")
    );
    facts.booking.as_mut().unwrap().booking.language = Some(language("en-US"));
    assert_eq!(write(&mail, &facts).unwrap().subject.as_deref(), Some("Hi"));
    let staff = letter(
        &mail,
        "a@b.no",
        &Recipient::Admins,
        &setting(&facts, &full().1, &meta()),
    )
    .unwrap();
    assert_eq!(staff.language.unwrap().tag(), "nb");
}

#[test]
fn s42_dates_follow_the_chosen_text_and_an_unknown_language_takes_the_default() {
    let text = json!({"text": "{{ booking.start | datetime }}"});
    let many = act(&json!({"type": "sms", "to": ["customer"], "content": {"nb": text, "fr": text}}));
    let (mut facts, _) = full();
    for (wanted, used, said) in [
        ("nb-NO", "nb", "søndag 25. oktober 2026 kl. 10:00"),
        ("fr", "fr", "dimanche 25 octobre 2026 à 10:00"),
        ("xx", "nb", "søndag 25. oktober 2026 kl. 10:00"),
        ("nn", "nb", "søndag 25. oktober 2026 kl. 10:00"),
    ] {
        facts.booking.as_mut().unwrap().booking.language = Some(language(wanted));
        facts.customer.as_mut().unwrap().contact.language = None;
        let written = write(&many, &facts).unwrap();
        assert_eq!(written.text.as_deref(), Some(said), "{wanted}");
        assert_eq!(written.language.unwrap().tag(), used, "{wanted}");
    }
}

#[test]
fn s40_an_empty_text_is_never_sent() {
    let (facts, _) = bare();
    let empty = |act: &Act| write(act, &facts).unwrap_err().message;
    assert!(empty(&sms("{{ customer.first_name }}")).contains("empty"));
    assert!(empty(&sms("{{ booking.notes | required }}")).contains("required"));
    let mail = |subject, body| {
        act(
            &json!({"type": "email", "to": ["customer"], "content": {"nb": {"subject": subject, "body": body}}}),
        )
    };
    assert!(empty(&mail("{{ booking.notes }}", "<p>x</p>")).contains("subject"));
    assert!(empty(&mail("x", "<p>{{ booking.notes }}</p>")).contains("body"));
    assert_eq!(
        write(&sms("Hei, {{ customer.first_name }}!"), &facts)
            .unwrap()
            .text
            .as_deref(),
        Some("Hei!")
    );
}

#[test]
fn s45_segments_are_counted_after_the_text_is_made_safe_and_capped() {
    let (facts, _) = full();
    let written = write(&sms("{{ booking.price | money }} – {{ booking.when }}"), &facts).unwrap();
    assert_eq!(
        written.text.as_deref(),
        Some("690,00 kr - søndag 25. oktober 2026 kl. 10:00-10:45")
    );
    assert_eq!(
        (written.encoding, written.segments),
        (Some(Encoding::Gsm7), Some(1))
    );
    let capped = act(
        &json!({"type": "sms", "to": ["customer"], "max_segments": 1, "content": {"nb": {"text": "æ".repeat(161)}}}),
    );
    assert!(write(&capped, &facts).unwrap_err().message.contains("2 segments"));
    assert!(write(&sms(&"a".repeat(1_601)), &facts).is_err());
}

#[test]
fn a_webhook_carries_the_envelope_or_its_own_body() {
    let (facts, _) = full();
    let plain = write(&act(&json!({"type": "webhook", "url": "https://x.no/h"})), &facts).unwrap();
    let request = plain.request.unwrap();
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        (request.method.as_str(), request.content_type.as_str()),
        ("POST", "application/json")
    );
    assert_eq!(body["data"]["booking"]["start"], "2026-10-25T09:00:00Z");
    assert_eq!(body["workflow"]["run_id"], "run_1");
    let own = act(
        &json!({"type": "webhook", "url": "https://x.no/{{ service.name }}", "headers": {"X-Name": "{{ customer.first_name }}"},
        "body": {"form": {"navn": "{{ customer.full_name }} & {{ business.name }}"}}}),
    );
    let request = write(&own, &facts).unwrap().request.unwrap();
    assert_eq!(request.url, "https://x.no/Dameklipp");
    assert_eq!(request.headers["X-Name"], "Kari");
    assert_eq!(request.body, "navn=Kari%20Nordmann%20%26%20Fjord%20Fris%C3%B8r");
}

#[test]
fn equal_addresses_are_one_recipient_and_a_role_without_address_is_none() {
    let mail = act(&json!({"type": "email",
        "to": ["customer", "KARI@example.no", "admins", "{{ customer.email }}", "resource", "x@y.no"], "cc": ["location", "x@y.no"], "bcc": ["oslo@fjordfrisor.no", "z@y.no"],
        "content": {"nb": {"subject": "s", "body": "b"}}}));
    let (mut facts, links) = full();
    facts
        .booking
        .as_mut()
        .unwrap()
        .resource
        .as_mut()
        .unwrap()
        .value
        .email = None;
    let meta = meta();
    let at = setting(&facts, &links, &meta);
    let found = recipients(&mail, &at);
    let some = |place, address: &str| (place, Some(address.to_owned()));
    assert_eq!(
        found,
        vec![
            some(0, "kari@example.no"),
            some(2, "eier@fjordfrisor.no"),
            (4, None),
            some(5, "x@y.no")
        ]
    );
    assert_eq!(
        copies(&mail, &at),
        (vec!["oslo@fjordfrisor.no".to_owned()], vec!["z@y.no".to_owned()])
    );
    facts.customer.as_mut().unwrap().contact.phone = Some("not a number".to_owned());
    let at = setting(&facts, &links, &meta);
    assert_eq!(recipients(&sms("x"), &at), vec![(0, None)]);
    let fixed = act(
        &json!({"type": "sms", "to": ["900 00 009", "{{ location.phone }}"], "content": {"nb": {"text": "x"}}}),
    );
    assert_eq!(
        recipients(&fixed, &at),
        vec![some(0, "+4790000009"), some(1, "+4722000001")]
    );
}

#[test]
fn what_a_letter_needs_from_earlier_steps_is_known() {
    assert_eq!(
        steps_needed(&sms("Kode: {{ steps.lock.code }}"))
            .into_iter()
            .collect::<Vec<_>>(),
        ["lock"]
    );
    assert!(steps_needed(&sms("Kode: steps.lock")).is_empty());
    let (facts, links) = full();
    let meta = meta();
    let value = field_value(
        &json!("Sett {{ booking.start | date_short }}"),
        &setting(&facts, &links, &meta),
    );
    assert_eq!(value.unwrap(), json!("Sett søn. 25. okt."));
}

#[test]
fn a_frozen_letter_reads_back() {
    let (facts, _) = full();
    let written = write(&act(&json!({"type": "webhook", "url": "https://x.no/h"})), &facts).unwrap();
    let frozen = serde_json::to_string(&written).unwrap();
    assert_eq!(serde_json::from_str::<Letter>(&frozen).unwrap(), written);
}
