//! Commands on catalogue objects: locations, resources, services, extras, statuses. Nothing fires; a location's zone re-plans.

use crate::audit;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::people::taken;
use crate::refusal::{Caller, Refusal, Target, Verb, Written, admit};
use crate::terms::Terms;
use flyt_core::catalogue::{Described, Draft, Entry, Extra, Kind, Location, Resource, Service};
use flyt_core::id::{ExtraId, LocationId, ResourceId, ServiceId, StatusId};
use flyt_core::invalid::Faults;
use flyt_core::status::Status;
use flyt_core::zone::Zone;
use flyt_core::{merge, view};
use flyt_store::catalogue::{self, Listed};
use flyt_store::{Tx, businesses};
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
        terms: impl Into<Terms>,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller, terms) = (self.0.clone(), *caller, terms.into());
        self.0
            .command(async move |tx: &mut Tx| {
                let ask = Ask {
                    caller,
                    kind,
                    target: &target,
                    verb,
                    body: &body,
                    expect: terms.expect,
                };
                let done = match kind {
                    Kind::Location => write::<Location>(&inner, tx, &ask).await,
                    Kind::Resource => write::<Resource>(&inner, tx, &ask).await,
                    Kind::Service => write::<Service>(&inner, tx, &ask).await,
                    Kind::Extra => write::<Extra>(&inner, tx, &ask).await,
                    Kind::Status => write::<Status>(&inner, tx, &ask).await,
                }?;
                terms.keep(tx, caller.business_no, || done.clone()).await?;
                Ok(done)
            })
            .await
    }

    /// Archives a catalogue object: bookings keep it, nothing new may name it, its external id is free.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, `Conflict` (`in_use`) for a status that bookings have.
    pub async fn archive_entry(
        &self,
        caller: &Caller,
        kind: Kind,
        target: Target<i64>,
        expect: Option<i64>,
    ) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| match kind {
                Kind::Location => archive::<Location>(&inner, tx, caller, &target, expect).await,
                Kind::Resource => archive::<Resource>(&inner, tx, caller, &target, expect).await,
                Kind::Service => archive::<Service>(&inner, tx, caller, &target, expect).await,
                Kind::Extra => archive::<Extra>(&inner, tx, caller, &target, expect).await,
                Kind::Status => archive::<Status>(&inner, tx, caller, &target, expect).await,
            })
            .await
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
pub(crate) trait Shown: Described + Listed + Clone + PartialEq {
    /// The API object.
    fn view(entry: &Entry<Self::Id, Self>) -> Value;
    /// Its id from a number.
    fn id(number: i64) -> Self::Id;
    /// The key of a status, which never changes.
    fn fixed(&self) -> Option<&str> {
        self.key()
    }
    /// The zone of a location.
    fn zone(&self) -> Option<&Zone> {
        None
    }
}
macro_rules! shown {
    ($($type:ident, $id:ident, $view:ident;)*) => { $(
        impl Shown for $type {
            fn view(entry: &Entry<$id, Self>) -> Value { view::$view(entry) }
            fn id(number: i64) -> $id { $id(number) }
        }
    )* };
}
shown! {
    Resource, ResourceId, resource;
    Service, ServiceId, service;
    Extra, ExtraId, extra;
    Status, StatusId, status;
}
impl Shown for Location {
    fn view(entry: &Entry<LocationId, Self>) -> Value {
        view::location(entry)
    }
    fn id(number: i64) -> LocationId {
        LocationId(number)
    }
    fn zone(&self) -> Option<&Zone> {
        self.time_zone.as_ref()
    }
}

async fn find<T: Shown>(
    tx: &mut Tx,
    no: i64,
    target: &Target<i64>,
) -> Result<Option<Entry<T::Id, T>>, Refusal> {
    let found = match target {
        Target::New => None,
        Target::Id(id) => catalogue::by_id::<T>(&mut tx.tenant(no), T::id(*id)).await?,
        Target::External(external) => catalogue::by_external_id::<T>(&mut tx.tenant(no), external).await?,
    };
    Ok(found.filter(|e| e.archived_at.is_none()))
}

async fn write<T: Shown>(inner: &Inner, tx: &mut Tx, ask: &Ask<'_>) -> Result<Written<Value>, Refusal> {
    let no = ask.caller.business_no;
    let tenant = inner.cache.tenant(tx, no).await?;
    let before: Option<Entry<T::Id, T>> = find(tx, no, ask.target).await?;
    admit(
        ask.target,
        ask.verb,
        before.as_ref().map(|b| b.revision),
        ask.expect,
    )?;
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
    if let Some(wanted) = external_id.as_deref().filter(|w| {
        before
            .as_ref()
            .is_none_or(|b| b.external_id.as_deref() != Some(*w))
    }) {
        tx.tenant(no).alone(&format!("{}/{wanted}", ask.kind));
        let other = catalogue::by_external_id::<T>(&mut tx.tenant(no), wanted).await?;
        if let Some(other) = other {
            return Err(taken(ask.kind.word(), wanted, id_of(&T::view(&other))));
        }
    }
    let now = inner.clock.now();
    let old = before.as_ref();
    let entry = Entry {
        id: old.map_or_else(|| T::id(inner.ids.next(now)), |b| b.id),
        external_id,
        revision: old.map_or(0, |b| b.revision),
        created_at: old.map_or(now, |b| b.created_at),
        updated_at: old.map_or(now, |b| b.updated_at),
        archived_at: None,
        value: draft.value,
    };
    let same = |o: &Entry<T::Id, T>| o.value == entry.value && o.external_id == entry.external_id;
    if old.is_some_and(same) {
        return Ok(Written {
            value: T::view(&entry),
            created: false,
            changed: false,
            warnings,
        });
    }
    let entry = Entry {
        revision: entry.revision + 1,
        updated_at: now,
        ..entry
    };
    save(inner, tx, ask, old, &entry).await?;
    Ok(Written {
        value: T::view(&entry),
        created: old.is_none(),
        changed: true,
        warnings,
    })
}

fn external_id<T: Shown>(draft: &Draft<T>, ask: &Ask<'_>, new: bool) -> Option<String> {
    if let Some(key) = draft.value.fixed() {
        return Some(key.to_owned()); // a status is found by its key
    }
    draft.external_id.clone().or_else(|| match ask.target {
        Target::External(external) if new => Some(external.clone()),
        Target::External(_) | Target::New | Target::Id(_) => None,
    })
}

fn id_of(object: &Value) -> String {
    object
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

async fn save<T: Shown>(
    inner: &Inner,
    tx: &mut Tx,
    ask: &Ask<'_>,
    old: Option<&Entry<T::Id, T>>,
    entry: &Entry<T::Id, T>,
) -> Result<(), Refusal> {
    let no = ask.caller.business_no;
    let out = Out::new(inner, no, inner.clock.now());
    match old {
        Some(old) => {
            if !catalogue::update(&mut tx.tenant(no), entry, old.revision).await? {
                return Err(Refusal::overtaken());
            }
        }
        None => catalogue::insert(&mut tx.tenant(no), entry)?,
    }
    let verb = if old.is_some() { "update" } else { "create" };
    audit::note(
        tx,
        &out,
        ask.caller.actor,
        &format!("{}.{verb}", ask.kind),
        &id_of(&T::view(entry)),
    )?;
    let zone = |e: &Entry<T::Id, T>| e.value.zone().cloned();
    if ask.kind == Kind::Status {
        businesses::raise_epoch(&mut tx.tenant(no))?;
    }
    if old.is_some_and(|o| zone(o) != zone(entry)) {
        crate::business::replan_all(tx, &out).await?;
    }
    Ok(())
}

async fn archive<T: Shown>(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    target: &Target<i64>,
    expect: Option<i64>,
) -> Result<(), Refusal> {
    let no = caller.business_no;
    let entry = find::<T>(tx, no, target).await?.ok_or(Refusal::NotFound)?;
    if expect.is_some_and(|e| e != entry.revision) {
        return Err(Refusal::Precondition);
    }
    if let Some(key) = entry.value.fixed() {
        let tenant = inner.cache.tenant(tx, no).await?;
        let quoted = format!("\"{key}\"");
        let names =
            |d: &flyt_core::workflow::Definition| serde_json::to_string(d).is_ok_and(|d| d.contains(&quoted));
        let named = tenant.workflows.iter().any(|w| names(&w.definition));
        if named || flyt_store::bookings::status_in_use(&mut tx.tenant(no), key).await? {
            let detail = "bookings or workflows have this status: give them another one first";
            return Err(Refusal::conflict("in_use", detail, None));
        }
    }
    let out = Out::new(inner, no, inner.clock.now());
    catalogue::archive::<T>(&mut tx.tenant(no), entry.id, out.now).await?;
    businesses::raise_epoch(&mut tx.tenant(no))?;
    audit::note(
        tx,
        &out,
        caller.actor,
        &format!("{}.archive", T::KIND),
        &id_of(&T::view(&entry)),
    )
}
