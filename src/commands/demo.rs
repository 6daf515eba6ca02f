//! The demo: an invented city on this machine, ready at once.

use super::review::review;
use super::{Place, Serve, listen_to_logs, refused, settings, staff};
use crate::console::texts::Texts;
use crate::daemon::Clock;
use crate::demo::Robot;
use crate::plan::roster::{Duty, RosterEntry};
use crate::routing::ids::Word;
use anyhow::bail;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The password of everyone in the demo, who are all invented.
pub const PASSWORD: &str = "many-bridges-one-river";
/// The demo's person for you; the others work by themselves.
const YOU: &str = "ana";

/// `demo`
pub(super) fn run(data: Option<PathBuf>, listen: String, clock: Clock, serve: Serve) -> anyhow::Result<ExitCode> {
    let data = data.unwrap_or_else(|| std::env::temp_dir().join("steelbridge-demo"));
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
    listen_to_logs(&settings)?;
    staff::opened(&settings, &clock)?.import(&roster, Some(PASSWORD))?;
    let robots = robots(&roster);
    println!("{}", welcome(&settings.public_url, &data));
    serve(settings, clock, robots)?;
    Ok(ExitCode::SUCCESS)
}

/// Everyone on the roster works by themselves, but you and the supervisor.
fn robots(roster: &[RosterEntry]) -> Vec<Robot> {
    let working = roster.iter().filter(|entry| entry.duty == Duty::Rep && entry.name.as_str() != YOU);
    working.map(|entry| Robot { name: entry.name.to_string(), password: PASSWORD.into() }).collect()
}

fn welcome(url: &str, data: &Path) -> String {
    format!(
        "An invented city lives at {url}

  as a customer        {url}/
  as representative    {url}/desk    name `ana`, password `{PASSWORD}`
  as supervisor        {url}/board   name `sam`, the same password

The other representatives work by themselves. Ctrl-C ends it; it is kept in {}.",
        data.display()
    )
}
