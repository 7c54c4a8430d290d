//! An import: a file, a mapping, and what became of each row. Asked for by `flyt import` and by `POST /v1/import`.

use crate::records;
use crate::state::App;
use flyt_core::booking::Automations;
use flyt_core::import::{self, Fault, Format, Row};
use flyt_core::invalid::{Faults, Invalid};
use flyt_core::mapping::Mapping;
use flyt_engine::{Caller, ImportTerms, Refusal};
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};

/// Rows written at once: they share the wait for the disk.
const AT_ONCE: usize = 16;

/// What became of all rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) created: u64,
    pub(crate) changed: u64,
    pub(crate) unchanged: u64,
    pub(crate) failed: u64,
    /// Future bookings without reminders.
    pub(crate) silent: u64,
}
impl Totals {
    /// All of them.
    pub(crate) fn rows(self) -> u64 {
        self.created + self.changed + self.unchanged + self.failed
    }
    /// Those of another part of the file, as they were shown.
    pub(crate) fn add(&mut self, shown: &Value) {
        let of = |name: &str| shown.get(name).and_then(Value::as_u64).unwrap_or_default();
        self.created += of("created");
        self.changed += of("changed");
        self.unchanged += of("unchanged");
        self.failed += of("failed");
        self.silent += of("future_without_reminders");
    }
    pub(crate) fn shown(self, dry_run: bool) -> Value {
        json!({
            "created": self.created, "changed": self.changed, "unchanged": self.unchanged, "failed": self.failed,
            "future_without_reminders": self.silent, "dry_run": dry_run, "hint": self.hint(),
        })
    }
    /// How reminders are switched on for what has none.
    pub(crate) fn hint(self) -> Option<String> {
        (self.silent > 0).then(|| {
            format!(
                "{} future bookings have no reminders; run the same import with automations `timed` to plan them \
                 (nothing is sent for the import itself)",
                self.silent
            )
        })
    }
}

/// Why nothing was imported.
#[derive(Debug)]
pub(crate) enum NoImport {
    /// The mapping has faults.
    Mapping(Vec<Invalid>),
    /// The file cannot be read.
    File(String),
    /// The store.
    Refused(Refusal),
}

/// Imports a file; `tell` hears of each row, in order.
pub(crate) async fn run(
    app: &App,
    caller: &Caller,
    (bytes, format, map): (&[u8], Format, &Value),
    terms: ImportTerms,
    mut tell: impl FnMut(Value),
) -> Result<Totals, NoImport> {
    let mut faults = Faults::default();
    let mapping = Mapping::read(map, "", &mut faults);
    let mapping = faults.finish(Some(mapping)).map_err(NoImport::Mapping)?;
    let country = records::country(app, caller.business_no)
        .await
        .map_err(|p| NoImport::Refused(Refusal::Unavailable(p.detail)))?;
    let text = import::text(bytes).map_err(|e| NoImport::File(e.0))?;
    let rows = import::rows(&text, format, &mapping, &country).map_err(|e| NoImport::File(e.0))?;
    let mut totals = Totals::default();
    let mapping = &mapping;
    let mut done = stream::iter(rows)
        .map(|row| async move { one(app, caller, row, mapping, terms).await })
        .buffered(AT_ONCE);
    while let Some(row) = done.next().await {
        let (shown, status, silent) = row?;
        match status {
            "created" => totals.created += 1,
            "changed" => totals.changed += 1,
            "unchanged" => totals.unchanged += 1,
            _ => totals.failed += 1,
        }
        totals.silent += u64::from(silent);
        tell(shown);
    }
    Ok(totals)
}

async fn one(
    app: &App,
    caller: &Caller,
    row: Row,
    mapping: &Mapping,
    terms: ImportTerms,
) -> Result<(Value, &'static str, bool), NoImport> {
    let failed = |errors: Vec<Fault>| {
        let shown =
            json!({"line": row.line, "external_id": row.external_id, "status": "failed", "errors": errors});
        Ok((shown, "failed", false))
    };
    let body = match row.body {
        Ok(body) => body,
        Err(errors) => return failed(errors),
    };
    let id = row.external_id.clone().unwrap_or_default();
    let told = |all: Vec<Invalid>| -> Vec<Fault> {
        all.into_iter()
            .map(|i| import::fault(mapping, &i.pointer, i.message))
            .collect()
    };
    match app.engine().import_booking(caller, id, *body, terms).await {
        Ok(done) => {
            let status = match (done.created, done.changed) {
                (true, _) => "created",
                (false, true) => "changed",
                (false, false) => "unchanged",
            };
            let warnings: Vec<Fault> = row.warnings.into_iter().chain(told(done.warnings)).collect();
            let shown = json!({
                "line": row.line, "external_id": row.external_id, "status": status, "id": done.id, "warnings": warnings,
            });
            Ok((shown, status, done.silent))
        }
        Err(Refusal::Invalid(errors)) => failed(told(errors)),
        Err(refusal @ (Refusal::Conflict { .. } | Refusal::NotFound | Refusal::Precondition)) => {
            failed(vec![Fault {
                column: None,
                field: String::new(),
                message: refusal.to_string(),
            }])
        }
        Err(refusal) => Err(NoImport::Refused(refusal)),
    }
}

/// The word of `--automations` and of the API.
pub(crate) fn automations(word: Option<&str>) -> Result<Option<Automations>, String> {
    match word {
        None => Ok(None),
        Some(word) => Automations::from_word(word)
            .map(Some)
            .ok_or_else(|| format!("automations must be off, timed or on, not `{word}`")),
    }
}
