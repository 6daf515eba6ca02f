//! Taking mail, exactly once: new mail before old, each mail tried at most twice, none skipped unseen.

use super::fetch::{Body, Detail};
use super::ledger::{Extent, Fetched, Kept, Ledger, MailKey};
use super::mailbox::{Mailbox, storage};
use super::moving::Destination;
use super::session::Session;
use super::trouble::Trouble;
use super::worklist::Worklist;
use crate::channels::NotKept;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::time::Duration;

/// How often a mail is offered to a daemon that is too busy, and how long at most it is waited in between.
const BUSY_TRIES: u32 = 10;
const BUSY_MOST: Duration = Duration::from_secs(30);

impl<L: Ledger> Mailbox<L> {
    /// Takes all that waits, and what comes meanwhile: a round of new mail, a piece of the backlog, and again.
    pub async fn catch_up(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        loop {
            self.look(session, work).await?;
            self.take_live(session, work).await?;
            self.take_backlog(session, work).await?;
            self.tidy(session, work).await?;
            self.going_on(session)?;
            if work.len() == 0 && !session.news {
                return Ok(());
            }
        }
    }

    async fn look(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        session.refresh().await?;
        let uids = session.uids_above(work.top()).await?;
        work.arrived(&uids);
        Ok(())
    }

    /// New mail, oldest first: at most as much as may be taken before the backlog has its share.
    async fn take_live(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        let mut left = self.door.limits.live_window;
        while left > 0 {
            let next = work.live(left.min(self.list_window));
            if next.is_empty() {
                return Ok(());
            }
            left -= next.len();
            for detail in self.untaken(session, work, next).await? {
                if work.backlog(1).is_empty() {
                    self.report(work, detail); // else the oldest that waits is another one
                }
                self.take(session, work, detail).await?;
                self.going_on(session)?;
            }
        }
        Ok(())
    }

    /// A piece of the backlog, oldest first: its share while new mail waits; broken off when the server speaks of more.
    async fn take_backlog(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        for taken in 0..self.door.limits.backlog_batch {
            if taken >= self.door.limits.backlog_share && work.is_live() {
                return Ok(());
            }
            if work.window.is_empty() {
                let oldest = work.backlog(self.list_window.min(500));
                work.window = self.untaken(session, work, oldest).await?.into();
            }
            let Some(detail) = work.window.pop_front() else { return Ok(()) };
            if work.waits(detail.uid) {
                self.report(work, detail);
                self.take(session, work, detail).await?;
            }
            self.going_on(session)?;
            if session.news {
                return Ok(());
            }
        }
        Ok(())
    }

    fn going_on(&self, session: &Session) -> Result<(), Trouble> {
        if session.stop.is_cancelled() { Err(Trouble::Stopping) } else { Ok(()) }
    }

    /// Of these, what is still to be taken. What was taken before is only moved; what is gone, or none of ours, is done.
    async fn untaken(
        &mut self,
        session: &mut Session,
        work: &mut Worklist,
        uids: Vec<u32>,
    ) -> Result<Vec<Detail>, Trouble> {
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.ledger.known(&self.place, work.open.uid_validity, uids.clone()).await.map_err(storage)?;
        let known: BTreeSet<u32> = known.into_iter().collect();
        for uid in &known {
            self.put_aside(work, *uid, Destination::Processed);
        }
        let uids: Vec<u32> = uids.into_iter().filter(|uid| !known.contains(uid)).collect();
        let Some(found) = self.details(session, work, &uids).await? else { return Ok(Vec::new()) };
        let there: BTreeSet<u32> = found.iter().map(|detail| detail.uid).collect();
        uids.iter().filter(|uid| !there.contains(uid)).for_each(|uid| work.done(*uid));
        let (ours, older): (Vec<_>, Vec<_>) = found.into_iter().partition(|detail| work.is_ours(detail));
        older.iter().for_each(|detail| work.done(detail.uid));
        Ok(ours)
    }

    /// What the server says of mails. A list that is refused or kills the connection is asked for one by one: then it is a
    /// mail's own try, and `None` when that mail has had its tries.
    async fn details(
        &mut self,
        session: &mut Session,
        work: &mut Worklist,
        uids: &[u32],
    ) -> Result<Option<Vec<Detail>>, Trouble> {
        let alone = match uids {
            [uid] if self.list_window == 1 => Some(self.key(work, *uid)),
            _ => None,
        };
        if let Some(key) = &alone
            && self.is_spent(key).await?
        {
            let detail = Detail { uid: key.uid, size: 0, arrived: None };
            self.quarantine(work, detail).await?;
            return Ok(None);
        }
        self.listing = true;
        let found = match (session.details(uids).await, &alone) {
            (Err(trouble), Some(key)) => return Err(self.broke(key, trouble).await),
            (outcome, _) => outcome?,
        };
        self.listing = false;
        if let Some(key) = &alone {
            self.ledger.pardon(key).await.map_err(storage)?;
        }
        Ok(Some(found))
    }

    /// One mail: fetched, kept, and put aside to be moved.
    async fn take(&mut self, session: &mut Session, work: &mut Worklist, detail: Detail) -> Result<(), Trouble> {
        let key = self.key(work, detail.uid);
        loop {
            if self.is_spent(&key).await? {
                return self.quarantine(work, detail).await;
            }
            let (raw, extent) = match session.body(detail.uid, detail.size, self.door.settings.max_bytes).await {
                Ok(Body::Whole(raw)) => (raw, Extent::Whole),
                Ok(Body::Beginning(raw)) => (raw, Extent::Truncated),
                Ok(Body::Gone) => {
                    work.done(detail.uid);
                    return Ok(());
                }
                Err(trouble @ Trouble::Refused { .. }) if !trouble.is_outage() => continue,
                Err(trouble) => return Err(self.broke(&key, trouble).await),
            };
            match self.keep(self.fetched(work, detail, raw, extent)).await {
                Ok(_) => {
                    let whole = extent == Extent::Whole;
                    let to = if whole { Destination::Processed } else { Destination::Oversize };
                    self.put_aside(work, detail.uid, to);
                    self.breaks.remove(&detail.uid);
                    self.failures = 0;
                    return Ok(());
                }
                Err(NotKept::Refused(_) | NotKept::FileType | NotKept::KeyReused) => continue,
                Err(error) => {
                    self.ledger.pardon(&key).await.map_err(storage)?;
                    return Err(storage(error));
                }
            }
        }
    }

    /// Counts a try; true when there are none left.
    async fn is_spent(&self, key: &MailKey) -> Result<bool, Trouble> {
        let tries = self.ledger.attempt(key).await.map_err(storage)?;
        let broke = self.breaks.get(&key.uid).copied().unwrap_or(0);
        Ok(tries > self.door.limits.tries || broke >= self.door.limits.breaks)
    }

    /// The connection broke during a mail. An outage is not the mail's fault, unless it happens again and again.
    async fn broke(&mut self, key: &MailKey, trouble: Trouble) -> Trouble {
        if trouble.is_outage() {
            *self.breaks.entry(key.uid).or_insert(0) += 1;
        }
        if (trouble.is_outage() || trouble == Trouble::Stopping)
            && let Err(error) = self.ledger.pardon(key).await
        {
            return storage(error);
        }
        trouble
    }

    /// It will not be touched again. A person sees that there is a mail, and where.
    async fn quarantine(&mut self, work: &mut Worklist, detail: Detail) -> Result<(), Trouble> {
        tracing::error!(mailbox = %self.place.account, uid = detail.uid, "a mail could not be read twice: it goes to quarantine");
        match self.keep(self.fetched(work, detail, Bytes::new(), Extent::Unread)).await {
            Ok(_) | Err(NotKept::Refused(_) | NotKept::FileType | NotKept::KeyReused) => {}
            Err(error) => return Err(storage(error)),
        }
        self.put_aside(work, detail.uid, Destination::Quarantine);
        self.breaks.remove(&detail.uid);
        Ok(())
    }

    /// Kept on disk when this returns. A daemon that is too busy is asked again: the mail is safe where it is.
    async fn keep(&self, mail: Fetched) -> Result<Kept, NotKept> {
        let mut tries = 0;
        loop {
            match self.ledger.ingest(mail.clone()).await {
                Err(NotKept::Busy { retry_secs }) if tries < BUSY_TRIES => {
                    tries += 1;
                    let pause = Duration::from_secs(u64::from(retry_secs)).min(BUSY_MOST);
                    tokio::select! {
                        _ = self.door.stop.cancelled() => return Err(NotKept::Unavailable),
                        _ = tokio::time::sleep(pause) => {}
                    }
                }
                outcome => return outcome,
            }
        }
    }

    fn put_aside(&self, work: &mut Worklist, uid: u32, to: Destination) {
        work.done(uid);
        work.moves.add(uid, to, self.ledger.now(), self.door.limits.move_every);
    }

    fn key(&self, work: &Worklist, uid: u32) -> MailKey {
        MailKey { place: self.place.clone(), uid_validity: work.open.uid_validity, uid }
    }

    fn fetched(&self, work: &Worklist, detail: Detail, raw: Bytes, extent: Extent) -> Fetched {
        Fetched {
            key: self.key(work, detail.uid),
            arrived: detail.arrived,
            size: detail.size,
            raw,
            extent,
            arrival: work.arrival(&detail),
        }
    }

    /// How much waits, and since when.
    fn report(&self, work: &Worklist, oldest: Detail) {
        self.health.send_modify(|health| {
            health.backlog = work.len();
            health.oldest = oldest.arrived;
        });
    }
}
