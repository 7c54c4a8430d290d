//! The simulator's skeleton: a seeded world on an in-memory store and a manual clock, whose engine is killed at random commits
//! and started again on the same data. A small model says what must go out; checkers ask what must always hold. Seeds differ in
//! what they have besides bookings and workflows (`world::Kind`): a webhook, endpoints, an SMS gateway, or workflows that set
//! each other off.
//!
//! `FLYT_SIM_SEED=17` plays that seed alone and tells its steps.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a seed that cannot be played fails where it stands, and says which it was"
)]

mod counts;
mod dice;
mod endpoint;
mod gateway;
mod model;
mod play;
mod receiver;
mod world;

use counts::Counts;
use play::Sim;

/// Seeds of a run of the tests.
const SEEDS: u64 = 1_000;

#[test]
fn a_thousand_seeds_with_crashes_lose_nothing_and_double_nothing() {
    if let Some(seed) = play::asked_seed() {
        Sim::new(seed, true).run();
        return;
    }
    let workers: Vec<_> = (0..2)
        .map(|part| {
            std::thread::spawn(move || {
                let mut counts = Counts::default();
                for seed in (1..=SEEDS).filter(|s| s % 2 == part) {
                    counts.add(&Sim::new(seed, false).run());
                }
                counts
            })
        })
        .collect();
    let mut counts = Counts::default();
    for worker in workers {
        counts.add(&worker.join().unwrap());
    }
    println!("{SEEDS} seeds: {counts:?}");
    assert!(counts.crashes >= SEEDS, "too few crashes: {counts:?}");
    assert!(counts.messages >= SEEDS * 5, "too few messages: {counts:?}");
    assert!(counts.edits >= SEEDS, "too few edits: {counts:?}");
    assert!(counts.holds >= SEEDS, "too few holds: {counts:?}");
    assert!(counts.calls >= SEEDS / 2, "too few webhooks: {counts:?}");
    assert!(
        counts.deliveries >= SEEDS,
        "too few deliveries to endpoints: {counts:?}"
    );
    assert!(counts.doubled >= SEEDS / 20, "too few doubled: {counts:?}");
    assert!(
        counts.cut_off >= SEEDS / 20,
        "too few deleted endpoints: {counts:?}"
    );
    assert!(counts.tries >= SEEDS, "too few SMS: {counts:?}");
    assert!(counts.lost >= SEEDS / 20, "too few lost answers: {counts:?}");
    assert!(
        counts.pauses >= SEEDS / 20,
        "too few pauses of the gateway: {counts:?}"
    );
    assert!(counts.completed >= SEEDS / 10, "too few completed: {counts:?}");
}
