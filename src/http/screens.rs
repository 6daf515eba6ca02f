//! Which staff screens are open: a rep's first one connects them, the last one gone disconnects them, a sign-out closes them.

use crate::daemon::{Failure, Handle, Job};
use crate::routing::command::Command;
use crate::routing::ids::RepId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// When the engine could not be told, it is told again after this.
const AGAIN: Duration = Duration::from_secs(1);

/// Cheap to clone; all clones are one registry.
#[derive(Clone, Default)]
pub struct Screens {
    seats: Arc<Mutex<HashMap<RepId, Seat>>>,
    open: Arc<AtomicI64>,
}

/// One member of staff. There are as many as accounts that ever opened a screen.
#[derive(Default)]
struct Seat {
    screens: Vec<Entry>,
    /// What the engine was last told; held while telling, so that it hears things in their order.
    told: Arc<tokio::sync::Mutex<bool>>,
}

struct Entry {
    number: u64,
    session: [u8; 32],
    ended: CancellationToken,
}

/// An open screen. When dropped, the rep may have none left.
pub struct Screen {
    screens: Screens,
    handle: Handle,
    rep: RepId,
    number: u64,
    /// Cancelled when the session has ended.
    pub ended: CancellationToken,
}

impl Screens {
    /// Notes an open screen and makes sure that the engine knows that the rep is there.
    pub async fn open(&self, handle: &Handle, rep: RepId, session: [u8; 32]) -> Screen {
        let (number, ended) = (rand::random(), CancellationToken::new());
        self.with(rep, |seat| seat.screens.push(Entry { number, session, ended: ended.clone() }));
        self.open.fetch_add(1, Relaxed);
        let screen = Screen { screens: self.clone(), handle: handle.clone(), rep, number, ended };
        self.settle(handle, rep).await;
        screen
    }

    /// The session has ended: its screens close at once.
    pub fn revoke(&self, session: [u8; 32]) {
        let seats = self.seats.lock().expect("screens");
        let of_session = seats.values().flat_map(|seat| &seat.screens).filter(|entry| entry.session == session);
        of_session.for_each(|entry| entry.ended.cancel());
    }

    /// The account is disabled: all its screens close at once.
    pub fn close_all(&self, rep: RepId) {
        self.with(rep, |seat| seat.screens.iter().for_each(|entry| entry.ended.cancel()));
    }

    /// Does this rep have a screen open by another session? One that is just being closed does not count.
    pub fn has_other(&self, rep: RepId, session: [u8; 32]) -> bool {
        self.with(rep, |seat| seat.screens.iter().any(|entry| entry.session != session && !entry.ended.is_cancelled()))
    }

    /// How many are open, of all staff.
    pub fn count(&self) -> i64 {
        self.open.load(Relaxed)
    }

    fn with<T>(&self, rep: RepId, look: impl FnOnce(&mut Seat) -> T) -> T {
        look(self.seats.lock().expect("screens").entry(rep).or_default())
    }

    /// Tells the engine what it does not know yet. A rep who reloads a page leaves and comes in one breath: whoever gets here
    /// first looks at how things stand by then.
    async fn settle(&self, handle: &Handle, rep: RepId) {
        let told = self.with(rep, |seat| seat.told.clone());
        let mut told = told.lock().await;
        loop {
            let here = self.with(rep, |seat| !seat.screens.is_empty());
            if *told == here {
                return;
            }
            let command = if here { Command::Connect { rep } } else { Command::Disconnect { rep } };
            match handle.submit(Job { command: Some(command), records: Vec::new() }).await {
                // Refused: not on the roster, so there is nothing to know.
                Ok(_) | Err(Failure::Refused(_)) => *told = here,
                Err(Failure::Stopping) => return,
                Err(error) => {
                    tracing::warn!(rep = rep.0, %error, "the engine does not know yet whether a rep is there");
                    sleep(AGAIN).await;
                }
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.screens.with(self.rep, |seat| seat.screens.retain(|entry| entry.number != self.number));
        self.screens.open.fetch_sub(1, Relaxed);
        let (screens, handle, rep) = (self.screens.clone(), self.handle.clone(), self.rep);
        tokio::spawn(async move { screens.settle(&handle, rep).await });
    }
}
