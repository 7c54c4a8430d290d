//! Answers kept for their Idempotency-Key.

use crate::answer::Plain;
use crate::idempotency::{Command, KEPT_MS};
use crate::problem::Problem;
use crate::state::App;
use flyt_core::instant::plus_ms;
use flyt_store::Tx;
use flyt_store::idempotency::{self as rows, Known};

/// What is known of a command.
pub(crate) async fn known_answer(app: &App, command: &Command) -> Result<Option<Known>, Problem> {
    let (no, same, body) = (command.business_no, command.same.clone(), command.body_hash);
    let since = plus_ms(command.at, -KEPT_MS);
    let read = app
        .engine()
        .store()
        .glance(async move |tx: &mut Tx| rows::known(&mut tx.tenant(no), &same, &body, since).await);
    Ok(read.await?)
}

/// Keeps the answer of a command that did not keep it with what it wrote.
pub(crate) async fn keep_answer(app: &App, command: &Command, answer: Plain) -> Result<(), Problem> {
    let (no, same, body, at) = (
        command.business_no,
        command.same.clone(),
        command.body_hash,
        command.at,
    );
    let (since, answer) = (plus_ms(at, -KEPT_MS), answer.kept());
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        rows::keep(&mut tx.tenant(no), &same, &body, (at, since), &answer).await
    });
    write.await?;
    Ok(())
}
