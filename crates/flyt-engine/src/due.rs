//! Timers that come due: each becomes a run, in one transaction of its own, or ends with a reason.

use crate::change::{self, Out};
use crate::engine::Inner;
use crate::refusal::Refusal;
use crate::starting::{self, Origin};
use crate::tenant;
use flyt_core::change::counts;
use flyt_core::due::{self, Due, Group};
use flyt_core::facts::Facts;
use flyt_core::id::RunId;
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::plan::{self, names_status};
use flyt_core::reason::Reason;
use flyt_core::run;
use flyt_core::workflow::Workflow;
use flyt_store::Tx;
use flyt_store::runs;
use flyt_store::steps::StepRow;
use flyt_store::timers::{self, TimerRow};

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
    let late = expires_at.is_some_and(|e| out.now > e);
    let mismatch = plan::mismatch(workflow, facts, out.now);
    let reason = if late {
        Some(Reason::Expired)
    } else {
        mismatch.map(|r| verdict(r, row.held))
    };
    match (known, reason) {
        (Some(_), Some(reason)) => end(tx, out, reason),
        (Some(run), None) if run.state == "ended" => end(tx, out, Reason::Superseded),
        (Some(run), None) => join(tx, out, run, workflow, facts, (group, row)).await,
        (None, Some(reason)) => {
            let origin = Origin::timer(&due, timer.due_at, expires_at, RunId(0));
            starting::spent(tx, out, (workflow, at), facts, &origin, reason)
        }
        (None, None) => {
            let id = RunId(out.inner.ids.next(out.now));
            let origin = Origin::timer(&due, timer.due_at, expires_at, id);
            let mut run = starting::new_run(out, id, workflow, at, facts, &origin);
            begin(tx, out, &mut run, workflow, facts, (group, row)).await?;
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

async fn join(
    tx: &mut Tx,
    out: &mut Out<'_>,
    mut run: runs::RunRow,
    workflow: &Workflow,
    facts: &Facts,
    (group, row): (&Group, &TimerRow),
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
    begin(tx, out, &mut run, &pinned, facts, (group, row)).await?;
    Ok(runs::update(&mut tx.tenant(out.business_no), &run)?)
}

async fn begin(
    tx: &mut Tx,
    out: &mut Out<'_>,
    run: &mut runs::RunRow,
    workflow: &Workflow,
    facts: &Facts,
    (group, row): (&Group, &TimerRow),
) -> Result<(), Refusal> {
    let from = run::From {
        position: 0,
        only: Some(&group.deliveries),
        continues: group.continues,
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
    if !group.continues {
        run.position = run.position.max(kept);
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
