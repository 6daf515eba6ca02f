//! The power switch and the polite stop: random `kill -9` under load, and SIGTERM that lets everyone finish.

use super::chat::Chatter;
use super::ledger::Ledger;
use super::people::{Resident, Staff};
use super::support::city::City;
use super::town::Town;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const CRASHES: u32 = 20;
/// Between two of one person's requests, so that twenty crashes fit into a minute or two.
const BREATH: Duration = Duration::from_millis(15);
/// A stop lets those who are being answered finish, and takes no longer.
const DRAIN: Duration = Duration::from_secs(5);

/// Residents send forms and chat, and two reps work as fast as they can; the daemon is killed at a random moment, twenty times on the
/// same data. After each crash everything promised since the beginning is still true.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_under_load_it_keeps_every_promise() {
    let city = City::new();
    let town = Town::of(&city);
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let names = Arc::new(AtomicU32::new(0));
    for crash in 1..=CRASHES {
        let daemon = city.start().await;
        let consoles = town.opens().await.expect("the consoles open");
        let mut busy = JoinSet::new();
        for _ in 0..2 {
            busy.spawn(residents_ask(town.base.clone(), names.clone(), ledger.clone()));
            busy.spawn(chatters_write(town.base.clone(), names.clone(), ledger.clone()));
        }
        for rep in town.reps() {
            busy.spawn(rep_works(rep.clone(), ledger.clone()));
        }
        tokio::time::sleep(Duration::from_millis(rand::random_range(100..900))).await;
        daemon.dies().await;
        busy.join_all().await;
        drop(consoles);

        let daemon = city.start().await;
        let mut kept = std::mem::take(&mut *ledger.lock().expect("ledger"));
        town.inspects(&mut kept).await;
        println!("crash {crash} kept {}", kept.size());
        *ledger.lock().expect("ledger") = kept;
        daemon.dies().await;
    }
    println!("kill points at random moments under load: {CRASHES}");
    let ledger = ledger.lock().expect("ledger");
    assert!(ledger.promised.len() > 100 && ledger.chatted.len() > 20 && ledger.closed.len() > 20, "hardly any load");
}

/// One resident after the other, until the daemon falls silent.
async fn residents_ask(base: String, names: Arc<AtomicU32>, ledger: Arc<Mutex<Ledger>>) -> Option<()> {
    loop {
        let n = names.fetch_add(1, Ordering::Relaxed);
        let resident = match n % 20 {
            7 => Resident::in_danger(&base, format!("in-danger-{n}")),
            _ => Resident::new(&base, format!("random-{n}")),
        };
        ledger.lock().expect("ledger").presses(&resident);
        let promise = resident.asks().await.yes()?;
        ledger.lock().expect("ledger").note_promise(&resident.key, promise);
        tokio::time::sleep(BREATH).await;
    }
}

/// One conversation after the other, of five messages each, until the daemon falls silent.
async fn chatters_write(base: String, names: Arc<AtomicU32>, ledger: Arc<Mutex<Ledger>>) -> Option<()> {
    loop {
        let chatter = Chatter::new(&base, &names.fetch_add(1, Ordering::Relaxed).to_string());
        ledger.lock().expect("ledger").chatters.insert(chatter.client_id.clone(), chatter.clone());
        let promise = chatter.asks().await.yes()?;
        ledger.lock().expect("ledger").note_chat(&chatter.client_id, promise.clone());
        let (mut conversation, _) = chatter.enters(&promise).await?;
        for n in 1..=5 {
            let text = format!("Still there? {n}");
            let Some(seq) = conversation.sends(&text).await else { break }; // a rep was faster, or the daemon is gone
            let mut ledger = ledger.lock().expect("ledger");
            ledger.chatted.entry(chatter.client_id.clone()).or_default().push((seq, text));
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// Accepts, answers and closes, until the daemon falls silent.
async fn rep_works(rep: Staff, ledger: Arc<Mutex<Ledger>>) -> Option<()> {
    loop {
        let Some(id) = rep.accepts_next().await? else {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        };
        ledger.lock().expect("ledger").owner.insert(id, rep.name.clone());
        let text = format!("On our way ({id})");
        rep.says(id, &text).await.yes()?;
        ledger.lock().expect("ledger").said.entry(id).or_default().push(text);
        // one in three stays open, so that owners are inspected too; but a rep can hold only so many
        if id % 3 == 0 && rep.holds().await?.len() < 3 {
            continue;
        }
        for open in rep.holds().await? {
            ledger.lock().expect("ledger").may_be_closed(open);
            if rep.closes(open, "informed").await.heard()? {
                ledger.lock().expect("ledger").closed.insert(open, "informed".to_owned());
            } // else it was in wrap-up when the power went
            rep.ends_wrap_up(open).await.heard()?;
        }
    }
}

/// SIGTERM: a request whose body is still on its way is answered and kept, consoles hear goodbye and are closed with
/// 1012 (service restart), newcomers are not let in, and the exit code is 0 in at most five seconds.
#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_finishes_what_it_began() {
    let city = City::new();
    let mut daemon = city.start().await;
    let town = Town::of(&city);
    let mut ledger = Ledger::default();
    let _consoles = town.opens().await.expect("the consoles open");
    let live = town.ana.goes_live().await.expect("a second console");
    for n in 0..5 {
        ledger.asks(&Resident::new(&town.base, format!("before-{n}"))).await.expect("a yes");
    }

    let late = Resident::new(&town.base, "half-way-through-the-form");
    ledger.presses(&late);
    let mut half = HalfSent::begin(city.port(), &late).await;
    daemon.signal("TERM");
    let (code, bye) = live.until_closed().await;
    let promise = half.finish().await;
    ledger.note_promise(&late.key, promise);
    let status = daemon.until_ended(DRAIN).await.expect("it ends in time");

    assert_eq!(status.code(), Some(0), "{}", city.last_words());
    assert_eq!((code, bye), (Some(1012), true), "what the console heard");
    let daemon = city.start().await;
    town.inspects(&mut ledger).await;
    daemon.dies().await;
}

/// A request of which the daemon has seen the head and half of the body.
struct HalfSent {
    socket: TcpStream,
    rest: Vec<u8>,
}

impl HalfSent {
    async fn begin(port: u16, resident: &Resident) -> HalfSent {
        let body = resident.form().to_string().into_bytes();
        let (first, rest) = body.split_at(body.len() / 2);
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        let head = format!(
            "POST /api/v1/contacts HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
             Idempotency-Key: {}\r\nContent-Length: {}\r\n\r\n",
            resident.key,
            body.len()
        );
        socket.write_all(&[head.as_bytes(), first].concat()).await.expect("half a request is sent");
        tokio::time::sleep(Duration::from_millis(200)).await; // let it be read
        HalfSent { socket, rest: rest.to_vec() }
    }

    /// Sends the other half; the promise that comes back.
    async fn finish(&mut self) -> serde_json::Value {
        self.socket.write_all(&self.rest).await.expect("the other half is sent");
        let mut answer = String::new();
        let reading = tokio::time::timeout(DRAIN, self.socket.read_to_string(&mut answer)).await;
        reading.expect("the answer comes and the connection ends").expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str(body).expect("a promise")
    }
}
