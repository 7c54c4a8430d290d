//! Locations, resources, services, extras and statuses: one table, one life, told apart by kind.

use crate::engine::Sql;
use crate::error::Result;
use crate::page::{Listing, Page, Paging};
use crate::tx::TenantTx;
use crate::value::{Column, FromRow, Row, Value, doc};
use flyt_core::catalogue::{Entry, Extra, Kind, Location, Resource, Service};
use flyt_core::id::{ExtraId, LocationId, ResourceId, ServiceId, StatusId};
use flyt_core::status::Status;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, external_id, revision, created_at, updated_at, deleted_at, doc FROM catalogue
             WHERE business_no = $1 AND kind = $2 ",
            $rest
        )
    };
}
const INSERT: &str =
    "INSERT INTO catalogue (business_no, kind, id, external_id, name, revision, created_at, updated_at,
    deleted_at, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const UPDATE: &str =
    "UPDATE catalogue SET external_id = $5, name = $6, revision = $4 + 1, updated_at = $7, doc = $8
    WHERE business_no = $1 AND kind = $2 AND id = $3 AND revision = $4 AND deleted_at IS NULL";
const ARCHIVE: &str = "UPDATE catalogue SET deleted_at = $4, updated_at = $4, revision = revision + 1
    WHERE business_no = $1 AND kind = $2 AND id = $3 AND deleted_at IS NULL";
const BY_ID: &str = select!("AND id = $3");
const BY_EXTERNAL_ID: &str =
    select!("AND external_id = $3 AND external_id IS NOT NULL AND deleted_at IS NULL");
const PAGE: &str = select!(
    "AND deleted_at IS NULL AND id < $3 AND updated_at >= $4
     AND (CAST($5 AS TEXT) IS NULL OR external_id = $5) ORDER BY id DESC LIMIT $6"
);
const NAMES: &str = "SELECT kind, id, external_id FROM catalogue WHERE business_no = $1 AND deleted_at IS NULL ORDER BY kind, id";
const EVERY: &str = select!("ORDER BY id");
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(ARCHIVE),
    Sql::same(BY_ID),
    Sql::same(BY_EXTERNAL_ID),
    Sql::same(PAGE),
    Sql::same(NAMES),
    Sql::same(EVERY),
];

/// What the catalogue holds.
#[expect(
    private_bounds,
    reason = "the ids of core are what a row can hold; nothing else is a kind of the catalogue"
)]
pub trait Listed: Serialize + DeserializeOwned {
    /// Its kind of id.
    type Id: Copy + Column + Into<Value<'static>> + Into<Number>;
    /// Its kind.
    const KIND: Kind;
    /// The name that lists show.
    fn name(&self) -> &str;
    /// A key of its own that stands in place of an external id: unique among its kind.
    fn key(&self) -> Option<&str> {
        None
    }
}
/// The number within an id.
pub(crate) struct Number(i64);
macro_rules! listed { ($($t:ty, $id:ty, $kind:ident;)*) => { $(
    impl From<$id> for Number { fn from(id: $id) -> Self { Self(id.0) } }
    impl Listed for $t {
        type Id = $id;
        const KIND: Kind = Kind::$kind;
        fn name(&self) -> &str { &self.name }
    }
)* } }
listed! {
    Location, LocationId, Location;
    Resource, ResourceId, Resource;
    Service, ServiceId, Service;
    Extra, ExtraId, Extra;
}
impl From<StatusId> for Number {
    fn from(id: StatusId) -> Self {
        Self(id.0)
    }
}
impl Listed for Status {
    type Id = StatusId;
    const KIND: Kind = Kind::Status;
    fn name(&self) -> &str {
        &self.key
    }
    fn key(&self) -> Option<&str> {
        Some(&self.key)
    }
}
impl<T: Listed> FromRow for Entry<T::Id, T> {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            external_id: row.take()?,
            revision: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
            archived_at: row.take()?,
            value: row.take_doc()?,
        })
    }
}
fn external_id<T: Listed>(entry: &Entry<T::Id, T>) -> Option<&str> {
    entry.value.key().or(entry.external_id.as_deref())
}

/// Adds an entry. A taken external id (of a status: key) is a `Conflict`.
pub fn insert<T: Listed>(tx: &mut TenantTx<'_>, entry: &Entry<T::Id, T>) -> Result<()> {
    let (no, text) = (tx.business_no(), doc(&entry.value)?);
    tx.put(
        INSERT,
        &[
            no.into(),
            T::KIND.into(),
            entry.id.into(),
            external_id(entry).into(),
            entry.value.name().into(),
            entry.revision.into(),
            entry.created_at.into(),
            entry.updated_at.into(),
            entry.archived_at.into(),
            text.into(),
        ],
    )
}
/// Writes an entry over revision `was`, and raises the revision by one. False: it is another one, or archived.
pub async fn update<T: Listed>(tx: &mut TenantTx<'_>, entry: &Entry<T::Id, T>, was: i64) -> Result<bool> {
    let (no, text) = (tx.business_no(), doc(&entry.value)?);
    let params = [
        no.into(),
        T::KIND.into(),
        entry.id.into(),
        was.into(),
        external_id(entry).into(),
        entry.value.name().into(),
        entry.updated_at.into(),
        text.into(),
    ];
    Ok(tx.execute(UPDATE, &params).await? == 1)
}
/// Archives an entry: it keeps its id, its external id becomes free. False: there is no such entry, or it is archived.
pub async fn archive<T: Listed>(tx: &mut TenantTx<'_>, id: T::Id, at: Timestamp) -> Result<bool> {
    let no = tx.business_no();
    Ok(tx
        .execute(ARCHIVE, &[no.into(), T::KIND.into(), id.into(), at.into()])
        .await?
        == 1)
}
/// The entry of an id, archived ones too.
pub async fn by_id<T: Listed>(tx: &mut TenantTx<'_>, id: T::Id) -> Result<Option<Entry<T::Id, T>>> {
    let no = tx.business_no();
    tx.query_opt(BY_ID, &[no.into(), T::KIND.into(), id.into()]).await
}
/// The entry that has an external id (of a status: key) now.
pub async fn by_external_id<T: Listed>(tx: &mut TenantTx<'_>, id: &str) -> Result<Option<Entry<T::Id, T>>> {
    let no = tx.business_no();
    tx.query_opt(BY_EXTERNAL_ID, &[no.into(), T::KIND.into(), id.into()])
        .await
}
/// Entries that are not archived, newest first; those changed since an instant, the one with an external id.
pub async fn page<T: Listed>(
    tx: &mut TenantTx<'_>,
    updated_since: Option<Timestamp>,
    external_id: Option<&str>,
    paging: &Paging,
) -> Result<Page<Entry<T::Id, T>>> {
    let ([id], no) = (paging.below(Listing::Catalogue)?, tx.business_no());
    let since = updated_since.unwrap_or(Timestamp::MIN);
    let params = [
        no.into(),
        T::KIND.into(),
        id.into(),
        since.into(),
        external_id.into(),
        paging.rows().into(),
    ];
    let rows = tx.query(PAGE, &params).await?;
    Ok(paging.cut(Listing::Catalogue, rows, |e: &Entry<T::Id, T>| {
        [Into::<Number>::into(e.id).0]
    }))
}
/// Every entry of a kind, archived ones too, oldest first. For kinds that are few: statuses.
pub async fn every<T: Listed>(tx: &mut TenantTx<'_>) -> Result<Vec<Entry<T::Id, T>>> {
    let no = tx.business_no();
    tx.query(EVERY, &[no.into(), T::KIND.into()]).await
}

/// Kind, number and external id (of a status: key) of everything that is not archived: what a workflow may name.
pub async fn names(tx: &mut TenantTx<'_>) -> Result<Vec<(Kind, i64, Option<String>)>> {
    let no = tx.business_no();
    tx.query::<(Kind, i64, Option<String>)>(NAMES, &[no.into()]).await
}
/// The statuses in use, in their order.
pub async fn statuses(tx: &mut TenantTx<'_>) -> Result<Vec<Status>> {
    let all = every::<Status>(tx).await?;
    let mut live: Vec<Status> = all
        .into_iter()
        .filter(|e| e.archived_at.is_none())
        .map(|e| e.value)
        .collect();
    live.sort_by_key(|s| s.position);
    Ok(live)
}
