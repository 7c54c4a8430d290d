//! `flyt check`: what is in force and where it came from, and what is wrong with it, in words. Nothing is sent, made or changed.
//! The looks themselves are in `check/`: the data, the relay, the sender's domain.

mod data;
mod mail;

use super::{answer, say, table};
use crate::config::file::DEFAULTS;
use crate::config::force::Setting;
use crate::config::{Role, Serve};
use crate::desk::Fault;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;

pub(crate) const EXAMPLES: &str = "Examples:
  flyt check                                   settings, data, relay, DNS of the sender
  flyt check --deep                            reads every page of the data file too
  flyt check --defaults > flyt.toml            a file to begin with
  flyt check --json | jq '.findings[] | select(.verdict == \"wrong\")'

It takes the flags of `flyt serve`. The code is 1 when something is wrong, 0 when there are notes only.";

/// What to check.
#[derive(Debug, Clone, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) serve: Serve,
    /// Print the settings file with its defaults and end.
    #[arg(long)]
    pub(crate) defaults: bool,
    /// Read every page of the data file.
    #[arg(long)]
    pub(crate) deep: bool,
    /// Ask this name server instead of the system's.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) dns: Option<SocketAddr>,
    /// The selector that the relay signs with (DKIM): the `s=` in the DKIM-Signature of a mail it has sent.
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) dkim: Option<String>,
}

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Good,
    /// Works, and the operator should know.
    Note,
    /// Will not work.
    Wrong,
}
/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) about: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) says: String,
    /// What to do about it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}
impl Finding {
    pub(crate) fn good(about: &'static str, says: impl Into<String>) -> Self {
        Self::new(about, Verdict::Good, says.into(), None)
    }
    pub(crate) fn note(about: &'static str, says: impl Into<String>, advice: &str) -> Self {
        Self::new(about, Verdict::Note, says.into(), Some(advice.to_owned()))
    }
    pub(crate) fn wrong(about: &'static str, says: impl Into<String>, advice: &str) -> Self {
        Self::new(about, Verdict::Wrong, says.into(), Some(advice.to_owned()))
    }
    fn new(about: &'static str, verdict: Verdict, says: String, advice: Option<String>) -> Self {
        Self {
            about,
            verdict,
            says,
            advice,
        }
    }
}

pub(super) async fn run(
    wanted: Check,
    settings: &[Setting],
    file: Option<&Path>,
    json: bool,
) -> Result<(), Fault> {
    if wanted.defaults {
        say(DEFAULTS.trim_end());
        return Ok(());
    }
    let mut findings = configured(&wanted.serve);
    findings.extend(data::look(&wanted.serve, wanted.deep).await);
    findings.extend(mail::look(&wanted).await);
    let wrong = findings.iter().filter(|f| f.verdict == Verdict::Wrong).count();
    let shown: Vec<_> = settings
        .iter()
        .map(|s| json!({ "name": s.name, "value": s.value, "from": s.from }))
        .collect();
    let value = json!({ "file": file, "settings": shown, "findings": findings, "wrong": wrong });
    answer(json, &value, |_| lines(settings, file, &findings));
    match wrong {
        0 => Ok(()),
        1 => Err(Fault::Refused("one thing is wrong; it is told above".to_owned())),
        many => Err(Fault::Refused(format!(
            "{many} things are wrong; they are told above"
        ))),
    }
}

fn lines(settings: &[Setting], file: Option<&Path>, findings: &[Finding]) -> Vec<String> {
    let row = |s: &Setting| {
        let value = s.value.clone().unwrap_or_else(|| "(not set)".to_owned());
        vec![s.name.clone(), value, s.from.clone()]
    };
    let rows: Vec<_> = settings.iter().map(row).collect();
    let mut lines = table(&["SETTING", "VALUE", "FROM"], &rows);
    if file.is_none() {
        lines.push("There is no flyt.toml here or in the data folder.".to_owned());
    }
    lines.push(String::new());
    for finding in findings {
        let mark = match finding.verdict {
            Verdict::Good => "ok   ",
            Verdict::Note => "note ",
            Verdict::Wrong => "WRONG",
        };
        lines.push(format!("{mark}  {:9} {}", finding.about, finding.says));
        lines.extend(
            finding
                .advice
                .iter()
                .map(|advice| format!("                 → {advice}")),
        );
    }
    lines
}

/// What the settings alone tell.
fn configured(serve: &Serve) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !serve.listen.ip().is_loopback() {
        findings.push(Finding::note(
            "listen",
            format!("{} is reached from other machines, without TLS.", serve.listen),
            "put a reverse proxy with TLS in front, and let only that reach the port",
        ));
    }
    if let Err(error) =
        flyt_channels::egress::parse_allow(serve.outside.egress_allow.as_deref().unwrap_or_default())
    {
        findings.push(Finding::wrong(
            "egress",
            format!("egress_allow cannot be read: {error}."),
            "write ranges with a comma between, such as 10.1.0.0/16,fd00::/8",
        ));
    }
    if serve.outside.platform_key.is_none() {
        findings.push(Finding::note(
            "keys",
            "No platform key is set: the first start makes one and prints it once.",
            "keep what it prints, or set FLYT_PLATFORM_KEY to a long random text",
        ));
    }
    if serve.outside.secret_key.is_none() && serve.data.database_url.is_some() {
        findings.push(Finding::wrong(
            "secrets",
            "FLYT_SECRET_KEY is not set: the key of secrets lies in the database beside what it seals.",
            "set FLYT_SECRET_KEY to a long random text, the same for every process, and keep a copy elsewhere",
        ));
    }
    if serve.outside.instance_id.is_none() {
        findings.push(Finding::note(
            "instance",
            "The installation has no name: a copy of its disk would send everything a second time.",
            "set FLYT_INSTANCE_ID to the name of this machine; data that were run under another name start held",
        ));
    }
    if serve.held {
        findings.push(Finding::note(
            "hold",
            "`held` is set: every start holds sending, also after a release.",
            "take it away once you have released",
        ));
    }
    if serve.role == Role::Api {
        findings.push(Finding::note(
            "role",
            "This process takes commands only.",
            "run at least one with --role all or --role worker, or nothing is sent",
        ));
    }
    findings
}
