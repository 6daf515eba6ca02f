//! The readers of the SQLite store: a few read-only connections that threads take turns with.

use super::connection::{self, Purpose};
use super::rows::{account, bookmark, contact, delivery, mail, message, sighting};
use super::{Account, Due, ReadMarks, Reads, Session, Sighting, StoreError, Unsent, Which};
use crate::message::delivery::Delivery;
use crate::message::mail::KeptMail;
use crate::message::{Attachment, ContactRecord, Message};
use crate::routing::ids::{Channel, ContactId, RepId, Timestamp};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Reads take well under a millisecond, so a few connections serve many threads.
const READERS: usize = 4;

/// Shared by all who read. Outlives the writer: what is committed can be read while the writer is reopened.
pub struct EmbeddedReads {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
    /// Damaged rows that lists were given without; each is reported once.
    left_out: Mutex<BTreeSet<String>>,
}

impl EmbeddedReads {
    /// The schema must be up to date.
    pub(super) fn open(path: &Path) -> Result<EmbeddedReads, StoreError> {
        let idle = (0..READERS).map(|_| connection::open(path, Purpose::Read)).collect::<Result<_, _>>()?;
        Ok(EmbeddedReads { idle: Mutex::new(idle), returned: Condvar::new(), left_out: Mutex::default() })
    }

    /// What the settings read now on every reading connection, for diagnostics. Takes them all: it waits for the others.
    pub fn settings_in_force(&self) -> Result<Vec<Vec<(&'static str, Value)>>, StoreError> {
        let all: Vec<Turn<'_>> = (0..READERS).map(|_| self.turn()).collect();
        all.iter().map(|turn| connection::in_force(turn, Purpose::Read)).collect()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing panics while it holds the lock, and a list of connections cannot be half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave_out<T>(&self, (found, damaged): (Vec<T>, Vec<StoreError>)) -> Vec<T> {
        if !damaged.is_empty() {
            let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
            for error in damaged {
                if left_out.insert(error.to_string()) {
                    tracing::error!(%error, "it is left out wherever it would be listed");
                }
            }
        }
        found
    }

    /// Waits for a connection.
    fn turn(&self) -> Turn<'_> {
        let mut idle =
            self.returned.wait_while(self.idle(), |idle| idle.is_empty()).unwrap_or_else(PoisonError::into_inner);
        Turn { reads: self, connection: idle.pop() }
    }
}

/// One thread's turn with a connection; given back however the turn ends.
struct Turn<'a> {
    reads: &'a EmbeddedReads,
    connection: Option<Connection>,
}

impl std::ops::Deref for Turn<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("taken only by drop")
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.reads.idle().extend(self.connection.take());
        self.reads.returned.notify_one();
    }
}

impl Reads for EmbeddedReads {
    fn contact(&self, id: ContactId) -> Result<Option<ContactRecord>, StoreError> {
        contact::get(&mut contact::by_id(&self.turn())?, id)
    }

    fn contacts(&self, ids: &[ContactId]) -> Result<Vec<ContactRecord>, StoreError> {
        let turn = self.turn();
        let tx = turn.unchecked_transaction()?; // one moment for all of them
        let mut by_id = contact::by_id(&tx)?;
        let (mut found, mut damaged) = (Vec::with_capacity(ids.len()), Vec::new());
        for id in ids {
            match contact::get(&mut by_id, *id) {
                Ok(record) => found.extend(record),
                Err(error @ StoreError::Damaged { .. }) => damaged.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(self.leave_out((found, damaged)))
    }

    fn contact_by_secret(&self, hash: &[u8; 32]) -> Result<Option<ContactId>, StoreError> {
        contact::by_secret(&self.turn(), hash)
    }

    fn conversation(&self, id: ContactId, after: u32, limit: usize) -> Result<Vec<Message>, StoreError> {
        message::after(&self.turn(), id, after, limit)
    }

    fn attachment(&self, id: ContactId, digest: &str) -> Result<Option<Attachment>, StoreError> {
        message::attachment(&self.turn(), id, digest)
    }

    fn carriers(&self, id: ContactId, digest: &str) -> Result<Vec<u32>, StoreError> {
        message::carriers(&self.turn(), id, digest)
    }

    fn read_marks(&self, id: ContactId) -> Result<ReadMarks, StoreError> {
        contact::marks(&self.turn(), id)
    }

    fn sightings(&self, id: ContactId) -> Result<Vec<Sighting>, StoreError> {
        Ok(self.leave_out(sighting::of(&self.turn(), id)?))
    }

    fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        account::by_name(&self.turn(), name)
    }

    fn account_by_id(&self, id: RepId) -> Result<Option<Account>, StoreError> {
        account::by_id(&self.turn(), id)
    }

    fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        account::all(&self.turn())
    }

    fn session(&self, hash: &[u8; 32]) -> Result<Option<(Session, Account)>, StoreError> {
        account::session(&self.turn(), hash)
    }

    fn bookmark(&self, key: &str) -> Result<Option<String>, StoreError> {
        bookmark::get(&self.turn(), key)
    }

    fn mails_taken(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        mail::taken(&self.turn(), keys)
    }

    fn mail(&self, which: Which<'_>, limit: usize) -> Result<Vec<KeptMail>, StoreError> {
        match which {
            Which::Id(_) | Which::Digest(_) | Which::Of(_) => mail::some(&self.turn(), which, limit),
            Which::MessageId(_) | Which::Beside(..) | Which::Held | Which::TakenSince(_) => {
                Ok(self.leave_out(mail::readable(&self.turn(), which, limit)?))
            }
        }
    }

    fn held(&self) -> Result<u64, StoreError> {
        mail::held(&self.turn())
    }

    fn troubled(&self) -> Result<u64, StoreError> {
        delivery::troubled(&self.turn())
    }

    fn deliveries(&self, which: Due, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        match which {
            Due::Id(_) | Due::Of(_) | Due::Nth(..) => delivery::some(&self.turn(), which, limit),
            _ => Ok(self.leave_out(delivery::readable(&self.turn(), which, limit)?)),
        }
    }

    fn next_due(&self, channel: Channel) -> Result<Option<Timestamp>, StoreError> {
        delivery::next_due(&self.turn(), channel)
    }

    fn unsent(&self, channel: Channel) -> Result<Unsent, StoreError> {
        delivery::unsent(&self.turn(), channel)
    }

    fn rendered(&self, id: u64) -> Result<Option<Vec<u8>>, StoreError> {
        delivery::rendered(&self.turn(), id)
    }
}
