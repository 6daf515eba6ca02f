//! What is true now, and the only place it changes: `apply`, one arm per event.

use super::contact::{Contact, Contacts, Stage};
use super::deadlines::Deadlines;
use super::event::{Event, Handed, Reason, whole};
use super::forecast::Handling;
use super::ids::*;
use super::lines::Lines;
use super::profiles::Profiles;
use super::queue::Settings;
use super::rep::Rep;
use super::skill::Need;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// An open offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub contact: ContactId,
    pub rep: RepId,
    #[serde(with = "whole")]
    pub reason: Reason,
}

/// The facts (kept in snapshots) and what is derived from them (rebuilt): lines, profiles, deadlines, loads.
#[derive(Clone, Default)]
pub struct State {
    // facts
    pub now: Timestamp,
    pub settings: Option<Box<Settings>>,
    pub contacts: Contacts,
    pub reps: BTreeMap<RepId, Rep>,
    /// Indexed by `NeedId`.
    pub needs: Vec<Need>,
    pub offers: BTreeMap<OfferId, Offer>,
    /// Number of the last contact opened; also how many were.
    pub opened: u64,
    pub closed: u64,
    pub last_offer: u64,
    pub handling: [Handling; 6],

    // derived
    pub(super) need_ids: FxHashMap<Need, NeedId>, // looked up, never iterated
    pub(super) profiles: Profiles,
    pub(super) lines: Lines,
    pub(super) deadlines: Deadlines,
    /// Since the last settling: contacts that may now find a rep, reps who may now find a contact.
    pub(super) fresh: BinaryHeap<Reverse<(Order, ContactId)>>,
    pub(super) freed: Vec<RepId>,
}

/// The facts, as they are kept. Lists are in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    now: Timestamp,
    settings: Option<Box<Settings>>,
    contacts: Vec<Contact>,
    reps: Vec<Rep>,
    needs: Vec<Need>,
    offers: Vec<(OfferId, Offer)>,
    opened: u64,
    closed: u64,
    last_offer: u64,
    handling: [Handling; 6],
}

impl State {
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            now: self.now,
            settings: self.settings.clone(),
            contacts: self.contacts.iter().cloned().collect(),
            reps: self.reps.values().cloned().collect(),
            needs: self.needs.clone(),
            offers: self.offers.iter().map(|(id, offer)| (*id, *offer)).collect(),
            opened: self.opened,
            closed: self.closed,
            last_offer: self.last_offer,
            handling: self.handling,
        }
    }

    pub fn restore(snapshot: Snapshot) -> State {
        let mut state = State {
            now: snapshot.now,
            settings: snapshot.settings,
            reps: snapshot.reps.into_iter().map(|rep| (rep.id, rep)).collect(),
            needs: snapshot.needs,
            offers: snapshot.offers.into_iter().collect(),
            opened: snapshot.opened,
            closed: snapshot.closed,
            last_offer: snapshot.last_offer,
            handling: snapshot.handling,
            ..State::default()
        };
        state.need_ids = state.needs.iter().cloned().zip((0..).map(NeedId)).collect();
        for contact in snapshot.contacts {
            state.contacts.insert(contact);
        }
        state.derive();
        state.settled();
        state
    }

    /// Nothing is left to match: what is kept was settled when it was kept.
    pub(super) fn settled(&mut self) {
        self.fresh.clear();
        self.freed.clear();
    }

    pub fn rules(&self) -> &Settings {
        self.settings.as_ref().expect("no contact is taken before a plan is set")
    }

    pub fn need(&self, id: NeedId) -> &Need {
        &self.needs[id.0 as usize]
    }

    /// What one contact of this channel weighs, and whether it is live.
    pub fn weight(&self, channel: Channel) -> (u16, bool) {
        let rules = self.rules().channel(channel);
        (rules.weight, rules.live)
    }

    /// Everything derived, anew from the facts: after a restore, and when a plan changes what things weigh.
    fn derive(&mut self) {
        self.profiles = Profiles::default();
        self.lines = Lines::default();
        self.deadlines = Deadlines::default();
        for rep in self.reps.values_mut() {
            (rep.live_load, rep.deferred_load, rep.by_channel) = (0, 0, [0; 6]);
            rep.holds.clear();
            self.profiles.enrol(rep.id, &rep.profile.ability);
        }
        let contacts = std::mem::take(&mut self.contacts);
        for contact in contacts.iter() {
            self.enter(contact);
        }
        self.contacts = contacts;
        let reps: Vec<RepId> = self.reps.keys().copied().collect();
        for rep in reps {
            self.arm_rep(rep);
        }
    }

    /// The one transition function, for live decisions and for replay alike.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        self.now = self.now.max(at);
        match *event {
            Event::PlanSet { ref settings } => {
                self.settings = Some(settings.clone());
                self.derive();
                self.freed = self.reps.keys().copied().collect();
            }
            Event::RepSet { rep, ref profile } => self.set_rep(rep, profile),
            Event::RepRemoved { rep } => {
                self.profiles.dismiss(rep);
                self.reps.remove(&rep);
            }
            Event::NeedDefined { need, ref definition } => {
                debug_assert_eq!(need.0 as usize, self.needs.len());
                self.needs.push((**definition).clone());
                self.need_ids.insert((**definition).clone(), need);
            }

            Event::PresenceChanged { rep, presence } => self.change_rep(rep, |rep| {
                if presence == Presence::Available && !rep.is_available() {
                    rep.idle_since = at;
                }
                rep.presence = presence;
                rep.grace = None;
            }),
            Event::RepConnected { rep } => self.change_rep(rep, |rep| {
                rep.connected = true;
                if let Some((_, before)) = rep.grace.take() {
                    rep.presence = before;
                }
            }),
            Event::RepDisconnected { rep, until } => self.change_rep(rep, |rep| {
                rep.connected = false;
                rep.grace = Some((until, rep.presence));
                if rep.is_available() {
                    rep.presence = Presence::Away(AwayReason::Disconnected);
                }
            }),
            Event::GraceEnded { rep } => self.change_rep(rep, |rep| rep.grace = None),

            Event::Received { contact, ref place, rule } => {
                self.opened = self.opened.max(contact.0);
                self.open(contact, place, rule);
            }
            Event::Reopened { contact, ref place, rule } => {
                self.closed -= 1;
                self.open(contact, place, rule);
            }
            Event::Returned { contact, rep, .. } => {
                self.rest(rep, at);
                self.change(contact, |c| {
                    c.last_rep = Some(rep);
                    c.stage = Stage::Waiting;
                });
                self.alarm(contact, at);
            }
            Event::Unparked { contact, ref place } => self.stand_anew(contact, place, at),
            Event::Transferred { contact, by, ref place } => {
                let owner = self.contacts.get(contact).and_then(Contact::owner);
                let bar = self.rules().bar;
                self.stand_anew(contact, place, at);
                if owner == Some(by) {
                    self.rest(by, at);
                    self.change(contact, |c| {
                        c.extras_mut().handed = Some(Handed { by, to: place.reserved.map(|kept| kept.rep) });
                        if c.reserved().is_none_or(|r| r.rep != by) {
                            c.extras_mut().barred.push((by, at + bar));
                        }
                    });
                }
            }
            Event::Reclassified { contact, by, ref place } => {
                let waiting = self.contacts.get(contact).is_some_and(|c| c.stage == Stage::Waiting);
                if waiting {
                    self.stand_anew(contact, place, at);
                } else {
                    self.change(contact, |c| {
                        c.sort(place);
                        if let Some(extras) = c.extras.as_mut().filter(|_| by.is_some()) {
                            (extras.climbs_at, extras.rung) = (None, None); // a person has looked at it
                        }
                    });
                }
            }
            Event::EmergencyRaised { contact, ref place } => {
                if self.contacts.get(contact).is_some_and(|c| c.stage == Stage::Waiting) {
                    self.stand_anew(contact, place, at);
                } else {
                    let first = self.rules().ladder[0];
                    self.change(contact, |c| {
                        c.sort(place);
                        let extras = c.extras_mut();
                        (extras.acknowledged, extras.rung, extras.climbs_at) = (false, None, Some(at + first));
                    });
                }
            }
            Event::Widened { contact, step, need } => self.change(contact, |c| {
                c.widened = step + 1;
                c.need = need;
            }),
            Event::ReservationEnded { contact } => self.change(contact, |c| c.extras_mut().reserved = None),
            Event::BarEnded { contact, rep } => {
                self.change(contact, |c| c.extras_mut().barred.retain(|(r, _)| *r != rep));
                self.may_take(rep);
            }
            Event::CallbackRequested { contact } => self.change(contact, |c| {
                c.extras_mut().callback = true;
                c.extras_mut().customer_away = None;
            }),
            Event::CustomerLeft { contact, until } => {
                self.change(contact, |c| c.extras_mut().customer_away = Some(until));
            }
            Event::CustomerBack { contact } => self.change(contact, |c| c.extras_mut().customer_away = None),

            Event::Offered { offer, contact, rep, until, reason } => {
                self.last_offer = self.last_offer.max(offer.0);
                self.offers.insert(offer, Offer { contact, rep, reason });
                match until {
                    Some(until) => self.change(contact, |c| c.stage = Stage::Offered { offer, rep, until }),
                    None => {
                        self.change(contact, |c| c.extras_mut().alarms.push((offer, rep)));
                        self.change_rep(rep, |rep| {
                            rep.alarms.insert(offer);
                        });
                    }
                }
            }
            Event::Accepted { offer, contact, rep } => {
                let reason = self.drop_offer(offer);
                self.change(contact, |c| {
                    c.stage = Stage::Active { rep, since: at };
                    let extras = c.extras_mut();
                    extras.barred.clear();
                    (extras.reserved, extras.handed) = (None, None);
                    extras.reason = reason;
                    (extras.climbs_at, extras.rung) = (None, None);
                });
            }
            Event::Declined { offer, contact, rep, barred_until, .. } => {
                self.take_back(offer, contact, at);
                self.change(contact, |c| {
                    c.extras_mut().barred.retain(|(r, _)| *r != rep);
                    c.extras_mut().barred.push((rep, barred_until));
                });
            }
            Event::Expired { offer, contact, .. } | Event::Withdrawn { offer, contact, .. } => {
                self.take_back(offer, contact, at);
            }

            Event::Assigned { contact, to, .. } => {
                if let Some(owner) = self.contacts.get(contact).and_then(Contact::owner) {
                    self.rest(owner, at);
                }
                self.change(contact, |c| {
                    c.stage = Stage::Active { rep: to, since: at };
                    let extras = c.extras_mut();
                    extras.barred.clear();
                    (extras.reserved, extras.handed) = (None, None);
                    (extras.climbs_at, extras.rung) = (None, None);
                });
            }
            Event::Parked { contact, rep, until } => {
                self.worked(contact, at);
                self.rest(rep, at);
                self.change(contact, |c| c.stage = Stage::Parked { rep, until });
            }
            Event::Resumed { contact, rep } => {
                self.change(contact, |c| c.stage = Stage::Active { rep, since: at });
            }
            Event::WrapUpStarted { contact, rep, until, disposition } => {
                self.worked(contact, at);
                self.change(contact, |c| {
                    c.stage = Stage::WrapUp { rep, until, disposition };
                    c.extras = None;
                });
            }
            Event::Closed { contact, rep, .. } => {
                self.worked(contact, at);
                if let Some(rep) = rep {
                    self.rest(rep, at);
                }
                if let Some(gone) = self.contacts.remove(contact) {
                    self.exit(&gone);
                    self.closed += 1;
                }
            }

            Event::EmergencyEscalated { contact, to } => {
                let [first, second] = self.rules().ladder;
                self.change(contact, |c| {
                    let extras = c.extras_mut();
                    extras.rung = Some(to);
                    // counted from when this rung was due: an emergency may be old when it becomes one
                    let due = extras.climbs_at.unwrap_or(at) + Span(second.0 - first.0);
                    extras.climbs_at = (to == super::event::Rung::Supervisors).then_some(due.max(at));
                });
            }
            Event::EmergencyAcknowledged { contact, .. } => self.change(contact, |c| {
                c.extras_mut().acknowledged = true;
                c.extras_mut().climbs_at = None;
            }),
        }
    }
}
