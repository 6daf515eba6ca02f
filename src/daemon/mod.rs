//! The running programme: one sequencer, what it tells the others, and how it starts and stops.

pub mod feed;
pub mod gauges;
pub mod handle;
pub mod password;
mod recovery;
pub mod sequencer;
pub mod setup;

pub use handle::Handle;

use crate::message::Message;
use crate::routing::command::{Command, Refusal};
use crate::routing::event::Event;
use crate::routing::ids::{ContactId, Seq, Timestamp};
use crate::store::{Record, StoreError};
use std::sync::Arc;

/// The time, made in `main.rs` (or by a test) and passed on.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn new(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(read))
    }
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// One thing for the sequencer to decide and keep, all or nothing.
#[derive(Debug, Default)]
pub struct Job {
    pub command: Option<Command>,
    /// Kept in the same transaction. `Record::Opened` gets its contact number and reference from the engine's decision.
    pub records: Vec<Record>,
}

/// What became of a job, after the fsynced commit.
#[derive(Clone, Debug)]
pub struct Done {
    /// Position of the last event in the journal when this was committed.
    pub seq: Seq,
    pub at: Timestamp,
    pub events: Arc<[Event]>,
    /// The contact that was opened, or was there before (see `duplicate`).
    pub contact: Option<ContactId>,
    pub messages: Vec<Arc<Message>>,
    pub duplicate: bool,
}

/// Why a job changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("this key was used for a different request")]
    KeyReused,
    #[error("too much is waiting to be decided")]
    Busy,
    #[error("storage failed: {0}")]
    Storage(Arc<StoreError>),
    #[error("the daemon is stopping")]
    Stopping,
}
