//! A thousand random edits, switches and deletions of a workflow while its timers come due and its bookings move, beside a
//! small model of what must go out: nothing from an old plan, nothing lost. On both engines.

use crate::world::{World, at, before, sms};
use flyt_core::id::{BookingId, WorkflowId};
use flyt_store::Store;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;

const HOUR: i64 = 3_600_000;
const STEPS: u32 = 1_000;

/// xorshift64*: the same numbers for the same seed, everywhere.
struct Dice(u64);
impl Dice {
    fn roll(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let wide = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        i64::try_from(wide).unwrap() % below
    }
}

/// A booking as the model sees it.
struct Booked {
    id: BookingId,
    start: i64,
    counts: bool,
    /// When the reminder is planned.
    due: Option<i64>,
    /// Starts that have been reminded of by this workflow.
    fired: BTreeSet<i64>,
}
struct Model {
    now: i64,
    hours: i64,
    on: bool,
    bookings: Vec<Booked>,
    sent: Vec<i64>,
}
impl Model {
    /// The plan of one booking, made now: what lies behind is not sent.
    fn plan(&mut self, which: usize) {
        let (now, hours, on) = (self.now, self.hours, self.on);
        let b = &mut self.bookings[which];
        let due = b.start - hours * HOUR;
        b.due = (on && b.counts && due >= now && !b.fired.contains(&b.start)).then_some(due);
        self.fire();
    }
    fn plan_all(&mut self) {
        for which in 0..self.bookings.len() {
            self.plan(which);
        }
    }
    fn fire(&mut self) {
        for b in &mut self.bookings {
            if let Some(due) = b.due.filter(|due| *due <= self.now) {
                b.due = None;
                b.fired.insert(b.start);
                self.sent.push(due);
            }
        }
    }
}

fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap().to_string()
}

async fn play(w: World, seed: u64) {
    let mut dice = Dice(seed);
    let mut m = Model {
        now: at("2026-10-01T00:00:00Z").as_millisecond(),
        hours: 24,
        on: true,
        bookings: Vec::new(),
        sent: Vec::new(),
    };
    let mut workflow = w.workflow(before(24, "hours"), json!({}), sms()).await;
    for _ in 0..STEPS {
        step(&w, &mut m, &mut dice, &mut workflow).await;
    }
    m.now += 400 * 24 * HOUR;
    w.clock(&instant(m.now)).await;
    m.fire();
    let mut wanted: Vec<String> = m.sent.iter().map(|ms| instant(*ms)).collect();
    wanted.sort();
    let mut sent = Vec::new();
    let mut after = Vec::new();
    loop {
        let query = flyt_engine::Query {
            limit: 200,
            after: after.clone(),
            ..flyt_engine::Query::default()
        };
        let page = w.engine.messages(&w.caller, query).await.unwrap();
        sent.extend(
            page.data
                .iter()
                .filter_map(|m| m["sent_at"].as_str().map(str::to_owned)),
        );
        let Some(next) = page.next else { break };
        after = next;
    }
    sent.sort();
    assert!(wanted.len() > 50, "the model was idle: {}", wanted.len());
    assert_eq!(sent, wanted, "seed {seed}");
}

async fn step(w: &World, m: &mut Model, dice: &mut Dice, workflow: &mut WorkflowId) {
    let which = usize::try_from(dice.roll(20)).unwrap();
    match dice.roll(10) {
        0..=2 => {
            m.now += dice.roll(10) * HOUR;
            w.clock(&instant(m.now)).await;
            m.fire();
        }
        3 => {
            m.hours = 1 + dice.roll(72);
            let triggers = json!({"triggers": [before(m.hours, "hours")]});
            w.edit(*workflow, triggers).await;
            m.plan_all();
        }
        4 => {
            m.on = !m.on;
            w.edit(*workflow, json!({"enabled": m.on})).await;
            m.plan_all();
        }
        5 if dice.roll(5) == 0 => {
            let target = flyt_engine::Target::Id(*workflow);
            w.engine.delete_workflow(&w.caller, target, None).await.unwrap();
            *workflow = w.workflow(before(m.hours, "hours"), json!({}), sms()).await;
            m.on = true;
            m.bookings.iter_mut().for_each(|b| b.fired.clear());
            m.plan_all();
        }
        6 if which < m.bookings.len() => {
            let counts = !m.bookings[which].counts;
            let status = if counts { "approved" } else { "cancelled" };
            w.patch(m.bookings[which].id, json!({"status": status})).await;
            m.bookings[which].counts = counts;
            m.plan(which);
        }
        7 if which < m.bookings.len() => {
            let start = m.now + (1 + dice.roll(120)) * HOUR;
            w.patch(m.bookings[which].id, json!({"start": instant(start)}))
                .await;
            m.bookings[which].start = start;
            m.plan(which);
        }
        _ => {
            let start = m.now + (1 + dice.roll(120)) * HOUR;
            let id = w.book(&instant(start), json!({})).await;
            m.bookings.push(Booked {
                id,
                start,
                counts: true,
                due: None,
                fired: BTreeSet::new(),
            });
            m.plan(m.bookings.len() - 1);
        }
    }
}

#[tokio::test]
async fn nothing_fires_from_an_old_plan_and_nothing_is_lost_on_sqlite() {
    for seed in 1..=3 {
        play(World::new("2026-10-01T00:00:00Z").await, seed).await;
    }
}

#[tokio::test]
async fn nothing_fires_from_an_old_plan_and_nothing_is_lost_on_postgresql() {
    let url = crate::world::fresh_database();
    let store = Store::postgres(&url, 8).await.unwrap();
    play(World::on(store, "2026-10-01T00:00:00Z").await, 4).await;
}
