//! What did not reach its customer: the contact says so to staff, and a parked one comes back to its rep.

use super::{Done, Failure, Handle, Job};
use crate::message::delivery::Kind;
use crate::message::{Author, NewMessage};
use crate::routing::command::Command;
use crate::routing::contact::Stage;
use crate::routing::ids::ContactId;
use crate::store::Record;

/// Staff read English.
pub(super) fn returned(kind: Option<Kind>, said: &str) -> String {
    format!("{} came back; it was not delivered: {said}. Please find another way to reach this person.", letter(kind))
}

pub(super) fn late(kind: Option<Kind>, said: &str) -> String {
    format!("{} is late; the mail system goes on trying: {said}.", letter(kind))
}

pub(super) fn given_up(kind: Kind, said: &str) -> String {
    format!("{} could not be delivered: {said}. Please find another way to reach this person.", letter(Some(kind)))
}

pub(super) fn unknown(kind: Kind, said: &str) -> String {
    let letter = letter(Some(kind));
    format!("{letter} may or may not have arrived, and is not sent again lest it arrive twice: {said}.")
}

pub(super) fn no_transcript() -> String {
    "If a transcript of the chat was due, it was not sent: this contact could not be read when it ended.".into()
}

pub(super) fn memo(text: String) -> NewMessage {
    NewMessage { from: Author::Memo, text, attachments: Vec::new(), client_id: None }
}

fn letter(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Reply) => "Our answer",
        Some(Kind::Acknowledgement) => "Our acknowledgement",
        Some(Kind::Notice) => "Our notice",
        Some(Kind::Transcript) => "The transcript of the chat",
        None => "A letter of ours",
    }
}

/// Keep these records after a memo on the contact. `urgent`: a parked contact comes back to its rep; a closed one stays so.
pub(super) async fn tell(
    handle: &Handle,
    contact: ContactId,
    memo: String,
    records: Vec<Record>,
    urgent: bool,
) -> Result<Done, Failure> {
    let records: Vec<Record> =
        [Record::Said { contact, message: self::memo(memo) }].into_iter().chain(records).collect();
    let parked = |stage| matches!(stage, Stage::Parked { .. });
    let look = handle.read(move |engine, _| engine.contact(contact).is_some_and(|open| parked(open.stage)));
    if urgent && look.await? {
        let command = Some(Command::CustomerWrote { contact, danger: false });
        match handle.submit(Job { command, records: records.clone() }).await {
            Err(Failure::Refused(_)) => {} // closed since we looked
            done => return done,
        }
    }
    handle.submit(Job { command: None, records }).await
}
