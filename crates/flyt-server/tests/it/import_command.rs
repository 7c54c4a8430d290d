//! `flyt import` as an operator meets it: beside a running server, over the network, and on data that nobody has open. The file
//! is larger than a call may be.

use crate::binary::{Folder, KEY, Ran, Server, salon};
use serde_json::{Value, json};

const ROWS: usize = 300;
/// The row whose start is no date.
const BAD: usize = 150;

/// A mapping, and a file of 1.5 MB.
fn files(folder: &Folder) {
    let map = "date_formats = [\"%d.%m.%Y %H:%M\"]\ntime_zone = \"Europe/Oslo\"\n[fields]\nexternal_id = \"Id\"\n\
        start = \"Start\"\nduration_minutes = \"Min\"\n\"service.name\" = \"Tjeneste\"\n\"customer.external_id\" = \"Id\"\n\"customer.name\" = { value = \"Kari Nordmann\" }\nnotes = \"Notat\"\n";
    std::fs::write(folder.at("map.toml"), map).unwrap();
    let long = "Ønsker gangvei til døra. ".repeat(190);
    let row = |n: usize| {
        let start = if n == BAD {
            "snart".to_owned()
        } else {
            format!("{:02}.10.2036 10:00", 1 + n % 28)
        };
        format!("B-{n};{start};45;Dameklipp;\"{long}\n{n}\"\n")
    };
    let file: String = (0..ROWS).map(row).collect();
    let file = format!("Id;Start;Min;Tjeneste;Notat\n{file}");
    assert!(file.len() > 1024 * 1024, "{}", file.len());
    std::fs::write(folder.at("b.csv"), file).unwrap();
}
/// Each row takes two lines.
fn bad_line() -> String {
    format!("line {}, `Start`", 2 + 2 * BAD)
}
fn import(folder: &Folder, more: &[&str]) -> Ran {
    folder.run(&[&["import", "b.csv", "--map", "map.toml"], more].concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_goes_in_beside_a_running_server_and_again_changes_nothing() {
    let folder = Folder::new();
    let server = Server::start(&folder, "data", &[], &[]);
    salon(&folder, "data");
    files(&folder);
    let dry = import(&folder, &["--data", "data", "--dry-run"]).expect(1);
    assert!(
        dry.out
            .contains("would be created 299, changed 0, unchanged 0, failed 1"),
        "{dry:?}"
    );
    assert_eq!(server.get("/v1/bookings").await["data"], json!([]));

    let first = import(&folder, &["--data", "data"]).expect(1);
    assert!(
        first
            .out
            .contains("created 299, changed 0, unchanged 0, failed 1"),
        "{first:?}"
    );
    assert!(first.err.contains(&bad_line()), "{first:?}");
    let last = server.get("/v1/bookings/by-external-id/B-299").await;
    assert!(last["notes"].as_str().unwrap().ends_with("\n299"));

    let again = import(&folder, &["--data", "data", "--json"]).expect(1);
    let told: Vec<Value> = again
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(told.len(), ROWS + 1, "each row and the totals");
    for (n, row) in told[..ROWS].iter().enumerate() {
        let status = if n == BAD { "failed" } else { "unchanged" };
        assert_eq!(
            (&row["line"], &row["status"]),
            (&json!(2 + 2 * n), &json!(status)),
            "{row}"
        );
    }
    assert_eq!(told[ROWS]["totals"]["unchanged"], 299);

    server.stop();
    let alone = import(&folder, &["--data", "data"]).expect(1);
    assert!(alone.out.contains("unchanged 299, failed 1"), "{alone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_to_a_server_elsewhere_with_a_key() {
    let folder = Folder::new();
    let server = Server::start(&folder, "data", &[], &[]);
    salon(&folder, "data");
    files(&folder);
    let url = server.url();
    let made = folder.run(&[
        "keys",
        "create",
        "--data",
        "data",
        "--business",
        "salon",
        "--scope",
        "bookings:write",
        "--scope",
        "business:read",
    ]);
    let key = made.expect(0).out.trim().to_owned();
    let first = import(&folder, &["--server", &url, "--key", &key]).expect(1);
    assert!(
        first
            .out
            .contains("created 299, changed 0, unchanged 0, failed 1"),
        "{first:?}"
    );
    assert!(first.err.contains(&bad_line()), "{first:?}");
    let again = import(&folder, &["--server", &url, "--key", KEY, "--business", "salon"]).expect(1);
    assert!(again.out.contains("unchanged 299, failed 1"), "{again:?}");

    let wrong = import(&folder, &["--server", &url, "--key", "flyt_0000000000"]).expect(1);
    assert!(wrong.err.contains("key"), "{wrong:?}");
    let nowhere = import(&folder, &["--server", "flyt.example", "--key", &key]).expect(1);
    assert!(
        nowhere.err.contains("looks like https://flyt.example"),
        "{nowhere:?}"
    );
    let keyless = import(&folder, &["--server", &url]).expect(2);
    assert!(keyless.err.contains("--key"), "{keyless:?}");
    server.stop();
    let silent = import(&folder, &["--server", &url, "--key", &key]).expect(1);
    assert!(silent.err.contains("did not answer"), "{silent:?}");
}
