//! A unit of work on its way: the body of `Store::write` or `Store::read`, and the caller who waits for its outcome.

use crate::error::{Error, Result};
use crate::tx::Tx;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll, Waker};
use tokio::sync::{mpsc, oneshot};

/// What travels to the thread that owns the connections.
pub(crate) enum Message {
    Unit(Job),
    /// Empty the log of changes into the file, and say when that is done.
    Tidy(oneshot::Sender<()>),
    /// Take nothing more; finish what waits.
    Close,
}
/// A unit, and whether it may write.
pub(crate) struct Job {
    pub(crate) unit: Box<dyn Unit>,
    pub(crate) writes: bool,
}
pub(crate) trait Unit: Send {
    fn run<'u>(&'u mut self, tx: &'u mut Tx) -> LocalBoxFuture<'u, Result<()>>;
    /// What it has done is not to be kept: the caller hears this instead.
    fn refuse(&mut self, why: Error);
    fn answer(self: Box<Self>, commit: Result<()>);
}
struct Waiting<F, T> {
    body: F,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}
impl<T: Send, F: AsyncFn(&mut Tx) -> Result<T> + Send> Unit for Waiting<F, T> {
    /// A panic is this unit's failure, nobody else's.
    fn run<'u>(&'u mut self, tx: &'u mut Tx) -> LocalBoxFuture<'u, Result<()>> {
        Box::pin(async move {
            let outcome = AssertUnwindSafe((self.body)(tx)).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|panic| Err(panicked(&*panic)));
            let kept = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
            self.outcome = Some(outcome);
            kept
        })
    }
    fn refuse(&mut self, why: Error) {
        self.outcome = Some(Err(why));
    }
    fn answer(self: Box<Self>, commit: Result<()>) {
        let outcome = match (self.outcome, commit) {
            (Some(Err(e)), _) | (_, Err(e)) => Err(e),
            (Some(done), Ok(())) => done,
            (None, Ok(())) => Err(waited()), // the rest of the group was kept
        };
        let _nobody_waits = self.reply.send(outcome); // what was asked for is done all the same
    }
}

/// A body on its way, and where its outcome arrives.
pub(crate) fn job<T, F>(writes: bool, body: F) -> (Job, oneshot::Receiver<Result<T>>)
where
    F: AsyncFn(&mut Tx) -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let unit = Box::new(Waiting {
        body,
        outcome: None,
        reply,
    });
    (Job { unit, writes }, answer)
}
/// Sends a body to the thread behind `queue` and waits for its outcome. The future knows nothing of `F`, so it is `Send`
/// whatever `F` captured.
pub(crate) fn ask<T, F>(
    queue: mpsc::Sender<Message>,
    writes: bool,
    body: F,
) -> impl Future<Output = Result<T>> + Send + use<T, F>
where
    F: AsyncFn(&mut Tx) -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    let (job, answer) = job(writes, body);
    async move {
        queue
            .send(Message::Unit(job))
            .await
            .map_err(|_| Error::stopped())?;
        answer.await.map_err(|_| Error::stopped())?
    }
}
/// Runs a unit on SQLite, where nothing waits: one poll runs it to its end.
pub(crate) fn run_now(unit: &mut dyn Unit, tx: &mut Tx) -> Result<()> {
    match unit
        .run(tx)
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(kept) => kept,
        Poll::Pending => Err(waited()),
    }
}
fn waited() -> Error {
    Error::Bug("a unit of work waited for something that is not the store".into())
}
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Error::Bug(format!("panicked: {}", text.unwrap_or_default()))
}
