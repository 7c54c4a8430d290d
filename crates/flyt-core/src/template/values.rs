//! What variables are while a template runs: objects that know how they print. Each carries the scene, so that they print the
//! same alone, joined with `~`, and inside a list.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of MiniJinja, whose version is pinned; what is not named here needs nothing"
)]

use crate::locale::{Locale, Shown};
use crate::money::Money;
use crate::trigger::ChangedField;
use crate::zone::Zone;
use crate::{contact, view};
use jiff::Timestamp;
use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr, Value, ValueKind};
use serde_json::{Value as Json, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Name of the scene in the context; no template can write it.
pub(super) const SCENE: &str = "\u{e001}";

/// How everything in one text reads.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) locale: Locale,
    pub(super) shown: Shown,
    /// Zone of the booking: its location's, else the business's.
    pub(super) own: Zone,
    pub(super) customer: Option<Zone>,
    pub(super) business: Zone,
    pub(super) now: Timestamp,
}
impl Object for Scene {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// A value that is no list and no map: how it prints, whether it is there, what it has inside.
trait Plain {
    fn text(&self) -> String;
    fn is_there(&self) -> bool;
    fn against(&self, other: &Self) -> Ordering;
    fn part(&self, _name: &str) -> Option<Value> {
        None
    }
}

macro_rules! plain {
    ($($name:ident),*) => { $(
        impl Object for $name {
            fn repr(self: &Arc<Self>) -> ObjectRepr {
                ObjectRepr::Plain
            }
            fn is_true(self: &Arc<Self>) -> bool {
                self.is_there()
            }
            fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&Plain::text(&**self))
            }
            fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
                self.part(key.as_str()?)
            }
            fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
                Some(self.against(other.downcast_ref::<Self>()?))
            }
        }
    )* };
}
plain!(Nothing, Moment, Period, Cash, Tel, Span);

/// Something absent: false, empty, and so are its fields.
#[derive(Debug)]
pub(super) struct Nothing;
impl Nothing {
    pub(super) fn value() -> Value {
        Value::from_object(Self)
    }
}
impl Plain for Nothing {
    fn text(&self) -> String {
        String::new()
    }
    fn is_there(&self) -> bool {
        false
    }
    fn against(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
    fn part(&self, _: &str) -> Option<Value> {
        Some(Self::value())
    }
}

/// An instant as one reader sees it.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) shown: Shown,
    pub(super) scene: Arc<Scene>,
}
impl Moment {
    pub(super) fn value(at: Timestamp, scene: &Arc<Scene>) -> Value {
        Value::from_object(Self {
            at,
            shown: scene.shown.clone(),
            scene: Arc::clone(scene),
        })
    }
}
impl Plain for Moment {
    fn text(&self) -> String {
        self.shown.datetime(&self.scene.locale, self.at)
    }
    fn is_there(&self) -> bool {
        true
    }
    fn against(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

/// From when to when.
#[derive(Debug)]
pub(super) struct Period {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) scene: Arc<Scene>,
}
impl Plain for Period {
    fn text(&self) -> String {
        self.scene.shown.when(&self.scene.locale, self.start, self.end)
    }
    fn is_there(&self) -> bool {
        true
    }
    fn against(&self, other: &Self) -> Ordering {
        (self.start, self.end).cmp(&(other.start, other.end))
    }
}

/// Money, or none; an amount of nothing is false.
#[derive(Debug)]
pub(super) struct Cash {
    pub(super) money: Option<Money>,
    pub(super) scene: Arc<Scene>,
}
impl Cash {
    pub(super) fn value(money: Option<Money>, scene: &Arc<Scene>) -> Value {
        Value::from_object(Self {
            money,
            scene: Arc::clone(scene),
        })
    }
    pub(super) fn said(&self) -> String {
        self.money.map(|m| self.scene.locale.money(m)).unwrap_or_default()
    }
}
impl Plain for Cash {
    fn text(&self) -> String {
        self.said()
    }
    fn is_there(&self) -> bool {
        self.money.is_some_and(|m| m.amount != 0)
    }
    fn against(&self, other: &Self) -> Ordering {
        self.money.map(|m| m.amount).cmp(&other.money.map(|m| m.amount))
    }
    fn part(&self, name: &str) -> Option<Value> {
        match (name, self.money) {
            ("amount", Some(money)) => Some(Value::from(money.amount)),
            ("currency", Some(money)) => Some(Value::from(money.currency.code())),
            ("amount" | "currency", None) => Some(Nothing::value()),
            _ => None,
        }
    }
}

/// A telephone number as it was given.
#[derive(Debug)]
pub(super) struct Tel {
    pub(super) raw: String,
    pub(super) scene: Arc<Scene>,
}
impl Tel {
    pub(super) fn said(&self) -> String {
        contact::spoken_phone(&self.raw, self.scene.locale.country())
    }
}
impl Plain for Tel {
    fn text(&self) -> String {
        self.said()
    }
    fn is_there(&self) -> bool {
        !self.raw.is_empty()
    }
    fn against(&self, other: &Self) -> Ordering {
        self.raw.cmp(&other.raw)
    }
}

/// A length of time in whole minutes.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) minutes: i64,
    pub(super) scene: Arc<Scene>,
}
impl Plain for Span {
    fn text(&self) -> String {
        self.scene.locale.duration(self.minutes)
    }
    fn is_there(&self) -> bool {
        self.minutes != 0
    }
    fn against(&self, other: &Self) -> Ordering {
        self.minutes.cmp(&other.minutes)
    }
}

/// A group with fixed fields.
#[derive(Debug, Clone)]
pub(super) struct Group(pub(super) BTreeMap<&'static str, Value>);
impl Object for Group {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).cloned()
    }
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get(key).cloned()
    }
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// A group with free keys; one that is missing is empty, or `other` in a sample.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) known: BTreeMap<String, Value>,
    pub(super) other: Value,
}
impl Object for Open {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(self.known.get(key.as_str()?).unwrap_or(&self.other).clone())
    }
    fn is_true(self: &Arc<Self>) -> bool {
        !self.known.is_empty()
    }
}

/// The keys of what changed; they read as words of the language.
#[derive(Debug)]
pub(super) struct Changes(pub(super) Vec<ChangedField>);
impl Object for Changes {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).map(|c| Value::from(c.word()))
    }
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

/// A changed field in words; languages other than Norwegian read English.
fn change_word(field: ChangedField, norwegian: bool) -> &'static str {
    match (field, norwegian) {
        (ChangedField::Start, true) => "starttid",
        (ChangedField::End, true) => "sluttid",
        (ChangedField::Location, true) => "sted",
        (ChangedField::Service, true) => "tjeneste",
        (ChangedField::Resource, true) => "alternativ",
        (ChangedField::Extras, true) => "tillegg",
        (ChangedField::Start, false) => "start time",
        (ChangedField::End, false) => "end time",
        (ChangedField::Location, false) => "location",
        (ChangedField::Service, false) => "service",
        (ChangedField::Resource, false) => "option",
        (ChangedField::Extras, false) => "extras",
        (ChangedField::Status, _) => "status",
    }
}

/// The entries of a list as one text: `2 x Sengetøy og Kajakk`.
pub(super) fn names(value: &Value, scene: &Scene) -> String {
    if let Some(changes) = value.downcast_object_ref::<Changes>() {
        let norwegian = scene.locale.is_norwegian();
        let words: Vec<String> = changes
            .0
            .iter()
            .map(|c| change_word(*c, norwegian).to_owned())
            .collect();
        return scene.locale.list(&words);
    }
    let Ok(items) = value.try_iter() else {
        return printed(value, Some(scene));
    };
    let name = |item: Value| match item.downcast_object_ref::<Group>() {
        Some(extra) => {
            let quantity = extra.0.get("quantity").and_then(Value::as_i64).unwrap_or(1);
            let name = extra.0.get("name").map(ToString::to_string).unwrap_or_default();
            if quantity > 1 {
                format!("{quantity} x {name}")
            } else {
                name
            }
        }
        None => printed(&item, Some(scene)),
    };
    let words: Vec<String> = items.map(name).filter(|w| !w.is_empty()).collect();
    if words.is_empty() {
        String::new()
    } else {
        scene.locale.list(&words)
    }
}

/// How a value prints without a filter.
pub(super) fn printed(value: &Value, scene: Option<&Scene>) -> String {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => String::new(),
        ValueKind::Seq | ValueKind::Iterable => match scene {
            Some(scene) => names(value, scene),
            None => String::new(),
        },
        ValueKind::Map => to_json(value).to_string(),
        _ => value.to_string(),
    }
}

/// True for everything that counts as empty.
pub(super) fn is_empty(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => true,
        ValueKind::String => value.as_str() == Some(""),
        ValueKind::Seq => value.len() == Some(0),
        ValueKind::Plain => {
            value.downcast_object_ref::<Nothing>().is_some()
                || value
                    .downcast_object_ref::<Cash>()
                    .is_some_and(|c| c.money.is_none())
                || value
                    .downcast_object_ref::<Tel>()
                    .is_some_and(|t| t.raw.is_empty())
        }
        _ => false,
    }
}

/// A value for programs: instants as RFC 3339 in UTC, money as `{amount, currency}`, a length of time in ISO 8601.
pub(super) fn to_json(value: &Value) -> Json {
    if let Some(moment) = value.downcast_object_ref::<Moment>() {
        return view::at(moment.at);
    }
    if let Some(cash) = value.downcast_object_ref::<Cash>() {
        return cash.money.map_or(Json::Null, view::money);
    }
    if let Some(tel) = value.downcast_object_ref::<Tel>() {
        return json!(tel.raw);
    }
    if let Some(span) = value.downcast_object_ref::<Span>() {
        return json!(crate::duration::duration_text(
            0,
            span.minutes.saturating_mul(60_000)
        ));
    }
    if let Some(period) = value.downcast_object_ref::<Period>() {
        return json!(period.text());
    }
    if let Some(group) = value.downcast_object_ref::<Group>() {
        return Json::Object(
            group
                .0
                .iter()
                .map(|(k, v)| ((*k).to_owned(), to_json(v)))
                .collect(),
        );
    }
    if let Some(open) = value.downcast_object_ref::<Open>() {
        return Json::Object(open.known.iter().map(|(k, v)| (k.clone(), to_json(v))).collect());
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => Json::Array(
            value
                .try_iter()
                .into_iter()
                .flatten()
                .map(|v| to_json(&v))
                .collect(),
        ),
        ValueKind::Plain | ValueKind::Undefined | ValueKind::None => Json::Null,
        _ => serde_json::to_value(value).unwrap_or(Json::Null),
    }
}
