//! The demo: an invented city on this machine, ready at once.

use super::review::review;
use super::{Place, Serve, listen_to_logs, refused, settings, staff};
use crate::daemon::Clock;
use crate::demo::Robot;
use crate::plan::roster::{Duty, RosterEntry};
use crate::routing::ids::Word;
use crate::texts::Texts;
use anyhow::{Context, bail};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The password of everyone in the demo, who are all invented.
pub const PASSWORD: &str = "many-bridges-one-river";
/// The demo's person for you; the others work by themselves.
const YOU: &str = "ana";
/// Marks a folder as a demo's own: its passwords are public, so it must not become a city's.
const MARK: &str = "this-is-a-demo";
/// The shipped plan; people try things out at any hour, so the demo never closes.
const PLAN: &str = include_str!("../../config/routing.toml");
const HOURS: &str = "hours = \"every day 07:00-20:00\"";

/// `demo`
pub(super) fn run(data: Option<PathBuf>, listen: String, clock: Clock, serve: Serve) -> anyhow::Result<ExitCode> {
    let data = data.unwrap_or_else(|| std::env::temp_dir().join("steelbridge-demo"));
    claim(&data)?;
    let place = Place { config: None, data: Some(data.clone()) };
    let prepared = settings(&place, Some(listen)).and_then(|settings| Ok((review(&settings)?.roster, settings)));
    let (roster, mut settings) = match prepared {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(refused(&problems)),
    };
    if !settings.listen.ip().is_loopback() {
        bail!("the demo's passwords are public: it listens on this machine only, for example 127.0.0.1:8311");
    }
    settings.programme.name = "Demo City 311".into();
    settings.programme.languages = Texts::load()
        .map_err(|problems| anyhow::anyhow!(problems.join("\n")))?
        .all()
        .iter()
        .filter_map(|text| Word::new(&text.code).ok())
        .collect();
    settings.log.json = false;
    let plan = data.join("routing.toml");
    std::fs::write(&plan, PLAN.replacen(HOURS, "hours = \"always\"", 1)).context("writing the demo's plan")?;
    settings.files.plan = Some(plan);
    listen_to_logs(&settings)?;
    staff::opened(&settings, &clock)?.import(&roster, Some(PASSWORD))?;
    let robots = robots(&roster);
    say!("{}", welcome(&settings.public_url, &data));
    serve(settings, clock, robots)?;
    Ok(ExitCode::SUCCESS)
}

/// The folder must be new, empty, or an earlier demo's.
fn claim(data: &Path) -> anyhow::Result<()> {
    let mark = data.join(MARK);
    let is_empty = std::fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty && !mark.exists() {
        bail!("{} holds something else; the demo wants a folder of its own", data.display());
    }
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true).mode(0o700).create(data).with_context(|| format!("making {}", data.display()))?;
    std::fs::write(&mark, "Everyone's password here is public.\n")
        .with_context(|| format!("writing {}", mark.display()))
}

/// Everyone on the roster works by themselves, but you and the supervisor.
fn robots(roster: &[RosterEntry]) -> Vec<Robot> {
    let working = roster.iter().filter(|entry| entry.duty == Duty::Rep && entry.name.as_str() != YOU);
    working.map(|entry| Robot { name: entry.name.to_string(), password: PASSWORD.into() }).collect()
}

fn welcome(url: &str, data: &Path) -> String {
    format!(
        "An invented city lives at {url}

  as a customer        {url}/        or straight to {url}/forms and {url}/chat
  as representative    {url}/desk    name `ana`, password `{PASSWORD}`
  as supervisor        {url}/board   name `sam`, the same password

The other representatives work by themselves. Ctrl-C ends it; it is kept in {}.",
        data.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_never_closes() {
        let plan = crate::plan::Plan::parse(&PLAN.replacen(HOURS, "hours = \"always\"", 1)).expect("a sound plan");
        assert_eq!(plan.hours().text(), "always");
    }

    #[test]
    fn the_demo_takes_no_folder_that_is_not_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("demo");
        claim(&data).expect("a new folder");
        claim(&data).expect("an earlier demo's");
        std::fs::write(folder.path().join("steelbridge.db"), "").expect("written");
        assert!(claim(folder.path()).unwrap_err().to_string().contains("holds something else"));
    }
}
