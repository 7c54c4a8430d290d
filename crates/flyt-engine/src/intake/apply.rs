//! Carrying out what a delivery says, within its unit of work: which booking it is, whether it is old news, the write.

use super::{Outcome, set};
use crate::booking::{self, Request};
use crate::engine::Inner;
use crate::people;
use crate::refusal::{Caller, Refusal, Target, Verb};
use flyt_core::booking::Booking;
use flyt_core::booking_body::BookingBody;
use flyt_core::contact;
use flyt_core::id::{BookingId, CustomerId};
use flyt_core::inbound::{BookingSays, Meaning, Only, Said, Settings};
use flyt_core::invalid::{Faults, Patch};
use flyt_core::reference::Pointer;
use flyt_core::status::StatusKind;
use flyt_store::inbound::{self as rows, Link, Source};
use flyt_store::steps::StepRow;
use flyt_store::{Tx, bookings, customers};
use serde_json::{Value, json};

/// Carries out a delivery.
pub(super) async fn apply(
    inner: &Inner,
    tx: &mut Tx,
    source: &Source,
    settings: &Settings,
    said: &Said,
) -> Result<Outcome, Refusal> {
    let mut outcome = match &said.meaning {
        Meaning::Nothing(why) => ignored(why, None),
        Meaning::Customer { external_id, body } => customer(inner, tx, source, external_id, body).await?,
        Meaning::Booking(says) => {
            if let Some(thin) = said.thin.as_ref().filter(|t| !t.enough) {
                return Ok(Outcome {
                    verdict: "thin",
                    detail: Some(json!({"missing": thin.missing, "reason": NO_TOKEN})),
                    ..Outcome::default()
                });
            }
            let work = Work {
                inner,
                source,
                settings,
                caller: super::caller(source),
                says,
            };
            work.take(tx).await?
        }
    };
    if let Some(thin) = said.thin.as_ref().filter(|_| outcome.verdict == "taken") {
        let known = match thin.customer.as_deref() {
            Some(customer) => is_reachable(tx, source.business_no, customer).await?,
            None => false,
        };
        if !known {
            outcome.verdict = "thin";
            let mut detail = outcome.detail.unwrap_or_else(|| json!({}));
            set(&mut detail, "missing", json!(thin.missing));
            outcome.detail = Some(detail);
        }
    }
    Ok(outcome)
}
const NO_TOKEN: &str =
    "the delivery holds an id only: give the source an api_token, so that the rest can be fetched";

/// Whether a customer is known here with an address.
pub(super) async fn is_reachable(tx: &mut Tx, no: i64, external_id: &str) -> Result<bool, Refusal> {
    let found = customers::by_external_id(&mut tx.tenant(no), external_id).await?;
    Ok(found.is_some_and(|c| c.contact.email.is_some() || c.contact.phone.is_some()))
}

fn ignored(why: &str, booking_id: Option<BookingId>) -> Outcome {
    Outcome {
        verdict: "ignored",
        detail: Some(json!({"reason": why})),
        booking_id,
        ..Outcome::default()
    }
}

/// The contact of a customer who may not have booked yet. What cannot be used is left out: it must not lose the rest.
async fn customer(
    inner: &Inner,
    tx: &mut Tx,
    source: &Source,
    external_id: &str,
    body: &Value,
) -> Result<Outcome, Refusal> {
    let no = source.business_no;
    let country = inner
        .cache
        .tenant(tx, no)
        .await?
        .business
        .settings
        .country
        .clone();
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("external_id");
        let usable = |name: &str, text: &str| match name {
            "email" => contact::email(text).is_some(),
            "phone" => contact::phone(text, &country).is_some(),
            _ => true,
        };
        fields.retain(|name, value| value.as_str().is_none_or(|text| usable(name, text)));
    }
    let target = Target::External(external_id.to_owned());
    tx.tenant(no).alone(&format!("customer/{external_id}"));
    let (written, dispatch) = people::write_customer(
        inner,
        tx,
        super::caller(source),
        (&target, Verb::Put),
        &body,
        None,
    )
    .await?;
    Ok(Outcome {
        verdict: "taken",
        detail: Some(json!({"customer": word(written.created, written.changed)})),
        customer_id: Some(written.value.id),
        dispatch,
        ..Outcome::default()
    })
}

fn word(created: bool, changed: bool) -> &'static str {
    match (created, changed) {
        (true, _) => "created",
        (false, true) => "changed",
        (false, false) => "unchanged",
    }
}

/// The booking that a delivery speaks of.
enum Found {
    /// It is here.
    Here(Box<Booking>),
    /// It was here and a person deleted it.
    Deleted,
    /// We have never heard of it, or only that it was closed.
    Unknown,
}

struct Work<'w> {
    inner: &'w Inner,
    source: &'w Source,
    settings: &'w Settings,
    caller: Caller,
    says: &'w BookingSays,
}
impl Work<'_> {
    async fn take(&self, tx: &mut Tx) -> Result<Outcome, Refusal> {
        let (no, says) = (self.source.business_no, self.says);
        let mut keys = vec![says.external_id.as_str()];
        keys.extend(says.former.as_deref());
        keys.sort_unstable();
        for key in keys {
            tx.tenant(no).alone(&format!("foreign/{key}"));
        }
        let link = rows::link(&mut tx.tenant(no), &says.external_id)
            .await?
            .unwrap_or_default();
        if let Some(newer) = &link.newer {
            self.drop_twin(tx, link.booking_id, newer).await?;
            return Ok(ignored(
                &format!("the booking has moved on and is `{newer}` now"),
                link.booking_id,
            ));
        }
        if says.only == Only::Moved {
            return Ok(ignored(
                "the booking moves: its new time comes by itself, and nothing is cancelled",
                link.booking_id,
            ));
        }
        if says
            .version
            .zip(link.version)
            .is_some_and(|(now, last)| now < last)
        {
            return Ok(ignored("older than what is known", link.booking_id));
        }
        match self.find(tx, &link).await? {
            Found::Deleted => Ok(ignored("the booking was deleted here", link.booking_id)),
            Found::Here(booking) => self.change(tx, &link, *booking).await,
            Found::Unknown => self.make(tx, &link).await,
        }
    }

    /// By the foreign id, by the one it had before, and by the external id of a booking that came another way.
    async fn find(&self, tx: &mut Tx, link: &Link) -> Result<Found, Refusal> {
        let (no, says) = (self.source.business_no, self.says);
        let of_former = match &says.former {
            Some(former) => rows::link(&mut tx.tenant(no), former)
                .await?
                .and_then(|l| l.booking_id),
            None => None,
        };
        if let Some(id) = link.booking_id.or(of_former) {
            return Ok(match bookings::by_id(&mut tx.tenant(no), id).await? {
                Some(booking) => Found::Here(Box::new(booking)),
                None => Found::Deleted,
            });
        }
        for external in [Some(&says.external_id), says.former.as_ref()]
            .into_iter()
            .flatten()
        {
            if let Some(booking) = bookings::by_external_id(&mut tx.tenant(no), external).await? {
                return Ok(Found::Here(Box::new(booking)));
            }
        }
        Ok(Found::Unknown)
    }

    async fn make(&self, tx: &mut Tx, link: &Link) -> Result<Outcome, Refusal> {
        let says = self.says;
        let closes = self.kind(tx).await? == Some(StatusKind::ClosedBad);
        let Some(body) = says
            .body
            .as_ref()
            .filter(|_| !closes && !matches!(says.only, Only::Counting | Only::NoShow))
        else {
            // What begins closed starts nothing; that it is closed is remembered for what comes late.
            self.remember(tx, link, None)?;
            return Ok(ignored("there is no such booking here", None));
        };
        let mut body = body.clone();
        set(&mut body, "external_id", json!(says.external_id));
        if let Some(automations) = self.settings.automations {
            set(&mut body, "automations", json!(automations.word()));
        }
        if let Some(status) = &says.status {
            set(&mut body, "status", json!(status));
        }
        self.write(tx, link, &Target::New, Verb::Create, &body, None)
            .await
    }

    async fn change(&self, tx: &mut Tx, link: &Link, booking: Booking) -> Result<Outcome, Refusal> {
        let says = self.says;
        let counts = match says.only {
            Only::Always => true,
            Only::New | Only::Moved => false,
            Only::Counting => matches!(booking.status_kind, StatusKind::Open | StatusKind::Active),
            Only::NoShow => Some(booking.status.as_str()) == self.settings_status("no_show").as_deref(),
        };
        if !counts {
            return Ok(ignored(
                "says nothing new about a booking that is here",
                Some(booking.id),
            ));
        }
        let mut body = says.body.clone().unwrap_or_else(|| json!({}));
        // Only what the sender says anew moves a status: what people set here stays until then.
        if let Some(status) = says.status.as_ref().filter(|s| link.status.as_ref() != Some(*s)) {
            set(&mut body, "status", json!(status));
        }
        if says.former.is_some() || booking.external_id.is_none() {
            set(&mut body, "external_id", json!(says.external_id));
        }
        // Who entered it is said once.
        if let Some(fields) = body.as_object_mut() {
            fields.remove("source");
        }
        self.drop_twin(tx, Some(booking.id), &says.external_id).await?;
        let customer = customers::by_id(&mut tx.tenant(self.source.business_no), booking.customer_id).await?;
        let target = Target::Id(booking.id);
        let email = customer.as_ref().and_then(|c| c.contact.email.clone());
        self.write(
            tx,
            link,
            &target,
            Verb::Patch,
            &body,
            Some((booking.customer_id, email)),
        )
        .await
    }

    /// Where moves came out of order one booking became two: the one from before the move goes.
    async fn drop_twin(&self, tx: &mut Tx, kept: Option<BookingId>, now_called: &str) -> Result<(), Refusal> {
        let no = self.source.business_no;
        let Some((former, kept)) = self.says.former.as_ref().zip(kept) else {
            return Ok(());
        };
        let link = rows::link(&mut tx.tenant(no), former).await?.unwrap_or_default();
        let Some(twin) = link.booking_id.filter(|twin| *twin != kept) else {
            return Ok(());
        };
        if bookings::by_id(&mut tx.tenant(no), twin).await?.is_some() {
            booking::delete(self.inner, tx, self.caller, &Target::Id(twin), None).await?;
        }
        let gone = Link {
            booking_id: Some(kept),
            newer: Some(now_called.to_owned()),
            ..link
        };
        Ok(rows::put_link(
            &mut tx.tenant(no),
            former,
            &gone,
            self.inner.clock.now(),
        )?)
    }

    fn settings_status(&self, ours: &str) -> Option<String> {
        self.settings
            .statuses
            .get(ours)
            .cloned()
            .unwrap_or_else(|| Some(ours.to_owned()))
    }

    async fn kind(&self, tx: &mut Tx) -> Result<Option<StatusKind>, Refusal> {
        let tenant = self.inner.cache.tenant(tx, self.source.business_no).await?;
        let wanted = self.says.status.as_deref();
        Ok(tenant
            .statuses
            .iter()
            .find(|s| Some(s.key.as_str()) == wanted)
            .map(|s| s.kind))
    }

    async fn write(
        &self,
        tx: &mut Tx,
        link: &Link,
        target: &Target<BookingId>,
        verb: Verb,
        body: &Value,
        known: Option<(CustomerId, Option<String>)>,
    ) -> Result<Outcome, Refusal> {
        let no = self.source.business_no;
        let country = self
            .inner
            .cache
            .tenant(tx, no)
            .await?
            .business
            .settings
            .country
            .clone();
        let mut faults = Faults {
            lenient: true,
            ..Faults::default()
        };
        let read = BookingBody::read(body, &country, &mut faults);
        let mut warnings = std::mem::take(&mut faults.warnings);
        let mut read = faults.finish(read).map_err(Refusal::Invalid)?;
        if let Some((id, email)) = known {
            keep_customer(&mut read, id, email.as_deref());
        }
        let request = Request {
            caller: self.caller,
            target,
            verb,
            body: &read,
            expect: None,
        };
        let (written, mut dispatch) = booking::write(self.inner, tx, &request).await?;
        warnings.extend(written.warnings);
        let facts = written.value;
        let booking_id = facts.booking.as_ref().map(|b| b.booking.id);
        let mut detail = json!({"booking": word(written.created, written.changed)});
        if !warnings.is_empty() {
            set(&mut detail, "warnings", json!(warnings));
        }
        self.remember(tx, link, booking_id)?;
        if let Some(id) = booking_id {
            dispatch.extend(self.pay(tx, id).await?);
        }
        Ok(Outcome {
            verdict: "taken",
            detail: Some(detail),
            booking_id,
            dispatch,
            ..Outcome::default()
        })
    }

    async fn pay(&self, tx: &mut Tx, booking: BookingId) -> Result<Vec<StepRow>, Refusal> {
        let Some(payment) = &self.says.payment else {
            return Ok(Vec::new());
        };
        let mut body = payment.clone();
        set(&mut body, "booking", json!({"id": booking}));
        let external = body.as_object_mut().and_then(|b| b.remove("external_id"));
        let target = match external.as_ref().and_then(Value::as_str) {
            Some(external) => Target::External(external.to_owned()),
            None => Target::New,
        };
        let done =
            people::write_payment(self.inner, tx, self.caller, (&target, Verb::Put), &body, None).await?;
        Ok(done.1)
    }

    /// Which booking the foreign ids are, and how far we have heard.
    fn remember(&self, tx: &mut Tx, link: &Link, booking_id: Option<BookingId>) -> Result<(), Refusal> {
        let (no, says, now) = (self.source.business_no, self.says, self.inner.clock.now());
        let fresh = Link {
            booking_id: booking_id.or(link.booking_id),
            version: says.version.max(link.version),
            status: says.status.clone().or_else(|| link.status.clone()),
            newer: None,
        };
        rows::put_link(&mut tx.tenant(no), &says.external_id, &fresh, now)?;
        if let Some(former) = &says.former {
            let gone = Link {
                newer: Some(says.external_id.clone()),
                ..fresh
            };
            rows::put_link(&mut tx.tenant(no), former, &gone, now)?;
        }
        Ok(())
    }
}

/// A sender without ids of customers means the booking's own customer, unless the e-mail is another one.
fn keep_customer(body: &mut BookingBody, id: CustomerId, email: Option<&str>) {
    let Some(sent) = body.customer.as_mut().filter(|c| c.pointer.is_none()) else {
        return;
    };
    let same = match &sent.email {
        Patch::Set(new) => email.is_some_and(|old| contact::folded(old) == contact::folded(new)),
        Patch::Keep | Patch::Clear => true,
    };
    if same {
        sent.pointer = Some(Pointer::Id(id));
    }
}
