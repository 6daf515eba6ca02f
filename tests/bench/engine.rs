//! What one decision costs: a contact arrives and a rep becomes free, with many waiting; beside a matcher that scans all.

use crate::workload::{City, settings};
use std::time::{Duration, Instant};
use steelbridge::routing::command::{Arrival, Command};
use steelbridge::routing::contact::Stage;
use steelbridge::routing::engine::Engine;
use steelbridge::routing::event::Event;
use steelbridge::routing::ids::*;
use steelbridge::routing::skill::{Ability, Need};

const REPS: usize = 1_000;
const PAIRS: usize = 100_000;

/// Prints a row a backlog size.
pub fn run() {
    println!(
        "\nEngine, one thread, {REPS} reps, nobody free: one contact arrives, one rep is done and gets the next (a pair)"
    );
    println!("every pair is decided, recorded and matched; with widening and 5 % abandoning\n");
    println!(
        "| waiting | one pair, mean | freed rep p50 | p99 | scan of all, mean | scan / engine | bytes a contact |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    let mut means = Vec::new();
    for waiting in [10_000, 100_000, 1_000_000] {
        let before = resident();
        let mut bench = Bench::fill(waiting);
        let bytes = (resident().saturating_sub(before)) as f64 / waiting as f64;
        let naive = bench.naive();
        let (pair, mut freed) = bench.pairs();
        freed.sort();
        println!(
            "| {waiting} | {} ns | {} ns | {} ns | {} ns | {:.0}× | {bytes:.0} |",
            pair.as_nanos(),
            freed[freed.len() / 2].as_nanos(),
            freed[freed.len() * 99 / 100].as_nanos(),
            naive.as_nanos(),
            naive.as_secs_f64() / pair.as_secs_f64(),
        );
        means.push(pair);
    }
    println!("\ngrowth from 10,000 to 1,000,000 waiting: {:.1}×", means[2].as_secs_f64() / means[0].as_secs_f64());
}

/// Resident memory of this process, in bytes (proc(5): statm counts pages).
pub fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|p| p.parse().ok()).unwrap_or(0);
    pages * 4_096
}

struct Bench {
    engine: Engine,
    city: City,
    /// Made beforehand, so that inventing people is not measured.
    arrivals: Vec<Arrival>,
    clock: i64,
    waiting: Vec<(Order, Need)>,
    abilities: Vec<Ability>,
    /// The contact each rep has.
    busy: Vec<ContactId>,
}

impl Bench {
    fn fill(waiting: usize) -> Bench {
        let mut engine = Engine::new();
        let mut city = City::new(7);
        let widen = Span::secs(waiting as i64 / 2);
        engine.handle(Timestamp(0), Command::SetPlan(Box::new(settings(Some(widen))))).expect("plan");
        let mut abilities = Vec::new();
        for i in 0..REPS {
            let profile = Box::new(city.rep(i));
            abilities.push(profile.ability.clone());
            engine.handle(Timestamp(0), Command::SetRep { rep: RepId(i as u32), profile }).expect("rep");
        }
        let mut bench = Bench {
            engine,
            city,
            arrivals: Vec::new(),
            clock: 0,
            waiting: Vec::new(),
            abilities,
            busy: vec![ContactId(0); REPS],
        };
        while bench.engine.counts().1 < waiting {
            bench.arrive();
        }
        for rep in 0..REPS {
            let presence = Presence::Available;
            let events = bench.ask(Command::SetPresence { rep: RepId(rep as u32), presence });
            bench.accept(&events);
        }
        bench
    }

    fn ask(&mut self, command: Command) -> Vec<Event> {
        self.engine.handle(Timestamp(self.clock), command).expect("the bench asks only what is allowed")
    }

    fn arrive(&mut self) {
        self.clock += 1_000_000;
        let arrival = self.arrivals.pop().unwrap_or_else(|| self.city.contact());
        if self.engine.next_deadline().is_some_and(|at| at.0 <= self.clock) {
            self.ask(Command::Tick);
        }
        self.ask(Command::Receive(Box::new(arrival)));
    }

    fn accept(&mut self, events: &[Event]) {
        let offers: Vec<(OfferId, ContactId, RepId)> = events
            .iter()
            .filter_map(|event| match event {
                Event::Offered { offer, contact, rep, .. } => Some((*offer, *contact, *rep)),
                _ => None,
            })
            .collect();
        for (offer, contact, rep) in offers {
            self.busy[rep.0 as usize] = contact;
            self.ask(Command::Accept { offer, rep });
        }
    }

    /// Mean of a whole pair, and the times of the freed reps' decisions alone.
    fn pairs(&mut self) -> (Duration, Vec<Duration>) {
        self.arrivals = (0..PAIRS).map(|_| self.city.contact()).collect();
        let mut freed = Vec::with_capacity(PAIRS);
        let started = Instant::now();
        for i in 0..PAIRS {
            self.arrive();
            let rep = RepId(self.city.dice().below(REPS) as u32);
            let contact = self.busy[rep.0 as usize];
            if contact.0 != 0 {
                let before = Instant::now();
                let events = self.ask(Command::Close { contact, rep, disposition: Disposition::Informed });
                freed.push(before.elapsed());
                self.busy[rep.0 as usize] = ContactId(0);
                self.accept(&events);
            }
            if i % 20 == 0 {
                self.abandon();
            }
        }
        (started.elapsed() / PAIRS as u32, freed)
    }

    fn abandon(&mut self) {
        let (opened, open) = self.engine.counts();
        let contact = ContactId(opened - self.city.dice().below(open) as u64);
        if self.engine.contact(contact).is_some_and(|c| c.stage == Stage::Waiting) {
            self.ask(Command::CustomerEnded { contact });
        }
    }

    /// The same choice by looking at everything: for a random rep, the first in order whom they serve.
    fn naive(&mut self) -> Duration {
        let board = self.engine.snapshot_for_scan();
        self.waiting = board;
        let looks = (40_000_000 / self.waiting.len()).clamp(20, 2_000);
        let started = Instant::now();
        let mut found = 0usize;
        for _ in 0..looks {
            let ability = &self.abilities[self.city.dice().below(REPS)];
            let best = self.waiting.iter().filter(|(_, need)| ability.serves(need)).min_by_key(|(order, _)| *order);
            found += usize::from(best.is_some());
        }
        let took = started.elapsed() / looks as u32;
        self.waiting = Vec::new();
        assert!(found > 0, "some rep serves someone");
        took
    }
}

/// What a matcher without an index would hold.
trait Scan {
    fn snapshot_for_scan(&self) -> Vec<(Order, Need)>;
}

impl Scan for Engine {
    fn snapshot_for_scan(&self) -> Vec<(Order, Need)> {
        let (opened, _) = self.counts();
        let contacts = (1..=opened).filter_map(|id| self.contact(ContactId(id)));
        let waiting = contacts.filter(|c| c.stage == Stage::Waiting);
        waiting.map(|c| (c.order, self.need(c.need).clone())).collect()
    }
}
