//! `/metrics` in the text format of Prometheus. No key is needed, so no label names a business.

use crate::state::App;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use flyt_engine::{BOUNDS_MS, Counted};
use std::fmt::{Display, Write as _};

pub(super) async fn metrics(State(app): State<App>) -> Response {
    let mut page = Page::default();
    page.head(
        "flyt_http_responses_total",
        "counter",
        "Answers by class of status.",
    );
    for (class, count) in app.counts().by_class() {
        page.line(
            "flyt_http_responses_total",
            &[("class", &format!("{class}xx"))],
            count,
        );
    }
    page.one(
        "flyt_event_streams",
        "Open streams of events.",
        app.streams().count(),
    );
    let up = i32::from(app.engine().ready().await.is_ok());
    page.one("flyt_ready", "1 when /health/ready says so.", up);
    page.one(
        "flyt_held",
        "1 while nothing leaves until it is released.",
        i32::from(app.engine().is_held()),
    );
    match app.engine().counted().await {
        Ok(counted) => engine(&mut page, &counted),
        Err(error) => {
            tracing::warn!(%error, "the store did not answer; /metrics leaves out what the engine counts");
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page.0).into_response()
}

fn engine(page: &mut Page, counted: &Counted) {
    page.head(
        "flyt_tries_total",
        "counter",
        "Tries of deliveries by channel and outcome.",
    );
    for (channel, outcome, count) in &counted.tries {
        page.line(
            "flyt_tries_total",
            &[("channel", channel), ("outcome", outcome)],
            count,
        );
    }
    let waits = "flyt_due_lag_seconds";
    page.head(
        waits,
        "histogram",
        "Time between the instant a delivery was due and its beginning.",
    );
    let bucket = format!("{waits}_bucket");
    for (bound, within) in BOUNDS_MS.iter().zip(&counted.within) {
        page.line(&bucket, &[("le", &seconds(*bound))], within);
    }
    page.line(&bucket, &[("le", "+Inf")], counted.waits);
    page.line(&format!("{waits}_sum"), &[], seconds(counted.waited_ms));
    page.line(&format!("{waits}_count"), &[], counted.waits);
    page.one(
        "flyt_deliveries_in_flight",
        "Deliveries claimed by this process.",
        counted.in_flight,
    );
    page.one(
        "flyt_oldest_unclaimed_seconds",
        "How long the oldest due step has waited to be claimed.",
        seconds(counted.oldest_unclaimed_ms),
    );
    for (name, help, count) in [
        (
            "flyt_commits_total",
            "Commits that changed something.",
            counted.commits.0,
        ),
        (
            "flyt_committed_units_total",
            "Units of work in those commits; divided by them, the size of a commit.",
            counted.commits.1,
        ),
    ] {
        page.head(name, "counter", help);
        page.line(name, &[], count);
    }
}

/// Milliseconds as seconds, without the noise of binary fractions.
fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// The page as it grows. Writing to a string does not fail.
#[derive(Default)]
struct Page(String);
impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }
    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let inside: Vec<String> = labels.iter().map(|(n, v)| format!("{n}=\"{v}\"")).collect();
        let labels = if inside.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", inside.join(","))
        };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
    /// A gauge without labels.
    fn one(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        self.line(name, &[], value);
    }
}
