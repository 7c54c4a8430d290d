//! Playing a seed: steps, crashes at random commits, and the checkers.

use crate::counts::Counts;
use crate::dice::Dice;
use crate::endpoint::Endpoints;
use crate::gateway;
use crate::model::{Ahead, HOUR, Model};
use crate::receiver;
use crate::world::{BEGIN, Kind, Step, business, carry_out, instant, reminder, start};
use flyt_core::id::WorkflowId;
use flyt_core::state::{RunState, StepState};
use flyt_engine::{Caller, Engine, Query};
use flyt_store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Steps of a seed.
const STEPS: u32 = 40;
/// After so many steps a seed with endpoints deletes one.
const HALF: u32 = 20;

/// The seed that was asked for, to be played alone.
#[expect(
    clippy::disallowed_methods,
    reason = "a seed to replay comes from the environment"
)]
pub(crate) fn asked_seed() -> Option<u64> {
    std::env::var("FLYT_SIM_SEED").ok()?.parse().ok()
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
    endpoints: Option<Endpoints>,
    statuses: usize,
    counts: Counts,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
fn external(n: usize) -> String {
    format!("B-{n}")
}

impl Sim {
    pub(crate) fn new(seed: u64, loud: bool) -> Self {
        let store = Store::sqlite_in_memory().unwrap();
        let runtime = runtime();
        let kind = Kind::of(seed);
        let (engine, caller, workflow, endpoints) = runtime.block_on(async {
            let engine = start(store.clone(), seed).await;
            let (caller, workflow) = business(&engine, seed).await;
            let endpoints = match kind {
                Kind::Subscribed => Some(Endpoints::subscribe(&engine, &caller, seed).await),
                Kind::Plain | Kind::Hooked | Kind::Gateway | Kind::Chained => None,
            };
            engine.settle().await;
            (engine, caller, workflow, endpoints)
        });
        let begin: Timestamp = BEGIN.parse().unwrap();
        let oslo = flyt_core::zone::Zone::new("Europe/Oslo").unwrap();
        let mut model = Model::new(begin.as_millisecond(), oslo.rules());
        model.completing = kind == Kind::Chained;
        Self {
            seed,
            loud,
            dice: Dice::new(seed),
            store,
            engine,
            runtime: Some(runtime),
            caller,
            workflow,
            model,
            endpoints,
            statuses: 0,
            counts: Counts::default(),
        }
    }

    /// Plays all steps, then lets a year pass and compares.
    pub(crate) fn run(mut self) -> Counts {
        for n in 0..STEPS {
            if n == HALF
                && let Some(endpoints) = &mut self.endpoints
            {
                endpoints.gone_at = Some(self.model.now);
                let step = Step::Unsubscribe(*endpoints);
                self.play(&step);
            }
            let step = self.choose();
            self.play(&step);
        }
        if self.model.held {
            self.model.hold(false);
            self.play(&Step::Hold(false));
        }
        // All is over by then, and nothing of it is forgotten yet.
        self.model.pass(12 * 24 * HOUR);
        self.play(&Step::Clock(self.model.now));
        self.check_other_side();
        self.model.pass(388 * 24 * HOUR);
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
        let open = which < known && !self.model.bookings[which].over;
        match self.dice.roll(13) {
            12 if Kind::of(self.seed).holds() => {
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
            6 | 7 if open => {
                self.counts.moves += 1;
                let start = self.model.now + (1 + self.dice.roll(120)) * HOUR;
                self.model.bookings[which].start = start;
                self.model.plan(which);
                Step::Move {
                    external: external(which),
                    start,
                }
            }
            8 if open => {
                self.statuses += 1;
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
        self.engine = runtime.block_on(start(self.store.clone(), self.seed));
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
        let gateway = Kind::of(self.seed) == Kind::Gateway;
        let mut sent: Vec<(i64, &str)> = Vec::new();
        for m in &messages {
            let at = |name: &str| m[name].as_str().and_then(|t| t.parse::<Timestamp>().ok());
            if let Some(sent_at) = at("sent_at") {
                assert!(
                    Some(sent_at) >= at("due_at"),
                    "seed {}: sent before it was due: {m}",
                    self.seed
                );
                if m["channel"] != "webhook" && !(gateway && m["channel"] == "sms") {
                    sent.push((sent_at.as_millisecond(), m["channel"].as_str().unwrap()));
                }
            }
        }
        if gateway {
            // When it leaves is up to the gateway; that it was due, and when, is not.
            let due = |r: &&Value| r["trigger"] == "booking.starts";
            let at = |r: &Value| r["due_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
            sent.extend(runs.iter().filter(due).map(|r| (at(r).as_millisecond(), "sms")));
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
                run["reason"] != "loop_guard",
                "seed {}: set each other off: {run}",
                self.seed
            );
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
        let over = self.model.bookings.iter().filter(|b| b.over).count();
        self.counts.completed += u64::try_from(over).unwrap();
    }

    /// What endpoints and the gateway were given agrees with what is told of it.
    fn check_other_side(&mut self) {
        let (engine, caller) = (self.engine.clone(), self.caller);
        let runtime = self.runtime.as_ref().unwrap();
        if Kind::of(self.seed) == Kind::Gateway {
            runtime.block_on(gateway::check(&engine, &caller, self.seed, &mut self.counts));
        }
        if let Some(endpoints) = self.endpoints {
            let wanted = self.model.bookings.len() + self.statuses;
            runtime.block_on(endpoints.check(&engine, &caller, (self.seed, wanted), &mut self.counts));
        }
    }

    /// After every step the timers are those of the model: nothing stale, nothing missing.
    fn check_timers(&self, step: &Step) {
        let (engine, caller) = (self.engine.clone(), self.caller);
        let runtime = self.runtime.as_ref().unwrap();
        let timers = runtime.block_on(pages(async |q| engine.timers(&caller, q).await.unwrap()));
        let at = |t: &Value| t["due_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
        let reminders = timers.iter().filter(|t| t["workflow"] == "Påminnelse");
        let mut planned: Vec<i64> = reminders.map(|t| at(t).as_millisecond()).collect();
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
        if Kind::of(self.seed) != Kind::Hooked {
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

pub(crate) async fn pages(read: impl AsyncFn(Query) -> flyt_engine::Page) -> Vec<Value> {
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
