//! How long a business keeps what it need not keep for ever, and the limits that its operator sets. Carrying them out is
//! `flyt_engine`'s.

use crate::invalid::{Faults, Fields, Line, Read, below};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Days that messages are kept with their texts, unless the business says otherwise.
const MESSAGES_DAYS: i64 = 90;
/// Months that the audit log is kept, unless the business says otherwise.
const AUDIT_MONTHS: i64 = 24;
/// Longest time in either unit: ten years of days.
const MOST: i64 = 3_660;

/// How long things are kept; `None`: for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Days that texts of messages are kept after the last try. That a message went, when and to whom, stays.
    pub messages_days: Option<i64>,
    /// Months that acts stay in the audit log.
    pub audit_months: Option<i64>,
}
impl Default for Retention {
    fn default() -> Self {
        Self {
            messages_days: Some(MESSAGES_DAYS),
            audit_months: Some(AUDIT_MONTHS),
        }
    }
}
impl Read for Retention {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let default = Self::default();
        let retention = Self {
            messages_days: number(&mut fields, "messages_days", default.messages_days, faults),
            audit_months: number(&mut fields, "audit_months", default.audit_months, faults),
        };
        fields.close(faults);
        Some(retention)
    }
}

/// What the operator allows a business; `None`: no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// E-mails a day.
    pub emails_per_day: Option<i64>,
    /// SMS segments a month.
    pub sms_segments_per_month: Option<i64>,
    /// Webhook calls a minute.
    pub webhooks_per_minute: Option<i64>,
    /// Countries that SMS may go to, of two letters.
    pub sms_countries: Option<Vec<String>>,
}
impl Read for Limits {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let limits = Self {
            emails_per_day: number(&mut fields, "emails_per_day", None, faults),
            sms_segments_per_month: number(&mut fields, "sms_segments_per_month", None, faults),
            webhooks_per_minute: number(&mut fields, "webhooks_per_minute", None, faults),
            sms_countries: countries(&mut fields, faults),
        };
        fields.close(faults);
        Some(limits)
    }
}

/// A number of at least 1. Absent takes the default, `null` is none.
fn number(
    fields: &mut Fields<'_>,
    name: &'static str,
    default: Option<i64>,
    faults: &mut Faults,
) -> Option<i64> {
    let named = fields.names(name);
    let given = fields.optional::<i64>(name, faults);
    let most = if default.is_some() { MOST } else { i64::MAX };
    if given.is_some_and(|n| !(1..=most).contains(&n)) {
        let rule = if default.is_some() {
            format!("must be 1 to {MOST}; use null to keep for ever")
        } else {
            "must be 1 or more; use null for no limit".to_owned()
        };
        faults.error(fields.at(name), "out_of_range", rule);
    }
    given.or(default.filter(|_| !named))
}

fn countries(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Vec<String>> {
    let given: Vec<Line> = fields.optional("sms_countries", faults)?;
    let at = fields.at("sms_countries");
    let read = |(i, Line(text)): (usize, Line)| {
        let code = text.to_ascii_uppercase();
        if code.len() != 2 || !code.chars().all(|c| c.is_ascii_uppercase()) {
            let rule = "must be a country of two letters, such as NO";
            faults.error(below(&at, &i.to_string()), "unknown_country", rule);
        }
        code
    };
    Some(given.into_iter().enumerate().map(read).collect())
}

impl Retention {
    /// As GET answers it.
    pub fn to_json(self) -> Value {
        json!({"messages_days": self.messages_days, "audit_months": self.audit_months})
    }
}
impl Limits {
    /// As GET answers it.
    pub fn to_json(&self) -> Value {
        json!({
            "emails_per_day": self.emails_per_day, "sms_segments_per_month": self.sms_segments_per_month,
            "webhooks_per_minute": self.webhooks_per_minute, "sms_countries": self.sms_countries,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_takes_the_default_null_is_for_ever_and_faults_name_their_place() {
        let read = |value: Value| {
            let mut faults = Faults::default();
            let read = Retention::read(&value, "/retention", &mut faults);
            let told: Vec<String> = faults.errors.iter().map(|e| e.pointer.clone()).collect();
            (read.unwrap_or_default(), told)
        };
        assert_eq!(read(json!({})), (Retention::default(), vec![]));
        let (kept, told) = read(json!({"messages_days": null, "audit_months": 6}));
        assert_eq!(
            (kept.messages_days, kept.audit_months, told.len()),
            (None, Some(6), 0)
        );
        let (_, told) = read(json!({"messages_days": 0, "audit_months": "x", "years": 1}));
        assert_eq!(
            told,
            [
                "/retention/messages_days",
                "/retention/audit_months",
                "/retention/years"
            ]
        );
        let mut faults = Faults::default();
        let bad = json!({"emails_per_day": -1, "sms_countries": ["NO", "Norway"]});
        Limits::read(&bad, "/limits", &mut faults);
        let told: Vec<&str> = faults.errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(told, ["/limits/emails_per_day", "/limits/sms_countries/1"]);
    }
}
