//! Mails taken together: counted in one commit, fetched one after the other, kept side by side; suspects alone.

use super::fetch::Detail;
use super::ledger::{Fetched, Ledger};
use super::mailbox::{Mailbox, storage};
use super::session::Session;
use super::trouble::Trouble;
use super::worklist::Worklist;
use std::collections::{BTreeSet, VecDeque};

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

    /// Mails with nothing against them. One that cannot be read is tried again, alone, after the others are safe.
    async fn take_together(
        &mut self,
        session: &mut Session,
        work: &mut Worklist,
        mut mails: VecDeque<Detail>,
        yields: bool,
    ) -> Result<VecDeque<Detail>, Trouble> {
        let uids = |mails: &VecDeque<Detail>| mails.iter().map(|detail| detail.uid).collect();
        self.ledger.attempt(&self.place, work.open.uid_validity, uids(&mails)).await.map_err(storage)?;
        let mut again = Vec::new();
        let mut ended = Ok(());
        while ended.is_ok() && !mails.is_empty() {
            let (fetched, broke) = self.fetch_some(session, work, &mut mails, &mut again, yields).await;
            let kept = self.keep(work, fetched).await;
            ended = broke.and(kept.map(|refused| again.extend(refused)));
            if yields && session.news {
                break;
            }
        }
        if !mails.is_empty() {
            ended = ended.and(self.pardon(work, uids(&mails)).await);
        }
        ended?;
        for detail in again {
            self.take(session, work, detail).await?;
        }
        Ok(mails)
    }

    /// As many as may be in memory at once, and what broke it off.
    async fn fetch_some(
        &mut self,
        session: &mut Session,
        work: &mut Worklist,
        mails: &mut VecDeque<Detail>,
        again: &mut Vec<Detail>,
        yields: bool,
    ) -> (Vec<Fetched>, Result<(), Trouble>) {
        let (mut fetched, mut bytes) = (Vec::new(), 0);
        while bytes < self.door.limits.together_bytes
            && let Some(detail) = mails.pop_front()
        {
            match self.fetch(session, work, detail).await {
                Ok(Some(mail)) => {
                    bytes += mail.raw.len() as u64;
                    fetched.push(mail);
                }
                Ok(None) => {}
                Err(trouble) if trouble.is_of_the_mail() => again.push(detail),
                Err(trouble) => return (fetched, Err(self.broke(work, detail.uid, trouble).await)),
            }
            if yields && session.news {
                break;
            }
        }
        (fetched, Ok(()))
    }
}
