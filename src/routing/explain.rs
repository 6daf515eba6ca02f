//! Why is this contact waiting, who could take it, what is each of them missing; why did it go to this one?

use super::event::{Reason, Reservation};
use super::forecast::Forecast;
use super::ids::*;
use super::skill::{Lack, Need};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    pub contact: ContactId,
    /// `waiting`, `offered`, `active`, `parked` or `wrap_up`.
    pub stage: Word,
    pub queue: Word,
    pub urgency: Urgency,
    /// What it asks for now, and what it asked for before it was widened.
    pub need: Need,
    pub wanted: Need,
    pub widened_steps: u8,
    pub next_widening: Option<Timestamp>,
    pub since: Timestamp,
    pub head_start: Span,
    /// How many stand before it for the same reps; counted to 999.
    pub ahead: Option<u32>,
    pub forecast: Option<Forecast>,
    pub reserved: Option<Reservation>,
    /// Every rep and what keeps them from it.
    pub reps: Vec<RepAnswer>,
    /// The open offers, with their reasons.
    pub offers: Vec<(OfferId, RepId, Reason)>,
    /// Who has it.
    pub owner: Option<RepId>,
}

/// One rep's answer to "could you take this now?"
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RepAnswer {
    pub rep: RepId,
    pub name: Word,
    /// No obstacle and nothing lacking.
    pub could_take: bool,
    pub lacks: Vec<Lack>,
    pub obstacles: Vec<Obstacle>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "obstacle")]
pub enum Obstacle {
    Offline,
    Away {
        reason: AwayReason,
    },
    /// What they hold leaves no room for this weight.
    Full {
        load: u16,
        weight: u16,
        capacity: u16,
    },
    /// They hold as many of this channel as one may.
    ChannelFull {
        channel: Channel,
        most: u8,
    },
    /// They declined it and are not asked again until then.
    Declined {
        until: Timestamp,
    },
    /// It is kept for another rep until then.
    KeptForOther {
        rep: RepId,
        until: Timestamp,
    },
}
