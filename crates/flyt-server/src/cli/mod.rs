//! The command line: what it says, and with which code it ends (`Cli`'s help lists the codes). Each command has a file of its
//! own with its flags and examples; how commands reach the data is in `desk.rs`.

pub(crate) mod backup;
pub(crate) mod businesses;
pub(crate) mod check;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod progress;
pub(crate) mod release;
pub(crate) mod restore;
pub(crate) mod users;

use crate::config::force::{self, Misread, Read};
use crate::config::{Cli, Command};
use crate::desk::Fault;
use crate::serve;
use clap::CommandFactory as _;
use serde_json::Value;
use std::io::Write as _;
use std::process::ExitCode;

/// Command line or `flyt.toml` not understood.
const MISREAD: u8 = 2;
/// The data are in use by a process that does not answer.
const IN_USE: u8 = 3;
/// A yes was needed.
const NOT_CONFIRMED: u8 = 4;

/// Runs the program.
pub fn run() -> ExitCode {
    let read = match force::read(&std::env::args_os().collect::<Vec<_>>()) {
        Ok(read) => read,
        Err(Misread::Clap(error)) => {
            // Help and version are asked for; the rest goes to standard error. A closed pipe is not our failure.
            let _printed = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(MISREAD));
        }
        Err(Misread::Told(what)) => return fail(&what, MISREAD),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), 1),
    };
    match runtime.block_on(carry_out(read)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault::Refused(what)) => fail(&what, 1),
        Err(Fault::InUse(what)) => fail(&what, IN_USE),
        Err(Fault::NotConfirmed(what)) => fail(&what, NOT_CONFIRMED),
    }
}

async fn carry_out(read: Read) -> Result<(), Fault> {
    let Read { cli, settings, file } = read;
    let json = cli.json;
    match cli.command {
        Command::Serve(settings) => Ok(serve::serve(*settings).await?),
        Command::Demo(settings) => Ok(serve::demo(settings).await?),
        Command::Check(check) => check::run(*check, &settings, file.as_deref(), json).await,
        Command::Backup(backup) => backup::run(*backup, json).await,
        Command::Restore(restore) => restore::run(&restore, json),
        Command::Release(release) => release::run(*release, json).await,
        Command::Import(wanted) => import::run(*wanted, json).await,
        Command::Businesses(command) => businesses::run(command, json).await,
        Command::Keys(command) => keys::run(*command, json).await,
        Command::Users(command) => users::run(*command, json).await,
        Command::OpenApi => {
            say(&format!("{:#}", crate::openapi::document()));
            Ok(())
        }
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "flyt", &mut text);
            say(String::from_utf8_lossy(&text).trim_end());
            Ok(())
        }
    }
}

fn fail(what: &str, code: u8) -> ExitCode {
    complain(&format!("flyt: {what}"));
    ExitCode::from(code)
}

/// A line for the person or program that started this one. A reader that has gone away is not our failure.
pub(crate) fn say(line: &str) {
    let _gone = writeln!(std::io::stdout().lock(), "{line}");
}
/// A line beside the answer.
pub(crate) fn complain(line: &str) {
    let _gone = writeln!(std::io::stderr().lock(), "{line}");
}

/// Says an answer: as one document for machines, else in the words of `lines`.
pub(crate) fn answer(json: bool, value: &Value, lines: impl FnOnce(&Value) -> Vec<String>) {
    if json {
        say(&format!("{value:#}"));
    } else {
        for line in lines(value) {
            say(&line);
        }
    }
}

/// A field as text; nothing for null.
pub(crate) fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(Value::Array(all)) => {
            let words: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            words.join(" ")
        }
        Some(other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_))) => other.to_string(),
    }
}

/// Rows below a head, in columns as wide as they need to be.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let head: Vec<String> = head.iter().map(|h| (*h).to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| {
        let cells = all.iter().filter_map(|row| row.get(column));
        cells.map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let line = |row: &&Vec<String>| {
        let cells = row
            .iter()
            .enumerate()
            .map(|(i, cell)| format!("{cell:width$}", width = width(i)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect()
}
