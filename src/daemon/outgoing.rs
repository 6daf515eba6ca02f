//! What goes out on its own account: answers to those who left an address, acknowledgements, the transcript of a chat.

use super::{Failure, Handle, trouble};
use crate::message::delivery::{Carries, Kind, NewDelivery};
use crate::message::{Author, ContactRecord, LanguageChoice, LanguageSource, NewMessage};
use crate::routing::event::Event;
use crate::routing::ids::{Channel, ContactId, Disposition};
use crate::store::{Reads, Record};
use std::sync::Arc;

/// How sure the programme must be of a language that it has told from a text, in percent.
const SURE: u8 = 80;

/// Decides what is to be delivered, and in which way; nothing where there is no way out.
#[derive(Clone)]
pub struct Outgoing {
    reads: Arc<dyn Reads>,
    by_mail: bool,
}

/// All that is kept when staff say something: the message, and when it is an answer its delivery to a customer who does not
/// sit before a screen and left an address.
pub async fn said(handle: &Handle, contact: ContactId, message: NewMessage) -> Result<Vec<Record>, Failure> {
    let outgoing = handle.outgoing();
    let is_answer = matches!(message.from, Author::Rep(_));
    let said = Record::Said { contact, message };
    if !is_answer || !outgoing.by_mail {
        return Ok(vec![said]);
    }
    let of = handle.rows(move |rows| rows.contact(contact)).await?;
    let answer = of.and_then(|of| {
        let to = address(&of)?;
        outgoing.letter(contact, of.language, to, Kind::Reply, Carries::JustSaid)
    });
    Ok([said].into_iter().chain(answer).collect())
}

/// Where an answer on this contact is mailed to; `None` when the customer reads it on a page.
pub fn mailed_to<'a>(handle: &Handle, of: &'a ContactRecord) -> Option<&'a str> {
    address(of).filter(|_| handle.outgoing().by_mail)
}

/// Whether one language is enough, or English is said beside it.
fn is_sure(language: LanguageChoice) -> bool {
    match language.source {
        LanguageSource::Person | LanguageSource::Rep | LanguageSource::Caller => true,
        LanguageSource::Detected => language.confidence >= SURE,
        LanguageSource::Default => false,
    }
}

/// Where a letter reaches a customer who does not sit before a screen.
pub(super) fn address(of: &ContactRecord) -> Option<&str> {
    of.party.email.as_deref().filter(|_| matches!(of.channel, Channel::Email | Channel::Form))
}

impl Outgoing {
    /// `ways_out`: the channels that have a carrier.
    pub(super) fn new(reads: Arc<dyn Reads>, ways_out: &[Channel]) -> Outgoing {
        Outgoing { reads, by_mail: ways_out.contains(&Channel::Email) }
    }

    /// "We have your message", to an address that may have one.
    pub(super) fn acknowledgement(&self, contact: ContactId, language: LanguageChoice, to: &str) -> Option<Record> {
        self.letter(contact, language, to, Kind::Acknowledgement, Carries::Nothing)
    }

    /// The message that the same job has just said in the programme's own name, for example whom to call in danger.
    pub(super) fn notice(&self, contact: ContactId, language: LanguageChoice, to: &str) -> Option<Record> {
        self.letter(contact, language, to, Kind::Notice, Carries::JustSaid)
    }

    /// The conversation, for those who have talked with a rep in a chat that has ended and who left an address. Without a rep
    /// it is one person's words alone, and they may have left a stranger's address.
    pub(super) fn at_close(&self, events: &[Event]) -> Vec<Record> {
        use Disposition::{Abandoned, NoContact, Spam};
        let closed = events.iter().filter_map(|event| match event {
            Event::Closed { disposition: Spam | Abandoned | NoContact, .. } => None,
            Event::Closed { contact, .. } if self.by_mail => Some(*contact),
            _ => None,
        });
        closed.filter_map(|contact| self.transcript(contact)).collect()
    }

    /// Where it cannot be told whether one is due, staff are told.
    fn transcript(&self, contact: ContactId) -> Option<Record> {
        let of = match self.reads.contact(contact) {
            Ok(of) => of,
            Err(error) => {
                tracing::error!(%error, "whether a transcript is due cannot be told");
                return Some(Record::Said { contact, message: trouble::memo(trouble::no_transcript()) });
            }
        };
        let of = of.filter(|of| of.channel == Channel::Chat && of.last_rep.is_some())?;
        let to = of.party.email.as_deref()?;
        self.letter(contact, of.language, to, Kind::Transcript, Carries::Conversation)
    }

    fn letter(
        &self,
        contact: ContactId,
        language: LanguageChoice,
        to: &str,
        kind: Kind,
        carries: Carries,
    ) -> Option<Record> {
        let new = NewDelivery {
            contact,
            channel: Channel::Email,
            kind,
            to: to.to_owned(),
            language: language.code,
            language_sure: is_sure(language),
            carries,
        };
        self.by_mail.then_some(Record::Deliver(new))
    }
}
