//! What only shows when settings, plan, services, roster and words of danger are laid side by side.

use crate::daemon::Rulebook;
use crate::daemon::rulebook::written;
use crate::document::Problem;
use crate::plan::roster::{self, RosterEntry};
use crate::settings::Settings;
use crate::settings::email::Mailbox;
use std::collections::BTreeSet;

const ROSTER: &str = include_str!("../../config/roster.toml");

/// All of it, in order.
pub struct Review {
    pub rulebook: Rulebook,
    pub roster: Vec<RosterEntry>,
    /// What is allowed and still worth knowing, for example a language that only interpreters cover.
    pub notes: Vec<String>,
}

/// Read every text the settings name, or the built-in ones. On error: every problem of every text.
pub fn review(settings: &Settings) -> Result<Review, Vec<Problem>> {
    let mut problems = Vec::new();
    let rulebook = Rulebook::read(&settings.files).map_err(|found| problems.extend(found.0)).ok();
    let roster = written(settings.files.roster.as_deref(), roster::FILE, ROSTER, roster::parse, &mut problems);
    if let (Some(rulebook), Some(roster)) = (&rulebook, &roster) {
        problems.extend(crossed(rulebook, roster, settings));
    }
    match (rulebook, roster) {
        (Some(rulebook), Some(roster)) if problems.is_empty() => {
            let notes = notes(&rulebook, &roster, settings);
            Ok(Review { rulebook, roster, notes })
        }
        _ => Err(problems),
    }
}

/// Which roster was looked at, for those who imported another.
pub fn of_whom(settings: &Settings) -> String {
    let looked_at = match &settings.files.roster {
        Some(path) => path.display().to_string(),
        None => "the built-in example, since [files] roster is not set".into(),
    };
    format!("roster: {looked_at}; imported people are not looked at")
}

fn crossed(rulebook: &Rulebook, roster: &[RosterEntry], settings: &Settings) -> Vec<Problem> {
    let (plan, services) = (&rulebook.plan, rulebook.catalogue.services());
    let codes: BTreeSet<String> = services.iter().map(|service| service.code.to_string()).collect();
    let skills = services.iter().map(|service| service.skill).collect();
    let mut problems = plan.unreachable_rules();
    problems.extend(plan.unknown_topics(&codes));
    problems.extend(plan.uncovered_skills(roster, &skills));
    let mailboxes = settings.email.mailboxes.iter().map(|mailbox| mailbox.name.clone()).collect();
    problems.extend(plan.unknown_mailboxes(&mailboxes));
    if let Some(path) = &settings.files.plan {
        problems.iter_mut().for_each(|problem| problem.file = path.display().to_string());
    }
    problems.extend(meant_for_no_queue(rulebook, settings));
    problems
}

/// Mailboxes whose own queue the plan does not have.
fn meant_for_no_queue(rulebook: &Rulebook, settings: &Settings) -> Vec<Problem> {
    let email = &settings.email;
    let lost = |one: &&Mailbox| one.queue.is_some_and(|queue| !rulebook.plan.has_queue(queue));
    let problem = |one: &Mailbox| {
        let queue = one.queue.map(|queue| queue.to_string()).unwrap_or_default();
        let what = format!("mailbox `{}` is meant for queue `{queue}`, which the plan does not have", one.name);
        Problem::new(&email.file, one.place.clone(), what, "name a queue of the routing plan, or leave `queue` out")
    };
    email.mailboxes.iter().filter(lost).map(problem).collect()
}

fn notes(rulebook: &Rulebook, roster: &[RosterEntry], settings: &Settings) -> Vec<String> {
    let (plan, programme) = (&rulebook.plan, &settings.programme);
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
