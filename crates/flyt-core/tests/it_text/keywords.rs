//! Keywords of other systems become expressions that our templates take; what has no twin is told with its place.

use flyt_core::keywords::{convert, convert_workflow};
use serde_json::json;
use std::path::Path;

#[test]
fn a_text_with_keywords_becomes_a_template() {
    let got = convert(
        "Hei {customer_first_name}! {appointment_date} kl. {appointment_start_time}\n{location_name}, {EVENT_DATE_dddd}",
    );
    assert_eq!(
        got.text,
        "Hei {{ customer.first_name }}! {{ booking.start | date }} kl. {{ booking.start | time }}\n{{ location.name }}, {{ booking.start | date }}"
    );
    assert_eq!(got.left, []);
}

#[test]
fn what_has_no_twin_stays_and_is_told_with_its_place() {
    let got = convert(
        "Hei\nå {service_notes} {customer_name_misspelt} {link_to_change_appointment_status_to_no_show}",
    );
    assert_eq!(
        got.text,
        "Hei\nå {service_notes} {customer_name_misspelt} {link_to_change_appointment_status_to_no_show}"
    );
    let told: Vec<(&str, usize, usize)> = got
        .left
        .iter()
        .map(|l| (l.keyword.as_str(), l.line, l.column))
        .collect();
    assert_eq!(
        told,
        [
            ("service_notes", 2, 3),
            ("customer_name_misspelt", 2, 19),
            ("link_to_change_appointment_status_to_no_show", 2, 44)
        ]
    );
}

#[test]
fn our_own_braces_style_sheets_and_lone_braces_are_left_alone() {
    for text in [
        "{{ customer.first_name }} {% if booking %}{ x }{% endif %}",
        "p{color:red}",
        "{",
        "a } b {",
        "{}",
        "{{",
        "{ service_name }",
    ] {
        let got = convert(text);
        assert_eq!((got.text.as_str(), got.left.len()), (text, 0), "{text}");
    }
}

#[test]
fn every_text_of_a_workflow_is_converted_in_its_place() {
    let mut workflow = json!({"name": "{company_name}", "actions": [{"type": "email", "to": ["{customer_email}"],
        "content": {"nb": {"subject": "{service_name}", "body": "{staff_about}"}}}]});
    let left = convert_workflow(&mut workflow);
    assert_eq!(workflow["name"], "{company_name}", "names are not texts");
    assert_eq!(workflow["actions"][0]["to"][0], "{{ customer.email }}");
    assert_eq!(
        workflow["actions"][0]["content"]["nb"]["subject"],
        "{{ service.name }}"
    );
    assert_eq!(
        (left[0].pointer.as_str(), left[0].left.keyword.as_str()),
        ("/actions/0/content/nb/body", "staff_about")
    );
}

#[test]
fn every_keyword_of_the_page_of_texts_has_its_twin() {
    let shared =
        option_env!("FLYT_SHARED").unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let Ok(page) = std::fs::read_to_string(Path::new(shared).join("templates.md")) else {
        println!("NOT RUN: {shared}/templates.md is missing, so the table of keywords was not compared");
        return;
    };
    let table = page
        .split("## 4. What foreign keywords become")
        .nth(1)
        .unwrap()
        .split("\n## 5.")
        .next()
        .unwrap();
    let mut compared = 0;
    for row in table
        .lines()
        .filter(|l| l.starts_with("| `{{") || l.starts_with("| none"))
    {
        let row = row.replace("\\|", "¦");
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let ours = cells[1].trim_matches('`').replace('¦', "|");
        if ours.contains("<key>")
            || ours.starts_with("{{ links.confirm")
            || ours.starts_with("{{ links.cancel")
        {
            continue;
        }
        for word in format!("{} {}", cells[2], cells[3])
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|w| w.starts_with('{'))
        {
            let word = word
                .replace("<format>", "dddd")
                .replace("<gateway>", "stripe")
                .replace("<id>", "1")
                .replace("<status>", "done");
            let got = convert(&word);
            if ours.starts_with("none") {
                assert_eq!((got.text.as_str(), got.left.len()), (word.as_str(), 1), "{word}");
            } else {
                assert_eq!(got.text, ours, "{word}");
            }
            compared += 1;
        }
    }
    assert!(compared > 90, "{compared}");
}
