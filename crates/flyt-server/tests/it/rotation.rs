//! The key of secrets at rest, changed with the real binary: what was sealed still opens, and a lost key is told.

use crate::binary::{Folder, Server, Sink, booking, salon};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

/// Delivers one webhook and says whether `secret` signed it.
async fn signs(server: &Server, sink: &mut Sink, number: usize, secret: &str) -> bool {
    server
        .post(
            "/v1/bookings",
            booking(&format!("B-{number}"), "2099-10-05T10:00:00Z"),
        )
        .await;
    let (headers, body) = sink.next_raw().await;
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    header("webhook-signature")
        .split(' ')
        .any(|given| given == wanted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_sealed_anew_and_stay_what_they_were() {
    let (folder, mut sink) = (Folder::new(), Sink::new().await);
    let server = Server::start(&folder, "data", &[], &[]);
    salon(&folder, "data");
    server
        .post(
            "/v1/workflows",
            sink.workflow(&json!({"type": "booking.created"})),
        )
        .await;
    let secret = server.post("/v1/business/webhook-secret", json!({})).await["secret"].clone();
    let secret = secret.as_str().unwrap();
    assert!(signs(&server, &mut sink, 0, secret).await);
    let refused = folder
        .run(&["keys", "rotate-secrets", "--data", "data"])
        .expect(1);
    assert!(refused.err.contains("stop it first"), "{refused:?}");
    server.stop();

    // A new key in the folder.
    let key = || std::fs::read_to_string(folder.at("data").join("secret.key")).unwrap();
    let old = key();
    let done = folder
        .run(&["keys", "rotate-secrets", "--data", "data", "--json"])
        .expect(0);
    assert_eq!(done.json()["sealed_anew"], 1, "{done:?}");
    assert_ne!(key(), old);
    let server = Server::start(&folder, "data", &[], &[]);
    assert!(signs(&server, &mut sink, 1, secret).await);
    server.stop();

    // From the folder's key to a configured one, and from that to another.
    let one = [("FLYT_SECRET_KEY", "one")];
    let two = [("FLYT_SECRET_KEY", "two"), ("FLYT_SECRET_KEY_OLD", "one")];
    for (number, env) in [one.as_slice(), two.as_slice(), &two[..1]]
        .into_iter()
        .enumerate()
    {
        let server = Server::start(&folder, "data", &[], env);
        assert!(signs(&server, &mut sink, number + 2, secret).await, "{env:?}");
        server.stop();
    }

    // A key that nobody has stops the start, and says what to do; forgetting makes new secrets.
    std::fs::remove_file(folder.at("data").join("secret.key")).unwrap();
    let wrong = [("FLYT_SECRET_KEY", "three")];
    let stopped = folder
        .run_with(&["serve", "--listen", "127.0.0.1:0", "--data", "data"], &wrong)
        .expect(1);
    assert!(
        stopped.err.contains("FLYT_SECRET_KEY_OLD") && stopped.err.contains("--forget-lost"),
        "{stopped:?}"
    );
    let forgotten = folder
        .run_with(
            &["keys", "rotate-secrets", "--data", "data", "--forget-lost"],
            &wrong,
        )
        .expect(0);
    assert!(
        forgotten.out.contains("1 secrets whose key is lost are deleted"),
        "{forgotten:?}"
    );
    let server = Server::start(&folder, "data", &[], &wrong);
    assert!(
        !signs(&server, &mut sink, 9, secret).await,
        "it is another secret now"
    );
    server.stop();
}
