//! What must be sent and how it fares.

use crate::routing::ids::{Channel, ContactId, RepId, Timestamp, Word};
use serde::{Deserialize, Serialize};

/// What a letter is; the order is that of importance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A representative's answer.
    Reply,
    /// "We have your message."
    Acknowledgement,
    /// "Your request is closed", "we could not deliver".
    Notice,
    /// What was said in a chat.
    Transcript,
}

impl Kind {
    /// Nobody wrote it by hand (RFC 3834).
    pub fn is_automatic(self) -> bool {
        self != Kind::Reply
    }
}

/// Something to send, kept in the transaction that decided it. Personal data: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct NewDelivery {
    pub contact: ContactId,
    pub channel: Channel,
    pub kind: Kind,
    /// The address it goes to.
    pub to: String,
    pub language: Word,
    /// The person chose the language, or it is plain to see; else the house language follows.
    pub language_sure: bool,
    pub carries: Carries,
}

/// What a delivery says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// The programme's own words.
    Nothing,
    /// The message said on its contact just before it by the same job. When that message was there already, because it
    /// was sent twice, so was its delivery: none is added.
    JustSaid,
    /// The whole conversation up to now.
    Conversation,
}

/// A delivery with how it fares. Personal data: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: u64,
    pub contact: ContactId,
    /// The how-manieth of its contact, from 1.
    pub n: u32,
    pub channel: Channel,
    pub kind: Kind,
    pub to: String,
    pub language: Word,
    pub language_sure: bool,
    /// The message it carries.
    pub seq: Option<u32>,
    pub made_at: Timestamp,
    pub progress: Progress,
    /// Who of the staff has dealt with its not arriving, and when.
    pub settled: Option<(RepId, Timestamp)>,
}

/// The part of a delivery that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub state: DeliveryState,
    /// When it is tried next; while it is being sent, when its lease ends.
    pub due_at: Timestamp,
    /// Attempts put off by the other side.
    pub later: u32,
    /// The first of them.
    pub later_at: Option<Timestamp>,
    /// Attempts of which nobody knows what became.
    pub unknown: u32,
    /// What the other side said last; for staff.
    pub said: Option<String>,
    /// When it was over: taken over by the relay, given up, or left as it is. `None` before that, and where it was not noted.
    pub over_at: Option<Timestamp>,
    /// When a mail told that it had come back.
    pub returned_at: Option<Timestamp>,
}

impl Progress {
    /// Nothing was tried yet.
    pub fn new(due_at: Timestamp) -> Progress {
        let state = DeliveryState::Waiting;
        Progress { state, due_at, later: 0, later_at: None, unknown: 0, said: None, over_at: None, returned_at: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Waiting,
    /// A worker holds it, until its lease ends.
    Sending,
    Sent,
    /// Given up, or returned: a person must know.
    Failed,
    /// It may have arrived; trying again would risk sending it twice.
    Unknown,
}

impl DeliveryState {
    /// Nothing more is tried.
    pub fn is_over(self) -> bool {
        !matches!(self, DeliveryState::Waiting | DeliveryState::Sending)
    }

    /// It has not arrived, as far as is known, and nothing more is tried.
    pub fn is_trouble(self) -> bool {
        matches!(self, DeliveryState::Failed | DeliveryState::Unknown)
    }
}

/// A delivery that is new or fares differently now. Nothing personal: screens hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faring {
    pub id: u64,
    pub contact: ContactId,
    /// The how-manieth of its contact, from 1.
    pub n: u32,
    pub channel: Channel,
    pub kind: Kind,
    /// The message it carries.
    pub seq: Option<u32>,
    pub state: DeliveryState,
}

impl std::fmt::Debug for NewDelivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewDelivery").field("contact", &self.contact).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("id", &self.id).field("contact", &self.contact).finish_non_exhaustive()
    }
}
