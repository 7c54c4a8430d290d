//! Formats of dates, times, money and lists, and the zone in which a reader sees them.

use crate::facts::{bare, en, full, instant, language, nb, now, say};
use flyt_core::locale::{Locale, Shown};
use flyt_core::money::{Currency, Money};
use flyt_core::template::{Context, Reader, Slot, render, sample};
use flyt_core::zone::Zone;

#[test]
fn the_filters_read_as_the_table_says_in_bokmaal_and_english() {
    let rows = [
        ("date", "søndag 25. oktober 2026", "Sunday, 25 October 2026"),
        ("date_short", "søn. 25. okt.", "Sun, 25 Oct"),
        ("time", "10:00", "10:00"),
        (
            "datetime",
            "søndag 25. oktober 2026 kl. 10:00",
            "Sunday, 25 October 2026 at 10:00",
        ),
        ("weekday", "søndag", "Sunday"),
        ("relative", "i morgen", "tomorrow"),
        (
            "tz('America/New_York') | time",
            "05:00 (New York)",
            "05:00 (New York)",
        ),
    ];
    for (filter, norwegian, english) in rows {
        let source = format!("{{{{ booking.start | {filter} }}}}");
        assert_eq!(nb(&source), norwegian, "{filter}");
        assert_eq!(en(&source), english, "{filter}");
    }
    assert_eq!(nb("{{ booking.price | money }}"), "690,00 kr");
    assert_eq!(en("{{ booking.price | money }}"), "690,00 kr");
    assert_eq!(nb("{{ extras | names }}"), "Vask og 2 x Fargeprøve");
    assert_eq!(en("{{ extras | names }}"), "Vask and 2 x Fargeprøve");
    assert_eq!(nb("{{ changes | names }}"), "starttid, sluttid og sted");
    assert_eq!(nb("{{ customer.phone | phone }}"), "90 00 00 01");
}

#[test]
fn what_stands_without_a_filter_reads_as_its_kind() {
    assert_eq!(nb("{{ booking.start }}"), "søndag 25. oktober 2026 kl. 10:00");
    assert_eq!(
        nb("{{ booking.when }}"),
        "søndag 25. oktober 2026 kl. 10:00–10:45"
    );
    assert_eq!(nb("{{ booking.duration }}"), "45 minutter");
    assert_eq!(nb("{{ booking.due }}"), "490,00 kr");
    assert_eq!(nb("{{ booking.status_label }}"), "Godkjent");
    assert_eq!(en("{{ booking.status_label }}"), "Approved");
    assert_eq!(nb("{{ extras }}"), "Vask og 2 x Fargeprøve");
    assert_eq!(
        nb("{{ 'x' ~ booking.start ~ '!' }}"),
        "xsøndag 25. oktober 2026 kl. 10:00!"
    );
    assert_eq!(
        nb("{{ previous.location.name }} {{ previous.start | date }}"),
        "Bergen lørdag 24. oktober 2026"
    );
    assert_eq!(
        nb("{{ customer.fields.shoe_size }} {{ booking.answers.allergies }}"),
        "39 nøtter"
    );
    assert_eq!(
        nb("{{ location.map_url }}"),
        "https://www.google.com/maps/search/?api=1&query=Storgata%201%2C%20Oslo"
    );
    assert_eq!(nb("{{ links.pay }}"), "https://fjordfrisor.no/betal/F7K2Q");
}

#[test]
fn other_languages_read_as_cldr_says() {
    let at = instant("2026-10-25T09:00:00Z");
    let shown = Shown {
        zone: Zone::new("Europe/Oslo").unwrap(),
        named: false,
    };
    let rows = [
        ("nb-NO", "søndag 25. oktober 2026 kl. 10:00", "1 690,00 kr"),
        ("nn", "søndag 25. oktober 2026 kl. 10:00", "1 690,00 kr"),
        ("fr", "dimanche 25 octobre 2026 à 10:00", "1 690,00 NOK"),
        ("da", "søndag 25. oktober 2026 kl. 10.00", "1.690,00 NOK"),
        ("de", "Sonntag, 25. Oktober 2026 um 10:00", "1.690,00 NOK"),
        ("sv", "söndag 25 oktober 2026 kl. 10:00", "1 690,00 Nkr"),
        ("pl", "niedziela, 25 października 2026 10:00", "1690,00 NOK"),
        ("uk", "неділя, 25 жовтня 2026 р. о 10:00", "1 690,00 NOK"),
        ("en-GB", "Sunday, 25 October 2026 at 10:00", "NOK 1,690.00"),
    ];
    for (tag, datetime, money) in rows {
        let locale = Locale::of(&language(tag), "NO");
        let plain = |text: String| text.replace(['\u{a0}', '\u{202f}'], " ");
        let price = Money {
            amount: 169_000,
            currency: Currency::new("NOK").unwrap(),
        };
        assert_eq!(plain(shown.datetime(&locale, at)), datetime, "{tag}");
        assert_eq!(plain(locale.money(price)), money, "{tag}");
    }
}

#[test]
fn s10_the_text_says_the_local_date_and_not_that_of_utc() {
    let (mut facts, _) = full();
    let b = facts.booking.as_mut().unwrap();
    b.location.as_mut().unwrap().value.time_zone = Zone::new("Asia/Kolkata");
    b.booking.start = instant("2026-10-24T18:45:00Z");
    let text = say("{{ booking.start | datetime }}", Slot::Text, &facts, "en").unwrap();
    assert_eq!(text, "Sunday, 25 October 2026 at 00:15");
}

#[test]
fn s11_online_bookings_show_the_customers_time_and_in_person_ones_the_locations() {
    let hours = [
        ("2026-03-05", "10:00"),
        ("2026-03-20", "11:00"),
        ("2026-04-01", "10:00"),
        ("2026-10-28", "11:00"),
        ("2026-11-05", "10:00"),
    ];
    for (day, there) in hours {
        let (mut facts, links) = full();
        facts.customer.as_mut().unwrap().contact.time_zone = Zone::new("America/New_York");
        let b = facts.booking.as_mut().unwrap();
        b.booking.start = format!("{day}T16:00:00[Europe/Oslo]")
            .parse::<jiff::Zoned>()
            .unwrap()
            .timestamp();
        let source = "{{ booking.start | time }}";
        let read = |facts: &_, reader| {
            let context = Context::new(facts, &links, &language("nb"), reader, now());
            render(source, Slot::Text, &context).unwrap()
        };
        assert_eq!(read(&facts, Reader::Customer), "16:00", "{day}, in person");
        facts
            .booking
            .as_mut()
            .unwrap()
            .location
            .as_mut()
            .unwrap()
            .value
            .address = None;
        assert_eq!(
            read(&facts, Reader::Customer),
            format!("{there} (New York)"),
            "{day}, online"
        );
        assert_eq!(read(&facts, Reader::Other), "16:00", "{day}, staff");
        facts.customer.as_mut().unwrap().contact.time_zone = None;
        assert_eq!(
            read(&facts, Reader::Customer),
            "16:00",
            "{day}, online without a zone"
        );
    }
}

#[test]
fn a_wall_time_that_occurs_twice_is_named() {
    let (mut facts, _) = full();
    let b = facts.booking.as_mut().unwrap();
    b.booking.start = instant("2026-10-25T00:30:00Z");
    b.booking.end = instant("2026-10-25T01:30:00Z");
    let text = |source| say(source, Slot::Text, &facts, "nb").unwrap();
    assert_eq!(text("kl. {{ booking.start | time }}"), "kl. 02:30 (CEST)");
    assert_eq!(text("kl. {{ booking.end | time }}"), "kl. 02:30 (CET)");
    assert_eq!(
        text("{{ booking.when }}"),
        "søndag 25. oktober 2026 kl. 02:30 (CEST)–02:30 (CET)"
    );
}

#[test]
fn a_distance_in_time_is_said_in_the_unit_people_use() {
    let shown = Shown {
        zone: Zone::new("Europe/Oslo").unwrap(),
        named: false,
    };
    let locale = Locale::of(&language("nb"), "NO");
    let said = |at, from| shown.relative(&locale, instant(at), instant(from));
    let noon = "2026-06-10T10:00:00Z";
    assert_eq!(said("2026-06-10T13:00:00Z", noon), "om 3 timer");
    assert_eq!(said("2026-06-10T10:20:00Z", noon), "om 20 minutter");
    assert_eq!(said("2026-06-11T01:00:00Z", noon), "i morgen");
    assert_eq!(said("2026-06-09T10:00:00Z", noon), "i går");
    assert_eq!(said("2026-06-15T10:00:00Z", noon), "om 5 døgn");
    assert_eq!(said("2026-07-01T10:00:00Z", noon), "om 3 uker");
}

#[test]
fn an_empty_value_takes_the_blank_or_comma_before_it_along() {
    let (facts, _) = bare();
    let say = |source, slot| say(source, slot, &facts, "nb").unwrap();
    assert_eq!(say("Hei, {{ customer.first_name }}!", Slot::Sms), "Hei!");
    assert_eq!(
        say("<p>Hi {{ customer.first_name }},</p>", Slot::Html),
        "<p>Hi,</p>"
    );
    assert_eq!(say("Oslo, {{ location.address }}.", Slot::Text), "Oslo.");
    assert_eq!(
        say("a {{ customer.email }} {{ booking.price | money }} b", Slot::Text),
        "a b"
    );
    assert_eq!(say("{{ booking.notes | default('-') }}", Slot::Text), "-");
    assert_eq!(
        say("{{ booking.price | default('gratis') }}", Slot::Text),
        "gratis"
    );
    assert_eq!(say("x={{ customer.first_name }}", Slot::Raw), "x=");
    assert_eq!(
        say(
            "{\"n\": {{ customer.first_name }}, \"p\": {{ booking.price }}}",
            Slot::Json
        ),
        "{\"n\": \"\", \"p\": null}"
    );
    assert_eq!(
        say(
            "{% if booking.price %}a{% elif resource.kind == 'person' %}b{% else %}c{% endif %}",
            Slot::Text
        ),
        "c"
    );
    let (_, links) = sample();
    let context = Context::new(&facts, &links, &language("nb"), Reader::Other, now());
    let problem = render("a\n {{ booking.notes | required }}", Slot::Text, &context).unwrap_err();
    assert_eq!((problem.line, problem.message.contains("required")), (2, true));
}
