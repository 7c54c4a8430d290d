//! What a booking names: existing objects found, missing ones drafted; nothing is written before everything is valid.

use crate::audit;
use crate::change::{Cause, Out};
use crate::people;
use crate::refusal::Refusal;
use crate::tenant::Tenant;
use flyt_core::booking_body::BookingBody;
use flyt_core::catalogue::{Entry, Extra, Location, Resource, ResourceKind, Service};
use flyt_core::contact;
use flyt_core::customer::{Contact, Customer};
use flyt_core::facts::BookingFacts;
use flyt_core::id::{CustomerId, ExtraId, LocationId, ResourceId, ServiceId};
use flyt_core::invalid::{Faults, Patch};
use flyt_core::reference::{CustomerRef, Pointer, Reference};
use flyt_store::Tx;
use flyt_store::catalogue::{self, Listed};
use flyt_store::customers;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A catalogue object that exists or is to be made.
pub(crate) struct Found<Id, T> {
    pub(crate) entry: Entry<Id, T>,
    pub(crate) created: bool,
}
/// The customer of a booking.
pub(crate) struct Who {
    pub(crate) customer: Customer,
    pub(crate) created: bool,
    pub(crate) changed: bool,
}
/// Everything a booking names.
pub(crate) struct Named {
    pub(crate) customer: Who,
    pub(crate) service: Found<ServiceId, Service>,
    pub(crate) location: Option<Found<LocationId, Location>>,
    pub(crate) resource: Option<Found<ResourceId, Resource>>,
    pub(crate) extras: Vec<Found<ExtraId, Extra>>,
}

/// What can be named by a booking, and what it is when only its external id is known.
trait Nameable: Listed + Clone {
    fn bare(name: &str) -> Self;
    fn called(self, name: &str) -> Self;
    fn id(number: i64) -> Self::Id;
    fn shown(id: Self::Id) -> String;
    fn same(a: Self::Id, b: Self::Id) -> bool;
}
macro_rules! nameable {
    ($($type:ident, $id:ident, |$name:ident| $bare:expr;)*) => { $(
        impl Nameable for $type {
            fn bare($name: &str) -> Self { $bare }
            fn called(self, name: &str) -> Self { Self { name: name.to_owned(), ..self } }
            fn id(number: i64) -> $id { $id(number) }
            fn shown(id: $id) -> String { id.to_string() }
            fn same(a: $id, b: $id) -> bool { a == b }
        }
    )* };
}
nameable! {
    Service, ServiceId, |name| Self { name: name.to_owned(), names: BTreeMap::new(), category: None, duration_minutes: None, price: None };
    Location, LocationId, |name| Self { name: name.to_owned(), address: None, phone: None, email: None, time_zone: None };
    Resource, ResourceId, |name| Self { name: name.to_owned(), kind: ResourceKind::Person, email: None, phone: None };
    Extra, ExtraId, |name| Self { name: name.to_owned(), names: BTreeMap::new(), price: None };
}

/// Finds or drafts everything the body names; what it does not name stays as it was. `None`: `faults` says what is unknown.
pub(crate) async fn resolve(
    tx: &mut Tx,
    tenant: &Tenant,
    body: &BookingBody,
    before: Option<&BookingFacts>,
    faults: &mut Faults,
) -> Result<Option<Named>, Refusal> {
    let no = tenant.business.no;
    let missing = before.is_none();
    if missing {
        body.require_for_new(faults);
    }
    let service = match &body.service {
        Some(reference) => {
            find(
                tx,
                no,
                reference,
                "/service",
                before.map(|b| b.service.id),
                faults,
            )
            .await?
        }
        None => before.map(|b| Found {
            entry: b.service.clone(),
            created: false,
        }),
    };
    let old = before.and_then(|b| b.location.clone());
    let location = optional(tx, no, &body.location, "/location", old, faults).await?;
    let old = before.and_then(|b| b.resource.clone());
    let resource = optional(tx, no, &body.resource, "/resource", old, faults).await?;
    let mut extras = Vec::new();
    match &body.extras {
        Patch::Set(lines) => {
            for (i, line) in lines.iter().enumerate() {
                extras.extend(find(tx, no, &line.reference, &format!("/extras/{i}"), None, faults).await?);
            }
        }
        Patch::Keep => {
            let kept = before.into_iter().flat_map(|b| &b.extras);
            extras.extend(kept.map(|entry| Found {
                entry: entry.clone(),
                created: false,
            }));
        }
        Patch::Clear => {}
    }
    let customer = customer(tx, tenant, body.customer.as_ref(), before, faults).await?;
    let (Some(service), Some(customer), true) = (service, customer, faults.errors.is_empty()) else {
        return Ok(None);
    };
    Ok(Some(Named {
        customer,
        service,
        location,
        resource,
        extras,
    }))
}

async fn optional<T: Nameable>(
    tx: &mut Tx,
    no: i64,
    patch: &Patch<Reference<T::Id, T>>,
    at: &str,
    old: Option<Entry<T::Id, T>>,
    faults: &mut Faults,
) -> Result<Option<Found<T::Id, T>>, Refusal> {
    match patch {
        Patch::Keep => Ok(old.map(|entry| Found {
            entry,
            created: false,
        })),
        Patch::Clear => Ok(None),
        Patch::Set(reference) => find(tx, no, reference, at, old.map(|o| o.id), faults).await,
    }
}

async fn find<T: Nameable>(
    tx: &mut Tx,
    no: i64,
    reference: &Reference<T::Id, T>,
    at: &str,
    old: Option<T::Id>,
    faults: &mut Faults,
) -> Result<Option<Found<T::Id, T>>, Refusal> {
    let (found, external) = match &reference.pointer {
        Pointer::Id(id) => (catalogue::by_id::<T>(&mut tx.tenant(no), *id).await?, None),
        Pointer::External(external) => (by_external_id::<T>(tx, no, external).await?, Some(external)),
    };
    // A booking keeps what was archived; nothing new may name it.
    let found = found.filter(|e| e.archived_at.is_none() || old.is_some_and(|o| T::same(o, e.id)));
    match (found, external) {
        (Some(entry), _) => Ok(Some(Found {
            entry,
            created: false,
        })),
        (None, Some(external)) => {
            let draft = reference.draft.clone().unwrap_or_else(|| T::bare(external));
            let value = if Listed::name(&draft).is_empty() {
                draft.called(external)
            } else {
                draft
            };
            let entry = Entry {
                id: T::id(0),
                external_id: Some(external.clone()),
                revision: 1,
                created_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
                archived_at: None,
                value,
            };
            Ok(Some(Found { entry, created: true }))
        }
        (None, None) => {
            faults.error(
                at,
                "unknown_reference",
                format!("there is no {} with this id", T::KIND),
            );
            Ok(None)
        }
    }
}

/// What has this external id. Where nothing has, nobody else makes it until this unit ends: two bookings at once that name
/// the same new service make one.
async fn by_external_id<T: Nameable>(
    tx: &mut Tx,
    no: i64,
    external: &str,
) -> Result<Option<Entry<T::Id, T>>, Refusal> {
    let found = catalogue::by_external_id::<T>(&mut tx.tenant(no), external).await?;
    if found.is_some() {
        return Ok(found);
    }
    tx.tenant(no).alone(&format!("{}/{external}", T::KIND));
    Ok(catalogue::by_external_id::<T>(&mut tx.tenant(no), external).await?)
}

async fn customer(
    tx: &mut Tx,
    tenant: &Tenant,
    sent: Option<&CustomerRef>,
    before: Option<&BookingFacts>,
    faults: &mut Faults,
) -> Result<Option<Who>, Refusal> {
    let no = tenant.business.no;
    let Some(sent) = sent else {
        let Some(before) = before else { return Ok(None) };
        let kept = customers::by_id(&mut tx.tenant(no), before.booking.customer_id).await?;
        return Ok(kept.map(|customer| Who {
            customer,
            created: false,
            changed: false,
        }));
    };
    let found = match &sent.pointer {
        Some(Pointer::Id(id)) => {
            let found = customers::by_id(&mut tx.tenant(no), *id).await?;
            if found.is_none() {
                faults.error(
                    "/customer",
                    "unknown_reference",
                    "there is no customer with this id",
                );
                return Ok(None);
            }
            found
        }
        Some(Pointer::External(external)) => {
            tx.tenant(no).alone(&format!("customer/{external}"));
            customers::by_external_id(&mut tx.tenant(no), external).await?
        }
        None => by_email(tx, no, sent).await?,
    };
    let Some(old) = found else {
        let external_id = match &sent.pointer {
            Some(Pointer::External(external)) => Some(external.clone()),
            Some(Pointer::Id(_)) | None => None,
        };
        let contact = contact_of(
            sent,
            &Contact {
                consents: sent.consents.clone(),
                opt_outs: sent.opt_outs.clone(),
                ..Contact::default()
            },
        );
        let at = Timestamp::UNIX_EPOCH;
        let customer = Customer {
            id: CustomerId(0),
            external_id,
            revision: 0,
            created_at: at,
            updated_at: at,
            contact,
        };
        return Ok(Some(Who {
            customer,
            created: true,
            changed: true,
        }));
    };
    let contact = contact_of(sent, &old.contact);
    let changed = contact != old.contact;
    Ok(Some(Who {
        customer: Customer { contact, ..old },
        created: false,
        changed,
    }))
}

/// A customer without keys is the one with this e-mail, if there is exactly one; never by phone or name.
async fn by_email(tx: &mut Tx, no: i64, sent: &CustomerRef) -> Result<Option<Customer>, Refusal> {
    let Patch::Set(email) = &sent.email else {
        return Ok(None);
    };
    tx.tenant(no)
        .alone(&format!("customer/{}", contact::folded(email)));
    let mut found = customers::by_email(&mut tx.tenant(no), &contact::folded(email)).await?;
    let only = found.len() == 1;
    Ok(found.pop().filter(|_| only))
}

/// An existing customer takes the contact fields sent, never consents or opt-outs.
fn contact_of(sent: &CustomerRef, old: &Contact) -> Contact {
    fn take<T: Clone>(patch: &Patch<T>, old: Option<&T>) -> Option<T> {
        match patch {
            Patch::Keep => old.cloned(),
            Patch::Clear => None,
            Patch::Set(value) => Some(value.clone()),
        }
    }
    let mut fields = old.fields.clone();
    if let Patch::Set(sent) = &sent.fields {
        for (key, value) in sent {
            if value.is_null() {
                fields.remove(key);
            } else {
                fields.insert(key.clone(), value.clone());
            }
        }
    }
    Contact {
        first_name: take(&sent.first_name, old.first_name.as_ref()),
        last_name: take(&sent.last_name, old.last_name.as_ref()),
        email: take(&sent.email, old.email.as_ref()),
        phone: take(&sent.phone, old.phone.as_ref()),
        language: take(&sent.language, old.language.as_ref()),
        time_zone: take(&sent.time_zone, old.time_zone.as_ref()),
        tags: take(&sent.tags, Some(&old.tags)).unwrap_or_default(),
        fields,
        consents: old.consents.clone(),
        opt_outs: old.opt_outs.clone(),
    }
}

/// Gives ids to what is to be made. Called before the booking is built, so that the booking can name them.
pub(crate) fn number(out: &Out<'_>, named: &mut Named) {
    fn one<T: Nameable>(out: &Out<'_>, found: &mut Found<T::Id, T>) {
        if found.created {
            found.entry.id = T::id(out.inner.ids.next(out.now));
            (found.entry.created_at, found.entry.updated_at) = (out.now, out.now);
        }
    }
    one(out, &mut named.service);
    if let Some(location) = &mut named.location {
        one(out, location);
    }
    if let Some(resource) = &mut named.resource {
        one(out, resource);
    }
    for extra in &mut named.extras {
        one(out, extra);
    }
    if named.customer.created {
        named.customer.customer.id = CustomerId(out.inner.ids.next(out.now));
        named.customer.customer.created_at = out.now;
    }
}

/// Writes what is new or changed among what the booking names. Returns the customer as written.
pub(crate) async fn write(
    tx: &mut Tx,
    out: &mut Out<'_>,
    named: &Named,
    cause: &Cause,
) -> Result<Customer, Refusal> {
    fn one<T: Nameable>(
        tx: &mut Tx,
        out: &Out<'_>,
        found: &Found<T::Id, T>,
        cause: &Cause,
    ) -> Result<(), Refusal> {
        if !found.created {
            return Ok(());
        }
        catalogue::insert(&mut tx.tenant(out.business_no), &found.entry)?;
        audit::note(
            tx,
            out,
            cause.actor,
            &format!("{}.create", T::KIND),
            &T::shown(found.entry.id),
        )
    }
    one(tx, out, &named.service, cause)?;
    if let Some(location) = &named.location {
        one(tx, out, location, cause)?;
    }
    if let Some(resource) = &named.resource {
        one(tx, out, resource, cause)?;
    }
    for extra in &named.extras {
        one(tx, out, extra, cause)?;
    }
    let who = &named.customer;
    if who.changed {
        return people::save(tx, out, who.customer.clone(), who.created, cause.actor).await;
    }
    Ok(who.customer.clone())
}
