//! One batch on its way to the disk: what was decided in it, what it has taken, and what everyone in it is told.

use super::feed::{Commit, ReadMark, Stand};
use super::once::OnlyOnce;
use super::{Done, Failure, Job};
use crate::message::delivery::Faring;
use crate::message::mail::Fate;
use crate::message::{Author, ContactRecord, Message};
use crate::routing::engine::Engine;
use crate::routing::event::Event;
use crate::routing::ids::{ContactId, RepId, Seq, Timestamp};
use crate::store::{Entry, Record, Seen, Sighting, Source};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Who waits to hear what became of a job.
pub(super) type Asker = oneshot::Sender<Result<Done, Failure>>;

/// An input's own identity, and the hash of its body.
pub(super) type Input = (Source, Option<[u8; 32]>);

/// A sender's own id for a message, and where it is said: the same again is the same message.
pub(super) type Spoken = (ContactId, Author, String);

#[derive(Default)]
pub(super) struct Batch {
    pub entries: Vec<Entry>,
    /// Inputs that this very batch brings.
    pub taken: HashMap<Source, Seen>,
    /// Mails that this very batch brings, decisions on held ones, and deliveries that were dealt with.
    pub once: OnlyOnce,
    /// Messages with an id that this very batch brings, by their place among its messages.
    pub spoken: HashMap<Spoken, usize>,
    /// Messages in `entries`.
    messages: usize,
    decided: Vec<(Asker, Result<Outcome, Failure>)>,
}

/// What a job came to that was not refused.
pub(super) struct Outcome {
    /// The contact that was opened, or was there before.
    pub contact: Option<ContactId>,
    pub part: Part,
}

/// What of the batch, or of what was there before it, a job is answered with.
pub(super) enum Part {
    /// Nothing changed.
    Nothing,
    /// The entry of this number.
    Entry(usize),
    /// It came before, and brings no message to show.
    Before,
    /// It was said before.
    Kept(Box<Message>),
    /// It is said by an earlier job of this batch: the message of this number.
    InBatch(usize),
}

impl Batch {
    /// Add what a job brings; which part of the batch that is.
    pub fn push(&mut self, entry: Entry) -> Part {
        if let Some(spoken) = spoken(&entry.records) {
            self.spoken.insert(spoken, self.messages);
        }
        self.messages += said_in(&entry);
        self.once.note(&entry.records);
        self.entries.push(entry);
        Part::Entry(self.entries.len() - 1)
    }

    /// A refusal waits for the commit like everything else: it may rest on an earlier job of the batch.
    pub fn answer_later(&mut self, asker: Asker, outcome: Result<Outcome, Failure>) {
        self.decided.push((asker, outcome));
    }

    pub fn events(&self) -> u64 {
        self.entries.iter().map(|entry| entry.events.len() as u64).sum()
    }

    /// After the commit: answer everyone.
    pub fn tell(self, messages: &[Arc<Message>], seq: Seq, at: Timestamp) {
        let mut starts = Vec::with_capacity(self.entries.len() + 1);
        starts.push(0);
        for entry in &self.entries {
            starts.push(starts[starts.len() - 1] + said_in(entry));
        }
        for (asker, outcome) in self.decided {
            let answer = outcome.map(|Outcome { contact, part }| {
                let duplicate = !matches!(part, Part::Nothing | Part::Entry(_));
                let (events, messages) = match part {
                    Part::Entry(i) => {
                        (self.entries[i].events.as_slice().into(), messages[starts[i]..starts[i + 1]].to_vec())
                    }
                    Part::Kept(message) => (Arc::from([]), vec![Arc::new(*message)]),
                    Part::InBatch(i) => (Arc::from([]), vec![messages[i].clone()]),
                    Part::Nothing | Part::Before => (Arc::from([]), Vec::new()),
                };
                Done { seq, at, events, contact, messages, duplicate }
            });
            let _ = asker.send(answer); // the asker may have gone; it is kept all the same
        }
    }

    /// The commit failed: nobody is told anything else, not even that they were refused.
    pub fn fail(self, failure: impl Fn() -> Failure) {
        for (asker, _) in self.decided {
            let _ = asker.send(Err(failure()));
        }
    }

    /// What the others hear of it.
    pub fn commit(
        &self,
        engine: &Engine,
        at: Timestamp,
        first: Seq,
        messages: &[Arc<Message>],
        (deliveries, sightings): (Vec<Faring>, Vec<Sighting>),
    ) -> Commit {
        let records = || self.entries.iter().flat_map(|e| &e.records);
        let named: BTreeSet<RepId> = self.entries.iter().flat_map(|e| e.events.iter().filter_map(Event::rep)).collect();
        Commit {
            at,
            first,
            events: self.entries.iter().flat_map(|e| e.events.iter().cloned()).collect(),
            messages: messages.to_vec(),
            opened: records()
                .filter_map(|r| match r {
                    Record::Opened { record, .. } => Some(Arc::new(ContactRecord::clone(record))),
                    _ => None,
                })
                .collect(),
            reads: records()
                .filter_map(|r| match *r {
                    Record::Read { contact, by_customer, seq } => Some(ReadMark { contact, by_customer, seq }),
                    _ => None,
                })
                .collect(),
            reps: named.into_iter().filter_map(|rep| engine.rep(rep)).map(Stand::of).collect(),
            deliveries,
            sightings,
            held: records()
                .map(|r| match r {
                    Record::Mail { fate: Fate::Held, .. } => 1,
                    Record::MailDecided { .. } => -1,
                    _ => 0,
                })
                .sum(),
        }
    }
}

/// The input a job stands for, when it opens a contact.
pub(super) fn source(job: &Job) -> Option<Input> {
    job.records.iter().find_map(|record| match record {
        Record::Opened { source, .. } => source.clone(),
        _ => None,
    })
}

/// The id that a person gave the first message of a job; what else is said in it answers that one. A mail has a key of
/// its own, and that it was taken must be kept whatever it says.
pub(super) fn spoken(records: &[Record]) -> Option<Spoken> {
    let mail = |record: &Record| matches!(record, Record::Mail { .. } | Record::MailDecided { .. });
    if records.iter().any(mail) {
        return None;
    }
    let first = records.iter().find_map(|record| match record {
        Record::Said { contact, message } => Some((*contact, message)),
        _ => None,
    });
    let (contact, message) = first?;
    let by_person = matches!(message.from, Author::Customer | Author::Rep(_) | Author::Note(_));
    if by_person { Some((contact, message.from, message.client_id.clone()?)) } else { None }
}

/// What the first message of a job says.
pub(super) fn words(records: &[Record]) -> Option<&str> {
    records.iter().find_map(|record| match record {
        Record::Said { message, .. } => Some(message.text.as_str()),
        _ => None,
    })
}

fn said_in(entry: &Entry) -> usize {
    entry.records.iter().filter(|r| matches!(r, Record::Opened { .. } | Record::Said { .. })).count()
}
