//! One server, and calls to it.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tower::ServiceExt as _;

pub(crate) const KEY: &str = "flyt_platform_kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
/// Where the test clock stands.
pub(crate) const NOW: &str = "2026-10-01T00:00:00Z";

/// A server with the businesses `salon` and `other`.
pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) app: flyt::App,
    data: PathBuf,
}
/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}
impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
    /// (pointer, code) of each fault.
    pub(crate) fn faults(&self) -> Vec<(&str, &str)> {
        let faults = self.json["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("no problem: {self:?}"));
        faults
            .iter()
            .map(|e| (e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap()))
            .collect()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told of its PostgreSQL by the environment"
)]
fn server() -> String {
    let told = std::env::var("FLYT_TEST_DATABASE_URL");
    told.unwrap_or_else(|_| {
        panic!("no PostgreSQL to test on: run `make test`, or `scripts/postgres run cargo test --workspace`")
    })
}
pub(crate) async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl World {
    pub(crate) async fn new() -> Self {
        Self::reaching("").await
    }
    /// The same, whose webhooks may reach these ranges beside public ones.
    pub(crate) async fn reaching(ranges: &str) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let data = std::env::temp_dir().join(format!("flyt-it-{}-{number}", std::process::id()));
        // A killed test of another day may have left a folder of this name.
        if data.exists() {
            std::fs::remove_dir_all(&data).unwrap();
        }
        let app = flyt::App::open_reaching(&data, KEY, Some(NOW.parse().unwrap()), ranges)
            .await
            .unwrap();
        Self::over(app, data).await
    }
    /// As `new`, with the data in a fresh PostgreSQL database; its address.
    pub(crate) async fn postgres() -> (Self, String) {
        let server = server();
        let name = format!(
            "it_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let create = format!("CREATE DATABASE {name}");
        client(&server).await.batch_execute(&create).await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}");
        let app = flyt::App::open_postgres(&url, KEY, Some(NOW.parse().unwrap()))
            .await
            .unwrap();
        let data = std::env::temp_dir().join(format!("flyt-{name}"));
        std::fs::create_dir_all(&data).unwrap();
        (Self::over(app, data).await, url)
    }
    async fn over(app: flyt::App, data: PathBuf) -> Self {
        let world = Self {
            router: flyt::router(app.clone()),
            app,
            data,
        };
        for slug in ["salon", "other"] {
            let body = json!({"slug": slug, "name": slug, "time_zone": "Europe/Oslo", "languages": ["nb", "en"],
                "default_language": "en", "currency": "NOK", "country": "NO", "admins": ["owner@check.example"]});
            world.call("POST", "/v1/businesses", &body).await.expect(201);
        }
        world
    }
    /// A call with everything in order: platform key, business `salon`, JSON.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> Got {
        self.send(method, path, &[], Some(body.to_string())).await
    }
    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], None).await
    }
    /// A call with other headers: an empty value takes the usual one away.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Got {
        let bearer = format!("Bearer {KEY}");
        let usual = [
            ("authorization", bearer.as_str()),
            ("flyt-business", "salon"),
            ("content-type", "application/json"),
        ];
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in usual
            .iter()
            .filter(|(n, _)| !headers.iter().any(|(o, _)| o == n))
            .chain(headers)
        {
            if !value.is_empty() {
                request = request.header(*name, *value);
            }
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from)).unwrap();
        self.answered(request).await
    }
    /// A call whose body is bytes of another kind.
    pub(crate) async fn send_bytes(&self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Got {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {KEY}"))
            .header("flyt-business", "salon")
            .header("content-type", kind);
        self.answered(request.body(Body::from(body)).unwrap()).await
    }
    async fn answered(&self, request: Request<Body>) -> Got {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Got {
            status: parts.status,
            headers: parts.headers,
            text,
            json,
        }
    }
    /// How many objects the business has, over everything that a write could leave.
    pub(crate) async fn rows(&self) -> Vec<usize> {
        let mut counts = Vec::new();
        for list in [
            "locations",
            "resources",
            "services",
            "extras",
            "statuses",
            "customers",
            "bookings",
            "payments",
            "workflows",
            "api-keys",
        ] {
            let got = self.get(&format!("/v1/{list}?limit=200")).await.expect(200);
            counts.push(got.json["data"].as_array().unwrap().len());
        }
        counts
    }
    /// Closes the server; every byte of its data.
    pub(crate) async fn bytes(self) -> Vec<u8> {
        self.app.close().await;
        let files = std::fs::read_dir(&self.data).unwrap();
        let all = files
            .map(|f| std::fs::read(f.unwrap().path()).unwrap())
            .collect::<Vec<_>>();
        std::fs::remove_dir_all(&self.data).unwrap();
        all.concat()
    }
    /// The token of a link to the first start.
    pub(crate) async fn first_start(&self) -> String {
        let link = self.app.first_start().await.unwrap();
        link.split_once("/first-start#").unwrap().1.to_owned()
    }
    /// Moves the test clock.
    pub(crate) async fn at(&self, now: &str) {
        self.call("POST", "/v1/test-clock", &json!({ "now": now }))
            .await
            .expect(200);
    }
    /// The objects of a list.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).await.expect(200).json["data"]
            .as_array()
            .unwrap()
            .clone()
    }
    /// Moves the test clock, and settles.
    pub(crate) async fn clock(&self, to: &str) {
        self.call("POST", "/v1/test-clock", &json!({"now": to}))
            .await
            .expect(200);
    }
    pub(crate) async fn close(self) {
        self.app.close().await;
        std::fs::remove_dir_all(&self.data).unwrap();
    }
}
impl Got {
    /// The answer, if it has this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

/// A booking that is in order.
pub(crate) fn booking(external_id: &str) -> Value {
    json!({"external_id": external_id,
        "customer": {"external_id": "c1", "first_name": "Kari", "last_name": "Nordmann", "email": "kari@check.example",
            "phone": "+4790000001", "language": "en"},
        "service": {"external_id": "cut", "name": "Cut"}, "location": {"external_id": "main", "name": "Main"},
        "status": "approved", "start": "2026-10-20T12:00:00Z", "end": "2026-10-20T12:45:00Z", "source": "customer"})
}
