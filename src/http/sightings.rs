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
/// Messages read at once.
const PAGE: usize = 500;

/// Puts beside each message who saw it, the earliest first. Who wrote it is not among them.
pub fn beside(reads: &dyn Reads, contact: ContactId, said: &mut [Said]) -> Result<(), StoreError> {
    let Some(first) = said.first().map(|message| message.seq) else { return Ok(()) };
    let mut names = HashMap::new();
    for saw in reads.sightings(contact)? {
        let display = match names.get(&saw.rep) {
            Some(display) => String::clone(display),
            None => names.entry(saw.rep).or_insert(display(reads, saw.rep)?).clone(),
        };
        let seen = Seen { rep: saw.rep, display, at: saw.at };
        let from = saw.first.saturating_sub(first) as usize;
        for message in said.iter_mut().skip(from).take_while(|message| message.seq <= saw.last) {
            if message.seq >= saw.first && !is_by(message.from, saw.rep) {
                message.seen.push(seen.clone());
            }
        }
    }
    Ok(())
}

/// What colleagues call them.
pub fn display(reads: &dyn Reads, rep: RepId) -> Result<String, StoreError> {
    Ok(reads.account_by_id(rep)?.map_or_else(|| format!("rep {}", rep.0), |account| account.display))
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
    if relation == Relation::Own {
        return;
    }
    let saw = handle.rows(move |rows| rows.sightings(contact)).await;
    let is_it = |saw: &Sighting| saw.rep == who && (saw.first..=saw.last).contains(&seq);
    if !saw.is_ok_and(|saw| saw.iter().any(is_it)) {
        keep(handle, vec![Record::Saw { contact, rep: who, first: seq, last: seq }]);
    }
}

/// The same of a file: of every message that carries it.
pub async fn opened_file(handle: &Handle, who: RepId, relation: Relation, contact: ContactId, digest: String) {
    if relation == Relation::Own {
        return;
    }
    let carriers = handle.rows(move |rows| carriers(rows, contact, &digest)).await;
    for seq in carriers.unwrap_or_default() {
        opened(handle, who, relation, contact, seq).await;
    }
}

fn carriers(reads: &dyn Reads, contact: ContactId, digest: &str) -> Result<Vec<u32>, StoreError> {
    let (mut after, mut carriers) = (0, Vec::new());
    loop {
        let page = reads.conversation(contact, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(carriers) };
        after = last.seq;
        let carry = page.iter().filter(|message| message.attachments.iter().any(|file| file.digest == digest));
        carriers.extend(carry.map(|message| message.seq));
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
