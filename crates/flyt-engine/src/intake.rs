//! Deliveries of the booking systems people already have: believed or not, kept raw, known again, and carried out by the same
//! commands as every other write. What a delivery means is `flyt_core::inbound`'s.
//!
//! A delivery is kept and carried out in one unit of work: it is answered when both are on the disk, and a sender that saw no
//! answer sends again. What must be asked of the sender first waits (`waiting`).

mod apply;
mod lists;
mod sources;
mod waiting;

pub use self::sources::SourceBody;
pub(crate) use self::waiting::complete_all;

use crate::clock;
use crate::engine::{Engine, Inner};
use crate::refusal::{Actor, Caller, Refusal};
use flyt_core::id::{BookingId, CustomerId, DeliveryId, SourceId};
use flyt_core::inbound::signature::{self, Seen, Unverified};
use flyt_core::inbound::{self, Adapter, Delivery, Meaning, Said, Sameness, Settings, Unreadable};
use flyt_core::instant::to_ms;
use flyt_store::Tx;
use flyt_store::inbound::{self as rows, DeliveryRow, Source};
use flyt_store::steps::StepRow;
use serde_json::{Value, json};

/// For how long equal bytes count as one delivery where the sender numbers nothing, ms.
const SOON_MS: i64 = 10 * 60_000;
/// Longest id of a sender's that is kept as it is.
const SAME_CHARS: usize = 200;

/// A call of another system.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The adapter in its URL.
    pub adapter: Adapter,
    /// The token in its URL.
    pub token: String,
    /// The URLs it may have been sent to.
    pub urls: Vec<String>,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its raw bytes.
    pub body: Vec<u8>,
}

/// What became of a delivery.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Its id.
    pub id: DeliveryId,
    /// `taken`, `ignored`, `thin`, `waiting`.
    pub verdict: String,
    /// The sender's word for it.
    pub event: String,
    /// Why, where it is worth saying.
    pub detail: Option<Value>,
    /// The booking it was about.
    pub booking_id: Option<BookingId>,
    /// It had come before.
    pub replayed: bool,
}

/// Why a delivery was not taken.
#[derive(Debug, Clone)]
pub enum NotTaken {
    /// No source has this token.
    Unknown,
    /// Its signature is not one of the source's.
    Unverified(Unverified),
    /// It cannot be understood; the row is kept for the owner.
    Unreadable(Unreadable),
    /// It was understood and cannot be carried out, or we cannot just now.
    Refused(Refusal),
}
impl<E: Into<Refusal>> From<E> for NotTaken {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// What a pasted sample would do.
#[derive(Debug, Clone)]
pub struct Tried {
    /// As the API shows it.
    pub shown: Value,
}

/// What carrying out left.
#[derive(Debug, Clone, Default)]
struct Outcome {
    verdict: &'static str,
    detail: Option<Value>,
    booking_id: Option<BookingId>,
    customer_id: Option<CustomerId>,
    dispatch: Vec<StepRow>,
}

impl Engine {
    /// Takes a delivery in.
    ///
    /// # Errors
    /// `NotTaken`.
    pub async fn take_in(&self, incoming: Incoming) -> Result<Taken, NotTaken> {
        let inner = &self.0;
        let hash = sources::digest(&incoming.token);
        let found = inner.read(async move |tx: &mut Tx| Ok(rows::by_token(&mut tx.engine(), &hash).await?));
        let source = found
            .await?
            .filter(|s| s.adapter == incoming.adapter)
            .ok_or(NotTaken::Unknown)?;
        let settings = inner.settings_of(&source).await?;
        let delivery = Delivery {
            headers: &incoming.headers,
            body: &incoming.body,
        };
        if let Some(secret) = inner.source_secret(&source, sources::SECRET).await? {
            let now = [clock::wall(), inner.clock.now()];
            // What the owner wrote down as the URL goes before what the call seems to have come by.
            let urls: Vec<String> = match &settings.notification_url {
                Some(url) => vec![url.clone()],
                None => incoming.urls.clone(),
            };
            let seen = Seen {
                urls: &urls,
                now: &now,
            };
            if let Err(unverified) = signature::verify(source.adapter, &delivery, &settings, &secret, seen) {
                inner.note_unverified(&source, unverified).await?;
                return Err(NotTaken::Unverified(unverified));
            }
        }
        let said = match inbound::read(source.adapter, &delivery, &settings, None) {
            Ok(said) => said,
            Err(unreadable) => {
                inner.note_unreadable(&source, &incoming, &unreadable).await?;
                return Err(NotTaken::Unreadable(unreadable));
            }
        };
        let may_fetch = said.thin.as_ref().is_some_and(|t| t.fetch.is_some())
            && inner.source_secret(&source, sources::API_TOKEN).await?.is_some();
        let row = inner.row(&source, &incoming, &said);
        let taken = inner
            .keep_and_apply(&source, &settings, said.clone(), row.clone(), may_fetch)
            .await;
        match taken {
            Ok(taken) => {
                if taken.verdict == "waiting" {
                    self.complete_soon(source.business_no, taken.id);
                }
                Ok(taken)
            }
            Err(refusal) => {
                if let Some(row) = refused_row(row, &refusal) {
                    inner.note(row).await?;
                }
                Err(NotTaken::Refused(refusal))
            }
        }
    }

    /// What a sample would do; nothing is kept.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn try_delivery(
        &self,
        caller: &Caller,
        id: SourceId,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<Tried, Refusal> {
        let inner = &self.0;
        let source = inner.source(caller.business_no, id).await?;
        let settings = inner.settings_of(&source).await?;
        let delivery = Delivery {
            headers: &headers,
            body: &body,
        };
        let secret = inner.source_secret(&source, sources::SECRET).await?;
        let signed = secret.map(|secret| {
            let now = [clock::wall(), inner.clock.now()];
            let urls: Vec<String> = settings.notification_url.clone().into_iter().collect();
            let seen = Seen {
                urls: &urls,
                now: &now,
            };
            signature::verify(source.adapter, &delivery, &settings, &secret, seen).map_err(|e| e.to_string())
        });
        let signature = match signed {
            None => json!({"checked": false}),
            Some(Ok(())) => json!({"checked": true, "valid": true}),
            Some(Err(why)) => json!({"checked": true, "valid": false, "reason": why}),
        };
        let shown = match inbound::read(source.adapter, &delivery, &settings, None) {
            Err(unreadable) => {
                json!({"verdict": "refused", "signature": signature, "reason": unreadable.to_string()})
            }
            Ok(said) => self.shown_attempt(&source, &settings, said, &signature).await?,
        };
        Ok(Tried { shown })
    }

    /// The unit is carried out and taken back: what it says is what would happen.
    async fn shown_attempt(
        &self,
        source: &Source,
        settings: &Settings,
        said: Said,
        signature: &Value,
    ) -> Result<Value, Refusal> {
        let (inner, source, settings) = (self.0.clone(), source.clone(), settings.clone());
        let told = said.clone();
        let done = std::sync::Arc::new(std::sync::Mutex::new(None));
        let kept = done.clone();
        let unit = async move |tx: &mut Tx| {
            let result = apply::apply(&inner, tx, &source, &settings, &said).await;
            if let Err(again @ Refusal::Again(_)) = result {
                return Err(again);
            }
            *kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
            Err::<(), _>(Refusal::Bug(TAKEN_BACK.to_owned()))
        };
        match self.0.command(unit).await {
            Err(Refusal::Bug(word)) if word == TAKEN_BACK => {}
            Err(refusal) => return Err(refusal),
            Ok(()) => return Err(Refusal::Bug("a trial was kept".to_owned())),
        }
        let outcome = done
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        let outcome = outcome.unwrap_or_else(|| Err(Refusal::Bug("a trial left nothing".to_owned())));
        let mut shown =
            json!({"event": told.event, "signature": signature, "would_write": would_write(&told)});
        if let Some(thin) = &told.thin {
            set(&mut shown, "missing", json!(thin.missing));
            set(
                &mut shown,
                "would_fetch",
                json!(thin.fetch.as_ref().map(|f| &f.url)),
            );
        }
        match outcome {
            Ok(outcome) => {
                set(&mut shown, "verdict", json!(outcome.verdict));
                set(&mut shown, "detail", json!(outcome.detail));
            }
            Err(Refusal::Invalid(errors)) => {
                set(&mut shown, "verdict", json!("refused"));
                set(&mut shown, "errors", json!(errors));
            }
            Err(other) => {
                set(&mut shown, "verdict", json!("refused"));
                set(&mut shown, "reason", json!(other.to_string()));
            }
        }
        Ok(shown)
    }
}
/// Sets a field of an object.
fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(name.to_owned(), value);
    }
}
/// How a trial ends that went well.
const TAKEN_BACK: &str = "taken back";

/// What would be written, as in the API.
fn would_write(said: &Said) -> Value {
    match &said.meaning {
        Meaning::Nothing(why) => json!({"nothing": why}),
        Meaning::Customer { external_id, body } => {
            json!({"customer": {"external_id": external_id, "fields": body}})
        }
        Meaning::Booking(says) => {
            let mut booking = says.body.clone().unwrap_or_else(|| json!({}));
            set(&mut booking, "external_id", json!(says.external_id));
            if let Some(status) = &says.status {
                set(&mut booking, "status", json!(status));
            }
            json!({"booking": booking, "formerly": says.former, "payment": says.payment})
        }
    }
}

impl Inner {
    fn row(&self, source: &Source, incoming: &Incoming, said: &Said) -> DeliveryRow {
        let now = self.clock.now();
        let digest = || signature::digest(&said.event, &incoming.body);
        let id = DeliveryId(self.ids.next(now));
        let same = match &said.sameness {
            Sameness::Id(id) if id.chars().count() <= SAME_CHARS => format!("id:{id}"),
            Sameness::Id(id) => format!("id#{}", signature::digest(id, b"")),
            Sameness::Bytes => format!("sha:{}", digest()),
            Sameness::Soon => format!("sha:{}:{}", digest(), to_ms(clock::wall()) / SOON_MS),
            Sameness::Never => id.to_string(),
        };
        DeliveryRow {
            id,
            business_no: source.business_no,
            source_id: source.id,
            same,
            at: now,
            event: said.event.clone(),
            verdict: String::new(),
            detail: None,
            booking_id: None,
            customer_id: None,
            attempts: 0,
            next_at: 0,
            headers: kept_headers(&incoming.headers),
            body: incoming.body.clone(),
        }
    }

    /// Keeps a delivery and carries it out, both or neither; one that was taken before is answered as it was.
    async fn keep_and_apply(
        self: &std::sync::Arc<Self>,
        source: &Source,
        settings: &Settings,
        said: Said,
        row: DeliveryRow,
        may_fetch: bool,
    ) -> Result<Taken, Refusal> {
        let (inner, source, settings) = (self.clone(), source.clone(), settings.clone());
        let unit = async move |tx: &mut Tx| {
            let no = source.business_no;
            tx.tenant(no)
                .alone(&format!("inbound/{}/{}", source.id.0, row.same));
            let before = rows::by_same(&mut tx.tenant(no), source.id, &row.same).await?;
            if let Some(done) = before.as_ref().filter(|b| b.verdict != "refused") {
                return Ok((taken(done, true), Vec::new()));
            }
            let mut row = DeliveryRow {
                id: before.as_ref().map_or(row.id, |b| b.id),
                ..row.clone()
            };
            let known = match said.thin.as_ref().and_then(|t| t.customer.as_deref()) {
                Some(customer) => apply::is_reachable(tx, no, customer).await?,
                None => false,
            };
            let mut dispatch = Vec::new();
            if may_fetch && !known {
                "waiting".clone_into(&mut row.verdict);
                row.next_at = to_ms(clock::wall()) + waiting::LEASE_MS;
            } else {
                let outcome = apply::apply(&inner, tx, &source, &settings, &said).await?;
                dispatch = fill(&mut row, outcome);
            }
            if before.is_some() {
                rows::update(&mut tx.tenant(no), &row)?;
            } else {
                rows::insert(&mut tx.tenant(no), &row)?;
            }
            Ok((taken(&row, false), dispatch))
        };
        let (taken, dispatch) = self.command(unit).await?;
        self.dispatch(dispatch);
        Ok(taken)
    }

    /// Keeps a row that tells the owner why nothing came of a delivery, unless it is there.
    async fn note(&self, row: DeliveryRow) -> Result<(), Refusal> {
        self.write(async move |tx: &mut Tx| {
            let mut tenant = tx.tenant(row.business_no);
            tenant.alone(&format!("inbound/{}/{}", row.source_id.0, row.same));
            if rows::by_same(&mut tenant, row.source_id, &row.same)
                .await?
                .is_none()
            {
                rows::insert(&mut tenant, &row)?;
            }
            Ok(())
        })
        .await
    }

    async fn note_unreadable(
        &self,
        source: &Source,
        incoming: &Incoming,
        why: &Unreadable,
    ) -> Result<(), Refusal> {
        let said = Said {
            event: String::new(),
            sameness: Sameness::Bytes,
            meaning: Meaning::Nothing(String::new()),
            thin: None,
        };
        let row = self.row(source, incoming, &said);
        self.note(DeliveryRow {
            verdict: "refused".to_owned(),
            detail: Some(json!({"reason": why.to_string()}).to_string()),
            ..row
        })
        .await
    }

    /// One row an hour says that something came which was not signed with our secret; nothing of it is kept.
    async fn note_unverified(&self, source: &Source, why: Unverified) -> Result<(), Refusal> {
        let now = self.clock.now();
        let hour = to_ms(now) / 3_600_000;
        self.note(DeliveryRow {
            id: DeliveryId(self.ids.next(now)),
            business_no: source.business_no,
            source_id: source.id,
            same: format!("unverified:{hour}"),
            at: now,
            event: String::new(),
            verdict: "refused".to_owned(),
            detail: Some(json!({"reason": why.to_string()}).to_string()),
            booking_id: None,
            customer_id: None,
            attempts: 0,
            next_at: 0,
            headers: String::new(),
            body: Vec::new(),
        })
        .await
    }
}

/// What the owner sees of a delivery that could not be carried out; none where the fault is ours and it will come again.
fn refused_row(row: DeliveryRow, refusal: &Refusal) -> Option<DeliveryRow> {
    let detail = match refusal {
        Refusal::Invalid(errors) => json!({"errors": errors}),
        Refusal::Conflict { .. } | Refusal::NotFound | Refusal::Precondition => {
            json!({"reason": refusal.to_string()})
        }
        Refusal::Again(_) | Refusal::Unavailable(_) | Refusal::Bug(_) => return None,
    };
    Some(DeliveryRow {
        verdict: "refused".to_owned(),
        detail: Some(detail.to_string()),
        ..row
    })
}

fn fill(row: &mut DeliveryRow, outcome: Outcome) -> Vec<StepRow> {
    outcome.verdict.clone_into(&mut row.verdict);
    row.detail = outcome.detail.map(|d| d.to_string());
    row.booking_id = outcome.booking_id;
    row.customer_id = outcome.customer_id;
    outcome.dispatch
}

fn taken(row: &DeliveryRow, replayed: bool) -> Taken {
    Taken {
        id: row.id,
        verdict: row.verdict.clone(),
        event: row.event.clone(),
        detail: row.detail.as_deref().and_then(|d| serde_json::from_str(d).ok()),
        booking_id: row.booking_id,
        replayed,
    }
}

/// Headers without what is nobody's business: cookies and credentials.
fn kept_headers(headers: &[(String, String)]) -> String {
    let secret = |name: &str| {
        ["authorization", "cookie", "proxy-authorization"].contains(&name)
            || name.contains("token")
            || name.contains("secret")
    };
    let kept: Vec<&(String, String)> = headers.iter().filter(|(n, _)| !secret(n)).take(60).collect();
    json!(kept).to_string()
}

fn caller(source: &Source) -> Caller {
    Caller {
        business_no: source.business_no,
        actor: Actor::Adapter(source.id),
    }
}
