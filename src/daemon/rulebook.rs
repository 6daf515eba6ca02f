//! What the programme decides by: the routing plan, the danger words, the service catalogue. Read once, checked whole.

use crate::catalogue::Catalogue;
use crate::document::{Place, Problem};
use crate::intake::{Circumstances, Detector, Intake, Safety, ServiceFacts, classify, safety};
use crate::message::{Inbound, LanguageChoice};
use crate::plan::{self, Plan};
use crate::routing::ids::{RepId, Timestamp, Word};
use crate::routing::queue::Settings;
use crate::settings::Files;
use std::path::Path;

const PLAN: &str = include_str!("../../config/routing.toml");
const SAFETY: &str = include_str!("../../config/safety.toml");
const SERVICES: &str = include_str!("../../config/services.toml");

/// Shared by everything that looks at a contact before the engine does.
#[derive(Debug)]
pub struct Rulebook {
    pub plan: Plan,
    pub safety: Safety,
    pub catalogue: Catalogue,
    pub detector: Detector,
}

/// Something in the texts is wrong; each line says what, where and how to mend it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Unsound(pub Vec<Problem>);

impl Rulebook {
    /// The texts built in, or the files the settings name. On error: every problem of every text.
    pub fn read(files: &Files) -> Result<Rulebook, Unsound> {
        let mut problems = Vec::new();
        let plan = written(files.plan.as_deref(), plan::FILE, PLAN, Plan::parse, &mut problems);
        let safety = written(files.safety.as_deref(), safety::FILE, SAFETY, Safety::parse, &mut problems);
        let catalogue = written(files.services.as_deref(), "services.toml", SERVICES, services, &mut problems);
        match (plan, safety, catalogue) {
            (Some(plan), Some(safety), Some(catalogue)) => {
                let detector = Detector::new(&[plan.house_language()]);
                Ok(Rulebook { plan, safety, catalogue, detector })
            }
            _ => Err(Unsound(problems)),
        }
    }

    /// The same, telling these languages apart besides the house language: those offered, and those reps use.
    pub fn telling(self, languages: impl IntoIterator<Item = Word>) -> Rulebook {
        let mut all = vec![self.plan.house_language()];
        all.extend(languages);
        Rulebook { detector: Detector::new(&all), ..self }
    }

    /// What the engine needs to know of an inbound. Its text may tell its language, which takes some milliseconds.
    pub fn classify(&self, inbound: &Inbound, now: Timestamp, prefer: Option<RepId>) -> Intake {
        self.classify_in(None, inbound, now, prefer)
    }

    /// The same where the language is decided.
    pub fn classify_in(
        &self,
        language: Option<LanguageChoice>,
        inbound: &Inbound,
        now: Timestamp,
        prefer: Option<RepId>,
    ) -> Intake {
        let service = inbound.service.as_deref().and_then(|code| self.catalogue.get(code));
        let service = service.map(|s| ServiceFacts { skill: s.skill, urgency: s.urgency });
        let about = Circumstances { service, prefer, returning: prefer.is_some(), language };
        classify(inbound, &self.plan, &self.safety, &self.detector, now, about)
    }

    /// The engine's settings when they are not those in force, under the next version.
    pub fn news(&self, in_force: Option<&Settings>) -> Option<Settings> {
        let Some(old) = in_force else { return Some(self.plan.settings(1)) };
        let mut same = self.plan.settings(old.version);
        let known: Vec<_> = old.queues.iter().filter(|queue| !queue.retired).cloned().collect();
        same.queues.sort_by_key(|queue| known.iter().position(|k| k.name == queue.name));
        let unchanged = same == Settings { queues: known, ..old.clone() };
        (!unchanged).then(|| self.plan.settings(old.version + 1))
    }
}

/// Read one text, a file's or the built-in one; its problems are named after the file.
pub fn written<T>(
    file: Option<&Path>,
    name: &str,
    built_in: &str,
    parse: impl FnOnce(&str) -> Result<T, Vec<Problem>>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let Some(path) = file else {
        return parse(built_in).map_err(|found| problems.extend(found)).ok();
    };
    let called = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let (what, mend) =
            (format!("cannot be read: {error}"), format!("check the path of {name} and who may read it"));
        problems.push(Problem::new(&called, Place::Whole, what, mend));
    });
    let parsed = parse(&text.ok()?);
    parsed.map_err(|found| problems.extend(found.into_iter().map(|p| Problem { file: called.clone(), ..p }))).ok()
}

fn services(text: &str) -> Result<Catalogue, Vec<Problem>> {
    let problem = |p: crate::catalogue::Problem| {
        let place = Place::At { line: p.line as u32, column: 1 };
        Problem::new("services.toml", place, p.what, "change the service or question that begins at this line")
    };
    Catalogue::parse(text).map_err(|found| found.into_iter().map(problem).collect())
}
