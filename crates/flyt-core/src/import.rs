//! Files of bookings: CSV (delimiter, byte order mark and encoding are found out) and NDJSON, row by row through a mapping.
//! Every fault is told with its line and, where it has one, its column. What is written is the engine's.

use crate::booking_body::BookingBody;
use crate::invalid::{Faults, nearest};
use crate::mapping::{Mapping, Origin};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A header line and rows.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The column or pointer it came from.
    pub column: Option<String>,
    /// The field of a booking.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}
/// A row, read.
#[derive(Debug)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Its external id, if it has one.
    pub external_id: Option<String>,
    /// The booking.
    pub body: Result<Box<BookingBody>, Vec<Fault>>,
    /// What is accepted but worth saying.
    pub warnings: Vec<Fault>,
}

/// Why a file cannot be read at all; with its line where there is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoFile(pub String);

/// A file's text: without byte order mark; what is not UTF-8 is read as Latin-1, as old spreadsheets write it.
///
/// # Errors
/// For UTF-16 and for files that are no text.
pub fn text(bytes: &[u8]) -> Result<String, NoFile> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(NoFile("the file is UTF-16: save it as CSV in UTF-8".to_owned()));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(NoFile(
            "the file is a spreadsheet or archive: save it as CSV in UTF-8".to_owned(),
        ));
    }
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if plain.contains(&0) {
        return Err(NoFile(
            "the file is no text: it holds the character NUL".to_owned(),
        ));
    }
    let text = match std::str::from_utf8(plain) {
        Ok(text) => text.to_owned(),
        Err(_) => plain.iter().map(|b| latin1(*b)).collect(),
    };
    if text.trim().is_empty() {
        return Err(NoFile("the file is empty".to_owned()));
    }
    Ok(text)
}
/// Latin-1 with the few signs that Windows puts where it has controls.
fn latin1(byte: u8) -> char {
    match byte {
        0x80 => '€',
        0x85 => '…',
        0x91 => '‘',
        0x92 => '’',
        0x93 => '“',
        0x94 => '”',
        0x96 => '–',
        0x97 => '—',
        other => char::from(other),
    }
}

/// Reads a file, row by row.
///
/// # Errors
/// `NoFile` where no row can be read: a header without a mapped column, a quote that never closes.
pub fn rows(text: &str, format: Format, mapping: &Mapping, country: &str) -> Result<Vec<Row>, NoFile> {
    let mut seen = BTreeMap::new();
    let mut all = Vec::new();
    match format {
        Format::Csv => {
            closed(text)?;
            csv(text, mapping, |line, cells| {
                all.push(row(line, cells, mapping, country));
            })?;
        }
        Format::Ndjson => {
            for (at, line) in (1..).zip(text.lines()).filter(|(_, l)| !l.trim().is_empty()) {
                let cells = object(line)
                    .map(|object| -> Lookup<'_> { Box::new(move |name: &str| plain(&object, name)) });
                all.push(row(at, cells, mapping, country));
            }
        }
    }
    for row in &mut all {
        let Some(id) = &row.external_id else { continue };
        if let Some(first) = seen.get(id) {
            let message = format!("`{}` stands in line {first} already", crate::mapping::short(id));
            row.body = Err(vec![fault(mapping, "external_id", message)]);
        } else {
            seen.insert(id.clone(), row.line);
        }
    }
    Ok(all)
}

type Lookup<'c> = Box<dyn Fn(&str) -> Option<String> + 'c>;
type Cells<'c> = Result<Lookup<'c>, String>;

fn row(line: u64, cells: Cells<'_>, mapping: &Mapping, country: &str) -> Row {
    let empty = |fault| Row {
        line,
        external_id: None,
        body: Err(vec![fault]),
        warnings: Vec::new(),
    };
    let cells = match cells {
        Ok(cells) => cells,
        Err(message) => {
            return empty(Fault {
                column: None,
                field: String::new(),
                message,
            });
        }
    };
    let value = match mapping.body(&cells) {
        Ok(value) => value,
        Err(wrong) => {
            let faults = wrong
                .into_iter()
                .map(|w| fault(mapping, &w.target, w.message))
                .collect();
            return Row {
                line,
                external_id: None,
                body: Err(faults),
                warnings: Vec::new(),
            };
        }
    };
    let mut faults = Faults {
        lenient: true,
        ..Faults::default()
    };
    let read = BookingBody::read(&value, country, &mut faults);
    let told = |all: Vec<crate::invalid::Invalid>| -> Vec<Fault> {
        all.into_iter()
            .map(|i| fault(mapping, &i.pointer, i.message))
            .collect()
    };
    let warnings = told(std::mem::take(&mut faults.warnings));
    Row {
        line,
        external_id: value
            .get("external_id")
            .and_then(Value::as_str)
            .map(str::to_owned),
        body: faults.finish(read).map(Box::new).map_err(told),
        warnings,
    }
}

/// A fault of a field or place, with the column it came from.
pub fn fault(mapping: &Mapping, place: &str, message: String) -> Fault {
    let column = match mapping.origin(place) {
        Some(Origin::Field(name)) => Some(name.clone()),
        Some(Origin::Constant(_)) | None => None,
    };
    Fault {
        column,
        field: place.trim_start_matches('/').replace('/', "."),
        message,
    }
}

/// A quote that never closes swallows the rest of the file.
fn closed(text: &str) -> Result<(), NoFile> {
    let (mut open, mut line, mut since) = (false, 1, 1);
    let mut fresh = true;
    for c in text.chars() {
        match c {
            '"' if open => open = false,
            '"' if fresh => (open, since) = (true, line),
            // The second of two within a quoted cell opens it again.
            '"' => open = true,
            '\n' => line += 1,
            _ => {}
        }
        fresh = !open && matches!(c, ',' | ';' | '\t' | '\n' | '\r');
    }
    if open {
        return Err(NoFile(format!(
            "line {since}: a quote \" is opened and never closed"
        )));
    }
    Ok(())
}

fn delimiter(header: &str) -> u8 {
    let count = |c: char| header.matches(c).count();
    [(';', b';'), ('\t', b'\t'), (',', b',')]
        .into_iter()
        .max_by_key(|(c, _)| count(*c))
        .map_or(b',', |(_, b)| b)
}

fn csv(text: &str, mapping: &Mapping, mut take: impl FnMut(u64, Cells<'_>)) -> Result<(), NoFile> {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(first))
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|e| NoFile(format!("the header cannot be read: {e}")))?
        .clone();
    let names: Vec<String> = header.iter().map(|n| n.trim().to_owned()).collect();
    for origin in mapping.fields.values() {
        let Origin::Field(name) = origin else { continue };
        match names.iter().filter(|n| n.as_str() == name).count() {
            1 => {}
            0 => {
                let near = nearest(name, names.iter().map(String::as_str));
                let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                let told = format!(
                    "the file has no column `{name}`{near} (it has {})",
                    names.join(", ")
                );
                return Err(NoFile(told));
            }
            _ => return Err(NoFile(format!("the file has the column `{name}` twice"))),
        }
    }
    for record in reader.records() {
        let record = record.map_err(|e| NoFile(format!("the file cannot be read: {e}")))?;
        let line = record.position().map_or(0, |at| begins(text, at));
        if record.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        if record.len() != names.len() {
            let message = format!("has {} cells where the header has {}", record.len(), names.len());
            take(line, Err(message));
            continue;
        }
        let get = |name: &str| {
            let at = names.iter().position(|n| n == name)?;
            record
                .get(at)
                .map(|cell| cell.strip_prefix('\'').unwrap_or(cell).to_owned())
        };
        take(line, Ok(Box::new(get)));
    }
    Ok(())
}

/// The line of a record: blank lines before it have been skipped and not counted.
fn begins(text: &str, at: &csv::Position) -> u64 {
    let rest = usize::try_from(at.byte())
        .ok()
        .and_then(|from| text.get(from..))
        .unwrap_or_default();
    let skipped = rest
        .bytes()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .filter(|b| *b == b'\n')
        .count();
    at.line() + u64::try_from(skipped).unwrap_or(0)
}

fn object(line: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(line).map_err(|e| format!("is not JSON we can read: {e}"))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(format!("must be an object, not {}", crate::invalid::kind(&value)))
    }
}
/// A value by name or pointer, as text.
fn plain(object: &Value, name: &str) -> Option<String> {
    let value = if name.starts_with('/') {
        object.pointer(name)?
    } else {
        object.get(name)?
    };
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Array(items) => {
            let parts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            Some(parts.join(","))
        }
        Value::Null | Value::Object(_) => None,
    }
}
