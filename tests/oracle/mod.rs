//! The matching rule written the obvious way, as the judge of the engine's fast one: all contacts × all reps, every time.
//!
//! The oracle follows the journal. Whatever the engine decides about *other* things (a refusal, an expiry, a return) it
//! takes as given; every offer it works out for itself, and the two logs must be equal, event by event and hash for hash.
//!
//! The rule: first every signed-in rep is told of every waiting emergency, oldest first. Then, while a match exists: among
//! all waiting contacts the one with the smallest (order, number) that some rep can take now; of those reps the best by
//! the policy of its queue. A rep can take a contact when they are available, serve its need, have room for its weight and
//! its channel, did not give it back lately, and it is not kept for someone else.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use steelbridge::routing::command::Profile;
use steelbridge::routing::event::{Chosen, Event, Handed, Place, Reason, Reservation};
use steelbridge::routing::ids::*;
use steelbridge::routing::queue::{Policy, Settings};
use steelbridge::routing::skill::{Mode, Need, Way};

mod follow;

#[derive(Default)]
pub struct Oracle {
    settings: Option<Settings>,
    needs: BTreeMap<NeedId, Need>,
    reps: BTreeMap<RepId, Rep>,
    contacts: BTreeMap<ContactId, Contact>,
    offers: BTreeMap<OfferId, (ContactId, RepId)>,
    last_offer: u64,
    opened: u64,
    last_time: Timestamp,
    /// Running hash of the engine's log and of ours.
    pub theirs: u64,
    pub ours: u64,
}

struct Rep {
    profile: Profile,
    presence: Presence,
    /// What a returning screen brings back.
    before: Option<Presence>,
    idle_since: Timestamp,
}

#[derive(Clone)]
struct Contact {
    place: Place,
    rule: Option<u16>,
    hands: Hands,
    barred: BTreeSet<RepId>,
    reserved: Option<Reservation>,
    handed: Option<Handed>,
}

/// What a rep holds: weights, and how many of each channel.
#[derive(Default)]
struct Held {
    live: u64,
    deferred: u64,
    by_channel: [u32; 6],
}

/// In whose hands a contact is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hands {
    Nobody,
    OfferedTo(RepId),
    /// Active or in wrap-up: it weighs.
    With(RepId),
    ParkedBy(RepId),
}

impl Oracle {
    /// Follow what one command brought. Says where the engine's log and the rule part.
    pub fn follow(&mut self, at: Timestamp, events: &[Event]) -> Result<(), String> {
        if at < self.last_time {
            return Err(format!("time went back from {:?} to {at:?}", self.last_time));
        }
        self.last_time = at;
        events.iter().try_for_each(|event| self.judge(at, event))?;
        match self.next_offer(at) {
            None => Ok(()),
            Some(left) => Err(format!("a match was left undone: {left:?}")),
        }
    }

    /// Follow one event; an offer must be the one that the rule makes now.
    pub fn judge(&mut self, at: Timestamp, event: &Event) -> Result<(), String> {
        let ours = match event {
            Event::Offered { .. } => self.next_offer(at).ok_or_else(|| format!("nothing to offer, yet {event:?}"))?,
            given => given.clone(),
        };
        self.theirs = chain(self.theirs, at, event);
        self.ours = chain(self.ours, at, &ours);
        if ours != *event {
            return Err(format!("the rule says   {ours:?}\n      the engine says {event:?}"));
        }
        self.apply(at, event)
    }

    /// What must be offered next, if anything.
    fn next_offer(&self, at: Timestamp) -> Option<Event> {
        let mut waiting: Vec<(&ContactId, &Contact)> =
            self.contacts.iter().filter(|(_, c)| c.hands == Hands::Nobody).collect();
        waiting.sort_by_key(|(id, c)| (c.place.order, **id));
        let emergency = |c: &Contact| c.place.urgency == Urgency::Emergency;
        for (id, contact) in waiting.iter().filter(|(_, c)| emergency(c)) {
            let hears =
                |rep: &RepId| !contact.barred.contains(rep) && !self.offers.values().any(|open| open == &(**id, *rep));
            let signed_in = || self.reps.iter().filter(|(_, r)| r.presence != Presence::Offline);
            if let Some((rep, _)) = signed_in().find(|(rep, _)| hears(rep)) {
                let reason = self.reason(at, contact, *rep, signed_in().count(), Chosen::Emergency);
                return Some(self.offer(**id, *rep, None, reason));
            }
        }
        let held = self.held();
        waiting.into_iter().filter(|(_, c)| !emergency(c)).find_map(|(id, contact)| {
            let (rep, could_serve, chosen) = self.best_rep(contact, &held)?;
            let settings = self.settings.as_ref()?;
            let channel = self.needs[&contact.place.need].channel;
            let until = at + settings.queues[usize::from(contact.place.queue.0)].offer[channel as usize];
            let reason = self.reason(at, contact, rep, could_serve, chosen);
            Some(self.offer(*id, rep, Some(until), reason))
        })
    }

    fn offer(&self, contact: ContactId, rep: RepId, until: Option<Timestamp>, reason: Reason) -> Event {
        Event::Offered { offer: OfferId(self.last_offer + 1), contact, rep, until, reason }
    }

    fn reason(&self, at: Timestamp, contact: &Contact, rep: RepId, could_serve: usize, chosen: Chosen) -> Reason {
        let settings = self.settings.as_ref().expect("a contact waits, so there is a plan");
        Reason {
            plan: settings.version,
            rule: contact.rule,
            need: contact.place.need,
            head_start: settings.head_start(contact.place.urgency),
            waited: at - contact.place.since,
            could_serve: could_serve as u16,
            chosen,
            way: self.way(rep, &self.needs[&contact.place.need]),
            handed: contact.handed,
        }
    }

    /// Their own language and the skills first asked for, where they have them.
    fn way(&self, rep: RepId, need: &Need) -> Option<Way> {
        let ability = &self.reps[&rep].profile.ability;
        if !ability.serves(need) {
            return None;
        }
        let writes = ability
            .languages
            .iter()
            .any(|l| l.language == need.language && if need.mode == Mode::Write { l.write > 0 } else { l.speak > 0 });
        let skilled =
            need.skills.iter().all(|s| ability.skills.iter().any(|h| h.skill == s.skill && h.level >= s.level));
        Some(Way { interpreter: !writes, other_skills: !skilled })
    }

    /// What every rep holds: offered, active or in wrap-up.
    fn held(&self) -> BTreeMap<RepId, Held> {
        let mut all: BTreeMap<RepId, Held> = BTreeMap::new();
        for contact in self.contacts.values() {
            if let (Hands::OfferedTo(rep) | Hands::With(rep), Some(settings)) = (contact.hands, &self.settings) {
                let channel = self.needs[&contact.place.need].channel;
                let rules = settings.channel(channel);
                let held = all.entry(rep).or_default();
                let load = if rules.live { &mut held.live } else { &mut held.deferred };
                *load += u64::from(rules.weight);
                held.by_channel[channel as usize] += 1;
            }
        }
        all
    }

    fn can_take(&self, id: RepId, rep: &Rep, contact: &Contact, held: &Held) -> bool {
        let settings = self.settings.as_ref().expect("a contact waits, so there is a plan");
        let need = &self.needs[&contact.place.need];
        let rules = settings.channel(need.channel);
        let load = if rules.live { held.live } else { held.live + held.deferred };
        rep.presence == Presence::Available
            && rep.profile.ability.serves(need)
            && load + u64::from(rules.weight) <= u64::from(rep.profile.capacity)
            && held.by_channel[need.channel as usize] < u32::from(rules.most)
            && !contact.barred.contains(&id)
            && contact.reserved.is_none_or(|kept| kept.rep == id)
    }

    /// The best rep for a contact, how many could take it, and what decided.
    fn best_rep(&self, contact: &Contact, held: &BTreeMap<RepId, Held>) -> Option<(RepId, usize, Chosen)> {
        let none = Held::default();
        let held = |rep: &RepId| held.get(rep).unwrap_or(&none);
        let able = self.reps.iter().filter(|(id, rep)| self.can_take(**id, rep, contact, held(id)));
        let able: Vec<RepId> = able.map(|(id, _)| *id).collect();
        if contact.reserved.is_some() {
            return able.first().map(|rep| (*rep, 1, Chosen::Preferred));
        }
        let policy = self.settings.as_ref()?.queues[usize::from(contact.place.queue.0)].policy;
        let need = &self.needs[&contact.place.need];
        let mut ranked: Vec<(Vec<(u64, Chosen)>, RepId)> =
            able.iter().map(|rep| (self.rank(policy, *rep, need, held(rep)), *rep)).collect();
        ranked.sort_by_key(|(rank, rep)| (rank.iter().map(|r| r.0).collect::<Vec<_>>(), *rep));
        let (best, rep) = ranked.first()?;
        let chosen = match ranked.get(1) {
            None => Chosen::Only,
            Some((second, _)) => {
                let parted = best.iter().zip(second).find(|(a, b)| a.0 != b.0);
                parted.map_or(Chosen::LowestNumber, |(a, _)| a.1)
            }
        };
        Some((*rep, ranked.len(), chosen))
    }

    /// What a rep is measured by, the most important first; smaller is better.
    fn rank(&self, policy: Policy, id: RepId, need: &Need, held: &Held) -> Vec<(u64, Chosen)> {
        let rep = &self.reps[&id];
        let idle = (rep.idle_since.0 as u64, Chosen::LongestIdle);
        // Share of the capacity in use, in thousandths.
        let share = (held.live + held.deferred) * 1000 / u64::from(rep.profile.capacity.max(1));
        let share = (share, Chosen::LeastLoaded);
        match policy {
            Policy::SpareScarce => vec![(self.scarce_unused(id, need), Chosen::SparesScarce), share, idle],
            Policy::LongestIdle => vec![idle, share],
            Policy::LeastLoaded => vec![share, idle],
            Policy::MostSkilled => {
                let has = |asked: Word| {
                    let skill = rep.profile.ability.skills.iter().find(|s| s.skill == asked);
                    skill.map_or(0, |s| u64::from(s.level))
                };
                let sum: u64 = need.skills.iter().map(|s| has(s.skill)).sum();
                vec![(u64::MAX - sum, Chosen::MostSkilled), share, idle]
            }
        }
    }

    /// Scarce: a skill or language that at most a quarter of the roster, rounded up, has.
    fn scarce_unused(&self, id: RepId, need: &Need) -> u64 {
        let scarce = |has: &dyn Fn(&Profile) -> bool| {
            self.reps.values().filter(|r| has(&r.profile)).count() <= self.reps.len().div_ceil(4)
        };
        let knows = |profile: &Profile, language: Word| {
            profile.ability.languages.iter().any(|l| l.language == language && l.speak.max(l.write) > 0)
        };
        let can =
            |profile: &Profile, skill: Word| profile.ability.skills.iter().any(|s| s.skill == skill && s.level > 0);
        let mine = &self.reps[&id].profile;
        let skills = mine.ability.skills.iter().map(|s| s.skill).filter(|skill| {
            can(mine, *skill) && !need.skills.iter().any(|n| n.skill == *skill) && scarce(&|p| can(p, *skill))
        });
        let languages = mine.ability.languages.iter().map(|l| l.language).filter(|language| {
            let used = need.language == *language;
            knows(mine, *language) && !used && scarce(&|p| knows(p, *language))
        });
        (skills.count() + languages.count()) as u64
    }
}

fn chain(hash: u64, at: Timestamp, event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    (hash, at, serde_json::to_string(event).expect("plain data")).hash(&mut hasher);
    hasher.finish()
}
