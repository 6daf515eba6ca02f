//! The way in to the sequencer: hand in a job and wait for its commit, or look at the committed state.

use super::feed::Feed;
use super::outgoing::Outgoing;
use super::{Clock, Done, Failure, Job};
use crate::routing::engine::Engine;
use crate::routing::ids::Timestamp;
use crate::store::{Reads, StoreError};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use tokio::sync::oneshot;

/// Jobs and looks that may wait for the sequencer; beyond it callers hear `Busy` (back-pressure, not memory).
pub const WAITING_MAX: usize = 4_096;

/// A question to the committed state.
pub(super) type Look = Box<dyn FnOnce(&Engine, Timestamp) + Send>;

/// What the sequencer's thread receives.
pub(super) enum Order {
    Job(Job, oneshot::Sender<Result<Done, Failure>>),
    Look(Look),
    Stop,
}

/// Cheap to clone; all clones reach one sequencer.
#[derive(Clone)]
pub struct Handle {
    pub(super) orders: SyncSender<Order>,
    pub(super) feed: Feed,
    pub(super) clock: Clock,
    pub(super) reads: Arc<dyn Reads>,
    pub(super) outgoing: Outgoing,
}

impl Handle {
    /// Decide and keep; answers after the fsynced commit.
    pub async fn submit(&self, job: Job) -> Result<Done, Failure> {
        self.hand_in(job)?.await.map_err(|_| Failure::Stopping)?
    }

    /// The same without waiting: it stands in line when this returns. The receiver hears what [`Handle::submit`] answers; an
    /// error of its own means that the sequencer stopped.
    pub fn hand_in(&self, job: Job) -> Result<oneshot::Receiver<Result<Done, Failure>>, Failure> {
        let (answer, later) = oneshot::channel();
        self.send(Order::Job(job, answer))?;
        Ok(later)
    }

    /// Look at the committed state, on the sequencer's thread: keep it short.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Engine, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, later) = oneshot::channel();
        self.send(Order::Look(Box::new(move |engine, now| {
            let _ = answer.send(look(engine, now)); // the caller may have gone
        })))?;
        later.await.map_err(|_| Failure::Stopping)
    }

    /// Read rows on a blocking thread.
    pub async fn rows<T: Send + 'static>(
        &self,
        query: impl FnOnce(&dyn Reads) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        let reads = self.reads.clone();
        tokio::task::spawn_blocking(move || query(&*reads))
            .await
            .map_err(|_| Failure::Stopping)?
            .map_err(|e| Failure::Storage(Arc::new(e)))
    }

    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn reads(&self) -> &Arc<dyn Reads> {
        &self.reads
    }

    /// What goes out on its own account.
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    fn send(&self, order: Order) -> Result<(), Failure> {
        self.orders.try_send(order).map_err(|e| match e {
            TrySendError::Full(_) => Failure::Busy,
            TrySendError::Disconnected(_) => Failure::Stopping,
        })
    }
}
