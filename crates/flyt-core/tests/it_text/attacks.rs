//! Templates that want all the memory or time there is: refused, or bounded. Without a clock the bound is shown by what they
//! may give and by the test ending at once; the peak of memory is bounded by the weights of `template::guard`.

use crate::facts::{full, say};
use flyt_core::limits;
use flyt_core::template::Slot;

fn doubling(times: usize) -> String {
    let mut source = String::from("{% set a = 'xxxxxxxxxxxxxxxx' %}");
    for _ in 0..times {
        source.push_str("{% set a = a ~ a %}");
    }
    source + "{{ a }}"
}

#[test]
fn thirteen_attacks_are_refused_or_bounded() {
    let long = "y".repeat(60_000);
    let nested = format!(
        "{}{}{}",
        "{% if true %}".repeat(400),
        "x",
        "{% endif %}".repeat(400)
    );
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(3_000), ")".repeat(3_000));
    let attacks = [
        "{{ range(9999) | join('x' * 100000) }}".to_owned(),
        "{{ 'x' * 1000000000 }}".to_owned(),
        "{{ ['x','x','x','x'] | join('y') | replace('x', 'xxxxxxxxxxxxxxxx') | replace('x', 'xxxxxxxxxxxxxxxx') | replace('x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') | replace('x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}".to_owned(),
        "{{ '%1000000000d' | format(1) }}".to_owned(),
        "{{ 'x' | indent(1000000) }}".to_owned(),
        doubling(27),
        "{% set n = namespace(a='x') %}{% for i in [1,2,3] %}{% set n.a = n.a ~ n.a %}{% endfor %}".to_owned(),
        "{% for a in [1,2,3] %}{% set s = s ~ s %}{% endfor %}".to_owned(),
        format!("{{% set a = '{long}' %}}{{% for i in extras %}}{{% for j in extras %}}{{{{ a ~ a }}}}{{% endfor %}}{{% endfor %}}"),
        format!("{{% for i in [{}] %}}{{% for j in [{}] %}}{{% for k in [{}] %}}{{% if '{}' ~ i == j %}}x{{% endif %}}{{% endfor %}}{{% endfor %}}{{% endfor %}}", "1,".repeat(300), "1,".repeat(300), "1,".repeat(300), "y".repeat(20_000)),
        nested,
        deep,
        format!("{{{{ {} }}}}", ["booking.notes"; 200].join(" ~ ")),
        "{% set a = [1,2,3,4,5,6,7,8] %}{% set a = [a,a,a,a,a,a,a,a] %}{% set a = [a,a,a,a,a,a,a,a] %}{{ a | json }}".to_owned(),
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned(),
        "{{ 2 ** 99999 }}".to_owned(),
        format!("{{{{ {}a }}}}", "a~".repeat(30_000)),
        format!("{{{{ a{} }}}}", "|upper".repeat(10_000)),
        format!("{{{{ a{} }}}}", ".a".repeat(30_000)),
        format!("{{{{ {}a }}}}", "not ".repeat(15_000)),
        format!("{{{{ {}a }}}}", "-".repeat(60_000)),
        format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(5_000)),
        format!("{{{{ {}a }}}}", "a if a else ".repeat(5_000)),
        "{% if booking.notes | replace('æ', 'bbbbbbbb') == 'x' %}{% endif %}".repeat(900),
        "{% if booking.notes | upper == 'x' %}{% endif %}".repeat(1_200),
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}".to_owned(),
    ];
    assert!(attacks.len() >= 13);
    let (mut facts, _) = full();
    facts.booking.as_mut().unwrap().booking.notes = Some("æ".repeat(limits::TEXT_CHARS));
    for attack in attacks {
        let shown: String = attack.chars().take(90).collect();
        match say(&attack, Slot::Raw, &facts, "nb") {
            Err(problem) => assert!(!problem.message.is_empty()),
            Ok(text) => assert!(text.len() <= limits::RENDERED_BYTES, "{shown}"),
        }
    }
}

#[test]
fn a_modest_set_and_loop_are_allowed() {
    let (facts, _) = full();
    let source = "{% set name = customer.first_name ~ ' ' ~ customer.last_name %}{{ name }}:{% for e in extras %} {{ loop.index }}. {{ e.name ~ ' x' ~ e.quantity }}{% endfor %}";
    assert_eq!(
        say(source, Slot::Text, &facts, "nb").unwrap(),
        "Kari Nordmann: 1. Vask x1 2. Fargeprøve x2"
    );
}
