//! The data directory: who may look into it, and the lock that one programme at a time holds.

use super::StoreError;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Held by the one programme that may write.
const LOCK: &str = "lock";

/// Makes the directory if need be, for its owner alone.
pub(super) fn make(data_dir: &Path) -> Result<(), StoreError> {
    if !data_dir.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
        File::open(data_dir.canonicalize()?.parent().unwrap_or(data_dir))?.sync_all()?;
    }
    Ok(())
}

/// Takes the directory's lock. The kernel gives it back when the programme ends, however it ends.
pub(super) fn lock(data_dir: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(data_dir.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse(data_dir.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Makes the database file with narrow permissions; its log and index files inherit them.
///
/// A file that is there must not be opened here: closing it would drop the POSIX locks that readers of this very
/// process hold on it.
pub(super) fn make_file(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(_) => {
            File::open(path.parent().unwrap_or(path))?.sync_all()?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::set_permissions(path, Permissions::from_mode(0o600))?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
