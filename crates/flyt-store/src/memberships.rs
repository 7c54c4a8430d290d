//! Who works for which business, and as what.

use crate::engine::Sql;
use crate::error::Result;
use crate::page::{Listing, Page, Paging};
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use flyt_core::id::UserId;
use flyt_core::person::Role;
use jiff::Timestamp;

const INSERT: &str = "INSERT INTO memberships (business_no, user_id, role, name, created_at, joined_at)
    VALUES ($1, $2, $3, $4, $5, $6)";
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT m.user_id, m.role, m.name, m.created_at, m.joined_at, m.seen_at, u.email, u.name, u.disabled_at
             FROM memberships m JOIN users u ON u.id = m.user_id ",
            $rest
        )
    };
}
const PAGE: &str = select!("WHERE m.business_no = $1 AND m.user_id < $2 ORDER BY m.user_id DESC LIMIT $3");
const ONE: &str = select!("WHERE m.business_no = $1 AND m.user_id = $2");
const ROLE: &str = "UPDATE memberships SET role = $3 WHERE business_no = $1 AND user_id = $2";
const JOIN: &str =
    "UPDATE memberships SET joined_at = $3 WHERE business_no = $1 AND user_id = $2 AND joined_at IS NULL";
const SEEN: &str = "UPDATE memberships SET seen_at = $3 WHERE business_no = $1 AND user_id = $2";
const REMOVE: &str = "DELETE FROM memberships WHERE business_no = $1 AND user_id = $2";
const OWNERS: &str = "SELECT COUNT(*) FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.business_no = $1 AND m.role = 'owner' AND m.joined_at IS NOT NULL AND u.disabled_at IS NULL AND m.user_id <> $2";
const WORKS_FOR: &str =
    "SELECT business_no, role FROM memberships WHERE user_id = $1 AND joined_at IS NOT NULL
    ORDER BY business_no LIMIT $2";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(PAGE),
    Sql::same(ONE),
    Sql::same(ROLE),
    Sql::same(JOIN),
    Sql::same(SEEN),
    Sql::same(REMOVE),
    Sql::same(OWNERS),
    Sql::same(WORKS_FOR),
];

/// A person at a business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// As what.
    pub role: Role,
    /// What those who invited call them.
    pub name: String,
    /// When they were invited.
    pub created_at: Timestamp,
    /// When they came; `None`: not yet.
    pub joined_at: Option<Timestamp>,
    /// When they were last here, about.
    pub seen_at: Option<Timestamp>,
    /// Their address.
    pub email: String,
    /// What they call themselves.
    pub own_name: String,
    /// Since when they may not come in anywhere.
    pub disabled_at: Option<Timestamp>,
}
impl FromRow for Member {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            user_id: row.take()?,
            role: row.take()?,
            name: row.take()?,
            created_at: row.take()?,
            joined_at: row.take()?,
            seen_at: row.take()?,
            email: row.take()?,
            own_name: row.take()?,
            disabled_at: row.take()?,
        })
    }
}

/// Adds a person to the business. One who is there already is a `Conflict`.
pub fn insert(
    tx: &mut TenantTx<'_>,
    (user_id, role): (UserId, Role),
    name: &str,
    at: Timestamp,
    joined_at: Option<Timestamp>,
) -> Result<()> {
    let no = tx.business_no();
    let params = [
        no.into(),
        user_id.into(),
        role.into(),
        name.into(),
        at.into(),
        joined_at.into(),
    ];
    tx.put(INSERT, &params)
}
/// The people of the business, newest first.
pub async fn page(tx: &mut TenantTx<'_>, paging: &Paging) -> Result<Page<Member>> {
    let ([id], no) = (paging.below(Listing::Members)?, tx.business_no());
    let params = [no.into(), id.into(), paging.rows().into()];
    let rows = tx.query(PAGE, &params).await?;
    Ok(paging.cut(Listing::Members, rows, |m: &Member| [m.user_id.0]))
}
/// A person at the business, come or only invited.
pub async fn one(tx: &mut TenantTx<'_>, user_id: UserId) -> Result<Option<Member>> {
    let no = tx.business_no();
    tx.query_opt(ONE, &[no.into(), user_id.into()]).await
}
/// Gives a person another role.
pub fn set_role(tx: &mut TenantTx<'_>, user_id: UserId, role: Role) -> Result<()> {
    let no = tx.business_no();
    tx.put(ROLE, &[no.into(), user_id.into(), role.into()])
}
/// Notes that an invited person has come. False: they were here before, or nobody invited them.
pub async fn join(tx: &mut TenantTx<'_>, user_id: UserId, at: Timestamp) -> Result<bool> {
    let no = tx.business_no();
    let params = [no.into(), user_id.into(), at.into()];
    Ok(tx.execute(JOIN, &params).await? == 1)
}
/// Notes that a person was here.
pub fn seen(tx: &mut TenantTx<'_>, user_id: UserId, at: Timestamp) -> Result<()> {
    let no = tx.business_no();
    tx.put(SEEN, &[no.into(), user_id.into(), at.into()])
}
/// Takes a person out of the business.
pub fn remove(tx: &mut TenantTx<'_>, user_id: UserId) -> Result<()> {
    let no = tx.business_no();
    tx.put(REMOVE, &[no.into(), user_id.into()])
}
/// How many owners beside this person the business has who may come in.
pub async fn other_owners(tx: &mut TenantTx<'_>, user_id: UserId) -> Result<i64> {
    let no = tx.business_no();
    Ok(tx
        .query_one::<(i64,)>(OWNERS, &[no.into(), user_id.into()])
        .await?
        .0)
}
/// The businesses for which a person works, by their small numbers.
pub async fn works_for(tx: &mut EngineTx<'_>, user_id: UserId, limit: i64) -> Result<Vec<(i64, Role)>> {
    tx.query(WORKS_FOR, &[user_id.into(), limit.into()]).await
}
