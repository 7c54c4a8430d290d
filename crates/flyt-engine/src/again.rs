//! Failed deliveries tried again in bulk: those that a filter names.

use crate::audit;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::refusal::{Caller, Refusal};
use crate::retention;
use flyt_core::customer::Channel;
use flyt_core::id::{BookingId, RunId, StepId, WorkflowId};
use flyt_core::instant::to_ms;
use flyt_core::invalid::{Faults, Fields, Line};
use flyt_store::steps::{self, StepFilter, StepRow};
use flyt_store::{Tx, failures, runs, workflows};
use jiff::Timestamp;
use serde_json::Value;
use std::str::FromStr;
use std::sync::Arc;

/// Steps of one transaction.
const BATCH: i64 = 200;

/// Which failed deliveries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Failed {
    /// Of this workflow.
    pub workflow_id: Option<WorkflowId>,
    /// Of this booking.
    pub booking_id: Option<BookingId>,
    /// On this channel.
    pub channel: Option<Channel>,
    /// Due at or after.
    pub from: Option<Timestamp>,
    /// Due before.
    pub to: Option<Timestamp>,
}
impl Failed {
    /// Reads them from a body. At least one is needed: nobody tries everything again by mistake.
    ///
    /// # Errors
    /// `Invalid` with places.
    pub fn read(body: &Value) -> Result<Self, Refusal> {
        let mut faults = Faults::default();
        let mut fields = Fields::open(body, "", &mut faults);
        let failed = Self {
            workflow_id: id(&mut fields, "workflow_id", &mut faults),
            booking_id: id(&mut fields, "booking_id", &mut faults),
            channel: fields.optional("channel", &mut faults),
            from: fields.optional("from", &mut faults),
            to: fields.optional("to", &mut faults),
        };
        fields.close(&mut faults);
        if failed == Self::default() && faults.errors.is_empty() {
            let rule = "needs at least one of `workflow_id`, `booking_id`, `channel`, `from`, `to`";
            faults.error("", "filter_required", rule);
        }
        faults.finish(Some(failed)).map_err(Refusal::Invalid)
    }
}

impl Engine {
    /// Tries failed and undecided deliveries again, now. Returns how many.
    ///
    /// # Errors
    /// Only when the store does not answer; what was let go before stays so.
    pub async fn retry_failed(&self, caller: &Caller, failed: Failed) -> Result<u64, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        let wanted = failed.clone();
        let filter = self
            .0
            .read(async move |tx: &mut Tx| filter(tx, caller.business_no, &wanted).await)
            .await?;
        let Some(filter) = filter else { return Ok(0) };
        if self.0.clock.is_manual() {
            crate::pulse::looked(&self.0).await;
        }
        let (mut after, mut all) = (StepId { run: RunId(0), no: 0 }, 0);
        loop {
            let (owner, wanted, from) = (inner.clone(), filter.clone(), after);
            let (last, count, more) = self
                .0
                .write(async move |tx: &mut Tx| batch(&owner, tx, caller, &wanted, from).await)
                .await?;
            (after, all) = (last, all + count);
            if !more {
                break;
            }
        }
        self.0
            .write(async move |tx: &mut Tx| {
                let out = Out::new(&inner, caller.business_no, inner.clock.now());
                audit::note(tx, &out, caller.actor, "runs.retry", &format!("{all} steps"))
            })
            .await?;
        Ok(all)
    }
}

/// An id in a field; what is not an id of this kind names nothing.
fn id<Id: FromStr>(fields: &mut Fields<'_>, name: &'static str, faults: &mut Faults) -> Option<Id> {
    let Line(text) = fields.optional(name, faults)?;
    let id = text.parse().ok();
    if id.is_none() {
        faults.error(
            fields.at(name),
            "unknown_reference",
            "there is nothing with this id",
        );
    }
    id
}

/// `None`: it names a workflow that does not exist.
async fn filter(tx: &mut Tx, no: i64, failed: &Failed) -> Result<Option<StepFilter>, Refusal> {
    let workflow_no = match failed.workflow_id {
        None => None,
        Some(id) => match workflows::by_id(&mut tx.tenant(no), id).await? {
            None => return Ok(None),
            Some(row) => Some(row.no),
        },
    };
    Ok(Some(StepFilter {
        booking_id: failed.booking_id.map(|b| b.0),
        customer_id: None,
        workflow_no,
        channel: failed.channel.map(|c| c.word().to_owned()),
        from: failed.from.map(to_ms),
        to: failed.to.map(to_ms),
    }))
}

async fn batch(
    inner: &Arc<Inner>,
    tx: &mut Tx,
    caller: Caller,
    filter: &StepFilter,
    after: StepId,
) -> Result<(StepId, u64, bool), Refusal> {
    let no = caller.business_no;
    let now = to_ms(inner.clock.now());
    let found = failures::failed(&mut tx.tenant(no), filter, after, BATCH).await?;
    let (mut last, mut count) = (after, 0);
    for id in &found {
        last = *id;
        let Some(step) = steps::by_id(&mut tx.tenant(no), *id).await? else {
            continue;
        };
        // A person decided: it may go though its time is over.
        let ready = StepRow {
            state: "ready".to_owned(),
            reason: None,
            expires_at: None,
            due_at: now,
            updated_at: now,
            ..step.clone()
        };
        let moved = steps::advance(&mut tx.tenant(no), (&step.state, step.attempt), &ready).await?;
        if moved {
            runs::step_reopened(&mut tx.tenant(no), id.run)?;
            retention::reopened(tx, no, id.run).await?;
            count += 1;
        }
    }
    Ok((last, count, i64::try_from(found.len()).unwrap_or(0) == BATCH))
}
