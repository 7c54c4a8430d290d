//! `POST /v1/bookings/bulk`: one booking a line, each answered by itself, and a last line with what all came to. How lines
//! are carried out together is `flyt_engine`'s `bulk`.

use super::Call;
use crate::answer::Answer;
use crate::body::{self, Lines};
use crate::openapi::{Operation, parameter, schema, tagged};
use crate::page::Query;
use crate::problem::Problem;
use crate::records;
use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use flyt_core::booking::Automations;
use flyt_core::booking_body::BookingBody;
use flyt_core::invalid::{Faults, Invalid, Patch};
use flyt_core::limits;
use flyt_engine::{BulkDone, BulkLine};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Words of `automations`.
const AUTOMATIONS: &[&str] = &["off", "timed", "on"];
/// The mark that some editors put before a text in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A line that has been read, with what was said while reading.
type Read = Result<(BulkLine, Vec<Invalid>), Problem>;

pub(super) fn operations() -> Vec<Operation> {
    let line = |number: u8| {
        json!({"external_id": format!("B-200{number}"), "customer": {"external_id": "C-7"},
            "service": {"external_id": "haircut", "name": "Dameklipp"}, "status": "approved",
            "start": format!("2026-10-2{number}T10:00:00+02:00"), "end": format!("2026-10-2{number}T10:45:00+02:00")})
    };
    let told = "What workflows see of new ones (left out: nothing); of those that are there, only what is said changes.";
    let bulk = Operation::post("/v1/bookings/bulk", "bulkBookings", "Make or change many bookings")
        .about(
            "One booking a line (NDJSON), each as `PUT` by its external id and answered by itself; a bad line fails alone. The \
             last line counts them.",
        )
        .query([parameter::word("automations", told, AUTOMATIONS)])
        .takes_lines("BulkLine", &[line(1), line(2)])
        .answers("application/x-ndjson", schema::lines_of("BulkAnswer"));
    tagged("Bookings", vec![bulk])
}

pub(super) async fn bulk(call: Call, mut query: Query, Lines(bytes): Lines) -> Answer {
    let told = query.word("automations", AUTOMATIONS, Automations::from_word);
    query.close()?;
    let country = records::country(&call.app, call.caller.business_no).await?;
    let mut told_of: BTreeMap<usize, Answered> = BTreeMap::new();
    let mut lines = Vec::new();
    for (number, text) in numbered(&bytes)? {
        match read(number, text, &country) {
            Ok((line, warnings)) => {
                lines.push(line);
                told_of.insert(number, Answered::Read(warnings));
            }
            Err(problem) => {
                told_of.insert(number, Answered::Refused(problem));
            }
        }
    }
    let engine = call.app.engine();
    for (number, outcome) in engine.write_bookings(&call.caller, lines, told).await {
        let warnings = match told_of.remove(&number) {
            Some(Answered::Read(warnings)) => warnings,
            Some(Answered::Refused(_) | Answered::Done(..)) | None => Vec::new(),
        };
        let answered = outcome.map_or_else(
            |refusal| Answered::Refused(refusal.into()),
            |done| Answered::Done(done, warnings),
        );
        told_of.insert(number, answered);
    }
    let mut text = String::new();
    for (number, answered) in &told_of {
        text.push_str(&answered.line(*number).to_string());
        text.push('\n');
    }
    text.push_str(&totals(told_of.values()).to_string());
    text.push('\n');
    let kind = HeaderValue::from_static("application/x-ndjson");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// What became of a line.
enum Answered {
    Read(Vec<Invalid>),
    Refused(Problem),
    Done(BulkDone, Vec<Invalid>),
}
impl Answered {
    fn line(&self, number: usize) -> Value {
        match self {
            Self::Done(done, read) => {
                let status = if done.created {
                    StatusCode::CREATED
                } else {
                    StatusCode::OK
                };
                let warnings: Vec<&Invalid> = read.iter().chain(&done.warnings).collect();
                json!({"line": number, "status": status.as_u16(), "id": done.id, "warnings": warnings})
            }
            Self::Refused(problem) => json!({
                "line": number, "status": problem.status.as_u16(), "id": problem.id, "code": problem.code,
                "detail": problem.detail, "errors": problem.errors,
            }),
            Self::Read(_) => json!({"line": number, "status": 500, "code": "internal"}),
        }
    }
}

/// The lines with something on them, by their number from 1.
fn numbered(bytes: &Bytes) -> Result<Vec<(usize, &[u8])>, Problem> {
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let lines: Vec<(usize, &[u8])> = (1..).zip(lines).filter(|(_, line)| !line.is_empty()).collect();
    if lines.len() > limits::BULK_LINES {
        let detail = format!(
            "One call takes at most {} bookings: send the rest in another.",
            limits::BULK_LINES
        );
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many_lines",
            detail,
        ));
    }
    Ok(lines)
}

fn read(number: usize, text: &[u8], country: &str) -> Read {
    let value = body::parse(text)?;
    let mut faults = Faults {
        lenient: true,
        ..Faults::default()
    };
    let read = BookingBody::read(&value, country, &mut faults);
    let external_id = match read.as_ref().map(|b| &b.external_id) {
        Some(Patch::Set(external)) => Some(external.clone()),
        Some(Patch::Keep | Patch::Clear) => {
            if value.get("external_id").is_none_or(Value::is_null) {
                let rule = "is required: a line is found by it, so that the same file can be sent again";
                faults.error("/external_id", "required", rule);
            }
            None
        }
        None => None,
    };
    let warnings = std::mem::take(&mut faults.warnings);
    let line = read.zip(external_id).map(|(body, external_id)| BulkLine {
        place: number,
        external_id,
        body: Arc::new(body),
    });
    let line = faults.finish(line).map_err(Problem::invalid)?;
    Ok((line, warnings))
}

/// The last line: how many of each, and what the bookings without reminders need.
fn totals<'a>(all: impl Iterator<Item = &'a Answered>) -> Value {
    let (mut created, mut updated, mut unchanged, mut failed) = (0, 0, 0, 0);
    let mut unreminded: BTreeSet<i64> = BTreeSet::new();
    for answered in all {
        match answered {
            Answered::Read(_) | Answered::Refused(_) => failed += 1,
            Answered::Done(done, _) => {
                match (done.created, done.changed) {
                    (true, _) => created += 1,
                    (false, true) => updated += 1,
                    (false, false) => unchanged += 1,
                }
                // The last line of a booking counts.
                unreminded.remove(&done.id.0);
                unreminded.extend(done.unreminded.then_some(done.id.0));
            }
        }
    }
    let lines = created + updated + unchanged + failed;
    let mut last = json!({
        "totals": {"lines": lines, "created": created, "updated": updated, "unchanged": unchanged, "failed": failed},
        "future_without_reminders": unreminded.len(),
    });
    if let (Some(last), false) = (last.as_object_mut(), unreminded.is_empty()) {
        let hint = format!(
            "{} bookings that lie ahead get no reminders. To have them planned, send the same lines again with \
             ?automations=timed, or PATCH a booking with {{\"automations\": \"timed\"}}.",
            unreminded.len()
        );
        last.insert("hint".to_owned(), Value::from(hint));
    }
    last
}
