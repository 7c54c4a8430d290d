//! How calls end, and what they carry.

use std::net::IpAddr;
use std::time::Duration;

use flyt_channels::egress::{Guard, Timeouts, parse_allow};
use flyt_channels::outcome::Outcome;
use flyt_channels::signature::{Delivery, TOLERANCE_S, verify};
use flyt_channels::webhook::{HeaderRefused, SuccessCodes, WebhookCall, Webhooks, check_header};
use jiff::Timestamp;

use crate::certificate::made_for;
use crate::egress::Table;
use crate::http_sink::{HttpSink, Then, answer};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn loopback() -> Guard {
    Guard::new(parse_allow("127.0.0.0/8").unwrap())
}

fn webhooks() -> Webhooks {
    Webhooks::new(loopback()).unwrap()
}

fn post(url: &str) -> WebhookCall {
    WebhookCall {
        method: "POST".into(),
        url: url.into(),
        content_type: "application/json".into(),
        body: "{\"name\":\"Åse\"}".into(),
        id: "stp_1".into(),
        ..WebhookCall::default()
    }
}

async fn told(raw: String) -> Outcome {
    let sink = HttpSink::start(vec![Then::Say(raw)]).await;
    webhooks().call(&post(&sink.url("/hook")), now()).await
}

fn retry_after_ms(outcome: &Outcome) -> Option<i64> {
    let Outcome::Temporary { retry_after_ms, .. } = outcome else {
        panic!("not temporary: {outcome:?}")
    };
    *retry_after_ms
}

#[tokio::test]
async fn a_signed_call_carries_its_id_time_and_signature() {
    let sink = HttpSink::start(Vec::new()).await;
    let mut call = post(&sink.url("/hook?x=1"));
    call.secrets = vec![SECRET.into()];
    call.headers = vec![("X-Salon".into(), "Nord".into())];
    assert!(matches!(
        webhooks().call(&call, now()).await,
        Outcome::Accepted {
            provider_id: None,
            ..
        }
    ));
    let request = sink.requests().remove(0);
    assert_eq!(request.line, "POST /hook?x=1 HTTP/1.1");
    assert_eq!(request.body, call.body);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("x-salon"), Some("Nord"));
    assert!(request.header("user-agent").unwrap().starts_with("Flyt/"));
    assert_eq!(request.header("webhook-timestamp"), Some("1795338000"));
    let delivery = Delivery {
        id: request.header("webhook-id").unwrap(),
        timestamp: "1795338000",
        signature: request.header("webhook-signature").unwrap(),
        body: &request.body,
    };
    assert_eq!(
        (delivery.id, verify(&call.secrets, delivery, now(), TOLERANCE_S)),
        ("stp_1", Ok(()))
    );
}

#[tokio::test]
async fn an_unsigned_call_still_carries_its_id_and_time() {
    let sink = HttpSink::start(Vec::new()).await;
    webhooks().call(&post(&sink.url("/")), now()).await;
    let request = sink.requests().remove(0);
    assert_eq!(request.header("webhook-id"), Some("stp_1"));
    assert_eq!(request.header("webhook-timestamp"), Some("1795338000"));
    assert_eq!(request.header("webhook-signature"), None);
}

#[tokio::test]
async fn connections_are_kept_for_the_next_call() {
    let sink = HttpSink::start(Vec::new()).await;
    let webhooks = webhooks();
    for _ in 0..5 {
        let outcome = webhooks.call(&post(&sink.url("/")), now()).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }));
    }
    assert_eq!((sink.requests().len(), sink.connections()), (5, 1));
}

#[tokio::test]
async fn a_success_keeps_the_answer_for_store() {
    let outcome = told(answer(
        "201 Created",
        &["date: Sun, 22 Nov 2026 09:00:05 GMT"],
        "{\"code\":\"A1\"}",
    ))
    .await;
    let Outcome::Accepted { answer, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(answer.code, Some(201));
    assert_eq!(answer.body.as_deref(), Some(b"{\"code\":\"A1\"}".as_slice()));
    assert_eq!(answer.text, "{\"code\":\"A1\"}");
    assert_eq!(answer.date, Some("2026-11-22T09:00:05Z".parse().unwrap()));
}

#[tokio::test]
async fn no_more_than_sixteen_kilobytes_of_an_answer_are_read() {
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n".to_owned() + &"x".repeat(40_000);
    let outcome = told(endless).await;
    let Outcome::Accepted { answer, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((answer.body.unwrap().len(), answer.text.len()), (16 * 1024, 1024));
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_the_status_standing() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"co".to_owned();
    let sink = HttpSink::start(vec![Then::SayAndClose(cut)]).await;
    let outcome = webhooks().call(&post(&sink.url("/")), now()).await;
    let Outcome::Accepted { answer, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(answer.body, None);
}

#[tokio::test]
async fn every_answer_but_success_and_410_is_temporary() {
    for status in [
        "301 Moved",
        "400 Bad",
        "401 No",
        "404 Gone?",
        "418 Tea",
        "429 Slow",
        "500 Oh",
        "503 Later",
    ] {
        let outcome = told(answer(status, &["location: /x"], "why\r\nnot")).await;
        assert_eq!(retry_after_ms(&outcome), None, "{status}");
        assert_eq!(outcome.answer().text, "why not");
        assert_eq!(outcome.answer().code, status[..3].parse().ok());
    }
    assert!(
        matches!(told(answer("410 Gone", &[], "")).await, Outcome::Permanent { answer } if answer.text == "Gone")
    );
}

#[tokio::test]
async fn success_is_what_the_action_says_it_is() {
    let sink = HttpSink::start(vec![
        Then::Say(answer("200 OK", &[], "")),
        Then::Say("HTTP/1.1 204 No Content\r\n\r\n".into()),
        Then::Say(answer("410 Gone", &[], "")),
    ])
    .await;
    let call = WebhookCall {
        success: "204, 410-411".parse().unwrap(),
        ..post(&sink.url("/"))
    };
    let webhooks = webhooks();
    assert!(matches!(
        webhooks.call(&call, now()).await,
        Outcome::Temporary { .. }
    ));
    assert!(matches!(
        webhooks.call(&call, now()).await,
        Outcome::Accepted { .. }
    ));
    assert!(matches!(
        webhooks.call(&call, now()).await,
        Outcome::Accepted { .. }
    ));
}

#[test]
fn success_codes_are_read_and_nonsense_refused() {
    let codes = SuccessCodes::parse(&["2xx", "304", "400-404"]).unwrap();
    for (status, expected) in [
        (200, true),
        (299, true),
        (300, false),
        (304, true),
        (404, true),
        (405, false),
    ] {
        assert_eq!(codes.contains(status), expected, "{status}");
    }
    assert_eq!(SuccessCodes::parse::<&str>(&[]), Ok(SuccessCodes::default()));
    for bad in ["", "6xx", "0xx", "xx", "99", "600", "204-200", "2x", "ok"] {
        assert!(SuccessCodes::parse(&[bad]).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_read_against_the_answers_own_date() {
    let date = "date: Sun, 22 Nov 2026 12:00:00 GMT";
    let cases = [
        ("retry-after: 120", Some(120_000)),
        ("retry-after: 0", Some(1_000)),
        ("retry-after: 1000000000", Some(86_400_000)),
        ("retry-after: 99999999999999999999999", Some(86_400_000)),
        ("retry-after: Sun, 22 Nov 2026 12:00:30 GMT", Some(30_000)),
        ("retry-after: Sun, 22 Nov 2026 11:00:00 GMT", Some(1_000)),
        ("retry-after: Sun, 29 Nov 2026 12:00:00 GMT", Some(86_400_000)),
        ("retry-after: soon", None),
        ("retry-after: -5", None),
        ("retry-after:", None),
    ];
    for (line, expected) in cases {
        let outcome = told(answer("503 Later", &[date, line], "")).await;
        assert_eq!(retry_after_ms(&outcome), expected, "{line}");
    }
    let dateless = answer("429 Slow", &["retry-after: Sun, 22 Nov 2026 09:01:00 GMT"], "");
    assert_eq!(
        retry_after_ms(&told(dateless).await),
        Some(60_000),
        "against our own clock"
    );
}

#[tokio::test]
async fn nobody_at_the_address_is_temporary() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/?token=abc", listener.local_addr().unwrap());
    drop(listener);
    let outcome = webhooks().call(&post(&url), now()).await;
    assert_eq!(retry_after_ms(&outcome), None);
    assert!(outcome.answer().text.contains("refused"), "{outcome:?}");
    assert!(
        !outcome.answer().text.contains("token"),
        "the URL is not repeated"
    );
}

#[tokio::test]
async fn a_name_without_address_is_temporary() {
    let guard = loopback().with_lookup(Table::of(
        "other.example",
        vec![vec![IpAddr::from([127, 0, 0, 1])]],
    ));
    let outcome = Webhooks::new(guard)
        .unwrap()
        .call(&post("https://gone.example/"), now())
        .await;
    assert!(matches!(outcome, Outcome::Temporary { .. }), "{outcome:?}");
}

#[tokio::test]
async fn tls_that_does_not_hold_is_temporary() {
    let sink = HttpSink::start(Vec::new()).await;
    let url = sink.url("/").replace("http://", "https://");
    let timeouts = Timeouts {
        connect: Duration::from_millis(300),
        total: Duration::from_secs(5),
    };
    let outcome = Webhooks::with_timeouts(loopback(), timeouts)
        .unwrap()
        .call(&post(&url), now())
        .await;
    assert!(matches!(outcome, Outcome::Temporary { .. }), "{outcome:?}");
    assert_eq!(sink.requests().len(), 0);
}

#[tokio::test]
async fn a_certificate_is_checked_against_the_name_in_the_url() {
    let (ca_pem, acceptor) = made_for(&["hooks.example"]);
    let sink = HttpSink::start_tls(acceptor).await;
    for (name, trusted, taken) in [
        ("hooks.example", true, true),
        ("hooks.example", false, false),
        ("other.example", true, false),
    ] {
        let guard = loopback().with_lookup(Table::of(name, vec![vec![IpAddr::from([127, 0, 0, 1])]]));
        let guard = if trusted {
            guard.with_authority(ca_pem.as_bytes())
        } else {
            guard
        };
        let url = format!("https://{name}:{}/", sink.address.port());
        let outcome = Webhooks::new(guard).unwrap().call(&post(&url), now()).await;
        assert_eq!(
            matches!(outcome, Outcome::Accepted { .. }),
            taken,
            "{name}: {outcome:?}"
        );
        assert_eq!(
            matches!(outcome, Outcome::Temporary { .. }),
            !taken,
            "{name}: {outcome:?}"
        );
    }
    assert_eq!(sink.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unknown() {
    let sink = HttpSink::start(vec![Then::Hang]).await;
    let timeouts = Timeouts {
        connect: Duration::from_secs(5),
        total: Duration::from_millis(200),
    };
    let outcome = Webhooks::with_timeouts(loopback(), timeouts)
        .unwrap()
        .call(&post(&sink.url("/")), now())
        .await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(sink.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_lost_before_the_answer_is_unknown_and_not_tried_again() {
    let cut = Then::SayAndClose("HTTP/1.1 20".into());
    for then in [Then::Close, cut] {
        let sink = HttpSink::start(vec![then]).await;
        let outcome = webhooks().call(&post(&sink.url("/")), now()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
        assert_eq!(sink.requests().len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_an_answer_is_unknown() {
    let outcome = told("220 mail.example ESMTP\r\n".into()).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn headers_that_lie_or_break_lines_send_nothing() {
    let sink = HttpSink::start(Vec::new()).await;
    let evil = [
        ("Host", "evil.example"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("connection", "close"),
        ("Webhook-Id", "other"),
        ("webhook-signature", "v1,x"),
        ("X-Name", "a\r\nX-Other: b"),
        ("X-Name", "a\nb"),
        ("X-Name", "a\0b"),
        ("X Name", "a"),
        ("X-Name\r\nX-Other", "a"),
        ("", "a"),
    ];
    for (name, value) in evil {
        assert!(check_header(name, value).is_err(), "{name:?}: {value:?}");
        let call = WebhookCall {
            headers: vec![(name.into(), value.into())],
            ..post(&sink.url("/"))
        };
        let outcome = webhooks().call(&call, now()).await;
        assert!(
            matches!(outcome, Outcome::Permanent { .. }),
            "{name:?}: {outcome:?}"
        );
    }
    assert_eq!(
        check_header("Host", "x"),
        Err(HeaderRefused::Reserved("Host".into()))
    );
    assert_eq!(check_header("Authorization", "Bearer æ"), Ok(()));
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_apart() {
    let call = |url: &str| post(url);
    let outcome = webhooks().call(&call("http://10.0.0.1/"), now()).await;
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    let outcome = webhooks().call(&call("no address"), now()).await;
    assert!(matches!(outcome, Outcome::Permanent { .. }), "{outcome:?}");
    let unsigned = WebhookCall {
        secrets: vec!["secret".into()],
        ..call("http://127.0.0.1:9/")
    };
    let outcome = webhooks().call(&unsigned, now()).await;
    assert!(matches!(outcome, Outcome::Configuration { .. }), "{outcome:?}");
    let method = WebhookCall {
        method: "GET /x HTTP/1.1\r\n".into(),
        ..call("http://127.0.0.1:9/")
    };
    assert!(matches!(
        webhooks().call(&method, now()).await,
        Outcome::Permanent { .. }
    ));
}
