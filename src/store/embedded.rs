//! The store in one SQLite file: one writer, one fsync a batch, and readers beside it.

use super::connection::{self, Purpose};
use super::reads::EmbeddedReads;
use super::rows::contact::Change;
use super::rows::{account, bookmark, contact, delivery, journal, mail, message, sighting};
use super::snapshot::Snapshots;
use super::{
    Appended, Entry, Journalled, Record, Seen, Sighting, Source, Store, StoreError, directory, migrate, possible,
};
use crate::message::delivery::{Carries, Delivery, Faring, NewDelivery, Progress};
use crate::message::{Author, ContactRecord, Message, NewMessage};
use crate::routing::ids::{ContactId, Seq, Span, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// The database, within the data directory.
pub const FILE: &str = "steelbridge.db";
/// An idle moment copies the log into the file once this many entries are in it, or after [`CHECKPOINT_EVERY`].
const CHECKPOINT_ENTRIES: usize = 500;
const CHECKPOINT_EVERY: Span = Span::secs(30);
/// How often the log is also cut, so that what was deleted leaves the disk within a day, and old sessions are
/// forgotten. Not more often: a log that is written over costs half of one that grows, fsync for fsync.
const CLEAN_EVERY: Span = Span::mins(12 * 60);
/// A session lives 12 hours at most; it is forgotten after twice that.
const SESSION_FORGOTTEN: Span = Span::mins(24 * 60);

/// The writer. Holds the data directory's lock until it is dropped.
pub struct Embedded {
    writer: Connection,
    last: Seq,
    snapshots: Snapshots,
    /// Why this handle is no longer used: after a failure nothing is reported as kept until a new one is open.
    failed: Option<String>,
    /// Entries since the last checkpoint.
    unsaved: usize,
    checkpointed: Option<Timestamp>,
    cleaned: Option<Timestamp>,
    json: Vec<u8>,
    _lock: File, // dropped last
}

impl Embedded {
    /// Opens the store in a directory, making both if need be.
    ///
    /// # Errors
    /// `InUse` when another programme has it, `Newer` when a newer steelbridge wrote it, `Database` when a check or
    /// a setting does not hold.
    pub fn open(data_dir: &Path) -> Result<(Embedded, Arc<EmbeddedReads>), StoreError> {
        directory::make(data_dir)?;
        let lock = directory::lock(data_dir)?;
        let path = data_dir.join(FILE);
        directory::make_file(&path)?;
        let mut writer = connection::open(&path, Purpose::Write)?;
        connection::check(&writer, &path)?;
        migrate::run(&mut writer, migrate::STEPS)?;
        let last = journal::last(&writer)?;
        let reads = Arc::new(EmbeddedReads::open(&path)?);
        let embedded = Embedded {
            writer,
            last,
            snapshots: Snapshots::new(data_dir),
            failed: None,
            unsaved: 0,
            checkpointed: None,
            cleaned: None,
            json: Vec::new(),
            _lock: lock,
        };
        Ok((embedded, reads))
    }

    /// What the settings read now on the writing connection, for diagnostics.
    pub fn settings_in_force(&self) -> Result<Vec<(&'static str, Value)>, StoreError> {
        connection::in_force(&self.writer, Purpose::Write)
    }

    pub(super) fn writer(&self) -> &Connection {
        &self.writer
    }

    /// Refuses work on a handle that has failed.
    fn sound(&self) -> Result<(), StoreError> {
        match &self.failed {
            None => Ok(()),
            Some(why) => {
                Err(StoreError::Database(format!("an earlier write failed and the store must be reopened: {why}")))
            }
        }
    }

    fn guarded<T>(&mut self, what: impl FnOnce(&mut Embedded) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.sound()?;
        what(self).inspect_err(|error| self.failed = Some(error.to_string()))
    }

    /// Whether all of the log is in the file. A reader that is in the way is not waited for: there will be another idle moment.
    fn checkpoint(&mut self, now: Timestamp, mode: &str) -> Result<bool, StoreError> {
        let (is_busy, pages, copied) = connection::without_waiting(&self.writer, || {
            let row = |row: &Row<'_>| Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
            Ok(self.writer.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], row)?)
        })?;
        let is_done = !is_busy && copied >= pages;
        if is_done {
            self.unsaved = 0;
            self.checkpointed = Some(now);
        }
        Ok(is_done)
    }
}

impl Store for Embedded {
    fn append(&mut self, batch: &[Entry]) -> Result<Appended, StoreError> {
        self.guarded(|store| {
            let tx = store.writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut keeping = Keeping {
                tx: &tx,
                last: store.last,
                changes: BTreeMap::new(),
                messages: Vec::new(),
                deliveries: Vec::new(),
                sightings: Vec::new(),
                said: Vec::new(),
                json: &mut store.json,
            };
            for entry in batch {
                keeping.entry(entry)?;
            }
            for (contact, change) in std::mem::take(&mut keeping.changes) {
                change.save(&tx, contact)?;
            }
            let Keeping { last, messages, deliveries, sightings, .. } = keeping;
            tx.commit()?;
            let first = Seq(store.last.0 + 1);
            store.last = last;
            store.unsaved += batch.len();
            Ok(Appended { first, messages, deliveries, sightings })
        })
    }

    fn check(&self, batch: &[Entry], records: &[Record]) -> Result<(), StoreError> {
        self.sound()?;
        possible::check(&self.writer, batch, records)
    }

    fn said(&self, contact: ContactId, from: Author, client_id: &str) -> Result<Option<Message>, StoreError> {
        self.sound()?;
        message::by_client_id(&self.writer, contact, from, client_id)
    }

    fn seen(&self, source: &Source) -> Result<Option<Seen>, StoreError> {
        self.sound()?;
        journal::seen(&self.writer, source)
    }

    fn mail_taken(&self, key: &str) -> Result<bool, StoreError> {
        self.sound()?;
        mail::is_taken(&self.writer, key)
    }

    fn mail_held(&self, id: u64) -> Result<bool, StoreError> {
        self.sound()?;
        mail::is_held(&self.writer, id)
    }

    fn delivery_troubled(&self, id: u64) -> Result<bool, StoreError> {
        self.sound()?;
        delivery::is_troubled(&self.writer, id)
    }

    fn events(&self, after: Seq, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.sound()?;
        journal::after(&self.writer, after, limit)
    }

    fn snapshot(&self) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        self.sound()?;
        self.snapshots.newest(|seq| journal::seal_at(&self.writer, seq))
    }

    fn keep_snapshot(&mut self, seq: Seq, bytes: &[u8]) -> Result<(), StoreError> {
        self.sound()?;
        let Some(seal) = journal::seal_at(&self.writer, seq)? else {
            return Err(StoreError::Database(format!("a snapshot at {seq} would be ahead of the journal")));
        };
        self.snapshots.keep(seq, seal, bytes)
    }

    fn tidy(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.guarded(|store| {
            let due = |last: Option<Timestamp>, every: Span| last.is_none_or(|last| now - last >= every);
            if due(store.cleaned, CLEAN_EVERY) {
                let before = Timestamp(now.0.saturating_sub(SESSION_FORGOTTEN.0));
                account::forget_sessions(&store.writer, before)?;
                if store.checkpoint(now, "TRUNCATE")? {
                    store.cleaned = Some(now);
                }
                return Ok(());
            }
            if store.unsaved >= CHECKPOINT_ENTRIES || (store.unsaved > 0 && due(store.checkpointed, CHECKPOINT_EVERY)) {
                store.checkpoint(now, "PASSIVE")?;
            }
            Ok(())
        })
    }
}

impl Drop for Embedded {
    /// Leaves everything in the one file: a reader that closes last could not do it.
    fn drop(&mut self) {
        if self.failed.is_none()
            && let Err(error) = self.checkpoint(Timestamp::default(), "TRUNCATE")
        {
            tracing::warn!(%error, "the log could not be copied into the database at the end; the next start does it");
        }
    }
}

/// One batch on its way into the transaction.
struct Keeping<'a> {
    tx: &'a Transaction<'a>,
    last: Seq,
    /// What the events change on contacts that are there, written once a contact at the end.
    changes: BTreeMap<ContactId, Change>,
    messages: Vec<Message>,
    deliveries: Vec<Faring>,
    sightings: Vec<Sighting>,
    /// What the entry has said so far, in order.
    said: Vec<JustSaid>,
    json: &'a mut Vec<u8>,
}

impl Keeping<'_> {
    /// Events first: what they say about a contact opened in the same entry goes into its row at once.
    fn entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        for event in &entry.events {
            self.json.clear();
            serde_json::to_writer(&mut *self.json, event).map_err(|e| StoreError::Database(e.to_string()))?;
            let json = std::str::from_utf8(self.json).map_err(|e| StoreError::Database(e.to_string()))?;
            self.last = Seq(self.last.0 + 1);
            journal::insert(self.tx, self.last, entry.at, json)?;
            if let Some(contact) = event.contact() {
                let mut change = self.changes.remove(&contact).unwrap_or_default();
                change.fold(entry.at, event);
                if !change.is_empty() {
                    self.changes.insert(contact, change);
                }
            }
        }
        self.said.clear();
        entry.records.iter().try_for_each(|record| self.record(entry.at, record))
    }

    fn record(&mut self, at: Timestamp, record: &Record) -> Result<(), StoreError> {
        match record {
            Record::Opened { record, secret, source, first } => self.opened(at, record, secret, source, first),
            Record::Said { contact, message } => self.said(at, *contact, message),
            Record::Language { contact, language } => contact::set_language(self.tx, *contact, *language),
            Record::Read { contact, by_customer, seq } => contact::mark_read(self.tx, *contact, *by_customer, *seq),
            Record::Saw { contact, rep, first, last } => {
                self.saw(Sighting { contact: *contact, rep: *rep, first: *first, last: *last, at })
            }
            Record::Account(a) => account::put(self.tx, a),
            Record::Session(s) => account::insert_session(self.tx, s),
            Record::SessionSeen { hash, at } => account::touch_session(self.tx, hash, *at),
            Record::EndSession { hash } => account::end_session(self.tx, hash),
            Record::EndSessionsOf { account } => account::end_sessions_of(self.tx, *account),
            Record::Mail { mail, fate, on } => mail::insert(self.tx, mail, at, *fate, self.became(*on)?),
            Record::MailDecided { id, by, fate, on } => mail::decide(self.tx, *id, *by, at, *fate, self.became(*on)?),
            Record::Bookmark { key, value } => bookmark::put(self.tx, key, value.as_deref()),
            Record::Deliver(new) => self.deliver(at, new),
            Record::DeliverySettled { id, by } => {
                self.deliveries.extend(delivery::settle(self.tx, *id, *by, at)?);
                Ok(())
            }
            Record::Delivering { id, progress, rendered } => self.delivering(*id, progress, rendered.as_deref()),
        }
    }

    fn opened(
        &mut self,
        at: Timestamp,
        record: &ContactRecord,
        secret: &[u8; 32],
        source: &Option<(Source, Option<[u8; 32]>)>,
        first: &NewMessage,
    ) -> Result<(), StoreError> {
        let mut record = record.clone();
        if let Some(change) = self.changes.remove(&record.id) {
            change.apply(&mut record);
        }
        contact::insert(self.tx, &record, secret, 1)?;
        if let Some((source, fingerprint)) = source {
            journal::insert_source(self.tx, source, record.id, fingerprint.as_ref())?;
        }
        self.keep(numbered(record.id, 1, at, first))
    }

    fn said(&mut self, at: Timestamp, contact: ContactId, new: &NewMessage) -> Result<(), StoreError> {
        if let Some(client_id) = &new.client_id
            && let Some(held) = message::by_client_id(self.tx, contact, new.from, client_id)?
        {
            self.said.push(JustSaid { contact, seq: held.seq, is_new: false });
            self.messages.push(held);
            return Ok(());
        }
        let seq = contact::next_message(self.tx, contact)?
            .ok_or_else(|| StoreError::Rejected(format!("a message on {contact}, which is not there")))?;
        self.keep(numbered(contact, seq, at, new))
    }

    fn keep(&mut self, said: Message) -> Result<(), StoreError> {
        message::insert(self.tx, &said)?;
        self.said.push(JustSaid { contact: said.contact, seq: said.seq, is_new: true });
        self.messages.push(said);
        Ok(())
    }

    fn saw(&mut self, saw: Sighting) -> Result<(), StoreError> {
        self.sightings.extend(sighting::keep(self.tx, saw)?);
        Ok(())
    }

    /// The message that a mail became.
    fn became(&self, on: Option<ContactId>) -> Result<Option<(ContactId, u32)>, StoreError> {
        let Some(contact) = on else { return Ok(None) };
        let said = self.said.iter().find(|said| said.contact == contact);
        let said = said.ok_or_else(|| StoreError::Database(format!("a mail was to be a message of {contact}")))?;
        Ok(Some((contact, said.seq)))
    }

    fn deliver(&mut self, at: Timestamp, new: &NewDelivery) -> Result<(), StoreError> {
        let seq = match new.carries {
            Carries::Nothing | Carries::Conversation => None,
            Carries::JustSaid => match self.said.iter().rfind(|said| said.contact == new.contact) {
                Some(said) if said.is_new => Some(said.seq),
                Some(_) => return Ok(()), // said before, and so is its delivery on its way
                None => return Err(StoreError::Database(format!("nothing was said on {} to deliver", new.contact))),
            },
        };
        let progress = Progress::new(at);
        let delivery = Delivery {
            id: 0,
            contact: new.contact,
            n: 0,
            channel: new.channel,
            kind: new.kind,
            to: new.to.clone(),
            language: new.language,
            language_sure: new.language_sure,
            seq,
            made_at: at,
            progress,
            settled: None,
        };
        self.deliveries.push(delivery::insert(self.tx, delivery)?);
        Ok(())
    }

    fn delivering(&mut self, id: u64, progress: &Progress, rendered: Option<&[u8]>) -> Result<(), StoreError> {
        if let Some(faring) = delivery::fares(self.tx, id, progress)? {
            if let Some(bytes) = rendered.filter(|_| !faring.state.is_over()) {
                delivery::keep_rendered(self.tx, id, bytes)?;
            }
            self.deliveries.push(faring);
        }
        Ok(())
    }
}

/// A message of the entry that is being kept.
struct JustSaid {
    contact: ContactId,
    seq: u32,
    /// Not one that was there before.
    is_new: bool,
}

fn numbered(contact: ContactId, seq: u32, at: Timestamp, new: &NewMessage) -> Message {
    Message {
        contact,
        seq,
        at,
        from: new.from,
        text: new.text.clone(),
        attachments: new.attachments.clone(),
        client_id: new.client_id.clone(),
    }
}
