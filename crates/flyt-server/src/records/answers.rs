//! Answers kept for their Idempotency-Key.

use crate::idempotency::KEPT_MS;
use crate::problem::Problem;
use crate::state::App;
use flyt_core::instant::plus_ms;
use flyt_store::Tx;
use flyt_store::idempotency::{self as rows, Answer, Claim, Request};
use jiff::Timestamp;

/// What makes two commands the same.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// 0: the platform.
    pub(crate) business_no: i64,
    pub(crate) key: String,
    pub(crate) method: String,
    pub(crate) path: String,
}
/// An answer that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}
/// What is known of a command that begins.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It is the first.
    First,
    /// The first one runs still.
    Running,
    /// The key was used with another body.
    OtherBody,
    /// It has been answered.
    Answered(Kept),
}

impl Command {
    fn request(&self) -> Request {
        Request {
            key: self.key.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
        }
    }
}

/// Begins a command; answers older than a day are forgotten on the way.
pub(crate) async fn begin_command(
    app: &App,
    command: &Command,
    body: [u8; 32],
    now: Timestamp,
) -> Result<Begun, Problem> {
    let (no, request) = (command.business_no, command.request());
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        rows::purge(&mut tx.engine(), plus_ms(now, -KEPT_MS))?;
        rows::claim(&mut tx.tenant(no), &request, &body, now).await
    });
    Ok(match write.await? {
        Claim::First => Begun::First,
        Claim::Running => Begun::Running,
        Claim::OtherBody => Begun::OtherBody,
        Claim::Answered(answer) => Begun::Answered(Kept {
            status: u16::try_from(answer.status).unwrap_or(500),
            headers: serde_json::from_str(&answer.headers).unwrap_or_default(),
            body: answer.body,
        }),
    })
}

pub(crate) async fn keep_answer(app: &App, command: &Command, kept: &Kept) -> Result<(), Problem> {
    let (no, request) = (command.business_no, command.request());
    let headers = serde_json::to_string(&kept.headers).map_err(|e| Problem::bug(&e.to_string()))?;
    let answer = Answer {
        status: kept.status.into(),
        headers,
        body: kept.body.clone(),
    };
    let write = app
        .engine()
        .store()
        .write(async move |tx: &mut Tx| rows::answer(&mut tx.tenant(no), &request, &answer));
    Ok(write.await?)
}

/// Gives the key of a command free whose answer is not kept.
pub(crate) async fn forget_command(app: &App, command: &Command) -> Result<(), Problem> {
    let (no, request) = (command.business_no, command.request());
    let write = app
        .engine()
        .store()
        .write(async move |tx: &mut Tx| rows::forget(&mut tx.tenant(no), &request));
    Ok(write.await?)
}
