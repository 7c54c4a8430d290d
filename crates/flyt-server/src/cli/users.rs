//! `flyt users …`: people invited, listed, given a new password, kept out.

use super::businesses::all;
use super::{answer, table, text};
use crate::config::Installation;
use crate::desk::{Desk, Fault};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

const ADD: &str = "Examples:
  flyt users add kari@example.no --business salon --role owner
  flyt users add ola@example.no --name Ola --platform-admin

The link is printed this once; it is good for seven days.";
const LIST: &str = "Examples:
  flyt users list                              everybody
  flyt users list --business salon             the people of a business";
const RESET: &str = "Examples:
  flyt users reset kari@example.no             prints a link to a new password; it is good for an hour
  flyt users reset kari@example.no --second-factor
                                               and takes the second factor away";
const DISABLE: &str = "Examples:
  flyt users disable kari@example.no           ends every session, and lets nobody in
  flyt users disable kari@example.no --undo";

/// Commands about people.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// Invite somebody to a business, or to run the installation.
    #[command(after_help = ADD)]
    Add(NewUser),
    /// List people, newest first.
    #[command(after_help = LIST)]
    List {
        #[command(flatten)]
        of: Installation,
        /// Slug of a business; without it everybody.
        #[arg(long)]
        business: Option<String>,
    },
    /// Make a link to a new password.
    #[command(after_help = RESET)]
    Reset {
        #[command(flatten)]
        of: Installation,
        /// Their address.
        email: String,
        /// Take the second factor away too: the telephone and the recovery codes are lost.
        #[arg(long)]
        second_factor: bool,
    },
    /// Keep somebody out of the whole installation.
    #[command(after_help = DISABLE)]
    Disable {
        #[command(flatten)]
        of: Installation,
        /// Their address.
        email: String,
        /// Let them in again.
        #[arg(long)]
        undo: bool,
    },
}

/// Somebody to be invited.
#[derive(Debug, Clone, Args)]
pub(crate) struct NewUser {
    #[command(flatten)]
    of: Installation,
    /// Their address.
    email: String,
    /// What they are called.
    #[arg(long)]
    name: Option<String>,
    /// Slug of the business.
    #[arg(long, required_unless_present = "platform_admin")]
    business: Option<String>,
    /// What they are to the business: owner, editor or viewer.
    #[arg(long, default_value = "editor")]
    role: String,
    /// They run the installation.
    #[arg(long, conflicts_with = "business")]
    platform_admin: bool,
}

pub(super) async fn run(command: Users, json: bool) -> Result<(), Fault> {
    let of = match &command {
        Users::Add(new) => &new.of,
        Users::List { of, .. } | Users::Reset { of, .. } | Users::Disable { of, .. } => of,
    };
    let desk = Desk::open(of).await?;
    let done = carry_out(&desk, &command, json).await;
    desk.close().await;
    done
}

async fn carry_out(desk: &Desk, command: &Users, json: bool) -> Result<(), Fault> {
    match command {
        Users::Add(new) => {
            let mut body = json!({ "email": new.email });
            if let Some(map) = body.as_object_mut() {
                map.extend(new.name.iter().map(|n| ("name".to_owned(), json!(n))));
                map.extend(new.business.iter().map(|_| ("role".to_owned(), json!(new.role))));
            }
            let path = if new.business.is_some() {
                "/v1/users"
            } else {
                "/operator/users"
            };
            let made = desk.post(path, new.business.as_deref(), &body).await?;
            answer(json, &made, |made| {
                let link = made.get("invitation").unwrap_or(made);
                vec![text(link, "url")]
            });
        }
        Users::List { business, .. } => {
            let path = if business.is_some() {
                "/v1/users"
            } else {
                "/operator/users"
            };
            let rows = all(desk, path, business.as_deref()).await?;
            let last = if business.is_some() {
                "role"
            } else {
                "platform_admin"
            };
            answer(json, &json!({ "data": rows }), |_| shown(&rows, last));
        }
        Users::Reset {
            email, second_factor, ..
        } => {
            let body = json!({ "email": email, "second_factor": second_factor });
            let made = desk.post("/operator/users/reset", None, &body).await?;
            answer(json, &made, |made| vec![text(made, "url")]);
        }
        Users::Disable { email, undo, .. } => {
            let body = json!({ "email": email, "enable": undo });
            let done = desk.post("/operator/users/disable", None, &body).await?;
            answer(json, &done, |done| {
                vec![format!("{} is {}.", text(done, "email"), text(done, "state"))]
            });
        }
    }
    Ok(())
}

fn shown(rows: &[Value], last: &str) -> Vec<String> {
    let head = [
        "EMAIL",
        "NAME",
        "STATE",
        if last == "role" { "ROLE" } else { "RUNS FLYT" },
        "ID",
    ];
    let row = |user: &Value| {
        ["email", "name", "state", last, "id"]
            .map(|f| text(user, f))
            .to_vec()
    };
    table(&head, &rows.iter().map(row).collect::<Vec<_>>())
}
