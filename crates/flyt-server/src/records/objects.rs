//! Businesses, catalogue objects, customers and payments as API objects.

use super::{Found, only, refused_cursor, shown};
use crate::page::{Listed, Page};
use crate::problem::Problem;
use crate::state::App;
use flyt_core::business::Business;
use flyt_core::catalogue::{Entry, Extra, Kind, Location, Resource, Service};
use flyt_core::id::{BookingId, CustomerId, ExtraId, LocationId, PaymentId, ResourceId, ServiceId, StatusId};
use flyt_core::status::Status;
use flyt_core::view;
use flyt_engine::Target;
use flyt_store::catalogue::Listed as Stored;
use flyt_store::{
    Tx, businesses as business_rows, catalogue, customers as customer_rows, payments as payment_rows,
};
use serde_json::Value;

/// The small number of the business with a slug.
pub(crate) async fn business_no(app: &App, slug: &str) -> Found<i64> {
    let slug = slug.to_owned();
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| business_rows::by_slug(&mut tx.engine(), &slug).await);
    Ok(read.await?.map(|business| business.no))
}

pub(crate) async fn businesses(app: &App, page: Page) -> Result<Listed, Problem> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let paging = page.paging()?;
        business_rows::page(&mut tx.engine(), &paging).await
    });
    Ok(shown(read.await.map_err(refused_cursor)?, view::business))
}

async fn own(app: &App, no: i64) -> Result<Business, Problem> {
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| business_rows::own(&mut tx.tenant(no)).await);
    read.await?.ok_or_else(Problem::not_found)
}

pub(crate) async fn business(app: &App, no: i64) -> Result<Value, Problem> {
    own(app, no).await.map(|business| view::business(&business))
}

/// The country that phone numbers are read with.
pub(crate) async fn country(app: &App, no: i64) -> Result<String, Problem> {
    own(app, no).await.map(|business| business.settings.country)
}

/// The language of a business.
pub(crate) async fn language(app: &App, no: i64) -> Result<String, Problem> {
    own(app, no)
        .await
        .map(|business| business.settings.default_language.tag().to_owned())
}

/// A kind of the catalogue, with what the API shows of it.
trait Shown: Stored + Send + 'static {
    fn show(entry: &Entry<Self::Id, Self>) -> Value;
    fn id(number: i64) -> Self::Id;
}
macro_rules! kinds { ($($kind:ident, $id:ident, $show:ident;)*) => {
    $(impl Shown for $kind {
        fn show(entry: &Entry<$id, Self>) -> Value { view::$show(entry) }
        fn id(number: i64) -> $id { $id(number) }
    })*
    pub(crate) async fn entries(app: &App, no: i64, kind: Kind, page: Page) -> Result<Listed, Problem> {
        match kind { $(Kind::$kind => entries_of::<$kind>(app, no, page).await),* }
    }
    pub(crate) async fn entry(app: &App, no: i64, kind: Kind, target: Target<i64>) -> Found<Value> {
        match kind { $(Kind::$kind => entry_of::<$kind>(app, no, target).await),* }
    }
} }
kinds! {
    Location, LocationId, location;
    Resource, ResourceId, resource;
    Service, ServiceId, service;
    Extra, ExtraId, extra;
    Status, StatusId, status;
}

async fn entries_of<T: Shown>(app: &App, no: i64, page: Page) -> Result<Listed, Problem> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let paging = page.paging()?;
        let rows = catalogue::page::<T>(
            &mut tx.tenant(no),
            page.since(),
            page.external_id.as_deref(),
            &paging,
        )
        .await?;
        Ok(shown(rows, T::show))
    });
    read.await.map_err(refused_cursor)
}

async fn entry_of<T: Shown>(app: &App, no: i64, target: Target<i64>) -> Found<Value> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let found = match &target {
            Target::New => None,
            Target::Id(id) => catalogue::by_id::<T>(&mut tx.tenant(no), T::id(*id)).await?,
            Target::External(x) => catalogue::by_external_id::<T>(&mut tx.tenant(no), x).await?,
        };
        Ok(found.filter(|e| e.archived_at.is_none()).map(|e| T::show(&e)))
    });
    Ok(read.await?)
}

pub(crate) async fn customers(app: &App, no: i64, q: Option<String>, page: Page) -> Result<Listed, Problem> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        if let Some(x) = &page.external_id {
            let found = customer_rows::by_external_id(&mut tx.tenant(no), x).await?;
            return Ok(only(found.as_ref().map(view::customer), page.since()));
        }
        let paging = page.paging()?;
        let rows = customer_rows::page(&mut tx.tenant(no), page.since(), q.as_deref(), &paging).await?;
        Ok(shown(rows, view::customer))
    });
    read.await.map_err(refused_cursor)
}

pub(crate) async fn customer(app: &App, no: i64, target: Target<CustomerId>) -> Found<Value> {
    let read = app.engine().store().read(async move |tx: &mut Tx| match &target {
        Target::New => Ok(None),
        Target::Id(id) => customer_rows::by_id(&mut tx.tenant(no), *id).await,
        Target::External(x) => customer_rows::by_external_id(&mut tx.tenant(no), x).await,
    });
    Ok(read.await?.as_ref().map(view::customer))
}

pub(crate) async fn payments(
    app: &App,
    no: i64,
    booking: Option<BookingId>,
    page: Page,
) -> Result<Listed, Problem> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        if let Some(x) = &page.external_id {
            let found = payment_rows::by_external_id(&mut tx.tenant(no), x).await?;
            return Ok(only(found.as_ref().map(view::payment), page.since()));
        }
        let paging = page.paging()?;
        let rows = payment_rows::page(&mut tx.tenant(no), booking, page.since(), &paging).await?;
        Ok(shown(rows, view::payment))
    });
    read.await.map_err(refused_cursor)
}

pub(crate) async fn payment(app: &App, no: i64, target: Target<PaymentId>) -> Found<Value> {
    let read = app.engine().store().read(async move |tx: &mut Tx| match &target {
        Target::New => Ok(None),
        Target::Id(id) => payment_rows::by_id(&mut tx.tenant(no), *id).await,
        Target::External(x) => payment_rows::by_external_id(&mut tx.tenant(no), x).await,
    });
    Ok(read.await?.as_ref().map(view::payment))
}
