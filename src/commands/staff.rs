//! People: who can sign in, and the roster; written into the store while no daemon runs.

use super::review::review;
use super::{Place, refused, settings};
use crate::daemon::Clock;
use crate::daemon::rulebook::written;
use crate::daemon::setup::{self, Added, NewUser, Setup};
use crate::plan::roster::{self, DUTIES, Duty};
use crate::routing::ids::Word;
use crate::routing::skill::Ability;
use crate::settings::Settings;
use crate::store::embedded::Embedded;
use anyhow::{Context, bail};
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

/// A password on standard input is at most this long, in bytes.
const STDIN_MAX: u64 = 4_096;

pub(super) fn opened(settings: &Settings, clock: &Clock) -> anyhow::Result<Setup<Embedded>> {
    let (store, reads) =
        Embedded::open(&settings.data).with_context(|| format!("opening {}", settings.data.display()))?;
    Ok(Setup::open(store, reads, clock.now())?)
}

/// `user add`
pub(super) fn add(
    name: &str,
    role: &str,
    display: Option<String>,
    place: &Place,
    clock: &Clock,
) -> anyhow::Result<ExitCode> {
    if !roster::is_sign_in_name(name) {
        bail!(
            "`{name}` cannot be a sign-in name: use 1 to 23 small letters, digits, `.`, `-`, `_`; begin with a letter"
        );
    }
    let duty = DUTIES.iter().find(|(word, _)| *word == role).map_or(Duty::Rep, |(_, duty)| *duty);
    let settings = match settings(place, None) {
        Ok(settings) => settings,
        Err(problems) => return Ok(refused(&problems)),
    };
    let password = password_from_stdin()?;
    let user = NewUser { name: Word::new(name)?, display, role: setup::role(duty), password };
    match opened(&settings, clock)?.add_user(user)? {
        Added::New(_) => say!("{name} can sign in as {role}"),
        Added::Changed(_) => say!("{name} has a new password and is {role}; they are signed out everywhere"),
    }
    Ok(ExitCode::SUCCESS)
}

/// One line, without its end.
fn password_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(STDIN_MAX).read_to_string(&mut text).context("reading the password from standard input")?;
    Ok(text.lines().next().unwrap_or_default().to_string())
}

/// `roster import`
pub(super) fn import(file: Option<&Path>, password: bool, place: &Place, clock: &Clock) -> anyhow::Result<ExitCode> {
    let people = settings(place, None).and_then(|settings| {
        let people = match file {
            Some(_) => {
                let mut problems = Vec::new();
                written(file, roster::FILE, "", roster::parse, &mut problems).ok_or(problems)?
            }
            None => review(&settings)?.roster,
        };
        Ok((settings, people))
    });
    let (settings, people) = match people {
        Ok(read) => read,
        Err(problems) => return Ok(refused(&problems)),
    };
    let password = if password { Some(password_from_stdin()?) } else { None };
    let done = opened(&settings, clock)?.import(&people, password.as_deref())?;
    say!("{} new, {} changed, {} as they were", done.new.len(), done.changed.len(), done.unchanged);
    if !done.without_password.is_empty() {
        say!("cannot sign in before `steelbridge user add` gives them a password: {}", list(&done.without_password));
    }
    if !done.others.is_empty() {
        say!("not on this roster, left as they are: {}", list(&done.others));
    }
    Ok(ExitCode::SUCCESS)
}

fn list(names: &[Word]) -> String {
    names.iter().map(Word::as_str).collect::<Vec<_>>().join(", ")
}

/// `roster show`
pub(super) fn show(place: &Place, clock: &Clock) -> anyhow::Result<ExitCode> {
    let settings = match settings(place, None) {
        Ok(settings) => settings,
        Err(problems) => return Ok(refused(&problems)),
    };
    say!("{:<12} {:<18} {:<11} {:>4}  languages (speak/write) · skills", "name", "display", "role", "cap.");
    for person in opened(&settings, clock)?.people()? {
        let role = format!("{:?}", person.account.role).to_lowercase();
        let capacity = person.profile.as_ref().map_or(String::new(), |profile| profile.capacity.to_string());
        let abilities = person.profile.map_or("not on the roster".into(), |profile| abilities(&profile.ability));
        let account = person.account;
        let signs_in = if account.password.is_none() || account.disabled { " (cannot sign in)" } else { "" };
        say!("{:<12} {:<18} {role:<11} {capacity:>4}  {abilities}{signs_in}", account.name, account.display);
    }
    Ok(ExitCode::SUCCESS)
}

/// `en 5/5, es 5/4 · general 3, water 2`
fn abilities(ability: &Ability) -> String {
    let languages: Vec<String> =
        ability.languages.iter().map(|l| format!("{} {}/{}", l.language, l.speak, l.write)).collect();
    let skills: Vec<String> = ability.skills.iter().map(|s| format!("{} {}", s.skill, s.level)).collect();
    format!("{} · {}", languages.join(", "), skills.join(", "))
}
