//! Who gets a letter: roles, fixed addresses and templates become addresses; equal ones are one.

use super::Setting;
use crate::action::{Act, Recipient};
use crate::contact;
use crate::customer::Channel;
use crate::template::{Reader, Slot, render};
use std::collections::BTreeSet;

/// Who gets a letter of `act`: the place in `to` and a usable address. Addresses that compare equal come once, at their first
/// place; a role without a usable address is `None` and ends `no_recipient`. A webhook has one: its URL as far as it can be
/// made; a fault in it is told by `letter`.
pub fn recipients(act: &Act, setting: &Setting<'_>) -> Vec<(usize, Option<String>)> {
    match act {
        Act::Email { to, .. } => resolve(to, Channel::Email, setting, &mut BTreeSet::new()),
        Act::Sms { to, .. } => resolve(to, Channel::Sms, setting, &mut BTreeSet::new()),
        Act::Webhook { url, .. } => {
            let context = setting.context(setting.business_language(), Reader::Other);
            let made = render(url, Slot::Url, &context).unwrap_or_else(|_| url.clone());
            vec![(0, Some(made))]
        }
        Act::SetStatus { .. }
        | Act::Wait { .. }
        | Act::StopIf { .. }
        | Act::SetField { .. }
        | Act::AddTag { .. }
        | Act::RemoveTag { .. } => Vec::new(),
    }
}

/// Addresses of `cc` and of `bcc`, which go once, with the first recipient. Roles without an address are left out, as are
/// addresses that get the letter anyway.
pub fn copies(act: &Act, setting: &Setting<'_>) -> (Vec<String>, Vec<String>) {
    let Act::Email { to, cc, bcc, .. } = act else {
        return (Vec::new(), Vec::new());
    };
    let mut seen = BTreeSet::new();
    resolve(to, Channel::Email, setting, &mut seen);
    let mut take = |list: &[Recipient]| -> Vec<String> {
        let found = resolve(list, Channel::Email, setting, &mut seen);
        found.into_iter().filter_map(|(_, address)| address).collect()
    };
    let cc = take(cc);
    (cc, take(bcc))
}

fn resolve(
    list: &[Recipient],
    channel: Channel,
    setting: &Setting<'_>,
    seen: &mut BTreeSet<String>,
) -> Vec<(usize, Option<String>)> {
    let mut found = Vec::new();
    for (place, recipient) in list.iter().enumerate() {
        let raw = raw(recipient, channel, setting);
        let usable: Vec<String> = raw.iter().filter_map(|a| usable(a, channel, setting)).collect();
        if usable.is_empty() {
            found.push((place, None));
        }
        for address in usable {
            if seen.insert(contact::folded(&address)) {
                found.push((place, Some(address)));
            }
        }
    }
    found
}

fn usable(address: &str, channel: Channel, setting: &Setting<'_>) -> Option<String> {
    match channel {
        Channel::Email => contact::email(address),
        Channel::Sms => contact::phone(address, &setting.facts.business.settings.country),
        Channel::Webhook => None,
    }
}

/// The addresses of a recipient as they were given.
fn raw(recipient: &Recipient, channel: Channel, setting: &Setting<'_>) -> Vec<String> {
    let facts = setting.facts;
    let booking = facts.booking.as_ref();
    let pick = |email: Option<&String>, phone: Option<&String>| {
        let one = if channel == Channel::Sms { phone } else { email };
        one.cloned().into_iter().collect()
    };
    match recipient {
        Recipient::Customer => {
            let contact = facts.customer.as_ref().map(|c| &c.contact);
            pick(
                contact.and_then(|c| c.email.as_ref()),
                contact.and_then(|c| c.phone.as_ref()),
            )
        }
        Recipient::Resource => {
            let resource = booking.and_then(|b| b.resource.as_ref()).map(|r| &r.value);
            pick(
                resource.and_then(|r| r.email.as_ref()),
                resource.and_then(|r| r.phone.as_ref()),
            )
        }
        Recipient::Location => {
            let location = booking.and_then(|b| b.location.as_ref()).map(|l| &l.value);
            pick(
                location.and_then(|l| l.email.as_ref()),
                location.and_then(|l| l.phone.as_ref()),
            )
        }
        Recipient::Admins if channel == Channel::Email => facts.business.settings.admins.clone(),
        Recipient::Admins => Vec::new(),
        Recipient::Fixed(address) => vec![address.clone()],
        Recipient::Template(text) => {
            let context = setting.context(setting.business_language(), Reader::Other);
            render(text, Slot::Address, &context).into_iter().collect()
        }
    }
}
