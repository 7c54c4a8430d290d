//! TLS and login: what goes over a line that can be read, and what never does.

use flyt_channels::outcome::Outcome;
use flyt_channels::smtp::Relay;

use crate::smtp_sink::{Script, SmtpSink, Then};

async fn send(relay: &Relay) -> Outcome {
    relay
        .send(
            "a@b.example",
            &["kari@kunde.example".to_owned()],
            b"Subject: x\r\n\r\nx\r\n",
        )
        .await
}

fn way(sink: &SmtpSink, scheme: &str, login: &str, parameters: &str) -> Relay {
    let url = format!("{scheme}://{login}localhost:{}{parameters}", sink.port);
    Relay::from_url(&url, Some(sink.ca_pem.as_bytes())).unwrap()
}

fn offering() -> Script {
    Script {
        offers_starttls: true,
        offers_login: true,
        ..Script::default()
    }
}

fn is_configuration(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Configuration { .. })
}

fn logged_in(sink: &SmtpSink) -> bool {
    sink.commands().iter().any(|line| line.starts_with("AUTH"))
}

#[tokio::test]
async fn starttls_is_used_when_it_is_offered_and_the_login_goes_over_it() {
    let sink = SmtpSink::start(offering()).await;
    let outcome = send(&way(&sink, "smtp", "u%40x:p%3Aw@", "")).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    assert!(sink.given()[0].encrypted);
    // base64 of NUL u@x NUL p:w
    assert!(
        sink.commands().contains(&"AUTH PLAIN AHVAeABwOnc=".to_owned()),
        "{:?}",
        sink.commands()
    );
}

#[tokio::test]
async fn smtps_is_encrypted_from_the_first_byte() {
    let sink = SmtpSink::start(Script {
        implicit_tls: true,
        offers_starttls: false,
        ..offering()
    })
    .await;
    let relay = way(&sink, "smtps", "u:p@", "");
    for _ in 0..2 {
        let outcome = send(&relay).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    }
    assert!(sink.given().iter().all(|mail| mail.encrypted) && logged_in(&sink));
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn credentials_never_go_over_a_line_that_can_be_read() {
    let sink = SmtpSink::start(Script {
        offers_login: true,
        ..Script::default()
    })
    .await;
    let outcome = send(&way(&sink, "smtp", "u:p@", "")).await;
    assert!(is_configuration(&outcome), "{outcome:?}");
    let never = SmtpSink::start(offering()).await;
    let outcome = send(&way(&never, "smtp", "u:p@", "?tls=never")).await;
    assert!(is_configuration(&outcome), "{outcome:?}");
    assert!(!logged_in(&sink) && !logged_in(&never));
}

#[tokio::test]
async fn tls_that_is_required_and_not_offered_sends_nothing() {
    let sink = SmtpSink::start(Script::default()).await;
    let outcome = send(&way(&sink, "smtp", "", "?tls=required")).await;
    assert!(is_configuration(&outcome), "{outcome:?}");
    assert!(sink.given().is_empty());
}

#[tokio::test]
async fn a_relay_without_tls_and_login_is_used_as_it_is() {
    let plain = SmtpSink::start(Script::default()).await;
    assert!(matches!(
        send(&way(&plain, "smtp", "", "")).await,
        Outcome::Accepted { .. }
    ));
    let offered = SmtpSink::start(offering()).await;
    assert!(matches!(
        send(&way(&offered, "smtp", "", "?tls=never")).await,
        Outcome::Accepted { .. }
    ));
    assert!(!plain.given()[0].encrypted && !offered.given()[0].encrypted);
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_never_passed_over() {
    for (scheme, implicit_tls) in [("smtp", false), ("smtps", true)] {
        let sink = SmtpSink::start(Script {
            implicit_tls,
            ..offering()
        })
        .await;
        let url = format!("{scheme}://localhost:{}", sink.port);
        let outcome = send(&Relay::from_url(&url, None).unwrap()).await;
        assert!(is_configuration(&outcome), "{scheme}: {outcome:?}");
        assert!(sink.given().is_empty());
        let other = SmtpSink::start(Script::default()).await;
        let outcome = send(&Relay::from_url(&url, Some(other.ca_pem.as_bytes())).unwrap()).await;
        assert!(is_configuration(&outcome), "{scheme}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_refused_login_pauses_the_channel_and_a_busy_one_does_not() {
    let table = [
        ("535 5.7.8 wrong", true),
        ("534 5.7.9 use an application password", true),
        ("530 5.7.0 no", true),
        ("504 5.5.4 unknown mechanism", true),
        ("454 4.7.0 later", false),
        ("421 4.7.0 too many logins", false),
    ];
    for (reply, configuration) in table {
        let script = Script {
            told: vec![("AUTH", Then::Say(reply))],
            ..offering()
        };
        let sink = SmtpSink::start(script).await;
        let outcome = send(&way(&sink, "smtp", "u:p@", "")).await;
        assert_eq!(is_configuration(&outcome), configuration, "{reply}: {outcome:?}");
        assert_eq!(outcome.answer().code, reply[..3].parse().ok());
        assert!(sink.given().is_empty());
    }
}

#[tokio::test]
async fn a_relay_without_a_login_we_speak_is_a_matter_of_configuration() {
    let sink = SmtpSink::start(Script {
        offers_login: false,
        ..offering()
    })
    .await;
    let outcome = send(&way(&sink, "smtp", "u:p@", "")).await;
    assert!(is_configuration(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_broken_upgrade_is_temporary() {
    for (then, temporary) in [
        (Then::Close, true),
        (Then::Say("454 4.7.0 not now"), true),
        (Then::Say("554 no"), false),
    ] {
        let sink = SmtpSink::start(Script {
            told: vec![("STARTTLS", then)],
            ..offering()
        })
        .await;
        let outcome = send(&way(&sink, "smtp", "", "")).await;
        assert_eq!(
            matches!(outcome, Outcome::Temporary { .. }),
            temporary,
            "{then:?}: {outcome:?}"
        );
    }
}
