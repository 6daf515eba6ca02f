//! Rehearsal in an invented city: which scenario, which plan and roster, and what came out.

use super::review::{of_whom, review};
use super::{Place, refused, settings};
use crate::daemon::Clock;
use crate::daemon::rulebook::written;
use crate::document::{self, Problem};
use crate::simulate::{self, Offering, Scenario, scenario};
use std::path::Path;
use std::process::ExitCode;

/// Scenarios that are built in, by name.
const BUILT_IN: [(&str, &str); 4] = [
    ("quiet-day", include_str!("../../config/scenarios/quiet-day.toml")),
    ("storm", include_str!("../../config/scenarios/storm.toml")),
    ("election", include_str!("../../config/scenarios/election.toml")),
    ("one-rep-short", include_str!("../../config/scenarios/one-rep-short.toml")),
];

/// `simulate`
pub(super) fn run(name: &str, seed: u64, place: &Place, clock: &Clock) -> anyhow::Result<ExitCode> {
    let mut problems = Vec::new();
    let scenario = match BUILT_IN.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => written(None, scenario::FILE, text, Scenario::parse, &mut problems),
        None if !Path::new(name).exists() => {
            problems.push(unknown(name));
            None
        }
        None => written(Some(Path::new(name)), scenario::FILE, "", Scenario::parse, &mut problems),
    };
    let reviewed = settings(place, None).and_then(|settings| {
        say!("{}", of_whom(&settings));
        review(&settings)
    });
    let reviewed = reviewed.map_err(|found| problems.extend(found)).ok();
    let (Some(scenario), Some(reviewed)) = (scenario, reviewed) else { return Ok(refused(&problems)) };
    let services = reviewed.rulebook.catalogue.services().iter();
    let offerings: Vec<Offering> = services
        .map(|service| Offering {
            code: service.code.to_string(),
            skill: service.skill,
            urgency: service.urgency,
            phrases: service.keywords.clone(),
        })
        .collect();
    let before = clock.now();
    let report = simulate::run(&scenario, &reviewed.rulebook.plan, &reviewed.roster, &offerings, seed)?;
    let took = (clock.now() - before).as_secs_f64().max(1e-6);
    say!("{report}");
    let faster = report.length.as_secs_f64() / took;
    say!("\n{} decisions in {:.1} ms, {faster:.0} × real time", report.commands, took * 1e3);
    Ok(ExitCode::SUCCESS)
}

fn unknown(name: &str) -> Problem {
    let names = BUILT_IN.map(|(known, _)| known).join(", ");
    let what = format!("there is no scenario and no file `{name}`");
    Problem::new("simulate", document::Place::Whole, what, format!("choose {names}, or name a file"))
}
