//! SQLite's threads: one that writes, with one commit for everyone who waits, and some that read.

use crate::bell::Ringer;
use crate::engine::{BEGIN_GROUP, BEGIN_SNAPSHOT, EMPTY_LOG};
use crate::error::{Error, Result};
use crate::sqlite::control;
use crate::tx::{Driver, Tx};
use crate::unit::{Job, Message, run_now};
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// Most units in one commit.
const GROUP: usize = 256;

/// Runs what comes through the queue until it is closed. `alive` is dropped when the connection is.
pub(crate) fn write_in_groups(
    mut tx: Tx,
    mut queue: mpsc::Receiver<Message>,
    ringer: &Ringer,
    alive: mpsc::Sender<()>,
) {
    let mut messages = Vec::with_capacity(GROUP);
    while queue.blocking_recv_many(&mut messages, GROUP) > 0 {
        let mut jobs = Vec::with_capacity(messages.len());
        let mut tidied = Vec::new();
        for message in messages.drain(..) {
            match message {
                Message::Unit(job) => jobs.push(job),
                Message::Tidy(done) => tidied.push(done),
                Message::Close => queue.close(),
            }
        }
        let before = changes(&mut tx);
        let outcome = group(&mut tx, &mut jobs);
        // Disk full, I/O error: the whole group is gone; each is tried by itself.
        let alone = outcome.is_err() && jobs.len() > 1;
        let mut answers = Vec::with_capacity(jobs.len());
        for mut job in jobs {
            let outcome = if alone {
                group(&mut tx, std::slice::from_mut(&mut job))
            } else {
                outcome.clone()
            };
            answers.push((job, outcome));
        }
        if changes(&mut tx) != before {
            ringer.count(answers.len());
            ringer.ring();
        }
        for (job, outcome) in answers {
            job.unit.answer(outcome);
        }
        if !tidied.is_empty() {
            empty_log(&mut tx);
        }
        for done in tidied {
            let _nobody_waits = done.send(());
        }
    }
    // Readers may close after us and cannot do this: all is in the one file again, so that a copy of it is whole.
    if let Driver::Sqlite(conn) = tx.driver()
        && let Err(error) = conn.execute_batch(EMPTY_LOG)
    {
        tracing::warn!(%error, "the log of the data file could not be emptied; the next start does it");
    }
    drop(tx);
    drop(alive);
}
/// A reader that holds an old snapshot may stand in the way: then the log is emptied a little later, by the next change.
fn empty_log(tx: &mut Tx) {
    if let Driver::Sqlite(conn) = tx.driver()
        && let Err(error) = conn.execute_batch(EMPTY_LOG)
    {
        tracing::warn!(%error, "the log of changes could not be emptied");
    }
}
/// One commit for all; a unit that fails takes only its own changes back.
fn group(tx: &mut Tx, jobs: &mut [Job]) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let done = run_all(tx, jobs);
    if in_transaction(tx) {
        let undone = sql(tx, "ROLLBACK");
        return done.and(undone);
    }
    done
}
fn run_all(tx: &mut Tx, jobs: &mut [Job]) -> Result<()> {
    sql(tx, BEGIN_GROUP)?;
    if let [job] = jobs {
        // Alone it needs no savepoint: what it leaves half done, the group's ROLLBACK takes back.
        return match run_one(tx, job)? {
            Ok(()) => sql(tx, "COMMIT"),
            Err(_) => Ok(()),
        };
    }
    for job in jobs {
        sql(tx, "SAVEPOINT unit")?;
        if run_one(tx, job)?.is_err() {
            sql(tx, "ROLLBACK TO unit")?;
        }
        sql(tx, "RELEASE unit")?;
    }
    sql(tx, "COMMIT")
}
/// Runs one unit in the open transaction; the outer error: there is no transaction any more.
fn run_one(tx: &mut Tx, job: &mut Job) -> Result<Result<()>> {
    tx.forget();
    let before = changes(tx);
    let mut kept = run_now(job.unit.as_mut(), tx);
    // In memory reads come here too. `PRAGMA query_only` would have every statement prepared anew, at every read.
    if !job.writes && changes(tx) != before {
        let why = Error::Bug("a unit that only reads has written".into());
        job.unit.refuse(why.clone());
        kept = Err(why);
    }
    // SQLite rolls everything back by itself when the disk is full or fails.
    if !in_transaction(tx) {
        return Err(Error::Unavailable(format!("SQLite rolled back: {kept:?}")));
    }
    Ok(kept)
}

/// Runs reads, each on a snapshot of its own.
pub(crate) fn answer_reads(mut tx: Tx, queue: &Mutex<mpsc::Receiver<Message>>, alive: mpsc::Sender<()>) {
    while let Some(message) = next(queue) {
        match message {
            Message::Close => {}
            Message::Tidy(done) => drop(done.send(())),
            Message::Unit(job) => answer_read(&mut tx, job),
        }
    }
    drop(tx);
    drop(alive);
}
/// Runs one read on a snapshot of its own.
pub(crate) fn answer_read(tx: &mut Tx, mut job: Job) {
    let read = sql(tx, BEGIN_SNAPSHOT).and_then(|()| {
        tx.forget();
        run_now(job.unit.as_mut(), tx)
    });
    let ended = if in_transaction(tx) {
        sql(tx, "ROLLBACK")
    } else {
        Ok(())
    };
    job.unit.answer(read.and(ended));
}

/// The next message for whichever reader is free. Closing happens under the same lock: the others wait inside it.
fn next(queue: &Mutex<mpsc::Receiver<Message>>) -> Option<Message> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    let message = queue.blocking_recv();
    if let Some(Message::Close) = message {
        queue.close();
    }
    message
}
fn sql(tx: &mut Tx, text: &'static str) -> Result<()> {
    match tx.driver() {
        Driver::Sqlite(conn) => control(conn, text),
        Driver::Postgres(_) => Err(Error::Bug("PostgreSQL has no writer thread".into())),
    }
}
fn in_transaction(tx: &mut Tx) -> bool {
    matches!(tx.driver(), Driver::Sqlite(conn) if !conn.is_autocommit())
}
/// Rows changed since the connection was opened; counts what was rolled back too, which costs a needless ring.
fn changes(tx: &mut Tx) -> u64 {
    match tx.driver() {
        Driver::Sqlite(conn) => conn.total_changes(),
        Driver::Postgres(_) => 0,
    }
}
