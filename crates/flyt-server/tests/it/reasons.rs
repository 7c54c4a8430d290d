//! Every reason that can be given for what was not done: produced by calls, and read back in messages, runs and the timeline
//! with its code and its sentence in the language of the owner.

use crate::world::{NOW, World};
use flyt_core::reason::Reason;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Not produced here, and why.
const ELSEWHERE: &[(Reason, &str)] = &[
    (
        Reason::FilterLocation,
        "a timer is withdrawn instead; explain tells it",
    ),
    (
        Reason::FilterResource,
        "a timer is withdrawn instead; explain tells it",
    ),
    (
        Reason::FilterService,
        "a timer is withdrawn instead; explain tells it",
    ),
    (
        Reason::FilterExtras,
        "a timer is withdrawn instead; explain tells it",
    ),
    (
        Reason::FilterOther,
        "no row is kept of triggers that do not fit; explain tells it",
    ),
    (
        Reason::ChannelPaused,
        "the stories of the engine's `circuits` tell it: it waits, and ends in no message",
    ),
    (
        Reason::RateGuard,
        "the stories of the engine's `circuits` tell it: it waits, and ends in no message",
    ),
    (
        Reason::ProviderLimit,
        "the stories of the engine's `quotas` tell it: it waits, and ends in no message",
    ),
    (Reason::SuppressedAddress, "`erase` tells it over HTTP"),
    (Reason::CustomerErased, "`erase` tells it over HTTP"),
    (Reason::EndpointDisabled, "`endpoints` tells it of a delivery"),
    (Reason::Sandboxed, "a sandbox captures, and gives no reason"),
];

const START: &str = "2026-10-20T12:00:00Z";
const SOON: &str = "2026-10-01T10:00:00Z";
const AFTER: &str = "2026-11-20T00:00:00Z";

/// Where a reason is read beside the timeline.
#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    Message,
    Run,
    Timer,
}

struct Stage {
    world: World,
    told: Vec<(Reason, At, String)>,
}
impl Stage {
    async fn new() -> Self {
        let world = World::reaching("127.0.0.1/32").await;
        let norwegian = json!({"default_language": "nb",
            "quiet_hours": {"sms": null, "email": {"from": "21:00", "to": "08:00"}}});
        world.call("PATCH", "/v1/business", &norwegian).await.expect(200);
        Self {
            world,
            told: Vec::new(),
        }
    }
    async fn post(&self, path: &str, body: &Value) -> String {
        let made = self.world.call("POST", path, body).await.expect(201);
        made.json["id"].as_str().unwrap().to_owned()
    }
    /// A workflow for one service of its own, which bears the name of the reason.
    async fn workflow(&self, reason: Reason, more: Value) -> String {
        let service = json!({"external_id": reason.word(), "name": reason.word(), "duration_minutes": 45});
        let made = self.world.call("POST", "/v1/services", &service).await;
        assert!(matches!(made.status.as_u16(), 201 | 409), "{}", made.text);
        let mut body = json!({"name": reason.word(), "enabled": true, "triggers": [before(24)], "actions": [sms("Hei")],
            "filters": {"service": {"any_of": [{"external_id": reason.word()}]}}});
        for (name, value) in more.as_object().unwrap() {
            if name == "filters" {
                let all = value.as_object().unwrap().clone();
                body["filters"].as_object_mut().unwrap().extend(all);
            } else {
                body[name] = value.clone();
            }
        }
        self.post("/v1/workflows", &body).await
    }
    async fn book(&self, reason: Reason, start: &str, more: Value) -> String {
        let mut body = json!({"customer": {"first_name": "Kari", "phone": "+4790000001", "email": "kari@check.example"},
            "service": {"external_id": reason.word()}, "start": start});
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        self.post("/v1/bookings", &body).await
    }
    async fn patch(&self, booking: &str, body: Value) {
        let path = format!("/v1/bookings/{booking}");
        self.world.call("PATCH", &path, &body).await.expect(200);
    }
    async fn clock(&self, to: &str) {
        self.world
            .call("POST", "/v1/test-clock", &json!({"now": to}))
            .await
            .expect(200);
    }
    /// Says that the booking will tell this reason.
    fn tells(&mut self, reason: Reason, at: At, booking: String) {
        self.told.push((reason, at, booking));
    }
    /// A reminder and a booking, and what is done to it then.
    async fn timer(&mut self, reason: Reason, start: &str, then: Value) -> String {
        self.workflow(reason, json!({})).await;
        let booking = self.book(reason, start, json!({})).await;
        if then != json!({}) {
            self.patch(&booking, then).await;
        }
        self.tells(reason, At::Timer, booking.clone());
        booking
    }
    /// Actions of a workflow that starts with the booking.
    async fn created(&mut self, reason: Reason, at: At, actions: Value, more: Value) -> String {
        let of = json!({"triggers": [{"type": "booking.created"}], "actions": actions});
        self.workflow(reason, of).await;
        let booking = self.book(reason, START, more).await;
        self.tells(reason, at, booking.clone());
        booking
    }
    /// The rows of a list that are about a booking.
    async fn rows(&self, list: &str, booking: &str) -> Vec<Value> {
        let path = match list {
            "timeline" => format!("/v1/bookings/{booking}/timeline"),
            _ => format!("/v1/{list}?booking_id={booking}"),
        };
        self.world.get(&path).await.expect(200).json["data"]
            .as_array()
            .unwrap()
            .clone()
    }
    /// Reads one reason back, everywhere it must stand.
    async fn check(&self, (reason, at, booking): &(Reason, At, String)) {
        let mut lists = vec!["timeline"];
        match at {
            At::Message => lists.push("messages"),
            At::Run => lists.push("runs"),
            At::Timer => {}
        }
        for list in lists {
            let rows = self.rows(list, booking).await;
            let row = rows.iter().find(|r| r["reason"] == reason.word());
            let row = row.unwrap_or_else(|| panic!("{reason} is not in {list}: {rows:#?}"));
            assert_eq!(row["reason_sentence"], reason.sentence("nb"), "{list}: {row}");
        }
    }
}

fn before(hours: i64) -> Value {
    json!({"type": "booking.starts", "offset": {"amount": hours, "unit": "hours", "direction": "before"}})
}
fn sms(text: &str) -> Value {
    json!({"type": "sms", "to": ["customer"], "content": {"nb": {"text": text}}})
}
fn call(url: &str, more: &Value) -> Value {
    let mut action = json!({"type": "webhook", "url": url, "signing": false});
    action
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    action
}
/// A receiver that answers every call alike; with nothing it hangs up.
async fn receiver(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = vec![0; 65_536];
            if stream.read(&mut asked).await.is_ok() {
                let _closed = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    format!("http://{address}/")
}

async fn withdrawn(s: &mut Stage) {
    s.timer(Reason::DueBeforeCreation, SOON, json!({})).await;
    s.timer(Reason::DueBeforeEdit, START, json!({"start": SOON}))
        .await;
    s.timer(Reason::BookingNotActive, START, json!({"status": "cancelled"}))
        .await;
    s.timer(
        Reason::Superseded,
        START,
        json!({"start": "2026-10-22T12:00:00Z"}),
    )
    .await;
    s.timer(Reason::AutomationsOff, START, json!({"automations": "off"}))
        .await;
    let elsewhere = json!({"service": {"external_id": "another", "name": "Another"}});
    s.timer(Reason::FilterNoLongerMatches, START, elsewhere).await;
    let deleted = s.timer(Reason::BookingDeleted, START, json!({})).await;
    let path = format!("/v1/bookings/{deleted}");
    s.world.send("DELETE", &path, &[], None).await.expect(204);

    let skipped = s.timer(Reason::CancelledByUser, START, json!({})).await;
    let timers = s.rows("timers", &skipped).await;
    let path = format!("/v1/timers/{}/skip", timers[0]["id"].as_str().unwrap());
    let done = s.world.send("POST", &path, &[], None).await;
    assert!(done.status.is_success(), "{}", done.text);

    let pinned = json!({"triggers": [{"type": "booking.starts",
        "offset": {"amount": 0, "unit": "days", "direction": "before", "at": "23:00"}}]});
    s.workflow(Reason::DueAfterAnchor, pinned).await;
    let booking = s.book(Reason::DueAfterAnchor, START, json!({})).await;
    s.tells(Reason::DueAfterAnchor, At::Timer, booking);

    let mail = json!([{"type": "email", "to": ["customer"], "content": {"nb": {"subject": "Hei", "body": "<p>Hei</p>"}}}]);
    let night = json!({"triggers": [before(1)], "actions": mail});
    s.workflow(Reason::QuietHoursPastStart, night).await;
    let booking = s
        .book(Reason::QuietHoursPastStart, "2026-10-01T03:00:00Z", json!({}))
        .await;
    s.tells(Reason::QuietHoursPastStart, At::Timer, booking);
}

async fn runs(s: &mut Stage) {
    for (reason, more) in [
        (
            Reason::FilterStatus,
            json!({"filters": {"status": {"any_of": ["pending"]}}}),
        ),
        (
            Reason::FilterLanguage,
            json!({"filters": {"language": {"any_of": ["en"]}}}),
        ),
        (
            Reason::ConditionFalse,
            json!({"condition": {"field": "customer.tags", "op": "contains", "value": "vip"}}),
        ),
    ] {
        s.workflow(reason, more).await;
        let booking = s.book(reason, START, json!({})).await;
        s.tells(reason, At::Run, booking);
    }
    let held = json!({"triggers": [{"type": "booking.changed", "hold": "PT2M"}]});
    s.workflow(Reason::NoNetChange, held).await;
    let booking = s.book(Reason::NoNetChange, START, json!({})).await;
    s.patch(&booking, json!({"start": "2026-10-21T12:00:00Z"})).await;
    s.patch(&booking, json!({"start": START})).await;
    s.tells(Reason::NoNetChange, At::Run, booking);

    let always = json!({"field": "booking.reference", "op": "exists"});
    let stop = json!([{"type": "stop_if", "condition": always}, sms("Hei")]);
    s.created(Reason::Stopped, At::Run, stop, json!({})).await;

    for (from, to) in [("pending", "approved"), ("approved", "pending")] {
        let swing = json!({"triggers": [{"type": "booking.status_changed", "to": [from]}],
            "actions": [{"type": "set_status", "status": to}]});
        s.workflow(Reason::LoopGuard, swing).await;
    }
    let booking = s.book(Reason::LoopGuard, START, json!({})).await;
    s.patch(&booking, json!({"status": "pending"})).await;
    s.tells(Reason::LoopGuard, At::Run, booking);

    let wait = json!({"triggers": [{"type": "booking.created"}], "actions": [{"type": "wait", "duration": "P1D"}, sms("Hei")]});
    let off = s.workflow(Reason::WorkflowDisabled, wait).await;
    let booking = s.book(Reason::WorkflowDisabled, START, json!({})).await;
    s.clock(NOW).await;
    let path = format!("/v1/workflows/{off}");
    s.world
        .call("PATCH", &path, &json!({"enabled": false}))
        .await
        .expect(200);
    s.tells(Reason::WorkflowDisabled, At::Run, booking);
}

async fn messages(s: &mut Stage) {
    let with = |mut action: Value, name: &str, value: Value| {
        action[name] = value;
        json!([action])
    };
    let none = json!({});
    let off = with(sms("Hei"), "enabled", json!(false));
    s.created(Reason::ActionDisabled, At::Message, off, none.clone())
        .await;
    let nobody = json!({"customer": {"first_name": "Ola"}});
    s.created(Reason::NoRecipient, At::Message, json!([sms("Hei")]), nobody)
        .await;
    let out = json!({"customer": {"first_name": "Ola", "phone": "+4790000002", "opt_outs": [{"channel": "sms", "at": NOW}]}});
    s.created(Reason::OptedOut, At::Message, json!([sms("Hei")]), out)
        .await;
    let advert = with(sms("Hei"), "purpose", json!("marketing"));
    s.created(Reason::NoConsent, At::Message, advert, none.clone())
        .await;
    let empty = json!([sms("{{ booking.notes | required }}")]);
    s.created(Reason::RenderError, At::Message, empty, none.clone())
        .await;
    let blocked = json!([call("http://10.0.0.1/", &json!({}))]);
    s.created(Reason::BlockedAddress, At::Message, blocked, none.clone())
        .await;
    let gone = receiver("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let refused = json!([call(&gone, &json!({}))]);
    s.created(Reason::PermanentFailure, At::Message, refused, none.clone())
        .await;
    let lock = call(&gone, &json!({"name": "lock", "store": {"code": "/code"}}));
    let needs = json!([lock, sms("{{ steps.lock.code }}")]);
    s.created(Reason::DependencyFailed, At::Message, needs, none.clone())
        .await;
    let broken = receiver("HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let tired = json!([call(&broken, &json!({}))]);
    s.created(Reason::AttemptsExhausted, At::Message, tired, none.clone())
        .await;
    let silent = receiver("").await;
    let lost = json!([call(&silent, &json!({"on_unknown": "hold"}))]);
    s.created(Reason::UnknownOutcome, At::Message, lost, none).await;
}

/// Countries are the operator's limit that ends a message at once.
async fn limited(s: &mut Stage) {
    let limits = async |s: &Stage, countries: Value| {
        let body = json!({"limits": {"sms_countries": countries}});
        s.world.call("PATCH", "/v1/business", &body).await.expect(200);
    };
    limits(s, json!(["SE"])).await;
    s.created(Reason::Quota, At::Message, json!([sms("Hei")]), json!({}))
        .await;
    s.clock(NOW).await;
    limits(s, Value::Null).await;
}

/// Sending is held over the start of a booking: what waits says so, and what is released too late has expired.
async fn held(s: &mut Stage) {
    s.workflow(Reason::Expired, json!({})).await;
    let booking = s.book(Reason::Expired, START, json!({})).await;
    s.world
        .call("PATCH", "/v1/business", &json!({"mode": "held"}))
        .await
        .expect(200);
    s.clock("2026-10-19T13:00:00Z").await;
    s.check(&(Reason::Held, At::Message, booking.clone())).await;
    assert_eq!(s.rows("messages", &booking).await[0]["state"], "queued");
    s.clock("2026-10-20T13:00:00Z").await;
    s.world
        .call("PATCH", "/v1/business", &json!({"mode": "live"}))
        .await
        .expect(200);
    s.tells(Reason::Expired, At::Message, booking);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_is_produced_by_calls_and_read_back_in_the_owners_language() {
    let mut s = Stage::new().await;
    withdrawn(&mut s).await;
    runs(&mut s).await;
    messages(&mut s).await;
    limited(&mut s).await;
    s.clock("2026-10-10T00:00:00Z").await;
    held(&mut s).await;
    s.clock(AFTER).await;
    for told in &s.told {
        s.check(told).await;
    }
    let produced = s.told.iter().map(|(reason, _, _)| *reason).chain([Reason::Held]);
    let produced: BTreeSet<Reason> = produced.collect();
    let elsewhere: BTreeSet<Reason> = ELSEWHERE.iter().map(|(reason, _)| *reason).collect();
    let both: Vec<_> = produced.intersection(&elsewhere).collect();
    let missing: Vec<_> = (Reason::ALL.iter())
        .filter(|r| !produced.contains(r) && !elsewhere.contains(r))
        .collect();
    assert_eq!(
        (both, missing),
        (Vec::new(), Vec::new()),
        "produced, or listed with why it is not"
    );
    s.world.close().await;
}
