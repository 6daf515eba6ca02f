//! A rep is free again: how soon the next offer is on their screen, beside a screen that asks once a second.

use crate::daemon::{Daemon, hired};
use crate::http::Line;
use crate::load::{contact, disk, ms};
use crate::screen::Rep;
use std::time::{Duration, Instant};

const REPS: usize = 8;
const ROUNDS: usize = 40;
const LOOKS: usize = 3;

/// A rep ends wrap-up and the next offer is there: on the live stream, and for a screen that asks once a second.
pub async fn run() {
    println!("\nA rep is free again → the next offer, through the real door, fsync included\n");
    let mut daemon = Daemon::start(hired(REPS, 1));
    daemon.ready().await;
    let mut line = Line::to(daemon.door).await;
    for number in 0..REPS * (ROUNDS + LOOKS + 2) {
        assert_eq!(line.ask("POST", "/api/v1/contacts", &contact(number)).await.0, 201);
    }
    let mut reps = Vec::new();
    for rep in 0..REPS {
        let mut rep = Rep::signs_in(daemon.door, &format!("rep{rep}"), 1_000_000 + rep as u32).await;
        rep.is_available().await;
        let offer = rep.next_offer().await;
        reps.push((rep, offer));
    }
    let (before, mut pushed) = (disk(), Vec::new());
    for _ in 0..ROUNDS {
        for (rep, offer) in &mut reps {
            wraps_up(rep, *offer).await;
            let started = Instant::now();
            rep.posts(&end(offer.1), "{}").await;
            *offer = rep.next_offer().await;
            pushed.push(started.elapsed());
        }
    }
    let polled = polled(reps).await;
    pushed.sort();
    println!("| | pushed | asked for once a second | ratio |\n|---|---:|---:|---:|");
    for (what, percent) in [("median", 50), ("p99", 99)] {
        let (pushed, polled) = (ms(&pushed, percent), ms(&polled, percent));
        println!("| {what} | {pushed:.2} ms | {polled:.0} ms | {:.0}× sooner |", polled / pushed);
    }
    println!("\nfdatasync of this disk, p50: {before:.3} ms before, {:.3} ms after", disk());
}

/// Takes the contact and closes it: wrap-up begins.
async fn wraps_up(rep: &mut Rep, (offer, contact): (u64, u64)) {
    rep.posts(&format!("/offers/{offer}/accept"), "{}").await;
    rep.posts(&format!("/contacts/{contact}/close"), r#"{"disposition":"informed"}"#).await;
}

fn end(contact: u64) -> String {
    format!("/contacts/{contact}/wrap-up/end")
}

/// The same for screens that look once a second: their next look comes within a second, at any moment of it.
async fn polled(reps: Vec<(Rep, (u64, u64))>) -> Vec<Duration> {
    let looks = reps.into_iter().enumerate().map(|(i, (mut rep, mut offer))| {
        tokio::spawn(async move {
            let mut times = Vec::new();
            for round in 0..LOOKS {
                wraps_up(&mut rep, offer).await;
                rep.posts(&end(offer.1), "{}").await;
                let started = Instant::now();
                let share = (round * REPS + i) as f64 + 0.5;
                tokio::time::sleep(Duration::from_secs_f64(share / (LOOKS * REPS) as f64)).await;
                assert!(rep.asks_for_offers().await, "the offer is there");
                times.push(started.elapsed());
                offer = rep.next_offer().await;
            }
            times
        })
    });
    let mut all = Vec::new();
    for look in looks.collect::<Vec<_>>() {
        all.extend(look.await.expect("a screen"));
    }
    all.sort();
    all
}
