//! Commands on bookings: find or make what they name, write the row, and let the change plan itself. All of it is validated
//! before anything is written.

use crate::change::{self, Cause, Delta, Out};
use crate::ending;
use crate::engine::{Engine, Inner};
use crate::naming::{self, Named};
use crate::paid;
use crate::people;
use crate::refusal::{Caller, Refusal, Target, Verb, Written, admit};
use crate::tenant::{self, Tenant};
use crate::terms::Terms;
use flyt_core::booking::{Automations, BookedExtra, Booking, Source};
use flyt_core::booking_body::BookingBody;
use flyt_core::customer::Customer;
use flyt_core::facts::{BookingFacts, Facts};
use flyt_core::id::BookingId;
use flyt_core::instant::plus_ms;
use flyt_core::invalid::{Faults, Patch};
use flyt_core::status::{Status, StatusKind};
use flyt_core::{merge, view};
use flyt_store::Tx;
use flyt_store::bookings;
use flyt_store::steps::StepRow;
use jiff::Timestamp;

impl Engine {
    /// Makes or changes a booking.
    ///
    /// # Errors
    /// `Invalid` with places, `NotFound`, `Conflict` (`external_id_taken`), `Precondition` when `expect` is not its revision.
    pub async fn write_booking(
        &self,
        caller: &Caller,
        target: Target<BookingId>,
        verb: Verb,
        body: BookingBody,
        terms: impl Into<Terms>,
    ) -> Result<Written<Facts>, Refusal> {
        let (inner, caller, terms) = (self.0.clone(), *caller, terms.into());
        let body = std::sync::Arc::new(body);
        let write = async move |tx: &mut Tx| {
            let request = Request {
                caller,
                target: &target,
                verb,
                body: &body,
                expect: terms.expect,
            };
            let done = write(&inner, tx, &request).await?;
            let shown = || done.0.clone().map(|facts| view::facts(&facts));
            terms.keep(tx, caller.business_no, shown).await?;
            Ok(done)
        };
        let (written, dispatch) = self.0.command(write).await?;
        self.0.dispatch(dispatch);
        Ok(written)
    }

    /// Deletes a booking. It fires nothing; its timers and waiting runs end with `booking_deleted`.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`.
    pub async fn delete_booking(
        &self,
        caller: &Caller,
        target: Target<BookingId>,
        expect: Option<i64>,
    ) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| delete(&inner, tx, caller, &target, expect).await)
            .await
    }
}

/// A write within a unit of work.
pub(crate) struct Request<'r> {
    pub(crate) caller: Caller,
    pub(crate) target: &'r Target<BookingId>,
    pub(crate) verb: Verb,
    pub(crate) body: &'r BookingBody,
    pub(crate) expect: Option<i64>,
}

async fn find(tx: &mut Tx, no: i64, target: &Target<BookingId>) -> Result<Option<Booking>, Refusal> {
    match target {
        Target::New => Ok(None),
        Target::Id(id) => {
            tx.tenant(no).alone(&format!("booking/{}", id.0));
            Ok(bookings::by_id(&mut tx.tenant(no), *id).await?)
        }
        Target::External(external) => {
            tx.tenant(no).alone(&format!("external/{external}"));
            let found = bookings::by_external_id(&mut tx.tenant(no), external).await?;
            let Some(found) = found else { return Ok(None) };
            tx.tenant(no).alone(&format!("booking/{}", found.id.0));
            Ok(bookings::by_id(&mut tx.tenant(no), found.id).await?)
        }
    }
}

pub(crate) async fn write(
    inner: &Inner,
    tx: &mut Tx,
    request: &Request<'_>,
) -> Result<(Written<Facts>, Vec<StepRow>), Refusal> {
    let no = request.caller.business_no;
    let now = inner.clock.now();
    let tenant = inner.cache.tenant(tx, no).await?;
    let before = find(tx, no, request.target).await?;
    let revision = before.as_ref().map(|b| b.revision);
    admit(request.target, request.verb, revision, request.expect)?;
    let before = match before {
        Some(booking) => Some(tenant::booking_facts(tx, no, booking).await?),
        None => None,
    };
    external_id_free(tx, no, request, before.as_ref()).await?;

    let mut faults = Faults {
        lenient: true,
        ..Faults::default()
    };
    let named = naming::resolve(tx, &tenant, request.body, before.as_ref(), &mut faults).await?;
    let Some(mut named) = named else {
        return Err(Refusal::Invalid(faults.errors));
    };
    let mut out = Out::new(inner, no, now);
    naming::number(&out, &mut named);
    let after = build(inner, &tenant, request, before.as_ref(), &named, now, &mut faults);
    let after = faults_or(after, &mut faults)?;
    refuse_read_only(request.body, before.as_ref(), &named, &mut faults)?;
    let old = before.as_ref().map(|b| &b.booking);
    let after = paid::after_write(tx, no, old, after, tenant.business.settings.currency).await?;

    let cause = Cause::outside(request.caller.actor);
    let customer = naming::write(tx, &mut out, &named, &cause).await?;
    let changed = before.as_ref().is_none_or(|b| b.booking != after);
    let after = if changed {
        save(tx, &mut out, before.as_ref().map(|b| &b.booking), after, &cause)?
    } else {
        after
    };
    let booking = BookingFacts {
        booking: after,
        service: named.service.entry.clone(),
        location: named.location.as_ref().map(|l| l.entry.clone()),
        resource: named.resource.as_ref().map(|r| r.entry.clone()),
        extras: named.extras.iter().map(|e| e.entry.clone()).collect(),
    };
    let facts = Facts {
        customer: Some(customer),
        booking: Some(booking),
        ..tenant::bare(&tenant)
    };
    let created = before.is_none();
    let customer_created = named.customer.created;
    if changed || customer_created {
        let delta = Delta {
            before,
            after: facts.clone(),
            customer_created,
            completed: None,
            deleted: None,
        };
        out.dispatch
            .extend(change::commit(inner, tx, &tenant, delta, cause).await?);
    }
    let written = Written {
        value: facts,
        created,
        changed,
        warnings: faults.warnings,
    };
    Ok((written, out.dispatch))
}

fn faults_or<T>(value: Option<T>, faults: &mut Faults) -> Result<T, Refusal> {
    match value {
        Some(value) if faults.errors.is_empty() => Ok(value),
        _ => Err(Refusal::Invalid(std::mem::take(&mut faults.errors))),
    }
}

async fn external_id_free(
    tx: &mut Tx,
    no: i64,
    request: &Request<'_>,
    before: Option<&BookingFacts>,
) -> Result<(), Refusal> {
    let Patch::Set(wanted) = &request.body.external_id else {
        return Ok(());
    };
    if before.is_some_and(|b| b.booking.external_id.as_ref() == Some(wanted)) {
        return Ok(());
    }
    tx.tenant(no).alone(&format!("external/{wanted}"));
    match bookings::by_external_id(&mut tx.tenant(no), wanted).await? {
        Some(other) => Err(Refusal::conflict(
            "external_id_taken",
            format!("a booking with the external id `{wanted}` exists"),
            Some(other.id.to_string()),
        )),
        None => Ok(()),
    }
}

fn refuse_read_only(
    body: &BookingBody,
    before: Option<&BookingFacts>,
    named: &Named,
    faults: &mut Faults,
) -> Result<(), Refusal> {
    if body.read_only.is_empty() {
        return Ok(());
    }
    let customer = Some(&named.customer.customer);
    let stored = before.map_or(serde_json::Value::Null, |b| view::booking(b, customer));
    merge::refuse_read_only(&stored, &body.read_only, faults);
    faults_or(Some(()), faults)
}

/// The booking as the body wants it. Faults say what stands in the way.
fn build(
    inner: &Inner,
    tenant: &Tenant,
    request: &Request<'_>,
    before: Option<&BookingFacts>,
    named: &Named,
    now: Timestamp,
    faults: &mut Faults,
) -> Option<Booking> {
    let body = request.body;
    if before.is_none() {
        body.require_for_new(faults);
    }
    let old = before.map(|b| &b.booking);
    let status = status(tenant, body, old, faults)?;
    let (start, end) = span(tenant, body, old, named, faults)?;
    let external = match (&body.external_id, request.target, old) {
        (Patch::Set(x), _, _) | (Patch::Keep, Target::External(x), None) => Some(x.clone()),
        (Patch::Clear, _, _) => None,
        (Patch::Keep, _, old) => old.and_then(|b| b.external_id.clone()),
    };
    let id = old.map_or_else(|| BookingId(inner.ids.next(now)), |b| b.id);
    let notes = old.and_then(|b| b.notes.clone());
    Some(Booking {
        id,
        external_id: external,
        reference: old.map_or_else(|| crate::random::reference(id.0), |b| b.reference.clone()),
        revision: old.map_or(0, |b| b.revision),
        customer_id: named.customer.customer.id,
        service_id: named.service.entry.id,
        location_id: named.location.as_ref().map(|l| l.entry.id),
        resource_id: named.resource.as_ref().map(|r| r.entry.id),
        extras: extras(body, old, named),
        status: status.key.clone(),
        status_kind: status.kind,
        start,
        end,
        language: patched(&body.language, old.and_then(|b| b.language.clone())),
        price: patched(&body.price, old.and_then(|b| b.price)),
        paid: old.map_or(0, |b| b.paid),
        paid_currency: old.and_then(|b| b.paid_currency),
        notes: patched(&body.notes, notes).filter(|n| !n.is_empty()),
        answers: answers(body, old),
        url: patched(&body.url, old.and_then(|b| b.url.clone())).filter(|u| !u.is_empty()),
        source: body.source.or(old.map(|b| b.source)).unwrap_or(Source::Api),
        automations: body
            .automations
            .or(old.map(|b| b.automations))
            .unwrap_or(Automations::On),
        customer_confirmed_at: old.and_then(|b| b.customer_confirmed_at),
        created_at: old.map_or(now, |b| b.created_at),
        updated_at: old.map_or(now, |b| b.updated_at),
    })
}

fn patched<T: Clone>(patch: &Patch<T>, old: Option<T>) -> Option<T> {
    match patch {
        Patch::Keep => old,
        Patch::Clear => None,
        Patch::Set(value) => Some(value.clone()),
    }
}

fn status<'t>(
    tenant: &'t Tenant,
    body: &BookingBody,
    old: Option<&Booking>,
    faults: &mut Faults,
) -> Option<&'t Status> {
    let statuses = &tenant.statuses;
    let wanted = body.status.as_deref().or(old.map(|b| b.status.as_str()));
    let found = match wanted {
        Some(key) => statuses.iter().find(|s| s.key == key),
        None => statuses
            .iter()
            .find(|s| s.key == "approved")
            .or_else(|| statuses.iter().find(|s| s.kind == StatusKind::Active)),
    };
    if found.is_none() {
        faults.unknown(
            "/status",
            "unknown_status",
            wanted.unwrap_or(""),
            statuses.iter().map(|s| s.key.as_str()),
        );
    }
    found
}

/// `start` alone moves `end` with it, `end` alone changes the length, a new service does neither.
fn span(
    tenant: &Tenant,
    body: &BookingBody,
    old: Option<&Booking>,
    named: &Named,
    faults: &mut Faults,
) -> Option<(Timestamp, Timestamp)> {
    let zone = named
        .location
        .as_ref()
        .and_then(|l| l.entry.value.time_zone.as_ref());
    let zone = zone.unwrap_or(&tenant.business.settings.time_zone);
    let start = body.start.map(|m| m.instant(zone)).or(old.map(|b| b.start))?;
    let duration = named.service.entry.value.duration_minutes.map(|m| m * 60_000);
    let end = match (&body.end, old) {
        (Patch::Set(moment), _) => Some(moment.instant(zone)),
        (Patch::Keep, Some(b)) => Some(plus_ms(start, b.end.as_millisecond() - b.start.as_millisecond())),
        (Patch::Keep | Patch::Clear, _) => duration.map(|ms| plus_ms(start, ms)),
    };
    let Some(end) = end else {
        faults.error(
            "/end",
            "required",
            "`end` is required: the service has no duration",
        );
        return None;
    };
    if end < start {
        faults.error("/end", "end_before_start", "must not be before `start`");
        return None;
    }
    Some((start, end))
}

fn extras(body: &BookingBody, old: Option<&Booking>, named: &Named) -> Vec<BookedExtra> {
    match &body.extras {
        Patch::Keep => old.map(|b| b.extras.clone()).unwrap_or_default(),
        Patch::Clear => Vec::new(),
        Patch::Set(lines) => lines
            .iter()
            .zip(&named.extras)
            .map(|(line, extra)| BookedExtra {
                id: extra.entry.id,
                quantity: line.quantity,
                price: line.price.or(extra.entry.value.price),
            })
            .collect(),
    }
}

fn answers(
    body: &BookingBody,
    old: Option<&Booking>,
) -> std::collections::BTreeMap<String, serde_json::Value> {
    let mut all = old.map(|b| b.answers.clone()).unwrap_or_default();
    match &body.answers {
        Patch::Keep => {}
        Patch::Clear => all.clear(),
        Patch::Set(given) => {
            for (key, value) in given {
                if value.is_null() {
                    all.remove(key);
                } else {
                    all.insert(key.clone(), value.clone());
                }
            }
        }
    }
    all
}

/// Writes a booking with the next revision, and its audit row.
pub(crate) fn save(
    tx: &mut Tx,
    out: &mut Out<'_>,
    before: Option<&Booking>,
    after: Booking,
    cause: &Cause,
) -> Result<Booking, Refusal> {
    let after = Booking {
        revision: after.revision + 1,
        updated_at: out.now,
        ..after
    };
    let mut tenant = tx.tenant(out.business_no);
    let action = if before.is_some() {
        bookings::update(&mut tenant, &after)?;
        "booking.update"
    } else {
        bookings::insert(&mut tenant, &after)?;
        "booking.create"
    };
    crate::audit::note(tx, out, cause.actor, action, &after.id.to_string())?;
    Ok(after)
}

/// Writes a customer with the next revision, and its audit row.
pub(crate) async fn save_customer(
    tx: &mut Tx,
    out: &mut Out<'_>,
    customer: Customer,
    cause: &Cause,
) -> Result<Customer, Refusal> {
    people::save(tx, out, customer, false, cause.actor).await
}

pub(crate) async fn delete(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    target: &Target<BookingId>,
    expect: Option<i64>,
) -> Result<(), Refusal> {
    let no = caller.business_no;
    let tenant = inner.cache.tenant(tx, no).await?;
    let before = find(tx, no, target).await?.ok_or(Refusal::NotFound)?;
    if expect.is_some_and(|e| e != before.revision) {
        return Err(Refusal::Precondition);
    }
    let id = before.id;
    let mut out = Out::new(inner, no, inner.clock.now());
    bookings::delete(&mut tx.tenant(no), id, out.now).await?;
    crate::audit::note(tx, &out, caller.actor, "booking.delete", &id.to_string())?;
    for mut run in flyt_store::runs::live(&mut tx.tenant(no), id).await? {
        ending::after_delete(tx, &out, &mut run).await?;
    }
    let before = tenant::booking_facts(tx, no, before).await?;
    let delta = Delta {
        before: Some(before),
        after: tenant::bare(&tenant),
        customer_created: false,
        completed: None,
        deleted: Some(id),
    };
    out.dispatch
        .extend(change::commit(inner, tx, &tenant, delta, Cause::outside(caller.actor)).await?);
    Ok(())
}
