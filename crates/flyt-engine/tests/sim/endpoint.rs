//! Webhook endpoints of a seed: one that stays, and one that is deleted on the way. The checker compares the feed of events, the
//! deliveries, and what came.

use crate::counts::Counts;
use crate::model::HOUR;
use crate::receiver::{self, Arrival, End};
use flyt_core::event::EventKind;
use flyt_core::id::{EndpointId, StepId};
use flyt_engine::{Caller, Engine, EventQuery, Refusal, Terms};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A delivery is given up after 76 hours, within minutes.
const PLAN: i64 = 75 * HOUR;

/// The two endpoints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoints {
    stays: EndpointId,
    goes: EndpointId,
    /// When the second was deleted, ms.
    pub(crate) gone_at: Option<i64>,
}

impl Endpoints {
    pub(crate) async fn subscribe(engine: &Engine, caller: &Caller, seed: u64) -> Self {
        let subscribe = async |name: &str| -> EndpointId {
            let body = json!({"url": receiver::endpoint(seed, name), "events": ["booking.created", "booking.status_changed"]});
            let made = engine.create_endpoint(caller, body, Terms::default()).await;
            made.unwrap().value["id"].as_str().unwrap().parse().unwrap()
        };
        Self {
            stays: subscribe("stays").await,
            goes: subscribe("goes").await,
            gone_at: None,
        }
    }

    /// Deletes the second; again, after a crash, it is gone already.
    pub(crate) async fn unsubscribe(self, engine: &Engine, caller: &Caller) -> Result<(), Refusal> {
        let done = engine.delete_endpoint(caller, self.goes, None).await;
        engine.settle().await;
        match done {
            Err(Refusal::NotFound) => Ok(()),
            done => done,
        }
    }

    /// Every event came, under one id, doubled only where an answer was lost; nothing came to what had been deleted.
    pub(crate) async fn check(
        self,
        engine: &Engine,
        caller: &Caller,
        (seed, wanted): (u64, usize),
        counts: &mut Counts,
    ) {
        let came = receiver::arrivals(seed, "stays");
        one_id_each(seed, &came);
        let events = feed(engine, caller).await;
        assert_eq!(events.len(), wanted, "seed {seed}: events in the feed");
        let deliveries = self.deliveries(engine, caller).await;
        let told: BTreeSet<&str> = deliveries
            .iter()
            .map(|d| d["event_id"].as_str().unwrap())
            .collect();
        assert_eq!(
            deliveries.len(),
            told.len(),
            "seed {seed}: an event is told twice"
        );
        assert_eq!(
            told,
            events.iter().map(String::as_str).collect(),
            "seed {seed}: events, and deliveries"
        );
        for delivery in &deliveries {
            let id = delivery["id"].as_str().unwrap();
            let own: Vec<&Arrival> = came.iter().filter(|a| a.id == id).collect();
            let tries = delivery["attempts"].as_array().unwrap();
            let lost = tries.iter().filter(|t| t["outcome"] == "unknown").count();
            let taken = own.iter().filter(|a| a.end != End::Refused).count();
            if delivery["state"] == "sent" {
                assert!(taken >= 1, "seed {seed}: never came: {delivery}");
            } else {
                // A long hold has eaten the plan.
                let at = |name: &str| delivery[name].as_str().unwrap().parse::<Timestamp>().unwrap();
                let span = at("updated_at").as_millisecond() - at("created_at").as_millisecond();
                let given_up = delivery["state"] == "failed" || delivery["reason"] == "expired";
                assert!(given_up, "seed {seed}: {delivery}");
                assert!(span >= PLAN, "seed {seed}: given up early: {delivery}");
            }
            assert!(taken <= 1 + lost, "seed {seed}: doubled: {own:?} {delivery}");
            assert!(
                own.len() <= tries.len(),
                "seed {seed}: a try is not told: {own:?} {delivery}"
            );
            assert!(own.iter().all(|a| a.event == delivery["event_id"]), "seed {seed}");
            counts.doubled += u64::from(taken > 1);
        }
        let own: BTreeSet<&str> = deliveries.iter().map(|d| d["id"].as_str().unwrap()).collect();
        assert!(
            came.iter().all(|a| own.contains(a.id.as_str())),
            "seed {seed}: an id of no delivery"
        );
        counts.deliveries += u64::try_from(deliveries.len()).unwrap();
        let other = receiver::arrivals(seed, "goes");
        one_id_each(seed, &other);
        counts.cut_off += u64::from(!other.is_empty());
        if let Some(gone_at) = self.gone_at {
            let late = other.iter().find(|a| a.stamp > gone_at / 1_000);
            assert!(late.is_none(), "seed {seed}: came after the end: {late:?}");
        }
    }

    async fn deliveries(self, engine: &Engine, caller: &Caller) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), Vec::new());
        loop {
            let page = engine.deliveries(caller, self.stays, &after, 200).await.unwrap();
            for row in page.data {
                let id: StepId = row["id"].as_str().unwrap().parse().unwrap();
                all.push(engine.delivery(caller, self.stays, id).await.unwrap());
            }
            match page.next {
                Some(next) => after = next,
                None => return all,
            }
        }
    }
}

fn one_id_each(seed: u64, came: &[Arrival]) {
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    for a in came {
        let first = ids.entry(&a.event).or_insert(&a.id);
        assert_eq!(*first, a.id, "seed {seed}: an event under two ids");
    }
}

async fn feed(engine: &Engine, caller: &Caller) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), Vec::new());
    loop {
        let query = EventQuery {
            after: after.clone(),
            kinds: vec![EventKind::BookingCreated, EventKind::StatusChanged],
            limit: 200,
            ..EventQuery::default()
        };
        let page = engine.events(caller, query).await.unwrap();
        let Some(last) = page.last() else { return all };
        after.clone_from(&last.place);
        all.extend(page.iter().map(|told| told.id.to_string()));
    }
}
