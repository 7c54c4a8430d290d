//! Foreign columns and fields as a booking of the API: which is which, how dates and amounts are written, what their words
//! for statuses mean. Used by the import (columns of a row) and the generic adapter (pointers into a body).
//!
//! What the booking then means, and every check of its values, is `booking_body`'s.

pub mod amount;
pub mod dates;

use crate::invalid::{Faults, Fields, Line, below};
use crate::money::Currency;
use crate::zone::Zone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A column, or a pointer into a body.
    Field(String),
    /// The same for all.
    Constant(String),
}

/// Which foreign field is what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    /// Field of a booking (`customer.email`) → where it comes from.
    pub fields: BTreeMap<String, Origin>,
    /// The zone of times without offset.
    pub time_zone: Option<Zone>,
    /// How dates are written, as `strptime` says it; ISO 8601 is always read.
    pub date_formats: Vec<String>,
    /// The sign before decimals; none: told from the amounts themselves.
    pub decimal: Option<char>,
    /// The money of prices without a currency of their own.
    pub currency: Option<Currency>,
    /// Their word for a status, in small letters → our key.
    pub statuses: BTreeMap<String, String>,
}

/// What is wrong with one value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field of a booking.
    pub target: String,
    /// What to do about it.
    pub message: String,
}

/// Fields that can be mapped; `answers.…` and `customer.fields.…` take any name.
const TARGETS: [&str; 41] = [
    "external_id",
    "status",
    "start",
    "start.date",
    "start.time",
    "end",
    "end.date",
    "end.time",
    "duration_minutes",
    "language",
    "notes",
    "url",
    "source",
    "price",
    "price_minor",
    "currency",
    "customer.external_id",
    "customer.first_name",
    "customer.last_name",
    "customer.name",
    "customer.email",
    "customer.phone",
    "customer.language",
    "customer.time_zone",
    "customer.tags",
    "service.external_id",
    "service.name",
    "service.category",
    "service.duration_minutes",
    "location.external_id",
    "location.name",
    "location.address",
    "location.phone",
    "location.email",
    "location.time_zone",
    "resource.external_id",
    "resource.name",
    "resource.kind",
    "resource.email",
    "resource.phone",
    "automations",
];

impl Mapping {
    /// Reads a mapping file.
    pub fn read(value: &Value, at: &str, faults: &mut Faults) -> Self {
        let mut fields = Fields::open(value, at, faults);
        let mapping = Self::take(&mut fields, faults);
        fields.close(faults);
        mapping
    }
    /// Reads the mapping's part of an object.
    pub(crate) fn take(fields: &mut Fields<'_>, faults: &mut Faults) -> Self {
        let mut mapping = Self {
            time_zone: fields.optional("time_zone", faults),
            currency: fields.optional("currency", faults),
            ..Self::default()
        };
        let formats = fields
            .optional::<Vec<Line>>("date_formats", faults)
            .unwrap_or_default();
        mapping.date_formats = formats.into_iter().map(|l| l.0).collect();
        for (i, format) in mapping.date_formats.iter().enumerate() {
            if let Err(why) = dates::check(format) {
                faults.error(
                    below(&fields.at("date_formats"), &i.to_string()),
                    "bad_format",
                    why,
                );
            }
        }
        if let Some(Line(sign)) = fields.optional::<Line>("decimal", faults) {
            mapping.decimal = [',', '.'].into_iter().find(|c| sign == c.to_string());
            if mapping.decimal.is_none() {
                faults.error(fields.at("decimal"), "unknown_value", "must be \",\" or \".\"");
            }
        }
        let statuses = fields
            .optional::<BTreeMap<String, Line>>("statuses", faults)
            .unwrap_or_default();
        mapping.statuses = statuses
            .into_iter()
            .map(|(k, v)| (k.trim().to_lowercase(), v.0))
            .collect();
        let at = fields.at("fields");
        match fields.raw("fields") {
            Some(Value::Object(all)) => flatten(all, "", &at, &mut mapping.fields, faults),
            Some(_) => faults.error(&at, "wrong_type", "must be a table: field of a booking = column"),
            None => faults.error(
                &at,
                "required",
                "`fields` says which column is what: start = \"Start\" …",
            ),
        }
        let start = ["start", "start.date"]
            .iter()
            .any(|t| mapping.fields.contains_key(*t));
        if !mapping.fields.contains_key("external_id") && !mapping.fields.is_empty() {
            faults.error(
                &at,
                "required",
                "`external_id` must be mapped: by it a row is known again",
            );
        }
        if !start && !mapping.fields.is_empty() {
            faults.error(
                &at,
                "required",
                "`start` (or `start.date` and `start.time`) must be mapped",
            );
        }
        mapping
    }

    /// Where a field of a booking, or a place in one (`/customer/email`), comes from.
    pub fn origin(&self, target: &str) -> Option<&Origin> {
        let plain = target.trim_start_matches('/').replace('/', ".");
        let direct = |name: &str| self.fields.get(name);
        direct(&plain)
            .or_else(|| direct(&format!("{plain}.date")))
            .or_else(|| direct(plain.rsplit_once('.')?.0))
            .or_else(|| direct(&format!("{}.name", plain.split('.').next()?)))
            .or_else(|| direct("customer.name").filter(|_| plain.starts_with("customer")))
    }

    /// The booking of one row. `get` gives the value of a column or pointer; a blank one counts as none.
    ///
    /// # Errors
    /// Every value that cannot be read, with its field.
    pub fn body(&self, get: &dyn Fn(&str) -> Option<String>) -> Result<Value, Vec<Wrong>> {
        let value = |target: &str| {
            let text = match self.fields.get(target)? {
                Origin::Field(name) => get(name)?,
                Origin::Constant(text) => text.clone(),
            };
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let mut row = Row {
            mapping: self,
            value: &value,
            body: Map::new(),
            wrong: Vec::new(),
        };
        row.plain();
        row.times();
        row.money();
        row.people();
        if row.wrong.is_empty() {
            Ok(Value::Object(row.body))
        } else {
            Err(row.wrong)
        }
    }
}

/// `{a: {b: "x"}}` and `{"a.b": "x"}` say the same.
fn flatten(
    all: &Map<String, Value>,
    before: &str,
    at: &str,
    found: &mut BTreeMap<String, Origin>,
    faults: &mut Faults,
) {
    for (name, value) in all {
        let target = if before.is_empty() {
            name.clone()
        } else {
            format!("{before}.{name}")
        };
        let place = below(at, name);
        let constant = |v: &Value| match v {
            Value::String(text) => Some(Origin::Constant(text.clone())),
            Value::Number(number) => Some(Origin::Constant(number.to_string())),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let origin = match value {
            Value::String(column) => Some(Origin::Field(column.clone())),
            Value::Object(inner) if inner.len() == 1 && inner.contains_key("value") => {
                inner.get("value").and_then(constant)
            }
            Value::Object(inner) => {
                flatten(inner, &target, &place, found, faults);
                continue;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        };
        let free = target
            .strip_prefix("answers.")
            .or_else(|| target.strip_prefix("customer.fields."));
        if !TARGETS.contains(&target.as_str()) && free.is_none_or(str::is_empty) {
            faults.unknown(place, "unknown_field", &target, TARGETS);
            continue;
        }
        match origin {
            Some(origin) => {
                found.insert(target, origin);
            }
            None => faults.error(
                place,
                "wrong_type",
                "must be the name of a column, or {\"value\": …} for a constant",
            ),
        }
    }
}

struct Row<'r> {
    mapping: &'r Mapping,
    value: &'r dyn Fn(&str) -> Option<String>,
    body: Map<String, Value>,
    wrong: Vec<Wrong>,
}
impl Row<'_> {
    fn get(&self, target: &str) -> Option<String> {
        (self.value)(target)
    }
    fn wrong(&mut self, target: &str, message: impl Into<String>) {
        self.wrong.push(Wrong {
            target: target.to_owned(),
            message: message.into(),
        });
    }
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.body.insert(name.to_owned(), value.into());
    }
    fn plain(&mut self) {
        match self.get("external_id") {
            Some(id) => self.put("external_id", id),
            None => self.wrong(
                "external_id",
                "is empty: without it the row cannot be known again",
            ),
        }
        for name in ["language", "notes", "url", "source", "automations"] {
            if let Some(text) = self.get(name) {
                self.put(name, text);
            }
        }
        if let Some(theirs) = self.get("status") {
            let ours = self.mapping.statuses.get(&theirs.to_lowercase());
            self.put("status", ours.cloned().unwrap_or(theirs));
        }
        let names: Vec<String> = self.mapping.fields.keys().cloned().collect();
        let mut answers = Map::new();
        for name in &names {
            if let (Some(key), Some(text)) = (name.strip_prefix("answers."), self.get(name)) {
                answers.insert(key.to_owned(), Value::String(text));
            }
        }
        if !answers.is_empty() {
            self.put("answers", Value::Object(answers));
        }
    }
    fn times(&mut self) {
        let joined = |row: &Self, name: &str| {
            let apart = row.get(&format!("{name}.date")).map(|date| {
                let time = row.get(&format!("{name}.time")).unwrap_or_default();
                format!("{date} {time}").trim().to_owned()
            });
            row.get(name).or(apart)
        };
        for name in ["start", "end"] {
            let Some(text) = joined(self, name) else { continue };
            match dates::moment(&text, &self.mapping.date_formats, self.mapping.time_zone.as_ref()) {
                Ok(at) => self.put(name, at),
                Err(message) => self.wrong(name, message),
            }
        }
        if let Some(minutes) = self.minutes("duration_minutes")
            && !self.body.contains_key("end")
            && let Some(Value::String(start)) = self.body.get("start")
        {
            match dates::later(start, minutes) {
                Some(end) => self.put("end", end),
                None => self.wrong("duration_minutes", "leads out of the calendar"),
            }
        }
        let said = self.get("start").or_else(|| self.get("start.date"));
        if said.is_none() {
            self.wrong("start", "is empty");
        }
    }
    fn minutes(&mut self, target: &str) -> Option<i64> {
        let text = self.get(target)?;
        let minutes = text.parse::<i64>().ok().filter(|m| (0..=527_040).contains(m));
        if minutes.is_none() {
            self.wrong(target, format!("`{}` is not a number of minutes", short(&text)));
        }
        minutes
    }
    fn money(&mut self) {
        let said = self.get("currency");
        let currency = match &said {
            Some(code) => Currency::new(code),
            None => self.mapping.currency,
        };
        if let (Some(code), None) = (&said, currency) {
            self.wrong(
                "currency",
                format!(
                    "`{}` is not a currency of three letters, such as NOK",
                    short(code)
                ),
            );
            return;
        }
        let (price, minor) = (self.get("price"), self.get("price_minor"));
        if price.is_none() && minor.is_none() {
            return;
        }
        let target = if price.is_some() { "price" } else { "price_minor" };
        let Some(currency) = currency else {
            return self.wrong(
                target,
                "has no currency: map `currency` or set it for the whole file",
            );
        };
        let amount = match (price, minor) {
            (Some(text), _) => amount::minor(&text, currency, self.mapping.decimal),
            (None, text) => {
                let text = text.unwrap_or_default();
                text.parse()
                    .map_err(|_| format!("`{}` is not a whole number", short(&text)))
            }
        };
        match amount {
            Ok(amount) => self.put("price", json!({"amount": amount, "currency": currency.code()})),
            Err(message) => self.wrong(target, message),
        }
    }
    fn people(&mut self) {
        for group in ["customer", "service", "location", "resource"] {
            let mut object = Map::new();
            let of_group = format!("{group}.");
            let names: Vec<String> = self
                .mapping
                .fields
                .keys()
                .filter(|k| k.starts_with(&of_group))
                .cloned()
                .collect();
            for target in names {
                let Some(text) = self.get(&target) else { continue };
                let name = target.strip_prefix(&of_group).unwrap_or_default().to_owned();
                if let Some(key) = name.strip_prefix("fields.") {
                    let fields = object.entry("fields").or_insert_with(|| json!({}));
                    if let Some(map) = fields.as_object_mut() {
                        map.insert(key.to_owned(), Value::String(text));
                    }
                } else if name == "tags" {
                    let tags: Vec<&str> = text
                        .split([',', ';', '|'])
                        .map(str::trim)
                        .filter(|t| !t.is_empty())
                        .collect();
                    object.insert(name, json!(tags));
                } else if name == "duration_minutes" {
                    if let Some(minutes) = self.minutes(&target) {
                        object.insert(name, minutes.into());
                    }
                } else if name == "name" && group == "customer" {
                    let (first, last) = text.rsplit_once(' ').unwrap_or((&text, ""));
                    object.entry("first_name").or_insert_with(|| first.trim().into());
                    if !last.is_empty() {
                        object.entry("last_name").or_insert_with(|| last.into());
                    }
                } else {
                    object.insert(name, Value::String(text));
                }
            }
            // A name alone is as good as an id: the same name is the same service.
            if group != "customer"
                && !object.contains_key("external_id")
                && let Some(name) = object.get("name").cloned()
            {
                object.insert("external_id".to_owned(), name);
            }
            if !object.is_empty() {
                self.put(group, Value::Object(object));
            }
        }
    }
}

/// As much of a value as a message shows.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
