//! A look at the data: the folder or the database, without opening it for writing.

use super::Finding;
use crate::config::{Installation, Serve};
use crate::desk::Desk;
use crate::local::SOCKET;
use crate::lock::Lock;
use crate::open::FILE;
use flyt_store::{backup, inspect};
use serde_json::Value;
use std::path::Path;
use tokio::net::UnixStream;

const ABOUT: &str = "data";
/// A clock that is further off claims nothing, ms.
const OFF_MS: i64 = 2_000;

pub(super) async fn look(serve: &Serve, deep: bool) -> Vec<Finding> {
    match &serve.data.database_url {
        Some(url) => postgres(url).await,
        None => folder(serve, deep).await,
    }
}

async fn folder(serve: &Serve, deep: bool) -> Vec<Finding> {
    let folder = &serve.data.data;
    let file = folder.join(FILE);
    if !file.exists() {
        return vec![fresh(folder)];
    }
    if UnixStream::connect(folder.join(SOCKET)).await.is_ok() {
        return vec![running(serve).await];
    }
    match Lock::attempt(folder) {
        Err(what) => {
            return vec![Finding::wrong(
                ABOUT,
                format!("{what}."),
                "run this as the server's user",
            )];
        }
        Ok(None) => {
            return vec![Finding::wrong(
                ABOUT,
                format!(
                    "{} is in use by a process that does not answer on its socket.",
                    folder.display()
                ),
                "wait if it is just starting; else stop that process",
            )];
        }
        Ok(Some(_lock)) => {}
    }
    let mut findings = vec![contents(&file)];
    if deep {
        findings.push(match backup::sound(&file) {
            Ok(()) => Finding::good(ABOUT, "Every page of the data file is sound."),
            Err(error) => Finding::wrong(
                ABOUT,
                format!("{error}."),
                "restore the last backup into a new folder",
            ),
        });
    }
    findings
}

/// A folder without data: what the first start does with it.
fn fresh(folder: &Path) -> Finding {
    let there = folder.ancestors().find(|a| a.exists()).unwrap_or(Path::new("."));
    match std::fs::metadata(there) {
        Ok(meta) if meta.is_dir() && !meta.permissions().readonly() => Finding::good(
            ABOUT,
            format!(
                "There are no data in {} yet; the first start makes them.",
                folder.display()
            ),
        ),
        Ok(_) | Err(_) => Finding::wrong(
            ABOUT,
            format!(
                "{} cannot be made: {} is no folder to write in.",
                folder.display(),
                there.display()
            ),
            "give another --data, or make the folder for the server's user",
        ),
    }
}

fn contents(file: &Path) -> Finding {
    let newest = backup::schema();
    match backup::contents(file) {
        Err(error) => Finding::wrong(
            ABOUT,
            format!("{} cannot be read: {error}.", file.display()),
            "run this as the server's user; if the file is damaged, restore the last backup into a new folder",
        ),
        Ok(found) if found.schema > newest => Finding::wrong(
            ABOUT,
            format!(
                "The data are of a newer version (schema {}, this program knows {newest}).",
                found.schema
            ),
            "use the version that has run on them, or a later one",
        ),
        Ok(found) => {
            let counts: Vec<String> = found
                .counts
                .iter()
                .map(|(name, n)| format!("{n} {name}"))
                .collect();
            let schema = if found.schema < newest {
                format!("schema {}, which the next start brings to {newest}", found.schema)
            } else {
                format!("schema {newest}")
            };
            Finding::good(
                ABOUT,
                format!("{}: {schema}; {}.", file.display(), counts.join(", ")),
            )
        }
    }
}

/// A server has them open: it is asked.
async fn running(serve: &Serve) -> Finding {
    let of = Installation {
        data: serve.data.clone(),
        outside: serve.outside.clone(),
    };
    let asked = match Desk::open(&of).await {
        Ok(desk) => desk.get("/v1/installation", None).await,
        Err(fault) => Err(fault),
    };
    match asked {
        Ok(found) => {
            let version = super::super::text(&found, "version");
            let held = found.get("held").is_some_and(|h| !h.is_null());
            let says = format!("Flyt {version} is running on {}.", serve.data.data.display());
            if held {
                let because = found
                    .pointer("/held/sentence")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                return Finding::note(
                    ABOUT,
                    format!("{says} It is held: {because}."),
                    "`flyt release` shows what would go, and lets it go",
                );
            }
            Finding::good(ABOUT, says)
        }
        Err(fault) => Finding::wrong(
            ABOUT,
            format!("The running server does not answer: {fault:?}."),
            "look into its log",
        ),
    }
}

async fn postgres(url: &str) -> Vec<Finding> {
    let asked = flyt_core::instant::to_ms(flyt_engine::clock::wall());
    let server = match inspect::postgres(url).await {
        Ok(server) => server,
        Err(error) => {
            return vec![Finding::wrong(
                ABOUT,
                format!("The database cannot be reached: {error}."),
                "check host, port, name, user and password of database_url, and that the server takes connections from here",
            )];
        }
    };
    let answered = flyt_core::instant::to_ms(flyt_engine::clock::wall());
    let newest = backup::schema();
    let schema = match server.schema {
        None => "empty; the first start makes the tables".to_owned(),
        Some(found) if found < newest => format!("schema {found}, which the next start brings to {newest}"),
        Some(found) => format!("schema {found}"),
    };
    let says = format!("PostgreSQL {} answers; {schema}.", server.version);
    let mut findings = vec![if server.schema.is_some_and(|s| s > newest) {
        Finding::wrong(
            ABOUT,
            format!("{says} This program knows {newest}."),
            "use the version that has run on them, or a later one",
        )
    } else {
        Finding::good(ABOUT, says)
    }];
    if server.superuser {
        findings.push(Finding::note(
            ABOUT,
            "Flyt connects as a superuser, who sees past the row-level security between businesses.",
            "make a user of its own: CREATE ROLE flyt LOGIN PASSWORD '…'; CREATE DATABASE flyt OWNER flyt",
        ));
    }
    let off = (asked - server.now).max(server.now - answered);
    if off > OFF_MS {
        findings.push(Finding::wrong(
            "clock",
            format!(
                "This machine's clock is {off} ms off the database's; beyond {OFF_MS} ms nothing is claimed."
            ),
            "run an NTP client on both",
        ));
    }
    findings
}
