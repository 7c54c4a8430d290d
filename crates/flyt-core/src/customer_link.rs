//! What a link for customers is good for, and what can be done with it now. How links are made and signed is the engine's; the
//! words of the page are the server's.

use crate::customer::{Channel, Customer, Purpose};
use crate::facts::Facts;
use crate::language::Language;
use crate::status::StatusKind;
use jiff::Timestamp;

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything about one booking.
    Manage,
    /// Saying whether one is coming.
    Confirm,
    /// Cancelling.
    Cancel,
    /// Asking for another time.
    Reschedule,
    /// The calendar file.
    Ics,
    /// No more advertising by e-mail.
    UnsubscribeEmail,
    /// No more advertising by SMS.
    UnsubscribeSms,
}
impl Scope {
    /// Those about a booking.
    pub const OF_BOOKING: &'static [Self] = &[
        Self::Manage,
        Self::Confirm,
        Self::Cancel,
        Self::Reschedule,
        Self::Ics,
    ];
    /// The name behind `links.`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manage => "manage",
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
            Self::Reschedule => "reschedule",
            Self::Ics => "ics",
            Self::UnsubscribeEmail | Self::UnsubscribeSms => "unsubscribe",
        }
    }
    /// The byte that stands for it in a link; they never change.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Manage => 1,
            Self::Confirm => 2,
            Self::Cancel => 3,
            Self::Reschedule => 4,
            Self::Ics => 5,
            Self::UnsubscribeEmail => 6,
            Self::UnsubscribeSms => 7,
        }
    }
    /// What a byte of a link stands for.
    pub const fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Manage),
            2 => Some(Self::Confirm),
            3 => Some(Self::Cancel),
            4 => Some(Self::Reschedule),
            5 => Some(Self::Ics),
            6 => Some(Self::UnsubscribeEmail),
            7 => Some(Self::UnsubscribeSms),
            _ => None,
        }
    }
    /// What may be done with it. Whoever is asked whether they are coming may say no.
    pub const fn acts(self) -> &'static [Act] {
        match self {
            Self::Manage => &[Act::Confirm, Act::Reschedule, Act::Cancel],
            Self::Confirm => &[Act::Confirm, Act::Cancel],
            Self::Cancel => &[Act::Cancel],
            Self::Reschedule => &[Act::Reschedule],
            Self::Ics => &[],
            Self::UnsubscribeEmail | Self::UnsubscribeSms => &[Act::Unsubscribe],
        }
    }
    /// The channel whose advertising ends.
    const fn channel(self) -> Option<Channel> {
        match self {
            Self::UnsubscribeEmail => Some(Channel::Email),
            Self::UnsubscribeSms => Some(Channel::Sms),
            Self::Manage | Self::Confirm | Self::Cancel | Self::Reschedule | Self::Ics => None,
        }
    }
}

crate::words! {
    /// What a customer does with a link.
    Act {
        /// Says that they are coming.
        Confirm = "confirm",
        /// Cancels.
        Cancel = "cancel",
        /// Asks for another time.
        Reschedule = "reschedule",
        /// Wants no more advertising.
        Unsubscribe = "unsubscribe",
    }
}

/// What can be said to whoever opens a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Something can be done.
    Ready,
    /// It has just been done.
    Done(Act),
    /// It was done before.
    Already(Act),
    /// The booking has begun, or is over.
    TooLate,
    /// The booking is not there any more.
    Gone,
    /// This link is not good for that.
    Refused,
}

/// What can be said before anything is asked.
pub fn state(scope: Scope, facts: &Facts, now: Timestamp) -> Said {
    if let Some(channel) = scope.channel() {
        return match &facts.customer {
            None => Said::Gone,
            Some(customer) if has_left(customer, channel) => Said::Already(Act::Unsubscribe),
            Some(_) => Said::Ready,
        };
    }
    let Some(booking) = facts.booking.as_ref().map(|b| &b.booking) else {
        return Said::Gone;
    };
    match booking.status_kind {
        StatusKind::ClosedBad => Said::Already(Act::Cancel),
        StatusKind::ClosedOk => Said::TooLate,
        StatusKind::Open | StatusKind::Active if booking.start <= now => Said::TooLate,
        StatusKind::Open | StatusKind::Active => Said::Ready,
    }
}

/// Whether an act may be carried out now: `Ready`, or what stands in its way.
pub fn may(scope: Scope, act: Act, facts: &Facts, now: Timestamp) -> Said {
    if !scope.acts().contains(&act) {
        return Said::Refused;
    }
    let confirmed = facts
        .booking
        .as_ref()
        .is_some_and(|b| b.booking.customer_confirmed_at.is_some());
    let said = state(scope, facts, now);
    if said == Said::Ready && act == Act::Confirm && confirmed {
        return Said::Already(Act::Confirm);
    }
    said
}

/// Whether a customer wants no advertising on a channel.
pub fn has_left(customer: &Customer, channel: Channel) -> bool {
    let all = customer.contact.opt_outs.iter();
    all.filter(|o| o.channel == channel)
        .any(|o| o.purpose.is_none_or(|p| p == Purpose::Marketing))
}

/// Whether texts of ours to somebody of this language are Norwegian; everybody else reads English.
pub fn is_norwegian(language: &Language) -> bool {
    matches!(language.tag().split('-').next(), Some("nb" | "nn"))
}

/// The language in which a customer reads our page: the booking's, their own, the business's.
pub fn language(facts: &Facts) -> &Language {
    let booking = facts.booking.as_ref().and_then(|b| b.booking.language.as_ref());
    let own = facts.customer.as_ref().and_then(|c| c.contact.language.as_ref());
    booking
        .or(own)
        .unwrap_or(&facts.business.settings.default_language)
}
