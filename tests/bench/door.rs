//! The whole way, through the real daemon: POST, decided and fsynced, offered on a rep's WebSocket; beside the bare program.

use crate::bare::Bare;
use crate::daemon::{Daemon, hired};
use crate::http::Line;
use crate::load::{CONNECTIONS, Times, Watch, contact, disk, ms, row};
use crate::screen::Rep;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const REPS: usize = 120;
const CONTACTS: usize = 375 * CONNECTIONS;

pub async fn run() {
    println!("\nThe door: POST → decided → fsynced → 201, and the offer on one of {REPS} reps' WebSockets\n");
    let mut daemon = Daemon::start(hired(REPS, 10_000));
    daemon.ready().await;
    let bare = Bare::start();
    let (ours, theirs) = (Watch::new(CONTACTS), Watch::new(CONTACTS));
    for rep in 0..REPS {
        let mut console = Rep::signs_in(daemon.door, &format!("rep{rep}"), 1_000_000 + rep as u32).await;
        console.is_available().await;
        console.watches(ours.clone());
        bare.listen(theirs.clone()).await;
    }
    let before = disk();
    let alone = one_by_one(daemon.door, "/api/v1/contacts", 300).await;
    let bare_alone = one_by_one(bare.door, "/contacts", 300).await;
    let all = ours.storm(daemon.door, "/api/v1/contacts").await;
    let bare_all = theirs.storm(bare.door, "/contacts").await;
    let after = disk();
    println!("| | steelbridge | bare axum | ratio |\n|---|---:|---:|---:|");
    let rate = |times: &[Duration], took: Duration| times.len() as f64 / took.as_secs_f64();
    let answers = |t: &Times| rate(&t.answers, t.answered_in);
    let offers = |t: &Times| rate(&t.offers, t.offered_in);
    row(&format!("durable answers a second, {CONNECTIONS} connections"), answers(&all), answers(&bare_all), "/s");
    row("offers on WebSockets a second", offers(&all), offers(&bare_all), "/s");
    quantiles(&all, &bare_all);
    row("one client, answer p50", ms(&alone, 50), ms(&bare_alone, 50), " ms");
    println!("\nfdatasync of this disk, p50: {before:.3} ms before, {after:.3} ms after; one client's answer is");
    println!("{:+.3} ms from it", ms(&alone, 50) - before.max(after));
    println!("offers heard: {} of {CONTACTS}, by the bare program {}", all.offers.len(), bare_all.offers.len());
}

pub fn quantiles(ours: &Times, bare: &Times) {
    for percent in [50, 99] {
        row(&format!("POST → answer p{percent}"), ms(&ours.answers, percent), ms(&bare.answers, percent), " ms");
    }
    for percent in [50, 99] {
        row(&format!("POST → offer p{percent}"), ms(&ours.offers, percent), ms(&bare.offers, percent), " ms");
    }
}

async fn one_by_one(door: SocketAddr, path: &str, count: usize) -> Vec<Duration> {
    let mut line = Line::to(door).await;
    let mut times = Vec::with_capacity(count);
    for i in 0..count {
        let body = contact(900_000_000 + i); // a number nobody watches
        let started = Instant::now();
        assert_eq!(line.ask("POST", path, &body).await.0, 201);
        times.push(started.elapsed());
    }
    times.sort();
    times
}
