//! Reading webhook actions.

use super::fields::{self, Header, Method, Pointer, StoredName, Success};
use super::reading::Reader;
use super::{Act, WebhookBody};
use crate::invalid::{Fields, Line, below};
use crate::template::Slot;
use std::collections::BTreeMap;

impl Reader<'_, '_> {
    pub(super) fn webhook(&mut self) -> Option<Act> {
        let method = self.fields.or("method", Method("POST".to_owned()), self.faults);
        let url = self.url();
        let headers: BTreeMap<String, Header> = self.fields.or("headers", BTreeMap::new(), self.faults);
        let at = self.fields.at("headers");
        for (name, Header(value)) in &headers {
            let here = below(&at, name);
            fields::header_name(name, &here, self.faults);
            self.context.text(value, Slot::Header, &here, self.faults);
        }
        let body = self.body();
        let signing = self.fields.or("signing", true, self.faults);
        let codes = self
            .fields
            .or("success_codes", vec![Success("2xx".to_owned())], self.faults);
        let store = self.store();
        let delivery = self.delivery();
        Some(Act::Webhook {
            method: method.0,
            url: url?,
            headers: headers.into_iter().map(|(k, v)| (k, v.0)).collect(),
            body: body?,
            signing,
            success_codes: codes.into_iter().map(|c| c.0).collect(),
            store,
            delivery,
        })
    }

    fn url(&mut self) -> Option<String> {
        let at = self.fields.at("url");
        let Line(url) = self.fields.required("url", self.faults)?;
        let good = ["https://", "http://", "{{"]
            .iter()
            .any(|start| url.trim_start().starts_with(start));
        if !good {
            self.faults
                .error(&at, "bad_url", "must begin with https:// or http://");
        }
        self.context.text(&url, Slot::Url, &at, self.faults);
        Some(url)
    }

    fn body(&mut self) -> Option<WebhookBody> {
        let at = self.fields.at("body");
        let Some(value) = self.fields.raw("body").filter(|v| !v.is_null()) else {
            return Some(WebhookBody::Envelope);
        };
        let mut inner = Fields::open(value, &at, self.faults);
        let json: Option<String> = inner.optional("json", self.faults);
        let form: Option<BTreeMap<String, String>> = inner.optional("form", self.faults);
        let raw: Option<String> = inner.optional("raw", self.faults);
        let content_type: Option<Line> = inner.optional("content_type", self.faults);
        inner.close(self.faults);
        let body = match (json, form, raw) {
            (Some(json), None, None) => {
                self.context
                    .text(&json, Slot::Json, &below(&at, "json"), self.faults);
                WebhookBody::Json(json)
            }
            (None, Some(form), None) => {
                for (key, text) in &form {
                    let here = below(&below(&at, "form"), key);
                    self.context.text(text, Slot::Raw, &here, self.faults);
                }
                WebhookBody::Form(form)
            }
            (None, None, Some(raw)) => {
                self.context
                    .text(&raw, Slot::Raw, &below(&at, "raw"), self.faults);
                let Some(Line(content_type)) = content_type else {
                    self.faults.error(
                        below(&at, "content_type"),
                        "required",
                        "`content_type` is required",
                    );
                    return None;
                };
                return Some(WebhookBody::Raw { raw, content_type });
            }
            _ => {
                self.faults.error(
                    &at,
                    "wrong_body",
                    "must have one of `json`, `form` and `raw`, or be null",
                );
                return None;
            }
        };
        if content_type.is_some() {
            self.faults
                .error(below(&at, "content_type"), "wrong_body", "belongs to `raw` only");
        }
        Some(body)
    }

    fn store(&mut self) -> BTreeMap<String, String> {
        let at = self.fields.at("store");
        let store: BTreeMap<String, Pointer> = self.fields.or("store", BTreeMap::new(), self.faults);
        for key in store.keys() {
            StoredName::check(key, &below(&at, key), self.faults);
        }
        if !store.is_empty() {
            let name_at = self.fields.at("name");
            match self.name {
                Some(name) => StoredName::check(name, &name_at, self.faults),
                None => self.faults.error(
                    name_at,
                    "required",
                    "an action that stores values needs a name: they are read as `steps.<name>.<field>`",
                ),
            }
        }
        store.into_iter().map(|(k, p)| (k, p.0)).collect()
    }
}
