//! One operation of the API as its file in `api/` declares it, and its form in the document. What follows from the method and
//! the path (scope, common headers, which refusals there can be) is not declared but derived here.

use super::parameter;
use super::schema::{lines_of, page_of, reference};
use crate::keys;
use serde_json::{Map, Value, json};

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// A key of a business with the scope of the path, or a platform key that names the business.
    Business,
    /// A platform key.
    Platform,
    /// Anybody; no key is looked at.
    Anybody,
    /// Somebody who is signed in, by the cookie of a browser.
    Person,
    /// Somebody who is about to be: a browser on a page of this server.
    Browser,
}

/// What a call answers when it succeeds.
#[derive(Debug, Clone)]
struct Success {
    status: u16,
    about: &'static str,
    media: &'static str,
    schema: Option<Value>,
    headers: &'static [&'static str],
}

/// One method of one path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    method: &'static str,
    path: String,
    id: String,
    tag: &'static str,
    summary: String,
    about: &'static str,
    caller: Caller,
    query: Vec<Value>,
    /// The schema of the body and an example that the server accepts.
    body: Option<(String, Value)>,
    /// Whether the body is many of them, one a line; the example is then a text.
    lines: bool,
    success: Vec<Success>,
    guarded: bool,
}

/// The operations of one file of `api/`, under one heading.
pub(crate) fn tagged(tag: &'static str, operations: Vec<Operation>) -> Vec<Operation> {
    operations
        .into_iter()
        .map(|operation| Operation { tag, ..operation })
        .collect()
}

impl Operation {
    fn new(
        method: &'static str,
        path: impl Into<String>,
        id: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            method,
            path: path.into(),
            id: id.into(),
            tag: "",
            summary: summary.into(),
            about: "",
            caller: Caller::Business,
            query: Vec::new(),
            body: None,
            lines: false,
            success: Vec::new(),
            guarded: false,
        }
    }
    /// A read.
    pub(crate) fn get(path: impl Into<String>, id: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new("get", path, id, summary)
    }
    /// A command.
    pub(crate) fn post(path: impl Into<String>, id: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new("post", path, id, summary)
    }
    /// An upsert.
    pub(crate) fn put(path: impl Into<String>, id: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new("put", path, id, summary)
    }
    /// A JSON merge patch.
    pub(crate) fn patch(path: impl Into<String>, id: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new("patch", path, id, summary)
    }
    /// A delete, which answers nothing.
    pub(crate) fn delete(path: impl Into<String>, id: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new("delete", path, id, summary).done()
    }

    /// More about it, in Markdown.
    pub(crate) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
    /// Only for platform keys; `Flyt-Business` means nothing to it.
    pub(crate) fn platform(self) -> Self {
        Self {
            caller: Caller::Platform,
            ..self
        }
    }
    /// Without a key.
    pub(crate) fn open(self) -> Self {
        Self {
            caller: Caller::Anybody,
            ..self
        }
    }
    /// For somebody who is signed in.
    pub(crate) fn person(self) -> Self {
        Self {
            caller: Caller::Person,
            ..self
        }
    }
    /// For a browser in which nobody is signed in.
    pub(crate) fn anybody(self) -> Self {
        Self {
            caller: Caller::Browser,
            ..self
        }
    }
    /// Its query parameters.
    pub(crate) fn query(self, query: impl IntoIterator<Item = Value>) -> Self {
        Self {
            query: query.into_iter().collect(),
            ..self
        }
    }
    /// The name of the schema of its body, and an example that the server accepts.
    pub(crate) fn takes(self, schema: impl Into<String>, example: Value) -> Self {
        Self {
            body: Some((schema.into(), example)),
            ..self
        }
    }
    /// As `takes`, one object a line (NDJSON).
    pub(crate) fn takes_lines(self, schema: impl Into<String>, example: &[Value]) -> Self {
        let lines: Vec<String> = example.iter().map(ToString::to_string).collect();
        let text = lines.join("\n") + "\n";
        Self {
            lines: true,
            ..self.takes(schema, Value::String(text))
        }
    }
    /// Changes something that has a revision: `If-Match` is looked at.
    pub(crate) fn guarded(self) -> Self {
        Self {
            guarded: true,
            ..self
        }
    }

    fn success(mut self, success: Success) -> Self {
        self.success.push(success);
        self
    }
    /// 200 with an object of this name.
    pub(crate) fn shows(self, schema: &str) -> Self {
        self.success(Success {
            status: 200,
            about: "As it is now.",
            media: "application/json",
            schema: Some(reference(schema)),
            headers: &["ETag"],
        })
    }
    /// 201 with an object of this name and its place.
    pub(crate) fn makes(self, schema: &str) -> Self {
        self.success(Success {
            status: 201,
            about: "Made.",
            media: "application/json",
            schema: Some(reference(schema)),
            headers: &["ETag", "Location"],
        })
    }
    /// 200 with a page of objects of this name.
    pub(crate) fn lists(self, schema: &str) -> Self {
        self.success(Success {
            status: 200,
            about: "A page, and the cursor of the next one.",
            media: "application/json",
            schema: Some(page_of(schema)),
            headers: &[],
        })
    }
    /// 200 with anything else.
    pub(crate) fn answers(self, media: &'static str, schema: Value) -> Self {
        self.success(Success {
            status: 200,
            about: "The answer.",
            media,
            schema: Some(schema),
            headers: &[],
        })
    }
    /// 202: it is done later, or not.
    pub(crate) fn accepts(self) -> Self {
        self.success(Success {
            status: 202,
            about: "Heard.",
            media: "application/json",
            schema: Some(json!({"type": "object"})),
            headers: &[],
        })
    }
    /// 204.
    pub(crate) fn done(self) -> Self {
        self.success(Success {
            status: 204,
            about: "Done; there is nothing to show.",
            media: "",
            schema: None,
            headers: &[],
        })
    }

    /// True for DELETE.
    pub(crate) fn deletes(&self) -> bool {
        self.method == "delete"
    }
    pub(super) fn path(&self) -> &str {
        &self.path
    }
    pub(super) fn method(&self) -> &'static str {
        self.method
    }

    /// The operation object. `recorded` is what a real server answered to the examples (`examples.json`).
    pub(super) fn to_json(&self, recorded: &Value) -> Value {
        let recorded = recorded.get(&self.id).unwrap_or(&Value::Null);
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| {
            object.insert(name.to_owned(), value);
        };
        put("operationId", json!(self.id));
        put("tags", json!([self.tag]));
        put("summary", json!(self.summary));
        put("description", json!(self.description()));
        match self.caller {
            Caller::Anybody | Caller::Browser => put("security", json!([])),
            Caller::Person => put("security", json!([{"session": []}])),
            Caller::Business | Caller::Platform => {}
        }
        let parameters = self.parameters(recorded);
        if !parameters.is_empty() {
            put("parameters", Value::Array(parameters));
        }
        if let Some((schema, example)) = &self.body {
            let media: &[&str] = match (self.lines, self.method) {
                (true, _) => &["application/x-ndjson"],
                (false, "patch") => &["application/json", "application/merge-patch+json"],
                (false, _) => &["application/json"],
            };
            let schema = if self.lines {
                lines_of(schema)
            } else {
                reference(schema)
            };
            let content = json!({"schema": schema, "example": example});
            let all: Map<String, Value> = media.iter().map(|m| ((*m).to_owned(), content.clone())).collect();
            put("requestBody", json!({"required": true, "content": all}));
        }
        put("responses", self.responses(recorded));
        Value::Object(object)
    }

    fn description(&self) -> String {
        let read = matches!(self.method, "get");
        let needs = match self.caller {
            Caller::Anybody => "Needs no key.".to_owned(),
            Caller::Platform => "Needs a platform key, or somebody who runs the installation.".to_owned(),
            Caller::Person => "Needs somebody who is signed in; a key is nobody.".to_owned(),
            Caller::Browser => {
                "For a page of this server, which `Sec-Fetch-Site` or `Origin` must name.".to_owned()
            }
            Caller::Business => {
                let (area, write) = keys::needed(&self.path, read);
                format!(
                    "Needs the scope `{area}:{}`.",
                    if write { "write" } else { "read" }
                )
            }
        };
        [self.about, &needs]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n\n")
    }

    fn parameters(&self, recorded: &Value) -> Vec<Value> {
        let mut all: Vec<Value> = parameter::of_path(&self.path)
            .into_iter()
            .map(|mut parameter| {
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
                let seen = recorded.get("path").and_then(|path| path.get(name)).cloned();
                if let (Some(example), Some(map)) = (seen, parameter.as_object_mut()) {
                    map.insert("example".to_owned(), example);
                }
                parameter
            })
            .collect();
        all.extend(self.query.iter().cloned());
        if self.caller == Caller::Business {
            all.push(parameter::shared("FlytBusiness"));
        }
        if self.method == "post" && matches!(self.caller, Caller::Business | Caller::Platform) {
            all.push(parameter::shared("IdempotencyKey"));
        }
        if self.guarded {
            all.push(parameter::shared("IfMatch"));
        }
        all
    }

    fn responses(&self, recorded: &Value) -> Value {
        let mut all = Map::new();
        for success in &self.success {
            let mut answer = json!({"description": success.about});
            let seen = recorded
                .get("answers")
                .and_then(|a| a.get(success.status.to_string()));
            if let (Some(schema), Some(map)) = (&success.schema, answer.as_object_mut()) {
                let mut content = json!({"schema": schema});
                if let (Some(example), Some(content)) = (seen, content.as_object_mut()) {
                    content.insert("example".to_owned(), example.clone());
                }
                let mut headers = Map::new();
                for name in success.headers {
                    headers.insert(
                        (*name).to_owned(),
                        json!({"$ref": format!("#/components/headers/{name}")}),
                    );
                }
                if !headers.is_empty() {
                    map.insert("headers".to_owned(), Value::Object(headers));
                }
                map.insert("content".to_owned(), json!({success.media: content}));
            }
            let status = success.status.to_string();
            // The same status in another form: a page or a stream.
            let before = all
                .get_mut(&status)
                .and_then(|a: &mut Value| a.get_mut("content")?.as_object_mut());
            match (before, answer.get_mut("content").map(Value::take)) {
                (Some(before), Some(Value::Object(content))) => before.extend(content),
                (_, content) => {
                    if let (Some(content), Some(map)) = (content, answer.as_object_mut()) {
                        map.insert("content".to_owned(), content);
                    }
                    all.insert(status, answer);
                }
            }
        }
        for status in self.refusals() {
            all.insert(
                status.to_string(),
                json!({"$ref": format!("#/components/responses/{status}")}),
            );
        }
        Value::Object(all)
    }

    /// Which refusals there can be, from what the operation is.
    fn refusals(&self) -> Vec<u16> {
        if self.caller == Caller::Anybody {
            // What is posted without a key may still be signed, and for an address that nobody has.
            return match self.body {
                Some(_) => vec![400, 401, 403, 404, 409, 413, 422, 503],
                None => Vec::new(),
            };
        }
        let writes = self.method != "get";
        let named = self.path.contains('{');
        let possible = [
            (400, true),
            (401, true),
            (403, true),
            (
                404,
                named || !self.query.is_empty() || self.body.is_some() || self.caller == Caller::Business,
            ),
            (409, writes || self.caller == Caller::Platform),
            (412, self.guarded),
            (413, writes),
            (415, writes),
            (422, true),
            (429, self.caller != Caller::Person || self.body.is_some()),
            (503, true),
        ];
        possible
            .into_iter()
            .filter(|(_, can)| *can)
            .map(|(status, _)| status)
            .collect()
    }
}

/// The usual nine operations on a kind of objects: the list, creation, and the verbs by id and by external id. `word` is the
/// object in a sentence.
pub(crate) fn paths(
    kind: &str,
    list: &'static str,
    word: &str,
    (new, put, patch): (&Value, &Value, &Value),
) -> Vec<Operation> {
    let (one, external) = (
        format!("{list}/{{id}}"),
        format!("{list}/by-external-id/{{external_id}}"),
    );
    let plural = list.trim_start_matches("/v1/");
    let all = plural
        .split_at_checked(1)
        .map(|(first, rest)| first.to_uppercase() + rest)
        .unwrap_or_default();
    let by = "by its external id";
    let word = match word.chars().next() {
        Some('a' | 'e' | 'i' | 'o' | 'u') => format!("an {word}"),
        _ => format!("a {word}"),
    };
    vec![
        Operation::get(list, format!("list{all}"), format!("List {plural}"))
            .query(parameter::page())
            .lists(kind),
        Operation::post(list, format!("create{kind}"), format!("Make {word}"))
            .takes(format!("{kind}Create"), new.clone())
            .makes(kind),
        Operation::get(one.clone(), format!("read{kind}"), format!("Read {word}")).shows(kind),
        Operation::patch(one.clone(), format!("change{kind}"), format!("Change {word}"))
            .takes(format!("{kind}Patch"), patch.clone())
            .guarded()
            .shows(kind),
        Operation::delete(one, format!("delete{kind}"), format!("Delete {word}")).guarded(),
        Operation::get(
            external.clone(),
            format!("read{kind}ByExternalId"),
            format!("Read {word} {by}"),
        )
        .shows(kind),
        Operation::put(
            external.clone(),
            format!("put{kind}ByExternalId"),
            format!("Make or change {word} {by}"),
        )
        .about("201 when it is made, 200 when it is there: then as PATCH.")
        .takes(format!("{kind}Put"), put.clone())
        .guarded()
        .makes(kind)
        .shows(kind),
        Operation::patch(
            external.clone(),
            format!("change{kind}ByExternalId"),
            format!("Change {word} {by}"),
        )
        .takes(format!("{kind}Patch"), patch.clone())
        .guarded()
        .shows(kind),
        Operation::delete(
            external,
            format!("delete{kind}ByExternalId"),
            format!("Delete {word} {by}"),
        )
        .guarded(),
    ]
}
