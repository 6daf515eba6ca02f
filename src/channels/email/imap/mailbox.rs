//! The life of a mailbox: connect, take what is there, wait for more, move what is safe; and connect again.

use super::connect::Door;
use super::health::{Health, State};
use super::ledger::{Cursor, Ledger, Place};
use super::limits::Limits;
use super::moving::Destination;
use super::session::{Selected, Session};
use super::settings::Start;
use super::trouble::Trouble;
use super::worklist::Worklist;
use crate::channels::NotKept;
use crate::routing::ids::Timestamp;
use futures_util::FutureExt;
use rand::RngExt;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// One mailbox and all that outlives a connection.
pub(super) struct Mailbox<L: Ledger> {
    pub door: Door,
    pub ledger: Arc<L>,
    pub place: Place,
    pub health: watch::Sender<Health>,
    /// How often the connection broke during a mail.
    pub breaks: HashMap<u32, u32>,
    /// Mails listed at once: one, while a list is refused or kills the connection.
    pub list_window: usize,
    /// Set while a list is being asked for.
    pub listing: bool,
    /// How often the server did not answer IDLE.
    idle_deaf: u32,
    /// On this connection the server does not tell of new mail.
    polled: bool,
    pub failures: u32,
    /// Somebody was told that only a person can help.
    alarmed: bool,
    /// Why not all is as it should be, although mail is taken.
    pub complaint: Option<String>,
}

/// After so many unanswered IDLEs the mailbox is polled.
const IDLE_DEAF_MOST: u32 = 2;

impl<L: Ledger> Mailbox<L> {
    pub fn new(door: Door, ledger: Arc<L>, health: watch::Sender<Health>) -> Mailbox<L> {
        let settings = &door.settings;
        let place = Place { account: settings.name.as_str().into(), folder: settings.folder.as_str().into() };
        let list_window = door.limits.list_window;
        let (breaks, complaint) = (HashMap::new(), None);
        let (listing, idle_deaf, polled, failures, alarmed) = (false, 0, false, 0, false);
        Mailbox {
            door,
            ledger,
            place,
            health,
            breaks,
            list_window,
            listing,
            idle_deaf,
            polled,
            failures,
            alarmed,
            complaint,
        }
    }

    /// Until stopped.
    pub async fn run(mut self) {
        while !self.door.stop.is_cancelled() {
            // The parser can be made to panic by a server (INTERNALDATE NIL, a letter after a response code). That ends
            // the connection, not the mailbox.
            let ended = AssertUnwindSafe(self.visit()).catch_unwind().await;
            let trouble = ended.unwrap_or_else(|_| {
                Some(Trouble::Unreadable { doing: "reading an answer", why: "it broke the parser".into() })
            });
            let Some(trouble) = trouble else { break };
            self.down(&trouble);
            let pause =
                pause(&self.door.limits, &trouble, self.door.tokens.is_some(), self.failures, rand::rng().random());
            tokio::select! {
                _ = self.door.stop.cancelled() => {}
                _ = tokio::time::sleep(pause) => {}
            }
        }
        self.health.send_modify(|health| health.state = State::Stopped);
    }

    /// One connection, until it breaks; `None`: we were told to stop.
    async fn visit(&mut self) -> Option<Trouble> {
        let mut session = match self.door.open(self.ledger.now()).await {
            Ok(session) => session,
            Err(Trouble::Stopping) => return None,
            Err(trouble) => return Some(trouble),
        };
        let mut work = match self.arrive(&mut session).await {
            Ok(work) => work,
            Err(trouble) => return Some(trouble).filter(|trouble| *trouble != Trouble::Stopping),
        };
        let Err(trouble) = self.work(&mut session, &mut work).await else { return None };
        if trouble != Trouble::Stopping {
            return Some(trouble);
        }
        let most = self.door.limits.farewell;
        let farewell = async {
            self.put_away(&mut session, &mut work).await?;
            session.logout().await
        };
        if !matches!(timeout(most, farewell).await, Ok(Ok(()))) {
            tracing::debug!(mailbox = %self.place.account, "stopped without a farewell; moves are made up for at the next start");
        }
        None
    }

    async fn work(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        self.tell(work, false);
        loop {
            self.catch_up(session, work).await?;
            self.list_window = self.door.limits.list_window;
            self.tell(work, true);
            self.wait(session, work).await?;
        }
    }

    /// Folders, the folder itself, and what waits in it.
    async fn arrive(&mut self, session: &mut Session) -> Result<Worklist, Trouble> {
        self.complaint = None;
        let settings = self.door.settings.clone();
        for (_, folder) in settings.folders().into_iter().filter(|(_, folder)| !folder.is_empty()) {
            if !session.has_folder(folder).await?
                && let Err(Trouble::Refused { text, .. }) = session.create_folder(folder).await
            {
                self.complain(format!("folder {folder} cannot be made: {text}"));
            }
        }
        let open = session.select(&settings.folder).await?;
        if open.read_only {
            self.complain("the folder may only be read: mail stays in it".into());
        }
        let cursor = self.cursor(open).await?;
        let listed = session.waiting(&open, &cursor).await?;
        let mut work = Worklist::new(open, cursor, listed);
        if cursor.renumbered && cursor.last_uid < cursor.there {
            work.hurry(session.lately(cursor.there, self.ledger.now()).await?);
            work.unopened(session.unopened(&cursor).await?);
        }
        self.polled = !session.can("IDLE");
        if !self.polled && self.idle_deaf >= IDLE_DEAF_MOST {
            self.poll("IDLE was not answered");
        }
        Ok(work)
    }

    /// How far the folder is done. What is in it the first time, and when that was, is remembered before any of it is taken.
    async fn cursor(&mut self, open: Selected) -> Result<Cursor, Trouble> {
        let last = open.uid_next - 1;
        let now = self.ledger.now();
        let known = self.ledger.cursor(&self.place).await.map_err(storage)?;
        let cursor = match known {
            Some(cursor) if cursor.uid_validity == open.uid_validity => {
                if cursor.last_uid > last {
                    self.complain("the server counts mail backwards without saying so (UIDVALIDITY)".into());
                }
                return Ok(cursor);
            }
            Some(Cursor { begun, unseen, first_read, .. }) => {
                tracing::warn!(mailbox = %self.place.account, "the server has numbered the folder anew (UIDVALIDITY): all of it is looked at again");
                let first_read = first_read.or(Some(now));
                Cursor {
                    uid_validity: open.uid_validity,
                    last_uid: 0,
                    begun,
                    unseen,
                    there: last,
                    first_read,
                    renumbered: true,
                }
            }
            None => {
                let start = self.door.settings.start;
                let (last_uid, begun) = match start {
                    Start::All => (0, Timestamp(0)),
                    Start::Unseen => (0, now),
                    Start::Now => (last, now),
                };
                Cursor {
                    uid_validity: open.uid_validity,
                    last_uid,
                    begun,
                    unseen: start == Start::Unseen,
                    there: last,
                    first_read: Some(now),
                    renumbered: false,
                }
            }
        };
        self.ledger.settle(&self.place, cursor).await.map_err(storage)?;
        Ok(cursor)
    }

    /// Until there may be new mail, or mail is to be moved.
    async fn wait(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        let limits = self.door.limits.clone();
        let due = work.moves.due_in(self.ledger.now(), limits.move_batch, false).unwrap_or(limits.idle_whole);
        if !self.polled {
            match session.idle(due).await {
                Err(Trouble::Refused { text, .. }) => self.poll(&format!("IDLE was refused, {text}")),
                Err(trouble @ Trouble::Silent { .. }) => {
                    self.idle_deaf += 1;
                    return Err(trouble);
                }
                outcome => {
                    outcome?;
                    self.idle_deaf = 0;
                }
            }
        } else {
            tokio::select! {
                _ = self.door.stop.cancelled() => {}
                _ = tokio::time::sleep(due.min(Duration::from_secs(self.door.settings.poll_secs))) => {}
            }
        }
        if self.door.stop.is_cancelled() { Err(Trouble::Stopping) } else { Ok(()) }
    }

    /// From now on mail is looked for, as long as this connection lasts.
    fn poll(&mut self, why: &str) {
        self.polled = true;
        self.complain(format!("mail is only looked for every {} s: {why}", self.door.settings.poll_secs));
    }

    /// Moves what waits to be moved, when it is time, and remembers how far all is done.
    pub async fn tidy(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        let due = work.moves.due_in(self.ledger.now(), self.door.limits.move_batch, work.len() > 0);
        let idle = work.len() == 0 && work.moves.len() == 0;
        if due == Some(Duration::ZERO) || idle { self.put_away(session, work).await } else { Ok(()) }
    }

    async fn put_away(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        let settings = self.door.settings.clone();
        let folder_of = |to| match to {
            Destination::Processed => settings.processed.clone(),
            Destination::Quarantine => settings.quarantine.clone(),
            Destination::Oversize => settings.oversize.clone(),
        };
        let open = work.open;
        if work.moves.len() > 0 {
            work.moves.flush(session, &open, folder_of, self.ledger.now()).await?;
        }
        if let Some(cursor) = work.to_settle() {
            self.ledger.settle(&self.place, cursor).await.map_err(storage)?;
            work.cursor = cursor;
        }
        Ok(())
    }

    pub fn complain(&mut self, what: String) {
        tracing::warn!(mailbox = %self.place.account, "{what}");
        self.complaint = Some(self.complaint.take().map_or(what.clone(), |before| format!("{before}; {what}")));
    }

    /// Connected; and, when all is `taken`, successful.
    fn tell(&mut self, work: &Worklist, taken: bool) {
        let why = work.moves.refused.clone().or_else(|| self.complaint.clone());
        let now = self.ledger.now();
        self.health.send_modify(|health| {
            if matches!(health.state, State::Down { .. }) {
                tracing::info!(mailbox = %self.place.account, "mail is taken again");
            }
            health.state = why.map_or(State::Up, State::Degraded);
            health.backlog = work.len();
            if taken {
                (health.last_success, health.oldest, health.failures) = (Some(now), None, 0);
            }
        });
        self.alarmed = false;
        if taken {
            self.failures = 0;
        }
    }

    fn down(&mut self, trouble: &Trouble) {
        self.failures += 1;
        let listing = std::mem::take(&mut self.listing);
        if listing && matches!(trouble, Trouble::Unreadable { .. } | Trouble::Refused { .. }) {
            self.list_window = 1;
        }
        let now = self.ledger.now();
        let failures = self.failures;
        // nothing but a person helps, and mail waits until then: said once, as loudly as can be
        let for_a_person = trouble.needs_a_person();
        if for_a_person && !self.alarmed {
            tracing::error!(mailbox = %self.place.account, failures, "no mail is taken: {trouble}; {}", trouble.mend());
        } else if failures.is_power_of_two() {
            tracing::warn!(mailbox = %self.place.account, failures, "{trouble}; {}", trouble.mend());
        }
        self.alarmed = for_a_person;
        self.health.send_modify(|health| {
            let since = if let State::Down { since, .. } = health.state { since } else { now };
            health.state = State::Down { since, why: trouble.to_string() };
            health.failures = failures;
        });
    }
}

/// How long until the next try; `chance`, from 0 to 1, is drawn for each. Full jitter: many mailboxes do not come back in
/// step. A refused password waits long, or the account is locked; a refused token may be a good one again sooner.
fn pause(limits: &Limits, trouble: &Trouble, by_token: bool, failures: u32, chance: f64) -> Duration {
    let doubled = |first: Duration| first.saturating_mul(1 << failures.saturating_sub(1).min(20));
    let slow = match trouble {
        Trouble::Credentials(_) if by_token => Some(doubled(limits.pause_token)),
        Trouble::Token { denied: true, .. } => Some(doubled(limits.pause_token)),
        Trouble::Credentials(_) | Trouble::Settings(_) => Some(limits.pause_refused),
        _ => None,
    };
    match slow {
        Some(slow) => slow.min(limits.pause_refused).mul_f64(1.0 + 0.2 * chance),
        None => doubled(limits.pause_first).min(limits.pause_most).mul_f64(0.1 + 0.9 * chance),
    }
}

/// The ledger could not keep something: nothing is wrong with the mail.
pub(super) fn storage(error: NotKept) -> Trouble {
    Trouble::Storage(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_further_and_further_apart_and_no_two_mailboxes_in_step() {
        let limits = Limits::default();
        let outage = Trouble::Unreachable { at: "imap.city.example:993".into(), why: "refused".into() };
        let secs = |failures, chance| pause(&limits, &outage, false, failures, chance).as_secs_f64();
        assert_eq!([1, 2, 3, 9, 10, 99].map(|failures| secs(failures, 1.0)), [1.0, 2.0, 4.0, 256.0, 300.0, 300.0]);
        assert_eq!((secs(1, 0.0), secs(99, 0.0)), (0.1, 30.0), "never at once");
        let drawn: std::collections::BTreeSet<Duration> =
            (0..100).map(|_| pause(&limits, &outage, false, 5, rand::rng().random())).collect();
        let (first, last) = (drawn.first().unwrap(), drawn.last().unwrap());
        assert!(drawn.len() > 90 && last.as_secs_f64() - first.as_secs_f64() > 8.0, "spread over 16 s: {drawn:?}");
        for refused in [Trouble::Credentials("no".into()), Trouble::Settings("no".into())] {
            let range = [0.0, 1.0].map(|chance| pause(&limits, &refused, false, 1, chance).as_secs());
            assert_eq!(range, [300, 360], "a locked account helps nobody");
        }
        let refused = Trouble::Credentials("no".into());
        let tokens = [1, 2, 9].map(|failures| pause(&limits, &refused, true, failures, 0.0).as_secs());
        assert_eq!(tokens, [15, 30, 300], "tokens come and go");
    }
}
