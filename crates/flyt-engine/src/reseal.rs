//! Changing the key of secrets at rest: every secret that another key sealed is sealed anew, or, where its key is lost and the
//! operator says so, forgotten. How a secret is sealed is in `seal.rs`.

use crate::engine::Engine;
use crate::random;
use crate::refusal::Refusal;
use crate::seal::{NONCE_BYTES, place};
use flyt_store::Tx;
use flyt_store::secrets::{self, Owned};

/// Secrets that one unit takes.
const BATCH: i64 = 200;

/// What became of the secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Sealed with the current key already.
    pub current: usize,
    /// Sealed anew.
    pub anew: usize,
    /// Sealed with a key that we do not have: left as they are, or forgotten.
    pub lost: usize,
}

impl Engine {
    /// Seals with the current key what another key sealed. Secrets whose key we do not have are left, or with `forget` deleted:
    /// webhook secrets are made anew on first use.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer, `Bug` for a damaged secret.
    pub async fn reseal(&self, forget: bool) -> Result<Resealed, Refusal> {
        let mut done = Resealed::default();
        let mut after = (i64::MIN, String::new(), 0);
        loop {
            let from = after.clone();
            let rows = self
                .0
                .read(async move |tx: &mut Tx| {
                    let from = (from.0, from.1.as_str(), from.2);
                    Ok(secrets::after(&mut tx.engine(), from, BATCH).await?)
                })
                .await?;
            let Some(last) = rows.last() else { break };
            after = (last.business_no, last.secret.name.clone(), last.secret.version);
            self.reseal_some(rows, forget, &mut done).await?;
        }
        Ok(done)
    }

    async fn reseal_some(&self, rows: Vec<Owned>, forget: bool, done: &mut Resealed) -> Result<(), Refusal> {
        let seal = &self.0.seal;
        let (mut anew, mut lost) = (Vec::new(), Vec::new());
        for row in rows {
            if seal.is_current(&row.secret.sealed) {
                done.current += 1;
            } else if seal.is_known(&row.secret.sealed) {
                let context = place(row.business_no, &row.secret.name, row.secret.version);
                let plain = seal.open(&row.secret.sealed, &context).map_err(Refusal::Bug)?;
                let mut nonce = [0_u8; NONCE_BYTES];
                random::fill(&mut nonce).map_err(Refusal::Unavailable)?;
                let sealed = seal.close(&plain, &context, &nonce).map_err(Refusal::Bug)?;
                anew.push((row, sealed));
            } else {
                lost.push(row);
            }
        }
        done.anew += anew.len();
        done.lost += lost.len();
        if anew.is_empty() && (lost.is_empty() || !forget) {
            return Ok(());
        }
        self.0
            .write(async move |tx: &mut Tx| {
                for (row, sealed) in &anew {
                    // One that has changed meanwhile was written by a process with a key of its own: it is met next time.
                    let _same = secrets::reseal(&mut tx.tenant(row.business_no), &row.secret, sealed).await?;
                }
                for row in lost.iter().filter(|_| forget) {
                    secrets::remove(
                        &mut tx.tenant(row.business_no),
                        &row.secret.name,
                        row.secret.version,
                    )?;
                }
                Ok(())
            })
            .await
    }
}
