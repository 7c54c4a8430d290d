//! Files of bookings: what reads, and what every broken one is told.

use flyt_core::import::{Fault, Format, Row, rows, text};
use flyt_core::invalid::{Faults, Patch};
use flyt_core::mapping::Mapping;
use serde_json::{Value, json};

fn map() -> Value {
    json!({"time_zone": "Europe/Oslo", "date_formats": ["%d.%m.%Y %H:%M"], "currency": "NOK",
    "statuses": {"Bekreftet": "approved", "Avlyst": "cancelled"},
    "fields": {
        "external_id": "Id", "start": "Start", "duration_minutes": "Minutter", "status": "Status", "price": "Pris",
        "service": {"name": "Tjeneste"}, "customer": {"name": "Navn", "email": "E-post", "phone": "Mobil", "language": "Språk",
        "time_zone": "Sone", "tags": "Merker"}, "answers.allergi": "Allergi", "notes": "Notat", "resource.kind": "Slag", "resource.name": "Hvem",
    }})
}
fn mapping(value: &Value) -> Mapping {
    let mut faults = Faults::default();
    let read = Mapping::read(value, "", &mut faults);
    assert_eq!(faults.errors, vec![]);
    read
}
fn read(file: &str) -> Result<Vec<Row>, String> {
    let text = text(file.as_bytes()).map_err(|e| e.0)?;
    rows(&text, Format::Csv, &mapping(&map()), "NO").map_err(|e| e.0)
}
const HEADER: &str =
    "Id;Start;Minutter;Status;Pris;Tjeneste;Navn;E-post;Mobil;Språk;Sone;Merker;Allergi;Notat;Slag;Hvem";
/// A good row, with some of its cells replaced.
fn line(cells: &[(&str, &str)]) -> String {
    let good = [
        "B-1",
        "25.10.2026 10:00",
        "45",
        "Bekreftet",
        "690,00",
        "Dameklipp",
        "Kari Nordmann",
        "kari@example.no",
        "900 00 001",
        "nb",
        "Europe/Oslo",
        "vip,ny",
        "nøtter",
        "Hei",
        "person",
        "Anne",
    ];
    let names: Vec<&str> = HEADER.split(';').collect();
    let cell = |(name, value): (&&str, &str)| {
        cells
            .iter()
            .find(|(n, _)| *n == *name)
            .map_or(value, |(_, v)| *v)
            .to_owned()
    };
    names.iter().zip(good).map(cell).collect::<Vec<_>>().join(";")
}
fn first(file: &str) -> Row {
    read(file).unwrap_or_else(|e| panic!("{e}")).remove(0)
}

#[test]
fn a_row_becomes_a_booking() {
    let row = first(&format!("{HEADER}\n{}", line(&[])));
    let body = row.body.unwrap();
    assert_eq!((row.line, row.external_id.as_deref()), (2, Some("B-1")));
    let who = body.customer.as_ref().unwrap();
    assert_eq!(who.phone, Patch::Set("+4790000001".to_owned()));
    assert_eq!(
        (&who.first_name, &who.last_name),
        (&Patch::Set("Kari".to_owned()), &Patch::Set("Nordmann".to_owned()))
    );
    assert_eq!(who.tags, Patch::Set(vec!["vip".to_owned(), "ny".to_owned()]));
    assert_eq!(body.status.as_deref(), Some("approved"));
    assert_eq!(
        body.answers,
        Patch::Set([("allergi".to_owned(), json!("nøtter"))].into())
    );
}

#[test]
fn delimiter_byte_order_mark_and_encoding_are_found_out() {
    let comma = "Id,Start,Tjeneste\nB-1,25.10.2026 10:00,\"Klipp, vask\"";
    let small = mapping(
        &json!({"date_formats": ["%d.%m.%Y %H:%M"], "fields": {"external_id": "Id", "start": "Start", "service.name": "Tjeneste"}}),
    );
    for file in [
        comma.to_owned(),
        comma.replace("\"Klipp, vask\"", "Klipp").replace(',', ";"),
        comma.replace("\"Klipp, vask\"", "Klipp").replace(',', "\t"),
    ] {
        let got = rows(&file, Format::Csv, &small, "NO").unwrap();
        assert!(got[0].body.is_ok(), "{file}: {:?}", got[0].body);
    }
    let file = format!("{HEADER}\r\n{}\r\n", line(&[]));
    let latin: Vec<u8> = file
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert_eq!(text(&latin).unwrap(), file);
    assert_eq!(text(&[b"\xef\xbb\xbf", file.as_bytes()].concat()).unwrap(), file);
}

#[test]
fn a_cell_that_a_spreadsheet_would_compute_is_data() {
    let row = first(&format!(
        "{HEADER}\n{}",
        line(&[
            ("Notat", "'=HYPERLINK(\"x\")"),
            ("Mobil", "'+4790000001"),
            ("Allergi", "=1+1")
        ])
    ));
    let body = row.body.unwrap();
    assert_eq!(body.notes, Patch::Set("=HYPERLINK(\"x\")".to_owned()));
    assert_eq!(body.customer.unwrap().phone, Patch::Set("+4790000001".to_owned()));
    assert_eq!(
        body.answers,
        Patch::Set([("allergi".to_owned(), json!("=1+1"))].into())
    );
}

#[test]
fn lines_of_json_are_read_by_name_or_pointer() {
    let map = mapping(
        &json!({"fields": {"external_id": "id", "start": "/time/start", "customer.email": "/who/mail", "customer.tags": "tags"}}),
    );
    let file = "{\"id\": 7, \"time\": {\"start\": \"2026-10-25T10:00:00+01:00\"}, \"who\": {\"mail\": \"a@b.no\"}, \"tags\": [\"x\", \"y\"]}\n\n[]\n{\"id\": ";
    let got = rows(file, Format::Ndjson, &map, "NO").unwrap();
    assert_eq!(got[0].external_id.as_deref(), Some("7"));
    let told: Vec<(u64, bool)> = got.iter().map(|r| (r.line, r.body.is_ok())).collect();
    assert_eq!(told, [(1, true), (3, false), (4, false)], "a blank line is none");
}

/// Each cell that is wrong: its column, and a part of what is said.
const CELLS: [(&str, &str, &str); 38] = [
    ("Id", "", "is empty"),
    ("Id", "   ", "is empty"),
    ("Start", "", "is empty"),
    ("Start", "25.10.2026", "none of"),
    ("Start", "2026-10-25", "no time of day"),
    ("Start", "10/25/2026 10:00", "none of %d.%m.%Y %H:%M"),
    ("Start", "31.02.2026 10:00", "none of"),
    ("Start", "25.10.2026 25:00", "none of"),
    ("Start", "29.02.2027 10:00", "none of"),
    ("Start", "i morgen", "not a date and time"),
    ("Start", "2026-10-25T10:00:00[Mars/Base]", "not a date and time"),
    ("Start", "25.10.0026 10:00", "instant"),
    ("Start", "=NOW()", "not a date and time"),
    ("Start", "45954.4166", "not a date and time"),
    ("Start", "2026-13-01T10:00:00Z", "not a date and time"),
    ("Minutter", "en time", "not a number of minutes"),
    ("Minutter", "45,5", "not a number of minutes"),
    ("Minutter", "-45", "not a number of minutes"),
    ("Minutter", "99999999", "not a number of minutes"),
    ("Minutter", "0x2d", "not a number of minutes"),
    ("Pris", "gratis", "not an amount"),
    ("Pris", "-690", "negative"),
    ("Pris", "690,005", "two amounts"),
    ("Pris", "690,0055", "more decimals"),
    ("Pris", "=690*2", "not an amount"),
    ("Pris", "1e3", "not an amount"),
    ("Pris", "NaN", "not an amount"),
    ("Pris", "99999999999999999999", "not an amount"),
    ("Språk", "norsk bokmål", "language tag"),
    ("Språk", "??", "language tag"),
    ("Sone", "Oslo", "not known"),
    ("Sone", "GMT+25", "not known"),
    ("Slag", "robot", "not known"),
    ("Slag", "Person", "not known"),
    ("Tjeneste", LONG, "longer than"),
    ("Navn", LONG, "longer than"),
    ("Hvem", LONG, "longer than"),
    ("Id", LONG, "1 to 255 characters"),
];
const LONG: &str = concat!(
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
);

#[test]
fn a_cell_that_is_wrong_is_told_with_line_and_column_and_its_row_is_not_written() {
    let mut wrong = Vec::new();
    for (column, cell, part) in CELLS {
        // A good row before it: the line is that of the file.
        let file = format!(
            "{HEADER}\n{}\n{}",
            line(&[("Id", "B-0")]),
            line(&[(column, cell)])
        );
        let got = read(&file).unwrap_or_else(|e| panic!("{column} {cell}: {e}"));
        assert!(got[0].body.is_ok(), "its neighbour is read: {:?}", got[0].body);
        let told = |f: &Fault| f.column.as_deref() == Some(column) && f.message.contains(part);
        let faults: &[Fault] = got[1].body.as_ref().err().map_or(&[], Vec::as_slice);
        if got[1].line != 3 || !faults.iter().any(told) {
            wrong.push(format!("{column} {cell:.40} ({part}): {faults:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_row_that_is_no_row_is_told_with_its_line() {
    let good = line(&[]);
    let short: String = good.rsplit_once(';').unwrap().0.to_owned();
    for (row, part) in [
        (short, "has 15 cells where the header has 16"),
        (format!("{good};x"), "has 17 cells"),
        ("bare text".to_owned(), "has 1 cells"),
    ] {
        let got = read(&format!("{HEADER}\n{row}")).unwrap();
        assert!(
            got[0].body.as_ref().unwrap_err()[0].message.contains(part),
            "{row}"
        );
        assert_eq!(got[0].line, 2);
    }
    let twice = format!("{HEADER}\n{good}\n\n{good}");
    let got = read(&twice).unwrap();
    let fault = &got[1].body.as_ref().unwrap_err()[0];
    assert_eq!((got[1].line, fault.column.as_deref()), (4, Some("Id")));
    assert!(fault.message.contains("stands in line 2 already"));
}

#[test]
fn a_file_that_is_none_is_told_as_a_whole() {
    let good = line(&[]);
    for (file, part) in [
        (String::new(), "empty"),
        ("\n \n".to_owned(), "empty"),
        (
            HEADER.replace("Start", "Star"),
            "no column `Start`; did you mean `Star`?",
        ),
        (HEADER.replace(';', "|"), "no column"),
        (format!("{good}\n{good}"), "no column"),
        (format!("{HEADER};Start"), "twice"),
        (
            format!("{HEADER}\n{}", line(&[("Navn", "\"Kari")])),
            "line 2: a quote",
        ),
        (
            format!("{HEADER}\n{good}\n{}\n{good}", line(&[("Notat", "\"Hei\n\n")])),
            "line 3: a quote",
        ),
        ("a\0b".to_owned(), "NUL"),
    ] {
        let told = read(&file).map(|rows| rows.len());
        assert!(told.as_ref().is_err_and(|e| e.contains(part)), "{part}: {told:?}");
    }
    assert!(text(b"\xff\xfeI\0d\0").unwrap_err().0.contains("UTF-16"));
    assert!(text(b"PK\x03\x04....").unwrap_err().0.contains("spreadsheet"));
}

#[test]
fn a_mapping_that_says_nothing_sensible_is_told_with_its_place() {
    for (change, pointer, code) in [
        (json!({"fields": {}, "x": 1}), "/x", "unknown_field"),
        (
            json!({"time_zone": "Oslo", "fields": {}}),
            "/time_zone",
            "unknown_time_zone",
        ),
        (
            json!({"currency": "kroner", "fields": {}}),
            "/currency",
            "unknown_currency",
        ),
        (json!({"decimal": ":", "fields": {}}), "/decimal", "unknown_value"),
        (
            json!({"date_formats": ["%H:%M"], "fields": {}}),
            "/date_formats/0",
            "bad_format",
        ),
        (json!({}), "/fields", "required"),
        (json!({"fields": []}), "/fields", "wrong_type"),
        (json!({"fields": {"external_id": "Id"}}), "/fields", "required"),
        (json!({"fields": {"start": "Start"}}), "/fields", "required"),
        (
            json!({"fields": {"external_id": "Id", "start": "S", "custmer.email": "E"}}),
            "/fields/custmer.email",
            "unknown_field",
        ),
        (
            json!({"fields": {"external_id": "Id", "start": "S", "answers.": "E"}}),
            "/fields/answers.",
            "unknown_field",
        ),
        (
            json!({"fields": {"external_id": "Id", "start": 5}}),
            "/fields/start",
            "wrong_type",
        ),
    ] {
        let mut faults = Faults::default();
        Mapping::read(&change, "", &mut faults);
        let told: Vec<(&str, &str)> = faults
            .errors
            .iter()
            .map(|e| (e.pointer.as_str(), e.code))
            .collect();
        assert!(told.contains(&(pointer, code)), "{change}: {told:?}");
    }
}
