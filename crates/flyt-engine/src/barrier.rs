//! Barriers: the actions that later ones wait for. Effect and record are one transaction: the write, its consequences, the
//! step done, the next steps. Nothing recurses in memory: consequences are rows, picked up after the commit.

use crate::booking;
use crate::change::{self, Cause, Delta, Out};
use crate::ending;
use crate::engine::Inner;
use crate::refusal::{Actor, Refusal};
use crate::starting;
use crate::tenant;
use crate::worker::{self, Seen};
use flyt_core::action::Act;
use flyt_core::change::since as change_since;
use flyt_core::guard::{self, Verdict};
use flyt_core::instant::to_ms;
use flyt_core::own::{self, Own};
use flyt_core::plan;
use flyt_core::reason::Reason;
use flyt_core::render::{self, Links, Meta, Setting};
use flyt_core::run::{self, Vars};
use flyt_store::Tx;
use flyt_store::runs::{self, RunRow};
use flyt_store::steps::{self, StepRow};
use serde_json::Value;

/// What a barrier came to.
enum Effect {
    /// It was done.
    Done,
    /// It was not, because; the run goes on.
    Skipped(Reason),
    /// The run ends here, because.
    Stop(Reason),
}

/// Carries out one due barrier (or the end of a wait or hold). Returns the steps to hand to delivery.
pub(crate) async fn carry_out(inner: &Inner, tx: &mut Tx, row: &StepRow) -> Result<Vec<StepRow>, Refusal> {
    let no = row.business_no;
    if let Some(booking) = row.booking_id {
        tx.tenant(no).alone(&format!("booking/{}", booking.0));
    }
    let mut out = worker::out(inner, no);
    let Some(seen) = worker::see(inner, tx, row).await? else {
        return Ok(Vec::new());
    };
    let mut run = seen.run.clone();
    if matches!(run.state.as_str(), "done" | "ended") {
        close(tx, &mut out, &mut run, row, Some(Reason::WorkflowDisabled)).await?;
        runs::update(&mut tx.tenant(no), &run)?;
        return Ok(out.dispatch);
    }
    if row.kind == "hold" {
        release_hold(tx, &mut out, run, row, seen).await?;
        return Ok(out.dispatch);
    }
    let effect = effect(tx, &mut out, row, &seen, &mut run).await?;
    match effect {
        Effect::Done => close(tx, &mut out, &mut run, row, None).await?,
        Effect::Skipped(reason) => close(tx, &mut out, &mut run, row, Some(reason)).await?,
        Effect::Stop(reason) => {
            close(tx, &mut out, &mut run, row, Some(reason)).await?;
            ending::at_barrier(tx, &out, &mut run, reason)?;
            return Ok(out.dispatch);
        }
    }
    go_on(tx, &mut out, run, row).await?;
    Ok(out.dispatch)
}

/// Writes the barrier's own step as done or skipped.
async fn close(
    tx: &mut Tx,
    out: &mut Out<'_>,
    run: &mut RunRow,
    row: &StepRow,
    reason: Option<Reason>,
) -> Result<(), Refusal> {
    let step = StepRow {
        state: if reason.is_some() { "ended" } else { "done" }.to_owned(),
        reason: reason.map(|r| r.word().to_owned()),
        updated_at: to_ms(out.now),
        sent_at: None,
        ..row.clone()
    };
    if steps::advance(&mut tx.tenant(out.business_no), (&row.state, row.attempt), &step).await? {
        run.open -= 1;
    }
    Ok(())
}

/// The steps after the barrier, looked at with facts as they are now.
async fn go_on(tx: &mut Tx, out: &mut Out<'_>, mut run: RunRow, row: &StepRow) -> Result<(), Refusal> {
    let tenant = out.inner.cache.tenant(tx, out.business_no).await?;
    let definition = out
        .inner
        .cache
        .version(tx, out.business_no, run.workflow_no, run.version)
        .await?;
    let mut facts = tenant::facts(tx, &tenant, run.booking_id, run.customer_id).await?;
    tenant::with_change_id(tx, out.business_no, &mut facts, run.change_id).await?;
    facts.steps = vars(&run)?.steps;
    "running".clone_into(&mut run.state);
    let position = usize::try_from(row.action + 1).unwrap_or(0);
    let from = run::From {
        position,
        only: None,
        continues: true,
        due_at: out.now,
    };
    let delayed = row.delayed || row.kind == "wait";
    starting::advance(
        tx,
        out,
        &mut run,
        (&definition, row.position),
        &facts,
        from,
        delayed,
    )
    .await?;
    Ok(runs::update(&mut tx.tenant(out.business_no), &run)?)
}

/// A delivery that a person skipped: where later actions wait for it, they go on.
pub(crate) async fn skipped(tx: &mut Tx, out: &mut Out<'_>, row: &StepRow) -> Result<(), Refusal> {
    let no = out.business_no;
    let Some(mut run) = runs::by_id(&mut tx.tenant(no), row.id.run).await? else {
        return Ok(());
    };
    let definition = out
        .inner
        .cache
        .version(tx, no, run.workflow_no, run.version)
        .await?;
    let place = usize::try_from(row.action).unwrap_or(usize::MAX);
    let barrier = definition.actions.get(place).is_some_and(|a| a.act.is_barrier());
    if !barrier || run.state != "running" || run.position != row.action {
        return Ok(runs::step_ended(&mut tx.tenant(no), row.id.run)?);
    }
    run.open -= 1;
    go_on(tx, out, run, row).await
}

fn vars(run: &RunRow) -> Result<Vars, Refusal> {
    let kept = run.vars.as_deref().map(tenant::parse).transpose()?;
    Ok(kept.unwrap_or_default())
}

/// Remembers what the run changes itself.
fn remember(run: &mut RunRow, change: impl FnOnce(&mut Vars)) -> Result<(), Refusal> {
    let mut vars = vars(run)?;
    change(&mut vars);
    run.vars = Some(tenant::document(&vars)?);
    Ok(())
}

/// The gathered changes become one: from the first before to the last after, or nothing if they cancelled out.
async fn release_hold(
    tx: &mut Tx,
    out: &mut Out<'_>,
    mut run: RunRow,
    row: &StepRow,
    seen: Seen,
) -> Result<(), Refusal> {
    close(tx, out, &mut run, row, None).await?;
    let fields = match (&seen.facts.previous, &seen.facts.booking) {
        (Some(before), Some(after)) => change_since(before, after),
        _ => Vec::new(),
    };
    let facts = flyt_core::facts::Facts {
        changes: fields.clone(),
        ..seen.facts.clone()
    };
    let mut triggers = seen.workflow.definition.triggers.iter();
    let trigger = triggers.find(|t| t.no == run.trigger_no);
    let left = trigger.is_some_and(|t| plan::still_changed(&t.when, &fields, &facts));
    let gone = guard::wakes(&worker::look(row, &seen, out.now), &facts, out.now);
    let reason = gone.or_else(|| (!left).then_some(Reason::NoNetChange));
    if let Some(reason) = reason {
        return ending::at_barrier(tx, out, &mut run, reason);
    }
    "running".clone_into(&mut run.state);
    remember(&mut run, |vars| vars.changes = Some(fields))?;
    let from = run::From {
        position: 0,
        only: None,
        continues: true,
        due_at: out.now,
    };
    starting::advance(
        tx,
        out,
        &mut run,
        (&seen.workflow.definition, row.position),
        &facts,
        from,
        true,
    )
    .await?;
    Ok(runs::update(&mut tx.tenant(out.business_no), &run)?)
}

async fn effect(
    tx: &mut Tx,
    out: &mut Out<'_>,
    row: &StepRow,
    seen: &Seen,
    run: &mut RunRow,
) -> Result<Effect, Refusal> {
    let action = usize::try_from(row.action)
        .ok()
        .and_then(|i| seen.workflow.definition.actions.get(i));
    let Some(action) = action else {
        return Ok(Effect::Stop(Reason::WorkflowDisabled));
    };
    let look = worker::look(row, seen, out.now);
    if row.kind == "wait" {
        return Ok(guard::wakes(&look, &seen.facts, out.now).map_or(Effect::Done, Effect::Stop));
    }
    match guard::guard(&look, &seen.facts, out.now) {
        Verdict::Go | Verdict::Park(_) | Verdict::Later(_) => {}
        Verdict::End(reason @ (Reason::ActionDisabled | Reason::ConditionFalse)) => {
            return Ok(Effect::Skipped(reason));
        }
        Verdict::End(reason) => return Ok(Effect::Stop(reason)),
    }
    let cause = Cause {
        actor: Actor::Run(run.id),
        run: Some(run.id),
        depth: run.depth + 1,
        chain: Some(run.chain),
        starts_runs: true,
    };
    act(tx, out, &action.act, seen, run, cause).await
}

async fn act(
    tx: &mut Tx,
    out: &mut Out<'_>,
    act: &Act,
    seen: &Seen,
    run: &mut RunRow,
    cause: Cause,
) -> Result<Effect, Refusal> {
    match act {
        Act::StopIf { condition } => {
            let holds = condition.holds(&seen.facts, out.now);
            Ok(if holds {
                Effect::Stop(Reason::Stopped)
            } else {
                Effect::Done
            })
        }
        Act::SetStatus {
            status,
            run_workflows,
        } => {
            let before = seen.facts.booking.as_ref().map(|b| b.booking.status.clone());
            remember(run, |vars| {
                vars.given_status = Some(status.clone());
                vars.own.extend(before.map(|before| Own::Status {
                    before,
                    given: status.clone(),
                }));
            })?;
            let cause = Cause {
                starts_runs: *run_workflows,
                ..cause
            };
            set_status(tx, out, seen, status, cause).await
        }
        Act::SetField { field, value } => set_field(tx, out, seen, (field, value), (run, cause)).await,
        Act::AddTag { tag } => set_tag(tx, out, seen, (tag, true), (run, cause)).await,
        Act::RemoveTag { tag } => set_tag(tx, out, seen, (tag, false), (run, cause)).await,
        Act::Email { .. } | Act::Sms { .. } | Act::Webhook { .. } | Act::Wait { .. } => Ok(Effect::Done),
    }
}

async fn set_status(
    tx: &mut Tx,
    out: &mut Out<'_>,
    seen: &Seen,
    key: &str,
    cause: Cause,
) -> Result<Effect, Refusal> {
    let Some(before) = &seen.facts.booking else {
        return Ok(Effect::Stop(Reason::BookingDeleted));
    };
    let Some(status) = seen.facts.status(key) else {
        return Ok(Effect::Skipped(Reason::FilterStatus));
    };
    let mut after = before.booking.clone();
    key.clone_into(&mut after.status);
    after.status_kind = status.kind;
    write_booking(tx, out, seen, after, cause).await
}

async fn set_field(
    tx: &mut Tx,
    out: &mut Out<'_>,
    seen: &Seen,
    (field, value): (&str, &Value),
    (run, cause): (&mut RunRow, Cause),
) -> Result<Effect, Refusal> {
    let (links, meta) = (Links::new(), Meta::default());
    let setting = Setting {
        facts: &seen.facts,
        links: &links,
        meta: &meta,
        now: out.now,
    };
    let Ok(value) = render::field_value(value, &setting) else {
        return Ok(Effect::Skipped(Reason::RenderError));
    };
    let change = Own::Field {
        field: field.to_owned(),
        before: own::value(field, &seen.facts),
        given: value.clone(),
    };
    remember(run, |vars| vars.own.push(change))?;
    if let Some(key) = field.strip_prefix("customer.fields.") {
        let Some(mut customer) = seen.facts.customer.clone() else {
            return Ok(Effect::Stop(Reason::BookingDeleted));
        };
        customer.contact.fields.insert(key.to_owned(), value);
        booking::save_customer(tx, out, customer, &cause).await?;
        return Ok(Effect::Done);
    }
    let Some(before) = &seen.facts.booking else {
        return Ok(Effect::Stop(Reason::BookingDeleted));
    };
    let mut after = before.booking.clone();
    if let Some(key) = field.strip_prefix("booking.answers.") {
        after.answers.insert(key.to_owned(), value);
    } else {
        after.notes = value.as_str().map(str::to_owned);
    }
    write_booking(tx, out, seen, after, cause).await
}

async fn set_tag(
    tx: &mut Tx,
    out: &mut Out<'_>,
    seen: &Seen,
    (tag, present): (&str, bool),
    (run, cause): (&mut RunRow, Cause),
) -> Result<Effect, Refusal> {
    let Some(mut customer) = seen.facts.customer.clone() else {
        return Ok(Effect::Stop(Reason::BookingDeleted));
    };
    let has = customer.contact.tags.iter().any(|t| t == tag);
    if has != present {
        if present {
            customer.contact.tags.push(tag.to_owned());
        } else {
            customer.contact.tags.retain(|t| t != tag);
        }
        let tag = tag.to_owned();
        remember(run, |vars| vars.own.push(Own::Tag { tag, present }))?;
        booking::save_customer(tx, out, customer, &cause).await?;
    }
    Ok(Effect::Done)
}

async fn write_booking(
    tx: &mut Tx,
    out: &mut Out<'_>,
    seen: &Seen,
    after: flyt_core::booking::Booking,
    cause: Cause,
) -> Result<Effect, Refusal> {
    let Some(before) = seen.facts.booking.clone() else {
        return Ok(Effect::Stop(Reason::BookingDeleted));
    };
    if before.booking == after {
        return Ok(Effect::Done);
    }
    let after = booking::save(tx, out, Some(&before.booking), after, &cause)?;
    let facts = flyt_core::facts::Facts {
        booking: Some(flyt_core::facts::BookingFacts {
            booking: after,
            ..before.clone()
        }),
        previous: None,
        payment: None,
        ..seen.facts.clone()
    };
    let delta = Delta {
        before: Some(before),
        after: facts,
        customer_created: false,
        completed: None,
        deleted: None,
    };
    let more = change::commit(out.inner, tx, &seen.tenant, delta, cause).await?;
    out.dispatch.extend(more);
    Ok(Effect::Done)
}
