//! Statements on PostgreSQL: queued, sent in order with the next one that is waited for, without waiting between them.

use crate::error::{Error, Result};
use crate::value::Value;
use deadpool_postgres::Object;
use futures_util::future::{BoxFuture, MaybeDone, maybe_done};
use futures_util::{FutureExt as _, TryStreamExt as _};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

/// One transaction of one connection.
pub(crate) struct Pipeline {
    client: Object,
    queue: Vec<Queued>,
    /// BEGIN has left, and neither COMMIT nor ROLLBACK has.
    open: bool,
    /// Something was changed.
    wrote: bool,
}
/// A text that waits to be sent; without parameters it is a text that is never prepared (BEGIN, COMMIT).
struct Queued {
    sql: &'static str,
    params: Option<Vec<Value<'static>>>,
}
type Started<'c> = Pin<Box<MaybeDone<BoxFuture<'c, Result<u64, tokio_postgres::Error>>>>>;

impl Pipeline {
    pub(crate) fn begin(client: Object, how: &'static str) -> Self {
        Self {
            client,
            queue: vec![Queued {
                sql: how,
                params: None,
            }],
            open: false,
            wrote: false,
        }
    }
    pub(crate) fn client(&self) -> &Object {
        &self.client
    }
    pub(crate) fn put<'v>(&mut self, sql: &'static str, params: impl IntoIterator<Item = Value<'v>>) {
        let params = params.into_iter().map(Value::into_owned).collect();
        self.queue.push(Queued {
            sql,
            params: Some(params),
        });
    }
    fn leaving(&mut self) -> Vec<Queued> {
        self.open = true;
        std::mem::take(&mut self.queue)
    }
    /// How many statements wait to be sent.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }
    /// Sends what waits; answers how many rows each touched.
    pub(crate) async fn flush(&mut self) -> Result<Vec<u64>> {
        let queue = self.leaving();
        let changes: Vec<bool> = queue
            .iter()
            .map(|q| q.params.is_some() && changes_rows(q.sql))
            .collect();
        let counts = finish(start(&self.client, queue).await).await?;
        self.wrote |= changes
            .iter()
            .zip(&counts)
            .any(|(changes, count)| *changes && *count > 0);
        Ok(counts)
    }
    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
    ) -> Result<Vec<tokio_postgres::Row>> {
        let queue = self.leaving();
        let wrote = queue.iter().any(|q| q.params.is_some() && changes_rows(q.sql));
        let started = start(&self.client, queue).await;
        let statement = match self.client.prepare_cached(sql).await {
            Ok(statement) => statement,
            Err(e) => {
                // In an aborted transaction this error hides its cause, which stands in what was sent before.
                finish(started).await?;
                return Err(e.into());
            }
        };
        let mut rows = Box::pin(maybe_done(self.client.query_raw(&statement, params.iter())));
        send(&mut rows);
        finish(started).await?;
        rows.as_mut().await;
        let rows = rows
            .as_mut()
            .take_output()
            .ok_or_else(|| Error::Bug("a statement had no outcome".into()))??;
        let rows: Vec<tokio_postgres::Row> = rows.try_collect().await?;
        self.wrote |= wrote || (changes_rows(sql) && !rows.is_empty());
        Ok(rows)
    }
    /// Ends the transaction; answers whether it changed anything.
    pub(crate) async fn commit(mut self) -> Result<bool> {
        if !self.open && self.queue.len() < 2 {
            return Ok(false); // only BEGIN
        }
        self.queue.push(Queued {
            sql: "COMMIT",
            params: None,
        });
        self.flush().await?; // an error before COMMIT makes the server answer it with ROLLBACK
        self.open = false;
        Ok(self.wrote)
    }
    /// Reads have nothing to lose: COMMIT leaves and nobody waits for it.
    pub(crate) fn leave(mut self) {
        self.close("COMMIT");
    }
    fn close(&mut self, how: &'static str) {
        if std::mem::take(&mut self.open) {
            // Polled once: that puts it on the wire.
            let _answer = self
                .client
                .batch_execute(how)
                .boxed()
                .poll_unpin(&mut Context::from_waker(Waker::noop()));
        }
    }
}
/// A unit that failed, panicked or was dropped half-way: ROLLBACK is on the wire before the connection is back in the pool.
impl Drop for Pipeline {
    fn drop(&mut self) {
        self.close("ROLLBACK");
    }
}

/// SELECT answers a count of rows too; it changes nothing.
fn changes_rows(sql: &str) -> bool {
    !sql.starts_with("SELECT")
}
/// Polls once, which sends.
fn send<F: Future>(work: &mut Pin<Box<MaybeDone<F>>>) {
    let _sent = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}
/// Sends every statement of the queue, in order, without waiting for answers.
async fn start(client: &Object, queue: Vec<Queued>) -> Vec<Started<'_>> {
    let mut started: Vec<Started<'_>> = Vec::with_capacity(queue.len());
    for Queued { sql, params } in queue {
        let work: BoxFuture<'_, _> = match params {
            None => client.batch_execute(sql).map(|done| done.map(|()| 0)).boxed(),
            Some(params) => match client.prepare_cached(sql).await {
                Ok(statement) => async move { client.execute_raw(&statement, params).await }.boxed(),
                Err(e) => {
                    started.push(Box::pin(maybe_done(std::future::ready(Err(e)).boxed())));
                    break;
                }
            },
        };
        let mut work = Box::pin(maybe_done(work));
        send(&mut work);
        started.push(work);
    }
    started
}
async fn finish(started: Vec<Started<'_>>) -> Result<Vec<u64>> {
    let mut counts = Vec::with_capacity(started.len());
    for mut work in started {
        work.as_mut().await;
        let outcome = work
            .as_mut()
            .take_output()
            .ok_or_else(|| Error::Bug("a statement had no outcome".into()))?;
        counts.push(outcome?);
    }
    Ok(counts)
}
