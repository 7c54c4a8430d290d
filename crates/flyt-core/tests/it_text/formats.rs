//! Formats of dates, times, money and lists.
use flyt_core::language::Language;
use flyt_core::locale::{Locale, Shown};
use flyt_core::money::{Currency, Money};
use flyt_core::zone::Zone;
use jiff::Timestamp;

#[test]
fn dump() {
    let at: Timestamp = "2026-10-25T09:00:00Z".parse().unwrap();
    let shown = Shown {
        zone: Zone::new("Europe/Oslo").unwrap(),
        named: false,
    };
    let ny = Shown {
        zone: Zone::new("America/New_York").unwrap(),
        named: true,
    };
    for tag in [
        "nb", "en", "en-GB", "fr", "da", "de", "sv", "nn", "pl", "uk", "xx",
    ] {
        let l = Locale::of(&Language::new(tag).unwrap(), "NO");
        let d = shown.local(at);
        let m = Money {
            amount: 169_000,
            currency: Currency::new("NOK").unwrap(),
        };
        let e = Money {
            amount: 169_050,
            currency: Currency::new("EUR").unwrap(),
        };
        println!(
            "{tag}: {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {}",
            l.date(d),
            l.date_short(d),
            l.time(d),
            l.datetime(d),
            l.weekday(d),
            l.money(m),
            l.money(e),
            l.list(&["a".into(), "b".into(), "c".into()]),
            l.duration(45),
            l.duration(90),
            l.duration(2880),
            shown.relative(&l, "2026-10-26T09:00:00Z".parse().unwrap(), at),
            shown.relative(&l, "2026-10-25T12:00:00Z".parse().unwrap(), at),
            ny.time(&l, at),
            shown.when(&l, at, "2026-10-25T09:45:00Z".parse().unwrap())
        );
    }
}
