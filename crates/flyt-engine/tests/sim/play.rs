//! Playing a seed: steps, crashes at random commits, and the checkers.

use crate::dice::Dice;
use crate::model::{Ahead, HOUR, Model};
use crate::receiver;
use flyt_channels::egress::{Guard, parse_allow};
use flyt_channels::sms::Gateways;
use flyt_channels::webhook::Webhooks;
use flyt_core::booking_body::BookingBody;
use flyt_core::id::WorkflowId;
use flyt_core::invalid::Faults;
use flyt_core::state::{RunState, StepState};
use flyt_engine::{Actor, Caller, Engine, Parts, Query, Refusal, Seal, Target, Verb};
use flyt_store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Steps of a seed.
const STEPS: u32 = 40;
/// Three days before the clocks go back in Oslo.
const BEGIN: &str = "2026-10-22T00:00:00Z";
/// One seed of so many calls webhooks; it holds nothing.
const HOOKED: u64 = 8;

/// What a run of seeds has seen.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) crashes: u64,
    pub(crate) messages: u64,
    pub(crate) edits: u64,
    pub(crate) moves: u64,
    pub(crate) holds: u64,
    pub(crate) calls: u64,
}
impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.messages += other.messages;
        self.edits += other.edits;
        self.moves += other.moves;
        self.holds += other.holds;
        self.calls += other.calls;
    }
}

/// The seed that was asked for, to be played alone.
#[expect(
    clippy::disallowed_methods,
    reason = "a seed to replay comes from the environment"
)]
pub(crate) fn asked_seed() -> Option<u64> {
    std::env::var("FLYT_SIM_SEED").ok()?.parse().ok()
}

/// One thing that is asked of the engine. Asking it again after a crash changes nothing more.
#[derive(Debug, Clone)]
enum Step {
    Clock(i64),
    Book { external: String, start: i64 },
    Move { external: String, start: i64 },
    Status { external: String, status: &'static str },
    Edit(Value),
    Hold(bool),
}

/// A world and its engine.
pub(crate) struct Sim {
    seed: u64,
    loud: bool,
    dice: Dice,
    store: Store,
    engine: Engine,
    runtime: Option<Runtime>,
    caller: Caller,
    workflow: WorkflowId,
    model: Model,
    counts: Counts,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}
fn external(n: usize) -> String {
    format!("B-{n}")
}

async fn start(store: Store) -> Engine {
    let parts = Parts {
        store,
        test_clock: Some(BEGIN.parse().unwrap()),
        relay: None,
        gateways: Gateways::new(Guard::new(Vec::new())).unwrap(),
        sms: None,
        public_url: None,
        webhooks: Webhooks::new(Guard::new(parse_allow("127.0.0.1/32").unwrap())).unwrap(),
        seal: Seal::new(&[7; 32]),
        held: false,
        works: true,
    };
    Engine::start(parts).await.unwrap()
}

fn reminder(ahead: Ahead) -> Value {
    let unit = if ahead.days { "days" } else { "hours" };
    json!({"triggers": [{"type": "booking.starts", "offset": {"amount": ahead.amount, "unit": unit, "direction": "before"}}]})
}

async fn business(engine: &Engine, hook: Option<String>) -> (Caller, WorkflowId) {
    let body = json!({
        "slug": "salon", "name": "Salon", "time_zone": "Europe/Oslo", "languages": ["nb"], "default_language": "nb",
        "currency": "NOK", "country": "NO", "quiet_hours": {"sms": null, "email": null},
    });
    let made = engine.create_business(Actor::Platform, body, None).await.unwrap();
    let caller = Caller {
        business_no: made.value.no,
        actor: Actor::Platform,
    };
    let created = json!({"name": "Bekreftelse", "enabled": true, "triggers": [{"type": "booking.created"}], "actions": [
        {"type": "email", "to": ["customer"], "content": {"nb": {"subject": "Bekreftet", "body": "<p>{{ booking.reference }}</p>"}}}]});
    let mut before = json!({"name": "Påminnelse", "enabled": true, "actions": [
        {"type": "sms", "to": ["customer"], "content": {"nb": {"text": "{{ booking.reference }}"}}}]});
    before
        .as_object_mut()
        .unwrap()
        .extend(reminder(Model::FIRST).as_object().unwrap().clone());
    let save = |body| engine.write_workflow(&caller, Target::New, Verb::Create, body, None);
    save(created).await.unwrap();
    if let Some(url) = hook {
        let called = json!({"name": "Varsel", "enabled": true, "triggers": [{"type": "booking.created"}], "actions": [
            {"type": "webhook", "url": url, "signing": false}]});
        save(called).await.unwrap();
    }
    let saved = save(before).await.unwrap();
    (caller, saved.value["id"].as_str().unwrap().parse().unwrap())
}

async fn carry_out(engine: Engine, caller: Caller, workflow: WorkflowId, step: Step) -> Result<(), Refusal> {
    let (external, verb, body) = match step {
        Step::Clock(to) => return engine.move_clock(instant(to)).await.map(drop),
        Step::Edit(patch) => {
            let target = Target::Id(workflow);
            let saved = engine
                .write_workflow(&caller, target, Verb::Patch, patch, None)
                .await;
            engine.settle().await;
            return saved.map(drop);
        }
        Step::Hold(held) => {
            let mode = json!({"mode": if held { "held" } else { "live" }});
            let saved = engine.write_business(&caller, mode, None).await;
            engine.settle().await;
            return saved.map(drop);
        }
        Step::Book { external, start } => {
            let start = instant(start).to_string();
            let body = json!({
                "customer": {"external_id": "kari", "email": "kari@example.no", "phone": "+4790000001"},
                "service": {"external_id": "cut", "name": "Klipp", "duration_minutes": 45}, "start": start,
            });
            (external, Verb::Put, body)
        }
        Step::Move { external, start } => (
            external,
            Verb::Patch,
            json!({"start": instant(start).to_string()}),
        ),
        Step::Status { external, status } => (external, Verb::Patch, json!({ "status": status })),
    };
    let mut faults = Faults::default();
    let read = BookingBody::read(&body, "NO", &mut faults);
    let body = faults.finish(read).unwrap();
    let target = Target::External(external);
    let written = engine.write_booking(&caller, target, verb, body, None).await;
    engine.settle().await;
    written.map(drop)
}

impl Sim {
    pub(crate) fn new(seed: u64, loud: bool) -> Self {
        let store = Store::sqlite_in_memory().unwrap();
        let runtime = runtime();
        let (engine, caller, workflow) = runtime.block_on(async {
            let engine = start(store.clone()).await;
            let hook = seed.is_multiple_of(HOOKED).then(|| receiver::address(seed));
            let (caller, workflow) = business(&engine, hook).await;
            engine.settle().await;
            (engine, caller, workflow)
        });
        let begin: Timestamp = BEGIN.parse().unwrap();
        let oslo = flyt_core::zone::Zone::new("Europe/Oslo").unwrap();
        Self {
            seed,
            loud,
            dice: Dice::new(seed),
            store,
            engine,
            runtime: Some(runtime),
            caller,
            workflow,
            model: Model::new(begin.as_millisecond(), oslo.rules()),
            counts: Counts::default(),
        }
    }

    /// Plays all steps, then lets a year pass and compares.
    pub(crate) fn run(mut self) -> Counts {
        for _ in 0..STEPS {
            let step = self.choose();
            self.play(&step);
        }
        if self.model.held {
            self.model.hold(false);
            self.play(&Step::Hold(false));
        }
        self.model.pass(400 * 24 * HOUR);
        self.play(&Step::Clock(self.model.now));
        self.check();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        self.counts
    }

    /// A step, already told to the model.
    fn choose(&mut self) -> Step {
        let known = self.model.bookings.len();
        let which = usize::try_from(self.dice.roll(12)).unwrap();
        match self.dice.roll(13) {
            12 if !self.seed.is_multiple_of(HOOKED) => {
                self.counts.holds += 1;
                self.model.hold(!self.model.held);
                Step::Hold(self.model.held)
            }
            0..=3 => {
                let ms = self.dice.roll(12) * HOUR;
                self.model.pass(ms);
                Step::Clock(self.model.now)
            }
            4 => {
                self.counts.edits += 1;
                let days = self.dice.roll(2) == 0;
                self.model.ahead = Ahead {
                    amount: 1 + self.dice.roll(if days { 3 } else { 72 }),
                    days,
                };
                self.model.plan_all();
                Step::Edit(reminder(self.model.ahead))
            }
            5 => {
                self.counts.edits += 1;
                self.model.switch();
                Step::Edit(json!({"enabled": self.model.on}))
            }
            6 | 7 if which < known => {
                self.counts.moves += 1;
                let start = self.model.now + (1 + self.dice.roll(120)) * HOUR;
                self.model.bookings[which].start = start;
                self.model.plan(which);
                Step::Move {
                    external: external(which),
                    start,
                }
            }
            8 if which < known => {
                let counts = !self.model.bookings[which].counts;
                self.model.bookings[which].counts = counts;
                self.model.plan(which);
                Step::Status {
                    external: external(which),
                    status: if counts { "approved" } else { "cancelled" },
                }
            }
            _ => {
                let start = self.model.now + (1 + self.dice.roll(120)) * HOUR;
                self.model.book(start);
                Step::Book {
                    external: external(known),
                    start,
                }
            }
        }
    }

    /// Carries a step out. Now and then the engine is killed after some commits, started again, and asked once more.
    fn play(&mut self, step: &Step) {
        if self.loud {
            println!("{} {step:?}", instant(self.model.now));
        }
        if self.dice.roll(4) == 0 {
            let commits = self.dice.roll(4);
            self.crash(step.clone(), commits);
        }
        let (engine, caller, workflow) = (self.engine.clone(), self.caller, self.workflow);
        let runtime = self.runtime.as_ref().unwrap();
        let done = runtime.block_on(carry_out(engine, caller, workflow, step.clone()));
        assert!(done.is_ok(), "seed {}: {step:?}: {done:?}", self.seed);
        self.check_timers(step);
    }

    fn crash(&mut self, step: Step, commits: i64) {
        self.counts.crashes += 1;
        let (engine, caller, workflow) = (self.engine.clone(), self.caller, self.workflow);
        let mut bell = self.store.bell();
        let dying = self.runtime.take().unwrap();
        dying.block_on(async {
            let asked = tokio::spawn(carry_out(engine, caller, workflow, step));
            for _ in 0..commits {
                // A step that commits less often is simply over before the crash.
                if tokio::time::timeout(Duration::from_millis(5), bell.rung())
                    .await
                    .is_err()
                {
                    break;
                }
            }
            asked.abort();
        });
        dying.shutdown_background(); // every task of the engine ends where it waits
        if self.loud {
            println!("  crash after {commits} commits");
        }
        let runtime = runtime();
        self.engine = runtime.block_on(start(self.store.clone()));
        self.runtime = Some(runtime);
    }

    /// What went out is what the model says; everything has come to an end; ids are never doubled.
    fn check(&mut self) {
        let (engine, caller) = (self.engine.clone(), self.caller);
        let runtime = self.runtime.as_ref().unwrap();
        let (messages, runs) = runtime.block_on(async {
            let messages = pages(async |q| engine.messages(&caller, q).await.unwrap()).await;
            let runs = pages(async |q| engine.runs(&caller, q).await.unwrap()).await;
            (messages, runs)
        });
        let mut sent: Vec<(i64, &str)> = Vec::new();
        for m in &messages {
            let at = |name: &str| m[name].as_str().and_then(|t| t.parse::<Timestamp>().ok());
            if let Some(sent_at) = at("sent_at") {
                assert!(
                    Some(sent_at) >= at("due_at"),
                    "seed {}: sent before it was due: {m}",
                    self.seed
                );
                if m["channel"] != "webhook" {
                    sent.push((sent_at.as_millisecond(), m["channel"].as_str().unwrap()));
                }
            }
        }
        sent.sort_unstable();
        let mut wanted = self.model.sent.clone();
        wanted.sort_unstable();
        assert_eq!(sent, wanted, "seed {}", self.seed);
        let mut ids: Vec<&str> = messages.iter().map(|m| m["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), messages.len(), "seed {}: an id is doubled", self.seed);
        for run in &runs {
            let state = RunState::from_word(run["state"].as_str().unwrap());
            let over = matches!(state, Some(RunState::Done | RunState::Ended));
            let told = state != Some(RunState::Ended) || !run["reason"].is_null();
            assert!(
                over && told,
                "seed {}: a run is not over, or does not say why: {run}",
                self.seed
            );
        }
        for m in &messages {
            let word = m["state"].as_str().unwrap();
            assert!(word != "queued" && word != "sending", "seed {}: {m}", self.seed);
            debug_assert!(StepState::from_word(word).is_some() || word == "skipped" || word == "planned");
        }
        self.counts.messages += u64::try_from(sent.len()).unwrap();
        self.check_calls(&messages);
    }

    /// After every step the timers are those of the model: nothing stale, nothing missing.
    fn check_timers(&self, step: &Step) {
        let (engine, caller) = (self.engine.clone(), self.caller);
        let runtime = self.runtime.as_ref().unwrap();
        let timers = runtime.block_on(pages(async |q| engine.timers(&caller, q).await.unwrap()));
        let at = |t: &Value| t["due_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
        let mut planned: Vec<i64> = timers.iter().map(|t| at(t).as_millisecond()).collect();
        planned.sort_unstable();
        assert_eq!(
            planned,
            self.model.planned(),
            "seed {}: timers after {step:?}",
            self.seed
        );
    }

    /// Every booking is told of once it was taken, under one id, however often it was refused or the engine was killed.
    fn check_calls(&mut self, messages: &[Value]) {
        if !self.seed.is_multiple_of(HOOKED) {
            return;
        }
        let calls: Vec<&Value> = messages.iter().filter(|m| m["channel"] == "webhook").collect();
        for call in &calls {
            assert_eq!(call["state"], "sent", "seed {}: {call}", self.seed);
        }
        let own = calls
            .iter()
            .map(|m| m["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            receiver::ids(self.seed),
            own,
            "seed {}: ids that came, and ids of calls",
            self.seed
        );
        assert_eq!(calls.len(), self.model.bookings.len(), "seed {}", self.seed);
        self.counts.calls += u64::try_from(calls.len()).unwrap();
    }
}

async fn pages(read: impl AsyncFn(Query) -> flyt_engine::Page) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), Vec::new());
    loop {
        let query = Query {
            limit: 200,
            after,
            ..Query::default()
        };
        let page = read(query).await;
        all.extend(page.data);
        match page.next {
            Some(next) => after = next,
            None => return all,
        }
    }
}
