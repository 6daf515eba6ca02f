//! Mails taken together: counted in one commit, fetched one after the other, kept side by side; suspects alone.

use super::fetch::Detail;
use super::ledger::{Fetched, Ledger};
use super::mailbox::{Mailbox, storage};
use super::session::Session;
use super::trouble::Trouble;
use super::worklist::Worklist;
use std::collections::{BTreeSet, VecDeque};

/// Of mails that are taken together: what is not yet fetched, and what is to be tried again, alone.
struct Left {
    mails: VecDeque<Detail>,
    again: Vec<Detail>,
}

impl<L: Ledger> Mailbox<L> {
    /// Takes these, in their order. Whatever was begun before and did not end is taken alone: should it kill the daemon
    /// again, no other mail is blamed for that. If it `yields`, it breaks off at news of other mail; what is left is given
    /// back.
    pub async fn take_all(
        &mut self,
        session: &mut Session,
        work: &mut Worklist,
        mut mails: VecDeque<Detail>,
        yields: bool,
    ) -> Result<VecDeque<Detail>, Trouble> {
        if mails.is_empty() {
            return Ok(mails);
        }
        let suspects = self.suspects(work).await?;
        while let Some(first) = mails.front().copied() {
            let sound = mails.iter().take_while(|detail| !suspects.contains(&detail.uid)).count();
            if sound == 0 {
                mails.pop_front();
                self.take(session, work, first).await?;
            } else {
                let later = mails.split_off(sound.min(self.door.limits.together));
                mails = self.take_together(session, work, mails, yields).await?;
                mails.extend(later);
            }
            if yields && session.news {
                break;
            }
        }
        Ok(mails)
    }

    /// What was tried before, on this connection or in a life before this one.
    async fn suspects(&self, work: &Worklist) -> Result<BTreeSet<u32>, Trouble> {
        let begun = self.ledger.begun(&self.place, work.open.uid_validity).await.map_err(storage)?;
        Ok(begun.into_iter().chain(self.breaks.keys().copied()).collect())
    }

    /// Mails with nothing against them: the next are fetched while those before them are being kept. One that cannot be read
    /// is tried again, alone, once the others are safe.
    async fn take_together(
        &mut self,
        session: &mut Session,
        work: &mut Worklist,
        mails: VecDeque<Detail>,
        yields: bool,
    ) -> Result<VecDeque<Detail>, Trouble> {
        let uids = |mails: &VecDeque<Detail>| mails.iter().map(|detail| detail.uid).collect();
        self.ledger.attempt(&self.place, work.open.uid_validity, uids(&mails)).await.map_err(storage)?;
        let mut left = Left { mails, again: Vec::new() };
        let (mut in_hand, mut ended, mut going) = (Vec::new(), Ok(()), true);
        while going || !in_hand.is_empty() {
            let most = if going && !self.is_much(&in_hand) { self.door.limits.in_hand } else { 0 };
            let keeping = self.ledger.ingest(in_hand.clone());
            let fetching = self.fetch_some(session, work, &mut left, most, yields);
            let (outcomes, (fetched, broke)) = tokio::join!(keeping, fetching);
            ended = ended.and(broke);
            match self.kept(work, in_hand, outcomes).await {
                Ok(refused) => left.again.extend(refused),
                Err(trouble) => {
                    left.mails.extend(fetched.iter().map(Detail::of));
                    ended = Err(trouble);
                    break;
                }
            }
            in_hand = fetched;
            going = ended.is_ok() && !left.mails.is_empty() && !(yields && session.news);
        }
        if !left.mails.is_empty() {
            ended = ended.and(self.pardon(work, uids(&left.mails)).await);
        }
        ended?;
        for detail in left.again {
            self.take(session, work, detail).await?;
        }
        Ok(left.mails)
    }

    /// As many as may be in memory at once, and what broke it off.
    async fn fetch_some(
        &mut self,
        session: &mut Session,
        work: &mut Worklist,
        left: &mut Left,
        most: usize,
        yields: bool,
    ) -> (Vec<Fetched>, Result<(), Trouble>) {
        let mut fetched = Vec::new();
        while fetched.len() < most
            && !self.is_much(&fetched)
            && let Some(detail) = left.mails.pop_front()
        {
            match self.fetch(session, work, detail).await {
                Ok(mail) => fetched.extend(mail),
                Err(trouble) if trouble.is_of_the_mail() => left.again.push(detail),
                Err(trouble) => return (fetched, Err(self.broke(work, detail.uid, trouble).await)),
            }
            if yields && session.news {
                break;
            }
        }
        (fetched, Ok(()))
    }

    fn is_much(&self, mails: &[Fetched]) -> bool {
        mails.iter().map(|mail| mail.raw.len() as u64).sum::<u64>() >= self.door.limits.in_hand_bytes
    }
}
