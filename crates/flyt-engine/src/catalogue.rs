//! Commands on catalogue objects: locations, resources, services, extras, statuses. Nothing fires; a location's zone re-plans.

use crate::audit;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::people::taken;
use crate::refusal::{Caller, Refusal, Target, Verb, Written};
use flyt_core::catalogue::{Described, Draft, Entry, Extra, Kind, Location, Resource, Service};
use flyt_core::id::{ExtraId, LocationId, ResourceId, ServiceId, StatusId};
use flyt_core::invalid::Faults;
use flyt_core::status::Status;
use flyt_core::{merge, view};
use flyt_store::Tx;
use flyt_store::{businesses, catalogue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

impl Engine {
    /// Makes or changes a catalogue object. The value is the API object.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Conflict` (`external_id_taken`, `key_taken`), `Precondition`.
    pub async fn write_entry(
        &self,
        caller: &Caller,
        kind: Kind,
        target: Target<i64>,
        verb: Verb,
        body: Value,
        expect: Option<i64>,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let ask = Ask { caller, kind, target: &target, verb, body: &body, expect };
                match kind {
                    Kind::Location => write::<Location>(&inner, tx, &ask).await,
                    Kind::Resource => write::<Resource>(&inner, tx, &ask).await,
                    Kind::Service => write::<Service>(&inner, tx, &ask).await,
                    Kind::Extra => write::<Extra>(&inner, tx, &ask).await,
                    Kind::Status => write::<Status>(&inner, tx, &ask).await,
                }
            })
            .await
    }

    /// Archives a catalogue object: bookings keep it, nothing new may name it, its external id is free.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, `Conflict` (`in_use`) for a status that bookings have.
    pub async fn archive_entry(&self, caller: &Caller, kind: Kind, target: Target<i64>, expect: Option<i64>) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0.command(async move |tx: &mut Tx| archive(&inner, tx, caller, (kind, &target), expect).await).await
    }
}

struct Ask<'a> {
    caller: Caller,
    kind: Kind,
    target: &'a Target<i64>,
    verb: Verb,
    body: &'a Value,
    expect: Option<i64>,
}

/// A kind of catalogue object as the API shows it.
pub(crate) trait Shown: Described + Serialize + DeserializeOwned + Clone + PartialEq {
    /// The API object.
    fn view(entry: &Entry<i64, Self>) -> Value;
}
macro_rules! shown {
    ($($type:ident, $id:ident, $view:ident;)*) => { $(
        impl Shown for $type {
            fn view(entry: &Entry<i64, Self>) -> Value { view::$view(&entry.clone().with_id($id)) }
        }
    )* };
}
shown! {
    Location, LocationId, location;
    Resource, ResourceId, resource;
    Service, ServiceId, service;
    Extra, ExtraId, extra;
    Status, StatusId, status;
}

async fn find<T: Shown>(tx: &mut Tx, no: i64, kind: Kind, target: &Target<i64>) -> Result<Option<Entry<i64, T>>, Refusal> {
    let found = match target {
        Target::New => None,
        Target::Id(id) => catalogue::entry(&mut tx.tenant(no), kind, *id).await?,
        Target::External(external) => catalogue::entry_by_external_id(&mut tx.tenant(no), kind, external).await?,
    };
    Ok(found.filter(|e: &Entry<i64, T>| e.archived_at.is_none()))
}

async fn write<T: Shown>(inner: &Inner, tx: &mut Tx, ask: &Ask<'_>) -> Result<Written<Value>, Refusal> {
    let no = ask.caller.business_no;
    let tenant = inner.cache.tenant(tx, no).await?;
    let before: Option<Entry<i64, T>> = find(tx, no, ask.kind, ask.target).await?;
    if before.is_none() && (ask.verb == Verb::Patch || matches!(ask.target, Target::Id(_))) {
        return Err(Refusal::NotFound);
    }
    if ask.expect.is_some_and(|e| before.as_ref().map(|b| b.revision) != Some(e)) {
        return Err(Refusal::Precondition);
    }
    let mut faults = Faults::default();
    let base = before.as_ref().map_or_else(|| json!({}), T::view);
    let whole = merge::merge(&base, ask.body, merge::LIFE, &mut faults);
    let draft = Draft::<T>::read(&whole, &tenant.business.settings.country, &mut faults);
    if let (Some(old), Some(new)) = (&before, &draft)
        && old.value.fixed() != new.value.fixed()
    {
        faults.error("/key", "read_only", "the key of a status cannot be changed");
    }
    let warnings = std::mem::take(&mut faults.warnings);
    let draft = faults.finish(draft).map_err(Refusal::Invalid)?;
    let external_id = external_id(&draft, ask, before.is_none());
    if let Some(wanted) = external_id.as_deref().filter(|w| before.as_ref().is_none_or(|b| b.external_id.as_deref() != Some(*w))) {
        tx.tenant(no).alone(&format!("{}/{wanted}", ask.kind))?;
        let other: Option<Entry<i64, T>> = catalogue::entry_by_external_id(&mut tx.tenant(no), ask.kind, wanted).await?;
        if let Some(other) = other {
            return Err(taken(ask.kind.word(), wanted, id_of(&T::view(&other))));
        }
    }
    let now = inner.clock.now();
    let old = before.as_ref();
    let entry = Entry {
        id: old.map_or_else(|| inner.ids.next(now), |b| b.id),
        external_id,
        revision: old.map_or(0, |b| b.revision),
        created_at: old.map_or(now, |b| b.created_at),
        updated_at: old.map_or(now, |b| b.updated_at),
        archived_at: None,
        value: draft.value,
    };
    if old == Some(&entry) {
        return Ok(Written { value: T::view(&entry), created: false, changed: false, warnings });
    }
    let entry = Entry { revision: entry.revision + 1, updated_at: now, ..entry };
    save(inner, tx, ask, old, &entry).await?;
    Ok(Written { value: T::view(&entry), created: old.is_none(), changed: true, warnings })
}

fn external_id<T: Described>(draft: &Draft<T>, ask: &Ask<'_>, new: bool) -> Option<String> {
    if let Some(key) = draft.value.fixed() {
        return Some(key.to_owned()); // a status is found by its key
    }
    draft.external_id.clone().or_else(|| match ask.target {
        Target::External(external) if new => Some(external.clone()),
        Target::External(_) | Target::New | Target::Id(_) => None,
    })
}

fn id_of(object: &Value) -> String {
    object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

async fn save<T: Shown>(inner: &Inner, tx: &mut Tx, ask: &Ask<'_>, old: Option<&Entry<i64, T>>, entry: &Entry<i64, T>) -> Result<(), Refusal> {
    let no = ask.caller.business_no;
    let out = Out::new(inner, no, inner.clock.now());
    if old.is_some() {
        catalogue::update_entry(&mut tx.tenant(no), ask.kind, entry)?;
    } else {
        catalogue::insert_entry(&mut tx.tenant(no), ask.kind, entry)?;
    }
    let verb = if old.is_some() { "update" } else { "create" };
    audit::note(tx, &out, ask.caller.actor, &format!("{}.{verb}", ask.kind), &id_of(&T::view(entry)))?;
    let zone = |e: &Entry<i64, T>| e.value.zone().map(str::to_owned);
    if ask.kind == Kind::Status {
        businesses::bump(&mut tx.tenant(no)).await?;
    }
    if old.is_some_and(|o| zone(o) != zone(entry)) {
        crate::business::replan_all(tx, &out).await?;
    }
    Ok(())
}

async fn archive(inner: &Inner, tx: &mut Tx, caller: Caller, (kind, target): (Kind, &Target<i64>), expect: Option<i64>) -> Result<(), Refusal> {
    let no = caller.business_no;
    let found = match kind {
        Kind::Location => find::<Location>(tx, no, kind, target).await?.map(|e| (e.id, e.revision, None)),
        Kind::Resource => find::<Resource>(tx, no, kind, target).await?.map(|e| (e.id, e.revision, None)),
        Kind::Service => find::<Service>(tx, no, kind, target).await?.map(|e| (e.id, e.revision, None)),
        Kind::Extra => find::<Extra>(tx, no, kind, target).await?.map(|e| (e.id, e.revision, None)),
        Kind::Status => find::<Status>(tx, no, kind, target).await?.map(|e| (e.id, e.revision, Some(e.value.key))),
    };
    let (id, revision, key) = found.ok_or(Refusal::NotFound)?;
    if expect.is_some_and(|e| e != revision) {
        return Err(Refusal::Precondition);
    }
    if let Some(key) = key {
        let tenant = inner.cache.tenant(tx, no).await?;
        let named = tenant.workflows.iter().any(|w| serde_json::to_string(&w.definition).is_ok_and(|d| d.contains(&format!("\"{key}\""))));
        if named || flyt_store::bookings::any_with_status(&mut tx.tenant(no), &key).await? {
            return Err(Refusal::conflict("in_use", "bookings or workflows have this status: give them another one first", None));
        }
        businesses::bump(&mut tx.tenant(no)).await?;
    }
    let out = Out::new(inner, no, inner.clock.now());
    catalogue::archive(&mut tx.tenant(no), kind, id, out.now)?;
    businesses::bump(&mut tx.tenant(no)).await?;
    audit::note(tx, &out, caller.actor, &format!("{kind}.archive"), &format!("{kind}/{id}"))
}
