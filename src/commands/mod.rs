//! The commands of the program: what they are called, what they take, and which part of the daemon does them.

/// Prints a line; a reader who has gone away (`… | head`) is no reason to panic.
macro_rules! say {
    ($($line:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($line)*);
    }};
}

mod check;
mod demo;
mod review;
mod simulate;
mod staff;

use crate::daemon::Clock;
use crate::demo::Robot;
use crate::document::Problem;
use crate::settings::{Override, Settings};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

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
  steelbridge check --connect --config …            the same, and do mailboxes and mail relay let us in?
  steelbridge roster import roster.toml --data DIR  who works here
  steelbridge user add ana --role rep --password-stdin --data DIR < password.txt
  steelbridge simulate storm --seed 7               how would this plan and roster come through a storm?
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
        /// Where to keep it; remove the folder to begin anew. `steelbridge-demo` among the temporary files when left out.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Where to listen; this machine only.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8311")]
        listen: String,
    },
    /// Check settings, plan, services, roster, words of danger and texts; exit code 1 when something is wrong.
    Check {
        #[command(flatten)]
        place: Place,
        /// Also sign in to every mailbox and to the mail relay, changing nothing there.
        #[arg(long)]
        connect: bool,
    },
    /// Live through an invented day with your plan and roster, and print waits, service level and loads.
    Simulate {
        /// quiet-day, storm, election, one-rep-short, or a file such as config/scenarios/storm.toml.
        scenario: String,
        /// Another seed is another day of the same kind; the same seed is the same day.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        place: Place,
    },
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
pub type Serve = fn(Settings, Clock, Vec<Robot>) -> anyhow::Result<()>;

/// Do what the command line says.
pub fn run(cli: Cli, clock: Clock, serve: Serve) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve { place, listen } => match settings(&place, listen) {
            Ok(settings) => {
                listen_to_logs(&settings)?;
                serve(settings, clock, Vec::new())?;
                Ok(ExitCode::SUCCESS)
            }
            Err(problems) => Ok(refused(&problems)),
        },
        Command::Demo { data, listen } => demo::run(data, listen, clock, serve),
        Command::Check { place, connect } => check::run(&place, connect, &clock),
        Command::Simulate { scenario, seed, place } => simulate::run(&scenario, seed, &place, &clock),
        Command::User(User::Add { name, role, display, password_stdin: _, place }) => {
            staff::add(&name, &role, display, &place, &clock)
        }
        Command::Roster(Roster::Import { file, password_stdin, place }) => {
            staff::import(file.as_deref(), password_stdin, &place, &clock)
        }
        Command::Roster(Roster::Show(place)) => staff::show(&place, &clock),
    }
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

fn refused(problems: &[Problem]) -> ExitCode {
    let mut text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    let count = problems.len();
    let _ = writeln!(text, "{count} {} to mend", if count == 1 { "problem" } else { "problems" });
    let _ = std::io::stderr().write_all(text.as_bytes()); // nobody is listening: the exit code says it
    ExitCode::FAILURE
}

/// A panic's own words may hold what a customer wrote (a slice that was cut wrongly prints it): only the place is told.
fn keep_panics_private() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(thread, place, "a part of the program stopped over something it did not expect");
    }));
}

/// Libraries that write what they carry into their finer logs: passwords, mails, messages. Never, whatever is asked for.
const TALKATIVE: [&str; 10] = [
    "async_imap",
    "imap_proto",
    "lettre",
    "html5ever",
    "mail_parser",
    "tungstenite",
    "tokio_tungstenite",
    "hyper",
    "rustls",
    "selectors",
];

fn private() -> tracing_subscriber::filter::Targets {
    use tracing::level_filters::LevelFilter;
    let caps = TALKATIVE.iter().map(|library| (*library, LevelFilter::INFO));
    tracing_subscriber::filter::Targets::new().with_default(LevelFilter::TRACE).with_targets(caps)
}

/// Logs go to standard error, as JSON or as text.
fn listen_to_logs(settings: &Settings) -> anyhow::Result<()> {
    use std::io::IsTerminal as _;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let filter: Targets = settings.log.filter.parse().context("log.filter")?;
    let logs = tracing_subscriber::registry().with(filter).with(private());
    keep_panics_private();
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    if settings.log.json {
        logs.with(lines.json()).try_init()?;
    } else {
        logs.with(lines).try_init()?;
    }
    Ok(())
}
