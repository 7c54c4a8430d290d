//! The form of a backup: a tar of `manifest.json`, `flyt.db` and, only where asked for, `secret.key`. Any tar lists and unpacks
//! it. How the data are copied while they are written to is in `flyt-store` (`backup.rs`).

use crate::local::private;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

/// The form that this program writes, and the newest that it reads.
const FORM: u32 = 1;
const MANIFEST: &str = "manifest.json";
const DATA: &str = "flyt.db";
const KEY: &str = "secret.key";
/// Longest manifest and key.
const MOST_BYTES: u64 = 64 * 1024;
/// Bytes that are read at a time.
const PIECE: usize = 256 * 1024;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The form of the file.
    pub(crate) form: u32,
    /// The version of the program that wrote it.
    pub(crate) flyt: String,
    /// The last migration of the data.
    pub(crate) schema: i64,
    /// What the operator called the installation.
    pub(crate) instance_id: Option<String>,
    /// When it was written.
    pub(crate) made_at: jiff::Timestamp,
    /// Whether the data belong to a test clock.
    pub(crate) test_clock: bool,
    /// Whether the key of secrets is in it.
    pub(crate) includes_key: bool,
    /// Length of the data file.
    pub(crate) bytes: u64,
    /// SHA-256 of the data file, in hex.
    pub(crate) sha256: String,
    /// Rows, for people to compare.
    pub(crate) counts: BTreeMap<String, i64>,
}

/// Writes the copy `data` and perhaps `key` to `to`, which must not be there. `heard` hears bytes done and in all.
pub(crate) fn write(
    to: &Path,
    data: &Path,
    key: Option<&str>,
    made_at: jiff::Timestamp,
    heard: &mut dyn FnMut(u64, u64),
) -> Result<Manifest, String> {
    if to.exists() {
        return Err(format!(
            "{} is there already; a backup replaces nothing",
            to.display()
        ));
    }
    let held = flyt_store::backup::contents(data).map_err(|e| format!("the copy cannot be read: {e}"))?;
    let (bytes, sha256) = sum(data, heard).map_err(|e| format!("the copy cannot be read: {e}"))?;
    let manifest = Manifest {
        form: FORM,
        flyt: env!("CARGO_PKG_VERSION").to_owned(),
        schema: held.schema,
        instance_id: held.instance_id,
        made_at,
        test_clock: held.test_clock,
        includes_key: key.is_some(),
        bytes,
        sha256,
        counts: held
            .counts
            .into_iter()
            .map(|(name, n)| (name.to_owned(), n))
            .collect(),
    };
    let part = beside(to);
    let written = pack(&part, data, key, &manifest).and_then(|()| std::fs::rename(&part, to));
    if let Err(error) = written {
        // What cannot be finished is of no use; the message below matters more than whether this succeeds.
        let _removed = std::fs::remove_file(&part);
        return Err(format!("cannot write {}: {error}", to.display()));
    }
    synced(to.parent()).map_err(|e| format!("cannot write {}: {e}", to.display()))?;
    Ok(manifest)
}

fn beside(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn pack(part: &Path, data: &Path, key: Option<&str>, manifest: &Manifest) -> io::Result<()> {
    let mut tar = tar::Builder::new(io::BufWriter::with_capacity(PIECE, private(part)?));
    let seconds = u64::try_from(manifest.made_at.as_second()).unwrap_or(0);
    let header = |bytes: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(seconds);
        header
    };
    let text = serde_json::to_vec_pretty(manifest)?;
    let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    tar.append_data(&mut header(length(&text)), MANIFEST, text.as_slice())?;
    tar.append_data(&mut header(manifest.bytes), DATA, File::open(data)?)?;
    if let Some(key) = key {
        tar.append_data(&mut header(length(key.as_bytes())), KEY, key.as_bytes())?;
    }
    let mut file = tar.into_inner()?;
    file.flush()?;
    file.get_ref().sync_all()
}

fn synced(folder: Option<&Path>) -> io::Result<()> {
    let folder = folder
        .filter(|f| !f.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Length and SHA-256 of a file.
fn sum(path: &Path, heard: &mut dyn FnMut(u64, u64)) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let all = file.metadata()?.len();
    summed(&mut file, &mut io::sink(), all, heard)
}

/// Copies all of `from` to `to`: how much that was, and its SHA-256.
fn summed(
    from: &mut dyn Read,
    to: &mut dyn io::Write,
    all: u64,
    heard: &mut dyn FnMut(u64, u64),
) -> io::Result<(u64, String)> {
    let (mut sha, mut piece, mut bytes) = (Sha256::new(), vec![0; PIECE], 0_u64);
    loop {
        let got = from.read(&mut piece)?;
        let read = piece.get(..got).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        sha.update(read);
        to.write_all(read)?;
        bytes += u64::try_from(got).unwrap_or(0);
        heard(bytes, all);
    }
    let hex = sha.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Ok((bytes, hex))
}

/// What came out of a backup: the data under a name of their own, not yet those of the folder.
pub(crate) struct Unpacked {
    pub(crate) manifest: Manifest,
    /// The data file.
    pub(crate) data: PathBuf,
    /// The key, where it was in the backup.
    pub(crate) key: Option<String>,
}

/// Unpacks a backup into a folder and checks that it is whole.
pub(crate) fn unpack(
    file: &Path,
    folder: &Path,
    heard: &mut dyn FnMut(u64, u64),
) -> Result<Unpacked, String> {
    let opened = File::open(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let data = folder.join("flyt.db.part");
    let unpacked = entries(opened, &data, heard).and_then(|(manifest, key, sum)| {
        let sum = sum.ok_or("there are no data in it")?;
        if sum != (manifest.bytes, manifest.sha256.clone()) {
            return Err("the data are not those that were written: the checksum differs".to_owned());
        }
        flyt_store::backup::sound(&data).map_err(|e| e.to_string())?;
        Ok((manifest, key))
    });
    match unpacked {
        Ok((manifest, key)) => Ok(Unpacked { manifest, data, key }),
        Err(what) => {
            // The message matters more than whether this succeeds.
            let _removed = std::fs::remove_file(&data);
            Err(format!("{} cannot be restored: {what}", file.display()))
        }
    }
}

type Entries = (Manifest, Option<String>, Option<(u64, String)>);

fn entries(file: File, data: &Path, heard: &mut dyn FnMut(u64, u64)) -> Result<Entries, String> {
    let broken = |e: io::Error| format!("it is damaged, or not a backup of Flyt ({e})");
    let mut tar = tar::Archive::new(io::BufReader::with_capacity(PIECE, file));
    let (mut manifest, mut key, mut sum): (Option<Manifest>, _, _) = (None, None, None);
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        match (name.as_str(), &manifest) {
            (MANIFEST, None) => manifest = Some(read_manifest(&text(&mut entry).map_err(broken)?)?),
            (KEY, Some(_)) => key = Some(text(&mut entry).map_err(broken)?),
            (DATA, Some(told)) if sum.is_none() => {
                let mut into = private(data).map_err(|e| format!("cannot write {}: {e}", data.display()))?;
                let done = summed(&mut entry, &mut into, told.bytes, heard).map_err(broken)?;
                into.sync_all()
                    .map_err(|e| format!("cannot write {}: {e}", data.display()))?;
                sum = Some(done);
            }
            _ => return Err(format!("`{name}` does not belong there")),
        }
    }
    let manifest = manifest.ok_or("it has no manifest, so it is not a backup of Flyt")?;
    Ok((manifest, key, sum))
}

fn text(entry: &mut dyn Read) -> io::Result<String> {
    let mut text = String::new();
    entry.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn read_manifest(text: &str) -> Result<Manifest, String> {
    #[derive(Deserialize)]
    struct Form {
        form: u32,
        flyt: String,
    }
    let form: Form = serde_json::from_str(text).map_err(|e| format!("its manifest cannot be read ({e})"))?;
    let newer = |what: String| {
        format!(
            "it was written by Flyt {} ({what}): use that version or a later one",
            form.flyt
        )
    };
    if form.form > FORM {
        return Err(newer(format!("form {}", form.form)));
    }
    let manifest: Manifest =
        serde_json::from_str(text).map_err(|e| format!("its manifest cannot be read ({e})"))?;
    if manifest.schema > flyt_store::backup::schema() {
        return Err(newer(format!("schema {}", manifest.schema)));
    }
    Ok(manifest)
}
