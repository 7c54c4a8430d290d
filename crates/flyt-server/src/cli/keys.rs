//! `flyt keys …`: API keys made, listed, revoked; and the key of secrets at rest changed.

use super::businesses::all;
use super::{answer, table, text};
use crate::config::Installation;
use crate::desk::{Desk, Fault};
use crate::{open, secret_keys};
use axum::http::Method;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

const CREATE: &str = "Examples:
  flyt keys create --business salon --scope bookings:write --name till
  flyt keys create --business salon --scope bookings:read --expires-at 2027-01-01T00:00:00Z

The key is printed this once, and nothing else is printed: key=$(flyt keys create …)
Scopes are area:read and area:write; write includes read.";
const LIST: &str = "Examples:
  flyt keys list --business salon
  flyt keys list --business salon --json";
const REVOKE: &str = "Examples:
  flyt keys revoke --business salon key_01J9ZK3V8Q0RS";
const ROTATE: &str = "Examples:
  flyt keys rotate-secrets                     a new secret.key in the data folder; the server is stopped
  FLYT_SECRET_KEY=new FLYT_SECRET_KEY_OLD=old flyt serve
                                               with a configured key: the start seals everything anew

With several processes on one PostgreSQL: give all of them FLYT_SECRET_KEY=old FLYT_SECRET_KEY_OLD=new first, then
FLYT_SECRET_KEY=new FLYT_SECRET_KEY_OLD=old, then the new one alone.";

/// Commands about keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key; it is shown once.
    #[command(after_help = CREATE)]
    Create(NewKey),
    /// List the keys of a business, newest first.
    #[command(after_help = LIST)]
    List {
        #[command(flatten)]
        of: Installation,
        /// Slug of the business.
        #[arg(long)]
        business: String,
    },
    /// Take a key back; it is refused from now on.
    #[command(after_help = REVOKE)]
    Revoke {
        #[command(flatten)]
        of: Installation,
        /// Slug of the business.
        #[arg(long)]
        business: String,
        /// Its id, as the list shows it.
        id: String,
    },
    /// Seal the secrets at rest with another key.
    #[command(after_help = ROTATE)]
    RotateSecrets {
        #[command(flatten)]
        of: Installation,
        /// Delete secrets whose key is lost, instead of stopping there: webhook secrets are made anew.
        #[arg(long)]
        forget_lost: bool,
    },
}

/// A key to be made.
#[derive(Debug, Clone, Args)]
pub(crate) struct NewKey {
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
    /// When it ends.
    #[arg(long)]
    expires_at: Option<Timestamp>,
}

pub(super) async fn run(command: Keys, json: bool) -> Result<(), Fault> {
    let of = match &command {
        Keys::Create(new) => &new.of,
        Keys::List { of, .. } | Keys::Revoke { of, .. } => of,
        Keys::RotateSecrets { of, forget_lost } => return rotate(of, *forget_lost, json).await,
    };
    let desk = Desk::open(of).await?;
    let done = carry_out(&desk, &command, json).await;
    desk.close().await;
    done
}

async fn carry_out(desk: &Desk, command: &Keys, json: bool) -> Result<(), Fault> {
    match command {
        Keys::Create(new) => {
            let mut body = json!({ "scopes": new.scopes });
            if let Some(map) = body.as_object_mut() {
                map.extend(new.name.iter().map(|n| ("name".to_owned(), json!(n))));
                map.extend(
                    new.expires_at
                        .iter()
                        .map(|at| ("expires_at".to_owned(), json!(at))),
                );
            }
            let made = desk.post("/v1/api-keys", Some(&new.business), &body).await?;
            answer(json, &made, |made| vec![text(made, "key")]);
        }
        Keys::List { business, .. } => {
            let rows = all(desk, "/v1/api-keys", Some(business)).await?;
            answer(json, &json!({ "data": rows }), |_| shown(&rows));
        }
        Keys::Revoke { business, id, .. } => {
            let path = format!("/v1/api-keys/{}", segment(id));
            desk.call(Method::DELETE, &path, Some(business), None).await?;
            answer(json, &json!({ "id": id, "revoked": true }), |_| {
                vec![format!("`{id}` is revoked.")]
            });
        }
        Keys::RotateSecrets { .. } => {}
    }
    Ok(())
}

/// An id as one segment of a path.
fn segment(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

fn shown(rows: &[Value]) -> Vec<String> {
    let head = ["ID", "NAME", "PREFIX", "SCOPES", "LAST USED", "STATE"];
    let row = |key: &Value| {
        let ended = text(key, "expires_at")
            .parse::<Timestamp>()
            .is_ok_and(|at| at <= flyt_engine::clock::wall());
        let state = match (text(key, "revoked_at").is_empty(), ended) {
            (false, _) => "revoked",
            (true, true) => "expired",
            (true, false) => "good",
        };
        let mut cells = ["id", "name", "prefix", "scopes", "last_used_at"]
            .map(|f| text(key, f))
            .to_vec();
        cells.push(state.to_owned());
        cells
    };
    table(&head, &rows.iter().map(row).collect::<Vec<_>>())
}

/// Opening seals anew what an old key sealed; so this is: put a new key there, and open.
async fn rotate(of: &Installation, forget_lost: bool, json: bool) -> Result<(), Fault> {
    let configured = of.outside.secret_key.is_some();
    if !configured && of.data.database_url.is_some() {
        return Err(Fault::Refused(
            "there is no folder for a new key: give FLYT_SECRET_KEY (and FLYT_SECRET_KEY_OLD) to the processes".to_owned(),
        ));
    }
    let desk = Desk::open(of).await?;
    if desk.is_beside() {
        return Err(Fault::Refused(
            "the server is running with its key: stop it first, or restart it with FLYT_SECRET_KEY and FLYT_SECRET_KEY_OLD"
                .to_owned(),
        ));
    }
    desk.close().await;
    if !configured && !forget_lost {
        secret_keys::begin_change(&of.data.data)?;
    }
    let done = open::resealed(of, forget_lost).await?;
    let value = json!({ "current": done.current, "sealed_anew": done.anew, "lost": done.lost, "forgotten": forget_lost });
    answer(json, &value, |_| {
        let mut lines = vec![format!(
            "{} secrets sealed anew, {} had the current key.",
            done.anew, done.current
        )];
        if done.lost > 0 {
            lines.push(format!("{} secrets whose key is lost are deleted.", done.lost));
        }
        lines
    });
    Ok(())
}
