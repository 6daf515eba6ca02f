//! Mail from a real Dovecot to the real daemon: how fast a backlog is taken beside a plain loop, with how much memory, and how
//! soon new mail is on a rep's screen.

use crate::dovecot::{Dovecot, Hand, PASSWORD, USER};
use crate::load::{disk, ms};
use crate::mailbox::{Reader, settled};
use crate::post_office::PostOffice;
use crate::screen::Rep;
use std::cell::Cell;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// Mails that wait when the daemon starts. The comparison has a tenth of them in each pass.
pub const BACKLOG: usize = 20_000;
const PASSES: usize = 3;
const NEW: usize = 100;
/// No letter goes out in answer to a backlog: nobody listens there.
const NO_RELAY: u16 = 9;
const PLAIN_LOOP: &str = include_str!("plain_loop.py");

pub async fn run(waiting: usize) {
    let few = (waiting / 10).max(1);
    println!("\nMail: from Dovecot, each one committed (SQLite, WAL, synchronous = FULL)\n");
    println!("fdatasync {:.2} ms before", disk());
    let (mut ours, mut plain, mut most) = (Vec::new(), Vec::new(), 0.0);
    for _ in 0..PASSES {
        plain.push(plain_loop(few).await);
        let pass = backlog(few, false).await;
        ours.push(pass.rate());
        most = pass.most;
    }
    let (ours, plain) = (median(ours), median(plain));
    println!("{few} mails of 2 KB, {PASSES} passes each in turn, medians:");
    println!(
        "  steelbridge: read, on a contact in the queue, moved away  {ours:>8.0} mails/s; at most {most:.0} MiB resident"
    );
    println!(
        "  plain Python loop: one row each, left there               {plain:>8.0} mails/s   ({:.2}×)",
        ours / plain
    );
    let pass = backlog(waiting, true).await;
    let tenth = |n: usize| waiting as f64 / 10.0 / (pass.tenths[n] - pass.tenths[n - 1]).as_secs_f64();
    println!(
        "{waiting} mails waiting: {:.0} mails/s (second tenth {:.0}, last tenth {:.0}); resident memory {:.0} MiB, at most {:.0} MiB",
        pass.rate(),
        tenth(2),
        tenth(10),
        pass.resident,
        pass.most
    );
    println!(
        "  {} new mails meanwhile, one at a time, from the server's receipt to the commit: p50 {:.1} ms, at most {:.1} ms",
        pass.new.len(),
        ms(&pass.new, 50),
        ms(&pass.new, 100)
    );
    soon((waiting / 200).clamp(1, NEW)).await;
    println!("fdatasync {:.2} ms after", disk());
}

/// A mail of 2 KB as people write them.
fn letter(n: usize) -> String {
    let line = "The street light in front of our house has been out for three days, and it is very dark.\r\n";
    format!(
        "From: Ana <r{}@example.org>\r\nTo: 311@example.gov\r\nSubject: Street light {n}\r\n\
         Message-ID: <{n}@example.org>\r\nDate: Tue, 24 Nov 2026 08:00:00 -0800\r\n\r\n{}",
        n % 100 + 1, // those that have a mailbox at the post office
        line.repeat(20)
    )
}

async fn filled(mails: usize) -> Dovecot {
    let old: Vec<_> = (0..mails).map(|n| (letter(n), 1_700_000_000 + n as u64)).collect();
    Dovecot::start_with(&old).await
}

/// How a backlog was taken.
struct Pass {
    mails: usize,
    /// The start of the process, and when each tenth of the mails was committed.
    tenths: Vec<Instant>,
    /// Memory at the end and at most, in MiB.
    resident: f64,
    most: f64,
    /// How long each new mail took that came meanwhile, shortest first.
    new: Vec<Duration>,
}

impl Pass {
    /// Mails a second, from the start of the process to the last commit.
    fn rate(&self) -> f64 {
        self.mails as f64 / (self.tenths[10] - self.tenths[0]).as_secs_f64()
    }
}

/// With new mail coming meanwhile, or without.
async fn backlog(mails: usize, with_new: bool) -> Pass {
    let server = filled(mails).await;
    let settled = settled(server.port, NO_RELAY);
    let mut tenths = vec![Instant::now()];
    let reader = Reader::start(settled).await;
    let over = Cell::new(false);
    let old = async {
        for tenth in 1..=10 {
            tenths.push(reader.until(mails * tenth / 10).await);
        }
        over.set(true);
    };
    let mut new = Vec::new();
    let fresh = async {
        if with_new {
            reader.until(1).await; // what comes before the mailbox is opened is backlog
            new = overtaking(server.hand().await, &reader, &over).await;
        }
    };
    tokio::join!(old, fresh);
    let (resident, most) = reader.resident();
    let all = mails + new.len();
    reader.until(all).await;
    assert_eq!(reader.stop(), all, "each is a contact");
    assert_eq!((server.count("INBOX").await, server.count("Processed").await), (0, all as u32), "all are moved");
    new.sort();
    Pass { mails, tenths, resident, most, new }
}

/// New mails, one after the other until all is `over`: how long each took until it was committed.
async fn overtaking(mut hand: Hand, reader: &Reader, over: &Cell<bool>) -> Vec<Duration> {
    let mut took = Vec::new();
    while !over.get() {
        let (subject, newest) = (format!("Overtaking {}", took.len()), reader.newest());
        hand.append(&letter(took.len()).replace("Street light", "Overtaking").replace('<', "<new-")).await;
        let received = Instant::now();
        reader.until_taken(&subject, newest).await;
        took.push(received.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await; // people do not write at the pace of a program
    }
    took
}

/// Mails a second, from signing in to the last commit.
async fn plain_loop(mails: usize) -> f64 {
    let server = filled(mails).await;
    let folder = TempDir::with_prefix("steelbridge-bench-").expect("a folder");
    let database = folder.path().join("mail.db");
    let mut python = Command::new("python3");
    python.args(["-c", PLAIN_LOOP, &server.port.to_string(), USER, PASSWORD]).arg(&database);
    let done = tokio::task::spawn_blocking(move || python.output()).await.expect("a thread").expect("python3");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let secs: f64 = String::from_utf8_lossy(&done.stdout).trim().parse().expect("seconds");
    let db = rusqlite::Connection::open(&database).expect("a database");
    let kept = db.query_row("SELECT count(*) FROM mail", (), |row| row.get::<_, i64>(0)).expect("a count");
    assert_eq!(kept, mails as i64);
    mails as f64 / secs
}

/// New mail, one at a time: from the server's word of it to the offer on the screen of a rep, the commit included; each is
/// acknowledged by a letter. Dovecot itself waits half a second before it speaks.
async fn soon(mails: usize) {
    let office = PostOffice::opens().await;
    let relay = Relay::start(office.dovecot.port).await;
    let reader = Reader::start(settled(relay.port, office.port)).await;
    let mut rep = Rep::signs_in(reader.door(), "rep0", 1_000_000).await;
    rep.is_available().await;
    let mut hand = office.dovecot.hand().await;
    let (mut since_word, mut since_delivery) = (Vec::new(), Vec::new());
    for n in 0..=mails {
        let delivered = Instant::now();
        hand.append(&letter(n)).await;
        let offer = tokio::time::timeout(Duration::from_secs(60), rep.next_offer()).await;
        let offered = Instant::now();
        offer.expect("an offer");
        // the first may have been there before the mailbox was watched
        if n > 0 {
            since_word.push(offered - relay.word.lock().expect("a moment").expect("a word"));
            since_delivery.push(offered - delivered);
        }
    }
    assert_eq!(reader.stop(), mails + 1, "each is a contact");
    [&mut since_word, &mut since_delivery].into_iter().for_each(|times| times.sort());
    println!(
        "{mails} new mails, from EXISTS to the offer on a rep's WebSocket: p50 {:.1} ms, p99 {:.1} ms (from delivery, Dovecot's pause included: p50 {:.0} ms)",
        ms(&since_word, 50),
        ms(&since_word, 99),
        ms(&since_delivery, 50)
    );
}

/// Stands between daemon and server and notes when the server last spoke of new mail.
struct Relay {
    port: u16,
    word: Arc<Mutex<Option<Instant>>>,
}

impl Relay {
    async fn start(server: u16) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let word = Arc::new(Mutex::new(None));
        let noted = word.clone();
        tokio::spawn(async move {
            while let Ok((daemon, _)) = listener.accept().await {
                tokio::spawn(relay(daemon, server, noted.clone()));
            }
        });
        Relay { port, word }
    }
}

async fn relay(daemon: TcpStream, server: u16, noted: Arc<Mutex<Option<Instant>>>) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server)).await?;
    daemon.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_daemon, mut to_daemon) = daemon.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { copy(&mut from_daemon, &mut to_server).await });
    let mut bytes = vec![0; 64 << 10];
    loop {
        let count = from_server.read(&mut bytes).await?;
        if count == 0 {
            return to_daemon.shutdown().await;
        }
        // a word of new mail is a line of its own, in IDLE
        if bytes[..count].starts_with(b"* ") && bytes[..count].windows(9).any(|part| part == b" EXISTS\r\n") {
            *noted.lock().expect("a moment") = Some(Instant::now());
        }
        to_daemon.write_all(&bytes[..count]).await?;
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
