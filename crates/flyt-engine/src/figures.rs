//! Counts for an owner's front page: what is there, what went by day and channel, why things were not sent, what lies ahead.

use crate::engine::Engine;
use crate::refusal::{Caller, Refusal};
use flyt_core::instant::{from_ms, plus_ms, to_ms};
use flyt_core::reason::Reason;
use flyt_core::state::{self, MessageState, StepState};
use flyt_core::zone::Zone;
use flyt_store::figures::{self, Counted, PIECE_MS};
use flyt_store::{Tx, runs, steps, timers};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Days told when nothing else is asked for.
const DAYS: i64 = 7;
/// Longest span that is told by day.
const MOST_DAYS: i64 = 92;
const DAY_MS: i64 = 24 * 3_600_000;

/// Counts by channel and word.
type Words = BTreeMap<String, BTreeMap<&'static str, i64>>;

impl Engine {
    /// Counts: runs and deliveries by state, timers; and by day within a span (the last week unless `from` and `to` say
    /// otherwise).
    ///
    /// # Errors
    /// `Invalid` for a span that is empty or too long.
    pub async fn stats(
        &self,
        caller: &Caller,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Value, Refusal> {
        let (inner, no) = (self.0.clone(), caller.business_no);
        let now = inner.clock.now();
        self.0
            .read(async move |tx: &mut Tx| {
                let tenant = inner.cache.tenant(tx, no).await?;
                let settings = &tenant.business.settings;
                let span = span(&settings.time_zone, (from, to), now)?;
                let mut messages: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
                for (channel, state, count) in steps::counts(&mut tx.tenant(no)).await? {
                    messages.entry(channel).or_default().insert(state, count);
                }
                let runs: BTreeMap<String, i64> =
                    runs::counts(&mut tx.tenant(no)).await?.into_iter().collect();
                let counted = figures::deliveries(&mut tx.tenant(no), span).await?;
                let mut reasons = figures::reasons(&mut tx.tenant(no), span).await?;
                reasons.extend(counted.iter().filter_map(|c| Some((c.reason.clone()?, c.count))));
                let ahead_span = (to_ms(now), to_ms(plus_ms(now, DAYS * DAY_MS)));
                let ahead = figures::ahead(&mut tx.tenant(no), ahead_span).await?;
                Ok(json!({
                    "now": now,
                    "held": inner.held.load(std::sync::atomic::Ordering::SeqCst),
                    "messages": messages,
                    "runs": runs,
                    "timers": timers::count(&mut tx.tenant(no)).await?,
                    "from": from_ms(span.0),
                    "to": from_ms(span.1),
                    "days": days(&settings.time_zone, span, &counted, now),
                    "not_sent": told(reasons, settings.default_language.tag()),
                    "ahead": ahead_by_day(&settings.time_zone, ahead_span.0, &ahead),
                }))
            })
            .await
    }
}

/// Whole quarters of an hour from the first day's midnight on.
fn span(
    zone: &Zone,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    now: Timestamp,
) -> Result<(i64, i64), Refusal> {
    let to = to.unwrap_or_else(|| plus_ms(now, 1));
    let midnight = |at: Timestamp| {
        let local = at.to_zoned(zone.rules());
        local.start_of_day().map_or(at, |m| m.timestamp())
    };
    let from = from.unwrap_or_else(|| midnight(plus_ms(to, -(DAYS - 1) * DAY_MS)));
    if to <= from || to_ms(to).saturating_sub(to_ms(from)) > MOST_DAYS * DAY_MS {
        let rule = format!("`to` must lie after `from`, at most {MOST_DAYS} days");
        return Err(Refusal::invalid("?to", "bad_span", rule));
    }
    Ok((to_ms(from), to_ms(to)))
}

fn day(zone: &Zone, from: i64, piece: i64) -> String {
    let at = from_ms(from.saturating_add(piece.saturating_mul(PIECE_MS)));
    at.to_zoned(zone.rules()).date().to_string()
}

fn days(zone: &Zone, (from, to): (i64, i64), counted: &[Counted], now: Timestamp) -> Vec<Value> {
    let mut by_day: BTreeMap<String, Words> = BTreeMap::new();
    let pieces = (to - from).div_euclid(PIECE_MS) + 1;
    // Days on which nothing happened are told too: a chart needs no holes.
    for piece in (0..pieces).step_by(4) {
        by_day.entry(day(zone, from, piece)).or_default();
    }
    for c in counted {
        let at = from_ms(from + c.piece * PIECE_MS);
        let reason = c.reason.as_deref().and_then(Reason::from_word);
        let step = StepState::from_word(&c.state).unwrap_or(StepState::Ready);
        let Some(word) = state::message(step, at, now, reason).map(MessageState::word) else {
            continue;
        };
        let words = by_day.entry(day(zone, from, c.piece)).or_default();
        *words
            .entry(c.channel.clone())
            .or_default()
            .entry(word)
            .or_default() += c.count;
    }
    by_day
        .into_iter()
        .map(|(day, channels)| json!({"day": day, "channels": channels}))
        .collect()
}

/// Reasons with how often and their sentence, the most frequent first.
fn told(reasons: Vec<(String, i64)>, language: &str) -> Vec<Value> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (reason, count) in reasons {
        *sums.entry(reason).or_default() += count;
    }
    let mut all: Vec<(String, i64)> = sums.into_iter().collect();
    all.sort_by_key(|(_, count)| -count);
    let object = |(reason, count): (String, i64)| {
        let sentence = Reason::from_word(&reason).map(|r| r.sentence(language));
        json!({"reason": reason, "count": count, "sentence": sentence})
    };
    all.into_iter().map(object).collect()
}

fn ahead_by_day(zone: &Zone, from: i64, pieces: &[(i64, i64)]) -> Vec<Value> {
    let mut by_day: BTreeMap<String, i64> = BTreeMap::new();
    for (piece, count) in pieces {
        *by_day.entry(day(zone, from, *piece)).or_default() += count;
    }
    by_day
        .into_iter()
        .map(|(day, count)| json!({"day": day, "timers": count}))
        .collect()
}
