//! How the oracle follows the journal: who has what after each event, and that no event is impossible.

use super::{Contact, Hands, Oracle, Rep};
use std::collections::BTreeSet;
use steelbridge::routing::event::{Event, Handed, Place};
use steelbridge::routing::ids::*;

impl Oracle {
    pub(super) fn apply(&mut self, at: Timestamp, event: &Event) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("impossible: {why}: {event:?}"));
        match *event {
            Event::PlanSet { ref settings } => self.settings = Some((**settings).clone()),
            Event::NeedDefined { need, ref definition } => {
                if self.needs.insert(need, (**definition).clone()).is_some() {
                    return wrong("a need defined twice");
                }
            }
            Event::RepSet { .. }
            | Event::RepRemoved { .. }
            | Event::PresenceChanged { .. }
            | Event::RepConnected { .. }
            | Event::RepDisconnected { .. }
            | Event::GraceEnded { .. } => self.apply_to_rep(at, event),
            Event::Received { contact, place, rule } | Event::Reopened { contact, place, rule } => {
                if matches!(event, Event::Received { .. }) {
                    self.opened += 1;
                    if contact.0 != self.opened {
                        return wrong("contacts are numbered without gaps");
                    }
                }
                self.check_place(at, at, &place).or_else(|why| wrong(&why))?;
                if self.contacts.insert(contact, fresh(place, rule)).is_some() {
                    return wrong("it was open already");
                }
            }
            Event::Offered { offer, contact, rep, until, .. } => {
                self.last_offer = offer.0;
                self.offers.insert(offer, (contact, rep));
                if until.is_some() {
                    self.hand(contact, Hands::OfferedTo(rep));
                }
            }
            Event::Accepted { offer, contact, rep }
            | Event::Declined { offer, contact, rep, .. }
            | Event::Expired { offer, contact, rep }
            | Event::Withdrawn { offer, contact, rep, .. } => {
                if self.offers.remove(&offer) != Some((contact, rep)) {
                    return wrong("there is no such offer");
                }
                self.offer_ends(event, contact, rep);
            }
            _ => return self.apply_to_contact(at, event),
        }
        Ok(())
    }

    fn apply_to_rep(&mut self, at: Timestamp, event: &Event) {
        match *event {
            Event::RepSet { rep, ref profile } => {
                let known = self.reps.entry(rep).or_insert_with(|| Rep {
                    profile: (**profile).clone(),
                    presence: Presence::Offline,
                    before: None,
                    idle_since: Timestamp(0),
                });
                known.profile = (**profile).clone();
            }
            Event::RepRemoved { rep } => drop(self.reps.remove(&rep)),
            Event::PresenceChanged { rep, presence } => self.with_rep(rep, |r| {
                if presence == Presence::Available && r.presence != Presence::Available {
                    r.idle_since = at;
                }
                (r.presence, r.before) = (presence, None);
            }),
            Event::RepConnected { rep } => self.with_rep(rep, |r| r.presence = r.before.take().unwrap_or(r.presence)),
            Event::RepDisconnected { rep, .. } => self.with_rep(rep, |r| {
                r.before = Some(r.presence);
                if r.presence == Presence::Available {
                    r.presence = Presence::Away(AwayReason::Disconnected);
                }
            }),
            Event::GraceEnded { rep } => self.with_rep(rep, |r| r.before = None),
            _ => unreachable!("only events about reps come here"),
        }
    }

    fn apply_to_contact(&mut self, at: Timestamp, event: &Event) -> Result<(), String> {
        let id = event.contact().expect("only events about contacts come here");
        self.check_contact(at, id, event).map_err(|why| format!("impossible: {why}: {event:?}"))?;
        let Some(contact) = self.contacts.get_mut(&id) else {
            return Err(format!("impossible: the contact is not open: {event:?}"));
        };
        let held_by = match contact.hands {
            Hands::With(rep) | Hands::ParkedBy(rep) => Some(rep),
            Hands::Nobody | Hands::OfferedTo(_) => None,
        };
        let mut rests = None;
        match *event {
            Event::Returned { rep, .. } => {
                contact.hands = Hands::Nobody;
                rests = Some(rep);
            }
            Event::Unparked { place, .. } => *contact = fresh(place, contact.rule),
            Event::Transferred { by, place, .. } => {
                *contact = fresh(place, contact.rule);
                if held_by == Some(by) {
                    contact.handed = Some(Handed { by, to: place.reserved.map(|kept| kept.rep) });
                    rests = Some(by);
                    if contact.reserved.is_none_or(|r| r.rep != by) {
                        contact.barred.insert(by);
                    }
                }
            }
            Event::Reclassified { place, .. } | Event::EmergencyRaised { place, .. }
                if contact.hands == Hands::Nobody =>
            {
                *contact = Contact { handed: contact.handed, ..fresh(place, contact.rule) }
            }
            Event::Reclassified { place, .. } | Event::EmergencyRaised { place, .. } => {
                contact.place = Place { since: contact.place.since, ..place }
            }
            Event::Widened { need, .. } => contact.place.need = need,
            Event::ReservationEnded { .. } => contact.reserved = None,
            Event::BarEnded { rep, .. } => drop(contact.barred.remove(&rep)),
            Event::Assigned { to, .. } => {
                rests = held_by;
                contact.hands = Hands::With(to);
                (contact.barred, contact.reserved, contact.handed) = (BTreeSet::new(), None, None);
            }
            Event::Parked { rep, .. } => {
                contact.hands = Hands::ParkedBy(rep);
                rests = Some(rep);
            }
            Event::Resumed { rep, .. } | Event::WrapUpStarted { rep, .. } => contact.hands = Hands::With(rep),
            Event::Closed { rep, .. } => {
                if matches!(contact.hands, Hands::OfferedTo(_)) || self.offers.values().any(|(c, _)| *c == id) {
                    return Err(format!("impossible: closed while offered: {event:?}"));
                }
                self.contacts.remove(&id);
                rests = rep;
            }
            _ => {} // nothing that matching looks at
        }
        if let Some(rep) = rests {
            self.with_rep(rep, |r| r.idle_since = at);
        }
        Ok(())
    }

    /// Could this happen to a contact in these hands?
    fn check_contact(&self, at: Timestamp, id: ContactId, event: &Event) -> Result<(), String> {
        let contact = self.contacts.get(&id).ok_or("the contact is not open")?;
        let held_by = |rep: RepId| contact.hands == Hands::With(rep) || contact.hands == Hands::ParkedBy(rep);
        let fits = match *event {
            Event::Returned { rep, .. } | Event::Resumed { rep, .. } | Event::Closed { rep: Some(rep), .. } => {
                held_by(rep)
            }
            Event::Parked { rep, .. } | Event::WrapUpStarted { rep, .. } => contact.hands == Hands::With(rep),
            Event::Closed { rep: None, .. } | Event::Widened { .. } => contact.hands == Hands::Nobody,
            Event::Unparked { place, .. } => {
                self.check_place(at, at, &place)?;
                matches!(contact.hands, Hands::ParkedBy(_))
            }
            Event::Transferred { by, place, .. } => {
                self.check_place(at, contact.place.since, &place)?;
                held_by(by)
            }
            Event::Reclassified { place, .. } | Event::EmergencyRaised { place, .. } => {
                self.check_place(at, contact.place.since, &place)?;
                true
            }
            _ => true,
        };
        if fits { Ok(()) } else { Err(format!("it is {:?}", contact.hands)) }
    }

    /// A place counts from the right moment, its order is that less the head start, and it is kept for someone who can.
    fn check_place(&self, at: Timestamp, since: Timestamp, place: &Place) -> Result<(), String> {
        let settings = self.settings.as_ref().ok_or("no plan")?;
        let order = Order(since.0 - settings.head_start(place.urgency).0);
        if (place.since, place.order) != (since, order) {
            return Err(format!("a place since {since:?} at {order:?} is due"));
        }
        let Some(kept) = place.reserved else { return Ok(()) };
        let serves = |r: &Rep| r.presence == Presence::Available && r.profile.ability.serves(&self.needs[&place.need]);
        if kept.until <= at || !self.reps.get(&kept.rep).is_some_and(serves) {
            return Err("it is kept for someone who is not there".into());
        }
        Ok(())
    }

    fn offer_ends(&mut self, event: &Event, id: ContactId, rep: RepId) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        match event {
            Event::Accepted { .. } => {
                contact.hands = Hands::With(rep);
                (contact.barred, contact.reserved, contact.handed) = (BTreeSet::new(), None, None);
            }
            _ => {
                if contact.hands == Hands::OfferedTo(rep) {
                    contact.hands = Hands::Nobody;
                }
                contact.reserved = None;
                if matches!(event, Event::Declined { .. }) {
                    contact.barred.insert(rep);
                }
            }
        }
    }

    fn hand(&mut self, id: ContactId, hands: Hands) {
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.hands = hands;
        }
    }

    fn with_rep(&mut self, id: RepId, change: impl FnOnce(&mut Rep)) {
        if let Some(rep) = self.reps.get_mut(&id) {
            change(rep);
        }
    }
}

fn fresh(place: Place, rule: Option<u16>) -> Contact {
    Contact { place, rule, hands: Hands::Nobody, barred: BTreeSet::new(), reserved: place.reserved, handed: None }
}
