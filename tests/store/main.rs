//! What a store promises. `conformance` holds for every store; the other modules are about the SQLite file.

mod conformance;
mod crash;
mod damage;
mod embedded;
mod files;
mod sample;
mod upgrade;

use std::path::Path;
use std::sync::Arc;
use steelbridge::store::embedded::Embedded;
use steelbridge::store::{Reads, Store, StoreError};

/// A place where a store lives, which can be opened, dropped and opened again.
pub trait Home {
    type Store: Store;
    fn open(&self) -> Result<(Self::Store, Arc<dyn Reads>), StoreError>;
}

/// A SQLite store in a directory of its own.
pub struct Directory(tempfile::TempDir);

impl Directory {
    pub fn made() -> Directory {
        Directory(tempfile::tempdir().expect("a temporary directory"))
    }
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Home for Directory {
    type Store = Embedded;
    fn open(&self) -> Result<(Embedded, Arc<dyn Reads>), StoreError> {
        let (store, reads) = Embedded::open(self.path())?;
        Ok((store, reads))
    }
}
