//! Deliveries that hold little more than an id: the rest is asked of the sender's API with the token of the source, through
//! the guard, with no transaction open. After a crash what waited is taken up again.

use super::{Outcome, apply, fill, set, sources};
use crate::clock;
use crate::engine::{Engine, Inner};
use crate::refusal::Refusal;
use flyt_channels::webhook::Fetched;
use flyt_core::id::DeliveryId;
use flyt_core::inbound::{self, Delivery, MOST_BYTES, Said};
use flyt_core::instant::to_ms;
use flyt_store::Tx;
use flyt_store::inbound::{self as rows, DeliveryRow};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// For how long one attempt has a delivery to itself, ms: longer than the longest answer.
pub(super) const LEASE_MS: i64 = 60_000;
/// When it is tried again, ms after the attempt before.
const AGAIN_MS: [i64; 6] = [10_000, 60_000, 300_000, 1_800_000, 7_200_000, 21_600_000];
/// How often what others left is looked for.
const LOOK: Duration = Duration::from_secs(15);
/// Most of them at once.
const MOST: i64 = 50;

impl Engine {
    /// Completes a delivery beside the answer to it.
    pub(super) fn complete_soon(&self, no: i64, id: DeliveryId) {
        if !self.0.works() {
            return;
        }
        let inner = self.0.clone();
        tokio::spawn(async move {
            if let Err(refusal) = complete(&inner, no, id, 0).await {
                tracing::warn!(%refusal, "a delivery could not be completed");
            }
        });
    }
}

/// Takes up what waits, for as long as the engine runs.
pub(crate) async fn complete_all(inner: Arc<Inner>) {
    let mut stopping = inner.stopping.subscribe();
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = clock::pause(LOOK) => {}
        }
        let now = to_ms(clock::wall());
        let due = inner
            .read(async move |tx: &mut Tx| Ok(rows::waiting(&mut tx.engine(), now, MOST).await?))
            .await;
        for (no, id) in due.unwrap_or_default() {
            if let Err(refusal) = complete(&inner, no, id, now).await {
                tracing::warn!(%refusal, "a delivery could not be completed");
            }
        }
    }
}

/// One attempt. `now`: 0 for the first one, right after the delivery came.
async fn complete(inner: &Arc<Inner>, no: i64, id: DeliveryId, now: i64) -> Result<(), Refusal> {
    let Some((row, source)) = claimed(inner, no, id, now).await? else {
        return Ok(());
    };
    let Some(source) = source else {
        return finish(inner, row, refused("the source has been removed")).await;
    };
    let settings = inner.settings_of(&source).await?;
    let headers: Vec<(String, String)> = serde_json::from_str(&row.headers).unwrap_or_default();
    let delivery = Delivery {
        headers: &headers,
        body: &row.body,
    };
    let said = match inbound::read(source.adapter, &delivery, &settings, None) {
        Ok(said) => said,
        Err(why) => return finish(inner, row, refused(&why.to_string())).await,
    };
    let token = inner.source_secret(&source, sources::API_TOKEN).await?;
    let Some((fetch, token)) = said.thin.as_ref().and_then(|t| t.fetch.clone()).zip(token) else {
        let why = "the source has no api_token any more".to_owned();
        return conclude(inner, row, (source, settings), said, Some(why)).await;
    };
    let headers = fetch.with_token(&token);
    let asked = inner.webhooks.fetch(&fetch.url, &headers, MOST_BYTES);
    let (whole, why) = match asked.await {
        Fetched::Body(bytes) => completed(&source, &delivery, &settings, &bytes, said),
        Fetched::Never(why) => (said, Some(why)),
        Fetched::NotNow(why) => {
            let tries = usize::try_from(row.attempts).unwrap_or(usize::MAX);
            if let Some(wait) = AGAIN_MS.get(tries.saturating_sub(1)) {
                return later(inner, row, why, *wait).await;
            }
            (said, Some(why))
        }
    };
    conclude(inner, row, (source, settings), whole, why).await
}

/// The delivery and its source, if nobody else has it.
async fn claimed(
    inner: &Inner,
    no: i64,
    id: DeliveryId,
    now: i64,
) -> Result<Option<(DeliveryRow, Option<rows::Source>)>, Refusal> {
    let lease = to_ms(clock::wall()) + LEASE_MS;
    let claim = inner.write(async move |tx: &mut Tx| {
        let found = rows::by_id(&mut tx.tenant(no), id).await?;
        let Some(row) = found.filter(|r| r.verdict == "waiting" && (now == 0 || r.next_at <= now)) else {
            return Ok(None);
        };
        let ours = rows::claim(&mut tx.tenant(no), &row, lease).await?;
        let source = rows::source(&mut tx.tenant(no), row.source_id).await?;
        let attempts = row.attempts + 1;
        Ok(ours.then_some((DeliveryRow { attempts, ..row }, source)))
    });
    claim.await
}

/// Carries out what is known now, and says what is not.
async fn conclude(
    inner: &Arc<Inner>,
    row: DeliveryRow,
    (source, settings): (rows::Source, inbound::Settings),
    said: Said,
    why: Option<String>,
) -> Result<(), Refusal> {
    let (unit_inner, unit_row) = (inner.clone(), row.clone());
    let done = inner.command(async move |tx: &mut Tx| {
        let mut outcome = apply::apply(&unit_inner, tx, &source, &settings, &said).await?;
        if let Some(why) = &why {
            let mut detail = outcome.detail.take().unwrap_or_else(|| json!({}));
            set(&mut detail, "reason", json!(why));
            outcome.detail = Some(detail);
        }
        let mut row = unit_row.clone();
        let dispatch = fill(&mut row, outcome);
        rows::update(&mut tx.tenant(row.business_no), &row)?;
        Ok(dispatch)
    });
    match done.await {
        Ok(dispatch) => {
            inner.dispatch(dispatch);
            Ok(())
        }
        Err(refusal) => match super::refused_row(row.clone(), &refusal) {
            Some(row) => write(inner, row).await,
            None => later(inner, row, refusal.to_string(), LEASE_MS).await,
        },
    }
}

/// The delivery with what was fetched; where that is no help, what was there before and why.
fn completed(
    source: &rows::Source,
    delivery: &Delivery<'_>,
    settings: &inbound::Settings,
    bytes: &[u8],
    said: Said,
) -> (Said, Option<String>) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return (
            said,
            Some("the other system answered with something else than JSON".to_owned()),
        );
    };
    match inbound::read(source.adapter, delivery, settings, Some(&value)) {
        Ok(whole) => (whole, None),
        Err(why) => (said, Some(format!("the answer of the other system: {why}"))),
    }
}

fn refused(why: &str) -> Outcome {
    Outcome {
        verdict: "refused",
        detail: Some(json!({"reason": why})),
        ..Outcome::default()
    }
}
async fn finish(inner: &Inner, mut row: DeliveryRow, outcome: Outcome) -> Result<(), Refusal> {
    fill(&mut row, outcome);
    write(inner, row).await
}
async fn later(inner: &Inner, row: DeliveryRow, why: String, wait_ms: i64) -> Result<(), Refusal> {
    let row = DeliveryRow {
        next_at: to_ms(clock::wall()) + wait_ms,
        detail: Some(json!({"reason": why}).to_string()),
        ..row
    };
    write(inner, row).await
}
async fn write(inner: &Inner, row: DeliveryRow) -> Result<(), Refusal> {
    inner
        .write(async move |tx: &mut Tx| Ok(rows::update(&mut tx.tenant(row.business_no), &row)?))
        .await
}
