//! Why is this contact waiting, who could take it, what is each of them missing; why did it go to this one?

use super::contact::{Contact, Stage};
use super::engine::Engine;
use super::event::{Handed, Reason, Reservation};
use super::forecast::{self, Forecast};
use super::ids::*;
use super::rep::Rep;
use super::skill::{Lack, Need};
use super::work::widened;
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
    /// When the plan lets more serve it.
    pub next_widening: Option<Timestamp>,
    pub since: Timestamp,
    pub head_start: Span,
    /// How many stand before it for the same reps; counted to 999.
    pub ahead: Option<u32>,
    pub forecast: Option<Forecast>,
    pub reserved: Option<Reservation>,
    /// Who handed it over, as long as nobody has taken it since.
    pub handed: Option<Handed>,
    /// How long it would wait for a rep whom it is handed to.
    pub kept_for_named: Span,
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
    /// They handed it over and are not asked again until then.
    HandedOver {
        until: Timestamp,
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

/// Places in line are counted up to here.
pub const PLACE_MAX: u32 = 999;

impl Engine {
    /// Why is this contact still waiting, who could take it, what is each of them missing? `None` when it is closed.
    pub fn explain(&self, id: ContactId, now: Timestamp) -> Option<Explanation> {
        let state = &self.state;
        let contact = state.contacts.get(id)?;
        let waits = contact.stage == Stage::Waiting;
        let offers = state.offers.iter().filter(|(_, offer)| offer.contact == id);
        Some(Explanation {
            contact: id,
            stage: Word::new(contact.stage.name()).expect("stage names are short"),
            queue: self.queue_name(contact.queue),
            urgency: contact.urgency,
            need: state.need(contact.need).clone(),
            wanted: state.need(contact.wanted).clone(),
            widened_steps: contact.widened,
            next_widening: self.next_widening(contact).filter(|_| waits),
            since: contact.since,
            head_start: state.rules().head_start(contact.urgency),
            ahead: waits.then(|| state.ahead(contact, PLACE_MAX)),
            forecast: self.forecast(id, now),
            reserved: contact.reserved(),
            handed: contact.handed(),
            kept_for_named: self.hold_for_named(contact.channel),
            reps: state.reps.values().map(|rep| self.answer(rep, contact)).collect(),
            offers: offers.map(|(id, offer)| (*id, offer.rep, offer.reason)).collect(),
            owner: contact.owner(),
        })
    }

    /// The next step that changes anything; the plan may have some that do not for this need.
    fn next_widening(&self, contact: &Contact) -> Option<Timestamp> {
        let (rules, need) = (self.state.rules(), self.state.need(contact.need));
        let steps = rules.queues[usize::from(contact.queue.0)].widen.iter().skip(contact.widened.into());
        let mut steps = steps.filter(|_| !contact.is_emergency());
        steps.find(|step| widened(need.clone(), step.widening, rules) != *need).map(|step| contact.since + step.after)
    }

    fn answer(&self, rep: &Rep, contact: &Contact) -> RepAnswer {
        let lacks = rep.profile.ability.lacks(self.state.need(contact.need));
        let obstacles = self.obstacles(rep, contact);
        RepAnswer {
            rep: rep.id,
            name: rep.profile.name,
            could_take: lacks.is_empty() && obstacles.is_empty(),
            lacks,
            obstacles,
        }
    }

    fn obstacles(&self, rep: &Rep, contact: &Contact) -> Vec<Obstacle> {
        let rules = self.state.rules().channel(contact.channel);
        let mut obstacles = Vec::new();
        match rep.presence {
            Presence::Offline => obstacles.push(Obstacle::Offline),
            Presence::Away(reason) => obstacles.push(Obstacle::Away { reason }),
            Presence::Available => {}
        }
        if !rep.has_room(rules.weight, rules.live) {
            let load = u16::try_from(rep.load()).unwrap_or(u16::MAX);
            obstacles.push(Obstacle::Full { load, weight: rules.weight, capacity: rep.profile.capacity });
        }
        if rep.by_channel[contact.channel as usize] >= u16::from(rules.most) {
            obstacles.push(Obstacle::ChannelFull { channel: contact.channel, most: rules.most });
        }
        if let Some((_, until)) = contact.barred().iter().find(|(r, _)| *r == rep.id) {
            let until = *until;
            let handed = contact.handed().is_some_and(|handed| handed.by == rep.id);
            obstacles.push(if handed { Obstacle::HandedOver { until } } else { Obstacle::Declined { until } });
        }
        if let Some(kept) = contact.reserved().filter(|r| r.rep != rep.id) {
            obstacles.push(Obstacle::KeptForOther { rep: kept.rep, until: kept.until });
        }
        obstacles
    }

    /// The customer's place in line, 1 for the next; `None` when nobody waits. Counted to [`PLACE_MAX`].
    pub fn place_in_line(&self, id: ContactId) -> Option<u32> {
        let contact = self.state.contacts.get(id)?;
        match contact.stage {
            Stage::Waiting => Some((self.state.ahead(contact, PLACE_MAX) + 1).min(PLACE_MAX)),
            Stage::Offered { .. } => Some(1),
            _ => None,
        }
    }

    /// How long a waiting contact will wait from now; `None` when nobody who serves it is there, or it does not wait.
    pub fn forecast(&self, id: ContactId, _now: Timestamp) -> Option<Forecast> {
        let state = &self.state;
        let contact = state.contacts.get(id)?;
        let ahead = match contact.stage {
            Stage::Waiting => state.ahead(contact, PLACE_MAX),
            Stage::Offered { .. } => 0,
            _ => return None,
        };
        let rules = state.rules().channel(contact.channel);
        let need = state.need(contact.need);
        let slots = |rep: &Rep| {
            let by_weight = rep.profile.capacity / rules.weight.max(1);
            u32::from(by_weight.min(u16::from(rules.most)))
        };
        let serving = state.reps.values().filter(|rep| rep.is_available() && rep.profile.ability.serves(need));
        let hands = serving.map(slots).sum();
        forecast::wait(ahead, hands, state.handling[contact.channel as usize].mean(contact.channel))
    }
}
