//! One writer of a data directory: an advisory lock on `flyt.lock`, held as long as the process lives. It goes with the
//! process however that ends, so a crash never leaves it behind.

use std::fs::{File, OpenOptions, TryLockError};
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
        std::fs::create_dir_all(data).map_err(|e| format!("cannot make {}: {e}", data.display()))?;
        let path = data.join("flyt.lock");
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = opened.map_err(|e| format!("cannot open {}: {e}", path.display()))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if waited < PATIENCE => {
                    flyt_engine::clock::pause(LOOK).await;
                    waited += LOOK;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(format!("{} is in use by another Flyt process", data.display()));
                }
                Err(TryLockError::Error(e)) => return Err(format!("cannot lock {}: {e}", path.display())),
            }
        }
    }
}
