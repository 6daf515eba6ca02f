//! What the daemon remembers of a mailbox for us, so that every mail is taken exactly once.

use crate::channels::{Later, NotKept};
use crate::routing::ids::Timestamp;
use bytes::Bytes;
use std::sync::Arc;

/// A folder of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The mailbox's `name`.
    pub account: Arc<str>,
    pub folder: Arc<str>,
}

/// A mail's key for ever: by `place`, UIDVALIDITY and UID (RFC 3501 §2.3.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailKey {
    pub place: Place,
    pub uid_validity: u32,
    pub uid: u32,
}

/// How far a folder is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub uid_validity: u32,
    /// Everything up to here is settled, without gaps.
    pub last_uid: u32,
    /// Mail that arrived before this is none of ours, even when the server numbers the folder anew.
    pub begun: Timestamp,
    /// Except what nobody had opened: it was begun with `start = "unseen"`.
    pub unseen: bool,
    /// Up to here mail was in the folder when it was first read under this UIDVALIDITY. 0: not known.
    pub there: u32,
    /// When the folder was read for the very first time, under whatever UIDVALIDITY; `None`: not known. Whoever wrote before
    /// waits for no acknowledgement.
    pub first_read: Option<Timestamp>,
    /// The folder was numbered anew since: up to `there` only the moment a mail arrived tells what came before us.
    pub renumbered: bool,
}

/// One mail as it was fetched.
#[derive(Clone)]
pub struct Fetched {
    pub key: MailKey,
    /// When it reached the mailbox, as the server says: waiting is counted from here.
    pub arrived: Option<Timestamp>,
    /// Its whole size in bytes, as the server says.
    pub size: u64,
    pub raw: Bytes,
    pub extent: Extent,
    pub arrival: Arrival,
}

/// How much of a mail `raw` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// The beginning of a mail that is too long; the rest is in the oversize folder.
    Truncated,
    /// Nothing: it could not be read. It is in the quarantine folder, for a person to look at.
    Unread,
}

/// Is anyone waiting for an acknowledgement?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It came while we were in charge of the mailbox, connected or not.
    Live,
    /// It was there when the folder was read for the first time, or may have been.
    Backlog,
}

/// What became of a mail; in every case it is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    New,
    /// The same mail was taken before, under this key or as another copy.
    Duplicate,
    /// Kept for a supervisor to look at.
    Held,
}

// A letter and its sender are nobody's business in a log.
impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").field("key", &self.key).field("extent", &self.extent).finish_non_exhaustive()
    }
}

/// The daemon's side. A key that was ingested stays known as long as its cursor has not passed it, and longer does no harm.
///
/// `NotKept::Refused` says something about the mail: tried again once, then quarantine. Everything else says something about
/// the daemon: the mail waits in the mailbox.
pub trait Ledger: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
    fn cursor(&self, place: &Place) -> Later<Result<Option<Cursor>, NotKept>>;
    /// Everything up to here is taken and moved away. On disk when it returns.
    fn settle(&self, place: &Place, cursor: Cursor) -> Later<Result<(), NotKept>>;
    /// Which of these were ingested already. At most 500 at a time.
    fn known(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<Vec<u32>, NotKept>>;
    /// Mails with a try that did not end: one of them may have killed the daemon.
    fn begun(&self, place: &Place, uid_validity: u32) -> Later<Result<Vec<u32>, NotKept>>;
    /// Count a try of each, durably, before any is touched; how many there were, with this one. At most 64 at a time. What
    /// kills the daemon twice is not touched a third time.
    fn attempt(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<Vec<u32>, NotKept>>;
    /// The last try ended for a reason that was not the mail: take it back.
    fn pardon(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<(), NotKept>>;
    /// Keep mails, in their order. Returns after the fsynced commit of each, with what became of each; only then may it be
    /// moved. From the first on that finds the daemon busy, or its storage failing, what may hang on it is not kept either:
    /// those that were not kept are to be handed in again, in their order.
    fn ingest(&self, mails: Vec<Fetched>) -> Later<Vec<Result<Kept, NotKept>>>;
}
