//! The world of a seed: what it has, the engine on its data, and what is asked of the engine. Which steps come is `play`.

use crate::endpoint::Endpoints;
use crate::gateway;
use crate::model::{Ahead, Model};
use crate::receiver;
use flyt_channels::egress::{Guard, parse_allow};
use flyt_channels::sms::Gateways;
use flyt_channels::webhook::Webhooks;
use flyt_core::booking_body::BookingBody;
use flyt_core::id::WorkflowId;
use flyt_core::invalid::Faults;
use flyt_engine::{Actor, Caller, Engine, Parts, Rates, Refusal, Seal, Target, Verb};
use flyt_store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Three days before the clocks go back in Oslo.
pub(crate) const BEGIN: &str = "2026-10-22T00:00:00Z";

/// What a seed has besides bookings and workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing; messages are captured.
    Plain,
    /// A workflow that calls a webhook; it holds nothing.
    Hooked,
    /// Two endpoints.
    Subscribed,
    /// An SMS gateway; it holds nothing.
    Gateway,
    /// Workflows that complete a booking and hear of it; it holds nothing.
    Chained,
}
impl Kind {
    pub(crate) fn of(seed: u64) -> Self {
        match seed % 8 {
            0 => Self::Hooked,
            1 | 5 => Self::Subscribed,
            2 | 6 => Self::Gateway,
            3 => Self::Chained,
            _ => Self::Plain,
        }
    }
    pub(crate) fn holds(self) -> bool {
        matches!(self, Self::Plain | Self::Subscribed)
    }
}

/// One thing that is asked of the engine. Asking it again after a crash changes nothing more.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Clock(i64),
    Book { external: String, start: i64 },
    Move { external: String, start: i64 },
    Status { external: String, status: &'static str },
    Edit(Value),
    Hold(bool),
    Unsubscribe(Endpoints),
}

pub(crate) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}

pub(crate) async fn start(store: Store, seed: u64) -> Engine {
    let local = || Guard::new(parse_allow("127.0.0.1/32").unwrap());
    let parts = Parts {
        store,
        test_clock: Some(BEGIN.parse().unwrap()),
        relay: None,
        gateways: Gateways::new(local()).unwrap(),
        sms: (Kind::of(seed) == Kind::Gateway).then(|| gateway::account(seed)),
        rates: Rates::default(),
        public_url: None,
        webhooks: Webhooks::new(local()).unwrap(),
        seal: Seal::new(&[7; 32]),
        held: false,
        works: true,
    };
    Engine::start(parts).await.unwrap()
}

pub(crate) fn reminder(ahead: Ahead) -> Value {
    let unit = if ahead.days { "days" } else { "hours" };
    json!({"triggers": [{"type": "booking.starts", "offset": {"amount": ahead.amount, "unit": unit, "direction": "before"}}]})
}

pub(crate) async fn business(engine: &Engine, seed: u64) -> (Caller, WorkflowId) {
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
    let told = |trigger: Value, action: Value| json!({"name": "Mer", "enabled": true, "triggers": [trigger], "actions": [action]});
    match Kind::of(seed) {
        Kind::Hooked => {
            let call = json!({"type": "webhook", "url": receiver::address(seed), "signing": false});
            save(told(json!({"type": "booking.created"}), call))
                .await
                .unwrap();
        }
        Kind::Chained => {
            let after = json!({"type": "booking.ends", "offset": {"amount": 1, "unit": "hours", "direction": "after"}});
            let complete = json!({"type": "set_status", "status": "completed"});
            let thanks = json!({"type": "email", "to": ["customer"], "content": {"nb": {"subject": "Takk", "body": "<p>Takk</p>"}}});
            let heard = json!({"type": "booking.status_changed", "to": ["completed"]});
            save(told(after, complete)).await.unwrap();
            save(told(heard, thanks)).await.unwrap();
        }
        Kind::Plain | Kind::Subscribed | Kind::Gateway => {}
    }
    let saved = save(before).await.unwrap();
    (caller, saved.value["id"].as_str().unwrap().parse().unwrap())
}

pub(crate) async fn carry_out(
    engine: Engine,
    caller: Caller,
    workflow: WorkflowId,
    step: Step,
) -> Result<(), Refusal> {
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
        Step::Unsubscribe(endpoints) => return endpoints.unsubscribe(&engine, &caller).await,
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
