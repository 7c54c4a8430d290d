//! Mail to the operator's relay: one transaction for one mail, each of its stages held in our own hands, so
//! that it is known what a break means. Before the mail was accepted for delivery it means «not sent»;
//! after the final dot it means «unknown», and nothing is sent a second time here.
//!
//! lettre speaks the protocol over sockets of ours, which carry `TCP_NODELAY` and are kept for the next mail.
//! When to try again is decided elsewhere.

mod connect;
mod reply;
pub(crate) mod url;

use std::fmt::Display;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout};

pub use self::url::RelayRefused;

use self::connect::Way;
use self::reply::{Reply, Stage};
use crate::email::ascii_address;
use crate::outcome::{Answer, Outcome};

/// Connections to one relay at a time.
const CONNECTIONS: usize = 8;

/// How long a connection without work is kept.
const IDLE: Duration = Duration::from_secs(20);

/// The patience with the relay, in real time.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For each of connecting, greeting, STARTTLS, login, sender, recipient and the start of the data.
    pub stage: Duration,
    /// For the body, until the final dot is on its way.
    pub body: Duration,
    /// For the answer to the final dot. RFC 5321 §4.5.3.2 asks for ten minutes; a short wait here makes
    /// doubles.
    pub final_dot: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            stage: Duration::from_secs(30),
            body: Duration::from_mins(3),
            final_dot: Duration::from_mins(5),
        }
    }
}

/// The operator's relay and the connections to it.
pub struct Relay {
    way: Way,
    from_domain: String,
    timeouts: Timeouts,
    slots: Semaphore,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// The addresses of one transaction.
struct Envelope {
    from: Address,
    to: Vec<Address>,
}

/// How a transaction ended.
enum End {
    /// With an answer, or after a point where only one attempt may be made.
    Settled(Outcome),
    /// With a break before the relay had anything it could deliver.
    BrokenBeforeData(Answer),
}

/// A connection that no longer answers in the protocol.
struct Broken(Answer);

impl Relay {
    /// Reads `smtp://user:password@host:587` or `smtps://…`.
    ///
    /// `?from_domain=` names the domain of the default sender (else the host), `?tls=required` refuses a
    /// relay without STARTTLS and `?tls=never` does not use it. Certificates are checked against Mozilla's
    /// roots and the authorities of `extra_ca_pem`.
    pub fn from_url(text: &str, extra_ca_pem: Option<&[u8]>) -> Result<Self, RelayRefused> {
        let (way, from_domain) = self::url::read(text, extra_ca_pem)?;
        let idle = Mutex::new(Vec::new());
        let slots = Semaphore::new(CONNECTIONS);
        Ok(Self {
            way,
            from_domain,
            timeouts: Timeouts::default(),
            slots,
            idle,
        })
    }

    /// The same relay with another patience.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// The domain of the default sender.
    pub fn from_domain(&self) -> &str {
        &self.from_domain
    }

    /// Sends the bytes of one mail. The first of `envelope_to` is the recipient whose fate the outcome
    /// tells; the others are copies, and one that is refused holds nobody else back.
    pub async fn send(&self, from: &str, envelope_to: &[String], bytes: &[u8]) -> Outcome {
        let envelope = match Envelope::read(from, envelope_to) {
            Ok(envelope) => envelope,
            Err(outcome) => return outcome,
        };
        let Ok(_slot) = self.slots.acquire().await else {
            return Outcome::temporary(Answer::note("the relay is being left"));
        };
        // A kept connection may have been closed by the relay meanwhile: then a new one is tried, once.
        if let Some(kept) = self.kept()
            && let End::Settled(outcome) = self.transact(kept, true, &envelope, bytes).await
        {
            return outcome;
        }
        match self.way.connect(self.timeouts.stage).await {
            Err(outcome) => outcome,
            Ok(fresh) => match self.transact(fresh, false, &envelope, bytes).await {
                End::Settled(outcome) => outcome,
                End::BrokenBeforeData(answer) => Outcome::temporary(answer),
            },
        }
    }

    /// Connects, greets, begins TLS and logs in as a mail would, and leaves without one. The answer says whether the line was
    /// encrypted.
    ///
    /// # Errors
    /// The outcome that a mail would have had.
    pub async fn probe(&self) -> Result<bool, Outcome> {
        let mut connection = self.way.connect(self.timeouts.stage).await?;
        let encrypted = self.way.is_encrypted(&connection);
        // It has answered everything we asked; how it takes the goodbye tells nothing.
        let _goodbye = timeout(self.timeouts.stage, connection.quit()).await;
        Ok(encrypted)
    }

    async fn transact(
        &self,
        mut connection: AsyncSmtpConnection,
        reused: bool,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> End {
        match self.open(&mut connection, envelope, bytes).await {
            Err(Broken(answer)) => End::BrokenBeforeData(answer),
            Ok(Err((_, reply))) if reused && reply.closes() => End::BrokenBeforeData(reply.answer()),
            Ok(Err((stage, reply))) => {
                let closes = reply.closes();
                let outcome = reply::class(stage, &reply);
                if !closes {
                    self.reset(connection).await;
                }
                End::Settled(outcome)
            }
            Ok(Ok(copies_refused)) => {
                let mut outcome = self.deliver(connection, bytes).await;
                note_copies(&mut outcome, &copies_refused);
                End::Settled(outcome)
            }
        }
    }

    /// Sender, recipients and the relay's consent to take the data. Inside is either what the relay
    /// refused, at which stage, or the replies that refused copies.
    async fn open(
        &self,
        connection: &mut AsyncSmtpConnection,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<Result<Vec<Reply>, (Stage, Reply)>, Broken> {
        let mut parameters = Vec::new();
        if !bytes.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let reply = self
            .say(connection, Mail::new(Some(envelope.from.clone()), parameters))
            .await?;
        if !reply.accepts() {
            return Ok(Err((Stage::Mail, reply)));
        }
        let mut copies_refused = Vec::new();
        for (place, recipient) in envelope.to.iter().enumerate() {
            let reply = self
                .say(connection, Rcpt::new(recipient.clone(), Vec::new()))
                .await?;
            if reply.accepts() {
                continue;
            }
            if place == 0 || reply.closes() {
                return Ok(Err((Stage::Recipient, reply)));
            }
            copies_refused.push(reply);
        }
        let reply = self.say(connection, Data).await?;
        if reply.code == 354 {
            Ok(Ok(copies_refused))
        } else {
            Ok(Err((Stage::Data, reply)))
        }
    }

    /// The body and the final dot. From here on a break is never followed by a second attempt.
    async fn deliver(&self, mut connection: AsyncSmtpConnection, bytes: &[u8]) -> Outcome {
        let dot = Dot::default();
        // lettre ends the last line itself, as part of the final dot.
        let body = Body {
            bytes: Some(bytes.strip_suffix(b"\r\n").unwrap_or(bytes)),
            dot: &dot,
        };
        let answered = {
            let mut sending = pin!(connection.message_iter(body));
            let writing = async {
                tokio::select! {
                    biased;
                    answered = &mut sending => Some(answered),
                    () = dot.announced.notified() => None,
                }
            };
            match timeout(self.timeouts.body, writing).await {
                Ok(Some(answered)) => Some(answered),
                Ok(None) => timeout(self.timeouts.final_dot, sending).await.ok(),
                Err(_) => None,
            }
        };
        let reply = match answered {
            None => Err(Broken(Answer::note("the relay did not answer in time"))),
            Some(answered) => Reply::read(answered),
        };
        match reply {
            Ok(reply) if reply.accepts() => {
                self.keep(connection);
                Outcome::Accepted {
                    provider_id: Some(reply.answer().text),
                    answer: reply.answer(),
                }
            }
            Ok(reply) => {
                let outcome = reply::class(Stage::End, &reply);
                if !reply.closes() {
                    self.keep(connection);
                }
                outcome
            }
            Err(Broken(answer)) if dot.begun.load(Ordering::Relaxed) => Outcome::Unknown { answer },
            // Without the final dot the relay has nothing that it could deliver.
            Err(Broken(answer)) => Outcome::temporary(answer),
        }
    }

    async fn say<C: Display>(
        &self,
        connection: &mut AsyncSmtpConnection,
        command: C,
    ) -> Result<Reply, Broken> {
        match timeout(self.timeouts.stage, connection.command(command)).await {
            Ok(answered) => Reply::read(answered),
            Err(_) => Err(Broken(Answer::note("the relay did not answer in time"))),
        }
    }

    /// Takes a refused transaction back, so that the connection serves the next mail.
    async fn reset(&self, mut connection: AsyncSmtpConnection) {
        if self
            .say(&mut connection, Rset)
            .await
            .is_ok_and(|reply| reply.accepts())
        {
            self.keep(connection);
        }
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle();
        idle.retain(|(_, since)| since.elapsed() < IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        self.idle().push((connection, Instant::now()));
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Envelope {
    /// A sender that is no address is the channel's fault, a recipient that is none its own. A copy that is
    /// none is left out.
    fn read(from: &str, envelope_to: &[String]) -> Result<Self, Outcome> {
        let from = ascii_address(from).ok_or_else(|| Outcome::Configuration {
            answer: Answer::note("the sender is no usable address"),
        })?;
        let no_recipient = || Outcome::PermanentRecipient {
            answer: Answer::note("the recipient is no usable address"),
        };
        let first = envelope_to
            .first()
            .and_then(|to| ascii_address(to))
            .ok_or_else(no_recipient)?;
        let copies = envelope_to.iter().skip(1).filter_map(|to| ascii_address(to));
        Ok(Self {
            from,
            to: std::iter::once(first).chain(copies).collect(),
        })
    }
}

/// Whether the final dot is on its way.
#[derive(Default)]
struct Dot {
    begun: AtomicBool,
    announced: Notify,
}

/// The body as the one piece it is; that a second piece is asked for says that the first is written.
struct Body<'a> {
    bytes: Option<&'a [u8]>,
    dot: &'a Dot,
}

impl<'a> Iterator for Body<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let piece = self.bytes.take();
        if piece.is_none() {
            self.dot.begun.store(true, Ordering::Relaxed);
            self.dot.announced.notify_one();
        }
        piece
    }
}

/// The mail went, some of its copies did not: said beside the answer, without the address.
fn note_copies(outcome: &mut Outcome, refused: &[Reply]) {
    let (Outcome::Accepted { answer, .. }, Some(first)) = (outcome, refused.first()) else {
        return;
    };
    let text = format!(
        "{} ({} copies refused: {})",
        answer.text,
        refused.len(),
        first.answer().text
    );
    answer.text = crate::outcome::excerpt(&text);
}
