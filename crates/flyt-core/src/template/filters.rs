//! The filters of `templates.md` §2, and MiniJinja's own text and list filters with a limit on what they give.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of MiniJinja, whose version is pinned; what is not named here needs nothing"
)]

use super::engine::MARK;
use super::values::{Cash, Moment, Nothing, SCENE, Scene, Tel, is_empty, names, printed, to_json};
use crate::limits;
use crate::locale::Shown;
use crate::money::{Currency, Money};
use crate::zone::Zone;
use jiff::Timestamp;
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};
use std::sync::Arc;

/// Takes away everything MiniJinja brings and adds what we offer.
pub(super) fn install(env: &mut Environment<'_>) {
    env.add_filter("date", |state: &State, v: &Value| {
        moment(state, v, |m, s| s.locale.date(m.shown.local(m.at)))
    });
    env.add_filter("date_short", |state: &State, v: &Value| {
        moment(state, v, |m, s| s.locale.date_short(m.shown.local(m.at)))
    });
    env.add_filter("weekday", |state: &State, v: &Value| {
        moment(state, v, |m, s| s.locale.weekday(m.shown.local(m.at)))
    });
    env.add_filter("time", |state: &State, v: &Value| {
        moment(state, v, |m, s| m.shown.time(&s.locale, m.at))
    });
    env.add_filter("datetime", |state: &State, v: &Value| {
        moment(state, v, |m, s| m.shown.datetime(&s.locale, m.at))
    });
    env.add_filter("relative", |state: &State, v: &Value| {
        moment(state, v, |m, s| m.shown.relative(&s.locale, m.at, s.now))
    });
    env.add_filter("tz", in_zone);
    env.add_filter("money", money);
    env.add_filter("names", |state: &State, v: &Value| match scene(state) {
        Some(scene) if !is_empty(v) => names(v, &scene),
        _ => String::new(),
    });
    env.add_filter("phone", phone);
    env.add_filter(
        "default",
        |v: &Value, other: &Value| if is_empty(v) { other.clone() } else { v.clone() },
    );
    env.add_filter("required", required);
    env.add_filter("json", json);
    env.add_filter("upper", |state: &State, v: &Value| text(state, v).to_uppercase());
    env.add_filter("lower", |state: &State, v: &Value| text(state, v).to_lowercase());
    env.add_filter("trim", |state: &State, v: &Value| {
        text(state, v).trim().to_owned()
    });
    env.add_filter("capitalize", |state: &State, v: &Value| capital(&text(state, v)));
    env.add_filter("title", |state: &State, v: &Value| {
        let words: Vec<String> = text(state, v).split(' ').map(capital).collect();
        words.join(" ")
    });
    env.add_filter("replace", replace);
    env.add_filter("join", join);
    env.add_filter("length", |state: &State, v: &Value| match v.kind() {
        ValueKind::Seq | ValueKind::Iterable => v.len().unwrap_or(0),
        _ => text(state, v).chars().count(),
    });
    env.add_filter("first", |state: &State, v: &Value| end(state, v, true));
    env.add_filter("last", |state: &State, v: &Value| end(state, v, false));
    env.add_filter("round", round);
}

fn scene(state: &State) -> Option<Arc<Scene>> {
    state.lookup(SCENE)?.downcast_object::<Scene>()
}

fn text(state: &State, value: &Value) -> String {
    match scene(state) {
        Some(scene) => printed(value, Some(&scene)),
        None => printed(value, None),
    }
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// An instant as it is, or read from a given text.
fn moment_of(scene: &Arc<Scene>, value: &Value) -> Option<Arc<Moment>> {
    if let Some(moment) = value.downcast_object::<Moment>() {
        return Some(moment);
    }
    let at: Timestamp = value.as_str()?.parse().ok()?;
    Some(Arc::new(Moment {
        at,
        shown: scene.shown.clone(),
        scene: Arc::clone(scene),
    }))
}

/// Nothing for nothing; a given text that is no instant stays as it is.
fn moment(state: &State, value: &Value, say: impl Fn(&Moment, &Scene) -> String) -> String {
    let Some(scene) = scene(state) else {
        return String::new();
    };
    match moment_of(&scene, value) {
        Some(moment) => say(&moment, &scene),
        None => text(state, value),
    }
}

fn in_zone(state: &State, value: &Value, name: &str) -> Result<Value, Error> {
    let Some(scene) = scene(state).filter(|_| !is_empty(value)) else {
        return Ok(Nothing::value());
    };
    let zone = match name {
        "customer" => scene.customer.clone().unwrap_or_else(|| scene.shown.zone.clone()),
        "location" => scene.own.clone(),
        "business" => scene.business.clone(),
        other => Zone::new(other).ok_or_else(|| refused("this is not a time zone"))?,
    };
    Ok(match moment_of(&scene, value) {
        Some(moment) => Value::from_object(Moment {
            at: moment.at,
            shown: Shown::beside(zone, &scene.own),
            scene: Arc::clone(&scene),
        }),
        None => value.clone(),
    })
}

/// Money as it is, or given as `{amount, currency}`.
fn money(state: &State, value: &Value) -> String {
    if let Some(cash) = value.downcast_object_ref::<Cash>() {
        return cash.said();
    }
    let given = || {
        let amount = value.get_attr("amount").ok()?.as_i64()?;
        let currency = Currency::new(value.get_attr("currency").ok()?.as_str()?)?;
        Some(Money { amount, currency })
    };
    match (scene(state), given()) {
        (Some(scene), Some(money)) => scene.locale.money(money),
        _ => text(state, value),
    }
}

fn phone(state: &State, value: &Value) -> String {
    if let Some(tel) = value.downcast_object_ref::<Tel>() {
        return tel.said();
    }
    match (scene(state), value.as_str()) {
        (Some(scene), Some(raw)) => crate::contact::spoken_phone(raw, scene.locale.country()),
        _ => text(state, value),
    }
}

fn required(value: &Value) -> Result<Value, Error> {
    if is_empty(value) {
        return Err(refused("this value is required and empty"));
    }
    Ok(value.clone())
}

fn json(value: &Value) -> Result<Value, Error> {
    let json = to_json(value).to_string();
    if json.len() > limits::RENDERED_BYTES {
        return Err(refused("the text becomes too long"));
    }
    Ok(Value::from_safe_string(json))
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first
            .to_uppercase()
            .chain(chars.as_str().to_lowercase().chars())
            .collect()
    })
}

fn replace(state: &State, value: &Value, from: &str, to: &str) -> Result<String, Error> {
    let whole = text(state, value);
    let found = if from.is_empty() {
        0
    } else {
        whole.matches(from).count()
    };
    let long = found.saturating_mul(to.len()).saturating_add(whole.len());
    if long > limits::RENDERED_BYTES {
        return Err(refused("the text becomes too long"));
    }
    Ok(if found == 0 {
        whole
    } else {
        whole.replace(from, to)
    })
}

fn join(state: &State, value: &Value, between: Option<&str>) -> Result<String, Error> {
    let mut joined = String::new();
    let Ok(items) = value.try_iter() else {
        return Ok(text(state, value));
    };
    for (place, item) in items.enumerate() {
        if place > 0 {
            joined.push_str(between.unwrap_or(""));
        }
        joined.push_str(&text(state, &item));
        if joined.len() > limits::RENDERED_BYTES {
            return Err(refused("the text becomes too long"));
        }
    }
    Ok(joined)
}

fn end(state: &State, value: &Value, first: bool) -> Value {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().into_iter().flatten();
            let found = if first { items.take(1).last() } else { items.last() };
            found.unwrap_or_else(Nothing::value)
        }
        _ => {
            let whole = text(state, value);
            let found = if first {
                whole.chars().next()
            } else {
                whole.chars().next_back()
            };
            found.map_or_else(Nothing::value, |c| Value::from(c.to_string()))
        }
    }
}

fn round(value: &Value, decimals: Option<u32>) -> Value {
    let Ok(number) = f64::try_from(value.clone()) else {
        return value.clone();
    };
    let size = 10_f64.powi(i32::try_from(decimals.unwrap_or(0).min(9)).unwrap_or(0));
    let rounded = (number * size).round() / size;
    match decimals {
        None | Some(0) => format!("{rounded:.0}")
            .parse::<i64>()
            .map_or(value.clone(), Value::from),
        Some(_) => Value::from(rounded),
    }
}

/// A printed text without the mark of empty values, which only we may write.
pub(super) fn without_mark(text: String) -> String {
    if text.contains(MARK) {
        text.replace(MARK, "")
    } else {
        text
    }
}
