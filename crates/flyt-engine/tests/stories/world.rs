//! A business on an in-memory store, with everything that is needed to tell a story in a few lines.

use flyt_channels::egress::{Guard, parse_allow};
use flyt_channels::sms::{Account, Gateways};
use flyt_channels::webhook::Webhooks;
use flyt_core::booking_body::BookingBody;
use flyt_core::id::{BookingId, WorkflowId};
use flyt_core::invalid::Faults;
use flyt_engine::{Actor, Caller, Engine, Parts, Query, Rates, Seal, Target, Verb};
use flyt_store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// An instant.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A business, its engine, and who speaks.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) caller: Caller,
}

impl World {
    /// A business in Oslo without quiet hours or guards.
    pub(crate) async fn new(now: &str) -> Self {
        Self::with(now, json!({})).await
    }
    /// The same with other settings.
    pub(crate) async fn with(now: &str, settings: Value) -> Self {
        Self::allowing(now, settings, "127.0.0.0/8").await
    }
    /// The same, whose webhooks may reach these ranges beside public ones.
    pub(crate) async fn allowing(now: &str, settings: Value, ranges: &str) -> Self {
        Self::start(now, settings, ranges, false).await
    }
    /// The same, where nothing leaves until it is released: to the engine that is being down.
    pub(crate) async fn held(now: &str) -> Self {
        Self::start(now, json!({}), "127.0.0.0/8", true).await
    }
    /// The same on another store.
    pub(crate) async fn on(store: Store, now: &str) -> Self {
        Self::begin(store, now, json!({}), "127.0.0.0/8", false).await
    }
    async fn start(now: &str, settings: Value, ranges: &str, held: bool) -> Self {
        Self::begin(Store::sqlite_in_memory().unwrap(), now, settings, ranges, held).await
    }
    /// Another process of this business on the same store and clock: to it, this one is gone.
    pub(crate) async fn successor(&self, store: Store) -> Self {
        let now = self.engine.now();
        Self {
            engine: Self::engine(store, Some(now), "127.0.0.0/8", (false, true)).await,
            caller: self.caller,
        }
    }
    /// A process on the system's clock. With a caller it joins the business of another one on the same store.
    pub(crate) async fn live(store: Store, caller: Option<Caller>) -> Self {
        let engine = Self::engine(store, None, "127.0.0.0/8", (false, true)).await;
        match caller {
            Some(caller) => Self { engine, caller },
            None => Self::founded(engine, json!({})).await,
        }
    }
    /// A process on the system's clock from which nothing leaves.
    pub(crate) async fn live_held(store: Store) -> Self {
        Self::founded(
            Self::engine(store, None, "127.0.0.0/8", (true, true)).await,
            json!({}),
        )
        .await
    }
    /// A process on the system's clock that takes commands and leaves the rest to others.
    pub(crate) async fn live_intake(store: Store) -> Self {
        Self::founded(
            Self::engine(store, None, "127.0.0.0/8", (false, false)).await,
            json!({}),
        )
        .await
    }
    async fn begin(store: Store, now: &str, settings: Value, ranges: &str, held: bool) -> Self {
        Self::founded(
            Self::engine(store, Some(at(now)), ranges, (held, true)).await,
            settings,
        )
        .await
    }
    async fn engine(
        store: Store,
        test_clock: Option<Timestamp>,
        ranges: &str,
        (held, works): (bool, bool),
    ) -> Engine {
        Engine::start(Self::parts(store, test_clock, ranges, (held, works)))
            .await
            .unwrap()
    }
    /// The same, from which nothing leaves.
    pub(crate) async fn on_held(store: Store, now: &str) -> Self {
        Self::begin(store, now, json!({}), "127.0.0.0/8", true).await
    }
    /// The unguessable part of the address that gateways call.
    pub(crate) async fn token(&self) -> String {
        let all = self.engine.channels(&self.caller).await.unwrap();
        let path = all[1]["callback_path"].as_str().unwrap().to_owned();
        path.rsplit('/').next().unwrap().to_owned()
    }
    /// The same, with an SMS gateway.
    pub(crate) async fn with_sms(store: Store, now: &str, settings: Value, account: &str) -> Self {
        let parts = Parts {
            sms: Some(Account::from_url(account).unwrap()),
            public_url: Some("https://flyt.example".to_owned()),
            ..Self::parts(store, Some(at(now)), "127.0.0.0/8", (false, true))
        };
        Self::founded(Engine::start(parts).await.unwrap(), settings).await
    }
    /// The business of the stories on an engine that was made elsewhere.
    pub(crate) async fn of(engine: Engine) -> Self {
        Self::founded(engine, json!({})).await
    }
    /// What an engine of the stories is made of.
    pub(crate) fn parts(
        store: Store,
        test_clock: Option<Timestamp>,
        ranges: &str,
        (held, works): (bool, bool),
    ) -> Parts {
        Parts {
            store,
            test_clock,
            relay: None,
            gateways: Gateways::new(Guard::new(parse_allow(ranges).unwrap())).unwrap(),
            sms: None,
            rates: Rates::default(),
            public_url: None,
            webhooks: Webhooks::new(Guard::new(parse_allow(ranges).unwrap())).unwrap(),
            seal: Seal::new(&[7; 32]),
            held,
            works,
        }
    }
    /// The business of the stories.
    async fn founded(engine: Engine, settings: Value) -> Self {
        let mut body = json!({
            "slug": "salon", "name": "Salon", "time_zone": "Europe/Oslo", "languages": ["nb", "en"], "default_language": "nb",
            "currency": "NOK", "country": "NO", "admins": ["eier@example.no"],
            "quiet_hours": {"sms": null, "email": null}, "guards": {"per_recipient_and_booking_per_hour": null},
        });
        body.as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        let business = engine.create_business(Actor::Platform, body, None).await.unwrap();
        let caller = Caller {
            business_no: business.value.no,
            actor: Actor::Platform,
        };
        Self { engine, caller }
    }

    /// Saves a workflow that is on, and waits until its timers are planned.
    pub(crate) async fn workflow(&self, trigger: Value, more: Value, actions: Value) -> WorkflowId {
        let mut body = json!({ "name": "W", "enabled": true, "triggers": [trigger], "actions": actions });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let saved = self
            .engine
            .write_workflow(&self.caller, Target::New, Verb::Create, body, None)
            .await;
        let saved = saved.unwrap();
        self.engine.settle().await;
        saved.value["id"].as_str().unwrap().parse().unwrap()
    }
    /// Changes a workflow.
    pub(crate) async fn edit(&self, id: WorkflowId, patch: Value) {
        self.engine
            .write_workflow(&self.caller, Target::Id(id), Verb::Patch, patch, None)
            .await
            .unwrap();
        self.engine.settle().await;
    }

    /// Saves a workflow as it is, and waits for nothing.
    pub(crate) async fn save(&self, body: Value) {
        let saved = self
            .engine
            .write_workflow(&self.caller, Target::New, Verb::Create, body, None);
        saved.await.unwrap();
    }
    /// Makes a booking of a customer with e-mail and phone; `more` overrides.
    pub(crate) async fn book(&self, start: &str, more: Value) -> BookingId {
        let mut body = json!({
            "customer": {"external_id": "kari", "first_name": "Kari", "email": "kari@example.no", "phone": "+4790000001"},
            "service": {"external_id": "cut", "name": "Dameklipp", "duration_minutes": 45}, "start": start,
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.write(Target::New, Verb::Create, body).await
    }
    /// Changes a booking.
    pub(crate) async fn patch(&self, id: BookingId, body: Value) {
        self.write(Target::Id(id), Verb::Patch, body).await;
    }
    async fn write(&self, target: Target<BookingId>, verb: Verb, body: Value) -> BookingId {
        let id = self.written(target, verb, body).await;
        self.engine.settle().await;
        id
    }
    /// Makes a booking and waits for nothing.
    pub(crate) async fn write_only(&self, start: &str) {
        let body = json!({"customer": {"first_name": "Kari", "phone": "+4790000001"},
            "service": {"external_id": "cut", "duration_minutes": 45}, "start": start});
        self.written(Target::New, Verb::Create, body).await;
    }
    /// Writes a booking and waits for nothing.
    pub(crate) async fn written(&self, target: Target<BookingId>, verb: Verb, body: Value) -> BookingId {
        let mut faults = Faults {
            lenient: true,
            ..Faults::default()
        };
        let body = BookingBody::read(&body, "NO", &mut faults);
        let body = faults.finish(body).unwrap();
        let written = self
            .engine
            .write_booking(&self.caller, target, verb, body, None)
            .await
            .unwrap();
        written.value.booking.unwrap().booking.id
    }

    /// Moves the clock.
    pub(crate) async fn clock(&self, to: &str) {
        self.engine.move_clock(at(to)).await.unwrap();
    }

    /// Every delivery, oldest first: instant it was sent at (or its state), and its reason.
    pub(crate) async fn messages(&self) -> Vec<Value> {
        let query = Query {
            limit: 200,
            ..Query::default()
        };
        let mut all = self.engine.messages(&self.caller, query).await.unwrap().data;
        all.reverse();
        all
    }
    /// The instants at which something was captured or sent.
    pub(crate) async fn sent(&self) -> Vec<String> {
        let all = self.messages().await;
        let sent = all
            .iter()
            .filter_map(|m| m["sent_at"].as_str().map(str::to_owned));
        let mut sent: Vec<String> = sent.collect();
        sent.sort();
        sent
    }
    /// Every reason that the timeline of a booking tells.
    pub(crate) async fn reasons(&self, id: BookingId) -> Vec<String> {
        let line = self.engine.timeline(&self.caller, id).await.unwrap();
        line.iter()
            .filter_map(|e| e["reason"].as_str().map(str::to_owned))
            .collect()
    }
    /// Says that the timeline of a booking tells this reason, and that nothing was sent.
    pub(crate) async fn tells(&self, id: BookingId, reason: &str) {
        let reasons = self.reasons(id).await;
        assert!(
            reasons.iter().any(|r| r == reason),
            "{reason} is not among {reasons:?}"
        );
        assert_eq!(self.sent().await, Vec::<String>::new());
    }
}

/// One SMS to the customer.
pub(crate) fn sms() -> Value {
    json!([{"type": "sms", "to": ["customer"], "content": {"nb": {"text": "{{ booking.reference }}"}}}])
}
/// A number of units before the start.
pub(crate) fn before(amount: i64, unit: &str) -> Value {
    json!({"type": "booking.starts", "offset": {"amount": amount, "unit": unit, "direction": "before"}})
}
/// An action that calls an address.
pub(crate) fn hook(url: &str) -> Value {
    json!([{"type": "webhook", "url": url, "signing": false}])
}

/// A receiver that gives every call the same answer. Returns its address.
pub(crate) async fn receiver(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = vec![0; 65_536];
                if stream.read(&mut asked).await.is_ok() {
                    let _closed = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    format!("http://{address}/")
}

/// A receiver that answers its first call only once it is told to, with `first`, and every other at once with `others`.
pub(crate) async fn slow(first: &'static str, others: &'static str) -> (String, Arc<Notify>, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (go, calls) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
    let (gate, count) = (go.clone(), calls.clone());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (gate, count) = (gate.clone(), count.clone());
            tokio::spawn(async move {
                let mut asked = vec![0; 65_536];
                if stream.read(&mut asked).await.is_err() {
                    return;
                }
                let is_first = count.fetch_add(1, Ordering::SeqCst) == 0;
                if is_first {
                    gate.notified().await;
                }
                let answer = if is_first { first } else { others };
                let _closed = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (format!("http://{address}/"), go, calls)
}

/// A receiver that gives its calls these answers in turn, then always the last one. Returns its address.
pub(crate) async fn answers(first: Vec<&'static str>, last: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut first = first.into_iter();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = vec![0; 65_536];
            let answer = first.next().unwrap_or(last);
            if stream.read(&mut asked).await.is_ok() {
                let _closed = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    format!("http://{address}/")
}

/// Databases made by this process.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database of its own on the PostgreSQL server of the tests.
#[expect(
    clippy::disallowed_methods,
    reason = "tests learn of their server from the environment"
)]
pub(crate) fn fresh_database() -> String {
    let server = std::env::var("FLYT_TEST_DATABASE_URL");
    let server = server.expect(
        "PostgreSQL is needed: run `make test`, or `scripts/postgres run cargo nextest run --workspace`",
    );
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("flyt_story_{}_{number}", std::process::id());
    let create = format!("CREATE DATABASE {name}");
    let made = std::process::Command::new("psql")
        .args(["-q", &server, "-c", &create])
        .status();
    assert!(made.unwrap().success(), "psql could not make a database");
    let (head, _) = server.rsplit_once('/').unwrap();
    format!("{head}/{name}")
}
