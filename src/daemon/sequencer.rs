//! The one writer: stamp the time, decide a batch, commit it with one fsync, and only then let anyone know.

use super::feed::{Commit, Feed, ReadMark, Stand};
use super::handle::{Handle, Look, Order, WAITING_MAX};
use super::{Clock, Done, Failure, Job, recovery};
use crate::message::{ContactRecord, Message};
use crate::routing::command::Command;
use crate::routing::engine::Engine;
use crate::routing::event::Event;
use crate::routing::ids::{ContactId, RepId, Seq, Timestamp};
use crate::store::{Entry, Reads, Record, Seen, Source, Store, StoreError};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Commands in one transaction, at most.
const BATCH_MAX: usize = 256;
/// Quiet time after which the store may tidy up.
const QUIET: Duration = Duration::from_secs(2);

/// Opens the store: at the start, and again after an error.
pub type Open<S> = Box<dyn FnMut() -> Result<(S, Arc<dyn Reads>), StoreError> + Send>;

/// How long the last commits took, and how many there were; read by metrics.
pub use super::gauges::Gauges;

/// The sequencer's thread, from outside.
pub struct Running {
    pub handle: Handle,
    pub gauges: Arc<Gauges>,
    thread: JoinHandle<Result<(), StoreError>>,
}

/// What the sequencer owns.
struct Sequencer<S: Store> {
    engine: Engine,
    /// Empty only while it is opened again.
    store: Option<S>,
    open: Open<S>,
    orders: Receiver<Order>,
    feed: Feed,
    clock: Clock,
    gauges: Arc<Gauges>,
    /// Before the number in every reference, for example `PDX`.
    prefix: String,
    /// Position of the last event kept.
    seq: Seq,
    since_snapshot: u64,
    untidy: bool,
}

/// A job that has been decided and waits for the commit.
struct Decided {
    answer: oneshot::Sender<Result<Done, Failure>>,
    contact: Option<ContactId>,
    duplicate: bool,
    /// Its part of the batch; `None` for a duplicate.
    entry: Option<usize>,
}

/// Open the store, rebuild the engine and start deciding. Returns when the state is ready.
pub fn start<S: Store>(mut open: Open<S>, clock: Clock, prefix: String) -> Result<Running, StoreError> {
    let (store, reads) = open()?;
    let (engine, seq, tail) = recovery::load(&store)?;
    let (send, orders) = sync_channel(WAITING_MAX);
    let feed = Feed::default();
    let handle = Handle { orders: send, feed: feed.clone(), clock: clock.clone(), reads };
    let gauges = Arc::new(Gauges::default());
    let sequencer = Sequencer {
        engine,
        store: Some(store),
        open,
        orders,
        feed,
        clock,
        gauges: gauges.clone(),
        prefix,
        seq,
        since_snapshot: tail,
        untidy: true,
    };
    let thread = std::thread::Builder::new().name("sequencer".into()).spawn(move || sequencer.run())?;
    Ok(Running { handle, gauges, thread })
}

impl Running {
    /// Decide what is already waiting, keep a snapshot, and end. Blocks.
    pub fn stop(self) -> Result<(), StoreError> {
        let _ = self.handle.orders.send(Order::Stop); // gone already: join says why
        drop(self.handle);
        self.thread.join().unwrap_or_else(|_| Err(StoreError::Database("the sequencer panicked".into())))
    }

    /// The thread has ended by itself: storage could not be opened again.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }
}

impl<S: Store> Sequencer<S> {
    fn run(mut self) -> Result<(), StoreError> {
        loop {
            let (jobs, looks, stop) = self.wait();
            self.decide_batch(jobs)?;
            let now = self.clock.now();
            for look in looks {
                look(&self.engine, now);
            }
            if stop {
                return self.finish();
            }
        }
    }

    /// Sleep until something is asked or due, then take everything that waits, up to a batch.
    #[allow(clippy::type_complexity)]
    fn wait(&mut self) -> (Vec<(Job, oneshot::Sender<Result<Done, Failure>>)>, Vec<Look>, bool) {
        let (mut jobs, mut looks, mut stop) = (Vec::new(), Vec::new(), false);
        let mut next = self.sleep();
        while let Some(order) = next {
            match order {
                Order::Job(job, answer) => jobs.push((job, answer)),
                Order::Look(look) => looks.push(look),
                Order::Stop => stop = true,
            }
            next = if jobs.len() < BATCH_MAX { self.orders.try_recv().ok() } else { None };
        }
        (jobs, looks, stop)
    }

    fn sleep(&mut self) -> Option<Order> {
        let due = self.engine.next_deadline().map(|at| {
            let span = at - self.clock.now();
            Duration::from_micros(span.0.max(0) as u64)
        });
        let quiet = self.untidy.then_some(QUIET);
        let Some(limit) = due.into_iter().chain(quiet).min() else {
            return self.orders.recv().ok().or(Some(Order::Stop));
        };
        match self.orders.recv_timeout(limit) {
            Ok(order) => Some(order),
            Err(RecvTimeoutError::Disconnected) => Some(Order::Stop),
            Err(RecvTimeoutError::Timeout) => {
                if due.is_none_or(|due| due > QUIET) && self.untidy {
                    self.tidy();
                }
                None
            }
        }
    }

    /// Decide, keep, tell. A refused job takes no part; after a storage error nothing is acknowledged.
    fn decide_batch(&mut self, jobs: Vec<(Job, oneshot::Sender<Result<Done, Failure>>)>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (mut entries, mut decided) = (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
        let mut taken: HashMap<Source, Seen> = HashMap::new();
        self.fire_due(now, &mut entries);
        for (job, answer) in jobs {
            match self.decide(now, job, &mut entries, &mut taken) {
                Ok((contact, duplicate, entry)) => decided.push(Decided { answer, contact, duplicate, entry }),
                Err(failure) => {
                    let _ = answer.send(Err(failure)); // nothing was changed: no need to wait for the commit
                }
            }
        }
        if entries.is_empty() {
            tell(decided, &[], &[], self.seq, now); // duplicates only
            return Ok(());
        }
        let started = self.clock.now();
        match self.store().append(&entries) {
            Ok(appended) => {
                let messages: Vec<Arc<Message>> = appended.messages.into_iter().map(Arc::new).collect();
                let events: u64 = entries.iter().map(|e| e.events.len() as u64).sum();
                debug_assert_eq!(appended.first.0, self.seq.0 + 1);
                self.seq = Seq(self.seq.0 + events);
                self.since_snapshot += events;
                self.untidy = true;
                self.gauges.committed(entries.len(), events, self.clock.now() - started);
                let first = Seq(self.seq.0 + 1 - events);
                let commit = self.feed.keep(commit_of(&self.engine, now, first, &entries, &messages));
                tell(decided, &entries, &messages, self.seq, now);
                self.feed.tell(commit);
                self.snapshot_if_due();
                Ok(())
            }
            Err(error) => self.recover(decided, error),
        }
    }

    /// What is due comes before what is asked.
    fn fire_due(&mut self, now: Timestamp, entries: &mut Vec<Entry>) {
        if self.engine.next_deadline().is_some_and(|at| at <= now) {
            let events = self.engine.handle(now, Command::Tick).expect("a tick is never refused");
            entries.push(Entry { at: now, events, records: Vec::new() });
        }
    }

    fn decide(
        &mut self,
        now: Timestamp,
        job: Job,
        entries: &mut Vec<Entry>,
        taken: &mut HashMap<Source, Seen>,
    ) -> Result<(Option<ContactId>, bool, Option<usize>), Failure> {
        let source = job.records.iter().find_map(|record| match record {
            Record::Opened { source: Some((source, print)), .. } => Some((source.clone(), *print)),
            _ => None,
        });
        if let Some((source, print)) = &source {
            let seen = match taken.get(source) {
                Some(seen) => Some(*seen),
                None => self.store().seen(source).map_err(|e| Failure::Storage(Arc::new(e)))?,
            };
            match seen {
                Some(seen) if seen.fingerprint != *print => return Err(Failure::KeyReused),
                Some(seen) => return Ok((Some(seen.contact), true, None)),
                None => {}
            }
        }
        let events = match job.command {
            Some(command) => self.engine.handle(now, command)?,
            None => Vec::new(),
        };
        let contact = events.iter().find_map(|event| match event {
            Event::Received { contact, .. } => Some(*contact),
            _ => None,
        });
        let mut records = job.records;
        if let Some(contact) = contact {
            self.number(&mut records, contact);
            if let Some((source, fingerprint)) = source {
                taken.insert(source, Seen { contact, fingerprint });
            }
        }
        if events.is_empty() && records.is_empty() {
            return Ok((contact, false, None));
        }
        entries.push(Entry { at: now, events, records });
        Ok((contact, false, Some(entries.len() - 1)))
    }

    /// A contact opened gets the engine's number and the reference people quote; so does what is said at once in it.
    fn number(&self, records: &mut [Record], contact: ContactId) {
        for record in records {
            match record {
                Record::Opened { record, .. } => {
                    record.id = contact;
                    record.reference = reference(&self.prefix, contact);
                }
                Record::Said { contact: said_in, .. } => *said_in = contact,
                _ => {}
            }
        }
    }

    /// Nothing of this batch is acknowledged. The engine is ahead of the disk: both are built anew from the disk.
    fn recover(&mut self, decided: Vec<Decided>, error: StoreError) -> Result<(), StoreError> {
        tracing::error!(%error, "storage failed; nothing of this batch is acknowledged, the engine is rebuilt");
        self.gauges.failed();
        let error = Arc::new(error);
        for job in decided {
            let _ = job.answer.send(Err(Failure::Storage(error.clone())));
        }
        let failed = self.store.take().expect("the store is there between batches");
        let (store, engine, seq, tail) = recovery::reopen(failed, &mut self.open)?;
        (self.store, self.engine, self.seq, self.since_snapshot) = (Some(store), engine, seq, tail);
        Ok(())
    }

    fn store(&mut self) -> &mut S {
        self.store.as_mut().expect("the store is there between batches")
    }

    /// Bounds what a restart must replay: one snapshot a quarter of the open contacts, and never for a few events.
    fn snapshot_if_due(&mut self) {
        let (_, open) = self.engine.counts();
        if self.since_snapshot >= recovery::SNAPSHOT_EVERY.max(open as u64 / 4) {
            self.keep_snapshot();
        }
    }

    fn keep_snapshot(&mut self) {
        let seq = self.seq;
        match recovery::encode(&self.engine).and_then(|bytes| self.store().keep_snapshot(seq, &bytes)) {
            Ok(()) => self.since_snapshot = 0,
            Err(error) => tracing::warn!(%error, "no snapshot was kept; a restart replays more"),
        }
    }

    fn tidy(&mut self) {
        self.untidy = false;
        let now = self.clock.now();
        if let Err(error) = self.store().tidy(now) {
            tracing::warn!(%error, "the store could not tidy up");
        }
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        if self.since_snapshot > 0 {
            self.keep_snapshot();
        }
        let now = self.clock.now();
        self.store().tidy(now)
    }
}

/// Answer everyone in the batch.
fn tell(decided: Vec<Decided>, entries: &[Entry], messages: &[Arc<Message>], seq: Seq, at: Timestamp) {
    let mut starts = Vec::with_capacity(entries.len());
    let mut next = 0;
    for entry in entries {
        starts.push(next);
        next += entry.records.iter().filter(|r| matches!(r, Record::Opened { .. } | Record::Said { .. })).count();
    }
    starts.push(next);
    for job in decided {
        let (events, messages) = match job.entry {
            Some(i) => (entries[i].events.as_slice().into(), messages[starts[i]..starts[i + 1]].to_vec()),
            None => (Arc::from([]), Vec::new()),
        };
        let done = Done { seq, at, events, contact: job.contact, messages, duplicate: job.duplicate };
        let _ = job.answer.send(Ok(done)); // the asker may have gone; it is kept all the same
    }
}

fn commit_of(engine: &Engine, at: Timestamp, first: Seq, entries: &[Entry], messages: &[Arc<Message>]) -> Commit {
    let records = || entries.iter().flat_map(|e| &e.records);
    let named: BTreeSet<RepId> = entries.iter().flat_map(|e| e.events.iter().filter_map(Event::rep)).collect();
    Commit {
        at,
        first,
        events: entries.iter().flat_map(|e| e.events.iter().cloned()).collect(),
        messages: messages.to_vec(),
        opened: records()
            .filter_map(|r| match r {
                Record::Opened { record, .. } => Some(Arc::new(ContactRecord::clone(record))),
                _ => None,
            })
            .collect(),
        reads: records()
            .filter_map(|r| match *r {
                Record::Read { contact, by_customer, seq } => Some(ReadMark { contact, by_customer, seq }),
                _ => None,
            })
            .collect(),
        reps: named.into_iter().filter_map(|rep| engine.rep(rep)).map(Stand::of).collect(),
    }
}

/// What people quote on the phone: prefix, number and a Luhn check digit (ISO/IEC 7812-1), so that one misheard digit
/// is noticed. `PDX-000123-0`.
pub fn reference(prefix: &str, contact: ContactId) -> String {
    let digits = format!("{:06}", contact.0);
    let sum: u32 = (digits.bytes().rev().enumerate())
        .map(|(i, b)| {
            let digit = u32::from(b - b'0') * if i % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{prefix}-{digits}-{}", (10 - sum % 10) % 10)
}
