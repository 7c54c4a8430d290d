//! The values a text can print, made from the facts: plain text, and instants, money, lists, spans and numbers that know how
//! to write themselves in the language of the text.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "JSON's kinds of values are not ours"
)]

use super::walk::missing_step;
use crate::catalogue::name_in;
use crate::facts::{BookingFacts, Facts};
use crate::language::Language;
use crate::locale::{Speech, Style, occurs_twice};
use crate::money::{Currency, Money};
use crate::variables;
use crate::zone::Zone;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// URLs of Flyt for one recipient: `manage`, `confirm` … → URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links(pub BTreeMap<String, String>);

/// An instant that prints as `datetime`.
#[derive(Debug, Clone)]
pub(super) struct When {
    at: Timestamp,
    zone: TimeZone,
    /// Whether the zone is named beside the time.
    named: bool,
    now: Timestamp,
    speech: Arc<Speech>,
    zones: Arc<Zones>,
}
#[derive(Debug)]
struct Zones {
    customer: Option<Zone>,
    location: Zone,
    business: Zone,
}
impl When {
    pub(super) fn styled(&self, style: Style) -> String {
        let local = self.at.to_zoned(self.zone.clone());
        let text = self.speech.instant(&local, style);
        let with_time = matches!(style, Style::Time | Style::DateTime);
        if with_time && self.named {
            return format!("{text} ({})", self.speech.zone_label(&self.zone));
        }
        if with_time && occurs_twice(&local) {
            return format!("{text} ({})", local.strftime("%Z"));
        }
        text
    }
    pub(super) fn relative(&self) -> String {
        self.speech
            .relative(&self.at.to_zoned(self.zone.clone()), self.now)
    }
    /// The same instant in `customer`, `location`, `business` or an IANA zone, which is then named.
    pub(super) fn in_zone(&self, name: &str) -> Option<Self> {
        let zone = match name {
            "customer" => self
                .zones
                .customer
                .clone()
                .unwrap_or_else(|| self.zones.location.clone()),
            "location" => self.zones.location.clone(),
            "business" => self.zones.business.clone(),
            other => Zone::new(other)?,
        };
        let named = zone != self.zones.location;
        Some(Self {
            zone: zone.rules(),
            named,
            ..self.clone()
        })
    }
}
impl Object for When {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.styled(Style::DateTime))
    }
}

/// Money that prints as `690,00 kr`; false when it is zero.
#[derive(Debug)]
pub(super) struct Cash {
    money: Money,
    speech: Arc<Speech>,
}
impl fmt::Display for Cash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.speech.money(self.money))
    }
}
impl Object for Cash {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "amount" => Some(Value::from(self.money.amount)),
            "currency" => Some(Value::from(self.money.currency.code())),
            _ => None,
        }
    }
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["amount", "currency"])
    }
    fn is_true(self: &Arc<Self>) -> bool {
        self.money.amount != 0
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A list that prints as `Vask og 2 x Farge`.
#[derive(Debug)]
pub(super) struct Items {
    values: Vec<Value>,
    words: Vec<String>,
    speech: Arc<Speech>,
}
impl fmt::Display for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.speech.list(&self.words))
    }
}
impl Object for Items {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.values.get(key.as_usize()?).cloned()
    }
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.values.len())
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A phone number that prints as people of the country write it.
#[derive(Debug)]
pub(super) struct Number {
    e164: String,
    speech: Arc<Speech>,
}
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.speech.phone(&self.e164))
    }
}
impl Object for Number {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A span that prints as `45 minutter`.
#[derive(Debug)]
pub(super) struct Span {
    ms: i64,
    speech: Arc<Speech>,
}
impl Object for Span {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.speech.span(self.ms))
    }
}

/// Stored values of earlier webhooks; a missing one is an error where it is used.
#[derive(Debug)]
struct Stored(BTreeMap<String, serde_json::Value>, String);
impl Object for Stored {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let missing = || {
            Error::new(
                ErrorKind::UndefinedError,
                missing_step(&format!("{}.{name}", self.1)),
            )
        };
        Some(self.0.get(name).map_or_else(|| Value::from(missing()), free))
    }
}
#[derive(Debug)]
struct Steps(BTreeMap<String, BTreeMap<String, serde_json::Value>>);
impl Object for Steps {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let fields = self.0.get(name).cloned().unwrap_or_default();
        Some(Value::from_object(Stored(fields, name.to_owned())))
    }
}

/// The JSON of a value, for JSON bodies and the `json` filter.
pub(super) fn json(value: &Value) -> serde_json::Value {
    if let Some(when) = value.downcast_object_ref::<When>() {
        return serde_json::json!(when.at);
    }
    if let Some(cash) = value.downcast_object_ref::<Cash>() {
        return serde_json::json!(cash.money);
    }
    if let Some(number) = value.downcast_object_ref::<Number>() {
        return serde_json::json!(number.e164);
    }
    if let Some(items) = value.downcast_object_ref::<Items>() {
        return items.values.iter().map(json).collect();
    }
    if let Some(span) = value.downcast_object_ref::<Span>() {
        return serde_json::json!(span.ms / 60_000);
    }
    if value.is_undefined() || value.is_none() {
        return serde_json::Value::Null;
    }
    serde_json::to_value(value).unwrap_or_else(|_| serde_json::json!(value.to_string()))
}

struct Maker<'f> {
    facts: &'f Facts,
    speech: Arc<Speech>,
    zones: Arc<Zones>,
    shown: TimeZone,
    named: bool,
    now: Timestamp,
}
type Map = BTreeMap<&'static str, Value>;

fn text(value: Option<&String>) -> Value {
    value.map_or_else(|| Value::from(""), |t| Value::from(t.replace(super::MARK, "")))
}
fn free(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::from(""),
        serde_json::Value::String(t) => Value::from(t.as_str()),
        other => Value::from(minijinja::value::Serde(other)),
    }
}

/// Everything a text can name, from these facts, in this language.
pub fn values(facts: &Facts, speech: &Speech, links: &Links, now: Timestamp) -> Value {
    let maker = Maker::new(facts, speech, now);
    let mut map = Map::new();
    if let Some(booking) = &facts.booking {
        map.insert("booking", Value::from(maker.booking(booking)));
        map.insert("service", Value::from(maker.service(booking)));
        map.insert("extras", maker.extras(booking));
        if let Some(location) = &booking.location {
            map.insert("location", Value::from(maker.location(location)));
        }
        if let Some(resource) = &booking.resource {
            map.insert("resource", Value::from(maker.resource(resource)));
        }
    }
    map.insert("customer", Value::from(maker.customer()));
    map.insert("business", Value::from(maker.business()));
    if let Some(payment) = &facts.payment {
        let at = payment
            .completed_at
            .map_or_else(|| Value::from(""), |at| maker.when(at));
        let own = Map::from([
            ("amount", maker.cash(Some(payment.money))),
            ("method", text(payment.method.as_ref())),
            ("at", at),
        ]);
        map.insert("payment", Value::from(own));
    }
    if let Some(previous) = &facts.previous {
        map.insert("previous", Value::from(maker.previous(previous)));
        map.insert("changes", maker.changes());
    }
    map.insert("links", Value::from(maker.links(links)));
    map.insert("steps", Value::from_object(Steps(facts.steps.clone())));
    Value::from(map)
}

impl<'f> Maker<'f> {
    fn new(facts: &'f Facts, speech: &Speech, now: Timestamp) -> Self {
        let business = facts.business.settings.time_zone.clone();
        let customer = facts.customer.as_ref().and_then(|c| c.contact.time_zone.clone());
        let location = facts.zone().clone();
        let in_person = facts
            .booking
            .as_ref()
            .is_none_or(|b| b.location.as_ref().is_some_and(|l| l.value.address.is_some()));
        // In person the location's time; online the customer's, else the business's, and the zone is then named.
        let online = customer.clone().filter(|_| !in_person);
        let shown = online.unwrap_or_else(|| location.clone());
        let named = shown != location && !in_person;
        Self {
            facts,
            speech: Arc::new(speech.clone()),
            shown: shown.rules(),
            named,
            zones: Arc::new(Zones {
                customer,
                location,
                business,
            }),
            now,
        }
    }
    fn when(&self, at: Timestamp) -> Value {
        Value::from_object(self.moment(at))
    }
    fn moment(&self, at: Timestamp) -> When {
        When {
            at,
            zone: self.shown.clone(),
            named: self.named,
            now: self.now,
            speech: self.speech.clone(),
            zones: self.zones.clone(),
        }
    }
    fn cash(&self, money: Option<Money>) -> Value {
        money.map_or_else(
            || Value::from(""),
            |money| {
                Value::from_object(Cash {
                    money,
                    speech: self.speech.clone(),
                })
            },
        )
    }
    fn span(&self, ms: Option<i64>) -> Value {
        ms.map_or_else(
            || Value::from(""),
            |ms| {
                Value::from_object(Span {
                    ms,
                    speech: self.speech.clone(),
                })
            },
        )
    }
    fn phone(&self, number: Option<&String>) -> Value {
        let number = number.filter(|n| !n.is_empty());
        number.map_or_else(
            || Value::from(""),
            |n| {
                Value::from_object(Number {
                    e164: n.clone(),
                    speech: self.speech.clone(),
                })
            },
        )
    }
    fn items(&self, values: Vec<Value>, words: Vec<String>) -> Value {
        Value::from_object(Items {
            values,
            words,
            speech: self.speech.clone(),
        })
    }
    fn label(&self, key: &str) -> Value {
        let status = self.facts.status(key);
        let label = status.map(|s| name_in(&s.key, &s.labels, &self.speech.language));
        Value::from(label.unwrap_or(key))
    }

    fn booking(&self, found: &BookingFacts) -> Map {
        let b = &found.booking;
        let answers: BTreeMap<String, Value> = b.answers.iter().map(|(k, v)| (k.clone(), free(v))).collect();
        let status = self.facts.status(&b.status);
        Map::from([
            ("id", Value::from(b.id.to_string())),
            ("reference", Value::from(b.reference.as_str())),
            ("external_id", text(b.external_id.as_ref())),
            ("start", self.when(b.start)),
            ("end", self.when(b.end)),
            ("when", Value::from(self.stretch(b.start, b.end))),
            (
                "duration",
                self.span(Some(b.end.as_millisecond() - b.start.as_millisecond())),
            ),
            ("created_at", self.when(b.created_at)),
            ("status", Value::from(b.status.as_str())),
            ("status_kind", Value::from(b.status_kind.word())),
            ("status_label", self.label(&b.status)),
            ("status_colour", text(status.map(|s| &s.colour))),
            ("source", Value::from(b.source.word())),
            (
                "language",
                Value::from(b.language.as_ref().map_or("", Language::tag)),
            ),
            ("time_zone", Value::from(self.facts.zone().name())),
            ("notes", text(b.notes.as_ref())),
            ("answers", Value::from(answers)),
            ("price", self.cash(b.price)),
            (
                "paid",
                self.cash(Some(Money {
                    amount: b.paid,
                    currency: self.currency(b.price),
                })),
            ),
            ("due", self.cash(b.due())),
            ("url", text(b.url.as_ref())),
        ])
    }
    fn currency(&self, price: Option<Money>) -> Currency {
        price.map_or(self.facts.business.settings.currency, |p| p.currency)
    }
    /// `søndag 25. oktober 2026 kl. 10:00–10:45`; over several days both ends whole.
    fn stretch(&self, start: Timestamp, end: Timestamp) -> String {
        let day = |at: Timestamp| at.to_zoned(self.shown.clone()).date();
        let (from, to) = (self.moment(start), self.moment(end));
        if day(start) == day(end) {
            let until = self
                .speech
                .instant(&end.to_zoned(self.shown.clone()), Style::Time);
            let begins = self
                .speech
                .instant(&start.to_zoned(self.shown.clone()), Style::DateTime);
            let zone = if self.named {
                format!(" ({})", self.speech.zone_label(&self.shown))
            } else {
                String::new()
            };
            return format!("{begins}–{until}{zone}");
        }
        format!(
            "{} – {}",
            from.styled(Style::DateTime),
            to.styled(Style::DateTime)
        )
    }
    fn service(&self, found: &BookingFacts) -> Map {
        let s = &found.service;
        Map::from([
            ("id", Value::from(s.id.to_string())),
            ("external_id", text(s.external_id.as_ref())),
            (
                "name",
                Value::from(name_in(&s.value.name, &s.value.names, &self.speech.language)),
            ),
            ("category", text(s.value.category.as_ref())),
            (
                "duration",
                self.span(s.value.duration_minutes.map(|m| m * 60_000)),
            ),
            ("price", self.cash(s.value.price)),
        ])
    }
    fn location(&self, l: &crate::catalogue::LocationEntry) -> Map {
        let map_url = l
            .value
            .address
            .as_ref()
            .map(|a| format!("https://www.google.com/maps/search/?api=1&query={}", encoded(a)));
        Map::from([
            ("id", Value::from(l.id.to_string())),
            ("external_id", text(l.external_id.as_ref())),
            ("name", Value::from(l.value.name.as_str())),
            ("address", text(l.value.address.as_ref())),
            ("phone", self.phone(l.value.phone.as_ref())),
            ("email", text(l.value.email.as_ref())),
            ("map_url", text(map_url.as_ref())),
        ])
    }
    fn resource(&self, r: &crate::catalogue::ResourceEntry) -> Map {
        Map::from([
            ("id", Value::from(r.id.to_string())),
            ("external_id", text(r.external_id.as_ref())),
            ("name", Value::from(r.value.name.as_str())),
            ("email", text(r.value.email.as_ref())),
            ("phone", self.phone(r.value.phone.as_ref())),
            ("kind", Value::from(r.value.kind.word())),
        ])
    }
    fn extras(&self, found: &BookingFacts) -> Value {
        let (mut items, mut words) = (Vec::new(), Vec::new());
        for line in &found.booking.extras {
            let Some(entry) = found.extras.iter().find(|e| e.id == line.id) else {
                continue;
            };
            let name = name_in(&entry.value.name, &entry.value.names, &self.speech.language);
            words.push(if line.quantity > 1 {
                format!("{} x {name}", line.quantity)
            } else {
                name.to_owned()
            });
            let price = self.cash(line.price.or(entry.value.price));
            items.push(Value::from(Map::from([
                ("name", Value::from(name)),
                ("quantity", Value::from(line.quantity)),
                ("price", price),
            ])));
        }
        self.items(items, words)
    }
    fn customer(&self) -> Map {
        let Some(c) = &self.facts.customer else {
            return Map::new();
        };
        let k = &c.contact;
        let fields: BTreeMap<String, Value> =
            k.fields.iter().map(|(name, v)| (name.clone(), free(v))).collect();
        let tags = k.tags.iter().map(|t| Value::from(t.as_str())).collect();
        Map::from([
            ("id", Value::from(c.id.to_string())),
            ("external_id", text(c.external_id.as_ref())),
            ("first_name", text(k.first_name.as_ref())),
            ("last_name", text(k.last_name.as_ref())),
            ("full_name", Value::from(k.full_name())),
            ("email", text(k.email.as_ref())),
            ("phone", self.phone(k.phone.as_ref())),
            (
                "language",
                Value::from(k.language.as_ref().map_or("", Language::tag)),
            ),
            (
                "time_zone",
                Value::from(k.time_zone.as_ref().map_or("", Zone::name)),
            ),
            ("tags", self.items(tags, k.tags.clone())),
            ("fields", Value::from(fields)),
        ])
    }
    fn business(&self) -> Map {
        let s = &self.facts.business.settings;
        Map::from([
            ("name", Value::from(s.name.as_str())),
            ("phone", self.phone(s.phone.as_ref())),
            ("email", text(s.email.as_ref())),
            ("website", text(s.website.as_ref())),
            ("address", text(s.address.as_ref())),
            ("logo_url", text(s.branding.logo_url.as_ref())),
            ("admin_email", text(s.admins.first())),
        ])
    }
    fn previous(&self, p: &crate::facts::Previous) -> Map {
        let object = |value: Option<&serde_json::Value>| {
            value.map_or(Value::UNDEFINED, |v| Value::from(minijinja::value::Serde(v)))
        };
        Map::from([
            ("start", self.when(p.start)),
            ("end", self.when(p.end)),
            ("status", Value::from(p.status.as_str())),
            ("status_label", self.label(&p.status)),
            ("location", object(p.location.as_ref())),
            ("service", object(Some(&p.service))),
            ("resource", object(p.resource.as_ref())),
        ])
    }
    fn changes(&self) -> Value {
        let norwegian = matches!(self.speech.language.tag().get(..2), Some("nb" | "nn"));
        let word = |field: &crate::trigger::ChangedField| {
            let (nb, en) = match field.word() {
                "start" => ("starttid", "start"),
                "end" => ("sluttid", "end"),
                "location" => ("sted", "location"),
                "service" => ("tjeneste", "service"),
                "resource" => ("alternativ", "option"),
                "extras" => ("tillegg", "extras"),
                _ => ("status", "status"),
            };
            if norwegian { nb } else { en }.to_owned()
        };
        let keys = self.facts.changes.iter().map(|c| Value::from(c.word())).collect();
        self.items(keys, self.facts.changes.iter().map(word).collect())
    }
    fn links(&self, links: &Links) -> BTreeMap<String, Value> {
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        for name in ["rebook", "rate", "pay", "form"] {
            let set = variables::link_is_set(self.facts, name);
            let url = self.facts.business.settings.links.get(name).filter(|_| set);
            all.insert(name.to_owned(), text(url));
        }
        all.extend(
            links
                .0
                .iter()
                .map(|(name, url)| (name.clone(), Value::from(url.as_str()))),
        );
        all
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986).
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes()
        .map(|b| {
            if plain(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// Sample values, for checking JSON bodies when they are saved.
pub(super) fn samples() -> Value {
    let mut root: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for variable in variables::all().iter().filter(|v| !v.only_conditions) {
        if let Some((group, name)) = variable.name.split_once('.') {
            root.entry(group.to_owned())
                .or_default()
                .insert(name.to_owned(), Value::from(variable.sample));
        }
    }
    let mut top: BTreeMap<String, Value> = root.into_iter().map(|(k, v)| (k, Value::from(v))).collect();
    top.insert("extras".to_owned(), Value::from(vec!["x"]));
    top.insert("changes".to_owned(), Value::from(vec!["start"]));
    Value::from(top)
}
