//! The filters of texts, and how a value without a filter is written.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enums matched here are MiniJinja's, which grow"
)]

use super::MARK;
use super::context::{Cash, Items, Number, When};
use crate::limits;
use crate::locale::Style;
use minijinja::value::{Rest, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State};
use std::fmt::Write as _;

/// Names of the filters, for checks and suggestions.
pub(super) const NAMES: &[&str] = &[
    "date",
    "date_short",
    "time",
    "datetime",
    "weekday",
    "relative",
    "tz",
    "money",
    "names",
    "phone",
    "default",
    "required",
    "json",
    "upper",
    "lower",
    "trim",
    "replace",
    "join",
    "length",
    "first",
    "last",
    "round",
];

/// Filters that only instants have.
pub(super) const OF_INSTANTS: &[&str] = &[
    "date",
    "date_short",
    "time",
    "datetime",
    "weekday",
    "relative",
    "tz",
];

fn fail(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

pub(super) fn is_empty(value: &Value) -> bool {
    if value.is_undefined() || value.is_none() {
        return true;
    }
    if let Some(text) = value.as_str() {
        return text.is_empty();
    }
    if value.downcast_object_ref::<Cash>().is_some() || value.downcast_object_ref::<When>().is_some() {
        return false;
    }
    value.len() == Some(0)
}

pub(super) fn add(e: &mut Environment<'_>) {
    e.add_filter("date", |v: Value| instant(&v, Style::Date));
    e.add_filter("date_short", |v: Value| instant(&v, Style::DateShort));
    e.add_filter("time", |v: Value| instant(&v, Style::Time));
    e.add_filter("datetime", |v: Value| instant(&v, Style::DateTime));
    e.add_filter("weekday", |v: Value| instant(&v, Style::Weekday));
    e.add_filter("relative", |v: Value| {
        when(&v, "relative", |w| Value::from(w.relative()))
    });
    e.add_filter("tz", |v: Value, zone: String| {
        match when(&v, "tz", |w| {
            w.in_zone(&zone).map_or(Value::UNDEFINED, Value::from_object)
        }) {
            Ok(moved) if moved.is_undefined() && !is_empty(&v) => {
                Err(fail(format!("`{zone}` is not a time zone")))
            }
            other => other,
        }
    });
    e.add_filter("money", |v: Value| match v.downcast_object_ref::<Cash>() {
        Some(cash) => Ok(Value::from(cash.to_string())),
        None if is_empty(&v) => Ok(Value::from("")),
        None => Err(fail("`money` takes an amount of money")),
    });
    e.add_filter("names", |v: Value| match v.downcast_object_ref::<Items>() {
        Some(items) => Ok(Value::from(items.to_string())),
        None if is_empty(&v) => Ok(Value::from("")),
        None => Err(fail("`names` takes a list")),
    });
    e.add_filter("phone", |v: Value| match v.downcast_object_ref::<Number>() {
        Some(number) => Value::from(number.to_string()),
        None => v,
    });
    e.add_filter("default", |v: Value, other: Option<Value>| {
        if is_empty(&v) {
            other.unwrap_or_else(|| Value::from(""))
        } else {
            v
        }
    });
    e.add_filter("required", |v: Value| {
        if is_empty(&v) {
            Err(fail("a required value is empty"))
        } else {
            Ok(v)
        }
    });
    e.add_filter("json", |v: Value| plain_json(&v).map(Value::from_safe_string));
    e.add_filter("upper", |v: Value| text(&v).to_uppercase());
    e.add_filter("lower", |v: Value| text(&v).to_lowercase());
    e.add_filter("trim", |v: Value| text(&v).trim().to_owned());
    e.add_filter("replace", |v: Value, from: String, to: String| {
        bounded(&text(&v), &from, &to)
    });
    e.add_filter("join", join);
    e.add_filter("length", |v: Value| {
        v.len().unwrap_or_else(|| text(&v).chars().count())
    });
    e.add_filter("first", |v: Value| {
        v.try_iter()
            .ok()
            .and_then(|mut i| i.next())
            .unwrap_or(Value::UNDEFINED)
    });
    e.add_filter("last", |v: Value| {
        v.try_iter()
            .ok()
            .and_then(Iterator::last)
            .unwrap_or(Value::UNDEFINED)
    });
    e.add_filter("round", |v: f64, _places: Rest<Value>| v.round());
}

fn text(value: &Value) -> String {
    if is_empty(value) {
        String::new()
    } else {
        value.to_string()
    }
}

fn when(value: &Value, filter: &str, act: impl Fn(&When) -> Value) -> Result<Value, Error> {
    match value.downcast_object_ref::<When>() {
        Some(when) => Ok(act(when)),
        None if is_empty(value) => Ok(Value::from("")),
        None => Err(fail(format!("`{filter}` takes an instant"))),
    }
}

fn instant(value: &Value, style: Style) -> Result<Value, Error> {
    when(value, "date", |w| Value::from(w.styled(style)))
}

/// What replaces grows by; bounded before it is made.
fn bounded(text: &str, from: &str, to: &str) -> Result<String, Error> {
    let grown = text.len() + text.matches(from).count() * to.len();
    if grown > limits::RENDERED_BYTES {
        return Err(fail("`replace` makes the text too long"));
    }
    Ok(text.replace(from, to))
}

#[expect(clippy::needless_pass_by_value, reason = "MiniJinja hands values over")]
fn join(list: Value, glue: Option<String>) -> Result<String, Error> {
    let glue = glue.unwrap_or_default();
    let mut out = String::new();
    for (i, item) in list.try_iter()?.enumerate() {
        if i > 0 {
            out.push_str(&glue);
        }
        out.push_str(&text(&item));
        if out.len() > limits::RENDERED_BYTES {
            return Err(fail("`join` makes the text too long"));
        }
    }
    Ok(out)
}

/// The JSON of a value: instants as RFC 3339 UTC, money as `{amount, currency}`.
fn plain_json(value: &Value) -> Result<String, Error> {
    let json = super::context::json(value);
    serde_json::to_string(&json).map_err(|e| fail(e.to_string()))
}

/// Writes a value where `{{ … }}` stands.
pub(super) fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let written = match state.auto_escape() {
        AutoEscape::Json => {
            let text = if value.is_safe() {
                value.to_string()
            } else {
                plain_json(value)?
            };
            return out.write_str(&text).map_err(Error::from);
        }
        _ if is_empty(value) => return out.write_char(MARK).map_err(Error::from),
        _ => value.to_string().replace(MARK, ""),
    };
    match state.auto_escape() {
        AutoEscape::Html if !value.is_safe() => html(out, &written),
        AutoEscape::Custom(_) if !written.starts_with("http://") && !written.starts_with("https://") => {
            percent(out, &written)
        }
        _ => out.write_str(&written),
    }
    .map_err(Error::from)
}

fn html(out: &mut Output<'_>, text: &str) -> std::fmt::Result {
    for c in text.chars() {
        match c {
            '&' => out.write_str("&amp;")?,
            '<' => out.write_str("&lt;")?,
            '>' => out.write_str("&gt;")?,
            '"' => out.write_str("&quot;")?,
            '\'' => out.write_str("&#39;")?,
            c => out.write_char(c)?,
        }
    }
    Ok(())
}

fn percent(out: &mut Output<'_>, text: &str) -> std::fmt::Result {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.write_char(char::from(byte))?;
        } else {
            write!(out, "%{byte:02X}")?;
        }
    }
    Ok(())
}
