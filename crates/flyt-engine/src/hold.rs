//! The installation's hold: nothing leaves until it is lifted. It is kept in `meta`, so it survives restarts and reaches every
//! process on the database. A business's own hold is its `mode`, in `business.rs`; both must be clear.

use crate::due;
use crate::engine::{Engine, Inner};
use crate::refusal::{Actor, Refusal};
use crate::tenant::{self, Tenant};
use flyt_core::business::Mode;
use flyt_core::due as dues;
use flyt_core::id::AuditId;
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::plan;
use flyt_core::reason::Reason;
use flyt_store::steps::{self, StepRow};
use flyt_store::timers::{self, TimerRow};
use flyt_store::{Store, Tx, audit, meta, waiting};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Where the hold is kept in `meta`.
pub const KEY: &str = "hold";
/// Where the name of the installation is kept.
const INSTANCE: &str = "instance_id";
/// The business of the operator's own audit rows.
const PLATFORM: i64 = 0;
/// Timers that are judged one by one before a release; beyond that the answer says that it is not complete.
const JUDGED: i64 = 5_000;
/// Examples that are shown.
const EXAMPLES: usize = 10;
/// Slugs of held businesses that are shown.
const SLUGS: i64 = 100;

/// Why nothing leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// `flyt serve --held`.
    Operator,
    /// The data come out of a backup.
    Restored,
    /// `FLYT_INSTANCE_ID` is not the one that these data were run with.
    Instance,
}
impl Because {
    /// A sentence for the operator.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Operator => "it was started with --held",
            Self::Restored => "these data were restored from a backup",
            Self::Instance => "FLYT_INSTANCE_ID is not the one that these data were run with",
        }
    }
}

/// The hold of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Why.
    pub because: Because,
    /// Since when, by the wall clock.
    pub since: Timestamp,
}
impl Hold {
    /// As it is stored.
    pub fn text(&self) -> String {
        // Two plain fields always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
    fn read(text: &str) -> Self {
        // A hold that cannot be read is a hold all the same.
        serde_json::from_str(text).unwrap_or(Self {
            because: Because::Operator,
            since: Timestamp::UNIX_EPOCH,
        })
    }
}

/// At start, before the engine: holds where the operator says so or the data were run under another name. The name is noted.
///
/// # Errors
/// Only when the store does not answer.
pub async fn begin(
    store: &Store,
    asked: bool,
    instance: Option<String>,
    now: Timestamp,
) -> Result<Option<Hold>, Refusal> {
    let write = store.write(async move |tx: &mut Tx| {
        let mut tx = tx.engine();
        let known = meta::get(&mut tx, INSTANCE).await?;
        let moved = known.is_some() && instance.is_some() && known != instance;
        if let Some(name) = instance.as_deref().filter(|_| known != instance) {
            meta::put(&mut tx, INSTANCE, name)?;
        }
        if let Some(hold) = meta::get(&mut tx, KEY).await? {
            return Ok(Some(Hold::read(&hold)));
        }
        let because = match (moved, asked) {
            (true, _) => Because::Instance,
            (false, true) => Because::Operator,
            (false, false) => return Ok(None),
        };
        let hold = Hold { because, since: now };
        meta::put(&mut tx, KEY, &hold.text())?;
        Ok(Some(hold))
    });
    Ok(write.await?)
}

/// The stored hold.
pub(crate) async fn stored(store: &Store) -> Result<Option<Hold>, Refusal> {
    let read = store.read(async |tx: &mut Tx| meta::get(&mut tx.engine(), KEY).await);
    Ok(read.await?.map(|text| Hold::read(&text)))
}

/// What would happen to what waits.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Preview {
    /// Messages that would leave at once, by channel.
    pub goes: BTreeMap<String, i64>,
    /// Messages of businesses in sandbox: shown, not sent; by channel.
    pub captured: BTreeMap<String, i64>,
    /// Messages that are too late and end `expired`, by channel.
    pub expired: BTreeMap<String, i64>,
    /// Timers whose booking or workflow has changed so that nothing follows.
    pub withdrawn: i64,
    /// Messages that stay, because their business is held itself; by channel.
    pub stays: BTreeMap<String, i64>,
    /// Businesses that are held themselves.
    pub held_businesses: Vec<String>,
    /// False: there is more than could be counted one by one.
    pub complete: bool,
    /// Some of them, the oldest first.
    pub examples: Vec<Example>,
}
/// One of those that wait.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    /// Its business.
    pub business: String,
    /// Its workflow.
    pub workflow: String,
    /// How it goes out.
    pub channel: String,
    /// When it was due.
    pub due_at: Timestamp,
    /// `goes`, `captured`, `expired`, `stays`.
    pub outcome: &'static str,
}
impl Preview {
    fn add(&mut self, outcome: &'static str, channel: &str, messages: i64) {
        let counts = match outcome {
            "captured" => &mut self.captured,
            "expired" => &mut self.expired,
            "stays" => &mut self.stays,
            _ => &mut self.goes,
        };
        *counts.entry(channel.to_owned()).or_default() += messages;
    }
    fn show(
        &mut self,
        tenant: &Tenant,
        workflow: String,
        (channel, due_at): (&str, i64),
        outcome: &'static str,
    ) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(Example {
                business: tenant.business.slug.clone(),
                workflow,
                channel: channel.to_owned(),
                due_at: from_ms(due_at),
                outcome,
            });
        }
    }
}

fn outcome(mode: Mode, expired: bool) -> &'static str {
    match (mode, expired) {
        (_, true) => "expired",
        (Mode::Live, false) => "goes",
        (Mode::Sandbox, false) => "captured",
        (Mode::Held, false) => "stays",
    }
}

impl Engine {
    /// The installation's hold, if there is one.
    pub fn hold(&self) -> Option<Hold> {
        *self.0.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// What these data are called, where the operator gave them a name.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn instance(&self) -> Result<Option<String>, Refusal> {
        self.0
            .read(async |tx: &mut Tx| Ok(meta::get(&mut tx.engine(), INSTANCE).await?))
            .await
    }
    /// What a release would let go: of all businesses, or what one business's own hold has parked.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn release_preview(&self, business: Option<i64>) -> Result<Preview, Refusal> {
        let inner = self.0.clone();
        self.0
            .read(async move |tx: &mut Tx| match business {
                Some(no) => parked(&inner, tx, no).await,
                None => everything(&inner, tx).await,
            })
            .await
    }
    /// Forgets the stored hold. What was held leaves when `release` is called, in this process; others on the database notice
    /// within seconds.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn lift_hold(&self, actor: Actor) -> Result<(), Refusal> {
        let act = audit::Act {
            id: AuditId(self.new_id()),
            at: self.now(),
            actor: actor.to_string(),
            action: "installation.release".to_owned(),
            object: String::new(),
            detail: String::from("{}"),
        };
        self.0
            .write(async move |tx: &mut Tx| {
                meta::remove(&mut tx.engine(), KEY)?;
                Ok(audit::append(&mut tx.tenant(PLATFORM), &act)?)
            })
            .await?;
        *self.0.hold.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

impl Inner {
    /// Follows the hold that another process on the database has set or lifted.
    pub(crate) async fn follow_hold(&self) -> Result<(), Refusal> {
        let stored = stored(&self.store).await?;
        let known = std::mem::replace(
            &mut *self.hold.lock().unwrap_or_else(PoisonError::into_inner),
            stored,
        );
        if known.is_some() != stored.is_some() {
            tracing::warn!(
                held = stored.is_some(),
                "another process has changed whether sending is held"
            );
            self.held.store(stored.is_some(), Ordering::SeqCst);
            self.ring();
        }
        Ok(())
    }
    /// A step as it is shown: what only waits for the release says so.
    pub(crate) fn as_shown(&self, row: &StepRow) -> StepRow {
        let mut row = row.clone();
        let waits = row.state == "ready" && row.reason.is_none() && row.due_at <= to_ms(self.clock.now());
        if waits && self.held.load(Ordering::SeqCst) {
            row.reason = Some(Reason::Held.word().to_owned());
        }
        row
    }
}

async fn parked(inner: &Inner, tx: &mut Tx, no: i64) -> Result<Preview, Refusal> {
    let now = to_ms(inner.clock.now());
    let mut preview = Preview {
        complete: true,
        ..Preview::default()
    };
    for count in waiting::parked(&mut tx.tenant(no), now).await? {
        preview.add(outcome(Mode::Live, count.expired), &count.channel, count.messages);
    }
    Ok(preview)
}

async fn everything(inner: &Inner, tx: &mut Tx) -> Result<Preview, Refusal> {
    let now = inner.clock.now();
    let ms = to_ms(now);
    let mut preview = Preview {
        held_businesses: waiting::businesses(&mut tx.engine(), Mode::Held.word(), SLUGS).await?,
        ..Preview::default()
    };
    for count in waiting::due(&mut tx.engine(), ms).await? {
        let mode = Mode::from_word(&count.mode).unwrap_or(Mode::Held);
        preview.add(outcome(mode, count.expired), &count.channel, count.messages);
    }
    let most = i64::try_from(EXAMPLES / 2).unwrap_or(0);
    for row in steps::due(&mut tx.engine(), ms, Some(&[]), most).await? {
        let Some(channel) = row.channel.as_deref() else {
            continue;
        };
        let tenant = inner.cache.tenant(tx, row.business_no).await?;
        let late = row.expires_at.is_some_and(|at| at < ms);
        let outcome = outcome(tenant.business.settings.mode, late);
        preview.show(
            &tenant,
            name(&tenant, row.workflow_no),
            (channel, row.due_at),
            outcome,
        );
    }
    let rows = timers::due(&mut tx.engine(), ms, JUDGED + 1).await?;
    preview.complete = i64::try_from(rows.len()).unwrap_or(i64::MAX) <= JUDGED;
    for row in rows.iter().take(usize::try_from(JUDGED).unwrap_or(0)) {
        judge(inner, tx, row, now, &mut preview).await?;
    }
    Ok(preview)
}

fn name(tenant: &Tenant, no: i64) -> String {
    let found = tenant.workflows.iter().find(|w| w.no == no);
    found.map_or_else(String::new, |w| w.definition.name.clone())
}

/// What would become of a timer that is due: the checks of `due::fire`, without writing.
async fn judge(
    inner: &Inner,
    tx: &mut Tx,
    row: &TimerRow,
    now: Timestamp,
    preview: &mut Preview,
) -> Result<(), Refusal> {
    let tenant = inner.cache.tenant(tx, row.business_no).await?;
    let found = tenant.workflows.iter().filter(|w| w.enabled).find_map(|w| {
        let trigger = w.definition.triggers.iter().find(|t| t.no == row.id.trigger_no)?;
        Some((w, trigger))
    });
    let Some((workflow, trigger)) = found.filter(|(w, _)| w.plan_no == row.plan_no) else {
        preview.withdrawn += 1;
        return Ok(());
    };
    let mut facts = tenant::facts(tx, &tenant, Some(row.id.booking), None).await?;
    tenant::with_visits(tx, row.business_no, &mut facts, [&workflow.definition]).await?;
    let due = dues::due(trigger, &workflow.definition.actions, &facts, from_ms(row.due_at));
    let due = due
        .ok()
        .filter(|d| facts.booking.is_some() && to_ms(d.anchor) == row.anchor_at);
    let Some(group) = due.as_ref().and_then(|due| due::group(due, row)) else {
        preview.withdrawn += 1;
        return Ok(());
    };
    if group.at > now {
        return Ok(()); // it moves and goes later
    }
    let late = group.expires_at.is_some_and(|at| now > at);
    if !late && plan::mismatch(workflow, &facts, now).is_some() {
        preview.withdrawn += 1;
        return Ok(());
    }
    let outcome = outcome(tenant.business.settings.mode, late);
    let mut shown = false;
    for (action, _) in &group.deliveries {
        let action = workflow.definition.actions.get(*action);
        let Some(channel) = action.and_then(|a| a.act.channel()) else {
            continue;
        };
        preview.add(outcome, channel.word(), 1);
        if !shown {
            let name = workflow.definition.name.clone();
            preview.show(&tenant, name, (channel.word(), row.due_at), outcome);
            shown = true;
        }
    }
    Ok(())
}
