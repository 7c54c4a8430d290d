//! ICU's formatters, made once per thread and locale. A memo only: what is read never depends on what was read before.

use icu::datetime::fieldsets::{self, zone};
use icu::datetime::options::TimePrecision;
use icu::datetime::{DateTimeFormatter, NoCalendarFormatter};
use icu::decimal::DecimalFormatter;
use icu::experimental::dimension::currency::CurrencyType;
use icu::experimental::dimension::currency::formatter::CurrencyFormatter;
use icu::experimental::dimension::currency::options::CurrencyFormatterOptions;
use icu::experimental::duration::options::{BaseStyle, DurationFormatterOptions};
use icu::experimental::duration::{
    Duration, DurationFormatter, DurationSign, ValidatedDurationFormatterOptions,
};
use icu::experimental::relativetime::options::Numeric;
use icu::experimental::relativetime::{RelativeTimeFormatter, RelativeTimeFormatterOptions};
use icu::list::ListFormatter;
use icu::list::options::ListFormatterOptions;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Locales kept per thread; more than a server of our size meets.
const KEPT: usize = 48;
/// Currencies kept per locale.
const CURRENCIES: usize = 16;

/// A unit of a duration or of a distance in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

type Cell<T> = OnceCell<Option<Rc<T>>>;

/// The formatters of one locale, each made when it is first asked for.
pub(super) struct Formatters {
    locale: icu::locale::Locale,
    date: Cell<DateTimeFormatter<fieldsets::YMDE>>,
    date_short: Cell<DateTimeFormatter<fieldsets::MDE>>,
    time: Cell<NoCalendarFormatter<fieldsets::T>>,
    datetime: Cell<DateTimeFormatter<fieldsets::YMDET>>,
    weekday: Cell<DateTimeFormatter<fieldsets::E>>,
    list: Cell<ListFormatter>,
    duration: Cell<DurationFormatter>,
    city: Cell<NoCalendarFormatter<zone::ExemplarCity>>,
    money: RefCell<BTreeMap<String, Option<Rc<CurrencyFormatter<DecimalFormatter>>>>>,
    relative: RefCell<BTreeMap<Unit, Option<Rc<RelativeTimeFormatter>>>>,
}

thread_local! {
    static KNOWN: RefCell<BTreeMap<String, Rc<Formatters>>> = const { RefCell::new(BTreeMap::new()) };
}

/// What `say` says with the formatters of `tag`; empty where ICU has nothing.
pub(super) fn with(tag: &str, say: impl FnOnce(&Formatters) -> Option<String>) -> String {
    let formatters = KNOWN.with_borrow_mut(|known| {
        if let Some(found) = known.get(tag) {
            return Rc::clone(found);
        }
        if known.len() >= KEPT {
            known.clear();
        }
        let made = Rc::new(Formatters {
            locale: icu::locale::Locale::try_from_str(tag).unwrap_or(icu::locale::Locale::UNKNOWN),
            date: Cell::new(),
            date_short: Cell::new(),
            time: Cell::new(),
            datetime: Cell::new(),
            weekday: Cell::new(),
            list: Cell::new(),
            duration: Cell::new(),
            city: Cell::new(),
            money: RefCell::default(),
            relative: RefCell::default(),
        });
        known.insert(tag.to_owned(), Rc::clone(&made));
        made
    });
    say(&formatters).unwrap_or_default()
}

fn once<T, E>(cell: &Cell<T>, make: impl FnOnce() -> Result<T, E>) -> Option<Rc<T>> {
    cell.get_or_init(|| make().ok().map(Rc::new)).clone()
}

/// A duration formatter bound to one unit.
pub(super) struct UnitFormatter {
    formatter: Rc<DurationFormatter>,
    unit: Unit,
}
impl UnitFormatter {
    pub(super) fn said(&self, number: i64) -> String {
        let number = u64::try_from(number).unwrap_or(0);
        let mut duration = Duration {
            sign: DurationSign::Positive,
            ..Duration::default()
        };
        match self.unit {
            Unit::Day => duration.days = number,
            Unit::Hour => duration.hours = number,
            Unit::Second | Unit::Minute | Unit::Week | Unit::Month | Unit::Year => duration.minutes = number,
        }
        self.formatter.format(&duration).to_string()
    }
}

impl Formatters {
    pub(super) fn date(&self) -> Option<Rc<DateTimeFormatter<fieldsets::YMDE>>> {
        once(&self.date, || {
            DateTimeFormatter::try_new((&self.locale).into(), fieldsets::YMDE::long())
        })
    }
    pub(super) fn date_short(&self) -> Option<Rc<DateTimeFormatter<fieldsets::MDE>>> {
        once(&self.date_short, || {
            DateTimeFormatter::try_new((&self.locale).into(), fieldsets::MDE::medium())
        })
    }
    pub(super) fn time(&self) -> Option<Rc<NoCalendarFormatter<fieldsets::T>>> {
        once(&self.time, || {
            NoCalendarFormatter::try_new((&self.locale).into(), fieldsets::T::hm())
        })
    }
    pub(super) fn datetime(&self) -> Option<Rc<DateTimeFormatter<fieldsets::YMDET>>> {
        once(&self.datetime, || {
            let fields = fieldsets::YMDET::long().with_time_precision(TimePrecision::Minute);
            DateTimeFormatter::try_new((&self.locale).into(), fields)
        })
    }
    pub(super) fn weekday(&self) -> Option<Rc<DateTimeFormatter<fieldsets::E>>> {
        once(&self.weekday, || {
            DateTimeFormatter::try_new((&self.locale).into(), fieldsets::E::long())
        })
    }
    pub(super) fn list(&self) -> Option<Rc<ListFormatter>> {
        once(&self.list, || {
            ListFormatter::try_new_and((&self.locale).into(), ListFormatterOptions::default())
        })
    }
    pub(super) fn city(&self) -> Option<Rc<NoCalendarFormatter<zone::ExemplarCity>>> {
        once(&self.city, || {
            NoCalendarFormatter::try_new((&self.locale).into(), zone::ExemplarCity)
        })
    }
    pub(super) fn unit(&self, unit: Unit) -> Option<UnitFormatter> {
        let formatter = once(&self.duration, || {
            let mut options = DurationFormatterOptions::default();
            options.base = BaseStyle::Long;
            let options = ValidatedDurationFormatterOptions::validate(options).map_err(drop)?;
            DurationFormatter::try_new((&self.locale).into(), options).map_err(drop)
        })?;
        Some(UnitFormatter { formatter, unit })
    }
    pub(super) fn money(&self, code: &str) -> Option<Rc<CurrencyFormatter<DecimalFormatter>>> {
        let mut known = self.money.borrow_mut();
        if let Some(found) = known.get(code) {
            return found.clone();
        }
        if known.len() >= CURRENCIES {
            known.clear();
        }
        let currency = CurrencyType::try_from_str(&code.to_ascii_lowercase()).ok();
        let made = currency.and_then(|currency| {
            CurrencyFormatter::try_new_symbol(
                (&self.locale).into(),
                currency,
                CurrencyFormatterOptions::default(),
            )
            .ok()
            .map(Rc::new)
        });
        known.insert(code.to_owned(), made.clone());
        made
    }
    pub(super) fn relative(&self, unit: Unit) -> Option<Rc<RelativeTimeFormatter>> {
        let mut known = self.relative.borrow_mut();
        if let Some(found) = known.get(&unit) {
            return found.clone();
        }
        let make = match unit {
            Unit::Second => RelativeTimeFormatter::try_new_long_second,
            Unit::Minute => RelativeTimeFormatter::try_new_long_minute,
            Unit::Hour => RelativeTimeFormatter::try_new_long_hour,
            Unit::Day => RelativeTimeFormatter::try_new_long_day,
            Unit::Week => RelativeTimeFormatter::try_new_long_week,
            Unit::Month => RelativeTimeFormatter::try_new_long_month,
            Unit::Year => RelativeTimeFormatter::try_new_long_year,
        };
        let options = RelativeTimeFormatterOptions::default().with_numeric(Numeric::Auto);
        let made = make((&self.locale).into(), options).ok().map(Rc::new);
        known.insert(unit, made.clone());
        made
    }
}
