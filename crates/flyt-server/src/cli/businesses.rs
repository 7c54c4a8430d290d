//! `flyt businesses …`: made, listed, switched.

use super::{answer, table, text};
use crate::config::Installation;
use crate::desk::{Desk, Fault};
use axum::http::Method;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

/// Rows of a page.
const PAGE: usize = 200;

const CREATE: &str = "Examples:
  flyt businesses create --slug salon --name Salon --time-zone Europe/Oslo --currency NOK --country NO --language nb
  flyt businesses create … --language nb --language en --json";
const LIST: &str = "Examples:
  flyt businesses list
  flyt businesses list --json | jq -r '.data[].slug'";
const MODE: &str = "Examples:
  flyt businesses mode salon held              nothing of this business leaves
  flyt businesses mode salon sandbox           everything is captured: shown, not sent
  flyt businesses mode salon live

`flyt release --business salon` shows what a held business would send before it is live again.";

/// Commands about businesses.
#[derive(Debug, Subcommand)]
pub(crate) enum Businesses {
    /// Make a business.
    #[command(after_help = CREATE)]
    Create(Box<NewBusiness>),
    /// List them, newest first.
    #[command(after_help = LIST)]
    List(Box<Installation>),
    /// Say whether a business sends, captures or holds.
    #[command(after_help = MODE)]
    Mode {
        #[command(flatten)]
        of: Box<Installation>,
        /// Its slug.
        slug: String,
        /// What becomes of its messages.
        #[arg(value_enum)]
        mode: Mode,
    },
}

/// What becomes of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// They leave.
    Live,
    /// They are captured: shown, not sent.
    Sandbox,
    /// They wait for a release.
    Held,
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

pub(super) async fn run(command: Businesses, json: bool) -> Result<(), Fault> {
    let of = match &command {
        Businesses::Create(new) => &new.of,
        Businesses::List(of) | Businesses::Mode { of, .. } => of,
    };
    let desk = Desk::open(of).await?;
    let done = carry_out(&desk, &command, json).await;
    desk.close().await;
    done
}

async fn carry_out(desk: &Desk, command: &Businesses, json: bool) -> Result<(), Fault> {
    match command {
        Businesses::Create(new) => {
            let body = json!({
                "slug": new.slug, "name": new.name, "time_zone": new.time_zone, "currency": new.currency,
                "country": new.country, "languages": new.languages, "default_language": new.languages.first(),
            });
            let made = desk.post("/v1/businesses", None, &body).await?;
            answer(json, &made, |made| {
                vec![format!("`{}` is made: {}", text(made, "slug"), text(made, "id"))]
            });
        }
        Businesses::List(_) => {
            let rows = all(desk, "/v1/businesses", None).await?;
            answer(json, &json!({ "data": rows }), |_| {
                let head = ["SLUG", "NAME", "ZONE", "MODE", "ID"];
                let row = |b: &Value| {
                    ["slug", "name", "time_zone", "mode", "id"]
                        .map(|f| text(b, f))
                        .to_vec()
                };
                table(&head, &rows.iter().map(row).collect::<Vec<_>>())
            });
        }
        Businesses::Mode { slug, mode, .. } => {
            let word = match mode {
                Mode::Live => "live",
                Mode::Sandbox => "sandbox",
                Mode::Held => "held",
            };
            let body = json!({ "mode": word });
            let done = desk
                .call(Method::PATCH, "/v1/business", Some(slug), Some(&body))
                .await?;
            answer(json, &done, |_| vec![format!("`{slug}` is {word}.")]);
        }
    }
    Ok(())
}

/// Every row of a list, page by page.
pub(super) async fn all(desk: &Desk, path: &str, business: Option<&str>) -> Result<Vec<Value>, Fault> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = desk
            .get(&format!("{path}?limit={PAGE}{cursor}"), business)
            .await?;
        rows.extend(
            page.get("data")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .cloned(),
        );
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(rows),
        }
    }
}
