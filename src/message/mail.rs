//! A mail as it is remembered, whatever became of it.

use crate::routing::ids::{ContactId, RepId, Timestamp};
use serde::{Deserialize, Serialize};

/// Stands before the reason of a mail that would have been held, but speaks of danger and so is a contact at once.
pub const DANGER: &str = "danger:";

/// Stands before the reason of a mail that speaks of danger and is held all the same: its sender has rung too often within a
/// short time. A supervisor reads it first.
pub const DANGER_WAITS: &str = "danger_waits:";

/// Why a mail is held whose sender has opened too many contacts within a short time, or written too much on open ones.
pub const TOO_MANY_CONTACTS: &str = "too_many_contacts";
pub const TOO_MANY_MESSAGES: &str = "too_many_messages";

/// A mail as it is remembered, whatever became of it. Personal data: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Taken {
    /// Where it lay: `imap:{account}:{folder}:{uidvalidity}:{uid}`. Unique for ever.
    pub key: String,
    /// Name of the mailbox.
    pub mailbox: String,
    /// SHA-256 of its bytes, in hex: the file that holds them. `None` when they could not be fetched.
    pub digest: Option<String>,
    /// Whole size in bytes, as the server says.
    pub size: u64,
    /// When it reached the mailbox; waiting is counted from here.
    pub arrived: Option<Timestamp>,
    /// The sender's address.
    pub sender: Option<String>,
    pub subject: String,
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// The rule that decided its fate, as a word of `Why`, or why it cannot be read; perhaps behind `DANGER` or `DANGER_WAITS`.
    pub why: String,
    /// What its server found out about the sender.
    pub trust: Trust,
    /// It carries HTML that may be shown in a sandbox.
    pub html: bool,
    /// It carries quotation or signature that was folded away.
    pub folded: bool,
    /// Whom else it was sent to.
    pub also_to: AlsoTo,
}

/// The addresses of To and Cc that are neither ours nor the sender's: who else reads along. Nothing is ever sent to them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlsoTo {
    /// In their order, each once.
    pub addresses: Vec<String>,
    /// There were so many more.
    pub left_out: u32,
}

impl AlsoTo {
    pub fn is_nobody(&self) -> bool {
        self.addresses.is_empty() && self.left_out == 0
    }
}

impl Taken {
    /// It bears this address, however it is spelt.
    pub fn is_from(&self, address: &str) -> bool {
        self.sender.as_ref().is_some_and(|sender| sender.to_lowercase() == address.to_lowercase())
    }
}

/// Is the sender who they say they are?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// DMARC passed.
    Authentic,
    /// Nothing was checked, or there is nothing to check by.
    #[default]
    Unknown,
    /// A check failed.
    Doubtful,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Taken").field("key", &self.key).field("why", &self.why).finish_non_exhaustive()
    }
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is a message of a contact.
    Message,
    /// It said what became of one of ours.
    Returned,
    /// Remembered, and nothing else.
    Nothing,
    /// A supervisor decides.
    Held,
    /// The same bytes were taken before.
    Copy,
    /// A supervisor decided that it is nothing.
    Discarded,
}

/// A mail with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMail {
    pub id: u64,
    pub mail: Taken,
    pub taken_at: Timestamp,
    pub fate: Fate,
    /// The contact and the number of the message it became.
    pub became: Option<(ContactId, u32)>,
    /// Who released or discarded it, and when.
    pub decided: Option<(RepId, Timestamp)>,
}
