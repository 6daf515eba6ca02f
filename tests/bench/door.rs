//! The whole way, through the real daemon: POST, decided and fsynced, offered on a rep's WebSocket; beside the bare program.

use crate::bare;
use crate::http::{Line, connect_from};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const PASSWORD: &str = "bench-bench-bench-311";
const REPS: usize = 120;
const CONNECTIONS: usize = 64;
const CONTACTS: usize = 24_000;
const CHATS: u32 = 2_000;
/// A contact weighs next to nothing here, so that every one is offered at once.
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

    /// Asked to stop, so that it keeps a snapshot; started again; killed; started once more.
    pub fn again(mut self) -> Daemon {
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
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

    /// Resident memory of the daemon, in bytes (proc(5)).
    pub fn resident(&self) -> u64 {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap_or_default();
        statm.split(' ').nth(1).and_then(|p| p.parse::<u64>().ok()).unwrap_or(0) * 4_096
    }
}

/// The shipped plan, with forms that weigh next to nothing and offers that stand.
fn light_plan() -> String {
    let light = PLAN
        .replace("form    = { weight = 20", "form    = { weight = 1")
        .replace("written = \"3m\"", "written = \"60m\"");
    assert_ne!(light, PLAN, "the shipped plan still says it this way");
    light
}

pub async fn run() {
    println!("\nThe door: POST → decided → fsynced → 201, and the offer on a rep's WebSocket\n");
    let disk = probe();
    let mut daemon = Daemon::start(hired());
    daemon.ready().await;
    let heard = Arc::new(AtomicU64::new(0));
    for rep in 0..REPS {
        listen(&daemon, rep, heard.clone()).await;
    }
    let alone = one_by_one(daemon.door, "/api/v1/contacts", 300).await;
    let before = heard.load(Relaxed);
    let (rate, all) = storm(daemon.door, "/api/v1/contacts").await;
    let offers = settle(&heard, before).await;
    let folder = TempDir::new().expect("a folder");
    let bare = bare::serve(folder.path().to_owned()).await;
    let bare_alone = one_by_one(bare, "/contacts", 300).await;
    let (bare_rate, bare_all) = storm(bare, "/contacts").await;
    let again = probe();
    println!("| | steelbridge | bare axum | ratio |\n|---|---:|---:|---:|");
    row("durable answers a second, 64 connections", rate, bare_rate, "/s");
    row("… p50", ms(&all, 50), ms(&bare_all, 50), " ms");
    row("… p99", ms(&all, 99), ms(&bare_all, 99), " ms");
    row("one client, p50", ms(&alone, 50), ms(&bare_alone, 50), " ms");
    println!(
        "\nfdatasync of this disk, p50: {:.3} ms before, {:.3} ms after",
        disk.as_secs_f64() * 1e3,
        again.as_secs_f64() * 1e3
    );
    println!("offers heard on {REPS} sockets during the storm: {offers} of {CONTACTS}");
}

fn row(what: &str, ours: f64, bare: f64, unit: &str) {
    println!("| {what} | {ours:.2}{unit} | {bare:.2}{unit} | {:.2}× |", ours / bare);
}

/// A percentile of sorted times, in milliseconds.
pub fn ms(times: &[Duration], percent: usize) -> f64 {
    times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3
}

/// The median of a hundred small appends with fdatasync.
pub fn probe() -> Duration {
    let folder = TempDir::new().expect("a folder");
    let mut file = std::fs::File::create(folder.path().join("probe")).expect("a file");
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&[7; 300]).and_then(|()| file.sync_data()).expect("the disk keeps it");
            started.elapsed()
        })
        .collect();
    times.sort();
    times[50]
}

/// Someone on the roster who can do everything the plan and the services ask for.
pub fn person(name: &str) -> String {
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
    format!("[[rep]]\nname = {name:?}\nlanguages = {{ en = 5 }}\nskills = {{ {skills} }}\ncapacity = 10000\n\n")
}

/// Reps who can do everything, with passwords.
fn hired() -> TempDir {
    let roster: String = (0..REPS).map(|i| person(&format!("rep{i}"))).collect();
    let folder = Daemon::settled(&roster);
    let mut import = Command::new(env!("CARGO_BIN_EXE_steelbridge"));
    import.args(["roster", "import", "--password-stdin", "--config"]).arg(folder.path().join("steelbridge.toml"));
    let mut import = import.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program");
    writeln!(import.stdin.take().expect("a pipe"), "{PASSWORD}").expect("the password is read");
    assert!(import.wait().expect("it ends").success(), "the roster is imported");
    folder
}

/// Sign in, be available, and count the offers that come.
async fn listen(daemon: &Daemon, rep: usize, heard: Arc<AtomicU64>) {
    let mut line = Line::from(daemon.door, 1_000_000 + rep as u32).await;
    let body = json!({ "name": format!("rep{rep}"), "password": PASSWORD }).to_string();
    assert_eq!(line.ask("POST", "/api/v1/session", &body).await.0, 200);
    let mut socket = open(daemon.door, 1_000_000 + rep as u32, "/api/v1/live", &line.cookie, None).await;
    socket.send(Message::text(r#"{"hello":{"after":null}}"#)).await.expect("hello");
    assert_eq!(line.ask("PUT", "/api/v1/me/presence", r#"{"presence":"available"}"#).await.0, 200);
    tokio::spawn(async move {
        while let Some(Ok(frame)) = socket.next().await {
            if frame.to_text().is_ok_and(|text| text.contains("\"type\":\"offer\"")) {
                heard.fetch_add(1, Relaxed);
            }
        }
    });
}

async fn open(
    door: SocketAddr,
    household: u32,
    path: &str,
    cookie: &str,
    protocol: Option<&'static str>,
) -> WebSocketStream<tokio::net::TcpStream> {
    let mut request = format!("ws://{door}{path}").into_client_request().expect("a request");
    let headers = request.headers_mut();
    headers.insert("cookie", cookie.parse().expect("a header"));
    headers.insert("origin", format!("http://{door}").parse().expect("a header"));
    if let Some(protocol) = protocol {
        headers.insert("sec-websocket-protocol", protocol.parse().expect("a header"));
    }
    let tcp = connect_from(door, household).await;
    tokio_tungstenite::client_async(request, tcp).await.expect("a socket").0
}

fn contact() -> String {
    let text = "There is a pothole at 34th and Division, deep enough to lose a wheel in. ".repeat(2);
    json!({ "channel": "form", "service": "pothole", "text": text, "language": "en" }).to_string()
}

/// Each contact is a different one: the text carries its number.
fn numbered(body: &str, number: usize) -> String {
    body.replacen("There", &format!("{number}: there"), 1)
}

async fn one_by_one(door: SocketAddr, path: &str, count: usize) -> Vec<Duration> {
    let (mut line, body) = (Line::to(door).await, contact());
    let mut times = Vec::with_capacity(count);
    for i in 0..count {
        let body = numbered(&body, 900_000_000 + i);
        let started = Instant::now();
        assert_eq!(line.ask("POST", path, &body).await.0, 201);
        times.push(started.elapsed());
    }
    times.sort();
    times
}

/// All connections at once, closed loop: answers a second, and every answer's time.
async fn storm(door: SocketAddr, path: &'static str) -> (f64, Vec<Duration>) {
    let started = Instant::now();
    let mut lines = Vec::new();
    for client in 0..CONNECTIONS {
        lines.push(tokio::spawn(async move {
            let (mut line, body) = (Line::to(door).await, contact());
            let mut times = Vec::with_capacity(CONTACTS / CONNECTIONS);
            for i in 0..CONTACTS / CONNECTIONS {
                let body = numbered(&body, client * 1_000_000 + i);
                let asked = Instant::now();
                assert_eq!(line.ask("POST", path, &body).await.0, 201);
                times.push(asked.elapsed());
            }
            times
        }));
    }
    let mut all = Vec::new();
    for line in lines {
        all.extend(line.await.expect("a client"));
    }
    let rate = all.len() as f64 / started.elapsed().as_secs_f64();
    all.sort();
    (rate, all)
}

/// Until no more offers come.
async fn settle(heard: &AtomicU64, before: u64) -> u64 {
    let mut last = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = heard.load(Relaxed) - before;
        if now == last {
            return now;
        }
        last = now;
    }
}

/// Memory of the daemon for each idle chat, and how soon an empty one starts.
pub async fn idle() {
    println!("\nStart and memory\n");
    let mut daemon = Daemon::start(hired());
    let start = daemon.ready().await;
    println!("start with an empty store: {:.0} ms to the first answer", start.as_secs_f64() * 1e3);
    println!("resident memory then: {:.1} MiB", daemon.resident() as f64 / 1_048_576.0);
    let before = daemon.resident();
    let mut sockets = Vec::new();
    for i in 0..CHATS {
        let mut line = Line::from(daemon.door, i).await;
        let (status, opened) = line.ask("POST", "/chat/sessions", r#"{"text":"Hello","language":"en"}"#).await;
        assert_eq!(status, 201, "{opened}");
        let opened: Value = serde_json::from_str(&opened).expect("JSON");
        drop(line);
        let mut socket = open(daemon.door, i, "/chat/socket", "", Some("steelbridge.chat.v1")).await;
        let hello = json!({ "type": "hello", "token": opened["resume_token"], "last_seq": 0 });
        socket.send(Message::text(hello.to_string())).await.expect("hello");
        while !socket.next().await.expect("a frame").expect("a frame").to_text().unwrap_or("").contains("\"ready\"") {}
        sockets.push(socket);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each = daemon.resident().saturating_sub(before) as f64 / f64::from(CHATS) / 1_024.0;
    println!("memory for each of {CHATS} waiting chats, socket, contact and message caches included: {each:.1} KiB");
}
