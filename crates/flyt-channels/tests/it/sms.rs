//! SMS gateways: requests and answers against Twilio's documented samples (`fixtures/sms-twilio-*`, from
//! twilio/twilio-oai and Twilio's page on status callbacks), every row of its code table, and real exchanges with a sink.

use crate::http_sink::{HttpSink, Then, answer};
use flyt_channels::egress::{Guard, Timeouts, parse_allow};
use flyt_channels::outcome::Outcome;
use flyt_channels::sms::twilio::{self, Class};
use flyt_channels::sms::{
    Account, AccountRefused, Fate, Gateways, Owner, Received, Reply, Report, Sms, generic, sender_name,
};
use jiff::Timestamp;
use std::time::Duration;

const CREATED: &[u8] = include_bytes!("../fixtures/sms-twilio-message-created-201.json");
const CALLBACK: &str = include_str!("../fixtures/sms-twilio-status-callback.txt");

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}
fn hei() -> Sms {
    Sms {
        from: "SalongNord".into(),
        to: "+4741234567".into(),
        text: "Hei Åse".into(),
        encoding: "gsm7".into(),
        segments: 1,
        reference: "msg_1".into(),
        callback: Some("https://flyt.example/v1/callbacks/twilio/t?ref=msg_1".into()),
    }
}
fn at_twilio() -> twilio::Account {
    twilio::Account {
        base: twilio::BASE.into(),
        sid: "AC1".into(),
        token: "secret".into(),
        from: None,
    }
}
fn gateways(total_ms: u64) -> Gateways {
    let timeouts = Timeouts {
        connect: Duration::from_secs(2),
        total: Duration::from_millis(total_ms),
    };
    Gateways::with_timeouts(Guard::new(parse_allow("").unwrap()), timeouts).unwrap()
}
/// The word of an outcome, for tables.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Temporary { .. } => "later",
        Outcome::PermanentRecipient { .. } => "bad number",
        Outcome::OptedOut { .. } => "opted out",
        Outcome::Once { .. } => "once",
        Outcome::Permanent { .. } => "refused",
        Outcome::Configuration { .. } => "configuration",
        Outcome::Blocked { .. } => "blocked",
        Outcome::Unknown { .. } => "unknown",
    }
}
fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        body: body.into(),
        retry_after_ms: None,
    }
}

#[test]
fn twilio_is_told_number_sender_text_and_where_reports_go() {
    let request = twilio::request(&at_twilio(), &hei());
    assert_eq!(
        request.url,
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    );
    assert_eq!(
        request.headers,
        [("authorization", "Basic QUMxOnNlY3JldA==".to_owned())]
    );
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        "To=%2B4741234567&From=SalongNord&Body=Hei+%C3%85se&StatusCallback=https%3A%2F%2Fflyt.example%2Fv1%2Fcallbacks%2F\
         twilio%2Ft%3Fref%3Dmsg_1"
    );
    let service = Sms {
        from: format!("MG{}", "a".repeat(32)),
        ..hei()
    };
    let body = String::from_utf8(twilio::request(&at_twilio(), &service).body).unwrap();
    assert!(body.contains("&MessagingServiceSid=MG"), "{body}");
    assert!(!format!("{:?}", at_twilio()).contains("secret"));
}

#[test]
fn a_message_that_twilio_made_is_known_by_its_sid() {
    let made = Reply {
        status: 201,
        body: CREATED.to_vec(),
        retry_after_ms: None,
    };
    let Outcome::Accepted { provider_id, .. } = twilio::outcome(&made) else {
        panic!("not accepted")
    };
    assert_eq!(provider_id.unwrap(), format!("SM{}", "a".repeat(32)));
}

#[test]
fn every_code_of_the_table_means_what_it_says() {
    for (code, status, means) in [
        (20429, 429, "later"),
        (20500, 500, "unknown"),
        (20003, 401, "configuration"),
        (21211, 400, "bad number"),
        (21614, 400, "bad number"),
        (30005, 400, "bad number"),
        (30006, 400, "bad number"),
        (21212, 400, "configuration"),
        (21606, 400, "configuration"),
        (21608, 400, "configuration"),
        (30042, 400, "configuration"),
        (21610, 400, "opted out"),
        (21612, 400, "refused"),
        (30004, 400, "refused"),
        (30007, 400, "refused"),
        (30001, 400, "later"),
        (30002, 400, "configuration"),
        (30003, 400, "once"),
        (30008, 400, "once"),
        (21730, 400, "later"),
    ] {
        let told = reply(
            status,
            &format!("{{\"code\":{code},\"message\":\"m\",\"status\":{status}}}"),
        );
        assert_eq!(word(&twilio::outcome(&told)), means, "{code}");
        let made = reply(201, &format!("{{\"sid\":\"SM1\",\"error_code\":\"{code}\"}}"));
        assert_eq!(word(&twilio::outcome(&made)), means, "{code} in a message");
    }
    for (status, means) in [
        (429, "later"),
        (500, "unknown"),
        (503, "unknown"),
        (401, "configuration"),
    ] {
        assert_eq!(
            word(&twilio::outcome(&reply(status, "no JSON"))),
            means,
            "{status}"
        );
    }
    assert_eq!(twilio::class(30003), Some(Class::Once(Some(3_600_000))));
    assert_eq!(twilio::class(12345), None);
    assert_eq!(word(&twilio::outcome(&reply(400, "{\"code\":12345}"))), "refused");
}

#[test]
fn twilios_signature_is_believed_and_no_other() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/signatures.json")).unwrap();
    let sample = &vectors["providers"]["twilio"];
    let text = |name: &str| sample[name].as_str().unwrap();
    let form: Vec<(String, String)> = sample["form"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned()))
        .collect();
    let (token, url, signature) = (text("auth_token"), text("url"), text("X-Twilio-Signature"));
    assert!(twilio::is_signed(token, url, &form, signature));
    let turned: Vec<_> = form.iter().rev().cloned().collect();
    assert!(
        twilio::is_signed(token, url, &turned, signature),
        "fields come in any order"
    );
    assert!(!twilio::is_signed("other", url, &form, signature));
    assert!(!twilio::is_signed(
        token,
        "https://hooks.example.no/sms/other",
        &form,
        signature
    ));
    assert!(!twilio::is_signed(token, url, &form[1..], signature));
    assert!(!twilio::is_signed(token, url, &form, "not base64"));
}

#[test]
fn twilios_callbacks_are_reports_and_replies() {
    let (_, body) = CALLBACK.split_once("\n\n").unwrap();
    let form = twilio::form(body.trim().as_bytes());
    assert_eq!(
        twilio::received(&form, Some("msg_1".into())).unwrap(),
        Received::Report(Report {
            reference: Some("msg_1".into()),
            provider_id: Some(format!("SM{}", "a".repeat(32))),
            fate: Fate::Failed,
            code: Some("30003".into()),
            bad_number: false,
            opted_out: false,
        })
    );
    let read = |text: &str| twilio::received(&twilio::form(text.as_bytes()), None);
    assert_eq!(
        read("MessageSid=SM1&SmsStatus=received&From=%2B4799999999&To=%2B4790000000&Body=STOP+"),
        Ok(Received::Inbound {
            from: "+4799999999".into(),
            to: "+4790000000".into(),
            text: "STOP ".into()
        })
    );
    assert_eq!(
        read("MessageSid=SM1&MessageStatus=dancing"),
        Ok(Received::Nothing)
    );
    assert!(read("From=1").is_err());
    let Ok(Received::Report(landline)) = read("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30006")
    else {
        panic!("no report")
    };
    assert!(landline.bad_number);
}

#[tokio::test]
async fn the_generic_gateway_is_posted_the_message_with_its_key() {
    let sink = HttpSink::start(vec![Then::Say(answer("202 Accepted", &[], "{\"id\": 77}"))]).await;
    let url = format!("http://t%2Fk@{}/send?x=1", sink.address);
    let account = Account::from_url(&url).unwrap();
    let outcome = gateways(5_000)
        .send(&account, Owner::Operator, &hei(), now())
        .await;
    let Outcome::Accepted { provider_id, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(provider_id.as_deref(), Some("77"));
    let seen = sink.requests().pop().unwrap();
    assert_eq!(seen.line, "POST /send?x=1 HTTP/1.1");
    assert_eq!(seen.header("authorization"), Some("Bearer t/k"));
    assert_eq!(seen.header("idempotency-key"), Some("msg_1"));
    let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"from": "SalongNord", "to": "+4741234567", "text": "Hei Åse", "encoding": "gsm7", "segments": 1,
            "client_reference": "msg_1"})
    );
}

#[test]
fn the_answers_of_the_generic_gateway_are_told_apart() {
    for (status, means) in [
        (200, "accepted"),
        (400, "refused"),
        (422, "refused"),
        (429, "later"),
        (500, "later"),
        (503, "later"),
        (401, "configuration"),
        (403, "configuration"),
        (404, "configuration"),
        (302, "configuration"),
    ] {
        assert_eq!(word(&generic::outcome(&reply(status, "{}"))), means, "{status}");
    }
}

#[test]
fn the_generic_gateways_reports_and_replies_are_read() {
    let read = |text: &str| generic::received(text.as_bytes());
    let Ok(Received::Report(report)) = read(r#"{"client_reference": "msg_1", "state": "failed", "code": 7}"#)
    else {
        panic!("no report")
    };
    assert_eq!(
        (report.reference.as_deref(), report.fate, report.code.as_deref()),
        (Some("msg_1"), Fate::Failed, Some("7"))
    );
    assert_eq!(
        read(r#"{"from": "+4790000001", "to": "2000", "text": "stopp"}"#),
        Ok(Received::Inbound {
            from: "+4790000001".into(),
            to: "2000".into(),
            text: "stopp".into()
        })
    );
    for broken in [
        "",
        "[]",
        "{}",
        r#"{"client_reference": "m", "state": "lost"}"#,
        r#"{"state": "failed"}"#,
    ] {
        assert!(read(broken).is_err(), "{broken}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_a_closed_door_is_temporary() {
    let sink = HttpSink::start(vec![Then::Hang]).await;
    let url = format!(
        "twilio://AC1:secret@api.twilio.com?from=Salong&base={}",
        sink.url("")
    );
    let account = Account::from_url(&url).unwrap();
    assert_eq!(
        (account.provider(), account.from(), account.knows_a_key()),
        ("twilio", Some("Salong"), false)
    );
    let lost = gateways(300).send(&account, Owner::Operator, &hei(), now()).await;
    assert_eq!(word(&lost), "unknown", "{lost:?}");
    let closed = Account::from_url("http://127.0.0.1:9/").unwrap();
    let closed = gateways(2_000)
        .send(&closed, Owner::Operator, &hei(), now())
        .await;
    assert_eq!(word(&closed), "later", "{closed:?}");
}

#[tokio::test]
async fn the_address_of_a_business_passes_the_guard() {
    let sink = HttpSink::start(Vec::new()).await;
    let account = Account::Generic(generic::Account::with_token(&sink.url("/"), Some("t"), None));
    let blocked = gateways(2_000)
        .send(&account, Owner::Business, &hei(), now())
        .await;
    assert_eq!(word(&blocked), "blocked");
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn an_account_is_asked_about_without_a_message() {
    let sink = HttpSink::start(vec![
        Then::Say(answer("401 Unauthorized", &[], "{\"code\":20003}")),
        Then::Say(answer("405 Method Not Allowed", &[], "")),
    ])
    .await;
    let url = format!("twilio://AC1:secret@api.twilio.com?base={}", sink.url(""));
    let ask = gateways(2_000);
    let refused = ask
        .check(&Account::from_url(&url).unwrap(), Owner::Operator, now())
        .await;
    assert_eq!(word(&refused), "configuration");
    let reached = ask
        .check(
            &Account::from_url(&sink.url("/send")).unwrap(),
            Owner::Operator,
            now(),
        )
        .await;
    assert_eq!(word(&reached), "accepted");
    let lines: Vec<String> = sink.requests().into_iter().map(|r| r.line).collect();
    assert_eq!(
        lines,
        ["GET /2010-04-01/Accounts/AC1.json HTTP/1.1", "GET /send HTTP/1.1"]
    );
}

#[test]
fn a_url_that_is_no_account_is_refused_in_words() {
    assert_eq!(Account::from_url("sms"), Err(AccountRefused::Unreadable));
    assert_eq!(Account::from_url("ftp://host/"), Err(AccountRefused::Unreadable));
    assert_eq!(
        Account::from_url("twilio://AC1@api.twilio.com"),
        Err(AccountRefused::NoLogin)
    );
    assert_eq!(
        Account::from_url("twilio://AC1:t@api.twilio.com?form=x"),
        Err(AccountRefused::Parameter("form".into()))
    );
    let Account::Twilio(read) = Account::from_url("twilio://AC1:t@api.twilio.com").unwrap() else {
        panic!("not Twilio")
    };
    assert_eq!(read.base, twilio::BASE);
}

#[test]
fn a_business_without_a_sender_has_one_made_of_its_name() {
    assert_eq!(sender_name("Salong Nord"), "Salong Nord");
    assert_eq!(sender_name("Bjørns Frisør AS"), "Bjorns Fris");
    assert_eq!(sender_name("Hår & Hud"), "Har  Hud");
    assert_eq!(sender_name("12345"), "Flyt");
}
