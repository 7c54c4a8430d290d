//! Migrations: numbered texts, run in order in one transaction at start, recorded with a checksum. Data of a newer version
//! and a migration that was changed after it ran are refused.

use crate::engine::sqlite_text;
use crate::error::{Error, Result};

/// One step of the schema. The text is PostgreSQL's; `engine::sqlite_text` derives SQLite's.
struct Migration {
    number: i64,
    name: &'static str,
    text: &'static str,
}
/// Every migration, in order. Texts that have been released never change.
const ALL: &[Migration] = &[
    Migration {
        number: 1,
        name: "start",
        text: include_str!("../migrations/postgres/0001_start.sql"),
    },
    Migration {
        number: 2,
        name: "lifecycle",
        text: include_str!("../migrations/postgres/0002_lifecycle.sql"),
    },
    Migration {
        number: 3,
        name: "events",
        text: include_str!("../migrations/postgres/0003_events.sql"),
    },
    Migration {
        number: 4,
        name: "channels",
        text: include_str!("../migrations/postgres/0004_channels.sql"),
    },
    Migration {
        number: 5,
        name: "inbound",
        text: include_str!("../migrations/postgres/0005_inbound.sql"),
    },
    Migration {
        number: 6,
        name: "people",
        text: include_str!("../migrations/postgres/0006_people.sql"),
    },
    Migration {
        number: 7,
        name: "guards",
        text: include_str!("../migrations/postgres/0007_guards.sql"),
    },
];

/// The number of the last one.
pub(crate) fn newest() -> i64 {
    ALL.iter().map(|m| m.number).max().unwrap_or(0)
}

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum BIGINT NOT NULL)";
const APPLIED: &str = "SELECT number, checksum FROM migrations ORDER BY number";
const RECORD: &str = "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)";
/// One node migrates at a time.
const LOCK: &str = "SELECT pg_advisory_xact_lock(770127)";

/// Brings a SQLite file up to date.
pub(crate) fn sqlite(conn: &mut rusqlite::Connection) -> Result<()> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    tx.execute_batch(LEDGER)?;
    let applied = {
        let mut statement = tx.prepare(APPLIED)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<Vec<(i64, i64)>, _>>()?
    };
    let texts: Vec<String> = ALL.iter().map(|m| sqlite_text(m.text)).collect();
    let done = check(&applied, &texts.iter().map(String::as_str).collect::<Vec<_>>())?;
    for (migration, text) in ALL.iter().zip(&texts).skip(done) {
        tx.execute_batch(text)?;
        tx.execute(
            RECORD,
            rusqlite::params![migration.number, migration.name, fnv(text)],
        )?;
    }
    tx.commit()?;
    Ok(())
}
/// Brings a PostgreSQL database up to date.
pub(crate) async fn postgres(client: &mut tokio_postgres::Client) -> Result<()> {
    let tx = client.transaction().await?;
    tx.batch_execute(LOCK).await?;
    tx.batch_execute(LEDGER).await?;
    let rows = tx.query(APPLIED, &[]).await?;
    let applied: Vec<(i64, i64)> = rows
        .iter()
        .map(|r| Ok((r.try_get(0)?, r.try_get(1)?)))
        .collect::<Result<_>>()?;
    let done = check(&applied, &ALL.iter().map(|m| m.text).collect::<Vec<_>>())?;
    for migration in ALL.iter().skip(done) {
        tx.batch_execute(migration.text).await?;
        tx.execute(
            RECORD,
            &[&migration.number, &migration.name, &fnv(migration.text)],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}
/// How many of ours have run already, if all that ran are ours.
fn check(applied: &[(i64, i64)], texts: &[&str]) -> Result<usize> {
    for (place, (number, sum)) in applied.iter().enumerate() {
        let (Some(ours), Some(text)) = (ALL.get(place), texts.get(place)) else {
            return Err(Error::Newer(format!(
                "the data are of a newer version (migration {number})"
            )));
        };
        if ours.number != *number || fnv(text) != *sum {
            return Err(Error::Newer(format!(
                "migration {number} ({}) is not the one that ran on these data",
                ours.name
            )));
        }
    }
    Ok(applied.len())
}
/// FNV-1a: against accidents, not against enemies.
pub(crate) fn fnv(text: &str) -> i64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, mix).cast_signed()
}
