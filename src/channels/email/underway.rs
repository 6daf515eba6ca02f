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
}

impl Underway {
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
            Poll::Ready(outcome) => self.waiting.push(Box::pin(async { outcome })),
            Poll::Pending => self.waiting.push(later),
        }
    }

    /// It takes no part.
    pub fn refuse(&mut self, error: NotKept) {
        self.waiting.push(Box::pin(async { Err(error) }));
    }

    /// Until all are kept.
    pub async fn wait(&mut self) {
        self.outcomes.extend(join_all(self.waiting.drain(..)).await);
        self.digests.clear();
        self.message_ids.clear();
        self.contacts.clear();
        self.claims = false;
    }
}

fn contact(fate: &Fate) -> Option<ContactId> {
    match fate {
        Fate::Answer { contact, .. } | Fate::Note { contact, .. } | Fate::Returned { contact, .. } => Some(*contact),
        Fate::Open { .. } | Fate::Claim { .. } | Fate::Nothing | Fate::Held(_) | Fate::Copy => None,
    }
}
