//! The last look: whether a step may go, asked at every attempt on fresh facts. Ends come before waits, waits before
//! rendering (`engine.md`, "At claim of a step").

use crate::action::{Act, Delivery, QuietRule};
use crate::business::Mode;
use crate::change::counts;
use crate::customer::{Channel, Purpose};
use crate::facts::Facts;
use crate::own;
use crate::plan::{mismatch, names_status};
use crate::quiet;
use crate::reason::Reason;
use crate::run::Vars;
use crate::trigger::TriggerKind;
use crate::workflow::Workflow;
use crate::zone::Zone;
use jiff::Timestamp;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The workflow: on/off as it stands now, the definition that the run pinned.
    pub workflow: &'a Workflow,
    /// Index of the action.
    pub action: usize,
    /// Whether this action is on in the newest version too; an action that is gone counts as on.
    pub action_on: bool,
    /// What started the run.
    pub trigger: TriggerKind,
    /// Whether the run was due before its anchor.
    pub before: bool,
    /// Whether it comes later than the event or due instant: wait, quiet hours, guard, retry, outage.
    pub delayed: bool,
    /// When it stops making sense. For events this only bounds retries.
    pub expires_at: Option<Timestamp>,
    /// The status of the booking that the run's event committed, for `status_changed` runs.
    pub event_status: Option<&'a str>,
    /// Index in the `to` of the action.
    pub to: usize,
    /// What the run remembers.
    pub vars: &'a Vars,
    /// The recipient's address, for deliveries.
    pub recipient: Option<&'a str>,
    /// Why nothing more goes to the address, if that is so.
    pub suppressed: Option<Reason>,
}

/// What the last look says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may go.
    Go,
    /// It ends here, because.
    End(Reason),
    /// It moves to a later instant: quiet hours.
    Later(Timestamp),
    /// It waits for a release.
    Park(Reason),
}

/// The last look at one step.
pub fn guard(look: &Look<'_>, facts: &Facts, now: Timestamp) -> Verdict {
    let Some(action) = look.workflow.definition.actions.get(look.action) else {
        return Verdict::End(Reason::WorkflowDisabled);
    };
    if !look.workflow.enabled {
        return Verdict::End(Reason::WorkflowDisabled);
    }
    if !action.enabled || !look.action_on {
        return Verdict::End(Reason::ActionDisabled);
    }
    if let Some(reason) = still_wanted(look, facts, &action.act, now) {
        return Verdict::End(reason);
    }
    if action.condition.as_ref().is_some_and(|c| !c.holds(facts, now)) {
        return Verdict::End(Reason::ConditionFalse);
    }
    if let (Some(delivery), Some(channel)) = (action.act.delivery(), action.act.channel()) {
        if let Some(reason) = reachable(look, facts, delivery, channel) {
            return Verdict::End(reason);
        }
        if let Some(verdict) = quiet_now(look, facts, (&action.act, delivery, channel), now) {
            return verdict;
        }
    }
    if facts.business.settings.mode == Mode::Held {
        Verdict::Park(Reason::Held)
    } else {
        Verdict::Go
    }
}

/// Whether a run that wakes from a wait goes on.
pub fn wakes(look: &Look<'_>, facts: &Facts, now: Timestamp) -> Option<Reason> {
    if !look.workflow.enabled {
        return Some(Reason::WorkflowDisabled);
    }
    let delayed = Look {
        delayed: true,
        expires_at: None,
        ..*look
    };
    gone(&delayed, facts)
        .or_else(|| inactive(&delayed, facts))
        .or_else(|| recheck(&delayed, facts, now))
}

fn still_wanted(look: &Look<'_>, facts: &Facts, act: &Act, now: Timestamp) -> Option<Reason> {
    // An event's step goes at once whatever the hour; held up, it has the limits of `product.md` §5.5.
    let over = look.expires_at.is_some_and(|at| now > at);
    let expired = over && (look.trigger.is_timed() || look.delayed);
    if act.channel() == Some(Channel::Webhook) && !look.trigger.is_timed() {
        // It reports a committed fact, whatever became of the booking since.
        return expired.then_some(Reason::Expired);
    }
    gone(look, facts)
        .or_else(|| expired.then_some(Reason::Expired))
        .or_else(|| inactive(look, facts))
        .or_else(|| recheck(look, facts, now))
}

fn gone(look: &Look<'_>, facts: &Facts) -> Option<Reason> {
    let missing = if look.trigger.has_booking() {
        facts.booking.is_none()
    } else {
        facts.customer.is_none()
    };
    missing.then_some(Reason::BookingDeleted)
}

fn own_status(look: &Look<'_>, facts: &Facts) -> bool {
    let status = facts.booking.as_ref().map(|b| b.booking.status.as_str());
    status.is_some() && status == look.vars.given_status.as_deref()
}

fn inactive(look: &Look<'_>, facts: &Facts) -> Option<Reason> {
    let booking = &facts.booking.as_ref()?.booking;
    if own_status(look, facts) {
        return None;
    }
    let named = names_status(look.workflow, &booking.status);
    match look.trigger {
        TriggerKind::PaymentCompleted | TriggerKind::CustomerCreated => None,
        TriggerKind::StatusChanged => {
            let holds = !look.delayed || look.event_status.is_none_or(|s| s == booking.status);
            (!holds).then_some(Reason::FilterNoLongerMatches)
        }
        TriggerKind::BookingStarts | TriggerKind::BookingEnds => {
            (!counts(booking.status_kind, look.before, named)).then_some(Reason::BookingNotActive)
        }
        TriggerKind::BookingCreated | TriggerKind::BookingChanged => {
            (!counts(booking.status_kind, false, named)).then_some(Reason::BookingNotActive)
        }
    }
}

/// A delayed step asks filters and condition again. What the run itself changed never stops it.
fn recheck(look: &Look<'_>, facts: &Facts, now: Timestamp) -> Option<Reason> {
    if !look.delayed {
        return None;
    }
    let without = own::undone(&look.vars.own, facts);
    match mismatch(look.workflow, &without, now) {
        None => None,
        Some(Reason::ConditionFalse) => Some(Reason::ConditionFalse),
        Some(_) => Some(Reason::FilterNoLongerMatches),
    }
}

fn reachable(look: &Look<'_>, facts: &Facts, delivery: Delivery, channel: Channel) -> Option<Reason> {
    if channel == Channel::Webhook {
        return None; // the egress guard decides when it connects
    }
    let Some(address) = look.recipient else {
        return Some(Reason::NoRecipient);
    };
    let customer = facts.customer.as_ref().filter(|c| is_theirs(&c.contact, address));
    if let Some(customer) = customer {
        let opted_out = |o: &crate::customer::OptOut| {
            o.channel == channel && o.purpose.is_none_or(|p| p == delivery.purpose)
        };
        if customer.contact.opt_outs.iter().any(opted_out) {
            return Some(Reason::OptedOut);
        }
        let consented =
            |c: &crate::customer::Consent| c.channel == channel && c.purpose == Purpose::Marketing;
        if delivery.purpose == Purpose::Marketing && !customer.contact.consents.iter().any(consented) {
            return Some(Reason::NoConsent);
        }
    }
    look.suppressed
}

fn is_theirs(contact: &crate::customer::Contact, address: &str) -> bool {
    let same = |own: &Option<String>| {
        own.as_deref()
            .is_some_and(|o| crate::contact::folded(o) == crate::contact::folded(address))
    };
    same(&contact.email) || same(&contact.phone)
}

/// Quiet hours at the moment of sending move only forward, and never a "before start" message past the start.
fn quiet_now(
    look: &Look<'_>,
    facts: &Facts,
    (act, delivery, channel): (&Act, Delivery, Channel),
    now: Timestamp,
) -> Option<Verdict> {
    let asked = match delivery.quiet_hours {
        Some(QuietRule::Ignore) => false,
        Some(QuietRule::Respect) => true,
        None => look.trigger.is_timed() || after_wait(look) || delivery.purpose == Purpose::Marketing,
    };
    let hours = quiet::hours(channel, facts).filter(|_| asked)?;
    let rules = zone(act, look.to, facts).rules();
    if !quiet::inside(hours, &rules, now) {
        return None;
    }
    let later = quiet::forward(hours, &rules, now);
    if look.expires_at.is_none_or(|at| later <= at) {
        return Some(Verdict::Later(later));
    }
    let start = facts.booking.as_ref().map(|b| b.booking.start);
    let before_start = look.before && look.trigger == TriggerKind::BookingStarts;
    let past_start = before_start && start.is_some_and(|at| later > at);
    Some(Verdict::End(if past_start {
        Reason::QuietHoursPastStart
    } else {
        Reason::Expired
    }))
}

/// Whether a `wait` stands before the action: from there on quiet hours hold what an event began, too.
fn after_wait(look: &Look<'_>) -> bool {
    let earlier = look.workflow.definition.actions.iter().take(look.action);
    earlier.into_iter().any(|a| matches!(a.act, Act::Wait { .. }))
}

/// The zone of the recipient at this place of the action's `to`.
fn zone<'f>(act: &Act, to: usize, facts: &'f Facts) -> &'f Zone {
    let recipients = match act {
        Act::Email { to, .. } | Act::Sms { to, .. } => to.as_slice(),
        Act::Webhook { .. }
        | Act::SetStatus { .. }
        | Act::Wait { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => &[],
    };
    recipients
        .get(to)
        .map_or_else(|| facts.zone(), |r| quiet::zone_of(r, facts))
}
