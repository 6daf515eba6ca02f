//! Who of the staff saw which message: shown beside it, and kept when somebody looks into a conversation that is not theirs.
//!
//! Whoever holds a contact says what came before their eyes, because only their screen knows. Whoever does not hold it has no
//! say: what is handed out to them counts as seen.

use super::policy::Relation;
use super::show::{Said, Seen};
use crate::daemon::{Done, Failure, Handle, Job};
use crate::message::Author;
use crate::routing::ids::{ContactId, RepId};
use crate::store::{Reads, Record, Sighting, StoreError};
use std::collections::HashMap;
use std::time::Duration;

/// When storage is busy or failing, a sighting is handed in again after each of these.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// Puts beside each message who saw it, the earliest first. Who wrote it is not among them.
pub fn beside(reads: &dyn Reads, contact: ContactId, said: &mut [Said]) -> Result<(), StoreError> {
    let Some(first) = said.first().map(|message| message.seq) else { return Ok(()) };
    let mut displays = DisplayNames::of(reads);
    for saw in reads.sightings(contact)? {
        let seen = Seen { rep: saw.rep, display: displays.get(saw.rep)?, at: saw.at };
        let from = saw.first.saturating_sub(first) as usize;
        for message in said.iter_mut().skip(from).take_while(|message| message.seq <= saw.last) {
            if message.seq >= saw.first && !is_by(message.from, saw.rep) {
                message.seen.push(seen.clone());
            }
        }
    }
    Ok(())
}

/// What colleagues call them; a number, where there is no account that can be read.
pub fn display(reads: &dyn Reads, rep: RepId) -> Result<String, StoreError> {
    let account = match reads.account_by_id(rep) {
        Err(StoreError::Damaged { .. }) => None,
        found => found?,
    };
    Ok(account.map_or_else(|| format!("rep {}", rep.0), |account| account.display))
}

/// The same, each asked for once.
pub struct DisplayNames<'a> {
    reads: &'a dyn Reads,
    known: HashMap<RepId, String>,
}

impl DisplayNames<'_> {
    pub fn of(reads: &dyn Reads) -> DisplayNames<'_> {
        DisplayNames { reads, known: HashMap::new() }
    }

    pub fn get(&mut self, rep: RepId) -> Result<String, StoreError> {
        if let Some(display) = self.known.get(&rep) {
            return Ok(display.clone());
        }
        Ok(self.known.entry(rep).or_insert(display(self.reads, rep)?).clone())
    }
}

/// These messages are being handed out. Never slows or fails the answer: it is put in line, and kept a moment later.
pub fn handed_out(handle: &Handle, who: RepId, relation: Relation, contact: ContactId, said: &[Said]) {
    let knows = |message: &Said| is_by(message.from, who) || message.seen.iter().any(|seen| seen.rep == who);
    let (Some(first), Some(last)) = (said.first(), said.last()) else { return };
    if relation != Relation::Own && !said.iter().all(knows) {
        keep(handle, vec![Record::Saw { contact, rep: who, first: first.seq, last: last.seq }]);
    }
}

/// The same of a part of one message: a mail behind it.
pub async fn opened(handle: &Handle, who: RepId, relation: Relation, contact: ContactId, seq: u32) {
    if relation != Relation::Own {
        looked_at(handle, who, contact, (seq, seq), move |_| Ok(vec![seq])).await;
    }
}

/// The same of a file: of every message that carries it. When nobody can say which these are, it may have been any.
pub async fn opened_file(handle: &Handle, who: RepId, relation: Relation, contact: ContactId, digest: String) {
    if relation != Relation::Own {
        looked_at(handle, who, contact, (1, u32::MAX), move |rows| rows.carriers(contact, &digest)).await;
    }
}

/// Messages that came before somebody's eyes by way of their parts; those from the first to the last of `otherwise`, when
/// which these are cannot be read.
async fn looked_at(
    handle: &Handle,
    who: RepId,
    contact: ContactId,
    otherwise: (u32, u32),
    which: impl FnOnce(&dyn Reads) -> Result<Vec<u32>, StoreError> + Send + 'static,
) {
    let fresh = handle.rows(move |rows| {
        let (mut seqs, saw) = (which(rows)?, rows.sightings(contact)?);
        let of = |saw: &&Sighting| saw.rep == who;
        seqs.retain(|seq| !saw.iter().filter(of).any(|saw| (saw.first..=saw.last).contains(seq)));
        Ok(seqs)
    });
    let parts: Vec<(u32, u32)> = match fresh.await {
        Ok(seqs) => seqs.into_iter().map(|seq| (seq, seq)).collect(),
        Err(failure) => {
            tracing::error!(%failure, "what somebody looked at cannot be read: all that it may be counts as seen");
            vec![otherwise]
        }
    };
    if !parts.is_empty() {
        keep(handle, parts.into_iter().map(|(first, last)| Record::Saw { contact, rep: who, first, last }).collect());
    }
}

fn is_by(author: Author, who: RepId) -> bool {
    matches!(author, Author::Rep(rep) | Author::Note(rep) if rep == who)
}

/// In line when this returns; whether it was kept is seen to in the background.
fn keep(handle: &Handle, records: Vec<Record>) {
    let job = |records: &[Record]| Job { command: None, records: records.to_vec() };
    let first = handle.hand_in(job(&records));
    let handle = handle.clone();
    tokio::spawn(async move {
        let mut outcome: Result<Done, Failure> = match first {
            Ok(later) => later.await.unwrap_or(Err(Failure::Stopping)),
            Err(failure) => Err(failure),
        };
        for pause in PAUSES {
            match &outcome {
                Ok(_) => return,
                Err(failure) if matches!(failure, Failure::Stopping) || failure.is_of_its_rows() => break,
                Err(_) => tokio::time::sleep(pause).await,
            }
            outcome = handle.submit(job(&records)).await;
        }
        if let Err(failure) = outcome {
            tracing::error!(%failure, "that somebody looked into a conversation could not be kept");
        }
    });
}
