//! The worker of one carrier: takes what is due, sends it, keeps what came of it, and sleeps until there is more.

use super::dispatch::{NoDispatch, gather};
use super::{Outbox, Tally, seen};
use crate::channels::delivery::{Breaker, Carrier, Kind, Next, Outcome, Reply, Tried, next};
use crate::channels::{Adapter, AdapterState, Context};
use crate::daemon::feed::Heard;
use crate::daemon::reception::Reception;
use crate::daemon::{Failure, Handle, Job, trouble};
use crate::message::delivery::{Delivery, DeliveryState, Progress};
use crate::routing::ids::{Channel, Span, Timestamp};
use crate::store::files::Files;
use crate::store::{Due, Record};
use futures_util::FutureExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Longer than any attempt: a carrier that has not come to an end by then is broken off.
const LEASE: Span = Span::mins(45);
/// What is looked at once; the next look may find something more important.
const PAGE: usize = 16;
/// How long an attempt may go on when the daemon is told to stop.
const STOP_GRACE: Duration = Duration::from_secs(30);
/// Peace for a storage in trouble.
const STORAGE_PAUSE: Span = Span::secs(2);
/// So often at most the outcome of an attempt is tried to be kept; then the lease runs out, and it counts as unknown.
const KEEP_TRIES: u32 = 300;
/// A machine that slept wakes with another time; then it is looked at after so long.
const SLEEP_MOST: Duration = Duration::from_secs(600);

/// Owns its carrier; there is one worker for each.
pub struct Worker {
    handle: Handle,
    reception: Reception,
    files: Arc<Files>,
    channel: Channel,
    /// Away only while it renders.
    carrier: Option<Box<dyn Carrier>>,
    breaker: Breaker,
    tally: Arc<Tally>,
    health: watch::Sender<Adapter>,
    wake: Arc<Notify>,
    stop: CancellationToken,
}

/// Nothing can be done until then; `None`: until there is something new.
struct Wait(Option<Timestamp>);

impl Worker {
    pub fn new(
        (handle, reception, files): (Handle, Reception, Arc<Files>),
        (channel, name, carrier): (Channel, String, Box<dyn Carrier>),
        stop: CancellationToken,
    ) -> (Worker, Outbox) {
        let untried = Adapter {
            name,
            state: AdapterState::Untried,
            why: None,
            since: None,
            oldest: None,
            last_success: None,
            backlog: 0,
        };
        let (tally, wake, (health, watching)) = (Arc::default(), Arc::default(), watch::channel(untried));
        let outbox = Outbox { channel, tally: Arc::clone(&tally), health: watching, wake: Arc::clone(&wake) };
        let breaker = Breaker::new(carrier.per_second());
        let carrier = Some(carrier);
        (Worker { handle, reception, files, channel, carrier, breaker, tally, health, wake, stop }, outbox)
    }

    /// Until it is told to stop.
    pub async fn run(mut self) {
        let mut heard = self.handle.feed().staff(); // before the first look: nothing that comes in between is missed
        while let Err(wait) = self.end_old_leases().await {
            self.sleep(wait, &mut heard).await;
            if self.stop.is_cancelled() {
                return;
            }
        }
        while !self.stop.is_cancelled() {
            if let Err(wait) = self.round().await {
                self.sleep(wait, &mut heard).await;
            }
        }
        self.health.send_modify(|health| health.state = AdapterState::Stopped);
    }

    /// The store is ours alone: at the start, nobody is sending what is still marked so.
    async fn end_old_leases(&mut self) -> Result<(), Wait> {
        for delivery in self.deliveries(Due::Sending(self.channel), usize::MAX).await? {
            self.broke_off(delivery).await;
        }
        Ok(())
    }

    /// Everything that is due, as far as a page goes.
    async fn round(&mut self) -> Result<(), Wait> {
        let due = Due::Next { channel: self.channel, at: self.now() };
        let page = self.deliveries(due, PAGE).await?;
        self.count_backlog().await?;
        if page.is_empty() {
            let channel = self.channel;
            let next = self.handle.rows(move |rows| rows.next_due(channel)).await;
            return Err(Wait(next.map_err(|failure| self.storage(&failure))?));
        }
        for delivery in page {
            if self.stop.is_cancelled() {
                return Ok(());
            }
            match delivery.progress.state {
                DeliveryState::Sending => self.broke_off(delivery).await,
                _ => self.attempt(delivery).await?,
            }
        }
        Ok(())
    }

    async fn count_backlog(&mut self) -> Result<(), Wait> {
        let channel = self.channel;
        let unsent = self.handle.rows(move |rows| rows.unsent(channel)).await;
        let unsent = unsent.map_err(|failure| self.storage(&failure))?;
        let backlog = u32::try_from(unsent.count).unwrap_or(u32::MAX);
        self.health.send_if_modified(|health| {
            let differs = (health.backlog, health.oldest) != (backlog, unsent.oldest);
            (health.backlog, health.oldest) = (backlog, unsent.oldest);
            differs
        });
        Ok(())
    }

    async fn attempt(&mut self, delivery: Delivery) -> Result<(), Wait> {
        let now = self.now();
        self.breaker.ask(now).map_err(|pause| Wait(Some(now + pause)))?;
        let (bytes, is_new) = match self.bytes(&delivery).await {
            Ok(bytes) => bytes,
            Err(no) => {
                self.breaker.unused(now);
                return match no {
                    NoDispatch::Never(why) => {
                        self.end(delivery, DeliveryState::Failed, why).await;
                        Ok(())
                    }
                    NoDispatch::Storage(error) => Err(self.storage(&error)),
                };
            }
        };
        match self.lease(&delivery, is_new.then(|| bytes.clone())).await {
            Ok(true) => {}
            Ok(false) => {
                self.breaker.unused(now);
                return Ok(());
            }
            Err(failure) => {
                self.breaker.unused(now);
                return Err(self.storage(&failure));
            }
        }
        let outcome = self.send(&bytes).await;
        drop(bytes);
        let now = self.now();
        self.breaker.heard(&outcome, now, rand::random());
        let failures = self.breaker.failures();
        self.health.send_if_modified(|health| {
            let seen = seen(health, &outcome, failures, now);
            let differs = (seen.state, &seen.why) != (health.state, &health.why);
            *health = seen;
            differs
        });
        self.heard(delivery, outcome, now).await;
        Ok(())
    }

    /// The bytes it is sent as, and whether they are made just now.
    async fn bytes(&mut self, delivery: &Delivery) -> Result<(Vec<u8>, bool), NoDispatch> {
        let (rows, files) = (self.handle.reads().clone(), self.files.clone());
        let delivery = delivery.clone();
        let (opening, week) = (self.reception.opening(), self.reception.week().clone());
        let carrier = self.carrier.take().expect("it is back before anything else is done");
        let made = tokio::task::spawn_blocking(move || {
            let made = || match rows.rendered(delivery.id)? {
                Some(bytes) => Ok((bytes, false)),
                None => {
                    let dispatch = gather(&delivery, &*rows, &files, &*carrier, opening, week)?;
                    Ok((carrier.render(&dispatch).map_err(NoDispatch::Never)?, true))
                }
            };
            let made = catch_unwind(AssertUnwindSafe(made));
            (carrier, made.unwrap_or_else(|_| Err(NoDispatch::Never("it could not be written".into()))))
        });
        let (carrier, made) = made.await.expect("what may panic in it is caught");
        self.carrier = Some(carrier);
        made
    }

    /// From now on it is being sent; no, when it is over meanwhile.
    async fn lease(&mut self, delivery: &Delivery, rendered: Option<Vec<u8>>) -> Result<bool, Failure> {
        let id = delivery.id;
        let due_at = self.now() + LEASE;
        let progress = Progress { state: DeliveryState::Sending, due_at, ..delivery.progress.clone() };
        let records = vec![Record::Delivering { id, progress, rendered }];
        self.handle.submit(Job { command: None, records }).await?;
        let kept = self.handle.rows(move |rows| rows.deliveries(Due::Id(id), 1)).await?;
        Ok(kept.first().is_some_and(|kept| kept.progress.state == DeliveryState::Sending))
    }

    /// One attempt, which comes to an end whatever the carrier does.
    async fn send(&mut self, bytes: &[u8]) -> Outcome {
        let (now, stop) = (self.now(), self.stop.clone());
        let carrier = self.carrier.as_mut().expect("it is away only while it renders");
        let attempt = AssertUnwindSafe(carrier.send(bytes, now)).catch_unwind();
        let bounded = tokio::time::timeout(Duration::from_micros(LEASE.0.unsigned_abs()), attempt);
        let stopped = async {
            stop.cancelled().await;
            tokio::time::sleep(STOP_GRACE).await;
        };
        let unknown = |why: &str| Outcome::Unknown { why: why.into() };
        tokio::select! {
            biased;
            done = bounded => match done {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => unknown("the attempt broke off"),
                Err(_) => unknown("the attempt came to no end"),
            },
            () = stopped => unknown("we were stopped while it was being sent"),
        }
    }

    /// Whoever was sending it is gone.
    async fn broke_off(&mut self, delivery: Delivery) {
        let why = "we were stopped while it was being sent".into();
        let now = self.now();
        self.heard(delivery, Outcome::Unknown { why }, now).await;
    }

    /// Keeps what came of an attempt.
    async fn heard(&mut self, delivery: Delivery, outcome: Outcome, now: Timestamp) {
        let mut progress = delivery.progress.clone();
        match &outcome {
            Outcome::Later { .. } => {
                progress.later += 1;
                progress.later_at.get_or_insert(now);
            }
            Outcome::Unknown { .. } => progress.unknown += 1,
            _ => {}
        }
        let since = match delivery.kind {
            Kind::Acknowledgement => delivery.made_at,
            _ => progress.later_at.unwrap_or(now),
        };
        let tried = Tried { kind: delivery.kind, since, later: progress.later, unknown: progress.unknown };
        let said = words(&outcome);
        let due_at = match next(tried, &outcome, now, rand::random()) {
            Next::Done => return self.end(Delivery { progress, ..delivery }, DeliveryState::Sent, said).await,
            Next::GiveUp => return self.end(Delivery { progress, ..delivery }, DeliveryState::Failed, said).await,
            Next::LeaveUnknown => {
                return self.end(Delivery { progress, ..delivery }, DeliveryState::Unknown, said).await;
            }
            Next::At(at) => at,
            Next::WithRelay => now,
        };
        let progress = Progress { state: DeliveryState::Waiting, due_at, said: Some(said), ..progress };
        if self.keep(&delivery, progress, None).await {
            Tally::count(&self.tally.put_off);
        }
    }

    async fn end(&mut self, delivery: Delivery, state: DeliveryState, said: String) {
        let tally = Arc::clone(&self.tally);
        let (count, memo) = match state {
            DeliveryState::Failed => (&tally.failed, Some(trouble::given_up(delivery.kind, &said))),
            DeliveryState::Unknown => (&tally.unknown, Some(trouble::unknown(delivery.kind, &said))),
            _ => (&tally.sent, None),
        };
        let over_at = Some(self.now());
        let progress = Progress { state, said: Some(said), over_at, ..delivery.progress.clone() };
        if self.keep(&delivery, progress, memo).await {
            Tally::count(count); // else it is still open, and counts by what it is taken for later
        }
    }

    /// Tries until it is kept, and says whether it was: what came of an attempt is known only here.
    async fn keep(&mut self, delivery: &Delivery, progress: Progress, mut memo: Option<String>) -> bool {
        let (id, urgent) = (delivery.id, progress.state == DeliveryState::Failed);
        for _ in 0..KEEP_TRIES {
            let records = vec![Record::Delivering { id, progress: progress.clone(), rendered: None }];
            let kept = match &memo {
                Some(memo) => trouble::tell(&self.handle, delivery.contact, memo.clone(), records, urgent).await,
                None => self.handle.submit(Job { command: None, records }).await,
            };
            match kept {
                Ok(_) => return true,
                Err(Failure::Stopping) => break,
                // The contact cannot be told: how its letter fares is kept all the same.
                Err(failure) if failure.is_of_its_rows() && memo.take().is_some() => continue,
                Err(failure) if failure.is_of_its_rows() => {
                    tracing::error!(delivery = id, %failure, "how a delivery fared is not kept: its row cannot be changed");
                    return false;
                }
                Err(failure) => drop(self.storage(&failure)),
            }
            if self.stop.is_cancelled() {
                break;
            }
            tokio::time::sleep(Duration::from_micros(STORAGE_PAUSE.0.unsigned_abs())).await;
        }
        let state = progress.state;
        tracing::error!(
            delivery = id,
            ?state,
            "how a delivery fared is not kept: after its lease, or the next start, nobody knows"
        );
        false
    }

    async fn deliveries(&mut self, due: Due, limit: usize) -> Result<Vec<Delivery>, Wait> {
        let found = self.handle.rows(move |rows| rows.deliveries(due, limit)).await;
        found.map_err(|failure| self.storage(&failure))
    }

    fn storage(&self, why: &dyn std::fmt::Display) -> Wait {
        tracing::warn!(channel = self.channel.name(), %why, "deliveries wait for the storage");
        Wait(Some(self.now() + STORAGE_PAUSE))
    }

    fn now(&self) -> Timestamp {
        self.handle.clock().now()
    }

    async fn sleep(&mut self, Wait(until): Wait, heard: &mut Receiver<Heard>) {
        let pause = until.map(|at| Duration::from_micros((at - self.now()).0.max(0).unsigned_abs()));
        let pause = pause.map_or(SLEEP_MOST, |pause| pause.min(SLEEP_MOST));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.wake.notified() => {}
            () = self.stop.cancelled() => {}
            () = news(heard, self.channel) => {}
        }
    }
}

/// Until a commit brings something to send, or may have.
async fn news(heard: &mut Receiver<Heard>, channel: Channel) {
    loop {
        match heard.recv().await {
            Ok(Heard::Commit(commit)) => {
                let waits = |state| state == DeliveryState::Waiting;
                if commit.deliveries.iter().any(|faring| faring.channel == channel && waits(faring.state)) {
                    return;
                }
            }
            Ok(Heard::Typing { .. }) => {}
            Ok(Heard::Reset) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// What is told to staff.
fn words(outcome: &Outcome) -> String {
    let reply = |reply: &Reply| format!("{} {}", reply.code, reply.text).trim_end().to_owned();
    match outcome {
        Outcome::Sent(said) | Outcome::Refused(said) | Outcome::Later { reply: said, .. } => reply(said),
        Outcome::Unknown { why }
        | Outcome::Unreachable { why }
        | Outcome::Misconfigured { why }
        | Outcome::NoToken { why } => why.clone(),
    }
}
