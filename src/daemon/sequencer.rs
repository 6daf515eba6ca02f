//! The one writer: stamp the time, decide a batch, commit it with one fsync, and only then let anyone know.

use super::batch::{self, Asker, Batch, Outcome, Part};
use super::feed::Feed;
use super::handle::{Handle, Look, Order, WAITING_MAX};
use super::outgoing::Outgoing;
use super::sparing::Sparing;
use super::{Clock, Failure, Job, recovery};
use crate::message::Message;
use crate::message::delivery::NewDelivery;
use crate::routing::command::Command;
use crate::routing::engine::Engine;
use crate::routing::event::Event;
use crate::routing::ids::{Channel, ContactId, Seq, Span, Timestamp};
use crate::store::{Entry, Reads, Record, Seen, Store, StoreError};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Commands in one transaction, at most.
const BATCH_MAX: usize = 256;
/// Looks in one turn, at most: however many look, jobs are decided.
const LOOKS_MAX: usize = 64;
/// Quiet time after which the store may tidy up.
const QUIET: Duration = Duration::from_secs(2);
/// After so long it tidies up between two batches, quiet or not.
const UNTIDY_MOST: Span = Span::mins(5);

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
    outgoing: Outgoing,
    reads: Arc<dyn Reads>,
    sparing: Sparing,
    /// Before the number in every reference, for example `PDX`.
    prefix: String,
    /// Position of the last event kept.
    seq: Seq,
    since_snapshot: u64,
    /// The first commit since the store tidied up.
    untidy_since: Option<Timestamp>,
}

/// Open the store, rebuild the engine and start deciding. Returns when the state is ready.
pub fn start<S: Store>(
    mut open: Open<S>,
    clock: Clock,
    prefix: String,
    ways_out: &[Channel],
) -> Result<Running, StoreError> {
    let (store, reads) = open()?;
    let (engine, seq, tail) = recovery::load(&store)?;
    let clock = clock.going_on_from(engine.now());
    let (send, orders) = sync_channel(WAITING_MAX);
    let feed = Feed::default();
    let outgoing = Outgoing::new(reads.clone(), ways_out);
    let sparing = Sparing::load(&*reads, clock.now())?;
    let handle = Handle {
        orders: send,
        feed: feed.clone(),
        clock: clock.clone(),
        reads: reads.clone(),
        outgoing: outgoing.clone(),
    };
    let gauges = Arc::new(Gauges::default());
    let untidy_since = Some(clock.now()); // as far as anybody knows
    let sequencer = Sequencer {
        engine,
        store: Some(store),
        open,
        orders,
        feed,
        clock,
        gauges: gauges.clone(),
        outgoing,
        reads,
        sparing,
        prefix,
        seq,
        since_snapshot: tail,
        untidy_since,
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

/// What one turn takes: jobs, looks, and whether it is the last.
type Turn = (Vec<(Job, Asker)>, Vec<Look>, bool);

impl<S: Store> Sequencer<S> {
    fn run(mut self) -> Result<(), StoreError> {
        loop {
            let (jobs, looks, stop) = self.wait()?;
            self.decide_batch(jobs)?;
            let now = self.clock.now();
            for look in looks {
                look(&self.engine, now);
            }
            if stop {
                return self.finish();
            }
            if self.untidy_since.is_some_and(|since| now - since >= UNTIDY_MOST) {
                self.tidy()?;
            }
        }
    }

    /// Sleep until something is asked or due, then take everything that waits, up to a batch or a turn's looks.
    fn wait(&mut self) -> Result<Turn, StoreError> {
        let (mut jobs, mut looks, mut stop) = (Vec::new(), Vec::new(), false);
        let mut next = self.sleep()?;
        while let Some(order) = next {
            match order {
                Order::Job(job, answer) => jobs.push((job, answer)),
                Order::Look(look) => looks.push(look),
                Order::Stop => stop = true,
            }
            let room = jobs.len() < BATCH_MAX && looks.len() < LOOKS_MAX;
            next = if room { self.orders.try_recv().ok() } else { None };
        }
        Ok((jobs, looks, stop))
    }

    fn sleep(&mut self) -> Result<Option<Order>, StoreError> {
        let due = self.engine.next_deadline().map(|at| {
            let span = at - self.clock.now();
            Duration::from_micros(span.0.max(0) as u64)
        });
        let quiet = self.untidy_since.map(|_| QUIET);
        let Some(limit) = due.into_iter().chain(quiet).min() else {
            return Ok(self.orders.recv().ok().or(Some(Order::Stop)));
        };
        match self.orders.recv_timeout(limit) {
            Ok(order) => Ok(Some(order)),
            Err(RecvTimeoutError::Disconnected) => Ok(Some(Order::Stop)),
            Err(RecvTimeoutError::Timeout) => {
                if due.is_none_or(|due| due > QUIET) && self.untidy_since.is_some() {
                    self.tidy()?;
                }
                Ok(None)
            }
        }
    }

    /// Decide, keep, tell. A refused job takes no part; after a storage error nothing is acknowledged.
    fn decide_batch(&mut self, jobs: Vec<(Job, Asker)>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        self.fire_due(now, &mut batch);
        for (job, asker) in jobs {
            let outcome = self.decide(now, job, &mut batch);
            batch.answer_later(asker, outcome);
        }
        if batch.entries.is_empty() {
            batch.tell(&[], self.seq, now); // refused and resent ones only
            return Ok(());
        }
        let started = self.clock.now();
        match self.store().append(&batch.entries) {
            Ok(appended) => {
                let messages: Vec<Arc<Message>> = appended.messages.into_iter().map(Arc::new).collect();
                let events = batch.events();
                debug_assert_eq!(appended.first.0, self.seq.0 + 1);
                self.seq = Seq(self.seq.0 + events);
                self.since_snapshot += events;
                self.untidy_since.get_or_insert(now);
                self.gauges.committed(batch.entries.len(), events, self.clock.now() - started);
                self.sparing.tell(&self.gauges, now);
                let first = Seq(self.seq.0 + 1 - events);
                let beside = (appended.deliveries, appended.sightings);
                let commit = self.feed.keep(batch.commit(&self.engine, now, first, &messages, beside));
                batch.tell(&messages, self.seq, now);
                self.feed.tell(commit);
                self.snapshot_if_due();
                Ok(())
            }
            Err(error) => self.recover(batch, error),
        }
    }

    /// What is due comes before what is asked.
    fn fire_due(&mut self, now: Timestamp, batch: &mut Batch) {
        if self.engine.next_deadline().is_some_and(|at| at <= now) {
            let events = self.engine.handle(now, Command::Tick).expect("a tick is never refused");
            let records = self.at_close(&events, batch);
            batch.push(Entry { at: now, events, records });
        }
    }

    /// Whether it was taken before, then whether it can be kept, and only then the engine: its decisions stand.
    fn decide(&mut self, now: Timestamp, job: Job, batch: &mut Batch) -> Result<Outcome, Failure> {
        let source = batch::source(&job);
        if let Some(seen) = self.taken_before(&source, batch)? {
            return Ok(Outcome { contact: Some(seen.contact), part: Part::Before });
        }
        if source.is_none()
            && let Some(part) = self.said_before(&job.records, batch)?
        {
            return Ok(Outcome { contact: None, part });
        }
        if batch.once.was_taken(&job.records, self.store())? {
            return Ok(Outcome { contact: None, part: Part::Before });
        }
        if !job.records.is_empty() {
            self.store().check(&batch.entries, &job.records)?;
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
                batch.taken.insert(source, Seen { contact, fingerprint });
            }
        }
        records.extend(self.at_close(&events, batch));
        self.sparing.spare(&mut records, now);
        if events.is_empty() && records.is_empty() {
            return Ok(Outcome { contact, part: Part::Nothing });
        }
        Ok(Outcome { contact, part: batch.push(Entry { at: now, events, records }) })
    }

    /// What goes out because of decisions that stand already: what could not be kept is left out.
    fn at_close(&mut self, events: &[Event], batch: &Batch) -> Vec<Record> {
        let mut records = self.outgoing.at_close(events);
        records.retain(|record| match self.store().check(&batch.entries, std::slice::from_ref(record)) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "something due at the end of a contact cannot be kept");
                false
            }
        });
        records
    }

    /// An input that came before, in this very batch or ever.
    fn taken_before(&mut self, input: &Option<batch::Input>, batch: &Batch) -> Result<Option<Seen>, Failure> {
        let Some((source, print)) = input else { return Ok(None) };
        let seen = match batch.taken.get(source) {
            Some(seen) => Some(*seen),
            None => self.store().seen(source)?,
        };
        match seen {
            Some(seen) if seen.fingerprint != *print => Err(Failure::KeyReused),
            seen => Ok(seen),
        }
    }

    /// A message that was sent before, whatever has become of its contact since.
    fn said_before(&mut self, records: &[Record], batch: &Batch) -> Result<Option<Part>, Failure> {
        let Some(spoken) = batch::spoken(records) else { return Ok(None) };
        if let Some(number) = batch.spoken.get(&spoken) {
            return Ok(Some(Part::InBatch(*number)));
        }
        let (contact, from, client_id) = spoken;
        let Some(kept) = self.store().said(contact, from, &client_id)? else { return Ok(None) };
        if batch::words(records).is_some_and(|words| words != kept.text) {
            return Err(Failure::KeyReused); // something else under an old id is not to be swallowed
        }
        Ok(Some(Part::Kept(Box::new(kept))))
    }

    /// A contact opened gets the engine's number and the reference people quote; so does what is said at once in it.
    fn number(&self, records: &mut [Record], contact: ContactId) {
        for record in records {
            match record {
                Record::Opened { record, .. } => {
                    record.id = contact;
                    record.reference = reference(&self.prefix, contact);
                }
                Record::Said { contact: on, .. }
                | Record::Deliver(NewDelivery { contact: on, .. })
                | Record::Mail { on: Some(on), .. }
                | Record::MailDecided { on: Some(on), .. } => *on = contact,
                _ => {}
            }
        }
    }

    /// Nothing of this batch is acknowledged. The engine is ahead of the disk: both are built anew from the disk.
    fn recover(&mut self, batch: Batch, error: StoreError) -> Result<(), StoreError> {
        tracing::error!(%error, "storage failed; nothing of this batch is acknowledged, the engine is rebuilt");
        self.gauges.failed();
        let error = Arc::new(error);
        batch.fail(|| Failure::Storage(error.clone()));
        let failed = self.store.take().expect("the store is there between batches");
        let (store, engine, seq, tail) = recovery::reopen(failed, &mut self.open)?;
        (self.store, self.engine, self.seq, self.since_snapshot) = (Some(store), engine, seq, tail);
        self.sparing.reload(&*self.reads, self.clock.now());
        self.feed.reset();
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

    /// A store that could not tidy up keeps nothing more; better it is opened again now than when somebody asks.
    fn tidy(&mut self) -> Result<(), StoreError> {
        self.untidy_since = None;
        let now = self.clock.now();
        match self.store().tidy(now) {
            Ok(()) => Ok(()),
            Err(error) => self.recover(Batch::default(), error),
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

/// The number that a reference names, if its check digit is right; whether there is such a contact is not asked.
pub fn referred(reference: &str) -> Option<ContactId> {
    let mut parts = reference.rsplitn(3, '-');
    let (_, digits, prefix) = (parts.next()?, parts.next()?, parts.next()?);
    let contact = ContactId(digits.parse().ok()?);
    (self::reference(prefix, contact) == reference).then_some(contact)
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
