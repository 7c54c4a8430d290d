//! Copies of a SQLite file while it is written to, and what a copy holds. PostgreSQL has tools of its own for this.
//!
//! The form of a backup file, and who may make one, is in `flyt-server`.

use crate::engine::{open, open_copy};
use crate::error::{Error, Result};
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;

/// Pages that are copied between two reports: 4 MB.
const PAGES: i32 = 1_000;
/// Faults that are told of a broken file.
const FAULTS: usize = 5;

const SCHEMA: &str = "SELECT coalesce(max(number), 0) FROM migrations";
const META: &str = "SELECT value FROM meta WHERE key = ?1";
const MARK: &str =
    "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
/// What is counted, for people to compare.
const COUNTS: &[(&str, &str)] = &[
    ("businesses", "SELECT count(*) FROM businesses"),
    ("customers", "SELECT count(*) FROM customers"),
    ("bookings", "SELECT count(*) FROM bookings"),
    ("workflows", "SELECT count(*) FROM workflows"),
    ("timers", "SELECT count(*) FROM timers"),
    ("runs", "SELECT count(*) FROM runs"),
    ("steps", "SELECT count(*) FROM steps"),
];

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The last migration that ran on it.
    pub schema: i64,
    /// What the operator called the installation.
    pub instance_id: Option<String>,
    /// Whether it belongs to a test clock.
    pub test_clock: bool,
    /// Rows of the tables that people know.
    pub counts: Vec<(&'static str, i64)>,
}

/// Copies a file as it is at one instant; writes go on meanwhile and are not in it. `progress` hears pages copied and pages
/// in all. It blocks for as long as the disk takes.
pub fn copy(from: &Path, to: &Path, mut progress: impl FnMut(u64, u64)) -> Result<()> {
    let source = open(from, false)?;
    // A read transaction of our own: without it every write of others would make the copy begin anew.
    source.execute_batch("BEGIN; SELECT count(*) FROM meta;")?;
    let mut target = open_copy(to)?;
    let copying = Backup::new(&source, &mut target)?;
    loop {
        let step = copying.step(PAGES)?;
        let at = copying.progress();
        let pages = |n: i32| u64::try_from(n).unwrap_or(0);
        progress(pages(at.pagecount - at.remaining), pages(at.pagecount));
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            StepResult::Busy | StepResult::Locked => {
                return Err(Error::Again(
                    "the data file is locked by another program".to_owned(),
                ));
            }
            // The library may learn of other answers.
            _ => return Err(Error::Bug("an unknown answer while copying".to_owned())),
        }
    }
    drop(copying);
    drop(source);
    // One file, complete in itself: no log beside it.
    target.execute_batch("PRAGMA journal_mode = DELETE;")?;
    target.close().map_err(|(_, error)| Error::from(error))
}

/// What a file holds, without changing it.
pub fn contents(path: &Path) -> Result<Contents> {
    let conn = open(path, false)?;
    let meta = |key: &str| -> Result<Option<String>> {
        let mut statement = conn.prepare(META)?;
        let mut rows = statement.query([key])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    };
    let mut counts = Vec::new();
    for (name, sql) in COUNTS {
        counts.push((*name, conn.query_row(sql, [], |row| row.get(0))?));
    }
    Ok(Contents {
        schema: conn.query_row(SCHEMA, [], |row| row.get(0))?,
        instance_id: meta("instance_id")?,
        test_clock: meta("clock")?.as_deref() == Some("manual"),
        counts,
    })
}

/// Sets a key of `meta` in a file that nobody has open, and leaves one file.
pub fn mark(path: &Path, key: &str, value: &str) -> Result<()> {
    let conn = open_copy(path)?;
    conn.execute(MARK, [key, value])?;
    conn.close().map_err(|(_, error)| Error::from(error))
}

/// Reads the whole file and says what is broken in it.
pub fn sound(path: &Path) -> Result<()> {
    let conn = open(path, false)?;
    let mut statement = conn.prepare("PRAGMA integrity_check(100)")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let faults: Vec<String> = rows.collect::<Result<_, _>>()?;
    if faults.iter().all(|f| f == "ok") {
        return Ok(());
    }
    let some = faults.iter().take(FAULTS).cloned().collect::<Vec<_>>().join("; ");
    Err(Error::Unavailable(format!("the data file is damaged: {some}")))
}

/// The last migration that this program knows.
pub fn schema() -> i64 {
    crate::migrate::newest()
}
