//! When a delivery is tried again (`product.md` §6). Pure: the spread is a hash of step and attempt, so that a replay agrees.

use crate::customer::Channel;
use crate::id::StepId;
use crate::instant::plus_ms;
use jiff::Timestamp;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Waits after the first, second … try of an e-mail or SMS; after them two-hourly.
const MESSAGE_WAITS: [i64; 6] = [
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
];
/// Every later wait of an e-mail or SMS.
const MESSAGE_WAIT: i64 = 2 * HOUR_MS;
/// Waits after the first … ninth try of a webhook; the tenth is the last (76 h).
const WEBHOOK_WAITS: [i64; 9] = [
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];
/// The last try of a webhook begins this long before its limit, if the spread alone would carry it past.
const LAST_MS: i64 = 5 * MINUTE_MS;
/// How long an SMS without an answer waits for a delivery report.
const REPORT_WAIT: i64 = 2 * MINUTE_MS;
/// The spread to either side, in thousandths.
const SPREAD: i64 = 200;

/// How a try ended, where another may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The other side refused for now.
    Temporary,
    /// The answer was lost.
    Unknown,
}

/// A try that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// By which channel.
    pub channel: Channel,
    /// The step; spreads the retries.
    pub step: StepId,
    /// The number of this try, from 1.
    pub attempt: i64,
    /// How it ended.
    pub class: Class,
    /// True when the answer of an earlier try was lost: an SMS is then not tried again.
    pub unknown_before: bool,
    /// What the other side asked for, in milliseconds.
    pub retry_after_ms: Option<i64>,
}

/// What follows a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another try at this instant.
    At(Timestamp),
    /// None.
    Exhausted,
}

/// When the next try is, if it comes at or before `expires_at` (the limit of `product.md` §5.5; the start of the booking
/// for a "before start" message).
pub fn next(tried: &Tried, now: Timestamp, expires_at: Option<Timestamp>) -> Next {
    let Some(wait) = wait_ms(tried) else {
        return Next::Exhausted;
    };
    let asked = tried
        .retry_after_ms
        .map_or(0, |ms| ms.clamp(SECOND_MS, 24 * HOUR_MS));
    let at = plus_ms(now, wait.max(asked));
    let Some(limit) = expires_at.filter(|limit| at > *limit) else {
        return Next::At(at);
    };
    // The plan of a webhook fills its 76 hours: what the spread has added to it is taken off the last wait.
    let last = plus_ms(limit, -LAST_MS);
    let soonest = plus_ms(now, (wait / 5 * 2).max(asked));
    if tried.channel == Channel::Webhook && last >= soonest {
        Next::At(last)
    } else {
        Next::Exhausted
    }
}

/// When an SMS whose answer was lost is decided on, if no report has come.
pub fn report_due(now: Timestamp) -> Timestamp {
    plus_ms(now, REPORT_WAIT)
}

/// Whether an SMS that no report has come for is tried once more. `lost`: how many of its answers were lost.
pub fn once_more(lost: i64, now: Timestamp, expires_at: Option<Timestamp>) -> bool {
    lost <= 1 && expires_at.is_none_or(|limit| now <= limit)
}

fn wait_ms(tried: &Tried) -> Option<i64> {
    let place = usize::try_from(tried.attempt.max(1) - 1).ok()?;
    let plan = match (tried.channel, tried.class) {
        (Channel::Sms, _) if tried.unknown_before => return None,
        (Channel::Sms, Class::Unknown) => return Some(REPORT_WAIT),
        (Channel::Webhook, _) => WEBHOOK_WAITS.get(place).copied()?,
        (Channel::Email | Channel::Sms, _) => MESSAGE_WAITS.get(place).copied().unwrap_or(MESSAGE_WAIT),
    };
    Some(plan / 1_000 * (1_000 + spread(tried.step, tried.attempt)))
}

/// A number from -200 to 200 that the step and the attempt decide.
fn spread(step: StepId, attempt: i64) -> i64 {
    let wide = u64::try_from(2 * SPREAD + 1).unwrap_or(1);
    i64::try_from(fnv([step.run.0, step.no, attempt]) % wide).unwrap_or(SPREAD) - SPREAD
}

/// FNV-1a over the bytes of the numbers, with a last mixing because its low bits alone are weak.
fn fnv(numbers: [i64; 3]) -> u64 {
    let bytes = numbers.into_iter().flat_map(i64::to_le_bytes);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}
