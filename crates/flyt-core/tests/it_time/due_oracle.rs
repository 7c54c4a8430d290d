//! Every due instant against Python's zoneinfo: all IANA zones, all changes of the clock from 2020 to 2037, Apia 2011.
//!
//! The rows are made when the test runs (`scripts/oracle/run`); none are kept. Without Python or its time zone
//! package the test says so and passes, because nothing was compared.

use crate::fixtures::{at, facts, time, trigger};
use flyt_core::due::due;
use flyt_core::facts::Facts;
use flyt_core::reason::Reason;
use flyt_core::trigger::{Direction, Late, MaxLateness, Offset, OffsetUnit, Timed, Trigger, When};
use flyt_core::zone::Zone;
use jiff::Timestamp;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// What `run` answers when Python has no zoneinfo or the time zone package could not be fetched.
const NO_DATABASE: i32 = 3;
/// Fewer rows than this mean that the script lost some.
const LEAST_ROWS: usize = 1_500_000;

#[test]
fn every_due_instant_agrees_with_the_zoneinfo_of_python() {
    let Some(mut script) = start() else {
        return;
    };
    let rows = BufReader::new(script.stdout.take().expect("the rows"));
    let mut comparison = Comparison::new();
    for line in rows.lines() {
        comparison.line(&line.expect("a line"));
    }
    let mut complaint = String::new();
    let mut errors = script.stderr.take().expect("the errors");
    let _ = errors.read_to_string(&mut complaint).expect("the complaint");
    let status = script.wait().expect("the script ends");
    if status.code() == Some(NO_DATABASE) {
        say(&format!(
            "NOT RUN: Python has no zoneinfo or its package tzdata could not be installed: {complaint}"
        ));
        return;
    }
    assert!(status.success(), "the oracle failed: {complaint}");
    assert!(comparison.complete, "the oracle stopped early");
    println!(
        "{} due instants compared, {} zones",
        comparison.rows, comparison.zones
    );
    let wrong = comparison.wrong;
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {} differ (if the bundled time zone database was renewed, renew scripts/oracle/requirements.txt):\n{shown}",
        wrong.len(),
        comparison.rows
    );
    assert!(comparison.rows >= LEAST_ROWS, "only {} rows", comparison.rows);
}

/// Past the capture of the test harness, so that it is seen though the test passes.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").expect("stderr takes it");
}

fn start() -> Option<Child> {
    if Command::new("python3").arg("--version").output().is_err() {
        say("NOT RUN: python3 is not on the PATH, so no due instant was compared");
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/oracle/run");
    let started = Command::new("sh")
        .arg(script)
        .arg(env!("CARGO_TARGET_TMPDIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Some(started.expect("the script starts"))
}

struct Comparison {
    triggers: Vec<Trigger>,
    zone: String,
    facts: Facts,
    rows: usize,
    zones: usize,
    wrong: Vec<String>,
    complete: bool,
}

impl Comparison {
    fn new() -> Self {
        let noon = at("2026-01-01T12:00:00Z");
        Self {
            triggers: Vec::new(),
            zone: String::new(),
            facts: facts("UTC", noon, noon),
            rows: 0,
            zones: 0,
            wrong: Vec::new(),
            complete: false,
        }
    }

    fn line(&mut self, line: &str) {
        match line.split_once(' ') {
            Some(("R", rule)) => self.triggers.push(read_rule(rule)),
            Some(("Z", zone)) => self.enter(zone),
            Some((anchor, expected)) => self.compare(second(anchor), expected),
            None => self.complete = line == "END",
        }
    }

    fn enter(&mut self, zone: &str) {
        self.zones += 1;
        zone.clone_into(&mut self.zone);
        match Zone::new(zone) {
            Some(found) => Arc::make_mut(&mut self.facts.business).settings.time_zone = found,
            None => self.wrong.push(format!("{zone} is not known")),
        }
    }

    fn compare(&mut self, anchor: Timestamp, expected: &str) {
        let booking = &mut self.facts.booking.as_mut().expect("a booking").booking;
        booking.start = anchor;
        booking.end = anchor;
        let expected: Vec<&str> = expected.split(' ').collect();
        assert_eq!(expected.len(), self.triggers.len(), "one instant for each rule");
        for (trigger, expected) in self.triggers.iter().zip(expected) {
            self.rows += 1;
            let found = due(trigger, &[], &self.facts, Timestamp::MIN).map(|d| d.nominal);
            let agrees = match expected {
                "x" => found == Err(Reason::DueAfterAnchor),
                instant => found == Ok(second(instant)),
            };
            if !agrees {
                let rule = flyt_core::due::rule(&trigger.when);
                let wrong = format!("{} {anchor} {rule}: {found:?}, not {expected}", self.zone);
                self.wrong.push(wrong);
            }
        }
    }
}

fn second(text: &str) -> Timestamp {
    Timestamp::from_second(text.parse().expect("a number")).expect("an instant")
}

fn read_rule(rule: &str) -> Trigger {
    let [amount, unit, direction, pinned] = rule.split(' ').collect::<Vec<_>>()[..] else {
        panic!("a rule has four words: {rule}");
    };
    let timed = Timed {
        offset: Offset {
            amount: amount.parse().expect("a number"),
            unit: OffsetUnit::from_word(unit).expect("a unit"),
            direction: Direction::from_word(direction).expect("a direction"),
            at: (pinned != "-").then(|| time(pinned)),
            working_days: false,
        },
        late: Late::Skip,
        max_lateness: MaxLateness::Default,
    };
    trigger(match timed.offset.direction {
        Direction::Before => When::BookingStarts(timed),
        Direction::After => When::BookingEnds(timed),
    })
}
