//! Who is signed in where, and links that are good once. A token is random; only its hash is here.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::EngineTx;
use crate::value::{FromRow, Row};
use flyt_core::id::{SessionId, UserId};
use flyt_core::person::LinkKind;
use jiff::Timestamp;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, hash, user_id, created_at, seen_at, expires_at, user_agent FROM sessions ",
            $rest
        )
    };
}
const INSERT: &str = "INSERT INTO sessions (id, hash, user_id, created_at, seen_at, expires_at, user_agent)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const BY_HASH: &str = select!("WHERE hash = $1");
const OF_USER: &str = select!("WHERE user_id = $1 ORDER BY id DESC LIMIT $2");
const SEEN: &str = "UPDATE sessions SET seen_at = $2 WHERE id = $1";
const END: &str = "DELETE FROM sessions WHERE user_id = $1 AND id = $2";
const END_OTHERS: &str = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2";
const PURGE: &str = "DELETE FROM sessions WHERE user_id = $1 AND (expires_at <= $2 OR seen_at <= $3)";
const NEW_LINK: &str = "INSERT INTO one_time_links (hash, kind, user_id, business_no, expires_at)
    VALUES ($1, $2, $3, $4, $5)";
const LINK: &str =
    "SELECT kind, user_id, business_no, expires_at FROM one_time_links WHERE hash = $1 AND kind = $2";
const USE_LINK: &str = "DELETE FROM one_time_links WHERE hash = $1";
const NO_LINKS: &str = "DELETE FROM one_time_links WHERE user_id = $1 AND kind = $2
    AND (CAST($3 AS BIGINT) IS NULL OR business_no = $3)";
const PURGE_LINKS: &str = "DELETE FROM one_time_links WHERE expires_at <= $1";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(INSERT),
    Sql::same(BY_HASH),
    Sql::same(OF_USER),
    Sql::same(SEEN),
    Sql::same(END),
    Sql::same(END_OTHERS),
    Sql::same(PURGE),
    Sql::same(NEW_LINK),
    Sql::same(LINK),
    Sql::same(USE_LINK),
    Sql::same(NO_LINKS),
    Sql::same(PURGE_LINKS),
];

/// Someone signed in, in one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, by which it can be ended.
    pub id: SessionId,
    /// Hash of the token in the cookie.
    pub hash: Vec<u8>,
    /// Who.
    pub user_id: UserId,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, about.
    pub seen_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
    /// What the browser calls itself.
    pub user_agent: String,
}
impl FromRow for Session {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            hash: row.take()?,
            user_id: row.take()?,
            created_at: row.take()?,
            seen_at: row.take()?,
            expires_at: row.take()?,
            user_agent: row.take()?,
        })
    }
}

/// Adds a session.
pub fn insert(tx: &mut EngineTx<'_>, session: &Session) -> Result<()> {
    let s = session;
    tx.put(
        INSERT,
        &[
            s.id.into(),
            (&s.hash).into(),
            s.user_id.into(),
            s.created_at.into(),
            s.seen_at.into(),
            s.expires_at.into(),
            (&s.user_agent).into(),
        ],
    )
}
/// The session of a token's hash, ended by time or not.
pub async fn by_hash(tx: &mut EngineTx<'_>, hash: &[u8; 32]) -> Result<Option<Session>> {
    tx.query_opt(BY_HASH, &[hash.as_slice().into()]).await
}
/// The sessions of a person, newest first.
pub async fn of_user(tx: &mut EngineTx<'_>, user_id: UserId, limit: i64) -> Result<Vec<Session>> {
    tx.query(OF_USER, &[user_id.into(), limit.into()]).await
}
/// Notes that a session was used.
pub fn seen(tx: &mut EngineTx<'_>, id: SessionId, at: Timestamp) -> Result<()> {
    tx.put(SEEN, &[id.into(), at.into()])
}
/// Ends a session of a person. False: they have none of this id.
pub async fn end(tx: &mut EngineTx<'_>, user_id: UserId, id: SessionId) -> Result<bool> {
    Ok(tx.execute(END, &[user_id.into(), id.into()]).await? == 1)
}
/// Ends the sessions of a person, but for `but`; id 0 spares none.
pub fn end_others(tx: &mut EngineTx<'_>, user_id: UserId, but: SessionId) -> Result<()> {
    tx.put(END_OTHERS, &[user_id.into(), but.into()])
}
/// Forgets sessions of a person that have ended by `now`, or were last used at or before `idle`.
pub fn purge(tx: &mut EngineTx<'_>, user_id: UserId, now: Timestamp, idle: Timestamp) -> Result<()> {
    tx.put(PURGE, &[user_id.into(), now.into(), idle.into()])
}

/// A link that is good once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is good for.
    pub kind: LinkKind,
    /// For whom.
    pub user_id: Option<UserId>,
    /// To which business.
    pub business_no: Option<i64>,
    /// Until when.
    pub expires_at: Timestamp,
}
impl FromRow for Link {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            kind: row.take()?,
            user_id: row.take()?,
            business_no: row.take()?,
            expires_at: row.take()?,
        })
    }
}

/// Adds a link.
pub fn insert_link(tx: &mut EngineTx<'_>, hash: &[u8; 32], link: &Link) -> Result<()> {
    let params = [
        hash.as_slice().into(),
        link.kind.into(),
        link.user_id.into(),
        link.business_no.into(),
        link.expires_at.into(),
    ];
    tx.put(NEW_LINK, &params)
}
/// The link of a kind with a token's hash, expired or not.
pub async fn link(tx: &mut EngineTx<'_>, hash: &[u8; 32], kind: LinkKind) -> Result<Option<Link>> {
    tx.query_opt(LINK, &[hash.as_slice().into(), kind.into()]).await
}
/// Uses a link up. False: somebody was faster.
pub async fn use_link(tx: &mut EngineTx<'_>, hash: &[u8; 32]) -> Result<bool> {
    Ok(tx.execute(USE_LINK, &[hash.as_slice().into()]).await? == 1)
}
/// Takes back the links of a kind that a person has, to one business or to any.
pub fn remove_links(
    tx: &mut EngineTx<'_>,
    user_id: UserId,
    kind: LinkKind,
    business_no: Option<i64>,
) -> Result<()> {
    tx.put(NO_LINKS, &[user_id.into(), kind.into(), business_no.into()])
}
/// Forgets links that nobody used in time.
pub fn purge_links(tx: &mut EngineTx<'_>, now: Timestamp) -> Result<()> {
    tx.put(PURGE_LINKS, &[now.into()])
}
