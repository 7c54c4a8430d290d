//! `flyt release`: what would go is shown first; then a yes lets it go.

use super::{answer, text};
use crate::config::Installation;
use crate::desk::{Desk, Fault};
use clap::Args;
use serde_json::{Value, json};
use std::io::{BufRead as _, IsTerminal as _, Write as _};

pub(crate) const EXAMPLES: &str = "Examples:
  flyt release                                 shows what would go, and asks
  flyt release --yes                           for scripts: shows it and lets it go
  flyt release --business salon                the own hold of one business (its mode: held)

Without a terminal and without --yes nothing is released, and the code is 4. Two holds must be clear for a message to leave:
the installation's and its business's.";

/// No messages.
const NONE: &str = "nothing";

/// What to release.
#[derive(Debug, Clone, Args)]
pub(crate) struct Release {
    #[command(flatten)]
    pub(crate) of: Installation,
    /// Slug of a business that is held itself; without it the installation is released.
    #[arg(long, value_name = "SLUG")]
    pub(crate) business: Option<String>,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
}

pub(super) async fn run(wanted: Release, json: bool) -> Result<(), Fault> {
    let desk = Desk::open(&wanted.of).await?;
    let done = release(&desk, &wanted, json).await;
    desk.close().await;
    done
}

async fn release(desk: &Desk, wanted: &Release, json: bool) -> Result<(), Fault> {
    let query = wanted.business.as_ref().map_or_else(String::new, |slug| {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("business", slug)
            .finish();
        format!("?{query}")
    });
    let preview = desk
        .get(&format!("/v1/installation/release{query}"), None)
        .await?;
    if wanted.business.is_none() && preview.get("held").is_none_or(Value::is_null) {
        answer(json, &json!({ "released": false, "held": null }), |_| {
            vec!["Nothing is held: this installation sends.".to_owned()]
        });
        return Ok(());
    }
    if !wanted.yes {
        answer(json, &preview, shown);
        if !agreed() {
            return Err(Fault::NotConfirmed(
                "nothing was released: give --yes, or answer yes on a terminal".to_owned(),
            ));
        }
    }
    let body = match &wanted.business {
        Some(slug) => json!({ "business": slug }),
        None => json!({}),
    };
    let done = desk.post("/v1/installation/release", None, &body).await?;
    answer(json, &done, |done| {
        let mut lines = if wanted.yes { shown(done) } else { Vec::new() };
        lines.push(outcome(desk, done, wanted.business.as_deref()));
        lines
    });
    Ok(())
}

fn outcome(desk: &Desk, done: &Value, business: Option<&str>) -> String {
    let still = done.get("held").is_some_and(|h| !h.is_null());
    match business {
        Some(slug) if still => format!(
            "`{slug}` is released, but the installation is held: nothing leaves until `flyt release`."
        ),
        Some(slug) => format!("`{slug}` is released."),
        None if desk.is_beside() => "Released: the running server sends.".to_owned(),
        None if desk.is_shared() => {
            "Released: the processes on this database send within seconds.".to_owned()
        }
        None => "Released: it goes when the server runs.".to_owned(),
    }
}

/// What waits, in words.
fn shown(preview: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(hold) = preview.get("held").filter(|h| !h.is_null()) {
        lines.push(format!(
            "Held since {}: {}.",
            text(hold, "since"),
            text(hold, "sentence")
        ));
    }
    let more = if preview.get("complete") == Some(&Value::Bool(false)) {
        " (at least)"
    } else {
        ""
    };
    let told = [
        ("goes", "would go at once"),
        ("captured", "would be captured (business in sandbox)"),
        ("expired", "came too late and expired"),
        ("stays", "stay: their business is held itself"),
    ];
    for (name, words) in told {
        if name != "goes" && channels(preview, name) == NONE {
            continue;
        }
        lines.push(format!("{:>22} {words}{more}", channels(preview, name)));
    }
    let withdrawn = preview.get("withdrawn").and_then(Value::as_i64).unwrap_or(0);
    if withdrawn > 0 {
        lines.push(format!(
            "{withdrawn:>22} timers whose booking or workflow has changed"
        ));
    }
    let businesses = text(preview, "held_businesses");
    if !businesses.is_empty() {
        lines.push(format!(
            "Held themselves: {businesses}. `flyt release --business SLUG` releases one."
        ));
    }
    for example in preview
        .get("examples")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        lines.push(format!(
            "  {:8} {:8} due {}  {}: {}",
            text(example, "outcome"),
            text(example, "channel"),
            text(example, "due_at"),
            text(example, "business"),
            text(example, "workflow")
        ));
    }
    lines
}

fn channels(preview: &Value, name: &str) -> String {
    let counts = preview.get(name).and_then(Value::as_object);
    let words: Vec<String> = counts
        .into_iter()
        .flatten()
        .map(|(channel, n)| format!("{n} {channel}"))
        .collect();
    if words.is_empty() {
        return NONE.to_owned();
    }
    words.join(", ")
}

/// Asks, where somebody can answer.
fn agreed() -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    let asked = write!(std::io::stderr().lock(), "Let it go? [yes/no] ");
    let mut word = String::new();
    asked.is_ok() && std::io::stdin().lock().read_line(&mut word).is_ok() && word.trim() == "yes"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_told_by_channel_with_what_came_too_late() {
        let preview = json!({ "held": {"since": "2026-10-01T00:00:00Z", "sentence": "it was started with --held"},
            "goes": {"email": 2, "sms": 1}, "expired": {"sms": 4}, "withdrawn": 3, "complete": true, "held_businesses": ["b"] });
        let lines = shown(&preview).join("\n");
        for wanted in [
            "2 email, 1 sms would go",
            "4 sms came too late",
            "3 timers whose",
            "Held themselves: b.",
        ] {
            assert!(lines.contains(wanted), "{lines}");
        }
    }
}
