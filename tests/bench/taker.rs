//! Who takes the mail in the bench: the mailbox room in a process of its own, with a ledger that commits every mail.
//!
//! Everything the bench knows of it is `Taker`, so that the whole daemon can stand here as well.

use crate::memory::Memory;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use steelbridge::channels::email::imap::{
    Auth, Cursor, Fetched, Kept, Ledger, Limits, MailKey, MailboxSettings, Place, Secret, Start, spawn,
};
use steelbridge::channels::{Later, NotKept};
use steelbridge::routing::ids::Timestamp;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio_util::sync::CancellationToken;

/// The bench's own program, asked for this part, is the taker.
pub const PART: &str = "take-mail";

/// A process that takes all mail of a mailbox, and then what comes. Ended with it.
pub struct Taker {
    child: Child,
    told: Lines<BufReader<ChildStdout>>,
    pub taken: usize,
}

impl Taker {
    /// Reads INBOX behind `port` of this machine; keeps what it takes in `folder`.
    pub fn start(port: u16, user: &str, password: &str, folder: &Path) -> Taker {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args([PART, &port.to_string(), user, password]).arg(folder).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program");
        let told = BufReader::new(child.stdout.take().expect("its words")).lines();
        Taker { child, told, taken: 0 }
    }

    /// Waits until so many mails are kept on disk, from the first on; when that was.
    pub async fn until(&mut self, count: usize) -> Instant {
        while self.taken < count {
            let told = tokio::time::timeout(Duration::from_secs(120), self.told.next_line()).await;
            told.expect("mail is taken").expect("a line").expect("it goes on");
            self.taken += 1;
        }
        Instant::now()
    }

    /// Resident memory now and at most so far, in bytes (proc(5)).
    pub fn resident(&self) -> (u64, u64) {
        let status =
            self.child.id().map(|id| std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default());
        let of = |name: &str| {
            let line = status.as_deref()?.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1_024)
        };
        (of("VmRSS:").unwrap_or(0), of("VmHWM:").unwrap_or(0))
    }

    /// As a stopping daemon does: what is taken is moved away first.
    pub async fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().await.expect("it ends");
    }
}

/// The taker's process: one line a mail that is kept, until its input ends.
pub async fn take(port: &str, user: &str, password: &str, folder: &str) {
    let text = format!(
        "name = \"desk\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nuser = {user:?}\nauth.password = \"file:/nowhere\""
    );
    let settings: MailboxSettings = toml::from_str(&text).expect("settings");
    let settings = MailboxSettings { auth: Auth::Password(Secret::words(password)), start: Start::All, ..settings };
    let stop = CancellationToken::new();
    let reading = spawn(settings, Limits::default(), Arc::new(Disk::open(Path::new(folder))), stop.clone());
    let ended = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()));
    ended.await.expect("a thread").expect("the end of the input");
    stop.cancel();
    reading.task.await.expect("it ends");
}

/// Remembers in memory, and keeps every mail in SQLite with a commit of its own, as the plain loop does.
struct Disk {
    memory: Memory,
    db: Arc<Mutex<rusqlite::Connection>>,
}

impl Disk {
    fn open(folder: &Path) -> Disk {
        let db = rusqlite::Connection::open(folder.join("mail.db")).expect("a database");
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE mail (uid_validity INTEGER, uid INTEGER, raw BLOB, PRIMARY KEY (uid_validity, uid));",
        )
        .expect("a table");
        Disk { memory: Memory::new(), db: Arc::new(Mutex::new(db)) }
    }
}

impl Ledger for Disk {
    fn now(&self) -> Timestamp {
        self.memory.now()
    }

    fn cursor(&self, place: &Place) -> Later<Result<Option<Cursor>, NotKept>> {
        self.memory.cursor(place)
    }

    fn settle(&self, place: &Place, cursor: Cursor) -> Later<Result<(), NotKept>> {
        self.memory.settle(place, cursor)
    }

    fn known(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<Vec<u32>, NotKept>> {
        self.memory.known(place, uid_validity, uids)
    }

    fn attempt(&self, key: &MailKey) -> Later<Result<u32, NotKept>> {
        self.memory.attempt(key)
    }

    fn pardon(&self, key: &MailKey) -> Later<Result<(), NotKept>> {
        self.memory.pardon(key)
    }

    fn ingest(&self, mail: Fetched) -> Later<Result<Kept, NotKept>> {
        let (memory, db) = (self.memory.clone(), self.db.clone());
        Box::pin(async move {
            let (key, raw) = (mail.key.clone(), mail.raw.clone());
            let commit = move || {
                let db = db.lock().expect("the database");
                let insert = db.prepare_cached("INSERT INTO mail VALUES (?1, ?2, ?3)");
                insert.and_then(|mut row| row.execute((key.uid_validity, key.uid, &raw[..]))).expect("kept");
                println!("{}", key.uid);
            };
            tokio::task::spawn_blocking(commit).await.expect("the database");
            // its words are on disk: only the key is remembered
            memory.ingest(Fetched { raw: Default::default(), ..mail }).await
        })
    }
}
