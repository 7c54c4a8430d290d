//! `POST /v1/import`: a file of bookings over HTTP, as `flyt import` reads it.

use super::Call;
use crate::answer::{Answer, object};
use crate::body::Json;
use crate::import::{self, NoImport};
use crate::openapi::{Operation, schema, tagged};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use flyt_core::import::Format;
use flyt_core::invalid::{Faults, Fields, Line};
use flyt_engine::ImportTerms;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/import", post(import))
}

pub(super) fn operations() -> Vec<Operation> {
    let data = "Id;Start;Min;Status;Tjeneste;Navn;E-post\n\
        B-3001;24.10.2026 10:00;45;approved;Dameklipp;Kari Nordmann;kari@example.no\n\
        B-3002;31.02.2026 10:00;45;approved;Dameklipp;Ola Nordmann;ola@example.no\n";
    let map = json!({"date_formats": ["%d.%m.%Y %H:%M"], "currency": "NOK", "fields": {
        "external_id": "Id", "start": "Start", "duration_minutes": "Min", "status": "Status",
        "service.name": "Tjeneste", "customer.name": "Navn", "customer.email": "E-post"}});
    let import = Operation::post("/v1/import", "importBookings", "Take in a file of bookings")
        .about(
            "CSV or NDJSON with a mapping. Each row is written by itself and told by its line; the same file may be sent again. \
             Nothing is sent for what comes in this way unless `automations` says so.",
        )
        .takes("ImportAsk", json!({"format": "csv", "data": data, "map": map}))
        .answers("application/json", schema::reference("Imported"));
    tagged("Bookings", vec![import])
}

/// `{format: csv|ndjson, data, map, dry_run, automations}` → `{data: [one of each row], totals}`.
async fn import(call: Call, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let data = fields.required::<String>("data", &mut faults);
    let map = fields.required::<Value>("map", &mut faults);
    let dry_run = fields.or("dry_run", false, &mut faults);
    let format = fields
        .optional::<Line>("format", &mut faults)
        .map_or_else(|| "csv".to_owned(), |l| l.0);
    let automations = fields.optional::<Line>("automations", &mut faults).map(|l| l.0);
    let format = match format.as_str() {
        "csv" => Format::Csv,
        "ndjson" => Format::Ndjson,
        other => {
            faults.unknown("/format", "unknown_value", other, ["csv", "ndjson"]);
            Format::Csv
        }
    };
    let automations = match import::automations(automations.as_deref()) {
        Ok(automations) => automations,
        Err(message) => {
            faults.error("/automations", "unknown_value", message);
            None
        }
    };
    fields.close(&mut faults);
    let (data, map) = faults.finish(data.zip(map)).map_err(Problem::invalid)?;
    let terms = ImportTerms { automations, dry_run };
    let mut rows = Vec::new();
    let done = import::run(
        &call.app,
        &call.caller,
        (data.as_bytes(), format, &map),
        terms,
        |row| rows.push(row),
    );
    let totals = done.await.map_err(|not| match not {
        NoImport::Mapping(faults) => {
            let below = |mut fault: flyt_core::invalid::Invalid| {
                fault.pointer = format!("/map{}", fault.pointer);
                fault
            };
            Problem::invalid(faults.into_iter().map(below).collect())
        }
        NoImport::File(what) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unreadable_file", what),
        NoImport::Refused(refusal) => refusal.into(),
    })?;
    Ok(object(
        &json!({"data": rows, "totals": totals.shown(terms.dry_run)}),
    ))
}
