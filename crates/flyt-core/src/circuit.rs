//! The circuit of a sending account: when trouble on it pauses everything that would go through it, and when it is tried again
//! (`product.md` §6). Who waits and who is the probe is `flyt-engine`'s.

use crate::instant::plus_ms;
use jiff::Timestamp;

/// Failures in a row that open a circuit.
const MOST_FAILURES: i64 = 5;
const MINUTE_MS: i64 = 60_000;
/// Longest wait between two probes, in minutes.
const LONGEST: i64 = 60;

/// What a try says about the account it went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The other side is there and answers, whatever it thought of the message.
    Good,
    /// It did not answer, or asked to come again.
    Bad,
    /// It refused login or sender: no message will go before somebody acts.
    Misconfigured,
}

/// An account in trouble; one without trouble has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circuit {
    /// Failures in a row.
    pub failures: i64,
    /// Since when nothing goes through; `None`: it still does.
    pub opened_at: Option<Timestamp>,
    /// When the next probe may go, while open.
    pub probe_at: Timestamp,
    /// Probes that have failed.
    pub probes: i64,
}

/// The circuit after a try. `probing`: the try was its probe. `None`: all is well.
pub fn after(before: Option<Circuit>, signal: Signal, probing: bool, now: Timestamp) -> Option<Circuit> {
    let was = before.unwrap_or(Circuit {
        failures: 0,
        opened_at: None,
        probe_at: now,
        probes: 0,
    });
    let failures = was.failures + 1;
    match (signal, was.opened_at) {
        (Signal::Good, _) => None,
        (Signal::Bad | Signal::Misconfigured, Some(_)) if probing => {
            let probes = was.probes + 1;
            Some(Circuit {
                failures,
                probes,
                probe_at: plus_ms(now, wait_ms(probes)),
                ..was
            })
        }
        // What was on its way when it opened says nothing new.
        (Signal::Bad | Signal::Misconfigured, Some(_)) => Some(was),
        (Signal::Bad, None) if failures < MOST_FAILURES => Some(Circuit { failures, ..was }),
        (Signal::Bad | Signal::Misconfigured, None) => Some(Circuit {
            failures,
            opened_at: Some(now),
            probe_at: plus_ms(now, wait_ms(0)),
            probes: 0,
        }),
    }
}

/// 1, 2, 4 … 60 minutes.
fn wait_ms(probes: i64) -> i64 {
    let doubled = u32::try_from(probes).ok().and_then(|p| 1_i64.checked_shl(p));
    doubled.filter(|m| (1..LONGEST).contains(m)).unwrap_or(LONGEST) * MINUTE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-10-01T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_between_counts_anew() {
        let mut circuit = None;
        for _ in 0..4 {
            circuit = after(circuit, Signal::Bad, false, now());
        }
        assert_eq!(circuit.unwrap().opened_at, None);
        assert_eq!(after(circuit, Signal::Good, false, now()), None);
        let open = after(circuit, Signal::Bad, false, now()).unwrap();
        assert_eq!(open.opened_at, Some(now()));
        assert_eq!(open.probe_at, plus_ms(now(), MINUTE_MS));
        assert_eq!(
            after(Some(open), Signal::Bad, false, now()),
            Some(open),
            "a straggler"
        );
    }

    #[test]
    fn a_refused_login_opens_it_at_once_and_probes_are_ever_rarer() {
        let mut circuit = after(None, Signal::Misconfigured, false, now());
        let mut waits = Vec::new();
        for _ in 0..8 {
            circuit = after(circuit, Signal::Misconfigured, true, now());
            waits.push((circuit.unwrap().probe_at.as_second() - now().as_second()) / 60);
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(after(circuit, Signal::Good, true, now()), None);
        assert_eq!(wait_ms(200), 60 * MINUTE_MS);
    }
}
