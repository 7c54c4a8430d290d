//! `/v1/events`: the feed as pages, oldest first, or as server-sent events that go on for as long as somebody listens.

use super::{Call, id};
use crate::answer::{Answer, object};
use crate::auth::still_known;
use crate::openapi::{Operation, parameter, schema, tagged};
use crate::page::{self, Query};
use crate::problem::Problem;
use crate::state::App;
use crate::streams::{Seat, Streams};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use flyt_core::event::EventKind;
use flyt_core::id::{BookingId, EventId};
use flyt_engine::{Caller, EventQuery, Refusal, Told, clock};
use flyt_store::Bell;
use futures_util::stream;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Events that a stream holds in memory at once.
const BATCH: i64 = 50;
/// The cursor that begins at the present end of the feed.
const NOW: &str = "now";
/// Longest silence of a stream: a comment shows both sides that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// On PostgreSQL a wake-up may be lost, and what a transaction held back may end without one: the net under the bell.
const NET: Duration = Duration::from_secs(1);
/// Least time between two looks, so that a storm of commits is not a storm of reads.
const REST: Duration = Duration::from_millis(20);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/events", get(feed))
        .route("/events/{id}", get(one))
}

pub(super) fn operations() -> Vec<Operation> {
    let known: Vec<&str> = EventKind::ALL.iter().map(|k| k.word()).collect();
    let query = [
        parameter::some_of("type", "Only of these kinds.", &known),
        parameter::id("booking_id", "bkg"),
        parameter::header(
            "Last-Event-ID",
            "In a stream: the id of the last event that was heard; it goes on after it.",
        ),
    ];
    let event = schema::reference("Event");
    tagged(
        "What happened",
        vec![
            Operation::get("/v1/events", "listEvents", "The feed of events, oldest first")
                .about(
                    "`next_cursor` stands on every page with events: whoever reads to the end goes on from there. With \
                     `Accept: text/event-stream` the answer is a stream of server-sent events that goes on. `cursor=now` \
                     begins with what happens from now on.",
                )
                .query(query.into_iter().chain(parameter::cursor()))
                .lists("Event")
                .answers("text/event-stream", serde_json::json!({"type": "string"})),
            Operation::get("/v1/events/{id}", "readEvent", "One event").answers("application/json", event),
        ],
    )
}

async fn one(call: Call, path: Path<String>) -> Answer {
    let told = call
        .app
        .engine()
        .event(&call.caller, id::<EventId>(path)?)
        .await?;
    Ok(object(&told.object))
}

async fn feed(call: Call, headers: HeaderMap, mut query: Query) -> Answer {
    let known: Vec<&'static str> = EventKind::ALL.iter().map(|k| k.word()).collect();
    let kinds = query.words("type", &known, EventKind::from_word);
    let booking_id = query.parsed::<BookingId>("booking_id", "the id of a booking");
    let (limit, cursor) = (query.limit(), query.text("cursor"));
    query.close()?;
    let streams = accepts_stream(&headers);
    let last = headers
        .get("last-event-id")
        .and_then(|v| v.to_str().ok())
        .filter(|text| streams && !text.is_empty());
    let wanted = EventQuery {
        after: place(&call, last.or(cursor.as_deref())).await?,
        kinds,
        booking_id,
        limit,
    };
    if streams {
        return follow(call, headers, wanted);
    }
    let from_now = cursor.as_deref() == Some(NOW);
    let began = from_now.then(|| page::write_numbers(&wanted.after));
    let told = call.app.engine().events(&call.caller, wanted).await?;
    // On every page with events, so that whoever reads to the end has a place to go on from.
    let next = told.last().map(|last| page::write_numbers(&last.place)).or(began);
    let data = told.into_iter().map(|t| t.object).collect();
    Ok(page::answer((data, next)))
}

fn accepts_stream(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    accept.is_some_and(|a| a.contains("text/event-stream"))
}

/// Where to go on: after the event with an id, or at a cursor.
async fn place(call: &Call, at: Option<&str>) -> Result<Vec<i64>, Problem> {
    let Some(text) = at else { return Ok(Vec::new()) };
    let refused = || {
        let rule = "must be the `next_cursor` of this list, unchanged, or the id of an event that is kept";
        Problem::fault("?cursor", "bad_cursor", rule)
    };
    if text == NOW {
        return Ok(call.app.engine().events_end(&call.caller).await?);
    }
    let Ok(event) = text.parse::<EventId>() else {
        return page::read_numbers(text).ok_or_else(refused);
    };
    match call.app.engine().event(&call.caller, event).await {
        Ok(told) => Ok(told.place),
        Err(Refusal::NotFound) => Err(refused()),
        Err(other) => Err(other.into()),
    }
}

fn follow(call: Call, headers: HeaderMap, wanted: EventQuery) -> Answer {
    let Some(seat) = Streams::enter(&call.app, &call.caller) else {
        let most = crate::streams::MOST;
        let detail = format!("This key has {most} streams open already: close one first.");
        return Err(Problem {
            retry_after_s: Some(5),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail)
        });
    };
    let following = Following {
        bell: call.app.engine().store().bell(),
        ending: call.app.streams().ending(),
        app: call.app,
        caller: call.caller,
        headers,
        wanted: EventQuery {
            limit: BATCH,
            ..wanted
        },
        spoke: None,
        _seat: seat,
    };
    let chunks = stream::unfold(following, async |mut f| {
        let chunk = f.next().await?;
        Some((Ok::<Bytes, Infallible>(chunk), f))
    });
    let mut answer = Response::new(Body::from_stream(chunks));
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(answer)
}

/// A stream under way. It reads the next batch when the last one has been taken: a slow reader holds one batch.
struct Following {
    app: App,
    caller: Caller,
    /// Of the request: its key may be taken back while the stream goes on.
    headers: HeaderMap,
    wanted: EventQuery,
    bell: Bell,
    ending: watch::Receiver<bool>,
    /// When it last said something.
    spoke: Option<Instant>,
    _seat: Seat,
}

impl Following {
    /// The next bytes; nothing when the stream ends. The other side then comes again with the id of the last event it has.
    async fn next(&mut self) -> Option<Bytes> {
        let Some(mut spoke) = self.spoke else {
            self.spoke = Some(clock::monotonic());
            return Some(Bytes::from_static(b"retry: 2000\n: events of Flyt\n\n"));
        };
        loop {
            if *self.ending.borrow() {
                return None;
            }
            self.bell.hush();
            let engine = self.app.engine();
            let told = engine.events(&self.caller, self.wanted.clone()).await.ok()?;
            let silent = clock::monotonic().saturating_duration_since(spoke);
            if !told.is_empty() || silent >= HEARTBEAT {
                if !still_known(&self.app, &self.headers).await {
                    return None;
                }
                spoke = clock::monotonic();
                self.spoke = Some(spoke);
                if let Some(last) = told.last() {
                    self.wanted.after.clone_from(&last.place);
                    return Some(Bytes::from(written(&told)));
                }
                return Some(Bytes::from_static(b": still here\n\n"));
            }
            let rest = HEARTBEAT.saturating_sub(silent);
            let rest = if engine.store().is_postgres() {
                rest.min(NET)
            } else {
                rest
            };
            tokio::select! {
                () = self.bell.rung() => clock::pause(REST).await,
                () = clock::pause(rest) => {}
                _ = self.ending.changed() => return None,
            }
        }
    }
}

fn written(told: &[Told]) -> String {
    let mut text = String::new();
    for one in told {
        let word = EventKind::from_ordinal(one.id.ordinal).map_or("", EventKind::word);
        // Writing to a string does not fail.
        let _ = write!(text, "id: {}\nevent: {word}\ndata: {}\n\n", one.id, one.object);
    }
    text
}
