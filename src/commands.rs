//! The commands of the program: what they are called, what they take, and which part of the daemon does them.

use crate::console::texts::Texts;
use crate::daemon::setup::{Added, NewUser, Setup};
use crate::daemon::{Clock, setup};
use crate::demo::Robot;
use crate::document::Problem;
use crate::plan::roster::{self, DUTIES, Duty, RosterEntry};
use crate::programme::{Programme, read_text, renamed};
use crate::routing::ids::Word;
use crate::settings::{Override, Settings};
use crate::store::embedded::Embedded;
use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The password of everyone in the demo, who are all invented.
pub const DEMO_PASSWORD: &str = "many-bridges-one-river";
/// The demo's person for you; the others work by themselves.
const DEMO_YOU: &str = "ana";
/// A password on standard input is at most this long, in bytes.
const STDIN_MAX: u64 = 4_096;

/// One queue for every way a person reaches a city's 311.
#[derive(Debug, Parser)]
#[command(name = "steelbridge", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  steelbridge demo                                  try it: an invented city at http://127.0.0.1:8311
  steelbridge check --config steelbridge.toml       is everything in order? says what is wrong, where, and how to mend it
  steelbridge roster import roster.toml --data DIR  who works here
  steelbridge user add ana --role rep --password-stdin --data DIR < password.txt
  steelbridge serve --config steelbridge.toml       run

Settings can also come from the environment: STEELBRIDGE__LISTEN=127.0.0.1:8311 and so on, see config/steelbridge.toml.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon until it is told to stop (SIGTERM or Ctrl-C).
    Serve {
        #[command(flatten)]
        place: Place,
        /// Where to listen, for example 127.0.0.1:8311; over settings and environment.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
    },
    /// Run an invented city: accounts, a roster, and people who keep arriving. Nothing of it is real.
    Demo {
        /// Where to keep it; remove the folder to begin anew.
        #[arg(long, value_name = "DIR", default_value = "steelbridge-demo")]
        data: PathBuf,
        /// Where to listen; this machine only.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8311")]
        listen: String,
    },
    /// Check settings, plan, services, roster, words of danger and texts; exit code 1 when something is wrong.
    Check(Place),
    /// People who can sign in.
    #[command(subcommand)]
    User(User),
    /// Who works here, what they speak and can do.
    #[command(subcommand)]
    Roster(Roster),
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add someone, or give someone who is there a new password and role. The daemon must not be running.
    Add {
        /// The sign-in name: small letters, digits, `.`, `-`, `_`.
        name: String,
        #[arg(long, value_parser = ["rep", "supervisor", "admin", "auditor"])]
        role: String,
        /// What colleagues and customers see; the sign-in name when left out.
        #[arg(long, value_name = "NAME")]
        display: Option<String>,
        /// Read the password (15 to 128 characters) from standard input; it never stands on a command line.
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Subcommand)]
pub enum Roster {
    /// Make accounts and abilities as the file has them. Nobody is removed. The daemon must not be running.
    Import {
        /// A roster such as config/roster.toml; the settings' own when left out.
        file: Option<PathBuf>,
        /// Read a first password from standard input, for everyone who has none yet.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Show everyone: role, languages, skills, capacity. The daemon must not be running.
    Show(Place),
}

/// Which installation.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// The settings file; without it the usual values hold, under the environment.
    #[arg(long, value_name = "FILE", env = "STEELBRIDGE_CONFIG")]
    pub config: Option<PathBuf>,
    /// The folder of database and attachments; over settings and environment.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Runs the daemon until it is told to stop; `main` brings it.
pub type Serve = fn(Settings, Programme, Clock, Vec<Robot>) -> anyhow::Result<()>;

/// Do what the command line says.
pub fn run(cli: Cli, clock: Clock, serve: Serve) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve { place, listen } => match prepared(&place, listen) {
            Ok((settings, programme)) => {
                listen_to_logs(&settings)?;
                serve(settings, programme, clock, Vec::new())?;
            }
            Err(problems) => return Ok(refused(&problems)),
        },
        Command::Demo { data, listen } => return demo(data, listen, clock, serve),
        Command::Check(place) => return Ok(check(&place)),
        Command::User(User::Add { name, role, display, password_stdin: _, place }) => {
            return add_user(&name, &role, display, &place, &clock);
        }
        Command::Roster(Roster::Import { file, password_stdin, place }) => {
            return import(file.as_deref(), password_stdin, &place, &clock);
        }
        Command::Roster(Roster::Show(place)) => return show(&place, &clock),
    }
    Ok(ExitCode::SUCCESS)
}

/// Settings from file, environment and options.
fn settings(place: &Place, listen: Option<String>) -> Result<Settings, Vec<Problem>> {
    let (settings, problems) = examined(place, listen);
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// The same, with usual values in the place of those that are wrong.
fn examined(place: &Place, listen: Option<String>) -> (Settings, Vec<Problem>) {
    let data = place.data.as_ref().map(|path| path.display().to_string());
    let options = [("data", "--data", data), ("listen", "--listen", listen)];
    let options: Vec<Override> =
        options.into_iter().filter_map(|(key, option, value)| Some(Override { key, option, value: value? })).collect();
    let environment = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    Settings::examine(place.config.as_deref(), environment, &options)
}

/// Everything that must be in order before anything starts.
fn prepared(place: &Place, listen: Option<String>) -> Result<(Settings, Programme), Vec<Problem>> {
    let settings = settings(place, listen)?;
    let programme = Programme::load(&settings)?;
    Ok((settings, programme))
}

fn refused(problems: &[Problem]) -> ExitCode {
    let mut text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    let count = problems.len();
    let _ = writeln!(text, "{count} {} to mend", if count == 1 { "problem" } else { "problems" });
    let _ = std::io::stderr().write_all(text.as_bytes()); // nobody is listening: the exit code says it
    ExitCode::FAILURE
}

fn check(place: &Place) -> ExitCode {
    // a fault in the settings does not hide those of the texts
    let (settings, mut problems) = examined(place, None);
    let programme = Programme::load(&settings);
    let programme = programme.map_err(|found| problems.extend(found)).ok();
    if let Err(found) = Texts::load() {
        let mend = "add the text in that language";
        problems
            .extend(found.into_iter().map(|what| Problem::new("messages", crate::document::Place::Whole, what, mend)));
    }
    if let Some(key) = &settings.server_key
        && let Err(error) = key.fetch()
    {
        let mend = "make the secret readable for the daemon, and for nobody else";
        problems.push(Problem::new("server_key", crate::document::Place::Whole, error.to_string(), mend));
    }
    let Some(programme) = programme.filter(|_| problems.is_empty()) else { return refused(&problems) };
    for note in &programme.notes {
        println!("note: {note}");
    }
    println!(
        "in order: {} services, {} people on the roster, danger known in {} languages",
        programme.catalogue.services().len(),
        programme.roster.len(),
        programme.safety.languages().len()
    );
    ExitCode::SUCCESS
}

fn opened(settings: &Settings, clock: &Clock) -> anyhow::Result<Setup<Embedded>> {
    let (store, reads) =
        Embedded::open(&settings.data).with_context(|| format!("opening {}", settings.data.display()))?;
    Ok(Setup::open(store, reads, clock.now())?)
}

fn add_user(name: &str, role: &str, display: Option<String>, place: &Place, clock: &Clock) -> anyhow::Result<ExitCode> {
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
        Added::New(_) => println!("{name} can sign in as {role}"),
        Added::Changed(_) => println!("{name} has a new password and is {role}; they are signed out everywhere"),
    }
    Ok(ExitCode::SUCCESS)
}

/// One line, without its end.
fn password_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(STDIN_MAX).read_to_string(&mut text).context("reading the password from standard input")?;
    Ok(text.lines().next().unwrap_or_default().to_string())
}

fn import(file: Option<&Path>, password: bool, place: &Place, clock: &Clock) -> anyhow::Result<ExitCode> {
    let people = settings(place, None).and_then(|settings| {
        let people = match file {
            Some(path) => {
                renamed(roster::parse(&read_text(path).map_err(|problem| vec![problem])?), &path.display().to_string())?
            }
            None => Programme::load(&settings)?.roster,
        };
        Ok((settings, people))
    });
    let (settings, people) = match people {
        Ok(read) => read,
        Err(problems) => return Ok(refused(&problems)),
    };
    let password = if password { Some(password_from_stdin()?) } else { None };
    let done = opened(&settings, clock)?.import(&people, password.as_deref())?;
    println!("{} new, {} changed, {} as they were", done.new.len(), done.changed.len(), done.unchanged);
    if !done.without_password.is_empty() {
        println!(
            "cannot sign in before `steelbridge user add` gives them a password: {}",
            list(&done.without_password)
        );
    }
    if !done.others.is_empty() {
        println!("not on this roster, left as they are: {}", list(&done.others));
    }
    Ok(ExitCode::SUCCESS)
}

fn list(names: &[Word]) -> String {
    names.iter().map(Word::as_str).collect::<Vec<_>>().join(", ")
}

fn show(place: &Place, clock: &Clock) -> anyhow::Result<ExitCode> {
    let settings = match settings(place, None) {
        Ok(settings) => settings,
        Err(problems) => return Ok(refused(&problems)),
    };
    println!("{:<12} {:<18} {:<11} {:>4}  languages (speak/write) · skills", "name", "display", "role", "cap.");
    for person in opened(&settings, clock)?.people()? {
        let role = format!("{:?}", person.account.role).to_lowercase();
        let capacity = person.profile.as_ref().map_or(String::new(), |profile| profile.capacity.to_string());
        let abilities = person.profile.map_or("not on the roster".into(), |profile| abilities(&profile.ability));
        let account = person.account;
        let signs_in = if account.password.is_none() || account.disabled { " (cannot sign in)" } else { "" };
        println!("{:<12} {:<18} {role:<11} {capacity:>4}  {abilities}{signs_in}", account.name, account.display);
    }
    Ok(ExitCode::SUCCESS)
}

/// `en 5/5, es 5/4 · general 3, water 2`
fn abilities(ability: &crate::routing::skill::Ability) -> String {
    let languages: Vec<String> =
        ability.languages.iter().map(|l| format!("{} {}/{}", l.language, l.speak, l.write)).collect();
    let skills: Vec<String> = ability.skills.iter().map(|s| format!("{} {}", s.skill, s.level)).collect();
    format!("{} · {}", languages.join(", "), skills.join(", "))
}

fn demo(data: PathBuf, listen: String, clock: Clock, serve: Serve) -> anyhow::Result<ExitCode> {
    let place = Place { config: None, data: Some(data.clone()) };
    let (mut settings, programme) = match prepared(&place, Some(listen)) {
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
    opened(&settings, &clock)?.import(&programme.roster, Some(DEMO_PASSWORD))?;
    let robots = robots(&programme.roster);
    println!("{}", welcome(&settings.public_url, &data));
    serve(settings, programme, clock, robots)?;
    Ok(ExitCode::SUCCESS)
}

/// Everyone on the roster works by themselves, but you and the supervisor.
fn robots(roster: &[RosterEntry]) -> Vec<Robot> {
    let working = roster.iter().filter(|entry| entry.duty == Duty::Rep && entry.name.as_str() != DEMO_YOU);
    working.map(|entry| Robot { name: entry.name.to_string(), password: DEMO_PASSWORD.into() }).collect()
}

fn welcome(url: &str, data: &Path) -> String {
    format!(
        "An invented city lives at {url}

  as a customer        {url}/
  as representative    {url}/desk    name `ana`, password `{DEMO_PASSWORD}`
  as supervisor        {url}/board   name `sam`, the same password

The other representatives work by themselves. Ctrl-C ends it; it is kept in {}.",
        data.display()
    )
}

/// Logs go to standard error, as JSON or as text.
fn listen_to_logs(settings: &Settings) -> anyhow::Result<()> {
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let filter: Targets = settings.log.filter.parse().context("log.filter")?;
    let logs = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if settings.log.json {
        logs.with(lines.json()).try_init()?;
    } else {
        logs.with(lines).try_init()?;
    }
    Ok(())
}
