//! What the server is told: the command line, the environment, `flyt.toml`, in this order. The environment is read here only,
//! and through clap. The file is in `config/file.rs`; what is in force, and what contradicts itself, in `config/force.rs`.

pub(crate) mod file;
pub(crate) mod force;

use crate::cli::{backup, businesses, check, import, keys, release, restore, users};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Workflows for appointment businesses: when this happens, only if, do this.
#[derive(Debug, Parser)]
#[command(name = "flyt", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Answer with one JSON document, for machines.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Read settings from this file instead of ./flyt.toml or the one in the data folder.
    #[arg(long, global = true, env = "FLYT_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "Examples:
  flyt demo                                    a salon with a month behind it, in memory
  flyt serve                                   a server on 127.0.0.1:8080 with its data in ./flyt-data
  flyt check                                   what is in force, and what is wrong with it
  flyt backup /backups/flyt.tar                while the server runs
  flyt release                                 what a held server would send, and then: send it

Settings come from flags, then FLYT_… variables, then flyt.toml; `flyt check --defaults` prints a file to begin with.
A command on data that a running server has open asks that server, through flyt.sock in the data folder.

Exit codes: 0 done; 1 not done, the reason is on standard error; 2 command line or flyt.toml not understood;
3 the data are in use by a process that does not answer; 4 a yes was needed (--yes gives it).";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    #[command(after_help = SERVE)]
    Serve(Box<Serve>),
    /// Show a salon with a month behind it. It lives in memory: nothing is sent, and nothing is kept.
    #[command(after_help = DEMO)]
    Demo(Demo),
    /// Say what is in force and what is wrong: settings, database, relay, DNS of the sender.
    #[command(after_help = check::EXAMPLES)]
    Check(Box<check::Check>),
    /// Write the data of an installation to one file; a running server goes on meanwhile.
    #[command(after_help = backup::EXAMPLES)]
    Backup(Box<backup::Backup>),
    /// Make a data folder from a backup. Nothing leaves it until `flyt release`.
    #[command(after_help = restore::EXAMPLES)]
    Restore(Box<restore::Restore>),
    /// Let go what is held, after showing what that is.
    #[command(after_help = release::EXAMPLES)]
    Release(Box<release::Release>),
    /// Make, list and switch businesses.
    #[command(subcommand)]
    Businesses(businesses::Businesses),
    /// Make, list and revoke API keys; change the key of secrets at rest.
    #[command(subcommand)]
    Keys(Box<keys::Keys>),
    /// Invite and list people, give a new password, keep somebody out.
    #[command(subcommand)]
    Users(Box<users::Users>),
    /// Import bookings from a file into a stopped server's data.
    #[command(after_help = import::EXAMPLES)]
    Import(Box<import::Import>),
    /// Print the OpenAPI document.
    #[command(name = "openapi", after_help = OPENAPI)]
    OpenApi,
    /// Print completions for a shell.
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// Which shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

const SERVE: &str = "Examples:
  flyt serve --data /var/lib/flyt --listen [::]:8080
  flyt serve --database-url postgres://flyt@db/flyt --role worker
  flyt serve --held                            take and plan everything, send nothing until `flyt release`
  flyt serve --test-clock 2026-03-01T00:00:00Z a server whose clock only moves when told

Variables: FLYT_PLATFORM_KEY, FLYT_SECRET_KEY, FLYT_SECRET_KEY_OLD, FLYT_SMTP_URL, FLYT_SMS_URL, FLYT_EGRESS_ALLOW,
FLYT_INSTANCE_ID, FLYT_LOG; `flyt check --defaults` says what each is for.";
const DEMO: &str = "Examples:
  flyt demo
  flyt demo --listen 127.0.0.1:9000";
const OPENAPI: &str = "Examples:
  flyt openapi > openapi.json";
const COMPLETIONS: &str = "Examples:
  flyt completions bash > /usr/share/bash-completion/completions/flyt
  flyt completions zsh > ~/.zfunc/_flyt
  flyt completions fish > ~/.config/fish/completions/flyt.fish";

/// Where the data lie.
#[derive(Debug, Clone, Args)]
pub(crate) struct Data {
    /// Folder of the data file; made when it is missing.
    #[arg(long, env = "FLYT_DATA", default_value = "flyt-data", value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// A PostgreSQL database instead of a file.
    #[arg(long, env = "FLYT_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
}

/// How the server runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Serve {
    /// Address and port.
    #[arg(long, env = "FLYT_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) data: Data,
    /// Run on a clock that begins here and only moves when told.
    #[arg(long, env = "FLYT_TEST_CLOCK")]
    pub(crate) test_clock: Option<Timestamp>,
    /// Send nothing until `flyt release`.
    #[arg(long, env = "FLYT_HELD")]
    pub(crate) held: bool,
    /// Which parts run in this process.
    #[arg(long, env = "FLYT_ROLE", value_enum, default_value_t = Role::All)]
    pub(crate) role: Role,
    #[command(flatten)]
    pub(crate) outside: Outside,
}

/// How the demo runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Demo {
    /// Address and port.
    #[arg(long, env = "FLYT_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// What the log tells.
    #[arg(long, env = "FLYT_LOG", default_value = "error", hide = true)]
    pub(crate) log: String,
}

/// Which parts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Everything.
    All,
    /// The API only.
    Api,
    /// Timers and deliveries only; health and metrics are still answered.
    Worker,
}

/// What comes from the environment and rarely from flags: secrets and the operator's own systems.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Outside {
    /// The operator's key. Without it one is made at the first start and shown once.
    #[arg(long, env = "FLYT_PLATFORM_KEY", hide = true, hide_env_values = true)]
    pub(crate) platform_key: Option<String>,
    /// Address ranges (comma between) that businesses' addresses may reach beside public ones.
    #[arg(long, env = "FLYT_EGRESS_ALLOW", hide = true)]
    pub(crate) egress_allow: Option<String>,
    /// The relay for e-mail; without it e-mails are captured.
    #[arg(long, env = "FLYT_SMTP_URL", hide = true, hide_env_values = true)]
    pub(crate) smtp_url: Option<String>,
    /// The gateway for SMS; without it SMS are captured.
    #[arg(long, env = "FLYT_SMS_URL", hide = true, hide_env_values = true)]
    pub(crate) sms_url: Option<String>,
    /// How many e-mails a second the relay takes; more wait their turn.
    #[arg(long, env = "FLYT_SMTP_PER_SECOND", hide = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) smtp_per_second: Option<u32>,
    /// How many SMS a second the gateway takes; more wait their turn.
    #[arg(long, env = "FLYT_SMS_PER_SECOND", hide = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sms_per_second: Option<u32>,
    /// Where this server is reached from outside, such as `https://flyt.example`: SMS gateways are told to report there.
    #[arg(long, env = "FLYT_PUBLIC_URL", hide = true)]
    pub(crate) public_url: Option<String>,
    /// The key of secrets at rest; made at the first start when absent.
    #[arg(long, env = "FLYT_SECRET_KEY", hide = true, hide_env_values = true)]
    pub(crate) secret_key: Option<String>,
    /// The key before, while `FLYT_SECRET_KEY` is being changed: secrets are sealed anew at the start.
    #[arg(long, env = "FLYT_SECRET_KEY_OLD", hide = true, hide_env_values = true)]
    pub(crate) secret_key_old: Option<String>,
    /// Name of this installation; a copy with another name starts held.
    #[arg(long, env = "FLYT_INSTANCE_ID", hide = true)]
    pub(crate) instance_id: Option<String>,
    /// What the log tells: `info`, `flyt=debug` …
    #[arg(long, env = "FLYT_LOG", default_value = "info", hide = true)]
    pub(crate) log: String,
}

/// Which installation a command is about.
#[derive(Debug, Clone, Args)]
pub(crate) struct Installation {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(flatten)]
    pub(crate) outside: Outside,
}
