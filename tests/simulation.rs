//! Random days on the shipped engine: after every command the invariants, the oracle's opinion on every offer, and in the
//! end the replay. A seed that fails is shrunk and printed as a story to paste into `tests/stories/`.
//!
//! `SIM_SEEDS=5000 SIM_MOVES=500 cargo test --test simulation` for more; `SIM_SEED=40213` for one day again.

mod support_engine;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use steelbridge::routing::command::Command;
use steelbridge::routing::event::Event;
use steelbridge::routing::ids::{Presence, RepId, Span, Timestamp};
use support_engine::chance::{Dice, Move, moves, setting};
use support_engine::plan::{change, default_settings, is_plan_line, rep};
use support_engine::questions;
use support_engine::read::{spell_time, time};
use support_engine::tale::{tales, tell};
use support_engine::world::{Broken, World};

fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// How many kinds of events there are; `journal.rs` proves that it is all of them.
const EVENT_KINDS: usize = 33;

fn kind(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split(' ').next().unwrap_or_default().to_string()
}

/// A day: where it begins, what happens, and the story of it so far.
struct Day {
    world: World,
    lines: Vec<String>,
    now: Timestamp,
    settings: steelbridge::routing::queue::Settings,
}

/// Live through a day, and the promise that was broken, if one was.
fn live(seed: u64, moves: &[Move]) -> (Day, Option<Broken>) {
    let mut day = Day { lines: vec![format!("== Seed {seed}")], ..Day::default() };
    day.world.watch_refusals = seed.is_multiple_of(10);
    let lived = catch_unwind(AssertUnwindSafe(|| day.begin(seed).and_then(|()| day.go_on(moves))));
    (day, lived.unwrap_or_else(|_| Err("the engine panics at the last line".into())).err())
}

impl Default for Day {
    fn default() -> Day {
        let start = time("09:00:00").expect("a time");
        Day { world: World::default(), lines: Vec::new(), now: start, settings: default_settings() }
    }
}

impl Day {
    fn begin(&mut self, seed: u64) -> Result<(), Broken> {
        let lines = setting(&mut Dice(seed));
        for line in lines.iter().filter(|l| is_plan_line(l)) {
            change(&mut self.settings, line)?;
        }
        self.world.act(self.now, Command::SetPlan(Box::new(self.settings.clone())))?.map_err(|r| r.to_string())?;
        for (number, line) in lines.iter().filter(|l| !is_plan_line(l)).enumerate() {
            let (rep, profile) = (RepId(number as u32 + 1), Box::new(rep(line)?));
            self.world.act(self.now, Command::SetRep { rep, profile })?.map_err(|r| r.to_string())?;
        }
        self.lines.extend(lines);
        // Most people are at work when the day begins.
        for rep in self.world.names.reps.keys().copied().filter(|r| !r.0.is_multiple_of(4)).collect::<Vec<_>>() {
            let command = Command::SetPresence { rep, presence: Presence::Available };
            let line = self.world.names.spell_command(&command);
            self.act(self.now, command, line, "")?;
        }
        Ok(())
    }

    fn go_on(&mut self, moves: &[Move]) -> Result<(), Broken> {
        for (number, step) in moves.iter().enumerate() {
            if number == moves.len() / 2 {
                self.world.remember();
            }
            let until = self.now + Span::millis(step.gap);
            while let Some(due) = self.world.engine.next_deadline().filter(|due| *due <= until) {
                let late = if step.late { "late " } else { "" };
                let at = if step.late { until } else { due.max(self.now) };
                self.act(at, Command::Tick, String::new(), late)?;
            }
            self.now = until;
            if let Some(deed) = step.deed(&self.world, &mut self.settings) {
                self.act(until, deed.command, deed.line, "")?;
            }
            if self.world.watch_refusals && number % 10 == 0 {
                questions::agree(&self.world)?;
            }
        }
        self.world.check_memory()
    }

    /// Do it and write it down.
    fn act(&mut self, at: Timestamp, command: Command, line: String, late: &str) -> Result<(), Broken> {
        self.now = at;
        let opened = self.world.names.contacts.len();
        let line = line.replacen(" new ", &format!(" c{} ", opened + 1), 1);
        self.lines.push(format!("{late}{}  {line}", spell_time(at)).trim_end().to_string());
        let outcome = self.world.act(at, command);
        let brought = match &outcome {
            Err(_) => String::new(),
            Ok(Err(refusal)) => format!("refused: {}", self.world.names.spell_refusal(refusal)),
            Ok(Ok(events)) => {
                let spelled = events.iter().filter_map(|e| self.world.names.spell(e));
                spelled.map(|s| s.whole()).collect::<Vec<_>>().join(", ")
            }
        };
        if let Some(line) = self.lines.last_mut().filter(|_| !brought.is_empty()) {
            *line += &format!("  -> {brought}");
        }
        outcome.map(|_| ())
    }
}

/// Leave out moves as long as the day still goes wrong (delta debugging).
fn shrink(seed: u64, mut moves: Vec<Move>) -> Vec<Move> {
    let fails = |moves: &[Move]| live(seed, moves).1.is_some();
    let mut chunk = moves.len().div_ceil(2);
    while chunk > 0 {
        let mut at = 0;
        while at < moves.len() {
            let end = (at + chunk).min(moves.len());
            let fewer: Vec<Move> = moves[..at].iter().chain(&moves[end..]).copied().collect();
            if fails(&fewer) { moves = fewer } else { at = end }
        }
        chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
    }
    moves
}

fn day_of(seed: u64, length: u64) -> Vec<Move> {
    moves(&mut Dice(seed ^ 0x00C0_FFEE), length as usize)
}

#[test]
fn no_random_day_breaks_a_promise() {
    let length = from_env("SIM_MOVES", 300);
    let (first, last) = match from_env("SIM_SEED", 0) {
        0 => (1, from_env("SIM_SEEDS", 400)),
        one => (one, one),
    };
    let next = AtomicU64::new(first);
    let failing = AtomicU64::new(0);
    let happened = Mutex::new(BTreeMap::<String, u64>::new());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, |n| n.get()) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > last {
                        return;
                    }
                    let (day, broken) = live(seed, &day_of(seed, length));
                    let mut happened = happened.lock().expect("nobody panics here");
                    day.world.journal.iter().for_each(|(_, e)| *happened.entry(kind(e)).or_default() += 1);
                    if broken.is_some() {
                        failing.store(seed, Ordering::Relaxed);
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let seed = failing.into_inner();
    if seed != 0 {
        let shrunk = shrink(seed, day_of(seed, length));
        let (day, broken) = live(seed, &shrunk);
        let (story, broken) = (day.lines.join("\n"), broken.unwrap_or_default());
        panic!("seed {seed} breaks a promise after {} moves:\n\n  {broken}\n\n{story}\n", shrunk.len());
    }
    let happened = happened.into_inner().expect("nobody panicked");
    println!("{} days, {} events: {happened:?}", last + 1 - first, happened.values().sum::<u64>());
    if last - first > 100 {
        assert_eq!(happened.len(), EVENT_KINDS, "some kinds of events never happened; there were {happened:?}");
    }
}

/// What a failing seed prints must be a story that can be told.
#[test]
fn a_day_can_be_told_as_a_story() {
    for seed in 1..=12 {
        let (Day { lines, .. }, broken) = live(seed, &day_of(seed, 120));
        assert_eq!(broken, None);
        assert!(lines.len() > 60, "something happened");
        let problems = tell(&tales("printed", &lines.join("\n"))[0]);
        assert!(problems.is_empty(), "{}\n\n{}", lines.join("\n"), problems.join("\n\n"));
    }
}

/// The same seed is the same day: the log has the same hash.
#[test]
fn a_seed_is_a_day() {
    let day = |seed| live(seed, &day_of(seed, 200)).0.world.oracle.theirs;
    assert_eq!(day(7), day(7));
    assert_ne!(day(7), day(8));
}

/// The oracle is a judge only if it notices: forge single events in honest journals and see each one refused.
#[test]
fn the_oracle_notices_a_wrong_offer() {
    use support_engine::oracle::Oracle;
    let mut forged = 0;
    for seed in 1..=20 {
        let (day, broken) = live(seed, &day_of(seed, 150));
        assert_eq!(broken, None, "an honest day");
        let offers = day.world.journal.iter().enumerate().filter(|(_, (_, e))| matches!(e, Event::Offered { .. }));
        for (at, _) in offers.take(10) {
            let mut journal = day.world.journal.clone();
            let Event::Offered { rep, reason, .. } = &mut journal[at].1 else { unreachable!() };
            if at % 2 == 0 {
                rep.0 = rep.0 % 8 + 1
            } else {
                reason.could_serve += 1
            }
            let mut oracle = Oracle::default();
            let verdict = journal.iter().try_for_each(|(at, event)| oracle.judge(*at, event));
            assert!(verdict.is_err(), "seed {seed}: event {at} was forged and nobody noticed");
            forged += 1;
        }
    }
    assert!(forged > 50, "only {forged} offers forged");
}
