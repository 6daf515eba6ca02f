//! Everything one can ask of the engine, on one screen. A refused command changes nothing.

use super::ids::*;
use super::queue::Settings;
use super::skill::{Ability, Need, SkillLevel};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Time has passed: do what is due.
    Tick,

    // settings
    SetPlan(Box<Settings>),
    SetRep {
        rep: RepId,
        profile: Box<Profile>,
    },
    RemoveRep {
        rep: RepId,
    },

    // reps
    SetPresence {
        rep: RepId,
        presence: Presence,
    },
    /// The rep's first live screen is there.
    Connect {
        rep: RepId,
    },
    /// The rep's last live screen is gone.
    Disconnect {
        rep: RepId,
    },

    // contacts
    Receive(Box<Arrival>),
    /// A customer wrote again on a closed contact: it waits once more, under its old number.
    Reopen {
        contact: ContactId,
        arrival: Box<Arrival>,
    },
    /// A customer wrote on an open contact; brings a parked one back.
    CustomerWrote {
        contact: ContactId,
        /// Words of danger were found in it: from now on it is an emergency.
        danger: bool,
    },
    /// The same, and their words tell for the first time which language they use. Unless somebody has corrected the one that
    /// was `assumed`, the contact stands where it would stand had that been known; whoever has it keeps it.
    LanguageTold {
        contact: ContactId,
        danger: bool,
        assumed: Word,
        queue: Word,
        need: Box<Need>,
        urgency: Urgency,
    },
    /// The customer's connection went away.
    CustomerLeft {
        contact: ContactId,
    },
    CustomerBack {
        contact: ContactId,
    },
    /// The customer ended it.
    CustomerEnded {
        contact: ContactId,
    },
    /// The customer hangs up and keeps the place in line.
    RequestCallback {
        contact: ContactId,
    },
    /// A person corrects what the contact needs; also "not an emergency".
    Reclassify {
        contact: ContactId,
        by: RepId,
        queue: Word,
        need: Box<Need>,
        urgency: Urgency,
    },
    AcknowledgeEmergency {
        contact: ContactId,
        by: RepId,
    },

    // offers
    Accept {
        offer: OfferId,
        rep: RepId,
    },
    Decline {
        offer: OfferId,
        rep: RepId,
        reason: DeclineReason,
    },

    // work
    /// The rep who has it wrote to the customer. Who answers an emergency has seen it.
    RepWrote {
        contact: ContactId,
        rep: RepId,
    },
    Park {
        contact: ContactId,
        rep: RepId,
        until: Option<Timestamp>,
    },
    Resume {
        contact: ContactId,
        rep: RepId,
    },
    Transfer {
        contact: ContactId,
        rep: RepId,
        to: Target,
    },
    Close {
        contact: ContactId,
        rep: RepId,
        disposition: Disposition,
    },
    EndWrapUp {
        contact: ContactId,
        rep: RepId,
    },
    /// A supervisor gives a waiting or held contact to a rep, over capacity if need be.
    Assign {
        contact: ContactId,
        to: RepId,
        by: RepId,
    },
}

/// A classified contact at the door.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    pub queue: Word,
    /// Without the queue's own skills; the engine adds them.
    pub need: Need,
    pub urgency: Urgency,
    /// The rep to wait for first: the last one, or one asked for by name.
    pub prefer: Option<RepId>,
    /// The plan's rule that decided, counted from 0; `None` for `otherwise`.
    pub rule: Option<u16>,
    /// When it reached the city, if before now: it has waited since then, for example in a mailbox.
    pub since: Option<Timestamp>,
}

/// A rep as the roster gives them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The sign-in name.
    pub name: Word,
    pub ability: Ability,
    /// The weights this rep can hold; usually 100.
    pub capacity: u16,
}

/// Where a transfer goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Rep(RepId),
    Queue(Word),
    Need { language: Word, skills: Vec<SkillLevel> },
}

/// Why a rep gave an offer back (story REP2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    NotMine,
    WrongLanguage,
    ConflictOfInterest,
    Unsafe,
    Busy,
}

/// Why a command was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("there is no open contact {0}")]
    NoSuchContact(ContactId),
    #[error("there is no rep {0}")]
    NoSuchRep(RepId),
    #[error("there is no queue named {0}")]
    NoSuchQueue(Word),
    #[error("that offer is gone")]
    OfferGone,
    #[error("contact {contact} is {stage} and cannot do that")]
    WrongStage { contact: ContactId, stage: Word },
    #[error("contact {0} belongs to another rep")]
    NotYours(ContactId),
    #[error("rep {0} is signed out")]
    SignedOut(RepId),
    #[error("rep {0} is away")]
    Away(RepId),
    #[error("rep {rep} does not serve what contact {contact} needs")]
    DoesNotServe { rep: RepId, contact: ContactId },
    #[error("the routing plan has not been set")]
    NoPlan,
    #[error("{0}")]
    BadPlan(String),
}
