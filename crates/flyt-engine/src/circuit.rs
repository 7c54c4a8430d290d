//! Circuits at work: who waits for an account in trouble, who goes as its probe, and letting all go when it is well again.
//! When one opens and how long it waits is decided in `flyt_core::circuit`.

use crate::change::Out;
use crate::engine::Inner;
use crate::refusal::Refusal;
use crate::road::{Gate, Key};
use flyt_channels::outcome::Outcome;
use flyt_core::circuit::{self, Circuit, Signal};
use flyt_core::id::StepId;
use flyt_core::instant::{from_ms, to_ms};
use flyt_store::Tx;
use flyt_store::circuits::{self, CircuitRow};
use flyt_store::steps::{self, StepRow};

/// What an outcome says about the account it went through.
pub(crate) fn signal(outcome: &Outcome) -> Option<Signal> {
    match outcome {
        Outcome::Accepted { .. }
        | Outcome::PermanentRecipient { .. }
        | Outcome::OptedOut { .. }
        | Outcome::Once { .. }
        | Outcome::Permanent { .. } => Some(Signal::Good),
        Outcome::Temporary { .. } | Outcome::Unknown { .. } => Some(Signal::Bad),
        Outcome::Configuration { .. } => Some(Signal::Misconfigured),
        Outcome::Blocked { .. } => None,
    }
}

/// Nobody else decides about the account until the transaction ends.
pub(crate) fn alone(tx: &mut Tx, key: &Key) {
    tx.tenant(key.owner).alone(&format!("circuit/{}", key.account));
}

/// Where a step that met a shut gate goes: it waits, unless the gate has opened meanwhile or wants a probe.
pub(crate) async fn park(tx: &mut Tx, out: &Out<'_>, key: &Key, row: StepRow) -> Result<StepRow, Refusal> {
    let mut owner = tx.tenant(key.owner);
    let found = circuits::get(&mut owner, &key.account).await?;
    let ready = |row: StepRow| StepRow {
        state: "ready".to_owned(),
        reason: None,
        delayed: true,
        ..row
    };
    let Some(open) = found.filter(|c| c.opened_at.is_some()) else {
        return Ok(ready(row));
    };
    if open.probe.is_none() && open.probe_at <= to_ms(out.now) {
        let probing = CircuitRow {
            probe: Some(row.id),
            ..open
        };
        circuits::put(&mut owner, &probing)?;
        return Ok(ready(row));
    }
    circuits::park(&mut owner, &key.account, row.business_no, row.id)?;
    Ok(row)
}

/// Takes in what a try said about its account. The caller is `alone` with it.
pub(crate) async fn heard(
    tx: &mut Tx,
    out: &Out<'_>,
    gate: &Gate,
    step: StepId,
    (signal, problem): (Signal, &str),
) -> Result<(), Refusal> {
    let key = &gate.key;
    let before = circuits::get(&mut tx.tenant(key.owner), &key.account).await?;
    let was = before.as_ref().map(|row| Circuit {
        failures: row.failures,
        opened_at: row.opened_at.map(from_ms),
        probe_at: from_ms(row.probe_at),
        probes: row.probes,
    });
    let probe = before.as_ref().and_then(|row| row.probe);
    let probing = probe == Some(step);
    let Some(after) = circuit::after(was, signal, probing, out.now) else {
        if was.is_some() {
            circuits::remove(&mut tx.tenant(key.owner), &key.account)?;
        }
        if was.is_some_and(|c| c.opened_at.is_some()) {
            tracing::info!(owner = key.owner, "a sending account is well again");
            circuits::let_go(&mut tx.engine(), key.owner, &key.account, to_ms(out.now))?;
        }
        return Ok(());
    };
    if after.opened_at.is_some() && was.is_none_or(|c| c.opened_at.is_none()) {
        tracing::warn!(owner = key.owner, problem, "a sending account is paused");
    }
    let row = CircuitRow {
        owner: key.owner,
        account: key.account.clone(),
        failures: after.failures,
        opened_at: after.opened_at.map(to_ms),
        probe_at: to_ms(after.probe_at),
        probes: after.probes,
        probe: probe.filter(|_| !probing),
        problem: problem.to_owned(),
    };
    Ok(circuits::put(&mut tx.tenant(key.owner), &row)?)
}

/// Sends the first step that waits for an account as its probe.
pub(crate) async fn probe(inner: &Inner, tx: &mut Tx, row: &CircuitRow) -> Result<(), Refusal> {
    let key = Key {
        owner: row.owner,
        account: row.account.clone(),
    };
    alone(tx, &key);
    let now = to_ms(inner.clock.now());
    let found = circuits::get(&mut tx.tenant(key.owner), &key.account).await?;
    let Some(open) = found.filter(|c| c.opened_at.is_some() && c.probe_at <= now) else {
        return Ok(());
    };
    while let Some((business, id, state)) = circuits::first(&mut tx.tenant(key.owner), &key.account).await? {
        circuits::unpark(&mut tx.tenant(key.owner), &key.account, id)?;
        if state.as_deref() != Some("parked") {
            continue; // a person has skipped it or sent it on
        }
        let Some(step) = steps::by_id(&mut tx.tenant(business), id).await? else {
            continue;
        };
        let ready = StepRow {
            state: "ready".to_owned(),
            reason: None,
            delayed: true,
            updated_at: now,
            ..step.clone()
        };
        if steps::advance(&mut tx.tenant(business), (&step.state, step.attempt), &ready).await? {
            let probing = CircuitRow {
                probe: Some(id),
                ..open
            };
            circuits::put(&mut tx.tenant(key.owner), &probing)?;
            return Ok(());
        }
    }
    Ok(())
}
