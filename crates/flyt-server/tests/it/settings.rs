//! Settings and `flyt check`, with the real binary: where a value came from, what contradicts itself, what is wrong outside.

use crate::binary::{Folder, salon};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};

fn setting(told: &Value, name: &str) -> (String, String) {
    let all = told["settings"].as_array().unwrap();
    let one = all.iter().find(|s| s["name"] == name).unwrap();
    let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
    (text("value"), text("from"))
}
/// (verdict, says) about something.
fn findings<'t>(told: &'t Value, about: &str) -> Vec<(&'t str, &'t str)> {
    let all = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["about"] == about);
    all.map(|f| (f["verdict"].as_str().unwrap(), f["says"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_flag_goes_before_a_variable_and_a_variable_before_the_file() {
    let folder = Folder::new();
    let file = "listen = \"127.0.0.1:1\"\nlog = \"warn\"\ninstance_id = \"file\"\nplatform_key = \"flyt_platform_file\"\n";
    std::fs::write(folder.at("flyt.toml"), file).unwrap();
    let env = [("FLYT_LOG", "debug"), ("FLYT_INSTANCE_ID", "variable")];
    let told = folder
        .run_with(&["check", "--json", "--instance-id", "flag"], &env)
        .expect(0)
        .json();
    assert_eq!(
        setting(&told, "listen"),
        ("127.0.0.1:1".to_owned(), "flyt.toml".to_owned())
    );
    assert_eq!(setting(&told, "log"), ("debug".to_owned(), "FLYT_LOG".to_owned()));
    assert_eq!(
        setting(&told, "instance_id"),
        ("flag".to_owned(), "--instance-id".to_owned())
    );
    assert_eq!(
        setting(&told, "platform_key"),
        ("(set)".to_owned(), "flyt.toml".to_owned())
    );
    assert_eq!(setting(&told, "role"), ("all".to_owned(), "default".to_owned()));

    // The one in the data folder is read where there is none here; --config names another.
    std::fs::remove_file(folder.at("flyt.toml")).unwrap();
    std::fs::create_dir(folder.at("data")).unwrap();
    std::fs::write(folder.at("data").join("flyt.toml"), "log = \"error\"").unwrap();
    std::fs::write(folder.at("other.toml"), "log = \"trace\"").unwrap();
    let told = folder
        .run(&["check", "--json", "--data", "data"])
        .expect(0)
        .json();
    assert_eq!(setting(&told, "log").0, "error");
    let told = folder
        .run(&["check", "--json", "--data", "data", "--config", "other.toml"])
        .expect(0)
        .json();
    assert_eq!(
        setting(&told, "log"),
        ("trace".to_owned(), "other.toml".to_owned())
    );
    let missing = folder.run(&["check", "--config", "nowhere.toml"]).expect(2);
    assert!(missing.err.contains("nowhere.toml"), "{missing:?}");
}

#[test]
fn what_cannot_be_meant_stops_every_command_before_it_does_anything() {
    let folder = Folder::new();
    let refused = |args: &[&str], env: &[(&str, &str)], wanted: &str| {
        let ran = folder.run_with(args, env).expect(2);
        assert!(ran.err.contains(wanted), "{ran:?}");
    };
    refused(
        &["serve", "--data", "d", "--database-url", "postgres://x"],
        &[],
        "are both set",
    );
    refused(
        &["serve", "--data", "d"],
        &[("FLYT_DATABASE_URL", "postgres://x")],
        "(FLYT_DATABASE_URL)",
    );
    refused(&["serve", "--role", "worker"], &[], "`database_url`");
    refused(
        &[
            "serve",
            "--role",
            "worker",
            "--database-url",
            "postgres://x",
            "--test-clock",
            "2026-01-01T00:00:00Z",
        ],
        &[],
        "test clock",
    );
    refused(
        &["serve"],
        &[("FLYT_SECRET_KEY_OLD", "x")],
        "without `secret_key`",
    );
    std::fs::write(folder.at("flyt.toml"), "data = \"d\"\nlistn = \"x\"").unwrap();
    refused(&["businesses", "list"], &[], "Did you mean `listen`?");
    std::fs::write(folder.at("flyt.toml"), "listen = \"here\"").unwrap();
    refused(&["serve"], &[], "here");
    assert_eq!(
        std::fs::read_dir(folder.at("")).unwrap().count(),
        1,
        "nothing was made"
    );

    let defaults = folder.run_with(&["check", "--defaults"], &[("FLYT_CONFIG", "none.toml")]);
    assert_eq!(
        defaults.code, 2,
        "a file that is named must be there: {defaults:?}"
    );
    std::fs::remove_file(folder.at("flyt.toml")).unwrap();
    let defaults = folder.run(&["check", "--defaults"]).expect(0);
    assert!(defaults.out.contains("#smtp_url = "), "{defaults:?}");
    std::fs::write(folder.at("flyt.toml"), defaults.out).unwrap();
    folder.run(&["check"]).expect(0);
}

/// A relay that greets, takes EHLO and QUIT, and no login.
fn relay() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            stream.write_all(b"220 relay.check.example\r\n").unwrap();
            for line in lines.map_while(Result::ok) {
                let told = if line.starts_with("QUIT") {
                    "221 bye\r\n"
                } else {
                    "250 relay.check.example\r\n"
                };
                stream.write_all(told.as_bytes()).unwrap();
            }
        }
    });
    address
}
/// A name server that knows these texts, and one mail host for `good.check.example`.
fn name_server(texts: BTreeMap<&'static str, &'static str>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let question = &buffer[..length];
            let (mut name, mut at) = (Vec::new(), 12);
            while question[at] != 0 {
                let end = at + 1 + usize::from(question[at]);
                name.push(String::from_utf8(question[at + 1..end].to_vec()).unwrap());
                at = end;
            }
            let (name, kind) = (name.join("."), question[at + 2]);
            let data = match (kind, texts.get(name.as_str())) {
                (16, Some(text)) => Some([&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()),
                (15, _) if name == "good.check.example" => Some(vec![0, 10, 2, b'm', b'x', 0xc0, 12]),
                _ => None,
            };
            let count = u8::from(data.is_some());
            let head = [question[0], question[1], 0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0];
            let mut answer = [head.as_slice(), &question[12..at + 5]].concat();
            if let Some(data) = data {
                answer.extend([
                    0xc0,
                    12,
                    0,
                    kind,
                    0,
                    1,
                    0,
                    0,
                    0,
                    60,
                    0,
                    u8::try_from(data.len()).unwrap(),
                ]);
                answer.extend(data);
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
    address
}

#[test]
fn the_relay_and_the_senders_domain_are_told_in_words() {
    let folder = Folder::new();
    let server = name_server(BTreeMap::from([
        ("good.check.example", "v=spf1 include:relay.check.example -all"),
        ("s1._domainkey.good.check.example", "v=DKIM1; k=rsa; p=MIIB"),
        ("_dmarc.good.check.example", "v=DMARC1; p=reject"),
    ]));
    let (at, dns) = (relay(), server.to_string());
    let url = |more: &str| format!("smtp://{more}{at}?from_domain=");
    let check = |url: String| {
        let ran = folder.run_with(
            &["check", "--json", "--dns", &dns, "--dkim", "s1"],
            &[("FLYT_SMTP_URL", &url)],
        );
        (ran.code, ran.json())
    };

    let (code, told) = check(format!("{}good.check.example", url("")));
    assert_eq!(code, 0, "{told}");
    assert_eq!(
        findings(&told, "relay"),
        [(
            "note",
            "The relay answers, without TLS: mails can be read on the way to it."
        )]
    );
    let dns_says = findings(&told, "dns");
    assert!(
        dns_says.iter().all(|(verdict, _)| *verdict == "good") && dns_says.len() == 4,
        "{dns_says:?}"
    );
    assert!(dns_says[0].1.contains("mx.good.check.example"), "{dns_says:?}");

    let (code, told) = check(format!("{}bare.check.example", url("")));
    assert_eq!(code, 1);
    let verdicts: Vec<&str> = findings(&told, "dns")
        .iter()
        .map(|(verdict, _)| *verdict)
        .collect();
    assert_eq!(
        verdicts,
        ["note", "wrong", "wrong", "wrong"],
        "MX, SPF, DKIM, DMARC: {told}"
    );

    let (code, told) = check(format!("{}good.check.example", url("user:secret@")));
    assert_eq!(code, 1);
    let relay = findings(&told, "relay");
    assert!(
        relay[0].0 == "wrong" && relay[0].1.contains("not sent without it"),
        "{relay:?}"
    );
    assert!(
        !told.to_string().contains("secret@"),
        "a password is never shown: {told}"
    );

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, told) = check(format!("smtp://{nobody}?from_domain=good.check.example"));
    assert_eq!((code, findings(&told, "relay")[0].0), (1, "wrong"));
}

#[test]
fn data_of_a_newer_version_and_a_damaged_file_are_told() {
    let folder = Folder::new();
    salon(&folder, "data");
    let told = folder
        .run(&["check", "--data", "data", "--deep", "--json"])
        .expect(0)
        .json();
    let data = findings(&told, "data");
    assert!(
        data[0].1.contains("1 businesses") && data[1].1.contains("sound"),
        "{data:?}"
    );
    std::fs::write(folder.at("data").join("flyt.db"), b"not a database at all").unwrap();
    let told = folder.run(&["check", "--data", "data"]).expect(1);
    assert!(
        told.out.contains("WRONG") && told.out.contains("restore the last backup"),
        "{told:?}"
    );
}

#[test]
fn help_has_examples_for_every_command_and_shells_complete() {
    let folder = Folder::new();
    let commands: &[&[&str]] = &[
        &[],
        &["serve"],
        &["check"],
        &["backup"],
        &["restore"],
        &["release"],
        &["completions"],
        &["businesses", "create"],
        &["businesses", "list"],
        &["businesses", "mode"],
        &["keys", "create"],
        &["keys", "list"],
        &["keys", "revoke"],
        &["keys", "rotate-secrets"],
    ];
    for command in commands {
        let help = folder.run(&[command, ["--help"].as_slice()].concat()).expect(0);
        assert!(help.out.contains("Examples:"), "{command:?}");
        assert!(!help.out.contains("The binary:"), "{command:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let text = folder.run(&["completions", shell]).expect(0).out;
        assert!(text.contains("rotate-secrets"), "{shell}");
    }
    let unknown = folder.run(&["relase"]).expect(2);
    assert!(unknown.err.contains("release"), "{unknown:?}");
}
