//! Actions in the API's shape; reading gives the same action back.

use super::{Act, Action, Attachment, Delivery, Recipient, Wait, WebhookBody};
use crate::duration::duration_text;
use serde_json::{Map, Value, json};

impl Action {
    /// The API's shape, with every field that has a default.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("type".to_owned(), json!(self.act.word()));
        object.insert("name".to_owned(), json!(self.name));
        object.insert("enabled".to_owned(), json!(self.enabled));
        if !matches!(self.act, Act::StopIf { .. }) {
            let own = self
                .condition
                .as_ref()
                .map_or(Value::Null, crate::condition::Condition::to_json);
            object.insert("condition".to_owned(), own);
        }
        if let Value::Object(fields) = fields(&self.act) {
            object.extend(fields);
        }
        if let Some(delivery) = self.act.delivery() {
            object.extend(shared(delivery));
        }
        Value::Object(object)
    }
}

fn shared(delivery: Delivery) -> Map<String, Value> {
    [
        ("purpose", json!(delivery.purpose)),
        ("quiet_hours", json!(delivery.quiet_hours)),
        ("on_unknown", json!(delivery.on_unknown)),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v))
    .collect()
}

fn fields(act: &Act) -> Value {
    match act {
        Act::Email {
            to,
            cc,
            bcc,
            reply_to,
            sender,
            content,
            attachments,
            delivery: _,
        } => {
            let content: Map<String, Value> = content
                .iter()
                .map(|(l, t)| {
                    (
                        l.tag().to_owned(),
                        json!({"subject": t.subject, "body": t.body, "format": t.format}),
                    )
                })
                .collect();
            let attachments: Vec<Value> = attachments.iter().map(attachment).collect();
            json!({
                "to": people(to), "cc": people(cc), "bcc": people(bcc), "reply_to": reply_to, "sender": sender,
                "content": content, "attachments": attachments,
            })
        }
        Act::Sms {
            to,
            content,
            sender,
            max_segments,
            delivery: _,
        } => {
            let content: Map<String, Value> = content
                .iter()
                .map(|(l, text)| (l.tag().to_owned(), json!({"text": text})))
                .collect();
            json!({"to": people(to), "content": content, "sender": sender, "max_segments": max_segments})
        }
        Act::Webhook {
            method,
            url,
            headers,
            body,
            signing,
            success_codes,
            store,
            delivery: _,
        } => json!({
            "method": method, "url": url, "headers": headers, "body": shape(body), "signing": signing,
            "success_codes": success_codes, "store": store,
        }),
        Act::SetStatus {
            status,
            run_workflows,
        } => json!({"status": status, "run_workflows": run_workflows}),
        Act::Wait { wait } => waiting(wait),
        Act::StopIf { condition } => json!({"condition": condition.to_json()}),
        Act::SetField { field, value } => json!({"field": field, "value": value}),
        Act::AddTag { tag } | Act::RemoveTag { tag } => json!({"tag": tag}),
    }
}

fn people(recipients: &[Recipient]) -> Vec<&str> {
    recipients.iter().map(Recipient::word).collect()
}

impl Recipient {
    /// The word, address or template in the API.
    pub fn word(&self) -> &str {
        match self {
            Self::Customer => "customer",
            Self::Resource => "resource",
            Self::Location => "location",
            Self::Admins => "admins",
            Self::Fixed(text) | Self::Template(text) => text,
        }
    }
}

fn attachment(attachment: &Attachment) -> Value {
    match attachment {
        Attachment::Ics => json!({"type": "ics"}),
        Attachment::Document { id } => json!({"type": "document", "id": id}),
    }
}

fn shape(body: &WebhookBody) -> Value {
    match body {
        WebhookBody::Envelope => Value::Null,
        WebhookBody::Json(text) => json!({"json": text}),
        WebhookBody::Form(form) => json!({"form": form}),
        WebhookBody::Raw { raw, content_type } => json!({"raw": raw, "content_type": content_type}),
    }
}

fn waiting(wait: &Wait) -> Value {
    match wait {
        Wait::Duration { days, ms } => json!({"duration": duration_text(*days, *ms)}),
        Wait::Until(time) => json!({"until": time.strftime("%H:%M").to_string()}),
        Wait::Event { event, timeout_ms } => {
            json!({"event": event, "timeout": timeout_ms.map(|ms| duration_text(0, ms))})
        }
    }
}
