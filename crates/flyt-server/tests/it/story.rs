//! The document played: every operation with its example against a real server, in an order in which each finds what it
//! names. The tests that do so are in `openapi` and `isolation`.

use crate::receiver::Receiver;
use crate::schema::Schemas;
use crate::world::{Got, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One operation of the document.
#[derive(Clone)]
pub(crate) struct Op<'d> {
    pub(crate) method: String,
    pub(crate) path: &'d str,
    pub(crate) id: &'d str,
    pub(crate) what: &'d Value,
}
impl<'d> Op<'d> {
    pub(crate) fn all(document: &'d Value) -> Vec<Self> {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, what) in item.as_object().unwrap() {
                let id = what["operationId"].as_str().unwrap();
                all.push(Self {
                    method: method.to_uppercase(),
                    path,
                    id,
                    what,
                });
            }
        }
        all
    }
    pub(crate) fn example(&self) -> Option<&'d Value> {
        self.what
            .pointer("/requestBody/content/application~1json/example")
    }
    pub(crate) fn body_schema(&self) -> Option<&'d Value> {
        self.what.pointer("/requestBody/content/application~1json/schema")
    }
    /// What is sent, and its media type. Many objects, one a line, stand as a text in the document.
    pub(crate) fn body(&self) -> Option<(&'static str, String)> {
        let lines = self
            .what
            .pointer("/requestBody/content/application~1x-ndjson/example");
        match (self.example(), lines) {
            (Some(example), _) => Some(("application/json", example.to_string())),
            (None, Some(lines)) => Some(("application/x-ndjson", lines.as_str().unwrap().to_owned())),
            (None, None) => None,
        }
    }
    pub(crate) fn answers(&self, status: u16) -> Option<&'d Value> {
        self.what["responses"].get(status.to_string())
    }
    pub(crate) fn names(&self, header: &str) -> bool {
        let all = self.what["parameters"].as_array().into_iter().flatten();
        all.filter_map(|p| p["$ref"].as_str())
            .any(|at| at.ends_with(header))
    }
    /// Whether a browser calls, and not a key.
    pub(crate) fn is_personal(&self) -> bool {
        self.path.starts_with("/v1/session")
    }
    /// When it is played: what makes and reads, then lists, then what takes away.
    pub(crate) fn phase(&self) -> u8 {
        match (self.method.as_str(), self.path.contains('{')) {
            ("DELETE", _) => 2,
            _ if self.path.ends_with("/erase") => 2,
            ("GET", false) => 1,
            _ => 0,
        }
    }
}

/// What the story has made so far.
#[derive(Default)]
pub(crate) struct Story {
    /// The last id made in a list.
    pub(crate) made: BTreeMap<String, String>,
    /// The last external id made in a list.
    pub(crate) external: BTreeMap<String, String>,
    /// The unguessable part of the last address that was shown.
    token: String,
    pub(crate) recorded: Map<String, Value>,
}

impl Story {
    /// Plays an operation with its example; the answer must be described and have the described form.
    pub(crate) async fn play(&mut self, world: &World, op: &Op<'_>, schemas: &Schemas<'_>) {
        let (path, names) = self.fill(world, op).await;
        let (media, body) = op.body().unzip();
        let headers = [("content-type", media.unwrap_or("application/json"))];
        let got = world.send(&op.method, &path, &headers, body).await;
        let status = got.status.as_u16();
        Self::check(op, &path, &got, schemas);
        self.remember(op, &got);
        self.record(op, names, status, &got);
    }

    /// The answer is a good one, is described, and has the described form.
    fn check(op: &Op<'_>, path: &str, got: &Got, schemas: &Schemas<'_>) {
        let status = got.status.as_u16();
        assert!(got.status.is_success(), "{} {path}: {}", op.id, got.text);
        let answer = op
            .answers(status)
            .unwrap_or_else(|| panic!("{}: {status} is not described", op.id));
        let schema = answer.pointer("/content/application~1json/schema");
        if let Some(schema) = schema {
            let fault = schemas.fault(schema, &got.json, "");
            assert_eq!(fault, None, "{} {path}: {}", op.id, got.text);
        } else if let Some(line) = answer.pointer("/content/application~1x-ndjson/schema/x-item-schema") {
            for text in got.text.lines() {
                let fault = schemas.fault(line, &serde_json::from_str(text).unwrap(), "");
                assert_eq!(fault, None, "{} {path}: {text}", op.id);
            }
        } else if status == 204 {
            assert_eq!(got.text, "", "{}", op.id);
        }
    }
    /// Checks and records the answer to a call of a browser.
    pub(crate) fn heard(&mut self, op: &Op<'_>, got: &Got, schemas: &Schemas<'_>) {
        Self::check(op, op.path, got, schemas);
        self.record(op, Map::new(), got.status.as_u16(), got);
    }

    fn remember(&mut self, op: &Op<'_>, got: &Got) {
        if let Some(token) = got.json["token"].as_str() {
            token.clone_into(&mut self.token);
        }
        if op.method == "POST" && got.status == 201 {
            let mut put = |to: fn(&mut Self) -> &mut BTreeMap<String, String>, name: &str| {
                if let Some(text) = got.json[name].as_str() {
                    to(self).insert(op.path.to_owned(), text.to_owned());
                }
            };
            put(|s| &mut s.made, "id");
            put(|s| &mut s.external, "external_id");
            put(|s| &mut s.external, "slug");
        }
    }

    fn record(&mut self, op: &Op<'_>, names: Map<String, Value>, status: u16, got: &Got) {
        let entry = self.recorded.entry(op.id).or_insert_with(|| json!({}));
        if !names.is_empty() {
            entry["path"] = Value::Object(names);
        }
        let described = op.answers(status).unwrap();
        if got.json.is_object() && described.get("content").is_some() && op.id != "openapi" {
            let mut answer = got.json.clone();
            // One of each is example enough.
            for list in [
                "/data",
                "/bookings",
                "/bookings/0/messages",
                "/bookings/0/timeline",
            ] {
                if let Some(all) = answer.pointer_mut(list).and_then(Value::as_array_mut) {
                    all.truncate(1);
                }
            }
            // Drawn anew each time.
            for (name, shown) in [
                ("key", "flyt_0123456789abcdefghjkmnpqrstvwx"),
                (
                    "secret",
                    if op.is_personal() {
                        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                    } else {
                        "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoamtt"
                    },
                ),
                (
                    "uri",
                    "otpauth://totp/Flyt:kari@example.no?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Flyt",
                ),
            ] {
                if let Some(drawn) = answer.get_mut(name) {
                    *drawn = json!(shown);
                }
            }
            if let Some(url) = answer.pointer_mut("/invitation/url") {
                *url = json!(
                    "https://flyt.example/invitation#0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk"
                );
            }
            if let Some(codes) = answer.get_mut("recovery_codes").and_then(Value::as_array_mut) {
                codes.truncate(1);
                codes[0] = json!("0123-4567-89ab-cdef");
            }
            if let Some(path) = answer.get("token").and(answer["path"].as_str()) {
                let shown = "in_0123456789abcdefghjkmnpq";
                let path = path.replace(&self.token, shown);
                (answer["token"], answer["url"]) = (json!(shown), json!(path));
                answer["path"] = json!(path);
            }
            entry["answers"][status.to_string()] = answer;
        }
    }

    /// The path with ids of what the story has made.
    pub(crate) async fn fill(&self, world: &World, op: &Op<'_>) -> (String, Map<String, Value>) {
        let list = op
            .path
            .split("/{")
            .next()
            .unwrap()
            .trim_end_matches("/by-external-id");
        let mut names = Map::new();
        let mut path = op.path.to_owned();
        for part in op.path.split('/').filter(|p| p.starts_with('{')) {
            let name = part.trim_matches(['{', '}']);
            let value = match name {
                "external_id" | "slug" => self.external[list].clone(),
                "version" => "1".to_owned(),
                "code" => "not_found".to_owned(),
                "provider" => "generic".to_owned(),
                "adapter" => "calcom".to_owned(),
                "token" if op.path.starts_with("/v1/inbound/") => self.token.clone(),
                "link" => {
                    let names = [
                        ("openLink", "manage"),
                        ("actOnLink", "confirm"),
                        ("linkCalendar", "ics"),
                    ];
                    let (_, name) = names.iter().find(|(id, _)| *id == op.id).unwrap();
                    link(world, name).await
                }
                "token" => callback(world).await,
                "delivery" => {
                    let so_far = path.split("/{").next().unwrap();
                    let rows = world.get(so_far).await.expect(200);
                    rows.json["data"][0]["id"].as_str().unwrap().to_owned()
                }
                // Of those whom nobody booked for there is little to tell.
                _ if op.path.ends_with("/export") => found(world, op, list).await,
                _ if op.path.starts_with("/v1/webhook-endpoints/{id}/deliveries") => {
                    found(world, op, list).await
                }
                _ => match self.made.get(list) {
                    Some(id) => id.clone(),
                    None => found(world, op, list).await,
                },
            };
            path = path.replace(part, &value);
            let value = value.parse::<i64>().map_or(json!(value), |n| json!(n));
            names.insert(name.to_owned(), value);
        }
        (path, names)
    }
}

/// A customer's link to the booking `busy-0`, as a message that goes out tells it.
pub(crate) async fn link(world: &World, name: &str) -> String {
    let text = format!("{{{{ links.{name} }}}}");
    let to =
        json!([{"type": "email", "to": ["customer"], "content": {"en": {"subject": "L", "body": text}}}]);
    let workflow = json!({"name": format!("Link {name}"), "enabled": true, "actions": to,
        "triggers": [{"type": "booking.created"}]});
    let made = world.call("POST", "/v1/workflows", &workflow).await.expect(201);
    let booking = crate::world::booking(&format!("link-{name}"));
    world
        .call(
            "PUT",
            &format!("/v1/bookings/by-external-id/link-{name}"),
            &booking,
        )
        .await
        .expect(201);
    settle(world).await;
    let sent = world
        .list(&format!(
            "/v1/messages?workflow_id={}",
            made.json["id"].as_str().unwrap()
        ))
        .await;
    let message = world
        .get(&format!("/v1/messages/{}", sent[0]["id"].as_str().unwrap()))
        .await
        .expect(200);
    let text = message.json["text"].as_str().unwrap();
    let (_, link) = text
        .split_once("/l/")
        .unwrap_or_else(|| panic!("no link: {}", message.text));
    link.split_whitespace()
        .next()
        .unwrap()
        .trim_end_matches(['>', ')'])
        .to_owned()
}

/// The unguessable part of the address of SMS gateways.
async fn callback(world: &World) -> String {
    let got = world.get("/v1/channels/sms").await.expect(200);
    let path = got.json["callback_path"].as_str().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

/// The id of something that nobody makes by a call: the first of its list that is in the right state.
async fn found(world: &World, op: &Op<'_>, list: &str) -> String {
    let (query, field) = match (list, op.path.rsplit('/').next().unwrap()) {
        ("/v1/steps", "retry") => ("/v1/messages?state=failed", "step_id"),
        ("/v1/steps", _) => ("/v1/messages?state=planned", "step_id"),
        ("/v1/runs", _) => ("/v1/runs", "id"),
        ("/v1/messages", _) => ("/v1/messages?state=captured", "id"),
        ("/v1/customers", "export") => ("/v1/customers?external_id=c1", "id"),
        ("/v1/timers", _) => ("/v1/timers", "id"),
        ("/v1/events", _) => ("/v1/events", "id"),
        // The one that is on: `busy` has made it.
        ("/v1/webhook-endpoints", _) => ("/v1/webhook-endpoints", "id"),
        other => panic!("{}: tell `found` where an id for {other:?} comes from", op.id),
    };
    let got = world.get(query).await.expect(200);
    let mut rows = got.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["enabled"] != false);
    let first = rows.find_map(|row| row[field].as_str());
    first
        .unwrap_or_else(|| panic!("{}: nothing in {query}", op.id))
        .to_owned()
}

/// Workflows and bookings that leave one of everything: a captured e-mail, a failed webhook, waiting SMS, timers.
async fn busy(world: &World) {
    let receiver = Receiver::answering(&[]).await;
    let night = json!({"name": "Natt", "enabled": true, "triggers": [{"type": "booking.created"}], "actions": [
        {"type": "email", "to": ["customer"], "content": {"nb": {"subject": "Takk", "body": "<p>Velkommen!</p>"}}},
        {"type": "webhook", "url": "http://10.0.0.1:9/hook"},
        {"type": "sms", "to": ["customer"], "quiet_hours": "respect", "content": {"nb": {"text": "Takk"}}},
    ]});
    let endpoint = json!({"url": receiver.url, "events": ["booking.created"]});
    let made = world.call("POST", "/v1/webhook-endpoints", &endpoint).await;
    made.expect(201);
    world.call("POST", "/v1/workflows", &night).await.expect(201);
    let before = json!({"name": "Før", "enabled": true, "actions": night["actions"], "triggers": [
        {"type": "booking.starts", "offset": {"amount": 2, "unit": "days", "direction": "before"}}]});
    world.call("POST", "/v1/workflows", &before).await.expect(201);
    for i in 0..6 {
        world
            .call(
                "POST",
                "/v1/bookings",
                &crate::world::booking(&format!("busy-{i}")),
            )
            .await
            .expect(201);
    }
    settle(world).await;
}
/// What an operation needs beyond its path.
async fn prepare(world: &World, op: &Op<'_>) {
    match op.id {
        "retryStep" => settle(world).await,
        "release" => {
            let held = [(
                "flyt-business",
                op.example().unwrap()["business"].as_str().unwrap(),
            )];
            let mode = Some(json!({"mode": "held"}).to_string());
            let done = world.send("PATCH", "/v1/business", &held, mode).await;
            done.expect(200);
        }
        _ => {}
    }
}
async fn settle(world: &World) {
    let same = json!({"now": crate::world::NOW});
    world.call("POST", "/v1/test-clock", &same).await.expect(200);
}

/// Plays everything but what takes away.
pub(crate) async fn play<'d>(world: &World, document: &'d Value) -> (Story, Vec<Op<'d>>) {
    let schemas = Schemas(document);
    let mut ops = Op::all(document);
    ops.sort_by_key(Op::phase);
    busy(world).await;
    let mut story = Story::default();
    for op in ops.iter().filter(|op| op.phase() < 2 && !op.is_personal()) {
        prepare(world, op).await;
        story.play(world, op, &schemas).await;
    }
    crate::personal::play(world, &mut story, &ops, &schemas).await;
    (story, ops)
}
