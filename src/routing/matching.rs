//! Who gets what next: the best rep for a contact, the best contact for a rep. Reads the state, changes nothing.

use super::contact::{Contact, Stage};
use super::event::Chosen;
use super::ids::*;
use super::lines::LineId;
use super::queue::Policy;
use super::rep::Rep;
use super::skill::Need;
use super::state::State;
use std::cmp::Reverse;

/// A contact and the rep who shall have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    pub contact: ContactId,
    pub rep: RepId,
    /// How many reps could have taken it now.
    pub could_serve: u16,
    pub chosen: Chosen,
}

/// What reps are compared by under a policy; smaller is better, the number decides last.
type Rank = ([u64; 3], RepId);

impl State {
    /// Room for one more of this kind? Looks at load and the channel's limit, not at ability.
    pub fn has_room(&self, rep: &Rep, channel: Channel) -> bool {
        let rules = self.rules().channel(channel);
        rep.has_room(rules.weight, rules.live) && rep.by_channel[channel as usize] < u16::from(rules.most)
    }

    /// Could this rep be offered this contact at this moment?
    pub fn could_take(&self, rep: &Rep, contact: &Contact) -> bool {
        rep.is_available()
            && self.has_room(rep, contact.channel)
            && !contact.is_barred(rep.id)
            && contact.reserved().is_none_or(|r| r.rep == rep.id)
            && rep.profile.ability.serves(self.need(contact.need))
    }

    /// The next match, in the order in which people are served: the earliest contact that any rep can take, and the
    /// best rep for it. Looks only at what changed since all was settled.
    pub(super) fn next_match(&mut self) -> Option<Match> {
        let found = self.first_fresh();
        let mut earliest = found.map(|(key, _)| key);
        let mut freed = std::mem::take(&mut self.freed);
        freed.retain(|rep| match self.best_contact(*rep) {
            None => false, // offers only take room away: nothing more comes up for them
            Some(key) => {
                earliest = Some(earliest.map_or(key, |e| e.min(key)));
                true
            }
        });
        self.freed = freed;
        let key = earliest?;
        match found {
            Some((k, found)) if k == key => Some(found),
            _ => self.best_rep(key.1),
        }
    }

    /// The earliest changed contact that finds a rep; those that do not are done with.
    fn first_fresh(&mut self) -> Option<((Order, ContactId), Match)> {
        while let Some(&Reverse(key)) = self.fresh.peek() {
            let waits = self.contacts.get(key.1).is_some_and(|c| c.stage == Stage::Waiting && c.order == key.0);
            if let Some(found) = waits.then(|| self.best_rep(key.1)).flatten() {
                return Some((key, found));
            }
            self.fresh.pop();
        }
        None
    }

    /// The best of the reps who could take a waiting contact now, by its queue's policy.
    pub fn best_rep(&self, id: ContactId) -> Option<Match> {
        let contact = self.contacts.get(id)?;
        if contact.is_emergency() {
            return None; // offered to everyone instead
        }
        if let Some(reserved) = contact.reserved() {
            let able = self.reps.get(&reserved.rep).is_some_and(|rep| self.could_take(rep, contact));
            return able.then_some(Match { contact: id, rep: reserved.rep, could_serve: 1, chosen: Chosen::Preferred });
        }
        let need = self.need(contact.need);
        let policy = self.rules().queues[usize::from(contact.queue.0)].policy;
        let live = self.rules().channel(contact.channel).live;
        let ready = self.profiles.ready(live);
        if ready.is_empty() {
            return None; // so it is whenever many wait
        }
        let line = self.lines.of(contact.queue, contact.need)?;
        let (mut best, mut second, mut count) = (None::<Rank>, None::<Rank>, 0u16);
        for profile in line.profiles.both(ready) {
            let scarce = u64::from(self.profiles.scarce_unused(profile, need));
            for rep in &self.profiles.crew(profile).ready[usize::from(!live)] {
                let rep = &self.reps[rep];
                if !self.has_room(rep, contact.channel) || contact.is_barred(rep.id) {
                    continue;
                }
                count = count.saturating_add(1);
                let rank = rank(policy, rep, scarce, need);
                if best.is_none_or(|b| rank < b) {
                    second = best;
                    best = Some(rank);
                } else if second.is_none_or(|s| rank < s) {
                    second = Some(rank);
                }
            }
        }
        let best = best?;
        Some(Match { contact: id, rep: best.1, could_serve: count, chosen: chosen(policy, best, second) })
    }

    /// The earliest contact this rep could take now: their own line first in time like any other, then each line's head.
    pub(super) fn best_contact(&self, id: RepId) -> Option<(Order, ContactId)> {
        let rep = self.reps.get(&id).filter(|rep| rep.is_available())?;
        let room = Channel::ALL.map(|channel| self.has_room(rep, channel));
        if room.iter().all(|room| !room) {
            return None;
        }
        let mut best = self.lines.own.get(&id).and_then(|own| {
            own.iter().find(|(_, c)| self.contacts.get(*c).is_some_and(|c| self.could_take(rep, c))).copied()
        });
        let crew = self.profiles.crew(self.profiles.of(id)?);
        let lines = || crew.lines.iter().zip(room).filter(|(_, room)| *room).flat_map(|(lines, _)| lines);
        if let Some(first) = self.lines.earliest(lines())
            && best.is_none_or(|best| first < best)
        {
            let barred = self.contacts.get(first.1).is_some_and(|c| c.is_barred(id));
            best = if barred { self.best_not_barred(id, lines(), best) } else { Some(first) };
        }
        best
    }

    /// The same when the very first is one this rep gave back: look behind it, in every line.
    fn best_not_barred<'a>(
        &self,
        id: RepId,
        lines: impl Iterator<Item = &'a LineId>,
        mut best: Option<(Order, ContactId)>,
    ) -> Option<(Order, ContactId)> {
        for line in lines.map(|line| self.lines.line(*line)) {
            let open = |key: &&(Order, ContactId)| self.contacts.get(key.1).is_some_and(|c| !c.is_barred(id));
            if let Some(&key) = line.waiting.iter().find(open) {
                best = Some(best.map_or(key, |best| best.min(key)));
            }
        }
        best
    }

    /// The next emergency offer that is missing: every signed-in rep hears every waiting emergency, oldest first.
    pub(super) fn next_alarm(&self) -> Option<(ContactId, RepId)> {
        if self.fresh.is_empty() && self.freed.is_empty() {
            return None;
        }
        self.lines.emergencies.iter().find_map(|(_, id)| {
            let contact = self.contacts.get(*id)?;
            let hears = |rep: &&Rep| {
                rep.is_signed_in() && !contact.is_barred(rep.id) && contact.alarms().iter().all(|(_, r)| *r != rep.id)
            };
            self.reps.values().find(hears).map(|rep| (*id, rep.id))
        })
    }

    /// How many stand before a waiting contact for any of the same reps, counted up to `most`.
    pub fn ahead(&self, contact: &Contact, most: u32) -> u32 {
        let mine = self.profiles.serving(self.need(contact.need));
        let key = (contact.order, contact.id);
        let mut ahead = self.lines.emergencies.iter().take_while(|k| **k != key).take(most as usize).count() as u32;
        if contact.is_emergency() {
            return ahead;
        }
        let someone = |profile| !self.profiles.crew(profile).members.is_empty();
        for line in self.lines.iter().filter(|line| line.profiles.both(&mine).any(someone)) {
            let room = (most - ahead.min(most)) as usize;
            ahead += line.waiting.range(..key).take(room).count() as u32;
        }
        ahead.min(most)
    }
}

fn rank(policy: Policy, rep: &Rep, scarce: u64, need: &Need) -> Rank {
    let share = u64::from(rep.share());
    let idle = rep.idle_since.0.max(0) as u64;
    let by = match policy {
        Policy::SpareScarce => [scarce, share, idle],
        Policy::LongestIdle => [idle, share, 0],
        Policy::LeastLoaded => [share, idle, 0],
        Policy::MostSkilled => [u64::MAX - skill_sum(rep, need), share, idle],
    };
    (by, rep.id)
}

/// The levels a rep has in the skills that are asked for, added up.
fn skill_sum(rep: &Rep, need: &Need) -> u64 {
    let asked = |skill: Word| need.skills.iter().any(|s| s.skill == skill);
    rep.profile.ability.skills.iter().filter(|s| asked(s.skill)).map(|s| u64::from(s.level)).sum()
}

/// What made the best better than the second.
fn chosen(policy: Policy, best: Rank, second: Option<Rank>) -> Chosen {
    let Some(second) = second else { return Chosen::Only };
    let names = match policy {
        Policy::SpareScarce => [Chosen::SparesScarce, Chosen::LeastLoaded, Chosen::LongestIdle],
        Policy::LongestIdle => [Chosen::LongestIdle, Chosen::LeastLoaded, Chosen::LowestNumber],
        Policy::LeastLoaded => [Chosen::LeastLoaded, Chosen::LongestIdle, Chosen::LowestNumber],
        Policy::MostSkilled => [Chosen::MostSkilled, Chosen::LeastLoaded, Chosen::LongestIdle],
    };
    (0..3).find(|i| best.0[*i] != second.0[*i]).map_or(Chosen::LowestNumber, |i| names[i])
}
