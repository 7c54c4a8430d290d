//! Triggers from JSON and back: reading with every fault told, the API objects, durations and times of day.

use super::{
    ChangedField, Direction, Late, MaxLateness, Offset, OffsetUnit, Timed, Trigger, TriggerDraft,
    TriggerKind, When,
};
use crate::id::TriggerId;
use crate::invalid::{Faults, Fields, Read, below};
use crate::limits;
use crate::workflow::Names;
use jiff::civil::Time;
use jiff::fmt::temporal::SpanParser;
use serde_json::{Map, Value, json};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

impl TriggerDraft {
    /// Reads a trigger with its optional `id`.
    pub fn read(value: &Value, at: &str, faults: &mut Faults, names: &Names) -> Option<Self> {
        let given = value.get("id").filter(|id| !id.is_null());
        let id = given
            .and_then(Value::as_str)
            .and_then(|t| t.parse::<TriggerId>().ok());
        if given.is_some() && id.is_none() {
            faults.error(
                below(at, "id"),
                "bad_id",
                "must be the id of a trigger (`trg_…`), or be left out",
            );
        }
        let when = When::read(value, at, faults, names)?;
        Some(Self { id, when })
    }
}

impl When {
    /// Reads the settings of a trigger; `id` beside them is left to `TriggerDraft`.
    pub fn read(value: &Value, at: &str, faults: &mut Faults, names: &Names) -> Option<Self> {
        let before = faults.errors.len();
        let mut fields = Fields::open(value, at, faults);
        let kind: Option<TriggerKind> = fields.required("type", faults);
        let when = Self::read_settings(kind?, &mut fields, faults, names);
        let _ = fields.raw("id");
        fields.close(faults);
        when.filter(|_| faults.errors.len() == before)
    }

    fn read_settings(
        kind: TriggerKind,
        fields: &mut Fields<'_>,
        faults: &mut Faults,
        names: &Names,
    ) -> Option<Self> {
        Some(match kind {
            TriggerKind::CustomerCreated => Self::CustomerCreated,
            TriggerKind::BookingCreated => Self::BookingCreated,
            TriggerKind::BookingChanged => Self::BookingChanged {
                fields: changed_fields(fields, faults),
                min_shift_ms: span(fields, "min_shift", faults),
                hold_ms: span(fields, "hold", faults),
            },
            TriggerKind::StatusChanged => Self::StatusChanged {
                from: status_keys(fields, "from", faults, names),
                to: status_keys(fields, "to", faults, names),
            },
            TriggerKind::PaymentCompleted => Self::PaymentCompleted {
                min_amount: min_amount(fields, faults),
                in_full: fields.or("in_full", false, faults),
            },
            TriggerKind::BookingStarts => Self::BookingStarts(Timed::read(fields, faults)?),
            TriggerKind::BookingEnds => Self::BookingEnds(Timed::read(fields, faults)?),
        })
    }

    /// The API object, without the id.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("type".to_owned(), self.kind().word().into());
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                object.insert(name.to_owned(), value);
            }
        };
        match self {
            Self::CustomerCreated | Self::BookingCreated => {}
            Self::BookingChanged {
                fields,
                min_shift_ms,
                hold_ms,
            } => {
                put("fields", Some(json!(fields)).filter(|_| !fields.is_empty()));
                put("min_shift", min_shift_ms.map(|ms| iso_duration(ms).into()));
                put("hold", hold_ms.map(|ms| iso_duration(ms).into()));
            }
            Self::StatusChanged { from, to } => {
                put("from", Some(json!(from)).filter(|_| !from.is_empty()));
                put("to", Some(json!(to)).filter(|_| !to.is_empty()));
            }
            Self::PaymentCompleted { min_amount, in_full } => {
                put("min_amount", min_amount.map(Value::from));
                put("in_full", Some((*in_full).into()));
            }
            Self::BookingStarts(timed) | Self::BookingEnds(timed) => {
                put("offset", Some(timed.offset.to_json()));
                put("late", Some(timed.late.word().into()));
                put(
                    "max_lateness",
                    match timed.max_lateness {
                        MaxLateness::Default => None,
                        MaxLateness::Unlimited => Some(Value::Null),
                        MaxLateness::Ms(ms) => Some(iso_duration(ms).into()),
                    },
                );
            }
        }
        Value::Object(object)
    }
}

impl Trigger {
    /// The API object, with its id.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("id".to_owned(), self.id.to_string().into());
        if let Value::Object(rest) = self.when.to_json() {
            object.extend(rest);
        }
        Value::Object(object)
    }
}

impl Timed {
    fn read(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Self> {
        let late = fields.or("late", Late::Skip, faults);
        let max_lateness = match fields.raw("max_lateness") {
            None => MaxLateness::Default,
            Some(Value::Null) => MaxLateness::Unlimited,
            Some(value) => duration_ms(value, &fields.at("max_lateness"), faults)
                .map_or(MaxLateness::Default, MaxLateness::Ms),
        };
        let offset = fields.required("offset", faults)?;
        Some(Self {
            offset,
            late,
            max_lateness,
        })
    }
}

impl Offset {
    /// The API object.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("amount".to_owned(), self.amount.into());
        object.insert("unit".to_owned(), self.unit.word().into());
        object.insert("direction".to_owned(), self.direction.word().into());
        if let Some(at) = self.at {
            object.insert("at".to_owned(), at.strftime("%H:%M").to_string().into());
        }
        if self.working_days {
            object.insert("working_days".to_owned(), true.into());
        }
        Value::Object(object)
    }

    /// The most of a unit that stays within a year. Of working days a year has at most 261.
    fn most(unit: OffsetUnit, working_days: bool) -> i64 {
        match unit {
            OffsetUnit::Minutes => limits::OFFSET_DAYS * 24 * 60,
            OffsetUnit::Hours => limits::OFFSET_DAYS * 24,
            OffsetUnit::Days if working_days => limits::OFFSET_DAYS * 5 / 7,
            OffsetUnit::Days => limits::OFFSET_DAYS,
            OffsetUnit::Weeks => limits::OFFSET_DAYS / 7,
        }
    }
}

impl Read for Offset {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let amount: Option<i64> = fields.required("amount", faults);
        let unit: Option<OffsetUnit> = fields.required("unit", faults);
        let direction: Option<Direction> = fields.required("direction", faults);
        let pinned = fields.raw("at").filter(|v| !v.is_null());
        let pinned = pinned.map(|v| time_of_day(v, &fields.at("at"), faults));
        let working_days = fields.or("working_days", false, faults);
        let (at_pinned, at_working) = (fields.at("at"), fields.at("working_days"));
        let at_amount = fields.at("amount");
        fields.close(faults);
        let (amount, unit, direction) = (amount?, unit?, direction?);
        let before = faults.errors.len();
        let most = Self::most(unit, working_days);
        if !(0..=most).contains(&amount) {
            let message = format!("must be from 0 to {most} {unit}: a year is the longest");
            faults.error(at_amount, "out_of_range", message);
        }
        if unit != OffsetUnit::Days && pinned.is_some() {
            faults.error(
                at_pinned.as_str(),
                "days_only",
                "`at` goes with the unit `days` only",
            );
        }
        if unit != OffsetUnit::Days && working_days {
            faults.error(
                at_working,
                "days_only",
                "`working_days` goes with the unit `days` only",
            );
        }
        let pinned = match pinned {
            Some(None) => return None,
            Some(time) => time,
            None => None,
        };
        if amount == 0 && pinned.is_some() && direction == Direction::Before {
            let message =
                "bookings that start or end before this time of day get nothing (`due_after_anchor`)";
            faults.warn(at_pinned, "may_fall_after_anchor", message);
        }
        (faults.errors.len() == before).then_some(Self {
            amount,
            unit,
            direction,
            at: pinned,
            working_days,
        })
    }
}

/// Reads an ISO 8601 duration of weeks, days and exact units (`PT15M`, `P1DT12H`) as milliseconds; a day is 24 hours.
pub fn duration_ms(value: &Value, at: &str, faults: &mut Faults) -> Option<i64> {
    let found = value.as_str().and_then(iso_ms);
    let most = limits::OFFSET_DAYS * DAY_MS;
    if found.is_none_or(|ms| ms > most) {
        faults.error(
            at,
            "bad_duration",
            "must be an ISO 8601 duration of at most a year, such as PT15M, PT2H or P1D",
        );
        return None;
    }
    found
}

/// The ISO 8601 duration of a number of milliseconds, 0 or more.
pub fn iso_duration(ms: i64) -> String {
    let (days, rest) = (ms / DAY_MS, ms % DAY_MS);
    let (hours, rest) = (rest / HOUR_MS, rest % HOUR_MS);
    let (minutes, rest) = (rest / MINUTE_MS, rest % MINUTE_MS);
    let (seconds, millis) = (rest / SECOND_MS, rest % SECOND_MS);
    let part = |amount: i64, unit: &str| {
        if amount == 0 {
            String::new()
        } else {
            format!("{amount}{unit}")
        }
    };
    let fraction = if millis == 0 {
        part(seconds, "S")
    } else {
        format!("{seconds}.{millis:03}S")
    };
    let time = part(hours, "H") + &part(minutes, "M") + &fraction;
    match (days, time.is_empty()) {
        (0, true) => "PT0S".to_owned(),
        (_, true) => format!("P{days}D"),
        (_, false) => format!("P{}T{time}", part(days, "D")),
    }
}

/// Reads a time of day, `HH:MM`.
pub fn time_of_day(value: &Value, at: &str, faults: &mut Faults) -> Option<Time> {
    let shape = |text: &&str| text.len() == 5 && text.as_bytes().get(2) == Some(&b':');
    let found = value
        .as_str()
        .filter(shape)
        .and_then(|text| Time::strptime("%H:%M", text).ok());
    if found.is_none() {
        faults.error(at, "bad_time", "must be a time of day such as 18:00");
    }
    found
}

fn iso_ms(text: &str) -> Option<i64> {
    let span = SpanParser::new().parse_span(text).ok()?;
    if span.is_negative() || span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let parts = [
        (i64::from(span.get_weeks()), 7 * DAY_MS),
        (i64::from(span.get_days()), DAY_MS),
        (i64::from(span.get_hours()), HOUR_MS),
        (span.get_minutes(), MINUTE_MS),
        (span.get_seconds(), SECOND_MS),
        (span.get_milliseconds(), 1),
    ];
    parts.into_iter().try_fold(0_i64, |sum, (amount, unit)| {
        sum.checked_add(amount.checked_mul(unit)?)
    })
}

/// A duration in which zero is the same as none.
fn span(fields: &mut Fields<'_>, name: &'static str, faults: &mut Faults) -> Option<i64> {
    let value = fields.raw(name).filter(|v| !v.is_null())?;
    duration_ms(value, &fields.at(name), faults).filter(|ms| *ms > 0)
}

fn min_amount(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<i64> {
    let amount: Option<i64> = fields.optional("min_amount", faults);
    if amount.is_some_and(|a| a < 0) {
        faults.error(
            fields.at("min_amount"),
            "out_of_range",
            "must be 0 or more, in minor units of the currency",
        );
    }
    amount
}

fn changed_fields(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<ChangedField> {
    let at = fields.at("fields");
    let mut all: Vec<ChangedField> = fields.or("fields", Vec::new(), faults);
    for (i, field) in all.iter().enumerate() {
        if *field == ChangedField::Status {
            let message = "a change of status fires `booking.status_changed`, not `booking.changed`";
            faults.error(below(&at, &i.to_string()), "unknown_value", message);
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn status_keys(
    fields: &mut Fields<'_>,
    name: &'static str,
    faults: &mut Faults,
    names: &Names,
) -> Vec<String> {
    let at = fields.at(name);
    let mut keys: Vec<String> = fields.or(name, Vec::new(), faults);
    for (i, key) in keys.iter().enumerate() {
        if !names.statuses.contains(key) {
            let known = names.statuses.iter().map(String::as_str);
            faults.unknown(below(&at, &i.to_string()), "unknown_status", key, known);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    keys.retain(|k| seen.insert(k.clone()));
    keys
}
