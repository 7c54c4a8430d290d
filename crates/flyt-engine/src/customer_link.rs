//! Links for customers: what they say, who may have made them, and what is done when somebody acts on one. A link names the
//! business, the booking or customer, what it is good for and until when, under a mark of the installation's key; nothing of it
//! is stored. Looking at one changes nothing. The page is the server's.

use crate::audit;
use crate::booking::{self, Request};
use crate::change::{self, Cause, Delta, Out};
use crate::engine::{Engine, Inner};
use crate::people;
use crate::refusal::{Actor, Caller, Refusal, Target, Verb};
use crate::tenant::{self, Tenant};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use flyt_core::booking::Automations;
use flyt_core::booking_body::BookingBody;
use flyt_core::business::Business;
use flyt_core::customer::{Channel, OptOut, Purpose};
use flyt_core::customer_link::{self as core, Act, Said, Scope};
use flyt_core::facts::Facts;
use flyt_core::id::{BookingId, CustomerId};
use flyt_core::invalid::Faults;
use flyt_core::render::Links;
use flyt_core::status::StatusKind;
use flyt_store::{Tx, customers};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// Bytes of a link before its mark, and of the mark.
const SAID: usize = 15;
const MARK: usize = 16;
const DAY_S: i64 = 86_400;
/// How long a link to a booking is good after the booking has ended, in days.
const AFTER_END: i64 = 30;
/// How long one can unsubscribe by a letter, in days.
const UNSUBSCRIBE: i64 = 400;
/// Where a server is that nobody has told where it is.
const USUAL: &str = "http://127.0.0.1:8080";
/// The answer of a booking in which a customer's wish for another time stands.
const WISH: &str = "wished_time";

/// What a link names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    scope: Scope,
    business_no: i64,
    /// A booking, or for `unsubscribe` a customer.
    id: i64,
    /// The last day on which it is good, counted from 1970.
    until: i64,
}
impl Token {
    /// As bytes; `None` for numbers that no business and no day has.
    fn bytes(self) -> Option<[u8; SAID]> {
        let business = u32::try_from(self.business_no).ok()?.to_be_bytes();
        let day = u16::try_from(self.until).ok()?.to_be_bytes();
        let all = [
            &[self.scope.byte()],
            business.as_slice(),
            &self.id.to_be_bytes(),
            &day,
        ]
        .concat();
        all.try_into().ok()
    }
    fn read(bytes: [u8; SAID]) -> Option<Self> {
        let [scope, b0, b1, b2, b3, i0, i1, i2, i3, i4, i5, i6, i7, d0, d1] = bytes;
        Some(Self {
            scope: Scope::of(scope)?,
            business_no: u32::from_be_bytes([b0, b1, b2, b3]).into(),
            id: i64::from_be_bytes([i0, i1, i2, i3, i4, i5, i6, i7]),
            until: u16::from_be_bytes([d0, d1]).into(),
        })
    }
    fn sealed_for(said: &[u8; SAID]) -> String {
        format!("customer link {}", BASE64.encode(said))
    }
}

/// What a good link leads to, as it is now.
#[derive(Debug, Clone)]
pub struct LinkSeen {
    /// What it is good for.
    pub scope: Scope,
    /// Whose it is.
    pub business: Arc<Business>,
    /// The booking and its customer; without a booking it was deleted, or the link is for unsubscribing.
    pub facts: Facts,
    /// What can be said before anything is done.
    pub said: Said,
}

impl Inner {
    /// Where people reach this server.
    pub(crate) fn base_url(&self) -> String {
        let told = self.public_url.clone();
        told.or_else(|| self.listens.get().cloned())
            .unwrap_or_else(|| USUAL.to_owned())
    }
    fn link(&self, token: Token) -> Option<String> {
        let said = token.bytes()?;
        let mark = self.seal.marks(&Token::sealed_for(&said)).into_iter().next()?;
        let (mark, _) = mark.split_first_chunk::<MARK>()?;
        let text = BASE64.encode([said.as_slice(), mark].concat());
        Some(format!("{}/l/{text}", self.base_url()))
    }
    /// The values of `links.*` that Flyt makes, for a letter on a channel.
    pub(crate) fn links(&self, facts: &Facts, channel: Option<Channel>, now: Timestamp) -> Links {
        let mut links = Links::new();
        let business_no = facts.business.no;
        let day = |at: Timestamp| at.as_second().div_euclid(DAY_S);
        if let Some(facts) = &facts.booking {
            let last = facts.booking.end.max(facts.booking.created_at);
            for scope in Scope::OF_BOOKING {
                let token = Token {
                    scope: *scope,
                    business_no,
                    id: facts.booking.id.0,
                    until: day(last) + AFTER_END,
                };
                links.extend(self.link(token).map(|url| (scope.name().to_owned(), url)));
            }
        }
        if let Some(customer) = &facts.customer {
            let scope = match channel {
                Some(Channel::Sms) => Scope::UnsubscribeSms,
                Some(Channel::Email | Channel::Webhook) | None => Scope::UnsubscribeEmail,
            };
            let token = Token {
                scope,
                business_no,
                id: customer.id.0,
                until: day(now) + UNSUBSCRIBE,
            };
            links.extend(self.link(token).map(|url| (scope.name().to_owned(), url)));
        }
        links
    }
    /// Links of the usual length that lead nowhere: whoever may look at a text may not act for a customer.
    pub(crate) fn sample_links(&self) -> Links {
        let url = format!(
            "{}/l/{:0<2$}",
            self.base_url(),
            "preview",
            (SAID + MARK) * 4 / 3 + 1
        );
        let scopes = Scope::OF_BOOKING.iter().chain(&[Scope::UnsubscribeEmail]);
        scopes
            .map(|scope| (scope.name().to_owned(), url.clone()))
            .collect()
    }
    /// Where the owner of an address says that there shall be no more advertising, by the headers of a letter.
    pub(crate) fn unsubscribe_headers(&self, facts: &Facts, at: Timestamp) -> Vec<(String, String)> {
        let links = self.links(facts, Some(Channel::Email), at);
        let header = |url: &String| {
            [
                ("List-Unsubscribe".to_owned(), format!("<{url}>")),
                (
                    "List-Unsubscribe-Post".to_owned(),
                    "List-Unsubscribe=One-Click".to_owned(),
                ),
            ]
        };
        links
            .get("unsubscribe")
            .map(header)
            .into_iter()
            .flatten()
            .collect()
    }
    /// What a link says, if we made it and its time is not over.
    fn opened_link(&self, text: &str, now: Timestamp) -> Option<Token> {
        let bytes = BASE64.decode(text).ok()?;
        let (said, mark) = bytes.split_first_chunk::<SAID>()?;
        let known = self.seal.marks(&Token::sealed_for(said));
        let same = |full: &[u8; 32]| {
            mark.len() == MARK && full.iter().zip(mark).fold(0, |d, (a, b)| d | (a ^ b)) == 0
        };
        let token = Token::read(*said).filter(|_| known.iter().any(same))?;
        (now.as_second().div_euclid(DAY_S) <= token.until).then_some(token)
    }
}

impl Engine {
    /// The server listens here from now on: links lead there unless the operator says otherwise.
    pub fn listens(&self, url: String) {
        // A server listens once.
        let _first = self.0.listens.set(url);
    }
    /// Where people reach this server: as the operator says, else where it listens.
    pub fn base_url(&self) -> String {
        self.0.base_url()
    }
    /// What a customer's link leads to. `None`: it is not ours, or its time is over.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub async fn see_link(&self, text: &str) -> Result<Option<LinkSeen>, Refusal> {
        let now = self.now();
        let Some(token) = self.0.opened_link(text, now) else {
            return Ok(None);
        };
        let inner = self.0.clone();
        let read = self
            .0
            .read(async move |tx: &mut Tx| seen(&inner, tx, token, now).await)
            .await;
        match read {
            Ok((_, seen)) => Ok(Some(seen)),
            Err(Refusal::NotFound) => Ok(None),
            Err(other) => Err(other),
        }
    }
    /// Does what a customer asks by a link, unless it is done already or too late; what it came to, and how things are now.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub async fn act_on_link(&self, text: &str, act: Act, wish: &str) -> Result<Option<LinkSeen>, Refusal> {
        let Some(token) = self.0.opened_link(text, self.now()) else {
            return Ok(None);
        };
        let (inner, wish) = (self.0.clone(), wish.to_owned());
        let write = async move |tx: &mut Tx| {
            let now = inner.clock.now();
            let mut out = Out::new(&inner, token.business_no, now);
            if let Scope::UnsubscribeEmail | Scope::UnsubscribeSms = token.scope {
                tx.tenant(token.business_no)
                    .alone(&format!("customer/{}", token.id));
            } else {
                tx.tenant(token.business_no)
                    .alone(&format!("booking/{}", token.id));
            }
            let (tenant, before) = seen(&inner, tx, token, now).await?;
            let said = core::may(token.scope, act, &before.facts, now);
            if said != Said::Ready {
                return Ok((LinkSeen { said, ..before }, out.dispatch));
            }
            carry_out(&inner, tx, &mut out, &tenant, &before, act, &wish).await?;
            let (_, after) = seen(&inner, tx, token, now).await?;
            let said = Said::Done(act);
            Ok((LinkSeen { said, ..after }, out.dispatch))
        };
        let (seen, dispatch) = match self.0.command(write).await {
            Ok(done) => done,
            Err(Refusal::NotFound) => return Ok(None),
            Err(other) => return Err(other),
        };
        self.0.dispatch(dispatch);
        if let (Said::Done(Act::Reschedule), Some(customer)) = (seen.said, &seen.facts.customer) {
            self.tell_admins(&seen, &customer.contact.full_name()).await;
        }
        Ok(Some(seen))
    }

    /// Somebody has to answer a wish for another time: it is mailed to the business, where there is a relay.
    async fn tell_admins(&self, seen: &LinkSeen, name: &str) {
        let settings = &seen.business.settings;
        let Some(facts) = &seen.facts.booking else { return };
        let reference = &facts.booking.reference;
        let wish = facts
            .booking
            .answers
            .get(WISH)
            .and_then(|w| w.as_str())
            .unwrap_or_default();
        let norwegian = core::is_norwegian(&settings.default_language);
        let (subject, text) = if norwegian {
            (
                format!("{reference}: ønsker ny tid"),
                format!("{name} ber om en annen tid for time {reference}:\n\n{wish}\n"),
            )
        } else {
            (
                format!("{reference}: another time is wished for"),
                format!("{name} asks for another time for appointment {reference}:\n\n{wish}\n"),
            )
        };
        for admin in &settings.admins {
            self.post(admin, &subject, &text).await;
        }
    }
}

/// How things are with what a link names.
async fn seen(
    inner: &Inner,
    tx: &mut Tx,
    token: Token,
    now: Timestamp,
) -> Result<(Arc<Tenant>, LinkSeen), Refusal> {
    let tenant = inner.cache.tenant(tx, token.business_no).await?;
    let facts = match token.scope {
        Scope::UnsubscribeEmail | Scope::UnsubscribeSms => {
            tenant::facts(tx, &tenant, None, Some(CustomerId(token.id))).await?
        }
        Scope::Manage | Scope::Confirm | Scope::Cancel | Scope::Reschedule | Scope::Ics => {
            tenant::facts(tx, &tenant, Some(BookingId(token.id)), None).await?
        }
    };
    let said = core::state(token.scope, &facts, now);
    let seen = LinkSeen {
        scope: token.scope,
        business: tenant.business.clone(),
        facts,
        said,
    };
    Ok((tenant, seen))
}

async fn carry_out(
    inner: &Inner,
    tx: &mut Tx,
    out: &mut Out<'_>,
    tenant: &Tenant,
    seen: &LinkSeen,
    act: Act,
    wish: &str,
) -> Result<(), Refusal> {
    match act {
        Act::Unsubscribe => unsubscribe(tx, out, seen).await,
        Act::Confirm => confirm(inner, tx, out, tenant, seen).await,
        Act::Cancel => {
            let cancelled = |key: &str| tenant.statuses.iter().find(|s| s.key == key);
            let bad = tenant.statuses.iter().find(|s| s.kind == StatusKind::ClosedBad);
            let status = cancelled("cancelled")
                .filter(|s| s.kind == StatusKind::ClosedBad)
                .or(bad);
            let status = status.ok_or_else(|| {
                Refusal::conflict(
                    "no_status",
                    "the business has no status for what is cancelled",
                    None,
                )
            })?;
            patch(inner, tx, out, seen, &json!({ "status": status.key })).await
        }
        Act::Reschedule => patch(inner, tx, out, seen, &json!({ "answers": { WISH: wish } })).await,
    }
}

/// A change of the booking as the API makes it, in the customer's name.
async fn patch(
    inner: &Inner,
    tx: &mut Tx,
    out: &mut Out<'_>,
    seen: &LinkSeen,
    body: &serde_json::Value,
) -> Result<(), Refusal> {
    let facts = seen.facts.booking.as_ref().ok_or(Refusal::NotFound)?;
    let mut faults = Faults::default();
    let read = BookingBody::read(body, &seen.business.settings.country, &mut faults);
    let body = faults.finish(read).map_err(Refusal::Invalid)?;
    let request = Request {
        caller: Caller {
            business_no: seen.business.no,
            actor: Actor::Customer,
        },
        target: &Target::Id(facts.booking.id),
        verb: Verb::Patch,
        body: &body,
        expect: None,
        unsaid: Automations::On,
    };
    let (_, dispatch) = booking::write(inner, tx, &request).await?;
    out.dispatch.extend(dispatch);
    Ok(())
}

/// The customer is coming: noted, and the status stays as it is.
async fn confirm(
    inner: &Inner,
    tx: &mut Tx,
    out: &mut Out<'_>,
    tenant: &Tenant,
    seen: &LinkSeen,
) -> Result<(), Refusal> {
    let before = seen.facts.booking.clone().ok_or(Refusal::NotFound)?;
    let cause = Cause::outside(Actor::Customer);
    let mut after = before.clone();
    after.booking.customer_confirmed_at = Some(out.now);
    after.booking = booking::save(tx, out, Some(&before.booking), after.booking, &cause)?;
    let facts = Facts {
        booking: Some(after),
        ..seen.facts.clone()
    };
    let delta = Delta {
        before: Some(before),
        after: facts,
        customer_created: false,
        completed: None,
        deleted: None,
    };
    out.dispatch
        .extend(change::commit(inner, tx, tenant, delta, cause).await?);
    Ok(())
}

/// No more advertising on this channel to the owner of the address, under whichever names they booked.
async fn unsubscribe(tx: &mut Tx, out: &mut Out<'_>, seen: &LinkSeen) -> Result<(), Refusal> {
    let customer = seen.facts.customer.as_ref().ok_or(Refusal::NotFound)?;
    let no = out.business_no;
    let (channel, address) = if seen.scope == Scope::UnsubscribeSms {
        (Channel::Sms, customer.contact.phone.clone())
    } else {
        (Channel::Email, customer.contact.email.clone())
    };
    let mut all = match (channel, address) {
        (Channel::Sms, Some(number)) => customers::by_phone(&mut tx.tenant(no), &number).await?,
        (_, Some(email)) => customers::by_email(&mut tx.tenant(no), &email).await?,
        (_, None) => Vec::new(),
    };
    if all.iter().all(|c| c.id != customer.id) {
        all.push(customer.clone());
    }
    for mut one in all {
        if core::has_left(&one, channel) {
            continue;
        }
        one.contact.opt_outs.push(OptOut {
            channel,
            purpose: Some(Purpose::Marketing),
            at: out.now,
        });
        people::save(tx, out, one, false, Actor::Customer).await?;
    }
    audit::note(
        tx,
        out,
        Actor::Customer,
        "customer.unsubscribe",
        &customer.id.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_reads_back_what_it_says() {
        let token = Token {
            scope: Scope::Cancel,
            business_no: 7,
            id: i64::MAX,
            until: 20_000,
        };
        assert_eq!(Token::read(token.bytes().unwrap()), Some(token));
        let far = Token {
            until: 70_000,
            ..token
        };
        assert_eq!(far.bytes(), None);
    }
}
