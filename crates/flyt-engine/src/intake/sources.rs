//! Sources that bookings come in from: made, changed, taken out of use. Their token is shown once; their secrets are sealed
//! and never shown.

use super::set;
use crate::audit;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::random;
use crate::refusal::{Caller, Refusal, Written};
use crate::seal::NONCE_BYTES;
use crate::tenant::{document, parse};
use flyt_core::id::{SourceId, encode};
use flyt_core::inbound::{Adapter, Settings};
use flyt_core::invalid::{Faults, Fields, Line, Patch};
use flyt_core::merge;
use flyt_store::inbound::{self as rows, Source};
use flyt_store::{Tx, secrets};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Under which names the secrets of a source are kept.
pub(super) const SECRET: &str = "secret";
/// The token of the sender's API.
pub(super) const API_TOKEN: &str = "api_token";
/// Sources of one business.
const MOST: usize = 100;

/// What is stored of a source beside its columns.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Doc {
    settings: Value,
    /// Whether deliveries must be signed.
    secret: bool,
    /// Whether the sender can be asked.
    api_token: bool,
}

/// What a caller says of a source.
#[derive(Debug, Clone, Default)]
pub struct SourceBody {
    adapter: Option<Adapter>,
    name: Option<String>,
    secret: Patch<String>,
    api_token: Patch<String>,
    settings: Option<Value>,
}
impl SourceBody {
    /// Reads a body.
    pub fn read(value: &Value, new: bool, faults: &mut Faults) -> Self {
        let mut fields = Fields::open(value, "", faults);
        for name in [
            "id",
            "has_secret",
            "has_api_token",
            "revision",
            "created_at",
            "updated_at",
        ] {
            if fields.raw(name).is_some() && new {
                faults.error(fields.at(name), "read_only", "is set by Flyt");
            }
        }
        let body = Self {
            adapter: if new {
                fields.required("adapter", faults)
            } else {
                fields.optional("adapter", faults)
            },
            name: fields.optional::<Line>("name", faults).map(|l| l.0),
            secret: fields.patch::<Line>("secret", faults).map(|l| l.0),
            api_token: fields.patch::<Line>("api_token", faults).map(|l| l.0),
            settings: fields.raw("settings").cloned(),
        };
        for (name, secret) in [(SECRET, &body.secret), (API_TOKEN, &body.api_token)] {
            if matches!(secret, Patch::Set(text) if text.trim().is_empty()) {
                faults.error(
                    format!("/{name}"),
                    "empty",
                    "must not be empty; null takes it away",
                );
            }
        }
        fields.close(faults);
        body
    }
}

/// A source as the API shows it.
pub(super) fn shown(source: &Source) -> Result<Value, Refusal> {
    let doc: Doc = parse(&source.doc)?;
    Ok(json!({
        "id": source.id, "adapter": source.adapter.word(), "name": source.name, "settings": doc.settings,
        "has_secret": doc.secret, "has_api_token": doc.api_token, "revision": source.revision,
        "created_at": source.created_at, "updated_at": source.updated_at,
    }))
}

impl Engine {
    /// Makes a source. The second value is its token, shown this once.
    ///
    /// # Errors
    /// `Invalid`, `Conflict` (`too_many`), `Unavailable`.
    pub async fn create_source(&self, caller: &Caller, body: SourceBody) -> Result<(Value, String), Refusal> {
        let token = token()?;
        let (inner, caller, hash, nonces) = (self.0.clone(), *caller, digest(&token), nonces()?);
        let made = self.0.command(async move |tx: &mut Tx| {
            let (no, now) = (caller.business_no, inner.clock.now());
            let adapter = body
                .adapter
                .ok_or_else(|| Refusal::invalid("/adapter", "required", "`adapter` is required"))?;
            tx.tenant(no).alone("inbound-sources");
            let others = rows::all_sources(&mut tx.tenant(no)).await?;
            if others.len() >= MOST {
                return Err(Refusal::conflict(
                    "too_many",
                    format!("a business has at most {MOST} sources"),
                    None,
                ));
            }
            let mut settings = body
                .settings
                .clone()
                .filter(|s| !s.is_null())
                .unwrap_or_else(|| json!({}));
            checked(&settings, adapter)?;
            if settings.get("id_prefix").is_none_or(Value::is_null) {
                set(&mut settings, "id_prefix", json!(free_prefix(&others, adapter)?));
            }
            let doc = Doc {
                settings,
                secret: matches!(body.secret, Patch::Set(_)),
                api_token: matches!(body.api_token, Patch::Set(_)),
            };
            let source = Source {
                id: SourceId(inner.ids.next(now)),
                business_no: no,
                adapter,
                name: body.name.clone().unwrap_or_else(|| adapter.word().to_owned()),
                token_hash: hash.to_vec(),
                revision: 1,
                created_at: now,
                updated_at: now,
                doc: document(&doc)?,
            };
            rows::insert_source(&mut tx.tenant(no), &source)?;
            keep_secrets(&inner, tx, &source, &body, &nonces).await?;
            let out = Out::new(&inner, no, now);
            audit::note(
                tx,
                &out,
                caller.actor,
                "inbound_source.create",
                &source.id.to_string(),
            )?;
            shown(&source)
        });
        Ok((made.await?, token))
    }

    /// Changes a source: name, settings (merged), secrets.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition`.
    pub async fn write_source(
        &self,
        caller: &Caller,
        id: SourceId,
        body: SourceBody,
        expect: Option<i64>,
    ) -> Result<Written<Value>, Refusal> {
        let (inner, caller, nonces) = (self.0.clone(), *caller, nonces()?);
        self.0
            .command(async move |tx: &mut Tx| {
                let (no, now) = (caller.business_no, inner.clock.now());
                let before = rows::source(&mut tx.tenant(no), id)
                    .await?
                    .ok_or(Refusal::NotFound)?;
                if expect.is_some_and(|e| e != before.revision) {
                    return Err(Refusal::Precondition);
                }
                if body.adapter.is_some_and(|a| a != before.adapter) {
                    return Err(Refusal::invalid(
                        "/adapter",
                        "not_changeable",
                        "a source keeps its adapter: make another one",
                    ));
                }
                let mut doc: Doc = parse(&before.doc)?;
                if let Some(patch) = &body.settings {
                    let mut faults = Faults::default();
                    doc.settings = without_nulls(merge::merge(&doc.settings, patch, &[], &mut faults));
                    faults.finish(Some(())).map_err(Refusal::Invalid)?;
                    checked(&doc.settings, before.adapter)?;
                }
                for (flag, said) in [
                    (&mut doc.secret, &body.secret),
                    (&mut doc.api_token, &body.api_token),
                ] {
                    match said {
                        Patch::Keep => {}
                        Patch::Clear => *flag = false,
                        Patch::Set(_) => *flag = true,
                    }
                }
                let secrets_said = !matches!((&body.secret, &body.api_token), (Patch::Keep, Patch::Keep));
                let after = Source {
                    name: body.name.clone().unwrap_or_else(|| before.name.clone()),
                    doc: document(&doc)?,
                    ..before.clone()
                };
                if after == before && !secrets_said {
                    return Ok(written(shown(&before)?, false));
                }
                let after = Source {
                    updated_at: now,
                    revision: before.revision + 1,
                    ..after
                };
                if !rows::update_source(&mut tx.tenant(no), &after, before.revision).await? {
                    return Err(Refusal::overtaken());
                }
                keep_secrets(&inner, tx, &after, &body, &nonces).await?;
                let out = Out::new(&inner, no, now);
                audit::note(
                    tx,
                    &out,
                    caller.actor,
                    "inbound_source.update",
                    &after.id.to_string(),
                )?;
                Ok(written(shown(&after)?, true))
            })
            .await
    }

    /// Gives a source another token; the old one is dead at once.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn renew_source_token(
        &self,
        caller: &Caller,
        id: SourceId,
    ) -> Result<(Value, String), Refusal> {
        let token = token()?;
        let (inner, caller, hash) = (self.0.clone(), *caller, digest(&token));
        let made = self.0.command(async move |tx: &mut Tx| {
            let (no, now) = (caller.business_no, inner.clock.now());
            let before = rows::source(&mut tx.tenant(no), id)
                .await?
                .ok_or(Refusal::NotFound)?;
            let after = Source {
                token_hash: hash.to_vec(),
                updated_at: now,
                revision: before.revision + 1,
                ..before.clone()
            };
            if !rows::update_source(&mut tx.tenant(no), &after, before.revision).await? {
                return Err(Refusal::overtaken());
            }
            let out = Out::new(&inner, no, now);
            audit::note(
                tx,
                &out,
                caller.actor,
                "inbound_source.token",
                &after.id.to_string(),
            )?;
            shown(&after)
        });
        Ok((made.await?, token))
    }

    /// Takes a source out of use. What it delivered stays.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`.
    pub async fn delete_source(
        &self,
        caller: &Caller,
        id: SourceId,
        expect: Option<i64>,
    ) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let (no, now) = (caller.business_no, inner.clock.now());
                let found = rows::source(&mut tx.tenant(no), id)
                    .await?
                    .ok_or(Refusal::NotFound)?;
                if expect.is_some_and(|e| e != found.revision) {
                    return Err(Refusal::Precondition);
                }
                rows::archive_source(&mut tx.tenant(no), id, now).await?;
                for name in [SECRET, API_TOKEN] {
                    secrets::purge(&mut tx.tenant(no), &kept_as(id, name), i64::MAX)?;
                }
                let out = Out::new(&inner, no, now);
                audit::note(tx, &out, caller.actor, "inbound_source.delete", &id.to_string())
            })
            .await
    }
}

fn written(value: Value, changed: bool) -> Written<Value> {
    Written {
        value,
        created: false,
        changed,
        warnings: Vec::new(),
    }
}

fn checked(settings: &Value, adapter: Adapter) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    Settings::read(settings, "/settings", adapter, &mut faults);
    faults.finish(Some(())).map_err(Refusal::Invalid)
}
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            // A status that maps to null leaves the status alone; only the settings themselves lose nulls.
            Value::Object(map.into_iter().filter(|(_, v)| !v.is_null()).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            other
        }
    }
}
/// The adapter's word, with a number where another source of the business has it.
fn free_prefix(others: &[Source], adapter: Adapter) -> Result<String, Refusal> {
    let mut used = Vec::new();
    for other in others {
        let doc: Doc = parse(&other.doc)?;
        used.extend(
            doc.settings
                .get("id_prefix")
                .and_then(Value::as_str)
                .map(str::to_owned),
        );
    }
    let numbered = |n: usize| {
        if n == 1 {
            adapter.word().to_owned()
        } else {
            format!("{}-{n}", adapter.word())
        }
    };
    let free = (1..=MOST + 1).map(numbered).find(|p| !used.contains(p));
    Ok(free.unwrap_or_else(|| adapter.word().to_owned()))
}

async fn keep_secrets(
    inner: &Inner,
    tx: &mut Tx,
    source: &Source,
    body: &SourceBody,
    nonces: &[[u8; NONCE_BYTES]; 2],
) -> Result<(), Refusal> {
    let no = source.business_no;
    for ((name, said), nonce) in [(SECRET, &body.secret), (API_TOKEN, &body.api_token)]
        .into_iter()
        .zip(nonces)
    {
        let name = kept_as(source.id, name);
        match said {
            Patch::Keep => {}
            Patch::Clear => secrets::purge(&mut tx.tenant(no), &name, i64::MAX)?,
            Patch::Set(plain) => {
                let newest = secrets::versions(&mut tx.tenant(no), &name).await?;
                let version = newest.first().map_or(1, |s| s.version + 1);
                let sealed = inner
                    .seal
                    .close(plain, &context(no, &name, version), nonce)
                    .map_err(Refusal::Bug)?;
                let row = secrets::Secret {
                    name: name.clone(),
                    version,
                    sealed,
                    created_at: inner.clock.now(),
                };
                secrets::insert(&mut tx.tenant(no), &row)?;
                secrets::purge(&mut tx.tenant(no), &name, version)?;
            }
        }
    }
    Ok(())
}
fn kept_as(id: SourceId, name: &str) -> String {
    format!("inbound/{id}/{name}")
}
fn context(no: i64, name: &str, version: i64) -> String {
    format!("{no}/{name}/{version}")
}

impl Inner {
    pub(super) async fn source(&self, no: i64, id: SourceId) -> Result<Source, Refusal> {
        let found = self.read(async move |tx: &mut Tx| Ok(rows::source(&mut tx.tenant(no), id).await?));
        found.await?.ok_or(Refusal::NotFound)
    }
    /// The settings of a source, with what the business says where they say nothing.
    pub(super) async fn settings_of(
        self: &std::sync::Arc<Self>,
        source: &Source,
    ) -> Result<Settings, Refusal> {
        let doc: Doc = parse(&source.doc)?;
        let mut faults = Faults::default();
        let mut settings = Settings::read(&doc.settings, "/settings", source.adapter, &mut faults);
        let (inner, no) = (self.clone(), source.business_no);
        let currency = self
            .read(async move |tx: &mut Tx| Ok(inner.cache.tenant(tx, no).await?.business.settings.currency));
        let currency = currency.await?;
        settings.currency = settings.currency.or(Some(currency));
        if let Some(map) = &mut settings.map {
            map.mapping.currency = map.mapping.currency.or(settings.currency);
            map.mapping.time_zone = map
                .mapping
                .time_zone
                .clone()
                .or_else(|| settings.time_zone.clone());
        }
        Ok(settings)
    }
    /// A secret of a source, if it has one.
    pub(super) async fn source_secret(&self, source: &Source, name: &str) -> Result<Option<String>, Refusal> {
        let doc: Doc = parse(&source.doc)?;
        if !(if name == SECRET { doc.secret } else { doc.api_token }) {
            return Ok(None);
        }
        let (no, name) = (source.business_no, kept_as(source.id, name));
        let kept = name.clone();
        let newest = self
            .read(async move |tx: &mut Tx| Ok(secrets::versions(&mut tx.tenant(no), &kept).await?))
            .await?;
        let newest = newest
            .into_iter()
            .next()
            .ok_or_else(|| Refusal::Bug("a source's secret is missing".to_owned()))?;
        let plain = self
            .seal
            .open(&newest.sealed, &context(no, &name, newest.version));
        plain.map(Some).map_err(Refusal::Bug)
    }
}

/// The digest under which a token is kept.
pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
fn token() -> Result<String, Refusal> {
    let mut parts = String::from("in_");
    for _ in 0..2 {
        parts.push_str(&encode(random::number().map_err(Refusal::Unavailable)?, 12).to_lowercase());
    }
    Ok(parts)
}
fn nonces() -> Result<[[u8; NONCE_BYTES]; 2], Refusal> {
    let mut nonces = [[0_u8; NONCE_BYTES]; 2];
    for nonce in &mut nonces {
        random::fill(nonce).map_err(Refusal::Unavailable)?;
    }
    Ok(nonces)
}
