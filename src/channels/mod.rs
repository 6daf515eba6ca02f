//! How contacts come in and answers go out: what a channel is given, and nothing of how it is done.

pub mod chat;
pub mod delivery;
pub mod download;
pub mod email;
pub mod form;
pub mod post;
pub mod rate;
pub mod socket;
pub mod visitor;

use crate::message::{Attachment, Inbound, Message, NewMessage};
use crate::routing::ids::{ContactId, Disposition, Timestamp};
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;

/// An answer that comes later.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the daemon lends to every channel. A channel knows neither store nor engine.
pub trait Context: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
    /// Hand in a contact. The receipt comes after the fsynced commit; only then may anything be acknowledged.
    fn deliver(&self, inbound: Inbound) -> Later<Result<Receipt, NotKept>>;
    /// The contact a secret opens (by its SHA-256), if any.
    fn contact(&self, secret: [u8; 32]) -> Later<Result<Option<ContactId>, NotKept>>;
    /// The customer says something more. Kept, and numbered, when it returns.
    fn say(&self, contact: ContactId, message: NewMessage) -> Later<Result<Message, NotKept>>;
    /// What a customer may read of a conversation after a position; notes are left out, so numbers may skip.
    fn conversation(&self, contact: ContactId, after: u32, limit: usize) -> Later<Result<Vec<Message>, NotKept>>;
    /// How the contact stands, in the customer's terms.
    fn standing(&self, contact: ContactId) -> Later<Result<Standing, NotKept>>;
    /// What happens to one contact from now on. Bounded: a receiver that does not read is closed and must resume.
    fn follow(&self, contact: ContactId) -> mpsc::Receiver<Happening>;
    /// The customer did something that is not a message.
    fn act(&self, contact: ContactId, act: CustomerAct) -> Later<Result<(), NotKept>>;
    /// Keep a file before the message that names it. Type and name are cleaned, place data is removed from images.
    fn keep_file(&self, name: String, bytes: bytes::Bytes) -> Later<Result<Attachment, NotKept>>;
    /// A file of this contact, to be served.
    fn file(&self, contact: ContactId, digest: String) -> Later<Result<Option<(Attachment, bytes::Bytes)>, NotKept>>;
    /// Is anyone there at this hour?
    fn opening(&self) -> Opening;
}

/// Proof that an input is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub contact: ContactId,
    pub reference: String,
    /// The same input was taken before; this is what became of it.
    pub duplicate: bool,
}

/// Nothing was kept; what to tell the sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The same key came with a different body.
    #[error("this Idempotency-Key was used for a different request")]
    KeyReused,
    /// No longer possible, for example writing on a contact closed long ago.
    #[error("{0}")]
    Refused(String),
    #[error("too many requests are waiting; try again in {retry_secs} s")]
    Busy { retry_secs: u32 },
    #[error("this file type is not accepted; send JPEG, PNG, WebP, HEIC or PDF")]
    FileType,
    /// Storage failed or the daemon is stopping.
    #[error("the request could not be kept; please send it again")]
    Unavailable,
}

/// Something that is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerAct {
    Left,
    Back,
    Ended,
    Read(u32),
    Typing(bool),
}

/// What happened to a contact that its customer is watching.
#[derive(Clone, Debug)]
pub enum Happening {
    Message(Arc<Message>),
    /// Stage, place or rep changed: ask `standing` again.
    Changed,
    Typing(bool),
    RepRead(u32),
}

/// Where a contact is, in words for its customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    pub reference: String,
    pub stage: CustomerStage,
    /// 1 is next; `None` when not waiting. Counted to 999.
    pub place: Option<u32>,
    /// Half wait at most the first, nine in ten at most the second, in seconds from now. `None` when nothing honest can be said.
    pub wait: Option<(u32, u32)>,
    /// The representative's display name, while one has it.
    pub rep: Option<String>,
    /// It waits again because whoever had it is not there any more: not for a parked one that comes back, nor a transfer.
    pub rep_left: bool,
    /// How far the rep has read.
    pub rep_read: u32,
    pub language: String,
    /// Code of the service, if one was chosen.
    pub service: Option<String>,
    pub opened_at: Timestamp,
    pub disposition: Option<Disposition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStage {
    Waiting,
    /// A representative has it.
    Active,
    /// A representative asked something and waits for the answer.
    WaitingForYou,
    Closed,
}

/// Opening hours, as of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Opening {
    pub open: bool,
    /// Some rep is signed in.
    pub staffed: bool,
    /// When closed: when it opens next.
    pub opens_at: Option<Timestamp>,
}

/// How one mailbox, relay or line is doing, for the people who run the place. `serve` keeps all of them in one
/// `watch::Sender<Vec<Adapter>>`; a screen is told of every change, so nothing in here may change by time alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adapter {
    /// Unique, as staff call it, for example `Mailbox permits` or `Mail relay`.
    pub name: String,
    pub state: AdapterState,
    /// What is wrong and where to look, for a person; no address and no secret of a customer.
    pub why: Option<String>,
    /// Since when it has been in this state.
    pub since: Option<Timestamp>,
    /// When the oldest thing reached it that is not done yet: how far it lags behind.
    pub oldest: Option<Timestamp>,
    /// When everything there was had last been done, or looked for in vain.
    pub last_success: Option<Timestamp>,
    /// Things not done yet.
    pub backlog: u32,
}

/// Worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterState {
    /// Nothing comes through.
    Down,
    /// Something comes through, but not all is as it should be.
    Degraded,
    Starting,
    /// Nothing had to go this way yet, so nobody knows.
    Untried,
    Up,
    /// It was told to stop.
    Stopped,
}
