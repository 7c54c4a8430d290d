//! Every text of the gallery loads and renders in both languages, once with everything and once with every optional value
//! empty. The gallery is read from the shared folder beside the repository, or from `FLYT_SHARED` at build time.

use crate::facts::{bare, full, language, meta, names, setting};
use flyt_core::action::{Act, Action, Recipient, read_all};
use flyt_core::condition::Condition;
use flyt_core::facts::Facts;
use flyt_core::invalid::Faults;
use flyt_core::render::{Links, letter};
use flyt_core::trigger::TriggerKind;
use serde_json::Value;

fn gallery() -> Option<Vec<Value>> {
    let folder =
        option_env!("FLYT_SHARED").unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let path = format!("{folder}/gallery.json");
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(error) => {
            println!("NOT RUN: the gallery could not be read from {path}: {error}");
            None
        }
    }
}

fn actions(item: &Value) -> Vec<Action> {
    let workflow = &item["workflow"];
    let kinds: Vec<TriggerKind> = workflow["triggers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| TriggerKind::from_word(t["type"].as_str().unwrap()).unwrap())
        .collect();
    let mut faults = Faults::default();
    let read = read_all(&workflow["actions"], "/actions", &mut faults, &kinds, &names());
    if let Some(condition) = workflow.get("condition") {
        Condition::read(condition, "/condition", &mut faults, &kinds).unwrap();
    }
    assert!(faults.is_ok(), "{}: {:?}", item["id"], faults.errors);
    read.unwrap()
}

fn in_language(tag: &str, (mut facts, links): (Facts, Links)) -> (Facts, Links) {
    facts.booking.as_mut().unwrap().booking.language = Some(language(tag));
    let mut business = (*facts.business).clone();
    business.settings.default_language = language(tag);
    facts.business = std::sync::Arc::new(business);
    (facts, links)
}

#[test]
fn every_text_reads_and_renders_full_and_with_everything_optional_empty() {
    let Some(gallery) = gallery() else { return };
    assert_eq!(gallery.len(), 22);
    for item in &gallery {
        for action in actions(item).iter().filter(|a| a.act.channel().is_some()) {
            for tag in ["nb", "en"] {
                renders(item, action, in_language(tag, full()));
                renders(item, action, in_language(tag, bare()));
            }
        }
    }
}

fn renders(item: &Value, action: &Action, (facts, links): (Facts, Links)) {
    let id = item["id"].as_str().unwrap();
    let meta = meta();
    let empty = facts.booking.as_ref().unwrap().resource.is_none();
    let done = letter(
        &action.act,
        "x",
        &Recipient::Customer,
        &setting(&facts, &links, &meta),
    );
    if id == "G12" && empty && matches!(action.act, Act::Webhook { .. }) {
        assert!(done.unwrap_err().message.contains("required"));
        return;
    }
    let letter = done.unwrap_or_else(|e| panic!("{id}: {e}"));
    let parts = [&letter.subject, &letter.html, &letter.text];
    for part in parts.into_iter().flatten() {
        for never in [
            "{{",
            "}}",
            "{%",
            "undefined",
            "none",
            "null",
            "\u{e000}",
            " ,",
            " !",
        ] {
            assert!(!part.contains(never), "{id}: `{never}` in {part}");
        }
    }
}

#[test]
fn every_sms_of_the_gallery_is_one_segment_of_gsm_7() {
    let Some(gallery) = gallery() else { return };
    let meta = meta();
    for item in &gallery {
        for action in actions(item).iter().filter(|a| matches!(a.act, Act::Sms { .. })) {
            for tag in ["nb", "en"] {
                let (facts, links) = in_language(tag, full());
                let letter = letter(
                    &action.act,
                    "x",
                    &Recipient::Customer,
                    &setting(&facts, &links, &meta),
                )
                .unwrap();
                assert_eq!(letter.segments, Some(1), "{}: {:?}", item["id"], letter.text);
            }
        }
    }
}

#[test]
fn every_action_of_the_gallery_reads_back_what_it_writes() {
    let Some(gallery) = gallery() else { return };
    for item in &gallery {
        let read = actions(item);
        let written: Vec<Value> = read.iter().map(Action::to_json).collect();
        let again = actions(&serde_json::json!({
            "id": item["id"],
            "workflow": {"triggers": item["workflow"]["triggers"], "actions": written},
        }));
        assert_eq!(read, again, "{}", item["id"]);
    }
}

#[test]
fn a_change_of_time_and_place_reads_as_people_say_it() {
    let Some(gallery) = gallery() else { return };
    let item = gallery.iter().find(|g| g["id"] == "G07").unwrap();
    let (facts, links) = full();
    let meta = meta();
    let letter = letter(
        &actions(item)[0].act,
        "+4790000001",
        &Recipient::Customer,
        &setting(&facts, &links, &meta),
    )
    .unwrap();
    assert_eq!(
        letter.text.unwrap(),
        "Timen din hos Fjord Frisør er flyttet fra lør. 24. okt. kl. 09:00 til søn. 25. okt. kl. 10:00, Oslo. Passer det ikke? https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd"
    );
}
