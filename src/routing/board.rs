//! What the board and a rep's console show of the state: counts, cards and lists, read-only.

use super::event::Reason;
use super::ids::*;
use super::skill::Need;
use serde::Serialize;

/// All that waits and all who work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Board {
    pub at: Timestamp,
    /// One cell a channel × language × urgency × queue with someone waiting.
    pub waiting: Vec<WaitingCell>,
    pub reps: Vec<RepCard>,
    /// Emergencies that no person has acknowledged, oldest first.
    pub unacknowledged: Vec<ContactId>,
    /// The longest waiting, first served first; at most 50.
    pub next: Vec<WaitingContact>,
    pub opened: u64,
    pub closed: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitingCell {
    pub channel: Channel,
    pub language: Word,
    pub urgency: Urgency,
    pub queue: Word,
    pub count: u32,
    pub oldest: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitingContact {
    pub contact: ContactId,
    pub channel: Channel,
    pub language: Word,
    pub urgency: Urgency,
    pub queue: Word,
    pub since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RepCard {
    pub rep: RepId,
    pub name: Word,
    #[serde(flatten)]
    pub presence: Presence,
    /// A live screen is there.
    pub connected: bool,
    pub load: u16,
    pub capacity: u16,
    pub offers: u32,
    pub active: u32,
    pub parked: u32,
    pub wrapping_up: u32,
    /// Since the last contact ended or the rep became available.
    pub idle_since: Option<Timestamp>,
}

/// What one rep has before them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Desk {
    pub rep: RepId,
    #[serde(flatten)]
    pub presence: Presence,
    pub load: u16,
    pub capacity: u16,
    pub offers: Vec<OpenOffer>,
    /// Active, parked and in wrap-up, oldest first.
    pub contacts: Vec<HeldContact>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenOffer {
    pub id: OfferId,
    pub contact: ContactId,
    pub channel: Channel,
    pub urgency: Urgency,
    pub queue: Word,
    pub need: Need,
    pub reason: Reason,
    /// `None`: an emergency stands until someone takes it.
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldContact {
    pub contact: ContactId,
    pub channel: Channel,
    pub urgency: Urgency,
    pub queue: Word,
    pub need: Need,
    pub stage: HeldStage,
    pub since: Timestamp,
    /// When the wrap-up or the reminder ends.
    pub until: Option<Timestamp>,
    /// The customer's connection is away.
    pub customer_away: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldStage {
    Active,
    Parked,
    WrapUp,
}
