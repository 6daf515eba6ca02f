//! How much faster than real time an invented day passes, on one core.

use std::time::{Duration, Instant};
use steelbridge::catalogue::Catalogue;
use steelbridge::plan::Plan;
use steelbridge::plan::roster::{self, RosterEntry};
use steelbridge::routing::ids::Word;
use steelbridge::simulate::{Offering, Scenario, run as live_through};

const QUIET: &str = include_str!("../../config/scenarios/quiet-day.toml");
const PLAN: &str = include_str!("../../config/routing.toml");
const ROSTER: &str = include_str!("../../config/roster.toml");
const SEEDS: u64 = 5;

pub fn run() {
    println!("\nSimulator, one core: the shipped quiet day, as it is and four times as large\n");
    println!("| reps | contacts | decisions | a day takes | × real time |\n|---:|---:|---:|---:|---:|");
    for times in [1, 4] {
        day(times);
    }
}

/// The median of a few seeds.
fn day(times: usize) {
    let mut scenario = Scenario::parse(QUIET).expect("the shipped scenario");
    let plan = Plan::parse(PLAN).expect("the shipped plan");
    let people = roster::parse(ROSTER).expect("the shipped roster");
    let offerings = offerings();
    scenario.per_hour = scenario.per_hour.map(|rate| rate * times as f64);
    let shifts = std::mem::take(&mut scenario.shifts);
    let copies = || 0..times;
    scenario.shifts = copies()
        .flat_map(|i| {
            shifts.iter().cloned().map(move |mut shift| {
                shift.name = named(shift.name, i);
                shift
            })
        })
        .collect();
    let roster: Vec<RosterEntry> = copies()
        .flat_map(|i| {
            people.iter().cloned().map(move |mut entry| {
                entry.name = named(entry.name, i);
                entry
            })
        })
        .collect();
    let mut days: Vec<(Duration, usize, u64, f64)> = (1..=SEEDS)
        .map(|seed| {
            let started = Instant::now();
            let report = live_through(&scenario, &plan, &roster, &offerings, seed).expect("everyone is on the roster");
            let took = started.elapsed();
            (took, report.contacts, report.commands, report.length.as_secs_f64() / took.as_secs_f64())
        })
        .collect();
    days.sort_by_key(|day| day.0);
    let (took, contacts, commands, faster) = days[days.len() / 2];
    let reps = scenario.shifts.len();
    println!("| {reps} | {contacts} | {commands} | {:.1} ms | {faster:.0} |", took.as_secs_f64() * 1e3);
}

fn named(name: Word, copy: usize) -> Word {
    Word::new(&format!("{name}{copy}")).expect("short")
}

fn offerings() -> Vec<Offering> {
    let catalogue = Catalogue::shipped();
    let offering = |service: &steelbridge::catalogue::Service| Offering {
        code: service.code.to_string(),
        skill: service.skill,
        urgency: service.urgency,
        phrases: service.keywords.clone(),
    };
    catalogue.services().iter().map(offering).collect()
}
