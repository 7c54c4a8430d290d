//! How often somebody may try to come in: five tries for an account, then a wait that doubles up to a quarter of an hour; twenty
//! wrong tries a minute from one address. Nobody is ever locked out for longer, and what is remembered has a bound. In memory
//! and in wall time: a restart forgives.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong tries for an account before there is a wait.
const FREE: u32 = 5;
/// The longest wait.
const LONGEST: Duration = Duration::from_mins(15);
/// Wrong tries of one address within `WINDOW`.
const OF_ADDRESS: u32 = 20;
/// Wrong tries of everybody within `WINDOW`.
const OF_ALL: u32 = 1_000;
const WINDOW: Duration = Duration::from_mins(1);
/// Accounts, and addresses, remembered. When there are more, those that were quiet longest are forgotten.
const KEPT: usize = 20_000;

/// The memory of wrong tries.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<Tries>);
#[derive(Debug, Default)]
struct Tries {
    /// By hash of the address written in the form, whether there is such an account or not.
    accounts: BTreeMap<[u8; 32], Wrong>,
    addresses: BTreeMap<IpAddr, Wrong>,
    all: Option<Wrong>,
}
#[derive(Debug, Clone, Copy)]
struct Wrong {
    times: u32,
    /// When the last one was (accounts) or the window began (addresses, all).
    at: Instant,
}

impl Throttle {
    /// Whether a try may be made now; otherwise how long to wait.
    pub(crate) fn may(&self, account: &str, from: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let windows = [
            (tries.all.as_ref(), OF_ALL),
            (from.and_then(|ip| tries.addresses.get(&ip)), OF_ADDRESS),
        ];
        let waits = windows.into_iter().filter_map(|(wrong, most)| {
            let wrong = wrong.filter(|w| w.times >= most)?;
            Some(WINDOW.saturating_sub(now.saturating_duration_since(wrong.at)))
        });
        let own = tries.accounts.get(&key(account)).map(|wrong| {
            let wait = wait(wrong.times);
            wait.saturating_sub(now.saturating_duration_since(wrong.at))
        });
        match waits.chain(own).max() {
            Some(wait) if !wait.is_zero() => Err(wait),
            Some(_) | None => Ok(()),
        }
    }
    /// Notes a wrong try.
    pub(crate) fn wrong(&self, account: &str, from: Option<IpAddr>, now: Instant) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = tries
            .accounts
            .entry(key(account))
            .or_insert(Wrong { times: 0, at: now });
        // A day's quiet forgives.
        if now.saturating_duration_since(one.at) > 96 * LONGEST {
            one.times = 0;
        }
        one.times = one.times.saturating_add(1);
        one.at = now;
        if let Some(ip) = from {
            count(
                tries.addresses.entry(ip).or_insert(Wrong { times: 0, at: now }),
                now,
            );
        }
        count(tries.all.get_or_insert(Wrong { times: 0, at: now }), now);
        bound(&mut tries.accounts);
        bound(&mut tries.addresses);
    }
    /// Notes that somebody came in: their account is as new.
    pub(crate) fn right(&self, account: &str) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.accounts.remove(&key(account));
    }
}

fn key(account: &str) -> [u8; 32] {
    Sha256::digest(flyt_core::contact::folded(account)).into()
}
/// Counts in a window that begins anew when it is over.
fn count(wrong: &mut Wrong, now: Instant) {
    if now.saturating_duration_since(wrong.at) >= WINDOW {
        *wrong = Wrong { times: 0, at: now };
    }
    wrong.times = wrong.times.saturating_add(1);
}
fn wait(times: u32) -> Duration {
    match times.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(1_u64 << over.min(10)).min(LONGEST),
    }
}
/// Forgets the half that was quiet longest, when there are too many.
fn bound<K: Ord + Copy>(all: &mut BTreeMap<K, Wrong>) {
    if all.len() <= KEPT {
        return;
    }
    let mut times: Vec<Instant> = all.values().map(|w| w.at).collect();
    let (_, middle, _) = times.select_nth_unstable(KEPT / 2);
    let middle = *middle;
    all.retain(|_, w| w.at > middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_account_waits_longer_with_every_wrong_try_and_never_longer_than_a_quarter_of_an_hour() {
        let (throttle, mut now) = (Throttle::default(), flyt_engine::clock::monotonic());
        for _ in 0..FREE {
            assert_eq!(throttle.may("kari@example.no", None, now), Ok(()));
            throttle.wrong("kari@example.no", None, now);
        }
        assert_eq!(
            throttle.may("Kari@Example.no ", None, now),
            Err(Duration::from_secs(1))
        );
        assert_eq!(throttle.may("ola@example.no", None, now), Ok(()));
        for _ in 0..40 {
            now += LONGEST;
            assert_eq!(throttle.may("kari@example.no", None, now), Ok(()));
            throttle.wrong("kari@example.no", None, now);
        }
        assert_eq!(throttle.may("kari@example.no", None, now), Err(LONGEST));
        throttle.right("kari@example.no");
        assert_eq!(throttle.may("kari@example.no", None, now), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_for_the_next_minute() {
        let (throttle, now) = (Throttle::default(), flyt_engine::clock::monotonic());
        for n in 0..OF_ADDRESS {
            throttle.wrong(&format!("{n}@example.no"), Some(ip(1)), now);
        }
        let wait = throttle.may("new@example.no", Some(ip(1)), now + Duration::from_secs(20));
        assert_eq!(wait, Err(Duration::from_secs(40)));
        assert_eq!(throttle.may("new@example.no", Some(ip(2)), now), Ok(()));
        assert_eq!(throttle.may("new@example.no", Some(ip(1)), now + WINDOW), Ok(()));
    }

    #[test]
    fn strangers_cannot_fill_the_memory() {
        let (throttle, mut now) = (Throttle::default(), flyt_engine::clock::monotonic());
        for n in 0..2 * KEPT + 1_000 {
            now += Duration::from_millis(100);
            throttle.wrong(&format!("{n}@example.no"), None, now);
        }
        let kept = throttle.0.lock().unwrap().accounts.len();
        assert!(kept <= KEPT, "{kept}");
    }
}
