//! Copies the log into the database beside the writer: a thread and a connection of its own, so that no commit waits for it.

use super::StoreError;
use super::connection::{self, Purpose};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};

/// From so many pages on (16 MiB) the log should begin anew. The writer does that by itself when it finds all of it copied.
const LONG: i64 = 4_096;
/// Passes over a long log, each shorter than the one before, until a commit finds nothing left; then at the next asking.
const PASSES: usize = 8;

/// The thread, until it is dropped.
pub(super) struct Checkpoints {
    /// `None` once it is stopped.
    asking: Option<SyncSender<()>>,
    failed: Arc<OnceLock<String>>,
    thread: Option<JoinHandle<()>>,
}

/// What one pass found: pages in the log, and how many of them are in the database as well.
struct Pass {
    log: i64,
    copied: i64,
}

impl Checkpoints {
    pub fn start(path: &Path) -> Result<Checkpoints, StoreError> {
        let connection = connection::open(path, Purpose::Checkpoint)?;
        let (asking, asked) = sync_channel(1);
        let failed = Arc::new(OnceLock::new());
        let tell = failed.clone();
        let run = move || {
            if let Err(error) = serve(&connection, &asked) {
                let _ = tell.set(error.to_string()); // nobody else sets it
            }
        };
        let thread = Builder::new().name("checkpoints".into()).spawn(run)?;
        Ok(Checkpoints { asking: Some(asking), failed, thread: Some(thread) })
    }

    /// A pass, soon. It does not wait: one that is asked for already will do.
    pub fn ask(&self) {
        let _ = self.asking.as_ref().map(|asking| asking.try_send(()));
    }

    /// Why no more passes are made. What is in the log may then be all there is.
    pub fn failure(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Ends behind the pass that is being made.
    pub fn stop(&mut self) {
        self.asking = None;
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the thread of the checkpoints panicked");
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(connection: &Connection, asked: &Receiver<()>) -> Result<(), StoreError> {
    while asked.recv().is_ok() {
        for _ in 0..PASSES {
            let Pass { log, copied } = pass(connection)?;
            if log < LONG || copied == log {
                break;
            }
        }
    }
    Ok(())
}

/// One that stops for nobody: a page that a reader still needs the old of is left for the next pass, and so is everything
/// when somebody else is at it.
fn pass(connection: &Connection) -> Result<Pass, StoreError> {
    Ok(connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok(Pass { log: row.get(1)?, copied: row.get(2)? }))?)
}
