//! `flyt import`: a file of bookings into a business, piece by piece as calls of the API: of the running server, of the data
//! where none runs, or of a server elsewhere.

use super::progress::Progress;
use super::{complain, say};
use crate::config::Installation;
use crate::desk::{Desk, Fault};
use crate::import::{self, Totals};
use crate::pieces::{MOST, pieces};
use clap::Args;
use flyt_core::import::Format;
use flyt_core::invalid::{Faults, Invalid};
use flyt_core::keywords;
use flyt_core::mapping::Mapping;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Examples of `flyt import --help`.
pub(crate) const EXAMPLES: &str = "Examples:
  flyt import bookings.csv --map map.toml --business salon --dry-run
  flyt import bookings.csv --map map.toml --business salon --automations timed
  flyt import bookings.ndjson --map map.json --business salon --json
  flyt import bookings.csv --map map.toml --server https://flyt.example --key flyt_…
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
    /// Address of a server elsewhere, such as `https://flyt.example`; without it the data of this machine are meant.
    #[arg(long, value_name = "URL", requires = "key", conflicts_with_all = ["data", "database_url"])]
    server: Option<String>,
    /// A key of that server that may write bookings; with the operator's key say --business too.
    #[arg(long, requires = "server")]
    key: Option<String>,
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

pub(super) async fn run(wanted: Import, json: bool) -> Result<(), Fault> {
    if let Some(path) = &wanted.booknetic_workflows {
        return Ok(convert(path)?);
    }
    let (Some(file), Some(map)) = (&wanted.file, &wanted.map) else {
        return Err("give a file and --map".to_owned().into());
    };
    import::automations(wanted.automations.as_deref())?;
    let map = mapping(map)?;
    let mut faults = Faults::default();
    let read = Mapping::read(&map, "", &mut faults);
    let read = faults.finish(Some(read)).map_err(|faults| in_words(&faults))?;
    let bytes = std::fs::read(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let text = flyt_core::import::text(&bytes).map_err(|e| e.0)?;
    let desk = match (&wanted.server, &wanted.key) {
        (Some(server), Some(key)) => Desk::far(server, key)?,
        _ => Desk::open(&wanted.of).await?,
    };
    let done = send(&desk, &wanted, (&text, format(file)), (&map, &read), json).await;
    desk.close().await;
    let totals = done?;
    if json {
        say(&json!({"totals": totals.shown(wanted.dry_run)}).to_string());
    } else {
        let would = if wanted.dry_run { "would be " } else { "" };
        say(&format!(
            "{would}created {}, changed {}, unchanged {}, failed {}",
            totals.created, totals.changed, totals.unchanged, totals.failed
        ));
        if let Some(hint) = totals.hint() {
            say(&hint);
        }
    }
    if totals.failed > 0 {
        let rows = totals.failed;
        return Err(format!("{rows} rows were not imported; mend them and run the same again").into());
    }
    Ok(())
}

fn format(file: &Path) -> Format {
    let end = file.extension().and_then(|e| e.to_str());
    match end {
        Some("ndjson" | "jsonl") => Format::Ndjson,
        _ => Format::Csv,
    }
}

/// Sends the file piece by piece. What cannot be read is told here; what breaks off is run again, and goes on from there.
async fn send(
    desk: &Desk,
    wanted: &Import,
    (text, format): (&str, Format),
    (map, mapping): (&Value, &Mapping),
    as_json: bool,
) -> Result<Totals, Fault> {
    let slug = match (&wanted.business, &wanted.server) {
        (None, None) => Some(only_business(desk).await?),
        (given, _) => given.clone(),
    };
    let business = desk.get("/v1/business", slug.as_deref()).await?;
    let rows = flyt_core::import::rows(text, format, mapping, &super::text(&business, "country"));
    let rows = rows.map_err(|e| e.0)?;
    let word = match format {
        Format::Csv => "csv",
        Format::Ndjson => "ndjson",
    };
    let all = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let (mut totals, mut progress) = (Totals::default(), Progress::new("rows"));
    let mut unread = rows.iter().filter_map(|row| {
        let errors = row.body.as_ref().err()?;
        Some((row.line, json!({"line": row.line, "external_id": row.external_id, "status": "failed", "errors": errors})))
    }).peekable();
    for piece in pieces(text, format, &rows, MOST) {
        let mut body = json!({"format": word, "data": piece.text, "map": map, "dry_run": wanted.dry_run});
        if let (Some(body), Some(automations)) = (body.as_object_mut(), &wanted.automations) {
            body.insert("automations".to_owned(), json!(automations));
        }
        let got = desk.post("/v1/import", slug.as_deref(), &body).await;
        let got = got.map_err(|fault| broke_off(fault, totals.rows()))?;
        totals.add(got.get("totals").unwrap_or(&Value::Null));
        for row in got.get("data").and_then(Value::as_array).into_iter().flatten() {
            let line = piece.line(row.get("line").and_then(Value::as_u64).unwrap_or_default());
            while let Some((_, row)) = unread.next_if(|(at, _)| *at < line) {
                tell(&row, as_json);
                totals.failed += 1;
            }
            let mut row = row.clone();
            if let Some(own) = row.get_mut("line") {
                *own = json!(line);
            }
            tell(&row, as_json);
        }
        progress.mark(totals.rows(), all);
    }
    for (_, row) in unread {
        tell(&row, as_json);
        totals.failed += 1;
    }
    Ok(totals)
}

/// What had been written stays; the same import goes on from there.
fn broke_off(fault: Fault, rows: u64) -> Fault {
    match fault {
        Fault::Refused(what) if rows > 0 => Fault::Refused(format!(
            "{what}\n      {rows} rows are done; run the same again, and what is unchanged is left alone"
        )),
        other @ (Fault::Refused(_) | Fault::InUse(_) | Fault::NotConfirmed(_)) => other,
    }
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

fn in_words(faults: &[Invalid]) -> String {
    let lines: Vec<String> = faults
        .iter()
        .map(|f| format!("{}: {}", f.pointer.trim_start_matches('/'), f.message))
        .collect();
    format!("the mapping has faults: {}", lines.join("\n      "))
}

fn mapping(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    if path.extension().is_some_and(|e| e == "json") {
        return serde_json::from_str(&text).map_err(|e| format!("{} is not JSON: {e}", path.display()));
    }
    toml::from_str(&text).map_err(|e| format!("{} is not TOML: {e}", path.display()))
}

/// The slug of the only business.
async fn only_business(desk: &Desk) -> Result<String, Fault> {
    let page = desk.get("/v1/businesses?limit=2", None).await?;
    match page
        .get("data")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice)
    {
        [one] => Ok(super::text(one, "slug")),
        [] => Err("there is no business yet: make one with `flyt businesses create`"
            .to_owned()
            .into()),
        _ => Err("there are several businesses: say which with --business SLUG"
            .to_owned()
            .into()),
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
