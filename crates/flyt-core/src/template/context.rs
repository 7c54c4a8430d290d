//! What a text can read: the facts as objects, in the language and zone of one reader.

use super::values::{Cash, Changes, Group, Moment, Nothing, Open, Period, SCENE, Scene, Span, Tel};
use super::{Slot, Stored, render, sample};
use crate::catalogue::{LocationEntry, ResourceEntry, ServiceEntry, name_in};
use crate::facts::{BookingFacts, Facts, Previous};
use crate::language::Language;
use crate::limits;
use crate::locale::{Locale, Shown};
use crate::money::{Currency, Money};
use crate::render::Links;
use jiff::Timestamp;
use minijinja::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who reads a text: the customer sees online bookings in their own zone, everyone else in the booking's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The customer.
    Customer,
    /// Staff, administrators, other systems.
    Other,
}

/// Everything a template may read, ready to be rendered from.
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) root: Value,
}

type Fields = BTreeMap<&'static str, Value>;

impl Context {
    /// The facts for one reader in the language of the chosen text, seen from `now`.
    pub fn new(facts: &Facts, links: &Links, language: &Language, reader: Reader, now: Timestamp) -> Self {
        Self::build(facts, links, language, reader, now, None)
    }

    /// Sample values, with one for every stored field that a text may read.
    pub fn sample(stored: &Stored) -> Self {
        let (mut facts, links) = sample();
        for (step, fields) in stored {
            let values = fields.iter().map(|f| (f.clone(), Json::from("4821"))).collect();
            facts.steps.insert(step.clone(), values);
        }
        let language = facts.business.settings.default_language.clone();
        let now = facts
            .booking
            .as_ref()
            .map_or(Timestamp::UNIX_EPOCH, |b| b.booking.created_at);
        Self::build(&facts, &links, &language, Reader::Customer, now, Some("x"))
    }

    fn build(
        facts: &Facts,
        links: &Links,
        language: &Language,
        reader: Reader,
        now: Timestamp,
        missing: Option<&str>,
    ) -> Self {
        let settings = &facts.business.settings;
        let scene = Arc::new(Scene {
            locale: Locale::of(language, &settings.country),
            shown: Shown::of(facts, reader == Reader::Customer),
            own: facts.zone().clone(),
            customer: facts.customer.as_ref().and_then(|c| c.contact.time_zone.clone()),
            business: settings.time_zone.clone(),
            now,
        });
        let writer = Writer {
            facts,
            language,
            scene: &scene,
            missing: missing.map_or_else(|| Value::from(""), Value::from),
        };
        let mut root = writer.root();
        let mut urls = writer.links(links);
        root.insert("links", Value::from_object(Group(urls.clone())));
        if !settings.links.is_empty() {
            let plain = Self {
                root: Value::from_object(Group(root.clone())),
            };
            for name in ["rebook", "rate", "pay", "form"] {
                let made = settings
                    .links
                    .get(name)
                    .and_then(|t| render(t, Slot::Url, &plain).ok());
                urls.insert(name, Value::from(made.unwrap_or_default()));
            }
            root.insert("links", Value::from_object(Group(urls)));
        }
        Self {
            root: Value::from_object(Group(root)),
        }
    }
}

fn text(value: Option<&str>) -> Value {
    Value::from(value.unwrap_or_default())
}

/// A given value with a limit on its size: what is longer is cut.
fn given(value: &Json) -> Value {
    let cut = |text: &str| Value::from(text.chars().take(limits::TEXT_CHARS).collect::<String>());
    match value {
        Json::Null => Value::from(""),
        Json::String(text) if text.len() <= limits::TEXT_CHARS => Value::from(text.as_str()),
        Json::String(text) => cut(text),
        Json::Array(_) | Json::Object(_) => {
            let whole = value.to_string();
            if whole.len() > limits::TEXT_CHARS {
                return cut(&whole);
            }
            Value::from(minijinja::value::Serde(value))
        }
        Json::Bool(_) | Json::Number(_) => Value::from(minijinja::value::Serde(value)),
    }
}

struct Writer<'a> {
    facts: &'a Facts,
    language: &'a Language,
    scene: &'a Arc<Scene>,
    missing: Value,
}

impl Writer<'_> {
    fn root(&self) -> Fields {
        let facts = self.facts;
        let booking = facts.booking.as_ref();
        let location = booking.and_then(|b| b.location.as_ref());
        let resource = booking.and_then(|b| b.resource.as_ref());
        let steps = facts
            .steps
            .iter()
            .map(|(step, fields)| (step.clone(), self.open(fields)));
        let steps = Open {
            known: steps.collect(),
            other: Nothing::value(),
        };
        BTreeMap::from([
            (SCENE, Value::from_dyn_object(Arc::clone(self.scene))),
            (
                "booking",
                booking.map_or_else(Nothing::value, |b| self.booking(b)),
            ),
            ("customer", self.customer()),
            (
                "service",
                booking.map_or_else(Nothing::value, |b| self.service(&b.service)),
            ),
            (
                "resource",
                resource.map_or_else(Nothing::value, |r| self.resource(r)),
            ),
            (
                "location",
                location.map_or_else(Nothing::value, |l| self.location(l)),
            ),
            (
                "extras",
                booking.map_or_else(|| Value::from(Vec::<Value>::new()), |b| self.extras(b)),
            ),
            ("business", self.business()),
            ("payment", self.payment()),
            (
                "previous",
                facts
                    .previous
                    .as_ref()
                    .map_or_else(Nothing::value, |p| self.previous(p)),
            ),
            ("changes", Value::from_object(Changes(facts.changes.clone()))),
            ("steps", Value::from_object(steps)),
        ])
    }

    fn open(&self, fields: &BTreeMap<String, Json>) -> Value {
        Value::from_object(Open {
            known: fields.iter().map(|(k, v)| (k.clone(), given(v))).collect(),
            other: self.missing.clone(),
        })
    }
    fn moment(&self, at: Timestamp) -> Value {
        Moment::value(at, self.scene)
    }
    fn money(&self, money: Option<Money>) -> Value {
        Cash::value(money, self.scene)
    }
    fn phone(&self, raw: Option<&str>) -> Value {
        Value::from_object(Tel {
            raw: raw.unwrap_or_default().to_owned(),
            scene: Arc::clone(self.scene),
        })
    }
    fn minutes(&self, minutes: Option<i64>) -> Value {
        minutes.map_or_else(Nothing::value, |minutes| {
            Value::from_object(Span {
                minutes,
                scene: Arc::clone(self.scene),
            })
        })
    }
    /// A status in the language of the text, else of the business, else its key.
    fn label(&self, key: &str) -> Value {
        let labels = self.facts.status(key).map(|s| &s.labels);
        let wanted = [self.language, &self.facts.business.settings.default_language];
        let found = labels.and_then(|l| l.get(crate::locale::choose(&wanted, &[], l.keys())?));
        Value::from(found.map_or(key, String::as_str))
    }

    fn booking(&self, b: &BookingFacts) -> Value {
        let booking = &b.booking;
        let paid = booking.paid_money().unwrap_or(Money {
            amount: booking.paid,
            currency: self.facts.business.settings.currency,
        });
        let minutes = booking.end.duration_since(booking.start).as_secs() / 60;
        let when = Period {
            start: booking.start,
            end: booking.end,
            scene: Arc::clone(self.scene),
        };
        let colour = self.facts.status(&booking.status).map(|s| s.colour.as_str());
        Value::from_object(Group(BTreeMap::from([
            ("id", Value::from(booking.id.to_string())),
            ("reference", Value::from(booking.reference.as_str())),
            ("external_id", text(booking.external_id.as_deref())),
            ("start", self.moment(booking.start)),
            ("end", self.moment(booking.end)),
            ("when", Value::from_object(when)),
            ("duration", self.minutes(Some(minutes))),
            ("created_at", self.moment(booking.created_at)),
            ("status", Value::from(booking.status.as_str())),
            ("status_kind", Value::from(booking.status_kind.word())),
            ("status_label", self.label(&booking.status)),
            ("status_colour", text(colour)),
            ("source", Value::from(booking.source.word())),
            ("language", text(booking.language.as_ref().map(Language::tag))),
            ("time_zone", Value::from(self.scene.own.name())),
            ("notes", text(booking.notes.as_deref())),
            ("answers", self.open(&booking.answers)),
            ("price", self.money(booking.price)),
            ("paid", self.money(Some(paid))),
            ("due", self.money(booking.due())),
            ("url", text(booking.url.as_deref())),
        ])))
    }

    fn customer(&self) -> Value {
        let Some(customer) = &self.facts.customer else {
            return Nothing::value();
        };
        let c = &customer.contact;
        let tags: Vec<Value> = c.tags.iter().map(|t| Value::from(t.as_str())).collect();
        Value::from_object(Group(BTreeMap::from([
            ("id", Value::from(customer.id.to_string())),
            ("external_id", text(customer.external_id.as_deref())),
            ("first_name", text(c.first_name.as_deref())),
            ("last_name", text(c.last_name.as_deref())),
            ("full_name", Value::from(c.full_name())),
            ("email", text(c.email.as_deref())),
            ("phone", self.phone(c.phone.as_deref())),
            ("language", text(c.language.as_ref().map(Language::tag))),
            (
                "time_zone",
                text(c.time_zone.as_ref().map(crate::zone::Zone::name)),
            ),
            ("tags", Value::from(tags)),
            ("fields", self.open(&c.fields)),
        ])))
    }

    fn service(&self, entry: &ServiceEntry) -> Value {
        let s = &entry.value;
        Value::from_object(Group(BTreeMap::from([
            ("id", Value::from(entry.id.to_string())),
            ("external_id", text(entry.external_id.as_deref())),
            ("name", Value::from(name_in(&s.name, &s.names, self.language))),
            ("category", text(s.category.as_deref())),
            ("duration", self.minutes(s.duration_minutes)),
            ("price", self.money(s.price)),
        ])))
    }

    fn resource(&self, entry: &ResourceEntry) -> Value {
        let r = &entry.value;
        Value::from_object(Group(BTreeMap::from([
            ("id", Value::from(entry.id.to_string())),
            ("external_id", text(entry.external_id.as_deref())),
            ("name", Value::from(r.name.as_str())),
            ("email", text(r.email.as_deref())),
            ("phone", self.phone(r.phone.as_deref())),
            ("kind", Value::from(r.kind.word())),
        ])))
    }

    fn location(&self, entry: &LocationEntry) -> Value {
        let l = &entry.value;
        Value::from_object(Group(BTreeMap::from([
            ("id", Value::from(entry.id.to_string())),
            ("external_id", text(entry.external_id.as_deref())),
            ("name", Value::from(l.name.as_str())),
            ("address", text(l.address.as_deref())),
            ("phone", self.phone(l.phone.as_deref())),
            ("email", text(l.email.as_deref())),
            ("map_url", Value::from(map_url(l.address.as_deref()))),
        ])))
    }

    fn extras(&self, b: &BookingFacts) -> Value {
        let lines = b.booking.extras.iter().filter_map(|line| {
            let entry = b.extras.iter().find(|e| e.id == line.id)?;
            let name = name_in(&entry.value.name, &entry.value.names, self.language);
            Some(Value::from_object(Group(BTreeMap::from([
                ("name", Value::from(name)),
                ("quantity", Value::from(line.quantity)),
                ("price", self.money(line.price)),
            ]))))
        });
        Value::from(lines.collect::<Vec<Value>>())
    }

    fn business(&self) -> Value {
        let s = &self.facts.business.settings;
        Value::from_object(Group(BTreeMap::from([
            ("name", Value::from(s.name.as_str())),
            ("phone", self.phone(s.phone.as_deref())),
            ("email", text(s.email.as_deref())),
            ("website", text(s.website.as_deref())),
            ("address", text(s.address.as_deref())),
            ("logo_url", text(s.branding.logo_url.as_deref())),
            ("admin_email", text(s.admins.first().map(String::as_str))),
        ])))
    }

    fn payment(&self) -> Value {
        let Some(payment) = &self.facts.payment else {
            return Nothing::value();
        };
        let at = payment
            .completed_at
            .map_or_else(Nothing::value, |at| self.moment(at));
        Value::from_object(Group(BTreeMap::from([
            ("amount", self.money(Some(payment.money))),
            ("method", text(payment.method.as_deref())),
            ("at", at),
        ])))
    }

    fn previous(&self, p: &Previous) -> Value {
        Value::from_object(Group(BTreeMap::from([
            ("start", self.moment(p.start)),
            ("end", self.moment(p.end)),
            ("status", Value::from(p.status.as_str())),
            ("status_label", self.label(&p.status)),
            ("location", self.kept(p.location.as_ref())),
            ("service", self.kept(Some(&p.service))),
            ("resource", self.kept(p.resource.as_ref())),
        ])))
    }

    /// The fields of an object kept as the API showed it.
    fn kept(&self, object: Option<&Json>) -> Value {
        let Some(object) = object.and_then(Json::as_object) else {
            return Nothing::value();
        };
        let word = |name: &str| object.get(name).and_then(Json::as_str);
        let named = |tag: &Language| object.get("names")?.get(tag.tag())?.as_str();
        let name =
            std::iter::successors(Some(self.language.clone()), Language::parent).find_map(|t| named(&t));
        let price = object.get("price").and_then(|p| {
            Some(Money {
                amount: p.get("amount")?.as_i64()?,
                currency: Currency::new(p.get("currency")?.as_str()?)?,
            })
        });
        Value::from_object(Group(BTreeMap::from([
            ("id", text(word("id"))),
            ("external_id", text(word("external_id"))),
            ("name", text(name.or_else(|| word("name")))),
            ("address", text(word("address"))),
            ("phone", self.phone(word("phone"))),
            ("email", text(word("email"))),
            ("kind", text(word("kind"))),
            ("category", text(word("category"))),
            (
                "duration",
                self.minutes(object.get("duration_minutes").and_then(Json::as_i64)),
            ),
            ("price", self.money(price)),
            ("map_url", Value::from(map_url(word("address")))),
        ])))
    }

    fn links(&self, links: &Links) -> Fields {
        let made = ["manage", "confirm", "cancel", "reschedule", "unsubscribe", "ics"];
        let mut fields: Fields = made
            .into_iter()
            .map(|name| (name, text(links.get(name).map(String::as_str))))
            .collect();
        fields.insert("google_calendar", Value::from(self.google_calendar()));
        for own in ["rebook", "rate", "pay", "form"] {
            fields.insert(own, Value::from(""));
        }
        fields
    }

    fn google_calendar(&self) -> String {
        let Some(b) = &self.facts.booking else {
            return String::new();
        };
        let stamp = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
        let service = name_in(&b.service.value.name, &b.service.value.names, self.language);
        let title = format!("{service}, {}", self.facts.business.settings.name);
        let address = b.location.as_ref().and_then(|l| l.value.address.as_deref());
        let place = address
            .map(|a| format!("&location={}", encoded(a)))
            .unwrap_or_default();
        format!(
            "https://calendar.google.com/calendar/render?action=TEMPLATE&text={}&dates={}%2F{}{place}",
            encoded(&title),
            stamp(b.booking.start),
            stamp(b.booking.end),
        )
    }
}

/// A search on a map for an address; empty without one.
fn map_url(address: Option<&str>) -> String {
    match address.map(str::trim).filter(|a| !a.is_empty()) {
        Some(address) => format!(
            "https://www.google.com/maps/search/?api=1&query={}",
            encoded(address)
        ),
        None => String::new(),
    }
}

/// Percent-encoding of a part of a query.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let hex = b"0123456789ABCDEF";
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                let digit = hex.get(usize::from(digit)).copied().unwrap_or(b'0');
                out.push(char::from(digit));
            }
        }
    }
    out
}
