//! Stories of coming in and staying, told with a clock in hand.

use super::account;
use super::browser::{self, Browser};
use super::sessions::{self, IDLE, MOST, Signed};
use super::sign_in::{self, Attempt, In};
use super::{links, second};
use crate::auth::Named;
use crate::keys;
use crate::problem::Problem;
use crate::state::{App, Place};
use axum::http::{Extensions, HeaderMap};
use flyt_channels::egress::Guard;
use flyt_channels::sms::Gateways;
use flyt_channels::webhook::Webhooks;
use flyt_core::totp;
use flyt_engine::{Engine, Parts, Rates, Seal};
use flyt_store::{Store, Tx, users};
use jiff::{SignedDuration, Timestamp};

const EMAIL: &str = "kari@check.example";
const PASSWORD: &str = "tre røde hester";
const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

async fn app() -> App {
    let guard = Guard::new(Vec::new());
    let parts = Parts {
        store: Store::sqlite_in_memory().unwrap(),
        test_clock: Some(NOW),
        relay: None,
        gateways: Gateways::new(guard.clone()).unwrap(),
        sms: None,
        public_url: None,
        webhooks: Webhooks::new(guard).unwrap(),
        seal: Seal::new(&keys::hash("a key")),
        held: false,
        works: false,
        rates: Rates::default(),
    };
    let engine = Engine::start(parts).await.unwrap();
    let app = App::new(engine, None, None, Place::default());
    account::owner(&app, (EMAIL, "Kari", "nb"), PASSWORD, NOW)
        .await
        .unwrap();
    app
}
fn browser(app: &App) -> Browser {
    browser::of(app, &HeaderMap::new(), &Extensions::new())
}
async fn enter(app: &App, code: Option<&str>, now: Timestamp) -> Result<In, Problem> {
    let attempt = Attempt {
        email: EMAIL,
        password: PASSWORD,
        code,
    };
    sign_in::sign_in(app, &attempt, &browser(app), now).await
}
fn code(refused: Result<In, Problem>) -> &'static str {
    refused.err().map_or("in", |problem| problem.code)
}
async fn known(app: &App, token: &str, now: Timestamp) -> Option<Signed> {
    let found = sessions::known(app, token, None, now).await.unwrap();
    found.map(|(signed, business, role)| {
        assert_eq!((business, role), (Named::None, None));
        signed
    })
}
/// Waits until the use of a session has been written down.
async fn noted(app: &App, token: &str, at: Timestamp) {
    while known(app, token, at).await.unwrap().session.seen_at < at {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_session_ends_without_use_after_eight_hours_and_with_it_after_twelve() {
    let app = app().await;
    let entered = enter(&app, None, NOW).await.unwrap();
    let token = entered.token.as_str();
    let short = IDLE - SignedDuration::from_secs(1);
    assert!(
        known(&app, token, NOW + IDLE).await.is_none(),
        "eight hours without use"
    );
    let later = NOW + short;
    assert!(known(&app, token, later).await.is_some());
    noted(&app, token, later).await;
    let last = entered.expires_at - SignedDuration::from_secs(1);
    assert_eq!(
        entered.expires_at,
        NOW + SignedDuration::from_hours(12),
        "of whoever runs the installation"
    );
    assert!(known(&app, token, last).await.is_some(), "used in between");
    assert!(known(&app, token, entered.expires_at).await.is_none());
    assert!(known(&app, &format!("{token}x"), NOW).await.is_none());
    app.close().await;
}

#[tokio::test]
async fn the_oldest_of_too_many_sessions_makes_room() {
    let app = app().await;
    let first = enter(&app, None, NOW).await.unwrap();
    for _ in 0..MOST - 1 {
        enter(&app, None, NOW).await.unwrap();
    }
    assert!(known(&app, &first.token, NOW).await.is_some());
    enter(&app, None, NOW).await.unwrap();
    assert!(known(&app, &first.token, NOW).await.is_none());
    app.close().await;
}

/// Switches the second factor on; its secret's codes by step, and the recovery codes.
async fn second_factor(app: &App) -> (impl Fn(Timestamp) -> String, Vec<String>) {
    let entered = enter(app, None, NOW).await.unwrap();
    let signed = known(app, &entered.token, NOW).await.unwrap();
    second::begin(app, &signed).await.unwrap();
    let secret = second::secret(app, signed.user.id).await.unwrap().unwrap();
    let wrong = second::confirm(app, &signed, "000000x", NOW).await.unwrap_err();
    assert_eq!(wrong.code, "wrong_code");
    let code = move |at: Timestamp| totp::code(&secret, totp::step_of(at.as_second()));
    let recovery = second::confirm(app, &signed, &code(NOW), NOW).await.unwrap();
    assert_eq!(recovery.len(), 10);
    (code, recovery)
}

#[tokio::test]
async fn a_code_is_good_once_and_so_is_a_recovery_code() {
    let app = app().await;
    let (code_at, recovery) = second_factor(&app).await;
    assert_eq!(code(enter(&app, None, NOW).await), "code_needed");
    assert_eq!(code(enter(&app, Some(" "), NOW).await), "code_needed");
    assert_eq!(
        code(enter(&app, Some(&code_at(NOW)), NOW).await),
        "sign_in_failed",
        "used to confirm"
    );
    let later = NOW + SignedDuration::from_secs(totp::STEP_S);
    assert_eq!(code(enter(&app, Some(&code_at(later)), later).await), "in");
    assert_eq!(
        code(enter(&app, Some(&code_at(later)), later).await),
        "sign_in_failed"
    );
    assert_eq!(
        code(enter(&app, Some(&code_at(NOW)), later).await),
        "sign_in_failed",
        "an older one"
    );
    let spoken = recovery[0].to_uppercase().replace('-', " ");
    assert_eq!(code(enter(&app, Some(&spoken), later).await), "in");
    assert_eq!(
        code(enter(&app, Some(&recovery[0]), later).await),
        "sign_in_failed"
    );
    assert_eq!(code(enter(&app, Some(&recovery[1]), later).await), "in");
    app.close().await;
}

#[tokio::test]
async fn a_new_password_by_link_ends_sessions_once_and_does_not_go_round_the_second_factor() {
    let app = app().await;
    let (_, recovery) = second_factor(&app).await;
    let entered = enter(&app, Some(&recovery[0]), NOW).await.unwrap();
    let url = app.reset_link(EMAIL).await.unwrap();
    let token = url.split_once('#').unwrap().1.to_owned();
    let set = async |password: &str, code: Option<&str>, now: Timestamp| {
        account::set_by_link(&app, (&token, password, code), &browser(&app), now).await
    };
    // The link was made in wall time, as all of this is.
    let wall = flyt_engine::clock::wall();
    assert_eq!(code(set("kort", None, wall).await), "too_short");
    assert_eq!(code(set("fire blå hester", None, wall).await), "code_needed");
    assert_eq!(
        code(set("fire blå hester", Some("0000-0000-0000-0000"), wall).await),
        "sign_in_failed"
    );
    let over = wall + SignedDuration::from_hours(1);
    assert_eq!(
        code(set("fire blå hester", Some(&recovery[1]), over).await),
        "bad_link",
        "an hour is over"
    );
    assert_eq!(code(set("fire blå hester", Some(&recovery[1]), wall).await), "in");
    assert_eq!(
        code(set("fem grønne hester", Some(&recovery[2]), wall).await),
        "bad_link",
        "used"
    );
    assert!(
        known(&app, &entered.token, NOW).await.is_none(),
        "the other sessions have ended"
    );
    assert_eq!(
        code(enter(&app, Some(&recovery[3]), NOW).await),
        "sign_in_failed",
        "the old password"
    );
    app.close().await;
}

#[tokio::test]
async fn a_newer_link_takes_the_place_of_the_one_before() {
    let app = app().await;
    let first = app.reset_link(EMAIL).await.unwrap();
    let second = app.reset_link(EMAIL).await.unwrap();
    let wall = flyt_engine::clock::wall();
    let good = async |url: &str| {
        let token = url.split_once('#').unwrap().1;
        links::good(&app, flyt_core::person::LinkKind::Reset, token, wall)
            .await
            .is_ok()
    };
    assert!(!good(&first).await && good(&second).await);
    assert!(app.first_start().await.unwrap().is_empty(), "there is an owner");
    app.close().await;
}

#[tokio::test]
async fn who_is_kept_out_is_out_at_once() {
    let app = app().await;
    let entered = enter(&app, None, NOW).await.unwrap();
    let id = entered.user.id;
    let disable = app.engine().store().write(async move |tx: &mut Tx| {
        let user = users::by_id(&mut tx.engine(), id).await?.unwrap();
        let user = users::User {
            disabled_at: Some(NOW),
            ..user
        };
        users::update(&mut tx.engine(), &user)
    });
    disable.await.unwrap();
    assert!(known(&app, &entered.token, NOW).await.is_none());
    assert_eq!(code(enter(&app, None, NOW).await), "sign_in_failed");
    app.close().await;
}

#[tokio::test]
async fn wrong_tries_make_the_next_one_wait_whoever_it_is() {
    let app = app().await;
    for email in [EMAIL, "nobody@check.example"] {
        let attempt = Attempt {
            email,
            password: "noe helt annet",
            code: None,
        };
        for _ in 0..5 {
            let got = sign_in::sign_in(&app, &attempt, &browser(&app), NOW).await;
            assert_eq!(code(got), "sign_in_failed");
        }
        let got = sign_in::sign_in(&app, &attempt, &browser(&app), NOW).await;
        let waits = got.err().unwrap();
        assert_eq!((waits.code, waits.status.as_u16()), ("too_many_attempts", 429));
        assert!(waits.retry_after_s.is_some_and(|s| s >= 1));
    }
    app.close().await;
}
