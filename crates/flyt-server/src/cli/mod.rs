//! The command line: what it says, and with which code it ends. 0 done, 1 not done, 2 not understood (clap's own).

mod businesses;
mod keys;

use crate::config::{Cli, Command};
use crate::serve;
use clap::Parser as _;
use std::process::ExitCode;

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}")),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(settings) => serve::serve(*settings).await,
            Command::Demo(settings) => serve::demo(settings).await,
            Command::Businesses(command) => businesses::run(command).await,
            Command::Keys(command) => keys::run(*command).await,
            Command::OpenApi => {
                say(&format!("{:#}", crate::openapi::document()));
                Ok(())
            }
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => fail(&what),
    }
}

fn fail(what: &str) -> ExitCode {
    complain(&format!("flyt: {what}"));
    ExitCode::FAILURE
}

/// A line for the person or program that started this one.
#[expect(clippy::print_stdout, reason = "the one door to standard output")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
#[expect(clippy::print_stderr, reason = "the one door to standard error")]
fn complain(line: &str) {
    eprintln!("{line}");
}
