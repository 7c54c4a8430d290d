//! Every permitted difference between the two engines, and nothing else: beginning, the claim's lock, locks by key, the
//! business of row-level security, waking other nodes, drivers' errors, migration texts, how connections are opened.
//!
//! A difference that is not here is a bug; statements are one text for both.

use crate::error::{Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;
use tokio_postgres::error::SqlState;

/// One text for both engines, or, for the claims alone, one for each (`claim_sql!`).
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}
impl Sql {
    /// One text for both.
    pub(crate) const fn same(text: &'static str) -> Self {
        Self {
            sqlite: text,
            postgres: text,
        }
    }
}
impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::same(text)
    }
}

// 1. Beginning. The isolation is named: the server's default may be another.
/// Of a group of units on SQLite's writer.
pub(crate) const BEGIN_GROUP: &str = "BEGIN IMMEDIATE";
/// Of a read on SQLite.
pub(crate) const BEGIN_SNAPSHOT: &str = "BEGIN";
/// Of a writing unit on PostgreSQL. Races are kept out by `alone` and by conditions in the statements.
pub(crate) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// Of a reading unit on PostgreSQL: one snapshot.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

// 2. The claim: on PostgreSQL many nodes claim at once and pass over each other's rows.
/// The two texts of a claim: `claim_sql!("UPDATE … WHERE … IN (SELECT … LIMIT $3", ") RETURNING …")`; the lock clause goes
/// between them. RETURNING has no order: sort in Rust.
#[allow(
    unused_macros,
    clippy::allow_attributes,
    reason = "the tables of the hot path use it"
)]
macro_rules! claim_sql {
    ($before:literal, $after:literal) => {
        $crate::engine::Sql {
            sqlite: concat!($before, $after),
            postgres: concat!($before, " FOR UPDATE SKIP LOCKED", $after),
        }
    };
}
#[allow(
    unused_imports,
    clippy::allow_attributes,
    reason = "the tables of the hot path use it"
)]
pub(crate) use claim_sql;

// 3. Locks by key (SQLite has one writer) and the business of row-level security (SQLite has none).
/// Waits until nobody else holds the key, and holds it until the transaction ends.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
/// Tells PostgreSQL the business, until the transaction ends.
pub(crate) const SET_BUSINESS: &str = "SELECT set_config('flyt.business', $1, true)";

// 4. Waking the other nodes. SQLite has none: the writer rings the bell of the process.
/// What a node listens to, once connected. A wake-up that a crash loses is found by polling, so its commit waits for no
/// disk.
pub(crate) const LISTEN: &str = "SET synchronous_commit = off; LISTEN flyt";
/// Sent after commits on a connection of its own, at most once per `NOTIFY_EVERY`: inside a change it would make all
/// commits go one by one.
pub(crate) const NOTIFY: &str = "NOTIFY flyt";
/// Shortest time between two notifications of one node.
pub(crate) const NOTIFY_EVERY: Duration = Duration::from_millis(10);

// 5. The database's clock, ms: nodes are heard of and their clocks compared by it, and nothing else is.
pub(crate) const SERVER_TIME: Sql = Sql {
    sqlite: "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    postgres: "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
};

// 6. How far the feed of events may read. On PostgreSQL every row of the feed bears the number of its transaction, and those
// below this one have ended: the oldest that is open in our snapshot, but for those known to be at work on another database.
// On SQLite one writer commits in order and the number is 0.
pub(crate) const FEED_END: Sql = Sql {
    sqlite: "SELECT 1",
    postgres: "SELECT coalesce(min(CAST(CAST(open AS TEXT) AS BIGINT)), \
         CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)) \
         FROM pg_snapshot_xip(pg_current_snapshot()) open WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity a \
         WHERE a.backend_xid = xid(open) AND a.datname <> current_database())",
};

// 7. Drivers' errors.
impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        const GONE: &[C] = &[
            C::DiskFull,
            C::SystemIoFailure,
            C::ReadOnly,
            C::CannotOpen,
            C::DatabaseCorrupt,
            C::OutOfMemory,
            C::NotADatabase,
            C::PermissionDenied,
            C::FileLockingProtocolFailed,
        ];
        let text = e.to_string();
        match e.sqlite_error_code() {
            Some(C::ConstraintViolation) if is_unique(&e) => Self::Conflict(text),
            Some(C::DatabaseBusy | C::DatabaseLocked) => Self::Again(text),
            Some(C::TooBig) => Self::Refused(text),
            Some(code) if GONE.contains(&code) => Self::Unavailable(text),
            Some(_) | None => Self::Bug(text),
        }
    }
}
/// A taken key is the caller's business; NOT NULL, CHECK and a wrong type are ours.
fn is_unique(e: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE};
    let extended = e.sqlite_error().map(|inner| inner.extended_code);
    let unique = [
        SQLITE_CONSTRAINT_PRIMARYKEY,
        SQLITE_CONSTRAINT_ROWID,
        SQLITE_CONSTRAINT_UNIQUE,
    ];
    extended.is_some_and(|code| unique.contains(&code))
}
impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        let source = std::error::Error::source(&e).map_or_else(String::new, |s| format!(": {s}"));
        let text = e
            .as_db_error()
            .map_or_else(|| format!("{e}{source}"), ToString::to_string);
        let Some(code) = e.code() else {
            // No answer of the server: the connection, except where a value could not be sent or read.
            let ours = e.to_string().contains("serializing") || e.to_string().contains("deserializing");
            return if ours {
                Self::Bug(text)
            } else {
                Self::Unavailable(text)
            };
        };
        let class = code.code().get(..2).unwrap_or_default();
        match code {
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Self::Again(text),
            &SqlState::UNIQUE_VIOLATION => Self::Conflict(text),
            _ if ["08", "53", "57", "58", "28", "3D"].contains(&class) => Self::Unavailable(text),
            _ => Self::Bug(text),
        }
    }
}
impl From<deadpool_postgres::PoolError> for Error {
    fn from(e: deadpool_postgres::PoolError) -> Self {
        if let deadpool_postgres::PoolError::Backend(e) = e {
            return Self::from(e);
        }
        Self::Unavailable(e.to_string())
    }
}

// 8. Migrations: the source text is PostgreSQL's, SQLite's is derived from it.
/// The text for SQLite: `BIGINT` → `INTEGER`, `BYTEA` → `BLOB`, `x BOOLEAN` → `x INTEGER` with a check, no collation (all
/// of SQLite's are bytewise), tables `STRICT`, those whose last line says `-- clustered` without a rowid. What stands
/// between `-- PostgreSQL only` and `-- both` is left out.
pub(crate) fn sqlite_text(postgres: &str) -> String {
    let mut text = String::with_capacity(postgres.len());
    let mut both = true;
    for line in postgres.lines() {
        match line.trim() {
            "-- PostgreSQL only" => both = false,
            "-- both" => both = true,
            ");" if both => text.push_str(") STRICT;\n"),
            "); -- clustered" if both => text.push_str(") STRICT, WITHOUT ROWID;\n"),
            _ if both => {
                text.push_str(&sqlite_line(line));
                text.push('\n');
            }
            _ => {}
        }
    }
    text
}
fn sqlite_line(line: &str) -> String {
    let plain = line
        .replace(" COLLATE \"C\"", "")
        .replace("BIGINT", "INTEGER")
        .replace("BYTEA", "BLOB");
    let Some((before, after)) = plain.split_once(" BOOLEAN NOT NULL") else {
        return plain;
    };
    let name = before.rsplit([' ', ',']).next().unwrap_or_default();
    format!("{before} INTEGER NOT NULL CHECK ({name} IN (0, 1)){after}")
}

// 9. Connections.
/// Statements that a connection keeps prepared.
const CACHED_STATEMENTS: usize = 512;
/// Every connection to SQLite: the planner does not peek at bound values (`QPSG`), else each cached SELECT would be
/// prepared again at every run. The file is not mapped into memory: after each commit a reader would let the whole map go and
/// make it anew, which costs more than reading the few pages it wants (a tenth of the season's CPU).
const OPENED: &str = "PRAGMA cache_size = -65536; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;";
/// The one that writes: a commit is on the disk when it returns, and what is deleted is overwritten: an erased person does
/// not stay readable in the free space of the file.
const WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
    PRAGMA secure_delete = ON;";

/// Moves all changes from the log into the file and cuts the log to nothing: what they overwrote is gone then.
pub(crate) const EMPTY_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE);";

/// Opens a file for the writer or a reader.
pub(crate) fn open(path: &Path, writer: bool) -> Result<Connection> {
    let how = if writer {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let conn = Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    if writer {
        conn.execute_batch(WRITER)?;
    }
    settle(conn)
}
/// Makes the file that a copy goes into; its last commit is on the disk when it returns.
pub(crate) fn open_copy(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA synchronous = FULL;")?;
    Ok(conn)
}
/// Opens a database that lives as long as its connection.
pub(crate) fn open_in_memory() -> Result<Connection> {
    settle(Connection::open_in_memory()?)
}
fn settle(conn: Connection) -> Result<Connection> {
    conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.execute_batch(OPENED)?;
    Ok(conn)
}
/// Reads a connection string of PostgreSQL; a peer that is gone is noticed within half a minute.
pub(crate) fn postgres_config(url: &str) -> Result<tokio_postgres::Config> {
    let mut config: tokio_postgres::Config = url
        .parse()
        .map_err(|_| Error::Refused("the database URL cannot be read".into()))?;
    if config.get_application_name().is_none() {
        config.application_name("flyt");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    config
        .keepalives_idle(Duration::from_secs(15))
        .tcp_user_timeout(Duration::from_secs(30));
    Ok(config)
}
