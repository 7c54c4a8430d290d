//! Opening an installation: the lock, the store, the channels, the engine, the keys; in this order, and closed in reverse.

use crate::config::{Data, Installation, Outside, Role, Serve};
use crate::keys;
use crate::lock::Lock;
use crate::records;
use crate::secret_keys::{SecretKeys, finish, lost, seal_anew, secret_keys};
use crate::state::{App, Place};
use flyt_channels::egress::{Guard, parse_allow};
use flyt_channels::sms::{Account, Gateways};
use flyt_channels::smtp::Relay;
use flyt_channels::webhook::Webhooks;
use flyt_engine::{Engine, Parts, Rates, Resealed, hold};
use flyt_store::{Store, Tx, meta};
use jiff::Timestamp;
use std::path::Path;

/// Read connections of a data file, or connections to a database.
const CONNECTIONS: usize = 8;
/// The data file in its folder.
pub(crate) const FILE: &str = "flyt.db";
/// The key of secrets in the folder, where no other is configured.
pub(crate) const KEY_FILE: &str = "secret.key";

/// An opened installation.
pub(crate) struct Opened {
    pub(crate) app: App,
    /// The platform key, where one was made just now.
    pub(crate) made_key: Option<String>,
}

/// Opens everything as `flyt serve` was told.
pub(crate) async fn open(settings: &Serve) -> Result<Opened, String> {
    let (store, lock) = store(&settings.data).await?;
    if lock.is_some() {
        let swept = crate::local::sweep(&settings.data.data);
        swept.map_err(|e| format!("cannot tidy {}: {e}", settings.data.data.display()))?;
    }
    let now = flyt_engine::clock::wall();
    let hold = hold::begin(&store, settings.held, settings.outside.instance_id.clone(), now).await;
    let hold = hold.map_err(|refusal| refusal.to_string())?;
    let keys = secret_keys(&settings.data, &settings.outside, &store).await?;
    let engine = engine(
        &settings.outside,
        store,
        &keys,
        settings.test_clock,
        (hold.is_some(), settings.role != Role::Api),
    )
    .await?;
    seal_anew(&engine, &settings.data, &keys).await?;
    let given = settings.outside.platform_key.as_deref().map(keys::hash);
    let app = App::new(engine, given, lock, place(&settings.data, false));
    if app.engine().store().is_postgres() {
        tracing::info!("the data are in PostgreSQL");
    }
    let made_key = match given {
        Some(_) => None,
        None => records::first_platform_key(&app).await.map_err(|p| p.detail)?,
    };
    Ok(Opened { app, made_key })
}

/// Opens the data of a stopped server for a command. Nothing leaves this process, and on the system's clock nothing is due in
/// it; on PostgreSQL the running processes go on beside it.
pub(crate) async fn alone(of: &Installation, lock: Option<Lock>) -> Result<App, String> {
    let store = match &lock {
        Some(_) => file(&of.data.data)?,
        None => store(&of.data).await?.0,
    };
    let clock = test_clock(&store).await?;
    let keys = secret_keys(&of.data, &of.outside, &store).await?;
    let engine = engine(&of.outside, store, &keys, clock, (true, clock.is_some())).await?;
    Ok(App::new(engine, None, lock, place(&of.data, true)))
}

/// Seals the secrets of a stopped server's data anew; with `forget` those whose key is lost are deleted.
pub(crate) async fn resealed(of: &Installation, forget: bool) -> Result<Resealed, String> {
    let (store, lock) = store(&of.data).await?;
    let clock = test_clock(&store).await?;
    let keys = secret_keys(&of.data, &of.outside, &store).await?;
    let engine = engine(&of.outside, store, &keys, clock, (true, clock.is_some())).await?;
    let done = engine.reseal(forget).await.map_err(|e| e.to_string())?;
    let finished = if done.lost > 0 && !forget {
        Err(lost(done.lost))
    } else {
        finish(&engine, &of.data, &keys).await
    };
    engine.stop().await;
    drop(lock);
    finished.map(|()| done)
}

fn place(data: &Data, alone: bool) -> Place {
    Place {
        data: data.database_url.is_none().then(|| data.data.clone()),
        alone,
    }
}

impl App {
    /// Opens a data folder with the operator's key in the clear, e-mails and SMS captured.
    ///
    /// # Errors
    /// A sentence: the folder is in use or cannot be opened.
    pub async fn open(
        data: &Path,
        platform_key: &str,
        test_clock: Option<Timestamp>,
    ) -> Result<Self, String> {
        Self::open_reaching(data, platform_key, test_clock, "").await
    }
    /// The same, whose webhooks may reach these ranges beside public addresses (`FLYT_EGRESS_ALLOW`).
    ///
    /// # Errors
    /// A sentence: the folder is in use or cannot be opened, or the ranges cannot be read.
    pub async fn open_reaching(
        data: &Path,
        platform_key: &str,
        test_clock: Option<Timestamp>,
        ranges: &str,
    ) -> Result<Self, String> {
        let data = Data {
            data: data.to_owned(),
            database_url: None,
        };
        let (store, lock) = store(&data).await?;
        let outside = Outside {
            egress_allow: Some(ranges.to_owned()),
            ..Outside::default()
        };
        let keys = secret_keys(&data, &outside, &store).await?;
        let engine = engine(&outside, store, &keys, test_clock, (false, true)).await?;
        let place = place(&data, false);
        Ok(Self::new(engine, Some(keys::hash(platform_key)), lock, place))
    }
    /// As `open`, with the data in PostgreSQL.
    ///
    /// # Errors
    /// A sentence: the database cannot be opened.
    pub async fn open_postgres(
        url: &str,
        platform_key: &str,
        test_clock: Option<Timestamp>,
    ) -> Result<Self, String> {
        let data = Data {
            data: std::path::PathBuf::new(),
            database_url: Some(url.to_owned()),
        };
        let (store, lock) = store(&data).await?;
        let outside = Outside::default();
        let keys = secret_keys(&data, &outside, &store).await?;
        let engine = engine(&outside, store, &keys, test_clock, (false, true)).await?;
        let place = place(&data, false);
        Ok(Self::new(engine, Some(keys::hash(platform_key)), lock, place))
    }
    /// Finishes what is in flight and closes the store.
    pub async fn close(&self) {
        self.streams().end();
        self.engine().stop().await;
    }
}

async fn store(data: &Data) -> Result<(Store, Option<Lock>), String> {
    if let Some(url) = &data.database_url {
        let store = Store::postgres(url, CONNECTIONS)
            .await
            .map_err(|e| format!("cannot open the database: {e}"))?;
        return Ok((store, None));
    }
    let lock = Lock::take(&data.data).await?;
    Ok((file(&data.data)?, Some(lock)))
}

fn file(folder: &Path) -> Result<Store, String> {
    let path = folder.join(FILE);
    // Made for its owner alone; SQLite's own files beside it take after it.
    if !path.exists() {
        crate::local::private(&path).map_err(|e| format!("cannot make {}: {e}", path.display()))?;
    }
    Store::sqlite(&path, CONNECTIONS).map_err(|e| format!("cannot open {}: {e}", path.display()))
}

/// Where the test clock of these data stands, if they have one.
async fn test_clock(store: &Store) -> Result<Option<Timestamp>, String> {
    let read = store.read(async |tx: &mut Tx| meta::get(&mut tx.engine(), "clock_at").await);
    let at = read.await.map_err(|e| e.to_string())?;
    Ok(at.and_then(|ms| ms.parse().ok()).map(flyt_core::instant::from_ms))
}

async fn engine(
    outside: &Outside,
    store: Store,
    keys: &SecretKeys,
    test_clock: Option<Timestamp>,
    (held, works): (bool, bool),
) -> Result<Engine, String> {
    let ranges = parse_allow(outside.egress_allow.as_deref().unwrap_or_default());
    let ranges = ranges.map_err(|e| format!("FLYT_EGRESS_ALLOW: {e}"))?;
    let guard = Guard::new(ranges);
    let gateways = Gateways::new(guard.clone()).map_err(|e| e.to_string())?;
    let webhooks = Webhooks::new(guard).map_err(|e| e.to_string())?;
    let sms = outside.sms_url.as_deref().map(Account::from_url).transpose();
    let public_url = outside
        .public_url
        .as_deref()
        .map(|url| url.trim_end_matches('/').to_owned());
    let relay = outside
        .smtp_url
        .as_deref()
        .map(|url| Relay::from_url(url, None))
        .transpose();
    let parts = Parts {
        test_clock,
        relay: relay.map_err(|e| format!("FLYT_SMTP_URL: {e}"))?,
        gateways,
        sms: sms.map_err(|e| format!("FLYT_SMS_URL: {e}"))?,
        rates: Rates {
            email: outside.smtp_per_second,
            sms: outside.sms_per_second,
        },
        public_url,
        webhooks,
        seal: keys.seal(),
        held,
        works,
        store,
    };
    Engine::start(parts).await.map_err(|refusal| refusal.to_string())
}
