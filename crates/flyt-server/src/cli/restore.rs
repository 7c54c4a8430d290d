//! `flyt restore`: a data folder from a backup, held.

use super::answer;
use super::backup::counts;
use super::progress::Progress;
use crate::backup::{self, Manifest, Unpacked};
use crate::config::Data;
use crate::desk::Fault;
use crate::local::private;
use crate::lock::Lock;
use crate::open::{FILE, KEY_FILE};
use clap::Args;
use flyt_engine::hold::{Because, Hold, KEY};
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub(crate) const EXAMPLES: &str = "Examples:
  flyt restore /backups/flyt.tar --data /var/lib/flyt
  flyt serve --data /var/lib/flyt              takes and plans everything, sends nothing
  flyt release --data /var/lib/flyt            shows what would go, and asks

The folder must be absent or empty. The checksum and the data are checked before anything is put in place.";

/// What to restore, and where.
#[derive(Debug, Clone, Args)]
pub(crate) struct Restore {
    /// The backup.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) data: Data,
}

pub(super) fn run(wanted: &Restore, json: bool) -> Result<(), Fault> {
    if wanted.data.database_url.is_some() {
        return Err(Fault::Refused(
            "a backup is restored into a folder; what `pg_dump` made goes back with `pg_restore`, and is started with \
             `flyt serve --held`"
                .to_owned(),
        ));
    }
    let folder = &wanted.data.data;
    empty(folder)?;
    let Some(_lock) = Lock::attempt(folder)? else {
        return Err(Fault::InUse(format!(
            "{} is in use by another Flyt process",
            folder.display()
        )));
    };
    let mut progress = Progress::new("unpacking the backup");
    let unpacked = backup::unpack(&wanted.file, folder, &mut |d, a| progress.mark(d, a))?;
    drop(progress);
    let put = put_in_place(folder, &unpacked);
    if let Err(what) = put {
        // The message matters more than whether these succeed.
        let _data = std::fs::remove_file(&unpacked.data);
        let _key = std::fs::remove_file(folder.join(KEY_FILE));
        return Err(Fault::Refused(format!(
            "cannot restore into {}: {what}",
            folder.display()
        )));
    }
    tell(folder, &unpacked.manifest, unpacked.key.is_some(), json);
    Ok(())
}

/// Only a lock that nobody holds may lie there.
fn empty(folder: &Path) -> Result<(), Fault> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Fault::Refused(format!(
                "cannot read {}: {error}",
                folder.display()
            )));
        }
    };
    let other = entries.flatten().find(|entry| entry.file_name() != "flyt.lock");
    match other {
        None => Ok(()),
        Some(entry) => Err(Fault::Refused(format!(
            "{} is not empty ({}): restore into a new folder, nothing is overwritten",
            folder.display(),
            entry.file_name().to_string_lossy()
        ))),
    }
}

/// Holds the data, and gives them their name last of all.
fn put_in_place(folder: &Path, unpacked: &Unpacked) -> Result<(), String> {
    if let Some(key) = &unpacked.key {
        let mut file = private(&folder.join(KEY_FILE)).map_err(|e| e.to_string())?;
        let written = file.write_all(key.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|e| e.to_string())?;
    }
    let hold = Hold {
        because: Because::Restored,
        since: flyt_core::instant::whole_ms(flyt_engine::clock::wall()),
    };
    flyt_store::backup::mark(&unpacked.data, KEY, &hold.text()).map_err(|e| e.to_string())?;
    let placed = std::fs::rename(&unpacked.data, folder.join(FILE));
    placed
        .and_then(|()| std::fs::File::open(folder)?.sync_all())
        .map_err(|e| e.to_string())
}

fn tell(folder: &Path, manifest: &Manifest, key: bool, json: bool) {
    let value = json!({ "data": folder, "held": true, "manifest": manifest });
    answer(json, &value, |_| {
        let mut lines = vec![
            format!(
                "Restored into {}: the data of {} by Flyt {}, schema {}.",
                folder.display(),
                manifest.made_at.strftime("%Y-%m-%d %H:%M UTC"),
                manifest.flyt,
                manifest.schema
            ),
            counts(manifest),
        ];
        if !key {
            lines.push(format!(
                "The key of secrets was not in the backup: set FLYT_SECRET_KEY, or put secret.key into {}, before the start.",
                folder.display()
            ));
        }
        lines.push("Sending is held: a server on these data sends nothing until `flyt release`.".to_owned());
        lines
    });
}
