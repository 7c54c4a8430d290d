//! A command with a key: its answer is written with what it does, and the same key meets it again. On both engines.

use crate::world::{World, at, fresh_database};
use flyt_engine::{ANSWERED, Once, Refusal, Target, Terms, Verb};
use flyt_store::idempotency::{self, Answer, Known, Request};
use flyt_store::{Store, Tx};
use serde_json::json;
use std::sync::Arc;

fn request() -> Request {
    Request {
        key: "k".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/customers".to_owned(),
    }
}

fn terms() -> Terms {
    let once = Once {
        request: request(),
        body_hash: [1; 32],
        at: at("2026-10-01T00:00:00Z"),
        kept_ms: 86_400_000,
        answer: Box::new(|written| Answer {
            status: 201,
            headers: "[]".to_owned(),
            body: written.value["id"].as_str().unwrap().as_bytes().to_vec(),
        }),
    };
    Terms {
        expect: None,
        once: Some(Arc::new(once)),
    }
}

/// What a successor finds that knows the store only.
async fn kept(w: &World) -> Option<String> {
    let no = w.caller.business_no;
    let read = w.engine.store().read(async move |tx: &mut Tx| {
        let since = at("2026-10-01T00:00:00Z");
        idempotency::known(&mut tx.tenant(no), &request(), &[1; 32], since).await
    });
    read.await.unwrap().map(|known| match known {
        Known::Answered(answer) => String::from_utf8(answer.body).unwrap(),
        Known::OtherBody => panic!("the key was used with another body"),
    })
}

#[tokio::test]
async fn an_answer_is_durable_with_the_effect_it_tells_of_on_sqlite() {
    told_with_the_effect(Store::sqlite_in_memory().unwrap()).await;
}

#[tokio::test]
async fn an_answer_is_durable_with_the_effect_it_tells_of_on_postgresql() {
    told_with_the_effect(Store::postgres(&fresh_database(), 4).await.unwrap()).await;
}

async fn told_with_the_effect(store: Store) {
    let w = World::on(store, "2026-10-01T00:00:00Z").await;
    let write = |body| {
        w.engine
            .write_customer(&w.caller, Target::New, Verb::Create, body, terms())
    };
    let refused = write(json!({"email": "nowhere"})).await;
    assert!(matches!(refused, Err(Refusal::Invalid(_))));
    assert_eq!(kept(&w).await, None, "what was not done has no answer");
    let first = write(json!({"first_name": "Kari"})).await.unwrap();
    let id = first.value.id.to_string();
    assert_eq!(
        kept(&w).await,
        Some(id.clone()),
        "a crash after the commit finds it"
    );
    let second = write(json!({"first_name": "Kari"})).await;
    let Err(Refusal::Conflict { code, .. }) = second else {
        panic!("the same key has done it twice: {second:?}")
    };
    assert_eq!((code, kept(&w).await), (ANSWERED, Some(id)));
    let no = w.caller.business_no;
    let people = w.engine.store().read(async move |tx: &mut Tx| {
        let (paging, mut tenant) = (flyt_store::page::Paging::default(), tx.tenant(no));
        let all = flyt_store::customers::page(&mut tenant, None, None, &paging).await?;
        Ok(all.rows.len())
    });
    assert_eq!(people.await.unwrap(), 1, "the second one left nothing");
    w.engine.stop().await;
}
