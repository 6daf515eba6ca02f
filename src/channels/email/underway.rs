//! Mails that were handed in and are not yet on disk: they share a commit, unless one hangs on another.

use crate::channels::post::{Fate, Outcome};
use crate::channels::{Later, NotKept};
use crate::message::mail::Taken;
use crate::routing::ids::ContactId;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::task::Poll;

/// A lot of mails, in the order in which they are to be kept.
#[derive(Default)]
pub struct Underway {
    /// Of those that are no longer underway.
    pub outcomes: Vec<Result<Outcome, NotKept>>,
    waiting: Vec<Later<Result<Outcome, NotKept>>>,
    digests: BTreeSet<String>,
    message_ids: BTreeSet<String>,
    contacts: BTreeSet<ContactId>,
    /// Some are on contacts that are not known yet.
    claims: bool,
    /// Why one could not be kept, when that says nothing about the mail: those behind it wait with it.
    stopped: Option<NotKept>,
}

impl Underway {
    /// What comes behind a mail that waits in its mailbox waits there too: an answer must not be kept before what it answers.
    ///
    /// # Errors
    /// Why the one before could not be kept.
    pub fn goes_on(&self) -> Result<(), NotKept> {
        self.stopped.clone().map_or(Ok(()), Err)
    }

    /// The same bytes, or another letter with this Message-ID, are underway: whether this one is a copy shows when they are kept.
    pub fn resembles(&self, mail: &Taken) -> bool {
        let is_in = |ids: &BTreeSet<String>, id: &Option<String>| id.as_ref().is_some_and(|id| ids.contains(id));
        is_in(&self.digests, &mail.digest) || is_in(&self.message_ids, &mail.message_id)
    }

    /// Another mail on the same contact may be underway: what people write stays in its order. Whose contact a claim names is
    /// known only when it is kept.
    pub fn may_bear_on(&self, fate: &Fate) -> bool {
        match fate {
            Fate::Claim { claim, .. } => {
                let answers = claim.answers.iter().any(|id| self.message_ids.contains(id));
                answers || self.claims || !self.contacts.is_empty()
            }
            fate => contact(fate).is_some_and(|contact| self.claims || self.contacts.contains(&contact)),
        }
    }

    /// It is next.
    pub fn note(&mut self, mail: &Taken, fate: &Fate) {
        self.digests.extend(mail.digest.clone());
        self.message_ids.extend(mail.message_id.clone());
        self.contacts.extend(contact(fate));
        self.claims |= matches!(fate, Fate::Claim { .. });
    }

    /// Polls it once, which hands it in.
    pub async fn begin(&mut self, mut later: Later<Result<Outcome, NotKept>>) {
        match poll_fn(|context| Poll::Ready(later.as_mut().poll(context))).await {
            Poll::Ready(outcome) => {
                self.stop_at(&outcome);
                self.waiting.push(Box::pin(async { outcome }));
            }
            Poll::Pending => self.waiting.push(later),
        }
    }

    /// It takes no part.
    pub fn refuse(&mut self, error: NotKept) {
        let outcome = Err(error);
        self.stop_at(&outcome);
        self.waiting.push(Box::pin(async { outcome }));
    }

    /// Until all are kept.
    ///
    /// # Errors
    /// As [`Underway::goes_on`].
    pub async fn wait(&mut self) -> Result<(), NotKept> {
        let ended = join_all(self.waiting.drain(..)).await;
        ended.iter().for_each(|outcome| self.stop_at(outcome));
        self.outcomes.extend(ended);
        self.digests.clear();
        self.message_ids.clear();
        self.contacts.clear();
        self.claims = false;
        self.goes_on()
    }

    fn stop_at(&mut self, outcome: &Result<Outcome, NotKept>) {
        if let Err(error @ (NotKept::Busy { .. } | NotKept::Unavailable)) = outcome {
            self.stopped.get_or_insert(error.clone());
        }
    }
}

fn contact(fate: &Fate) -> Option<ContactId> {
    match fate {
        Fate::Answer { contact, .. } | Fate::Note { contact, .. } | Fate::Returned { contact, .. } => Some(*contact),
        Fate::Open { .. } | Fate::Claim { .. } | Fate::Nothing | Fate::Held(_) | Fate::Copy => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: NotKept = NotKept::Busy { retry_secs: 2 };

    fn kept(number: u64) -> Result<Outcome, NotKept> {
        Ok(Outcome::On(ContactId(number)))
    }

    /// A commit that is still to come.
    fn later(outcome: Result<Outcome, NotKept>) -> Later<Result<Outcome, NotKept>> {
        Box::pin(async {
            tokio::task::yield_now().await;
            outcome
        })
    }

    #[tokio::test]
    async fn a_daemon_that_is_too_busy_for_one_is_asked_for_none_behind_it() {
        let mut underway = Underway::default();
        underway.begin(later(kept(1))).await;
        assert_eq!(underway.goes_on(), Ok(()));
        underway.begin(Box::pin(async { Err(BUSY) })).await;
        assert_eq!(underway.goes_on(), Err(BUSY), "at once, although the first is not kept yet");
        underway.refuse(BUSY);
        assert_eq!(underway.wait().await, Err(BUSY));
        assert_eq!(underway.outcomes, [kept(1), Err(BUSY), Err(BUSY)], "in their order");
    }

    #[tokio::test]
    async fn a_commit_that_failed_holds_up_what_waited_for_it() {
        let mut underway = Underway::default();
        underway.begin(later(Err(NotKept::Unavailable))).await;
        assert_eq!(underway.goes_on(), Ok(()), "nobody knows yet");
        underway.begin(later(kept(1))).await;
        assert_eq!(underway.wait().await, Err(NotKept::Unavailable));
        assert_eq!(underway.goes_on(), Err(NotKept::Unavailable), "to the end of the lot");
    }

    #[tokio::test]
    async fn what_is_wrong_with_one_mail_holds_up_no_other() {
        let mut underway = Underway::default();
        for error in [NotKept::Refused("unreadable".into()), NotKept::FileType, NotKept::KeyReused] {
            underway.refuse(error.clone());
            underway.begin(later(Err(error))).await;
            assert_eq!((underway.goes_on(), underway.wait().await), (Ok(()), Ok(())));
        }
    }
}
