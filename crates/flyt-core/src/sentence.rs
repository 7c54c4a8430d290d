//! The plain sentence of a workflow in Bokmål and English: «24 timer før en godkjent time for Dameklipp eller Farge i Oslo:
//! send SMS til kunden». When and for which bookings is here, the "only if" in `sentence::conditions`, what is done in
//! `sentence::actions`, what was done in `sentence::happened`.

mod actions;
mod conditions;
pub mod happened;

use crate::action::Action;
use crate::condition::Condition;
use crate::filter::{Filter, Filters};
use crate::money::Currency;
use crate::status::Status;
use crate::trigger::{ChangedField, Direction, Offset, OffsetUnit, When};
use crate::workflow::{Definition, Draft};
use std::fmt::Display;

/// What the sentence needs to know of the business.
pub struct Known<'k> {
    /// What people call the thing behind an id.
    pub named: &'k dyn Fn(&str) -> Option<String>,
    /// The statuses with their labels.
    pub statuses: &'k [Status],
    /// The money of amounts.
    pub currency: Currency,
}

/// What the sentence tells of a workflow, saved or not.
pub struct Told<'t> {
    whens: Vec<&'t When>,
    filters: &'t Filters,
    condition: Option<&'t Condition>,
    actions: &'t [Action],
}
impl<'t> From<&'t Definition> for Told<'t> {
    fn from(of: &'t Definition) -> Self {
        Self {
            whens: of.triggers.iter().map(|t| &t.when).collect(),
            filters: &of.filters,
            condition: of.condition.as_ref(),
            actions: &of.actions,
        }
    }
}
impl<'t> From<&'t Draft> for Told<'t> {
    fn from(of: &'t Draft) -> Self {
        Self {
            whens: of.triggers.iter().map(|t| &t.when).collect(),
            filters: &of.filters,
            condition: of.condition.as_ref(),
            actions: &of.actions,
        }
    }
}

/// The sentence in Bokmål.
pub fn norwegian<'t>(of: impl Into<Told<'t>>, known: &Known<'_>) -> String {
    Speaker { nb: true, known }.say(&of.into())
}
/// The sentence in English.
pub fn english<'t>(of: impl Into<Told<'t>>, known: &Known<'_>) -> String {
    Speaker { nb: false, known }.say(&of.into())
}

/// One language's voice.
struct Speaker<'k> {
    nb: bool,
    known: &'k Known<'k>,
}

impl Speaker<'_> {
    fn say(&self, told: &Told<'_>) -> String {
        let when: Vec<String> = told.whens.iter().map(|w| self.when(w, told.filters)).collect();
        let only_if = told.condition.map_or_else(String::new, |c| {
            format!(", {} {}", self.of("bare hvis", "only if"), self.condition(c))
        });
        let when = self.or(&when);
        capital(&format!("{when}{only_if}: {}", self.actions(told.actions)))
    }

    /// The Norwegian or the English of two texts.
    fn of<'t>(&self, nb: &'t str, en: &'t str) -> &'t str {
        if self.nb { nb } else { en }
    }
    fn quoted(&self, text: &str) -> String {
        if self.nb {
            format!("«{text}»")
        } else {
            format!("“{text}”")
        }
    }
    fn or(&self, items: &[String]) -> String {
        listed(items, self.of("eller", "or"))
    }
    fn and(&self, items: &[String]) -> String {
        listed(items, self.of("og", "and"))
    }
    fn name(&self, id: &str) -> String {
        (self.known.named)(id).unwrap_or_else(|| id.to_owned())
    }
    /// The label of a status.
    fn label(&self, key: &str) -> String {
        let status = self.known.statuses.iter().find(|s| s.key == key);
        let tag = self.of("nb", "en");
        let own = status.and_then(|s| {
            s.labels
                .iter()
                .find(|(l, _)| l.tag() == tag)
                .or_else(|| s.labels.iter().next())
        });
        own.map_or_else(|| key.to_owned(), |(_, label)| label.clone())
    }
    fn count(&self, amount: i64, unit: OffsetUnit, working: bool) -> String {
        let words = match (unit, working) {
            (OffsetUnit::Minutes, _) => ["minutt", "minutter", "minute", "minutes"],
            (OffsetUnit::Hours, _) => ["time", "timer", "hour", "hours"],
            (OffsetUnit::Days, false) => ["dag", "dager", "day", "days"],
            (OffsetUnit::Days, true) => ["virkedag", "virkedager", "working day", "working days"],
            (OffsetUnit::Weeks, _) => ["uke", "uker", "week", "weeks"],
        };
        let [one_nb, more_nb, one_en, more_en] = words;
        let word = if amount == 1 {
            self.of(one_nb, one_en)
        } else {
            self.of(more_nb, more_en)
        };
        format!("{amount} {word}")
    }
    /// Calendar days and milliseconds in words.
    fn span(&self, days: i64, ms: i64) -> String {
        let parts = [
            (days, OffsetUnit::Days),
            (ms / 3_600_000, OffsetUnit::Hours),
            (ms % 3_600_000 / 60_000, OffsetUnit::Minutes),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, unit)| self.count(*n, *unit, false))
            .collect();
        if parts.is_empty() {
            self.count(0, OffsetUnit::Minutes, false)
        } else {
            self.and(&parts)
        }
    }

    fn when(&self, when: &When, filters: &Filters) -> String {
        let which = self.which(filters);
        match when {
            When::CustomerCreated => {
                let language = self.language(filters);
                format!(
                    "{}{language}",
                    self.of(
                        "når en ny kunde blir registrert",
                        "when a new customer is registered"
                    )
                )
            }
            When::BookingCreated => self.clause("når", "when", &which, "blir bestilt", "is booked"),
            When::BookingChanged {
                fields, min_shift_ms, ..
            } => self.changed(fields, *min_shift_ms, &which),
            When::StatusChanged { from, to } => self.status_changed(from, to, &which),
            When::PaymentCompleted { min_amount, in_full } => {
                let least = min_amount.map_or_else(String::new, |m| {
                    format!(" {} {}", self.of("på minst", "of at least"), self.amount(m))
                });
                if *in_full {
                    self.clause("når", "when", &which, "er betalt i sin helhet", "is paid in full")
                } else if self.nb {
                    format!("når en betaling{least} for {which} er fullført")
                } else {
                    format!("when a payment{least} for {which} completes")
                }
            }
            When::BookingStarts(timed) => self.timed(&timed.offset, &which, true),
            When::BookingEnds(timed) => self.timed(&timed.offset, &which, false),
        }
    }
    fn clause(&self, nb: &str, en: &str, which: &str, does_nb: &str, does_en: &str) -> String {
        format!("{} {which} {}", self.of(nb, en), self.of(does_nb, does_en))
    }

    fn changed(&self, fields: &[ChangedField], min_shift_ms: Option<i64>, which: &str) -> String {
        let names: Vec<String> = fields
            .iter()
            .map(|f| {
                let [nb, en] = match f {
                    ChangedField::Start => ["starttiden", "the start"],
                    ChangedField::End => ["sluttiden", "the end"],
                    ChangedField::Location => ["stedet", "the location"],
                    ChangedField::Service => ["tjenesten", "the service"],
                    ChangedField::Resource => ["alternativet", "the option"],
                    ChangedField::Extras => ["tilleggene", "the extras"],
                    ChangedField::Status => ["statusen", "the status"],
                };
                self.of(nb, en).to_owned()
            })
            .collect();
        let least = min_shift_ms.map_or_else(String::new, |ms| {
            format!(" {} {}", self.of("med minst", "by at least"), self.span(0, ms))
        });
        match (names.is_empty(), self.nb) {
            (true, true) => format!("når {which} blir endret{least}"),
            (true, false) => format!("when {which} is changed{least}"),
            (false, true) => format!("når {} for {which} blir endret{least}", self.or(&names)),
            (false, false) => format!("when {} of {which} is changed{least}", self.or(&names)),
        }
    }

    fn status_changed(&self, from: &[String], to: &[String], which: &str) -> String {
        let labels = |keys: &[String]| {
            let quoted: Vec<String> = keys.iter().map(|k| self.quoted(&self.label(k))).collect();
            self.or(&quoted)
        };
        let (was, is) = (labels(from), labels(to));
        match (from.is_empty(), to.is_empty()) {
            (true, true) => self.clause("når", "when", which, "skifter status", "changes status"),
            (true, false) => format!(
                "{} {which} {} {is}",
                self.of("når", "when"),
                self.of("blir", "becomes")
            ),
            (false, true) => {
                let rest = self.of("til en annen status", "to another status");
                format!(
                    "{} {which} {} {was} {rest}",
                    self.of("når", "when"),
                    self.of("går fra", "goes from")
                )
            }
            (false, false) => format!(
                "{} {which} {} {was} {} {is}",
                self.of("når", "when"),
                self.of("går fra", "goes from"),
                self.of("til", "to")
            ),
        }
    }

    fn timed(&self, offset: &Offset, which: &str, of_start: bool) -> String {
        let at = offset.at.map_or_else(String::new, |t| {
            format!(", {} {}", self.of("kl.", "at"), t.strftime("%H:%M"))
        });
        if offset.amount == 0 {
            return match (at.is_empty(), of_start) {
                (false, true) => format!("{} {which}{at}", self.of("samme dag som", "on the day of")),
                (false, false) => format!(
                    "{} {which} {}{at}",
                    self.of("dagen", "on the day"),
                    self.of("slutter", "ends")
                ),
                (true, true) => self.clause("når", "when", which, "begynner", "starts"),
                (true, false) => self.clause("når", "when", which, "er over", "is over"),
            };
        }
        let count = self.count(offset.amount, offset.unit, offset.working_days);
        let (before, after) = (self.of("før", "before"), self.of("etter", "after"));
        match (offset.direction, of_start) {
            (Direction::Before, true) => format!("{count} {before} {which}{at}"),
            (Direction::Before, false) => {
                format!("{count} {before} {which} {}{at}", self.of("slutter", "ends"))
            }
            (Direction::After, true) => {
                let began = self.of("har begynt", "has started");
                format!("{count} {} {which} {began}{at}", self.of("etter at", "after"))
            }
            (Direction::After, false) => format!("{count} {after} {which}{at}"),
        }
    }

    /// The bookings that the filters let through.
    fn which(&self, filters: &Filters) -> String {
        let (adjective, with_status) = self.status(&filters.status);
        let noun = self.of("time", "appointment");
        let article = match (self.nb, adjective.chars().next().unwrap_or('a')) {
            (true, _) => "en",
            (false, 'a' | 'e' | 'i' | 'o' | 'u') => "an",
            (false, _) => "a",
        };
        let blank = if adjective.is_empty() { "" } else { " " };
        let parts = [
            with_status,
            self.part(&filters.service, "for", "for"),
            self.part(&filters.extras, "med tillegget", "with the extra"),
            self.part(&filters.location, "i", "in"),
            self.part(&filters.resource, "med", "with"),
            self.language(filters),
        ];
        format!("{article} {adjective}{blank}{noun}{}", parts.concat())
    }
    /// Adjectives before the noun, or what is said behind it where a status has none.
    fn status(&self, filter: &Filter<String>) -> (String, String) {
        let adjective = |key: &String| {
            let [nb, en] = match key.as_str() {
                "pending" => ["ubesvart", "pending"],
                "approved" => ["godkjent", "approved"],
                "completed" => ["gjennomført", "completed"],
                "cancelled" => ["avlyst", "cancelled"],
                "rejected" => ["avslått", "rejected"],
                _ => return None,
            };
            Some(self.of(nb, en).to_owned())
        };
        let quoted = |keys: &[String]| {
            let labels: Vec<String> = keys.iter().map(|k| self.quoted(&self.label(k))).collect();
            self.or(&labels)
        };
        let not = match quoted(&filter.none_of) {
            list if list.is_empty() => list,
            list => format!(" {} {list}", self.of("som ikke er", "that is not")),
        };
        let adjectives: Option<Vec<String>> = filter.any_of.iter().map(adjective).collect();
        match adjectives {
            Some(words) => (self.or(&words), not),
            None => (
                String::new(),
                format!(
                    " {} {}{not}",
                    self.of("med status", "with status"),
                    quoted(&filter.any_of)
                ),
            ),
        }
    }
    fn part<T: Display>(&self, filter: &Filter<T>, nb: &str, en: &str) -> String {
        let names = |values: &[T]| {
            values
                .iter()
                .map(|v| self.name(&v.to_string()))
                .collect::<Vec<_>>()
        };
        let word = self.of(nb, en);
        let (any, all, none) = (
            names(&filter.any_of),
            names(&filter.all_of),
            names(&filter.none_of),
        );
        let mut said = String::new();
        if !any.is_empty() {
            said = format!(" {word} {}", self.or(&any));
        }
        if !all.is_empty() {
            said = format!("{said} {word} {}", self.and(&all));
        }
        if !none.is_empty() {
            said = format!(
                "{said} ({} {word} {})",
                self.of("men ikke", "but not"),
                self.or(&none)
            );
        }
        said
    }
    fn language(&self, filters: &Filters) -> String {
        let call = |tags: &[crate::language::Language]| {
            let names: Vec<String> = tags.iter().map(|t| self.tongue(t.tag())).collect();
            self.or(&names)
        };
        let filter = &filters.language;
        let word = self.of("på", "in");
        match (filter.any_of.is_empty(), filter.none_of.is_empty()) {
            (true, true) => String::new(),
            (false, true) => format!(" {word} {}", call(&filter.any_of)),
            (true, false) => format!(
                " ({} {word} {})",
                self.of("men ikke", "but not"),
                call(&filter.none_of)
            ),
            (false, false) => format!(
                " {word} {} ({} {word} {})",
                call(&filter.any_of),
                self.of("men ikke", "but not"),
                call(&filter.none_of)
            ),
        }
    }
    /// What people call a language; its tag where we know no better.
    fn tongue(&self, tag: &str) -> String {
        let [nb, en] = match tag.split('-').next().unwrap_or(tag) {
            "nb" => ["bokmål", "Norwegian Bokmål"],
            "nn" => ["nynorsk", "Norwegian Nynorsk"],
            "en" => ["engelsk", "English"],
            "sv" => ["svensk", "Swedish"],
            "da" => ["dansk", "Danish"],
            "de" => ["tysk", "German"],
            "pl" => ["polsk", "Polish"],
            "uk" => ["ukrainsk", "Ukrainian"],
            _ => [tag, tag],
        };
        self.of(nb, en).to_owned()
    }
    /// An amount of minor units.
    fn amount(&self, minor: i64) -> String {
        let code = self.known.currency.code();
        let scale = 10_i64.pow(self.known.currency.decimals());
        let (whole, rest) = (minor / scale, (minor % scale).abs());
        if rest == 0 {
            return format!("{whole} {code}");
        }
        let width = usize::try_from(self.known.currency.decimals()).unwrap_or(2);
        format!("{whole}{}{rest:0width$} {code}", self.of(",", "."))
    }
}

/// A, B and C.
fn listed(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
