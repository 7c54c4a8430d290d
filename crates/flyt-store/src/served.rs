//! PostgreSQL's thread: owns the pool, runs units on its connections, tells other nodes of commits and hears of theirs.

use crate::bell::Ringer;
use crate::engine::{BEGIN_READ, BEGIN_WRITE, LISTEN, NOTIFY, NOTIFY_EVERY};
use crate::error::{Error, Result};
use crate::migrate;
use crate::pipeline::Pipeline;
use crate::tx::{Driver, Tx};
use crate::unit::{Job, Message};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use std::future::poll_fn;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_postgres::{AsyncMessage, Config, NoTls};

/// Times a unit that lost a race is run.
const TRIES: u32 = 8;
/// Times a unit is run whose connection was lost before its commit.
const CONNECTIONS: u32 = 3;
/// Pause before the bell's connection is made again.
const RECONNECT: Duration = Duration::from_secs(1);

/// The queues of the two kinds of unit.
pub(crate) struct Queues {
    pub(crate) writes: mpsc::Receiver<Message>,
    pub(crate) reads: mpsc::Receiver<Message>,
}

/// Migrates, says so through `ready`, and serves both queues until they are closed.
pub(crate) async fn serve(
    config: Config,
    connections: usize,
    queues: Queues,
    ringer: Ringer,
    ready: oneshot::Sender<Result<()>>,
) {
    let pool = match prepare(&config, connections).await {
        Ok(pool) => pool,
        Err(e) => {
            let _nobody_waits = ready.send(Err(e));
            return;
        }
    };
    let bell = tokio::task::spawn_local(carry_rings(config, ringer.clone()));
    let _nobody_waits = ready.send(Ok(()));
    let writes = take(pool.clone(), queues.writes, Some(ringer));
    let reads = take(pool.clone(), queues.reads, None);
    tokio::join!(writes, reads);
    bell.abort();
    pool.close();
}
async fn prepare(config: &Config, connections: usize) -> Result<Pool> {
    let (mut client, connection) = config.connect(NoTls).await?;
    let driven = tokio::task::spawn_local(connection);
    migrate::postgres(&mut client).await?;
    drop(client);
    let _closed = driven.await;
    let fast = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config.clone(), NoTls, fast);
    let second = |n| Some(Duration::from_secs(n));
    let timeouts = Timeouts {
        wait: second(30),
        create: second(10),
        recycle: second(5),
    };
    let pool = Pool::builder(manager)
        .max_size(connections.max(1))
        .timeouts(timeouts)
        .runtime(Runtime::Tokio1);
    pool.build().map_err(|e| Error::Unavailable(e.to_string()))
}
/// Gives each unit of a queue a connection; a queue waits when all are taken. With a ringer the units may write.
async fn take(pool: Pool, mut queue: mpsc::Receiver<Message>, ringer: Option<Ringer>) {
    let mut running = JoinSet::new();
    while let Some(message) = queue.recv().await {
        while running.try_join_next().is_some() {}
        match message {
            Message::Close => queue.close(),
            // PostgreSQL keeps its log and its dead rows by rules of its own.
            Message::Tidy(done) => drop(done.send(())),
            Message::Unit(job) => {
                let client = pool.get().await;
                running.spawn_local(run(
                    pool.clone(),
                    client.map_err(Error::from),
                    job,
                    ringer.clone(),
                ));
            }
        }
    }
    while running.join_next().await.is_some() {}
}
/// Runs a unit to its end. A lost race, or a connection lost before COMMIT left, lets it run again.
async fn run(pool: Pool, client: Result<Object>, mut job: Job, ringer: Option<Ringer>) {
    let begin = if ringer.is_some() { BEGIN_WRITE } else { BEGIN_READ };
    let mut client = Some(client);
    let mut tries = 0;
    let done = loop {
        tries += 1;
        let client = match client.take() {
            Some(client) => client,
            None => pool.get().await.map_err(Error::from),
        };
        let once = match client {
            Ok(client) => once(client, begin, &mut job).await,
            Err(e) => Err(Failed {
                error: e,
                undone: false,
            }),
        };
        let limit = match &once {
            Err(Failed {
                error: Error::Again(_),
                ..
            }) => TRIES,
            Err(Failed {
                error: Error::Unavailable(_),
                undone: true,
            }) => CONNECTIONS,
            Ok(_) | Err(_) => 0,
        };
        if tries >= limit {
            break once;
        }
        tokio::time::sleep(Duration::from_millis(1 << tries)).await;
    };
    if let (Ok(true), Some(ringer)) = (&done, &ringer) {
        ringer.count(1);
        ringer.ring_everywhere();
    }
    job.unit.answer(done.map(|_| ()).map_err(|failed| failed.error));
}
struct Failed {
    error: Error,
    /// Nothing of it can have been kept.
    undone: bool,
}
/// Answers whether anything was changed.
async fn once(client: Object, begin: &'static str, job: &mut Job) -> Result<bool, Failed> {
    let mut tx = Tx::new(Driver::Postgres(Pipeline::begin(client, begin)));
    job.unit
        .run(&mut tx)
        .await
        .map_err(|error| Failed { error, undone: true })?;
    let Driver::Postgres(pipeline) = tx.into_driver() else {
        return Ok(false);
    };
    if begin == BEGIN_READ {
        pipeline.leave();
        return Ok(false);
    }
    pipeline
        .commit()
        .await
        .map_err(|error| Failed { error, undone: false })
}

/// Keeps one connection that notifies and listens; when it is lost, it is made again, and the bell rings for what may have
/// been missed.
async fn carry_rings(config: Config, ringer: Ringer) {
    loop {
        if let Err(e) = carry_until_lost(&config, &ringer).await {
            tracing::warn!(error = %e, "no wake-ups from other nodes until PostgreSQL answers");
        }
        tokio::time::sleep(RECONNECT).await;
        ringer.ring();
    }
}
async fn tell(client: &tokio_postgres::Client, ringer: &Ringer) -> Result<()> {
    loop {
        ringer.others.notified().await;
        client.batch_execute(NOTIFY).await?;
        tokio::time::sleep(NOTIFY_EVERY).await;
    }
}
async fn carry_until_lost(config: &Config, ringer: &Ringer) -> Result<()> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let (told, mut senders) = mpsc::unbounded_channel();
    let hearing = async move {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            if let AsyncMessage::Notification(note) = message? {
                let _ended = told.send(note.process_id());
            }
        }
        Err(Error::Unavailable(
            "the connection to PostgreSQL is closed".into(),
        ))
    };
    let work = async {
        client.batch_execute(LISTEN).await?;
        let own: i32 = client
            .query_one("SELECT pg_backend_pid()", &[])
            .await?
            .try_get(0)?;
        let telling = tell(&client, ringer);
        let ringing = async {
            while let Some(sender) = senders.recv().await {
                if sender != own {
                    ringer.ring();
                }
            }
            Ok::<(), Error>(())
        };
        tokio::try_join!(telling, ringing).map(|((), ())| ())
    };
    tokio::try_join!(hearing, work).map(|((), ())| ())
}
