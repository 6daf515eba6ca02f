//! What follows from a fact: where a contact stands, what it weighs on whom, what is due when. Kept with every change.

use super::contact::{Contact, Extras, Stage};
use super::deadlines;
use super::event::{Place, Reason};
use super::ids::*;
use super::lines::Spot;
use super::rep::Rep;
use super::state::State;
use std::cmp::Reverse;

/// In whose hands a contact is, and whether it weighs there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Held {
    rep: RepId,
    weighs: bool,
}

impl Held {
    fn of(contact: &Contact) -> Option<Held> {
        let rep = contact.rep()?;
        Some(Held { rep, weighs: !matches!(contact.stage, Stage::Parked { .. }) })
    }
}

impl State {
    /// Change a contact and everything derived from it: its spot, its rep's load, its deadlines.
    pub(super) fn change(&mut self, id: ContactId, f: impl FnOnce(&mut Contact)) {
        let Some(mut contact) = self.contacts.lift(id) else {
            debug_assert!(false, "an event about {id}, which is not open");
            return;
        };
        let (spot, key, need, held) = (Spot::of(&contact), (contact.order, id), contact.need, Held::of(&contact));
        self.disarm(&contact);
        f(&mut contact);
        contact.tidy_extras();
        if (Spot::of(&contact), contact.order, contact.need) == (spot, key.0, need) {
            self.fresh.extend(spot.map(|_| Reverse(key))); // who may take it may have changed all the same
        } else {
            self.leave(spot, key);
            self.stand(&contact);
        }
        if Held::of(&contact) != held {
            self.hold(held, &contact, false);
            self.hold(Held::of(&contact), &contact, true);
        }
        self.arm(&contact);
        self.contacts.put_down(contact);
    }

    pub(super) fn open(&mut self, id: ContactId, place: &Place, rule: Option<u16>) {
        let contact = Contact::at(id, self.need(place.need).channel, place, rule);
        self.enter(&contact);
        self.contacts.insert(contact);
        self.alarm(id, place.since);
    }

    /// Put what follows from a contact in place.
    pub(super) fn enter(&mut self, contact: &Contact) {
        self.stand(contact);
        self.hold(Held::of(contact), contact, true);
        self.arm(contact);
    }

    /// Take back what followed from a contact.
    pub(super) fn exit(&mut self, contact: &Contact) {
        self.leave(Spot::of(contact), (contact.order, contact.id));
        self.hold(Held::of(contact), contact, false);
        self.disarm(contact);
    }

    fn stand(&mut self, contact: &Contact) {
        if let Some(spot) = Spot::of(contact) {
            let key = (contact.order, contact.id);
            self.lines.stand(spot, key, &self.needs[contact.need.0 as usize], &mut self.profiles);
            self.fresh.push(Reverse(key));
        }
    }

    fn leave(&mut self, spot: Option<Spot>, key: (Order, ContactId)) {
        if let Some(spot) = spot {
            self.lines.leave(spot, key);
        }
    }

    fn arm(&mut self, contact: &Contact) {
        if let Some(settings) = &self.settings {
            deadlines::of_contact(contact, settings, |at, what| self.deadlines.set(at, what));
        }
    }

    fn disarm(&mut self, contact: &Contact) {
        if let Some(settings) = &self.settings {
            deadlines::of_contact(contact, settings, |at, what| self.deadlines.unset(at, what));
        }
    }

    /// A contact comes into, or goes out of, a rep's hands. A parked one weighs nothing.
    fn hold(&mut self, held: Option<Held>, contact: &Contact, on: bool) {
        let Some(Held { rep: id, weighs }) = held else { return };
        let (weight, live) = self.weight(contact.channel);
        let Some(rep) = self.reps.get_mut(&id) else { return };
        if on {
            rep.holds.insert(contact.id);
        } else {
            rep.holds.remove(&contact.id);
        }
        if weighs {
            let load = if live { &mut rep.live_load } else { &mut rep.deferred_load };
            let count = &mut rep.by_channel[contact.channel as usize];
            if on {
                *load += u32::from(weight);
                *count += 1;
            } else {
                *load -= u32::from(weight);
                *count -= 1;
                self.may_take(id);
            }
        }
        self.note_ready(id);
    }

    /// This rep may now find a contact.
    pub(super) fn may_take(&mut self, rep: RepId) {
        if let Err(at) = self.freed.binary_search(&rep) {
            self.freed.insert(at, rep);
        }
    }

    pub(super) fn set_rep(&mut self, id: RepId, profile: &super::command::Profile) {
        match self.reps.get_mut(&id) {
            Some(rep) => rep.profile = profile.clone(),
            None => {
                self.reps.insert(id, Rep::new(id, profile.clone()));
            }
        }
        if let Some(new) = self.profiles.enrol(id, &profile.ability) {
            self.lines.meet(new, &self.needs, &mut self.profiles);
        }
        self.note_ready(id);
        // scarcity may have moved, but only this rep can have become able
        self.may_take(id);
    }

    pub(super) fn change_rep(&mut self, id: RepId, f: impl FnOnce(&mut Rep)) {
        let Some(rep) = self.reps.get_mut(&id) else { return };
        if let Some((at, what)) = deadlines::of_rep(rep) {
            self.deadlines.unset(at, what);
        }
        f(rep);
        self.arm_rep(id);
    }

    pub(super) fn arm_rep(&mut self, id: RepId) {
        if let Some((at, what)) = self.reps.get(&id).and_then(deadlines::of_rep) {
            self.deadlines.set(at, what);
        }
        self.note_ready(id);
        self.may_take(id);
    }

    fn note_ready(&mut self, id: RepId) {
        let Some(rep) = self.reps.get(&id) else { return };
        let capacity = u32::from(rep.profile.capacity);
        let there = rep.is_available();
        self.profiles.set_ready(id, [there && rep.live_load < capacity, there && rep.load() < capacity]);
    }

    /// A new wait at a new place: what the old one knew of reps is forgotten, but for who handed it over.
    pub(super) fn stand_anew(&mut self, id: ContactId, place: &Place, at: Timestamp) {
        self.change(id, |c| {
            c.last_rep = c.owner().or(c.last_rep);
            c.stage = Stage::Waiting;
            (c.queue, c.urgency, c.since, c.order) = (place.queue, place.urgency, place.since, place.order);
            (c.need, c.wanted, c.widened) = (place.need, place.need, 0);
            let kept = c.extras.take().unwrap_or_default();
            let extras = c.extras_mut();
            let Extras { customer_away, callback, handed, .. } = *kept;
            *extras = Extras { customer_away, callback, handed, ..Extras::default() };
            extras.reserved = place.reserved;
        });
        self.alarm(id, at);
    }

    /// A waiting emergency starts to climb.
    pub(super) fn alarm(&mut self, id: ContactId, at: Timestamp) {
        let first = self.rules().ladder[0];
        if self.contacts.get(id).is_some_and(|c| c.is_emergency() && c.stage == Stage::Waiting) {
            self.change(id, |c| {
                let extras = c.extras_mut();
                (extras.acknowledged, extras.rung, extras.climbs_at) = (false, None, Some(at + first));
            });
        }
    }

    /// An offer ends without a taker: back to its place, and no longer kept for one rep.
    pub(super) fn take_back(&mut self, offer: OfferId, contact: ContactId, _at: Timestamp) {
        self.drop_offer(offer);
        self.change(contact, |c| {
            if matches!(c.stage, Stage::Offered { .. }) {
                c.stage = Stage::Waiting;
            }
            if c.extras.is_some() {
                c.extras_mut().reserved = None;
            }
        });
    }

    pub(super) fn drop_offer(&mut self, id: OfferId) -> Option<Reason> {
        let offer = self.offers.remove(&id)?;
        if self.reps.get(&offer.rep).is_some_and(|rep| rep.alarms.contains(&id)) {
            self.change(offer.contact, |c| c.extras_mut().alarms.retain(|(o, _)| *o != id));
            self.change_rep(offer.rep, |rep| {
                rep.alarms.remove(&id);
            });
        }
        Some(offer.reason)
    }

    /// The rep's idle clock starts again: something they had has ended.
    pub(super) fn rest(&mut self, rep: RepId, at: Timestamp) {
        if let Some(rep) = self.reps.get_mut(&rep) {
            rep.idle_since = at;
        }
    }

    /// Learn how long a contact of its channel takes.
    pub(super) fn worked(&mut self, id: ContactId, at: Timestamp) {
        if let Some(contact) = self.contacts.get(id)
            && let Stage::Active { since, .. } = contact.stage
        {
            self.handling[contact.channel as usize].learn(at - since);
        }
    }
}
