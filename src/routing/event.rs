//! Everything that can happen, on one screen: the journal. Ids and decisions only, never a customer's words or name.

use super::command::{DeclineReason, Profile};
use super::ids::*;
use super::queue::Settings;
use super::skill::{Need, Way};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    // settings
    PlanSet {
        settings: Box<Settings>,
    },
    RepSet {
        rep: RepId,
        profile: Box<Profile>,
    },
    RepRemoved {
        rep: RepId,
    },
    NeedDefined {
        need: NeedId,
        definition: Box<Need>,
    },

    // reps
    PresenceChanged {
        rep: RepId,
        #[serde(flatten)]
        presence: Presence,
    },
    RepConnected {
        rep: RepId,
    },
    /// Live contacts are held until then, then go back to their place.
    RepDisconnected {
        rep: RepId,
        until: Timestamp,
    },
    GraceEnded {
        rep: RepId,
    },

    // a contact waits
    Received {
        contact: ContactId,
        #[serde(flatten)]
        place: Place,
        rule: Option<u16>,
    },
    Reopened {
        contact: ContactId,
        #[serde(flatten)]
        place: Place,
        rule: Option<u16>,
    },
    /// Back in line with the order it had: handed back by a rep who left, or by the engine.
    Returned {
        contact: ContactId,
        rep: RepId,
        why: ReturnReason,
    },
    /// The customer answered a parked contact, or its reminder is due: a new wait, first for the same rep.
    Unparked {
        contact: ContactId,
        #[serde(flatten)]
        place: Place,
    },
    Transferred {
        contact: ContactId,
        by: RepId,
        #[serde(flatten)]
        place: Place,
    },
    Reclassified {
        contact: ContactId,
        /// `None`: the customer's own words told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<RepId>,
        #[serde(flatten)]
        place: Place,
    },
    Widened {
        contact: ContactId,
        step: u8,
        need: NeedId,
    },
    /// Nobody waits for a particular rep any longer.
    ReservationEnded {
        contact: ContactId,
    },
    BarEnded {
        contact: ContactId,
        rep: RepId,
    },
    CallbackRequested {
        contact: ContactId,
    },
    CustomerLeft {
        contact: ContactId,
        until: Option<Timestamp>,
    },
    CustomerBack {
        contact: ContactId,
    },

    // offers
    Offered {
        offer: OfferId,
        contact: ContactId,
        rep: RepId,
        until: Option<Timestamp>,
        reason: Reason,
    },
    Accepted {
        offer: OfferId,
        contact: ContactId,
        rep: RepId,
    },
    Declined {
        offer: OfferId,
        contact: ContactId,
        rep: RepId,
        reason: DeclineReason,
        barred_until: Timestamp,
    },
    Expired {
        offer: OfferId,
        contact: ContactId,
        rep: RepId,
    },
    Withdrawn {
        offer: OfferId,
        contact: ContactId,
        rep: RepId,
        why: WithdrawReason,
    },

    // work
    Assigned {
        contact: ContactId,
        to: RepId,
        by: RepId,
    },
    Parked {
        contact: ContactId,
        rep: RepId,
        until: Option<Timestamp>,
    },
    Resumed {
        contact: ContactId,
        rep: RepId,
    },
    WrapUpStarted {
        contact: ContactId,
        rep: RepId,
        until: Timestamp,
        disposition: Disposition,
    },
    Closed {
        contact: ContactId,
        rep: Option<RepId>,
        disposition: Disposition,
    },

    // emergencies
    /// Danger was found in what a customer wrote later. Who waits is offered to everyone; who has it is told.
    EmergencyRaised {
        contact: ContactId,
        #[serde(flatten)]
        place: Place,
    },
    EmergencyEscalated {
        contact: ContactId,
        to: Rung,
    },
    EmergencyAcknowledged {
        contact: ContactId,
        by: RepId,
    },
}

/// Where a contact stands in line from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub queue: QueueId,
    pub need: NeedId,
    pub urgency: Urgency,
    /// When this wait began.
    pub since: Timestamp,
    pub order: Order,
    /// Waits for this rep alone until then.
    pub reserved: Option<Reservation>,
}

/// A contact that waits for one rep alone, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    pub rep: RepId,
    pub until: Timestamp,
}

/// Who handed a contact over, and the rep it was meant for; `None`: for a queue, or for whoever can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    pub by: RepId,
    pub to: Option<RepId>,
}

/// Why this contact went to this rep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub plan: u32,
    pub rule: Option<u16>,
    pub need: NeedId,
    pub head_start: Span,
    /// How long it had waited.
    pub waited: Span,
    /// How many reps could have taken it at that moment.
    pub could_serve: u16,
    pub chosen: Chosen,
    /// How this rep serves the need. `None`: an emergency that they do not serve, or the event is older than this is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
    /// It had been handed over, and nobody had taken it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed: Option<Handed>,
}

/// A reason for snapshots: their format does not describe itself, so nothing may be left out.
pub(super) mod whole {
    use super::{Chosen, Deserialize, Handed, NeedId, Reason, Serialize, Span, Way};
    use serde::{Deserializer, Serializer};

    type Whole = ((u32, Option<u16>, NeedId, Span, Span, u16, Chosen), Option<Way>, Option<Handed>);

    fn whole(reason: Reason) -> Whole {
        let Reason { plan, rule, need, head_start, waited, could_serve, chosen, way, handed } = reason;
        ((plan, rule, need, head_start, waited, could_serve, chosen), way, handed)
    }

    fn reason(whole: Whole) -> Reason {
        let ((plan, rule, need, head_start, waited, could_serve, chosen), way, handed) = whole;
        Reason { plan, rule, need, head_start, waited, could_serve, chosen, way, handed }
    }

    pub fn serialize<S: Serializer>(value: &Reason, to: S) -> Result<S::Ok, S::Error> {
        whole(*value).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Reason, D::Error> {
        Whole::deserialize(from).map(reason)
    }

    /// The same where there may be none.
    pub mod maybe {
        use super::*;

        pub fn serialize<S: Serializer>(value: &Option<Reason>, to: S) -> Result<S::Ok, S::Error> {
            value.map(whole).serialize(to)
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Reason>, D::Error> {
            Ok(Option::<Whole>::deserialize(from)?.map(reason))
        }
    }
}

/// What decided between those who could serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// The only one who could.
    Only,
    /// The rep it was kept for.
    Preferred,
    /// Leaves the fewest scarce abilities unused.
    SparesScarce,
    LeastLoaded,
    LongestIdle,
    MostSkilled,
    /// All else was equal.
    LowestNumber,
    /// An emergency goes to everyone.
    Emergency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    SignedOut,
    GraceOver,
    RepRemoved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawReason {
    RepAway,
    RepDisconnected,
    /// Another rep has the emergency.
    Taken,
    CustomerGone,
    Reclassified,
    /// Danger was found: everyone is asked instead.
    Emergency,
    Assigned,
    /// The roster or plan changed and the rep no longer serves it.
    NoLongerServes,
}

/// How far an unacknowledged emergency has climbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    Supervisors,
    OnCall,
}

impl Event {
    /// The contact this is about, if it is about one.
    pub fn contact(&self) -> Option<ContactId> {
        use Event::*;
        match *self {
            Received { contact, .. }
            | Reopened { contact, .. }
            | Returned { contact, .. }
            | Unparked { contact, .. }
            | Transferred { contact, .. }
            | Reclassified { contact, .. }
            | Widened { contact, .. }
            | ReservationEnded { contact }
            | BarEnded { contact, .. }
            | CallbackRequested { contact }
            | CustomerLeft { contact, .. }
            | CustomerBack { contact }
            | Offered { contact, .. }
            | Accepted { contact, .. }
            | Declined { contact, .. }
            | Expired { contact, .. }
            | Withdrawn { contact, .. }
            | Assigned { contact, .. }
            | Parked { contact, .. }
            | Resumed { contact, .. }
            | WrapUpStarted { contact, .. }
            | Closed { contact, .. }
            | EmergencyRaised { contact, .. }
            | EmergencyEscalated { contact, .. }
            | EmergencyAcknowledged { contact, .. } => Some(contact),
            PlanSet { .. }
            | RepSet { .. }
            | RepRemoved { .. }
            | NeedDefined { .. }
            | PresenceChanged { .. }
            | RepConnected { .. }
            | RepDisconnected { .. }
            | GraceEnded { .. } => None,
        }
    }

    /// The rep this is about: who has the contact, gets it, gives it or is asked to take it.
    pub fn rep(&self) -> Option<RepId> {
        use Event::*;
        match *self {
            RepSet { rep, .. }
            | RepRemoved { rep }
            | PresenceChanged { rep, .. }
            | RepConnected { rep }
            | RepDisconnected { rep, .. }
            | GraceEnded { rep }
            | Returned { rep, .. }
            | Transferred { by: rep, .. }
            | BarEnded { rep, .. }
            | Offered { rep, .. }
            | Accepted { rep, .. }
            | Declined { rep, .. }
            | Expired { rep, .. }
            | Withdrawn { rep, .. }
            | Assigned { to: rep, .. }
            | Parked { rep, .. }
            | Resumed { rep, .. }
            | WrapUpStarted { rep, .. } => Some(rep),
            Closed { rep, .. } => rep,
            PlanSet { .. }
            | NeedDefined { .. }
            | Received { .. }
            | Reopened { .. }
            | Unparked { .. }
            | Reclassified { .. }
            | Widened { .. }
            | ReservationEnded { .. }
            | CallbackRequested { .. }
            | CustomerLeft { .. }
            | CustomerBack { .. }
            | EmergencyRaised { .. }
            | EmergencyEscalated { .. }
            | EmergencyAcknowledged { .. } => None,
        }
    }
}
