//! One writer of a data directory: an advisory lock on `flyt.lock`, held as long as the process lives. It goes with the
//! process however that ends, so a crash never leaves it behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

/// How long a successor waits for the one before to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// The lock; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits up to ten seconds for the directory, which is made if it is missing.
    pub(crate) async fn take(data: &Path) -> Result<Self, String> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(lock) = Self::attempt(data)? {
                return Ok(lock);
            }
            if waited >= PATIENCE {
                return Err(format!("{} is in use by another Flyt process", data.display()));
            }
            flyt_engine::clock::pause(LOOK).await;
            waited += LOOK;
        }
    }
    /// The lock, unless another process has it. The directory is made if it is missing, for its owner alone.
    pub(crate) fn attempt(data: &Path) -> Result<Option<Self>, String> {
        make(data).map_err(|e| format!("cannot make {}: {e}", data.display()))?;
        let path = data.join("flyt.lock");
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = opened.map_err(|e| format!("cannot open {}: {e}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(format!("cannot lock {}: {e}", path.display())),
        }
    }
}

/// Makes a folder that only its owner enters; one that is there stays as it is.
fn make(data: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
}
