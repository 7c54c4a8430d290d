//! Holding, releasing, backing up and restoring, with the real binary.

use crate::binary::{Folder, Server, Sink, booking, salon, word};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn day_before() -> Value {
    json!({"type": "booking.starts", "offset": {"amount": 1, "unit": "days", "direction": "before"}})
}
async fn held(server: &Server) -> Value {
    server.get("/health/ready").await["held"]["because"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s32_a_restored_copy_sends_nothing_until_it_is_released_and_then_what_still_makes_sense() {
    let (folder, mut sink) = (Folder::new(), Sink::new().await);
    let clock = ["--test-clock", "2026-10-01T08:00:00Z"];
    let first = Server::start(&folder, "one", &clock, &[]);
    salon(&folder, "one");
    first.post("/v1/workflows", sink.workflow(&day_before())).await;
    first
        .post("/v1/bookings", booking("B-1", "2026-10-03T10:00:00Z"))
        .await;
    let second = first
        .post("/v1/bookings", booking("B-2", "2026-10-05T10:00:00Z"))
        .await;
    folder.run(&["backup", "--data", "one", "copy.tar"]).expect(0);
    first.stop();

    let restored = folder.run(&["restore", "copy.tar", "--data", "two"]).expect(0);
    assert!(restored.out.contains("until `flyt release`"), "{restored:?}");
    let again = folder.run(&["restore", "copy.tar", "--data", "two"]).expect(1);
    assert!(again.err.contains("not empty"), "{again:?}");

    let server = Server::start(&folder, "two", &clock, &[]);
    assert_eq!(held(&server).await, "restored");
    server.clock("2026-10-04T12:00:00Z").await;
    server.stop();
    let server = Server::start(&folder, "two", &clock, &[]);
    assert_eq!(held(&server).await, "restored", "a restart changes nothing");
    server.clock("2026-10-04T12:00:00Z").await;
    assert_eq!(sink.waiting(), 0);

    let asked = folder.run(&["release", "--data", "two", "--json"]).expect(4);
    let told = asked.json();
    assert_eq!(told["goes"], json!({"webhook": 1}), "{told}");
    assert_eq!(
        told["expired"],
        json!({"webhook": 1}),
        "the first appointment is over: {told}"
    );
    assert_eq!(told["examples"].as_array().unwrap().len(), 2, "{told}");
    server.clock("2026-10-04T12:00:00Z").await;
    assert_eq!(sink.waiting(), 0, "looking lets nothing go");

    let done = folder.run(&["release", "--data", "two", "--yes"]).expect(0);
    assert!(
        done.out.contains("1 webhook would go at once") && done.out.contains("the running server sends"),
        "{done:?}"
    );
    server.clock("2026-10-04T12:00:00Z").await;
    assert_eq!(sink.waiting(), 1);
    assert_eq!(sink.next().await["data"]["booking"]["id"], second["id"]);
    assert_eq!(held(&server).await, Value::Null);
    let nothing = folder.run(&["release", "--data", "two", "--yes"]).expect(0);
    assert!(nothing.out.contains("Nothing is held"), "{nothing:?}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_holds_must_be_clear_that_of_the_installation_and_that_of_the_business() {
    let (folder, sink) = (Folder::new(), Sink::new().await);
    let (clock, now) = (
        ["--test-clock", "2026-10-01T08:00:00Z", "--held"],
        "2026-10-01T08:00:00Z",
    );
    let server = Server::start(&folder, "data", &clock, &[]);
    assert_eq!(held(&server).await, "operator");
    salon(&folder, "data");
    folder
        .run(&["businesses", "mode", "--data", "data", "salon", "held"])
        .expect(0);
    server
        .post(
            "/v1/workflows",
            sink.workflow(&json!({"type": "booking.created"})),
        )
        .await;
    server
        .post("/v1/bookings", booking("B-1", "2026-10-05T10:00:00Z"))
        .await;
    server.clock(now).await;
    let message = server.get("/v1/messages").await["data"][0].clone();
    assert_eq!(
        (&message["state"], &message["reason"]),
        (&json!("queued"), &json!("held")),
        "{message}"
    );

    let preview = server.get("/v1/installation/release").await;
    assert_eq!(
        (&preview["goes"], &preview["stays"]),
        (&json!({}), &json!({"webhook": 1})),
        "{preview}"
    );
    assert_eq!(preview["held_businesses"], json!(["salon"]));
    folder.run(&["release", "--data", "data", "--yes"]).expect(0);
    server.clock(now).await;
    assert_eq!(sink.waiting(), 0, "the business is held itself");
    let message = server.get("/v1/messages").await["data"][0].clone();
    assert_eq!(
        (&message["state"], &message["reason"]),
        (&json!("queued"), &json!("held")),
        "{message}"
    );

    let unknown = folder
        .run(&["release", "--data", "data", "--business", "nobody", "--yes"])
        .expect(1);
    assert!(unknown.err.contains("no business `nobody`"), "{unknown:?}");
    folder
        .run(&["release", "--data", "data", "--business", "salon", "--yes"])
        .expect(0);
    server.clock(now).await;
    assert_eq!(sink.waiting(), 1);
    let again = folder
        .run(&["release", "--data", "data", "--business", "salon", "--yes"])
        .expect(1);
    assert!(again.err.contains("its mode is `live`"), "{again:?}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_run_under_another_name_start_held_and_a_stopped_server_can_be_released() {
    let folder = Folder::new();
    let named = |name| [("FLYT_INSTANCE_ID", name)];
    for (name, wanted) in [
        ("one", Value::Null),
        ("one", Value::Null),
        ("two", json!("instance")),
        ("two", json!("instance")),
    ] {
        let server = Server::start(&folder, "data", &[], &named(name));
        assert_eq!(held(&server).await, wanted, "{name}");
        server.stop();
    }
    let shown = folder.run(&["release", "--data", "data"]).expect(4);
    assert!(
        shown.out.contains("FLYT_INSTANCE_ID") && shown.err.contains("nothing was released"),
        "{shown:?}"
    );
    let done = folder.run(&["release", "--data", "data", "--yes"]).expect(0);
    assert!(done.out.contains("it goes when the server runs"), "{done:?}");
    let server = Server::start(&folder, "data", &[], &named("two"));
    assert_eq!(held(&server).await, Value::Null);
    server.stop();
}

/// Makes bookings, one after the other, until it is told to stop.
fn write_until(
    server: &Arc<Server>,
    writer: usize,
    stop: &Arc<AtomicBool>,
    made: &Arc<AtomicUsize>,
) -> tokio::task::JoinHandle<()> {
    let (server, stop, made) = (server.clone(), stop.clone(), made.clone());
    tokio::spawn(async move {
        let mut number = 0;
        while !stop.load(Ordering::SeqCst) {
            server
                .post(
                    "/v1/bookings",
                    booking(&format!("{writer}-{number}"), "2099-10-05T10:00:00Z"),
                )
                .await;
            made.fetch_add(1, Ordering::SeqCst);
            number += 1;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_is_one_instant_and_its_copy_sends_nothing_until_released() {
    let (folder, mut sink) = (Folder::new(), Sink::new().await);
    // Held itself, so that all that was ever sent comes from the copy.
    let server = Arc::new(Server::start(&folder, "data", &["--held"], &[]));
    salon(&folder, "data");
    server
        .post(
            "/v1/workflows",
            sink.workflow(&json!({"type": "booking.created"})),
        )
        .await;
    let (stop, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writers: Vec<_> = (0..4).map(|n| write_until(&server, n, &stop, &made)).collect();
    while made.load(Ordering::SeqCst) < 20 {
        tokio::task::yield_now().await;
    }
    let before = made.load(Ordering::SeqCst);
    let done = folder
        .run(&["backup", "--data", "data", "copy.tar", "--include-key", "--json"])
        .expect(0);
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    let after = made.load(Ordering::SeqCst);
    let counts = &done.json()["manifest"]["counts"];
    let bookings = usize::try_from(counts["bookings"].as_u64().unwrap()).unwrap();
    assert!(
        before <= bookings && bookings <= after && after > before,
        "{before} {bookings} {after}"
    );
    for table in ["customers", "runs", "steps"] {
        assert_eq!(
            counts[table], counts["bookings"],
            "one transaction each: {counts}"
        );
    }
    Arc::into_inner(server).unwrap().stop();
    let left: Vec<_> = std::fs::read_dir(folder.at("data"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        !left.iter().any(|n| n.to_string_lossy().starts_with("snapshot-")),
        "{left:?}"
    );

    folder.run(&["restore", "copy.tar", "--data", "copy"]).expect(0);
    let key = |data: &str| std::fs::read_to_string(folder.at(data).join("secret.key")).unwrap();
    assert_eq!(key("data"), key("copy"));
    let server = Server::start(&folder, "copy", &[], &[]);
    assert_eq!(held(&server).await, "restored");
    let preview = server.get("/v1/installation/release").await;
    assert_eq!(preview["goes"]["webhook"], json!(bookings), "{preview}");
    assert_eq!(sink.waiting(), 0);
    folder.run(&["release", "--data", "copy", "--yes"]).expect(0);
    for _ in 0..bookings {
        sink.next().await;
    }
    server.stop();
    assert_eq!(sink.waiting(), 0, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_was_changed_or_is_none_is_refused_and_leaves_nothing() {
    let folder = Folder::new();
    salon(&folder, "data");
    folder.run(&["backup", "--data", "data", "copy.tar"]).expect(0);
    let taken = folder.run(&["backup", "--data", "data", "copy.tar"]).expect(1);
    assert!(taken.err.contains("is there already"), "{taken:?}");
    let mode = std::fs::metadata(folder.at("copy.tar"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "it holds personal data");

    let whole = std::fs::read(folder.at("copy.tar")).unwrap();
    let mut changed = whole.clone();
    let middle = whole.len() / 2;
    changed[middle] ^= 1;
    for (bytes, wanted) in [
        (changed.as_slice(), "checksum"),
        (&whole[..middle], "damaged"),
        (b"no tar", "damaged"),
    ] {
        std::fs::write(folder.at("bad.tar"), bytes).unwrap();
        let refused = folder.run(&["restore", "bad.tar", "--data", "new"]).expect(1);
        assert!(refused.err.contains(wanted), "{refused:?}");
    }
    folder.run(&["restore", "copy.tar", "--data", "new"]).expect(0);
    let listed = folder.run(&["businesses", "list", "--data", "new"]).expect(0);
    assert!(listed.out.contains("salon"), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_beside_a_running_server_ask_it() {
    let folder = Folder::new();
    let server = Server::start(&folder, "data", &[], &[]);
    salon(&folder, "data");
    let made = folder
        .run(&[
            "keys",
            "create",
            "--data",
            "data",
            "--business",
            "salon",
            "--scope",
            "bookings:read",
        ])
        .expect(0);
    assert!(
        made.out.trim().starts_with("flyt_") && made.out.lines().count() == 1,
        "{made:?}"
    );
    let listed = folder
        .run(&["keys", "list", "--data", "data", "--business", "salon", "--json"])
        .expect(0)
        .json();
    let id = listed["data"][0]["id"].as_str().unwrap().to_owned();
    folder
        .run(&["keys", "revoke", "--data", "data", "--business", "salon", &id])
        .expect(0);
    let gone = folder
        .run(&["keys", "revoke", "--data", "data", "--business", "salon", &id])
        .expect(1);
    assert!(gone.err.contains("no such thing"), "{gone:?}");
    let bad = folder
        .run(&[
            "keys",
            "create",
            "--data",
            "data",
            "--business",
            "salon",
            "--scope",
            "booking:read",
        ])
        .expect(1);
    assert!(
        bad.err.contains("bookings:read"),
        "it says which was meant: {bad:?}"
    );
    let other = folder
        .run(&["keys", "list", "--data", "data", "--business", "nobody"])
        .expect(1);
    assert!(other.err.contains("no business"), "{other:?}");
    server.stop();
    let listed = folder
        .run(&["keys", "list", "--data", "data", "--business", "salon"])
        .expect(0);
    assert!(
        listed.out.contains("revoked"),
        "the same on a stopped server: {listed:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_socket_is_its_users_alone_and_goes_with_the_server() {
    let folder = Folder::new();
    let server = Server::start(&folder, "data", &[], &[]);
    let socket = folder.at("data").join("flyt.sock");
    assert_eq!(
        std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let checked = folder.run(&["check", "--data", "data"]).expect(0);
    assert!(checked.out.contains("is running on data"), "{checked:?}");
    // What only the socket answers is not on the network.
    assert_eq!(
        server.call("POST", "/operator/snapshot", &Value::Null).await.0,
        404
    );
    server.stop();
    assert!(!socket.exists());
    let nowhere = folder
        .run(&["backup", "--data", word(&folder.at("nowhere")), "x.tar"])
        .expect(1);
    assert!(nowhere.err.contains("no data in"), "{nowhere:?}");
}
