//! House rules that a reader relies on: sizes, opening lines, edges between crates, what the lock file may hold, documents
//! that name tests.
#![expect(clippy::unwrap_used, reason = "a rule that cannot be checked fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file of the sources, and of the tests.
const LINES: (usize, usize) = (500, 600);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Every file below a folder with this ending.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_none_or(|n| n != "target") {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root().join("crates"), "rs", &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    found.into_iter().map(read).collect()
}

#[test]
fn every_file_stays_short_and_opens_with_what_it_is() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let is_test = path.components().any(|c| c.as_os_str() == "tests");
        let most = if is_test { LINES.1 } else { LINES.0 };
        let lines = text.lines().count();
        if lines > most {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{}: does not open with //!", path.display()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn crates_depend_only_on_what_the_house_allows() {
    let allowed: &[(&str, &[&str])] = &[
        ("flyt-core", &[]),
        ("flyt-store", &["flyt-core"]),
        ("flyt-channels", &["flyt-core"]),
        ("flyt-engine", &["flyt-core", "flyt-store", "flyt-channels"]),
        (
            "flyt-server",
            &["flyt-core", "flyt-store", "flyt-channels", "flyt-engine"],
        ),
    ];
    for (name, may) in allowed {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        let own: BTreeSet<&str> = manifest
            .lines()
            .filter_map(|l| l.split(['.', ' ', '=']).next())
            .filter(|d| d.starts_with("flyt-"))
            .collect();
        let may: BTreeSet<&str> = may.iter().copied().collect();
        assert!(
            own.is_subset(&may),
            "{name} depends on {own:?}, allowed are {may:?}"
        );
    }
}

#[test]
fn there_is_one_crypto_provider_and_one_sqlite() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for refused in ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"] {
        assert!(
            !lock.contains(&format!("name = \"{refused}\"")),
            "{refused} is in Cargo.lock"
        );
    }
    assert_eq!(lock.matches("name = \"libsqlite3-sys\"").count(), 1);
}

#[test]
fn every_dependency_has_its_line() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let told = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let listed = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let listed = listed.split("\n[").next().unwrap();
    for line in listed
        .lines()
        .filter(|l| l.contains('=') && !l.starts_with("flyt-"))
    {
        let name = line.split(['=', ' ']).next().unwrap();
        assert!(
            told.contains(&format!("`{name}`")),
            "docs/dependencies.md does not tell of {name}"
        );
    }
}

#[test]
fn every_scenario_names_a_test_that_exists() {
    let page = fs::read_to_string(root().join("docs/scenarios.md")).unwrap();
    let all: String = sources().into_iter().map(|(_, text)| text).collect();
    let mut seen = BTreeSet::new();
    for row in page.lines().filter(|l| l.starts_with("| S")) {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (name, held) = (cells.next().unwrap(), cells.next().unwrap());
        seen.insert(name.to_owned());
        for test in held.split('`').skip(1).step_by(2).filter(|t| !t.contains('/')) {
            assert!(
                all.contains(&format!("fn {test}(")),
                "{name} names {test}, which does not exist"
            );
        }
        let told = held.contains('`') || held.contains("later");
        assert!(told, "{name} is held by nothing");
    }
    let wanted: BTreeSet<String> = (1..=45).map(|n| format!("S{n:02}")).collect();
    assert!(
        wanted.is_subset(&seen),
        "missing: {:?}",
        wanted.difference(&seen).collect::<Vec<_>>()
    );
}

#[test]
fn the_readme_tells_the_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("make run") && readme.contains("make test"));
}
