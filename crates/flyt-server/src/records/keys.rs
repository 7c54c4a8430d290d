//! API keys and the audit log.

use super::{Found, refused_cursor, shown};
use crate::keys::{hash, platform_key, prefix};
use crate::page::{Listed, Page};
use crate::problem::Problem;
use crate::state::App;
use flyt_core::id::{AuditId, KeyId, UserId};
use flyt_engine::Caller;
use flyt_store::audit::{self, Act};
use flyt_store::keys::{self as rows, ApiKey};
use flyt_store::{Error, Tx, meta, users};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A key as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredKey {
    pub(crate) id: KeyId,
    /// `None`: the platform's.
    pub(crate) business_no: Option<i64>,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Option<Timestamp>,
}
/// A key to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    pub(crate) name: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Makes the platform's first key, unless one was made before. It is stored as a hash and answered in the clear this once.
pub(crate) async fn first_platform_key(app: &App) -> Found<String> {
    let key = platform_key().map_err(|e| Problem::unavailable(&e))?;
    let row = ApiKey {
        id: KeyId(app.engine().new_id()),
        business_no: None,
        name: "first".to_owned(),
        prefix: prefix(&key),
        hash: hash(&key).to_vec(),
        scopes: Vec::new(),
        created_at: flyt_engine::clock::wall(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        let mut tx = tx.engine();
        tx.alone(FIRST_KEY);
        if meta::get(&mut tx, FIRST_KEY).await?.is_some() {
            return Ok(false);
        }
        rows::insert_platform(&mut tx, &row)?;
        meta::put(&mut tx, FIRST_KEY, &row.id.to_string())?;
        Ok::<bool, Error>(true)
    });
    Ok(write.await?.then_some(key))
}
/// Where it is noted that the platform has had its first key.
const FIRST_KEY: &str = "first_platform_key";

/// The key with a hash, unless it was revoked.
pub(crate) async fn key_by_hash(app: &App, hash: &[u8; 32]) -> Found<StoredKey> {
    let hash = *hash;
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| rows::by_hash(&mut tx.engine(), &hash).await);
    let key = read.await?.filter(|key| key.revoked_at.is_none());
    Ok(key.map(|k| StoredKey {
        id: k.id,
        business_no: k.business_no,
        scopes: k.scopes,
        expires_at: k.expires_at,
    }))
}

pub(crate) async fn note_key_use(app: &App, id: KeyId, at: Timestamp) -> Result<(), Problem> {
    let write = app
        .engine()
        .store()
        .write(async move |tx: &mut Tx| rows::used(&mut tx.engine(), id, at));
    Ok(write.await?)
}

pub(crate) async fn api_keys(app: &App, no: i64, page: Page) -> Result<Listed, Problem> {
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| rows::page(&mut tx.tenant(no), &page.paging()?).await);
    Ok(shown(read.await.map_err(refused_cursor)?, show))
}

/// Stores a key and answers what the API shows of it; the key itself is not in it.
pub(crate) async fn create_key(
    app: &App,
    caller: &Caller,
    wanted: NewKey,
    key: &str,
) -> Result<Value, Problem> {
    let (now, no) = (flyt_engine::clock::wall(), caller.business_no);
    let row = ApiKey {
        id: KeyId(app.engine().new_id()),
        business_no: Some(no),
        name: wanted.name.unwrap_or_default(),
        prefix: prefix(key),
        hash: hash(key).to_vec(),
        scopes: wanted.scopes,
        created_at: now,
        expires_at: wanted.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let shown = show(&row);
    let act = act(app, caller, "api_key.create", row.id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        rows::insert(&mut tx.tenant(no), &row)?;
        audit::append(&mut tx.tenant(no), &act)
    });
    write.await?;
    Ok(shown)
}

pub(crate) async fn revoke_key(app: &App, caller: &Caller, id: KeyId) -> Result<(), Problem> {
    let (now, no) = (flyt_engine::clock::wall(), caller.business_no);
    let act = act(app, caller, "api_key.revoke", id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        let found = rows::revoke(&mut tx.tenant(no), id, now).await?;
        if found {
            audit::append(&mut tx.tenant(no), &act)?;
        }
        Ok::<bool, Error>(found)
    });
    if write.await? {
        Ok(())
    } else {
        Err(Problem::not_found())
    }
}

pub(crate) async fn audit_log(
    app: &App,
    no: i64,
    filter: audit::Filter,
    page: Page,
) -> Result<Listed, Problem> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let page = audit::page(&mut tx.tenant(no), &filter, &page.paging()?).await?;
        let names = names(tx, no, &page.rows).await?;
        Ok((page, names))
    });
    let (page, names) = read.await.map_err(refused_cursor)?;
    Ok(shown(page, |act| {
        json!({
            "id": act.id,
            "at": act.at,
            "actor": act.actor,
            "actor_name": names.get(&act.actor),
            "action": act.action,
            "object": act.object,
            "detail": serde_json::from_str::<Value>(&act.detail).unwrap_or(Value::Null),
        })
    }))
}

/// What people call those who acted: people and keys.
async fn names(tx: &mut Tx, no: i64, acts: &[Act]) -> Result<BTreeMap<String, String>, Error> {
    let mut names = BTreeMap::new();
    for act in acts {
        if names.contains_key(&act.actor) {
            continue;
        }
        let name = if let Ok(id) = act.actor.parse::<UserId>() {
            users::by_id(&mut tx.engine(), id).await?.map(|user| user.name)
        } else if let Ok(id) = act.actor.parse::<KeyId>() {
            rows::by_id(&mut tx.tenant(no), id).await?.map(|key| key.name)
        } else {
            None
        };
        names.extend(name.map(|name| (act.actor.clone(), name)));
    }
    Ok(names)
}

fn act(app: &App, caller: &Caller, action: &str, key: KeyId) -> Act {
    Act {
        id: AuditId(app.engine().new_id()),
        at: app.engine().now(),
        actor: caller.actor.to_string(),
        action: action.to_owned(),
        object: key.to_string(),
        detail: "{}".to_owned(),
    }
}

fn show(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    })
}
