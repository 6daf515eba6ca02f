//! The real store, whose next commits fail when a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use steelbridge::message::{Author, Message};
use steelbridge::routing::ids::{ContactId, Seq, Timestamp};
use steelbridge::store::embedded::Embedded;
use steelbridge::store::{Appended, Entry, Journalled, Record, Seen, Source, Store, StoreError};

pub struct Faulty {
    pub store: Embedded,
    /// So many commits, or idle moments, fail from now on.
    pub failures: Arc<AtomicU32>,
}

impl Faulty {
    fn works(&self) -> Result<(), StoreError> {
        let one_less = |left: u32| left.checked_sub(1);
        match self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => Err(StoreError::Database("a test pulled the plug".into())),
            Err(_) => Ok(()),
        }
    }
}

impl Store for Faulty {
    fn append(&mut self, batch: &[Entry]) -> Result<Appended, StoreError> {
        self.works()?;
        self.store.append(batch)
    }
    fn check(&self, batch: &[Entry], records: &[Record]) -> Result<(), StoreError> {
        self.store.check(batch, records)
    }
    fn said(&self, contact: ContactId, from: Author, client_id: &str) -> Result<Option<Message>, StoreError> {
        self.store.said(contact, from, client_id)
    }
    fn seen(&self, source: &Source) -> Result<Option<Seen>, StoreError> {
        self.store.seen(source)
    }
    fn mail_taken(&self, key: &str) -> Result<bool, StoreError> {
        self.store.mail_taken(key)
    }
    fn mail_held(&self, id: u64) -> Result<bool, StoreError> {
        self.store.mail_held(id)
    }
    fn delivery_troubled(&self, id: u64) -> Result<bool, StoreError> {
        self.store.delivery_troubled(id)
    }
    fn events(&self, after: Seq, limit: usize) -> Result<Vec<Journalled>, StoreError> {
        self.store.events(after, limit)
    }
    fn snapshot(&self) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        self.store.snapshot()
    }
    fn keep_snapshot(&mut self, seq: Seq, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.keep_snapshot(seq, bytes)
    }
    fn tidy(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.works()?;
        self.store.tidy(now)
    }
}
