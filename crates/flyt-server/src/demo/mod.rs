//! `flyt demo`: a salon with a month behind it, in memory, on this machine only. The past is played on a test clock through
//! the same routes that everybody calls; then time is let go, and the salon lives on.

mod ledger;
mod month;

use crate::api::router;
use crate::keys;
use crate::people::account;
use crate::state::{App, Place};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use flyt_channels::egress::{Guard, parse_allow};
use flyt_channels::sms::Gateways;
use flyt_channels::webhook::Webhooks;
use flyt_core::instant::whole_ms;
use flyt_engine::{Engine, Parts, Rates, Seal, clock};
use flyt_store::Store;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use month::{PAST_DAYS, Salon};
use serde_json::Value;
use tower::ServiceExt as _;

const SALON: &str = include_str!("salon.json");
const WORKFLOWS: &str = include_str!("workflows.json");
/// Stands in the workflows where the receiver's address goes.
const LEDGER: &str = "$LEDGER";
/// The zone of the salon.
const ZONE: &str = "Europe/Oslo";
/// Slug of the salon.
pub(crate) const SLUG: &str = "nordlys";

/// Who owns it.
pub(crate) const OWNER: &str = "ingrid@nordlys.example";

/// A running demo.
pub(crate) struct Demo {
    pub(crate) app: App,
    /// The operator's key, made for this run.
    pub(crate) key: String,
    /// The owner's password, made for this run.
    pub(crate) password: String,
}

/// Plays the month up to `now` and lets the clock go.
///
/// # Errors
/// A sentence: what could not be done.
pub(crate) async fn open(now: Timestamp) -> Result<Demo, String> {
    let salon: Salon = serde_json::from_str(SALON).map_err(|e| format!("salon.json: {e}"))?;
    let began = whole_ms(now)
        .saturating_sub((PAST_DAYS * 24 + 1).hours())
        .map_err(|e| e.to_string())?;
    let key = keys::platform_key()?;
    let guard = Guard::new(parse_allow("127.0.0.1/32").map_err(|e| e.to_string())?);
    let parts = Parts {
        store: Store::sqlite_in_memory().map_err(|e| e.to_string())?,
        test_clock: Some(began),
        relay: None,
        gateways: Gateways::new(guard.clone()).map_err(|e| e.to_string())?,
        sms: None,
        rates: Rates::default(),
        public_url: None,
        webhooks: Webhooks::new(guard).map_err(|e| e.to_string())?,
        seal: Seal::new(&keys::hash(&key)),
        held: false,
        works: true,
    };
    let engine = Engine::start(parts).await.map_err(|e| e.to_string())?;
    let app = App::new(engine, Some(keys::hash(&key)), None, Place::default());
    let client = Client {
        routes: router(app.clone()),
        key: &key,
    };
    client.set_up(&salon, began, &ledger::open().await?).await?;
    client.play(&app, &salon, now).await?;
    app.engine().go_live().await;
    let password = keys::recovery_code()?;
    let owner = account::owner(&app, (OWNER, "Ingrid Nordlys", "nb"), &password, clock::wall()).await;
    owner.map_err(|problem| problem.detail)?;
    Ok(Demo { app, key, password })
}

/// Calls the routes without a network between.
struct Client<'k> {
    routes: Router,
    key: &'k str,
}

impl Client<'_> {
    async fn call(&self, method: &str, path: &str, body: &Value) -> Result<(), String> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, "application/json")
            .header("Flyt-Business", SLUG)
            .body(Body::from(body.to_string()))
            .map_err(|e| e.to_string())?;
        let answer = self.routes.clone().oneshot(request).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let told = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap_or_default();
        Err(format!(
            "{method} {path} answered {status}: {}",
            String::from_utf8_lossy(&told)
        ))
    }

    /// The business, what it offers, and its workflows.
    async fn set_up(&self, salon: &Salon, began: Timestamp, ledger: &str) -> Result<(), String> {
        self.call("POST", "/v1/businesses", &salon.business).await?;
        let services: Vec<Value> = salon.services().collect();
        let lists = [
            ("/v1/locations", &salon.locations),
            ("/v1/resources", &salon.resources),
            ("/v1/services", &services),
            ("/v1/extras", &salon.extras),
        ];
        for (path, bodies) in lists {
            for body in bodies {
                self.call("POST", path, body).await?;
            }
        }
        let workflows: Vec<Value> = serde_json::from_str(&WORKFLOWS.replace(LEDGER, ledger))
            .map_err(|e| format!("workflows.json: {e}"))?;
        for customer in month::known_customers(salon, began) {
            self.call("POST", "/v1/customers", &customer).await?;
        }
        for workflow in &workflows {
            self.call("POST", "/v1/workflows", workflow).await?;
        }
        Ok(())
    }

    /// The month, each call at its own instant.
    async fn play(&self, app: &App, salon: &Salon, now: Timestamp) -> Result<(), String> {
        let zone = TimeZone::get(ZONE).map_err(|e| e.to_string())?;
        for call in month::calls(salon, now, &zone) {
            app.engine()
                .move_clock(call.at.max(app.engine().now()))
                .await
                .map_err(|e| e.to_string())?;
            self.call(call.method, &call.path, &call.body).await?;
        }
        app.engine()
            .move_clock(whole_ms(now))
            .await
            .map_err(|e| e.to_string())?;
        Ok(())
    }
}

/// The present instant, for `open`.
pub(crate) fn now() -> Timestamp {
    clock::wall()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    async fn get(demo: &Demo, path: &str) -> Value {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", demo.key))
            .header("Flyt-Business", SLUG)
            .body(Body::empty())
            .unwrap();
        let answer = router(demo.app.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_demo_has_a_month_of_messages_retries_failures_and_skips_behind_it_and_reminders_ahead() {
        let demo = open("2026-11-24T20:00:00Z".parse().unwrap()).await.unwrap();
        assert_eq!(demo.app.engine().test_clock(), None, "time goes on by itself");
        let some = async |path: &str| !get(&demo, path).await["data"].as_array().unwrap().is_empty();
        for state in ["captured", "sent", "failed"] {
            assert!(some(&format!("/v1/messages?state={state}")).await, "{state}");
        }
        assert!(some("/v1/timers").await);
        let sent = get(&demo, "/v1/messages?state=sent&limit=200").await;
        let tries = sent["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["attempts"].as_i64().unwrap());
        assert!(tries.max() > Some(1), "some got through at the second try");
        let skipped = get(&demo, "/v1/messages?state=skipped&limit=200").await;
        let told = |reason: &str| {
            skipped["data"]
                .as_array()
                .unwrap()
                .iter()
                .any(|m| m["reason"] == reason)
        };
        for reason in ["no_recipient", "opted_out", "no_consent"] {
            assert!(told(reason), "{reason}");
        }
        assert_eq!(
            get(&demo, "/v1/workflows").await["data"]
                .as_array()
                .unwrap()
                .len(),
            12
        );
        demo.app.close().await;
    }
}
