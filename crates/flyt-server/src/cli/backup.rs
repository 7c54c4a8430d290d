//! `flyt backup`: one file with everything, also while the server runs.

use super::answer;
use super::progress::Progress;
use crate::backup::{self, Manifest};
use crate::config::Installation;
use crate::desk::{Desk, Fault};
use crate::open::KEY_FILE;
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) const EXAMPLES: &str = "Examples:
  flyt backup /backups/flyt-2026-10-01.tar
  flyt backup --data /var/lib/flyt /backups/flyt.tar --include-key
  tar xOf /backups/flyt.tar manifest.json      what a backup holds

The file holds personal data, and with --include-key the key to all secrets: keep it accordingly.
For PostgreSQL use pg_dump; it makes a consistent copy of a running database.";

/// How often a running server is asked how far it has come.
const LOOK: Duration = Duration::from_millis(250);

/// What to write, and where.
#[derive(Debug, Clone, Args)]
pub(crate) struct Backup {
    /// The file to write; it must not be there.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) of: Installation,
    /// Put the key of secrets at rest into it. Without it a restored copy needs the key from elsewhere.
    #[arg(long)]
    pub(crate) include_key: bool,
}

pub(super) async fn run(wanted: Backup, json: bool) -> Result<(), Fault> {
    if wanted.of.data.database_url.is_some() {
        return Err(Fault::Refused(
            "these data are in PostgreSQL: `pg_dump --format=custom` makes a consistent copy of a running database. \
             Start what `pg_restore` brings back with `flyt serve --held`, and keep FLYT_SECRET_KEY with the dump"
                .to_owned(),
        ));
    }
    let folder = &wanted.of.data.data;
    if !folder.join(crate::open::FILE).exists() {
        return Err(Fault::Refused(format!(
            "there are no data in {}",
            folder.display()
        )));
    }
    let key = if wanted.include_key {
        Some(secret(&wanted.of)?)
    } else {
        None
    };
    let desk = Desk::open(&wanted.of).await?;
    let copy = copied(&desk).await;
    let beside = desk.is_beside();
    desk.close().await;
    let copy = copy?;
    let mut packing = Progress::new("writing the backup");
    // The copy lies there until it is packed; the command works with nothing else meanwhile.
    let now = flyt_core::instant::whole_ms(flyt_engine::clock::wall());
    let done = backup::write(&wanted.file, &copy, key.as_deref(), now, &mut |d, a| {
        packing.mark(d, a);
    });
    drop(packing);
    std::fs::remove_file(&copy).map_err(|e| format!("cannot remove {}: {e}", copy.display()))?;
    tell(&wanted.file, &done?, beside, json);
    Ok(())
}

/// A copy of the data as they are now, made by whoever has them open.
async fn copied(desk: &Desk) -> Result<PathBuf, Fault> {
    let mut progress = Progress::new("copying the data");
    let nothing = json!({});
    let mut copying = std::pin::pin!(desk.post("/operator/snapshot", None, &nothing));
    let done = loop {
        tokio::select! {
            done = &mut copying => break done?,
            () = flyt_engine::clock::pause(LOOK) => {
                let at = desk.get("/operator/snapshot", None).await?;
                let number = |name: &str| at.get(name).and_then(Value::as_u64).unwrap_or(0);
                progress.mark(number("done"), number("all"));
            }
        }
    };
    let path = done.get("path").and_then(Value::as_str);
    Ok(path
        .map(PathBuf::from)
        .ok_or_else(|| "the server did not say where its copy is".to_owned())?)
}

/// The key of secrets: the configured one, else the folder's.
fn secret(of: &Installation) -> Result<String, Fault> {
    if let Some(key) = &of.outside.secret_key {
        return Ok(key.clone());
    }
    let path = of.data.data.join(KEY_FILE);
    Ok(std::fs::read_to_string(&path).map_err(|e| {
        format!(
            "cannot read the key of secrets in {}: {e}. If the server has it from FLYT_SECRET_KEY, set that here too",
            path.display()
        )
    })?)
}

fn tell(file: &Path, manifest: &Manifest, beside: bool, json: bool) {
    let value = json!({ "file": file, "beside_a_running_server": beside, "manifest": manifest });
    answer(json, &value, |_| {
        let mut lines = vec![format!(
            "{}: {} MB of data, schema {}, sha256 {}",
            file.display(),
            manifest.bytes.div_ceil(1_000_000),
            manifest.schema,
            manifest.sha256
        )];
        lines.push(counts(manifest));
        lines.push(if manifest.includes_key {
            "The key of secrets is in it: who has the file can read everything.".to_owned()
        } else {
            "The key of secrets is not in it: keep FLYT_SECRET_KEY or secret.key elsewhere.".to_owned()
        });
        lines
    });
}

/// Rows in words.
pub(super) fn counts(manifest: &Manifest) -> String {
    let words: Vec<String> = manifest
        .counts
        .iter()
        .map(|(name, n)| format!("{n} {name}"))
        .collect();
    words.join(", ")
}
