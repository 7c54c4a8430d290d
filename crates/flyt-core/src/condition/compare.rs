//! Comparing a fact with the value of a condition. Values were checked when the condition was read; what does not fit is false.

use super::Op;
use crate::contact;
use crate::duration::duration;
use crate::language::Language;
use crate::variables::FieldValue;
use jiff::Timestamp;
use jiff::civil::Time;
use serde_json::Value;
use std::cmp::Ordering;

/// Milliseconds of a calendar day in a comparison with an exact time.
const DAY_MS: i64 = 86_400_000;

/// Whether `actual op expected`.
pub(super) fn passes(actual: &FieldValue, op: Op, expected: &Value) -> bool {
    if op == Op::Exists {
        return (*actual != FieldValue::Absent) == expected.as_bool().unwrap_or(true);
    }
    if *actual == FieldValue::Absent {
        return false;
    }
    match op {
        Op::Eq => equal(actual, expected),
        Op::Ne => !equal(actual, expected),
        Op::Lt => ordered(actual, expected).is_some_and(Ordering::is_lt),
        Op::Lte => ordered(actual, expected).is_some_and(Ordering::is_le),
        Op::Gt => ordered(actual, expected).is_some_and(Ordering::is_gt),
        Op::Gte => ordered(actual, expected).is_some_and(Ordering::is_ge),
        Op::In => expected
            .as_array()
            .is_some_and(|options| options.iter().any(|e| equal(actual, e))),
        Op::Contains => contains(actual, expected),
        Op::StartsWith => match (word(actual), expected.as_str()) {
            (Some(text), Some(start)) => text.starts_with(start),
            _ => false,
        },
        Op::Exists => true,
    }
}

fn word(actual: &FieldValue) -> Option<String> {
    match actual {
        FieldValue::Text(text) | FieldValue::Json(Value::String(text)) => Some(text.clone()),
        FieldValue::Language(language) => Some(language.tag().to_owned()),
        FieldValue::Json(Value::Number(number)) => Some(number.to_string()),
        FieldValue::Absent
        | FieldValue::Number(_)
        | FieldValue::Bool(_)
        | FieldValue::Instant(_)
        | FieldValue::Duration(_)
        | FieldValue::Weekday(_)
        | FieldValue::Clock(_)
        | FieldValue::List(_)
        | FieldValue::Object
        | FieldValue::Json(_) => None,
    }
}

/// Addresses compare case-folded, everything else as it stands.
fn same_text(a: &str, b: &str) -> bool {
    a == b || (a.contains('@') && contact::folded(a) == contact::folded(b))
}

fn equal(actual: &FieldValue, expected: &Value) -> bool {
    match (actual, expected) {
        (FieldValue::Language(language), Value::String(tag)) => {
            Language::new(tag).is_some_and(|wanted| wanted.covers(language))
        }
        (FieldValue::Text(text) | FieldValue::Json(Value::String(text)), Value::String(other)) => {
            same_text(text, other)
        }
        (FieldValue::Text(text), Value::Number(_)) => {
            number(expected).is_some_and(|n| text.trim().parse() == Ok(n))
        }
        (FieldValue::Bool(actual), Value::Bool(expected)) => actual == expected,
        (FieldValue::Weekday(day), expected) => weekday(expected) == Some(*day),
        (FieldValue::Json(Value::Array(items)), expected) if !expected.is_array() => items.contains(expected),
        (FieldValue::Json(actual), expected) if actual == expected => true,
        _ => ordered(actual, expected) == Some(Ordering::Equal),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn ordered(actual: &FieldValue, expected: &Value) -> Option<Ordering> {
    match actual {
        FieldValue::Number(actual) => match expected.as_i64() {
            Some(expected) => Some(actual.cmp(&expected)),
            None => Value::from(*actual).as_f64()?.partial_cmp(&number(expected)?),
        },
        FieldValue::Instant(actual) => Some(actual.cmp(&expected.as_str()?.parse::<Timestamp>().ok()?)),
        FieldValue::Duration(actual) => {
            let (days, ms) = duration(expected.as_str()?)?;
            Some(actual.cmp(&days.saturating_mul(DAY_MS).saturating_add(ms)))
        }
        FieldValue::Clock(actual) => Some(actual.cmp(&clock(expected.as_str()?)?)),
        FieldValue::Weekday(actual) => Some(actual.cmp(&weekday(expected)?)),
        FieldValue::Json(actual) => number(actual)?.partial_cmp(&number(expected)?),
        FieldValue::Text(actual) => actual.trim().parse::<f64>().ok()?.partial_cmp(&number(expected)?),
        FieldValue::Absent
        | FieldValue::Language(_)
        | FieldValue::Bool(_)
        | FieldValue::List(_)
        | FieldValue::Object => None,
    }
}

fn contains(actual: &FieldValue, expected: &Value) -> bool {
    match actual {
        FieldValue::List(items) => expected.as_str().is_some_and(|e| items.iter().any(|i| i == e)),
        FieldValue::Json(Value::Array(items)) => items.contains(expected),
        FieldValue::Absent
        | FieldValue::Text(_)
        | FieldValue::Language(_)
        | FieldValue::Number(_)
        | FieldValue::Bool(_)
        | FieldValue::Instant(_)
        | FieldValue::Duration(_)
        | FieldValue::Weekday(_)
        | FieldValue::Clock(_)
        | FieldValue::Object
        | FieldValue::Json(_) => match (word(actual), expected.as_str()) {
            (Some(text), Some(part)) => text.contains(part),
            _ => false,
        },
    }
}

/// `HH:MM`.
pub(crate) fn clock(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    Time::new(hours.parse().ok()?, minutes.parse().ok()?, 0, 0).ok()
}

/// A day of the week, Monday = 1, from its English word or number.
pub(super) fn weekday(value: &Value) -> Option<i8> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .and_then(|n| i8::try_from(n).ok())
            .filter(|n| (1..=7).contains(n)),
        Value::String(word) => {
            let place = crate::variables::WEEKDAYS.iter().position(|d| d == word)?;
            i8::try_from(place).ok().map(|p| p + 1)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
