//! A contact as the engine holds it, and the store of all open ones by number.

use super::event::{Handed, Place, Reason, Reservation, Rung, whole};
use super::ids::*;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// An open contact. About 100 bytes; what is rare lives in [`Extras`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    /// When this wait began; transfers and returned offers keep it.
    pub since: Timestamp,
    pub order: Order,
    pub stage: Stage,
    /// What it asks for now.
    pub need: NeedId,
    /// What it asked for before it was widened.
    pub wanted: NeedId,
    pub last_rep: Option<RepId>,
    pub queue: QueueId,
    pub rule: Option<u16>,
    pub channel: Channel,
    pub urgency: Urgency,
    /// Widening steps taken.
    pub widened: u8,
    pub extras: Option<Box<Extras>>,
}

/// Where a contact is in its life. Each fact has one home: the stage holds the rep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// In line; an emergency may be offered to many meanwhile.
    Waiting,
    Offered {
        offer: OfferId,
        rep: RepId,
        until: Timestamp,
    },
    Active {
        rep: RepId,
        since: Timestamp,
    },
    Parked {
        rep: RepId,
        until: Option<Timestamp>,
    },
    WrapUp {
        rep: RepId,
        until: Timestamp,
        disposition: Disposition,
    },
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Stage::Waiting => "waiting",
            Stage::Offered { .. } => "offered",
            Stage::Active { .. } => "active",
            Stage::Parked { .. } => "parked",
            Stage::WrapUp { .. } => "wrap_up",
        }
    }
}

/// What most contacts do not have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extras {
    /// Kept for one rep alone, for a while.
    pub reserved: Option<Reservation>,
    /// Who handed it over, until somebody takes it.
    pub handed: Option<Handed>,
    /// Reps who gave it back or handed it over and are not asked again until then.
    pub barred: Vec<(RepId, Timestamp)>,
    /// Open emergency offers.
    pub alarms: Vec<(OfferId, RepId)>,
    /// How far an unacknowledged emergency has climbed.
    pub rung: Option<Rung>,
    /// When it climbs next; `None` once acknowledged or at the top.
    pub climbs_at: Option<Timestamp>,
    /// A person has seen the emergency.
    pub acknowledged: bool,
    /// The customer's connection is away; until when a waiting contact keeps its place.
    pub customer_away: Option<Option<Timestamp>>,
    /// The customer is rung when the turn comes.
    pub callback: bool,
    /// Why it went to the rep who has it.
    #[serde(with = "whole::maybe")]
    pub reason: Option<Reason>,
}

impl Contact {
    pub fn at(id: ContactId, channel: Channel, place: &Place, rule: Option<u16>) -> Contact {
        let mut contact = Contact {
            id,
            since: place.since,
            order: place.order,
            stage: Stage::Waiting,
            need: place.need,
            wanted: place.need,
            last_rep: None,
            queue: place.queue,
            rule,
            channel,
            urgency: place.urgency,
            widened: 0,
            extras: None,
        };
        if let Some(reservation) = place.reserved {
            contact.extras_mut().reserved = Some(reservation);
        }
        contact
    }

    /// Another queue, need, urgency and order, wherever it is in its life.
    pub(super) fn sort(&mut self, place: &Place) {
        (self.queue, self.urgency, self.order) = (place.queue, place.urgency, place.order);
        (self.need, self.wanted) = (place.need, place.need);
    }

    /// The rep who has it or is asked to take it; not the many of an emergency.
    pub fn rep(&self) -> Option<RepId> {
        match self.stage {
            Stage::Waiting => None,
            Stage::Offered { rep, .. }
            | Stage::Active { rep, .. }
            | Stage::Parked { rep, .. }
            | Stage::WrapUp { rep, .. } => Some(rep),
        }
    }

    /// The rep who has it.
    pub fn owner(&self) -> Option<RepId> {
        match self.stage {
            Stage::Offered { .. } => None,
            _ => self.rep(),
        }
    }

    pub fn is_emergency(&self) -> bool {
        self.urgency == Urgency::Emergency
    }

    /// An emergency that climbs, or has climbed, the ladder because nobody has said that they have seen it.
    pub fn is_unacknowledged(&self) -> bool {
        let climbs = |e: &Extras| !e.acknowledged && (e.climbs_at.is_some() || e.rung.is_some());
        self.is_emergency() && self.extras.as_deref().is_some_and(climbs)
    }

    pub fn reserved(&self) -> Option<Reservation> {
        self.extras.as_ref().and_then(|e| e.reserved)
    }

    pub fn handed(&self) -> Option<Handed> {
        self.extras.as_ref().and_then(|e| e.handed)
    }

    pub fn barred(&self) -> &[(RepId, Timestamp)] {
        self.extras.as_ref().map_or(&[], |e| &e.barred)
    }

    pub fn is_barred(&self, rep: RepId) -> bool {
        self.barred().iter().any(|(r, _)| *r == rep)
    }

    pub fn alarms(&self) -> &[(OfferId, RepId)] {
        self.extras.as_ref().map_or(&[], |e| &e.alarms)
    }

    pub fn customer_away(&self) -> bool {
        self.extras.as_ref().is_some_and(|e| e.customer_away.is_some())
    }

    pub fn is_callback(&self) -> bool {
        self.extras.as_ref().is_some_and(|e| e.callback)
    }

    /// Why it went to the rep who has it.
    pub fn reason(&self) -> Option<Reason> {
        self.extras.as_ref().and_then(|e| e.reason)
    }

    pub(super) fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// Let go of the box when nothing in it is said any more.
    pub(super) fn tidy_extras(&mut self) {
        if self.extras.as_deref() == Some(&Extras::default()) {
            self.extras = None;
        }
    }
}

/// All open contacts. Numbers are dense and rising, so a window of slots finds one in a step and iterates in order.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    /// Slot of contact `first + index`; `GONE` when closed.
    window: VecDeque<u32>,
    first: u64,
    slots: Vec<Option<Contact>>,
    free: Vec<u32>,
}

const GONE: u32 = u32::MAX;

impl Contacts {
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, id: ContactId) -> Option<&Contact> {
        self.slot(id).and_then(|slot| self.slots[slot].as_ref())
    }

    /// In the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Contact> {
        self.window.iter().filter(|slot| **slot != GONE).filter_map(|slot| self.slots[*slot as usize].as_ref())
    }

    pub(super) fn insert(&mut self, contact: Contact) {
        let id = contact.id.0;
        if self.window.is_empty() {
            self.first = id;
        }
        while id < self.first {
            self.window.push_front(GONE);
            self.first -= 1;
        }
        while self.first + (self.window.len() as u64) <= id {
            self.window.push_back(GONE);
        }
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(contact);
                slot
            }
            None => {
                self.slots.push(Some(contact));
                (self.slots.len() - 1) as u32
            }
        };
        self.window[(id - self.first) as usize] = slot;
    }

    /// Take a contact in hand to change it; `put_down` brings it back.
    pub(super) fn lift(&mut self, id: ContactId) -> Option<Contact> {
        self.slot(id).and_then(|slot| self.slots[slot].take())
    }

    pub(super) fn put_down(&mut self, contact: Contact) {
        let slot = self.slot(contact.id).expect("only what was lifted is put down");
        self.slots[slot] = Some(contact);
    }

    pub(super) fn remove(&mut self, id: ContactId) -> Option<Contact> {
        let slot = self.slot(id)?;
        self.window[(id.0 - self.first) as usize] = GONE;
        while self.window.front() == Some(&GONE) {
            self.window.pop_front();
            self.first += 1;
        }
        self.free.push(slot as u32);
        self.slots[slot].take()
    }

    fn slot(&self, id: ContactId) -> Option<usize> {
        let index = id.0.checked_sub(self.first)?;
        let slot = *self.window.get(usize::try_from(index).ok()?)?;
        (slot != GONE).then_some(slot as usize)
    }
}
