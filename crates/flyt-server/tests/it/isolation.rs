//! Another business's ids are not there: in paths, queries and bodies they are answered as ids that nothing has. What is an id
//! is read from the document (`format: bkg-id`), so that later routes are covered by being described.

use crate::schema::Schemas;
use crate::story::{Op, Story, play};
use crate::world::{Got, World};
use serde_json::{Value, json};

/// An id of the same kind that nothing has.
pub(crate) fn missing(id: &str) -> String {
    let (prefix, digits) = id.rsplit_once('_').unwrap_or(("x", id));
    format!("{prefix}_{:0>1$}", 7, digits.len())
}

/// What tells the two apart is only the id that was asked for and the request's own.
fn alike(got: &Got, id: &str) -> (u16, String) {
    let mut json = got.json.clone();
    if let Some(map) = json.as_object_mut() {
        map.remove("request_id");
    }
    (
        got.status.as_u16(),
        json.to_string().replace(&format!("`{id}`"), "`ID`"),
    )
}

/// The world in which `salon` has one of everything, and what is asked about it in the name of `other`.
struct Stranger<'w> {
    world: &'w World,
    story: Story,
    asked: usize,
}
impl Stranger<'_> {
    /// The same call about theirs and about nothing: the answers are alike. Answers the first.
    async fn ask(&mut self, op: &Op<'_>, id: &str, call: impl Fn(&str) -> (String, Option<String>)) -> Got {
        let nothing = missing(id);
        let mut answers = Vec::new();
        for id in [id, &nothing] {
            let (path, body) = call(id);
            answers.push(
                self.world
                    .send(&op.method, &path, &[("flyt-business", "other")], body)
                    .await,
            );
        }
        self.asked += 1;
        let none = answers.pop().unwrap();
        let theirs = answers.pop().unwrap();
        assert_eq!(alike(&theirs, id), alike(&none, &nothing), "{}", op.id);
        theirs
    }
    async fn paths(&mut self, op: &Op<'_>) {
        // Writing by an external id makes what is not there: each business has its own.
        if !op.path.contains('{') || (op.method == "PUT" && op.path.contains("by-external-id")) {
            return;
        }
        let (path, names) = self.story.fill(self.world, op).await;
        let id = names.values().next().and_then(Value::as_str).unwrap().to_owned();
        let call = |other: &str| (path.replace(&id, other), op.example().map(Value::to_string));
        let theirs = self.ask(op, &id, call).await;
        assert_eq!(theirs.status, 404, "{}: {}", op.id, theirs.text);
    }
    async fn queries(&mut self, op: &Op<'_>) {
        // Of a single thing the path has been asked about already.
        if op.path.contains('{') {
            return;
        }
        for parameter in op.what["parameters"].as_array().into_iter().flatten() {
            let format = parameter.pointer("/schema/format").and_then(Value::as_str);
            let prefix = format
                .and_then(|f| f.strip_suffix("-id"))
                .filter(|_| parameter["in"] == "query");
            let Some(id) = prefix.and_then(|p| self.made(p)) else {
                continue;
            };
            let name = parameter["name"].as_str().unwrap();
            let theirs = self
                .ask(op, &id, |id| (format!("{}?{name}={id}", op.path), None))
                .await;
            assert_eq!(theirs.json["data"], json!([]), "{}", op.id);
        }
    }
    async fn bodies(&mut self, op: &Op<'_>, document: &Value) {
        let (Some(example), Some(schema), false) = (op.example(), op.body_schema(), op.path.contains('{'))
        else {
            return;
        };
        for (pointer, prefix) in references(document, schema, example) {
            let id = self.made(&prefix).unwrap();
            let call = |id: &str| {
                let mut body = example.clone();
                *body.pointer_mut(&pointer).unwrap() = json!({"id": id});
                (op.path.to_owned(), Some(body.to_string()))
            };
            let theirs = self.ask(op, &id, call).await;
            let refused = theirs.text.contains("unknown_reference") || theirs.status == 404;
            assert!(refused, "{} {pointer}: {}", op.id, theirs.text);
        }
    }
    fn made(&self, prefix: &str) -> Option<String> {
        self.story
            .made
            .values()
            .find(|id| id.starts_with(prefix))
            .cloned()
    }
}

#[tokio::test]
async fn ids_of_another_business_are_not_there_on_any_route() {
    let world = World::reaching("127.0.0.0/8").await;
    let document = flyt::document();
    let (story, ops) = play(&world, &document).await;
    let mut stranger = Stranger {
        world: &world,
        story,
        asked: 0,
    };
    for op in ops.iter().filter(|op| op.names("FlytBusiness")) {
        stranger.paths(op).await;
        stranger.queries(op).await;
        stranger.bodies(op, &document).await;
    }
    let asked = stranger.asked;
    assert!(
        asked > 70,
        "only {asked} questions: the document no longer tells what is an id"
    );
    world.close().await;
}

/// The places of an example that name something by `{"id"}`, with the prefix of its ids.
fn references(document: &Value, schema: &Value, example: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(document, schema, example, "", &mut found);
    found
}
fn collect(document: &Value, schema: &Value, example: &Value, at: &str, found: &mut Vec<(String, String)>) {
    let schema = Schemas(document).resolve(schema);
    for part in ["anyOf", "oneOf"]
        .iter()
        .filter_map(|w| schema.get(w)?.as_array())
        .flatten()
    {
        collect(document, part, example, at, found);
    }
    let format = schema.pointer("/properties/id/format").and_then(Value::as_str);
    let names_something =
        !at.is_empty() && example.is_object() && schema.pointer("/properties/type").is_none();
    if let (Some(prefix), true) = (format.and_then(|f| f.strip_suffix("-id")), names_something)
        && !found.iter().any(|(pointer, _)| pointer == at)
    {
        found.push((at.to_owned(), prefix.to_owned()));
    }
    for (name, value) in example.as_object().into_iter().flatten() {
        if let Some(inner) = schema.pointer(&format!("/properties/{name}")) {
            collect(document, inner, value, &format!("{at}/{name}"), found);
        }
    }
    for (i, value) in example.as_array().into_iter().flatten().enumerate() {
        if let Some(items) = schema.get("items") {
            collect(document, items, value, &format!("{at}/{i}"), found);
        }
    }
}
