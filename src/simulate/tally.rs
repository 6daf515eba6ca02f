//! What happened to every contact, as it happens.

use super::customers::Customer;
use crate::plan::Plan;
use crate::routing::command::Arrival;
use crate::routing::ids::{Channel, ContactId, Span, Timestamp, Urgency, Word};

/// One contact's fate.
#[derive(Clone, Debug)]
pub struct Fate {
    /// Who it is, by their position among the customers.
    pub customer: usize,
    pub channel: Channel,
    pub language: Word,
    pub queue: Word,
    pub urgency: Urgency,
    pub came: Timestamp,
    /// First accepted by a rep.
    pub accepted: Option<Timestamp>,
    /// Left before a rep came.
    pub gave_up: Option<Timestamp>,
    pub ended: bool,
    /// Took a widened need: an interpreter or a lower level.
    pub widened: bool,
    pub asked: bool,
}

/// All fates, by contact number.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub fates: Vec<Fate>,
    /// Rang or came while closed.
    pub turned_away: u32,
    pub offers: u64,
    pub events: u64,
    pub commands: u64,
}

impl Tally {
    /// The next contact; the engine numbers them from 1 without gaps.
    pub fn came(&mut self, customer: usize, who: &Customer, arrival: &Arrival) {
        self.fates.push(Fate {
            customer,
            channel: who.channel,
            language: who.language,
            queue: arrival.queue,
            urgency: arrival.urgency,
            came: who.at,
            accepted: None,
            gave_up: None,
            ended: false,
            widened: false,
            asked: false,
        });
    }

    pub fn fate(&mut self, contact: ContactId) -> Option<&mut Fate> {
        self.fates.get_mut((contact.0 as usize).checked_sub(1)?)
    }
}

impl Fate {
    /// From coming to the first rep.
    pub fn waited(&self, plan: &Plan) -> Option<Span> {
        self.accepted.map(|accepted| self.wait_until(accepted, plan))
    }

    /// From coming to giving up.
    pub fn waited_in_vain(&self, plan: &Plan) -> Option<Span> {
        self.gave_up.map(|gave_up| self.wait_until(gave_up, plan))
    }

    /// On the line it is the wall's time; written contacts wait in open time.
    fn wait_until(&self, at: Timestamp, plan: &Plan) -> Span {
        if plan.channel(self.channel).live || self.urgency == Urgency::Emergency {
            at - self.came
        } else {
            plan.hours_of(self.queue).open_between(self.came, at)
        }
    }
}
