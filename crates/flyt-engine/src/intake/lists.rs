//! What is shown of sources and of what they delivered.

use super::sources::shown;
use crate::engine::Engine;
use crate::refusal::{Caller, Refusal};
use flyt_core::id::SourceId;
use flyt_store::Tx;
use flyt_store::inbound::{self as rows, DeliveryRow};
use flyt_store::page::Paging;
use serde_json::{Value, json};

impl Engine {
    /// A source as the API shows it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn source_shown(&self, caller: &Caller, id: SourceId) -> Result<Value, Refusal> {
        shown(&self.0.source(caller.business_no, id).await?)
    }
    /// Sources, newest first, and the cursor of the next part.
    ///
    /// # Errors
    /// `Invalid` for a cursor of another list.
    pub async fn sources(
        &self,
        caller: &Caller,
        limit: i64,
        cursor: Option<String>,
    ) -> Result<(Vec<Value>, Option<String>), Refusal> {
        let no = caller.business_no;
        let page = self.0.read(async move |tx: &mut Tx| {
            let paging = paging(limit, cursor.as_deref())?;
            rows::sources(&mut tx.tenant(no), &paging)
                .await
                .map_err(bad_cursor)
        });
        let page = page.await?;
        let data: Result<Vec<Value>, Refusal> = page.rows.iter().map(shown).collect();
        Ok((data?, page.next))
    }
    /// What a source delivered, newest first, without the bodies.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a cursor of another list.
    pub async fn source_deliveries(
        &self,
        caller: &Caller,
        id: SourceId,
        limit: i64,
        cursor: Option<String>,
    ) -> Result<(Vec<Value>, Option<String>), Refusal> {
        let no = caller.business_no;
        let page = self.0.read(async move |tx: &mut Tx| {
            rows::source(&mut tx.tenant(no), id)
                .await?
                .ok_or(Refusal::NotFound)?;
            let paging = paging(limit, cursor.as_deref())?;
            rows::page(&mut tx.tenant(no), id, &paging)
                .await
                .map_err(bad_cursor)
        });
        let page = page.await?;
        Ok((page.rows.iter().map(delivery).collect(), page.next))
    }
}

fn paging(limit: i64, cursor: Option<&str>) -> Result<Paging, Refusal> {
    Paging::new(Some(limit), cursor).map_err(bad_cursor)
}
fn bad_cursor(error: flyt_store::Error) -> Refusal {
    match error {
        flyt_store::Error::Refused(_) => Refusal::invalid(
            "?cursor",
            "bad_cursor",
            "must be the `next_cursor` of the same list, unchanged",
        ),
        other @ (flyt_store::Error::Again(_)
        | flyt_store::Error::Conflict(_)
        | flyt_store::Error::Unavailable(_)
        | flyt_store::Error::Newer(_)
        | flyt_store::Error::Bug(_)) => other.into(),
    }
}

fn delivery(row: &DeliveryRow) -> Value {
    let detail: Value = row
        .detail
        .as_deref()
        .and_then(|d| serde_json::from_str(d).ok())
        .unwrap_or_default();
    json!({
        "id": row.id, "at": row.at, "event": row.event, "verdict": row.verdict, "detail": detail,
        "error": detail.get("reason"), "missing": detail.get("missing"),
        "booking_id": row.booking_id, "customer_id": row.customer_id, "attempts": row.attempts,
        "body": (!row.body.is_empty()).then(|| String::from_utf8_lossy(&row.body).into_owned()),
    })
}
