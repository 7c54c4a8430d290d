//! `flyt businesses …` on the data of a stopped server.

use super::say;
use crate::config::{Businesses, NewBusiness};
use crate::open;
use crate::page::Page;
use crate::records;
use flyt_core::invalid::Invalid;
use flyt_engine::{Actor, Refusal};
use serde_json::{Value, json};

/// Rows that a list shows.
const MOST: i64 = 200;

pub(super) async fn run(command: Businesses) -> Result<(), String> {
    match command {
        Businesses::Create(new) => create(*new).await,
        Businesses::List(of) => {
            let app = open::alone(&of).await?;
            let page = Page {
                cursor: None,
                limit: MOST,
                external_id: None,
                updated_since: None,
            };
            let (rows, _) = records::businesses(&app, page).await.map_err(|p| p.detail)?;
            for row in rows {
                say(&row.to_string());
            }
            app.close().await;
            Ok(())
        }
    }
}

async fn create(new: NewBusiness) -> Result<(), String> {
    let app = open::alone(&new.of).await?;
    let body: Value = json!({
        "slug": new.slug, "name": new.name, "time_zone": new.time_zone, "currency": new.currency,
        "country": new.country, "languages": new.languages,
    });
    let done = app.engine().create_business(Actor::Platform, body, None).await;
    app.close().await;
    let business = done.map_err(|r| told(&r))?.value;
    say(&flyt_core::view::business(&business).to_string());
    Ok(())
}

/// A refusal as lines for a person.
pub(super) fn told(refusal: &Refusal) -> String {
    let line = |i: &Invalid| format!("{}: {}", i.pointer.trim_start_matches('/'), i.message);
    if let Refusal::Invalid(faults) = refusal {
        return faults.iter().map(line).collect::<Vec<_>>().join("\n      ");
    }
    refusal.to_string()
}
