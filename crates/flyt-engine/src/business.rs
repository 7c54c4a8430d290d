//! Commands on businesses: made with their seeded statuses, changed, their webhook secret.

use crate::audit;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::random;
use crate::refusal::{Actor, Caller, Refusal, Written};
use crate::seal::place;
use crate::terms::Terms;
use base64::Engine as _;
use flyt_core::business::{self, Business, Mode, Settings};
use flyt_core::catalogue::Entry;
use flyt_core::id::{BusinessId, StatusId};
use flyt_core::instant::to_ms;
use flyt_core::invalid::Faults;
use flyt_core::person::Role;
use flyt_core::reason::Reason;
use flyt_core::{merge, status, view};
use flyt_store::Tx;
use flyt_store::meta::{self, Sequence};
use flyt_store::workflows::{self, ReplanRow};
use flyt_store::{businesses, catalogue, memberships, quotas, secrets};
use serde_json::Value;

/// The number under which the operator's own answers are kept: no business has it.
const PLATFORM: i64 = 0;
/// Name under which webhook secrets are kept.
const WEBHOOK: &str = "webhook";
/// How long an old webhook secret signs along, ms.
const OVERLAP_MS: i64 = 24 * 3_600_000;
/// Bytes of a new webhook secret (Standard Webhooks asks for 24 to 64).
const SECRET_BYTES: usize = 32;

impl Engine {
    /// Makes a business with the seeded statuses.
    ///
    /// # Errors
    /// `Invalid`, `Conflict` (`slug_taken`).
    pub async fn create_business(
        &self,
        actor: Actor,
        body: Value,
        terms: impl Into<Terms>,
    ) -> Result<Written<Business>, Refusal> {
        let (inner, terms) = (self.0.clone(), terms.into());
        self.0
            .command(async move |tx: &mut Tx| {
                let done = create(&inner, tx, actor, &body).await?;
                let shown = || done.clone().map(|business| view::business(&business));
                terms.keep(tx, PLATFORM, shown).await?;
                Ok(done)
            })
            .await
    }

    /// Changes a business. Another zone re-plans the timers of its future bookings.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition`.
    pub async fn write_business(
        &self,
        caller: &Caller,
        body: Value,
        expect: Option<i64>,
    ) -> Result<Written<Business>, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| write(&inner, tx, caller, &body, expect).await)
            .await
    }

    /// Makes a new webhook secret; the old one signs along for a day. This is the only time it is shown.
    ///
    /// # Errors
    /// `Unavailable` when the system gives no randomness.
    pub async fn webhook_secret(&self, caller: &Caller) -> Result<String, Refusal> {
        let caller = *caller;
        let secret = self
            .0
            .new_webhook_secret(caller.business_no, Some(caller.actor))
            .await?;
        Ok(secret)
    }
}

async fn create(
    inner: &Inner,
    tx: &mut Tx,
    actor: Actor,
    body: &Value,
) -> Result<Written<Business>, Refusal> {
    let mut faults = Faults::default();
    let read = Settings::read_new(body, &mut faults);
    let warnings = std::mem::take(&mut faults.warnings);
    let (slug, settings) = faults.finish(read).map_err(Refusal::Invalid)?;
    tx.engine().alone("businesses");
    if let Some(other) = businesses::by_slug(&mut tx.engine(), &slug).await? {
        return Err(Refusal::conflict(
            "slug_taken",
            format!("a business `{slug}` exists"),
            Some(other.id.to_string()),
        ));
    }
    let now = inner.clock.now();
    let business = Business {
        no: meta::next(&mut tx.engine(), Sequence::Business).await?,
        id: BusinessId(inner.ids.next(now)),
        slug,
        revision: 1,
        epoch: 1,
        created_at: now,
        updated_at: now,
        settings,
    };
    businesses::insert(&mut tx.engine(), &business)?;
    for status in status::seeded() {
        let entry = Entry {
            id: StatusId(inner.ids.next(now)),
            external_id: Some(status.key.clone()),
            revision: 1,
            created_at: now,
            updated_at: now,
            archived_at: None,
            value: status,
        };
        catalogue::insert(&mut tx.tenant(business.no), &entry)?;
    }
    let out = Out::new(inner, business.no, now);
    if let Actor::Admin(user) = actor {
        // Whoever makes a business in person is its first owner. The lives of people are told in wall time.
        let at = crate::clock::wall();
        memberships::insert(&mut tx.tenant(business.no), (user, Role::Owner), "", at, Some(at))?;
    }
    audit::note(tx, &out, actor, "business.create", &business.id.to_string())?;
    Ok(Written {
        value: business,
        created: true,
        changed: true,
        warnings,
    })
}

async fn write(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    body: &Value,
    expect: Option<i64>,
) -> Result<Written<Business>, Refusal> {
    let no = caller.business_no;
    let before = businesses::own(&mut tx.tenant(no))
        .await?
        .ok_or(Refusal::NotFound)?;
    if expect.is_some_and(|e| e != before.revision) {
        return Err(Refusal::Precondition);
    }
    let mut faults = Faults::default();
    let whole = merge::merge(&view::business(&before), body, business::READ_ONLY, &mut faults);
    let read = Settings::read(&whole, &mut faults);
    let warnings = std::mem::take(&mut faults.warnings);
    let settings = faults.finish(read).map_err(Refusal::Invalid)?;
    if settings.limits != before.settings.limits && !caller.actor.is_operator() {
        let rule = "can only be changed by the operator of this server";
        return Err(Refusal::invalid("/limits", "read_only", rule));
    }
    if settings == before.settings {
        return Ok(Written {
            value: before,
            created: false,
            changed: false,
            warnings,
        });
    }
    let out = Out::new(inner, no, inner.clock.now());
    let zone_changed = settings.time_zone != before.settings.time_zone;
    let after = Business {
        revision: before.revision + 1,
        epoch: before.epoch + 1,
        updated_at: out.now,
        settings,
        ..before.clone()
    };
    if !businesses::update(&mut tx.tenant(no), &after, before.revision).await? {
        return Err(Refusal::overtaken());
    }
    audit::note(tx, &out, caller.actor, "business.update", &after.id.to_string())?;
    if before.settings.mode == Mode::Held && after.settings.mode != Mode::Held {
        flyt_store::steps::release(&mut tx.tenant(no), Reason::Held.word(), to_ms(out.now))?;
    }
    if before.settings.limits != after.settings.limits {
        quotas::look_again(&mut tx.tenant(no), Reason::Quota.word(), to_ms(out.now))?;
    }
    if zone_changed {
        replan_all(tx, &out).await?;
    }
    Ok(Written {
        value: after,
        created: false,
        changed: true,
        warnings,
    })
}

/// A zone changed: every workflow with timed triggers is planned anew in the background.
pub(crate) async fn replan_all(tx: &mut Tx, out: &Out<'_>) -> Result<(), Refusal> {
    businesses::raise_epoch(&mut tx.tenant(out.business_no))?;
    for mut row in workflows::live(&mut tx.tenant(out.business_no)).await? {
        let workflow = crate::tenant::workflow(&row)?;
        if !row.enabled
            || !workflow
                .definition
                .triggers
                .iter()
                .any(|t| t.when.kind().is_timed())
        {
            continue;
        }
        row.plan_no += 1;
        workflows::update(&mut tx.tenant(out.business_no), &row)?;
        workflows::begin_replan(&mut tx.tenant(out.business_no), &replan(out, &row, false, true))?;
    }
    Ok(())
}

/// A re-plan of a workflow from its first relevant booking on.
pub(crate) fn replan(
    out: &Out<'_>,
    row: &workflows::WorkflowRow,
    switched_on: bool,
    existing: bool,
) -> ReplanRow {
    ReplanRow {
        business_no: out.business_no,
        workflow_no: row.no,
        plan_no: row.plan_no,
        cursor_at: to_ms(out.now).saturating_sub(crate::replan::REACH_MS),
        cursor_id: 0,
        done: 0,
        switched_on,
        existing,
        started_at: to_ms(out.now),
    }
}

impl Inner {
    /// The live webhook secrets of a business, newest first; one is made on first use.
    pub(crate) async fn webhook_secrets(&self, no: i64) -> Result<Vec<String>, Refusal> {
        let sealed = self
            .read(async move |tx: &mut Tx| Ok(secrets::versions(&mut tx.tenant(no), WEBHOOK).await?))
            .await?;
        let mut open = self.live_secrets(no, &sealed)?;
        if open.is_empty() {
            open.push(self.new_webhook_secret(no, None).await?);
        }
        Ok(open)
    }

    /// Opens those of a secret's versions (newest first) that sign now: the newest for ever, an older one for a day after the
    /// next was made.
    pub(crate) fn live_secrets(&self, no: i64, sealed: &[secrets::Secret]) -> Result<Vec<String>, Refusal> {
        let since = to_ms(self.clock.now()).saturating_sub(OVERLAP_MS);
        let mut open = Vec::new();
        for (at, secret) in sealed.iter().enumerate() {
            let replaced = at
                .checked_sub(1)
                .and_then(|n| sealed.get(n))
                .map(|n| n.created_at);
            if replaced.is_none_or(|r| to_ms(r) > since) {
                let context = place(no, &secret.name, secret.version);
                open.push(self.seal.open(&secret.sealed, &context).map_err(Refusal::Bug)?);
            }
        }
        Ok(open)
    }

    async fn new_webhook_secret(&self, no: i64, actor: Option<Actor>) -> Result<String, Refusal> {
        let secret = new_secret()?;
        let mut nonce = [0_u8; crate::seal::NONCE_BYTES];
        random::fill(&mut nonce).map_err(Refusal::Unavailable)?;
        let (seal, plain, at) = (self.seal.clone(), secret.clone(), to_ms(self.clock.now()));
        let id = self.ids.next(self.clock.now());
        self.write(async move |tx: &mut Tx| {
            let newest = secrets::versions(&mut tx.tenant(no), WEBHOOK).await?;
            let version = newest.first().map_or(1, |s| s.version + 1);
            let sealed = seal
                .close(&plain, &place(no, WEBHOOK, version), &nonce)
                .map_err(Refusal::Bug)?;
            let row = secrets::Secret {
                name: WEBHOOK.to_owned(),
                version,
                sealed,
                created_at: flyt_core::instant::from_ms(at),
            };
            secrets::insert(&mut tx.tenant(no), &row)?;
            if let Some(actor) = actor {
                let row = flyt_store::audit::Act {
                    id: flyt_core::id::AuditId(id),
                    at: flyt_core::instant::from_ms(at),
                    actor: actor.to_string(),
                    action: "business.webhook_secret".to_owned(),
                    object: String::new(),
                    detail: String::from("{}"),
                };
                flyt_store::audit::append(&mut tx.tenant(no), &row)?;
            }
            Ok(())
        })
        .await?;
        Ok(secret)
    }
}

/// A new secret in the form of Standard Webhooks.
pub(crate) fn new_secret() -> Result<String, Refusal> {
    let mut bytes = [0_u8; SECRET_BYTES];
    random::fill(&mut bytes).map_err(Refusal::Unavailable)?;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    Ok(format!("whsec_{text}"))
}
