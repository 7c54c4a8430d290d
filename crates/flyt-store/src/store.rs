//! The store: `write` and `read` run a unit of work in one transaction.
//!
//! Whoever owns the connections runs it, on a thread of its own (`writer.rs`, `served.rs`); the caller waits for its
//! outcome. So a unit's future need not be `Send`, a caller that goes away harms nothing, and both engines are the same to
//! the caller.

use crate::bell::{Bell, Ringer};
use crate::engine::{open, open_in_memory, postgres_config};
use crate::error::{Error, Result};
use crate::tx::{Driver, Tx};
use crate::unit::{Message, ask, job};
use crate::writer::answer_read;
use crate::{migrate, served, writer};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Units that may wait; beyond that the caller does.
const QUEUE: usize = 1024;

/// A database that is migrated and ready. Clones share it.
#[derive(Clone)]
pub struct Store {
    writes: mpsc::Sender<Message>,
    reads: mpsc::Sender<Message>,
    ringer: Ringer,
    /// Closed when every thread has ended.
    ended: Arc<tokio::sync::Mutex<mpsc::Receiver<()>>>,
    postgres: bool,
    /// SQLite connections for reads on the caller's own thread; none once the store is closed.
    spare: Spare,
}
type Spare = Arc<Mutex<Option<Vec<rusqlite::Connection>>>>;
/// Reads on callers' threads at once; the next one takes its turn with the readers.
const SPARE: usize = 4;

impl Store {
    /// Opens or creates a SQLite file, with one writer and some readers (at least one), and migrates it.
    pub fn sqlite(path: &Path, readers: usize) -> Result<Self> {
        let mut conn = open(path, true)?;
        migrate::sqlite(&mut conn)?;
        let (store, queues, alive) = Self::new(false);
        let reads = Arc::new(Mutex::new(queues.reads));
        for _ in 0..readers.max(1) {
            let tx = Tx::new(Driver::Sqlite(open(path, false)?));
            let (reads, alive) = (Arc::clone(&reads), alive.clone());
            thread("store-reader", move || writer::answer_reads(tx, &reads, alive))?;
        }
        store.start_writer(conn, queues.writes, alive)?;
        let spare: Result<Vec<_>> = (0..SPARE).map(|_| open(path, false)).collect();
        *lock(&store.spare) = Some(spare?);
        Ok(store)
    }
    /// A database in memory, for simulations and tests. Reads and writes go one by one.
    pub fn sqlite_in_memory() -> Result<Self> {
        let mut conn = open_in_memory()?;
        migrate::sqlite(&mut conn)?;
        let (mut store, queues, alive) = Self::new(false);
        store.reads = store.writes.clone();
        store.start_writer(conn, queues.writes, alive)?;
        Ok(store)
    }
    /// Connects to PostgreSQL and migrates the database. `connections`: most units at once; one more carries wake-ups.
    pub async fn postgres(url: &str, connections: usize) -> Result<Self> {
        let config = postgres_config(url)?;
        let (store, queues, alive) = Self::new(true);
        let (ready, answer) = oneshot::channel();
        let ringer = store.ringer.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Error::Unavailable(e.to_string()))?;
        thread("store-postgres", move || {
            let serving = served::serve(config, connections, queues, ringer, ready);
            tokio::task::LocalSet::new().block_on(&runtime, serving);
            drop(alive);
        })?;
        answer.await.map_err(|_| Error::stopped())??;
        Ok(store)
    }
    fn new(postgres: bool) -> (Self, served::Queues, mpsc::Sender<()>) {
        let ((writes, queue), (reads, asked)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE));
        let (alive, ended) = mpsc::channel(1);
        let ended = Arc::new(tokio::sync::Mutex::new(ended));
        let store = Self {
            writes,
            reads,
            ringer: Ringer::new(),
            ended,
            postgres,
            spare: Arc::default(),
        };
        (
            store,
            served::Queues {
                writes: queue,
                reads: asked,
            },
            alive,
        )
    }
    fn start_writer(
        &self,
        conn: rusqlite::Connection,
        queue: mpsc::Receiver<Message>,
        alive: mpsc::Sender<()>,
    ) -> Result<()> {
        let (tx, ringer) = (Tx::new(Driver::Sqlite(conn)), self.ringer.clone());
        thread("store-writer", move || {
            writer::write_in_groups(tx, queue, &ringer, alive);
        })
    }

    /// Everything `body` writes is durable when this returns `Ok`; nothing of it is kept when it returns `Err` (but see
    /// `Error::Unavailable`). `body` may run again (a lost race), so it has no other effects, and it runs to its end even if
    /// the caller goes away. It waits for nothing but the store, and owns what it captures.
    pub fn write<T, F>(&self, body: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        F: AsyncFn(&mut Tx) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        ask(self.writes.clone(), true, body)
    }
    /// `body` sees one snapshot and cannot write; otherwise as `write`.
    pub fn read<T, F>(&self, body: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        F: AsyncFn(&mut Tx) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        ask(self.reads.clone(), false, body)
    }
    /// As `read`, for a body that looks at a few rows only. On SQLite it runs at once on the caller's thread: two wake-ups of
    /// other threads less, which cost more than the rows.
    pub fn glance<T, F>(&self, body: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        F: AsyncFn(&mut Tx) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (job, answer) = job(false, body);
        let (spare, queue) = (Arc::clone(&self.spare), self.reads.clone());
        async move {
            let free = lock(&spare).as_mut().and_then(Vec::pop);
            if let Some(conn) = free {
                let mut tx = Tx::new(Driver::Sqlite(conn));
                answer_read(&mut tx, job);
                if let (Driver::Sqlite(conn), Some(kept)) = (tx.into_driver(), lock(&spare).as_mut()) {
                    kept.push(conn);
                }
            } else {
                let sent = queue.send(Message::Unit(job)).await;
                sent.map_err(|_| Error::stopped())?;
            }
            answer.await.map_err(|_| Error::stopped())?
        }
    }
    /// Makes what was overwritten or deleted before this call unreadable in the files, as far as the engine lets us: on SQLite
    /// the log is emptied. PostgreSQL overwrites by itself (VACUUM, recycled log).
    pub async fn tidy(&self) -> Result<()> {
        let (done, answer) = oneshot::channel();
        let sent = self.writes.send(Message::Tidy(done)).await;
        sent.map_err(|_| Error::stopped())?;
        answer.await.map_err(|_| Error::stopped())
    }
    /// A bell that rings after commits, of this process and (on PostgreSQL) of others.
    pub fn bell(&self) -> Bell {
        self.ringer.bell()
    }
    /// Commits of this process that changed something, and the units in them: on SQLite one commit serves all who wait.
    pub fn commits(&self) -> (u64, u64) {
        self.ringer.counted()
    }
    /// True on PostgreSQL: many nodes may be at work.
    pub fn is_postgres(&self) -> bool {
        self.postgres
    }
    /// Takes nothing more, finishes what waits, closes every connection. Units asked for later answer `Unavailable`.
    pub async fn close(&self) {
        *lock(&self.spare) = None;
        for queue in [&self.writes, &self.reads] {
            let _closed_already = queue.send(Message::Close).await;
        }
        while self.ended.lock().await.recv().await.is_some() {}
    }
}
fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = std::thread::Builder::new().name(name.into()).spawn(body);
    started
        .map(drop)
        .map_err(|e| Error::Unavailable(format!("no thread: {e}")))
}
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
