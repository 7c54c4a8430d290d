//! CLDR formatting of dates, money, lists and spans, and which language a text has. Formatters are kept per thread.

use crate::business::Business;
use crate::contact;
use crate::language::Language;
use crate::money::Money;
use icu::datetime::fieldsets;
use icu::datetime::options::TimePrecision;
use icu::datetime::{DateTimeFormatter, NoCalendarFormatter};
use icu::decimal::input::Decimal;
use icu::experimental::dimension::currency::formatter::CurrencyFormatter;
use icu::experimental::dimension::currency::options::CurrencyFormatterOptions;
use icu::list::ListFormatter;
use icu::list::options::{ListFormatterOptions, ListLength};
use icu::locale::Locale;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use jiff_icu::ConvertFrom as _;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;

/// How texts of one language are formatted in one country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// The language of the text.
    pub language: Language,
    /// The language with the country of the business, for formats.
    locale: String,
    /// Country of its phone numbers.
    pub country: String,
}

/// How an instant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// søndag 25. oktober 2026
    Date,
    /// søn. 25. okt.
    DateShort,
    /// 10:00
    Time,
    /// søndag 25. oktober 2026 kl. 10:00
    DateTime,
    /// søndag
    Weekday,
}

impl Speech {
    /// Formats for texts of `language` of a business in `country` (`NO`). A language without region takes the country.
    pub fn new(language: &Language, country: &str) -> Self {
        let tag = language.tag();
        let has_region = tag.split('-').skip(1).any(|part| part.len() == 2);
        let locale = if has_region {
            tag.to_owned()
        } else {
            format!("{tag}-{country}")
        };
        Self {
            language: language.clone(),
            locale,
            country: country.to_owned(),
        }
    }
    fn locale(&self) -> Locale {
        Locale::try_from_str(&self.locale)
            .or_else(|_| Locale::try_from_str(self.language.tag()))
            .unwrap_or(Locale::UNKNOWN)
    }
    fn is_norwegian(&self) -> bool {
        matches!(self.language.tag().get(..2), Some("nb" | "nn"))
    }

    /// An instant on the wall clock of its zone.
    pub fn instant(&self, at: &Zoned, style: Style) -> String {
        let key = (
            self.locale.clone(),
            style_no(style),
            at.timestamp().as_second().div_euclid(60),
            at.offset().seconds(),
        );
        MADE.with_borrow_mut(|made| {
            if made.len() >= KEPT {
                made.clear();
            }
            made.entry(key).or_insert_with(|| self.write(at, style)).clone()
        })
    }

    fn write(&self, at: &Zoned, style: Style) -> String {
        let wall = icu::time::DateTime::convert_from(at.datetime());
        let minute = TimePrecision::Minute;
        macro_rules! with {
            ($set:expr) => {
                DateTimeFormatter::try_new(self.locale().into(), $set).map(|f| f.format(&wall).to_string())
            };
        }
        let text = match style {
            Style::Date => with!(fieldsets::YMDE::long()),
            Style::DateShort => with!(fieldsets::MDE::medium()),
            Style::DateTime => with!(fieldsets::YMDE::long().with_time(minute)),
            Style::Weekday => with!(fieldsets::E::long()),
            Style::Time => {
                let set = fieldsets::T::short().with_time_precision(minute);
                NoCalendarFormatter::try_new(self.locale().into(), set)
                    .map(|f| f.format(&wall.time).to_string())
            }
        };
        text.unwrap_or_else(|_| at.strftime("%Y-%m-%d %H:%M").to_string())
    }

    /// An amount of money: `690,00 kr`.
    pub fn money(&self, money: Money) -> String {
        let mut amount = Decimal::from(money.amount);
        let decimals = i16::try_from(money.currency.decimals()).unwrap_or(2);
        amount.multiply_pow10(-decimals);
        let plain = || format!("{amount} {}", money.currency.code());
        let Ok(currency) = money.currency.code().to_lowercase().parse() else {
            return plain();
        };
        let made = if self.is_home(money) {
            CurrencyFormatter::try_new_symbol_narrow(
                self.locale().into(),
                currency,
                CurrencyFormatterOptions::default(),
            )
        } else {
            CurrencyFormatter::try_new_symbol(
                self.locale().into(),
                currency,
                CurrencyFormatterOptions::default(),
            )
        };
        made.map_or_else(|_| plain(), |f| f.format_fixed_decimal(&amount).to_string())
    }
    /// `kr` at home; abroad the code tells Danish from Norwegian ones.
    fn is_home(&self, money: Money) -> bool {
        let own = match self.country.as_str() {
            "NO" => "NOK",
            "SE" => "SEK",
            "DK" => "DKK",
            "IS" => "ISK",
            _ => "",
        };
        money.currency.code() == own
    }

    /// `Vask, Farge og Kur`.
    pub fn list<T: Display>(&self, items: &[T]) -> String {
        let items: Vec<String> = items.iter().map(ToString::to_string).collect();
        let options = ListFormatterOptions::default().with_length(ListLength::Wide);
        let made = ListFormatter::try_new_and(self.locale().into(), options);
        made.map_or_else(
            |_| items.join(", "),
            |f| f.format(items.iter().map(String::as_str)).to_string(),
        )
    }

    /// A span: `45 minutter`, `2 timer og 30 minutter`.
    pub fn span(&self, ms: i64) -> String {
        let minutes = ms.max(0) / 60_000;
        let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
        let [day, hour, minute] = units(self.language.tag());
        let named = |n: i64, (one, many): (&str, &str)| format!("{n} {}", if n == 1 { one } else { many });
        let parts: Vec<String> = [(days, day), (hours, hour), (rest, minute)]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, unit)| named(n, unit))
            .collect();
        if parts.is_empty() {
            named(0, minute)
        } else {
            self.list(&parts)
        }
    }

    /// Seen from `now`: `i morgen`, `om 3 timer`, `in 3 hours`.
    pub fn relative(&self, at: &Zoned, now: Timestamp) -> String {
        let today = now.to_zoned(at.time_zone().clone()).date();
        let days = (at.date() - today).get_days();
        let ms = at.timestamp().as_millisecond() - now.as_millisecond();
        let norwegian = self.is_norwegian();
        let word = match (norwegian, days) {
            (true, 1) => Some("i morgen"),
            (true, -1) => Some("i går"),
            (false, 1) => Some("tomorrow"),
            (false, -1) => Some("yesterday"),
            _ => None,
        };
        if let Some(word) = word.filter(|_| norwegian || self.language.tag().starts_with("en")) {
            return word.to_owned();
        }
        let far = ms.abs() / 60_000;
        let span = if far >= 2_880 {
            self.span(i64::from(days.abs()) * 86_400_000)
        } else if far >= 60 {
            self.span(far / 60 * 3_600_000)
        } else {
            self.span(far * 60_000)
        };
        match (norwegian, ms >= 0) {
            (true, true) => format!("om {span}"),
            (true, false) => format!("for {span} siden"),
            (false, true) => format!("in {span}"),
            (false, false) => format!("{span} ago"),
        }
    }

    /// A phone number as people of the business's country write it.
    pub fn phone(&self, number: &str) -> String {
        contact::spoken_phone(number, &self.country)
    }

    /// A time with its zone named: `kl. 10:00 (New York)`.
    pub fn zone_label(&self, zone: &TimeZone) -> String {
        let name = zone.iana_name().unwrap_or("UTC");
        name.rsplit('/').next().unwrap_or(name).replace('_', " ")
    }
}

/// Texts one thread keeps.
const KEPT: usize = 2_048;
thread_local! {
    /// Formatting a date takes a data look-up; the same instants are asked for again by the next text.
    static MADE: RefCell<BTreeMap<(String, u8, i64, i32), String>> = const { RefCell::new(BTreeMap::new()) };
}
fn style_no(style: Style) -> u8 {
    match style {
        Style::Date => 0,
        Style::DateShort => 1,
        Style::Time => 2,
        Style::DateTime => 3,
        Style::Weekday => 4,
    }
}

/// Day, hour and minute in one and many; a language that is not here is served in English.
fn units(tag: &str) -> [(&'static str, &'static str); 3] {
    match tag.get(..2) {
        Some("nb") => [("dag", "dager"), ("time", "timer"), ("minutt", "minutter")],
        Some("nn") => [("dag", "dagar"), ("time", "timar"), ("minutt", "minutt")],
        Some("da") => [("dag", "dage"), ("time", "timer"), ("minut", "minutter")],
        Some("sv") => [("dag", "dagar"), ("timme", "timmar"), ("minut", "minuter")],
        Some("de") => [("Tag", "Tage"), ("Stunde", "Stunden"), ("Minute", "Minuten")],
        Some("fr") => [("jour", "jours"), ("heure", "heures"), ("minute", "minutes")],
        Some("es") => [("día", "días"), ("hora", "horas"), ("minuto", "minutos")],
        _ => [("day", "days"), ("hour", "hours"), ("minute", "minutes")],
    }
}

/// Whether the wall time of an instant occurs twice that day.
pub fn occurs_twice(at: &Zoned) -> bool {
    at.time_zone()
        .to_ambiguous_timestamp(at.datetime())
        .is_ambiguous()
}

/// The content of the first wanted language that is there (BCP 47 lookup: `nb-NO` → `nb`, `nn` → `nb`), then of the first of
/// the business's languages, then any.
pub fn choose<'c, T>(
    wanted: &[&Language],
    content: &'c BTreeMap<Language, T>,
    business: &Business,
) -> Option<(&'c Language, &'c T)> {
    let known = wanted
        .iter()
        .copied()
        .chain([&business.settings.default_language]);
    known
        .chain(&business.settings.languages)
        .find_map(|language| find(language, content))
        .or_else(|| content.first_key_value())
}

fn find<'c, T>(language: &Language, content: &'c BTreeMap<Language, T>) -> Option<(&'c Language, &'c T)> {
    let mut at = Some(language.clone());
    while let Some(tag) = at {
        if let Some(found) = content.get_key_value(&tag) {
            return Some(found);
        }
        at = tag.parent();
    }
    let near = language
        .tag()
        .starts_with("nn")
        .then(|| Language::new("nb"))
        .flatten()?;
    content.get_key_value(&near)
}
