//! What the server is told: the command line and the environment. This is the only file that reads the environment, and it
//! does so through clap; a flag goes before a variable.

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Workflows for appointment businesses: when this happens, only if, do this.
#[derive(Debug, Parser)]
#[command(name = "flyt", version, about, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "Examples:
  flyt demo                                    a salon with a month behind it, in memory
  flyt serve                                   a server on 127.0.0.1:8080 with its data in ./flyt-data
  flyt serve --data /var/lib/flyt --listen [::]:8080
  flyt serve --test-clock 2026-03-01T00:00:00Z a server whose clock only moves when told
  flyt businesses create --slug salon --name Salon --time-zone Europe/Oslo --currency NOK --country NO --language nb
  flyt keys create --business salon --scope bookings:write";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Box<Serve>),
    /// Show a salon with a month behind it. It lives in memory: nothing is sent, and nothing is kept.
    Demo(Demo),
    /// Businesses of a stopped server's data.
    #[command(subcommand)]
    Businesses(Businesses),
    /// API keys of a stopped server's data.
    #[command(subcommand)]
    Keys(Box<Keys>),
    /// Print the OpenAPI document.
    #[command(name = "openapi")]
    OpenApi,
}

/// Where the data lie.
#[derive(Debug, Clone, Args)]
pub(crate) struct Data {
    /// Folder of the data file; made when it is missing.
    #[arg(
        long,
        env = "FLYT_DATA",
        default_value = "flyt-data",
        conflicts_with = "database_url"
    )]
    pub(crate) data: PathBuf,
    /// A PostgreSQL database instead of a file.
    #[arg(long, env = "FLYT_DATABASE_URL", hide_env_values = true)]
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
    /// The key of secrets at rest; made at the first start when absent.
    #[arg(long, env = "FLYT_SECRET_KEY", hide = true, hide_env_values = true)]
    pub(crate) secret_key: Option<String>,
    /// Name of this installation; a copy with another name starts held.
    #[arg(long, env = "FLYT_INSTANCE_ID", hide = true)]
    pub(crate) instance_id: Option<String>,
    /// What the log tells: `info`, `flyt=debug` …
    #[arg(long, env = "FLYT_LOG", default_value = "info", hide = true)]
    pub(crate) log: String,
}

/// Commands about businesses.
#[derive(Debug, Subcommand)]
pub(crate) enum Businesses {
    /// Make a business.
    Create(Box<NewBusiness>),
    /// List them.
    List(Box<Installation>),
}

/// Which installation a command is about.
#[derive(Debug, Clone, Args)]
pub(crate) struct Installation {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(flatten)]
    pub(crate) outside: Outside,
}

/// A new business.
#[derive(Debug, Clone, Args)]
pub(crate) struct NewBusiness {
    #[command(flatten)]
    pub(crate) of: Installation,
    /// Its name in addresses: small letters, digits, `-`.
    #[arg(long)]
    pub(crate) slug: String,
    /// Its name.
    #[arg(long)]
    pub(crate) name: String,
    /// Its zone, such as Europe/Oslo.
    #[arg(long)]
    pub(crate) time_zone: String,
    /// Its money, such as NOK.
    #[arg(long)]
    pub(crate) currency: String,
    /// Its country, such as NO.
    #[arg(long)]
    pub(crate) country: String,
    /// A language it writes in; may stand several times, the first is the default.
    #[arg(long = "language", required = true)]
    pub(crate) languages: Vec<String>,
}

/// Commands about keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key; it is shown once.
    Create {
        #[command(flatten)]
        of: Installation,
        /// Slug of the business.
        #[arg(long)]
        business: String,
        /// What it may do, such as bookings:write; may stand several times.
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// What it is for.
        #[arg(long)]
        name: Option<String>,
    },
    /// List the keys of a business.
    List {
        #[command(flatten)]
        of: Installation,
        /// Slug of the business.
        #[arg(long)]
        business: String,
    },
}
