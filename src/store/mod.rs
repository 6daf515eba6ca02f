//! What is remembered: the journal, the rows beside it, sessions and files. A trait for the one writer and one for all
//! who read; one conformance suite for what stands behind them.

mod connection;
mod directory;
pub mod embedded;
pub mod files;
mod migrate;
mod possible;
pub mod reads;
mod rows;
mod seal;
mod snapshot;
mod verify;

use crate::message::delivery::{Delivery, Faring, NewDelivery, Progress};
use crate::message::mail::{Fate, KeptMail, Taken};
use crate::message::{Attachment, Author, ContactRecord, LanguageChoice, Message, NewMessage};
use crate::routing::event::Event;
use crate::routing::ids::{Channel, ContactId, RepId, Seq, Timestamp, Word};
use serde::{Deserialize, Serialize};

/// The one writer. Owned by the sequencer's thread; every call blocks.
pub trait Store: Send + 'static {
    /// Keep all of this or none of it: atomic, and on disk when it returns. Projects the events onto the rows
    /// (closed, last rep, urgency) in the same transaction. After an error, drop the store and open it anew.
    fn append(&mut self, batch: &[Entry]) -> Result<Appended, StoreError>;
    /// Could these be kept behind that batch, which is not kept yet? Asked before anything is decided on them, so that
    /// one impossible record costs only its own job. `Rejected` says which and why, `Damaged` which row they rest on cannot
    /// be read; nothing is changed.
    fn check(&self, batch: &[Entry], records: &[Record]) -> Result<(), StoreError>;
    /// The message that this sender already gave this id in this contact.
    fn said(&self, contact: ContactId, from: Author, client_id: &str) -> Result<Option<Message>, StoreError>;
    /// Has this input been taken before? Unique by (channel, source key).
    fn seen(&self, source: &Source) -> Result<Option<Seen>, StoreError>;
    /// Has a mail been taken under this key before?
    fn mail_taken(&self, key: &str) -> Result<bool, StoreError>;
    /// Is there a mail with this number that a supervisor must still decide on?
    fn mail_held(&self, id: u64) -> Result<bool, StoreError>;
    /// Is there a delivery with this number that did not arrive and that nobody has dealt with?
    fn delivery_troubled(&self, id: u64) -> Result<bool, StoreError>;
    /// Up to `limit` events after a position, in order.
    fn events(&self, after: Seq, limit: usize) -> Result<Vec<Journalled>, StoreError>;
    /// The newest snapshot and the position it includes.
    fn snapshot(&self) -> Result<Option<(Seq, Vec<u8>)>, StoreError>;
    /// Keep a snapshot that includes everything up to `seq`; older ones go.
    fn keep_snapshot(&mut self, seq: Seq, bytes: &[u8]) -> Result<(), StoreError>;
    /// Called when nothing is waiting, and now and then when there is always something: checkpoint, forget expired sessions.
    fn tidy(&mut self, now: Timestamp) -> Result<(), StoreError>;
}

/// What screens and channels read. Sees only what is committed; shared by threads; every call blocks.
pub trait Reads: Send + Sync + 'static {
    fn contact(&self, id: ContactId) -> Result<Option<ContactRecord>, StoreError>;
    /// In the order asked for; unknown and damaged ones are left out.
    fn contacts(&self, ids: &[ContactId]) -> Result<Vec<ContactRecord>, StoreError>;
    /// The contact that a customer's secret opens.
    fn contact_by_secret(&self, hash: &[u8; 32]) -> Result<Option<ContactId>, StoreError>;
    /// Messages after a position, in order, notes included: the caller leaves out what a customer may not read.
    fn conversation(&self, id: ContactId, after: u32, limit: usize) -> Result<Vec<Message>, StoreError>;
    /// A file, when it is part of this contact.
    fn attachment(&self, id: ContactId, digest: &str) -> Result<Option<Attachment>, StoreError>;
    /// The numbers of the messages of this contact that carry a file, in order. One whose row is damaged may carry it, and
    /// is among them.
    fn carriers(&self, id: ContactId, digest: &str) -> Result<Vec<u32>, StoreError>;
    fn read_marks(&self, id: ContactId) -> Result<ReadMarks, StoreError>;
    /// Who of the staff saw which messages of this contact, the earliest first; damaged ones are left out.
    fn sightings(&self, id: ContactId) -> Result<Vec<Sighting>, StoreError>;
    fn account(&self, name: &str) -> Result<Option<Account>, StoreError>;
    fn account_by_id(&self, id: RepId) -> Result<Option<Account>, StoreError>;
    fn accounts(&self) -> Result<Vec<Account>, StoreError>;
    /// A session that has not been ended; the caller checks its times.
    fn session(&self, hash: &[u8; 32]) -> Result<Option<(Session, Account)>, StoreError>;
    fn bookmark(&self, key: &str) -> Result<Option<String>, StoreError>;
    /// Of these keys, the ones under which a mail was taken.
    fn mails_taken(&self, keys: &[String]) -> Result<Vec<String>, StoreError>;
    /// By number, by bytes and of a whole contact, a damaged one is an error; elsewhere it is left out.
    fn mail(&self, which: Which<'_>, limit: usize) -> Result<Vec<KeptMail>, StoreError>;
    /// Mails that a supervisor must decide on.
    fn held(&self) -> Result<u64, StoreError>;
    /// Deliveries that did not arrive and that nobody has dealt with.
    fn troubled(&self) -> Result<u64, StoreError>;
    /// By number and of a whole contact, a damaged one is an error; elsewhere it is left out, so that the others are sent
    /// and shown.
    fn deliveries(&self, which: Due, limit: usize) -> Result<Vec<Delivery>, StoreError>;
    /// When there is something to do for a channel's deliveries: the first time that [`Due::Next`] gives one.
    fn next_due(&self, channel: Channel) -> Result<Option<Timestamp>, StoreError>;
    fn unsent(&self, channel: Channel) -> Result<Unsent, StoreError>;
    /// The bytes a delivery is sent as, once it was rendered and until it is over.
    fn rendered(&self, delivery: u64) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Which mails are asked for; oldest first, where nothing else is said.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    Id(u64),
    /// With these very bytes.
    Digest(&'a str),
    /// That bear this Message-ID.
    MessageId(&'a str),
    Of(ContactId),
    /// That became messages of this contact, from the message of this number on.
    Beside(ContactId, u32),
    /// That a supervisor must decide on; before all others those that speak of danger.
    Held,
    /// Those taken since then, among the newest few thousand.
    TakenSince(Timestamp),
}

/// Which deliveries are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    Id(u64),
    /// In their order.
    Of(ContactId),
    /// The how-manieth of a contact, from 1.
    Nth(ContactId, u32),
    /// That carry messages of this contact, from the message of this number on; in their order.
    Beside(ContactId, u32),
    /// Of this contact, that carry no message of it; the newest first.
    Letters(ContactId),
    /// Not over and due by then; of each contact only the first that is not over, so that answers arrive in the order they
    /// were written. What is more important comes first, then what has been due for longer.
    Next {
        channel: Channel,
        at: Timestamp,
    },
    /// Held by a worker now.
    Sending(Channel),
    /// Acknowledgements and notices made since then, oldest first.
    ReceiptsSince(Timestamp),
    /// Given up or unknown, and nobody has dealt with it: answers before notices and those before acknowledgements, then the newest
    /// first.
    Troubled,
}

/// What a channel has still to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    pub count: u64,
    /// When the oldest of them was made.
    pub oldest: Option<Timestamp>,
}

/// What one command brings into the journal and the tables.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Timestamp,
    pub events: Vec<Event>,
    pub records: Vec<Record>,
}

/// Something to keep beside the events of its command.
#[derive(Clone, Debug)]
pub enum Record {
    Opened {
        record: Box<ContactRecord>,
        secret: [u8; 32],
        source: Option<(Source, Option<[u8; 32]>)>,
        first: NewMessage,
    },
    Said {
        contact: ContactId,
        message: NewMessage,
    },
    /// What language the contact is in, as someone who knows better says.
    Language {
        contact: ContactId,
        language: LanguageChoice,
    },
    /// The other side has read up to here; only ever rises.
    Read {
        contact: ContactId,
        by_customer: bool,
        seq: u32,
    },
    /// A rep had the messages from `first` to `last` before their eyes. Only what is new to them is kept, at the time of the
    /// entry, and nothing beyond the newest message.
    Saw {
        contact: ContactId,
        rep: RepId,
        first: u32,
        last: u32,
    },
    Account(Account),
    Session(Session),
    /// Still in use: moves `last_seen`.
    SessionSeen {
        hash: [u8; 32],
        at: Timestamp,
    },
    EndSession {
        hash: [u8; 32],
    },
    EndSessionsOf {
        account: RepId,
    },
    /// A mail was taken. `on` is the contact whose message it became: the first one said, or opened, by the same job.
    Mail {
        mail: Box<Taken>,
        fate: Fate,
        on: Option<ContactId>,
    },
    /// A supervisor decided on a held mail; `on` as above.
    MailDecided {
        id: u64,
        by: RepId,
        fate: Fate,
        on: Option<ContactId>,
    },
    /// Remember something small under a key; `None` forgets it.
    Bookmark {
        key: String,
        value: Option<String>,
    },
    Deliver(NewDelivery),
    /// Somebody has dealt with a delivery that did not arrive.
    DeliverySettled {
        id: u64,
        by: RepId,
    },
    /// How a delivery fares; `rendered` once, with the first lease. What is over stays over, except that something sent
    /// may still be returned: it has failed then.
    Delivering {
        id: u64,
        progress: Progress,
        rendered: Option<Vec<u8>>,
    },
}

/// An input's own identity, for example `("form", "9f2c…")`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub channel: Channel,
    pub key: String,
}

/// What became of an input that was taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub contact: ContactId,
    pub fingerprint: Option<[u8; 32]>,
}

/// Where a batch went.
#[derive(Clone, Debug, PartialEq)]
pub struct Appended {
    /// Position of the batch's first event.
    pub first: Seq,
    /// The messages kept, with their numbers, in the order of the batch. A message whose `client_id` its
    /// contact already holds is not kept again: the one that is there is given back.
    pub messages: Vec<Message>,
    /// The deliveries that are new or fare differently, in the order of the batch.
    pub deliveries: Vec<Faring>,
    /// What somebody saw for the first time, in the order of the batch.
    pub sightings: Vec<Sighting>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Journalled {
    pub seq: Seq,
    pub at: Timestamp,
    pub event: Event,
}

/// How far each side has read, as message numbers; 0 is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadMarks {
    pub customer: u32,
    pub rep: u32,
}

/// The messages from `first` to `last` came before the eyes of one of the staff for the first time at `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub contact: ContactId,
    pub rep: RepId,
    pub first: u32,
    pub last: u32,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Rep,
    Supervisor,
    Admin,
    Auditor,
}

/// Someone who can sign in. A rep's account number is their `RepId`.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub id: RepId,
    pub name: Word,
    /// What colleagues and customers see, for example "Ana".
    pub display: String,
    pub role: Role,
    /// Argon2id as a PHC string; `None` until a password is set.
    pub password: Option<String>,
    pub disabled: bool,
}

/// Someone who is signed in. The token itself is never kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub hash: [u8; 32],
    pub account: RepId,
    pub started: Timestamp,
    pub last_seen: Timestamp,
}

/// Nothing was kept, as far as we know; see `append`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database reports: {0}")]
    Database(String),
    /// The record is at fault, not the disk: it could never be kept.
    #[error("that can never be kept: {0}")]
    Rejected(String),
    #[error("a file could not be kept: {0}")]
    File(#[from] std::io::Error),
    #[error("row {table} {key} cannot be read: {why}")]
    Damaged { table: &'static str, key: String, why: String },
    #[error("this database was written by a newer steelbridge (schema {found}, this one knows {known})")]
    Newer { found: u32, known: u32 },
    #[error("another steelbridge is using {0}; stop it first")]
    InUse(std::path::PathBuf),
}
