//! Runs: one workflow at work on one booking. `advance` says which steps come next, up to the next barrier.

use crate::action::{Act, Action, Wait};
use crate::booking::Booking;
use crate::customer::Channel;
use crate::facts::Facts;
use crate::instant::plus_ms;
use crate::limits;
use crate::own::Own;
use crate::render::{self, Links, Meta, Setting};
use crate::trigger::ChangedField;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a run remembers between its steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Vars {
    /// Values stored from webhook answers: action name → field → value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, BTreeMap<String, Value>>,
    /// The status that this run gave the booking; it never stops the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_status: Option<String>,
    /// What the next steps wait for, beside their due instant: `paid` or `status:<key>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_on: Option<String>,
    /// What the run itself changed, oldest first; it never stops the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<Own>,
    /// Which fields differ after held changes became one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<ChangedField>>,
}

/// A step to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStep {
    /// Index of its action.
    pub action: usize,
    /// Index in the action's `to`, for deliveries.
    pub to: usize,
    /// How it leaves, for deliveries.
    pub channel: Option<Channel>,
    /// Its recipient, if one was found.
    pub recipient: Option<String>,
    /// When it comes due.
    pub due_at: Timestamp,
}

/// What comes next in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advanced {
    /// Steps to write.
    pub steps: Vec<NewStep>,
    /// The action the run stands at: a barrier that waits to be done, or the number of actions at the end.
    pub position: usize,
}

/// Where an advance begins.
#[derive(Debug, Clone, Copy)]
pub struct From<'a> {
    /// First action to look at.
    pub position: usize,
    /// Only these deliveries (action, to) before the first barrier; `None`: all. Quiet hours split a due instant in groups.
    pub only: Option<&'a [(usize, usize)]>,
    /// Whether to go on to the first barrier and past the deliveries.
    pub continues: bool,
    /// When the steps come due.
    pub due_at: Timestamp,
}

/// The steps from a position up to and including the next barrier.
pub fn advance(actions: &[Action], from: From<'_>, facts: &Facts, now: Timestamp) -> Advanced {
    let mut advanced = Advanced {
        steps: Vec::new(),
        position: from.position,
    };
    for (index, action) in actions.iter().enumerate().skip(from.position) {
        if action.act.is_barrier() {
            if from.continues {
                advanced
                    .steps
                    .push(barrier(index, &action.act, from.due_at, facts, now));
                advanced.position = index;
            }
            return advanced;
        }
        let wanted = |to: usize| from.only.is_none_or(|only| only.contains(&(index, to)));
        let recipients = recipients(&action.act, facts, now);
        advanced.steps.extend(
            recipients
                .into_iter()
                .filter(|(to, _)| wanted(*to))
                .map(|(to, recipient)| NewStep {
                    action: index,
                    to,
                    channel: action.act.channel(),
                    recipient,
                    due_at: from.due_at,
                }),
        );
    }
    if from.continues {
        advanced.position = actions.len();
    }
    advanced
}

/// Who a delivery goes to; addresses name neither links nor the run.
fn recipients(act: &Act, facts: &Facts, now: Timestamp) -> Vec<(usize, Option<String>)> {
    let (links, meta) = (Links::new(), Meta::default());
    let setting = Setting {
        facts,
        links: &links,
        meta: &meta,
        now,
    };
    render::recipients(act, &setting)
}

fn barrier(index: usize, act: &Act, due_at: Timestamp, facts: &Facts, now: Timestamp) -> NewStep {
    let due_at = match act {
        Act::Wait { wait } if is_so(wait, facts) => now,
        Act::Wait { wait } => wake_at(wait, &facts.zone().rules(), now),
        Act::Email { .. }
        | Act::Sms { .. }
        | Act::Webhook { .. }
        | Act::SetStatus { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => due_at,
    };
    let recipient = match act {
        Act::Webhook { .. } => recipients(act, facts, now)
            .into_iter()
            .next()
            .and_then(|(_, r)| r),
        Act::Email { .. }
        | Act::Sms { .. }
        | Act::Wait { .. }
        | Act::SetStatus { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => None,
    };
    NewStep {
        action: index,
        to: 0,
        channel: act.channel(),
        recipient,
        due_at,
    }
}

/// Whether what a wait waits for is so already.
fn is_so(wait: &Wait, facts: &Facts) -> bool {
    match wait {
        Wait::Duration { .. } | Wait::Until(_) => false,
        Wait::Event { event, .. } => facts.booking.as_ref().is_some_and(|b| came(event, &b.booking)),
    }
}

/// Whether a booking is as an event says: `paid` in full (without a price: at all), or `status:<key>`.
pub fn came(event: &str, booking: &Booking) -> bool {
    match event.strip_prefix("status:") {
        Some(key) => booking.status == key,
        None => booking.due().map_or(booking.paid > 0, |d| d.amount == 0),
    }
}

/// When a wait that starts now is over. Days keep the wall clock; `until` is the next time the clock shows it.
pub fn wake_at(wait: &Wait, zone: &TimeZone, now: Timestamp) -> Timestamp {
    match wait {
        Wait::Duration { days, ms } => {
            let local = now.to_zoned(zone.clone());
            let later = local.checked_add(days.days()).map_or(now, |z| z.timestamp());
            plus_ms(later, *ms)
        }
        Wait::Until(time) => next_time(*time, zone, now),
        Wait::Event { timeout_ms, .. } => {
            plus_ms(now, timeout_ms.unwrap_or(limits::OFFSET_DAYS * 24 * 3_600_000))
        }
    }
}

fn next_time(time: Time, zone: &TimeZone, now: Timestamp) -> Timestamp {
    let today = now.to_zoned(zone.clone()).date();
    let at = |date: jiff::civil::Date| zone.to_timestamp(date.to_datetime(time)).unwrap_or(now);
    let first = at(today);
    if first >= now {
        first
    } else {
        today.tomorrow().map_or(now, at)
    }
}
