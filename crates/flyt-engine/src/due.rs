//! Timers that come due: each becomes a run, in one transaction of its own, or ends with a reason.

use crate::change::{self, Out};
use crate::ending;
use crate::engine::Inner;
use crate::refusal::Refusal;
use crate::starting::{self, Origin};
use crate::tenant;
use flyt_core::change::counts;
use flyt_core::due::{self, Due, Ended, Group};
use flyt_core::facts::Facts;
use flyt_core::id::{RunId, TimerId};
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::plan::{self, names_status};
use flyt_core::reason::Reason;
use flyt_core::run;
use flyt_core::workflow::Workflow;
use flyt_store::Tx;
use flyt_store::runs;
use flyt_store::steps::{self, StepRow};
use flyt_store::timers::{self, TimerRow};
use std::collections::BTreeSet;

/// Fires one timer that is due. Returns the steps to hand to delivery.
pub(crate) async fn fire(inner: &Inner, tx: &mut Tx, row: &TimerRow) -> Result<Vec<StepRow>, Refusal> {
    fire_when(inner, tx, row, false).await
}

/// Fires one timer though its instant lies ahead: a person asked for it.
pub(crate) async fn fire_now(inner: &Inner, tx: &mut Tx, row: &TimerRow) -> Result<Vec<StepRow>, Refusal> {
    fire_when(inner, tx, row, true).await
}

async fn fire_when(inner: &Inner, tx: &mut Tx, row: &TimerRow, asked: bool) -> Result<Vec<StepRow>, Refusal> {
    let mut out = Out::new(inner, row.business_no, inner.clock.now());
    tx.tenant(row.business_no)
        .alone(&format!("booking/{}", row.id.booking.0));
    if !timers::take(&mut tx.tenant(row.business_no), row).await? {
        return Ok(Vec::new()); // it moved or somebody else had it
    }
    let tenant = inner.cache.tenant(tx, row.business_no).await?;
    let found = tenant.workflows.iter().find_map(|w| {
        let at = w
            .definition
            .triggers
            .iter()
            .position(|t| t.no == row.id.trigger_no)?;
        Some((w, at))
    });
    let Some((workflow, at)) = found.filter(|(w, _)| w.enabled) else {
        change::end_timer(
            tx,
            &out,
            row.id.booking,
            &change::pending(row),
            Reason::WorkflowDisabled,
        )?;
        return Ok(Vec::new());
    };
    let mut facts = tenant::facts(tx, &tenant, Some(row.id.booking), None).await?;
    tenant::with_visits(tx, row.business_no, &mut facts, [&workflow.definition]).await?;
    fire_found(tx, &mut out, row, (workflow, at), &facts, asked).await?;
    Ok(out.dispatch)
}

async fn fire_found(
    tx: &mut Tx,
    out: &mut Out<'_>,
    row: &TimerRow,
    (workflow, at): (&Workflow, usize),
    facts: &Facts,
    asked: bool,
) -> Result<(), Refusal> {
    let timer = change::pending(row);
    let end = |tx: &mut Tx, out: &Out<'_>, reason| change::end_timer(tx, out, row.id.booking, &timer, reason);
    let (Some(booking), Some(trigger)) = (&facts.booking, workflow.definition.triggers.get(at)) else {
        return end(tx, out, Reason::BookingDeleted);
    };
    if row.plan_no != workflow.plan_no {
        return end(tx, out, Reason::Superseded); // the re-plan makes the new one
    }
    let due = match due::due(trigger, &workflow.definition.actions, facts, timer.due_at) {
        Ok(due) if due.anchor == timer.anchor_at => due,
        Ok(_) => return end(tx, out, Reason::Superseded),
        Err(reason) => return end(tx, out, reason),
    };
    let named = names_status(workflow, &booking.booking.status);
    if !counts(booking.booking.status_kind, due.before, named) {
        return end(tx, out, Reason::BookingNotActive);
    }
    let known = runs::of_occurrence(
        &mut tx.tenant(out.business_no),
        row.id.booking,
        row.id.trigger_no,
        row.anchor_at,
    )
    .await?;
    let Some(group) = group(&due, row) else {
        return end(
            tx,
            out,
            due.ended.first().map_or(Reason::Superseded, |e| e.reason),
        );
    };
    if group.at > out.now && !asked {
        let moved = TimerRow {
            due_at: to_ms(group.at),
            ..*row
        };
        return Ok(timers::put(&mut tx.tenant(out.business_no), &moved)?);
    }
    let expires_at = group.expires_at;
    let share = share(tx, out, workflow, &due, (group, row), known.as_ref()).await?;
    let late = expires_at.is_some_and(|e| out.now > e);
    let mismatch = plan::mismatch(workflow, facts, out.now);
    let reason = if late {
        Some(Reason::Expired)
    } else {
        mismatch.map(|r| verdict(r, row.held))
    };
    match (known, reason) {
        (Some(_), Some(reason)) => {
            end(tx, out, reason)?;
            ending::group_gone(tx, out, row.id.booking, &timer).await
        }
        (Some(run), None) if run.state == "ended" && !stopped(&run) => end(tx, out, Reason::Superseded),
        (Some(run), None) => join(tx, out, run, workflow, facts, (&share, row)).await,
        (None, Some(reason)) => {
            let origin = Origin::timer(&due, timer.due_at, expires_at, RunId(0));
            starting::spent(tx, out, (workflow, at), facts, &origin, reason)
        }
        (None, None) => {
            let id = RunId(out.inner.ids.next(out.now));
            let origin = Origin::timer(&due, timer.due_at, expires_at, id);
            let mut run = starting::new_run(out, id, workflow, at, facts, &origin);
            begin(tx, out, &mut run, workflow, facts, (&share, row)).await?;
            Ok(runs::insert(&mut tx.tenant(out.business_no), &run)?)
        }
    }
}

/// It held when it was planned and no longer does, or it never did.
fn verdict(reason: Reason, held: bool) -> Reason {
    let fresh = reason == Reason::ConditionFalse || !held;
    if fresh {
        reason
    } else {
        Reason::FilterNoLongerMatches
    }
}

/// The actions that this timer stands for: those computed for its very instant, else those of its place.
pub(crate) fn group<'d>(due: &'d Due, row: &TimerRow) -> Option<&'d Group> {
    let same = due.groups.iter().find(|g| to_ms(g.at) == row.due_at);
    let place = usize::try_from(row.id.group).unwrap_or(0);
    same.or_else(|| due.groups.get(place))
        .or_else(|| due.groups.last())
}

/// A `stop_if` ended the run: what stands before it and leaves later goes all the same.
fn stopped(run: &runs::RunRow) -> bool {
    run.reason.as_deref() == Some(Reason::Stopped.word())
}

/// What a timer that fires stands for now.
struct Share {
    deliveries: Vec<(usize, usize)>,
    continues: bool,
    /// What will not leave at all.
    ended: Vec<Ended>,
}

/// The share of a timer in what is due. Quiet hours may have changed since it was planned: what has a step already is left
/// out, and what no timer stands for is taken along, or gets a timer of its own.
async fn share(
    tx: &mut Tx,
    out: &Out<'_>,
    workflow: &Workflow,
    due: &Due,
    (group, row): (&Group, &TimerRow),
    known: Option<&runs::RunRow>,
) -> Result<Share, Refusal> {
    let stepped = match known {
        Some(run) => steps::of_run(&mut tx.tenant(out.business_no), run.id).await?,
        None => Vec::new(),
    };
    let place = |s: &StepRow| Some((usize::try_from(s.action).ok()?, usize::try_from(s.to_no).ok()?));
    let done: BTreeSet<(usize, usize)> = stepped.iter().filter_map(place).collect();
    let left = |all: &[(usize, usize)]| -> Vec<(usize, usize)> {
        all.iter().filter(|d| !done.contains(d)).copied().collect()
    };
    let barrier = workflow
        .definition
        .actions
        .iter()
        .position(|a| a.act.is_barrier());
    let passed = done
        .iter()
        .any(|(action, _)| barrier.is_some_and(|b| *action >= b));
    let mut share = Share {
        deliveries: left(&group.deliveries),
        continues: group.continues && !passed,
        ended: (due.ended.iter().copied())
            .filter(|e| !done.contains(&(e.action, e.to)))
            .collect(),
    };
    let mut others = timers::of_booking(&mut tx.tenant(out.business_no), row.id.booking).await?;
    others.retain(|t| t.id.trigger_no == row.id.trigger_no && t.anchor_at == row.anchor_at);
    let mut next = others
        .iter()
        .map(|t| t.id.group)
        .chain([row.id.group])
        .max()
        .unwrap_or(0);
    for other in due.groups.iter().filter(|g| g.at != group.at) {
        let orphans = left(&other.deliveries);
        let carries = other.continues && !passed;
        let has_timer = others.iter().any(|t| t.due_at == to_ms(other.at));
        if has_timer || (orphans.is_empty() && !carries) {
            continue;
        }
        if other.at <= out.now {
            share.deliveries.extend(orphans);
            share.continues |= carries;
        } else {
            next += 1;
            let own = TimerRow {
                id: TimerId {
                    group: next,
                    ..row.id
                },
                due_at: to_ms(other.at),
                ..*row
            };
            timers::put(&mut tx.tenant(out.business_no), &own)?;
        }
    }
    Ok(share)
}

async fn join(
    tx: &mut Tx,
    out: &mut Out<'_>,
    mut run: runs::RunRow,
    workflow: &Workflow,
    facts: &Facts,
    (share, row): (&Share, &TimerRow),
) -> Result<(), Refusal> {
    let definition = out
        .inner
        .cache
        .version(tx, out.business_no, run.workflow_no, run.version)
        .await?;
    let pinned = Workflow {
        definition: (*definition).clone(),
        ..workflow.clone()
    };
    if run.state == "done" {
        "running".clone_into(&mut run.state);
    }
    begin(tx, out, &mut run, &pinned, facts, (share, row)).await?;
    Ok(runs::update(&mut tx.tenant(out.business_no), &run)?)
}

async fn begin(
    tx: &mut Tx,
    out: &mut Out<'_>,
    run: &mut runs::RunRow,
    workflow: &Workflow,
    facts: &Facts,
    (share, row): (&Share, &TimerRow),
) -> Result<(), Refusal> {
    starting::note_ended(tx, out, run, (workflow, facts), &share.ended)?;
    let from = run::From {
        position: 0,
        only: Some(&share.deliveries),
        continues: share.continues,
        due_at: from_ms(row.due_at).min(out.now),
    };
    let late = out.now > from.due_at;
    let kept = run.position;
    starting::advance(
        tx,
        out,
        run,
        (&workflow.definition, workflow.position),
        facts,
        from,
        late,
    )
    .await?;
    if !share.continues {
        run.position = run.position.max(kept);
    }
    if run.state == "ended" {
        return Ok(());
    }
    let others = timers::of_booking(&mut tx.tenant(out.business_no), row.id.booking).await?;
    let others = others
        .iter()
        .any(|t| t.id.trigger_no == row.id.trigger_no && t.anchor_at == row.anchor_at);
    let at_end = usize::try_from(run.position).unwrap_or(0) >= workflow.definition.actions.len();
    let no_barrier = !workflow.definition.actions.iter().any(|a| a.act.is_barrier());
    run.finished = !others && (at_end || no_barrier || run.finished);
    let over = run.finished && run.open == 0;
    if over {
        "done".clone_into(&mut run.state);
    } else if run.state == "done" {
        "running".clone_into(&mut run.state);
    }
    Ok(())
}
