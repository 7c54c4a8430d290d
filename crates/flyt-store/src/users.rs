//! People who sign in, whichever businesses they work for, and the codes with which they come back without their telephone.
//! Where they work is in `memberships.rs`.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::EngineTx;
use crate::value::{FromRow, Row};
use flyt_core::id::UserId;
use jiff::Timestamp;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, name, language, password, totp_step, created_at, updated_at, disabled_at, platform_admin
             FROM users ",
            $rest
        )
    };
}
const INSERT: &str =
    "INSERT INTO users (id, email, email_key, name, language, password, totp_step, created_at, updated_at,
    disabled_at, platform_admin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const UPDATE: &str =
    "UPDATE users SET name = $2, language = $3, password = $4, updated_at = $5, disabled_at = $6, platform_admin = $7
    WHERE id = $1";
const BY_ID: &str = select!("WHERE id = $1");
const BY_EMAIL: &str = select!("WHERE email_key = $1");
const PAGE: &str = select!("WHERE id < $1 ORDER BY id DESC LIMIT $2");
const OWNER: &str = "SELECT COUNT(*) FROM users WHERE password IS NOT NULL";
const ADMINS: &str =
    "SELECT COUNT(*) FROM users WHERE platform_admin AND password IS NOT NULL AND disabled_at IS NULL";
const TOTP: &str = "UPDATE users SET totp_step = $2, updated_at = $3 WHERE id = $1";
const TOTP_USED: &str = "UPDATE users SET totp_step = $2 WHERE id = $1 AND totp_step < $2";
const NEW_CODE: &str = "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)";
const USE_CODE: &str = "DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2";
const NO_CODES: &str = "DELETE FROM recovery_codes WHERE user_id = $1";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(BY_ID),
    Sql::same(BY_EMAIL),
    Sql::same(PAGE),
    Sql::same(OWNER),
    Sql::same(ADMINS),
    Sql::same(TOTP),
    Sql::same(TOTP_USED),
    Sql::same(NEW_CODE),
    Sql::same(USE_CODE),
    Sql::same(NO_CODES),
];

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their address, as it was written.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// The language they read.
    pub language: String,
    /// The hash of their password, as a PHC text; `None`: they have not come yet.
    pub password: Option<String>,
    /// The last step of the time whose code they used; `None`: no second factor.
    pub totp_step: Option<i64>,
    /// When they were first heard of.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
    /// Since when they may not come in.
    pub disabled_at: Option<Timestamp>,
    /// Whether they run the installation.
    pub platform_admin: bool,
}
impl FromRow for User {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            email: row.take()?,
            name: row.take()?,
            language: row.take()?,
            password: row.take()?,
            totp_step: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
            disabled_at: row.take()?,
            platform_admin: row.take()?,
        })
    }
}
impl User {
    /// Whether they have come, and may come in.
    pub fn is_active(&self) -> bool {
        self.password.is_some() && self.disabled_at.is_none()
    }
}

/// Adds a person. An address that is there already is a `Conflict`.
pub fn insert(tx: &mut EngineTx<'_>, user: &User) -> Result<()> {
    tx.put(
        INSERT,
        &[
            user.id.into(),
            (&user.email).into(),
            flyt_core::contact::folded(&user.email).into(),
            (&user.name).into(),
            (&user.language).into(),
            (&user.password).into(),
            user.totp_step.into(),
            user.created_at.into(),
            user.updated_at.into(),
            user.disabled_at.into(),
            user.platform_admin.into(),
        ],
    )
}
/// Writes what may change of a person; the second factor has functions of its own.
pub fn update(tx: &mut EngineTx<'_>, user: &User) -> Result<()> {
    tx.put(
        UPDATE,
        &[
            user.id.into(),
            (&user.name).into(),
            (&user.language).into(),
            (&user.password).into(),
            user.updated_at.into(),
            user.disabled_at.into(),
            user.platform_admin.into(),
        ],
    )
}
/// The person of an id.
pub async fn by_id(tx: &mut EngineTx<'_>, id: UserId) -> Result<Option<User>> {
    tx.query_opt(BY_ID, &[id.into()]).await
}
/// The person with an address, however it is written.
pub async fn by_email(tx: &mut EngineTx<'_>, email: &str) -> Result<Option<User>> {
    tx.query_opt(BY_EMAIL, &[flyt_core::contact::folded(email).into()])
        .await
}
/// People, newest first, below an id.
pub async fn below(tx: &mut EngineTx<'_>, id: UserId, limit: i64) -> Result<Vec<User>> {
    tx.query(PAGE, &[id.into(), limit.into()]).await
}
/// Whether anybody has come yet: until then the first start is open.
pub async fn anybody(tx: &mut EngineTx<'_>) -> Result<bool> {
    Ok(tx.query_one::<(i64,)>(OWNER, &[]).await?.0 > 0)
}
/// How many run the installation and may come in.
pub async fn admins(tx: &mut EngineTx<'_>) -> Result<i64> {
    Ok(tx.query_one::<(i64,)>(ADMINS, &[]).await?.0)
}
/// Begins a second factor after a step of the time, or ends it.
pub fn set_totp(tx: &mut EngineTx<'_>, id: UserId, step: Option<i64>, at: Timestamp) -> Result<()> {
    tx.put(TOTP, &[id.into(), step.into(), at.into()])
}
/// Uses up the codes up to a step. False: that one, or a later one, has been used.
pub async fn use_totp(tx: &mut EngineTx<'_>, id: UserId, step: i64) -> Result<bool> {
    Ok(tx.execute(TOTP_USED, &[id.into(), step.into()]).await? == 1)
}
/// Gives a person these recovery codes, as hashes, in place of others.
pub fn set_codes(tx: &mut EngineTx<'_>, id: UserId, hashes: &[[u8; 32]]) -> Result<()> {
    tx.put(NO_CODES, &[id.into()])?;
    tx.put_many(
        NEW_CODE,
        hashes.iter().map(|hash| [id.into(), hash.as_slice().into()]),
    )
}
/// Uses up a recovery code. False: there is none of this hash.
pub async fn use_code(tx: &mut EngineTx<'_>, id: UserId, hash: &[u8; 32]) -> Result<bool> {
    let params = [id.into(), hash.as_slice().into()];
    Ok(tx.execute(USE_CODE, &params).await? == 1)
}
