//! Opening an installation: the lock, the store, the channels, the engine, the keys; in this order, and closed in reverse.

use crate::config::{Data, Installation, Outside, Role, Serve};
use crate::keys;
use crate::lock::Lock;
use crate::records;
use crate::state::App;
use flyt_channels::egress::{Guard, parse_allow};
use flyt_channels::smtp::Relay;
use flyt_channels::webhook::Webhooks;
use flyt_engine::{Engine, Parts, Seal};
use flyt_store::{Store, Tx, meta};
use jiff::Timestamp;
use std::path::Path;

/// Read connections of a data file, or connections to a database.
const CONNECTIONS: usize = 8;
/// The data file in its folder.
const FILE: &str = "flyt.db";
/// The key of secrets in the folder, where no other is configured.
const KEY_FILE: &str = "secret.key";

/// An opened installation.
pub(crate) struct Opened {
    pub(crate) app: App,
    /// The platform key, where one was made just now.
    pub(crate) made_key: Option<String>,
}

/// Opens everything as `flyt serve` was told.
pub(crate) async fn open(settings: &Serve) -> Result<Opened, String> {
    if settings.role != Role::All && (settings.data.database_url.is_none() || settings.test_clock.is_some()) {
        return Err(
            "--role api and --role worker are for several processes on one PostgreSQL and real time: \
             give --database-url, and leave --test-clock out"
                .to_owned(),
        );
    }
    let (store, lock) = store(&settings.data).await?;
    let engine = engine(
        &settings.data,
        &settings.outside,
        store,
        settings.test_clock,
        (settings.held, settings.role != Role::Api),
    )
    .await?;
    let given = settings.outside.platform_key.as_deref().map(keys::hash);
    let app = App::new(engine, given, lock);
    if app.engine().store().is_postgres() {
        tracing::info!("the data are in PostgreSQL");
    }
    let made_key = match given {
        Some(_) => None,
        None => records::first_platform_key(&app).await.map_err(|p| p.detail)?,
    };
    Ok(Opened { app, made_key })
}

/// Opens the data of a stopped server for a command; nothing leaves meanwhile.
pub(crate) async fn alone(of: &Installation) -> Result<App, String> {
    let (store, lock) = store(&of.data).await?;
    let clock = test_clock(&store).await?;
    let engine = engine(&of.data, &of.outside, store, clock, (true, true)).await?;
    Ok(App::new(engine, None, lock))
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
        let data = Data {
            data: data.to_owned(),
            database_url: None,
        };
        let (store, lock) = store(&data).await?;
        let engine = engine(&data, &Outside::default(), store, test_clock, (false, true)).await?;
        Ok(Self::new(engine, Some(keys::hash(platform_key)), lock))
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
        let engine = engine(&data, &Outside::default(), store, test_clock, (false, true)).await?;
        Ok(Self::new(engine, Some(keys::hash(platform_key)), lock))
    }
    /// Finishes what is in flight and closes the store.
    pub async fn close(&self) {
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
    let path = data.data.join(FILE);
    let store =
        Store::sqlite(&path, CONNECTIONS).map_err(|e| format!("cannot open {}: {e}", path.display()))?;
    Ok((store, Some(lock)))
}

/// Where the test clock of these data stands, if they have one.
async fn test_clock(store: &Store) -> Result<Option<Timestamp>, String> {
    let read = store.read(async |tx: &mut Tx| meta::get(&mut tx.engine(), "clock_at").await);
    let at = read.await.map_err(|e| e.to_string())?;
    Ok(at.and_then(|ms| ms.parse().ok()).map(flyt_core::instant::from_ms))
}

async fn engine(
    data: &Data,
    outside: &Outside,
    store: Store,
    test_clock: Option<Timestamp>,
    (held, works): (bool, bool),
) -> Result<Engine, String> {
    let ranges = parse_allow(outside.egress_allow.as_deref().unwrap_or_default());
    let ranges = ranges.map_err(|e| format!("FLYT_EGRESS_ALLOW: {e}"))?;
    let webhooks = Webhooks::new(Guard::new(ranges)).map_err(|e| e.to_string())?;
    let relay = outside
        .smtp_url
        .as_deref()
        .map(|url| Relay::from_url(url, None))
        .transpose();
    let parts = Parts {
        test_clock,
        relay: relay.map_err(|e| format!("FLYT_SMTP_URL: {e}"))?,
        webhooks,
        seal: Seal::new(&secret_key(data, outside, &store).await?),
        held,
        works,
        store,
    };
    Engine::start(parts).await.map_err(|refusal| refusal.to_string())
}

/// The key of secrets at rest: the configured one, else the one of the folder, which is made at the first start.
async fn secret_key(data: &Data, outside: &Outside, store: &Store) -> Result<[u8; 32], String> {
    if let Some(text) = &outside.secret_key {
        // Whatever the operator's text is, the key has the right length and uses all of it.
        return Ok(keys::hash(text));
    }
    if data.database_url.is_some() {
        tracing::warn!("FLYT_SECRET_KEY is not set: the key of secrets is kept in the database beside them");
        return Ok(keys::hash(&shared_secret(store).await?));
    }
    let path = data.data.join(KEY_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(keys::hash(text.trim())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let made = keys::platform_key()?;
            write_private(&path, &made).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
            Ok(keys::hash(&made))
        }
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// A key of secrets that all processes on one database share; the first one makes it.
async fn shared_secret(store: &Store) -> Result<String, String> {
    let made = keys::platform_key()?;
    let write = store.write(async move |tx: &mut Tx| {
        let mut tx = tx.engine();
        tx.alone("secret_key");
        if let Some(there) = meta::get(&mut tx, "secret_key").await? {
            return Ok(there);
        }
        meta::put(&mut tx, "secret_key", &made)?;
        Ok(made.clone())
    });
    write.await.map_err(|e| e.to_string())
}

/// Writes a file that only its owner reads.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
