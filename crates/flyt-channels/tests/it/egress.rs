//! What addresses entered by businesses may reach. `fixtures/ssrf.json` is the project's own collection, gathered
//! from IANA's special-purpose registries and the OWASP cheat sheet on server-side request forgery.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flyt_channels::egress::{Guard, IpRange, Looking, Lookup, Refused, parse_allow};
use flyt_channels::outcome::Outcome;
use flyt_channels::webhook::{WebhookCall, Webhooks};
use jiff::Timestamp;

use crate::http_sink::{HttpSink, Then, answer};

/// Names as the test wants them; each look-up takes the next row, and the last one stays.
pub(crate) struct Table {
    rows: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Table {
    pub(crate) fn of(name: &'static str, rows: Vec<Vec<IpAddr>>) -> Arc<Self> {
        Arc::new(Self {
            rows: HashMap::from([(name, rows)]),
            asked: AtomicUsize::new(0),
        })
    }
}

impl Lookup for Table {
    fn lookup(&self, name: String) -> Looking {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let found = self
            .rows
            .get(name.as_str())
            .map(|rows| rows[turn.min(rows.len() - 1)].clone());
        Box::pin(async move { found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name")) })
    }
}

fn vectors(name: &str) -> Vec<String> {
    let all: serde_json::Value = serde_json::from_str(include_str!("../fixtures/ssrf.json")).unwrap();
    all[name]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry.as_str().unwrap().to_owned())
        .collect()
}

fn allowing(text: &str) -> Guard {
    Guard::new(parse_allow(text).unwrap())
}

async fn get(guard: Guard, url: &str) -> Outcome {
    let call = WebhookCall {
        method: "GET".into(),
        url: url.into(),
        id: "msg_1".into(),
        ..WebhookCall::default()
    };
    Webhooks::new(guard)
        .unwrap()
        .call(&call, Timestamp::UNIX_EPOCH)
        .await
}

fn is_blocked(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Blocked { .. })
}

#[tokio::test]
async fn everything_that_must_be_refused_is_refused() {
    let guard = Guard::new(Vec::new());
    let mut told_elsewhere = 0;
    for entry in vectors("must_refuse") {
        if let Some((url, address)) = entry
            .strip_suffix(')')
            .and_then(|entry| entry.split_once(" (resolve -> "))
        {
            let table = Table::of("127.0.0.1.nip.io", vec![vec![address.parse().unwrap()]]);
            let outcome = get(guard.clone().with_lookup(table), url).await;
            assert!(is_blocked(&outcome), "{entry}: {outcome:?}");
        } else if entry.contains("(302 ->") || entry.starts_with("rebinding") || entry.starts_with("A+AAAA") {
            told_elsewhere += 1;
        } else {
            assert!(guard.check_url(&entry).is_err(), "{entry}");
        }
    }
    assert_eq!(
        told_elsewhere, 3,
        "the stories of redirect, rebinding and mixed answers below"
    );
}

#[test]
fn everything_that_must_be_allowed_is_allowed() {
    let guard = Guard::new(Vec::new());
    for entry in vectors("must_allow") {
        assert!(
            guard.check_url(&entry).is_ok(),
            "{entry}: {:?}",
            guard.check_url(&entry)
        );
    }
}

#[test]
fn both_ends_of_every_denied_range_are_refused() {
    let guard = Guard::new(Vec::new());
    for text in vectors("deny_ipv4") {
        let (base, bits) = text.split_once('/').unwrap();
        let first = u32::from(base.parse::<Ipv4Addr>().unwrap());
        let last = first | u32::MAX.checked_shr(bits.parse().unwrap()).unwrap_or(0);
        for address in [first, last].map(Ipv4Addr::from) {
            assert!(!guard.admits(address.into()), "{address} of {text}");
        }
    }
    for text in vectors("deny_ipv6") {
        let (base, bits) = text.split_once('/').unwrap();
        let first = u128::from(base.parse::<Ipv6Addr>().unwrap());
        let last = first | u128::MAX.checked_shr(bits.parse().unwrap()).unwrap_or(0);
        for address in [first, last].map(Ipv6Addr::from) {
            assert!(!guard.admits(address.into()), "{address} of {text}");
        }
    }
    for metadata in [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
    ] {
        assert!(!guard.admits(metadata.parse().unwrap()), "{metadata}");
    }
    for public in [
        "1.1.1.1",
        "168.63.129.17",
        "172.32.0.1",
        "100.128.0.1",
        "2001:200::1",
        "2a00::1",
    ] {
        assert!(guard.admits(public.parse().unwrap()), "{public}");
    }
}

#[test]
fn what_the_operator_allows_is_reached_and_nothing_beside_it() {
    let guard = allowing("127.0.0.0/8, 10.1.0.0/16,fd00:1::/32");
    for url in [
        "http://127.0.0.1:8080/",
        "http://10.1.2.3/",
        "http://localhost:9/",
        "http://[fd00:1::1]/",
    ] {
        assert!(guard.check_url(url).is_ok(), "{url}");
    }
    for url in [
        "http://10.2.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/",
        "http://metadata.google.internal/",
    ] {
        assert_eq!(guard.check_url(url), Err(Refused::Address), "{url}");
    }
}

#[test]
fn low_ports_are_open_only_where_the_operator_allows_the_address() {
    let public = Guard::new(Vec::new());
    for port in [1, 22, 25, 81, 1023] {
        assert_eq!(
            public.check_url(&format!("http://example.com:{port}/")),
            Err(Refused::Port(port))
        );
        assert_eq!(
            public.check_url(&format!("http://93.184.216.34:{port}/")),
            Err(Refused::Port(port))
        );
    }
    for port in [80, 443, 1024, 8080, 65535] {
        assert!(public.check_url(&format!("https://example.com:{port}/")).is_ok());
    }
    let guard = allowing("10.0.0.0/8");
    assert!(guard.check_url("http://10.0.0.5:81/").is_ok());
    assert_eq!(
        guard.check_url("http://93.184.216.34:81/"),
        Err(Refused::Port(81))
    );
}

#[tokio::test]
async fn a_name_with_a_low_port_reaches_allowed_addresses_only() {
    let guard = allowing("10.0.0.0/8").with_lookup(Table::of(
        "db.example",
        vec![vec![IpAddr::from([93, 184, 216, 34])]],
    ));
    assert!(
        guard.check_url("http://db.example:25/").is_ok(),
        "not known before the name is resolved"
    );
    assert!(is_blocked(&get(guard, "http://db.example:25/").await));
}

#[test]
fn ranges_are_read_as_operators_write_them() {
    let ranges = parse_allow(" 127.0.0.0/8,10.0.0.1/8 192.168.1.20,::1 ").unwrap();
    assert_eq!(ranges.len(), 4);
    assert!(ranges[1].contains(IpAddr::from([10, 200, 0, 1])));
    assert!(
        ranges[2].contains(IpAddr::from([192, 168, 1, 20]))
            && !ranges[2].contains(IpAddr::from([192, 168, 1, 21]))
    );
    assert!(
        "0.0.0.0/0"
            .parse::<IpRange>()
            .unwrap()
            .contains(IpAddr::from([8, 8, 8, 8]))
    );
    assert_eq!(parse_allow("").unwrap(), Vec::new());
    for bad in [
        "10.0.0.0/33",
        "10.0.0/8",
        "::/129",
        "localhost",
        "10.0.0.0/",
        "10.0.0.0/-1",
    ] {
        assert!(parse_allow(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let inner = HttpSink::start(Vec::new()).await;
    let location = format!("location: {}", inner.url("/secret"));
    let sink = HttpSink::start(vec![Then::Say(answer("302 Found", &[&location], ""))]).await;
    let outcome = get(allowing("127.0.0.0/8"), &sink.url("/")).await;
    assert!(
        matches!(&outcome, Outcome::Temporary { answer, .. } if answer.code == Some(302)),
        "{outcome:?}"
    );
    assert_eq!((sink.connections(), inner.connections()), (1, 0));
}

/// The stand-in for a public address is 127.0.0.2: nothing beyond loopback is reached in a test.
#[tokio::test]
async fn a_name_that_answers_otherwise_the_second_time_gains_nothing() {
    let good = vec![Then::SayAndClose(answer("200 OK", &["connection: close"], ""))];
    let outer = HttpSink::start_at("127.0.0.2:0", good).await;
    let port = outer.address.port();
    let inner = HttpSink::start_at(&format!("127.0.0.1:{port}"), Vec::new()).await;
    let rows = vec![
        vec![IpAddr::from([127, 0, 0, 2])],
        vec![IpAddr::from([127, 0, 0, 1])],
    ];
    let guard = allowing("127.0.0.2").with_lookup(Table::of("rebind.example", rows));
    let webhooks = Webhooks::new(guard).unwrap();
    let url = format!("http://rebind.example:{port}/");
    let call = WebhookCall {
        method: "GET".into(),
        url,
        id: "msg_1".into(),
        ..WebhookCall::default()
    };
    let first = webhooks.call(&call, Timestamp::UNIX_EPOCH).await;
    assert!(matches!(first, Outcome::Accepted { .. }), "{first:?}");
    let second = webhooks.call(&call, Timestamp::UNIX_EPOCH).await;
    assert!(is_blocked(&second), "{second:?}");
    assert_eq!((outer.connections(), inner.connections()), (1, 0));
    assert_eq!(
        outer.requests()[0].header("host"),
        Some(format!("rebind.example:{port}").as_str())
    );
}

#[tokio::test]
async fn a_name_with_one_private_address_is_refused_as_a_whole() {
    let sink = HttpSink::start(Vec::new()).await;
    let port = sink.address.port();
    let mixed = vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from(Ipv6Addr::LOCALHOST)];
    let guard = allowing("127.0.0.1").with_lookup(Table::of("mixed.example", vec![mixed]));
    let outcome = get(guard, &format!("http://mixed.example:{port}/")).await;
    assert!(is_blocked(&outcome), "{outcome:?}");
    assert!(
        !outcome.answer().text.contains("127.0.0.1"),
        "inner addresses are not told"
    );
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn localhost_means_the_loopback_address_that_is_allowed() {
    let sink = HttpSink::start(Vec::new()).await;
    let url = format!("http://LOCALHOST.:{}/", sink.address.port());
    let outcome = get(allowing("127.0.0.0/8"), &url).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    assert!(is_blocked(&get(Guard::new(Vec::new()), &url).await));
    assert_eq!(sink.connections(), 1);
}

#[test]
fn what_is_no_address_is_told_apart_from_what_is_blocked() {
    let guard = Guard::new(Vec::new());
    for text in [
        "",
        "booking",
        "http://",
        "http://exa mple.com/",
        "http://a\r\nb.example/",
        "http://[fe80::1%25eth0]/",
    ] {
        assert_eq!(guard.check_url(text), Err(Refused::Unreadable), "{text:?}");
    }
    assert!(
        guard
            .check_url(&format!("https://example.com/{}", "x".repeat(5000)))
            .is_err()
    );
    assert!(!Refused::Unreadable.is_blocked() && Refused::Address.is_blocked());
}
