//! One action sent for real, as a test: filled with a real or made-up booking, to an address that the caller names. It leaves
//! a row in the audit log and nothing else: no run, no message, no step.

use crate::audit;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::ids::IdSource;
use crate::preview;
use crate::record;
use crate::refusal::{Caller, Refusal};
use crate::road::{self, Road};
use crate::send::{self, Sent};
use crate::starting::{self, Origin};
use crate::suppression;
use crate::tenant::Tenant;
use crate::worker::{Kept, Seen};
use crate::workflow;
use flyt_channels::outcome::Outcome;
use flyt_core::action::{Action, Recipient};
use flyt_core::business::Mode;
use flyt_core::contact;
use flyt_core::customer::{Channel, Purpose};
use flyt_core::facts::Facts;
use flyt_core::id::{RunId, WorkflowId};
use flyt_core::instant::plus_ms;
use flyt_core::invalid::{Faults, Invalid, Line, Read as _};
use flyt_core::render::{self, Letter, Meta, Setting};
use flyt_core::run::Vars;
use flyt_core::trigger::TriggerKind;
use flyt_core::workflow::{Definition, Workflow};
use flyt_store::Tx;
use serde_json::{Value, json};
use std::sync::Arc;

/// What goes before the subject or text, so that nobody takes it for the real thing.
const MARK: &str = "[Test] ";
/// Tests of one business within `WITHIN_MS`.
const MOST: i64 = 60;
const WITHIN_MS: i64 = 3_600_000;
/// The act in the audit log.
const ACT: &str = "test.send";
/// The code of a refusal: more tests than are let through.
pub const TOO_MANY_TESTS: &str = "too_many_tests";

/// A test that may go.
struct Ready {
    action: Action,
    channel: Channel,
    to: String,
    facts: Facts,
    tenant: Arc<Tenant>,
    warnings: Vec<Invalid>,
}

impl Engine {
    /// Sends an action as a test: `{action, to, booking?, language?}`.
    ///
    /// # Errors
    /// `Invalid` with places; `NotFound` for an unknown booking; `Conflict` (`held`, `suppressed_address`,
    /// `TOO_MANY_TESTS`).
    pub async fn test_send(&self, caller: &Caller, body: Value) -> Result<Value, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        let owner = inner.clone();
        let ready = self
            .0
            .command(async move |tx: &mut Tx| prepare(&owner, tx, caller, &body).await)
            .await?;
        carry_out(&inner, ready).await
    }
}

async fn prepare(inner: &Inner, tx: &mut Tx, caller: Caller, body: &Value) -> Result<Ready, Refusal> {
    let no = caller.business_no;
    let tenant = inner.cache.tenant(tx, no).await?;
    let names = workflow::names(tx, no).await?;
    let mut rest = body.clone();
    let given = rest.as_object_mut().and_then(|o| o.shift_remove("to"));
    let (ask, mut faults) = preview::read(&rest, &names)?;
    let Some(channel) = ask.action.act.channel() else {
        let rule = "only an e-mail, an SMS or a webhook can be tried";
        return Err(Refusal::invalid("/action/type", "not_a_delivery", rule));
    };
    let to = recipient(channel, given, &tenant.business.settings.country, &mut faults);
    let warnings = std::mem::take(&mut faults.warnings);
    let to = faults.finish(to).map_err(Refusal::Invalid)?;
    if inner.held.load(std::sync::atomic::Ordering::SeqCst) || tenant.business.settings.mode == Mode::Held {
        let detail = "sending is held: release it, then try again";
        return Err(Refusal::conflict("held", detail, None));
    }
    let way = (channel.word(), to.as_str());
    if channel != Channel::Webhook
        && suppression::stops(inner, tx, &tenant, way, Purpose::Service)
            .await?
            .is_some()
    {
        let detail = "nothing is sent to this address: it is on the list of suppressed addresses";
        return Err(Refusal::conflict("suppressed_address", detail, None));
    }
    let out = Out::new(inner, no, inner.clock.now());
    let since = IdSource::floor(plus_ms(out.now, -WITHIN_MS));
    if flyt_store::audit::count_since(&mut tx.tenant(no), since, ACT).await? >= MOST {
        let detail = format!("a business may send {MOST} tests an hour");
        return Err(Refusal::conflict(TOO_MANY_TESTS, detail, None));
    }
    // The log names no address: it outlives the person.
    audit::note(tx, &out, caller.actor, ACT, channel.word())?;
    let facts = preview::facts(tx, &tenant, &ask, out.now).await?;
    Ok(Ready {
        action: ask.action,
        channel,
        to,
        facts,
        tenant,
        warnings,
    })
}

/// The address a test goes to. A webhook's stands in its action.
fn recipient(channel: Channel, given: Option<Value>, country: &str, faults: &mut Faults) -> Option<String> {
    let (usable, code, rule): (fn(&str, &str) -> Option<String>, _, _) = match channel {
        Channel::Webhook => {
            if given.is_some() {
                faults.error(
                    "/to",
                    "not_available",
                    "a webhook goes to the `url` of its action",
                );
            }
            return Some(String::new());
        }
        Channel::Email => (
            |text, _| contact::email(text),
            "bad_email",
            "must be an e-mail address",
        ),
        Channel::Sms => (contact::phone, "bad_phone", "must be a phone number"),
    };
    let Some(given) = given.filter(|v| !v.is_null()) else {
        faults.error(
            "/to",
            "required",
            "`to` is required: the address the test goes to",
        );
        return None;
    };
    let Line(text) = Line::read(&given, "/to", faults)?;
    let found = usable(&text, country);
    if found.is_none() {
        faults.error("/to", code, rule);
    }
    found
}

async fn carry_out(inner: &Arc<Inner>, ready: Ready) -> Result<Value, Refusal> {
    let now = inner.clock.now();
    let run_id = RunId(inner.ids.next(now));
    let meta = Meta {
        event_id: "evt_test".to_owned(),
        event_word: TriggerKind::BookingCreated.word().to_owned(),
        event_at: now,
        workflow_id: "wfl_test".to_owned(),
        workflow_name: "test".to_owned(),
        run_id: run_id.to_string(),
    };
    let act = ready.action.act.clone();
    let links = inner.sample_links();
    let setting = Setting {
        facts: &ready.facts,
        links: &links,
        meta: &meta,
        now,
    };
    let letter = render::letter(&act, &ready.to, &Recipient::Customer, &setting)
        .map_err(|problem| Refusal::invalid("/action/content", "render_error", problem.to_string()))?;
    let kept = Kept {
        letter: marked(letter, ready.channel),
        revision: None,
        at: now,
    };
    let out = Out::new(inner, ready.tenant.business.no, now);
    let workflow = Workflow {
        no: 0,
        id: WorkflowId(0),
        external_id: None,
        enabled: true,
        position: 0,
        version: 1,
        plan_no: 0,
        definition: Definition {
            name: "test".to_owned(),
            triggers: Vec::new(),
            filters: flyt_core::filter::Filters::default(),
            condition: None,
            actions: vec![ready.action],
        },
    };
    let origin = Origin {
        change: None,
        anchor: None,
        due_at: now,
        expires_at: None,
        before: false,
        depth: 0,
        chain: run_id.0,
    };
    let run = starting::new_run(&out, run_id, &workflow, 0, &ready.facts, &origin);
    let step = starting::step_row(&out, &run, 0, 0);
    let road = Road::plain(road::way(inner, &ready.tenant, ready.channel));
    let seen = Seen {
        tenant: ready.tenant,
        run,
        vars: Vars::default(),
        workflow,
        action_on: true,
        facts: ready.facts,
        change: None,
        road,
        frozen: None,
    };
    let sent = send::send(inner, &step, &act, &seen, &kept, now).await;
    Ok(told(&sent, &kept.letter, &ready.warnings))
}

fn marked(mut letter: Letter, channel: Channel) -> Letter {
    match channel {
        Channel::Email => letter.subject = letter.subject.map(|s| format!("{MARK}{s}")),
        Channel::Sms => letter.text = letter.text.map(|t| format!("{MARK}{t}")),
        Channel::Webhook => {
            if let Some(request) = &mut letter.request {
                request.headers.insert("flyt-test".to_owned(), "true".to_owned());
            }
        }
    }
    letter
}

fn told(sent: &Sent, letter: &Letter, warnings: &[Invalid]) -> Value {
    let (state, outcome, code, answer) = match sent {
        Sent::Captured => ("captured", "captured", None, None),
        Sent::Called(outcome) => {
            let (word, answer) = record::told(outcome);
            let state = match outcome {
                Outcome::Accepted { .. } => "sent",
                Outcome::Unknown { .. } => "unknown",
                Outcome::Temporary { .. }
                | Outcome::PermanentRecipient { .. }
                | Outcome::OptedOut { .. }
                | Outcome::Once { .. }
                | Outcome::Permanent { .. }
                | Outcome::Configuration { .. }
                | Outcome::Blocked { .. } => "failed",
            };
            (state, word, answer.code, Some(answer.text.as_str()))
        }
    };
    json!({
        "state": state,
        "outcome": outcome,
        "code": code,
        "answer": answer.filter(|a| !a.is_empty()),
        "to": letter.to,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "segments": letter.segments,
        "encoding": letter.encoding,
        "request": letter.request,
        "language": letter.language,
        "warnings": warnings,
    })
}
