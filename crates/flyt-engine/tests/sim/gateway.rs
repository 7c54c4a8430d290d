//! What must hold of SMS that left through the gateway of a seed, which refuses for a while and drops answers.

use crate::counts::Counts;
use crate::play::pages;
use crate::receiver::{self, Arrival, End};
use flyt_channels::sms::Account;
use flyt_engine::{Caller, Engine};
use flyt_store::{Tx, circuits};
use serde_json::Value;
use std::collections::BTreeSet;

/// Refusals in a row that pause an account.
const PAUSES: usize = 5;

/// The account of a seed.
pub(crate) fn account(seed: u64) -> Account {
    Account::from_url(&receiver::gateway(seed)).unwrap()
}

/// One reference for each message over all its tries, doubled only where an answer was lost, tried once more at most after
/// that, and nothing left waiting for the account.
pub(crate) async fn check(engine: &Engine, caller: &Caller, seed: u64, counts: &mut Counts) {
    let messages = pages(async |q| engine.messages(caller, q).await.unwrap()).await;
    let came = receiver::arrivals(seed, "sms");
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for message in messages.iter().filter(|m| m["channel"] == "sms") {
        let id = message["id"].as_str().unwrap();
        known.insert(id);
        let own: Vec<&Arrival> = came.iter().filter(|a| a.id == id).collect();
        let tries = tries(engine, caller, message).await;
        let unknown = |t: &Value| t["outcome"] == "unknown";
        let lost = tries.iter().filter(|t| unknown(t)).count();
        let taken = own.iter().filter(|a| a.end != End::Refused).count();
        let told = format!("seed {seed}: {own:?} {tries:?} {message}");
        assert!(own.len() <= tries.len(), "a try is not told: {told}");
        assert!(taken <= 1 + lost, "doubled: {told}");
        // A try that a crash cut off goes again at once: the gateway knows its key.
        let crashed = |t: &&Value| t["answer"] == "the server stopped during this try";
        if let Some(first) = tries.iter().position(unknown) {
            let more = tries[first + 1..].iter().filter(|t| !crashed(t)).count();
            assert!(more <= 1, "more than one try after a lost answer: {told}");
        }
        if message["state"] == "sent" {
            assert!(taken >= 1, "sent, and never came: {told}");
        } else {
            let over = ["failed", "skipped"].map(Value::from).contains(&message["state"]);
            assert!(over && !message["reason"].is_null(), "not over, or why: {told}");
        }
        counts.lost += u64::from(own.iter().any(|a| a.end == End::Lost));
    }
    let stray = came.iter().find(|a| !known.contains(a.id.as_str()));
    assert!(stray.is_none(), "seed {seed}: of no message: {stray:?}");
    let parked = engine
        .store()
        .read(async move |tx: &mut Tx| circuits::first(&mut tx.tenant(0), "sms").await);
    let parked = parked.await.unwrap();
    assert!(parked.is_none(), "seed {seed}: still waits: {parked:?}");
    counts.tries += u64::try_from(came.len()).unwrap();
    let refused: Vec<bool> = came.iter().map(|a| a.end == End::Refused).collect();
    let pauses = refused
        .chunk_by(|a, b| a == b)
        .filter(|row| row[0] && row.len() >= PAUSES);
    counts.pauses += u64::try_from(pauses.count()).unwrap();
}

async fn tries(engine: &Engine, caller: &Caller, message: &Value) -> Vec<Value> {
    let run = message["run_id"].as_str().unwrap().parse().unwrap();
    let run = engine.run(caller, run).await.unwrap();
    let steps = run["steps"].as_array().unwrap();
    let own = steps.iter().find(|s| s["step_id"] == message["step_id"]).unwrap();
    own["attempts"].as_array().unwrap().clone()
}
