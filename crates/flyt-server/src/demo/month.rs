//! What happened at the salon of the demo: bookings made, moved, cancelled, approved, missed and paid around an instant, as
//! calls of the HTTP API with the instant each was made at. Pure: the same instant gives the same month. The people and
//! addresses are made up.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use serde_json::{Value, json};

/// Days of history before the instant, and of bookings ahead of it.
pub(super) const PAST_DAYS: i64 = 30;
const AHEAD_DAYS: i64 = 21;
/// Bookings of a working day, so that fifty days hold about four hundred.
const A_DAY: u64 = 9;
/// Customers that come back.
const CUSTOMERS: u64 = 130;

/// Who works where and does what, and how people are called: the lists of `salon.json`.
#[derive(Debug, Deserialize)]
pub(super) struct Salon {
    pub(super) business: Value,
    pub(super) locations: Vec<Value>,
    pub(super) resources: Vec<Value>,
    services: Vec<Service>,
    pub(super) extras: Vec<Value>,
    teams: Vec<Team>,
    first_names: Vec<String>,
    last_names: Vec<String>,
}
#[derive(Debug, Deserialize)]
struct Team {
    resource: String,
    location: String,
    services: Vec<String>,
}
/// A service as the API takes it; what the month needs of it is read.
#[derive(Debug, Deserialize)]
struct Service {
    external_id: String,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}
impl Salon {
    /// The services as bodies.
    pub(super) fn services(&self) -> impl Iterator<Item = Value> {
        self.services.iter().map(|s| {
            let mut body = s.rest.clone();
            body.insert("external_id".to_owned(), json!(s.external_id));
            Value::Object(body)
        })
    }
    fn price(&self, service: &str) -> Value {
        let found = self.services.iter().find(|s| s.external_id == service);
        found
            .and_then(|s| s.rest.get("price").cloned())
            .unwrap_or_default()
    }
    fn minutes(&self, service: &str) -> i64 {
        let found = self.services.iter().find(|s| s.external_id == service);
        found
            .and_then(|s| s.rest.get("duration_minutes")?.as_i64())
            .unwrap_or(30)
    }
}

/// One call, and when it was made.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) at: Timestamp,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Value,
}

/// A small generator: the same seed, the same salon.
struct Dice(u64);
impl Dice {
    fn next(&mut self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number below `sides`.
    fn below(&mut self, sides: u64) -> u64 {
        self.next() % sides.max(1)
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    fn of<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        let sides = u64::try_from(list.len()).unwrap_or(1);
        list.get(usize::try_from(self.below(sides)).unwrap_or(0))
    }
    /// An instant between two, on a whole minute.
    fn between(&mut self, from: Timestamp, to: Timestamp) -> Timestamp {
        let minutes = u64::try_from((to.as_second() - from.as_second()) / 60).unwrap_or(0);
        let after = i64::try_from(self.below(minutes.max(1))).unwrap_or(0);
        Timestamp::from_second((from.as_second() / 60 + after) * 60).unwrap_or(from)
    }
}

/// Customers as they were before the month: a few want no SMS, some have agreed to marketing.
pub(super) fn known_customers(salon: &Salon, began: Timestamp) -> Vec<Value> {
    let mut known = Vec::new();
    for number in 0..CUSTOMERS {
        let mut own = Dice(number.wrapping_mul(31));
        let (refuses, agrees) = (own.chance(5), own.chance(35));
        if !refuses && !agrees {
            continue;
        }
        let (mut customer, _) = customer(salon, number);
        if let Some(fields) = customer.as_object_mut() {
            if refuses {
                fields.insert(
                    "opt_outs".to_owned(),
                    json!([{"channel": "sms", "at": began.to_string()}]),
                );
            }
            if agrees {
                let consent = json!({"channel": "sms", "purpose": "marketing", "given_at": began.to_string(), "source": "kasse"});
                fields.insert("consents".to_owned(), json!([consent]));
            }
        }
        known.push(customer);
    }
    known
}

/// Everything that was done by `now`, in order.
pub(super) fn calls(salon: &Salon, now: Timestamp, zone: &TimeZone) -> Vec<Call> {
    let today = now.to_zoned(zone.clone()).date();
    let began = now
        .saturating_sub(PAST_DAYS.saturating_mul(24).hours())
        .unwrap_or(now);
    let mut month = Month {
        salon,
        now,
        began,
        zone,
        dice: Dice(20_261_124),
        calls: Vec::new(),
        made: 0,
    };
    for day in -PAST_DAYS..=AHEAD_DAYS {
        let date = today.saturating_add(day.days());
        if date.weekday() != Weekday::Sunday {
            for _ in 0..A_DAY {
                month.booking(date);
            }
        }
    }
    let mut calls = month.calls;
    calls.retain(|c| c.at <= now);
    calls.sort_by_key(|c| c.at);
    calls
}

struct Month<'s> {
    salon: &'s Salon,
    now: Timestamp,
    began: Timestamp,
    zone: &'s TimeZone,
    dice: Dice,
    calls: Vec<Call>,
    made: u64,
}

impl Month<'_> {
    /// One booking on this date, with what became of it.
    fn booking(&mut self, date: Date) {
        let salon = self.salon;
        let Some(team) = self.dice.of(&salon.teams) else {
            return;
        };
        let Some(service) = self.dice.of(&team.services) else {
            return;
        };
        let quarter = i8::try_from(self.dice.below(32)).unwrap_or(0);
        let Ok(time) = Time::new(9 + quarter / 4, quarter % 4 * 15, 0, 0) else {
            return;
        };
        let Ok(start) = self.zone.to_timestamp(date.to_datetime(time)) else {
            return;
        };
        let minutes = salon.minutes(service);
        let end = start.saturating_add(minutes.minutes()).unwrap_or(start);
        let lead_days = i64::try_from(1 + self.dice.below(18)).unwrap_or(1);
        let early = start
            .saturating_sub(lead_days.saturating_mul(24).hours())
            .unwrap_or(start);
        let last = self.now.min(start);
        let at = self.dice.between(early.max(self.began).min(last), last);

        self.made += 1;
        let external = format!("N-{:04}", self.made);
        let asks_first = self.dice.chance(15);
        let (customer, language) = self.customer();
        let mut body = json!({
            "external_id": external, "customer": customer, "service": {"external_id": service},
            "location": {"external_id": team.location}, "resource": {"external_id": team.resource},
            "status": if asks_first { "pending" } else { "approved" }, "start": start.to_string(), "end": end.to_string(),
            "language": language, "price": salon.price(service), "source": if self.dice.chance(30) { "staff" } else { "customer" },
        });
        if self.dice.chance(20)
            && let (Some(body), Some(extra)) = (body.as_object_mut(), salon.extras.first())
        {
            body.insert(
                "extras".to_owned(),
                json!([{"external_id": extra["external_id"], "quantity": 1}]),
            );
        }
        self.calls.push(Call {
            at,
            method: "POST",
            path: "/v1/bookings".to_owned(),
            body,
        });
        if let Some(agreed) = if asks_first {
            self.answer(&external, at, start)
        } else {
            Some(at)
        } {
            self.afterwards(&external, agreed, (start, end));
        }
    }

    /// A request is approved or rejected, some hours later. The instant, if it was approved.
    fn answer(&mut self, external: &str, at: Timestamp, start: Timestamp) -> Option<Timestamp> {
        let late = at.saturating_add(7.hours()).unwrap_or(at).min(start);
        let answered = self.dice.between(at, late);
        let rejected = self.dice.chance(15);
        let status = if rejected { "rejected" } else { "approved" };
        self.patch(answered, external, json!({"status": status}));
        (!rejected).then_some(answered)
    }

    /// Moved, cancelled, missed, or carried out and paid.
    fn afterwards(&mut self, external: &str, from: Timestamp, (start, end): (Timestamp, Timestamp)) {
        let dice = self.dice.below(100);
        if dice < 8 {
            let at = self.dice.between(from, start);
            self.patch(at, external, json!({"status": "cancelled"}));
        } else if dice < 15 {
            let at = self.dice.between(from, start);
            let hours = i64::try_from(1 + self.dice.below(4)).unwrap_or(1);
            let later = start.saturating_add(hours.hours()).unwrap_or(start);
            self.patch(at, external, json!({"start": later.to_string()}));
        } else if dice < 19 {
            let at = start.saturating_add(20.minutes()).unwrap_or(start);
            self.patch(at, external, json!({"status": "no_show"}));
        } else if dice < 85 {
            let at = end.saturating_add(5.minutes()).unwrap_or(end);
            let method = if self.dice.chance(60) { "card" } else { "vipps" };
            let body = json!({"booking": {"external_id": external}, "method": "manual", "status": "completed",
                "external_id": format!("{method}-{external}")});
            self.calls.push(Call {
                at,
                method: "POST",
                path: "/v1/payments".to_owned(),
                body,
            });
        }
    }

    fn patch(&mut self, at: Timestamp, external: &str, body: Value) {
        let path = format!("/v1/bookings/by-external-id/{external}");
        self.calls.push(Call {
            at,
            method: "PATCH",
            path,
            body,
        });
    }

    fn customer(&mut self) -> (Value, &'static str) {
        customer(self.salon, self.dice.below(CUSTOMERS))
    }
}

/// A customer and their language. What they are called follows from the number, so that the same one comes back. Some have no
/// phone, some no e-mail, a few neither.
fn customer(salon: &Salon, number: u64) -> (Value, &'static str) {
    let mut own = Dice(number);
    let first = own.of(&salon.first_names).cloned().unwrap_or_default();
    let last = own.of(&salon.last_names).cloned().unwrap_or_default();
    let language = if own.chance(18) { "en" } else { "nb" };
    let (has_email, has_phone) = (own.chance(90), own.chance(92));
    let mut customer = json!({"external_id": format!("K-{number:03}"), "first_name": first, "last_name": last, "language": language});
    if let Some(customer) = customer.as_object_mut() {
        if has_email {
            customer.insert("email".to_owned(), json!(format!("kunde{number:03}@example.no")));
        }
        if has_phone {
            customer.insert("phone".to_owned(), json!(format!("+4790000{number:03}")));
        }
    }
    (customer, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(now: &str) -> Vec<Call> {
        let salon: Salon = serde_json::from_str(super::super::SALON).unwrap();
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        calls(&salon, now.parse().unwrap(), &zone)
    }

    #[test]
    fn a_month_holds_about_four_hundred_bookings_and_what_became_of_them() {
        let calls = month("2026-11-24T20:00:00Z");
        let count = |method: &str, end: &str| {
            calls
                .iter()
                .filter(|c| c.method == method && c.path.ends_with(end))
                .count()
        };
        let bookings = count("POST", "/bookings");
        assert!((380..=420).contains(&bookings), "{bookings}");
        assert!(count("POST", "/payments") > 100);
        for status in ["cancelled", "no_show", "rejected", "approved"] {
            assert!(calls.iter().any(|c| c.body["status"] == status), "{status}");
        }
        assert!(
            calls
                .iter()
                .any(|c| c.method == "PATCH" && c.body.get("start").is_some())
        );
    }

    #[test]
    fn nothing_is_done_after_now_and_the_same_instant_gives_the_same_month() {
        let (one, two) = (month("2026-03-29T09:30:00Z"), month("2026-03-29T09:30:00Z"));
        let now: Timestamp = "2026-03-29T09:30:00Z".parse().unwrap();
        assert!(one.iter().all(|c| c.at <= now) && one.is_sorted_by_key(|c| c.at));
        let told = |calls: &[Call]| {
            calls
                .iter()
                .map(|c| format!("{} {} {} {}", c.at, c.method, c.path, c.body))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(&one), told(&two));
    }
}
