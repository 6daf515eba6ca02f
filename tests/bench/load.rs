//! Load on a door, closed loop and open: contacts with numbers, when each was sent, answered and offered.

use crate::http::Line;
use serde_json::json;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;

pub const CONNECTIONS: usize = 64;
/// What a contact's number is followed by, in its text and in every offer of it.
const MARK: &str = ": there is a pothole";

/// What became of numbered contacts. Cheap to clone.
#[derive(Clone)]
pub struct Watch(Arc<Watched>);

struct Watched {
    begun: Instant,
    /// By number: when it was sent, in nanoseconds since the beginning; 0 for not yet.
    sent: Vec<AtomicU64>,
    offered: Mutex<Vec<Duration>>,
    last: AtomicU64,
}

/// Times of one run, sorted.
pub struct Times {
    pub answers: Vec<Duration>,
    pub offers: Vec<Duration>,
    /// From the first request to the last answer, and to the last offer.
    pub answered_in: Duration,
    pub offered_in: Duration,
}

impl Watch {
    pub fn new(contacts: usize) -> Watch {
        let sent = (0..contacts).map(|_| AtomicU64::new(0)).collect();
        Watch(Arc::new(Watched { begun: Instant::now(), sent, offered: Mutex::default(), last: AtomicU64::new(0) }))
    }

    fn sent(&self, number: usize, at: Instant) {
        self.0.sent[number].store((at - self.0.begun).as_nanos() as u64, Relaxed);
    }

    /// A frame arrived on a screen. Offers of contacts that are not watched are not counted.
    pub fn heard(&self, frame: &str) {
        let Some(end) = frame.find(MARK) else { return };
        let start = frame[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + 1);
        let number = frame[start..end].parse::<usize>().ok();
        let Some(sent) = number.and_then(|n| self.0.sent.get(n)).map(|sent| sent.load(Relaxed)) else { return };
        let now = self.0.begun.elapsed();
        self.0.offered.lock().expect("offers").push(now - Duration::from_nanos(sent));
        self.0.last.fetch_max(now.as_nanos() as u64, Relaxed);
    }

    /// All contacts at once over all connections, each asking as soon as it is answered.
    pub async fn storm(&self, door: SocketAddr, path: &'static str) -> Times {
        let (started, each) = (Instant::now(), self.0.sent.len() / CONNECTIONS);
        let clients = (0..CONNECTIONS).map(|client| {
            let watch = self.clone();
            tokio::spawn(async move {
                let mut line = Line::to(door).await;
                let mut times = Vec::with_capacity(each);
                for number in client * each..(client + 1) * each {
                    times.push(watch.ask(&mut line, path, number, Instant::now()).await);
                }
                times
            })
        });
        self.finish(started, clients.collect()).await
    }

    /// So many a second, whether or not those before are answered. Times count from when a contact was due.
    pub async fn paced(&self, door: SocketAddr, path: &'static str, per_second: u32) -> Times {
        let started = Instant::now() + Duration::from_millis(200); // for the connections
        let (senders, clients): (Vec<_>, Vec<_>) = (0..CONNECTIONS)
            .map(|_| {
                let (watch, (send, mut due)) = (self.clone(), unbounded_channel());
                let client = tokio::spawn(async move {
                    let (mut line, mut times) = (Line::to(door).await, Vec::new());
                    while let Some((number, at)) = due.recv().await {
                        times.push(watch.ask(&mut line, path, number, at).await);
                    }
                    times
                });
                (send, client)
            })
            .unzip();
        let count = self.0.sent.len();
        // a thread of its own: the runtime's timer is no finer than a millisecond
        std::thread::spawn(move || {
            for number in 0..count {
                let at = started + Duration::from_secs(1) * number as u32 / per_second;
                std::thread::sleep(at.saturating_duration_since(Instant::now()));
                let _ = senders[number % CONNECTIONS].send((number, at));
            }
        });
        self.finish(started, clients).await
    }

    async fn ask(&self, line: &mut Line, path: &str, number: usize, at: Instant) -> Duration {
        self.sent(number, at);
        assert_eq!(line.ask("POST", path, &contact(number)).await.0, 201);
        at.elapsed()
    }

    async fn finish(&self, started: Instant, clients: Vec<tokio::task::JoinHandle<Vec<Duration>>>) -> Times {
        let mut answers = Vec::new();
        for client in clients {
            answers.extend(client.await.expect("a client"));
        }
        let answered_in = started.elapsed();
        self.all_offered().await;
        let mut offers = std::mem::take(&mut *self.0.offered.lock().expect("offers"));
        answers.sort();
        offers.sort();
        let last = self.0.begun + Duration::from_nanos(self.0.last.load(Relaxed));
        Times { answers, offers, answered_in, offered_in: last.saturating_duration_since(started) }
    }

    /// Until every contact was offered, or no offer came for a while.
    async fn all_offered(&self) {
        let (mut before, heard) = (usize::MAX, || self.0.offered.lock().expect("offers").len());
        while heard() < self.0.sent.len() && heard() != before {
            before = heard();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

pub fn contact(number: usize) -> String {
    let text = format!("{number}{MARK} at 34th and Division, deep enough to lose a wheel in. Please come and look.");
    json!({ "channel": "form", "service": "pothole", "text": text, "language": "en" }).to_string()
}

/// One of sorted times, in milliseconds.
pub fn ms(times: &[Duration], percent: usize) -> f64 {
    times
        .get((times.len() * percent / 100).min(times.len().saturating_sub(1)))
        .map_or(f64::NAN, |t| t.as_secs_f64() * 1e3)
}

/// A row of a table: ours, theirs, and how many times theirs ours is.
pub fn row(what: &str, ours: f64, theirs: f64, unit: &str) {
    println!("| {what} | {ours:.2}{unit} | {theirs:.2}{unit} | {:.2}× |", ours / theirs);
}

/// The median of a hundred small appends with fdatasync, in milliseconds.
pub fn disk() -> f64 {
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
    ms(&times, 50)
}
