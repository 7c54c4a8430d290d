//! How mails end, by what the relay says or does not say at every stage.

use std::sync::Arc;
use std::time::Duration;

use flyt_channels::outcome::Outcome;
use flyt_channels::smtp::{Relay, RelayRefused, Timeouts};

use crate::smtp_sink::{SmtpSink, Then};

const FROM: &str = "no-reply@flyt.example";
const MAIL: &[u8] = b"From: a@b.example\r\nSubject: x\r\n\r\n.\r\n..leading dots\r\nlast line\r\n";

/// Patience enough for a busy machine; the stories that wait for it shorten it.
fn patient() -> Timeouts {
    let stage = Duration::from_secs(20);
    Timeouts {
        stage,
        body: stage,
        final_dot: stage,
    }
}

fn to(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

async fn send(relay: &Relay) -> Outcome {
    relay.send(FROM, &to(&["kari@kunde.example"]), MAIL).await
}

fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Temporary { .. } => "temporary",
        Outcome::PermanentRecipient { .. } => "recipient",
        Outcome::OptedOut { .. } => "opted out",
        Outcome::Once { .. } => "once",
        Outcome::Permanent { .. } => "permanent",
        Outcome::Configuration { .. } => "configuration",
        Outcome::Blocked { .. } => "blocked",
        Outcome::Unknown { .. } => "unknown",
    }
}

#[tokio::test]
async fn a_mail_is_taken_and_the_queue_text_kept() {
    let sink = SmtpSink::told(&[]).await;
    let outcome = send(&sink.relay(patient())).await;
    let Outcome::Accepted { provider_id, answer } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(provider_id.as_deref(), Some("2.0.0 Ok: queued as 4F1B2"));
    assert_eq!(answer.code, Some(250));
    let stuffed = b"From: a@b.example\r\nSubject: x\r\n\r\n..\r\n...leading dots\r\nlast line\r\n";
    assert_eq!(
        sink.given()[0].bytes,
        stuffed,
        "dots at the head of lines are doubled, nothing is added"
    );
    let commands = sink.commands();
    assert_eq!(commands[0], "EHLO localhost");
    assert_eq!(
        commands[1..],
        [
            "MAIL FROM:<no-reply@flyt.example>",
            "RCPT TO:<kari@kunde.example>",
            "DATA"
        ]
    );
}

#[tokio::test]
async fn each_refusal_has_its_class_by_stage_and_code() {
    let table = [
        ("GREETING", "421 4.3.2 going down", "temporary"),
        ("GREETING", "554 5.7.1 your address is blocked", "configuration"),
        ("EHLO", "451 4.3.0 not now", "temporary"),
        ("MAIL", "421 4.7.0 too many", "temporary"),
        ("MAIL", "451 4.3.0 not now", "temporary"),
        ("MAIL", "452 4.3.1 disk full", "temporary"),
        ("MAIL", "530 5.7.0 authentication required", "configuration"),
        ("MAIL", "550 5.7.1 sender rejected", "configuration"),
        ("MAIL", "553 5.1.8 sender domain does not exist", "configuration"),
        ("MAIL", "552 5.3.4 too big", "permanent"),
        ("RCPT", "450 4.2.1 mailbox busy", "temporary"),
        ("RCPT", "451 4.7.1 greylisted", "temporary"),
        ("RCPT", "452 4.2.2 mailbox full", "temporary"),
        ("RCPT", "550 5.1.1 no such user", "recipient"),
        ("RCPT", "550 5.1.10 null MX", "recipient"),
        ("RCPT", "550 no such user here", "recipient"),
        ("RCPT", "551 moved", "recipient"),
        ("RCPT", "553 bad address", "recipient"),
        (
            "RCPT",
            "550-5.1.1 The account\r\n550-5.1.1 does not\r\n550 5.1.1 exist",
            "recipient",
        ),
        ("RCPT", "554 no", "permanent"),
        ("RCPT", "550 5.2.1 disabled", "permanent"),
        ("RCPT", "552 5.2.2 mailbox full", "permanent"),
        ("RCPT", "550 5.7.1 policy", "permanent"),
        ("RCPT", "554 5.7.1 relay access denied", "permanent"),
        ("RCPT", "550 5.4.5 daily SMTP relay limit exceeded", "temporary"),
        ("RCPT", "550 5.1.7 sender address bad", "configuration"),
        ("RCPT", "530 5.7.0 must issue STARTTLS first", "configuration"),
        ("DATA", "451 4.3.0 later", "temporary"),
        ("DATA", "554 5.5.1 no valid recipients", "permanent"),
        ("DATA", "250 what", "temporary"),
        ("END", "451 4.3.0 later", "temporary"),
        ("END", "421 4.3.2 going down", "temporary"),
        ("END", "552 5.3.4 too big", "permanent"),
        ("END", "550 5.7.26 unauthenticated", "permanent"),
        ("END", "550 5.1.1 no such user", "recipient"),
        ("END", "554 5.6.0 content", "permanent"),
        ("END", "550 5.4.5 quota of the day", "temporary"),
    ];
    for (stage, reply, expected) in table {
        let sink = SmtpSink::told(&[(stage, Then::Say(reply))]).await;
        let outcome = send(&sink.relay(patient())).await;
        assert_eq!(class(&outcome), expected, "{stage} {reply}: {outcome:?}");
        let answer = outcome.answer();
        assert_eq!(answer.code, reply[..3].parse().ok(), "{stage} {reply}");
        let said = reply.rsplit(' ').next().unwrap();
        assert!(answer.text.ends_with(said), "{stage} {reply}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_break_before_the_data_is_taken_is_temporary() {
    for stage in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"] {
        let sink = SmtpSink::told(&[(stage, Then::Close)]).await;
        let outcome = send(&sink.relay(patient())).await;
        assert_eq!(class(&outcome), "temporary", "{stage}: {outcome:?}");
        assert_eq!((sink.connections(), sink.given().len()), (1, 0), "{stage}");
    }
}

#[tokio::test]
async fn silence_before_the_data_is_taken_is_temporary() {
    for stage in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"] {
        let sink = SmtpSink::told(&[(stage, Then::Hang)]).await;
        let timeouts = Timeouts {
            stage: Duration::from_millis(150),
            ..patient()
        };
        let outcome = send(&sink.relay(timeouts)).await;
        assert_eq!(class(&outcome), "temporary", "{stage}: {outcome:?}");
        assert_eq!((sink.connections(), sink.given().len()), (1, 0), "{stage}");
    }
}

#[tokio::test]
async fn a_body_that_could_not_be_written_whole_was_not_taken() {
    let huge = [b"x".repeat(76), b"\r\n".to_vec()].concat().repeat(400_000);
    for then in [Then::Hang, Then::Close] {
        let sink = SmtpSink::told(&[("BODY", then)]).await;
        let timeouts = Timeouts {
            body: Duration::from_millis(800),
            ..patient()
        };
        let outcome = sink
            .relay(timeouts)
            .send(FROM, &to(&["kari@kunde.example"]), &huge)
            .await;
        assert_eq!(class(&outcome), "temporary", "{then:?}: {outcome:?}");
        assert_eq!((sink.connections(), sink.given().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_lost_answer_to_the_final_dot_is_unknown_and_nothing_is_sent_again() {
    for then in [Then::Close, Then::Hang, Then::SayAndClose("2")] {
        let sink = SmtpSink::told(&[("END", then)]).await;
        let timeouts = Timeouts {
            final_dot: Duration::from_millis(300),
            ..patient()
        };
        let outcome = send(&sink.relay(timeouts)).await;
        assert_eq!(class(&outcome), "unknown", "{then:?}: {outcome:?}");
        assert_eq!((sink.connections(), sink.given().len()), (1, 1), "{then:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_on_a_kept_connection_is_unknown_too() {
    let sink = SmtpSink::told(&[("END", Then::Say("250 first")), ("END", Then::Close)]).await;
    let relay = sink.relay(patient());
    assert_eq!(class(&send(&relay).await), "accepted");
    assert_eq!(class(&send(&relay).await), "unknown");
    assert_eq!((sink.connections(), sink.given().len()), (1, 2));
}

#[tokio::test]
async fn a_kept_connection_serves_the_next_mail() {
    let sink = SmtpSink::told(&[
        ("RCPT", Then::Say("550 5.1.1 no")),
        ("END", Then::Say("554 5.6.0 no")),
    ])
    .await;
    let relay = sink.relay(patient());
    let classes = [
        class(&send(&relay).await),
        class(&send(&relay).await),
        class(&send(&relay).await),
    ];
    assert_eq!(classes, ["recipient", "permanent", "accepted"]);
    assert_eq!(sink.connections(), 1);
    assert_eq!(sink.commands().iter().filter(|line| *line == "RSET").count(), 1);
}

#[tokio::test]
async fn a_kept_connection_that_the_relay_closed_is_replaced_once() {
    let closings = [
        ("END", Then::SayAndClose("250 ok")),
        ("MAIL", Then::Close),
        ("MAIL", Then::SayAndClose("421 4.4.2 idle too long")),
        ("RCPT", Then::Close),
        ("DATA", Then::Close),
    ];
    for (place, then) in closings {
        let sink = SmtpSink::told(&[]).await;
        let relay = sink.relay(patient());
        if place == "END" {
            sink.tell(place, then);
        }
        assert_eq!(class(&send(&relay).await), "accepted", "{place} {then:?}");
        if place != "END" {
            sink.tell(place, then);
        }
        assert_eq!(class(&send(&relay).await), "accepted", "{place} {then:?}");
        assert_eq!(
            (sink.connections(), sink.given().len()),
            (2, 2),
            "{place} {then:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_copy_holds_nobody_back() {
    let told = [
        ("RCPT", Then::Say("250 ok")),
        ("RCPT", Then::Say("550 5.1.1 no such copy")),
    ];
    let sink = SmtpSink::told(&told).await;
    let envelope = to(&[
        "kari@kunde.example",
        "gone@salong.example",
        "arkiv@salong.example",
        "no address",
    ]);
    let outcome = sink.relay(patient()).send(FROM, &envelope, MAIL).await;
    let Outcome::Accepted { provider_id, answer } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(provider_id.as_deref(), Some("2.0.0 Ok: queued as 4F1B2"));
    assert!(
        answer.text.contains("1 copies refused: 5.1.1 no such copy"),
        "{}",
        answer.text
    );
    assert_eq!(
        sink.commands()
            .iter()
            .filter(|line| line.starts_with("RCPT"))
            .count(),
        3
    );
}

#[tokio::test]
async fn a_storm_of_mails_goes_over_eight_connections() {
    let sink = SmtpSink::told(&[]).await;
    let relay = Arc::new(sink.relay(patient()));
    let sending: Vec<_> = (0..64)
        .map(|_| {
            let relay = Arc::clone(&relay);
            tokio::spawn(async move { class(&send(&relay).await) })
        })
        .collect();
    for one in sending {
        assert_eq!(one.await.unwrap(), "accepted");
    }
    assert_eq!(sink.given().len(), 64);
    assert!(sink.connections() <= 8, "{}", sink.connections());
}

#[tokio::test]
async fn nobody_at_the_address_is_temporary() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let outcome = send(&Relay::from_url(&url, None).unwrap()).await;
    assert_eq!(class(&outcome), "temporary");
    assert!(outcome.answer().text.contains("refused"), "{outcome:?}");
}

#[tokio::test]
async fn addresses_that_are_none_never_reach_the_relay() {
    let sink = SmtpSink::told(&[]).await;
    let relay = sink.relay(patient());
    for bad in [
        "",
        "kari",
        "åse@kunde.example",
        "a@b.example>\r\nRCPT TO:<c@d.example",
    ] {
        assert_eq!(
            class(&relay.send(FROM, &to(&[bad]), MAIL).await),
            "recipient",
            "{bad}"
        );
        assert_eq!(
            class(&relay.send(bad, &to(&["kari@kunde.example"]), MAIL).await),
            "configuration",
            "{bad}"
        );
    }
    assert_eq!(class(&relay.send(FROM, &[], MAIL).await), "recipient");
    assert_eq!(sink.connections(), 0);
}

#[test]
fn a_relays_url_is_read_or_refused_without_telling_the_password() {
    let domain = |url: &str| Relay::from_url(url, None).map(|relay| relay.from_domain().to_owned());
    assert_eq!(domain("smtp://mail.example"), Ok("mail.example".into()));
    assert_eq!(
        domain("smtps://u%40x:p%3Aw@mail.example?from_domain=salong.example"),
        Ok("salong.example".into())
    );
    assert_eq!(
        domain("smtp://127.0.0.1:2525?tls=required"),
        Ok("localhost".into())
    );
    for bad in [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp:mail.example",
    ] {
        assert_eq!(domain(bad), Err(RelayRefused::Unreadable), "{bad}");
    }
    assert!(matches!(
        domain("smtp://x?tls=maybe"),
        Err(RelayRefused::Parameter(_))
    ));
    assert!(matches!(
        domain("smtps://x?tls=never"),
        Err(RelayRefused::Parameter(_))
    ));
    assert_eq!(
        domain("smtp://x?from_domain=10.0.0.1"),
        Err(RelayRefused::FromDomain)
    );
    let refused = domain("smtp://u:sesame@x?a=b").unwrap_err();
    assert!(!refused.to_string().contains("sesame"));
    assert!(matches!(
        Relay::from_url("smtp://x", Some(b"no PEM")),
        Err(RelayRefused::Tls(_))
    ));
}
