//! Attachments by their content: `files/ab/<sha256>`, on disk before the message that names them is.

use super::StoreError;
use super::seal::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Within the data directory.
const DIRECTORY: &str = "files";
/// Where a file grows before it has its name; on the same file system, so that a rename is enough.
const GROWING: &str = "new";
/// Syncs that wait for the disk at the same time: it answers so many in little more time than one.
const SYNCS_AT_ONCE: usize = 8;

/// The attachments of one data directory. Open it once, after the store, which holds the directory's lock.
pub struct Files {
    directory: PathBuf,
    started: AtomicU64,
    /// Held while a shelf is made, so that nobody relies on one that is not yet on disk.
    shelves: Mutex<()>,
}

/// What was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 in hex.
    pub digest: String,
    pub bytes: u64,
}

impl Files {
    /// Makes the directory if need be, and removes what a crash left unfinished.
    pub fn open(data_dir: &Path) -> Result<Files, StoreError> {
        let directory = data_dir.join(DIRECTORY);
        DirBuilder::new().recursive(true).mode(0o700).create(directory.join(GROWING))?;
        for left in fs::read_dir(directory.join(GROWING))? {
            fs::remove_file(left?.path())?;
        }
        sync(&directory)?;
        sync(data_dir)?;
        Ok(Files { directory, started: AtomicU64::new(0), shelves: Mutex::new(()) })
    }

    /// Starts a file that comes in pieces: write to it, then [`Growing::finish`].
    pub fn begin(&self) -> Result<Growing<'_>, StoreError> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let path = self.directory.join(GROWING).join(number.to_string());
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path)?;
        Ok(Growing { files: self, path, file, hash: Sha256::new(), bytes: 0 })
    }

    /// Keeps these bytes. They are on disk when it returns.
    pub fn keep(&self, bytes: &[u8]) -> Result<Kept, StoreError> {
        let mut growing = self.begin()?;
        growing.write_all(bytes)?;
        growing.finish()
    }

    /// Keeps all of these, in their order. They are on disk when it returns, at a fraction of what each alone would cost.
    pub fn keep_all(&self, many: &[impl AsRef<[u8]> + Sync]) -> Result<Vec<Kept>, StoreError> {
        let synced = side_by_side(many, |bytes| {
            let mut growing = self.begin()?;
            growing.write_all(bytes.as_ref())?;
            growing.file.sync_all()?;
            Ok(growing)
        })?;
        let named = synced.into_iter().map(Growing::name).collect::<Result<Vec<_>, _>>()?;
        let shelves: BTreeSet<&PathBuf> = named.iter().map(|(_, shelf)| shelf).collect();
        side_by_side(&Vec::from_iter(shelves), |shelf| Ok(sync(shelf)?))?;
        Ok(named.into_iter().map(|(kept, _)| kept).collect())
    }

    /// The bytes of a file that was kept.
    ///
    /// # Errors
    /// `Damaged` when it is missing or is not what was kept; `File` for a digest that is not 64 lower-case
    /// hexadecimal digits, whatever it may point to.
    pub fn read(&self, digest: &str) -> Result<Vec<u8>, StoreError> {
        let bytes = match fs::read(self.path(digest)?) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(damaged(digest, "the file is missing")),
            Err(error) => return Err(error.into()),
        };
        if hex(&Sha256::digest(&bytes).into()) != digest {
            return Err(damaged(digest, "the file is not what was kept"));
        }
        Ok(bytes)
    }

    fn make_shelf(&self, shelf: &Path) -> io::Result<()> {
        let _one_at_a_time = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        match DirBuilder::new().mode(0o700).create(shelf) {
            Ok(()) => sync(&self.directory),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn path(&self, digest: &str) -> Result<PathBuf, StoreError> {
        if digest.len() != 64 || !digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not the name of a kept file").into());
        }
        Ok(self.directory.join(&digest[..2]).join(digest))
    }
}

fn damaged(digest: &str, why: &str) -> StoreError {
    StoreError::Damaged { table: "files", key: digest.to_owned(), why: why.to_owned() }
}

/// Names in a directory are on disk only when the directory is.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Does the same to each, several at once; what came of them, in their order. The first error is everyone's.
fn side_by_side<T: Sync, R: Send>(
    all: &[T],
    work: impl Fn(&T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    if all.len() < 2 {
        return all.iter().map(work).collect();
    }
    let part = |part: &[T]| part.iter().map(&work).collect::<Result<Vec<R>, _>>();
    thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(SYNCS_AT_ONCE));
        let begin = |these| thread::Builder::new().name("syncs".into()).spawn_scoped(scope, move || part(these));
        let begun = parts.map(begin).collect::<io::Result<Vec<_>>>()?;
        let mut done = Vec::with_capacity(all.len());
        for part in begun {
            done.extend(part.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked").into()))?);
        }
        Ok(done)
    })
}

/// A file that is not yet whole. Dropped unfinished, it leaves nothing behind.
pub struct Growing<'a> {
    files: &'a Files,
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Growing<'_> {
    /// Gives the file its name. It is on disk when this returns.
    ///
    /// The same content again replaces the file: it may have been damaged since.
    pub fn finish(self) -> Result<Kept, StoreError> {
        self.file.sync_all()?;
        let (kept, shelf) = self.name()?;
        sync(&shelf)?;
        Ok(kept)
    }

    /// A synced file gets its name; that is on disk once its shelf is synced.
    fn name(self) -> Result<(Kept, PathBuf), StoreError> {
        let digest = hex(&self.hash.clone().finalize().into());
        let place = self.files.path(&digest)?;
        let shelf = place.parent().unwrap_or(&self.files.directory);
        self.files.make_shelf(shelf)?;
        fs::rename(&self.path, &place)?;
        Ok((Kept { digest, bytes: self.bytes }, shelf.to_owned()))
    }
}

impl Write for Growing<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let written = self.file.write(piece)?;
        self.hash.update(&piece[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Growing<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // gone already when it was finished
    }
}
