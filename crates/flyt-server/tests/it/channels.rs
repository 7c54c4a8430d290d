//! `/v1/channels` and the calls of gateways, over the wire.

use crate::world::World;
use serde_json::json;

async fn path(world: &World) -> String {
    let got = world.get("/v1/channels/sms").await.expect(200);
    got.json["callback_path"].as_str().unwrap().to_owned()
}
/// A call of a gateway: no key, no business.
const BARE: [(&str, &str); 2] = [("authorization", ""), ("flyt-business", "")];

#[tokio::test]
async fn a_business_has_an_sms_account_of_its_own_whose_secret_never_comes_out() {
    let world = World::new().await;
    let list = world.get("/v1/channels").await.expect(200);
    let ids: Vec<&str> = list.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["email", "sms", "webhook"]);
    assert_eq!(list.json["data"][1]["in_force"], "captured");
    let bad = json!({"provider": "twilio", "url": "http://127.0.0.1/"});
    let refused = world.call("PUT", "/v1/channels/sms", &bad).await.expect(422);
    assert_eq!(
        refused.faults(),
        [
            ("/account", "required"),
            ("/secret", "required"),
            ("/url", "blocked_address")
        ]
    );
    let account =
        json!({"provider": "twilio", "account": "AC1", "secret": "test-signing-key", "from": "Salong"});
    let put = world.call("PUT", "/v1/channels/sms", &account).await.expect(200);
    assert_eq!(
        (&put.json["in_force"], &put.json["secret_set"]),
        (&json!("own"), &json!(true))
    );
    assert!(!put.text.contains("test-signing-key"));
    let other = [("flyt-business", "other")];
    let theirs = world
        .send("GET", "/v1/channels/sms", &other, None)
        .await
        .expect(200);
    assert_eq!(theirs.json["in_force"], "captured");
    world
        .send("DELETE", "/v1/channels/sms", &[], None)
        .await
        .expect(204);
    world
        .send("DELETE", "/v1/channels/sms", &[], None)
        .await
        .expect(404);
    world
        .call("PUT", "/v1/channels/email", &json!({}))
        .await
        .expect(405);
    world.get("/v1/channels/fax").await.expect(404);
    let test = world
        .call("POST", "/v1/channels/sms/test", &json!({}))
        .await
        .expect(200);
    assert_eq!(test.json["code"], "captured");
    world.close().await;
}

#[tokio::test]
async fn a_gateway_needs_no_key_but_the_address_of_the_business() {
    let world = World::new().await;
    let path = path(&world).await;
    let body = |text: &str| json!({"from": "+4790000001", "to": "2000", "text": text}).to_string();
    let customer = json!({"external_id": "c1", "first_name": "Kari", "phone": "+4790000001"});
    world.call("POST", "/v1/customers", &customer).await.expect(201);
    world
        .send("POST", &path, &BARE, Some(body("STOP")))
        .await
        .expect(204);
    let got = world.get("/v1/customers/by-external-id/c1").await.expect(200);
    assert_eq!(got.json["opt_outs"][0]["channel"], "sms");
    world
        .send("POST", &path, &BARE, Some(body("Start")))
        .await
        .expect(204);
    let got = world.get("/v1/customers/by-external-id/c1").await.expect(200);
    assert_eq!(got.json["opt_outs"], json!([]));
    world
        .send("POST", &path, &BARE, Some(body("Hei")))
        .await
        .expect(204);
    world
        .send("POST", &path, &BARE, Some("{".to_owned()))
        .await
        .expect(400);
    let unknown = json!({"client_reference": "msg_nobody", "state": "delivered"}).to_string();
    world.send("POST", &path, &BARE, Some(unknown)).await.expect(204);
    let wrong = path.replace("generic", "twilio");
    world
        .send("POST", &wrong, &BARE, Some(body("STOP")))
        .await
        .expect(404);
    let wrong = format!("{}x", path.trim_end_matches(|c: char| c.is_ascii()));
    world
        .send(
            "POST",
            &format!("/v1/callbacks/generic/{wrong}"),
            &BARE,
            Some(body("STOP")),
        )
        .await
        .expect(404);
    world.close().await;
}

#[tokio::test]
async fn twilio_is_believed_by_its_signature_only() {
    let world = World::new().await;
    let account = json!({"provider": "twilio", "account": "AC1", "secret": "test-signing-key"});
    let put = world.call("PUT", "/v1/channels/sms", &account).await.expect(200);
    let path = put.json["callback_path"].as_str().unwrap();
    assert!(path.starts_with("/v1/callbacks/twilio/"));
    let form = "MessageSid=SM1&MessageStatus=delivered".to_owned();
    let unsigned = world
        .send("POST", path, &BARE, Some(form.clone()))
        .await
        .expect(403);
    assert_eq!(unsigned.json["code"], "bad_signature");
    let signature = sign(&format!(
        "https://flyt.example{path}MessageSidSM1MessageStatusdelivered"
    ));
    let headers = [
        BARE[0],
        BARE[1],
        ("host", "flyt.example"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-twilio-signature", signature.as_str()),
    ];
    world.send("POST", path, &headers, Some(form)).await.expect(204);
    world.close().await;
}

/// HMAC-SHA1 with the key of the tests, in base64.
fn sign(text: &str) -> String {
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(b"test-signing-key").unwrap();
    mac.update(text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}
