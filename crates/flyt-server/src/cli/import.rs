//! `flyt import`: a file of bookings into a business of a stopped server's data.

use super::{complain, say};
use crate::config::Installation;
use crate::import::{self, NoImport};
use crate::lock::Lock;
use crate::open;
use crate::records;
use clap::Args;
use flyt_core::import::Format;
use flyt_core::keywords;
use flyt_engine::{Actor, Caller, ImportTerms};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Rows between two lines of progress.
const PROGRESS: u64 = 1_000;

/// Examples of `flyt import --help`.
pub(crate) const EXAMPLES: &str = "Examples:
  flyt import bookings.csv --map map.toml --business salon --dry-run
  flyt import bookings.csv --map map.toml --business salon --automations timed
  flyt import bookings.ndjson --map map.json --business salon --json
  flyt import --booknetic-workflows workflows.json

A mapping file says which column is what:
  time_zone = \"Europe/Oslo\"
  date_formats = [\"%d.%m.%Y %H:%M\"]
  currency = \"NOK\"
  [fields]
  external_id = \"Booking ID\"
  start = \"Start\"
  \"service.name\" = \"Service\"
  \"customer.email\" = \"E-mail\"
  status = { value = \"approved\" }
  [statuses]
  Confirmed = \"approved\"

An import that broke off is run again: rows are known by external_id, what is unchanged is left alone.";

/// Bookings from a file.
#[derive(Debug, Clone, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    of: Installation,
    /// The file: CSV, or NDJSON when its name ends in .ndjson or .jsonl.
    #[arg(required_unless_present = "booknetic_workflows")]
    file: Option<PathBuf>,
    /// The mapping: TOML, or JSON when its name ends in .json.
    #[arg(long, required_unless_present = "booknetic_workflows", value_name = "MAP")]
    map: Option<PathBuf>,
    /// Slug of the business; may be left out where there is one only.
    #[arg(long)]
    business: Option<String>,
    /// Say what would happen and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Whether workflows see the bookings: off (the default for new ones), timed (reminders only) or on.
    #[arg(long, value_name = "off|timed|on")]
    automations: Option<String>,
    /// Convert the keywords in the texts of a file of workflows (JSON) and print it; what has no twin is told.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "map"])]
    booknetic_workflows: Option<PathBuf>,
}

pub(super) async fn run(wanted: Import, json: bool) -> Result<(), String> {
    if let Some(path) = &wanted.booknetic_workflows {
        return convert(path);
    }
    let (Some(file), Some(map)) = (&wanted.file, &wanted.map) else {
        return Err("give a file and --map".to_owned());
    };
    let terms = ImportTerms {
        automations: import::automations(wanted.automations.as_deref())?,
        dry_run: wanted.dry_run,
    };
    let map = mapping(map)?;
    let bytes = std::fs::read(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let ends = |all: &[&str]| {
        file.extension()
            .and_then(|e| e.to_str())
            .is_some_and(|e| all.contains(&e))
    };
    let format = if ends(&["ndjson", "jsonl"]) {
        Format::Ndjson
    } else {
        Format::Csv
    };
    let lock = match wanted.of.data.database_url {
        Some(_) => None,
        None => Some(Lock::take(&wanted.of.data.data).await?),
    };
    let app = open::alone(&wanted.of, lock).await?;
    let done = async {
        let business_no = business(&app, wanted.business.as_deref()).await?;
        let caller = Caller {
            business_no,
            actor: Actor::Platform,
        };
        let (mut rows, as_json) = (0, json);
        let totals = import::run(&app, &caller, (&bytes, format, &map), terms, |row| {
            rows += 1;
            tell(&row, as_json);
            if rows % PROGRESS == 0 {
                complain(&format!("{rows} rows"));
            }
        });
        totals.await.map_err(told)
    };
    let done = done.await;
    app.close().await;
    let totals = done?;
    if json {
        say(&serde_json::json!({"totals": totals.shown(terms)}).to_string());
    } else {
        let would = if terms.dry_run { "would be " } else { "" };
        say(&format!(
            "{would}created {}, changed {}, unchanged {}, failed {}",
            totals.created, totals.changed, totals.unchanged, totals.failed
        ));
        if let Some(hint) = totals.hint() {
            say(&hint);
        }
    }
    if totals.failed > 0 {
        return Err(format!(
            "{} rows were not imported; mend them and run the same again",
            totals.failed
        ));
    }
    Ok(())
}

/// A row as it is told: each with --json, else those that failed or have warnings.
fn tell(row: &Value, as_json: bool) {
    if as_json {
        say(&row.to_string());
        return;
    }
    let line = row.get("line").and_then(Value::as_u64).unwrap_or_default();
    for (name, word) in [("errors", ""), ("warnings", " (imported)")] {
        for fault in row.get(name).and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| fault.get(name).and_then(Value::as_str).unwrap_or_default();
            let place = if text("column").is_empty() {
                text("field")
            } else {
                text("column")
            };
            let place = if place.is_empty() {
                String::new()
            } else {
                format!(", `{place}`")
            };
            complain(&format!("line {line}{place}: {}{word}", text("message")));
        }
    }
}

fn told(not: NoImport) -> String {
    match not {
        NoImport::Mapping(faults) => {
            let lines: Vec<String> = faults
                .iter()
                .map(|f| format!("{}: {}", f.pointer.trim_start_matches('/'), f.message))
                .collect();
            format!("the mapping has faults: {}", lines.join("\n      "))
        }
        NoImport::File(what) => what,
        NoImport::Refused(refusal) => refusal.to_string(),
    }
}

fn mapping(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    if path.extension().is_some_and(|e| e == "json") {
        return serde_json::from_str(&text).map_err(|e| format!("{} is not JSON: {e}", path.display()));
    }
    toml::from_str(&text).map_err(|e| format!("{} is not TOML: {e}", path.display()))
}

async fn business(app: &crate::state::App, slug: Option<&str>) -> Result<i64, String> {
    let slug = match slug {
        Some(slug) => slug.to_owned(),
        None => only_business(app).await?,
    };
    let found = records::business_no(app, &slug).await.map_err(|p| p.detail)?;
    found.ok_or_else(|| format!("there is no business `{slug}`"))
}

/// The slug of the only business.
async fn only_business(app: &crate::state::App) -> Result<String, String> {
    let page = crate::page::Page {
        cursor: None,
        limit: 2,
        external_id: None,
        updated_since: None,
    };
    let (rows, _) = records::businesses(app, page).await.map_err(|p| p.detail)?;
    match rows.as_slice() {
        [one] => Ok(one
            .get("slug")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()),
        [] => Err("there is no business yet: make one with `flyt businesses create`".to_owned()),
        _ => Err("there are several businesses: say which with --business SLUG".to_owned()),
    }
}

/// One workflow or a list of them; the converted file goes to standard output.
fn convert(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let mut value: Value =
        serde_json::from_str(&text).map_err(|e| format!("{} is not JSON: {e}", path.display()))?;
    let mut left = Vec::new();
    if let Value::Array(all) = &mut value {
        for (i, workflow) in all.iter_mut().enumerate() {
            left.extend(
                keywords::convert_workflow(workflow)
                    .into_iter()
                    .map(|l| (Some(i), l)),
            );
        }
    } else {
        left.extend(
            keywords::convert_workflow(&mut value)
                .into_iter()
                .map(|l| (None, l)),
        );
    }
    for (workflow, at) in left {
        let place = workflow.map_or_else(String::new, |i| format!("/{i}"));
        let (l, line, column) = (&at.left, at.left.line, at.left.column);
        complain(&format!(
            "{place}{}, line {line}, column {column}: {{{}}} {}",
            at.pointer, l.keyword, l.message
        ));
    }
    say(&serde_json::to_string_pretty(&value).map_err(|e| e.to_string())?);
    Ok(())
}
