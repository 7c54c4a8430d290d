//! Preview: one action rendered as it would go out, for a real or a sample booking. Nothing is sent or written.

use crate::engine::Engine;
use crate::refusal::{Caller, Refusal};
use crate::tenant::{self, Tenant};
use crate::worker;
use crate::workflow;
use flyt_core::action::{Action, ReadContext, Recipient};
use flyt_core::facts::Facts;
use flyt_core::id::BookingId;
use flyt_core::invalid::{Faults, Fields};
use flyt_core::language::Language;
use flyt_core::reference::Pointer;
use flyt_core::render::{self, Links, Meta, Setting};
use flyt_core::sample;
use flyt_core::trigger::TriggerKind;
use flyt_store::{Tx, bookings};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is asked for.
pub(crate) struct Ask {
    pub(crate) action: Action,
    booking: Option<Pointer<BookingId>>,
    language: Option<Language>,
}

impl Engine {
    /// Renders an action: `{action, booking?, language?}` → `{to, subject, text, html, segments, encoding, request, warnings}`.
    ///
    /// # Errors
    /// `Invalid` with places; `NotFound` for an unknown booking.
    pub async fn preview(&self, caller: &Caller, body: Value) -> Result<Value, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .read(async move |tx: &mut Tx| {
                let names = workflow::names(tx, caller.business_no).await?;
                let (ask, faults) = read(&body, &names)?;
                let now = inner.clock.now();
                let tenant = inner.cache.tenant(tx, caller.business_no).await?;
                let facts = facts(tx, &tenant, &ask, now).await?;
                Ok(show(&ask.action, &facts, &inner.sample_links(), faults, now))
            })
            .await
    }
}

/// The facts that the action is filled with: of the booking, or made up.
pub(crate) async fn facts(
    tx: &mut Tx,
    tenant: &Tenant,
    ask: &Ask,
    now: jiff::Timestamp,
) -> Result<Facts, Refusal> {
    let mut facts = match &ask.booking {
        None => sample::facts(tenant.business.clone(), tenant.statuses.clone(), now),
        Some(pointer) => {
            let mut view = tx.tenant(tenant.business.no);
            let found = match pointer {
                Pointer::Id(id) => bookings::by_id(&mut view, *id).await?,
                Pointer::External(external) => bookings::by_external_id(&mut view, external).await?,
            };
            let id = found.ok_or(Refusal::NotFound)?.id;
            tenant::facts(tx, tenant, Some(id), None).await?
        }
    };
    if let Some(booking) = facts.booking.as_mut().filter(|_| ask.language.is_some()) {
        booking.booking.language.clone_from(&ask.language);
    }
    Ok(facts)
}

pub(crate) fn read(body: &Value, names: &flyt_core::workflow::Names) -> Result<(Ask, Faults), Refusal> {
    let mut faults = Faults::default();
    let mut fields = Fields::open(body, "", &mut faults);
    let stored = BTreeMap::new();
    // Without its workflow, the action may use what any of the booking triggers supplies.
    let ctx = ReadContext {
        kinds: &[TriggerKind::BookingCreated],
        names,
        stored: &stored,
    };
    let given = fields.required::<Value>("action", &mut faults);
    let action = given.and_then(|v| Action::read(&v, "/action", &mut faults, &ctx));
    let booking = fields.optional("booking", &mut faults);
    let language = fields.optional("language", &mut faults);
    fields.close(&mut faults);
    match action {
        Some(action) if faults.errors.is_empty() => Ok((
            Ask {
                action,
                booking,
                language,
            },
            faults,
        )),
        _ => Err(Refusal::Invalid(faults.errors)),
    }
}

fn show(action: &Action, facts: &Facts, links: &Links, mut faults: Faults, now: jiff::Timestamp) -> Value {
    let meta = Meta {
        event_id: "evt_preview".to_owned(),
        event_word: TriggerKind::BookingCreated.word().to_owned(),
        event_at: now,
        workflow_id: "wfl_preview".to_owned(),
        workflow_name: "preview".to_owned(),
        run_id: "run_preview".to_owned(),
    };
    let setting = Setting {
        facts,
        links,
        meta: &meta,
        now,
    };
    let found = render::recipients(&action.act, &setting);
    let (place, address) = found.first().cloned().unwrap_or((0, None));
    if address.is_none() {
        let message = "there is no usable address for this booking";
        faults.warn("/action/to", "no_recipient", message);
    }
    let to = address.clone().unwrap_or_default();
    let role = worker::role(&action.act, place).unwrap_or(&Recipient::Customer);
    match render::letter(&action.act, &to, role, &setting) {
        Ok(letter) => json!({
            "to": address,
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "segments": letter.segments,
            "encoding": letter.encoding,
            "request": letter.request,
            "language": letter.language,
            "warnings": faults.warnings,
        }),
        Err(problem) => {
            faults.warn("/action/content", "render_error", problem.to_string());
            json!({ "to": address, "warnings": faults.warnings })
        }
    }
}
