//! What must be sent, sent: one worker a carrier, woken by the commit that brings a delivery, asleep until then.
//!
//! A delivery is rendered once. Its bytes and a lease are committed before the first byte goes out, and what came of it
//! after the last: a crash in between leaves a lease, and a lease without a worker is an attempt of which nobody knows what
//! became.

mod dispatch;
mod worker;

pub use worker::Worker;

use crate::channels::delivery::{Carrier, Outcome};
use crate::channels::{Adapter, AdapterState};
use crate::routing::ids::{Channel, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::{Notify, watch};

/// The ways out, each with what staff call it, for example `Mail relay`.
pub type Carriers = Vec<(Channel, String, Box<dyn Carrier>)>;

/// Failures of the line in a row after which nothing comes through any more, as far as people are told.
const DOWN_AFTER: u32 = 3;

/// One way out, from outside.
#[derive(Clone)]
pub struct Outbox {
    pub channel: Channel,
    pub tally: Arc<Tally>,
    /// How it is doing.
    pub health: watch::Receiver<Adapter>,
    wake: Arc<Notify>,
}

impl Outbox {
    /// Look at once whether something is due, for example after the relay was mended or the clock was set.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Counts since the start, for metrics.
#[derive(Debug, Default)]
pub struct Tally {
    pub sent: AtomicU64,
    pub failed: AtomicU64,
    pub unknown: AtomicU64,
    /// Attempts that were put off: by the other side, or because it was not there.
    pub put_off: AtomicU64,
}

impl Tally {
    fn count(number: &AtomicU64) {
        number.fetch_add(1, Relaxed);
    }
}

/// How the line is, after an attempt. `failures` as in `Breaker::failures`.
fn seen(before: &Adapter, outcome: &Outcome, failures: u32, now: Timestamp) -> Adapter {
    let (state, why) = match outcome {
        Outcome::Misconfigured { why } | Outcome::NoToken { why } => (AdapterState::Down, Some(why.clone())),
        Outcome::Unreachable { why } if failures >= DOWN_AFTER => (AdapterState::Down, Some(why.clone())),
        Outcome::Unreachable { why } | Outcome::Unknown { why } => (AdapterState::Degraded, Some(why.clone())),
        Outcome::Later { reply, pause_relay: true } => (AdapterState::Degraded, Some(reply.public())),
        Outcome::Sent(_) | Outcome::Refused(_) | Outcome::Later { .. } => (AdapterState::Up, None),
    };
    let since = if state == before.state { before.since } else { Some(now) };
    let last_success = if state == AdapterState::Up { Some(now) } else { before.last_success };
    Adapter { state, why, since, last_success, ..before.clone() }
}
