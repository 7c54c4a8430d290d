//! Reading actions as the API writes them: every fault with its place, defaults filled in, texts checked for their slot.

use super::fields::{self, Content, Duration, Tag};
use super::{Act, Action, Attachment, Delivery, OnUnknown, Recipient, Wait};
use crate::condition::Condition;
use crate::customer::Purpose;
use crate::invalid::{Faults, Fields, Line, below, kind};
use crate::limits;
use crate::template::{self, Scope, Slot, Stored};
use crate::trigger::TriggerKind;
use crate::variables;
use crate::workflow::Names;
use serde_json::Value;

/// What reading an action needs to know of its workflow and business.
#[derive(Debug, Clone, Copy)]
pub struct ReadContext<'a> {
    /// Triggers of the workflow.
    pub kinds: &'a [TriggerKind],
    /// What the business has.
    pub names: &'a Names,
    /// Names of earlier webhook actions with `store`, and their fields.
    pub stored: &'a Stored,
}

impl ReadContext<'_> {
    fn scope(&self) -> Scope<'_> {
        Scope {
            kinds: self.kinds,
            steps: self.stored,
        }
    }
    /// Checks a template where it stands.
    pub(super) fn text(&self, source: &str, slot: Slot, at: &str, faults: &mut Faults) {
        template::check(source, slot, self.scope(), at, faults);
    }
    /// Adds a fault where some trigger has no booking.
    fn needs_booking(&self, what: &str, at: &str, faults: &mut Faults) {
        if let Some(kind) = self.kinds.iter().find(|k| !k.has_booking()) {
            let message = format!("{what} needs a booking, and the trigger {kind} has none");
            faults.error(at, "not_supplied", message);
        }
    }
    pub(super) fn status(&self, key: &str, at: &str, faults: &mut Faults) {
        if !self.names.statuses.iter().any(|s| s == key) {
            let known = self.names.statuses.iter().map(String::as_str);
            faults.unknown(at, "unknown_status", key, known);
        }
    }
}

/// Words of the nine actions.
const TYPES: [&str; 9] = [
    "email",
    "sms",
    "webhook",
    "set_status",
    "wait",
    "stop_if",
    "set_field",
    "add_tag",
    "remove_tag",
];

/// Reads the list of actions of a workflow, each with what earlier ones store.
pub fn read_all(
    value: &Value,
    at: &str,
    faults: &mut Faults,
    kinds: &[TriggerKind],
    names: &Names,
) -> Option<Vec<Action>> {
    let Some(items) = value.as_array() else {
        faults.error(at, "wrong_type", format!("must be a list, not {}", kind(value)));
        return None;
    };
    if items.len() > limits::ACTIONS {
        let most = limits::ACTIONS;
        faults.error(at, "too_many", format!("must not have more than {most} entries"));
        return None;
    }
    let mut stored = Stored::new();
    let mut actions = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let here = below(at, &place.to_string());
        let context = ReadContext {
            kinds,
            names,
            stored: &stored,
        };
        let action = Action::read(item, &here, faults, &context);
        if let Some(Action {
            name: Some(name),
            act: Act::Webhook { store, .. },
            ..
        }) = &action
            && !store.is_empty()
        {
            if stored.contains_key(name) {
                let message = format!("`{name}` is taken by an earlier action that stores values");
                faults.error(below(&here, "name"), "taken", message);
            }
            stored.insert(name.clone(), store.keys().cloned().collect());
        }
        actions.push(action);
    }
    actions.into_iter().collect()
}

impl Action {
    /// Reads one action of the API's shape; every fault is told.
    pub fn read(value: &Value, at: &str, faults: &mut Faults, context: &ReadContext<'_>) -> Option<Self> {
        let before = faults.errors.len();
        let mut fields = Fields::open(value, at, faults);
        let word: Option<String> = fields.required("type", faults);
        let word = word?;
        if !TYPES.contains(&word.as_str()) {
            faults.unknown(fields.at("type"), "unknown_value", &word, TYPES);
            return None;
        }
        let name: Option<Line> = fields.optional("name", faults);
        let name = name.map(|n| n.0).filter(|n| !n.is_empty());
        let enabled = fields.or("enabled", true, faults);
        let own = if word == "stop_if" {
            None
        } else {
            condition(&mut fields, context, faults)
        };
        let mut reader = Reader {
            fields: &mut fields,
            faults,
            context,
            name: name.as_deref(),
        };
        let act = match word.as_str() {
            "email" => reader.email(),
            "sms" => reader.sms(),
            "webhook" => reader.webhook(),
            "set_status" => reader.set_status(),
            "wait" => reader.wait(),
            "stop_if" => reader.stop_if(),
            "set_field" => reader.set_field(),
            "add_tag" => reader.tag().map(|tag| Act::AddTag { tag }),
            _ => reader.tag().map(|tag| Act::RemoveTag { tag }),
        };
        fields.close(faults);
        let act = act.filter(|_| faults.errors.len() == before)?;
        Some(Self {
            name,
            enabled,
            condition: own,
            act,
        })
    }
}

fn condition(fields: &mut Fields<'_>, context: &ReadContext<'_>, faults: &mut Faults) -> Option<Condition> {
    let value = fields.raw("condition").filter(|v| !v.is_null())?;
    Condition::read_after(
        value,
        &fields.at("condition"),
        faults,
        context.kinds,
        context.stored,
    )
}

pub(super) struct Reader<'r, 'v> {
    pub(super) fields: &'r mut Fields<'v>,
    pub(super) faults: &'r mut Faults,
    pub(super) context: &'r ReadContext<'r>,
    pub(super) name: Option<&'r str>,
}

impl Reader<'_, '_> {
    pub(super) fn delivery(&mut self) -> Delivery {
        Delivery {
            purpose: self.fields.or("purpose", Purpose::Service, self.faults),
            quiet_hours: self.fields.optional("quiet_hours", self.faults),
            on_unknown: self.fields.or("on_unknown", OnUnknown::Retry, self.faults),
        }
    }

    /// Recipients of a field; `required` says that there must be one.
    fn recipients(&mut self, name: &'static str, sms: bool, required: bool) -> Vec<Recipient> {
        let at = self.fields.at(name);
        let items: Vec<String> = self.fields.or(name, Vec::new(), self.faults);
        if items.is_empty() && required && self.faults.errors.iter().all(|e| !e.pointer.starts_with(&at)) {
            self.faults
                .error(&at, "required", format!("`{name}` needs at least one recipient"));
        }
        if items.len() > limits::RECIPIENTS {
            let most = limits::RECIPIENTS;
            self.faults
                .error(&at, "too_many", format!("must not have more than {most} entries"));
            return Vec::new();
        }
        let mut read = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let here = below(&at, &place.to_string());
            read.extend(fields::recipient(item, sms, &here, self.faults, self.context));
        }
        read
    }

    fn address(&mut self, name: &'static str) -> Option<String> {
        let at = self.fields.at(name);
        let Line(text) = self.fields.optional(name, self.faults)?;
        if text.contains("{{") {
            self.context.text(&text, Slot::Address, &at, self.faults);
        } else if crate::contact::email(&text).is_none() {
            self.faults.error(
                at,
                "bad_email",
                "must be an e-mail address such as post@example.no",
            );
        }
        Some(text)
    }

    fn email(&mut self) -> Option<Act> {
        let to = self.recipients("to", false, true);
        let (cc, bcc) = (
            self.recipients("cc", false, false),
            self.recipients("bcc", false, false),
        );
        let reply_to = self.address("reply_to");
        let sender: Option<Line> = self.fields.optional("sender", self.faults);
        let at = self.fields.at("content");
        let content = fields::content(self.fields.raw("content"), &at, self.faults, self.context);
        let attachments = self.attachments();
        let delivery = self.delivery();
        let Some(Content::Email(content)) =
            content.map(|c| fields::email_texts(c, &at, self.faults, self.context))
        else {
            return None;
        };
        Some(Act::Email {
            to,
            cc,
            bcc,
            reply_to,
            sender: sender.map(|s| s.0),
            content,
            attachments: attachments?,
            delivery,
        })
    }

    fn attachments(&mut self) -> Option<Vec<Attachment>> {
        let at = self.fields.at("attachments");
        let items: Vec<Value> = self.fields.or("attachments", Vec::new(), self.faults);
        let mut read = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let here = below(&at, &place.to_string());
            let attachment = fields::attachment(item, &here, self.faults);
            if attachment == Some(Attachment::Ics) {
                self.context.needs_booking("a calendar file", &here, self.faults);
            }
            read.push(attachment);
        }
        read.into_iter().collect()
    }

    fn sms(&mut self) -> Option<Act> {
        let to = self.recipients("to", true, true);
        let sender: Option<Line> = self.fields.optional("sender", self.faults);
        let max_segments: Option<i64> = self.fields.optional("max_segments", self.faults);
        if max_segments.is_some_and(|m| !(1..=20).contains(&m)) {
            self.faults
                .error(self.fields.at("max_segments"), "out_of_range", "must be 1 to 20");
        }
        let at = self.fields.at("content");
        let content = fields::content(self.fields.raw("content"), &at, self.faults, self.context);
        let delivery = self.delivery();
        let Some(Content::Sms(content)) =
            content.map(|c| fields::sms_texts(c, &at, self.faults, self.context))
        else {
            return None;
        };
        Some(Act::Sms {
            to,
            content,
            sender: sender.map(|s| s.0),
            max_segments,
            delivery,
        })
    }

    fn set_status(&mut self) -> Option<Act> {
        let at = self.fields.at("status");
        let status: Option<String> = self.fields.required("status", self.faults);
        let run_workflows = self.fields.or("run_workflows", true, self.faults);
        let status = status?;
        self.context.status(&status, &at, self.faults);
        self.context.needs_booking("a status", &at, self.faults);
        Some(Act::SetStatus {
            status,
            run_workflows,
        })
    }

    fn wait(&mut self) -> Option<Act> {
        let duration: Option<Duration> = self.fields.optional("duration", self.faults);
        let until: Option<String> = self.fields.optional("until", self.faults);
        let event: Option<String> = self.fields.optional("event", self.faults);
        let timeout: Option<Duration> = self.fields.optional("timeout", self.faults);
        let (until_at, event_at, timeout_at) = (
            self.fields.at("until"),
            self.fields.at("event"),
            self.fields.at("timeout"),
        );
        if timeout.is_some() && event.is_none() {
            self.faults
                .error(timeout_at, "wrong_wait", "belongs to `event` only");
        }
        let wait = match (duration, until, event) {
            (Some(Duration { days, ms }), None, None) => Wait::Duration { days, ms },
            (None, Some(until), None) => {
                let Some(time) = crate::condition::clock(&until) else {
                    self.faults
                        .error(until_at, "bad_time", "must be a time of day such as 18:00");
                    return None;
                };
                Wait::Until(time)
            }
            (None, None, Some(event)) => {
                fields::event(&event, &event_at, self.faults, self.context);
                self.context
                    .needs_booking("waiting for an event", &event_at, self.faults);
                Wait::Event {
                    event,
                    timeout_ms: timeout.map(Duration::total_ms),
                }
            }
            _ => {
                let message = "must have one of `duration`, `until` and `event`";
                self.faults
                    .error(self.fields.at("duration"), "wrong_wait", message);
                return None;
            }
        };
        Some(Act::Wait { wait })
    }

    fn stop_if(&mut self) -> Option<Act> {
        let at = self.fields.at("condition");
        let Some(value) = self.fields.raw("condition").filter(|v| !v.is_null()) else {
            self.faults.error(at, "required", "`condition` is required");
            return None;
        };
        let (kinds, stored) = (self.context.kinds, self.context.stored);
        let condition = Condition::read_after(value, &at, self.faults, kinds, stored)?;
        Some(Act::StopIf { condition })
    }

    fn set_field(&mut self) -> Option<Act> {
        let (field_at, value_at) = (self.fields.at("field"), self.fields.at("value"));
        let field: Option<String> = self.fields.required("field", self.faults);
        let value = self.fields.raw("value");
        let Some(value) = value else {
            self.faults
                .error(value_at, "required", "`value` is required; null clears");
            return None;
        };
        let field = field?;
        let open = ["booking.answers.", "customer.fields."].iter().any(|open| {
            field
                .strip_prefix(open)
                .is_some_and(|key| !key.is_empty() && key.chars().count() <= 100)
        });
        if !open && field != "booking.notes" {
            let known = ["booking.notes", "booking.answers.<key>", "customer.fields.<key>"];
            self.faults.unknown(&field_at, "unknown_value", &field, known);
            return None;
        }
        if let Some(variable) = variables::lookup(&field)
            && variable.group() == "booking"
        {
            self.context.needs_booking("this field", &field_at, self.faults);
        }
        match value {
            Value::String(text) => self.context.text(text, Slot::Text, &value_at, self.faults),
            Value::Null => {}
            _ if field == "booking.notes" => {
                self.faults.error(
                    value_at,
                    "wrong_type",
                    format!("must be a text, not {}", kind(value)),
                );
            }
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {}
        }
        Some(Act::SetField {
            field,
            value: value.clone(),
        })
    }

    fn tag(&mut self) -> Option<String> {
        let tag: Option<Tag> = self.fields.required("tag", self.faults);
        tag.map(|t| t.0)
    }
}
