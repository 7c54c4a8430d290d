//! `/metrics`: what the engine counts, and nothing of any business.

use crate::receiver::Receiver;
use crate::world::{NOW, World, booking};
use serde_json::json;

#[tokio::test]
async fn tries_lags_and_commits_are_counted_and_no_business_is_named() {
    let (world, receiver) = (
        World::reaching("127.0.0.0/8").await,
        Receiver::answering(&["HTTP/1.1 500 Oops"]).await,
    );
    let endpoint = json!({"url": receiver.url, "events": ["booking.created"]});
    world
        .call("POST", "/v1/webhook-endpoints", &endpoint)
        .await
        .expect(201);
    let workflow = json!({"name": "W", "enabled": true, "triggers": [{"type": "booking.created"}],
        "actions": [{"type": "sms", "to": ["customer"], "content": {"en": {"text": "x"}}}]});
    world.call("POST", "/v1/workflows", &workflow).await.expect(201);
    world
        .call("POST", "/v1/bookings", &booking("B-1"))
        .await
        .expect(201);
    world.clock(NOW).await;
    world.clock("2026-10-01T00:01:00Z").await;
    let got = world
        .send("GET", "/metrics", &[("authorization", "")], None)
        .await
        .expect(200);
    for line in [
        "flyt_tries_total{channel=\"endpoint\",outcome=\"temporary\"} 1",
        "flyt_tries_total{channel=\"endpoint\",outcome=\"sent\"} 1",
        "flyt_tries_total{channel=\"sms\",outcome=\"captured\"} 1",
        "flyt_due_lag_seconds_bucket{le=\"0.100\"} 3",
        "flyt_due_lag_seconds_bucket{le=\"+Inf\"} 3",
        "flyt_due_lag_seconds_sum 0.000",
        "flyt_due_lag_seconds_count 3",
        "flyt_deliveries_in_flight 0",
        "flyt_oldest_unclaimed_seconds 0.000",
        "flyt_event_streams 0",
        "flyt_held 0",
        "flyt_ready 1",
    ] {
        assert!(
            got.text.lines().any(|l| l == line),
            "{line} is not in\n{}",
            got.text
        );
    }
    let value = |name: &str| {
        let line = got
            .text
            .lines()
            .find_map(|l| l.strip_prefix(name)?.strip_prefix(' ')?.parse::<u64>().ok());
        line.unwrap_or_else(|| panic!("{name} is missing"))
    };
    assert!(value("flyt_commits_total") > 0);
    assert!(value("flyt_committed_units_total") >= value("flyt_commits_total"));
    for name in ["salon", "other", "check.example", "business"] {
        assert!(!got.text.contains(name), "{name}");
    }
    let samples = got.text.lines().filter(|l| !l.starts_with('#'));
    for sample in samples {
        let name = sample.split(['{', ' ']).next().unwrap();
        let base = name
            .trim_end_matches("_bucket")
            .trim_end_matches("_sum")
            .trim_end_matches("_count");
        assert!(
            got.text.contains(&format!("# TYPE {base} ")),
            "{name} has no type"
        );
    }
    world.close().await;
}
