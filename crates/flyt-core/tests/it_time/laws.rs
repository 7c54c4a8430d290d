//! Laws that hold for every input: of due instants, of quiet hours, of groups.

use crate::fixtures::{email, facts, set_customer_zone, set_quiet, sms, trigger, wait, webhook};
use flyt_core::action::{Act, Action, Recipient};
use flyt_core::business::QuietHours;
use flyt_core::customer::Channel;
use flyt_core::due::{due, nominal};
use flyt_core::instant::from_ms;
use flyt_core::quiet::{back, forward, inside};
use flyt_core::trigger::{Direction, Late, MaxLateness, Offset, OffsetUnit, Timed, When};
use flyt_core::zone::Zone;
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

const ZONES: [&str; 10] = [
    "Europe/Oslo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Atlantic/Azores",
    "Pacific/Chatham",
    "America/Havana",
    "Antarctica/Troll",
];

fn zone() -> impl Strategy<Value = &'static str> {
    select(&ZONES[..])
}
/// 2009 to 2037, to the millisecond.
fn instant() -> impl Strategy<Value = Timestamp> {
    (1_230_768_000_000_i64..2_145_916_800_000).prop_map(from_ms)
}
fn time() -> impl Strategy<Value = Time> {
    (0_i8..24, 0_i8..60).prop_map(|(h, m)| Time::constant(h, m, 0, 0))
}
/// Leaves at least two hours of the day loud, as people's quiet hours do.
fn quiet_hours() -> impl Strategy<Value = QuietHours> {
    (time(), 1_i64..22 * 60).prop_map(|(from, minutes)| QuietHours {
        from,
        to: from.wrapping_add(SignedDuration::from_mins(minutes)),
    })
}
fn offset() -> impl Strategy<Value = Offset> {
    let units = select(OffsetUnit::ALL);
    let directions = select(Direction::ALL);
    (
        0_i64..50,
        units,
        directions,
        proptest::option::of(time()),
        any::<bool>(),
    )
        .prop_map(|(amount, unit, direction, at, working_days)| Offset {
            amount,
            unit,
            direction,
            at: at.filter(|_| unit == OffsetUnit::Days),
            working_days: working_days && unit == OffsetUnit::Days,
        })
}
fn action() -> impl Strategy<Value = Action> {
    let to = vec![Recipient::Customer, Recipient::Admins, Recipient::Location];
    select(vec![email(&to), sms(&to), sms(&to[..1]), webhook(), wait()])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exact_units_move_with_their_anchor(
        zone in zone(), a in instant(), b in instant(), amount in 0_i64..10_000,
        unit in select(vec![OffsetUnit::Minutes, OffsetUnit::Hours]), direction in select(Direction::ALL),
    ) {
        let offset = Offset { amount, unit, direction, at: None, working_days: false };
        let rules = Zone::new(zone).expect("a zone").rules();
        let (due_a, due_b) = (nominal(&offset, a, &rules), nominal(&offset, b, &rules));
        prop_assert_eq!(due_a.duration_until(due_b), a.duration_until(b));
    }

    #[test]
    fn calendar_units_land_on_the_right_date_at_the_same_wall_time(
        zone in zone(), anchor in instant(), days in 1_i64..400, direction in select(Direction::ALL),
    ) {
        let offset = Offset { amount: days, unit: OffsetUnit::Days, direction, at: None, working_days: false };
        let rules = Zone::new(zone).expect("a zone").rules();
        let due = rules.to_datetime(nominal(&offset, anchor, &rules));
        let signed = if direction == Direction::Before { -days } else { days };
        let wall = rules.to_datetime(anchor).checked_add(jiff::Span::new().days(signed)).expect("a date");
        let gap = rules.to_ambiguous_timestamp(wall).is_ambiguous() && due != wall;
        prop_assert!(due == wall || gap, "{} is not {}", due, wall);
        prop_assert!(due >= wall, "a gap moves forward");
    }

    #[test]
    fn forward_and_back_lead_out_of_the_quiet_hours(zone in zone(), at in instant(), hours in quiet_hours()) {
        let rules = Zone::new(zone).expect("a zone").rules();
        let (earlier, later) = (back(hours, &rules, at), forward(hours, &rules, at));
        if inside(hours, &rules, at) {
            prop_assert!(earlier < at && at < later);
        } else {
            prop_assert_eq!((earlier, later), (at, at));
        }
        prop_assert!(!inside(hours, &rules, later));
        prop_assert!(!inside(hours, &rules, earlier) || earlier < at);
        prop_assert_eq!(forward(hours, &rules, later), later);
        if !inside(hours, &rules, earlier) {
            prop_assert_eq!(forward(hours, &rules, earlier), earlier);
            prop_assert_eq!(back(hours, &rules, earlier), earlier);
        }
    }

    #[test]
    fn every_delivery_has_one_place_and_one_group_carries_the_run_on(
        zones in (zone(), zone()), anchor in instant(), offset in offset(), of_start in any::<bool>(),
        quiet in (quiet_hours(), quiet_hours()), early in -50_000_i64..50_000,
        actions in proptest::collection::vec(action(), 1..6),
    ) {
        let mut facts = facts(zones.0, anchor, anchor);
        set_customer_zone(&mut facts, zones.1);
        set_quiet(&mut facts, Channel::Sms, &quiet.0.from.to_string(), &quiet.0.to.to_string());
        set_quiet(&mut facts, Channel::Email, &quiet.1.from.to_string(), &quiet.1.to.to_string());
        let timed = Timed { offset, late: Late::Skip, max_lateness: MaxLateness::Default };
        let trigger = trigger(if of_start { When::BookingStarts(timed) } else { When::BookingEnds(timed) });
        let rules = Zone::new(zones.0).expect("a zone").rules();
        let planned_at = nominal(&offset, anchor, &rules) - SignedDuration::from_secs(early);
        let Ok(found) = due(&trigger, &actions, &facts, planned_at) else {
            prop_assert_eq!(offset.direction, Direction::Before);
            return Ok(());
        };
        let wanted: Vec<(usize, usize)> = expected_deliveries(&actions);
        let moved = found.groups.iter().flat_map(|g| g.deliveries.iter().copied());
        let mut placed: Vec<_> = moved.chain(found.ended.iter().map(|e| (e.action, e.to))).collect();
        placed.sort_unstable();
        prop_assert_eq!(placed, wanted);
        let carriers = found.groups.iter().filter(|g| g.continues).count();
        prop_assert_eq!(carriers, usize::from(!found.groups.is_empty()));
        let instants: BTreeSet<_> = found.groups.iter().map(|g| g.at).collect();
        prop_assert!(instants.into_iter().eq(found.groups.iter().map(|g| g.at)), "sorted, each once");
        let message_before_start = of_start && found.before;
        for group in &found.groups {
            prop_assert!(group.at >= planned_at.min(found.nominal));
            prop_assert!(!message_before_start || group.at <= anchor);
            prop_assert!(message_before_start || group.at >= found.nominal);
        }
        prop_assert!(found.ended.is_empty() || message_before_start);
    }
}

fn expected_deliveries(actions: &[Action]) -> Vec<(usize, usize)> {
    let ahead = actions.iter().take_while(|a| !a.act.is_barrier());
    let counts = ahead.map(|a| match a.act.word() {
        "webhook" => 1,
        _ => recipients(&a.act),
    });
    counts
        .enumerate()
        .flat_map(|(action, count)| (0..count).map(move |to| (action, to)))
        .collect()
}

fn recipients(act: &Act) -> usize {
    if let Act::Email { to, .. } | Act::Sms { to, .. } = act {
        to.len()
    } else {
        0
    }
}
