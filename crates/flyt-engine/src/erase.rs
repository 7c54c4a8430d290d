//! Erasing a customer: personal values go from everything that is kept of them; ids, times and states stay, so that counts
//! stay true. What waits for them ends with `customer_erased`, what they refused is remembered by a keyed hash.
//!
//! What was on its way when it happened may write once more; the watch looks again after every lease has ended.

use crate::audit;
use crate::change::{self, Out};
use crate::ending;
use crate::engine::{Engine, Inner};
use crate::fingerprint;
use crate::refusal::{Caller, Refusal, Target};
use crate::starting;
use crate::suppression::{OPTED_OUT, OPTED_OUT_MARKETING, OPTED_OUT_SERVICE};
use crate::tenant::{self, Tenant};
use crate::worker;
use flyt_core::action::{Act, Recipient};
use flyt_core::contact;
use flyt_core::customer::{Channel, Customer, Purpose};
use flyt_core::id::{BookingId, CustomerId};
use flyt_core::instant::to_ms;
use flyt_core::reason::Reason;
use flyt_core::workflow::Definition;
use flyt_store::erasure::{self, Trace};
use flyt_store::runs::RunRow;
use flyt_store::steps::{self, StepRow};
use flyt_store::{Tx, customers, runs, suppressions, timers};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Kept answers that are read in one go.
const ANSWERS: i64 = 500;
/// Shortest text that is looked for in kept answers; shorter ones stand in too many others.
const NEEDLE_CHARS: usize = 5;

impl Engine {
    /// Erases a customer.
    ///
    /// # Errors
    /// `NotFound`, `Precondition` when `expect` is not its revision.
    pub async fn delete_customer(
        &self,
        caller: &Caller,
        target: Target<CustomerId>,
        expect: Option<i64>,
    ) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        let owner = inner.clone();
        let customer = self
            .0
            .command(async move |tx: &mut Tx| erase(&owner, tx, caller, &target, expect).await)
            .await?;
        let contact = &customer.contact;
        let mut needles = vec![customer.id.to_string()];
        needles.extend(
            [&contact.email, &contact.phone, &customer.external_id]
                .into_iter()
                .flatten()
                .cloned(),
        );
        forget_answers(&inner, caller.business_no, needles).await?;
        Ok(inner.store.tidy().await?)
    }

    /// A new id for what is not a command of the engine's: keys, acts of the audit log.
    pub fn new_id(&self) -> i64 {
        self.0.ids.next(self.now())
    }
}

async fn erase(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    target: &Target<CustomerId>,
    expect: Option<i64>,
) -> Result<Customer, Refusal> {
    let no = caller.business_no;
    let found = match target {
        Target::New => None,
        Target::Id(id) => customers::by_id(&mut tx.tenant(no), *id).await?,
        Target::External(external) => customers::by_external_id(&mut tx.tenant(no), external).await?,
    };
    let customer = found.ok_or(Refusal::NotFound)?;
    if expect.is_some_and(|e| e != customer.revision) {
        return Err(Refusal::Precondition);
    }
    let out = Out::new(inner, no, inner.clock.now());
    let tenant = inner.cache.tenant(tx, no).await?;
    let id = customer.id;
    let own = erasure::bookings(&mut tx.tenant(no), id).await?;
    for (booking, _) in &own {
        tx.tenant(no).alone(&format!("booking/{}", booking.0));
    }
    remember_refusals(tx, &out, &tenant, &customer).await?;
    for (booking, _) in &own {
        withdraw_timers(tx, &out, &tenant, *booking).await?;
        for run in runs::live(&mut tx.tenant(no), *booking).await? {
            end(tx, &out, run).await?;
        }
    }
    for run in erasure::runs(&mut tx.tenant(no), id).await? {
        let run = runs::by_id(&mut tx.tenant(no), run).await?;
        if let Some(run) = run.filter(|r| matches!(r.state.as_str(), "running" | "waiting" | "holding")) {
            end(tx, &out, run).await?;
        }
    }
    wipe(tx, &out, id).await?;
    customers::erase(&mut tx.tenant(no), id, out.now).await?;
    erasure::mark(&mut tx.tenant(no), id, out.now)?;
    audit::note(tx, &out, caller.actor, "customer.erase", &id.to_string())?;
    Ok(customer)
}

/// What they refused, and what is known of their addresses, stays known under a keyed hash.
async fn remember_refusals(
    tx: &mut Tx,
    out: &Out<'_>,
    tenant: &Tenant,
    customer: &Customer,
) -> Result<(), Refusal> {
    let no = out.business_no;
    let prints = fingerprint::make(out.inner, tx, tenant, out.now)?;
    for (channel, address) in [
        (Channel::Email, &customer.contact.email),
        (Channel::Sms, &customer.contact.phone),
    ] {
        let Some(address) = address.as_deref().map(contact::folded) else {
            continue;
        };
        let print = prints.of(channel.word(), &address);
        let mut tenant = tx.tenant(no);
        if let Some(row) = suppressions::of(&mut tenant, channel.word(), &address).await? {
            suppressions::remove(&mut tenant, channel.word(), &address).await?;
            suppressions::add(&mut tenant, channel.word(), &print, &row.reason, row.created_at)?;
        }
        let mut refused = customer.contact.opt_outs.iter().filter(|o| o.channel == channel);
        // One row for each address: the widest refusal counts.
        let both = |purpose| {
            customer
                .contact
                .opt_outs
                .iter()
                .any(|o| o.channel == channel && o.purpose == Some(purpose))
        };
        let all = customer
            .contact
            .opt_outs
            .iter()
            .any(|o| o.channel == channel && o.purpose.is_none())
            || both(Purpose::Marketing) && both(Purpose::Service);
        if let Some(first) = refused.next() {
            let reason = match first.purpose {
                _ if all => OPTED_OUT,
                Some(Purpose::Marketing) => OPTED_OUT_MARKETING,
                Some(Purpose::Service) => OPTED_OUT_SERVICE,
                None => OPTED_OUT,
            };
            suppressions::add(&mut tenant, channel.word(), &print, reason, to_ms(first.at))?;
        }
    }
    Ok(())
}

/// True when all a workflow does is to write to the customer: without them there is nothing left to do.
fn is_for_customer_only(definition: &Definition) -> bool {
    definition
        .actions
        .iter()
        .filter(|a| a.enabled)
        .all(|a| match &a.act {
            Act::Email { to, .. } | Act::Sms { to, .. } => to.iter().all(|r| *r == Recipient::Customer),
            Act::Wait { .. } | Act::StopIf { .. } => true,
            Act::Webhook { .. }
            | Act::SetStatus { .. }
            | Act::SetField { .. }
            | Act::AddTag { .. }
            | Act::RemoveTag { .. } => false,
        })
}

/// Timers of workflows that only write to the customer. Those that tell staff too stay.
async fn withdraw_timers(
    tx: &mut Tx,
    out: &Out<'_>,
    tenant: &Tenant,
    booking: BookingId,
) -> Result<(), Refusal> {
    for row in timers::of_booking(&mut tx.tenant(out.business_no), booking).await? {
        let owner = tenant
            .workflows
            .iter()
            .find(|w| w.definition.triggers.iter().any(|t| t.no == row.id.trigger_no));
        if !owner.is_some_and(|w| is_for_customer_only(&w.definition)) {
            continue;
        }
        timers::remove(&mut tx.tenant(out.business_no), row.id)?;
        let timer = change::pending(&row);
        change::end_timer(tx, out, booking, &timer, Reason::CustomerErased)?;
        ending::group_gone(tx, out, booking, &timer).await?;
    }
    Ok(())
}

/// Cancels what a run has waiting for the customer; a run that does nothing else ends.
async fn end(tx: &mut Tx, out: &Out<'_>, mut run: RunRow) -> Result<(), Refusal> {
    let no = out.business_no;
    let definition = out
        .inner
        .cache
        .version(tx, no, run.workflow_no, run.version)
        .await?;
    for step in steps::of_run(&mut tx.tenant(no), run.id).await? {
        let theirs = role(&definition, step.action, step.to_no) == Some(&Recipient::Customer);
        if !theirs || !matches!(step.state.as_str(), "ready" | "parked") {
            continue;
        }
        let cancelled = StepRow {
            state: "cancelled".to_owned(),
            reason: Some(Reason::CustomerErased.word().to_owned()),
            updated_at: to_ms(out.now),
            ..step.clone()
        };
        if steps::advance(&mut tx.tenant(no), (&step.state, step.attempt), &cancelled).await? {
            run.open -= 1;
        }
    }
    if is_for_customer_only(&definition) {
        return starting::end_run(tx, out, &mut run, Reason::CustomerErased).await;
    }
    if run.finished && run.open <= 0 && matches!(run.state.as_str(), "running" | "waiting") {
        "done".clone_into(&mut run.state);
    }
    Ok(runs::update(&mut tx.tenant(no), &run)?)
}

fn role(definition: &Definition, action: i64, to_no: i64) -> Option<&Recipient> {
    let action = definition.actions.get(usize::try_from(action).ok()?)?;
    worker::role(&action.act, usize::try_from(to_no).ok()?)
}

/// Takes a person out of everything but their own row and the kept answers. Doing it again does no harm.
pub(crate) async fn wipe(tx: &mut Tx, out: &Out<'_>, id: CustomerId) -> Result<(), Refusal> {
    let no = out.business_no;
    // Before anything else: whose a delivery was is told by the bookings.
    flyt_store::inbound::erase(&mut tx.tenant(no), id).await?;
    let mut about: BTreeSet<i64> = BTreeSet::new();
    for (booking, doc) in erasure::bookings(&mut tx.tenant(no), id).await? {
        about.insert(booking.0);
        if let Some(doc) = without_words(&doc)? {
            erasure::put_booking(&mut tx.tenant(no), booking, &doc, out.now)?;
        }
    }
    for (change, booking, after) in erasure::changes(&mut tx.tenant(no), id).await? {
        about.extend(booking);
        if let Some(after) = after.as_deref().map(without_words).transpose()?.flatten() {
            erasure::put_change(&mut tx.tenant(no), change, &after)?;
        }
    }
    let places = about.iter().map(|b| Some(BookingId(*b))).chain([None]);
    for booking in places {
        for trace in erasure::traces(&mut tx.tenant(no), id, booking).await? {
            wipe_trace(tx, out, &trace).await?;
        }
        if let Some(booking) = booking {
            erasure::drop_detail(&mut tx.tenant(no), &booking.to_string())?;
        }
    }
    Ok(erasure::drop_detail(&mut tx.tenant(no), &id.to_string())?)
}

async fn wipe_trace(tx: &mut Tx, out: &Out<'_>, trace: &Trace) -> Result<(), Refusal> {
    let no = out.business_no;
    let definition = match trace.version {
        Some((workflow, version)) => Some(out.inner.cache.version(tx, no, workflow, version).await?),
        None => None,
    };
    let recipient = trace.recipient.as_deref().and_then(|address| {
        if trace.channel.as_deref() == Some(Channel::Webhook.word()) {
            // The address of an endpoint is the business's own.
            return definition
                .as_ref()
                .map_or_else(|| Some(address.to_owned()), |_| origin(address));
        }
        // Staff and places, and what stands in the workflow itself, are not the person's.
        let role = definition
            .as_ref()
            .and_then(|d| role(d, trace.action, trace.to_no));
        match role {
            Some(Recipient::Resource | Recipient::Location | Recipient::Admins | Recipient::Fixed(_)) => {
                Some(address.to_owned())
            }
            Some(Recipient::Customer | Recipient::Template(_)) | None => None,
        }
    });
    erasure::wipe_step(&mut tx.tenant(no), trace.step, recipient.as_deref())?;
    if let Some(vars) = &trace.vars {
        let mut vars: Value = tenant::parse(vars)?;
        // What webhooks answered; what the run waits for stays.
        let held = vars.as_object_mut().and_then(|v| v.remove("steps"));
        if held.is_some() {
            erasure::put_vars(&mut tx.tenant(no), trace.step.run, &vars.to_string())?;
        }
    }
    Ok(())
}

/// Scheme and host of a URL: its path and query may name the person.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?;
    Some(format!("{scheme}://{host}/"))
}

/// A booking's document without what people wrote. `None`: there is nothing of the kind in it.
fn without_words(doc: &str) -> Result<Option<String>, Refusal> {
    let mut value: Value = tenant::parse(doc)?;
    let Some(map) = value.as_object_mut() else {
        return Ok(None);
    };
    let mut found = false;
    for (name, empty) in [("notes", Value::Null), ("answers", json!({}))] {
        if let Some(held) = map.get_mut(name).filter(|held| **held != empty) {
            *held = empty;
            found = true;
        }
    }
    Ok(found.then(|| value.to_string()))
}

/// Rewrites kept answers that hold one of the texts: the id in them stays, the rest goes.
pub(crate) async fn forget_answers(inner: &Arc<Inner>, no: i64, needles: Vec<String>) -> Result<(), Refusal> {
    let needles: Vec<String> = needles
        .into_iter()
        .filter(|n| n.chars().count() >= NEEDLE_CHARS)
        .collect();
    let mut after = [String::new(), String::new(), String::new()];
    loop {
        let (from, wanted) = (after.clone(), needles.clone());
        let (last, held) = inner
            .read(async move |tx: &mut Tx| {
                let found = erasure::kept(&mut tx.tenant(no), &from, ANSWERS).await?;
                let last = found.last().map(|(at, _)| at.clone());
                let holds = |answer: &[u8]| wanted.iter().any(|n| contains(answer, n.as_bytes()));
                let held: Vec<_> = found.into_iter().filter(|(_, answer)| holds(answer)).collect();
                Ok((last, held))
            })
            .await?;
        if !held.is_empty() {
            inner
                .write(async move |tx: &mut Tx| {
                    for (at, answer) in &held {
                        erasure::put_kept(&mut tx.tenant(no), at, &emptied(answer))?;
                    }
                    Ok(())
                })
                .await?;
        }
        let Some(last) = last else { return Ok(()) };
        after = last;
    }
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|part| part == needle)
}

fn emptied(answer: &[u8]) -> Vec<u8> {
    let id = serde_json::from_slice::<Value>(answer)
        .ok()
        .and_then(|v| v.get("id").cloned());
    json!({ "id": id, "erased": true }).to_string().into_bytes()
}
