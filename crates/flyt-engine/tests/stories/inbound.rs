//! Deliveries that hold little more than an id, completed from the sender's API.

use crate::world::World;
use flyt_core::inbound::Adapter;
use flyt_core::invalid::Faults;
use flyt_engine::{Incoming, SourceBody, Taken};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Another system's API: answers each call with the next of `answers`, the last one for ever; keeps what was asked.
async fn api(answers: Vec<(u16, Value)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        let mut left = answers.into_iter();
        let mut answer = left.next().unwrap();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                    break;
                }
                request.push(byte[0]);
            }
            kept.lock()
                .unwrap()
                .push(String::from_utf8(request).unwrap().to_lowercase());
            let body = answer.1.to_string();
            let head = format!(
                "HTTP/1.1 {} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                answer.0,
                body.len()
            );
            stream
                .write_all(format!("{head}{body}").as_bytes())
                .await
                .unwrap();
            answer = left.next().unwrap_or(answer);
        }
    });
    (url, asked)
}

struct Source {
    world: World,
    id: flyt_core::id::SourceId,
    adapter: Adapter,
    token: String,
}
impl Source {
    async fn new(adapter: Adapter, settings: Value, token: Option<&str>) -> Self {
        let world = World::new("2026-10-01T00:00:00Z").await;
        let mut body = json!({"adapter": adapter.word(), "settings": settings});
        if let Some(token) = token {
            body["api_token"] = json!(token);
        }
        let mut faults = Faults::default();
        let body = SourceBody::read(&body, true, &mut faults);
        assert_eq!(faults.errors, vec![]);
        let (shown, token) = world.engine.create_source(&world.caller, body).await.unwrap();
        let id = shown["id"].as_str().unwrap().parse().unwrap();
        Self {
            world,
            id,
            adapter,
            token,
        }
    }
    async fn deliver(&self, body: &str) -> Taken {
        let incoming = Incoming {
            adapter: self.adapter,
            token: self.token.clone(),
            urls: Vec::new(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        self.world.engine.take_in(incoming).await.unwrap()
    }
    /// The newest delivery, once it no longer waits.
    async fn settled(&self) -> Value {
        loop {
            let (rows, _) = self
                .world
                .engine
                .source_deliveries(&self.world.caller, self.id, 1, None)
                .await
                .unwrap();
            if rows[0]["verdict"] != "waiting" {
                return rows[0].clone();
            }
            tokio::task::yield_now().await;
        }
    }
    async fn bookings(&self) -> i64 {
        let no = self.world.caller.business_no;
        let read = self.world.engine.store().read(async move |tx| {
            let found = flyt_store::bookings::by_external_id(&mut tx.tenant(no), "acuity:54321").await?;
            Ok(found.map_or(0, |b| b.start.as_second()))
        });
        read.await.unwrap()
    }
}
fn appointment() -> Value {
    json!({"id": 54321, "firstName": "Bob", "lastName": "McTest", "email": "bob.mctest@example.com", "phone": "",
        "datetime": "2026-10-20T10:15:00-0700", "duration": "60", "type": "Regular Visit", "appointmentTypeID": 1,
        "calendar": "My Calendar", "calendarID": 27238, "price": "10.00", "amountPaid": "0.00"})
}
const FORM: &str = "action=scheduled&id=54321&calendarID=27238&appointmentTypeID=1";

#[tokio::test]
async fn an_appointment_of_acuity_is_fetched_with_the_token_and_becomes_a_booking() {
    let (url, asked) = api(vec![(200, appointment())]).await;
    let source = Source::new(
        Adapter::Acuity,
        json!({"base_url": url, "user_id": "17"}),
        Some("key"),
    )
    .await;
    let taken = source.deliver(FORM).await;
    assert_eq!(taken.verdict, "waiting", "the answer does not wait for the fetch");
    let row = source.settled().await;
    assert_eq!(
        (&row["verdict"], &row["attempts"]),
        (&json!("taken"), &json!(1)),
        "{row}"
    );
    assert_eq!(source.bookings().await, 1_792_516_500);
    let asked = asked.lock().unwrap().clone();
    assert!(
        asked[0].starts_with("get /api/v1/appointments/54321 http/1.1"),
        "{asked:?}"
    );
    assert!(asked[0].contains("authorization: basic mtc6a2v5"), "{asked:?}");
    // The same form says "look" again: the appointment may have moved.
    source.deliver(FORM).await;
    source.settled().await;
    source.world.engine.stop().await;
}

#[tokio::test]
async fn without_a_token_a_form_of_acuity_is_noted_with_what_is_missing() {
    let source = Source::new(Adapter::Acuity, json!({}), None).await;
    let taken = source.deliver(FORM).await;
    assert_eq!(taken.verdict, "thin");
    assert_eq!(
        taken.detail.unwrap()["missing"],
        json!(["start", "service", "customer"])
    );
    assert_eq!(source.bookings().await, 0);
    source.world.engine.stop().await;
}

#[tokio::test]
async fn a_sender_that_refuses_to_tell_more_leaves_the_delivery_thin_with_the_reason() {
    let (url, _) = api(vec![(401, json!({}))]).await;
    let source = Source::new(Adapter::Acuity, json!({"base_url": url}), Some("wrong")).await;
    source.deliver(FORM).await;
    let row = source.settled().await;
    assert_eq!(row["verdict"], "thin");
    assert_eq!(row["error"], "the other system answered 401");
    source.world.engine.stop().await;
}

#[tokio::test]
async fn a_booking_of_square_is_written_without_the_customer_where_they_cannot_be_fetched() {
    let body = json!({"type": "booking.created", "event_id": "e1", "data": {"object": {"booking": {
        "id": "b1", "version": 0, "status": "ACCEPTED", "start_at": "2026-12-17T16:00:00Z", "customer_id": "C1",
        "appointment_segments": [{"duration_minutes": 30, "service_variation_id": "S", "team_member_id": "T"}]}}}});
    let (url, _) = api(vec![(404, json!({}))]).await;
    let source = Source::new(Adapter::Square, json!({"base_url": url}), Some("t")).await;
    source.deliver(&body.to_string()).await;
    let row = source.settled().await;
    assert_eq!(row["verdict"], "thin", "{row}");
    assert!(row["booking_id"].is_string(), "{row}");
    let (url, _) = api(vec![(
        200,
        json!({"customer": {"given_name": "Kari", "email_address": "kari@example.no"}}),
    )])
    .await;
    let source = Source::new(Adapter::Square, json!({"base_url": url}), Some("t")).await;
    source.deliver(&body.to_string()).await;
    assert_eq!(source.settled().await["verdict"], "taken");
    source.world.engine.stop().await;
}

#[tokio::test]
async fn an_api_behind_a_private_address_is_not_asked() {
    let source = Source::new(
        Adapter::Acuity,
        json!({"base_url": "http://10.0.0.1"}),
        Some("key"),
    )
    .await;
    source.deliver(FORM).await;
    let row = source.settled().await;
    assert_eq!(row["verdict"], "thin");
    assert!(row["error"].as_str().unwrap().contains("private"), "{row}");
    source.world.engine.stop().await;
}
