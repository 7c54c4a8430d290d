//! People: coming in, staying, what each may do, and what a stranger meets.

use crate::world::{Got, World};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "tre røde hester";
/// What every page of ours tells of where it stands.
const PAGE: [(&str, &str); 2] = [("authorization", ""), ("sec-fetch-site", "same-origin")];

/// A browser: it keeps the cookie it was given.
pub(crate) struct Browser<'w> {
    pub(crate) world: &'w World,
    pub(crate) cookie: String,
}
impl<'w> Browser<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self {
            world,
            cookie: String::new(),
        }
    }
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Got {
        self.with(&[], method, path, body).await
    }
    /// The same with further headers; those of the page may be given otherwise.
    pub(crate) async fn with(
        &mut self,
        more: &[(&str, &str)],
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Got {
        let cookie = self.cookie.clone();
        let usual = [PAGE.as_slice(), &[("cookie", cookie.as_str())]].concat();
        let mut headers: Vec<(&str, &str)> = more.to_vec();
        headers.extend(
            usual
                .into_iter()
                .filter(|(n, _)| !more.iter().any(|(o, _)| o == n)),
        );
        let body = body.map(|b| b.to_string());
        let mut got = self.world.send(method, path, &headers, body.clone()).await;
        // A person, too, calls at most a hundred times a second.
        while got.json["code"] == "rate_limited" {
            got = self.world.send(method, path, &headers, body.clone()).await;
        }
        if let Some((pair, _)) = got.header("set-cookie").split_once(';') {
            pair.clone_into(&mut self.cookie);
        }
        got
    }
}

/// The one who runs the installation, signed in.
pub(crate) async fn owner(world: &World) -> Browser<'_> {
    let mut browser = Browser::new(world);
    let first = json!({"token": world.first_start().await, "name": "Kari Nordmann", "email": "kari@check.example",
        "password": PASSWORD, "language": "nb"});
    browser
        .send("POST", "/v1/session/first-start", Some(first))
        .await
        .expect(200);
    browser
}

/// Somebody invited to a business, signed in.
pub(crate) async fn member<'w>(world: &'w World, business: &str, email: &str, role: &str) -> Browser<'w> {
    let body = json!({"email": email, "name": "Ola", "role": role}).to_string();
    let made = world
        .send("POST", "/v1/users", &[("flyt-business", business)], Some(body))
        .await
        .expect(201);
    let mut browser = Browser::new(world);
    let accept = json!({"token": token(&made), "name": "Ola Nordmann", "password": PASSWORD});
    browser
        .send("POST", "/v1/session/invitation", Some(accept))
        .await
        .expect(200);
    browser
}
/// The token of an invitation.
pub(crate) fn token(made: &Got) -> String {
    let url = made.json["invitation"]["url"].as_str().unwrap();
    url.split_once("/invitation#").unwrap().1.to_owned()
}
fn sign_in(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

#[tokio::test]
async fn the_first_owner_comes_by_the_link_and_makes_a_business() {
    let world = World::new().await;
    let mut nobody = Browser::new(&world);
    let got = nobody.send("GET", "/v1/session", None).await.expect(401);
    assert_eq!(got.json["code"], "no_owner");
    let link = world.first_start().await;
    let mut first =
        json!({"token": "x".repeat(52), "name": "Kari", "email": "kari@check.example", "password": PASSWORD});
    let bad = nobody
        .send("POST", "/v1/session/first-start", Some(first.clone()))
        .await;
    assert_eq!(bad.expect(403).json["code"], "bad_link");
    first["token"] = json!(link);
    let came = nobody
        .send("POST", "/v1/session/first-start", Some(first.clone()))
        .await;
    let came = came.expect(200);
    assert_eq!(came.json["user"]["platform_admin"], true);
    assert!(
        came.header("set-cookie")
            .contains("; HttpOnly; SameSite=Lax; Path=/")
    );
    first["email"] = json!("other@check.example");
    let late = nobody.send("POST", "/v1/session/first-start", Some(first)).await;
    assert_eq!(late.expect(409).json["code"], "owner_exists");

    let own = json!({"slug": "own", "name": "Own", "time_zone": "Europe/Oslo", "languages": ["nb"],
        "currency": "NOK", "country": "NO"});
    nobody.send("POST", "/v1/businesses", Some(own)).await.expect(201);
    let session = nobody.send("GET", "/v1/session", None).await.expect(200);
    let told = (&came.json["expires_at"], &session.json["expires_at"]);
    assert_eq!(told.0, told.1, "what is told at once is what is kept");
    let all: Vec<&str> = session.json["businesses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["slug"].as_str().unwrap())
        .collect();
    assert_eq!(all[0], "own", "those one belongs to come first");
    assert_eq!(all.len(), 3, "who runs the installation may enter every business");
    let users = nobody
        .with(&[("flyt-business", "own")], "GET", "/v1/users", None)
        .await;
    let users = users.expect(200);
    assert_eq!(users.json["data"][0]["role"], "owner");
    assert_eq!(users.json["data"][0]["name"], "Kari");
    let log = nobody
        .with(&[("flyt-business", "own")], "GET", "/v1/audit-log", None)
        .await;
    let log = log.expect(200);
    assert_eq!(log.json["data"][0]["actor"], came.json["user"]["id"]);
    assert_eq!(log.json["data"][0]["actor_name"], "Kari");
    world.close().await;
}

#[tokio::test]
async fn signing_in_and_out_and_what_is_refused_between() {
    let world = World::new().await;
    owner(&world).await;
    let mut browser = Browser::new(&world);
    let wrong = browser
        .send(
            "POST",
            "/v1/session",
            Some(sign_in("kari@check.example", "tre røde hestar")),
        )
        .await
        .expect(401);
    let unknown = browser
        .send(
            "POST",
            "/v1/session",
            Some(sign_in("nobody@check.example", PASSWORD)),
        )
        .await
        .expect(401);
    assert_eq!(wrong.json["code"], "sign_in_failed");
    assert_eq!(
        wrong.json["detail"], unknown.json["detail"],
        "nobody learns who has an account"
    );
    assert_eq!(browser.cookie, "");
    browser
        .send(
            "POST",
            "/v1/session",
            Some(sign_in(" KARI@check.example", PASSWORD)),
        )
        .await
        .expect(200);
    browser.send("GET", "/v1/bookings", None).await.expect(200);
    // A key beside the cookie counts instead of it.
    let both = browser.with(&[("authorization", "Bearer flyt_x")], "GET", "/v1/bookings", None);
    both.await.expect(401);
    let list = browser.send("GET", "/v1/sessions", None).await.expect(200);
    assert_eq!(list.json["data"].as_array().unwrap().len(), 2);
    browser.send("DELETE", "/v1/sessions", None).await.expect(204);
    let list = browser.send("GET", "/v1/sessions", None).await.expect(200);
    assert_eq!(list.json["data"].as_array().unwrap().len(), 1);
    let kept = browser.cookie.clone();
    browser.send("DELETE", "/v1/session", None).await.expect(204);
    browser.cookie = kept;
    let over = browser.send("GET", "/v1/bookings", None).await.expect(401);
    assert_eq!(over.json["code"], "not_signed_in");
    world.close().await;
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let world = World::new().await;
    let mut browser = owner(&world).await;
    let booking = || Some(crate::world::booking("b-1"));
    let none = ("sec-fetch-site", "");
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "none")],
        vec![none],
        vec![none, ("origin", "https://evil.example"), ("host", "flyt.example")],
        vec![none, ("origin", "null"), ("host", "flyt.example")],
        vec![
            none,
            ("origin", "http://flyt.example:81"),
            ("host", "flyt.example"),
        ],
    ] {
        let got = browser.with(&headers, "POST", "/v1/bookings", booking()).await;
        assert_eq!(got.expect(403).json["code"], "cross_site", "{headers:?}");
        let got = browser.with(&headers, "DELETE", "/v1/session", None).await;
        assert_eq!(got.expect(403).json["code"], "cross_site", "{headers:?}");
    }
    let sign_in = Some(sign_in("kari@check.example", PASSWORD));
    let planted = browser.with(
        &[("sec-fetch-site", "cross-site")],
        "POST",
        "/v1/session",
        sign_in,
    );
    planted.await.expect(403);
    let own = [none, ("origin", "http://flyt.example"), ("host", "flyt.example")];
    browser
        .with(&own, "POST", "/v1/bookings", booking())
        .await
        .expect(201);
    world.close().await;
}

#[tokio::test]
async fn over_https_the_cookie_is_one_that_only_this_host_can_set() {
    let world = World::new().await;
    owner(&world).await;
    let mut browser = Browser::new(&world);
    let https = [("x-forwarded-proto", "https")];
    let got = browser
        .with(
            &https,
            "POST",
            "/v1/session",
            Some(sign_in("kari@check.example", PASSWORD)),
        )
        .await
        .expect(200);
    let cookie = got.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-flyt=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    browser.with(&https, "GET", "/v1/session", None).await.expect(200);
    let (_, token) = browser.cookie.split_once('=').unwrap();
    let planted = format!("flyt={token}");
    let headers = [("cookie", planted.as_str()), https[0]];
    browser
        .with(&headers, "GET", "/v1/session", None)
        .await
        .expect(401);
    world.close().await;
}

#[tokio::test]
async fn passwords_of_all_kinds_are_taken_and_those_too_long_or_too_common_are_refused() {
    let world = World::new().await;
    let mut browser = owner(&world).await;
    let mut current = PASSWORD.to_owned();
    for good in [
        "пароль из букв",
        "🐎🐎🐄🐖🐓🦆🐕🐈🐁🐇",
        "  med mellomrom foran  ",
        &"lang ".repeat(200),
    ] {
        let change = json!({"password": good, "current_password": current});
        browser
            .send("PATCH", "/v1/session", Some(change))
            .await
            .expect(200);
        let mut anew = Browser::new(&world);
        let entered = anew
            .send("POST", "/v1/session", Some(sign_in("kari@check.example", good)))
            .await;
        entered.expect(200);
        good.clone_into(&mut current);
    }
    for (bad, code) in [
        ("kort", "too_short"),
        ("aaaaaaaaaaaaaaaaaa", "too_common"),
        ("Passord2026", "too_common"),
        (&*"x".repeat(1_025), "too_long"),
    ] {
        let change = json!({"password": bad, "current_password": current});
        let got = browser
            .send("PATCH", "/v1/session", Some(change))
            .await
            .expect(422);
        assert_eq!(got.faults(), [("/password", code)]);
    }
    let wrong = json!({"password": "noe helt nytt her", "current_password": PASSWORD});
    let got = browser
        .send("PATCH", "/v1/session", Some(wrong))
        .await
        .expect(403);
    assert_eq!(got.json["code"], "wrong_password");
    let huge = "x".repeat(1_000_000);
    let mut anew = Browser::new(&world);
    let got = anew
        .send("POST", "/v1/session", Some(sign_in("kari@check.example", &huge)))
        .await;
    assert_eq!(got.expect(422).faults(), [("/password", "too_long")]);
    let more = huge.repeat(2);
    let got = anew
        .send("POST", "/v1/session", Some(sign_in("kari@check.example", &more)))
        .await;
    got.expect(413);
    world.close().await;
}

#[tokio::test]
async fn what_is_sent_in_disorder_is_named() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let got = browser
        .send("POST", "/v1/session", Some(json!({"email": 7, "pasword": "x"})))
        .await;
    let got = got.expect(422);
    assert!(got.faults().contains(&("/password", "required")));
    assert!(got.faults().contains(&("/pasword", "unknown_field")));
    let own = [("flyt-business", "salon")];
    let mut owner = member(&world, "salon", "owner@check.example", "owner").await;
    for (email, code) in [
        ("kari", "bad_email"),
        ("kari@check.example\r\nBcc: x@y.z", "line_end"),
    ] {
        let body = json!({"email": email, "role": "viewer"});
        let got = owner
            .with(&own, "POST", "/v1/users", Some(body))
            .await
            .expect(422);
        assert_eq!(got.faults(), [("/email", code)]);
    }
    let body = json!({"email": "a@b.no", "role": "boss"});
    let got = owner.with(&own, "POST", "/v1/users", Some(body)).await;
    assert_eq!(got.expect(422).faults(), [("/role", "unknown_value")]);
    for bad in ["", "   ", &*"n".repeat(201)] {
        let got = owner
            .send("PATCH", "/v1/session", Some(json!({ "name": bad })))
            .await
            .expect(422);
        assert_eq!(got.faults(), [("/name", "bad_name")]);
    }
    let reset = json!({"email": "nobody@check.example"});
    let unknown = browser
        .send("POST", "/v1/session/reset", Some(reset))
        .await
        .expect(202);
    let reset = json!({"email": "owner@check.example"});
    let known = browser
        .send("POST", "/v1/session/reset", Some(reset))
        .await
        .expect(202);
    assert_eq!(known.text, unknown.text, "nobody learns who has an account");
    world.close().await;
}
