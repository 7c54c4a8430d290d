//! Bookings as API objects: each with what it points to, read in one snapshot. What several bookings of a page share
//! (services, customers …) is read once.

use super::{Found, only, refused_cursor};
use crate::page::{Listed, Page};
use crate::problem::Problem;
use crate::state::App;
use flyt_core::booking::Booking;
use flyt_core::catalogue::{Entry, ExtraEntry, LocationEntry, ResourceEntry, ServiceEntry};
use flyt_core::customer::Customer;
use flyt_core::facts::BookingFacts;
use flyt_core::id::{BookingId, CustomerId, ExtraId, LocationId, ResourceId, ServiceId};
use flyt_core::instant::from_ms;
use flyt_core::view;
use flyt_engine::Target;
use flyt_store::bookings as rows;
use flyt_store::catalogue::{self, Listed as Stored};
use flyt_store::{Error, Tx, customers};
use serde_json::Value;
use std::collections::BTreeMap;

/// Which bookings a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct BookingFilter {
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) status: Option<String>,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) service: Option<ServiceId>,
    pub(crate) location: Option<LocationId>,
    pub(crate) resource: Option<ResourceId>,
    pub(crate) q: Option<String>,
}

pub(crate) async fn bookings(
    app: &App,
    no: i64,
    filter: BookingFilter,
    page: Page,
) -> Result<Listed, Problem> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let mut reader = Reader::open(no);
        if let Some(x) = &page.external_id {
            let found = rows::by_external_id(&mut tx.tenant(no), x).await?;
            let shown = match found {
                Some(booking) => Some(reader.show(tx, booking).await?),
                None => None,
            };
            return Ok(only(shown, page.since()));
        }
        let filter = rows::Filter {
            from: filter.from.map(from_ms),
            to: filter.to.map(from_ms),
            status: filter.status.clone(),
            customer_id: filter.customer,
            service_id: filter.service,
            location_id: filter.location,
            resource_id: filter.resource,
            updated_since: page.since(),
            q: filter.q.clone(),
        };
        let found = rows::page(&mut tx.tenant(no), &filter, &page.paging()?).await?;
        let mut data = Vec::new();
        for booking in found.rows {
            data.push(reader.show(tx, booking).await?);
        }
        Ok((data, found.next))
    });
    read.await.map_err(refused_cursor)
}

pub(crate) async fn booking(app: &App, no: i64, target: Target<BookingId>) -> Found<Value> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let found = match &target {
            Target::New => None,
            Target::Id(id) => rows::by_id(&mut tx.tenant(no), *id).await?,
            Target::External(x) => rows::by_external_id(&mut tx.tenant(no), x).await?,
        };
        match found {
            Some(booking) => Reader::open(no).show(tx, booking).await.map(Some),
            None => Ok(None),
        }
    });
    Ok(read.await?)
}

/// What bookings of one business point to, read when it is first met.
struct Reader {
    no: i64,
    customers: BTreeMap<CustomerId, Option<Customer>>,
    services: BTreeMap<ServiceId, Option<ServiceEntry>>,
    locations: BTreeMap<LocationId, Option<LocationEntry>>,
    resources: BTreeMap<ResourceId, Option<ResourceEntry>>,
    extras: BTreeMap<ExtraId, Option<ExtraEntry>>,
}
impl Reader {
    fn open(no: i64) -> Self {
        Self {
            no,
            customers: BTreeMap::new(),
            services: BTreeMap::new(),
            locations: BTreeMap::new(),
            resources: BTreeMap::new(),
            extras: BTreeMap::new(),
        }
    }

    async fn show(&mut self, tx: &mut Tx, booking: Booking) -> Result<Value, Error> {
        let no = self.no;
        let customer = match self.customers.get(&booking.customer_id) {
            Some(known) => known.clone(),
            None => customers::by_id(&mut tx.tenant(no), booking.customer_id).await?,
        };
        self.customers.insert(booking.customer_id, customer.clone());
        let service = entry(tx, no, &mut self.services, booking.service_id).await?;
        let service = service.ok_or_else(|| Error::Bug("the service of a booking is gone".into()))?;
        let location = match booking.location_id {
            Some(id) => entry(tx, no, &mut self.locations, id).await?,
            None => None,
        };
        let resource = match booking.resource_id {
            Some(id) => entry(tx, no, &mut self.resources, id).await?,
            None => None,
        };
        let mut extras = Vec::new();
        for extra in &booking.extras {
            extras.extend(entry(tx, no, &mut self.extras, extra.id).await?);
        }
        let facts = BookingFacts {
            booking,
            service,
            location,
            resource,
            extras,
        };
        Ok(view::booking(&facts, customer.as_ref()))
    }
}

/// An entry of the catalogue, archived ones too: a booking keeps what it was made with.
async fn entry<T>(
    tx: &mut Tx,
    no: i64,
    known: &mut BTreeMap<T::Id, Option<Entry<T::Id, T>>>,
    id: T::Id,
) -> Result<Option<Entry<T::Id, T>>, Error>
where
    T: Stored + Clone,
    T::Id: Ord,
{
    if let Some(found) = known.get(&id) {
        return Ok(found.clone());
    }
    let found = catalogue::by_id::<T>(&mut tx.tenant(no), id).await?;
    known.insert(id, found.clone());
    Ok(found)
}
