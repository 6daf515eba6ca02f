//! The commands of a contact's life and of the reps who work on it, one function each.

use super::command::{Refusal, Target};
use super::contact::Stage;
use super::deadlines::Deadline;
use super::engine::{Engine, wrong_stage};
use super::event::*;
use super::ids::*;
use super::queue::{Settings, Widening};
use super::skill::Need;

/// The least that a contact waits for the one rep it was handed to.
pub const KEEP_FOR_NAMED: Span = Span::mins(2);

impl Engine {
    /// Do everything that is due, soonest first.
    pub(super) fn tick(&mut self) {
        while let Some(due) = self.state.deadlines.due(self.now()) {
            self.fire(due);
            self.settle();
        }
    }

    fn fire(&mut self, due: Deadline) {
        match due {
            Deadline::OfferExpires(contact) => {
                let Some(Stage::Offered { offer, rep, .. }) = self.state.contacts.get(contact).map(|c| c.stage) else {
                    return;
                };
                self.record(Event::Expired { offer, contact, rep });
                self.go(rep, Presence::Away(AwayReason::Missed), ReturnReason::SignedOut);
            }
            Deadline::WrapUpEnds(contact) => self.finish(contact),
            Deadline::GraceEnds(rep) => {
                self.record(Event::GraceEnded { rep });
                for contact in self.holdings(rep) {
                    let held = self.state.contacts.get(contact).expect("held contacts are open");
                    let live = self.state.rules().channel(held.channel).live;
                    if live && matches!(held.stage, Stage::Active { .. }) {
                        self.record(Event::Returned { contact, rep, why: ReturnReason::GraceOver });
                    }
                }
            }
            Deadline::PatienceEnds(contact) => self.abandon(contact),
            Deadline::ParkEnds(contact) => self.unpark(contact),
            Deadline::ReservationEnds(contact) => self.record(Event::ReservationEnded { contact }),
            Deadline::BarEnds(contact, rep) => self.record(Event::BarEnded { contact, rep }),
            Deadline::Widens(contact) => self.widen(contact),
            Deadline::EmergencyClimbs(contact) => {
                let rung = self.state.contacts.get(contact).and_then(|c| c.extras.as_ref()?.rung);
                let to = if rung.is_none() { Rung::Supervisors } else { Rung::OnCall };
                self.record(Event::EmergencyEscalated { contact, to });
            }
        }
    }

    /// A rep comes or goes. Going away takes their offers back; signing out gives everything back.
    pub(super) fn go(&mut self, rep: RepId, presence: Presence, why: ReturnReason) {
        let before = self.state.reps[&rep].presence;
        if before != presence {
            self.record(Event::PresenceChanged { rep, presence });
        }
        if presence == Presence::Available {
            return;
        }
        self.withdraw_offers(rep, WithdrawReason::RepAway);
        self.release_reserved(rep);
        if presence == Presence::Offline {
            self.withdraw_alarms(rep);
            self.hand_back(rep, why);
        }
    }

    pub(super) fn disconnect(&mut self, rep: RepId) -> Result<(), Refusal> {
        if !self.rep_known(rep)?.connected {
            return Ok(());
        }
        if !self.state.reps[&rep].is_signed_in() || self.state.settings.is_none() {
            let until = self.now();
            self.record(Event::RepDisconnected { rep, until });
            return Ok(());
        }
        let until = self.now() + self.state.rules().rep_grace;
        self.record(Event::RepDisconnected { rep, until });
        self.withdraw_offers(rep, WithdrawReason::RepDisconnected);
        self.release_reserved(rep);
        Ok(())
    }

    pub(super) fn remove_rep(&mut self, rep: RepId) -> Result<(), Refusal> {
        self.rep_known(rep)?;
        self.go(rep, Presence::Offline, ReturnReason::RepRemoved);
        for contact in self.holdings(rep) {
            self.record(Event::Returned { contact, rep, why: ReturnReason::RepRemoved });
        }
        self.record(Event::RepRemoved { rep });
        Ok(())
    }

    fn holdings(&self, rep: RepId) -> Vec<ContactId> {
        self.state.reps[&rep].holds.iter().copied().collect()
    }

    fn hand_back(&mut self, rep: RepId, why: ReturnReason) {
        for contact in self.holdings(rep) {
            match self.state.contacts.get(contact).map(|c| c.stage) {
                Some(Stage::Active { .. }) => self.record(Event::Returned { contact, rep, why }),
                Some(Stage::WrapUp { .. }) => self.finish(contact),
                _ => {} // parked: comes back when the customer answers
            }
        }
    }

    fn withdraw_offers(&mut self, rep: RepId, why: WithdrawReason) {
        for contact in self.holdings(rep) {
            self.withdraw(contact, why);
        }
    }

    fn withdraw_alarms(&mut self, rep: RepId) {
        let alarms: Vec<OfferId> = self.state.reps[&rep].alarms.iter().copied().collect();
        for offer in alarms {
            let contact = self.state.offers[&offer].contact;
            self.record(Event::Withdrawn { offer, contact, rep, why: WithdrawReason::RepAway });
        }
    }

    fn release_reserved(&mut self, rep: RepId) {
        let own = self.state.lines.own.get(&rep);
        let kept: Vec<ContactId> = own.into_iter().flatten().map(|(_, contact)| *contact).collect();
        for contact in kept {
            self.record(Event::ReservationEnded { contact });
        }
    }

    /// Take back every open offer of a contact.
    fn withdraw(&mut self, contact: ContactId, why: WithdrawReason) {
        let Some(open) = self.state.contacts.get(contact) else { return };
        let mut offers = open.alarms().to_vec();
        if let Stage::Offered { offer, rep, .. } = open.stage {
            offers.push((offer, rep));
        }
        for (offer, rep) in offers {
            self.record(Event::Withdrawn { offer, contact, rep, why });
        }
    }

    /// The roster or plan changed: offers and reservations stand only where the rep still serves.
    pub(super) fn withdraw_unserved(&mut self) {
        let unserved: Vec<(OfferId, ContactId, RepId)> = (self.state.offers.iter())
            .filter(|(_, offer)| {
                let contact = self.state.contacts.get(offer.contact).expect("offered contacts are open");
                let ability = &self.state.reps[&offer.rep].profile.ability;
                !contact.is_emergency() && !ability.serves(self.state.need(contact.need))
            })
            .map(|(id, offer)| (*id, offer.contact, offer.rep))
            .collect();
        for (offer, contact, rep) in unserved {
            self.record(Event::Withdrawn { offer, contact, rep, why: WithdrawReason::NoLongerServes });
        }
        let unkept: Vec<ContactId> = (self.state.lines.own.iter())
            .flat_map(|(rep, own)| own.iter().map(move |(_, contact)| (*rep, *contact)))
            .filter(|(rep, contact)| {
                let need = self.state.contacts.get(*contact).expect("waiting contacts are open").need;
                !self.state.reps[rep].profile.ability.serves(self.state.need(need))
            })
            .map(|(_, contact)| contact)
            .collect();
        for contact in unkept {
            self.record(Event::ReservationEnded { contact });
        }
    }

    pub(super) fn customer_wrote(&mut self, contact: ContactId, danger: bool) -> Result<(), Refusal> {
        match self.open(contact)?.stage {
            Stage::Parked { .. } => self.unpark(contact),
            Stage::WrapUp { rep, .. } => self.record(Event::Resumed { contact, rep }),
            Stage::Waiting | Stage::Offered { .. } | Stage::Active { .. } => {}
        }
        if danger {
            self.raise(contact);
        }
        Ok(())
    }

    /// Sorted anew first, so that a parked one waits for its rep only if they serve it. An emergency that waits is offered to
    /// everyone already, and its alarms are not to be withdrawn for this.
    pub(super) fn language_told(
        &mut self,
        contact: ContactId,
        danger: bool,
        assumed: Word,
        queue: Word,
        need: Need,
        urgency: Urgency,
    ) -> Result<(), Refusal> {
        let open = self.open(contact)?;
        let waits = matches!(open.stage, Stage::Waiting | Stage::Offered { .. });
        let is_assumed = self.state.need(open.wanted).language == assumed;
        let urgency = open.urgency.min(urgency);
        if is_assumed && !(waits && open.is_emergency()) {
            self.reclassify(contact, None, queue, need, urgency)?;
        }
        self.customer_wrote(contact, danger)
    }

    /// Whoever has it may write, while it is parked or wrapped up as well. In a conversation, danger that is answered need
    /// not climb any further.
    pub(super) fn rep_wrote(&mut self, contact: ContactId, rep: RepId) -> Result<(), Refusal> {
        let open = self.held(contact, rep, |_| true)?;
        if matches!(open.stage, Stage::Active { .. }) && open.is_unacknowledged() {
            self.record(Event::EmergencyAcknowledged { contact, by: rep });
        }
        Ok(())
    }

    /// Make an open contact an emergency, wherever it is in its life. A rep who is talking to the person goes on.
    fn raise(&mut self, id: ContactId) {
        let Some(contact) = self.state.contacts.get(id).filter(|c| !c.is_emergency()) else { return };
        let (queue, need, since) = (contact.queue, contact.wanted, contact.since);
        self.withdraw(id, WithdrawReason::Emergency);
        let urgency = Urgency::Emergency;
        let place = Place { queue, need, urgency, since, order: self.order(since, urgency), reserved: None };
        self.record(Event::EmergencyRaised { contact: id, place });
    }

    /// How long a contact waits for one named rep: like a person who comes back, but long enough to end a call.
    pub(super) fn hold_for_named(&self, channel: Channel) -> Span {
        self.state.rules().channel(channel).prefer_for.max(KEEP_FOR_NAMED)
    }

    /// A new wait, first for the rep who had it.
    fn unpark(&mut self, id: ContactId) {
        let Some(contact) = self.state.contacts.get(id) else { return };
        let (queue, urgency, need) = (contact.queue, contact.urgency, contact.wanted);
        let hold = self.hold_for_named(contact.channel);
        let reserved = contact.owner().and_then(|rep| self.reservation(rep, need, hold));
        let (since, order) = (self.now(), self.order(self.now(), urgency));
        self.record(Event::Unparked { contact: id, place: Place { queue, need, urgency, since, order, reserved } });
    }

    pub(super) fn customer_left(&mut self, id: ContactId) -> Result<(), Refusal> {
        let contact = self.open(id)?;
        if contact.customer_away() || contact.is_callback() {
            return Ok(());
        }
        let rules = self.state.rules().channel(contact.channel);
        let waits = rules.live && matches!(contact.stage, Stage::Waiting | Stage::Offered { .. });
        let until = waits.then(|| self.now() + rules.patience);
        self.record(Event::CustomerLeft { contact: id, until });
        Ok(())
    }

    pub(super) fn customer_ended(&mut self, id: ContactId) -> Result<(), Refusal> {
        let contact = self.open(id)?;
        match contact.stage {
            Stage::Waiting | Stage::Offered { .. } => self.abandon(id),
            Stage::Active { .. } if !contact.customer_away() => {
                self.record(Event::CustomerLeft { contact: id, until: None });
            }
            Stage::Active { .. } => {}
            Stage::Parked { rep, .. } => {
                let disposition = Disposition::NoContact;
                self.record(Event::Closed { contact: id, rep: Some(rep), disposition });
            }
            Stage::WrapUp { .. } => return Err(wrong_stage(contact)),
        }
        Ok(())
    }

    fn abandon(&mut self, contact: ContactId) {
        self.withdraw(contact, WithdrawReason::CustomerGone);
        self.record(Event::Closed { contact, rep: None, disposition: Disposition::Abandoned });
    }

    pub(super) fn reclassify(
        &mut self,
        contact: ContactId,
        by: Option<RepId>,
        queue: Word,
        need: Need,
        urgency: Urgency,
    ) -> Result<(), Refusal> {
        let queue = self.queue_named(queue)?;
        let open = self.open(contact)?;
        let since = open.since;
        if need.channel != open.channel {
            return Err(Refusal::BadPlan("a contact keeps its channel".into()));
        }
        // a person who sorts it anew decides anew who is asked first
        let prefer = open.reserved().filter(|_| by.is_none()).map(|kept| kept.rep);
        self.withdraw(contact, WithdrawReason::Reclassified);
        let place = self.place(queue, need, urgency, since, prefer);
        self.record(Event::Reclassified { contact, by, place });
        Ok(())
    }

    pub(super) fn offer_to(&self, offer: OfferId, rep: RepId) -> Result<ContactId, Refusal> {
        let open = self.state.offers.get(&offer).filter(|o| o.rep == rep);
        open.map(|o| o.contact).ok_or(Refusal::OfferGone)
    }

    pub(super) fn accept(&mut self, offer: OfferId, rep: RepId) -> Result<(), Refusal> {
        let contact = self.offer_to(offer, rep)?;
        let others: Vec<(OfferId, RepId)> =
            self.open(contact)?.alarms().iter().filter(|(o, _)| *o != offer).copied().collect();
        self.record(Event::Accepted { offer, contact, rep });
        for (offer, rep) in others {
            self.record(Event::Withdrawn { offer, contact, rep, why: WithdrawReason::Taken });
        }
        Ok(())
    }

    pub(super) fn transfer(&mut self, id: ContactId, by: RepId, to: Target) -> Result<(), Refusal> {
        let contact = self.held(id, by, |stage| matches!(stage, Stage::Active { .. } | Stage::Parked { .. }))?;
        let (since, urgency, queue, wanted) = (contact.since, contact.urgency, contact.queue, contact.wanted);
        let (order, hold) = (self.order(since, urgency), self.hold_for_named(contact.channel));
        let place = match to {
            Target::Rep(rep) => {
                let there = self.rep_known(rep)?;
                match there.presence {
                    Presence::Offline => return Err(Refusal::SignedOut(rep)),
                    Presence::Away(_) => return Err(Refusal::Away(rep)),
                    Presence::Available => {}
                }
                let reserved = self.reservation(rep, wanted, hold);
                if reserved.is_none() {
                    return Err(Refusal::DoesNotServe { rep, contact: id });
                }
                Place { queue, need: wanted, urgency, since, order, reserved }
            }
            Target::Queue(name) => {
                let queue = self.queue_named(name)?;
                let need = Need { skills: Vec::new(), ..self.state.need(wanted).clone() };
                Place { queue, need: self.need_in(queue, need), urgency, since, order, reserved: None }
            }
            Target::Need { language, skills } => {
                let need = Need { language, skills, ..self.state.need(wanted).clone() };
                Place { queue, need: self.need_in(queue, need), urgency, since, order, reserved: None }
            }
        };
        self.record(Event::Transferred { contact: id, by, place });
        Ok(())
    }

    pub(super) fn close(&mut self, id: ContactId, rep: RepId, disposition: Disposition) -> Result<(), Refusal> {
        let contact = self.held(id, rep, |s| matches!(s, Stage::Active { .. } | Stage::Parked { .. }))?;
        let wrap_up = self.state.rules().queues[usize::from(contact.queue.0)].wrap_up;
        if matches!(contact.stage, Stage::Active { .. }) && wrap_up > Span::ZERO {
            let until = self.now() + wrap_up;
            self.record(Event::WrapUpStarted { contact: id, rep, until, disposition });
        } else {
            self.record(Event::Closed { contact: id, rep: Some(rep), disposition });
        }
        Ok(())
    }

    /// After-contact work is over.
    pub(super) fn finish(&mut self, contact: ContactId) {
        if let Some(Stage::WrapUp { rep, disposition, .. }) = self.state.contacts.get(contact).map(|c| c.stage) {
            self.record(Event::Closed { contact, rep: Some(rep), disposition });
        }
    }

    pub(super) fn assign(&mut self, contact: ContactId, to: RepId, by: RepId) -> Result<(), Refusal> {
        let right = |stage| {
            matches!(stage, Stage::Waiting | Stage::Offered { .. } | Stage::Active { .. } | Stage::Parked { .. })
        };
        self.in_stage(contact, right)?;
        if !self.rep_known(to)?.is_signed_in() {
            return Err(Refusal::SignedOut(to));
        }
        self.withdraw(contact, WithdrawReason::Assigned);
        self.record(Event::Assigned { contact, to, by });
        Ok(())
    }

    fn widen(&mut self, contact: ContactId) {
        let Some(open) = self.state.contacts.get(contact) else { return };
        let (queue, narrow, step) = (open.queue, open.need, open.widened);
        let need = match self.wider.get(&(queue, narrow, step)) {
            Some(known) => *known,
            None => {
                let settings = self.state.rules();
                let widening = settings.queues[usize::from(queue.0)].widen[usize::from(step)].widening;
                let wider = widened(self.state.need(narrow).clone(), widening, settings);
                let need = self.need_id(wider);
                self.wider.insert((queue, narrow, step), need);
                need
            }
        };
        self.record(Event::Widened { contact, step, need });
    }
}

/// The need after one more step; never narrower.
pub(super) fn widened(mut need: Need, widening: Widening, settings: &Settings) -> Need {
    match widening {
        Widening::Interpreter => {
            let house = settings.house_language;
            need.interpreter = need.interpreter.or((need.language != house).then_some(house));
        }
        Widening::Lower { skill, by } => {
            for s in need.skills.iter_mut().chain(&mut need.or_skills).filter(|s| s.skill == skill) {
                s.level = s.level.saturating_sub(by).max(1);
            }
        }
        Widening::Without { skill } => {
            need.skills.retain(|s| s.skill != skill);
            let had_other = !need.or_skills.is_empty();
            need.or_skills.retain(|s| s.skill != skill);
            if had_other && need.or_skills.is_empty() {
                need.skills.clear(); // the other queue's reps need nothing more: anyone may serve
            }
        }
        Widening::AlsoQueue { queue } => {
            let also = settings.queues.iter().find(|q| q.name == queue);
            if let Some(also) = also.filter(|_| need.or_skills.is_empty() && !need.skills.is_empty()) {
                need.or_skills = also.skills.to_vec();
                if need.or_skills.is_empty() {
                    need.skills.clear(); // a queue without skills of its own: anyone may serve
                }
            }
        }
    }
    need
}
