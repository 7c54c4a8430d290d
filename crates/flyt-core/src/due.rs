//! The one place that computes a due instant (`product.md` §5, "One due function" of the engine page).
//!
//! Pure: what planned it and when is an argument. Whether the booking counts and its filters match is decided in `plan`.

use crate::action::{Act, Action, QuietRule, Recipient};
use crate::customer::Channel;
use crate::facts::Facts;
use crate::holiday;
use crate::instant::plus_ms;
use crate::quiet;
use crate::reason::Reason;
use crate::trigger::{Direction, Late, MaxLateness, Offset, OffsetUnit, Trigger, TriggerKind, When};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// When a timed trigger is due for one booking, and what goes out when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Start or end of the booking.
    pub anchor: Timestamp,
    /// The due instant before quiet hours move anything.
    pub nominal: Timestamp,
    /// `nominal` lies before `anchor`. At or after it, it is an at/after trigger whatever its direction.
    pub before: bool,
    /// What leaves together, in order of their instants. Empty when every delivery ended and no barrier follows.
    pub groups: Vec<Group>,
    /// Deliveries that will not leave at all.
    pub ended: Vec<Ended>,
    /// The last instant at which the earliest group may still start; `None`: no limit. Each group has its own.
    pub expires_at: Option<Timestamp>,
}

/// Deliveries with the same instant: one timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// When they leave.
    pub at: Timestamp,
    /// Index of the action, index in its `to` (0 for a webhook).
    pub deliveries: Vec<(usize, usize)>,
    /// This group carries the run on from the first barrier, or to its end. One group does, if there is any.
    pub continues: bool,
    /// The last instant at which this group may still start; `None`: no limit.
    pub expires_at: Option<Timestamp>,
}

/// A delivery that planning ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Index of the action.
    pub action: usize,
    /// Index in its `to`.
    pub to: usize,
    /// Why.
    pub reason: Reason,
}

/// What planned a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planner {
    /// The booking was created (or its automations came on with it).
    Created,
    /// It was moved or reinstated, its filters match anew, or the workflow was edited.
    Moved,
    /// The workflow was switched on.
    SwitchedOn,
}

/// What the late rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateVerdict {
    /// The due instant is now or lies ahead.
    Plan,
    /// It has passed, and the trigger says to send all the same.
    RunNow,
    /// It has passed.
    Not(Reason),
}

/// The due instant of `trigger` for the booking in `facts`, and the groups its actions leave in.
///
/// # Errors
/// `due_after_anchor` for a "before" that falls after its anchor, `booking_deleted` without a booking, `filter_other` for
/// a trigger that is not timed.
pub fn due(
    trigger: &Trigger,
    actions: &[Action],
    facts: &Facts,
    planned_at: Timestamp,
) -> Result<Due, Reason> {
    let timed = trigger.when.timed().ok_or(Reason::FilterOther)?;
    let booking = &facts.booking.as_ref().ok_or(Reason::BookingDeleted)?.booking;
    let of_start = trigger.when.kind() == TriggerKind::BookingStarts;
    let anchor = if of_start { booking.start } else { booking.end };
    let nominal = nominal(&timed.offset, anchor, &facts.zone().rules());
    if timed.offset.direction == Direction::Before && nominal > anchor {
        return Err(Reason::DueAfterAnchor);
    }
    let before = nominal < anchor;
    let moves = Moves {
        facts,
        nominal,
        planned_at,
        start: (of_start && before).then_some(anchor),
    };
    let (slots, ended) = moves.slots(actions);
    let barrier = actions.iter().any(|a| a.act.is_barrier());
    let nothing_to_deliver = slots.is_empty() && ended.is_empty();
    let expiry = |fires: Timestamp| expires_at(timed.max_lateness, fires, before.then_some(anchor));
    let groups = groups(slots, nominal, barrier || nothing_to_deliver, expiry);
    let fires = groups.first().map_or(nominal, |g| g.at);
    Ok(Due {
        anchor,
        nominal,
        before,
        groups,
        ended,
        expires_at: expiry(fires),
    })
}

/// The instant an offset away from `anchor`, before quiet hours.
pub fn nominal(offset: &Offset, anchor: Timestamp, rules: &TimeZone) -> Timestamp {
    let signed = match offset.direction {
        Direction::Before => -offset.amount,
        Direction::After => offset.amount,
    };
    let days = match offset.unit {
        OffsetUnit::Minutes => return plus_ms(anchor, signed.saturating_mul(MINUTE_MS)),
        OffsetUnit::Hours => return plus_ms(anchor, signed.saturating_mul(60 * MINUTE_MS)),
        OffsetUnit::Days => signed,
        OffsetUnit::Weeks => signed.saturating_mul(7),
    };
    if days == 0 && offset.at.is_none() {
        // At the anchor itself, also where its wall time occurs twice and it is the second.
        return anchor;
    }
    let local = rules.to_datetime(anchor);
    let date = if offset.working_days {
        holiday::working_days_from(local.date(), days)
    } else {
        let span = Span::new().try_days(days).unwrap_or_default();
        local.date().saturating_add(span)
    };
    quiet::instant_of(rules, date, offset.at.unwrap_or_else(|| local.time()))
}

/// The last instant at which what leaves at `fires` may still start; `None`: no limit.
pub fn expiry(trigger: &Trigger, due: &Due, fires: Timestamp) -> Option<Timestamp> {
    let timed = trigger.when.timed()?;
    expires_at(timed.max_lateness, fires, due.before.then_some(due.anchor))
}

/// What happens to a due instant in the past: the table "At plan" of the engine page.
pub fn late_rule(due: &Due, late: Late, by: Planner, now: Timestamp) -> LateVerdict {
    if due.nominal >= now {
        return LateVerdict::Plan;
    }
    let makes_sense = !due.before || now < due.anchor;
    match (by, late) {
        (Planner::Created | Planner::Moved, Late::SendNow) if makes_sense => LateVerdict::RunNow,
        (Planner::Created, _) => LateVerdict::Not(Reason::DueBeforeCreation),
        (Planner::Moved | Planner::SwitchedOn, _) => LateVerdict::Not(Reason::DueBeforeEdit),
    }
}

/// The rule in a few English words: `24 hours before start`, `2 working days before start at 18:00`.
pub fn rule(when: &When) -> String {
    let Some(timed) = when.timed() else {
        return when.kind().word().to_owned();
    };
    let offset = &timed.offset;
    let anchor = if when.kind() == TriggerKind::BookingStarts {
        "start"
    } else {
        "end"
    };
    let pinned = offset
        .at
        .map(|t| format!(" at {}", t.strftime("%H:%M")))
        .unwrap_or_default();
    if offset.amount == 0 {
        return match offset.at {
            Some(_) => format!("the day of the {anchor}{pinned}"),
            None => format!("at {anchor}"),
        };
    }
    let unit = offset.unit.word();
    let unit = if offset.amount == 1 {
        unit.trim_end_matches('s')
    } else {
        unit
    };
    let working = if offset.working_days { "working " } else { "" };
    format!(
        "{} {working}{unit} {} {anchor}{pinned}",
        offset.amount, offset.direction
    )
}

/// How quiet hours move the deliveries of one due instant.
struct Moves<'a> {
    facts: &'a Facts,
    nominal: Timestamp,
    planned_at: Timestamp,
    /// The start, where this is a "before start" message.
    start: Option<Timestamp>,
}

type Slots = BTreeMap<Timestamp, Vec<(usize, usize)>>;

impl Moves<'_> {
    /// The deliveries before the first barrier by their instants, and those that ended. Actions that are off count too:
    /// they end at their step.
    fn slots(&self, actions: &[Action]) -> (Slots, Vec<Ended>) {
        let (mut slots, mut ended) = (Slots::new(), Vec::new());
        let ahead = actions.iter().take_while(|a| !a.act.is_barrier());
        for (action, each) in ahead.enumerate() {
            for (to, instant) in self.instants(&each.act).into_iter().enumerate() {
                match instant {
                    Ok(at) => slots.entry(at).or_default().push((action, to)),
                    Err(reason) => ended.push(Ended { action, to, reason }),
                }
            }
        }
        (slots, ended)
    }

    fn instants(&self, act: &Act) -> Vec<Result<Timestamp, Reason>> {
        let ignores = act
            .delivery()
            .is_some_and(|d| d.quiet_hours == Some(QuietRule::Ignore));
        match act {
            Act::Email { to, .. } if ignores => vec![Ok(self.nominal); to.len()],
            Act::Sms { to, .. } if ignores => vec![Ok(self.nominal); to.len()],
            Act::Email { to, .. } => to.iter().map(|r| self.instant(Channel::Email, r)).collect(),
            Act::Sms { to, .. } => to.iter().map(|r| self.instant(Channel::Sms, r)).collect(),
            Act::Webhook { .. } => vec![Ok(self.nominal)],
            Act::SetStatus { .. }
            | Act::Wait { .. }
            | Act::StopIf { .. }
            | Act::SetField { .. }
            | Act::AddTag { .. }
            | Act::RemoveTag { .. } => Vec::new(),
        }
    }

    fn instant(&self, channel: Channel, recipient: &Recipient) -> Result<Timestamp, Reason> {
        let Some(hours) = quiet::hours(channel, self.facts) else {
            return Ok(self.nominal);
        };
        let rules = quiet::zone_of(recipient, self.facts).rules();
        if !quiet::inside(hours, &rules, self.nominal) {
            return Ok(self.nominal);
        }
        let forward = quiet::forward(hours, &rules, self.nominal);
        let Some(start) = self.start else {
            return Ok(forward);
        };
        let back = quiet::back(hours, &rules, self.nominal);
        if back >= self.planned_at && !quiet::inside(hours, &rules, back) {
            Ok(back)
        } else if forward <= start {
            Ok(forward)
        } else {
            Err(Reason::QuietHoursPastStart)
        }
    }
}

fn groups(
    mut slots: Slots,
    nominal: Timestamp,
    needs_nominal: bool,
    expiry: impl Fn(Timestamp) -> Option<Timestamp>,
) -> Vec<Group> {
    if needs_nominal {
        slots.entry(nominal).or_default();
    }
    // Where nothing stands at the nominal instant there is no barrier, and the last group ends the run.
    let last = slots.keys().next_back().copied();
    let carrier = if slots.contains_key(&nominal) {
        Some(nominal)
    } else {
        last
    };
    slots
        .into_iter()
        .map(|(at, deliveries)| Group {
            at,
            deliveries,
            continues: Some(at) == carrier,
            expires_at: expiry(at),
        })
        .collect()
}

/// `anchor` is given for a "before", which never fires after it.
fn expires_at(lateness: MaxLateness, fires: Timestamp, anchor: Option<Timestamp>) -> Option<Timestamp> {
    let limit = match (lateness, anchor) {
        (MaxLateness::Default, None) => Some(plus_ms(fires, DAY_MS)),
        (MaxLateness::Default, Some(_)) | (MaxLateness::Unlimited, _) => None,
        (MaxLateness::Ms(ms), _) => Some(plus_ms(fires, ms)),
    };
    match (limit, anchor) {
        (Some(limit), Some(anchor)) => Some(limit.min(anchor)),
        (limit, anchor) => limit.or(anchor),
    }
}
