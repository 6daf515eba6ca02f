//! A city on this machine: a data folder, settings, and the real daemon, started, stopped and killed as machines do it.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The password of everyone on the roster.
pub const PASSWORD: &str = "river-city-bridge-311";
/// The shipped plan; these tests run at any hour, so their city is always open.
const PLAN: &str = include_str!("../../config/routing.toml");
/// Every skill that the shipped plan and services ask for.
const SKILLS: &str = "animals = 5, camps = 5, code = 5, county = 5, dispatch = 5, elections_gov = 5, general = 5, parking = 5, \
    parks = 5, permits = 5, police_ref = 5, sanitation = 5, sewer = 5, streets = 5, trees = 5, water = 5";
/// A start, slowed down by strace and a busy machine, takes no longer.
const START: Duration = Duration::from_secs(30);

/// The folder outlives the daemon; so does the port, so that people come back to the same address.
pub struct City {
    folder: TempDir,
    pub data: PathBuf,
    port: u16,
    pub metrics_port: u16,
}

/// A daemon that runs.
pub struct Daemon {
    /// The daemon itself, or the tool it was started under.
    outer: Child,
    pub pid: u32,
}

impl City {
    pub fn new() -> City {
        let folder = TempDir::with_prefix("steelbridge-city-").expect("a folder");
        let data = folder.path().join("data");
        City::on(folder, data, &[])
    }

    /// A city whose data lie somewhere else, for example on a small disk, and are reached `under` another program.
    pub fn on(folder: TempDir, data: PathBuf, under: &[String]) -> City {
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let [port, metrics_port] = free.map(|free| free.local_addr().expect("an address").port());
        let city = City { folder, data, port, metrics_port };
        for (name, text) in [
            ("steelbridge.toml", city.settings_text().as_str()),
            ("routing.toml", &always_open()),
            ("roster.toml", &roster()),
        ] {
            fs::write(city.folder().join(name), text).expect("settings are written");
        }
        city.hires_everyone(under);
        city
    }

    /// Everyone on the roster gets an account and the password, as an operator gives it to them.
    pub fn hires_everyone(&self, under: &[String]) {
        let mut import = self.command(under, &["roster", "import", "--password-stdin", "--config"]);
        let mut import = import.stdin(Stdio::piped()).spawn().expect("the program starts");
        let mut stdin = import.stdin.take().expect("a pipe");
        writeln!(stdin, "{PASSWORD}").expect("the password is read");
        drop(stdin);
        assert!(import.wait().expect("it ends").success(), "the roster is imported:\n{}", self.last_words());
    }

    /// More settings, in force from the next start on.
    pub fn adds_settings(&self, more: &str) {
        let mut file = File::options().append(true).open(self.settings()).expect("they are there");
        file.write_all(more.as_bytes()).expect("they are written");
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn log(&self) -> PathBuf {
        self.folder.path().join("daemon.log")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("steelbridge.toml")
    }

    fn settings_text(&self) -> String {
        format!(
            "listen = \"127.0.0.1:{}\"\nmetrics_listen = \"127.0.0.1:{}\"\npublic_url = \"{}\"\ndata = {:?}\n\
             [files]\nplan = \"routing.toml\"\nroster = \"roster.toml\"\n\
             [rates]\nform = [\"100000/min\"]\nchat = [\"100000/min\"]\nmessage = [\"100000/min\"]\nsign_in = [\"100000/min\"]\n\
             [log]\nformat = \"text\"\n",
            self.port,
            self.metrics_port,
            self.base(),
            self.data
        )
    }

    /// Starts the daemon, `under` another program or none, and waits until it says it is ready.
    /// The exit status when it ends before that.
    pub async fn start_under(&self, under: &[String]) -> Result<Daemon, ExitStatus> {
        let outer = self.command(under, &["serve", "--config"]).spawn();
        let outer = outer.unwrap_or_else(|e| panic!("{under:?} could not be started ({e}); tests/run installs it"));
        let mut daemon = Daemon { pid: outer.id(), outer };
        self.until_ready(&mut daemon).await.map(|()| daemon)
    }

    /// The program with these words and the settings, `under` another or none. What it says goes into the log.
    fn command(&self, under: &[String], words: &[&str]) -> Command {
        let program = [env!("CARGO_BIN_EXE_steelbridge")].into_iter().chain(words.iter().copied()).map(str::to_owned);
        let words = Vec::from_iter(under.iter().cloned().chain(program));
        let log = File::options().create(true).append(true).open(self.log()).expect("a log");
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(self.settings()).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a log")).stderr(log);
        command
    }

    /// Starts the daemon with nothing in its way.
    pub async fn start(&self) -> Daemon {
        match self.start_under(&[]).await {
            Ok(daemon) => daemon,
            Err(status) => panic!("the daemon ended at its start with {status}:\n{}", self.last_words()),
        }
    }

    async fn until_ready(&self, daemon: &mut Daemon) -> Result<(), ExitStatus> {
        let deadline = Instant::now() + START;
        let ready = format!("{}/readyz", self.base());
        while Instant::now() < deadline {
            if let Some(status) = daemon.ended() {
                return Err(status);
            }
            if reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
                daemon.pid = traced(daemon.outer.id()).unwrap_or(daemon.outer.id());
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the daemon is not ready after {START:?}:\n{}", self.last_words());
    }

    /// All that the daemon said.
    pub fn log_text(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The end of the log, for a failure's message.
    pub fn last_words(&self) -> String {
        let log = self.log_text();
        let lines = Vec::from_iter(log.lines());
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// Two reps who can do everything, one of them in Spanish too, and a supervisor who takes no ordinary contacts.
fn roster() -> String {
    let rep = |name: &str, display: &str, languages: &str, more: &str| {
        format!(
            "[[rep]]\nname = {name:?}\ndisplay = {display:?}\nlanguages = {{ {languages} }}\nskills = {{ {SKILLS} }}\n{more}\n"
        )
    };
    [
        rep("ana", "Ana", "en = 5, es = 5", ""),
        rep("ben", "Ben", "en = 5", ""),
        rep("boss", "The boss", "en = 5", "role = \"supervisor\"\ncapacity = 0"),
    ]
    .concat()
}

/// The shipped plan without closing times and holidays.
fn always_open() -> String {
    let (before, rest) = PLAN.split_once("hours = \"every day 07:00-20:00\"").expect("the shipped hours");
    let (between, rest) = rest.split_once("holidays = [").expect("the shipped holidays");
    let (_, after) = rest.split_once("]\n").expect("their end");
    format!("{before}hours = \"always\"{between}{after}")
}

/// The process that a tracer runs, if there is one.
fn traced(tracer: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

impl Daemon {
    /// Has it ended by itself?
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.outer.try_wait().expect("a process can be waited for")
    }

    /// Waits for its end.
    pub async fn until_ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            match self.ended() {
                None if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(5)).await,
                ended => return ended,
            }
        }
    }

    /// Sends a signal by name, for example `TERM`.
    pub fn signal(&self, name: &str) {
        let sent =
            Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.pid)).stderr(Stdio::null()).status();
        sent.expect("sh runs");
    }

    /// `kill -9`, and waits until it is gone.
    pub async fn dies(mut self) {
        self.signal("KILL");
        self.until_ended(Duration::from_secs(5)).await.expect("a killed process ends");
    }

    /// Memory in use, and the most it ever was, in KiB.
    pub fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let row = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        (row("VmRSS:").unwrap_or(0), row("VmHWM:").unwrap_or(0))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.signal("KILL"); // a tracer leaves with what it traces
            for _ in 0..200 {
                if self.ended().is_some() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.outer.kill();
            let _ = self.outer.wait();
        }
    }
}
