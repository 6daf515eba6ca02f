//! `check`: is everything in order that the daemon will stand on, and do those let us in whom it will talk to?

use super::review::{of_whom, review};
use super::{Place, examined, refused};
use crate::daemon::Clock;
use crate::document::{self, Problem};
use crate::intake::Safety;
use crate::serve::email;
use crate::settings::Settings;
use crate::texts::Texts;
use anyhow::Context;
use std::process::ExitCode;

/// Says everything that is wrong, or that all is well. `connect`: also try mailboxes and relay.
pub fn run(place: &Place, connect: bool, clock: &Clock) -> anyhow::Result<ExitCode> {
    // a fault in the settings does not hide those of the texts
    let (settings, mut problems) = examined(place, None);
    if problems.is_empty() {
        say!("{}", of_whom(&settings));
    }
    let reviewed = review(&settings).map_err(|found| problems.extend(found)).ok();
    problems.extend(of_texts());
    problems.extend(of_secrets(&settings));
    problems.extend(email::problems(&settings));
    let Some(reviewed) = reviewed.filter(|_| problems.is_empty()) else { return Ok(refused(&problems)) };
    let numbers = of_numbers(&reviewed.rulebook.safety, &settings);
    for note in reviewed.notes.iter().chain(&email::notes(&settings.email)).chain([&numbers]) {
        say!("note: {note}");
    }
    if connect {
        problems.extend(of_connections(&settings, clock)?);
    }
    if !problems.is_empty() {
        return Ok(refused(&problems));
    }
    say!(
        "in order: {} services, {} people on the roster, danger known in {} languages",
        reviewed.rulebook.catalogue.services().len(),
        reviewed.roster.len(),
        reviewed.rulebook.safety.languages().len()
    );
    Ok(ExitCode::SUCCESS)
}

fn of_texts() -> Vec<Problem> {
    let found = Texts::load().err().unwrap_or_default();
    let mend = "add the text in that language";
    found.into_iter().map(|what| Problem::new("messages", document::Place::Whole, what, mend)).collect()
}

/// The shipped numbers are another city's: whoever is in danger must not find that out.
fn of_numbers(safety: &Safety, settings: &Settings) -> String {
    let named = safety.calls().map(|(class, numbers)| format!("{} ({class})", numbers.join(" or ")));
    let named: Vec<String> = named.chain([format!("{} (anything else)", settings.programme.emergency)]).collect();
    format!(
        "who writes of danger is told to call {}: make sure that these are your city's ([call] in safety.toml)",
        named.join(", ")
    )
}

fn of_secrets(settings: &Settings) -> Option<Problem> {
    let error = settings.server_key.as_ref()?.fetch().err()?;
    let mend = "make the secret readable for the daemon, and for nobody else";
    Some(Problem::new("server_key", document::Place::Whole, error.to_string(), mend))
}

/// Whether mailboxes and relay let us in; says which did.
fn of_connections(settings: &Settings, clock: &Clock) -> anyhow::Result<Vec<Problem>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let (found, problems) = runtime.block_on(email::probe(settings, clock.now()));
    for line in found {
        say!("{line}");
    }
    Ok(problems)
}
