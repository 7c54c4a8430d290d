//! Questions to a name server of ours, by UDP and, for long answers, by TCP.

use flyt_channels::dns::{DnsFault, Resolver};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

/// The answer to a question: its own bytes with `records` behind, cut with the flag set where `cut`.
fn answer(question: &[u8], records: &[Vec<u8>], code: u8, cut: bool) -> Vec<u8> {
    let end = question[12..].iter().position(|b| *b == 0).unwrap() + 12 + 5;
    let count = u16::try_from(if cut { 0 } else { records.len() })
        .unwrap()
        .to_be_bytes();
    let mut bytes = vec![
        question[0],
        question[1],
        0x81 | if cut { 0x02 } else { 0 },
        0x80 | code,
    ];
    bytes.extend([0, 1, count[0], count[1], 0, 0, 0, 0]);
    bytes.extend(&question[12..end]);
    if !cut {
        bytes.extend(records.concat());
    }
    bytes
}
/// A record of the name that was asked for.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [
        &[0xc0, 12],
        kind.to_be_bytes().as_slice(),
        &[0, 1, 0, 0, 0, 60],
        &length,
        data,
    ]
    .concat()
}
fn txt(pieces: &[&str]) -> Vec<u8> {
    let piece = |p: &&str| [&[u8::try_from(p.len()).unwrap()], p.as_bytes()].concat();
    record(16, &pieces.iter().flat_map(piece).collect::<Vec<_>>())
}

async fn server(records: Vec<Vec<u8>>, code: u8, cut: bool) -> SocketAddr {
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        // Both on one port, as name servers are.
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().unwrap();
    let by_tcp = records.clone();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let told = answer(&buffer[..length], &records, code, cut);
            // A stranger's guess comes first and is not believed.
            let mut guess = told.clone();
            guess[0] ^= 0xff;
            udp.send_to(&guess, from).await.unwrap();
            udp.send_to(&told, from).await.unwrap();
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let length = stream.read_u16().await.unwrap();
            let mut question = vec![0; usize::from(length)];
            stream.read_exact(&mut question).await.unwrap();
            let told = answer(&question, &by_tcp, code, false);
            stream
                .write_u16(u16::try_from(told.len()).unwrap())
                .await
                .unwrap();
            stream.write_all(&told).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn texts_are_put_together_and_hosts_come_in_order() {
    let at = server(
        vec![
            txt(&["v=spf1 include:", "relay.check.example -all"]),
            txt(&["other"]),
        ],
        0,
        false,
    )
    .await;
    let texts = Resolver::new(at, 7).texts("check.example").await.unwrap();
    assert_eq!(texts, ["v=spf1 include:relay.check.example -all", "other"]);

    let host = |preference: u8, label: &str| {
        let label = [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat();
        record(15, &[&[0, preference], label.as_slice(), &[0xc0, 12]].concat())
    };
    let at = server(vec![host(20, "b"), host(10, "a")], 0, false).await;
    let hosts = Resolver::new(at, 7).mail_hosts("check.example.").await.unwrap();
    assert_eq!(hosts, ["a.check.example", "b.check.example"]);
}

#[tokio::test]
async fn a_long_answer_comes_by_tcp() {
    let long = "k".repeat(255);
    let records = vec![txt(&[&long, &long, &long, &long, &long, &long])];
    let at = server(records, 0, true).await;
    assert_eq!(
        Resolver::new(at, 7).texts("check.example").await.unwrap(),
        [long.repeat(6)]
    );
}

#[tokio::test]
async fn no_such_name_is_no_records_and_a_refusal_is_told() {
    let at = server(Vec::new(), 3, false).await;
    assert_eq!(
        Resolver::new(at, 7).texts("nowhere.check.example").await,
        Ok(Vec::new())
    );
    let at = server(Vec::new(), 5, false).await;
    assert_eq!(
        Resolver::new(at, 7).texts("check.example").await,
        Err(DnsFault::Refused(5))
    );
    assert_eq!(Resolver::new(at, 7).texts("a..b").await, Err(DnsFault::Name));
}

#[tokio::test]
async fn answers_that_make_no_sense_are_refused_and_not_followed_for_ever() {
    // A name that points at itself; a record longer than the answer; a piece longer than its record.
    let itself = record(15, &[0, 10, 0xc0, 45]);
    for broken in [itself, record(16, &[200, b'x']), record(15, &[0])] {
        let at = server(vec![broken], 0, false).await;
        let resolver = Resolver::new(at, 7);
        let (texts, hosts) = (
            resolver.texts("check.example").await,
            resolver.mail_hosts("check.example").await,
        );
        assert!(
            texts == Err(DnsFault::Unreadable) || hosts == Err(DnsFault::Unreadable),
            "{texts:?} {hosts:?}"
        );
    }
}

#[test]
fn the_first_name_server_of_the_system_is_asked() {
    let file = "# comment\nsearch x\nnameserver fe80::1%eth0\nnameserver 10.0.0.53\nnameserver 10.0.0.54\n";
    assert_eq!(Resolver::first_of(file), Some("10.0.0.53:53".parse().unwrap()));
    assert_eq!(Resolver::first_of(""), None);
}
