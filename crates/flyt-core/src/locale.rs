//! How dates, money and lists read in a language and country: CLDR's formats through ICU, with the spaces CLDR uses.
//! Which language and which zone a message takes is in `locale::choice`; nothing here knows of messages.

mod choice;
mod formatters;
mod shown;

pub use choice::choose;
pub use shown::Shown;

use crate::language::Language;
use crate::money::Money;
use formatters::with;
use icu::decimal::input::Decimal;
use jiff::civil::DateTime;
use jiff_icu::ConvertFrom as _;

/// A language with the country whose formats it takes: `en` in Norway is `en-NO` (24 hours, day before month).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locale {
    tag: String,
    country: String,
}

impl Locale {
    /// The formats of a text in `language` sent by a business in `country`; a region in the tag wins over the country.
    /// A pair that CLDR lacks reads as the language alone.
    pub fn of(language: &Language, country: &str) -> Self {
        let mut id = icu::locale::LanguageIdentifier::try_from_str(language.tag())
            .unwrap_or(icu::locale::LanguageIdentifier::UNKNOWN);
        if id.region.is_none() {
            id.region = country.parse().ok();
        }
        Self {
            tag: id.to_string(),
            country: country.to_owned(),
        }
    }
    /// The BCP 47 tag that formats are looked up with.
    pub fn tag(&self) -> &str {
        &self.tag
    }
    /// Country of the business, in which numbers are national.
    pub fn country(&self) -> &str {
        &self.country
    }
    /// True for the languages whose words for our own list of changes are Norwegian.
    pub fn is_norwegian(&self) -> bool {
        matches!(self.tag.split('-').next(), Some("nb" | "nn" | "no"))
    }

    /// `søndag 25. oktober 2026`
    pub fn date(&self, at: DateTime) -> String {
        let at = icu::time::DateTime::convert_from(at);
        with(&self.tag, |f| f.date().map(|f| f.format(&at).to_string()))
    }
    /// `søn. 25. okt.`
    pub fn date_short(&self, at: DateTime) -> String {
        let at = icu::time::DateTime::convert_from(at);
        with(&self.tag, |f| f.date_short().map(|f| f.format(&at).to_string()))
    }
    /// `10:00`
    pub fn time(&self, at: DateTime) -> String {
        let at = icu::time::Time::convert_from(at.time());
        with(&self.tag, |f| f.time().map(|f| f.format(&at).to_string()))
    }
    /// `søndag 25. oktober 2026 kl. 10:00`
    pub fn datetime(&self, at: DateTime) -> String {
        let at = icu::time::DateTime::convert_from(at);
        with(&self.tag, |f| f.datetime().map(|f| f.format(&at).to_string()))
    }
    /// `søndag`
    pub fn weekday(&self, at: DateTime) -> String {
        let at = icu::time::DateTime::convert_from(at);
        with(&self.tag, |f| f.weekday().map(|f| f.format(&at).to_string()))
    }
    /// `690,00 kr`
    pub fn money(&self, money: Money) -> String {
        let decimals = i16::try_from(money.currency.decimals()).unwrap_or(2);
        let mut amount = Decimal::from(money.amount);
        amount.multiply_pow10(-decimals);
        with(&self.tag, |f| {
            f.money(money.currency.code())
                .map(|f| f.format_fixed_decimal(&amount).to_string())
        })
    }
    /// `Sengetøy og Kajakk`
    pub fn list(&self, items: &[String]) -> String {
        with(&self.tag, |f| {
            f.list()
                .map(|f| f.format(items.iter().map(String::as_str)).to_string())
        })
    }
    /// `1 time og 30 minutter`; parts that are zero are left out, seconds are not said.
    pub fn duration(&self, minutes: i64) -> String {
        let minutes = minutes.max(0);
        let parts = [
            (minutes / 1_440, formatters::Unit::Day),
            (minutes / 60 % 24, formatters::Unit::Hour),
            (minutes % 60, formatters::Unit::Minute),
        ];
        let said = |(number, unit): &(i64, formatters::Unit)| {
            with(&self.tag, |f| f.unit(*unit).map(|f| f.said(*number)))
        };
        let some: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(said).collect();
        match some.as_slice() {
            [] => said(&(0, formatters::Unit::Minute)),
            [one] => one.clone(),
            several => self.list(several),
        }
    }
    /// `i morgen`, `om 3 timer`.
    fn relative(&self, number: i64, unit: formatters::Unit) -> String {
        with(&self.tag, |f| {
            f.relative(unit)
                .map(|f| f.format(Decimal::from(number)).to_string())
        })
    }
    /// Name of a zone's city: `New York`.
    pub fn city(&self, zone: &crate::zone::Zone) -> String {
        let info = icu::time::TimeZone::convert_from(&zone.rules()).without_offset();
        let city = with(&self.tag, |f| f.city().map(|f| f.format(&info).to_string()));
        if city.is_empty() {
            let tail = zone.name().rsplit('/').next().unwrap_or(zone.name());
            return tail.replace('_', " ");
        }
        city
    }
}
