//! Snapshots of the engine as files beside the database: a cache of the journal, believed only when whole.
//!
//! A file and not a row: hundreds of megabytes would go through the log, and nothing else needs them in the same
//! transaction. `snapshot-<seq>` holds magic, seal of the event at `seq`, SHA-256 of the bytes, then the bytes.

use super::StoreError;
use super::rows::int;
use crate::routing::ids::Seq;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = "snapshot-";
const NEW: &str = "snapshot.new";
const MAGIC: [u8; 8] = *b"SBRGsnp1";
/// Magic, position, seal, SHA-256.
const HEADER: usize = 8 + 8 + 8 + 32;

/// The snapshot files of one data directory.
pub(super) struct Snapshots {
    directory: PathBuf,
}

impl Snapshots {
    pub fn new(directory: &Path) -> Snapshots {
        Snapshots { directory: directory.to_owned() }
    }

    /// Keeps a snapshot, then removes the older ones. A crash at any moment leaves at least one that is whole.
    pub fn keep(&self, seq: Seq, seal: i64, bytes: &[u8]) -> Result<(), StoreError> {
        let new = self.directory.join(NEW);
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(&header(seq, seal, bytes))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, self.path(seq))?;
        File::open(&self.directory)?.sync_all()?;
        for other in self.all()?.into_iter().filter(|other| *other != seq) {
            fs::remove_file(self.path(other))?;
        }
        Ok(())
    }

    /// The newest one that is whole and belongs to this journal. Others are named in the log and left out: the
    /// journal alone is enough.
    pub fn newest(
        &self,
        seal_at: impl Fn(Seq) -> Result<Option<i64>, StoreError>,
    ) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        for seq in self.all()? {
            let why = match read(&self.path(seq), seq, seal_at(seq)?) {
                Ok(bytes) => return Ok(Some((seq, bytes))),
                Err(why) => why,
            };
            tracing::warn!(%seq, why, "a snapshot is not used; everything after an older one, or all, is replayed");
        }
        Ok(None)
    }

    /// Positions of the snapshots that are there, newest first.
    fn all(&self) -> Result<Vec<Seq>, StoreError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            if let Some(seq) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse().ok()) {
                found.push(Seq(seq));
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }

    fn path(&self, seq: Seq) -> PathBuf {
        self.directory.join(format!("{PREFIX}{}", seq.0))
    }
}

fn header(seq: Seq, seal: i64, bytes: &[u8]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..16].copy_from_slice(&int(seq.0).to_le_bytes());
    header[16..24].copy_from_slice(&seal.to_le_bytes());
    header[24..].copy_from_slice(&Sha256::digest(bytes));
    header
}

/// The bytes, or why they are not believed.
fn read(path: &Path, seq: Seq, seal: Option<i64>) -> Result<Vec<u8>, String> {
    let seal = seal.ok_or("it is ahead of the journal")?;
    let (mut found, mut bytes) = ([0; HEADER], Vec::new());
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    file.read_exact(&mut found).map_err(|error| format!("it is cut off: {error}"))?;
    file.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let due = header(seq, seal, &bytes);
    if found == due {
        Ok(bytes)
    } else if found[..16] == due[..16] && found[24..] == due[24..] {
        Err("it belongs to another journal".into())
    } else {
        Err("it is damaged".into())
    }
}
