//! Mail from a real Dovecot: how fast a backlog is taken beside a plain loop, with how much memory, and how soon new mail is.

use crate::dovecot::{Dovecot, PASSWORD, USER};
use crate::load::{disk, ms};
use crate::taker::Taker;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// Mails in one pass of the comparison, and passes.
const MAILS: usize = 2_000;
const PASSES: usize = 3;
const BACKLOG: usize = 20_000;
const NEW: usize = 100;
const PLAIN_LOOP: &str = include_str!("plain_loop.py");

pub async fn run() {
    println!("\nMail: taken from Dovecot, each one committed (SQLite, WAL, synchronous = FULL)\n");
    println!("fdatasync {:.2} ms before", disk());
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..PASSES {
        plain.push(plain_loop().await);
        ours.push(backlog(MAILS).await.rate);
    }
    let (ours, plain) = (median(ours), median(plain));
    println!("{MAILS} mails of 2 KB, {PASSES} passes each in turn, medians:");
    println!("  steelbridge, moved away as well  {ours:>8.0} mails/s");
    println!("  plain Python loop, left there    {plain:>8.0} mails/s   ({:.1}×)", ours / plain);
    let Pass { rate, resident, most } = backlog(BACKLOG).await;
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    println!(
        "{BACKLOG} mails waiting: {rate:.0} mails/s; resident memory {:.0} MiB, at most {:.0} MiB",
        mib(resident),
        mib(most)
    );
    soon().await;
    println!("fdatasync {:.2} ms after", disk());
}

/// A mail of 2 KB as people write them.
fn letter(n: usize) -> String {
    let line = "The street light in front of our house has been out for three days, and it is very dark.\r\n";
    format!(
        "From: Ana <ana{n}@example.org>\r\nTo: 311@example.gov\r\nSubject: Street light {n}\r\n\
         Message-ID: <{n}@example.org>\r\nDate: Tue, 24 Nov 2026 08:00:00 -0800\r\n\r\n{}",
        line.repeat(20)
    )
}

async fn filled(mails: usize) -> Dovecot {
    let old: Vec<_> = (0..mails).map(|n| (letter(n), 1_700_000_000 + n as u64)).collect();
    Dovecot::start_with(&old).await
}

/// How a backlog was taken: mails a second, from the start of the process to the last commit; resident bytes.
struct Pass {
    rate: f64,
    resident: u64,
    most: u64,
}

async fn backlog(mails: usize) -> Pass {
    let server = filled(mails).await;
    let folder = TempDir::with_prefix("steelbridge-bench-").expect("a folder");
    let started = Instant::now();
    let mut taker = Taker::start(server.port, USER, PASSWORD, folder.path());
    let secs = (taker.until(mails).await - started).as_secs_f64();
    let (resident, most) = taker.resident();
    taker.stop().await;
    assert_eq!((server.count("INBOX").await, server.count("Processed").await), (0, mails as u32), "all are moved");
    Pass { rate: mails as f64 / secs, resident, most }
}

/// Mails a second, from signing in to the last commit.
async fn plain_loop() -> f64 {
    let server = filled(MAILS).await;
    let folder = TempDir::with_prefix("steelbridge-bench-").expect("a folder");
    let database = folder.path().join("mail.db");
    let mut python = Command::new("python3");
    python.args(["-c", PLAIN_LOOP, &server.port.to_string(), USER, PASSWORD]).arg(&database);
    let done = tokio::task::spawn_blocking(move || python.output()).await.expect("a thread").expect("python3");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let secs: f64 = String::from_utf8_lossy(&done.stdout).trim().parse().expect("seconds");
    let db = rusqlite::Connection::open(&database).expect("a database");
    let kept = db.query_row("SELECT count(*) FROM mail", (), |row| row.get::<_, i64>(0)).expect("a count");
    assert_eq!(kept, MAILS as i64);
    MAILS as f64 / secs
}

/// New mail, one at a time: from the server's word of it to the commit. Dovecot itself waits half a second before it speaks.
async fn soon() {
    let server = Dovecot::start().await;
    let folder = TempDir::with_prefix("steelbridge-bench-").expect("a folder");
    let relay = Relay::start(server.port).await;
    let mut taker = Taker::start(relay.port, USER, PASSWORD, folder.path());
    let mut hand = server.hand().await;
    let (mut since_word, mut since_delivery) = (Vec::new(), Vec::new());
    for n in 0..=NEW {
        let delivered = Instant::now();
        hand.append(&letter(n)).await;
        let taken = taker.until(n + 1).await;
        // the first may have been there before the mailbox was watched
        if n > 0 {
            since_word.push(taken - relay.word.lock().expect("a moment").expect("a word"));
            since_delivery.push(taken - delivered);
        }
    }
    taker.stop().await;
    [&mut since_word, &mut since_delivery].into_iter().for_each(|times| times.sort());
    println!(
        "{NEW} new mails, from EXISTS to the commit: p50 {:.1} ms, p99 {:.1} ms (from delivery, Dovecot's pause included: p50 {:.0} ms)",
        ms(&since_word, 50),
        ms(&since_word, 99),
        ms(&since_delivery, 50)
    );
}

/// Stands between taker and server and notes when the server last spoke of new mail.
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
            while let Ok((taker, _)) = listener.accept().await {
                tokio::spawn(relay(taker, server, noted.clone()));
            }
        });
        Relay { port, word }
    }
}

async fn relay(taker: TcpStream, server: u16, noted: Arc<Mutex<Option<Instant>>>) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server)).await?;
    taker.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_taker, mut to_taker) = taker.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { copy(&mut from_taker, &mut to_server).await });
    let mut bytes = vec![0; 64 << 10];
    loop {
        let count = from_server.read(&mut bytes).await?;
        if count == 0 {
            return to_taker.shutdown().await;
        }
        // a word of new mail is a line of its own, in IDLE
        if bytes[..count].starts_with(b"* ") && bytes[..count].windows(9).any(|part| part == b" EXISTS\r\n") {
            *noted.lock().expect("a moment") = Some(Instant::now());
        }
        to_taker.write_all(&bytes[..count]).await?;
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
