//! Signatures, against the published vectors. `fixtures/signatures.json` is the project's own collection of them;
//! the first entry is the upstream test vector of Standard Webhooks (`libraries/go/webhook_test.go`).

use flyt_channels::signature::{BadSecret, Delivery, TOLERANCE_S, Unverified, check_secret, sign, verify};
use jiff::Timestamp;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn vectors() -> Vec<serde_json::Value> {
    let all: serde_json::Value = serde_json::from_str(include_str!("../fixtures/signatures.json")).unwrap();
    all["standard_webhooks"].as_array().unwrap().clone()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn the_published_vectors_come_out_and_are_believed() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let (secrets, id, body) = ([text("secret")], text("webhook-id"), text("body"));
        let second = vector["webhook-timestamp"].as_i64().unwrap();
        let signature = sign(&secrets, &id, second, body.as_bytes()).unwrap();
        assert_eq!(signature, text("webhook-signature"), "{}", text("source"));
        let timestamp = second.to_string();
        let delivery = Delivery {
            id: &id,
            timestamp: &timestamp,
            signature: &signature,
            body: body.as_bytes(),
        };
        assert_eq!(verify(&secrets, delivery, at(second + 300), TOLERANCE_S), Ok(()));
        assert_eq!(
            verify(&secrets, delivery, at(second + 301), TOLERANCE_S),
            Err(Unverified::TooFar)
        );
        assert_eq!(
            verify(&secrets, delivery, at(second - 301), TOLERANCE_S),
            Err(Unverified::TooFar)
        );
    }
}

#[test]
fn while_a_secret_is_replaced_both_sign_and_either_is_believed() {
    let both = [OTHER.to_owned(), SECRET.to_owned()];
    let signature = sign(&both, "msg_1", 1_795_338_000, b"{}").unwrap();
    assert_eq!(signature.split(' ').count(), 2);
    let delivery = Delivery {
        id: "msg_1",
        timestamp: "1795338000",
        signature: &signature,
        body: b"{}",
    };
    for one in both {
        assert_eq!(verify(&[one], delivery, at(1_795_338_000), TOLERANCE_S), Ok(()));
    }
}

#[test]
fn a_changed_id_time_body_or_signature_is_not_believed() {
    let secrets = [SECRET.to_owned()];
    let signature = sign(&secrets, "msg_1", 1_795_338_000, b"{}").unwrap();
    let good = Delivery {
        id: "msg_1",
        timestamp: "1795338000",
        signature: &signature,
        body: b"{}",
    };
    let cases = [
        (Delivery { id: "msg_2", ..good }, Unverified::NoMatch),
        (
            Delivery {
                timestamp: "1795338001",
                ..good
            },
            Unverified::NoMatch,
        ),
        (
            Delivery {
                timestamp: "soon",
                ..good
            },
            Unverified::Timestamp,
        ),
        (Delivery { body: b"{ }", ..good }, Unverified::NoMatch),
        (
            Delivery {
                signature: "",
                ..good
            },
            Unverified::NoMatch,
        ),
        (
            Delivery {
                signature: "v1,",
                ..good
            },
            Unverified::NoMatch,
        ),
        (
            Delivery {
                signature: &signature[..20],
                ..good
            },
            Unverified::NoMatch,
        ),
        (
            Delivery {
                signature: &signature.replace("v1,", "v2,"),
                ..good
            },
            Unverified::NoMatch,
        ),
    ];
    for (delivery, expected) in cases {
        assert_eq!(
            verify(&secrets, delivery, at(1_795_338_000), TOLERANCE_S),
            Err(expected),
            "{delivery:?}"
        );
    }
    let others = [OTHER.to_owned()];
    assert_eq!(
        verify(&others, good, at(1_795_338_000), TOLERANCE_S),
        Err(Unverified::NoMatch)
    );
}

#[test]
fn a_secret_that_cannot_sign_is_refused_when_it_is_saved() {
    assert_eq!(check_secret(SECRET), Ok(()));
    assert_eq!(
        check_secret(OTHER.trim_end_matches('=')),
        Ok(()),
        "without padding"
    );
    for bad in [
        "",
        "whsec_",
        "whsec_c2hvcnQ=",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_not base64 not base64 not!",
    ] {
        assert_eq!(check_secret(bad), Err(BadSecret), "{bad}");
    }
}
