//! What a programme's people have written: plan, services, roster and words of danger, read together and checked against each other.

use crate::catalogue::Catalogue;
use crate::document::{Place, Problem};
use crate::intake::{Circumstances, Intake, Safety, ServiceFacts, classify};
use crate::message::Inbound;
use crate::plan::roster::{self, RosterEntry};
use crate::plan::{self, Plan};
use crate::routing::ids::{RepId, Timestamp};
use crate::routing::{self};
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const PLAN: &str = include_str!("../config/routing.toml");
const SERVICES: &str = include_str!("../config/services.toml");
const ROSTER: &str = include_str!("../config/roster.toml");
const SAFETY: &str = include_str!("../config/safety.toml");

/// All of it, checked.
#[derive(Clone, Debug)]
pub struct Programme {
    pub plan: Plan,
    pub catalogue: Catalogue,
    pub roster: Vec<RosterEntry>,
    pub safety: Safety,
    /// What is allowed and still worth knowing, for example a language that only interpreters cover.
    pub notes: Vec<String>,
}

impl Programme {
    /// Read the files the settings name, or the built-in texts. On error: every problem of every text.
    pub fn load(settings: &Settings) -> Result<Programme, Vec<Problem>> {
        let files = &settings.files;
        let mut problems = Vec::new();
        let plan = text(&files.plan, plan::FILE, PLAN).and_then(|(name, text)| renamed(Plan::parse(&text), &name));
        let catalogue = text(&files.services, "services.toml", SERVICES).and_then(|(name, text)| {
            let problem = |p: crate::catalogue::Problem| {
                let place = Place::At { line: p.line as u32, column: 1 };
                Problem::new(&name, place, p.what, "change the service at this line")
            };
            Catalogue::parse(&text).map_err(|found| found.into_iter().map(problem).collect())
        });
        let roster =
            text(&files.roster, roster::FILE, ROSTER).and_then(|(name, text)| renamed(roster::parse(&text), &name));
        let safety = text(&files.safety, crate::intake::safety::FILE, SAFETY)
            .and_then(|(name, text)| renamed(Safety::parse(&text), &name));
        let plan = plan.map_err(|found| problems.extend(found)).ok();
        let catalogue = catalogue.map_err(|found| problems.extend(found)).ok();
        let roster = roster.map_err(|found| problems.extend(found)).ok();
        let safety = safety.map_err(|found| problems.extend(found)).ok();
        if let (Some(plan), Some(catalogue), Some(roster)) = (&plan, &catalogue, &roster) {
            problems.extend(crossed(plan, catalogue, roster, settings));
        }
        match (plan, catalogue, roster, safety) {
            (Some(plan), Some(catalogue), Some(roster), Some(safety)) if problems.is_empty() => {
                let notes = notes(&plan, &roster, settings);
                Ok(Programme { plan, catalogue, roster, safety, notes })
            }
            _ => Err(problems),
        }
    }
}

impl Programme {
    /// What the engine needs to know of an inbound. `prefer`: the rep who had this person before.
    pub fn classify(&self, inbound: &Inbound, now: Timestamp, prefer: Option<RepId>) -> Intake {
        let service = inbound.service.as_deref().and_then(|code| self.catalogue.get(code));
        let service = service.map(|s| ServiceFacts { skill: s.skill, urgency: s.urgency });
        let about = Circumstances { service, prefer, returning: prefer.is_some() };
        classify(inbound, &self.plan, &self.safety, now, about)
    }

    /// The engine's settings when they are not those in force, under the next version.
    pub fn news(&self, in_force: Option<&routing::queue::Settings>) -> Option<routing::queue::Settings> {
        let Some(old) = in_force else { return Some(self.plan.settings(1)) };
        let mut same = self.plan.settings(old.version);
        let known: Vec<_> = old.queues.iter().filter(|queue| !queue.retired).cloned().collect();
        same.queues.sort_by_key(|queue| known.iter().position(|k| k.name == queue.name));
        let unchanged = same == routing::queue::Settings { queues: known, ..old.clone() };
        (!unchanged).then(|| self.plan.settings(old.version + 1))
    }
}

/// The text of a file and its name for problems.
fn text(file: &Option<PathBuf>, name: &str, shipped: &str) -> Result<(String, String), Vec<Problem>> {
    match file {
        None => Ok((name.to_string(), shipped.to_string())),
        Some(path) => read_text(path).map(|text| (path.display().to_string(), text)).map_err(|problem| vec![problem]),
    }
}

/// A file that people have written, or the problem that it cannot be read.
pub fn read_text(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| {
        let mend = "check the path and that it may be read";
        Problem::new(&path.display().to_string(), Place::Whole, format!("cannot be read: {error}"), mend)
    })
}

/// Problems under the file's real name.
pub fn renamed<T>(result: Result<T, Vec<Problem>>, name: &str) -> Result<T, Vec<Problem>> {
    result.map_err(|found| found.into_iter().map(|problem| Problem { file: name.to_string(), ..problem }).collect())
}

/// What only shows when the texts are laid side by side.
fn crossed(plan: &Plan, catalogue: &Catalogue, roster: &[RosterEntry], settings: &Settings) -> Vec<Problem> {
    let codes: BTreeSet<String> = catalogue.services().iter().map(|service| service.code.to_string()).collect();
    let skills = catalogue.services().iter().map(|service| service.skill).collect();
    let mut problems = plan.unreachable_rules();
    problems.extend(plan.unknown_topics(&codes));
    problems.extend(plan.uncovered_skills(roster, &skills));
    if let Some(path) = &settings.files.plan {
        problems.iter_mut().for_each(|problem| problem.file = path.display().to_string());
    }
    problems
}

fn notes(plan: &Plan, roster: &[RosterEntry], settings: &Settings) -> Vec<String> {
    let programme = &settings.programme;
    let uncovered = plan.uncovered_languages(roster, &programme.languages);
    let mut notes: Vec<String> = uncovered
        .iter()
        .map(|language| format!("nobody on the roster uses `{language}`: only interpreters cover it"))
        .collect();
    if plan.zone() != programme.zone {
        notes.push(format!("pages show times in {}, opening hours are in {}", programme.zone, plan.zone()));
    }
    notes
}
