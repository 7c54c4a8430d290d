//! Customers: who booked. What can change of them is a document; what they are found by has columns.

use crate::engine::Sql;
use crate::error::Result;
use crate::page::{Listing, Page, Paging, anywhere, folded};
use crate::tx::TenantTx;
use crate::value::{FromRow, Row, doc};
use flyt_core::contact;
use flyt_core::customer::{Contact, Customer};
use flyt_core::id::CustomerId;
use jiff::Timestamp;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, external_id, revision, created_at, updated_at, doc FROM customers
             WHERE business_no = $1 AND deleted_at IS NULL ",
            $rest
        )
    };
}
const INSERT: &str =
    "INSERT INTO customers (id, business_no, external_id, email, search, revision, created_at, updated_at,
    doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const UPDATE: &str =
    "UPDATE customers SET external_id = $4, email = $5, search = $6, revision = $3 + 1, updated_at = $7,
    doc = $8 WHERE business_no = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL";
const ERASE: &str =
    "UPDATE customers SET external_id = NULL, email = NULL, search = '', revision = revision + 1,
    updated_at = $3, deleted_at = $3, doc = $4 WHERE business_no = $1 AND id = $2 AND deleted_at IS NULL";
const BY_ID: &str = select!("AND id = $2");
const BY_EXTERNAL_ID: &str = select!("AND external_id = $2 AND external_id IS NOT NULL");
const BY_EMAIL: &str = select!("AND email = $2 AND email IS NOT NULL ORDER BY id LIMIT 2");
const BY_PHONE: &str = select!("AND search LIKE $2 ESCAPE '\\' ORDER BY id LIMIT 200");
const PAGE: &str = select!(
    "AND id < $2 AND updated_at >= $3 AND (CAST($4 AS TEXT) IS NULL OR search LIKE $4 ESCAPE '\\')
     ORDER BY id DESC LIMIT $5"
);
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(ERASE),
    Sql::same(BY_ID),
    Sql::same(BY_EXTERNAL_ID),
    Sql::same(BY_EMAIL),
    Sql::same(BY_PHONE),
    Sql::same(PAGE),
];

impl FromRow for Customer {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            external_id: row.take()?,
            revision: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
            contact: row.take_doc()?,
        })
    }
}
/// What `q` finds: names, e-mail, phone.
fn search(contact: &Contact) -> String {
    let parts = [
        Some(contact.full_name()),
        contact.email.clone(),
        contact.phone.clone(),
    ];
    folded(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}
fn email(contact: &Contact) -> Option<String> {
    contact
        .email
        .as_deref()
        .map(contact::folded)
        .filter(|email| !email.is_empty())
}

/// Adds a customer. A taken external id is a `Conflict`.
pub fn insert(tx: &mut TenantTx<'_>, customer: &Customer) -> Result<()> {
    let (c, no) = (customer, tx.business_no());
    tx.put(
        INSERT,
        &[
            c.id.into(),
            no.into(),
            (&c.external_id).into(),
            email(&c.contact).into(),
            search(&c.contact).into(),
            c.revision.into(),
            c.created_at.into(),
            c.updated_at.into(),
            doc(&c.contact)?.into(),
        ],
    )
}
/// Writes a customer over revision `was`, and raises the revision by one. False: it is another one.
pub async fn update(tx: &mut TenantTx<'_>, customer: &Customer, was: i64) -> Result<bool> {
    let (c, no) = (customer, tx.business_no());
    let params = [
        no.into(),
        c.id.into(),
        was.into(),
        (&c.external_id).into(),
        email(&c.contact).into(),
        search(&c.contact).into(),
        c.updated_at.into(),
        doc(&c.contact)?.into(),
    ];
    Ok(tx.execute(UPDATE, &params).await? == 1)
}
/// Empties a customer and takes it out of every list; the row stays, for what points to it. False: there is none.
pub async fn erase(tx: &mut TenantTx<'_>, id: CustomerId, at: Timestamp) -> Result<bool> {
    let (no, nothing) = (tx.business_no(), doc(&Contact::default())?);
    Ok(tx
        .execute(ERASE, &[no.into(), id.into(), at.into(), nothing.into()])
        .await?
        == 1)
}
/// The customer of an id.
pub async fn by_id(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Option<Customer>> {
    let no = tx.business_no();
    tx.query_opt(BY_ID, &[no.into(), id.into()]).await
}
/// The customer of an external id.
pub async fn by_external_id(tx: &mut TenantTx<'_>, id: &str) -> Result<Option<Customer>> {
    let no = tx.business_no();
    tx.query_opt(BY_EXTERNAL_ID, &[no.into(), id.into()]).await
}
/// Customers with an e-mail, in whatever case; at most two, which tells one from many.
pub async fn by_email(tx: &mut TenantTx<'_>, email: &str) -> Result<Vec<Customer>> {
    let no = tx.business_no();
    tx.query(BY_EMAIL, &[no.into(), contact::folded(email).into()])
        .await
}
/// Customers with a phone number, in its stored form.
pub async fn by_phone(tx: &mut TenantTx<'_>, phone: &str) -> Result<Vec<Customer>> {
    let no = tx.business_no();
    let mut found: Vec<Customer> = tx.query(BY_PHONE, &[no.into(), anywhere(phone).into()]).await?;
    found.retain(|customer| customer.contact.phone.as_deref() == Some(phone));
    Ok(found)
}
/// Customers, newest first: those changed since an instant, those with a text in name, e-mail or phone.
pub async fn page(
    tx: &mut TenantTx<'_>,
    updated_since: Option<Timestamp>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<Customer>> {
    let ([id], no) = (paging.below(Listing::Customers)?, tx.business_no());
    let since = updated_since.unwrap_or(Timestamp::MIN);
    let params = [
        no.into(),
        id.into(),
        since.into(),
        q.map(anywhere).into(),
        paging.rows().into(),
    ];
    let rows = tx.query(PAGE, &params).await?;
    Ok(paging.cut(Listing::Customers, rows, |c: &Customer| [c.id.0]))
}
