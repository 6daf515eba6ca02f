//! What the board and a rep's console show of the state: counts, cards and lists, read-only.

use super::contact::{Contact, Stage};
use super::engine::Engine;
use super::event::Reason;
use super::ids::*;
use super::queue::Settings;
use super::rep::Rep;
use super::skill::Need;
use serde::Serialize;
use std::collections::BTreeMap;

/// All that waits and all who work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Board {
    pub at: Timestamp,
    /// One cell a channel × language × urgency × queue with someone waiting.
    pub waiting: Vec<WaitingCell>,
    pub reps: Vec<RepCard>,
    /// Emergencies that no person has acknowledged, oldest first.
    pub unacknowledged: Vec<ContactId>,
    /// The longest waiting, first served first, those on offer among them; at most 50.
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
    /// Held for one rep until they answer; an emergency is offered to all and has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered: Option<OfferedTo>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OfferedTo {
    pub rep: RepId,
    pub until: Timestamp,
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
    /// Emergencies among those active and parked.
    pub emergencies: u32,
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

/// Most rows of "next in line" on the board.
const NEXT_MAX: usize = 50;

impl Engine {
    pub fn board(&self, now: Timestamp) -> Board {
        let state = &self.state;
        let mut cells: BTreeMap<(Channel, Word, Urgency, QueueId), (u32, Timestamp)> = BTreeMap::new();
        let waits = |c: &&Contact| matches!(c.stage, Stage::Waiting | Stage::Offered { .. });
        for contact in state.contacts.iter().filter(waits) {
            let key = (contact.channel, state.need(contact.wanted).language, contact.urgency, contact.queue);
            let cell = cells.entry(key).or_insert((0, contact.since));
            *cell = (cell.0 + 1, cell.1.min(contact.since));
        }
        let waiting = cells.into_iter().map(|((channel, language, urgency, queue), (count, oldest))| WaitingCell {
            channel,
            language,
            urgency,
            queue: self.queue_name(queue),
            count,
            oldest,
        });
        Board {
            at: now,
            waiting: waiting.collect(),
            reps: state.reps.values().map(|rep| self.card(rep)).collect(),
            unacknowledged: self.unacknowledged(),
            next: self.next_in_line(),
            opened: state.opened,
            closed: state.closed,
        }
    }

    /// Those in line, and those in a conversation in which danger came up.
    fn unacknowledged(&self) -> Vec<ContactId> {
        let held = self.state.reps.values().flat_map(|rep| &rep.holds);
        let held = held.filter(|id| self.contact(**id).is_some_and(Contact::is_unacknowledged));
        let waiting = self.state.lines.emergencies.iter().map(|(_, id)| id);
        let waiting = waiting.filter(|id| self.contact(**id).is_some_and(|c| !is_acknowledged(c)));
        let mut found: Vec<&Contact> = waiting.chain(held).filter_map(|id| self.contact(*id)).collect();
        found.sort_by_key(|contact| (contact.order, contact.id));
        found.into_iter().map(|contact| contact.id).collect()
    }

    fn next_in_line(&self) -> Vec<WaitingContact> {
        let (state, lines) = (&self.state, &self.state.lines);
        let held = state.reps.values().flat_map(|rep| &rep.holds).filter_map(|id| state.contacts.get(*id));
        let offered = held.filter(|c| matches!(c.stage, Stage::Offered { .. })).map(|c| (c.order, c.id));
        let heads = lines.iter().flat_map(|line| line.waiting.iter().take(NEXT_MAX));
        let own = lines.own.values().flatten();
        let mut first: Vec<_> = heads.chain(own).copied().chain(offered).collect();
        first.sort();
        let all = lines.emergencies.iter().copied().chain(first).take(NEXT_MAX);
        let card = |c: &Contact| WaitingContact {
            contact: c.id,
            channel: c.channel,
            language: state.need(c.wanted).language,
            urgency: c.urgency,
            queue: self.queue_name(c.queue),
            since: c.since,
            offered: match c.stage {
                Stage::Offered { rep, until, .. } => Some(OfferedTo { rep, until }),
                _ => None,
            },
        };
        all.filter_map(|(_, id)| state.contacts.get(id)).map(card).collect()
    }

    fn card(&self, rep: &Rep) -> RepCard {
        let mut card = RepCard {
            rep: rep.id,
            name: rep.profile.name,
            presence: rep.presence,
            connected: rep.connected,
            load: u16::try_from(rep.load()).unwrap_or(u16::MAX),
            capacity: rep.profile.capacity,
            offers: rep.alarms.len() as u32,
            active: 0,
            parked: 0,
            wrapping_up: 0,
            emergencies: 0,
            idle_since: None,
        };
        for contact in rep.holds.iter().filter_map(|id| self.state.contacts.get(*id)) {
            match contact.stage {
                Stage::Offered { .. } => card.offers += 1,
                Stage::Active { .. } => card.active += 1,
                Stage::Parked { .. } => card.parked += 1,
                Stage::WrapUp { .. } => card.wrapping_up += 1,
                Stage::Waiting => {}
            }
            let with_them = matches!(contact.stage, Stage::Active { .. } | Stage::Parked { .. });
            card.emergencies += u32::from(with_them && contact.is_emergency());
        }
        card.idle_since = (rep.is_available() && card.active + card.wrapping_up == 0).then_some(rep.idle_since);
        card
    }

    /// What one rep has before them; `None` when they are not on the roster.
    pub fn desk(&self, id: RepId, _now: Timestamp) -> Option<Desk> {
        let rep = self.state.reps.get(&id)?;
        let mut offers: Vec<OpenOffer> = rep.alarms.iter().filter_map(|offer| self.open_offer(*offer)).collect();
        let mut contacts = Vec::new();
        for contact in rep.holds.iter().filter_map(|id| self.state.contacts.get(*id)) {
            match contact.stage {
                Stage::Offered { offer, .. } => offers.extend(self.open_offer(offer)),
                _ => contacts.extend(self.held_contact(contact)),
            }
        }
        contacts.sort_by_key(|c: &HeldContact| (c.since, c.contact));
        let load = u16::try_from(rep.load()).unwrap_or(u16::MAX);
        Some(Desk { rep: id, presence: rep.presence, load, capacity: rep.profile.capacity, offers, contacts })
    }

    /// An open offer as its rep sees it.
    pub fn open_offer(&self, id: OfferId) -> Option<OpenOffer> {
        let offer = self.state.offers.get(&id)?;
        let contact = self.state.contacts.get(offer.contact)?;
        let expires_at = match contact.stage {
            Stage::Offered { until, .. } => Some(until),
            _ => None,
        };
        Some(OpenOffer {
            id,
            contact: offer.contact,
            channel: contact.channel,
            urgency: contact.urgency,
            queue: self.queue_name(contact.queue),
            need: self.state.need(contact.need).clone(),
            reason: offer.reason,
            expires_at,
        })
    }

    /// A contact as the rep who has it sees it; `None` while nobody has it.
    pub fn held_contact(&self, contact: &Contact) -> Option<HeldContact> {
        let (stage, since, until) = match contact.stage {
            Stage::Active { since, .. } => (HeldStage::Active, since, None),
            Stage::Parked { until, .. } => (HeldStage::Parked, contact.since, until),
            Stage::WrapUp { until, .. } => (HeldStage::WrapUp, contact.since, Some(until)),
            Stage::Waiting | Stage::Offered { .. } => return None,
        };
        Some(HeldContact {
            contact: contact.id,
            channel: contact.channel,
            urgency: contact.urgency,
            queue: self.queue_name(contact.queue),
            need: self.state.need(contact.need).clone(),
            stage,
            since,
            until,
            customer_away: contact.customer_away(),
        })
    }

    pub fn queue_name(&self, id: QueueId) -> Word {
        self.state.rules().queues[usize::from(id.0)].name
    }

    /// An open contact.
    pub fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.state.contacts.get(id)
    }

    /// All open contacts, in the order of their numbers.
    pub fn open_contacts(&self) -> impl Iterator<Item = &Contact> {
        self.state.contacts.iter()
    }

    /// The rep who has it: active, parked or in wrap-up.
    pub fn owner(&self, id: ContactId) -> Option<RepId> {
        self.contact(id).and_then(Contact::owner)
    }

    /// The reps it is offered to; many for an emergency.
    pub fn offered_to(&self, id: ContactId) -> Vec<RepId> {
        let Some(contact) = self.contact(id) else { return Vec::new() };
        match contact.stage {
            Stage::Offered { rep, .. } => vec![rep],
            _ => contact.alarms().iter().map(|(_, rep)| *rep).collect(),
        }
    }

    pub fn rep(&self, id: RepId) -> Option<&Rep> {
        self.state.reps.get(&id)
    }

    pub fn reps(&self) -> impl Iterator<Item = &Rep> {
        self.state.reps.values()
    }

    pub fn rep_named(&self, name: &str) -> Option<RepId> {
        self.reps().find(|rep| rep.profile.name.as_str() == name).map(|rep| rep.id)
    }

    pub fn settings(&self) -> Option<&Settings> {
        self.state.settings.as_deref()
    }

    pub fn need(&self, need: NeedId) -> &Need {
        self.state.need(need)
    }

    /// How many contacts were opened, and how many are open now.
    pub fn counts(&self) -> (u64, usize) {
        (self.state.opened, self.state.contacts.len())
    }
}

fn is_acknowledged(contact: &Contact) -> bool {
    contact.extras.as_ref().is_some_and(|e| e.acknowledged)
}
