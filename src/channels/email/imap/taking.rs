//! Taking mail, exactly once: new mail first and a little of the old beside it, each mail tried at most twice, none skipped unseen.

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
            let details = self.untaken(session, work, next).await?;
            if let Some(oldest) = details.first().filter(|_| work.backlog(1).is_empty()) {
                self.report(work, *oldest); // else the oldest that waits is another one
            }
            self.take_all(session, work, details.into(), false).await?;
            self.going_on(session)?;
        }
        Ok(())
    }

    /// A piece of the backlog, oldest first: only its share while new mail waits; broken off when the server speaks of more.
    async fn take_backlog(&mut self, session: &mut Session, work: &mut Worklist) -> Result<(), Trouble> {
        let limits = &self.door.limits;
        let mut room = if work.is_live() { limits.backlog_share } else { limits.backlog_batch };
        while room > 0 {
            if work.window.is_empty() {
                let oldest = work.backlog(self.list_window.min(500));
                work.window = self.untaken(session, work, oldest).await?.into();
            }
            let next = work.next(room.min(self.door.limits.together));
            let Some(oldest) = next.front().copied() else { return Ok(()) };
            room -= next.len();
            self.report(work, oldest);
            let left = self.take_all(session, work, next, true).await?;
            left.into_iter().rev().for_each(|detail| work.window.push_front(detail));
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
            [uid] if self.list_window == 1 => Some(*uid),
            _ => None,
        };
        if let Some(uid) = alone
            && self.is_spent(work, uid).await?
        {
            let detail = Detail { uid, size: 0, arrived: None };
            self.quarantine(work, detail).await?;
            return Ok(None);
        }
        self.listing = true;
        let found = match (session.details(uids).await, alone) {
            (Err(trouble), Some(uid)) => return Err(self.broke(work, uid, trouble).await),
            (outcome, _) => outcome?,
        };
        self.listing = false;
        if let Some(uid) = alone {
            self.pardon(work, vec![uid]).await?;
        }
        Ok(Some(found))
    }

    /// One mail: fetched, kept, and put aside to be moved.
    pub async fn take(&mut self, session: &mut Session, work: &mut Worklist, detail: Detail) -> Result<(), Trouble> {
        let uid = detail.uid;
        while !self.is_spent(work, uid).await? {
            let mail = match self.fetch(session, work, detail).await {
                Ok(Some(mail)) => mail,
                Ok(None) => return Ok(()),
                Err(trouble) if trouble.is_of_the_mail() => continue,
                Err(trouble) => return Err(self.broke(work, uid, trouble).await),
            };
            let outcomes = self.ledger.ingest(vec![mail.clone()]).await;
            if self.kept(work, vec![mail], outcomes).await?.is_empty() {
                return Ok(());
            }
        }
        self.quarantine(work, detail).await
    }

    /// Its bytes; `None`: somebody took it away.
    pub async fn fetch(
        &mut self,
        session: &mut Session,
        work: &mut Worklist,
        detail: Detail,
    ) -> Result<Option<Fetched>, Trouble> {
        let (raw, extent) = match session.body(detail.uid, detail.size, self.door.settings.max_bytes).await? {
            Body::Whole(raw) => (raw, Extent::Whole),
            Body::Beginning(raw) => (raw, Extent::Truncated),
            Body::Gone => {
                work.done(detail.uid);
                return Ok(None);
            }
        };
        Ok(Some(self.fetched(work, detail, raw, extent)))
    }

    /// Counts a try; true when there are none left.
    async fn is_spent(&self, work: &Worklist, uid: u32) -> Result<bool, Trouble> {
        let tries = self.ledger.attempt(&self.place, work.open.uid_validity, vec![uid]).await.map_err(storage)?;
        let broke = self.breaks.get(&uid).copied().unwrap_or(0);
        Ok(tries.iter().any(|tries| *tries > self.door.limits.tries) || broke >= self.door.limits.breaks)
    }

    /// The connection broke during a mail. An outage is not the mail's fault, unless it happens again and again.
    pub async fn broke(&mut self, work: &Worklist, uid: u32, trouble: Trouble) -> Trouble {
        if trouble.is_outage() {
            *self.breaks.entry(uid).or_insert(0) += 1;
        }
        if (trouble.is_outage() || trouble == Trouble::Stopping)
            && let Err(trouble) = self.pardon(work, vec![uid]).await
        {
            return trouble;
        }
        trouble
    }

    pub async fn pardon(&self, work: &Worklist, uids: Vec<u32>) -> Result<(), Trouble> {
        self.ledger.pardon(&self.place, work.open.uid_validity, uids).await.map_err(storage)
    }

    /// It will not be touched again. A person sees that there is a mail, and where.
    async fn quarantine(&mut self, work: &mut Worklist, detail: Detail) -> Result<(), Trouble> {
        tracing::error!(mailbox = %self.place.account, uid = detail.uid, "a mail could not be read twice: it goes to quarantine");
        let stub = [self.fetched(work, detail, Bytes::new(), Extent::Unread)];
        let outcomes = self.ledger.ingest(stub.to_vec()).await;
        for outcome in self.insist(&stub, outcomes).await {
            match outcome {
                Ok(_) | Err(NotKept::Refused(_) | NotKept::FileType | NotKept::KeyReused) => {}
                Err(error) => return Err(storage(error)),
            }
        }
        self.put_aside(work, detail.uid, Destination::Quarantine);
        self.breaks.remove(&detail.uid);
        Ok(())
    }

    /// What became of mails that were handed in: kept ones are put aside to be moved, those that can never be kept are given
    /// back.
    pub async fn kept(
        &mut self,
        work: &mut Worklist,
        mails: Vec<Fetched>,
        outcomes: Vec<Result<Kept, NotKept>>,
    ) -> Result<Vec<Detail>, Trouble> {
        let outcomes = self.insist(&mails, outcomes).await;
        let (mut refused, mut unkept, mut why) = (Vec::new(), Vec::new(), None);
        for (mail, outcome) in mails.iter().zip(outcomes) {
            let uid = mail.key.uid;
            match outcome {
                Ok(_) => {
                    let whole = mail.extent == Extent::Whole;
                    let to = if whole { Destination::Processed } else { Destination::Oversize };
                    self.put_aside(work, uid, to);
                    self.breaks.remove(&uid);
                    self.failures = 0;
                }
                Err(NotKept::Refused(_) | NotKept::FileType | NotKept::KeyReused) => refused.push(Detail::of(mail)),
                Err(error) => {
                    unkept.push(uid);
                    why = Some(error);
                }
            }
        }
        let Some(error) = why else { return Ok(refused) };
        self.pardon(work, unkept).await?;
        Err(storage(error))
    }

    /// A daemon that is too busy is asked again, for all that it did not take, in their order: the mail is safe where it is.
    /// Not when its storage failed for one of them: then all wait for the next visit, or one might overtake another.
    async fn insist(&self, mails: &[Fetched], mut outcomes: Vec<Result<Kept, NotKept>>) -> Vec<Result<Kept, NotKept>> {
        for _ in 0..BUSY_TRIES {
            if outcomes.contains(&Err(NotKept::Unavailable)) {
                break;
            }
            let busy: Vec<(usize, u32)> = outcomes.iter().enumerate().filter_map(is_busy).collect();
            let Some(secs) = busy.iter().map(|(_, secs)| *secs).max() else { break };
            tokio::select! {
                _ = self.door.stop.cancelled() => break,
                _ = tokio::time::sleep(Duration::from_secs(u64::from(secs)).min(BUSY_MOST)) => {}
            }
            let again = busy.iter().map(|(at, _)| mails[*at].clone()).collect();
            for ((at, _), outcome) in busy.iter().zip(self.ledger.ingest(again).await) {
                outcomes[*at] = outcome;
            }
        }
        outcomes
    }

    fn put_aside(&self, work: &mut Worklist, uid: u32, to: Destination) {
        work.done(uid);
        work.moves.add(uid, to, self.ledger.now(), self.door.limits.move_every);
    }

    fn fetched(&self, work: &Worklist, detail: Detail, raw: Bytes, extent: Extent) -> Fetched {
        Fetched {
            key: MailKey { place: self.place.clone(), uid_validity: work.open.uid_validity, uid: detail.uid },
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

fn is_busy((at, outcome): (usize, &Result<Kept, NotKept>)) -> Option<(usize, u32)> {
    match outcome {
        Err(NotKept::Busy { retry_secs }) => Some((at, *retry_secs)),
        _ => None,
    }
}
