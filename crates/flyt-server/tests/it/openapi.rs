//! The document and the server are one: every route is described, every description has its route, every example is accepted
//! and every answer has the described form. All of it is read from the document, so that a new route is covered by being
//! described.

use crate::schema::Schemas;
use crate::story::{Op, play};
use crate::world::World;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[tokio::test]
async fn every_example_is_accepted_and_every_answer_has_the_described_form() {
    let world = World::reaching("127.0.0.0/8").await;
    let document = flyt::document();
    let (mut story, ops) = play(&world, &document).await;
    let schemas = Schemas(&document);
    for op in ops.iter().filter(|op| op.phase() == 2 && !op.is_personal()) {
        // What was taken away by the operation before is put back.
        let list = op
            .path
            .split("/{")
            .next()
            .unwrap()
            .trim_end_matches("/by-external-id");
        if let Some(create) = ops.iter().find(|o| o.method == "POST" && o.path == list) {
            let external = story.external.get(list).cloned().unwrap_or_default();
            let gone = external.is_empty()
                || world
                    .get(&format!("{list}/by-external-id/{external}"))
                    .await
                    .status
                    == 404;
            if gone && !["/v1/api-keys", "/v1/users"].contains(&list) {
                story.play(&world, create, &schemas).await;
            }
        }
        story.play(&world, op, &schemas).await;
    }
    same_as_recorded(&story.recorded);
    world.close().await;
}

/// The examples in the document are what a server answered. When the form of answers changes, this says how to take the new ones.
fn same_as_recorded(now: &Map<String, Value>) {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/src/openapi/examples.json");
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(kept).unwrap()).unwrap();
    let (now, recorded) = (Value::Object(now.clone()), recorded);
    if form(&now) != form(&recorded) {
        let fresh = concat!(env!("CARGO_TARGET_TMPDIR"), "/examples.json");
        std::fs::write(fresh, format!("{now:#}\n")).unwrap();
        panic!(
            "the recorded examples are not what the server answers now: look at the difference, then\n  cp {fresh} {kept}"
        );
    }
}

/// Names of fields, without values.
fn form(value: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut todo = vec![(String::new(), value)];
    while let Some((at, value)) = todo.pop() {
        match value {
            Value::Object(map) => todo.extend(map.iter().map(|(k, v)| (format!("{at}/{k}"), v))),
            Value::Array(list) => todo.extend(list.iter().map(|v| (format!("{at}/-"), v))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                all.insert(at);
            }
        }
    }
    all
}

#[tokio::test]
async fn every_route_is_described_and_every_description_has_its_route() {
    let world = World::reaching("127.0.0.0/8").await;
    let document = flyt::document();
    let described: BTreeSet<(String, String)> = Op::all(&document)
        .iter()
        .map(|op| (op.path.to_owned(), op.method.clone()))
        .collect();
    // The router tells its paths when it is printed, and the methods of a path in the answer to one that nobody has.
    let printed = format!("{:?}", world.router);
    let paths: BTreeSet<&str> = printed
        .split("RouteId(")
        .filter_map(|part| part.split_once("): \"")?.1.split('"').next())
        .filter(|path| path.len() > 1 && path.starts_with('/') && !path.contains("axum"))
        .collect();
    assert!(
        paths.len() > 40,
        "the router no longer tells its paths: {printed}"
    );
    let mut routes = BTreeSet::new();
    for path in paths {
        let got = world
            .send("TRACE", &path.replace(['{', '}'], ""), &[], None)
            .await;
        assert_eq!(got.status, 405, "{path}");
        let allowed = got
            .header("allow")
            .split(',')
            .map(str::trim)
            .filter(|m| *m != "HEAD");
        routes.extend(allowed.map(|method| (path.to_owned(), method.to_owned())));
    }
    assert_eq!(
        routes.difference(&described).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "routes without a description: see CONTRIBUTING.md"
    );
    assert_eq!(
        described.difference(&routes).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "descriptions without a route"
    );
    world.close().await;
}

#[test]
fn the_document_is_whole() {
    let document = flyt::document();
    let schemas = Schemas(&document);
    let mut ids = BTreeSet::new();
    for op in Op::all(&document) {
        assert!(ids.insert(op.id), "{} stands twice", op.id);
        assert!(METHODS.contains(&op.method.to_lowercase().as_str()));
        assert!(!op.what["summary"].as_str().unwrap().ends_with('.'), "{}", op.id);
        if let (Some(schema), Some(example)) = (op.body_schema(), op.example()) {
            assert_eq!(
                schemas.fault(schema, example, ""),
                None,
                "the example of {}",
                op.id
            );
        }
        if let Some((_, lines)) = op.body().filter(|(media, _)| *media != "application/json") {
            let at = "/requestBody/content/application~1x-ndjson/schema/x-item-schema";
            let schema = op.what.pointer(at).unwrap();
            for line in lines.lines() {
                let fault = schemas.fault(schema, &serde_json::from_str(line).unwrap(), "");
                assert_eq!(fault, None, "the example of {}: {line}", op.id);
            }
        }
        let success = op.what["responses"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(s, _)| s.starts_with('2'));
        for (status, answer) in success {
            let content = answer.pointer("/content/application~1json");
            let needs = content.is_some() && op.id != "openapi" && !(op.method == "PUT" && status == "201");
            let example = content.and_then(|c| c.get("example"));
            assert!(
                !needs || example.is_some(),
                "{} has no recorded answer: run the tests of this file",
                op.id
            );
            if let (Some(content), Some(example)) = (content, example) {
                assert_eq!(
                    schemas.fault(&content["schema"], example, ""),
                    None,
                    "the recorded answer of {}",
                    op.id
                );
            }
        }
    }
    // Every reference leads somewhere, and every schema is used.
    let text = document.to_string();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let at = part.split('"').next().unwrap();
        assert!(document.pointer(at).is_some(), "{at}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(
            text.contains(&format!("\"#/components/schemas/{name}\"")),
            "nothing uses {name}"
        );
    }
}
