//! The key of secrets at rest: where it comes from, and its change. How secrets are sealed is in `flyt-engine` (`seal.rs`,
//! `reseal.rs`).

use crate::config::{Data, Outside};
use crate::keys;
use crate::local::private;
use crate::open::KEY_FILE;
use flyt_engine::{Engine, Seal};
use flyt_store::{Store, Tx, meta};
use std::io::Write as _;
use std::path::Path;

/// A key that is to follow the one in the folder; it is there while secrets are being sealed anew.
const NEXT_FILE: &str = "secret.key.new";
/// Where it is noted which key sealed the secrets last.
const SEALED_WITH: &str = "secret_key_id";
/// Where processes on one database keep a key that nobody configured.
const SHARED: &str = "secret_key";

/// The current key, and one before it.
pub(crate) struct SecretKeys {
    current: [u8; 32],
    old: Option<[u8; 32]>,
    /// The key of the folder is being changed: the file of the next one takes the place of the other when all is sealed anew.
    unfinished: bool,
}
impl SecretKeys {
    pub(crate) fn seal(&self) -> Seal {
        let seal = Seal::new(&self.current);
        match &self.old {
            Some(old) => seal.with_old(old),
            None => seal,
        }
    }
}

/// Finds the keys: the configured ones, else those of the folder, of which the first is made at the first start.
pub(crate) async fn secret_keys(data: &Data, outside: &Outside, store: &Store) -> Result<SecretKeys, String> {
    let in_folder = data.database_url.is_none().then_some(data.data.as_path());
    let kept = match in_folder {
        Some(folder) => read(&folder.join(KEY_FILE))?,
        None => None,
    };
    // Whatever the operator's text is, the key has the right length and uses all of it.
    if let Some(text) = &outside.secret_key {
        let old = outside.secret_key_old.as_ref().or(kept.as_ref());
        return Ok(SecretKeys {
            current: keys::hash(text),
            old: old.map(|text| keys::hash(text)),
            unfinished: false,
        });
    }
    let Some(folder) = in_folder else {
        tracing::warn!("FLYT_SECRET_KEY is not set: the key of secrets is kept in the database beside them");
        let current = keys::hash(&shared(store).await?);
        return Ok(SecretKeys {
            current,
            old: None,
            unfinished: false,
        });
    };
    let next = read(&folder.join(NEXT_FILE))?;
    let unfinished = next.is_some();
    let current = match next.or_else(|| kept.clone()) {
        Some(text) => text,
        None => make(&folder.join(KEY_FILE))?,
    };
    Ok(SecretKeys {
        current: keys::hash(&current),
        old: kept.filter(|_| unfinished).map(|text| keys::hash(&text)),
        unfinished,
    })
}

/// Puts another key beside the one of the folder; the next opening seals with it.
pub(crate) fn begin_change(folder: &Path) -> Result<(), String> {
    let next = folder.join(NEXT_FILE);
    if next.exists() {
        return Ok(()); // one that was begun and broken off is finished
    }
    make(&next).map(drop)
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

fn make(path: &Path) -> Result<String, String> {
    let made = keys::platform_key()?;
    let written = private(path).and_then(|mut file| {
        file.write_all(made.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(made)
}

/// A key of secrets that all processes on one database share; the first one makes it.
async fn shared(store: &Store) -> Result<String, String> {
    let made = keys::platform_key()?;
    let write = store.write(async move |tx: &mut Tx| {
        let mut tx = tx.engine();
        tx.alone(SHARED);
        if let Some(there) = meta::get(&mut tx, SHARED).await? {
            return Ok(there);
        }
        meta::put(&mut tx, SHARED, &made)?;
        Ok(made.clone())
    });
    write.await.map_err(|e| e.to_string())
}

/// Seals with the current key what another sealed, unless that has been done. Secrets of a key that nobody has stop the start:
/// going on would sign nothing.
pub(crate) async fn seal_anew(engine: &Engine, data: &Data, keys: &SecretKeys) -> Result<(), String> {
    let id = keys.seal().id();
    let read = engine
        .store()
        .read(async |tx: &mut Tx| meta::get(&mut tx.engine(), SEALED_WITH).await);
    let known = read.await.map_err(|e| e.to_string())?;
    if known.as_deref() == Some(id.as_str()) && keys.old.is_none() {
        return Ok(());
    }
    let done = engine.reseal(false).await.map_err(|e| e.to_string())?;
    if done.lost > 0 {
        return Err(lost(done.lost));
    }
    finish(engine, data, keys).await?;
    if done.anew > 0 {
        tracing::info!(
            secrets = done.anew,
            "secrets were sealed anew with the current key"
        );
    }
    Ok(())
}

/// What to do about secrets whose key is not here.
pub(crate) fn lost(secrets: usize) -> String {
    format!(
        "{secrets} secrets were sealed with another key than this one. Set FLYT_SECRET_KEY to that key (or put its \
         secret.key into the data folder); to change keys give the old one as FLYT_SECRET_KEY_OLD. If it is lost, \
         `flyt keys rotate-secrets --forget-lost` deletes what it sealed, and webhook secrets are made anew"
    )
}

/// Notes that all is sealed with the current key.
pub(crate) async fn finish(engine: &Engine, data: &Data, keys: &SecretKeys) -> Result<(), String> {
    if keys.unfinished {
        let (from, to) = (data.data.join(NEXT_FILE), data.data.join(KEY_FILE));
        std::fs::rename(&from, &to).map_err(|e| format!("cannot rename {}: {e}", from.display()))?;
        let folder = std::fs::File::open(&data.data).and_then(|folder| folder.sync_all());
        folder.map_err(|e| format!("cannot write {}: {e}", data.data.display()))?;
    }
    let id = keys.seal().id();
    let write = engine
        .store()
        .write(async move |tx: &mut Tx| meta::put(&mut tx.engine(), SEALED_WITH, &id));
    write.await.map_err(|e| e.to_string())
}
