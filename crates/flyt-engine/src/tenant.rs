//! What a business has, loaded once per epoch and kept: settings, statuses, workflows. And the facts about one booking,
//! loaded fresh in the caller's transaction.

use crate::refusal::Refusal;
use flyt_core::booking::Booking;
use flyt_core::business::Business;
use flyt_core::catalogue::{Extra, Location, Resource, Service};
use flyt_core::change;

use flyt_core::facts::{BookingFacts, Facts, Previous};
use flyt_core::id::{BookingId, ChangeId, CustomerId};
use flyt_core::payment::Payment;
use flyt_core::status::Status;
use flyt_core::trigger::ChangedField;
use flyt_core::variables;
use flyt_core::workflow::{Definition, Workflow};
use flyt_store::Tx;
use flyt_store::changes::ChangeRow;
use flyt_store::channels::{self, ChannelRow};
use flyt_store::endpoints::EndpointRow;
use flyt_store::{bookings, businesses, catalogue, changes, customers, endpoints, payments, workflows};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What deciding about a business needs, as of one epoch.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) business: Arc<Business>,
    pub(crate) statuses: Arc<Vec<Status>>,
    /// All that are not deleted, in position order.
    pub(crate) workflows: Vec<Arc<Workflow>>,
    /// Its own sending accounts, sealed.
    pub(crate) channels: Vec<ChannelRow>,
    /// Webhook endpoints that are on.
    pub(crate) endpoints: Vec<EndpointRow>,
}

/// Businesses by number, and pinned versions of workflows. Bounded: when it is full it starts anew.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    tenants: Mutex<BTreeMap<i64, Arc<Tenant>>>,
    versions: Mutex<BTreeMap<(i64, i64), Arc<Definition>>>,
}

/// Businesses and versions kept in memory.
const KEPT: usize = 4_096;

impl Cache {
    /// The business as of the transaction. Right on many nodes without messages: the epoch is read in the transaction.
    pub(crate) async fn tenant(&self, tx: &mut Tx, no: i64) -> Result<Arc<Tenant>, Refusal> {
        let Some(epoch) = businesses::epoch(&mut tx.tenant(no)).await? else {
            return Err(Refusal::NotFound);
        };
        let kept = lock(&self.tenants).get(&no).cloned();
        if let Some(tenant) = kept.filter(|t| t.business.epoch == epoch) {
            return Ok(tenant);
        }
        let tenant = Arc::new(load(tx, no).await?);
        let mut tenants = lock(&self.tenants);
        if tenants.len() >= KEPT {
            tenants.clear();
        }
        tenants.insert(no, tenant.clone());
        Ok(tenant)
    }

    /// What a pinned version says.
    pub(crate) async fn version(
        &self,
        tx: &mut Tx,
        business_no: i64,
        workflow_no: i64,
        version: i64,
    ) -> Result<Arc<Definition>, Refusal> {
        let kept = lock(&self.versions).get(&(workflow_no, version)).cloned();
        if let Some(definition) = kept {
            return Ok(definition);
        }
        let row = workflows::version(&mut tx.tenant(business_no), workflow_no, version).await?;
        let row = row
            .ok_or_else(|| Refusal::Bug(format!("version {version} of workflow {workflow_no} is missing")))?;
        let definition: Arc<Definition> = Arc::new(parse(&row.doc)?);
        let mut versions = lock(&self.versions);
        if versions.len() >= KEPT {
            versions.clear();
        }
        versions.insert((workflow_no, version), definition.clone());
        Ok(definition)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a stored document; what cannot be read was written by a bug.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(doc: &str) -> Result<T, Refusal> {
    serde_json::from_str(doc).map_err(|e| Refusal::Bug(format!("a stored document cannot be read: {e}")))
}

/// Writes a document for the store.
pub(crate) fn document<T: serde::Serialize>(value: &T) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(|e| Refusal::Bug(format!("a document cannot be written: {e}")))
}

async fn load(tx: &mut Tx, no: i64) -> Result<Tenant, Refusal> {
    let business = businesses::own(&mut tx.tenant(no))
        .await?
        .ok_or(Refusal::NotFound)?;
    let mut tenant = tx.tenant(no);
    let statuses = catalogue::statuses(&mut tenant).await?;
    let mut all = Vec::new();
    for row in workflows::live(&mut tenant).await? {
        all.push(Arc::new(workflow(&row)?));
    }
    let channels = channels::of_business(&mut tenant).await?;
    let mut endpoints = endpoints::live(&mut tenant).await?;
    endpoints.retain(|e| e.enabled);
    Ok(Tenant {
        channels,
        business: Arc::new(business),
        statuses: Arc::new(statuses),
        workflows: all,
        endpoints,
    })
}

/// A workflow from its row.
pub(crate) fn workflow(row: &workflows::WorkflowRow) -> Result<Workflow, Refusal> {
    Ok(Workflow {
        no: row.no,
        id: row.id,
        external_id: row.external_id.clone(),
        enabled: row.enabled && row.deleted_at.is_none(),
        position: row.position,
        version: row.version,
        plan_no: row.plan_no,
        definition: parse(&row.doc)?,
    })
}

/// Facts of nothing but the business.
pub(crate) fn bare(tenant: &Tenant) -> Facts {
    Facts {
        business: tenant.business.clone(),
        statuses: tenant.statuses.clone(),
        customer: None,
        booking: None,
        payment: None,
        previous: None,
        changes: Vec::new(),
        visit_number: None,
        has_later_booking: None,
        steps: BTreeMap::new(),
    }
}

/// A booking with what it points to. `None` when its service row is gone, which no write allows.
pub(crate) async fn booking_facts(tx: &mut Tx, no: i64, booking: Booking) -> Result<BookingFacts, Refusal> {
    let mut tenant = tx.tenant(no);
    let service = catalogue::by_id::<Service>(&mut tenant, booking.service_id).await?;
    let service = service.ok_or_else(|| Refusal::Bug("a booking's service is missing".to_owned()))?;
    let location = match booking.location_id {
        Some(id) => catalogue::by_id::<Location>(&mut tenant, id).await?,
        None => None,
    };
    let resource = match booking.resource_id {
        Some(id) => catalogue::by_id::<Resource>(&mut tenant, id).await?,
        None => None,
    };
    let mut extras = Vec::new();
    for extra in &booking.extras {
        extras.extend(catalogue::by_id::<Extra>(&mut tenant, extra.id).await?);
    }
    Ok(BookingFacts {
        booking,
        service,
        location,
        resource,
        extras,
    })
}

/// Facts about a booking and its customer, fresh in this transaction.
pub(crate) async fn facts(
    tx: &mut Tx,
    tenant: &Tenant,
    booking: Option<BookingId>,
    customer: Option<CustomerId>,
) -> Result<Facts, Refusal> {
    let no = tenant.business.no;
    let mut facts = bare(tenant);
    if let Some(id) = booking {
        if let Some(found) = bookings::by_id(&mut tx.tenant(no), id).await? {
            facts.customer = customers::by_id(&mut tx.tenant(no), found.customer_id).await?;
            facts.booking = Some(booking_facts(tx, no, found).await?);
        }
    } else if let Some(id) = customer {
        facts.customer = customers::by_id(&mut tx.tenant(no), id).await?;
    }
    Ok(facts)
}

/// What people call what filters name: by id, and statuses by key.
pub(crate) async fn labels(tx: &mut Tx, tenant: &Tenant) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tx = tx.tenant(tenant.business.no);
    let mut names = BTreeMap::new();
    names.extend(
        catalogue::every::<Location>(&mut tx)
            .await?
            .into_iter()
            .map(|e| (e.id.to_string(), e.value.name)),
    );
    names.extend(
        catalogue::every::<Resource>(&mut tx)
            .await?
            .into_iter()
            .map(|e| (e.id.to_string(), e.value.name)),
    );
    names.extend(
        catalogue::every::<Service>(&mut tx)
            .await?
            .into_iter()
            .map(|e| (e.id.to_string(), e.value.name)),
    );
    names.extend(
        catalogue::every::<Extra>(&mut tx)
            .await?
            .into_iter()
            .map(|e| (e.id.to_string(), e.value.name)),
    );
    let language = &tenant.business.settings.default_language;
    let labels = tenant
        .statuses
        .iter()
        .filter_map(|s| Some((s.key.clone(), s.labels.get(language)?.clone())));
    names.extend(labels);
    Ok(names)
}

/// Adds what a change left behind: what was before, which fields differ, the payment.
pub(crate) async fn with_change(
    tx: &mut Tx,
    no: i64,
    facts: &mut Facts,
    row: &ChangeRow,
) -> Result<(), Refusal> {
    facts.previous = row.before.as_deref().map(parse::<Previous>).transpose()?;
    facts.changes = row
        .fields
        .split(',')
        .filter_map(ChangedField::from_word)
        .collect();
    if let Some(id) = row.payment_id {
        facts.payment = payments::by_id(&mut tx.tenant(no), id).await?;
    }
    Ok(())
}

/// Adds what a change left behind, by its id.
pub(crate) async fn with_change_id(
    tx: &mut Tx,
    no: i64,
    facts: &mut Facts,
    id: Option<ChangeId>,
) -> Result<Option<ChangeRow>, Refusal> {
    let Some(id) = id else { return Ok(None) };
    let row = changes::by_id(&mut tx.tenant(no), id).await?;
    if let Some(row) = &row {
        with_change(tx, no, facts, row).await?;
    }
    Ok(row)
}

/// Loads the counts that some conditions ask for, if one of `definitions` asks.
pub(crate) async fn with_visits<'d>(
    tx: &mut Tx,
    no: i64,
    facts: &mut Facts,
    definitions: impl IntoIterator<Item = &'d Definition>,
) -> Result<(), Refusal> {
    let (mut visits, mut later) = (false, false);
    for definition in definitions {
        let own = definition.condition.iter();
        let of_actions = definition.actions.iter().filter_map(|a| a.condition.as_ref());
        let stops = definition.actions.iter().filter_map(|a| match &a.act {
            flyt_core::action::Act::StopIf { condition } => Some(condition),
            flyt_core::action::Act::Email { .. }
            | flyt_core::action::Act::Sms { .. }
            | flyt_core::action::Act::Webhook { .. }
            | flyt_core::action::Act::SetStatus { .. }
            | flyt_core::action::Act::Wait { .. }
            | flyt_core::action::Act::SetField { .. }
            | flyt_core::action::Act::AddTag { .. }
            | flyt_core::action::Act::RemoveTag { .. } => None,
        });
        for condition in own.chain(of_actions).chain(stops) {
            visits |= variables::needs_visits(condition);
            later |= variables::needs_later(condition);
        }
    }
    let Some(booking) = facts
        .booking
        .as_ref()
        .map(|b| b.booking.clone())
        .filter(|_| visits || later)
    else {
        return Ok(());
    };
    if visits {
        facts.visit_number = Some(bookings::count_before(&mut tx.tenant(no), &booking).await? + 1);
    }
    if later {
        facts.has_later_booking = Some(bookings::has_later(&mut tx.tenant(no), &booking).await?);
    }
    Ok(())
}

/// What a booking was, for `previous.*`.
pub(crate) fn previous(before: &BookingFacts) -> Previous {
    Previous {
        start: before.booking.start,
        end: before.booking.end,
        status: before.booking.status.clone(),
        status_kind: before.booking.status_kind,
        location: before.location.as_ref().map(flyt_core::view::location),
        service: flyt_core::view::service(&before.service),
        resource: before.resource.as_ref().map(flyt_core::view::resource),
        extras: Some(change::extras(&before.booking)),
    }
}

/// The words of changed fields, with commas: the stored form.
pub(crate) fn words(fields: &[ChangedField]) -> String {
    fields.iter().map(|f| f.word()).collect::<Vec<_>>().join(",")
}

/// The differing fields of a booking write.
pub(crate) fn differing(before: Option<&BookingFacts>, after: Option<&BookingFacts>) -> Vec<ChangedField> {
    match (before, after) {
        (Some(before), Some(after)) => change::fields(&before.booking, &after.booking),
        (None, _) | (_, None) => Vec::new(),
    }
}

/// A payment that has just become completed, or nothing.
pub(crate) fn completed(before: Option<&Payment>, after: &Payment) -> bool {
    let first = after.completed_at.is_some() && before.is_none_or(|b| b.completed_at.is_none());
    first && after.status == flyt_core::payment::PaymentStatus::Completed
}
