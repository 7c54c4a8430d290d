//! What the installation keeps and sends for itself, beside its businesses: secrets under business 0, sealed as theirs are, and
//! letters to the people who sign in.

use crate::engine::Engine;
use crate::random;
use crate::refusal::Refusal;
use crate::seal::{NONCE_BYTES, place};
use flyt_channels::email::{self, Mail, Party};
use flyt_channels::outcome::Outcome;
use flyt_store::Tx;
use flyt_store::secrets::{self, Secret};
use std::sync::atomic::Ordering;

/// The installation among the businesses.
const OWN: i64 = 0;

impl Engine {
    /// Keeps a secret of the installation in place of the one before.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer or the system gives no randomness.
    pub async fn keep_secret(&self, name: &str, plain: &str) -> Result<(), Refusal> {
        let (name, plain, now) = (name.to_owned(), plain.to_owned(), self.now());
        let mut nonce = [0_u8; NONCE_BYTES];
        random::fill(&mut nonce).map_err(Refusal::Unavailable)?;
        let seal = self.0.seal.clone();
        self.0
            .write(async move |tx: &mut Tx| {
                let mut tx = tx.tenant(OWN);
                tx.alone(&name);
                let newest = secrets::versions(&mut tx, &name).await?;
                let version = newest.first().map_or(1, |s| s.version + 1);
                let sealed = seal
                    .close(&plain, &place(OWN, &name, version), &nonce)
                    .map_err(Refusal::Bug)?;
                let row = Secret {
                    name: name.clone(),
                    version,
                    sealed,
                    created_at: now,
                };
                secrets::insert(&mut tx, &row)?;
                Ok(secrets::purge(&mut tx, &name, version)?)
            })
            .await
    }

    /// A secret of the installation.
    ///
    /// # Errors
    /// `Bug` when it does not open.
    pub async fn own_secret(&self, name: &str) -> Result<Option<String>, Refusal> {
        let asked = name.to_owned();
        let found = self
            .0
            .read(async move |tx: &mut Tx| Ok(secrets::versions(&mut tx.tenant(OWN), &asked).await?))
            .await?;
        let open = |s: &Secret| self.0.seal.open(&s.sealed, &place(OWN, name, s.version));
        found.first().map(open).transpose().map_err(Refusal::Bug)
    }

    /// Deletes a secret of the installation.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub async fn forget_secret(&self, name: &str) -> Result<(), Refusal> {
        let name = name.to_owned();
        self.0
            .write(async move |tx: &mut Tx| Ok(secrets::purge(&mut tx.tenant(OWN), &name, i64::MAX)?))
            .await
    }

    /// Whether letters of the installation's own can go out.
    pub fn has_post(&self) -> bool {
        self.0.relay.is_some() && !self.0.held.load(Ordering::SeqCst)
    }

    /// Sends a letter of the installation's own through the operator's relay. False: it did not go. There is no second try: who
    /// waits for such a letter asks again.
    pub async fn post(&self, to: &str, subject: &str, text: &str) -> bool {
        let Some(relay) = self.0.relay.as_ref().filter(|_| self.has_post()) else {
            return false;
        };
        let domain = relay.from_domain();
        let from = format!("no-reply@{domain}");
        let mail = Mail {
            from: Party {
                name: Some("Flyt".to_owned()),
                address: from.clone(),
            },
            to: Party {
                name: None,
                address: to.to_owned(),
            },
            subject: subject.to_owned(),
            text: text.to_owned(),
            message_id: format!("own-{}@{domain}", self.new_id()),
            date: crate::clock::wall(),
            ..Mail::default()
        };
        let bytes = match email::build(&mail) {
            Ok(bytes) => bytes,
            Err(refused) => {
                tracing::warn!(%refused, "a letter could not be written");
                return false;
            }
        };
        let outcome = relay.send(&from, &mail.envelope_to(), &bytes).await;
        let gone = matches!(outcome, Outcome::Accepted { .. });
        if !gone {
            tracing::warn!("the relay did not take a letter to a person who signs in");
        }
        gone
    }
}
