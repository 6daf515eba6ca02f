//! A day in an invented city, lived through by the shipped engine and plan with an invented clock. Same seed, same day.

pub mod chance;
pub mod customers;
pub mod report;
pub mod reps;
pub mod scenario;
mod tally;

pub use customers::Offering;
pub use report::Report;
pub use scenario::Scenario;

use crate::plan::Plan;
use crate::plan::roster::RosterEntry;
use crate::routing::command::{Command, DeclineReason};
use crate::routing::engine::Engine;
use crate::routing::event::Event;
use crate::routing::ids::*;
use chance::Dice;
use customers::{Customer, span};
use reps::{Turn, Worker};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tally::Tally;

/// Dice of the reps; the customers have their own.
const PURPOSE: u64 = 2;
/// A rep looks at an offer for this long, in seconds, on average and at least.
const LOOK: (f64, f64) = (3.0, 1.0);
/// One in so many offers is given back.
const DECLINED: f64 = 0.003;
/// A rep who missed an offer is back after this long.
const BACK_AFTER: Span = Span::secs(45);
/// After the end of the shift a rep finishes what is in hand, for so long at most.
const FINISH: Span = Span::mins(15);
/// Half an hour of lunch.
const LUNCH: u16 = 30;
/// Those whose shift is over leave within this after the last day.
const LAST: u16 = 60;

/// What is going to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Shift(usize, Turn),
    Arrive(usize),
    GiveUp(ContactId),
    Look(OfferId, RepId),
    /// A conversation on the line is over.
    HangUp(ContactId, RepId),
    /// The first of a rep's pile is done, if nothing came between.
    Done(ContactId, RepId, u32),
    EndWrapUp(ContactId, RepId),
    Answer(ContactId),
}

/// Everything that moves.
struct City<'a> {
    plan: &'a Plan,
    scenario: &'a Scenario,
    offerings: &'a [Offering],
    customers: Vec<Customer>,
    workers: Vec<Worker>,
    engine: Engine,
    agenda: BinaryHeap<Reverse<(Timestamp, u64, Next)>>,
    count: u64,
    dice: Dice,
    tally: Tally,
    now: Timestamp,
}

/// A rep of the scenario is not on the roster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scenario's `{0}` is not on the roster")]
pub struct NotOnTheRoster(pub Word);

/// Live through the scenario. The engine decides by `plan`; the reps are the roster's.
pub fn run(
    scenario: &Scenario,
    plan: &Plan,
    roster: &[RosterEntry],
    offerings: &[Offering],
    seed: u64,
) -> Result<Report, NotOnTheRoster> {
    let mut city = City {
        plan,
        scenario,
        offerings,
        customers: customers::invent(scenario, plan, offerings, seed),
        workers: Vec::new(),
        engine: Engine::new(),
        agenda: BinaryHeap::new(),
        count: 0,
        dice: Dice::new(seed, PURPOSE),
        tally: Tally::default(),
        now: scenario.at(0, 0, plan.hours().zone()),
    };
    let start = city.now;
    city.open(roster)?;
    while let Some(Reverse((at, _, next))) = city.agenda.pop() {
        city.until(at);
        city.happen(next);
    }
    city.workers.iter_mut().for_each(|worker| worker.go(city.now));
    Ok(Report::of(&scenario.title, seed, city.now - start, plan, &city.tally, &city.workers))
}

impl City<'_> {
    /// The plan, the reps and everything that is known beforehand.
    fn open(&mut self, roster: &[RosterEntry]) -> Result<(), NotOnTheRoster> {
        self.say(Command::SetPlan(Box::new(self.plan.settings(1))));
        for shift in &self.scenario.shifts {
            if self.workers.iter().any(|worker| worker.name == shift.name) {
                continue;
            }
            let entry = roster.iter().find(|e| e.name == shift.name).ok_or(NotOnTheRoster(shift.name))?;
            let id = RepId(self.workers.len() as u32 + 1);
            self.workers.push(Worker::new(id, shift.name));
            self.say(Command::SetRep { rep: id, profile: Box::new(entry.profile.clone()) });
        }
        let zone = self.plan.hours().zone().clone();
        for day in 0..self.scenario.days {
            for shift in &self.scenario.shifts {
                let at = |minute| self.scenario.at(day, minute, &zone);
                let who = self.workers.iter().position(|worker| worker.name == shift.name).unwrap_or_default();
                let mut turns = vec![(at(shift.from), Turn::Come), (at(shift.to), Turn::Stop)];
                turns.push((at(shift.to) + FINISH, Turn::Go));
                if let Some(lunch) = shift.lunch {
                    turns.extend([(at(lunch), Turn::ToLunch), (at(lunch + LUNCH), Turn::FromLunch)]);
                }
                turns.into_iter().for_each(|(at, turn)| self.plan_for(at, Next::Shift(who, turn)));
            }
        }
        for (i, at) in self.customers.iter().map(|customer| customer.at).enumerate().collect::<Vec<_>>() {
            self.plan_for(at, Next::Arrive(i));
        }
        Ok(())
    }

    /// Nothing is planned for after the last evening: what is open then stays open.
    fn plan_for(&mut self, at: Timestamp, next: Next) {
        let last = self.scenario.at(self.scenario.days - 1, 24 * 60 + LAST, self.plan.hours().zone());
        if at <= last {
            self.count += 1;
            self.agenda.push(Reverse((at, self.count, next)));
        }
    }

    fn after(&mut self, span: Span, next: Next) {
        self.plan_for(self.now + span, next);
    }

    /// Let the engine do what is due before then.
    fn until(&mut self, at: Timestamp) {
        while let Some(due) = self.engine.next_deadline().filter(|due| *due <= at) {
            self.now = due.max(self.now);
            self.say(Command::Tick);
        }
        self.now = at.max(self.now);
    }

    /// Tell the engine, and see to what it decided. A refusal means that the moment has passed.
    fn say(&mut self, command: Command) {
        self.tally.commands += 1;
        let Ok(events) = self.engine.handle(self.now, command) else { return };
        self.tally.events += events.len() as u64;
        for event in events {
            self.see(event);
        }
    }

    fn happen(&mut self, next: Next) {
        match next {
            Next::Arrive(who) => self.arrive(who),
            Next::GiveUp(contact) => self.give_up(contact),
            Next::Look(offer, rep) => self.look(offer, rep),
            Next::HangUp(contact, rep) => self.close(contact, rep),
            Next::Done(contact, rep, effort) => {
                if self.worker(rep).effort == effort {
                    self.finish_written(contact, rep);
                }
            }
            Next::EndWrapUp(contact, rep) => self.say(Command::EndWrapUp { contact, rep }),
            Next::Answer(contact) => self.say(Command::CustomerWrote { contact, danger: false }),
            Next::Shift(who, turn) => self.turn(who, turn),
        }
    }

    fn worker(&mut self, rep: RepId) -> &mut Worker {
        &mut self.workers[rep.0 as usize - 1]
    }

    fn arrive(&mut self, who: usize) {
        let customer = self.customers[who].clone();
        if self.plan.channel(customer.channel).live && !self.plan.is_open(customer.at) {
            self.tally.turned_away += 1;
            return;
        }
        let arrival = customer.arrival(self.plan, self.offerings);
        self.tally.came(who, &customer, &arrival);
        let contact = ContactId(self.tally.fates.len() as u64);
        self.say(Command::Receive(Box::new(arrival)));
        if let Some(patience) = customer.patience {
            self.after(patience, Next::GiveUp(contact));
        }
    }

    fn give_up(&mut self, contact: ContactId) {
        if self.tally.fate(contact).is_some_and(|fate| fate.accepted.is_none() && !fate.ended) {
            self.say(Command::CustomerEnded { contact });
        }
    }

    fn look(&mut self, offer: OfferId, rep: RepId) {
        if self.dice.happens(DECLINED) {
            return self.say(Command::Decline { offer, rep, reason: DeclineReason::NotMine });
        }
        self.say(Command::Accept { offer, rep });
    }

    fn close(&mut self, contact: ContactId, rep: RepId) {
        self.say(Command::Close { contact, rep, disposition: Disposition::Informed });
    }

    /// Written work is done, or the customer is asked something first.
    fn finish_written(&mut self, contact: ContactId, rep: RepId) {
        let Some(fate) = self.tally.fate(contact) else { return };
        let (asked, who) = (std::mem::replace(&mut fate.asked, true), fate.customer);
        match self.customers[who].answers_after {
            Some(answers_after) if !asked => {
                self.say(Command::Park { contact, rep, until: None });
                self.after(answers_after, Next::Answer(contact));
            }
            _ => self.close(contact, rep),
        }
    }

    fn turn(&mut self, who: usize, turn: Turn) {
        let (rep, now) = (self.workers[who].id, self.now);
        let worker = &mut self.workers[who];
        let presence = match turn {
            Turn::Come => {
                worker.come(now);
                self.say(Command::Connect { rep });
                Presence::Available
            }
            Turn::ToLunch if worker.on_shift => {
                worker.at_lunch = true;
                Presence::Away(AwayReason::Lunch)
            }
            Turn::FromLunch if worker.on_shift => {
                worker.at_lunch = false;
                Presence::Available
            }
            Turn::Back if worker.on_shift && !worker.at_lunch => Presence::Available,
            Turn::Stop => {
                worker.go(now);
                Presence::Away(AwayReason::Break)
            }
            Turn::Go => {
                self.say(Command::SetPresence { rep, presence: Presence::Offline });
                return self.say(Command::Disconnect { rep });
            }
            _ => return,
        };
        self.say(Command::SetPresence { rep, presence });
    }

    /// One arm for each decision that somebody in the city notices.
    fn see(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Offered { offer, contact, rep, .. } => self.offered(offer, contact, rep),
            Event::Accepted { contact, rep, .. } => self.accepted(contact, rep),
            Event::Widened { contact, .. } => {
                if let Some(fate) = self.tally.fate(contact) {
                    fate.widened = true;
                }
            }
            Event::Returned { contact, rep, .. } | Event::Parked { contact, rep, .. } => self.lost(contact, rep),
            Event::WrapUpStarted { contact, rep, .. } => {
                let takes = span(self.dice.work(self.scenario.wrap_up.as_secs_f64()));
                self.after(takes, Next::EndWrapUp(contact, rep));
            }
            Event::Closed { contact, rep, disposition } => {
                if let Some(fate) = self.tally.fate(contact) {
                    fate.ended = true;
                    fate.gave_up = (disposition == Disposition::Abandoned).then_some(now);
                }
                if let Some(rep) = rep {
                    self.worker(rep).measured.handled += 1;
                    self.lost(contact, rep);
                }
            }
            Event::PresenceChanged { rep, presence: Presence::Away(AwayReason::Missed) } => {
                self.worker(rep).measured.missed += 1;
                self.plan_for(now + BACK_AFTER, Next::Shift(rep.0 as usize - 1, Turn::Back));
            }
            _ => {}
        }
    }

    fn offered(&mut self, offer: OfferId, contact: ContactId, rep: RepId) {
        self.tally.offers += 1;
        let emergency = self.tally.fate(contact).is_some_and(|fate| fate.urgency == Urgency::Emergency);
        if self.dice.happens(self.scenario.missed) && !emergency {
            return; // nobody is at the screen
        }
        let looks = LOOK.1 + self.dice.wait(LOOK.0 - LOOK.1);
        self.after(span(looks), Next::Look(offer, rep));
    }

    fn accepted(&mut self, contact: ContactId, rep: RepId) {
        let now = self.now;
        let Some(fate) = self.tally.fate(contact) else { return };
        fate.accepted.get_or_insert(now);
        let (channel, who) = (fate.channel, fate.customer);
        let takes = self.customers[who].handle;
        if self.plan.channel(channel).live {
            self.worker(rep).take_live(contact, now);
            self.after(takes, Next::HangUp(contact, rep));
        } else {
            let next = self.worker(rep).take_written(contact, takes, now);
            self.work_on(rep, next);
        }
    }

    /// A contact left a rep's hands; other work may go on.
    fn lost(&mut self, contact: ContactId, rep: RepId) {
        let now = self.now;
        let next = self.worker(rep).lose(contact, now);
        self.work_on(rep, next);
    }

    fn work_on(&mut self, rep: RepId, next: Option<(ContactId, Span)>) {
        if let Some((contact, takes)) = next {
            let effort = self.worker(rep).effort;
            self.after(takes, Next::Done(contact, rep, effort));
        }
    }
}
