//! On which terms a command from outside is carried out: the revision it expects, and the key under which its answer is kept.

use crate::refusal::{Refusal, Written};
use flyt_core::instant::plus_ms;
use flyt_store::Tx;
use flyt_store::idempotency::{self, Answer, Request};
use jiff::Timestamp;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// The terms of a command.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The revision that the object must have.
    pub expect: Option<i64>,
    /// Its answer is kept in its own transaction.
    pub once: Option<Arc<Once>>,
}
impl From<Option<i64>> for Terms {
    fn from(expect: Option<i64>) -> Self {
        Self { expect, once: None }
    }
}

/// A command that is carried out once: the same key meets the first answer again.
pub struct Once {
    /// What makes two commands the same.
    pub request: Request,
    /// Digest of the body.
    pub body_hash: [u8; 32],
    /// Wall time of the command.
    pub at: Timestamp,
    /// How long an answer counts, ms.
    pub kept_ms: i64,
    /// The answer as it goes out, made from what the command wrote. It runs where the store writes, so it only puts bytes
    /// together.
    pub answer: Box<dyn Fn(Written<Value>) -> Answer + Send + Sync>,
}
impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// The code of a refusal: the same command has been carried out meanwhile, its answer is there.
pub const ANSWERED: &str = "idempotency_key_in_use";

impl Terms {
    /// Keeps the answer with what the command wrote: both or neither are there after a crash.
    pub(crate) async fn keep(
        &self,
        tx: &mut Tx,
        business_no: i64,
        written: impl FnOnce() -> Written<Value>,
    ) -> Result<(), Refusal> {
        let Some(once) = &self.once else { return Ok(()) };
        let answer = (once.answer)(written());
        let since = plus_ms(once.at, -once.kept_ms);
        let mut tenant = tx.tenant(business_no);
        let first = idempotency::keep(
            &mut tenant,
            &once.request,
            &once.body_hash,
            (once.at, since),
            &answer,
        );
        if first.await? {
            return Ok(());
        }
        let detail = "the same command with this key has just been carried out";
        Err(Refusal::conflict(ANSWERED, detail, None))
    }
}
