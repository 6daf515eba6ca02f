//! The real daemon of a bench: its settings, its roster, its process.

use crate::http::Line;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const PASSWORD: &str = "bench-bench-bench-311";
const PLAN: &str = include_str!("../../config/routing.toml");

/// A daemon of its own, in a folder of its own, ended with it.
pub struct Daemon {
    child: Child,
    pub door: SocketAddr,
    pub folder: TempDir,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    pub fn settled(roster: &str) -> TempDir {
        let folder = TempDir::with_prefix("steelbridge-bench-").expect("a folder");
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let settings = format!(
            "listen = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\ndata = {:?}\n[limits]\nper_network = 4096\n\
             [files]\nplan = \"routing.toml\"\nroster = \"roster.toml\"\n[rates]\nform = [\"1000000/s\"]\nchat = [\"1000000/s\"]\n\
             message = [\"1000000/s\"]\nsign_in = [\"1000000/s\"]\n[log]\nfilter = \"warn\"\n",
            folder.path().join("data")
        );
        let plan = light_plan();
        for (name, text) in
            [("steelbridge.toml", &settings), ("routing.toml", &plan), ("roster.toml", &roster.to_owned())]
        {
            std::fs::write(folder.path().join(name), text).expect("settings");
        }
        folder
    }

    pub fn start(folder: TempDir) -> Daemon {
        let settings = folder.path().join("steelbridge.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_steelbridge"));
        command.env("STEELBRIDGE__METRICS_LISTEN", "127.0.0.1:0").arg("serve").arg("--config").arg(&settings);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the daemon");
        let text = std::fs::read_to_string(&settings).expect("settings");
        let door = text.split('"').nth(1).and_then(|a| a.parse().ok()).expect("an address");
        Daemon { child, door, folder }
    }

    /// Killed (SIGKILL) and started again on the same data.
    pub fn again(mut self) -> Daemon {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let folder = std::mem::replace(&mut self.folder, TempDir::new().expect("a folder"));
        Daemon::start(folder)
    }

    /// How long until it answers.
    pub async fn ready(&mut self) -> Duration {
        let started = Instant::now();
        loop {
            if tokio::net::TcpStream::connect(self.door).await.is_ok() {
                let (status, _) = Line::to(self.door).await.ask("GET", "/readyz", "").await;
                if status == 200 {
                    return started.elapsed();
                }
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the daemon ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Told to stop (SIGTERM), it ends what it has begun. What it leaves behind.
    pub fn stop(mut self) -> TempDir {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(told.success(), "it still runs");
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "the daemon ended with {ended}");
        std::mem::replace(&mut self.folder, TempDir::new().expect("a folder"))
    }
}

/// Memory of a process in MiB, as `/proc/<pid>/status` counts it: `VmRSS` is all that is resident, `RssAnon` without the pages
/// of the program's file and its libraries.
pub fn memory(process: u32, of: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(of)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kib.expect("the process runs") / 1_024.0
}

/// The shipped plan, open on every day of the year, with forms that weigh next to nothing and offers that stand.
fn light_plan() -> String {
    let (before, after) = PLAN.split_once("holidays = [").expect("the shipped plan has holidays");
    let (_, after) = after.split_once("\n]").expect("a list ends");
    let mut plan = format!("{before}holidays = []{after}");
    for (shipped, light) in [
        ("hours = \"every day 07:00-20:00\"", "hours = \"always\""),
        ("form    = { weight = 20", "form    = { weight = 1"),
        ("written = \"3m\"", "written = \"60m\""),
    ] {
        assert!(plan.contains(shipped), "the shipped plan still says {shipped}");
        plan = plan.replace(shipped, light);
    }
    plan
}

/// A roster in the folder becomes people with passwords in its store.
pub fn import(folder: &TempDir) {
    let mut import = Command::new(env!("CARGO_BIN_EXE_steelbridge"));
    import.args(["roster", "import", "--password-stdin", "--config"]).arg(folder.path().join("steelbridge.toml"));
    let mut import = import.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program");
    writeln!(import.stdin.take().expect("a pipe"), "{PASSWORD}").expect("the password is read");
    assert!(import.wait().expect("it ends").success(), "the roster is imported");
}

/// So many reps who can do everything, with passwords, each holding up to `capacity`.
pub fn hired(reps: usize, capacity: u32) -> TempDir {
    let roster: String = (0..reps).map(|i| person(&format!("rep{i}"), capacity)).collect();
    let folder = Daemon::settled(&roster);
    import(&folder);
    folder
}

/// Someone on the roster who can do everything the plan and the services ask for.
pub fn person(name: &str, capacity: u32) -> String {
    let skills = [
        "animals",
        "camps",
        "code",
        "county",
        "dispatch",
        "elections_gov",
        "general",
        "parking",
        "parks",
        "permits",
        "police_ref",
        "sanitation",
        "sewer",
        "streets",
        "trees",
        "water",
    ];
    let skills = skills.map(|skill| format!("{skill} = 5")).join(", ");
    format!("[[rep]]\nname = {name:?}\nlanguages = {{ en = 5 }}\nskills = {{ {skills} }}\ncapacity = {capacity}\n\n")
}
