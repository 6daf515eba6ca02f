//! The running programme: one sequencer, what it tells the others, and how it starts and stops.

mod batch;
pub mod claims;
mod correction;
pub mod feed;
mod flood;
pub mod gauges;
pub mod handle;
pub mod mailroom;
pub mod notices;
mod once;
pub mod outbox;
pub mod outgoing;
pub mod password;
pub mod reception;
mod recovery;
pub mod rulebook;
pub mod sequencer;
pub mod setup;
mod sparing;
mod speech;
mod trouble;

pub use handle::Handle;
pub use mailroom::Mailroom;
pub use outbox::{Carriers, Outbox};
pub use reception::Reception;
pub use rulebook::Rulebook;
pub use sequencer::Open;

use crate::message::Message;
use crate::routing::command::{Command, Refusal};
use crate::routing::engine::Engine;
use crate::routing::event::Event;
use crate::routing::ids::{Channel, ContactId, Seq, Span, Timestamp, Word};
use crate::routing::rep::Rep;
use crate::settings::Settings;
use crate::store::Store;
use crate::store::files::Files;
use crate::store::{Record, StoreError};
use crate::texts::Texts;
use feed::Heard;
use notices::Notices;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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

    /// The same clock for a memory that ends at `last`. When the machine's clock was set back meanwhile, time goes on from
    /// there, a tenth slower until the two agree: it never goes back, and nothing that is due waits for it.
    pub(crate) fn going_on_from(self, last: Timestamp) -> Clock {
        let start = self.now();
        let ahead = last - start;
        if ahead <= Span(0) {
            return self;
        }
        tracing::warn!(
            seconds = ahead.as_secs(),
            "the clock was set back: time runs a tenth slower until it has caught up"
        );
        Clock::new(move || {
            let now = self.now();
            now + Span((ahead.0 - (now - start).0 / 10).max(0))
        })
    }
}

/// One thing for the sequencer to decide and keep, all or nothing.
#[derive(Debug, Default)]
pub struct Job {
    pub command: Option<Command>,
    /// Kept in the same transaction. `Record::Opened` gets its contact number and reference from the engine's decision, and
    /// whatever else is said by a job that opens a contact is said in that one. A job whose first message carries its
    /// sender's own id, and that was taken before, changes nothing: neither are its other records kept, nor is its
    /// command asked.
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
    /// It was taken before, by its source or its sender's own id: nothing was changed, and `contact` or `messages` are
    /// those that are there.
    pub duplicate: bool,
}

/// Why a job changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("this key was used for a different request")]
    KeyReused,
    #[error("that can never be kept: {0}")]
    Rejected(String),
    #[error("too much is waiting to be decided")]
    Busy,
    #[error("storage failed: {0}")]
    Storage(Arc<StoreError>),
    #[error("the daemon is stopping")]
    Stopping,
}

impl Failure {
    /// The rows that the job rests on are at fault, not the storage: trying again does not help, and others are not affected.
    pub fn is_of_its_rows(&self) -> bool {
        match self {
            Failure::Rejected(_) => true,
            Failure::Storage(error) => matches!(**error, StoreError::Damaged { .. }),
            _ => false,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match error {
            StoreError::Rejected(why) => Failure::Rejected(why),
            error => Failure::Storage(Arc::new(error)),
        }
    }
}

/// The running daemon, without its doors: those are opened by whoever started it.
pub struct Daemon {
    pub handle: Handle,
    pub reception: Reception,
    pub mailroom: Mailroom,
    /// One for each way out.
    pub outboxes: Vec<Outbox>,
    pub rulebook: Arc<Rulebook>,
    /// Attachments, and mails as they came.
    pub files: Arc<Files>,
    pub gauges: Arc<gauges::Gauges>,
    sequencer: sequencer::Running,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Start in order: rules, store and sequencer, plan in force, reception, outboxes. Ready to take contacts when it returns.
/// Where there is no carrier for mail, no letter is queued.
pub async fn start<S: Store>(
    settings: &Settings,
    texts: Arc<Texts>,
    clock: Clock,
    open: Open<S>,
    carriers: Carriers,
) -> anyhow::Result<Daemon> {
    let rulebook = Rulebook::read(&settings.files)?;
    let notices = Notices::new(texts, settings.programme.emergency.clone());
    let prefix = settings.programme.reference_prefix.clone();
    let ways_out: Vec<Channel> = carriers.iter().map(|(channel, ..)| *channel).collect();
    let sequencer = {
        let (clock, prefix) = (clock.clone(), prefix.clone());
        tokio::task::spawn_blocking(move || sequencer::start(open, clock, prefix, &ways_out)).await??
    };
    let (handle, gauges) = (sequencer.handle.clone(), sequencer.gauges.clone());
    let spoken = handle.read(|engine, _| languages_of_reps(engine)).await?;
    let rulebook = Arc::new(rulebook.telling(settings.programme.languages.iter().copied().chain(spoken)));
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let files = Arc::new(Files::open(&settings.data)?);
    let reception = Reception::new(handle.clone(), rulebook.clone(), notices, files.clone(), prefix);
    let mailroom = Mailroom::new(handle.clone(), reception.clone(), files.clone(), settings);
    tasks.spawn(stop.clone().run_until_cancelled_owned(watch_presence(handle.clone(), reception.clone())));
    resume(&handle, &rulebook).await?;
    tasks.spawn(stop.clone().run_until_cancelled_owned(greet_cut_chats(handle.clone())));
    let mut outboxes = Vec::new();
    for carrier in carriers {
        let (worker, outbox) =
            outbox::Worker::new((handle.clone(), reception.clone(), files.clone()), carrier, stop.clone());
        tasks.spawn(worker.run());
        outboxes.push(outbox);
    }
    Ok(Daemon { handle, reception, mailroom, outboxes, rulebook, files, gauges, sequencer, tasks, stop })
}

impl Daemon {
    /// Stop in reverse. Call it when the doors are closed: what was accepted is decided and kept, then the store is let go.
    pub async fn stop(self) -> Result<(), StoreError> {
        let Daemon { handle, reception, mailroom, sequencer, tasks, stop, .. } = self;
        stop.cancel();
        tasks.close();
        tasks.wait().await;
        drop((handle, reception, mailroom));
        tokio::task::spawn_blocking(move || sequencer.stop())
            .await
            .unwrap_or_else(|_| Err(StoreError::Database("the sequencer panicked".into())))
    }

    /// Storage could not be opened again: nothing can be accepted any more, and the process should end.
    pub fn has_failed(&self) -> bool {
        self.sequencer.has_ended()
    }
}

/// Bring what was remembered in line with now: the plan that was read, and screens that are no longer there.
async fn resume(handle: &Handle, rulebook: &Arc<Rulebook>) -> anyhow::Result<()> {
    let read = rulebook.clone();
    let news = handle.read(move |engine, _| read.news(engine.settings())).await?;
    if let Some(settings) = news {
        tracing::info!(version = settings.version, "a new routing plan is in force");
        handle.submit(Job { command: Some(Command::SetPlan(Box::new(settings))), records: Vec::new() }).await?;
    }
    let cut = handle.read(|engine, _| engine.reps().filter(|rep| rep.connected).map(|rep| rep.id).collect::<Vec<_>>());
    for rep in cut.await? {
        handle.submit(Job { command: Some(Command::Disconnect { rep }), records: Vec::new() }).await?;
    }
    Ok(())
}

/// What the reps speak or write, each once.
fn languages_of_reps(engine: &Engine) -> BTreeSet<Word> {
    engine.reps().flat_map(|rep| rep.profile.ability.languages.iter().map(|level| level.language)).collect()
}

/// After a restart every chat has lost its socket: from now on its patience runs.
async fn greet_cut_chats(handle: Handle) {
    let Ok(cut) = handle.read(|engine, _| reception::cut_chats(engine)).await else { return };
    for contact in cut {
        let job = Job { command: Some(Command::CustomerLeft { contact }), records: Vec::new() };
        if let Err(Failure::Stopping) = handle.submit(job).await {
            return;
        }
    }
}

/// Keep the reception told whether any rep is there.
async fn watch_presence(handle: Handle, reception: Reception) {
    let mut heard = handle.feed().staff();
    loop {
        let Ok(staffed) = handle.read(|engine, _| engine.reps().any(Rep::is_available)).await else { return };
        reception.set_staffed(staffed);
        loop {
            match heard.recv().await {
                Ok(Heard::Commit(commit)) if commit.events.iter().any(moves_presence) => break,
                Ok(Heard::Reset) | Err(RecvError::Lagged(_)) => break,
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn moves_presence(event: &Event) -> bool {
    use Event::*;
    matches!(event, PresenceChanged { .. } | RepConnected { .. } | RepDisconnected { .. } | RepRemoved { .. })
}
