//! Signatures: those that public libraries made are believed, everything near them is not.

use super::{sample_value, settings};
use flyt_core::inbound::signature::{Seen, Unverified, verify};
use flyt_core::inbound::{Adapter, Delivery};
use jiff::Timestamp;
use serde_json::{Value, json};

struct Vectors(Value);
impl Vectors {
    fn get(&self, name: &str) -> &str {
        self.0["providers"][name].as_str().unwrap()
    }
    fn check(
        &self,
        adapter: Adapter,
        set: &Value,
        (name, value): (&str, &str),
        body: &str,
        now_s: i64,
    ) -> Result<(), Unverified> {
        let headers = [(name.to_owned(), value.to_owned())];
        let delivery = Delivery {
            headers: &headers,
            body: body.as_bytes(),
        };
        let urls = [self.get("url").to_owned()];
        let now = [Timestamp::from_second(now_s).unwrap()];
        let seen = Seen {
            urls: &urls,
            now: &now,
        };
        verify(adapter, &delivery, &settings(adapter, set), self.get("key"), seen)
    }
}

#[test]
fn every_vector_is_believed_and_nothing_beside_it() {
    let vectors = Vectors(sample_value("signatures"));
    let at = vectors.0["providers"]["t"].as_i64().unwrap();
    let map = json!({"fields": {"external_id": "/id", "start": "/start"}});
    let github = json!({"map": map, "signature": {"header": "X-Hub-Signature-256", "encoding": "hex"}});
    for (adapter, set, header, vector) in [
        (
            Adapter::Calcom,
            json!({}),
            "X-Cal-Signature-256",
            "calcom X-Cal-Signature-256",
        ),
        (
            Adapter::Calendly,
            json!({}),
            "Calendly-Webhook-Signature",
            "calendly Calendly-Webhook-Signature",
        ),
        (
            Adapter::Square,
            json!({}),
            "x-square-hmacsha256-signature",
            "square x-square-hmacsha256-signature",
        ),
        (
            Adapter::Acuity,
            json!({}),
            "X-Acuity-Signature",
            "acuity X-Acuity-Signature",
        ),
        (
            Adapter::Makeplans,
            json!({}),
            "X-MakePlans-Signature",
            "makeplans X-MakePlans-Signature",
        ),
        (
            Adapter::Generic,
            github,
            "X-Hub-Signature-256",
            "github X-Hub-Signature-256",
        ),
    ] {
        let (value, body) = (vectors.get(vector), vectors.get("body"));
        assert_eq!(
            vectors.check(adapter, &set, (header, value), body, at),
            Ok(()),
            "{vector}"
        );
        let other = body.replace("wørld", "world");
        assert_eq!(
            vectors.check(adapter, &set, (header, value), &other, at),
            Err(Unverified::NoMatch),
            "{vector}"
        );
        assert_eq!(
            vectors.check(adapter, &set, ("x-other", value), body, at),
            Err(Unverified::Missing),
            "{vector}"
        );
        for bad in ["", "zz", "t=1,v1=00", "sha256=", value.get(9..).unwrap()] {
            assert!(
                vectors.check(adapter, &set, (header, bad), body, at).is_err(),
                "{vector}: {bad}"
            );
        }
    }
}

#[test]
fn a_signature_of_calendly_counts_for_three_minutes() {
    let vectors = Vectors(sample_value("signatures"));
    let value = vectors.get("calendly Calendly-Webhook-Signature");
    let at = vectors.0["providers"]["t"].as_i64().unwrap();
    let check = |now| {
        let header = ("calendly-webhook-signature", value);
        vectors.check(Adapter::Calendly, &json!({}), header, vectors.get("body"), now)
    };
    assert_eq!((check(at + 180), check(at - 180)), (Ok(()), Ok(())));
    assert_eq!(
        (check(at + 181), check(at - 181)),
        (Err(Unverified::TooOld), Err(Unverified::TooOld))
    );
}

#[test]
fn a_secret_in_a_header_is_compared_whole() {
    let vectors = Vectors(sample_value("signatures"));
    for (adapter, set, header) in [
        (Adapter::Easyappointments, json!({}), "X-Ea-Token"),
        (
            Adapter::Easyappointments,
            json!({"secret_header": "X-My-Secret"}),
            "x-my-secret",
        ),
        (
            Adapter::Generic,
            json!({"map": {"fields": {"external_id": "/id", "start": "/s"}}}),
            "x-flyt-secret",
        ),
    ] {
        let check = |value| vectors.check(adapter, &set, (header, value), "{}", 0);
        assert_eq!(check("test-signing-key"), Ok(()));
        for bad in ["", "test-signing-ke", "test-signing-key2", "Test-Signing-Key"] {
            assert_eq!(check(bad), Err(Unverified::NoMatch), "{bad}");
        }
    }
}
